"""The places of a set that a car reaches with least charge, from each place of a map.

What is nearest to a station depends on the car and on which places count, not on a trip: it is
worked out once for a car and a set, and kept for the trips after.
"""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from planner.legs.car import CarLegs, CarOnRoads, JoinedPlaces
from planner.legs.rows import Row

F64 = NDArray[np.float64]
Ints = NDArray[np.intp]

Counts = Callable[[Ints], NDArray[np.bool_]]
"""places → whether each counts."""

LOOKED_AT = 256
"""Places of the set, nearest as the crow flies, that are driven to."""

MOST = 200
"""Places kept for each place, those that need least charge first."""

FIRST = 24
"""Of those looked at, by what they take at least, how many are driven to for the first few."""

KEPT = 1_500
"""Places whose neighbours a car keeps, those asked for last: some 10 KB each."""

KEPT_FIRST = 6_000
"""The same for the first few of them: some 1.5 KB each."""

KEPT_LEAST = 20_000
"""Places for which a car keeps what the least charge to another one is."""

FEW = 16
"""Of those looked at, the nearest as the crow flies are looked at first for the least charge."""

CLOSE_KWH = 2.0
"""If one of these takes no more, the others are not looked at: hardly any could take less, and to
ask for a little more charge than need be is safe."""

KEPT_BATTERIES = 8
"""Capacities between reserve and full for which a car keeps what it has asked."""


@dataclass(frozen=True, slots=True, eq=False)
class Around:
    """Places around one, each of shape (places,), those that need least charge first.

    ``kind`` is the kind of leg that needs least, by its number among those asked for.
    """

    place: Ints
    kind: Ints
    needs_kwh: F64
    net_kwh: F64
    cap_kwh: F64
    drive_s: F64

    def part(self, chosen: Ints | NDArray[np.bool_]) -> "Around":
        """Return some of them."""
        return Around(
            self.place[chosen],
            self.kind[chosen],
            self.needs_kwh[chosen],
            self.net_kwh[chosen],
            self.cap_kwh[chosen],
            self.drive_s[chosen],
        )


@dataclass(frozen=True, slots=True, eq=False)
class First:
    """Some places around one: all that need less than ``complete_kwh`` are among them."""

    around: Around
    complete_kwh: float


@dataclass(frozen=True, eq=False)
class Chosen:
    """A set of places of a map, to be asked what is nearest: the same for all cars.

    ``points`` are those of all places on the sphere, shape (places, 3), ``tree`` that of the set.
    """

    places: Ints
    points: F64
    tree: cKDTree

    @classmethod
    def of(cls, places: Ints, points: F64) -> "Chosen":
        """Make the index of a set."""
        tree = cKDTree(points[places], balanced_tree=False, compact_nodes=False)
        return cls(places, points, tree)

    def near(self, place: int, count: int = LOOKED_AT) -> Ints:
        """List those of the set that are nearest as the crow flies, the place itself left out."""
        if not self.places.size:
            return self.places
        _, near = self.tree.query(self.points[place], min(count + 1, self.places.size))
        found: Ints = self.places[np.atleast_1d(near)]
        return np.asarray(found[found != place])


