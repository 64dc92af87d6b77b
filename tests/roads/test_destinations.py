"""Roads for arriving only, against walks from edge to edge."""

from pathlib import Path

import numpy as np
import pytest

from planner.model.geo import LonLat, distance_m
from planner.roads.reports import reports_of
from tests.oracle.walks import (
    DESTINATION,
    STREET,
    Drives,
    Make,
    Oracle,
    at,
    compare,
    through,
)

# A square of open roads 1-5-405-401 with a short cut 3-203-403 for arriving only across it, which
# has a drive 203-204-205 of its own and a village 103-102 beside it.
SHORT_CUT = [
    ((1, 2, 3, 4, 5), STREET),
    ((5, 205, 405), STREET),
    ((405, 403, 401), STREET),
    ((401, 201, 1), STREET),
    ((3, 103, 203, 303, 403), DESTINATION),
    ((203, 204), STREET),
    ((103, 102), STREET | {"oneway": "yes"}),
    ((102, 202, 203), STREET | {"oneway": "yes"}),
]


def test_one_drives_to_and_from_a_road_for_arriving_only_but_never_through(
    osm_graph: Make, tmp_path: Path
) -> None:
    graph = osm_graph(SHORT_CUT)
    compare(tmp_path / "test.osm", graph, [1, 3, 5, 403, 405, 103, 102, 203, 204])
    drives = Drives(graph)
    places = Oracle(tmp_path / "test.osm").place
    straight = distance_m(places[3], places[403])
    north = drives.metres(places[3])
    assert north[drives.end_at(places[403])] > 1.5 * straight, "not through"
    assert north[drives.end_at(places[203])] == pytest.approx(straight / 2, rel=1e-3), "to it"
    inside = drives.metres(places[203])
    assert inside[drives.end_at(places[403])] == pytest.approx(straight / 2, rel=1e-3), "from it"
    within = distance_m(places[103], places[203])
    assert drives.metres(places[103])[drives.end_at(places[203])] == pytest.approx(
        within, rel=1e-3
    ), "within it"
    assert int(graph.component_ok.sum()) == len(np.unique(graph.leaves_from)), "all can be reached"


def test_a_short_road_for_arriving_only_between_two_junctions_can_still_be_reached(
    osm_graph: Make,
) -> None:
    ring = ((1, 2, 202, 201, 1), STREET)
    graph = osm_graph([ring, ((1, 202), DESTINATION), ((2, 3), STREET)])
    middle = LonLat(10.0015, 50.001)
    places = [LonLat(lon, lat) for lon, lat in zip(graph.lon, graph.lat, strict=True)]
    near = [node for node, place in enumerate(places) if distance_m(place, middle) < 1]
    assert [bool(graph.component_ok[node]) for node in near] == [True, False]
    assert int(graph.leaves_from[near[0]]) == near[1]


def test_turns_are_forbidden_on_roads_for_arriving_only_too(
    osm_graph: Make, tmp_path: Path
) -> None:
    turns = [
        at("no_right_turn", 9, 203, 6),
        at("no_left_turn", 8, 203, 5),
        at("only_straight_on", 1, 3, 10),
        through("no_u_turn", 9, [6], 11),
    ]
    ways = [
        ((1, 2, 3), STREET),
        *SHORT_CUT[1:4],
        ((403, 303, 203), DESTINATION),
        *SHORT_CUT[5:],
        ((3, 103, 203), DESTINATION),
        ((3, 5), STREET),
        ((204, 304), STREET),
        ((3, 4, 5), STREET),
    ]
    graph = osm_graph(ways, relations=turns)
    compare(tmp_path / "test.osm", graph, [1, 3, 5, 405, 403, 103, 203, 204, 304])
    assert reports_of(graph) == []
