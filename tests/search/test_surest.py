"""What the surest trip gives up time for: posts more likely free, and fewer stops."""

from dataclasses import replace
from pathlib import Path

import pytest

import planner.plan
from planner.model.grade import Grade
from planner.model.mission import Objective
from planner.model.plan import Plan
from planner.model.station import Status
from planner.search.doubts import doubt_s
from planner.verify import verify
from planner.world import World
from tests.access.worlds import HOUR, NOW
from tests.verify.road import build_road, build_snapshot, build_stations, build_world, mission

SUREST = Objective(preset="surest")


@pytest.fixture(scope="module")
def usual(tmp_path_factory: pytest.TempPathFactory) -> World:
    return build_world(build_road(tmp_path_factory.mktemp("road")))


def plan_in(world: World, objective: Objective) -> Plan:
    made = planner.plan.plan(world, replace(mission(order=1), objective=objective))
    assert isinstance(made, Plan), made
    assert verify(world, made) == []
    return made


def test_the_surest_trip_stops_where_a_post_is_likelier_to_be_free(
    usual: World, tmp_path: Path
) -> None:
    quickest = plan_in(usual, Objective())
    stopped = {stop.station_id for stop in quickest.charging_stops}
    taken = {
        (station.id, post.uid): (Status.CHARGING, NOW - 60)
        for station in build_stations()
        for post in station.evses
        if station.id in stopped
    }
    world = build_world(build_road(tmp_path), build_snapshot(status=taken))
    same, surest = plan_in(world, Objective()), plan_in(world, SUREST)
    assert {stop.station_id for stop in same.charging_stops} & stopped
    assert not {stop.station_id for stop in surest.charging_stops} & stopped
    assert surest.summary.arrival <= same.summary.arrival + 2 * HOUR


def test_the_surest_trip_makes_no_more_stops_than_the_quickest(usual: World) -> None:
    quickest, surest = plan_in(usual, Objective()), plan_in(usual, SUREST)
    assert surest.summary.charging_stops <= quickest.summary.charging_stops
    assert surest.summary.arrival >= quickest.summary.arrival - 1.0


def test_a_doubt_grows_with_the_chance_that_it_comes_true() -> None:
    assert doubt_s(0.9, Grade.VERIFIED) < doubt_s(0.5, Grade.VERIFIED)
    assert doubt_s(None, Grade.VERIFIED) > doubt_s(0.9, Grade.VERIFIED)
    grades = (Grade.VERIFIED, Grade.CONTRACTED, Grade.AD_HOC, Grade.INDICATED)
    worth = [doubt_s(0.9, grade) for grade in grades]
    assert worth == sorted(set(worth))
