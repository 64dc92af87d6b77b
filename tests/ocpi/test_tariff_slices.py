"""Costs held against an oracle that steps through a session in slices of ten seconds."""

import gzip
import json
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.ocpi.tariffs import Tariff, Usage, cost, read_tariff
from tests.ocpi.pricing import MONDAY, ZONE, at, make, session

PRICES = st.integers(0, 200).map(lambda cents: cents / 100)
CLOCKS = st.sampled_from([None, "00:00", "06:00", "09:45", "10:00", "10:20", "22:00"])
RULES = st.fixed_dictionaries(
    {},
    optional={
        "start_time": CLOCKS,
        "end_time": CLOCKS,
        "min_kwh": st.integers(0, 20),
        "max_kwh": st.integers(1, 30),
        "min_duration": st.integers(0, 100).map(lambda m: m * 60),
        "max_duration": st.integers(0, 100).map(lambda m: m * 60),
        "min_power": st.integers(0, 60),
        "max_power": st.integers(1, 100),
        "day_of_week": st.lists(st.sampled_from(["SUNDAY", "MONDAY", "TUESDAY"]), max_size=2),
    },
)
COMPONENTS = st.lists(
    st.tuples(st.sampled_from(["ENERGY", "TIME", "PARKING_TIME", "FLAT"]), PRICES),
    min_size=1,
    max_size=3,
)
TARIFFS = st.lists(st.tuples(COMPONENTS, RULES), min_size=1, max_size=4)
USAGES = st.builds(
    Usage,
    start=st.integers(0, 4 * 96).map(lambda quarter: MONDAY - 86_400 + 900.0 * quarter),
    zone=st.just(ZONE),
    charging=st.lists(
        st.tuples(
            st.integers(1, 40).map(lambda m: m * 60.0),
            st.integers(0, 20).map(float),
            st.integers(1, 90).map(float),
        ),
        max_size=3,
    ).map(tuple),
    parking_s=st.integers(0, 60).map(lambda m: m * 60.0),
)


def holds(rule: dict[str, Any], moment: float, elapsed: float, kwh: float, power: float) -> bool:
    """Judge a rule at one moment, in the plainest way."""
    local = datetime.fromtimestamp(moment, tz=ZoneInfo(ZONE))
    clock = local.strftime("%H:%M")
    begin, end = rule.get("start_time") or "00:00", rule.get("end_time") or "24:00"
    end = "24:00" if end == "00:00" else end
    inside = begin <= clock < end if begin < end else clock >= begin or clock < end
    days = rule.get("day_of_week")
    today, first, last = local.date().isoformat(), rule.get("start_date"), rule.get("end_date")
    return (
        (inside or begin == end)
        and (not first or today >= first)
        and (not last or today < last or today == first == last)
        and (not days or local.strftime("%A").upper() in days)
        and rule.get("min_kwh", 0) <= kwh + 1e-9
        and kwh + 1e-9 < rule.get("max_kwh", 1e9)
        and rule.get("min_duration", 0) <= elapsed < rule.get("max_duration", 1e9)
        and rule.get("min_power", 0) <= power < rule.get("max_power", 1e9)
    )


def minute_by_minute(elements: list[Any], usage: Usage, slice_s: float = 10.0) -> float:
    """Price a session in short slices, without steps."""
    total, elapsed, kwh = 0.0, 0.0, 0.0
    has_flat = False
    slices = [
        (slice_s, energy * slice_s / duration, power, "TIME")
        for duration, energy, power in usage.charging
        for _ in range(round(duration / slice_s))
    ]
    slices += [(slice_s, 0.0, 0.0, "PARKING_TIME")] * round(usage.parking_s / slice_s)
    for seconds, energy, power, timed in slices or [(0.0, 0.0, 0.0, "PARKING_TIME")]:
        for dimension, quantity in (("ENERGY", energy), (timed, seconds / 3600.0), ("FLAT", 1.0)):
            if dimension == "FLAT" and has_flat:
                continue
            prices = [
                price
                for components, rule in elements
                for kind, price in components
                if kind == dimension and holds(rule, usage.start + elapsed, elapsed, kwh, power)
            ]
            if prices:
                total += prices[0] * quantity
                has_flat |= dimension == "FLAT"
        elapsed, kwh = elapsed + seconds, kwh + energy
    return total


