"""Own depots on the bill: as metered, at the depot's price, and never twice."""

import json
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from planner.energy.catalogue import load_catalogue, shipped_path
from planner.errors import InputError
from planner.feeds.depots.desk import DepotDesk
from planner.feeds.depots.metering import set_price
from planner.feeds.depots.meters import Reading
from planner.feeds.depots.plugs import read_evse
from planner.feeds.depots.registry import Registration, register, unregister
from planner.feeds.depots.transactions import News, TokenShown
from planner.fleet.bill import Line, bill, lines_of
from planner.fleet.history import History, import_charges, open_history
from planner.fleet.judging import find_anomalies
from planner.fleet.trips import PlannedStop, PlannedTrip
from planner.formats.charges import read_charges
from planner.model.geo import LonLat
from planner.model.plan import Money
from planner.model.token import Token, TokenType, Wallet
from planner.search.pricing import price_stop
from planner.store.charge_points import ChargePoint, Depot, DepotPrice
from planner.store.snapshot import RetailPrice
from planner.store.store import Store

NOW = 1_790_000_000.0
HOUR = 3600.0
PLACE = LonLat(11.58, 48.21)
OURS = Token(uid="04AABBCC", type=TokenType.RFID, contract_id="DE-ABC-C12345678", provider="DE*ABC")
EVSE_ID = "DE*XYZ*E0001"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store.open(f"sqlite:///{tmp_path / 'd.sqlite'}", tmp_path / "key")
    opened.wallets.save(Wallet(id="anna", tokens=(OURS,)))
    evse = read_evse("ccs:150@920", point="CP-1", number=1, evse_id=EVSE_ID)
    register(
        opened,
        [
            Registration(
                depot=Depot(name="Nord", location=PLACE),
                point=ChargePoint(id="CP-1", depot="Nord", evses=(evse,)),
                password="correct-horse-battery",
            )
        ],
        now=NOW,
    )
    yield opened
    opened.close()


def charge(store: Store, name: str, begins: float, kwh: float, *, ends: bool = True) -> None:
    """Tell of a transaction, its end first: charge points send what they kept in any order."""
    desk = DepotDesk.open(store, lambda: NOW)
    shown = TokenShown(at=begins, uid=OURS.uid)
    told = partial(News, evse_uid="CP-1-1", connector_id="1")
    if ends:
        last = (Reading(begins + 8 * HOUR, 1000 + kwh * 1000),)
        desk.charging.event("CP-1", name, told(at=begins + 8 * HOUR, readings=last, is_end=True))
    first = (Reading(begins, 1000.0),)
    desk.charging.event("CP-1", name, told(at=begins, readings=first, token=shown))


def opened(store: Store, **more: Any) -> History:
    return open_history(store, store.snapshot(), load_catalogue(shipped_path()), **more)


def lines(store: Store, **more: Any) -> tuple[Line, ...]:
    return lines_of(opened(store, **more))


def take_cdr(store: Store, folder: Path, **more: Any) -> None:
    """Take the bill of an operator or a supplier who meters the depot too."""
    cdr = {
        "country_code": "DE",
        "party_id": "XYZ",
        "id": "bill-1",
        "start_date_time": "2026-09-20T06:15:00Z",
        "end_date_time": "2026-09-20T14:13:00Z",
        "cdr_location": {"id": "theirs", "evse_id": EVSE_ID.replace("*", "")},
        "currency": "EUR",
        "total_cost": {"excl_vat": 9.5, "incl_vat": 11.31},
        "total_energy": 40.1,
        "last_updated": "2026-09-20T15:00:00Z",
        **more,
    }
    path = folder / "bill.json"
    path.write_text(json.dumps([cdr]), encoding="utf-8")
    _, rows = read_charges(path)
    good = ((row.charge, row.bearer) for row in rows if row.charge and row.bearer)
    import_charges(store, good, source="bill.json", snapshot=store.snapshot(), now=NOW)


NIGHT = "2026-09-20T22:00:00Z"
MORNING = 1_789_884_840.0  # 2026-09-20T06:14:00Z


def test_a_depots_sessions_cost_what_its_price_was_when_they_began(store: Store) -> None:
    charge(store, "before", MORNING - 20 * HOUR, 10.0)
    charge(store, "after", MORNING, 40.0)
    charge(store, "now", NOW - HOUR, 5.0, ends=False)
    assert [line.basis for line in lines(store)] == ["metered, no price"] * 2
    set_price(store, "Nord", DepotPrice(0.0, Decimal("0.2"), "EUR"), now=NOW)
    set_price(store, "Nord", DepotPrice(MORNING, Decimal("0.305"), "EUR"), now=NOW)
    told = lines(store)
    assert [(line.net, line.gross) for line in told] == [
        (Decimal("2.00"), None),
        (Decimal("12.20"), None),
    ]
    assert {line.basis for line in told} == {"metered, depot's price"}
    assert {line.entry.wallet for line in told} == {"anna"}
    (total,) = bill(told, "operator").totals
    assert (total.charges, total.metered_charges) == (2, 2)
    assert total.billed == total.metered == Decimal("14.20")
    assert total.metered_kwh == 50
    (waiting,) = opened(store).pending
    assert waiting.charge.is_open


