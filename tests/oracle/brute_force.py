"""The slowest obvious search for a trip with charging stops: every charge on a grid, every drive.

Exact where all energies, the battery and the kinks of the charging curves are multiples of the
grid's step and charging only ever slows down: then some best trip leaves each stop with just
enough, at a kink, or full, all of which are on the grid.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

F64 = NDArray[np.float64]


@dataclass(frozen=True)
class GridProblem:
    """A trip in steps of charge: levels 0 to ``full``, places as in `planner.search.problem`.

    ``time_s`` and ``steps`` (charge used, may be negative) have the shape (kinds, places, places);
    ``charging_s`` (stations, full + 1) is the time from empty to each level; ``stop_cost`` and
    ``step_cost`` (stations,) price a stop and a step of charge in the objective's unit. A late
    arrival at waypoint ``w`` (after ``before[w]``) is no arrival.
    """

    time_s: F64
    steps: NDArray[np.int64]
    charging_s: F64
    vias: tuple[int, ...]
    service_s: tuple[float, ...]
    after: tuple[float, ...]
    before: tuple[float, ...]
    same_site: NDArray[np.bool_]
    full: int
    start: int
    end: int
    overhead_s: float
    stop_cost: F64
    step_cost: F64

    @property
    def stations(self) -> int:
        return len(self.charging_s)


def least_cost(problem: GridProblem) -> float:
    """Cost of the best trip that starts at time 0 (infinite if there is none)."""
    places = problem.time_s.shape[1]
    left = np.full((places, problem.full + 1), np.inf)
    left[problem.vias[0], problem.start] = 0.0
    for stage in range(1, len(problem.vias)):
        via = problem.vias[stage]
        arrived = _settle(problem, left)[via]
        arrived[arrived > problem.before[stage]] = np.inf
        if stage == len(problem.vias) - 1:
            return float(arrived[problem.end :].min())
        left = np.full_like(left, np.inf)
        left[via] = np.maximum(arrived, problem.after[stage]) + problem.service_s[stage]
    raise AssertionError("a trip has two waypoints at least")


def least_rest(problem: GridProblem, station: int, level: int) -> float:
    """Cost of the best way to the end after arriving at a station, no waypoints between."""
    arrived = np.full((problem.time_s.shape[1], problem.full + 1), np.inf)
    arrived[station, level] = 0.0
    return float(_spread(problem, arrived)[problem.vias[-1], problem.end :].min())


def _settle(problem: GridProblem, left: F64) -> F64:
    """Least cost of arriving at each place with each level, however many stops there are."""
    return _spread(problem, _drive(problem, left))


def _spread(problem: GridProblem, arrived: F64) -> F64:
    while True:
        better = np.minimum(arrived, _drive(problem, _charge(problem, arrived)))
        if np.array_equal(better, arrived):
            return arrived
        arrived = better


def _charge(problem: GridProblem, arrived: F64) -> F64:
    """Least cost of leaving each station with each level, at least one step fuller."""
    left = np.full_like(arrived, np.inf)
    for station in range(problem.stations):
        rate = problem.charging_s[station] + problem.step_cost[station] * np.arange(
            problem.full + 1
        )
        empty = np.minimum.accumulate(arrived[station] - rate)
        left[station, 1:] = empty[:-1] + rate[1:] + problem.overhead_s + problem.stop_cost[station]
    return left


def _drive(problem: GridProblem, left: F64) -> F64:
    arrived = np.full_like(left, np.inf)
    levels = np.arange(problem.full + 1)
    kinds, places, _ = problem.time_s.shape
    for kind in range(kinds):
        for here in range(places):
            if not np.isfinite(left[here]).any():
                continue
            for there in range(places):
                if here == there or problem.same_site[here, there]:
                    continue
                used = int(problem.steps[kind, here, there])
                if not np.isfinite(problem.time_s[kind, here, there]) or abs(used) > problem.full:
                    continue
                onto = np.minimum(levels - used, problem.full)
                ok = onto >= 0
                np.minimum.at(
                    arrived[there], onto[ok], left[here, ok] + problem.time_s[kind, here, there]
                )
    return arrived
