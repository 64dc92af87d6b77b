"""Why there is no trip: which single demand, if it were dropped, would let one be made."""

from dataclasses import dataclass

from planner.search.leftout import usable_on_the_way
from planner.search.reach import may_arrive
from planner.search.solve import FULL_WORK, Failure, Solution, solve
from planner.search.trip import Trip

HASTY_WORK = FULL_WORK / 1.5
"""Of a search for the reason alone."""


@dataclass(frozen=True, slots=True, eq=False)
class Cause:
    """The reason why there is no trip.

    ``failure`` is the search that tells how far one gets. ``late`` is the trip that comes too late,
    where that is what is wrong.
    """

    reason: str
    failure: Failure
    late: Solution | None = None


def find_cause(trip: Trip, failure: Failure) -> Cause:
    """Find out what is in the way: roads, windows, fallbacks, or stations.

    Windows are the reason only if the trip can be made without them, just as it is asked for; then
    fallbacks are, if it can be made without them, late or not.
    """
    if not trip.has_route:
        return Cause("no_route", failure)
    if may_arrive(trip):
        if has_windows(trip):
            late = solve(trip, windows=False, work=HASTY_WORK)
            if isinstance(late, Solution):
                return Cause("window_missed", failure, late)
            failure = late
        if trip.mission.guarantee.fallbacks > 0:
            unsure = solve(trip, order=0, windows=False, work=HASTY_WORK)
            if isinstance(unsure, Solution):
                return Cause("no_fallback", failure)
    on_the_way = usable_on_the_way(trip)
    return Cause("out_of_range" if on_the_way else "no_accessible_charger", failure)


def has_windows(trip: Trip) -> bool:
    """Say whether the trip is to be anywhere by some time."""
    return any(point.arrive_before is not None for point in trip.mission.waypoints[1:])
