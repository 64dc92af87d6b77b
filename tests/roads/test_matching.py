"""From what a user drew to directed edges: along the road, its way, and never silently nothing."""

from collections.abc import Iterator
from math import cos, radians
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as rules
from hypothesis import strategies as st

from planner.model.closure import Geometry
from planner.roads.graph import RoadGraph
from planner.roads.matching import Match, match_geometries
from planner.roads.nearby import edges_near
from planner.roads.networks import build_network, read_network
from planner.roads.shipped import load_shipped

LON, LAT = 10.0, 50.0
SIDE = 6
STEP_M = 400.0


def at(x_m: float, y_m: float) -> tuple[float, float]:
    """A point so many metres east and north of the grid's corner."""
    return LON + x_m / (111_195 * cos(radians(LAT))), LAT + y_m / 111_195


@pytest.fixture(scope="module")
def grid(tmp_path_factory: pytest.TempPathFactory) -> RoadGraph:
    """A grid of two-way streets 400 m apart, and one beside the lowest, 12 m off it."""
    folder = tmp_path_factory.mktemp("grid")
    nodes, edges = ["id,lat,lon"], ["a,b,km"]
    for row in range(SIDE):
        for column in range(SIDE):
            lon, lat = at(column * STEP_M, row * STEP_M)
            here = row * SIDE + column
            nodes.append(f"{here},{lat:.7f},{lon:.7f}")
            if column:
                edges.append(f"{here - 1},{here},0.4")
            if row:
                edges.append(f"{here - SIDE},{here},0.4")
    for column in range(SIDE):
        lon, lat = at(column * STEP_M, -12.0)
        nodes.append(f"{100 + column},{lat:.7f},{lon:.7f}")
        if column:
            edges.append(f"{99 + column},{100 + column},0.4")
    edges.append("0,100,0.012")
    (folder / "nodes.csv").write_text("\n".join(nodes) + "\n")
    (folder / "edges.csv").write_text("\n".join(edges) + "\n")
    network = read_network(folder / "nodes.csv", folder / "edges.csv")
    return build_network(network, name="grid", as_of="2026-01-01", source="made up")


def line(*points: tuple[float, float]) -> Geometry:
    return Geometry("LineString", (tuple(at(*point) for point in points),))


def match(graph: RoadGraph, geometry: Geometry, *, both: bool = False) -> Match:
    return match_geometries(graph, [("/here", geometry, both)])[0]


def metres(graph: RoadGraph, node: int) -> tuple[int, int]:
    """Where a node stands in the grid, metres."""
    x = (graph.lon[node] - LON) * 111_195 * cos(radians(LAT))
    return round(x), round((graph.lat[node] - LAT) * 111_195)


def drives(graph: RoadGraph, found: Match) -> set[tuple[tuple[int, int], tuple[int, int]]]:
    return {
        (metres(graph, graph.tail[edge]), metres(graph, graph.head[edge])) for edge in found.edges
    }


def test_a_line_means_the_edges_along_it_in_its_direction_only(grid: RoadGraph) -> None:
    found = match(grid, line((0, 405), (800, 395)))
    assert drives(grid, found) == {((0, 400), (400, 400)), ((400, 400), (800, 400))}
    assert found.faults == ()
    back = match(grid, line((800, 395), (0, 405)))
    assert drives(grid, back) == {((400, 400), (0, 400)), ((800, 400), (400, 400))}
    both = match(grid, line((0, 405), (800, 395)), both=True)
    assert drives(grid, both) == drives(grid, found) | drives(grid, back)


def test_a_street_beside_the_one_that_was_drawn_is_left_alone(grid: RoadGraph) -> None:
    upper = match(grid, line((0, 3), (400, 2)))
    assert drives(grid, upper) == {((0, 0), (400, 0))}
    lower = match(grid, line((0, -15), (400, -14)))
    assert drives(grid, lower) == {((0, -12), (400, -12))}


def test_a_line_round_a_corner_means_both_streets_and_no_crossing_one(grid: RoadGraph) -> None:
    found = match(grid, line((400, 800), (800, 800), (800, 1200)))
    assert drives(grid, found) == {((400, 800), (800, 800)), ((800, 800), (800, 1200))}


