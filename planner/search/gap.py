"""How far a plan may be from the best there is: over all roads, and all stations of the wallet.

The best trip of a problem that asks for less (`planner.search.relaxed`) is a bound from below. So
the gap holds the price of hours too, and of fallbacks what is more than the charge that leads to
them. Where speeds are offered to choose from,
the best trip is that at any of them; each is kept for the whole trip.

The bounds of the rest by which the search is led hold for the true trip, not for the one that asks
for less; so the trip that it finds need not be the best of those. Its cost is a bound all the
same. Take the best true trip, of cost C. Step by step the search may do as it does, for no more
time and with no less charge. So until a trip is answered, a label is open that is as good as some
part of it, or the label of one that covers it; with g so far and h ahead, g + h <= C, for h is no
more than the rest of the true trip takes. The search answers with no trip while a key below is
open; weighted by w, the key is at most w * C.
"""

from dataclasses import replace
from math import ceil, isfinite

import numpy as np
from numpy.typing import NDArray

from planner.model.plan import Plan
from planner.search.relaxed import bound_rests, narrowed, relax, spare_kwh
from planner.search.savings import most_above_s
from planner.search.solve import Solution
from planner.search.styles import slower_trips
from planner.search.trip import Trip

NEAR_ENOUGH = 0.0002
"""Share by which the bound itself may lie below what it could be: it is found much sooner."""

GOOD_ENOUGH = 0.001
"""A gap that is not looked into further."""

DIGITS = 100_000.0
"""A gap is rounded up to one in so many."""

MOST_SETTLED = 200
"""Labels after which the bound is left as it is then."""

FAR = 0.04
"""Share by which a trip might be shorter from which on it is searched again, more widely."""


def least_at_any_speed_s(trip: Trip, most_s: float) -> float | None:
    """Least seconds of the trip at any speed it offers, ``most_s`` where none is sooner.

    None where money counts: what a session costs is not known before it is planned; nor where
    doubts do, nor where nothing is proven.
    """
    if not _counts_time(trip):
        return None
    best_s = least_s(trip, most_s)
    for slower in slower_trips(trip):
        if best_s is None:
            return None
        best_s = least_s(slower, best_s)
    return best_s


def worth_another_look(found: Solution, best_s: float | None) -> bool:
    """Say whether a trip might be much shorter, and not only the bound be far from any trip.

    Told by the bound of a trip by the very stops that were found: what that lies below what they
    take, waiting apart, it lies below other trips as well.
    """
    if best_s is None or best_s >= (1.0 - FAR) * found.cost:
        return False
    stops = found.way.stops
    waiting_s = sum(stop.waiting_s for stop in stops)
    by_these_s = least_by_s(found.stage.trip, found.stage.station_of[[s.place for s in stops]])
    unknown_s = max(found.cost - waiting_s - by_these_s, 0.0)
    return found.cost - unknown_s - best_s > FAR * found.cost


def least_by_s(trip: Trip, stations: NDArray[np.intp]) -> float:
    """Bound a trip by no other than these stations, infinite where there is none."""
    posed = relax(trip, bound_rests(trip, stations), np.unique(stations), np.inf)
    return posed.least_s(most_s=np.inf, most_settled=MOST_SETTLED, stretch=1.0)


def with_gaps(made: Plan, best_s: float | None) -> Plan:
    """Say of a plan and its alternatives how far each may be from the best, of ``best_s`` seconds.

    None is told where that is None.
    """
    if best_s is None:
        return made

    def told(one: Plan) -> Plan:
        if one.mission.objective.preset != "fastest":  # an alternative for its price
            return one
        return replace(one, summary=replace(one.summary, gap=_gap(best_s, _spent_s(one))))

    return replace(told(made), alternatives=tuple(told(one) for one in made.alternatives))


def _gap(best_s: float, spent_s: float) -> float | None:
    """Return the share, rounded up; None where nothing is proven."""
    if best_s <= 0.0 or spent_s <= 0.0:
        return None
    share = ceil(DIGITS * max(1.0 - best_s / spent_s, 0.0)) / DIGITS
    return share if share < 1.0 else None


def _counts_time(trip: Trip) -> bool:
    return trip.mission.objective.preset == "fastest"


def _spent_s(made: Plan) -> float:
    return made.summary.arrival - made.summary.departure


def least_s(trip: Trip, most_s: float) -> float | None:
    """Least seconds of any trip by the stations of the wallet, ``most_s`` where none is sooner.

    None where it is not known how far bounds lie above trips (`planner.search.savings`). Else they
    are taken for so much more, and what they say for so much less.
    """
    above_s = most_above_s(trip, most_s)
    if not isfinite(above_s):
        return None
    bound_s = _bound_s(trip, most_s + above_s) - above_s
    return min(bound_s, most_s)


def _bound_s(trip: Trip, most_s: float) -> float:
    rests, stations = narrowed(trip, most_s)
    at_once = max(rest.whole_s - rest.price_s_per_kwh * spare_kwh(trip) for rest in rests)
    if at_once >= most_s * (1.0 - GOOD_ENOUGH):
        return at_once
    posed = relax(trip, rests, stations, most_s)
    found_s = posed.least_s(most_s=most_s, most_settled=MOST_SETTLED, stretch=1.0 + NEAR_ENOUGH)
    return max(found_s, at_once)
