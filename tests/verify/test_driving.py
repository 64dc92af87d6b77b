"""Legs replayed edge by edge, held against sums and walks written out by hand."""

from dataclasses import dataclass, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.energy.consumption import edge_energy_kwh
from planner.model.geo import LonLat
from planner.model.mission import Mission
from planner.model.plan import Leg, Plan
from planner.roads.graph import Flag, RoadGraph
from planner.verify.driving import Drive, check_charge, check_leg, replay
from planner.verify.scene import Scene
from planner.world import World
from tests.access.worlds import CAR
from tests.verify.road import build_world, mission


@dataclass(frozen=True)
class Only:
    """A scene of which nothing but the mission is asked."""

    mission: Mission


def leg(soc_start: float, soc_end: float) -> Leg:
    return Leg(
        start=LonLat(5, 52),
        end=LonLat(6, 52),
        start_name="",
        end_name="",
        departure=0.0,
        arrival=1.0,
        distance_m=0.0,
        energy_kwh=0.0,
        energy_mean_kwh=0.0,
        soc_start=soc_start,
        soc_end=soc_end,
        path=(),
    )


def claims(
    taken_kwh: list[float],
    soc_start: float,
    soc_end: float,
    reserve: float,
    inside_kwh: list[float] | None = None,
) -> set[str]:
    scene = Only(replace(mission(), reserve_soc=reserve))
    taken = np.array(taken_kwh)
    inside = np.maximum(taken, 0.0) if inside_kwh is None else np.array(inside_kwh)
    drive = Drive(taken, inside, 0.0, 0.0, 1.0)
    return {c.kind + c.where for c in check_charge(scene, leg(soc_start, soc_end), drive, "")}


def test_a_full_battery_takes_no_more_on_the_way_down() -> None:
    assert claims([-6.0, 12.0], 0.95, 0.8, 0.1) == set()
    assert claims([-6.0, 12.0], 0.95, 0.85, 0.1) == {"energy/soc_end"}


def test_a_dip_below_the_reserve_counts_though_the_end_is_above_it() -> None:
    assert claims([20.0, -10.0], 0.4, 0.4 - 10 / 60, 0.1) == {"reserve"}
    assert claims([20.0, -10.0], 0.5, 0.5 - 10 / 60, 0.1) == set()


def test_a_crest_inside_an_edge_counts_though_both_its_ends_are_above_the_reserve() -> None:
    assert claims([2.0], 0.2, 0.2 - 2 / 60, 0.1) == set()
    assert claims([2.0], 0.2, 0.2 - 2 / 60, 0.1, inside_kwh=[6.5]) == {"reserve"}


def test_what_is_used_after_a_descent_inside_an_edge_was_not_taken_from_more_than_full() -> None:
    assert claims([-1.0], 1.0, 1.0, 0.1) == set()
    assert claims([-1.0], 1.0, 1.0, 0.1, inside_kwh=[0.6]) == {"energy/soc_end"}
    assert claims([-1.0], 1.0, 0.99, 0.1, inside_kwh=[0.6]) == set()


def test_more_than_full_is_named() -> None:
    assert "energy/soc_start" in claims([1.0], 1.1, 1.0, 0.1)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.floats(-5, 5), max_size=30),
    st.floats(0.1, 1.0),
    st.floats(0.0, 0.3),
)
def test_the_charge_on_the_way_is_what_a_plain_walk_finds(
    taken_kwh: list[float], soc: float, reserve: float
) -> None:
    """Walk with net, prefix and suffix sums instead of step by step."""
    full = CAR.usable_kwh
    charges = [soc * full]
    for upto in range(1, len(taken_kwh) + 1):
        tails = [full - sum(taken_kwh[start:upto]) for start in range(1, upto + 1)]
        charges.append(min([soc * full - sum(taken_kwh[:upto]), *tails]))
    found = claims(taken_kwh, soc, charges[-1] / full, reserve)
    assert ("energy/soc_end" in found) is False
    if abs(min(charges) / full - reserve) > 1e-5:
        assert ("reserve" in found) is (min(charges) / full < reserve)


def test_a_leg_is_the_sum_of_its_edges_and_both_approaches(
    road: RoadGraph, world: World, made: Plan
) -> None:
    one = made.legs[0]
    drive = replay(Scene(world, made.mission, made.world), one)
    total = 0.0
    for edge in one.path:
        total += edge_energy_kwh(
            CAR,
            made.mission.conditions,
            length_m=[road.length_m[edge]],
            speed_kmh=[road.speed_kmh[edge]],
            climb_m=[road.climb_m[edge]],
            descent_m=[road.descent_m[edge]],
            ele_m=[road.ele_m[road.tail[edge]]],
            quantile=True,
        )[0]
    for near_m in (one.approach_start_m, one.approach_end_m):
        total += edge_energy_kwh(
            CAR,
            made.mission.conditions,
            length_m=[near_m],
            speed_kmh=[30.0],
            climb_m=[0.0],
            descent_m=[0.0],
            quantile=True,
        )[0]
    assert float(drive.quantile_kwh.sum()) == pytest.approx(total)
    driven_s = sum(float(road.length_m[e]) / float(road.speed_kmh[e]) * 3.6 for e in one.path)
    near_s = (one.approach_start_m + one.approach_end_m) / 30.0 * 3.6
    assert drive.duration_s == pytest.approx(driven_s + near_s, rel=1e-5)


def test_a_ferry_takes_its_own_time_and_no_energy(road: RoadGraph, made: Plan) -> None:
    edge = made.legs[0].path[2]
    flags, duration_s = road.flags.copy(), road.duration_s.copy()
    flags[edge] |= Flag.FERRY
    duration_s[edge] = 4000.0
    sea = build_world(replace(road, flags=flags, duration_s=duration_s))
    plain = replay(Scene(build_world(road), made.mission, made.world), made.legs[0])
    sailed = replay(Scene(sea, made.mission, made.world), made.legs[0])
    assert sailed.quantile_kwh[3] == 0.0
    assert plain.quantile_kwh[3] > 0.0
    crossed_s = float(road.duration_s[edge])
    assert sailed.duration_s == pytest.approx(plain.duration_s - crossed_s + 4000.0, rel=1e-6)


def test_a_place_off_the_roads_is_named_and_nothing_crashes(world: World, made: Plan) -> None:
    far = replace(made.legs[0], end=LonLat(20.0, 60.0))
    found = {(c.kind, c.where) for c in check_leg(Scene(world, made.mission, made.world), far, "")}
    assert ("path", "/end") in found
