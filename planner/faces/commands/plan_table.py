"""A trip as a plain table: when, where, with which charge, why each stop is sure, what if not."""

from collections.abc import Iterator
from datetime import UTC, datetime

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from planner.formats.stamps import zone_at
from planner.formats.words import (
    duration_words,
    gap_words,
    how_words,
    money_words,
    percent,
    untried_words,
)
from planner.model.geo import LonLat
from planner.model.plan import ChargingStop, Fallback, Infeasible, Leg, Outcome, Plan, Rejected
from planner.model.token import Wallet
from planner.roads.graph import RoadGraph
from planner.roads.names import main_roads

DAY_S = 86_400.0


def show_outcome(outcome: Outcome, region: RoadGraph, console: Console) -> None:
    """Print a plan, its roads by the region's names, or why there is none."""
    if isinstance(outcome, Plan):
        _show_plan(outcome, region, console)
    else:
        _show_infeasible(outcome, console)
    _show_rejected(outcome.rejected, console)
    assumed = outcome.mission.assumed
    if assumed:
        console.print(Text(f"Assumed: {'; '.join(assumed)}", style="dim"))
    for warning in outcome.warnings:
        if warning not in assumed:
            console.print(Text(f"Note: {warning}", style="dim"))
    for said in outcome.world.attribution:
        console.print(Text(said, style="dim"))


def _clock(moment_s: float, place: LonLat, *, day: bool = False) -> str:
    """Write the time of day at a place, rounded to the minute; with ``day`` the date too."""
    there = datetime.fromtimestamp(round(moment_s / 60) * 60, tz=UTC).astimezone(zone_at(place))
    return there.strftime("%a %d %b %H:%M" if day else "%H:%M")


def _show_plan(plan: Plan, region: RoadGraph, console: Console) -> None:
    summary, mission = plan.summary, plan.mission
    end = mission.waypoints[-1]
    names = [waypoint.name or _point(waypoint.location) for waypoint in mission.waypoints]
    console.print(Text(" → ".join(names), style="bold"))
    console.print(Text(plan.promise))
    costs = [money_words(cost) for cost in summary.costs]
    if summary.unpriced_stops:
        costs.append(f"{summary.unpriced_stops} stops of unknown price")
    facts = [
        f"{summary.distance_m / 1000:.0f} km",
        f"{duration_words(summary.driving_s)} driving",
        f"{duration_words(summary.charging_s)} charging",
        f"{summary.energy_kwh:.1f} kWh",
        *costs,
        mission.vehicle.title or mission.vehicle.id,
    ]
    console.print(Text(" · ".join(facts)))
    if summary.gap is not None:
        console.print(Text(gap_words(summary)))
    console.print(_trip_table(plan, region))
    for index, other in enumerate(plan.alternatives, start=1):
        said = (
            f"Alternative {index}: arrive {_clock(other.summary.arrival, end.location)}, "
            f"{other.summary.charging_stops} stops, "
            f"{', '.join(money_words(cost) for cost in other.summary.costs) or 'price unknown'}"
        )
        if other.differs is not None:
            said += f": {other.differs.says}"
        console.print(Text(said))


def _trip_table(plan: Plan, region: RoadGraph) -> Table:
    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
    table.add_column("Time", no_wrap=True)
    table.add_column("Place", overflow="fold")
    table.add_column("Charge", no_wrap=True)
    table.add_column("What, and why it is sure", overflow="fold", ratio=1)
    first = plan.legs[0]
    table.add_row(
        _clock(first.departure, first.start, day=True),
        Text(first.start_name or _point(first.start), style="bold"),
        percent(first.soc_start),
        "",
    )
    stops, number = list(plan.charging_stops), 0
    for leg in plan.legs:
        roads = main_roads(region.roads_along(leg.path))
        along = ", ".join(f"{road.title} {road.distance_m / 1000:.0f} km" for road in roads)
        table.add_row("", Text(_drive(leg), style="dim"), "", Text(along, style="dim"))
        if stops and leg.end == stops[0].location:
            stop = stops.pop(0)
            when = f"{_clock(stop.arrival, stop.location)}-{_clock(stop.departure, stop.location)}"
            name = Text(stop.station_name, style="bold")
            name.append(f"\n{stop.operator}", style="not bold")
            charge = f"{percent(stop.soc_arrival)} → {percent(stop.soc_departure)}"
            said = "\n".join((*_stop_lines(stop, plan.mission.wallet), *_why(plan, number)))
            number += 1
            table.add_row(when, name, charge, Text(said))
        else:
            name = Text(leg.end_name or _point(leg.end), style="bold")
            table.add_row(_clock(leg.arrival, leg.end), name, percent(leg.soc_end), "")
    return table


