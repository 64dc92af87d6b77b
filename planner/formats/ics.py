"""Plans as iCalendar (RFC 5545): one event for each drive and each charging stop."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from icalendar import Calendar, Event, vGeo

from planner.formats.plan_reading import plan_from_json
from planner.formats.words import charge_words, how_words, money_words, percent
from planner.model.plan import ChargingStop, Leg, Plan


def plan_to_ics(document: Mapping[str, Any]) -> bytes:
    """Write a plan (its JSON document) as a calendar; times are UTC, which none can misread."""
    plan = plan_from_json(document)
    calendar = Calendar()
    calendar.add("prodid", "-//Plugsure//Plan//EN")
    calendar.add("version", "2.0")
    calendar.add("name", plan.mission.id or "Electric trip")
    for index, leg in enumerate(plan.legs):
        calendar.add_component(_drive(plan, leg, index))
    for index, stop in enumerate(plan.charging_stops):
        calendar.add_component(_charge(plan, stop, index))
    return bytes(calendar.to_ical())


def _event(plan: Plan, name: str, begin: float, end: float) -> Event:
    event = Event()
    event.add("uid", f"{plan.id}-{name}@plugsure")
    event.add("dtstamp", _utc(plan.created))
    event.add("dtstart", _utc(begin))
    event.add("dtend", _utc(max(end, begin)))
    return event


def _drive(plan: Plan, leg: Leg, index: int) -> Event:
    event = _event(plan, f"leg-{index}", leg.departure, leg.arrival)
    event.add("summary", f"Drive to {leg.end_name or 'the next stop'}")
    event.add(
        "description",
        f"{leg.distance_m / 1000:.0f} km, arriving with {percent(leg.soc_end)} or more",
    )
    return event


def _charge(plan: Plan, stop: ChargingStop, index: int) -> Event:
    event = _event(plan, f"charge-{index}", stop.arrival, stop.departure)
    event.add("summary", f"Charge at {stop.station_name}")
    event.add("location", f"{stop.station_name} ({stop.operator})")
    event["geo"] = vGeo((stop.location.lat, stop.location.lon))
    said = [charge_words(stop), how_words(stop), money_words(stop.cost)]
    said.append(f"Access {stop.verdict.grade.word}: {stop.verdict.rule}")
    said.extend(f"If it fails: {f.stop.station_name}" for f in stop.fallbacks)
    event.add("description", "\n".join(said))
    if stop.start.help_phone:
        event.add("contact", stop.start.help_phone)
    return event


def _utc(moment_s: float) -> datetime:
    return datetime.fromtimestamp(round(moment_s), tz=UTC)
