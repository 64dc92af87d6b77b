"""Nodes and lines: cut where they must be, drawn as they were, on random maps too."""

import heapq
import itertools
from collections.abc import Callable

import networkx as nx
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from planner.errors import DataError
from planner.model.geo import LonLat, distance_m
from planner.roads.graph import RoadGraph

Make = Callable[..., RoadGraph]
STREET = {"highway": "residential"}


def test_nodes_stand_at_most_500_m_apart_along_a_way(osm_graph: Make) -> None:
    graph = osm_graph([((1, 2), STREET)], places={1: (10.0, 50.0), 2: (10.1, 50.02)})
    whole = distance_m(LonLat(10.0, 50.0), LonLat(10.1, 50.02))
    assert graph.length_m.max() <= 500.01
    assert len(graph.lon) == int(np.ceil(whole / 500)) + 1
    assert float(graph.length_m.sum()) == pytest.approx(2 * whole, rel=1e-5)


def test_a_loop_road_has_a_node_away_from_its_beginning(osm_graph: Make) -> None:
    graph = osm_graph([((1, 2, 102, 101, 1), STREET), ((1, 3), STREET)])
    assert not (graph.tail == graph.head).any()
    assert graph.component_ok.all()


def test_a_way_that_crosses_itself_has_a_node_there(osm_graph: Make) -> None:
    graph = osm_graph([((1, 2, 3, 103, 102, 2, 201), STREET)])
    assert graph.component_ok.all()
    degree = np.bincount(graph.tail)
    assert degree.max() == 4


def test_a_road_cut_at_the_rim_of_the_extract_ends_there(osm_graph: Make) -> None:
    graph = osm_graph([((1, 2, 3, 4), STREET), ((1, 101, 102), STREET)], leave_out=[3])
    assert sorted(round((lon - 10) * 1000) for lon in graph.lon) == [1, 2, 2]


def test_a_file_that_lacks_the_nodes_of_its_ways_is_refused_with_what_to_do(
    osm_graph: Make,
) -> None:
    with pytest.raises(DataError, match="complete ways"):
        osm_graph([((1, 2, 3, 4), STREET)], leave_out=[2, 3, 4])


def test_the_shape_of_an_edge_is_the_way_and_backwards_in_the_other_direction(
    osm_graph: Make,
) -> None:
    graph = osm_graph([((1, 102, 3), STREET)])
    there = {int(graph.tail[edge]): graph.geometry(edge) for edge in range(2)}
    (one, other) = there.values()
    assert len(one) == 3
    assert np.array_equal(one, other[::-1])
    west = one if one[0, 0] < one[-1, 0] else other
    assert west == pytest.approx(np.array([[10.001, 50.0], [10.002, 50.001], [10.003, 50.0]]))


def test_the_geometry_of_a_path_holds_each_point_once(osm_graph: Make) -> None:
    graph = osm_graph([((1, 102, 3), STREET), ((3, 4, 105), STREET)])
    at = {round((lon - 10) * 1000): node for node, lon in enumerate(graph.lon)}
    path = []
    for a, b in ((1, 3), (3, 5)):
        edges = range(graph.first_out[at[a]], graph.first_out[at[a] + 1])
        path += [edge for edge in edges if graph.head[edge] == at[b]]
    points = graph.path_geometry(path)
    assert [round((lon - 10) * 1000) for lon in points[:, 0]] == [1, 2, 3, 4, 5]
    assert graph.path_geometry([]).shape == (0, 2)


def test_edges_are_indexed_by_tail_and_by_head(osm_graph: Make) -> None:
    graph = osm_graph([((1, 2, 3), STREET), ((2, 102, 103, 3), STREET | {"oneway": "yes"})])
    for node in range(len(graph.lon)):
        out = range(graph.first_out[node], graph.first_out[node + 1])
        assert all(graph.tail[edge] == node for edge in out)
        into = graph.in_edge[graph.first_in[node] : graph.first_in[node + 1]]
        assert sorted(into.tolist()) == np.flatnonzero(graph.head == node).tolist()


def test_as_of_is_the_newest_road_where_the_header_tells_no_date(osm_graph: Make) -> None:
    assert osm_graph([((1, 2), STREET)]).as_of == "2024-05-06"


def _place(number: int) -> tuple[float, float]:
    """Return a place off the grid, so that no point in the middle of a road falls on another."""
    aside = number * number * 7919 % 997 * 1e-7
    return 10 + number % 100 * 0.001 + aside, 50 + number // 100 * 0.001 + aside * 0.61