def _why(plan: Plan, number: int) -> Iterator[str]:
    """Tell the next best choice for a stop, where that was asked for."""
    return (choice.says for choice in plan.choices if choice.stop == number)


def _drive(leg: Leg) -> str:
    return (
        f"  {leg.distance_m / 1000:.0f} km, {duration_words(leg.duration_s)},"
        f" {leg.energy_kwh:.1f} kWh"
    )


def _stop_lines(stop: ChargingStop, wallet: Wallet) -> Iterator[str]:
    evse = stop.evse_id or stop.evse_uid
    yield (
        f"{duration_words(stop.departure - stop.arrival)} at {evse}, {stop.power_kw:.0f} kW "
        f"{stop.connector_standard}, {stop.energy_kwh:.1f} kWh, {money_words(stop.cost)}"
    )
    masked = f" ({wallet.tokens[stop.token].masked})" if stop.token >= 0 else ""
    yield f"{how_words(stop)}{masked}"
    yield f"{stop.verdict.grade.word} by {stop.verdict.rule}"
    for fact in stop.verdict.evidence:
        date = "" if fact.as_of is None else f", {datetime.fromtimestamp(fact.as_of, tz=UTC):%F}"
        yield f"  {fact.field} = {fact.value} [{fact.source}{date}]"
    for warning in stop.verdict.warnings:
        yield f"  note: {warning}"
    for fallback in stop.fallbacks:
        yield from _fallback_lines(stop, fallback)


def _fallback_lines(stop: ChargingStop, fallback: Fallback) -> Iterator[str]:
    there = fallback.stop
    by = ""
    if stop.decide_by is not None:
        by = f", decide by {_clock(stop.decide_by, stop.location)}"
    end = (fallback.onward_legs[-1] if fallback.onward_legs else fallback.leg).end
    yield (
        f"If it fails{by}: {there.station_name} ({there.operator}), "
        f"{fallback.leg.distance_m / 1000:.0f} km on, with {percent(there.soc_arrival)} left; "
        f"the trip then ends at {_clock(fallback.arrival, end)}"
    )
    if fallback.lateness_s > 0:
        yield f"  {duration_words(fallback.lateness_s)} later than asked for"
    if fallback.common_causes:
        yield f"  what both share: {', '.join(fallback.common_causes)}"


def _show_infeasible(answer: Infeasible, console: Console) -> None:
    console.print(Text(f"No trip: {answer.title} ({answer.reason})", style="bold red"))
    furthest = answer.furthest
    if furthest is not None:
        place = furthest.name or _point(furthest.location)
        said = f"You would get as far as {place}, {furthest.distance_m / 1000:.0f} km on the way"
        if furthest.remaining_s > 0:
            said += f"; {duration_words(furthest.remaining_s)} of driving would be left"
        console.print(Text(said))
    if answer.relaxations:
        console.print(Text("What would help, each alone:"))
        for change in answer.relaxations:
            console.print(Padding(Text(f"{change.says} [{change.change}]"), (0, 0, 0, 2)))
    if answer.untried:
        console.print(Text(f"Not all tried, for time: {untried_words(answer.untried)}"))


def _show_rejected(rejected: Rejected, console: Console) -> None:
    counts = sorted(rejected.counts.items(), key=lambda item: -item[1])
    if not counts and not rejected.unseen:
        return
    said = ", ".join(f"{count:,} {reason}" for reason, count in counts)
    if rejected.unseen:
        said += f"; {rejected.unseen:,} not shown to you"
    around = duration_words(rejected.detour_s)
    console.print(Text(f"Left out within {around} of detour: {said}"))


def _point(place: LonLat) -> str:
    return f"{place.lon:.4f},{place.lat:.4f}"
