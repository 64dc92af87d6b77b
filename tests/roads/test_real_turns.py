"""Turn restrictions of real maps: each is kept or listed, and no drive makes a forbidden turn."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import osmium
import pytest
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra

from planner.roads.graph import RoadGraph
from planner.roads.osm import OsmRoads, read_osm
from planner.roads.osm_graph import build_from_osm
from planner.roads.reports import Kind, reports_of

Point = tuple[int, int]
Turn = tuple[Point, Point, Point]
NEAR_S = 400.0


def build(roads: OsmRoads) -> RoadGraph:
    return build_from_osm(
        roads, name="x", source="", heights=None, progress=lambda _stage, _share: None
    )


def read(path: Path) -> OsmRoads:
    return read_osm(path, lambda _stage, _share: None)


def told_turns(
    path: Path, kept: set[int], place: dict[int, Point]
) -> Iterator[tuple[Turn, set[Point]]]:
    """Fill in the places of nodes; yield turns at nodes: the point before, the junction, the next.

    Beside each stands what alone may follow, and for ``no_*`` an empty set.
    """
    ways: dict[int, list[int]] = {}
    for thing in osmium.FileProcessor(str(path)):
        if thing.is_node():
            place[thing.id] = thing.location.x, thing.location.y
        elif thing.is_way():
            ways[thing.id] = [node.ref for node in thing.nodes]
        elif thing.id in kept:
            role = {member.role: member.ref for member in thing.members}
            if any(member.type == "w" and member.role == "via" for member in thing.members):
                continue
            via = role["via"]
            before, after = (
                [ways[role[side]][k] for k in (1, -2) if ways[role[side]][{1: 0, -2: -1}[k]] == via]
                for side in ("from", "to")
            )
            if len(before) == len(after) == 1:
                turn = place[before[0]], place[via], place[after[0]]
                only = thing.tags["restriction"].startswith("only")
                yield turn, {turn[2]} if only else set()


class Paths:
    """Quickest drives of a graph as the points of the map that they pass."""

    def __init__(self, graph: RoadGraph, known: set[Point]) -> None:
        self.graph, self.known = graph, known
        size = len(graph.lon)
        order = np.lexsort((graph.duration_s, graph.head, graph.tail))
        pair = graph.tail[order].astype(np.int64) * size + graph.head[order]
        first = order[np.concatenate(([True], np.diff(pair) != 0))]
        ends = graph.tail[first], graph.head[first]
        self.weights = coo_array(
            (graph.duration_s[first].astype(float), ends), shape=(size, size)
        ).tocsr()
        self.pair, self.edge = pair[np.concatenate(([True], np.diff(pair) != 0))], first
        self.at: dict[Point, int] = {}
        for node in np.flatnonzero(graph.component_ok).tolist():
            point = round(graph.lon[node] * 1e7), round(graph.lat[node] * 1e7)
            self.at[point] = node

    def between(self, start: int, ends: list[int]) -> Iterator[list[Point]]:
        source = int(self.graph.leaves_from[start])
        far, before = dijkstra(self.weights, indices=source, return_predecessors=True, limit=NEAR_S)
        for end in ends:
            if np.isfinite(far[end]) and end != source:
                nodes = [end]
                while nodes[-1] != source:
                    nodes.append(int(before[nodes[-1]]))
                path = np.array(nodes[::-1], np.int64)
                pairs = path[:-1] * len(self.graph.lon) + path[1:]
                line = self.graph.path_geometry(self.edge[np.searchsorted(self.pair, pairs)])
                rounded = np.rint(line * 1e7).astype(int).tolist()
                points = [(lon, lat) for lon, lat in rounded]
                once = [p for p, q in zip(points, [None, *points], strict=False) if p != q]
                yield [point for point in once if point in self.known]


def broken(points: list[Point], turns: dict[tuple[Point, Point], list[tuple[Point, set]]]) -> int:
    """Count the forbidden turns on a drive; who turns back half-way along a road makes none."""
    count = 0
    for before, via, after in zip(points, points[1:], points[2:], strict=False):
        for onward, only in turns.get((before, via), []) if after != via else ():
            count += after not in only if only else after == onward
    return count


REAL = {
    "porto_portugal": (357, 335, {"INCOMPLETE": 14, "MISSING": 7, "APART": 1}, 300),
    "andorra-valhalla-docker": (65, 63, {"INCOMPLETE": 2}, 50),
    "heidelberg-ors": (476, 438, {"MISSING": 26, "VOID": 11, "CLOSED": 1}, 350),
}


@pytest.mark.parametrize("name", REAL)
def test_each_restriction_of_a_real_map_is_kept_or_listed_and_no_drive_breaks_one(
    shared: Path, name: str
) -> None:
    path = shared / "roads" / f"{name}.osm.pbf"
    total, kept_count, why, at_nodes = REAL[name]
    roads = read(path)
    graph = build(roads)
    listed = [told for told in reports_of(graph) if told.osm_type == "relation"]
    kept = {told.osm_id for told in roads.restrictions} - {told.osm_id for told in listed}
    assert Counter(told.kind.name.removeprefix("RESTRICTION_") for told in listed) == why
    assert (len(kept), len(kept) + len(listed)) == (kept_count, total)

    place: dict[int, Point] = {}
    turns = list(told_turns(path, kept, place))
    known = set(place.values())
    assert len(turns) >= at_nodes
    by_begin: dict[tuple[Point, Point], list[tuple[Point, set]]] = {}
    for (before, via, after), only in turns:
        by_begin.setdefault((before, via), []).append((after, only))
    random = np.random.default_rng(7)
    free = build(replace(roads, restrictions=[]))
    counted = {}
    for label, roads_as, most in (("kept", graph, 1000), ("ignored", free, 200)):
        paths = Paths(roads_as, known)
        drives = faults = 0
        nodes = np.array(sorted(paths.at.values()))
        for index in random.permutation(len(turns)).tolist():
            (before, _via, after), _only = turns[index]
            start, end = nearest(paths.graph, nodes, before), nearest(paths.graph, nodes, after)
            others = random.choice(around(paths.graph, nodes, start), 11).tolist()
            for points in paths.between(start, [end, *others]):
                drives += 1
                faults += broken(points, by_begin)
            if drives >= most:
                break
        counted[label] = (drives, faults)
    assert counted["kept"][0] >= min(1000, 5 * len(turns))
    assert counted["kept"][1] == 0
    assert counted["ignored"][1] > 10, "without the restrictions, these drives break them"


def around(graph: RoadGraph, nodes: np.ndarray, start: int) -> np.ndarray:
    """The nodes within some two kilometres."""
    east = np.abs(graph.lon[nodes] - graph.lon[start]) < 0.02
    return nodes[east & (np.abs(graph.lat[nodes] - graph.lat[start]) < 0.015)]


def nearest(graph: RoadGraph, nodes: np.ndarray, point: Point) -> int:
    east = (graph.lon[nodes] - point[0] / 1e7) * 0.7
    north = graph.lat[nodes] - point[1] / 1e7
    return int(nodes[np.argmin(east**2 + north**2)])


def test_the_kinds_of_reports_have_a_number_that_does_not_change() -> None:
    assert [kind.name for kind in Kind][:3] == [
        "RESTRICTION_CONDITIONAL",
        "RESTRICTION_EXEMPT",
        "RESTRICTION_UNKNOWN",
    ]