ways = st.lists(
    st.tuples(
        st.lists(st.integers(0, 24), min_size=2, max_size=6),
        st.sampled_from(["yes", "no", "-1", ""]),
    ),
    min_size=1,
    max_size=8,
)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(ways=ways)
def test_shortest_ways_are_those_of_a_graph_with_a_node_at_every_point(
    osm_graph: Make, ways: list[tuple[list[int], str]]
) -> None:
    numbered = [([node // 5 * 100 + node % 5 for node in refs], oneway) for refs, oneway in ways]
    kept = [(refs, oneway) for refs, oneway in numbered if len(set(refs)) > 1]
    if not kept:
        return
    places = {n: _place(n) for refs, _oneway in kept for n in refs}
    graph = osm_graph([(refs, STREET | {"oneway": way}) for refs, way in kept], places=places)
    oracle = nx.DiGraph()
    for refs, oneway in kept:
        for a, b in itertools.pairwise(refs):
            length = distance_m(LonLat(*places[a]), LonLat(*places[b]))
            if oneway != "-1":
                oracle.add_edge(a, b, weight=length)
            if oneway != "yes":
                oracle.add_edge(b, a, weight=length)
    number = {(round(lon, 7), round(lat, 7)): n for n, (lon, lat) in places.items()}
    at = {}
    for node, (lon, lat) in enumerate(zip(graph.lon, graph.lat, strict=True)):
        if (round(lon, 7), round(lat, 7)) in number:
            at[number[round(lon, 7), round(lat, 7)]] = node
    size = len(graph.lon)
    found = _lengths(graph)
    for a in at:
        lengths = nx.single_source_dijkstra_path_length(oracle, a)
        for b, node in at.items():
            wanted = lengths.get(b, np.inf)
            assert found[at[a] * size + node] == pytest.approx(wanted, abs=0.3)


def _lengths(graph: RoadGraph) -> dict[int, float]:
    """All pairs, by a plain Dijkstra over the graph's own index."""
    told = {}
    size = len(graph.lon)
    for start in range(size):
        best = {start: 0.0}
        queue = [(0.0, start)]
        while queue:
            far, node = heapq.heappop(queue)
            if far > best[node]:
                continue
            for edge in range(graph.first_out[node], graph.first_out[node + 1]):
                further, head = far + float(graph.length_m[edge]), int(graph.head[edge])
                if further < best.get(head, np.inf):
                    best[head] = further
                    heapq.heappush(queue, (further, head))
        told.update({start * size + node: best.get(node, np.inf) for node in range(size)})
    return told


def test_the_component_is_the_largest_strong_one_of_networkx(osm_graph: Make) -> None:
    graph = osm_graph(
        [
            ((1, 2, 3), STREET),
            ((3, 4), STREET | {"oneway": "yes"}),
            ((4, 5), STREET),
            ((201, 202, 203, 204), STREET),
            ((201, 301), STREET),
        ]
    )
    links = nx.DiGraph(zip(graph.tail.tolist(), graph.head.tolist(), strict=True))
    biggest = max(nx.strongly_connected_components(links), key=len)
    assert set(np.flatnonzero(graph.component_ok).tolist()) in [
        part for part in nx.strongly_connected_components(links) if len(part) == len(biggest)
    ]


def test_durations_are_those_of_scipy_on_the_signed_speeds(osm_graph: Make) -> None:
    graph = osm_graph(
        [
            ((1, 2, 3, 4, 5), STREET | {"maxspeed": "30"}),
            ((1, 101, 105, 5), {"highway": "primary", "maxspeed": "100"}),
        ]
    )
    weights = csr_array(
        (graph.duration_s.astype(float), (graph.tail, graph.head)), shape=(len(graph.lon),) * 2
    )
    at = {
        (round((lon - 10) * 1000), round((lat - 50) * 1000)): node
        for node, (lon, lat) in enumerate(zip(graph.lon, graph.lat, strict=True))
    }
    quickest = dijkstra(weights, indices=at[1, 0])[at[5, 0]]
    round_about = 2 * 0.001 * 111_195 + 4 * 0.001 * 111_195 * np.cos(np.radians(50.001))
    assert quickest == pytest.approx(round_about / 100 * 3.6, rel=1e-3)
