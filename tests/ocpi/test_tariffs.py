"""A session costs what the operator will bill."""

import gzip
import json
import pickle
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.errors import DataError
from planner.ocpi.tariffs import Tariff, Usage, choose, cost, describe, read_tariff

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


EXAMPLES = [
    ("tariff_8_simple_025kwh", session(20), "5.00", "5.50"),
    ("tariff_9_025kwh_start", session(20), "5.50", "6.10"),
    ("tariff_12_025kwh_min_price", session(20), "5.00", "5.50"),
    ("tariff_12_025kwh_min_price", session(1.9), "0.50", "0.55"),
    ("tariff_10_025kwh_parking_start", session(20, parking_s=2400), "7.00", "7.90"),
    ("tariff_6_025kwh_start_max_price", session(50), "10.00", "11.00"),
    ("tariff_6_025kwh_start_max_price", session(30), "8.00", "8.85"),
    ("tariff_1_simple_2hour", session(20, 150), "5.00", "5.50"),
    ("tariff_13_simple_3hour_5parking", session(20, 150, parking_s=42 * 60), "11.25", "12.75"),
    ("tariff_2_alt_text", session(20, 150), "4.75", "5.00"),
    ("tariff_3_alt_url", session(20.45), "5.63", "6.24"),
    ("tariff_4_complex", session(10, 165, power=3.68, parking_s=42 * 60), "9.00", "10.30"),
    (
        "tariff_4_complex",
        session(19, 114, power=9.9, start=SATURDAY, parking_s=71 * 60),
        "12.375",
        "13.975",
    ),
    ("tariff_5_free_of_charge", session(20), "0", "0"),
    ("tariffrestriction_example_max_duration", session(6.2, 40), None, None),
    ("tariff_15_reservation_5_euro_per_hour", session(20), "5.50", "6.10"),
    ("tariff_15_reservation_5_euro_per_hour", session(20, reservation_s=900), "6.75", "7.60"),
    (
        "tariff_16_reservation_2_euro_fee_5_euro_per_hour",
        session(20, reservation_s=780),
        "8.75",
        "10.00",
    ),
    ("tariff_17_reservation_with_expire_fee", session(20, reservation_s=1320), "6.50", "7.30"),
    (
        "tariff_17_reservation_with_expire_fee",
        session(0, 0, reservation_s=3600, reservation_expired=True),
        "6.00",
        "7.20",
    ),
    ("tariff_18_reservation_with_expire_time", session(20, reservation_s=1320), "7.00", "7.90"),
    (
        "tariff_18_reservation_with_expire_time",
        session(0, 0, reservation_s=5400, reservation_expired=True),
        "9.00",
        "10.80",
    ),
]


@pytest.mark.parametrize("version", ["v2.2.1-d2", "v2.3.0-ed2"])
@pytest.mark.parametrize(("name", "usage", "net", "gross"), EXAMPLES)
def test_the_examples_of_the_specification_cost_what_it_says(
    name: str, usage: Usage, net: str | None, gross: str | None, version: str, shared: Path
) -> None:
    path = shared / "chargers" / "ocpi-spec-examples" / version / f"{name}.json"
    if not path.exists():
        pytest.skip(f"no {name} in {version}")
    total = cost(read_tariff(json.loads(path.read_bytes())), usage)
    if net is None or gross is None:
        return
    digits = max(2, -Decimal(net).as_tuple().exponent)
    rounded = total.rounded(int(digits))
    assert (rounded.net, rounded.gross) == (Decimal(net), Decimal(gross))
    assert total.known


def test_free_minutes_and_dearer_ones_are_split_at_the_minute() -> None:
    """Source: OCPI 2.2.1, example of max_duration: 5 kWh free, then 1.2 kWh at 0.25."""
    tariff = make(
        ([("ENERGY", 0.0)], {"max_duration": 1800}),
        ([("ENERGY", 0.25)], {"max_duration": 3600}),
        ([("ENERGY", 0.40)], None),
    )
    usage = Usage(start=MONDAY, zone=ZONE, charging=((1800, 5.0, 10.0), (600, 1.2, 7.2)))
    assert billed(tariff, usage) == ("0.3", "0.3")


def test_power_bands_follow_the_power_of_each_period() -> None:
    """Source: OCPI 2.2.1, example of max_power: 20.30 euro."""
    tariff = make(
        ([("ENERGY", 0.20)], {"max_power": 16}),
        ([("ENERGY", 0.35)], {"max_power": 32}),
        ([("ENERGY", 0.50)], None),
    )
    periods = ((600, 1.0, 6.0), (3000, 40.0, 48.0), (450, 0.5, 4.0))
    usage = Usage(start=MONDAY, zone=ZONE, charging=periods)
    assert billed(tariff, usage) == ("20.3", "20.3")


