"""Sums of a bill hold to the cent, whatever the amounts and whichever way they are grouped."""

from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal
from io import BytesIO
from typing import Any

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.fleet.bill import DIMENSIONS, Line, bill, lines_of, month_of, rounded
from planner.fleet.history import Entry, History
from planner.fleet.matching import Match
from planner.fleet.places import Places
from planner.fleet.purse import Purse
from planner.fleet.trips import PlannedStop, PlannedTrip
from planner.formats.bill_json import bill_to_json
from planner.formats.bill_tables import SUM_COLUMNS, to_csv, to_xlsx
from planner.model.geo import LonLat
from planner.model.plan import Money
from planner.model.station import DEPOT_PARTY
from planner.ocpi.charge import Charge
from tests.access.worlds import snapshot

NOBODY = Purse({}, {}, {}, {})
PLACES = Places(snapshot())

names = st.sampled_from(["", "a", "b", "c"])
amounts = st.decimals(-5000, 5000, places=4) | st.none()
charges = st.builds(
    Charge,
    id=st.uuids().map(str),
    party=st.sampled_from(["NL*AAA", "FR*BBB"]),
    begins=st.just(0.0),
    ends=st.floats(0, 1e8),
    energy_kwh=st.decimals(-200, 200, places=3),
    currency=st.sampled_from(["EUR", "GBP", "JPY", "KWD"]),
    net=amounts,
    gross=amounts,
    is_credit=st.booleans(),
    provider=names,
    operator=names,
)


metered = charges.map(
    lambda one: replace(one, party=DEPOT_PARTY, is_session=True, is_credit=False, gross=None)
)


def entry(charge: Charge, match: Match | None = None, **who: str) -> Entry:
    owner = {"vehicle": "", "driver": "", "mission": "", "wallet": "", **who}
    return Entry(charge=charge, match=match, zone="Europe/Amsterdam", car=None, **owner)


entries = st.builds(entry, charges | metered, vehicle=names, driver=names, mission=names)


def history(*some: Entry) -> History:
    return History(entries=some, pending=(), purse=NOBODY, places=PLACES, trips=())


def unit(currency: str) -> Decimal:
    return {"JPY": Decimal(1), "KWD": Decimal("0.001")}.get(currency, Decimal("0.01"))


def told(charge: Charge, field: str) -> Decimal:
    """A CDR's amount to the cent, by nothing but the standard library."""
    value = getattr(charge, field)
    zero = Decimal(0)
    return zero if value is None else value.quantize(unit(charge.currency), ROUND_HALF_UP)


@given(st.lists(entries, max_size=30), st.sampled_from(DIMENSIONS))
def test_groups_add_up_to_the_total_and_the_total_to_the_cdrs_to_the_cent(
    some: list[Entry], by: Any
) -> None:
    made = bill(lines_of(history(*some)), by)
    for total in made.totals:
        own = [e.charge for e in some if e.charge.currency == total.currency]
        groups = [group for group in made.groups if group.currency == total.currency]
        for field in ("net", "gross", "energy_kwh"):
            exact = sum((told(c, field) for c in own), Decimal(0))
            if field == "energy_kwh":
                exact = sum((c.energy_kwh for c in own), Decimal(0))
            assert getattr(total, field) == exact
        cdrs = [c for c in own if not c.is_session]
        to_pay = (told(c, "net" if c.gross is None else "gross") for c in cdrs)
        assert total.billed - total.metered == sum(to_pay, Decimal(0)), "what is left is the CDRs"
        assert total.metered_charges == len(own) - len(cdrs)
        summed = ("net", "vat", "gross", "billed", "metered", "planned", "charges", "energy_kwh")
        for field in summed:
            assert sum(getattr(g, field) for g in groups) == getattr(total, field)
        whole = [c for c in own if c.net is not None and c.gross is not None]
        assert total.vat == sum(told(c, "gross") - told(c, "net") for c in whole)
    assert {total.currency for total in made.totals} == {e.charge.currency for e in some}


@given(st.lists(entries, min_size=1, max_size=20))
def test_every_way_of_grouping_gives_the_same_total(some: list[Entry]) -> None:
    lines = lines_of(history(*some))
    first, *others = [bill(lines, by).totals for by in DIMENSIONS]
    assert all(other == first for other in others)


@pytest.mark.parametrize(
    ("amount", "currency", "to_pay"),
    [
        ("10.005", "EUR", "10.01"),
        ("-10.005", "EUR", "-10.01"),
        ("10.5", "JPY", "11"),
        ("1.0005", "KWD", "1.001"),
    ],
)
def test_amounts_are_rounded_half_up_to_the_smallest_coin(
    amount: str, currency: str, to_pay: str
) -> None:
    assert rounded(Decimal(amount), currency) == Decimal(to_pay)


