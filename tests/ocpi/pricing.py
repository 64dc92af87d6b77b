"""Tariffs and sessions as tests write them."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from planner.ocpi.tariffs import Tariff, Usage, cost, read_tariff

ZONE = "Europe/Amsterdam"


def at(text: str, zone: str = ZONE) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp()


MONDAY = at("2026-06-08T09:30:00")
SATURDAY = at("2026-06-13T13:30:00")


def make(*elements: Any, **fields: Any) -> Tariff:
    """Make a tariff of (components, restrictions) pairs, a component (type, price, step, vat)."""
    raw_elements = [
        {
            "price_components": [
                {"type": c[0], "price": c[1], "step_size": c[2] if len(c) > 2 else 1}
                | ({"vat": c[3]} if len(c) > 3 else {})
                for c in components
            ],
            "restrictions": restrictions,
        }
        for components, restrictions in elements
    ]
    return read_tariff(
        {
            "country_code": "NL",
            "party_id": "TNM",
            "id": "1",
            "currency": "EUR",
            "elements": raw_elements,
            "last_updated": "2026-06-01T00:00:00Z",
            **fields,
        }
    )


def session(kwh: float = 20.0, minutes: float = 60.0, **fields: Any) -> Usage:
    power = fields.pop("power", 60.0 * kwh / minutes if minutes else 0.0)
    fields = {"start": MONDAY, "zone": ZONE, **fields}
    return Usage(charging=((minutes * 60.0, kwh, power),), **fields)


def billed(tariff: Tariff, usage: Usage) -> tuple[str, str]:
    total = cost(tariff, usage)
    return str(total.net.normalize() + 0), str(total.gross.normalize() + 0)