@dataclass(frozen=True, eq=False)
class Nearest:
    """Neighbours of places among a chosen set, kept in the car's memory. Not thread-safe."""

    legs: CarLegs
    chosen: Chosen
    _kept: OrderedDict[tuple[object, ...], Around]
    _firsts: OrderedDict[tuple[object, ...], First]
    _least: OrderedDict[tuple[object, ...], tuple[float, int]]

    @classmethod
    def of(
        cls, car: CarOnRoads, places: JoinedPlaces, chosen: Chosen, capacity_kwh: float
    ) -> "Nearest":
        """Ask for a car; ``places`` are those of the map, always the same for the same car."""
        count, memory = len(chosen.points), car.memory
        legs = memory.get(("legs", capacity_kwh))
        if legs is None:
            if len(memory) > KEPT_BATTERIES:
                memory.clear()
            legs = CarLegs(car, places.part(np.arange(count)), capacity_kwh)
            memory["legs", capacity_kwh] = legs
        kept: OrderedDict[tuple[object, ...], Around] = memory.setdefault("near", OrderedDict())
        firsts, least = (memory.setdefault(name, OrderedDict()) for name in ("first", "least"))
        return cls(legs, chosen, kept, firsts, least)

    def around(self, place: int, kinds: tuple[int, ...]) -> Around:
        """List the chosen places that a full battery reaches, the place itself not among them."""
        # The set itself is part of the key: it is the same one as long as it is kept here.
        key = (self.chosen, self.legs.capacity_kwh, place, kinds)
        found = self._kept.pop(key, None)
        if found is None:
            rows = self.legs.to(place, kinds, targets := self.chosen.near(place))
            found = nearest_first(rows, targets, self.legs.capacity_kwh)
        self._kept[key] = found
        if len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        return found

    def first_around(self, place: int, kinds: tuple[int, ...]) -> First:
        """List the first few of `around`, without driving to all of them."""
        key = (self.chosen, self.legs.capacity_kwh, place, kinds)
        if key in self._kept:
            return First(self.around(place, kinds), np.inf)
        found = self._firsts.pop(key, None)
        if found is None:
            found = self._look(place, kinds)
        self._firsts[key] = found
        if len(self._firsts) > KEPT_FIRST:
            self._firsts.popitem(last=False)
        return found

    def least_needed(
        self, place: int, kinds: tuple[int, ...], own: Ints, counts: Counts
    ) -> tuple[float, int]:
        """Least charge with which one can drive to one of the chosen places that count.

        And that place, -1: none within a full battery. None of ``own``, places at the same site,
        counts, whoever asks; so what it is for all others is kept, and holds where that one counts.
        """
        key = (self.chosen, self.legs.capacity_kwh, place, kinds)
        found = self._least.pop(key, None)
        if found is None:
            found = self._find_least(place, kinds, lambda near: _all_but(near, own))
        self._least[key] = found
        if len(self._least) > KEPT_LEAST:
            self._least.popitem(last=False)
        if found[1] < 0 or counts(np.array([found[1]]))[0]:
            return found
        return self._find_least(place, kinds, counts)

    def _find_least(self, place: int, kinds: tuple[int, ...], counts: Counts) -> tuple[float, int]:
        """Look among the few that are nearest as the crow flies, then at the others."""
        near = self.chosen.near(place, FEW)
        least = self.legs.least_needed(place, kinds, near[counts(near)])
        if least[0] <= CLOSE_KWH or near.size < FEW:
            return least
        near = self.chosen.near(place)[near.size :]
        other = self.legs.least_needed(place, kinds, near[counts(near)], least[0])
        return other if other[1] >= 0 else least

    def _look(self, place: int, kinds: tuple[int, ...]) -> First:
        targets = self.chosen.near(place)
        least_kwh = self.legs.least_kwh(place, targets)
        if targets.size <= FIRST or not np.isfinite(least_kwh).all():
            return First(self.around(place, kinds), np.inf)
        order = np.argpartition(least_kwh, FIRST)
        few = targets[order[:FIRST]]
        found = nearest_first(self.legs.to(place, kinds, few), few, self.legs.capacity_kwh)
        return First(found, float(least_kwh[order[FIRST]]))


def _all_but(places: Ints, few: Ints) -> NDArray[np.bool_]:
    """Mark the places that are none of the few."""
    marked = np.ones(places.size, np.bool_)
    for place in few.tolist():
        marked &= places != place
    return marked


def nearest_first(rows: list[Row], targets: Ints, capacity_kwh: float) -> Around:
    """Sort the targets of rows of some kinds that a full battery reaches by what they need."""
    needs = np.stack([_needed(row) for row in rows])
    kind = np.argmin(needs, axis=0)
    least = needs[kind, np.arange(targets.size)]
    within = np.flatnonzero(least <= capacity_kwh)
    order = within[np.argsort(least[within], kind="stable")][:MOST]
    kind = kind[order]

    def chosen(name: str) -> F64:
        columns: list[F64] = [getattr(row, name)[order] for row in rows]
        return np.asarray(np.stack(columns)[kind, np.arange(kind.size)])

    return Around(
        targets[order], kind, least[order], chosen("net_kwh"), chosen("cap_kwh"), chosen("time_s")
    )


def _needed(row: Row) -> F64:
    """Charge needed for each leg, infinite where there is none."""
    drives = (row.cap_kwh >= 0.0) & np.isfinite(row.time_s)
    return np.where(drives, np.maximum(row.required_kwh, 0.0), np.inf)
