"""Networks: what is read, what is refused by its line, and what is assumed."""

import gzip
from pathlib import Path

import networkx as nx
import numpy as np
import pytest
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from planner.errors import DataError
from planner.model.geo import LonLat
from planner.roads.graph import RoadGraph
from planner.roads.networks import (
    Network,
    assumed_speed_kmh,
    build_network,
    fill_heights,
    read_network,
)
from planner.roads.region import build_region
from planner.roads.snap import Snapper

NODES = "id,lat,lon,ele_m\n7,50.0,10.0,100\n3,50.1,10.0,300\n9,50.2,10.0,\n"
EDGES = "a,b,km\n7,3,11.5\n9,3,11.119\n3,7,12\n9,9,1\n"


def write(folder: Path, nodes: str = NODES, edges: str = EDGES) -> tuple[Path, Path]:
    paths = folder / "nodes.csv.gz", folder / "edges.csv"
    paths[0].write_bytes(gzip.compress(nodes.encode()))
    paths[1].write_text(edges)
    return paths


def build(folder: Path, nodes: str = NODES, edges: str = EDGES) -> RoadGraph:
    network = read_network(*write(folder, nodes, edges))
    return build_network(network, name="test", as_of="2024-04", source="test")


def test_each_road_leads_both_ways_and_the_shortest_of_two_counts(tmp_path: Path) -> None:
    graph = build(tmp_path)
    found = set(zip(graph.tail.tolist(), graph.head.tolist(), strict=True))
    assert found == {(0, 1), (1, 0), (1, 2), (2, 1)}
    assert sorted(graph.length_m.tolist()) == pytest.approx([11119.5, 11119.5, 11500, 11500], abs=1)


def test_a_length_rounded_below_the_distance_of_its_ends_is_that_distance(tmp_path: Path) -> None:
    graph = build(tmp_path)
    straight = 0.1 * np.pi / 180 * 6_371_008.8
    assert graph.length_m.min() >= straight - 0.01


def test_an_unknown_height_lies_between_its_neighbours_and_is_said(tmp_path: Path) -> None:
    graph = build(tmp_path)
    assert graph.ele_m.tolist() == [100, 300, 300]
    assert graph.has_elevation
    assert any("33 %" in note for note in graph.notes)


def test_heights_are_filled_smoothly_along_the_roads() -> None:
    a, b = np.array([0, 1, 2, 4]), np.array([1, 2, 3, 5])
    ele = np.array([0.0, np.nan, np.nan, 90.0, np.nan, np.nan])
    assert fill_heights(ele, a, b, np.array([100.0, 200, 600, 5])) == pytest.approx(
        [0, 10, 30, 90, 0, 0]
    )


def test_what_a_network_cannot_know_is_said(tmp_path: Path) -> None:
    said = " ".join(build(tmp_path).notes)
    for word in ("One-way", "road classes", "105 km/h", "both ways", "underestimated"):
        assert word in said
    flat = build(tmp_path, nodes="lon,lat,id\n10,50,7\n10,50.1,3\n10,50.2,9\n")
    assert not flat.has_elevation
    assert any("flat" in note for note in flat.notes)


BAD = [
    (NODES, "a,b,km\n7,3,11.5\n7,99,3\n", "edges.csv:3: b is no node"),
    (NODES, "a,b,km\n7,3,-1\n", "edges.csv:2: km must be above 0"),
    (NODES, "a,b,km\n7,3,nan\n", "edges.csv:2: km must be above 0"),
    (NODES, "a,b,km\n7,3,1e9\n", "edges.csv:2: km must be at most 5000"),
    (NODES, "a,b,km\n7,3,far\n", "edges.csv:2: km is 'far'"),
    (NODES, "a,b,km\n7,3\n", "edges.csv:2: km is ''"),
    (NODES, "a,b,km\n7,3,1.15\n", "edges.csv:2: km is far below"),
    (NODES, "a,c,km\n", "lacks b"),
    (NODES, "", "lacks a, b, km"),
    ("id,lat,lon\n1,95,0\n", EDGES, "nodes.csv.gz:2: latitude"),
    ("id,lat,lon\n1,5,0\n1,6,0\n", EDGES, "node 1 stands there twice"),
    ("id,lat,lon\n1.5,5,0\n", EDGES, "nodes.csv.gz:2: id is no whole number"),
]


