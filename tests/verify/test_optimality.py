"""What a plan claims of being the best, beside every road, station and amount of charge tried."""

from dataclasses import replace
from itertools import islice
from math import isfinite
from pathlib import Path
from statistics import median

from small_worlds import Recipe, make_missions, make_world

from planner.model.mission import Guarantee, Objective
from planner.model.plan import Plan
from planner.plan import plan
from planner.verify import verify
from tests.oracle.charge_grid import ChargeGrid

SMALL = Recipe(nodes=(25, 45), stations=(2, 6), width_km=400.0, height_km=70.0, plain=True)


def test_no_trip_is_quicker_than_a_plan_by_more_than_it_says(tmp_path: Path) -> None:
    sharp, stops, none = [], 0, 0
    for seed in range(6):
        world = make_world(95_000 + seed, tmp_path, SMALL)
        for asked in islice(make_missions(world, seed, plain=True), 3):
            guarantee = Guarantee(min_grade=asked.guarantee.min_grade, fallbacks=0)
            mission = replace(asked, guarantee=guarantee, objective=Objective(preset="fastest"))
            driven_s = ChargeGrid(world, mission, is_lucky=False).least_s()
            least_s = ChargeGrid(world, mission, is_lucky=True).least_s()
            made = plan(world, mission)
            if not isinstance(made, Plan):
                assert not isfinite(driven_s), (seed, "a trip that was not found")
                none += 1
                continue
            assert verify(world, made) == []
            took_s = made.summary.arrival - made.summary.departure
            assert took_s >= least_s - 1.0, (seed, "quicker than can be")
            assert made.summary.gap is not None
            assert driven_s >= (1.0 - made.summary.gap) * took_s - 1.0, (seed, mission)
            stops += len(made.charging_stops)
            if isfinite(driven_s):
                sharp.append(least_s / driven_s)
    assert len(sharp) > 5
    assert stops > 3
    assert none > 0
    assert median(sharp) > 0.93
