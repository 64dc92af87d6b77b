"""Random trips by thousands of stations, at one and four million nodes and on `europe`.

    python bench/sites.py [--countries 1m 4m europe] [--sites 4000] [--shares 10 25 100]
                          [--fallbacks 1] [--gap both] [--trips 40] [--homes FOLDER] [--out FILE]

``1m`` and ``4m`` are the made-up countries that the prototype was measured on (`site_roads.py`),
``4m-map`` extracts side by side, ``europe`` the long-distance network with the Dutch and the French
stations besides. Made-up stations and wallets are those of `site_stations.py`. The car has 60 kWh
and the prototype's charging curve, starts with 80 %, keeps 5 % and arrives with 10 %; trips leave
at any full hour of the next day, and are as long as their distance in a straight line with 15 % on
top. What takes long to make is kept in ``--homes``.

Each configuration (country, sites, share, fallbacks, with the proof of the gap and the ledger or
without) runs in a process of its own; a JSON object a line for each bin of distances, and one for
all. A configuration that ``--out`` holds already is not run again. Times are of plans with a stop,
infeasible ones are counted and timed apart. ``parts`` are shares of the CPU time of all plans in a
bin (`site_parts.py`). ``--what api`` posts the same trips to the API, in one thread of the process
(`site_api.py`); ``--what plain`` solves them beside a plain label-setting (`site_plain.py`).
"""

import argparse
import json
import multiprocessing
import os
import resource
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from site_api import measure_api
from site_homes import COUNTRIES, settings_of
from site_parts import Parts
from site_plain import measure_plain
from site_stations import SHARES
from site_trips import Bin, Configuration, draw_missions, open_world

from planner.access.chargers import accessible
from planner.model.mission import Mission
from planner.model.plan import Outcome, Plan
from planner.plan import plan
from planner.world import World

BINS_KM = ((200, 400), (400, 700), (700, 1300))
WARM = 6
"""Trips of each bin that come before those that count."""


@dataclass
class Tally:
    """What plans of a bin took."""

    wall_s: list[float]
    cpu_s: list[float]
    failed_cpu_s: list[float]
    stops: int
    shorter: int
    gaps: list[float]
    lasts_s: dict[int, float]
    parts_s: dict[str, float]
    calls: dict[str, int]

    @classmethod
    def empty(cls) -> "Tally":
        """Count from nothing."""
        return cls([], [], [], 0, 0, [], {}, defaultdict(float), defaultdict(int))

    def add(self, number: int, answer: Outcome, wall_s: float, cpu_s: float) -> None:
        """Count one answer."""
        if not isinstance(answer, Plan):
            self.failed_cpu_s.append(cpu_s)
            return
        if not answer.charging_stops:
            self.shorter += 1
            return
        self.wall_s.append(wall_s)
        self.cpu_s.append(cpu_s)
        self.stops += len(answer.charging_stops)
        self.lasts_s[number] = answer.summary.arrival - answer.summary.departure
        if answer.summary.gap is not None:
            self.gaps.append(answer.summary.gap)

    def add_parts(self, spent_s: dict[str, float], calls: dict[str, int], cpu_s: float) -> None:
        """Count where the time of a plan went, what no part counts as ``rest``."""
        for name, spent in spent_s.items():
            self.parts_s[name] += spent
        for name, times in calls.items():
            self.calls[name] += times
        self.parts_s["rest"] += cpu_s - sum(spent_s.values())

    def told(self) -> dict[str, Any]:
        """Say it in figures."""
        found: dict[str, Any] = {
            "planned": len(self.cpu_s),
            "no_stop": self.shorter,
            "infeasible": len(self.failed_cpu_s),
        }
        found |= _quantiles("cpu", self.cpu_s) | _quantiles("wall", self.wall_s)
        found |= _quantiles("infeasible_cpu", self.failed_cpu_s)
        if self.cpu_s:
            found["stops_mean"] = round(self.stops / len(self.cpu_s), 2)
        if self.gaps:
            middle, high = np.percentile(self.gaps, (50, 95)).tolist()
            found |= {"gap_median": round(middle, 5), "gap_p95": round(high, 5)}
        whole = sum(self.parts_s.values())
        ordered = sorted(self.parts_s.items(), key=lambda part: -part[1])
        found["parts"] = {name: round(spent / whole, 3) for name, spent in ordered if whole}
        plans = len(self.cpu_s) + len(self.failed_cpu_s) + self.shorter
        told = ((name, self.calls[f"{name}"]) for name, _ in ordered)
        found["calls"] = {name: round(times / plans, 1) for name, times in told if times > plans}
        return found


def _quantiles(name: str, seconds: list[float]) -> dict[str, float]:
    if not seconds:
        return {}
    levels = np.percentile(seconds, (50, 95, 99)).tolist()
    told = dict(zip(("p50", "p95", "p99"), levels, strict=True))
    told |= {"mean": float(np.mean(seconds)), "most": max(seconds)}
    return {f"{name}_{key}_ms": round(1000.0 * value, 1) for key, value in told.items()}


