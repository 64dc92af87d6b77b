"""What any road can do for a car at the best: bounds from a reference's metrics.

The car takes at least its share times the reference's reduced energy on every edge, and at least
its time. Least time + price · reduced energy is concave in the price, so between two prepared
prices the straight line is below it; beyond the last one, time and energy each at their least.
"""

# mypy: disallow-untyped-decorators=False
# (numba's decorators carry no types)

from dataclasses import dataclass, field
from functools import cached_property
from math import inf
from typing import Protocol

import numpy as np
from numba import njit
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
I32 = NDArray[np.int32]


@dataclass(frozen=True, slots=True, eq=False)
class Floors:
    """The least between all places and one, each float64[places]; infinite where no road leads.

    ``time_s`` and ``energy_kwh`` each at their least; ``priced_s`` the least of time + price ·
    energy. Approaches at both places are in them.
    """

    time_s: F64
    energy_kwh: F64
    priced_s: F64


NOTHING_SURE = Share(0.0, 0.0)
"""Where no sharper share of the reference's energy is asked about."""


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
    _kept: dict[tuple[int, int, bool], I32] = field(default_factory=dict)

    def to(self, place: int, price_s_per_kwh: float, sharp: Share = NOTHING_SURE) -> Floors:
        """Bounds of drives from all places to one; for ``sharp`` see `sharply_priced`."""
        price, share = price_s_per_kwh, self.legs.car.share
        side = _Side(self, place, inward=True)
        return Floors(
            side.bound({0: 1.0}, 1.0, 0.0),
            side.bound({0: 0.0, THRIFTIEST: share}, 0.0, 1.0),
            side.priced(price, sharp),
        )

    def sharply_priced(
        self, place: int, price_s_per_kwh: float, sharp: Share, *, inward: bool
    ) -> F64:
        """Least time + price · energy of drives from a place to all, ``inward`` from all to it.

        With the time T and the reference's energy r the car takes ``sharp.of_energy * r -
        sharp.lost_kw * T`` or more, so T counts for a little less, and r at another price.
        """
        return _Side(self, place, inward).priced(price_s_per_kwh, sharp)

    def mixtures(self, price: float, sharp: Share) -> list[dict[int, float]]:
        """How often least weights of kinds count, in seconds or kWh, in bounds at a price.

        Each of them is a bound, told by one share of the reference's energy or by time and energy
        each at their least.
        """
        share = self.legs.car.share
        found = [_below(price * share)]
        if price > 0.0:
            found.append({0: 1.0, THRIFTIEST: price * share})
        part = _part(price, sharp)
        if sharp.of_energy > 0.0 and part > 0.0:
            below = _below(price * sharp.of_energy / part)
            found.append({kind: part * times for kind, times in below.items()})
        return found

    def most_saved_s(self, weight: I32, price: float, sharp: Share) -> F64:
        """Most that bounds at any price up to one lie above trips by some stops, shape (places,).

        ``weight``, shape (places, kinds), is what the stops save of the least weights
        (`planner.legs.parted`); infinite where that is not known.
        """
        car, known = self.legs.car, (weight < FAR).all(axis=1)
        mixtures = self.mixtures(price, sharp)
        if _part(price, sharp) <= 0.0:  # the sharp share counts at lower prices only
            at_most = 3600.0 / sharp.lost_kw * sharp.of_energy
            mixtures.append({THRIFTIEST - 1: 1.0, THRIFTIEST: at_most})
        # At lower prices it is no more than at this one, or at one that the roads are prepared for.
        highest = max(min(mixed) for mixed in mixtures)
        told = np.zeros(len(weight))
        for mixed in (*mixtures, *({kind: 1.0} for kind in range(highest + 1))):
            saved = [n * weight[:, kind] / _weight_per(kind) for kind, n in mixed.items()]
            told = np.maximum(told, np.sum(saved, axis=0))
        # Of two drives each is rounded by heights where one was.
        return np.asarray(np.where(known, told + price * car.allowance_kwh, np.inf))

    def fixed_from(self, place: int) -> tuple[F64, F64]:
        """Seconds and kWh that any drive from one place to all others takes besides.

        They are for both approaches and what the difference of height explains.
        """
        side = _Side(self, place, inward=False)
        return side.bound({}, 1.0, 0.0), side.bound({}, 0.0, 1.0)

    def time_from(self, place: int) -> F64:
        """Least seconds of drives from one place to all others."""
        return _Side(self, place, inward=False).bound({0: 1.0}, 1.0, 0.0)

    @cached_property
    def height_kwh_per_m(self) -> float:
        """The potential that keeps the car's energy sound."""
        car = self.legs.car
        return height_potential_kwh_per_m(car.vehicle, car.conditions, quantile=True)

    @cached_property
    def heights_m(self) -> tuple[F64, F64]:
        """Metres above the sea of the nodes where drives to places end, and from where they go."""
        places, ele_m = self.legs.places, self.legs.car.graph.ele_m
        arrive_m = ele_m[places.arrive].astype(np.float64)
        if np.array_equal(places.arrive, places.depart):
            return arrive_m, arrive_m
        return arrive_m, ele_m[places.depart].astype(np.float64)

    def weights(self, place: int, kind: int, *, inward: bool) -> I32:
        """Least weights by the reference's metric between a place and all; waypoints' are kept."""
        key = (place, kind, inward)
        if key not in self._kept:
            legs = self.legs
            least = legs.weights_to(place, kind) if inward else legs.weights_from(place, kind)
            self._kept[key] = least
        return self._kept[key]


