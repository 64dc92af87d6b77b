"""The least time in which a car can charge a kWh anywhere: by it ways count their energy as time.

No stop may be worth more than it takes, or a trip by it would be shorter than the bounds of drives
without a stop say. What a stop saves besides, where one leaves otherwise than one arrives
(`planner.legs.parted`), is worth something too; there the price is less.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from planner.access.chargers import Chargers
from planner.access.memory import Memory, Same
from planner.energy.charging import DC_EFFICIENCY, ChargingCurve
from planner.legs.bounds import RoadBounds
from planner.search.doors import Curves
from planner.search.havens import Pool
from planner.search.problem import STOP_OVERHEAD_S

F64 = NDArray[np.float64]
Ints = NDArray[np.intp]
Saved = Callable[[Ints, float], F64]
"""Most seconds that stops at stations save, each kWh at any price up to that."""

ROUNDING = 1e-6
"""Share by which powers are rounded."""


@dataclass(frozen=True, slots=True, eq=False)
class ChargePrice:
    """Least seconds for a kWh, stop included: ``of_posts`` where stops save nothing besides.

    ``stations``, ascending, are those at which charging may be worth its time, and where a stop
    saves something besides: ``saved_s``, shape (stations,), and there ``of_stops`` is the price at
    which the stop is worth no more than it takes. At posts that are slower charging is worth
    nothing at these prices. Stations are left out at which a stop saves as much as it takes, for
    there is no such price; bounds are mended for these otherwise (`planner.search.savings`).
    """

    of_posts: float
    stations: Ints
    saved_s: F64
    of_stops: F64

    def for_trips_by(self, stations: Ints, most_saved_s: float = np.inf) -> float:
        """Return the price for trips by some stations, of which no stop saves more than that."""
        counts = np.isin(self.stations, stations) & (self.saved_s <= most_saved_s)
        return float(self.of_stops[counts].min(initial=self.of_posts))


NOTHING = ChargePrice(0.0, np.empty(0, np.intp), np.empty(0), np.empty(0))
"""Where nothing can be charged."""


def charge_price(pool: Pool, chargers: Chargers, bounds: RoadBounds, saved: Saved) -> ChargePrice:
    """Work the prices out, or return them as worked out before for this car and these stations."""
    if not pool.usable.size:
        return NOTHING
    car = bounds.legs.car
    key = (Same(pool, chargers.snapshot.facts), car.vehicle, car.conditions)
    return _PRICES.recall(key, lambda: _work_out(pool, chargers, bounds, saved))


_PRICES: Memory[ChargePrice] = Memory(48)


def most_worth_s(chargers: Chargers, station: int, price_s_per_kwh: float) -> float:
    """Most seconds that charging at a station is worth at a price above its time."""
    found = _curves(chargers, _evses(chargers, station))
    return max(_paces(curve).most_worth_s(price_s_per_kwh) for curve in found)


def _work_out(pool: Pool, chargers: Chargers, bounds: RoadBounds, saved: Saved) -> ChargePrice:
    of_posts = _of_posts(chargers)
    places, usable = bounds.legs.places, pool.usable
    parted = usable[places.arrive[usable] != places.depart[usable]]
    quick = parted[pool.power_kw[parted] > _least_power_kw(of_posts)]
    saved_s = saved(quick, of_posts) if quick.size else np.empty(0)
    quick, saved_s = quick[saved_s < STOP_OVERHEAD_S], saved_s[saved_s < STOP_OVERHEAD_S]
    of_stops = [
        _least(_curves(chargers, _evses(chargers, station)), STOP_OVERHEAD_S - seconds)
        for station, seconds in zip(quick.tolist(), saved_s.tolist(), strict=True)
    ]
    return ChargePrice(of_posts, quick, saved_s, np.array(of_stops))


def _of_posts(chargers: Chargers) -> float:
    """Least of all posts that may be used; of equal ones that may be quicker one is looked at."""
    power_kw = np.where(chargers.reason == 0, chargers.power_kw, 0.0)
    price = _least(_curves(chargers, [int(power_kw.argmax())]), STOP_OVERHEAD_S)
    quicker = np.flatnonzero(power_kw > _least_power_kw(price))
    first = np.unique(chargers.snapshot.facts_of[quicker], return_index=True)[1]
    return _least(_curves(chargers, quicker[first].tolist()), STOP_OVERHEAD_S)


def _least_power_kw(price_s_per_kwh: float) -> float:
    """Return a power at the plug at which no post charges a kWh in that time, nor at less."""
    return (1.0 - ROUNDING) * 3600.0 / (price_s_per_kwh * DC_EFFICIENCY)


def _evses(chargers: Chargers, station: int) -> list[int]:
    first, last = chargers.snapshot.first[station : station + 2].tolist()
    return [evse for evse in range(first, last) if chargers.reason[evse] == 0]


def _curves(chargers: Chargers, evses: Iterable[int]) -> set[ChargingCurve]:
    curves = Curves(chargers)
    return {curves.of(evse) for evse in evses}


def _least(curves: Iterable[ChargingCurve], overhead_s: float) -> float:
    """Least seconds for a kWh of stops that take so long besides."""
    return min(_paces(curve).least(overhead_s) for curve in curves)


@dataclass(frozen=True, eq=False)
class _Paces:
    """Pieces of a charging curve, the quickest first whatever their order, summed up.

    No charging of so much takes less, from whatever charge.
    """

    charged_kwh: F64
    spent_s: F64

    def least(self, overhead_s: float) -> float:
        """Least seconds for a kWh of a stop that takes so long besides."""
        return float(((overhead_s + self.spent_s) / self.charged_kwh).min())

    def most_worth_s(self, price_s_per_kwh: float) -> float:
        """Most that charging is worth at a price above its time, nothing at least."""
        return float((price_s_per_kwh * self.charged_kwh - self.spent_s).max(initial=0.0))


@lru_cache(maxsize=1024)
def _paces(curve: ChargingCurve) -> _Paces:
    energy, seconds = np.diff(curve.energy_kwh), np.diff(curve.time_s)
    quickest = np.argsort(seconds / energy)
    return _Paces(np.cumsum(energy[quickest]), np.cumsum(seconds[quickest]))
