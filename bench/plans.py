"""A first plan and warm plans on the three worlds; a JSON object a line.

Run: ``python bench/plans.py [--trips 100] [--worlds china,dutch,french] [--homes FOLDER]
[--fallbacks 0,1,2]``. Each world and number of fallbacks runs in a process of its own, so that its
peak memory is its own. A trip counts if it needs at least one charging stop; infeasible ones are
counted beside it. What fallbacks cost is told of the trips that stand with fewer as well: the same
seeds make the same trips.
"""

import argparse
import json
import multiprocessing
import platform
import resource
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from worlds import WORLDS, BenchWorld, build

from planner.model.geo import LonLat, distance_m
from planner.model.mission import Guarantee, Mission, Waypoint
from planner.model.plan import Plan
from planner.plan import plan
from planner.roads.snap import stoppable
from planner.settings import Settings
from planner.world import World


def mission(bench: BenchWorld, ends: tuple[LonLat, LonLat], fallbacks: int = 1) -> Mission:
    """State one trip, leaving in an hour, with so many fallbacks for each stop."""
    return Mission(
        waypoints=tuple(Waypoint(location=end) for end in ends),
        departure=bench.now + 3600.0,
        now=bench.now,
        vehicle=bench.car,
        soc=bench.soc,
        wallet=bench.wallet,
        guarantee=Guarantee(min_grade=bench.min_grade, fallbacks=fallbacks),
    )


def random_ends(bench: BenchWorld, world: World, seed: int) -> tuple[LonLat, LonLat]:
    """Draw two road nodes of the box, 100 km or more apart."""
    graph = world.region
    draw = np.random.default_rng(seed)
    inside = (graph.lon > bench.box.west) & (graph.lon < bench.box.east)
    inside &= (graph.lat > bench.box.south) & (graph.lat < bench.box.north)
    nodes = np.flatnonzero(inside & stoppable(graph))
    while True:
        first, second = (
            LonLat(float(graph.lon[n]), float(graph.lat[n])) for n in draw.choice(nodes, 2)
        )
        if distance_m(first, second) > 100_000.0:
            return first, second


def measure(
    name: str, homes: str, trips: int, fallbacks: int
) -> tuple[dict[str, Any], dict[int, float]]:
    """Measure one world: opening it, the first plan, and warm plans; seconds of each trip."""
    bench = WORLDS[name]
    home = Path(homes) / name
    started = time.perf_counter()
    if not (home / "plugsure.sqlite").exists():
        build(name, home)
    built = time.perf_counter()
    settings = Settings.read({"PLUGSURE_HOME": str(home)})
    world = World.open(settings, bench.region)
    opened = time.perf_counter()
    first = plan(world, mission(bench, random_ends(bench, world, 0), fallbacks))
    first_s = time.perf_counter() - opened
    wall: list[float] = []
    cpu: list[float] = []
    stops = infeasible = seed = 0
    infeasible_s: list[float] = []
    lasts_s: dict[int, float] = {}
    while len(wall) < trips:
        seed += 1
        asked = mission(bench, random_ends(bench, world, seed), fallbacks)
        begin, begin_cpu = time.perf_counter(), time.process_time()
        answer = plan(world, asked)
        took, took_cpu = time.perf_counter() - begin, time.process_time() - begin_cpu
        if not isinstance(answer, Plan):
            infeasible += 1
            infeasible_s.append(took)
        elif answer.charging_stops:
            wall.append(took)
            cpu.append(took_cpu)
            stops += len(answer.charging_stops)
            lasts_s[seed] = answer.summary.arrival - answer.summary.departure
    told = {
        "world": name,
        "fallbacks": fallbacks,
        "stations": len(world.snapshot.stations),
        "nodes": int(world.region.lon.size),
        "build_s": round(built - started, 2),
        "open_s": round(opened - built, 2),
        "first_plan_s": round(first_s, 2),
        "first_was": type(first).__name__,
        "trips": trips,
        "stops_mean": round(stops / trips, 2),
        "warm_median_s": round(median(wall), 3),
        "warm_p95_s": round(float(np.percentile(wall, 95)), 3),
        "warm_cpu_median_s": round(median(cpu), 3),
        "warm_cpu_p95_s": round(float(np.percentile(cpu, 95)), 3),
        "warm_cpu_mean_s": round(float(np.mean(cpu)), 3),
        "warm_cpu_p99_s": round(float(np.percentile(cpu, 99)), 3),
        "warm_cpu_most_s": round(max(cpu), 3),
        "infeasible": infeasible,
        "infeasible_median_s": round(median(infeasible_s), 3) if infeasible_s else None,
        "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        "python": platform.python_version(),
    }
    return told, lasts_s


def price(without_s: dict[int, float], with_s: dict[int, float]) -> float | None:
    """Mean share by which trips take longer for their fallbacks, of those that stand both ways."""
    both = without_s.keys() & with_s.keys()
    longer = [with_s[seed] / without_s[seed] - 1.0 for seed in both]
    return round(float(np.mean(longer)), 4) if longer else None


def main() -> None:
    """Run the worlds one after another."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trips", type=int, default=100)
    parser.add_argument("--worlds", default="china,dutch,french")
    parser.add_argument("--homes", default="")
    parser.add_argument("--fallbacks", default="1")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        for name in asked.worlds.split(","):
            without_s: dict[int, float] | None = None
            for fallbacks in map(int, asked.fallbacks.split(",")):
                how = (name, asked.homes or scratch, asked.trips, fallbacks)
                with multiprocessing.get_context("spawn").Pool(1) as pool:
                    told, lasts_s = pool.apply(measure, how)
                if without_s is None:
                    without_s = lasts_s
                else:
                    told["longer_by_fallbacks_mean"] = price(without_s, lasts_s)
                print(json.dumps(told), flush=True)


if __name__ == "__main__":
    main()
