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
class _Doubtful:
    """Stations at which stops may save more than they take, and how much more, shape (stations,).

    ``unlimited`` are those at which it may be `MOST_S` or more, or is not known.
    """

    stations: Ints
    above_s: F64
    unlimited: Ints


def most_above_s(trip: Trip, rest: Rest, most_s: float) -> float:
    """Most seconds by which bounds of one side lie above those trips that take ``most_s`` or less.

    Infinite where that is not known. ``rest`` is for no price of energy.
    """
    doubtful = _find(trip, rest, most_s)
    if _may_stop(rest, doubtful, most_s):
        return np.inf
    counted = _counted(rest, doubtful, most_s)
    worth_s = [
        most_worth_s(trip.chargers, station, trip.prices) for station in doubtful.stations.tolist()
    ]
    return float((counted * (doubtful.above_s + np.array(worth_s))).sum())


def _find(trip: Trip, rest: Rest, most_s: float) -> _Doubtful:
    """Look for them where a trip may stop before all unlimited ones, or after them.

    To there, or from there, it takes half of what bounds say at the least.
    """
    stations = trip.usable
    parted = stations[trip.places.arrive[stations] != trip.places.depart[stations]]
    near = (rest.behind_s[:, parted] <= 2.0 * most_s) | (rest.ahead_s[:, parted] <= 2.0 * most_s)
    parted = parted[near.any(axis=0)]
    saved_s = trip.saved_s(parted)
    unlimited = saved_s >= MOST_S
    summed = (saved_s >= STOP_OVERHEAD_S) & ~unlimited
    return _Doubtful(parted[summed], saved_s[summed] - STOP_OVERHEAD_S, parted[unlimited])


def _may_stop(rest: Rest, doubtful: _Doubtful, most_s: float) -> bool:
    """Say whether a trip may stop at an unlimited station: once, or at a first and a last one."""
    behind_s, ahead_s = (s[:, doubtful.unlimited] for s in (rest.behind_s, rest.ahead_s))
    above_s = len(rest.ahead_s) * float(doubtful.above_s.sum())
    once_s = (behind_s + ahead_s).min(initial=np.inf)
    twice_s = behind_s.min(initial=np.inf) + ahead_s.min(initial=np.inf) + STOP_OVERHEAD_S
    return bool(min(once_s, twice_s) + STOP_OVERHEAD_S <= most_s + 2.0 * above_s)


def _counted(rest: Rest, doubtful: _Doubtful, most_s: float) -> NDArray[np.bool_]:
    """Mark the stretches and doubtful stations at which a trip may stop.

    Bounds to there and from there are too high by no more than what the others save, each. So those
    are left out at which a trip cannot stop with the help of all others, until none is.
    """
    by_s = (rest.behind_s + rest.ahead_s)[:, doubtful.stations] + STOP_OVERHEAD_S
    counted = np.isfinite(by_s)
    while True:
        others_s = float((counted * doubtful.above_s).sum()) - doubtful.above_s
        kept = counted & (by_s <= most_s + 2.0 * others_s)
        if (kept == counted).all():
            return counted
        counted = kept