def test_a_depot_that_is_gone_leaves_what_it_cost(store: Store) -> None:
    set_price(store, "Nord", DepotPrice(0.0, Decimal("0.2"), "EUR"), now=NOW)
    charge(store, "one", MORNING, 40.0)
    unregister(store, "CP-1", now=NOW)
    assert [line.net for line in lines(store)] == [Decimal("8.00")]


@pytest.mark.parametrize(
    ("more", "is_same"),
    [
        ({}, True),
        ({"cdr_location": {"id": "theirs", "evse_id": "DEXYZE0002"}}, False),
        ({"start_date_time": "2026-09-20T13:50:00Z", "end_date_time": NIGHT}, False),
        ({"end_date_time": "2026-09-20T14:20:00Z"}, True),
    ],
)
def test_what_somebody_bills_is_not_counted_twice(
    store: Store, tmp_path: Path, more: dict[str, Any], is_same: bool
) -> None:
    set_price(store, "Nord", DepotPrice(0.0, Decimal("0.2"), "EUR"), now=NOW)
    charge(store, "one", MORNING, 40.0)
    take_cdr(store, tmp_path, **more)
    assert [line.basis for line in lines(store)].count("metered, depot's price") == (not is_same)
    (total,) = bill(lines(store), "vehicle").totals
    assert total.billed - total.metered == Decimal("11.31")
    # The bill ends in the next span: the session is not counted in this one either.
    ended = MORNING + 8 * HOUR + 30
    if more.get("end_date_time", "").endswith("14:20:00Z"):
        assert not lines(store, until=ended)
        assert len(lines(store, since=ended)) == 1


def test_the_bill_of_the_same_card_at_the_same_place_is_the_same_charge(
    store: Store, tmp_path: Path
) -> None:
    charge(store, "one", MORNING, 40.0)
    card = {"uid": OURS.uid, "type": "RFID", "contract_id": OURS.contract_id}
    card |= {"country_code": "DE", "party_id": "ABC"}
    where = {"id": "x", "coordinates": {"longitude": "11.5801", "latitude": "48.2101"}}
    take_cdr(store, tmp_path, cdr_token=card, cdr_location=where)
    assert [line.basis for line in lines(store)] == ["billed"]


def test_planned_stands_beside_metered_and_a_night_at_the_depot_is_not_odd(store: Store) -> None:
    set_price(store, "Nord", DepotPrice(0.0, Decimal("0.2"), "EUR"), now=NOW)
    charge(store, "one", MORNING, 40.0)
    snapshot = store.snapshot()
    station = snapshot.stations[0]
    connector = station.evses[0].connectors[0]
    listed = RetailPrice(
        emsp="DE*ABC", cpo="*", currency="EUR", per_kwh="0.99", per_min="", per_session="",
        idle_per_min="", power_min_kw=None, power_max_kw=None, valid_from=None, valid_to=None,
    )  # fmt: skip
    cost = price_stop(
        replace(snapshot, prices=(listed,)),  # no provider's list holds at home
        station,
        connector,
        OURS,
        start=MORNING,
        charging=((HOUR, 41.0, 41.0),),
        parking_s=0.0,
    )
    assert cost == Money(
        amount=Decimal("8.20"), currency="EUR", vat_included=False, basis="cpo_tariff"
    )
    stop = PlannedStop(
        station_id=station.id, station_name="Nord", operator="", party=station.party,
        location=PLACE, evse_uid="CP-1-1", evse_id=EVSE_ID, arrival=MORNING + 300,
        departure=MORNING + HOUR, energy_kwh=39.0, cost=cost, token=OURS.digest,
    )  # fmt: skip
    trip = PlannedTrip(
        plan="p", mission="m-1", created=0.0, departure=MORNING - HOUR, arrival=NOW, vehicle="van",
        driver="", wallet="anna", car=None, tokens=(OURS.digest,), stops=(stop,), way=(PLACE,),
    )  # fmt: skip
    history = opened(store, more_trips=[trip])
    (line,) = lines_of(history)
    assert (line.entry.mission, line.entry.vehicle) == ("m-1", "van")
    assert (line.planned, line.billed_as_planned) == (Decimal("8.20"), Decimal("8.00"))
    assert find_anomalies(history, NOW) == ()


def test_a_price_that_cannot_be_meant_changes_nothing(store: Store) -> None:
    with pytest.raises(InputError, match="between 0 and 100"):
        set_price(store, "Nord", DepotPrice(0.0, Decimal(-1), "EUR"), now=NOW)
    assert store.charge_points.depots()["Nord"].prices == ()
