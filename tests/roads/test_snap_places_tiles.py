"""From points and names to the roads, and the roads as tiles of a map."""

import itertools
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.errors import InputError, OffNetwork, UnknownPlace
from planner.model.geo import BBox, LonLat, distance_m
from planner.roads.graph import RoadGraph
from planner.roads.places import Places
from planner.roads.shipped import load_shipped
from planner.roads.snap import Snapper
from planner.roads.spelling import edit_distance, fold
from planner.roads.tiles import MOST_LINES, RoadTiles, road_tile, tile_bbox

STREET = {"highway": "residential"}


@pytest.fixture(scope="module")
def alps(tmp_path_factory: pytest.TempPathFactory) -> RoadGraph:
    return load_shipped(tmp_path_factory.mktemp("regions"), "alps")


@pytest.fixture(scope="module")
def places(alps: RoadGraph) -> Places:
    return Places.for_bbox(alps.bbox)


def test_the_nearest_node_is_that_of_a_look_at_all(alps: RoadGraph) -> None:
    snapper = Snapper(alps)
    rng = np.random.default_rng(5)
    lon, lat = rng.uniform(5, 16, 40), rng.uniform(44, 49, 40)
    node, distance = snapper.snap_many(lon, lat)
    for index in range(40):
        point = LonLat(float(lon[index]), float(lat[index]))
        far = [distance_m(point, LonLat(*at)) for at in zip(alps.lon, alps.lat, strict=True)]
        if min(far) > alps.max_snap_m:
            assert node[index] == -1
            assert np.isinf(distance[index])
        else:
            assert distance[index] == pytest.approx(min(far), abs=0.01)
            assert far[node[index]] == pytest.approx(min(far), abs=0.01)


def test_a_point_far_from_all_roads_is_refused_with_how_far(alps: RoadGraph) -> None:
    with pytest.raises(OffNetwork, match=r"km away, at most 10 km"):
        Snapper(alps).snap(LonLat(2.35, 48.85))


@pytest.mark.parametrize("point", [LonLat(48.1, 111.5), LonLat(999, 0), LonLat(float("nan"), 0)])
def test_what_is_no_longitude_and_latitude_is_refused(alps: RoadGraph, point: LonLat) -> None:
    with pytest.raises(InputError):
        Snapper(alps).snap(point)


def test_points_that_are_no_numbers_snap_nowhere_and_spoil_no_others(alps: RoadGraph) -> None:
    node, _distance = Snapper(alps).snap_many([np.nan, 11.576], [48.0, 48.137])
    assert node[0] == -1
    assert node[1] >= 0


def test_no_drive_begins_on_a_motorway_or_where_one_cannot_get_away(
    osm_graph: Callable[..., RoadGraph],
) -> None:
    graph = osm_graph(
        [
            ((1, 2, 3, 4), STREET),
            ((101, 102, 103), {"highway": "motorway", "oneway": "no"}),
            ((101, 1), {"highway": "motorway_link"}),
            ((302, 303), STREET),
        ]
    )
    snap = Snapper(graph).snap(LonLat(10.003, 50.0012))
    assert graph.lat[snap.node] == pytest.approx(50.0)
    beside_island = Snapper(graph).snap(LonLat(10.002, 50.003))
    assert graph.lat[beside_island.node] == pytest.approx(50.0)


SPELLINGS = [
    ("Munich", "Munich"),
    ("München", "Munich"),
    ("Munchen", "Munich"),
    ("MUENCHEN", "Munich"),
    ("Munchen, Germany", "Munich"),
    ("milano", "Milan"),
    ("Mailand", "Milan"),
    ("Innsbrcuk", "Innsbruck"),
    ("Zurich", "Zürich"),
    ("Zuerich", "Zürich"),
    ("st etienne", "Saint-Étienne"),
    ("Stutgart", "Stuttgart"),
    ("Bozen", "Bolzano"),
    ("Garmisch", "Garmisch-Partenkirchen"),
    (" Bern ", "Bern"),
]


@pytest.mark.parametrize(("said", "meant"), SPELLINGS)
def test_a_place_is_found_however_it_is_spelled(places: Places, said: str, meant: str) -> None:
    assert places.search(said)[0].name == meant
    assert places.resolve(said).name == meant


def test_beginnings_of_names_are_completed_the_larger_places_first(places: Places) -> None:
    found = places.search("Mil", limit=3)
    assert found[0].name == "Milan"
    assert len(found) == 3
    assert found[0].population > found[1].population


def test_a_country_narrows_the_search(places: Places) -> None:
    assert {place.country for place in places.search("Freiburg, CH")} == {"CH"}


def test_an_unknown_place_is_refused_with_what_may_be_meant(places: Places) -> None:
    with pytest.raises(UnknownPlace, match=r"Did you mean .*Innsbruck"):
        places.resolve("Innsbr")
    with pytest.raises(UnknownPlace, match="Xqzw"):
        places.resolve("Xqzw")
    with pytest.raises(UnknownPlace):
        places.resolve("")


def test_a_place_outside_the_region_is_not_taken_for_one_inside(places: Places) -> None:
    for name in ("Köln", "Lille", "Frankfurt"):
        with pytest.raises(UnknownPlace):
            places.resolve(name)


@pytest.mark.parametrize("text", ["11.576,48.137", " 11.576, 48.137 ", "11.576 48.137"])
def test_degrees_are_a_place_too(places: Places, text: str) -> None:
    assert places.resolve(text).location == (11.576, 48.137)


