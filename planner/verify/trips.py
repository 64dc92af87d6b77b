"""A trip walked from place to place: the main one, and each that begins where a stop failed.

Both are made of legs and stops in turn; a fallback's trip begins with its first leg and stop.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from planner.model.geo import LonLat
from planner.model.mission import Waypoint
from planner.model.plan import ChargingStop, Claim, Fallback, Leg, Plan
from planner.model.station import Station
from planner.verify.access import check_access, check_place
from planner.verify.charging import check_charging
from planner.verify.money import check_cost
from planner.verify.scene import SECONDS, SOC, Post, Scene, agree

TRYING_S = 600.0
"""Time lost in trying before one goes to the fallback. Source: design, ten minutes."""


@dataclass(frozen=True, slots=True)
class Trip:
    """Legs and stops, each with its place in the plan, and how the trip begins.

    ``waypoint`` is the index of the next one to visit; ``slack_s`` by how much all may be later;
    ``failed`` are the stations that failed so far; ``order`` how many more failures it survives.
    """

    legs: tuple[tuple[str, Leg], ...]
    stops: tuple[tuple[str, ChargingStop], ...]
    start: LonLat
    departure: float
    soc: float
    waypoint: int
    order: int
    slack_s: float = 0.0
    failed: tuple[Station, ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """A leg, and what it ends at: a stop, a waypoint, or neither; ``waypoint`` is the next one."""

    where: str
    leg: Leg
    stop: tuple[str, ChargingStop] | None
    visited: Waypoint | None
    waypoint: int


def main_trip(scene: Scene, plan: Plan, where: str) -> Trip:
    """Return the trip as planned."""
    mission = scene.mission
    return Trip(
        legs=tuple((f"{where}/legs/{n}", leg) for n, leg in enumerate(plan.legs)),
        stops=tuple(
            (f"{where}/charging_stops/{n}", stop) for n, stop in enumerate(plan.charging_stops)
        ),
        start=mission.waypoints[0].location,
        departure=mission.departure,
        soc=mission.soc,
        waypoint=1,
        order=mission.guarantee.fallbacks,
    )


def trip_after(trip: Trip, step: Step, failed: Station, fallback: Fallback, where: str) -> Trip:
    """Return the trip that a fallback makes of one whose stop failed."""
    assert step.stop is not None
    stop = step.stop[1]
    legs, stops = enumerate(fallback.onward_legs), enumerate(fallback.onward_stops)
    return Trip(
        legs=(
            (f"{where}/leg", fallback.leg),
            *((f"{where}/onward_legs/{n}", leg) for n, leg in legs),
        ),
        stops=(
            (f"{where}/stop", fallback.stop),
            *((f"{where}/onward_stops/{n}", onward) for n, onward in stops),
        ),
        start=stop.location,
        departure=stop.arrival + TRYING_S,
        soc=stop.soc_arrival,
        waypoint=step.waypoint,
        order=trip.order - 1,
        slack_s=trip.slack_s + stop.departure - stop.arrival,
        failed=(*trip.failed, failed),
    )


def every_leg(legs: Iterable[Leg], stops: Iterable[ChargingStop]) -> Iterator[Leg]:
    """Give the legs of a trip, and those of the trips that failures of its stops lead to."""
    yield from legs
    for stop in stops:
        for fallback in stop.fallbacks:
            after = (fallback.leg, *fallback.onward_legs)
            yield from every_leg(after, (fallback.stop, *fallback.onward_stops))


def walk(scene: Scene, trip: Trip) -> Iterator[Step]:
    """Tell of each leg what it ends at: the next stop or the next waypoint.

    Where both are at one place, it is the stop if the times meet.
    """
    waypoints, stops = scene.mission.waypoints, list(trip.stops)
    waypoint = trip.waypoint
    for number, (where, leg) in enumerate(trip.legs):
        at_waypoint = waypoint < len(waypoints) and leg.end == waypoints[waypoint].location
        at_stop = bool(stops) and leg.end == stops[0][1].location
        if at_stop and at_waypoint:  # of two legs to one place at one time the second is the stop's
            _, following = trip.legs[min(number + 1, len(trip.legs) - 1)]
            again = following is not leg and _meets(following, stops[0][1])
            at_stop = _meets(leg, stops[0][1]) and not again
        if at_stop:
            yield Step(where, leg, stops.pop(0), None, waypoint)
        elif at_waypoint:
            waypoint += 1
            yield Step(where, leg, None, waypoints[waypoint - 1], waypoint)
        else:
            yield Step(where, leg, None, None, waypoint)


def _meets(leg: Leg, stop: ChargingStop) -> bool:
    """Say whether a leg ends where and when a stop begins."""
    return leg.end == stop.location and agree(leg.arrival, stop.arrival, SECONDS)


def check_chain(scene: Scene, trip: Trip, steps: list[Step]) -> Iterator[Claim]:
    """Check that each leg and stop begins where, when and with what the one before ended."""
    place, clock, soc = trip.start, trip.departure, trip.soc
    for step in steps:
        leg = step.leg
        if leg.start != place:
            yield Claim("path", f"{step.where}/start", "it does not begin where one is by then")
        yield from _same_time(leg.departure, clock, f"{step.where}/departure")
        yield from _same_charge(leg.soc_start, soc, f"{step.where}/soc_start")
        place, clock, soc = leg.end, leg.arrival, leg.soc_end
        if step.stop is not None:
            where, stop = step.stop
            yield from _same_time(stop.arrival, clock, f"{where}/arrival")
            yield from _same_charge(stop.soc_arrival, soc, f"{where}/soc_arrival")
            clock, soc = stop.departure, stop.soc_departure
        elif step.visited is not None:
            clock = _served(step.visited, clock)
        else:
            yield Claim("path", f"{step.where}/end", "it ends neither at a stop nor at a waypoint")
    yield from _check_complete(scene, trip, steps)


def check_stop(
    scene: Scene, stop: ChargingStop, where: str, *, slack_s: float, is_fallback: bool
) -> Iterator[Claim]:
    """List what does not hold of a stop by itself."""
    post = scene.post(stop)
    if post is None:
        detail = f"there is no EVSE {stop.evse_uid!r} at {stop.station_id}"
        yield Claim("access", f"{where}/evse_uid", detail)
        return
    yield from check_place(stop, post, where)
    yield from check_charging(scene, stop, post, where)
    yield from check_access(scene, stop, post, where, slack_s=slack_s, is_fallback=is_fallback)
    if _is_usable(post):
        yield from check_cost(scene, stop, post, where)


def check_windows(steps: list[Step], *, kept: bool, slack_s: float) -> Iterator[Claim]:
    """Check that every waypoint is reached in time, where that is promised."""
    for step in steps:
        if not kept or step.visited is None or step.visited.arrive_before is None:
            continue
        late_s = step.leg.arrival + slack_s - step.visited.arrive_before
        if not late_s <= SECONDS:
            yield Claim("window", f"{step.where}/arrival", f"{late_s:.0f} s after the window ends")


def lateness_s(steps: list[Step], slack_s: float) -> float:
    """Return by how many seconds the most missed window is missed, if all is later by the slack."""
    missed = [
        step.leg.arrival + slack_s - step.visited.arrive_before
        for step in steps
        if step.visited is not None and step.visited.arrive_before is not None
    ]
    return max(0.0, *missed) if missed else 0.0


def delay_s(steps: list[Step], slack_s: float) -> float:
    """Return what is left at the end of a delay at the start: early arrivals wait it off."""
    for step in steps:
        if step.visited is not None and step.visited.arrive_after is not None:
            early_s = max(0.0, step.visited.arrive_after - step.leg.arrival)
            slack_s = max(0.0, slack_s - early_s)
    return slack_s


def _is_usable(post: Post) -> bool:
    return post.connector is not None


def _served(waypoint: Waypoint, arrival: float) -> float:
    begins = arrival if waypoint.arrive_after is None else max(arrival, waypoint.arrive_after)
    return begins + waypoint.service_s


def _check_complete(scene: Scene, trip: Trip, steps: list[Step]) -> Iterator[Claim]:
    last = steps[-1] if steps else None
    reached = last.waypoint if last else trip.waypoint
    where = last.where if last else "/legs"
    if reached < len(scene.mission.waypoints):
        detail = f"the trip ends before waypoint {reached}"
        yield Claim("path", f"{where}/end", detail)
    met = {step.stop[0] for step in steps if step.stop is not None}
    for place, _ in trip.stops:
        if place not in met:
            yield Claim("path", f"{place}/location", "no leg leads to this stop")
    if last is None:
        return
    least = scene.mission.arrival_soc
    if not last.leg.soc_end >= least - SOC:
        detail = f"one arrives with {last.leg.soc_end:.4f}, below {least:.4f}"
        yield Claim("reserve", f"{last.where}/soc_end", detail)


def _same_time(claimed: float, derived: float, where: str) -> Iterator[Claim]:
    if not agree(claimed, derived, SECONDS):
        yield Claim("time", where, f"it is {claimed - derived:+.2f} s off what came before")


def _same_charge(claimed: float, derived: float, where: str) -> Iterator[Claim]:
    if not agree(claimed, derived, SOC):
        yield Claim("energy", where, f"the charge is {derived:.6f} by then, not {claimed:.6f}")