def step_tariff() -> Tariff:
    return make(
        ([("TIME", 1.2, 1800), ("PARKING_TIME", 1.0, 900)], {"end_time": "17:00"}),
        (
            [("TIME", 2.4, 900), ("PARKING_TIME", 1.0, 900)],
            {"start_time": "17:00", "end_time": "20:00"},
        ),
        ([("TIME", 2.4, 900)], {"start_time": "20:00", "end_time": "00:00"}),
    )


@pytest.mark.parametrize(
    ("start", "minutes", "parked", "net"),
    [
        # 25 min at 1.20, then 10 at 2.40 and 10 more of the step: 0.50 + 0.80
        ("16:35", 35, 0, "1.3"),
        # parking is billed too, so that only its 2 minutes are rounded, to 15
        ("16:55", 10, 2, "0.55"),
        # parking is free after 20:00, so that charging is what is rounded
        ("19:55", 10, 2, "0.6"),
        # 8 of 20 minutes of parking are before 20:00 and are rounded to 15
        ("19:40", 12, 20, "0.73"),
    ],
)
def test_a_step_counts_once_over_the_total_at_the_last_price(
    start: str, minutes: float, parked: float, net: str
) -> None:
    usage = session(1, minutes, start=at(f"2026-06-08T{start}:00"), parking_s=parked * 60)
    assert billed(step_tariff(), usage)[0] == net


@pytest.mark.parametrize(
    ("wh", "step", "net"), [(115.2, 1, "0.029"), (115.2, 25, "0.0313"), (115.2, 500, "0.125")]
)
def test_energy_is_rounded_up_to_its_step(wh: float, step: int, net: str) -> None:
    assert billed(make(([("ENERGY", 0.25, step)], None)), session(wh / 1000))[0] == net


def test_float_noise_never_bills_a_step() -> None:
    tariff = make(([("ENERGY", 1.0, 100)], None))
    tenths = Usage(start=MONDAY, zone=ZONE, charging=((60.0, 0.1, 6.0),) * 3)
    assert sum((0.1,) * 3) > 0.3
    assert billed(tariff, tenths)[0] == "0.3"


def test_energy_bands_split_a_period_where_they_meet() -> None:
    tariff = make(([("ENERGY", 0.0)], {"max_kwh": 1}), ([("ENERGY", 0.2)], {"min_kwh": 1}))
    assert billed(tariff, session(20))[0] == "3.8"


@pytest.mark.parametrize(
    ("begin", "end", "start", "kwh_inside"),
    [
        ("08:00", "09:00", "07:30", 10.0),
        ("08:00:00", "08:59:59", "07:30", 10.0),
        ("22:00", "06:00", "21:45", 15.0),
        ("22:00", "06:00", "05:45", 5.0),
        ("00:00", "06:00", "23:30", 10.0),
        ("23:30", "00:00", "23:15", 10.0),
        ("23:30", "23:59", "23:15", 10.0),
        ("23:30", "24:00", "23:15", 10.0),
        ("00:00", "00:00", "23:30", 20.0),
        ("00:00", "23:59", "23:30", 20.0),
        ("10:00", None, "23:30", 10.0),
        (None, "00:30", "23:45", 10.0),
        ("12:00", "12:00", "23:30", 20.0),
    ],
)
def test_hours_of_the_day_wrap_and_end_at_midnight_as_they_are_meant(
    begin: str | None, end: str | None, start: str, kwh_inside: float
) -> None:
    tariff = make(
        ([("ENERGY", 1.0)], {"start_time": begin, "end_time": end}), ([("ENERGY", 0.0)], None)
    )
    usage = session(20, 60, start=at(f"2026-06-08T{start}:00"))
    assert float(cost(tariff, usage).net) == pytest.approx(kwh_inside, abs=1e-3)


@pytest.mark.parametrize(
    ("start", "minutes_inside"),
    [
        # Spring: 02:00 does not exist on 29 March 2026, so from 01:30 the hour ends at once.
        ("2026-03-29T00:30:00", 90.0),
        # Autumn: on 25 October 2026 the hour from 02:00 comes twice.
        ("2026-10-25T00:30:00", 210.0),
    ],
)
def test_hours_of_the_day_are_those_of_the_wall_clock_when_it_is_changed(
    start: str, minutes_inside: float
) -> None:
    tariff = make(([("TIME", 60.0)], {"start_time": "00:00", "end_time": "03:00"}))
    usage = session(10, 300, start=at(start))
    assert cost(tariff, usage).net == Decimal(minutes_inside)