def test_a_credit_takes_back_what_was_billed() -> None:
    base = {"party": "NL*AAA", "begins": 0.0, "ends": 1.0, "currency": "EUR"}
    billed = Charge(
        id="1", energy_kwh=Decimal(20), net=Decimal("8.26"), gross=Decimal("10.00"), **base
    )
    credit = Charge(
        id="1-C",
        is_credit=True,
        credit_of="1",
        energy_kwh=Decimal(-20),
        net=Decimal("-8.26"),
        gross=Decimal("-10.00"),
        **base,
    )
    (total,) = bill(lines_of(history(entry(billed), entry(credit))), "vehicle").totals
    assert (total.charges, total.credits, total.energy_kwh, total.gross) == (2, 1, 0, 0)


def planned(cost: Money) -> Match:
    stop = PlannedStop(
        station_id="NL*AAA*1",
        station_name="Post",
        operator="A",
        party="NL*AAA",
        location=LonLat(5, 52),
        evse_uid="1",
        evse_id="",
        arrival=0.0,
        departure=1800.0,
        energy_kwh=20.0,
        cost=cost,
        token="t",
    )
    trip = PlannedTrip(
        plan="p",
        mission="m",
        created=0.0,
        departure=0.0,
        arrival=9000.0,
        vehicle="van",
        driver="",
        wallet="",
        car=None,
        tokens=("t",),
        stops=(stop,),
        way=(),
    )
    return Match(trip, 0, "token, place and time", 60.0)


@pytest.mark.parametrize(("vat_included", "beside"), [(True, "12.10"), (False, "10.00")])
def test_what_was_planned_stands_beside_what_was_billed_on_the_same_terms(
    *, vat_included: bool, beside: str
) -> None:
    cost = Money(
        amount=Decimal("11.00"), currency="EUR", vat_included=vat_included, basis="cpo_tariff"
    )
    one = Charge(
        id="1",
        party="NL*AAA",
        begins=0.0,
        ends=1.0,
        currency="EUR",
        energy_kwh=Decimal(20),
        net=Decimal("10.00"),
        gross=Decimal("12.10"),
    )
    again = Charge(
        id="2",
        party="NL*AAA",
        begins=2.0,
        ends=3.0,
        currency="EUR",
        energy_kwh=Decimal(1),
        net=Decimal("0.50"),
        gross=Decimal("0.61"),
    )
    back = replace(again, id="2-C", is_credit=True, net=Decimal("-0.50"), gross=Decimal("-0.61"))
    match = planned(cost)
    lines = lines_of(history(*(entry(each, match) for each in (one, again, back))))
    assert [str(line.planned) for line in lines] == ["11.00", "0.00", "None"]
    (total,) = bill(lines, "vehicle").totals
    assert (total.planned, total.planned_stops) == (Decimal("11.00"), 1)
    assert total.billed_as_planned == Decimal(beside)  # what was taken back is not held against it


def test_a_month_is_that_of_the_clock_at_the_post() -> None:
    new_year_in_tokyo = 1_798_729_200.0  # 2026-12-31T15:00:00Z
    assert month_of(new_year_in_tokyo, "Asia/Tokyo") == "2027-01"
    assert month_of(new_year_in_tokyo, "Europe/Amsterdam") == "2026-12"


def test_files_hold_the_same_sums_and_no_formulas() -> None:
    charge = Charge(
        id="1",
        party="NL*AAA",
        begins=0.0,
        ends=1.0,
        currency="EUR",
        energy_kwh=Decimal(20),
        net=Decimal("-1234.50"),
        gross=Decimal("-1493.75"),
    )
    made = bill(lines_of(history(entry(charge, vehicle='=HYPERLINK("x")'))), "vehicle")
    rows = bill_to_json(made)["groups"]
    text = to_csv(SUM_COLUMNS, rows)
    assert text.splitlines()[1].startswith('"\'=HYPERLINK(""x"")",EUR,1,0,20.0,-1234.50,')
    book = openpyxl.load_workbook(BytesIO(to_xlsx({"Costs": (SUM_COLUMNS, rows)})))
    head, row = list(book["Costs"].iter_rows())
    cells = dict(zip([cell.value for cell in head], row, strict=True))
    assert cells["key"].data_type == "s"
    assert (cells["net"].value, cells["net"].data_type) == (-1234.5, "n")
    assert tuple(cells) == SUM_COLUMNS


def test_a_line_without_any_price_is_counted_and_not_taken_for_free() -> None:
    charge = Charge(id="1", party="NL*AAA", begins=0.0, ends=1.0, energy_kwh=Decimal(20))
    (line,) = lines_of(history(entry(charge)))
    assert isinstance(line, Line)
    assert line.billed is None
    (total,) = bill([line], "operator").totals
    assert (total.currency, total.unpriced) == ("", 1)