def test_part_of_an_edge_is_all_of_it(grid: RoadGraph) -> None:
    assert drives(grid, match(grid, line((500, 800), (560, 800)))) == {((400, 800), (800, 800))}
    assert drives(grid, match(grid, line((500, 800), (504, 800)))) == {((400, 800), (800, 800))}


def test_a_point_means_the_nearest_street_both_ways(grid: RoadGraph) -> None:
    found = match(grid, Geometry("Point", ((at(600, 820),),)))
    assert drives(grid, found) == {((400, 800), (800, 800)), ((800, 800), (400, 800))}


def test_an_area_means_all_streets_that_touch_it(grid: RoadGraph) -> None:
    ring = tuple(
        at(*point) for point in ((700, 700), (900, 700), (900, 900), (700, 900), (700, 700))
    )
    found = match(grid, Geometry("Polygon", (ring,)))
    corner = (800, 800)
    ways = {(400, 800), (1200, 800), (800, 400), (800, 1200)}
    assert drives(grid, found) == {(corner, way) for way in ways} | {(way, corner) for way in ways}


@pytest.mark.parametrize(
    "geometry",
    [
        line((0, 200), (400, 200)),
        line((40, 440), (360, 760)),
        line((100_000, 0), (100_400, 0)),
        line((5, 5), (5, 5)),
        Geometry("Point", ((at(200, 200),),)),
        Geometry("Polygon", (tuple(at(*p) for p in ((50, 50), (90, 50), (90, 90), (50, 50))),)),
    ],
)
def test_what_means_no_road_says_so_with_place_and_remedy(
    grid: RoadGraph, geometry: Geometry
) -> None:
    found = match(grid, geometry)
    assert found.edges.size == 0
    assert found.faults[0].place == "/here"
    assert found.faults[0].remedy


def test_a_stretch_off_the_roads_is_told_and_the_rest_kept(grid: RoadGraph) -> None:
    found = match(grid, line((0, 400), (400, 400), (400, 300), (200, 200)))
    assert ((0, 400), (400, 400)) in drives(grid, found)
    assert "around" in found.faults[0].detail


def lines_of(graph: RoadGraph) -> Iterator[tuple[int, np.ndarray]]:
    for edge in range(0, len(graph.head), max(1, len(graph.head) // 300)):
        if graph.tail[edge] != graph.head[edge] and graph.length_m[edge] > 1:
            yield edge, graph.geometry(edge)


def test_every_edge_drawn_as_it_is_means_itself(grid: RoadGraph, tmp_path: Path) -> None:
    for graph in (grid, load_shipped(tmp_path, "alps")):
        drawn = list(lines_of(graph))
        wanted = [
            (str(edge), Geometry("LineString", (tuple(map(tuple, points.tolist())),)), False)
            for edge, points in drawn
        ]
        for (edge, _), found in zip(drawn, match_geometries(graph, wanted), strict=True):
            assert edge in found.edges, (graph.name, edge)
            assert found.faults == ()


@rules(max_examples=50, deadline=None)
@given(
    corners=st.lists(
        st.tuples(st.floats(-600, 2600), st.floats(-600, 2600), st.floats(0, 500)), max_size=4
    ),
    within_m=st.floats(1, 200),
)
def test_no_edge_near_a_box_is_left_out(grid: RoadGraph, corners, within_m: float) -> None:
    boxes = np.array([(*at(x, y), *at(x + side, y + side)) for x, y, side in corners])
    found = set(edges_near(grid, boxes.reshape(-1, 4), within_m).tolist())
    for edge in range(len(grid.head)):
        x, y = np.array([metres(grid, grid.tail[edge]), metres(grid, grid.head[edge])]).T
        for left, low, side in corners:
            samples = np.linspace(0, 1, 50)
            px, py = x[0] + samples * (x[1] - x[0]), y[0] + samples * (y[1] - y[0])
            away = np.hypot(
                np.maximum(np.maximum(left - px, px - left - side), 0),
                np.maximum(np.maximum(low - py, py - low - side), 0),
            )
            if away.min() < within_m - 1:
                assert edge in found
