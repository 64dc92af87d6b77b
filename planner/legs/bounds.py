"""What any road can do for a car at the best: bounds from a reference's metrics.

The car takes at least its share times the reference's reduced energy on every edge, and at least
its time. Least time + price · reduced energy is concave in the price, so between two prepared
prices the straight line is below it; beyond the last one, time and energy each at their least.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property, partial
from math import inf
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from planner.energy.consumption import height_potential_kwh_per_m
from planner.energy.share import Share
from planner.legs.car import CarOnRoads, JoinedPlaces
from planner.legs.hierarchy.spread import spread
from planner.legs.labels import FAR
from planner.legs.profiles import (
    PRICES_S_PER_KWH,
    THRIFTIEST,
    WEIGHT_PER_KWH,
    WEIGHT_PER_S,
)

F64 = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Floors:
    """The least between all places and one, each float64[places]; infinite where no road leads.

    ``time_s`` and ``energy_kwh`` each at their least; ``priced_s`` the least of time + price ·
    energy. Approaches at both places are in them.
    """

    time_s: F64
    energy_kwh: F64
    priced_s: F64


class Weights(Protocol):
    """Where least weights between places come from: labels of legs, or sweeps."""

    car: CarOnRoads
    places: JoinedPlaces

    @property
    def approaches(self) -> tuple[F64, F64, F64]:
        """Seconds, careful kWh and mean kWh between each place and its node."""

    def weights_from(self, place: int, kind: int) -> NDArray[np.int32]:
        """Least weights of that kind from a place to all."""

    def weights_to(self, place: int, kind: int) -> NDArray[np.int32]:
        """Least weights of that kind from all places to one."""


@dataclass(frozen=True, eq=False)
class RoadBounds:
    """Bounds for the car of ``legs``, by its share of its reference's energy.

    The labels of ``legs`` must be those of that reference, one kind for each of
    `PRICES_S_PER_KWH`.
    """

    legs: Weights
    _kept: dict[tuple[int, int, bool], F64] = field(default_factory=dict)

    def to(self, place: int, price_s_per_kwh: float) -> Floors:
        """Bounds of drives from all places to one."""
        price, share = price_s_per_kwh, self.legs.car.share
        fixed_s, fixed_kwh = self._fixed(place, self._rise_m(place, inward=True))
        least = partial(self._least, place, inward=True)
        with np.errstate(invalid="ignore"):  # no road, and no energy that is sure
            reduced_kwh = np.where(np.isfinite(least(0)), share * least(THRIFTIEST), inf)
        priced_s = _between(least, price * share)
        if price > 0.0:
            priced_s = np.maximum(priced_s, least(0) + price * reduced_kwh)
        return Floors(
            least(0) + fixed_s, reduced_kwh + fixed_kwh, priced_s + fixed_s + price * fixed_kwh
        )

    def sharply_priced(
        self, place: int, price_s_per_kwh: float, sharp: Share, *, inward: bool
    ) -> F64:
        """Least time + price · energy of drives from a place to all, ``inward`` from all to it.

        With the time T and the reference's energy r the car takes ``sharp.of_energy * r -
        sharp.lost_kw * T`` or more, so T counts for a little less, and r at another price.
        """
        rise_m, price = self._rise_m(place, inward=inward), price_s_per_kwh
        fixed_s, fixed_kwh = self._fixed(place, rise_m)
        least = partial(self._least, place, inward=inward)
        driven_s = _from_below(least, price * self.legs.car.share)
        part = 1.0 - price * sharp.lost_kw / 3600.0
        if part > 0.0:
            sharper_s = part * _from_below(least, price * sharp.of_energy / part)
            driven_s = np.maximum(driven_s, sharper_s)
        return np.asarray(driven_s + fixed_s + price * fixed_kwh)

    def fixed_from(self, place: int) -> tuple[F64, F64]:
        """Seconds and kWh that any drive from one place to all others takes besides.

        They are for both approaches and what the difference of height explains.
        """
        return self._fixed(place, self._rise_m(place, inward=False))

    def time_from(self, place: int) -> F64:
        """Least seconds of drives from one place to all."""
        seconds, _, _ = self.legs.approaches
        found: F64 = self._least(place, 0, inward=False) + seconds + seconds[place]
        return found

    @cached_property
    def height_kwh_per_m(self) -> float:
        """The potential that keeps the car's energy sound."""
        car = self.legs.car
        return height_potential_kwh_per_m(car.vehicle, car.conditions, quantile=True)

    def _least(self, place: int, kind: int, *, inward: bool) -> F64:
        """Seconds, of the thriftiest kind kWh, by the reference's metric; waypoints' are kept."""
        key = (place, kind, inward)
        if key not in self._kept:
            self._kept[key] = self._swept(place, kind, inward=inward)
        return self._kept[key]

    def _swept(self, place: int, kind: int, *, inward: bool) -> F64:
        legs = self.legs
        weight = legs.weights_to(place, kind) if inward else legs.weights_from(place, kind)
        return measured(weight, kind)

    def _fixed(self, place: int, rise_m: F64) -> tuple[F64, F64]:
        seconds, kwh, _ = self.legs.approaches
        risen_kwh = self.height_kwh_per_m * rise_m - self.legs.car.allowance_kwh
        return seconds + seconds[place], risen_kwh + kwh + kwh[place]

    def _rise_m(self, place: int, *, inward: bool) -> F64:
        """Metres of rise of drives from a place to all, or from all to it if ``inward``."""
        places, ele_m = self.legs.places, self.legs.car.graph.ele_m
        if inward:
            return np.float64(ele_m[places.arrive[place]]) - ele_m[places.depart].astype(np.float64)
        return ele_m[places.arrive].astype(np.float64) - np.float64(ele_m[places.depart[place]])


