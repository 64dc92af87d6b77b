"""The words and sums of an answer: summary, promise, warnings, reasons."""

import hashlib
from collections import defaultdict
from decimal import Decimal
from itertools import chain

from planner.model.grade import Grade
from planner.model.mission import Mission
from planner.model.plan import ChargingStop, Infeasible, Leg, Money, Plan, Summary
from planner.roads.snap import APPROACH_DETOUR, APPROACH_KMH, BESIDE_M
from planner.search.causes import Cause
from planner.search.closures import closure_notes
from planner.search.diagnosis import furthest
from planner.search.itinerary import Writer
from planner.search.leftout import MOST_LISTED, reject
from planner.search.reach import is_surely_late, may_arrive
from planner.search.solve import NEARLY, Failure, Solution
from planner.search.trip import Trip

VALID_S = 6 * 3600.0
"""Longest time for which a plan is shown without being checked again."""


def write_plan(found: Solution, most_listed: int = MOST_LISTED) -> Plan:
    """Write a proven way as a plan, with so many of the stations that it left out."""
    stage, way = found.stage, found.way
    trip = stage.trip
    mission = trip.mission
    writer = Writer(stage)
    legs, stops = writer.legs(way), writer.stops(way)
    summary = summarise(mission, legs, stops)
    return Plan(
        id=name_of(trip, "plan"),
        created=mission.now,
        mission=mission,
        world=trip.world.names,
        valid_until=_valid_until(mission, stops),
        promise=promise(mission, stops),
        summary=summary,
        legs=legs,
        charging_stops=stops,
        rejected=reject(trip, most_listed),
        warnings=_shortfall(found) + warnings(trip, stops, legs),
    )


def _shortfall(found: Solution) -> tuple[str, ...]:
    """Say where the search had to be content with less than the best."""
    if found.gap <= NEARLY:
        return ()
    said = f"This trip may cost up to {found.gap:.0%} more than the best by these stations"
    return (f"{said}: the search came to its limit before it had compared them all.",)


def name_of(trip: Trip, kind: str) -> str:
    """Name an answer by what it was made from: the same question gives the same name."""
    mission = trip.mission
    text = repr((kind, trip.world.hash, mission, mission.wallet.digest, trip.first_stop))
    return hashlib.sha256(text.encode()).hexdigest()[:20]


def summarise(mission: Mission, legs: tuple[Leg, ...], stops: tuple[ChargingStop, ...]) -> Summary:
    """Add up the figures of a trip."""
    charging_s = sum(stop.departure - stop.arrival for stop in stops)
    fallbacks = chain.from_iterable(stop.fallbacks for stop in _with_fallbacks(stops))
    causes = sorted({cause for fallback in fallbacks for cause in fallback.common_causes})
    return Summary(
        departure=mission.departure,
        arrival=legs[-1].arrival,
        driving_s=sum(leg.duration_s for leg in legs),
        charging_s=charging_s,
        distance_m=sum(leg.distance_m for leg in legs),
        energy_kwh=sum(leg.energy_kwh for leg in legs),
        energy_mean_kwh=sum(leg.energy_mean_kwh for leg in legs),
        costs=_costs(stops),
        unpriced_stops=sum(stop.cost is None for stop in stops),
        charging_stops=len(stops),
        gap=None,
        min_grade=min((stop.verdict.grade for stop in _with_fallbacks(stops)), default=None),
        order=mission.guarantee.fallbacks,
        p_all_fail=_p_all_fail(stops),
        common_causes=tuple(causes),
    )


def _with_fallbacks(stops: tuple[ChargingStop, ...]) -> "list[ChargingStop]":
    """List the stops and, all the way down, the stops of their fallbacks."""
    found: list[ChargingStop] = []
    for stop in stops:
        found.append(stop)
        for fallback in stop.fallbacks:
            found += _with_fallbacks((fallback.stop, *fallback.onward_stops))
    return found


def _costs(stops: tuple[ChargingStop, ...]) -> tuple[Money, ...]:
    totals: dict[tuple[str, bool, str], Decimal] = defaultdict(Decimal)
    for stop in stops:
        if stop.cost is not None:
            key = (stop.cost.currency, stop.cost.vat_included, stop.cost.basis)
            totals[key] += stop.cost.amount
    return tuple(
        Money(amount=amount, currency=currency, vat_included=vat, basis=basis)
        for (currency, vat, basis), amount in sorted(totals.items())
    )


def _p_all_fail(stops: tuple[ChargingStop, ...]) -> float | None:
    """Chance that somewhere a stop and its fallback are both occupied; None if one is unknown."""
    holds = 1.0
    for stop in stops:
        fails = 1.0
        for each in (stop, *(fallback.stop for fallback in stop.fallbacks)):
            free = each.availability.probability_free
            if free is None:
                return None
            fails *= 1.0 - free
        holds *= 1.0 - fails
    return 1.0 - holds


def _valid_until(mission: Mission, stops: tuple[ChargingStop, ...]) -> float:
    ends = [stop.verdict.valid_until for stop in _with_fallbacks(stops)]
    return min(chain([mission.now + VALID_S], (end for end in ends if end is not None)))