def measure_plans(
    homes: str, asked: Configuration, trips: int, bins_km: list[Bin]
) -> list[dict[str, Any]]:
    """Measure one configuration; run in a process of its own."""
    settings_of(Path(homes), asked.country, asked.sites)
    began = time.process_time()
    world = open_world(Path(homes), asked.country, asked.sites)
    opened_s = time.process_time() - began
    began = time.process_time()
    first = draw_missions(world, asked, bins_km[0], 1)
    plan(world, first[0], gap=asked.gap, ledger=asked.gap)
    first_s = time.process_time() - began
    parts = Parts()
    parts.watch()
    head = asdict(asked) | _sizes(world, first[0]) | {"open_cpu_s": round(opened_s, 2)}
    head |= {"first_plan_cpu_s": round(first_s, 2)}
    lines = []
    for bin_km in bins_km:
        missions = draw_missions(world, asked, bin_km, WARM + trips)
        if not missions:
            continue
        tally = Tally.empty()
        for number, mission in enumerate(missions):
            parts.take()
            wall, cpu = time.perf_counter(), time.process_time()
            answer = plan(world, mission, gap=asked.gap, ledger=asked.gap)
            cpu_s, wall_s = time.process_time() - cpu, time.perf_counter() - wall
            if number >= WARM:
                tally.add(number, answer, wall_s, cpu_s)
                tally.add_parts(*parts.take(), cpu_s)
        peak_mb = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
        lines.append(
            head
            | {"km": "-".join(map(str, bin_km)), "trips": trips}
            | tally.told()
            | {
                "peak_mb": peak_mb,
                "own_mb": own_mb(),
                "load": round(os.getloadavg()[0], 1),
                "lasts_s": {key: round(lasts) for key, lasts in tally.lasts_s.items()},
            }
        )
    return lines


def _sizes(world: World, mission: Mission) -> dict[str, int]:
    chargers = accessible(
        world.snapshot,
        mission.wallet,
        mission.vehicle,
        min_grade=mission.guarantee.min_grade,
        now=mission.now,
        at=mission.departure,
    )
    opened = np.flatnonzero(chargers.reason == 0)
    return {
        "nodes": int(world.region.lon.size),
        "stations": len(world.snapshot.stations),
        "open_stations": int(np.unique(world.snapshot.evse_station[opened]).size),
    }


def own_mb() -> int:
    """MB that no other process could share: all but mapped files. Source: proc(5)."""
    told = Path("/proc/self/status").read_text(encoding="ascii")
    return round(int(told.partition("RssAnon:")[2].split()[0]) / 1024)


MEASURES = {"plans": measure_plans, "plain": measure_plain, "api": measure_api}


def configurations(asked: argparse.Namespace) -> Iterator[Configuration]:
    """List what is to be measured, the order of the options."""
    gaps = {"with": (True,), "without": (False,), "both": (True, False)}[asked.gap]
    of = (asked.countries, asked.sites, asked.shares, asked.fallbacks, gaps, [asked.what])
    for each in product(*of):
        yield Configuration(*each)


def done(out: Path) -> Iterable[Configuration]:
    """List what a file holds already."""
    if out.exists():
        for line in out.read_text(encoding="utf-8").splitlines():
            told = json.loads(line)
            yield Configuration(**{name: told[name] for name in Configuration.__annotations__})


def main() -> None:
    """Measure what is not measured yet, one process after another."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    results = Path(__file__).parent / "results" / "sites.jsonl"
    parser.add_argument("--countries", nargs="+", default=["1m"], choices=COUNTRIES)
    parser.add_argument("--sites", nargs="+", type=int, default=[4000])
    parser.add_argument("--shares", nargs="+", type=int, default=list(SHARES), choices=SHARES)
    parser.add_argument("--fallbacks", nargs="+", type=int, default=[1])
    parser.add_argument("--what", choices=MEASURES, default="plans")
    parser.add_argument("--gap", choices=("with", "without", "both"), default="with")
    parser.add_argument("--bins", nargs="+", default=["-".join(map(str, b)) for b in BINS_KM])
    parser.add_argument("--trips", type=int, default=40)
    parser.add_argument("--homes", type=Path, default=Path(tempfile.gettempdir()) / "sites-homes")
    parser.add_argument("--out", type=Path, default=results)
    asked = parser.parse_args()
    bins_km = [tuple(map(int, each.split("-"))) for each in asked.bins]
    asked.out.parent.mkdir(parents=True, exist_ok=True)
    kept = set(done(asked.out))
    for configuration in configurations(asked):
        if configuration in kept:
            continue
        how = (str(asked.homes), configuration, asked.trips, bins_km)
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            lines = pool.apply(MEASURES[asked.what], how)
        with asked.out.open("a", encoding="utf-8") as out:
            for line in lines:
                print(json.dumps(line), file=out, flush=True)
                shown = {key: value for key, value in line.items() if key != "lasts_s"}
                print(json.dumps(shown), flush=True)


if __name__ == "__main__":
    main()