def measured(weight: NDArray[np.int32], kind: int) -> F64:
    """Turn least weights of a kind into seconds, those of the thriftiest kind into kWh."""
    per = WEIGHT_PER_KWH if PRICES_S_PER_KWH[kind] == inf else WEIGHT_PER_S
    return np.asarray(np.where(weight >= FAR, inf, weight / per))


def _between(least: Callable[[int], F64], price: float) -> F64:
    """Least time + price · energy from below, given it of each prepared kind that is asked for.

    Beyond the last finite price that of the last.
    """
    prices = PRICES_S_PER_KWH[:THRIFTIEST]
    if price >= prices[-1]:
        return least(THRIFTIEST - 1)
    upper = int(np.searchsorted(prices, price, side="right"))
    part = (price - prices[upper - 1]) / (prices[upper] - prices[upper - 1])
    if part == 0.0:  # not 0 times infinity
        return least(upper - 1)
    return np.asarray((1.0 - part) * least(upper - 1) + part * least(upper))


def _from_below(least: Callable[[int], F64], price: float) -> F64:
    """Least time + price · reduced energy from below, at any price."""
    found, beyond = _between(least, price), price - PRICES_S_PER_KWH[THRIFTIEST - 1]
    return found if beyond <= 0.0 else found + beyond * least(THRIFTIEST)


def least_use(bounds: RoadBounds, places: NDArray[np.intp], used_kwh: F64) -> F64:
    """Least kWh used at every place, having used ``used_kwh`` at each of ``places``; may be < 0.

    A bound from below: that a full battery takes no more, and that the charge for a pass must be
    there before it, is left out.
    """
    legs = bounds.legs
    begins, ends = legs.places.depart[places], legs.places.arrive
    ele_m = legs.car.graph.ele_m
    lift_kwh = legs.car.height_kwh_per_m
    lifted = used_kwh - lift_kwh * ele_m[begins].astype(np.float64)
    base = float(lifted.min())
    if legs.car.share <= 0.0:  # in a storm from behind nothing but the climb is sure
        return np.asarray(base + lift_kwh * ele_m[ends].astype(np.float64) - legs.car.allowance_kwh)
    per_kwh = WEIGHT_PER_KWH / legs.car.share
    starts = np.minimum(np.floor((lifted - base) * per_kwh), FAR - 1).astype(np.int32)
    weight = spread(legs.car.labels[THRIFTIEST].metric, begins, starts)[ends]
    least = weight / per_kwh + base + lift_kwh * ele_m[ends].astype(np.float64)
    least -= legs.car.allowance_kwh
    return np.asarray(np.where(weight >= FAR, inf, least))
