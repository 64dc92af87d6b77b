"""The exact core beside a plain label-setting in Python, on problems that the planner poses.

Of each trip the first search is taken as the planner states it, without fallbacks; all rows of its
legs are brought, hours are left out, and each station keeps the EVSE that charges quickest, for the
plain search knows neither hours nor a choice (`plain_labels.py`). Both then solve the same problem.
"""

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
from plain_labels import solve_plainly
from site_trips import Bin, Configuration, draw_missions, open_world

from planner.model.mission import Mission
from planner.plan import open_trip
from planner.search import core
from planner.search.posing import Ground, Terms
from planner.search.problem import Arrival
from planner.search.setup import stage_first
from planner.world import World

MOST_S = 10.0
"""CPU seconds after which the plain search is ended."""

SAME_S = 0.01
"""By how much the best trips of both may differ."""


def measure_plain(
    homes: str, asked: Configuration, trips: int, bins_km: list[Bin]
) -> list[dict[str, Any]]:
    """Solve the trips of each bin by both; raises AssertionError where they differ."""
    world = open_world(Path(homes), asked.country, asked.sites)
    return [
        asdict(asked)
        | {"km": "-".join(map(str, bin_km))}
        | _compared(world, draw_missions(world, asked, bin_km, trips))
        for bin_km in bins_km
    ]


def pose(world: World, mission: Mission) -> core.Problem:
    """State the first search of a trip, whole."""
    problem = stage_first(open_trip(world, mission), priced=False).problem
    root = Arrival(0, problem.vias[0].place, problem.departure, problem.start_kwh)
    stated = Ground(problem).pose(Terms(root)).stated
    stations = np.flatnonzero(problem.candidate).tolist()
    for place in (*stations, problem.stations):
        stated.legs.fetch(place)
    offers = [_quickest(stated.offers.bring(place)) for place in stations]
    kept = tuple(offer for offer in offers if offer is not None)
    return replace(stated, offers=core.OfferTable(kept, problem.stations))


def _quickest(offers: tuple[core.Offer, ...]) -> core.Offer | None:
    if not offers:
        return None
    best = min(offers, key=lambda offer: float(offer.curve.time_s[-1]))
    return replace(best, windows=core.ALWAYS, waits_outside=True)


def _compared(world: World, missions: list[Mission]) -> dict[str, Any]:
    ours_s: list[float] = []
    plain_s: list[float] = []
    sizes: list[tuple[int, int]] = []
    settled: list[int] = []
    ended = 0
    for mission in missions:
        problem = pose(world, mission)
        core.solve(problem)
        began = time.process_time()
        best = core.solve(problem)
        ours_s.append(time.process_time() - began)
        sizes.append((len(problem.offers.offers), problem.legs.size))
        began = time.process_time()
        try:
            with _ended_after(MOST_S):
                plain = solve_plainly(problem)
                least_s = best.plan.time_s if best.plan is not None else np.inf
                assert abs(plain.time_s - least_s) < SAME_S or plain.time_s == least_s
                settled.append(plain.settled)
        except TimeoutError:
            ended += 1
        plain_s.append(time.process_time() - began)
    stations, legs = np.mean(sizes, axis=0).tolist()
    ratios = np.array(plain_s) / np.array(ours_s)
    return {
        "trips": len(missions),
        "plain_ended": ended,
        "stations_mean": round(stations),
        "legs_mean": round(legs),
        "core_cpu_p50_ms": round(1000.0 * float(np.median(ours_s)), 2),
        "core_cpu_p95_ms": round(1000.0 * float(np.percentile(ours_s, 95)), 2),
        "plain_cpu_p50_ms": round(1000.0 * float(np.median(plain_s)), 1),
        "plain_cpu_p95_ms": round(1000.0 * float(np.percentile(plain_s, 95)), 1),
        "plain_settled_p50": round(float(np.median(settled))) if settled else None,
        "ratio_median": round(float(np.median(ratios)), 1),
    }


@contextmanager
def _ended_after(most_s: float) -> Iterator[None]:
    """Raise TimeoutError in what runs within after so many seconds of this process's CPU."""

    def end(_signal: int, _frame: object) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGPROF, end)
    signal.setitimer(signal.ITIMER_PROF, most_s)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0.0)
        signal.signal(signal.SIGPROF, before)
