"""How far a plan may be from the best there is: over all roads, and all stations of the wallet.

The best trip of a problem that asks for less is a bound from below (`planner.search.bound`). So the
gap holds the price of hours too, and of fallbacks what is more than the charge that leads to them.
Where speeds are offered to choose from, the best trip is that at any of them; each is kept for the
whole trip.
"""

from dataclasses import replace
from math import ceil

from planner.model.plan import Plan
from planner.search.bound import least_by_s, least_s
from planner.search.solve import Solution
from planner.search.styles import slower_trips
from planner.search.trip import Trip

DIGITS = 100_000.0
"""A gap is rounded up to one in so many."""

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
