"""Shapes packed and unpacked without loss, and the roads of a drive by name."""

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.roads.graph import RoadGraph
from planner.roads.names import label_of, main_roads, name_and_ref, shown
from planner.roads.region import build_region
from planner.roads.shapes import pack

STREET = {"highway": "residential"}
Make = Callable[..., RoadGraph]

places = st.tuples(
    st.integers(-1_800_000_000, 1_800_000_000), st.integers(-900_000_000, 900_000_000)
)


class Drawing:
    """Two nodes and what leads from the one to the other."""

    def __init__(self, ends: list[tuple[int, int]], shapes: list[list[tuple[int, int]]]) -> None:
        self.lon, self.lat = np.array(ends).T * 1e-7
        count = len(shapes)
        self.tail = np.repeat([0, 1], count).astype(np.int32)
        self.head = 1 - self.tail
        first = np.cumsum([0, *(len(points) for points in shapes)])
        e7 = np.array([p for points in shapes for p in points], np.int32).reshape(-1, 2)
        there = np.arange(1, count + 1)
        shape_of = np.concatenate((there, -there)).astype(np.int32)
        packed = pack(shape_of, self.tail, self.head, self.lon, self.lat, first, e7)
        self.shape_of, self.shape_first, self.shape_steps = packed


@settings(deadline=None)
@given(ends=st.lists(places, min_size=2, max_size=2), shapes=st.lists(st.lists(places), max_size=4))
def test_every_point_of_a_shape_comes_back_in_both_directions(ends, shapes) -> None:
    from planner.roads.shapes import lines  # noqa: PLC0415

    drawing = Drawing(ends, shapes)
    points, of = lines(drawing, np.arange(2 * len(shapes)))
    e7 = np.rint(points * 1e7).astype(int)
    for index, shape in enumerate(shapes):
        line = [ends[0], *shape, ends[1]]
        assert [tuple(point) for point in e7[of == index]] == line
        assert [tuple(point) for point in e7[of == index + len(shapes)]] == line[::-1]


def test_edges_that_share_a_shape_must_begin_at_the_same_place() -> None:
    ends = np.array([0, 1], np.int32)
    lon = np.array([10.0, 11.0])
    first, e7 = np.array([0, 1]), np.array([[105_000_000, 1]], np.int32)
    with pytest.raises(ValueError, match="same place"):
        pack(np.array([1, 1], np.int32), ends, ends[::-1], lon, np.zeros(2), first, e7)


def test_real_shapes_take_half_the_bytes_of_pairs_and_a_long_path_is_drawn_at_once(
    shared: Path, tmp_path: Path
) -> None:
    graph = build_region(tmp_path, "porto", osm=shared / "roads" / "porto_portugal.osm.pbf")
    points = graph.counts()["shape_points"]
    assert points > 200_000
    assert graph.shape_steps.nbytes < 4.5 * points
    path = np.arange(5000)
    graph.path_geometry(path)
    took_s = []
    for _ in range(9):
        began = time.process_time()
        drawn = graph.path_geometry(path)
        took_s.append(time.process_time() - began)
    assert len(drawn) > 10_000
    assert sorted(took_s)[4] < 0.005
    names = {graph.edge_road(edge) for edge in range(0, len(graph.head), 7)}
    assert any(ref.startswith("A ") for _name, ref in names)


@given(name=st.text("abc (\tü", max_size=8), ref=st.text("AB 12;", max_size=8))
def test_a_label_keeps_name_and_number_apart(name: str, ref: str) -> None:
    kept, number = name_and_ref(label_of(name, ref))
    assert kept == " ".join(name.split())
    refs = [" ".join(part.split()) for part in ref.split(";") if part.strip()]
    assert number == ", ".join(dict.fromkeys(refs))


def test_a_label_is_shown_as_signed() -> None:
    assert shown(label_of("Brennerstraße", "B 182")) == "Brennerstraße (B 182)"
    assert shown(label_of("", "A 8;E 52")) == "A 8, E 52"
    assert shown(label_of("17", "")) == "17"
    assert shown(label_of("", "")) == ""


def test_a_drive_tells_its_roads_and_their_metres_add_up(osm_graph: Make) -> None:
    graph = osm_graph(
        [
            ((1, 2), STREET | {"name": "Gasse"}),
            ((2, 3), {"highway": "motorway_link", "oneway": "no"}),
            ((3, 4), {"highway": "motorway", "oneway": "no", "ref": "A 8;E 52"}),
            ((4, 5), {"highway": "motorway", "oneway": "no", "ref": "A 8", "name": "Albaufstieg"}),
            ((5, 6), STREET | {"name": "Ziel"}),
        ]
    )
    path = way(graph, 5)
    roads = graph.roads_along(path)
    assert [(road.name, road.ref) for road in roads] == [("Gasse", ""), ("", "A 8"), ("Ziel", "")]
    lengths = graph.length_m[path]
    assert sum(road.distance_m for road in roads) == pytest.approx(float(lengths.sum()))
    assert roads[0].distance_m == pytest.approx(float(lengths[:2].sum())), "the slip road counts"
    assert [road.title for road in main_roads(roads)] == ["Gasse", "A 8", "Ziel"]
    assert graph.roads_along([]) == ()


def test_a_drive_that_begins_on_a_slip_road_is_told_by_what_follows(osm_graph: Make) -> None:
    graph = osm_graph([((1, 2), STREET), ((2, 3), STREET | {"name": "Gasse"})])
    assert [road.title for road in graph.roads_along(way(graph, 2))] == ["Gasse"]


def test_roads_without_any_names_are_one_stretch(osm_graph: Make) -> None:
    graph = osm_graph([((1, 2, 3, 4), STREET)])
    roads = graph.roads_along(way(graph, 1))
    assert [(road.name, road.ref) for road in roads] == [("", "")]
    assert main_roads(roads) == ()


def way(graph: RoadGraph, edges: int) -> list[int]:
    """Follow the only way on, eastward from the westernmost node."""
    path: list[int] = []
    node = int(np.argmin(graph.lon))
    while len(path) < edges:
        out = range(graph.first_out[node], graph.first_out[node + 1])
        edge = next(e for e in out if graph.lon[graph.head[e]] > graph.lon[node])
        path.append(edge)
        node = int(graph.head[edge])
    return path
