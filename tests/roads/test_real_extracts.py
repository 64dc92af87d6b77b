"""Real OpenStreetMap extracts: counts, heights of known places, long routes."""

import itertools
from pathlib import Path

import numpy as np
import osmium
import pytest
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from planner.model.geo import LonLat
from planner.roads.graph import Flag, RoadGraph
from planner.roads.region import build_region
from planner.roads.snap import Snapper
from planner.roads.sphere import distances_m


def quickest(graph: RoadGraph, start: LonLat, end: LonLat) -> tuple[float, list[int]]:
    """Seconds and edges of the quickest way, by SciPy."""
    snapper = Snapper(graph)
    a, b = int(graph.leaves_from[snapper.snap(start).node]), snapper.snap(end).node
    weights = csr_array(
        (graph.duration_s.astype(float), (graph.tail, graph.head)), shape=(len(graph.lon),) * 2
    )
    far, before = dijkstra(weights, indices=a, return_predecessors=True)
    path: list[int] = []
    node = b
    while node != a:
        tail = int(before[node])
        out = range(graph.first_out[tail], graph.first_out[tail + 1])
        ends = [edge for edge in out if graph.head[edge] == node]
        path.append(min(ends, key=lambda edge: graph.duration_s[edge]))
        node = tail
    return float(far[b]), path[::-1]


def check_lines(graph: RoadGraph) -> None:
    """Hold each edge's length against its drawn line, and its ends against its nodes."""
    points, of = graph.lines(np.arange(len(graph.head)))
    step = distances_m(points[:-1, 0], points[:-1, 1], points[1:, 0], points[1:, 1])
    drawn = np.bincount(of[1:], np.where(of[1:] == of[:-1], step, 0), minlength=len(graph.head))
    assert np.abs(drawn - graph.length_m).max() < 0.5
    first = np.concatenate(([0], np.flatnonzero(np.diff(of)) + 1))
    assert np.abs(points[first, 0] - graph.lon[graph.tail]).max() < 1e-6
    on_land = (graph.flags & Flag.FERRY) == 0
    assert graph.length_m[on_land].max() < 500.1
    virtual = (graph.flags & Flag.VIRTUAL) != 0
    assert graph.duration_s[~virtual].min() > 0
    assert graph.length_m[virtual].max(initial=0) == graph.duration_s[virtual].max(initial=0) == 0
    assert np.array_equal(
        graph.leaves_from[graph.tail[virtual]], graph.leaves_from[graph.head[virtual]]
    )
    assert not (graph.tail == graph.head).any()


def test_helsinki_has_the_roads_that_a_plain_count_finds(helsinki: Path, tmp_path: Path) -> None:
    graph = build_region(tmp_path, "helsinki", osm=helsinki)
    check_lines(graph)
    public = {"primary", "secondary", "tertiary", "unclassified", "residential", "living_street"}
    public |= {f"{word}_link" for word in ("primary", "secondary", "tertiary")}
    wanted = 0.0
    for way in osmium.FileProcessor(
        str(helsinki), osmium.osm.NODE | osmium.osm.WAY
    ).with_locations():
        if not way.is_way() or way.tags.get("highway") not in public:
            continue
        keys = ("motorcar", "motor_vehicle", "vehicle", "access")
        if any(way.tags.get(key, "yes") not in {"yes", "permissive"} for key in keys):
            continue
        spots = [(node.lon, node.lat) for node in way.nodes if node.location.valid()]
        for one, other in itertools.pairwise(spots):
            wanted += float(distances_m(*one, *other))
    from planner.roads.classes import CLASSES  # noqa: PLC0415

    classes = [index for index, word in enumerate(CLASSES) if word in public]
    places = graph.leaves_from
    ends = np.sort(np.stack((places[graph.tail], places[graph.head])), axis=0)
    once = np.unique(np.stack((*ends, np.abs(graph.shape_of))), axis=1, return_index=True)[1]
    mine = once[np.isin(graph.road_class[once], classes)]
    assert float(graph.length_m[mine].sum()) == pytest.approx(wanted, rel=0.03)
    assert graph.as_of == "2019-04-06"
    assert int(graph.component_ok.sum()) > 0.8 * len(np.unique(places))
    assert "Mannerheimintie" in {graph.edge_name(edge) for edge in range(len(graph.head))}


