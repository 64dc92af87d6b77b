"""Costs held against an oracle that steps through a session in slices of ten seconds."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.ocpi.tariffs import Usage, cost
from tests.ocpi.pricing import MONDAY, ZONE, make, session

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
    return (
        (inside or begin == end)
        and (not days or local.strftime("%A").upper() in days)
        and rule.get("min_kwh", 0) <= kwh + 1e-9
        and kwh + 1e-9 < rule.get("max_kwh", 1e9)
        and rule.get("min_duration", 0) <= elapsed < rule.get("max_duration", 1e9)
        and rule.get("min_power", 0) <= power < rule.get("max_power", 1e9)
    )


def minute_by_minute(elements: list[Any], usage: Usage) -> float:
    """Price a session in slices of ten seconds, without steps."""
    total, elapsed, kwh = 0.0, 0.0, 0.0
    has_flat = False
    slices = [
        (10.0, energy * 10.0 / duration, power, "TIME")
        for duration, energy, power in usage.charging
        for _ in range(round(duration / 10.0))
    ]
    slices += [(10.0, 0.0, 0.0, "PARKING_TIME")] * round(usage.parking_s / 10.0)
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
