"""Turning round: at dead ends, and at junctions well away from a forbidden turn; never between."""

import numpy as np
import pytest

from planner.model.geo import LonLat, distance_m
from planner.roads.turning import NEAREST_M
from tests.oracle.walks import STREET, Drives, Make, at, turn

STEP_M = distance_m(LonLat(10.0, 50.0), LonLat(10.001, 50.0))
ROAD = 14
"""Columns of a road from west to east: its last is a kilometre from its first."""
TURNED = 2
"""The column of the junction at which one may not turn left into the road to the north."""
LEFT = 100 + TURNED

MAIN = ((*range(TURNED + 1),), STREET), ((*range(TURNED, ROAD + 1),), STREET)
NORTH = ((TURNED, LEFT), STREET)
NO_LEFT = at("no_left_turn", 1, TURNED, 3)


def side(column: int) -> tuple[tuple[int, int], dict[str, str]]:
    """A side road of one step, long enough for nobody to turn at its end by chance."""
    return (column, 1000 + column), STREET


def drive_m(drives: Drives, start: LonLat, end: LonLat) -> float:
    return drives.metres(start).get(drives.end_at(end), np.inf)


def place(node: int) -> LonLat:
    return LonLat(10 + node % 100 * 0.001, 50 + node // 100 * 0.001)


UP_M = distance_m(place(TURNED), place(LEFT))


def there_and_back_m(column: int) -> float:
    """From the west end past the junction to a column, back and into the road to the north."""
    return (column + column - TURNED) * STEP_M + UP_M


def test_nobody_turns_round_in_mid_road_to_get_into_a_road_that_is_forbidden(
    osm_graph: Make,
) -> None:
    drives = Drives(osm_graph([*MAIN, NORTH], relations=[NO_LEFT]))
    assert drive_m(drives, place(0), place(LEFT)) == pytest.approx(there_and_back_m(ROAD), rel=1e-3)


def test_one_turns_round_at_a_junction_far_enough_from_the_forbidden_turn(osm_graph: Make) -> None:
    nearest = TURNED + int(np.ceil(NEAREST_M / STEP_M))
    assert TURNED + 2 < nearest < ROAD
    roads = [*MAIN, NORTH, side(TURNED + 1), side(nearest - 1), side(nearest)]
    drives = Drives(osm_graph(roads, relations=[NO_LEFT]))
    found = drive_m(drives, place(0), place(LEFT))
    assert found == pytest.approx(there_and_back_m(nearest), rel=1e-3)


def test_a_drive_begins_either_way_also_where_it_may_not_turn_round(osm_graph: Make) -> None:
    graph = osm_graph([*MAIN, NORTH, side(TURNED + 1)], relations=[NO_LEFT])
    drives = Drives(graph)
    start = place(TURNED + 1)
    assert drive_m(drives, start, place(0)) == pytest.approx((TURNED + 1) * STEP_M, rel=1e-3)
    assert drive_m(drives, start, place(ROAD)) == pytest.approx(
        (ROAD - TURNED - 1) * STEP_M, rel=1e-3
    )
    assert int(graph.component_ok.sum()) == len(np.unique(graph.leaves_from)), "all can be reached"


def test_a_dead_end_from_which_one_may_not_turn_back_holds_who_drives_in(osm_graph: Make) -> None:
    no_way_back = turn("no_u_turn", ("w", 4, "from"), ("n", 3, "via"), ("w", 4, "to"))
    roads = [((0, 1), STREET), ((1, 2), STREET), ((1, 101), STREET), ((2, 3), STREET)]
    left = at("no_left_turn", 1, 1, 3)
    drives = Drives(osm_graph(roads, relations=[left]))
    around_m = 5 * STEP_M + distance_m(place(1), place(101))
    assert drive_m(drives, place(0), place(101)) == pytest.approx(around_m, rel=1e-3)
    shut = Drives(osm_graph(roads, relations=[left, no_way_back]))
    assert drive_m(shut, place(0), place(101)) == np.inf


def test_where_all_ways_on_are_forbidden_one_turns_round(osm_graph: Make) -> None:
    roads = [((0, 1), STREET), ((1, 2), STREET), ((1, 101), STREET), ((2, 3, 4), STREET)]
    told = [at("no_left_turn", 1, 1, 3), at("no_straight_on", 2, 2, 4)]
    drives = Drives(osm_graph(roads, relations=told))
    around_m = 3 * STEP_M + distance_m(place(1), place(101))
    assert drive_m(drives, place(0), place(101)) == pytest.approx(around_m, rel=1e-3)


def test_a_map_without_restrictions_has_no_further_nodes(osm_graph: Make) -> None:
    graph = osm_graph([*MAIN, NORTH, side(TURNED + 1)])
    assert np.array_equal(graph.leaves_from, np.arange(len(graph.lon)))
