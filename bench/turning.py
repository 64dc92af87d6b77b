"""Turning round to get by turn restrictions: how many drives do, and what forbidding it takes.

    python bench/turning.py [--drives 1000] [--seed 7] [--data FOLDER]

For each extract three graphs are built: without restrictions, with them alone, and with turning
round forbidden as it is imported. Prints one JSON line for each: nodes, edges, CPU seconds of the
import, and of quickest drives between random places how many turn round in mid-road, at a junction
and at a dead end. Places and drives are the same in all three. A drive turns round where it goes
from a place to another and straight back.
"""

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra

from planner.roads import osm_graph
from planner.roads.graph import Flag, RoadGraph
from planner.roads.osm import OsmRoads, read_osm
from planner.roads.snap import stoppable

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data" / "roads"
EXTRACTS = (
    "andorra-valhalla-docker",
    "heidelberg-ors",
    "porto_portugal",
    "rnv-graphhopper",
    "china-7-105-51",
)
STARTS = 100
_CROSSING = 3

Place = tuple[int, int]


class Roads:
    """A graph, its places by their coordinates, and the ways that meet at each."""

    def __init__(self, graph: RoadGraph) -> None:
        self.graph = graph
        e7 = np.rint(np.stack((graph.lon, graph.lat), axis=1) * 1e7).astype(np.int64)
        self.place: list[Place] = [(lon, lat) for lon, lat in e7.tolist()]
        ends = np.flatnonzero(stoppable(graph)).tolist()
        self.end = {self.place[node]: node for node in ends}
        real = np.flatnonzero((graph.flags & Flag.VIRTUAL) == 0)
        self.onward: dict[Place, set[Place]] = {}
        self.lines: dict[Place, set[object]] = {}
        columns = (graph.tail, graph.head, np.abs(graph.shape_of), np.rint(graph.length_m))
        for tail, head, shape, metres in zip(*(c[real].tolist() for c in columns), strict=True):
            one, other = self.place[int(tail)], self.place[int(head)]
            self.onward.setdefault(one, set()).add(other)
            self.lines.setdefault(one, set()).add((other, shape, metres))
            self.lines.setdefault(other, set()).add((one, shape, metres))
        order = np.lexsort((graph.duration_s, graph.head, graph.tail))
        pair = graph.tail[order].astype(np.int64) * len(graph.lon) + graph.head[order]
        quickest = order[np.concatenate(([True], np.diff(pair) != 0))]
        time_s = np.maximum(graph.duration_s[quickest].astype(np.float64), 1e-9)
        pairs = graph.tail[quickest], graph.head[quickest]
        size = (len(graph.lon), len(graph.lon))
        self.time_s = coo_array((time_s, pairs), shape=size).tocsr()

    def drives(self, start: Place, ends: list[Place]) -> Iterator[tuple[float, list[Place]]]:
        """Yield seconds and places of the quickest drives to those ends that are reached."""
        begin = int(self.graph.leaves_from[self.end[start]])
        time_s, before = dijkstra(self.time_s, indices=begin, return_predecessors=True)
        for end in ends:
            node = self.end[end]
            if np.isfinite(time_s[node]):
                nodes = [node]
                while nodes[-1] != begin:
                    nodes.append(int(before[nodes[-1]]))
                places = [self.place[one] for one in reversed(nodes)]
                once = [p for p, q in zip(places, [None, *places], strict=False) if p != q]
                yield float(time_s[node]), once

    def kind(self, before: Place, place: Place) -> str:
        """Say what kind of place one turns round at; a dead end is one for who comes that way."""
        if self.onward[place] <= {before}:
            return "dead_end"
        return "junction" if len(self.lines[place]) >= _CROSSING else "mid_road"


def count(roads: Roads, pairs: dict[Place, list[Place]]) -> dict[str, Any]:
    """Count the drives that turn round, by where they do."""
    turned: Counter[str] = Counter()
    seconds = []
    for start, ends in pairs.items():
        for time_s, places in roads.drives(start, ends):
            seconds.append(time_s)
            triples = zip(places, places[1:], places[2:], strict=False)
            turned.update({roads.kind(a, b) for a, b, c in triples if a == c})
    kinds = ("mid_road", "junction", "dead_end")
    mean_s = round(float(np.mean(seconds)), 2)
    return {"drives": len(seconds), "mean_s": mean_s} | {kind: turned[kind] for kind in kinds}


def build(roads: OsmRoads) -> tuple[RoadGraph, float]:
    """Return the graph, and the CPU seconds of making it of what was read."""
    began = time.process_time()
    graph = osm_graph.build_from_osm(
        roads, name="x", source="", heights=None, progress=lambda *_: None
    )
    return graph, round(time.process_time() - began, 3)


def measure(file: Path, drives: int, seed: int) -> Iterator[dict[str, Any]]:
    """Yield a line for each of the three graphs of an extract."""
    began = time.process_time()
    read = read_osm(file, lambda *_: None)
    read_s = round(time.process_time() - began, 3)
    build(read)
    made = {"turning round forbidden": build(read)}
    with patch.object(osm_graph, "turns_back", lambda *_: []):
        made["restrictions alone"] = build(read)
        made["no restrictions"] = build(replace(read, restrictions=[]))
    roads = {name: Roads(graph) for name, (graph, _cpu_s) in made.items()}
    places = sorted(set.intersection(*(set(one.end) for one in roads.values())))
    drawn = np.random.default_rng(seed)
    pairs = {}
    for start in _some(places, STARTS, drawn):
        ends = _some(places, drives // STARTS + 1, drawn)
        pairs[start] = [end for end in ends if end != start][: drives // STARTS]
    for name, (graph, cpu_s) in made.items():
        yield {
            "measure": "turning round",
            "extract": file.name.split(".")[0],
            "graph": name,
            "restrictions": len(read.restrictions),
            "nodes": len(graph.lon),
            "edges": len(graph.head),
            "places": int(graph.component_ok.sum()),
            "read_cpu_s": read_s,
            "build_cpu_s": cpu_s,
        } | count(roads[name], pairs)


def _some(places: list[Place], how_many: int, drawn: np.random.Generator) -> list[Place]:
    return [places[int(one)] for one in drawn.choice(len(places), how_many, replace=False)]


def main() -> None:
    """Measure the extracts that are there."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--drives", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--data", type=Path, default=SHARED)
    told = parser.parse_args()
    for name in EXTRACTS:
        file = told.data / f"{name}.osm.pbf"
        if not file.is_file():
            print(f"{name}: {file} is not there", file=sys.stderr)
            continue
        for line in measure(file, told.drives, told.seed):
            print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()
