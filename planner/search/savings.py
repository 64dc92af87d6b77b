"""How far bounds may lie above trips by stops that save more than they take.

The sweeps know of no stops. Who stops where one arrives at another node than one leaves from (by a
forbidden turn, in a street that only residents may drive through) may leave by a way that nobody
may drive who does not stop (`planner.legs.parted`). Mostly that saves less than the stop takes, and
energy counts so little that it stays so (`planner.search.charge_price`). At the other stations, the
doubtful ones, bounds of what lies before or behind a stop may be too high by what is saved there.

Each counts once for what lies to one side, between two waypoints: of a trip that comes back to a
station the loop between may be left out, for no stop in it is worth more than it takes.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planner.search.charge_price import most_worth_s
from planner.search.problem import STOP_OVERHEAD_S
from planner.search.relaxed import Rest
from planner.search.trip import Trip

F64 = NDArray[np.float64]
Ints = NDArray[np.intp]

MOST_S = 2.0 * STOP_OVERHEAD_S
"""What a stop may save for it to be summed up: less than it takes once more. So all that the stops
of a trip save beyond what they take is less than the time of the trip."""


@dataclass(frozen=True, eq=False)
class Savings:
    """Stations at which a trip may save more than its stops take, shape (stations,) each.

    ``above_s`` is how much more, charging apart, and ``times`` in how many stretches.
    """

    trip: Trip
    stations: Ints
    above_s: F64
    times: Ints

    def most_s(self, price_s_per_kwh: float) -> float:
        """Most by which bounds of one side at a price of energy may lie above a trip."""
        worth_s = [
            most_worth_s(self.trip.chargers, station, price_s_per_kwh)
            for station in self.stations.tolist()
        ]
        return float((self.times * (self.above_s + np.array(worth_s))).sum())


def find_savings(trip: Trip, by_time: Rest, most_s: float) -> Savings | None:
    """Find them for trips that take ``most_s`` or less; None where that is not known.

    ``by_time`` is the rest at no price of energy.
    """
    doubtful, saved_s = _doubtful(trip, by_time, most_s)
    unlimited = saved_s >= MOST_S
    stations, above_s = doubtful[~unlimited], saved_s[~unlimited] - STOP_OVERHEAD_S
    if _may_stop(by_time, doubtful[unlimited], most_s + 2.0 * by_time.stretches * above_s.sum()):
        return None
    return Savings(trip, stations, above_s, _times(by_time, stations, above_s, most_s))


def _doubtful(trip: Trip, by_time: Rest, most_s: float) -> tuple[Ints, F64]:
    """Look for doubtful stations, before all at which `MOST_S` or more may be saved or after them.

    To there, or from there, a trip takes half of what bounds say at the least.
    """
    stations = trip.usable
    parted = stations[trip.places.arrive[stations] != trip.places.depart[stations]]
    comes, leaves = (s[:, parted] <= 2.0 * most_s for s in (by_time.behind_s, by_time.ahead_s))
    parted = parted[(comes | leaves).any(axis=0)]
    saved_s = trip.saved_s(parted)
    return parted[saved_s >= STOP_OVERHEAD_S], saved_s[saved_s >= STOP_OVERHEAD_S]


def _may_stop(by_time: Rest, stations: Ints, most_s: float) -> bool:
    """Say whether a trip may stop at one of these: once, or at a first and a last one."""
    behind_s, ahead_s = (s[:, stations] for s in (by_time.behind_s, by_time.ahead_s))
    once_s = (behind_s + ahead_s).min(initial=np.inf)
    twice_s = behind_s.min(initial=np.inf) + ahead_s.min(initial=np.inf) + STOP_OVERHEAD_S
    return bool(min(once_s, twice_s) + STOP_OVERHEAD_S <= most_s)


def _times(by_time: Rest, stations: Ints, above_s: F64, most_s: float) -> Ints:
    """Count the stretches in which a trip may stop at each, shape (stations,).

    Bounds to there and from there are too high by no more than what the others save, each. So those
    are left out at which a trip cannot stop with the help of all others, until none is.
    """
    by_s = (by_time.behind_s + by_time.ahead_s)[:, stations] + STOP_OVERHEAD_S
    counted = np.isfinite(by_s)
    while True:
        others_s = float((counted * above_s).sum()) - above_s
        kept = counted & (by_s <= most_s + 2.0 * others_s)
        if (kept == counted).all():
            return np.asarray(counted.sum(axis=0))
        counted = kept
