"""The demo's tariffs as OCPI 2.2.1 Tariff objects: what each operator charges providers and guests.

Source of the form: OCPI 2.2.1-d2, module Tariffs. The prices are made up.
"""

from typing import Any

from planner.demo.operators import Operator

Json = dict[str, Any]
STATIC_SINCE = "2026-01-15T06:00:00Z"
"""``last_updated`` of what never changes in the demo."""
WORKDAYS = ["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY"]


def tariffs_of(operator: Operator) -> list[Json]:
    """Return the operator's tariffs: ``AC``, ``AC-CITY``, ``DC``, ``HPC``, ``GUEST``."""
    price = operator.price_kwh
    makers = {
        "AC": _ac(price),
        "AC-CITY": _ac_city(price),
        "DC": _dc(price),
        "HPC": _hpc(price),
        "GUEST": _guest(price),
    }
    return [_tariff(operator, name, body) for name, body in makers.items()]


def tariff_ids(power_kw: float, *, town: bool) -> list[str]:
    """Return the tariffs of a connector: the regular one by power and place, and the guests'."""
    if power_kw <= 22:  # noqa: PLR2004 -- alternating current
        return ["AC-CITY" if town else "AC", "GUEST"]
    return ["HPC" if power_kw >= 300 else "DC", "GUEST"]  # noqa: PLR2004


def _tariff(operator: Operator, name: str, body: Json) -> Json:
    says = f"{operator.name}: {body.pop('says')}"
    head: Json = {
        "country_code": operator.country_code,
        "party_id": operator.party_id,
        "id": name,
        "currency": operator.currency,
        "type": body.pop("type"),
        "tariff_alt_text": [{"language": "en", "text": says}],
    }
    for limit in ("min_price", "max_price"):
        if limit in body:
            net = body.pop(limit) * _scale(operator)
            gross = net * (1 + operator.vat_percent / 100)
            head[limit] = {"excl_vat": round(net, 2), "incl_vat": round(gross, 2)}
    elements = [_element(operator, *element) for element in body.pop("elements")]
    return head | {"elements": elements, "last_updated": STATIC_SINCE}


def _scale(operator: Operator) -> float:
    """Amounts that do not depend on energy are written in euros; other currencies differ."""
    return {"CZK": 25.0}.get(operator.currency, 1.0)


def _element(
    operator: Operator, components: list[tuple[str, float, int]], restrictions: Json | None = None
) -> Json:
    priced = [
        {
            "type": kind,
            "price": round(amount * (1.0 if kind == "ENERGY" else _scale(operator)), 4),
            "vat": operator.vat_percent,
            "step_size": step,
        }
        for kind, amount, step in components
    ]
    return {"price_components": priced} | ({"restrictions": restrictions} if restrictions else {})


def _ac(price: float) -> Json:
    return {
        "type": "REGULAR",
        "says": "by energy; parking after charging costs by day",
        "elements": [
            ([("ENERGY", round(price * 0.8, 4), 1)],),
            ([("PARKING_TIME", 2.4, 300)], {"start_time": "08:00", "end_time": "20:00"}),
        ],
    }


def _ac_city(price: float) -> Json:
    """By energy, cheaper by night, with a charge for time after four hours on workdays."""
    return {
        "type": "REGULAR",
        "says": "cheaper by night; time costs after four hours on workdays",
        "min_price": 1.0,
        "elements": [
            (
                [("ENERGY", round(price * 0.68, 4), 1)],
                {"start_time": "22:00", "end_time": "06:00"},
            ),
            (
                [("TIME", 3.0, 60), ("ENERGY", round(price * 0.85, 4), 1)],
                {
                    "start_time": "08:00",
                    "end_time": "20:00",
                    "min_duration": 14_400,
                    "day_of_week": WORKDAYS,
                },
            ),
            ([("ENERGY", round(price * 0.85, 4), 1)],),
            ([("PARKING_TIME", 4.8, 300)], {"start_time": "08:00", "end_time": "20:00"}),
        ],
    }


def _dc(price: float) -> Json:
    return {
        "type": "REGULAR",
        "says": "by energy, a fee to start, and for each started minute after charging",
        "min_price": 2.0,
        "elements": [
            ([("FLAT", 0.5, 1), ("ENERGY", price, 1), ("PARKING_TIME", 6.0, 60)],),
        ],
    }


def _hpc(price: float) -> Json:
    return {
        "type": "REGULAR",
        "says": "dearer from 10 to 19 o'clock; idling costs from the first minute",
        "min_price": 3.0,
        "elements": [
            (
                [("ENERGY", round(price * 1.2, 4), 1), ("PARKING_TIME", 12.0, 60)],
                {"start_time": "10:00", "end_time": "19:00"},
            ),
            ([("ENERGY", round(price * 1.05, 4), 1), ("PARKING_TIME", 12.0, 60)],),
        ],
    }


def _guest(price: float) -> Json:
    return {
        "type": "AD_HOC_PAYMENT",
        "says": "for guests with a payment card",
        "min_price": 1.0,
        "max_price": 120.0,
        "elements": [
            ([("FLAT", 0.3, 1), ("ENERGY", round(price * 1.35, 4), 1), ("PARKING_TIME", 6.0, 60)],),
        ],
    }
