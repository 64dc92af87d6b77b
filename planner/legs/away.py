"""The least charge that leads from a place to another one of a set: a bound from below.

For each hub of the labels (`planner.legs.labels`) the few places of the set are kept to which a
drive on from it takes least energy. A drive between two places goes by a hub of both labels, so one
walk along a place's own label tells the least of all. By the thriftiest roads of the reference car
and the share of its energy that is sure for this one.
"""
# mypy: disallow-untyped-decorators=False
# (numba's decorators carry no types)

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from itertools import chain
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from planner.legs.car import CarLegs
from planner.legs.labels import Entries
from planner.legs.meeting import Pages
from planner.legs.profiles import THRIFTIEST, WEIGHT_PER_KWH

F64 = NDArray[np.float64]
I32 = NDArray[np.int32]
I64 = NDArray[np.int64]
Ints = NDArray[np.intp]

KEPT_AT_HUB = 4
"""Places kept at each hub, so that there is another one when the first is that which is left."""

KEPT_SETS = 8
"""Sets and numbers of drives that a car keeps."""

Near = Callable[[Ints], list[list[int]]]
"""places → of each, those that are left with it: places at the same site, itself included."""


class _Hubs(NamedTuple):
    """Of each hub the places that take least from there, shape (hubs,) and (hubs, kept)."""

    hub: I32
    kwh: F64
    place: I64


@dataclass(frozen=True, eq=False)
class LeastAway:
    """What leads away from places at least, over ``drives`` drives to places of a set in turn.

    Each drive ends at another site than it begins at; the first and the third may end at one.
    """

    legs: CarLegs
    hubs: _Hubs
    near: Near

    @classmethod
    def of(cls, legs: CarLegs, places: Ints, near: Near, drives: int) -> "LeastAway":
        """Gather the set at the hubs, or recall it; a set is the same as long as its array is."""
        kept: OrderedDict[tuple[int, int], tuple[Ints, LeastAway]]
        kept = legs.car.memory.setdefault("away", OrderedDict())
        key = (id(places), drives)
        found = kept.pop(key, None)
        if found is None:
            beyond_kwh = np.zeros(places.size)
            if drives > 1:
                beyond_kwh = cls.of(legs, places, near, drives - 1).least_kwh(places)
            found = places, cls(legs, _gathered(legs, places, beyond_kwh), near)
        kept[key] = found
        if len(kept) > KEPT_SETS:
            kept.popitem(last=False)
        return found[1]

    def least_kwh(self, places: Ints) -> F64:
        """Charge that it takes from each place at least; infinite where no road leads away."""
        car = self.legs.car
        if car.share <= 0.0:  # nothing is sure
            return np.zeros(places.size)
        own = self.near(places)
        first = np.cumsum([0, *map(len, own)])
        _, approach_kwh, _ = self.legs.approaches
        left_m = car.graph.ele_m[self.legs.places.depart[places]].astype(np.float64)
        begun_kwh = approach_kwh[places] - car.height_kwh_per_m * left_m - car.allowance_kwh
        source = self.legs.pages(THRIFTIEST, inward=False)
        listed = np.fromiter(chain.from_iterable(own), np.int64)
        driven_kwh = _least(source, places, self.hubs, first, listed, car.share / WEIGHT_PER_KWH)
        return np.asarray(np.maximum(driven_kwh + begun_kwh, 0.0))


def _gathered(legs: CarLegs, places: Ints, beyond_kwh: F64) -> _Hubs:
    car = legs.car
    _, approach_kwh, _ = legs.approaches
    reached_m = car.graph.ele_m[legs.places.arrive[places]].astype(np.float64)
    ended_kwh = beyond_kwh + approach_kwh[places] + car.height_kwh_per_m * reached_m
    pages = legs.pages(THRIFTIEST, inward=True)
    number = np.full(car.graph.first_out.size - 1, -1, np.int32)
    _mark(pages, places, number)
    hub = np.flatnonzero(number >= 0).astype(np.int32)
    number[hub] = np.arange(hub.size, dtype=np.int32)
    kwh = np.full((hub.size, KEPT_AT_HUB), np.inf)
    place = np.full((hub.size, KEPT_AT_HUB), -1, np.int64)
    _keep(pages, places, number, ended_kwh, car.share / WEIGHT_PER_KWH, kwh, place)
    return _Hubs(hub, kwh, place)


@njit(cache=True, nogil=True)
def _entries(pages: Pages, place: int) -> Entries:
    """Return the book of a place's label."""
    return pages.kept if pages.stored[place] else pages.made


@njit(cache=True, nogil=True)
def _mark(pages: Pages, places: I64, number: I32) -> None:
    """Mark the hubs of the labels of places, by rank."""
    for place in places:
        hub = _entries(pages, place).hub
        for entry in range(pages.start[place], pages.end[place]):
            number[hub[entry]] = 0


@njit(cache=True, nogil=True)
def _keep(
    pages: Pages, places: I64, number: I32, ended_kwh: F64, per: float, kwh: F64, kept: I64
) -> None:
    """Sort each place in among those kept at the hubs of its label, a unit of weight being per."""
    last = kwh.shape[1] - 1
    for index in range(places.size):
        place = places[index]
        entries = _entries(pages, place)
        for entry in range(pages.start[place], pages.end[place]):
            row = number[entries.hub[entry]]
            takes = entries.weight[entry] * per + ended_kwh[index]
            if takes >= kwh[row, last]:
                continue
            at = last
            while at > 0 and kwh[row, at - 1] > takes:
                kwh[row, at], kept[row, at] = kwh[row, at - 1], kept[row, at - 1]
                at -= 1
            kwh[row, at], kept[row, at] = takes, place


@njit(cache=True, nogil=True)
def _least(source: Pages, places: I64, hubs: _Hubs, first: I64, own: I64, per: float) -> F64:
    """Least energy from each place to one that is not its own; of all its own at a hub the last.

    No place beyond those kept at a hub takes less than the last of them.
    """
    least_kwh = np.full(places.size, np.inf)
    last = hubs.kwh.shape[1] - 1
    for index in range(places.size):
        place = places[index]
        entries, best = _entries(source, place), np.inf
        for entry in range(source.start[place], source.end[place]):
            hub, begun = entries.hub[entry], entries.weight[entry] * per
            row = np.searchsorted(hubs.hub, hub)
            if row == hubs.hub.size or hubs.hub[row] != hub:
                continue
            for at in range(last + 1):
                takes = begun + hubs.kwh[row, at]
                if takes >= best:
                    break
                if at < last and _is_own(hubs.place[row, at], own, first[index], first[index + 1]):
                    continue
                best = takes
                break
        least_kwh[index] = best
    return least_kwh


@njit(cache=True, nogil=True)
def _is_own(place: int, own: I64, start: int, end: int) -> bool:
    for at in range(start, end):  # noqa: SIM110 -- no generators in numba
        if own[at] == place:
            return True
    return False