def test_degrees_that_cannot_be_are_refused(places: Places) -> None:
    with pytest.raises(InputError, match="longitude"):
        places.resolve("48.1, 111.5")


def test_the_nearest_place_names_a_point(places: Places) -> None:
    near = places.nearest(LonLat(11.3945, 47.2627))
    assert near is not None
    assert near.country == "AT"
    assert places.nearest(LonLat(0.0, 0.0)) is None


@pytest.mark.parametrize("ask", ["search", "resolve"])
def test_a_text_that_no_place_can_be_called_is_refused_at_once(places: Places, ask: str) -> None:
    with pytest.raises(InputError, match="at most 200 letters, this text has 10,000"):
        getattr(places, ask)("a " * 5_000)


def test_an_empty_region_has_no_places() -> None:
    empty = Places.of_entries([])
    assert empty.search("Munich") == []
    assert empty.nearest(LonLat(11, 48)) is None


words = st.text("abcdeéü", max_size=7)


@given(one=words, other=words)
def test_edit_distance_is_a_symmetric_measure_that_no_typo_exceeds(one: str, other: str) -> None:
    near = edit_distance(one, other, 9)
    assert near == edit_distance(other, one, 9)
    assert (near == 0) == (one == other)
    assert abs(len(one) - len(other)) <= near <= max(len(one), len(other))
    assert edit_distance(one, other, 1) == min(near, 2)


@given(text=st.text(max_size=20))
def test_folding_a_folded_spelling_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)


def test_tiles_are_small_and_within_their_rim(alps: RoadGraph) -> None:
    tiles = RoadTiles(alps)
    for zoom, x, y in ((0, 0, 0), (5, 16, 11), (7, 68, 44), (9, 271, 178), (12, 2178, 1420)):
        told = tiles.tile(zoom, x, y)
        assert len(json.dumps(told)) < 400_000
        box = tile_bbox(zoom, x, y)
        wide, high = box.east - box.west, box.north - box.south
        lines = [
            line for feature in told["features"] for line in feature["geometry"]["coordinates"]
        ]
        assert len(lines) <= MOST_LINES
        for lon, lat in (point for line in lines for point in line):
            assert box.west - 0.1 * wide <= lon <= box.east + 0.1 * wide
            assert box.south - 0.1 * high <= lat <= box.north + 0.1 * high


def test_a_closer_tile_shows_more_kinds_of_road(osm_graph: Callable[..., RoadGraph]) -> None:
    graph = osm_graph(
        [((1, 2, 3), {"highway": "motorway", "toll": "yes"}), ((1, 101, 201), STREET)]
    )
    far = road_tile(graph, 8, *_tile_of(10.001, 50.0, 8))
    near = road_tile(graph, 14, *_tile_of(10.001, 50.0005, 14))
    assert {feature["properties"]["class"] for feature in far["features"]} <= {"motorway"}
    said = {feature["properties"]["class"]: feature["properties"] for feature in near["features"]}
    assert set(said) == {"motorway", "residential"}
    assert said["motorway"]["toll"]
    assert not said["residential"]["toll"]


def test_a_road_that_junctions_cut_into_short_lines_is_whole_from_afar(
    osm_graph: Callable[..., RoadGraph],
) -> None:
    """Streets 72 and 111 m apart cross, where a pixel at zoom 9 has 150 m."""
    primary = {"highway": "primary"}
    rows = [(tuple(row * 100 + column for column in range(40)), primary) for row in range(3)]
    columns = [((column, 100 + column, 200 + column), primary) for column in range(40)]
    tile = road_tile(osm_graph([*rows, *columns]), 9, *_tile_of(10.02, 50.001, 9))
    lines = [line for feature in tile["features"] for line in feature["geometry"]["coordinates"]]
    east = [abs(b[0] - a[0]) for line in lines for a, b in itertools.pairwise(line)]
    assert sum(east) >= 0.039 - 0.0014, "one row at least, from end to end"


def test_an_empty_sea_is_an_empty_tile(alps: RoadGraph) -> None:
    assert road_tile(alps, 10, 0, 0)["features"] == []


@pytest.mark.parametrize("tile", [(-1, 0, 0), (19, 0, 0), (3, 8, 0), (3, 0, -1)])
def test_a_tile_that_cannot_be_is_refused(alps: RoadGraph, tile: tuple[int, int, int]) -> None:
    with pytest.raises(InputError, match="no such tile"):
        road_tile(alps, *tile)


def test_the_whole_world_is_one_tile_and_tiles_meet() -> None:
    assert tile_bbox(0, 0, 0) == pytest.approx(BBox(-180, -85.0511, 180, 85.0511), abs=1e-4)
    assert tile_bbox(4, 8, 5).east == tile_bbox(4, 9, 5).west
    assert tile_bbox(4, 8, 5).south == tile_bbox(4, 8, 6).north


def _tile_of(lon: float, lat: float, zoom: int) -> tuple[int, int]:
    count = 2**zoom
    north = np.arcsinh(np.tan(np.radians(lat)))
    return int((lon + 180) / 360 * count), int((1 - north / np.pi) / 2 * count)


def test_the_outlines_of_the_base_map_are_shipped() -> None:
    import gzip  # noqa: PLC0415

    path = Path(__file__).resolve().parents[2] / "data" / "outlines.geojson.gz"
    told = json.loads(gzip.decompress(path.read_bytes()))
    kinds = {
        feature["properties"]["kind"]: feature["geometry"]["type"] for feature in told["features"]
    }
    assert kinds == {"land": "MultiPolygon", "border": "MultiLineString", "country": "Point"}
    assert path.stat().st_size < 500_000