PAST_S = 3600.0
FAR_AHEAD_S = 14 * 86_400.0
"""Departures longer past, or farther ahead, are told as such."""

COUNTED = {1: "The one charging stop opens", 2: "Both charging stops open"}


def promise(mission: Mission, stops: tuple[ChargingStop, ...]) -> str:
    """Say in one sentence what a driver may count on, and no more than that."""
    percent = int(mission.arrival_soc * 100 + 1e-9)
    left = f"you arrive with at least {percent} % in 95 of 100 such trips"
    if not stops:
        return f"No charging stop is needed: {left}."
    count = COUNTED.get(len(stops), f"All {len(stops)} charging stops open")
    if min(stop.verdict.grade for stop in _with_fallbacks(stops)) < Grade.AD_HOC:
        count = count.replace(" open", " probably open")
    labels = sorted({stop.start.label for stop in stops})
    by = " or ".join(f"“{label}”" for label in labels)
    if mission.guarantee.fallbacks == 0:
        return f"{count} to {by}; no fallback stands behind them; {left}."
    fails = {1: "if one fails", 2: "if two fail"}.get(
        mission.guarantee.fallbacks, f"if {mission.guarantee.fallbacks} fail"
    )
    return f"{count} to {by}; {fails}, the next is already proven and in reach; {left}."


def warnings(
    trip: Trip, stops: tuple[ChargingStop, ...], legs: tuple[Leg, ...] = ()
) -> tuple[str, ...]:
    """Gather what was assumed, what the roads leave out, and what the stops leave open."""
    mission = trip.mission
    said = list(mission.assumed)
    said += trip.world.region.notes
    said += closure_notes(trip, legs)
    said += _off_the_roads(trip)
    said.append(
        "Charges are what 95 of 100 such trips stay above: "
        f"{1.645 * mission.vehicle.energy_error:.0%} is added to the expected consumption."
    )
    for stop in _with_fallbacks(stops):
        said += (f"{stop.station_name}: {warning}" for warning in stop.verdict.warnings)
    said += _far_off(mission)
    unpriced = sum(stop.cost is None for stop in stops)
    if unpriced:
        said.append(f"The price of {unpriced} of {len(stops)} stops is not known.")
    if any(stop.cost is not None and stop.cost.basis == "cpo_tariff" for stop in stops):
        said.append(
            "Costs marked cpo_tariff are what the operator charges the card's provider; "
            "what the provider charges the driver may differ."
        )
    return tuple(dict.fromkeys(said))


def _off_the_roads(trip: Trip) -> list[str]:
    """Say of each waypoint that lies off the roads how far, and how one is taken to get there."""
    said = []
    for waypoint, place in zip(trip.mission.waypoints, trip.waypoints, strict=True):
        off_m = float(trip.places.distance_m[place])
        if off_m > BESIDE_M:
            point = f"{waypoint.location.lon:.5f},{waypoint.location.lat:.5f}"
            said.append(
                f"{waypoint.name or point} lies {_spoken_m(off_m)} from the nearest point of the "
                f"known roads where a drive may end: {_spoken_m(off_m * APPROACH_DETOUR)} at "
                f"{APPROACH_KMH:g} km/h are assumed between them, and that a car gets there."
            )
    return said


def _spoken_m(metres: float) -> str:
    return f"{metres / 1000:.1f} km" if metres >= 1000.0 else f"{metres:.0f} m"  # noqa: PLR2004


def _far_off(mission: Mission) -> list[str]:
    """Say where the departure lies so far from now that what is known now says little of it."""
    ahead_s = mission.departure - mission.now
    if ahead_s < -PAST_S:
        return ["The departure lies in the past: the plan says what would have been."]
    if ahead_s > FAR_AHEAD_S:
        days = ahead_s / 86_400.0
        return [f"The departure is {days:.0f} days ahead: plan again nearer to it."]
    return []


def explain_failure(trip: Trip, cause: Cause) -> Infeasible:
    """Say why there is no trip, how far one gets and what was left out."""
    reason, failure = cause.reason, cause.failure
    mission = trip.mission
    return Infeasible(
        id=name_of(trip, "infeasible"),
        created=mission.now,
        mission=mission,
        world=trip.world.names,
        reason=reason,
        title=BELOW_RESERVE if mission.soc < mission.reserve_soc else TITLES[reason],
        furthest=None if cause.late else furthest(failure.stage, failure.trace),
        rejected=reject(trip),
        warnings=_doubts(failure) + warnings(trip, ()),
    )


BELOW_RESERVE = "The charge at the start is below the reserve that is to be kept"

TITLES = {
    "no_route": "No road leads there",
    "no_accessible_charger": "No station on the way is known to open to these cards",
    "out_of_range": "The stations that open to these cards are too far apart for this car",
    "window_missed": "The trip can be made, but not in time",
    "no_fallback": "The trip can be made, but not every stop has a proven fallback",
}


def _doubts(failure: Failure) -> tuple[str, ...]:
    complete = failure.trace.exhausted and bool(failure.stage.problem.candidate.all())
    trip = failure.stage.trip
    if complete or not may_arrive(trip) or is_surely_late(trip):
        return ()
    said = "Not every combination of stations was tried before the search was given up"
    return (f"{said}: a trip may exist that it did not find.",)
