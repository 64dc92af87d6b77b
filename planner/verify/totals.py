"""What is said of a plan as a whole: its sums, its promise, its world, how long it holds."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from decimal import Decimal
from hashlib import sha256

from planner.model.plan import ChargingStop, Claim, Fallback, Plan
from planner.verify.scene import KWH, METRES, SECONDS, Scene, agree

CENT = Decimal("0.01")

_NO_FALLBACK = re.compile(r"\b(no|not|without|nor|none)\b", re.IGNORECASE)
_FALLBACK = re.compile(r"fallback|if (it|one|any|a stop|that) fails", re.IGNORECASE)


def check_summary(plan: Plan, where: str) -> Iterator[Claim]:
    """Compare the summary's figures with the legs and stops that it sums up."""
    told, legs, stops = plan.summary, plan.legs, plan.charging_stops
    arrival = legs[-1].arrival if legs else plan.mission.departure
    stays_s = sum(stop.departure - stop.arrival for stop in stops)
    figures = (
        ("departure", told.departure, plan.mission.departure, SECONDS),
        ("arrival", told.arrival, arrival, SECONDS),
        ("driving_s", told.driving_s, sum(leg.duration_s for leg in legs), SECONDS),
        ("charging_s", told.charging_s, stays_s, SECONDS),
        ("distance_m", told.distance_m, sum(leg.distance_m for leg in legs), METRES),
        ("energy_kwh", told.energy_kwh, sum(leg.energy_kwh for leg in legs), KWH),
        ("energy_mean_kwh", told.energy_mean_kwh, sum(leg.energy_mean_kwh for leg in legs), KWH),
        ("charging_stops", told.charging_stops, len(stops), 0),
        ("unpriced_stops", told.unpriced_stops, sum(stop.cost is None for stop in stops), 0),
    )
    for name, claimed, derived, within in figures:
        if not agree(claimed, derived, within):
            detail = f"it comes to {derived:.4f}, not {claimed:.4f}"
            yield Claim("summary", f"{where}/summary/{name}", detail)
    yield from _check_costs(plan, where)
    yield from _check_guarantee(plan, where)


def check_words(plan: Plan, where: str) -> Iterator[Claim]:
    """Check the promise and how long it is said to hold."""
    speaks_of_one = _FALLBACK.search(plan.promise) and not _NO_FALLBACK.search(plan.promise)
    if plan.summary.order == 0 and speaks_of_one:
        detail = "it speaks of fallbacks, and the plan survives no failure"
        yield Claim("promise", f"{where}/promise", detail)
    for place, stop in every_stop(plan.charging_stops, f"{where}/charging_stops"):
        ends = stop.verdict.valid_until
        if ends is not None and not plan.valid_until <= ends + SECONDS:
            detail = f"the evidence of {place} ends {plan.valid_until - ends:.0f} s before"
            yield Claim("promise", f"{where}/valid_until", detail)


def check_world(scene: Scene, plan: Plan, where: str) -> Iterator[Claim]:
    """Check that the plan stands on this region, and that its world is named as it should be.

    Feeds, agreements and closures may have moved on since: then their facts decide, not their
    names.
    """
    told, known = plan.world, scene.world.names
    if told.region_hash != known.region_hash:
        detail = f"the roads are {known.region_hash}, its paths are of {told.region_hash}"
        yield Claim("world", f"{where}/world/region_hash", detail)
    text = f"{told.region_hash}|{told.feeds}"
    if told.closures:
        text += f"|{told.closures}"
    name = sha256(text.encode()).hexdigest()[:16]
    if told.hash != name:
        yield Claim("world", f"{where}/world/hash", f"region, feeds and closures are {name}")
    # Pulls that bring nothing new move the clock of the feeds and leave the world as it was.
    if told.hash == known.hash and told != replace(known, feeds_as_of=told.feeds_as_of):
        yield Claim("world", f"{where}/world", "a world of this hash has other names and dates")


def every_stop(stops: Iterable[ChargingStop], where: str) -> Iterator[tuple[str, ChargingStop]]:
    """Give the stops, those of their fallbacks, and so on, each with its place."""
    for number, stop in enumerate(stops):
        place = f"{where}/{number}"
        yield place, stop
        for order, fallback in enumerate(stop.fallbacks):
            behind = f"{place}/fallbacks/{order}"
            yield f"{behind}/stop", fallback.stop
            yield from _stops_behind(fallback.stop, f"{behind}/stop")
            yield from every_stop(fallback.onward_stops, f"{behind}/onward_stops")


def _stops_behind(stop: ChargingStop, where: str) -> Iterator[tuple[str, ChargingStop]]:
    for order, fallback in enumerate(stop.fallbacks):
        behind = f"{where}/fallbacks/{order}"
        yield f"{behind}/stop", fallback.stop
        yield from _stops_behind(fallback.stop, f"{behind}/stop")
        yield from every_stop(fallback.onward_stops, f"{behind}/onward_stops")


def every_fallback(stops: Iterable[ChargingStop]) -> Iterator[Fallback]:
    """Give all fallbacks of all stops, at any depth."""
    for _, stop in every_stop(stops, ""):
        yield from stop.fallbacks


def _check_costs(plan: Plan, where: str) -> Iterator[Claim]:
    """Compare the totals with the stops' costs, currency by currency."""
    stops: dict[str, Decimal] = {}
    for stop in plan.charging_stops:
        if stop.cost is not None:
            known = stops.get(stop.cost.currency, Decimal(0))
            stops[stop.cost.currency] = known + stop.cost.amount
    totals: dict[str, Decimal] = {}
    for money in plan.summary.costs:
        totals[money.currency] = totals.get(money.currency, Decimal(0)) + money.amount
    for currency in sorted({*stops, *totals}):
        expected, told = stops.get(currency), totals.get(currency)
        if expected is None or told is None or abs(expected - told) >= CENT:
            detail = f"the stops come to {expected} {currency}, not {told}"
            yield Claim("summary", f"{where}/summary/costs", detail)


def _check_guarantee(plan: Plan, where: str) -> Iterator[Claim]:
    """Compare what is guaranteed with the stops and fallbacks that carry it."""
    told = plan.summary
    stops = [stop for _, stop in every_stop(plan.charging_stops, "")]
    least = min((stop.verdict.grade for stop in stops), default=None)
    if told.min_grade != least:
        detail = f"the least grade is {least.word if least else None}"
        yield Claim("summary", f"{where}/summary/min_grade", detail)
    if told.order != plan.mission.guarantee.fallbacks:
        detail = f"the mission asks for {plan.mission.guarantee.fallbacks}, not {told.order}"
        yield Claim("summary", f"{where}/summary/order", detail)
    causes = {c for fallback in every_fallback(plan.charging_stops) for c in fallback.common_causes}
    missing = sorted(causes - set(told.common_causes))
    if missing:
        detail = f"stops and fallbacks also share {', '.join(missing)}"
        yield Claim("common_cause", f"{where}/summary/common_causes", detail)
    if told.p_all_fail is not None and not 0.0 <= told.p_all_fail <= 1.0:
        yield Claim("summary", f"{where}/summary/p_all_fail", "it is no probability")
    if told.gap is not None and not 0.0 <= told.gap < 1.0:
        detail = "a gap is a share of the trip's time: 0 or more, and less than 1"
        yield Claim("summary", f"{where}/summary/gap", detail)
    if told.gap is not None and plan.mission.objective.preset not in ("fastest", "surest"):
        detail = "where money counts, no gap is proven"
        yield Claim("summary", f"{where}/summary/gap", detail)
