"""How far plans may be from the best trips, and what the proof takes; a JSON object a line.

Run: ``python bench/gap.py [--trips 60] [--worlds china,dutch,french] [--homes FOLDER]``. The trips
are those of ``plans.py``, with no fallbacks and with one for each stop. Then ``--small`` trips on
small made-up worlds are held against a search over all roads: exit status 1 if one bound is above
the best trip found so.
"""

import argparse
import json
import multiprocessing
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from itertools import count, islice
from math import isfinite
from pathlib import Path
from typing import Any

import numpy as np
from plans import mission, random_ends
from small_worlds import Recipe, make_missions, make_world
from worlds import WORLDS, build

from planner.model.plan import Plan
from planner.plan import open_trip, plan
from planner.search.bound import least_s
from planner.search.gap import least_at_any_speed_s, with_gaps
from planner.settings import Settings
from planner.world import World

sys.path.insert(0, str(Path(__file__).parents[1]))
from tests.oracle.all_roads import AllRoads

SMALL = Recipe(nodes=(25, 60), stations=(3, 8), width_km=460.0, height_km=90.0)


def measure(name: str, homes: str, trips: int, fallbacks: int) -> dict[str, Any]:
    """Measure the gaps of one world's trips that need a stop."""
    bench = WORLDS[name]
    home = Path(homes) / name
    if not (home / "plugsure.sqlite").exists():
        build(name, home)
    world = World.open(Settings.read({"PLUGSURE_HOME": str(home)}), bench.region)
    gaps: list[float] = []
    proof_s: list[float] = []
    plan_s: list[float] = []
    unproven = 0
    for seed in count():
        asked = mission(bench, random_ends(bench, world, seed))
        asked = replace(asked, guarantee=replace(asked.guarantee, fallbacks=fallbacks))
        begun = time.process_time()
        made = plan(world, asked)
        planned = time.process_time() - begun
        if not isinstance(made, Plan) or not made.charging_stops:
            continue
        trip = open_trip(world, asked)
        begun = time.process_time()
        spent_s = made.summary.arrival - made.summary.departure
        best_s = least_at_any_speed_s(trip, spent_s)
        took = time.process_time() - begun
        if best_s is None:
            unproven += 1
            continue
        gap = with_gaps(made, best_s).summary.gap
        assert gap is not None
        if seed > 0:  # the first compiles
            gaps.append(gap)
            proof_s.append(took)
            plan_s.append(planned)
        if len(gaps) == trips:
            break
    return {
        "world": name,
        "trips": trips,
        "unproven": unproven,
        "fallbacks": fallbacks,
        "gap_median": round(float(np.median(gaps)), 4),
        "gap_mean": round(float(np.mean(gaps)), 4),
        "gap_p90": round(float(np.percentile(gaps, 90)), 4),
        "proof_cpu_median_s": round(float(np.median(proof_s)), 4),
        "proof_cpu_p95_s": round(float(np.percentile(proof_s, 95)), 4),
        "whole_plan_cpu_median_s": round(float(np.median(plan_s)), 4),
    }


def shares(folder: Path) -> Iterator[float]:
    """Hold bounds against the best trips over all roads of small worlds: the share of each."""
    for seed in count():
        plain = seed % 2 == 0
        world = make_world(500_000 + seed, folder, replace(SMALL, plain=plain))
        for asked in islice(make_missions(world, seed, plain=plain), 4):
            trip = open_trip(world, asked)
            truth_s = AllRoads(trip).least_s() if trip.has_route else np.inf
            if isfinite(truth_s):
                bound_s = least_s(trip, 10.0 * truth_s)
                assert bound_s is not None, "no place in these worlds is left by other ways"
                yield bound_s / truth_s


def main() -> None:
    """Run the worlds one after another, then the small ones."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trips", type=int, default=60)
    parser.add_argument("--worlds", default="china,dutch,french")
    parser.add_argument("--homes", default="")
    parser.add_argument("--small", type=int, default=500)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        for name in asked.worlds.split(","):
            for fallbacks in (0, 1):
                with multiprocessing.get_context("spawn").Pool(1) as pool:
                    given = (name, asked.homes or scratch, asked.trips, fallbacks)
                    print(json.dumps(pool.apply(measure, given)), flush=True)
        found = np.array(list(islice(shares(Path(scratch)), asked.small)))
    wrong = int((found > 1.0 + 1e-7).sum())
    line = {"small_trips": asked.small, "wrong": wrong}
    line |= {"bound_median": round(float(np.median(found)), 4)}
    print(json.dumps(line | {"bound_least": round(float(found.min()), 4)}), flush=True)
    sys.exit(int(wrong > 0))


if __name__ == "__main__":
    main()
