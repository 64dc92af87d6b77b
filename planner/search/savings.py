"""How far bounds may lie above trips by stops that save more than they take.

The sweeps know of no stops. Who stops where one arrives at another node than one leaves from (by a
forbidden turn, in a street that only residents may drive through) may leave by a way that nobody
may drive who does not stop (`planner.legs.parted`). Mostly that saves less than the stop takes, and
energy counts so little that it stays so (`planner.search.charge_price`). Of the other stations
those are looked for at which a trip of so little time may stop, and what they save is summed up. A
trip stops at a station once between two waypoints: it could as well have stayed.
"""

import numpy as np
from numpy.typing import NDArray

from planner.search.charge_price import most_worth_s
from planner.search.problem import STOP_OVERHEAD_S
from planner.search.relaxed import Rest, bound_rest
from planner.search.trip import Trip

F64 = NDArray[np.float64]
Ints = NDArray[np.intp]

MOST_S = 2.0 * STOP_OVERHEAD_S
"""What a stop may save for it to be summed up. Beyond that all that a trip saves might be more than
all the time that it takes."""


def most_above_s(trip: Trip, most_s: float) -> float:
    """Most seconds by which bounds lie above a trip of less than ``most_s``; infinite: unknown."""
    rest, stations = bound_rest(trip, 0.0), trip.usable
    parted = stations[trip.places.arrive[stations] != trip.places.depart[stations]]
    # What such a trip saves is no more than its stops take, so no more than all of its time.
    near = parted[_by_s(rest, parted).min(axis=0, initial=np.inf) <= 2.0 * most_s]
    saved_s = trip.saved_s(near)
    doubtful = (saved_s >= STOP_OVERHEAD_S) & (saved_s < MOST_S)
    counted, saved_in_all_s = _counted(
        _by_s(rest, near[doubtful]), saved_s[doubtful] - STOP_OVERHEAD_S, most_s
    )
    if _may_stop(rest, near[saved_s >= MOST_S], most_s + saved_in_all_s):
        return np.inf
    worth_s = [most_worth_s(trip.chargers, station, trip.prices) for station in near[doubtful]]
    above_s = saved_s[doubtful] - STOP_OVERHEAD_S + np.array(worth_s)
    return float((counted * above_s).sum())


def _by_s(rest: Rest, stations: Ints) -> F64:
    """Least seconds of trips by stations, charging and stops apart, shape (stretches, stations)."""
    return np.asarray((rest.behind_s + rest.ahead_s)[:, stations])


def _counted(by_s: F64, saves_s: F64, most_s: float) -> tuple[NDArray[np.bool_], float]:
    """Mark the stretches and stations at which a trip may stop, and sum up what that saves.

    What the others save is at hand to come to each; so those are left out to which one does not
    come with all of the others, until none is.
    """
    counted = np.isfinite(by_s)
    while True:
        in_all_s = float((counted * saves_s).sum())
        kept = counted & (by_s + STOP_OVERHEAD_S <= most_s + in_all_s - saves_s)
        if (kept == counted).all():
            return counted, in_all_s
        counted = kept


def _may_stop(rest: Rest, stations: Ints, most_s: float) -> bool:
    """Say whether a trip may stop at one of these: once, or at any first and any last of them."""
    if not stations.size:
        return False
    once_s = float(_by_s(rest, stations).min()) + STOP_OVERHEAD_S
    come_s, leave_s = (float(s[:, stations].min()) for s in (rest.behind_s, rest.ahead_s))
    return min(once_s, come_s + leave_s + 2.0 * STOP_OVERHEAD_S) <= most_s