@given(TARIFFS, USAGES)
def test_any_tariff_costs_what_slices_of_ten_seconds_add_up_to(
    elements: list[Any], usage: Usage
) -> None:
    exact = float(cost(make(*elements), usage).net)
    # A slice may straddle an energy boundary: at most its own energy is then priced otherwise.
    slack = sum(20.0 * e * 10.0 / d for d, e, _ in usage.charging) + 0.01
    sliced = minute_by_minute(elements, usage)
    assert exact == pytest.approx(sliced, abs=slack), (elements, usage)


@given(TARIFFS, USAGES, st.integers(2, 5))
def test_splitting_a_period_does_not_change_what_it_costs(
    elements: list[Any], usage: Usage, parts: int
) -> None:
    split = tuple((d / parts, e / parts, p) for d, e, p in usage.charging for _ in range(parts))
    again = Usage(start=usage.start, zone=usage.zone, charging=split, parking_s=usage.parking_s)
    tariff = make(*elements)
    # The exact sum may fall on the other side of half of the last digit.
    difference = cost(tariff, usage).net - cost(tariff, again).net
    assert abs(difference) <= Decimal("0.0012"), (elements, usage)


@given(st.lists(PRICES, min_size=1, max_size=3), st.floats(0, 80), st.floats(0, 80))
def test_more_energy_never_costs_less_where_only_energy_is_priced(
    prices: list[float], kwh: float, more: float
) -> None:
    bands = [
        ([("ENERGY", price)], {"min_kwh": 20 * n, "max_kwh": 20 * (n + 1)})
        for n, price in enumerate(prices)
    ]
    tariff = make(*bands, ([("ENERGY", prices[-1])], None))
    few, many = (cost(tariff, session(amount, power=50.0)) for amount in (kwh, kwh + more))
    assert few.net <= many.net


@given(TARIFFS, USAGES)
def test_no_session_costs_less_than_nothing(elements: list[Any], usage: Usage) -> None:
    total = cost(make(*elements), usage)
    assert 0 <= total.net <= total.gross


def test_a_quarter_of_the_dutch_tariffs_cost_what_slices_add_up_to(shared: Path) -> None:
    """Each is priced for a session of its own, over midnight, weekends and changes of the clock."""
    starts = ("2026-06-07T23:13:00", "2026-06-08T08:40:00", "2026-03-29T01:20:00")
    checked = 0
    with gzip.open(shared / "chargers" / "nl-ocpi-tariffs.ndjson.gz") as lines:
        for number, line in enumerate(lines):
            if number % 4:
                continue
            raw = json.loads(line)
            tariff = read_tariff(raw)
            elements = [plain(element) for element in raw["elements"]]
            usage = Usage(
                start=at(starts[number // 4 % 3]),
                zone=ZONE,
                charging=((1500.0, 25.0, 60.0), (600.0, 3.0, 18.0)),
                parking_s=1200.0,
            )
            sliced = minute_by_minute([e for e in elements if e is not None], usage, 60.0)
            exact = float(cost(unlimited(tariff), usage).net)
            steps = sum(
                float(c.price) * c.step / {"ENERGY": 1000.0, "FLAT": 1.0}.get(c.dimension, 3600.0)
                for element in tariff.elements
                for c in element.components
                if c.dimension != "FLAT" and c.step > 1
            )
            prices = [float(c.price) for e in tariff.elements for c in e.components]
            # A slice that straddles an edge is priced on one side of it; steps only add.
            slack = 0.17 * max(prices) + 0.01
            assert sliced - slack <= exact <= sliced + slack + steps, raw["id"]
            checked += 1
    assert checked == 2_882


def plain(element: dict[str, Any]) -> tuple[list[tuple[str, float]], dict[str, Any]] | None:
    """Give an element as the oracle takes it; None for one of reservations."""
    given = element.get("restrictions") or {}
    rule = {name: value for name, value in given.items() if value not in (None, [])}
    if rule.get("reservation"):
        return None
    if rule.get("end_time", "")[:5] == "23:59":  # meant to be midnight
        rule["end_time"] = "00:00"
    components = [(c["type"], float(c["price"])) for c in element["price_components"]]
    return components, rule


def unlimited(tariff: Tariff) -> Tariff:
    """Leave out the limits of the total, which the oracle does not know."""
    return replace(tariff, min_price=None, max_price=None, tax_included="NO")
