"""What any road can do for a car at the best: bounds from a reference's metrics.

The car takes at least ``share`` times the reference's reduced energy on every edge, and at least
its time. Least time + price · reduced energy is concave in the price, so between two prepared
prices the straight line is below it; beyond the last one, time and energy each at their least.
"""

from dataclasses import dataclass
from functools import cached_property
from math import inf

import numpy as np
from numpy.typing import NDArray

from planner.energy.consumption import height_potential_kwh_per_m
from planner.legs.car import CarLegs
from planner.legs.labels import FAR
from planner.legs.profiles import PRICES_S_PER_KWH, THRIFTIEST, WEIGHT_PER_KWH, WEIGHT_PER_S

F64 = NDArray[np.float64]

ALLOWANCE_KWH = 1e-3
"""Taken off for the rounding of heights along a road."""


@dataclass(frozen=True, slots=True, eq=False)
class Floors:
    """The least between all places and one, each float64[places]; infinite where no road leads.

    ``time_s`` and ``energy_kwh`` each at their least; ``priced_s`` the least of time + price ·
    energy. Approaches at both places are in them.
    """

    time_s: F64
    energy_kwh: F64
    priced_s: F64


@dataclass(frozen=True, eq=False)
class RoadBounds:
    """Bounds for the car of ``legs``; ``share`` from `planner.legs.profiles.nearest_reference`.

    The labels of ``legs`` must be those of that reference, one kind for each of
    `PRICES_S_PER_KWH`.
    """

    legs: CarLegs
    share: float

    def to(self, place: int, price_s_per_kwh: float) -> Floors:
        """Bounds of drives from all places to one."""
        return self._floors(place, price_s_per_kwh, inward=True)

    def from_(self, place: int, price_s_per_kwh: float) -> Floors:
        """Bounds of drives from one place to all."""
        return self._floors(place, price_s_per_kwh, inward=False)

    @cached_property
    def _height_kwh_per_m(self) -> float:
        car = self.legs.car
        return height_potential_kwh_per_m(car.vehicle, car.conditions, quantile=True)

    def _floors(self, place: int, price: float, *, inward: bool) -> Floors:
        legs = self.legs
        seconds, kwh, _ = legs.approaches
        rise_m = self._rise_m(place, inward=inward)
        fixed_kwh = self._height_kwh_per_m * rise_m + kwh + kwh[place] - ALLOWANCE_KWH
        fixed_s = seconds + seconds[place]
        least = [self._least(place, kind, inward=inward) for kind in range(len(PRICES_S_PER_KWH))]
        reduced_kwh = self.share * least[THRIFTIEST]
        priced_s = np.maximum(
            _between(least[:THRIFTIEST], price * self.share), least[0] + price * reduced_kwh
        )
        return Floors(
            least[0] + fixed_s, reduced_kwh + fixed_kwh, priced_s + fixed_s + price * fixed_kwh
        )

    def _least(self, place: int, kind: int, *, inward: bool) -> F64:
        """Seconds, of the thriftiest kind kWh, by the reference's metric."""
        legs = self.legs
        weight = legs.weights_to(place, kind) if inward else legs.weights_from(place, kind)
        per = WEIGHT_PER_KWH if PRICES_S_PER_KWH[kind] == inf else WEIGHT_PER_S
        return np.asarray(np.where(weight >= FAR, inf, weight / per))

    def _rise_m(self, place: int, *, inward: bool) -> F64:
        places = self.legs.places
        ele_m = self.legs.car.graph.ele_m
        if inward:
            return np.float64(ele_m[places.arrive[place]]) - ele_m[places.depart].astype(np.float64)
        return ele_m[places.arrive].astype(np.float64) - np.float64(ele_m[places.depart[place]])


def _between(least_s: list[F64], price: float) -> F64:
    """Least time + price · energy from below, given it at the prepared finite prices."""
    prices = PRICES_S_PER_KWH[:THRIFTIEST]
    if price >= prices[-1]:
        return least_s[-1]
    upper = int(np.searchsorted(prices, price, side="right"))
    part = (price - prices[upper - 1]) / (prices[upper] - prices[upper - 1])
    return np.asarray((1.0 - part) * least_s[upper - 1] + part * least_s[upper])