def test_dates_are_local_and_end_before_their_end() -> None:
    rule = {"start_date": "2026-06-08", "end_date": "2026-06-09"}
    tariff = make(([("ENERGY", 1.0)], rule), ([("ENERGY", 0.0)], None))
    evening = session(20, 60, start=at("2026-06-08T23:30:00"))
    assert billed(tariff, evening)[0] == "10"


def test_equal_dates_mean_that_day() -> None:
    rule = {"start_date": "2026-06-08", "end_date": "2026-06-08"}
    tariff = make(([("ENERGY", 1.0)], rule), ([("ENERGY", 0.0)], None))
    assert billed(tariff, session(20))[0] == "20"
    assert billed(tariff, session(20, start=MONDAY + 86_400))[0] == "0"


def test_days_of_the_week_change_at_local_midnight() -> None:
    tariff = make(([("ENERGY", 1.0)], {"day_of_week": ["SUNDAY"]}), ([("ENERGY", 0.0)], None))
    assert billed(tariff, session(20, 60, start=at("2026-06-07T23:30:00")))[0] == "10"


def test_currents_are_reckoned_from_the_voltage() -> None:
    tariff = make(([("TIME", 1.0)], {"max_current": 32}), ([("TIME", 2.0)], {"min_current": 32}))
    assert billed(tariff, session(11, 60, power=7.3))[0] == "1"
    assert billed(tariff, session(11, 60, power=7.36))[0] == "2"
    assert billed(tariff, session(11, 60, power=7.36, voltage_v=400.0))[0] == "1"


def test_one_flat_fee_is_billed_a_session() -> None:
    tariff = make(
        ([("FLAT", 1.0)], {"end_time": "10:00"}), ([("FLAT", 5.0)], {"start_time": "10:00"})
    )
    assert billed(tariff, session(20, 60))[0] == "1"
    assert billed(tariff, session(0, 0))[0] == "1"


def test_limits_hold_without_and_with_vat_each() -> None:
    tariff = make(([("ENERGY", 0.25, 1, 10)], None), min_price={"excl_vat": 1, "incl_vat": 2})
    assert billed(tariff, session(2)) == ("1", "2")
    half = make(([("ENERGY", 0.25, 1, 10)], None), max_price={"excl_vat": 1.0})
    assert billed(half, session(20)) == ("1", "1.1")
    gross = make(([("ENERGY", 0.25, 1, 25)], None), max_price={"after_taxes": 2.5})
    assert billed(gross, session(20)) == ("2", "2.5")
    plain = make(([("ENERGY", 0.25)], None), max_price=3, min_price=None)
    assert billed(plain, session(20)) == ("3", "3")


def test_prices_with_tax_are_taken_apart() -> None:
    tariff = make(([("ENERGY", 0.5, 1, 25)], None), tax_included="YES")
    total = cost(tariff, session(20))
    assert (total.net, total.gross, total.vat_included) == (Decimal(8), Decimal(10), True)


def test_it_is_said_whether_vat_is_in_the_price() -> None:
    assert cost(make(([("ENERGY", 0.5, 1, 0)], None)), session()).vat_included
    assert not cost(make(([("ENERGY", 0.5)], None)), session()).vat_included
    assert cost(make(([("ENERGY", 0)], None)), session()).vat_included


def test_a_price_that_has_run_out_is_unknown_and_not_free() -> None:
    tariff = make(([("ENERGY", 0.5)], {"end_date": "2026-01-01"}))
    assert not cost(tariff, session()).known
    timed = make(([("ENERGY", 0.5)], None), ([("TIME", 5)], {"start_date": "2027-01-01"}))
    assert not cost(timed, session()).known


def test_a_price_that_leaves_out_the_power_drawn_is_unknown_and_not_free() -> None:
    tariff = make(([("ENERGY", 0.7)], {"max_power": 150}))
    assert cost(tariff, session(power=149.0)).known
    assert not cost(tariff, session(power=150.0)).known


def test_what_a_tariff_does_not_price_at_that_hour_is_free() -> None:
    tariff = make(
        ([("ENERGY", 0.5)], None),
        ([("PARKING_TIME", 6)], {"start_time": "08:00", "end_time": "10:00"}),
    )
    total = cost(tariff, session(20, 60, parking_s=3600))
    assert (total.net, total.known) == (Decimal(10), True)


