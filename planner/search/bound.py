"""Least seconds of a trip over all roads, by all stations of the wallet: a bound from below.

It is found as the best trip of a problem that asks for less (`planner.search.relaxed`).

The bounds of the rest by which the search is led hold for the true trip, not for the one that asks
for less; so the trip that it finds need not be the best of those. Its cost is a bound all the
same. Take the best true trip, of cost C. Step by step the search may do as it does, for no more
time and with no less charge. So until a trip is answered, a label is open that is as good as some
part of it, or the label of one that covers it; with g so far and h ahead, g + h <= C, for h is no
more than the rest of the true trip takes (what it may lie above that is taken off,
`planner.search.savings`). The search answers with no trip while a key below is open; weighted by w,
the key is at most w * C.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from planner.search.relaxed import Rest, bound_rest, relax, spare_kwh, stations_within
from planner.search.savings import find_savings
from planner.search.trip import Trip

Ints = NDArray[np.intp]

NEAR_ENOUGH = 0.0002
"""Share by which the bound itself may lie below what it could be: it is found much sooner."""

GOOD_ENOUGH = 0.001
"""A gap that is not looked into further."""

MOST_SETTLED = 200
"""Labels after which the bound is left as it is then."""


def least_s(trip: Trip, most_s: float) -> float | None:
    """Least seconds of any trip by the stations of the wallet, ``most_s`` where none is sooner.

    None where it is not known how far bounds lie above trips.
    """
    narrowed = _narrowed(trip, most_s)
    if narrowed is None:
        return None
    rests, stations = narrowed
    at_once = max(rest.whole_s - rest.price_s_per_kwh * spare_kwh(trip) for rest in rests)
    if at_once >= most_s * (1.0 - GOOD_ENOUGH):
        return min(at_once, most_s)
    posed = relax(trip, rests, stations, most_s)
    found_s = posed.least_s(most_s=most_s, most_settled=MOST_SETTLED, stretch=1.0 + NEAR_ENOUGH)
    return min(max(found_s, at_once), most_s)


def least_by_s(trip: Trip, stations: Ints) -> float:
    """Bound a trip by no other than these stations, infinite where there is none."""
    prices = (0.0, trip.prices.for_trips_by(stations))
    rests = [bound_rest(trip, price) for price in sorted(set(prices))]
    posed = relax(trip, rests, np.unique(stations), np.inf)
    return posed.least_s(most_s=np.inf, most_settled=MOST_SETTLED, stretch=1.0)


def stations_of_shorter(trip: Trip, most_s: float) -> Ints:
    """List the stations by which a trip may take less than that; all where it is not known."""
    narrowed = _narrowed(trip, most_s)
    return trip.usable if narrowed is None else narrowed[1]


def _narrowed(trip: Trip, most_s: float) -> tuple[list[Rest], Ints] | None:
    """Return rests for trips of so little time, and the stations by which these may go.

    At no price of energy, and at that of the best charging; prices between them led a search by no
    shorter way. None where it is not known how far they lie above trips.
    """
    by_time = bound_rest(trip, 0.0)
    savings = find_savings(trip, by_time, most_s)
    if savings is None:
        return None
    rests = [replace(by_time, above_s=savings.most_s(0.0))]
    price = trip.prices.for_trips_by(stations_within(trip, rests, most_s))
    if price > 0.0:
        rests.append(replace(bound_rest(trip, price), above_s=savings.most_s(price)))
    return rests, stations_within(trip, rests, most_s)
