"""Other trips that differ in a way a driver cares about: other stations on the way."""

from dataclasses import replace

from planner.model.plan import Plan
from planner.search.answers import write_plan
from planner.search.setup import Trip, prepare, stage_first
from planner.search.solve import Solution, is_priced, search_stage

MOST = 5
"""Alternatives that one answer carries at most."""


def find_alternatives(best: Plan, trip: Trip) -> Plan:
    """Return the plan with up to as many alternatives as its mission asks for.

    Each leaves out the first station of the trips before it, then the second and so on, so that it
    charges elsewhere; one that stops at the same stations as another is dropped.
    """
    wanted = min(trip.mission.alternatives, MOST)
    found: list[Plan] = []
    seen = {_stations(best)}
    for number in range(len(best.charging_stops)):
        if len(found) == wanted:
            break
        other = _without(trip, best.charging_stops[number].station_id)
        if other is not None and _stations(other) not in seen:
            seen.add(_stations(other))
            found.append(other)
    return replace(best, alternatives=tuple(found))


def _stations(made: Plan) -> tuple[str, ...]:
    return tuple(stop.station_id for stop in made.charging_stops)


def _without(trip: Trip, station_id: str) -> Plan | None:
    mission = replace(
        trip.mission, alternatives=0, exclude_stations=(*trip.mission.exclude_stations, station_id)
    )
    stage = stage_first(prepare(trip.world, mission, trip.chargers), priced=is_priced(trip))
    solved = search_stage(stage, order=mission.guarantee.fallbacks, windows=True)
    return write_plan(solved) if isinstance(solved, Solution) else None