def test_one_drives_across_helsinki(helsinki: Path, tmp_path: Path) -> None:
    graph = build_region(tmp_path, "helsinki", osm=helsinki)
    box = graph.bbox
    start = LonLat(box.west * 0.7 + box.east * 0.3, box.south * 0.5 + box.north * 0.5)
    end = LonLat(box.west * 0.3 + box.east * 0.7, box.south * 0.4 + box.north * 0.6)
    seconds, path = quickest(graph, start, end)
    metres = float(graph.length_m[path].sum())
    assert 300 < metres < 10_000
    assert 8 < metres / seconds * 3.6 < 60


def test_a_route_of_over_300_km_leads_across_the_chinese_extract(
    shared: Path, tmp_path: Path
) -> None:
    graph = build_region(tmp_path, "china", osm=shared / "roads" / "china-7-105-51.osm.pbf")
    check_lines(graph)
    assert graph.as_of == "2017-10-01"
    seconds, path = quickest(graph, LonLat(115.66, 32.17), LonLat(118.28, 33.96))
    metres = float(graph.length_m[path].sum())
    assert 330_000 < metres < 550_000
    assert 60 < metres / seconds * 3.6 < 120
    assert (graph.flags[path] & Flag.MOTORWAY).astype(bool).mean() > 0.3
    line = graph.path_geometry(path)
    gaps = distances_m(line[:-1, 0], line[:-1, 1], line[1:, 0], line[1:, 1])
    assert float(gaps.sum()) == pytest.approx(metres, rel=1e-3)


def test_porto_and_bayreuth_are_imported(shared: Path, tmp_path: Path) -> None:
    porto = build_region(tmp_path, "porto", osm=shared / "roads" / "porto_portugal.osm.pbf")
    check_lines(porto)
    assert porto.component_ok.sum() > 0.95 * len(np.unique(porto.leaves_from)), "of all places"
    assert int((porto.flags & Flag.MOTORWAY).astype(bool).sum()) > 1000
    town = build_region(
        tmp_path,
        "bayreuth",
        osm=shared / "roads" / "north-bayreuth.osm.gz",
        elevation=shared / "elevation",
    )
    check_lines(town)
    assert 300 < town.ele_m.min() < town.ele_m.max() < 600


PLACES = [
    ("Port d'Envalira", 1.7194, 42.5400, 2408, 10),
    ("Andorra la Vella", 1.5218, 42.5063, 1023, 20),
    ("Pas de la Casa", 1.7336, 42.5425, 2080, 30),
    ("Ordino", 1.5335, 42.5563, 1298, 20),
    ("Coll d'Ordino", 1.5697, 42.5559, 1980, 20),
    ("Sant Julià de Lòria", 1.4915, 42.4637, 908, 20),
]


def test_andorras_known_places_lie_as_high_as_they_do(shared: Path, tmp_path: Path) -> None:
    graph = build_region(
        tmp_path,
        "andorra",
        osm=shared / "roads" / "andorra-valhalla-docker.osm.pbf",
        elevation=shared / "elevation",
    )
    assert graph.has_elevation
    check_lines(graph)
    rise = graph.ele_m[graph.head] - graph.ele_m[graph.tail]
    assert np.abs(graph.climb_m - graph.descent_m - rise).max() < 1e-3
    snapper = Snapper(graph)
    for name, lon, lat, metres, within in PLACES:
        node = snapper.snap(LonLat(lon, lat)).node
        assert float(graph.ele_m[node]) == pytest.approx(metres, abs=within), name
    _seconds, path = quickest(graph, LonLat(1.5218, 42.5063), LonLat(1.7336, 42.5425))
    climb, descent = float(graph.climb_m[path].sum()), float(graph.descent_m[path].sum())
    assert climb == pytest.approx(2090 - 1020, rel=0.06)
    assert descent < 60
    over_pass = [edge for edge in path if graph.ele_m[graph.head[edge]] > 2300]
    assert not over_pass, "the quickest way takes the tunnel, under the pass"
