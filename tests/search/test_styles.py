"""A choice of speeds: slower where the charge that it saves brings one there sooner."""

from dataclasses import replace
from pathlib import Path

import pytest

import planner.plan
from planner.model.mission import Mission
from planner.model.plan import Infeasible, Plan
from planner.search.styles import slower_caps_kmh
from planner.verify import verify
from planner.world import World
from tests.access.worlds import CAR
from tests.verify.road import build_road, build_snapshot, build_stations, build_world, mission

CAPS = (60.0, 80.0, 120.0)


@pytest.fixture(scope="module")
def slow_posts(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Posts of 11 kW: an hour of charging is saved by a few minutes on the road."""
    stations = []
    for station in build_stations():
        posts = [
            replace(post, connectors=tuple(replace(c, power_kw=11.0) for c in post.connectors))
            for post in station.evses
        ]
        stations.append(replace(station, evses=tuple(posts)))
    road = build_road(tmp_path_factory.mktemp("road"))
    return build_world(road, build_snapshot(stations))


def asked(*caps_kmh: float) -> Mission:
    return replace(mission(order=1), speed_caps_kmh=caps_kmh)


def planned(world: World, wanted: Mission) -> Plan:
    made = planner.plan.plan(world, wanted)
    assert isinstance(made, Plan), made
    assert verify(world, made) == []
    return made


def test_the_best_of_the_speeds_offered_is_chosen_and_told(slow_posts: World) -> None:
    chosen = planned(slow_posts, asked(*CAPS))
    singly = {
        cap: planned(
            slow_posts,
            replace(asked(), conditions=replace(asked().conditions, speed_cap_kmh=cap)),
        ).summary.arrival
        for cap in (None, *CAPS)
    }
    assert chosen.summary.arrival == pytest.approx(min(singly.values()), abs=1.0)
    cap = chosen.mission.conditions.speed_cap_kmh
    assert cap is not None
    assert chosen.summary.arrival < singly[None] - 60.0
    assert any(f"at {cap:g} km/h at most" in said for said in chosen.mission.assumed)


def test_a_trip_that_only_a_slower_car_can_make_is_found(tmp_path: Path) -> None:
    world = build_world(build_road(tmp_path))
    short = replace(CAR, usable_kwh=CAR.usable_kwh * 0.2)
    fast = replace(asked(), vehicle=short, soc=1.0)
    assert isinstance(planner.plan.plan(world, fast), Infeasible)
    slow = planned(world, replace(fast, speed_caps_kmh=(80.0, 60.0)))
    assert slow.mission.conditions.speed_cap_kmh == 80.0


def test_speeds_beyond_what_is_driven_anyway_are_no_choice() -> None:
    limited = replace(asked(*CAPS), conditions=replace(asked().conditions, speed_cap_kmh=100.0))
    assert slower_caps_kmh(limited) == [80.0, 60.0]
    slow = replace(CAR, max_speed_kmh=70.0)
    assert slower_caps_kmh(replace(asked(*CAPS), vehicle=slow)) == [60.0]