def test_an_unknown_zone_and_a_negative_period_are_refused() -> None:
    tariff = make(([("ENERGY", 0.5)], {"start_time": "08:00", "end_time": "10:00"}))
    with pytest.raises(DataError, match="no time zone"):
        cost(tariff, session(zone="Mars/Olympus"))
    with pytest.raises(ValueError, match="-1"):
        cost(tariff, session(kwh=-1.0))


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"id": None}, "/id"),
        ({"currency": "Euro"}, "/currency"),
        ({"elements": None}, "/elements"),
        ({"elements": []}, "/elements"),
        ({"elements": [{"price_components": []}]}, "/elements"),
        ({"elements": ["x"]}, "/elements/0"),
        ({"min_price": {"excl_vat": "cheap"}}, "/min_price/excl_vat"),
        ({"start_date_time": "soon"}, "/start_date_time"),
    ],
)
def test_a_tariff_that_cannot_be_understood_is_refused_with_its_place(
    change: dict[str, Any], place: str
) -> None:
    with pytest.raises(DataError) as caught:
        make(([("ENERGY", 0.5)], None), **change)
    assert caught.value.faults[0].place == place
    assert caught.value.faults[0].remedy


@pytest.mark.parametrize(
    ("component", "place"),
    [
        ({"type": "MILEAGE"}, "type"),
        ({"price": None}, "price"),
        ({"price": -0.1}, "price"),
        ({"price": True}, "price"),
        ({"price": "NaN"}, "price"),
        ({"price": 1e30}, "price"),
        ({"vat": 400}, "vat"),
        ({"step_size": -1}, "step_size"),
        ({"step_size": 1.5}, "step_size"),
    ],
)
def test_a_component_that_cannot_be_understood_is_refused(
    component: dict[str, Any], place: str
) -> None:
    raw = {"type": "ENERGY", "price": 0.5, "step_size": 1} | component
    with pytest.raises(DataError, match=f"/elements/0/price_components/0/{place}"):
        make(([("ENERGY", 0.5)], None), elements=[{"price_components": [raw]}])


@pytest.mark.parametrize(
    "restrictions",
    [
        {"start_time": "8 o'clock"},
        {"end_time": "25:00"},
        {"end_time": "24:30"},
        {"start_date": "tomorrow"},
        {"day_of_week": ["FUNDAY"]},
        {"day_of_week": 7},
        {"min_kwh": "some"},
        {"reservation": "MAYBE"},
        [{"min_kwh": 1}, {"max_kwh": 2}],
        "none",
    ],
)
def test_a_restriction_that_cannot_be_understood_is_refused(restrictions: Any) -> None:
    with pytest.raises(DataError, match="/elements/0/restrictions"):
        make(([("ENERGY", 0.5)], restrictions))


def test_nulls_lists_and_strings_are_borne() -> None:
    tariff = make(
        ([("ENERGY", "0.50", "1", "21")], [{"min_kwh": None, "day_of_week": "MONDAY"}]),
        ([("TIME", 1, None)], []),
        type=None,
        min_price=None,
        tariff_alt_text=[{"language": "nl", "text": "duur"}, {"language": "en", "text": "dear"}],
    )
    assert tariff.alt_text == "dear"
    assert billed(tariff, session(20)) == ("11", "13.1")


def test_every_dutch_tariff_is_read_or_refused_with_a_reason(shared: Path) -> None:
    read, refused = [], []
    with gzip.open(shared / "chargers" / "nl-ocpi-tariffs.ndjson.gz") as lines:
        for line in lines:
            try:
                read.append(read_tariff(json.loads(line)))
            except DataError as error:
                refused.append(error)
    assert (len(read), len(refused)) == (11_527, 0)
    usage = Usage(start=at("2026-06-07T12:13:00"), zone=ZONE, charging=((1500.0, 25.0, 60.0),))
    totals = [cost(tariff, usage) for tariff in read]
    assert all(0 <= total.net <= total.gross for total in totals)
    assert sum(not total.known for total in totals) < 100
    assert all(describe(tariff) for tariff in read)


def test_a_tariff_survives_being_sent_to_another_process() -> None:
    tariff = make(([("ENERGY", 0.5)], {"day_of_week": ["MONDAY"], "min_power": 3.5}))
    assert pickle.loads(pickle.dumps(tariff)) == tariff


# Properties, against an oracle that steps through the session second by second.

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


# Choosing and telling.


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


def test_a_session_over_two_changes_of_the_clock_is_cut_at_both() -> None:
    tariff = make(([("TIME", 1.0)], {"start_time": "12:00", "end_time": "13:00"}))
    days = 300
    usage = session(10, days * 1440, start=at("2026-01-01T00:00:00"))
    end = datetime.fromtimestamp(usage.start, tz=ZoneInfo(ZONE)) + timedelta(days=days)
    assert end.hour == 0
    assert cost(tariff, usage).net == Decimal(days)
