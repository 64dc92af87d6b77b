"""The right tariff is chosen, and told in a line."""

from typing import Any

import pytest

from planner.ocpi.tariffs import Tariff, choose, describe
from tests.ocpi.pricing import MONDAY, at, make


def typed(kind: str | None, **fields: Any) -> Tariff:
    return make(([("ENERGY", 0.5)], None), type=kind, **fields)


def test_the_tariff_made_for_the_way_of_paying_goes_first() -> None:
    regular, ad_hoc, any_, cheap = (
        typed(kind) for kind in ("REGULAR", "AD_HOC_PAYMENT", None, "PROFILE_CHEAP")
    )
    everything = [cheap, any_, ad_hoc, regular]
    assert choose(everything, ad_hoc=True, at=MONDAY) is ad_hoc
    assert choose(everything, ad_hoc=False, at=MONDAY) is regular
    assert choose([cheap, any_], ad_hoc=False, at=MONDAY) is any_
    assert choose([regular, cheap], ad_hoc=True, at=MONDAY) is None
    assert choose([], ad_hoc=False, at=MONDAY) is None


def test_a_tariff_is_chosen_only_while_it_is_valid_and_the_newest_wins() -> None:
    old = typed(None, id="old", end_date_time="2026-06-30T23:59:59Z")
    new = typed(None, id="new", start_date_time="2026-06-08T00:00:00Z")
    assert choose([old, new], ad_hoc=False, at=MONDAY - 7 * 86_400) is old
    assert choose([old, new], ad_hoc=False, at=MONDAY) is new
    assert choose([old], ad_hoc=False, at=at("2026-07-02T00:00:00")) is None


@pytest.mark.parametrize(
    ("tariff", "line"),
    [
        (
            make(
                ([("ENERGY", 0.59)], None),
                ([("PARKING_TIME", 6)], {"start_time": "08:00", "end_time": "20:00"}),
            ),
            "€0.59/kWh + €0.10/min parked after charging, 08:00-20:00",
        ),
        (make(([("ENERGY", 0.5, 1, 20), ("FLAT", 1)], None)), "€0.60/kWh + €1.00 per session"),
        (make(([("FLAT", 0)], None)), "free of charge"),
        (make(([("ENERGY", 0.5)], None), currency="CHF"), "CHF 0.50/kWh"),
        (
            make(([("ENERGY", 0.3)], {"max_kwh": 10}), ([("ENERGY", 0.5)], None)),
            "€0.30/kWh, below 10 kWh or €0.50/kWh otherwise",
        ),
        (
            make(([("ENERGY", 0.5)], None), max_price={"excl_vat": 10, "incl_vat": 12}),
            "€0.50/kWh; at most €12.00",
        ),
        (
            make(*[([("ENERGY", n / 10)], {"start_time": f"{n:02d}:00"}) for n in range(1, 6)]),
            "€0.10 to €0.50/kWh, depending on the time",
        ),
        (
            make(([("TIME", 3)], {"day_of_week": ["SUNDAY", "SATURDAY"], "min_duration": 7200})),
            "€0.05/min charging, Sat Sun, from 120 min",
        ),
    ],
)
def test_a_tariff_is_told_in_a_line(tariff: Tariff, line: str) -> None:
    assert describe(tariff) == line
