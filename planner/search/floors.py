"""Fallback floors: the least charge at which one may arrive at a station, should it fail.

``floor_0 = 0`` (all charges are above the reserve) and ``floor_k(s, X)`` is the least, over the
fallbacks f that are at another site and not in X, of ``max(required(s→f), net(s→f) +
floor_{k-1}(f, X + s))``; infinite above the battery. X is the set of the stations that have failed
already. That the trip can be finished from f is proven by a search when a trip stands (see
``proofs``); a pair that turned out not to hold is banned here, and the search runs again.
"""

from dataclasses import dataclass, field

import numpy as np

from planner.search.problem import EPSILON_KWH, Problem

Shut = frozenset[int]

MOST_REFUGES = 200
"""Fallbacks kept for a station, those that need least charge first."""


@dataclass(frozen=True, slots=True)
class Refuge:
    """A fallback from a station: its place, the kind of leg to it, the charge needed to go."""

    place: int
    kind: int
    needs_kwh: float
    drive_s: float


@dataclass(eq=False)
class Floors:
    """Floors of one problem, each worked out when first asked for."""

    problem: Problem
    banned: set[tuple[int, int, Shut, int, int]] = field(default_factory=set)
    """(stage, place, failed stations, order, fallback) of pairs that could not be proven."""
    _floors: dict[tuple[int, int, Shut, int], float] = field(default_factory=dict)
    _refuges: dict[tuple[int, int, Shut], tuple[Refuge, ...]] = field(default_factory=dict)

    def floor(self, stage: int, place: int, shut: Shut, order: int) -> float:
        """Least charge at arrival so that ``order`` failures can be survived; may be infinite."""
        if order == 0:
            return 0.0
        key = (stage, place, shut, order)
        known = self._floors.get(key)
        if known is None:
            known = self._floors[key] = self._least(stage, place, shut, order)
        return known

    def ban(self, stage: int, place: int, shut: Shut, order: int, refuge: int) -> None:
        """Remember a fallback that does not hold; the floors that may rest on it are forgotten."""
        self.banned.add((stage, place, shut, order, refuge))
        self._floors.clear()

    def is_banned(self, stage: int, place: int, shut: Shut, order: int, refuge: int) -> bool:
        """Say whether a fallback was tried there and did not hold."""
        return (stage, place, shut, order, refuge) in self.banned

    def _least(self, stage: int, place: int, shut: Shut, order: int) -> float:
        failed = shut | {place}
        least = np.inf
        for refuge in self.refuges(stage, place, shut):
            if refuge.needs_kwh >= least:
                break
            if self.is_banned(stage, place, shut, order, refuge.place):
                continue
            there = self.floor(stage, refuge.place, failed, order - 1)
            if not np.isfinite(there):
                continue
            row = self.problem.legs.row(place, refuge.kind)
            if row.cap_kwh[refuge.place] < there - EPSILON_KWH:
                continue
            least = min(least, max(refuge.needs_kwh, float(row.net_kwh[refuge.place]) + there))
        return least

    def refuges(self, stage: int, place: int, shut: Shut) -> tuple[Refuge, ...]:
        """All fallbacks within a full battery, those that need least first."""
        key = (stage, place, shut)
        known = self._refuges.get(key)
        if known is None:
            known = self._refuges[key] = self._find(stage, place, shut)
        return known

    def _find(self, stage: int, place: int, shut: Shut) -> tuple[Refuge, ...]:
        problem = self.problem
        usable = problem.spare.copy()
        for failed in (place, *shut):
            usable[problem.sites.near(failed)] = False
        usable &= np.isfinite(problem.bounds.time_s[stage, : problem.stations])
        rows = [problem.legs.row(place, kind) for kind in range(problem.kinds)]
        needs = np.stack([np.where(r.cap_kwh >= 0.0, r.required_kwh, np.inf) for r in rows])
        needs = np.maximum(needs[:, : problem.stations], 0.0)
        times = np.stack([row.time_s[: problem.stations] for row in rows])
        needs[~np.isfinite(times) | ~usable] = np.inf
        kind = np.argmin(needs, axis=0)
        places = np.arange(problem.stations)
        least = needs[kind, places]
        nearest = np.lexsort((places, least))[:MOST_REFUGES]
        return tuple(
            Refuge(int(p), int(kind[p]), float(least[p]), float(times[kind[p], p]))
            for p in nearest
            if least[p] <= problem.capacity_kwh
        )