@dataclass(frozen=True, slots=True)
class _Side:
    """Drives from one place to all, or from all to it if ``inward``."""

    bounds: RoadBounds
    place: int
    inward: bool

    def priced(self, price: float, sharp: Share) -> F64:
        """Least time + price · energy, told by either share of the reference's energy."""
        told = [self.bound(mixed, 1.0, price) for mixed in self.bounds.mixtures(price, sharp)]
        return np.asarray(np.maximum.reduce(told))

    def bound(self, mixed: dict[int, float], time: float, price: float) -> F64:
        """Add up ``time`` x seconds + ``price`` x kWh of approaches and heights, and weights.

        Of each kind of weight in ``mixed`` as often as it says.
        """
        bounds, place = self.bounds, self.place
        car = bounds.legs.car
        seconds, kwh, _ = bounds.legs.approaches
        arrive_m, depart_m = bounds.heights_m
        climb = price * bounds.height_kwh_per_m
        here = time * seconds[place] + price * (kwh[place] - car.allowance_kwh)
        if self.inward:
            here, ele_m, climb = here + climb * arrive_m[place], depart_m, -climb
        else:
            here, ele_m = here - climb * depart_m[place], arrive_m
        found = np.empty(seconds.size)
        _fix(seconds, kwh, ele_m, time, price, climb, here, found)
        for kind, times in mixed.items():
            weight = bounds.weights(place, kind, inward=self.inward)
            _add(weight, times / _weight_per(kind), found)
        return found


@njit(cache=True, nogil=True)
def _fix(
    seconds: F64,
    kwh: F64,
    ele_m: F64,
    time: float,
    price: float,
    climb: float,
    here: float,
    found: F64,
) -> None:
    """Write what approaches and heights take, whatever the roads."""
    for place in range(found.size):
        found[place] = here + time * seconds[place] + price * kwh[place] + climb * ele_m[place]


@njit(cache=True, nogil=True)
def _add(weight: I32, times: float, found: F64) -> None:
    """Add weights so many times; infinite where no road leads."""
    for place in range(found.size):
        found[place] = np.inf if weight[place] >= FAR else found[place] + times * weight[place]


def measured(weight: NDArray[np.int32], kind: int) -> F64:
    """Turn least weights of a kind into seconds, those of the thriftiest kind into kWh."""
    return np.asarray(np.where(weight >= FAR, inf, weight / _weight_per(kind)))


def _weight_per(kind: int) -> float:
    """Units of weight in a second, of the thriftiest kind in a kWh."""
    return WEIGHT_PER_KWH if kind == THRIFTIEST else WEIGHT_PER_S


def _part(price: float, sharp: Share) -> float:
    """Return the part of the time that is left where energy told by the sharp share is priced."""
    return 1.0 - price * sharp.lost_kw / 3600.0


def _below(price: float) -> dict[int, float]:
    """Say of which kinds how much gives time + price · reduced energy from below, at any price."""
    prices = PRICES_S_PER_KWH[:THRIFTIEST]
    if price >= prices[-1]:
        return {THRIFTIEST - 1: 1.0, THRIFTIEST: price - prices[-1]}
    upper = int(np.searchsorted(prices, price, side="right"))
    part = (price - prices[upper - 1]) / (prices[upper] - prices[upper - 1])
    return {upper - 1: 1.0 - part, upper: part} if part > 0.0 else {upper - 1: 1.0}


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