@pytest.mark.parametrize(("nodes", "edges", "said"), BAD)
def test_a_bad_row_is_named_by_file_and_line(
    tmp_path: Path, nodes: str, edges: str, said: str
) -> None:
    with pytest.raises(DataError, match=said.replace(".", r"\.")):
        read_network(*write(tmp_path, nodes, edges))


def test_a_file_cut_short_is_said_to_be_one(tmp_path: Path) -> None:
    nodes, edges = write(tmp_path)
    nodes.write_bytes(nodes.read_bytes()[:-12])
    with pytest.raises(DataError, match="cut short"):
        read_network(nodes, edges)
    with pytest.raises(DataError, match="cannot be read"):
        read_network(tmp_path / "none.csv", edges)


def test_longer_and_straighter_roads_are_faster() -> None:
    km = np.array([0.1, 0.5, 2.0, 5.0, 20.0, 20.0, 20.0, 20.0])
    straight = np.array([0.1, 0.5, 2.0, 5.0, 20.0, 17.0, 14.0, 10.0])
    speeds = assumed_speed_kmh(km, straight)
    assert speeds.tolist() == pytest.approx([50, 60, 80, 95, 105, 78.75, 57.75, 47.25])
    assert assumed_speed_kmh(np.array([0.05]), np.array([0.0])).tolist() == [50]


def test_shortest_ways_are_those_of_networkx_on_random_networks() -> None:
    rng = np.random.default_rng(3)
    lon, lat = rng.uniform(10, 11, 60), rng.uniform(50, 51, 60)
    a, b = rng.integers(0, 60, 150), rng.integers(0, 60, 150)
    km = rng.uniform(200, 300, 150)
    graph = build_network(
        Network(lon=lon, lat=lat, ele_m=None, a=a, b=b, km=km), name="x", as_of="", source=""
    )
    oracle = nx.Graph()
    oracle.add_nodes_from(range(60))
    for one, other, length in zip(a.tolist(), b.tolist(), km.tolist(), strict=True):
        if length < oracle.get_edge_data(one, other, {"weight": np.inf})["weight"]:
            oracle.add_edge(one, other, weight=length)
    weights = csr_array((graph.length_m.astype(float), (graph.tail, graph.head)), shape=(60, 60))
    found = dijkstra(weights, indices=0)
    wanted = nx.single_source_dijkstra_path_length(oracle, 0)
    assert found == pytest.approx([wanted.get(node, np.inf) * 1000 for node in range(60)], rel=1e-5)


JOURNEYS = [
    ("Lille-Marseille", (3.057, 50.629), (5.37, 43.296), 1000, 9.6),
    ("Leeuwarden-Maastricht", (5.79, 53.2), (5.69, 50.85), 325, 3.4),
    ("Hamburg-München", (9.99, 53.55), (11.576, 48.137), 790, 7.7),
    ("Paris-Lyon", (2.35, 48.857), (4.835, 45.764), 465, 4.5),
    ("München-Milano", (11.576, 48.137), (9.19, 45.464), 490, 5.6),
    ("Roma-Milano", (12.5, 41.9), (9.19, 45.464), 575, 6.0),
    ("Madrid-Barcelona", (-3.7, 40.42), (2.17, 41.39), 620, 6.2),
]


def test_assumed_speeds_give_the_usual_times_of_long_journeys(shared: Path, tmp_path: Path) -> None:
    roads = shared / "roads"
    graph = build_region(
        tmp_path,
        "europe",
        network=(roads / "europe-nodes.csv.gz", roads / "europe-edges.csv.gz"),
    )
    assert (len(graph.lon), len(graph.head)) == (101_054, 278_046)
    assert graph.component_ok.all()
    snapper = Snapper(graph)
    weights = csr_array(
        (graph.duration_s.astype(float), (graph.tail, graph.head)), shape=(len(graph.lon),) * 2
    )
    for name, start, end, _km, hours in JOURNEYS:
        a, b = snapper.snap(LonLat(*start)).node, snapper.snap(LonLat(*end)).node
        found = dijkstra(weights, indices=a, limit=hours * 2 * 3600)[b] / 3600
        assert found == pytest.approx(hours, rel=0.15), name
