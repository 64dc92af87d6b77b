"""Periods within which a stay may count on an EVSE say the same as asking about each stay."""

import random
from itertools import islice
from pathlib import Path

from small_worlds import make_missions, make_world

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
