"""A session costs what the operator will bill."""

import json
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from planner.ocpi.tariffs import Tariff, Usage, cost, read_tariff
from tests.ocpi.pricing import MONDAY, SATURDAY, ZONE, at, billed, make, session

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


def test_where_no_tax_applies_the_price_is_what_is_paid() -> None:
    total = cost(make(([("ENERGY", 0.5)], None), tax_included="N/A"), session(20))
    assert (total.net, total.gross, total.vat_included) == (Decimal(10), Decimal(10), True)


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


def test_a_session_over_two_changes_of_the_clock_is_cut_at_both() -> None:
    tariff = make(([("TIME", 1.0)], {"start_time": "12:00", "end_time": "13:00"}))
    days = 300
    usage = session(10, days * 1440, start=at("2026-01-01T00:00:00"))
    end = datetime.fromtimestamp(usage.start, tz=ZoneInfo(ZONE)) + timedelta(days=days)
    assert end.hour == 0
    assert cost(tariff, usage).net == Decimal(days)
