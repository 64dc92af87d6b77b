"""Fallback floors: the least charge at which one may arrive at a station, should it fail.

``floor_0 = 0`` (all charges are above the reserve) and ``floor_k(s, X)`` is the least, over the
fallbacks f that are at another site and not in X, of ``max(required(s→f), net(s→f) +
floor_{k-1}(f, X + s))``; infinite above the battery. X is the set of the stations that have failed
already. That the trip can be finished from f is proven by a search when a trip stands (see
``proofs``); a pair that turned out not to hold is banned here, and the search runs again.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from planner.legs.nearest import Around, First
from planner.search.problem import EPSILON_KWH, Problem

Shut = frozenset[int]
Ints = NDArray[np.intp]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Refuge:
    """A fallback from a station: its place, the kind of leg to it, what that takes."""

    place: int
    kind: int
    needs_kwh: float
    net_kwh: float
    cap_kwh: float
    drive_s: float


@dataclass(eq=False)
class Floors:
    """Floors of one problem, each worked out when first asked for."""

    problem: Problem
    banned: set[tuple[int, int, Shut, int, int]] = field(default_factory=set)
    """(stage, place, failed stations, order, fallback) of pairs that could not be proven."""
    _floors: dict[tuple[int, int, Shut, int], float] = field(default_factory=dict)
    _refuges: dict[tuple[int, int, Shut], "Refuges"] = field(default_factory=dict)
    _arounds: dict[int, Around] = field(default_factory=dict)
    _firsts: dict[int, First] = field(default_factory=dict)
    _leading: dict[int, Mask] = field(default_factory=dict)

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

    def banned_at(self, stage: int, place: int, shut: Shut, order: int) -> list[int]:
        """List the fallbacks that were tried there and did not hold."""
        asked = (stage, place, shut, order)
        return [key[-1] for key in self.banned if key[:-1] == asked]

    def _least(self, stage: int, place: int, shut: Shut, order: int) -> float:
        """Look among the first few fallbacks, and among all where others may need less."""
        if order == 1:  # all that is asked of a fallback is that one gets there
            return self._least_to_any(stage, place, shut)
        first = self._first_around(place)
        few = self._usable(first.around, stage, place, shut)
        least = self._least_of(few, stage, place, shut, order)
        if least <= first.complete_kwh:
            return least
        return self._least_of(self.refuges(stage, place, shut), stage, place, shut, order)

    def _least_to_any(self, stage: int, place: int, shut: Shut) -> float:
        """Least charge with which one gets to a fallback."""
        sites, failed = self.problem.sites, shut | {place}
        gone = np.concatenate([sites.near(other) for other in failed])
        banned = self.banned_at(stage, place, shut, 1)
        leads = self._leading_on(stage)

        def counts(places: Ints) -> Mask:
            usable = leads[places]
            for other in (*gone.tolist(), *banned):  # a handful
                usable &= places != other
            return usable

        return self.problem.havens.least_needed(place, sites.near(place), counts)

    def _least_of(
        self, refuges: "Refuges", stage: int, place: int, shut: Shut, order: int
    ) -> float:
        failed = shut | {place}
        least = np.inf
        for refuge in refuges:
            if refuge.needs_kwh >= least:
                break
            if self.is_banned(stage, place, shut, order, refuge.place):
                continue
            there = self.floor(stage, refuge.place, failed, order - 1)
            if not np.isfinite(there):
                continue
            if refuge.cap_kwh < there - EPSILON_KWH:
                continue
            least = min(least, max(refuge.needs_kwh, refuge.net_kwh + there))
        return least

    def refuges(self, stage: int, place: int, shut: Shut) -> "Refuges":
        """All fallbacks within a full battery, those that need least first."""
        key = (stage, place, shut)
        known = self._refuges.get(key)
        if known is None:
            around = self._around(place)
            known = self._refuges[key] = self._usable(around, stage, place, shut)
        return known

    def _usable(self, around: Around, stage: int, place: int, shut: Shut) -> "Refuges":
        """Leave out sites that have failed and stations from which no road leads to the end."""
        usable = self._leading_on(stage)[around.place]
        for failed in (place, *shut):
            for near in self.problem.sites.near(failed).tolist():  # a handful
                usable &= around.place != near
        return Refuges(around.part(usable))

    def _around(self, place: int) -> Around:
        known = self._arounds.get(place)
        if known is None:
            known = self._arounds[place] = self.problem.havens.around(place)
        return known

    def _first_around(self, place: int) -> First:
        known = self._firsts.get(place)
        if known is None:
            known = self._firsts[place] = self.problem.havens.first_around(place)
        return known

    def _leading_on(self, stage: int) -> Mask:
        """Mark the stations from which roads lead to the end, shape (stations,)."""
        known = self._leading.get(stage)
        if known is None:
            problem = self.problem
            known = np.isfinite(problem.bounds.time_s[stage, : problem.stations])
            self._leading[stage] = known
        return known


@dataclass(frozen=True, slots=True, eq=False)
class Refuges:
    """Fallbacks, those that need least charge first; most who ask need only the first few."""

    around: Around

    def __iter__(self) -> Iterator[Refuge]:
        """Go through them."""
        found = self.around
        for number in range(found.place.size):
            yield Refuge(
                int(found.place[number]),
                int(found.kind[number]),
                float(found.needs_kwh[number]),
                float(found.net_kwh[number]),
                float(found.cap_kwh[number]),
                float(found.drive_s[number]),
            )
