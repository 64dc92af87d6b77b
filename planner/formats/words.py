"""What a driver reads of a stop, in words: used by calendars, navigation files and tables."""

from collections.abc import Iterable
from math import ceil

from planner.model.plan import ChargingStop, Money, Summary


def percent(soc: float) -> str:
    """Write a state of charge as whole percent, rounded down: nobody is promised more."""
    return f"{int(soc * 100 + 1e-9)} %"


def duration_words(seconds: float) -> str:
    """Write a duration as hours and minutes, rounded up to the minute."""
    minutes = int(-(-seconds // 60))
    hours, rest = divmod(minutes, 60)
    return f"{hours} h {rest:02d} min" if hours else f"{rest} min"


def money_words(money: Money | None) -> str:
    """Write an amount with what it is; an unknown price says so."""
    if money is None:
        return "price unknown"
    basis = "" if money.basis == "retail" else " (operator's tariff)"
    return f"{money.amount.quantize(money.amount.__class__('0.01'))} {money.currency}{basis}"


def gap_words(summary: Summary) -> str:
    """Write how far the trip may be from the best one, rounded up; empty where none knows."""
    if summary.gap is None:
        return ""
    minutes = ceil(summary.gap * (summary.arrival - summary.departure) / 60.0 - 1e-9)
    percent = ceil(1000.0 * summary.gap - 1e-9) / 10.0
    return (
        "No trip with as many fallbacks, on any roads, can be more than"
        f" {duration_words(60.0 * minutes)} ({percent:g} %) shorter."
    )


def charge_words(stop: ChargingStop) -> str:
    """Write what is charged where: from and to which charge, how much, at which power."""
    return (
        f"Charge {percent(stop.soc_arrival)} → {percent(stop.soc_departure)}"
        f" ({stop.energy_kwh:.1f} kWh, {stop.power_kw:.0f} kW {stop.connector_standard})"
    )


def how_words(stop: ChargingStop) -> str:
    """Write how charging is started there, and whom to call."""
    start = stop.start
    ways = {"card": "Hold to the reader", "app": "Start by app", "plug": "Plug in"}
    said = [f"{ways.get(start.how, 'Pay at the terminal')}: {start.label}"]
    if stop.evse_id or start.physical_reference:
        said.append(f"EVSE {start.physical_reference or stop.evse_id}")
    if start.directions:
        said.append(start.directions)
    if start.help_phone:
        said.append(f"help: {start.help_phone}")
    return "; ".join(said)


CHANGES = {
    "arrive_before": "later arrivals",
    "avoid": "roads that are avoided",
    "departure": "other departures",
    "fallbacks": "fewer fallbacks",
    "min_grade": "less sure stations",
    "payment_card": "a payment card",
    "reserve_soc": "a smaller reserve",
    "soc": "more charge at the start",
    "token": "other cards",
}
"""Kinds of changes that may make a trip feasible, as a driver would say."""


def untried_words(kinds: Iterable[str]) -> str:
    """Name the kinds of changes that there was no time to try."""
    return ", ".join(CHANGES.get(kind, kind) for kind in kinds)
