"""Periods within which a stay may count on an EVSE say the same as asking about each stay."""

import random
from dataclasses import replace
from itertools import islice
from pathlib import Path

from small_worlds import make_missions, make_world

from planner.model.fleet import Hold
from planner.plan import open_trip
from planner.search.doors import MARGIN_S, STEADY_S
from planner.search.problem import ALWAYS
from planner.search.setup import stage_full


def test_periods_hold_just_the_stays_that_may_count_on_an_evse(tmp_path: Path) -> None:
    rng = random.Random(5)
    held = missed = bounded = 0
    for seed in range(12):
        world = make_world(80_000 + seed, tmp_path)
        for mission in islice(make_missions(world, seed), 2):
            stage = stage_full(open_trip(world, mission), priced=False)
            doors, until = stage.doors, mission.departure + STEADY_S
            for place in range(stage.problem.stations):
                begin = float(doors.soonest[place])
                if not begin < until:
                    continue
                for evse, spare in ((e, s) for e in doors.options(place) for s in (False, True)):
                    periods = doors.periods(place, evse, spare=spare)
                    bounded += periods not in ((), ALWAYS)
                    for _ in range(12):
                        arrival = begin + rng.random() ** 3 * (until - begin)
                        departure = min(arrival + rng.uniform(0.0, 3 * 3600.0), until)
                        allowed = doors.allows(evse, arrival, departure, spare=spare)
                        within = any(a <= arrival and departure <= b for a, b in periods)
                        assert allowed or not within
                        near = 2 * MARGIN_S
                        assert not allowed or any(
                            a - near <= arrival and departure <= b + near for a, b in periods
                        )
                        held += within
                        missed += not allowed
    assert held > 500
    assert missed > 100
    assert bounded > 20


def test_periods_leave_out_what_the_fleet_and_the_policy_take(tmp_path: Path) -> None:
    rng = random.Random(7)
    held = missed = 0
    for seed in range(4):
        world = make_world(80_100 + seed, tmp_path)
        for mission in islice(make_missions(world, seed), 2):
            taken = tuple(
                Hold(
                    station_id=station.id,
                    evse_uid=evse.uid,
                    begins=begins,
                    ends=begins + rng.uniform(600.0, 7200.0),
                    use=rng.choice(("stop", "fallback")),
                )
                for station in world.snapshot.stations
                for evse in station.evses
                for begins in (mission.departure + rng.uniform(0.0, 6 * 3600.0),)
            )
            doors = stage_full(open_trip(world, replace(mission, taken=taken)), priced=False).doors
            for place in range(doors.station_of.size):
                begin = float(doors.soonest[place])
                if not begin < mission.departure + STEADY_S:
                    continue
                for evse, spare in ((e, s) for e in doors.options(place) for s in (False, True)):
                    periods = doors.periods(place, evse, spare=spare)
                    for _ in range(12):
                        arrival = begin + rng.random() * 8 * 3600.0
                        departure = arrival + rng.uniform(0.0, 3600.0)
                        allowed = doors.allows(evse, arrival, departure, spare=spare)
                        within = any(a <= arrival and departure <= b for a, b in periods)
                        assert allowed or not within
                        near = 2 * MARGIN_S
                        assert not allowed or any(
                            a - near <= arrival and departure <= b + near for a, b in periods
                        )
                        held += within
                        missed += not allowed
    assert held > 300
    assert missed > 300
