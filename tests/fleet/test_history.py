"""Charging history: read from OCPI of all versions and from tables, kept once, matched to plans."""

import json
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from planner.access.evidence import CHARGED_S
from planner.energy.catalogue import load_catalogue, shipped_path
from planner.errors import DataError
from planner.fleet.history import History, import_charges, open_history
from planner.fleet.judging import find_anomalies
from planner.fleet.repricing import reprice
from planner.formats.charges import read_charges
from planner.ocpi.charge import Charge
from planner.ocpi.charge_reading import read_charge
from planner.store.bodies import encode
from planner.store.charges import Authorization, Kept
from planner.store.store import Store
from tests.fleet.seeded import MAY, NOW, Month, furnish, known_cars, make_month, token

FLEET_TOKEN = token(1)
NEW_PRICE = {"before_taxes": 4.0, "taxes": [{"name": "VAT", "amount": 0.4}]}


def cdr(**more: Any) -> dict[str, Any]:
    return {
        "country_code": "NL",
        "party_id": "AAA",
        "id": "C1",
        "start_date_time": "2026-05-30T08:00:00Z",
        "end_date_time": "2026-05-30T09:00:00Z",
        "session_id": "S1",
        "cdr_token": {
            "country_code": "DE",
            "party_id": "ABC",
            "uid": FLEET_TOKEN.uid.lower(),
            "type": "RFID",
            "contract_id": FLEET_TOKEN.contract_id,
        },
        "cdr_location": {"id": "l3", "evse_uid": "3-1", "connector_power_type": "DC"},
        "currency": "EUR",
        "total_cost": {"excl_vat": 11.0, "incl_vat": 13.31},
        "total_energy": 20.0,
        "charging_periods": [
            {
                "start_date_time": "2026-05-30T08:00:00Z",
                "dimensions": [{"type": "ENERGY", "volume": 20.0}],
            }
        ],
        "last_updated": "2026-05-30T09:00:00Z",
        **more,
    }


OLD = {
    "id": "C1",
    "start_date_time": "2026-05-30T08:00:00Z",
    "stop_date_time": "2026-05-30T09:00:00Z",
    "auth_id": FLEET_TOKEN.contract_id,
    "location": {"id": "L3", "evses": [{"uid": "3-1", "evse_id": "NL*AAA*E3*1"}]},
    "currency": "EUR",
    "total_cost": 11.0,
    "total_energy": 20.0,
    "last_updated": "2026-05-30T09:00:00Z",
}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store.open(f"sqlite:///{tmp_path / 'plugsure.sqlite'}", tmp_path / "key")
    furnish(opened)
    yield opened
    opened.close()


def take(store: Store, *objects: dict[str, Any], folder: Path) -> Kept:
    path = folder / "file.json"
    path.write_text(json.dumps(list(objects)), encoding="utf-8")
    _, rows = read_charges(path)
    good = ((row.charge, row.bearer) for row in rows if row.charge and row.bearer)
    return import_charges(store, good, source="file.json", snapshot=store.snapshot(), now=NOW)


def opened(store: Store, **more: Any) -> History:
    return open_history(store, store.snapshot(), load_catalogue(shipped_path()), **more)


@pytest.mark.parametrize(
    ("raw", "net", "gross"),
    [
        (OLD, "11.0", None),
        (cdr(), "11.0", "13.31"),
        (cdr(total_cost=NEW_PRICE), "4.0", "4.4"),
        (cdr(total_cost={"before_taxes": 4.0}), "4.0", None),
        (cdr(total_cost=None), None, None),
        (cdr(total_cost={"excl_vat": 0.1, "incl_vat": None}), "0.1", None),
    ],
)
def test_the_price_of_every_version_is_read_as_it_was_written(
    raw: dict[str, Any], net: str | None, gross: str | None
) -> None:
    charge, _ = read_charge("cdrs", raw, "NL*AAA")
    assert charge.net == (None if net is None else Decimal(net))
    assert charge.gross == (None if gross is None else Decimal(gross))
    assert (charge.party, charge.station_id.casefold()) == ("NL*AAA", "nl*aaa*l3")


def test_periods_say_when_the_car_charged_and_when_it_stood() -> None:
    periods = [
        ("2026-05-30T08:00:00Z", [("ENERGY", 19.0), ("TIME", 0.5)]),
        ("2026-05-30T08:30:00Z", [("ENERGY", 1.0), ("TIME", 0.1), ("PARKING_TIME", 0.2)]),
        ("2026-05-30T08:48:00Z", [("PARKING_TIME", 0.2)]),
    ]
    told = [
        {"start_date_time": at, "dimensions": [{"type": t, "volume": v} for t, v in parts]}
        for at, parts in reversed(periods)
    ]
    charge, _ = read_charge("cdrs", cdr(charging_periods=told), "")
    assert [(s.duration_s, s.is_charging) for s in charge.spells] == [
        (1800.0, True),
        (360.0, True),
        (720.0, False),
        (720.0, False),
    ]
    assert charge.charging_s == 2160.0


def test_periods_in_watt_hours_are_understood_by_their_sum() -> None:
    told = [
        {
            "start_date_time": "2026-05-30T08:00:00Z",
            "dimensions": [{"type": "ENERGY", "volume": 20000}],
        }
    ]
    charge, _ = read_charge("cdrs", cdr(charging_periods=told), "")
    assert charge.spells[0].energy_kwh == 20


@pytest.mark.parametrize(
    ("more", "names"),
    [
        ({"end_date_time": None}, "end_date_time"),
        ({"end_date_time": "2026-05-30T07:00:00Z"}, "end_date_time"),
        ({"start_date_time": "soon"}, "start_date_time"),
        ({"total_energy": "NaN"}, "total_energy"),
        ({"id": ""}, "id is missing"),
        ({"id": "x" * 300}, "too long"),
        ({"total_energy": None}, "total_energy"),
        ({"total_cost": {"excl_vat": 1e12}}, "total_cost"),
    ],
)
def test_a_record_that_is_of_no_use_is_refused_by_its_field(
    more: dict[str, Any], names: str
) -> None:
    with pytest.raises(DataError, match=names):
        read_charge("cdrs", cdr(**more), "")


def test_a_record_hides_the_token_that_it_names() -> None:
    charge, bearer = read_charge("cdrs", cdr(), "")
    for text in (repr(charge), repr(bearer), encode(charge).decode()):
        assert FLEET_TOKEN.uid not in text.upper()
        assert FLEET_TOKEN.contract_id not in text


def test_the_examples_of_the_specification_are_read(shared: Path) -> None:
    found = sorted((shared / "chargers" / "ocpi-spec-examples").glob("*/cdr_example.json"))
    assert len(found) >= 3
    for path in found:
        charge, bearer = read_charge("cdrs", json.loads(path.read_bytes()), "")
        assert (charge.net, charge.gross, bearer.mask) == (4, Decimal("4.4"), "••••78")


def test_a_cdr_is_kept_once_whichever_way_it_comes(store: Store, tmp_path: Path) -> None:
    assert take(store, cdr(), folder=tmp_path) == Kept(added=1)
    other_way = cdr(id="c1", country_code="nl", party_id="aaa", total_energy=99.0)
    assert take(store, cdr(), other_way, folder=tmp_path) == Kept(known=2)
    (entry,) = opened(store).entries
    assert entry.charge.energy_kwh == 20


def test_a_session_waits_until_its_cdr_comes(store: Store, tmp_path: Path) -> None:
    session = {**cdr(), "id": "S1", "kwh": 12.0, "status": "ACTIVE"}
    del session["total_energy"]
    later = {**session, "kwh": 14.0, "last_updated": "2026-05-30T10:00:00Z"}
    take(store, session, folder=tmp_path)
    assert take(store, later, folder=tmp_path) == Kept(renewed=1)
    assert take(store, session, folder=tmp_path) == Kept(known=1)
    history = opened(store)
    assert history.entries == ()
    assert [entry.charge.energy_kwh for entry in history.pending] == [14]
    take(store, cdr(), folder=tmp_path)
    history = opened(store)
    assert ([e.charge.id for e in history.entries], history.pending) == (["C1"], ())


def test_a_cdr_that_cannot_name_its_session_settles_it_by_card_place_and_time(
    store: Store, tmp_path: Path
) -> None:
    left_out = {"start_date_time", "stop_date_time", "total_energy"}
    begins, ends = "2026-05-30T08:02:00Z", "2026-05-30T08:58:00Z"
    session = {k: v for k, v in OLD.items() if k not in left_out}
    session |= {"id": "S1", "kwh": 20.0, "status": "COMPLETED", "start_datetime": begins}
    other = {**session, "id": "S2", "start_datetime": ends, "end_datetime": "2026-05-30T09:30:00Z"}
    take(store, {**session, "end_datetime": ends}, other, OLD, folder=tmp_path)
    history = opened(store)
    assert [e.charge.id for e in history.entries] == ["C1"]
    assert [e.charge.id for e in history.pending] == ["S2"]
    assert "overlapping" not in {odd.kind for odd in find_anomalies(history, NOW)}


def test_a_credit_is_negative_however_it_is_written(store: Store, tmp_path: Path) -> None:
    minus = {"excl_vat": -11.0, "incl_vat": -13.31}
    credit = cdr(id="C1-C", credit=True, credit_reference_id="C1", total_cost=minus)
    plain = {**credit, "id": "C1-D", "total_cost": cdr()["total_cost"]}
    take(store, cdr(), credit, plain, folder=tmp_path)
    nets = {entry.charge.id: entry.charge.net for entry in opened(store).entries}
    assert nets == {"C1": 11, "C1-C": -11, "C1-D": -11}


@pytest.mark.parametrize("raw", [cdr(), OLD])
def test_a_use_of_our_token_is_evidence_for_thirty_days(
    store: Store, tmp_path: Path, raw: dict[str, Any]
) -> None:
    take(store, raw, raw, folder=tmp_path)
    (proof,) = store.snapshot().token_evidence
    here = (proof.token, proof.station_id, proof.evse_uid, proof.kind)
    assert here == (FLEET_TOKEN.digest, "NL*AAA*L3", "3-1", "succeeded")


@pytest.mark.parametrize(
    "more",
    [
        {"credit": True},
        {"total_energy": 0},
        {"start_date_time": "2026-01-01T08:00:00Z", "end_date_time": "2026-01-01T09:00:00Z"},
        {"start_date_time": "2027-01-01T08:00:00Z", "end_date_time": "2027-01-01T09:00:00Z"},
        {"cdr_token": {"uid": "FFFF0000", "type": "RFID", "contract_id": "DE-ABC-C99999999-X"}},
        {"cdr_location": {"id": "nowhere"}},
        {"cdr_token": {"uid": FLEET_TOKEN.uid, "country_code": "NL", "party_id": "OLD"}},
    ],
)
def test_what_proves_nothing_is_no_evidence(
    store: Store, tmp_path: Path, more: dict[str, Any]
) -> None:
    take(store, cdr(**more), folder=tmp_path)
    assert store.snapshot().token_evidence == ()
    assert CHARGED_S < NOW - MAY


TABLE = """Début;Fin;Énergie (kWh);id_pdc_itinerance;Montant TTC;Taux TVA;Devise;Badge;Véhicule
2026-05-30T10:00:00+02:00;2026-05-30T11:00:00+02:00;20,5;NLAAAE31;1 234,56;20%;EUR;{uid};V1
2026-05-30T10:00:00;2026-05-30T11:00:00+02:00;20,5;NLAAAE31;12,30;;EUR;{uid};V1

2026-05-30T12:00:00+02:00;2026-05-30T11:00:00+02:00;20,5;NLAAAE31;12,30;;EUR;{uid};V1
2026-05-30T12:00:00+02:00;2026-05-30T13:00:00+02:00;viel;NLAAAE31;12,30;;;{uid};V1
"""


def test_a_table_is_read_by_its_headings_and_a_bad_row_stops_nothing(tmp_path: Path) -> None:
    path = tmp_path / "mai.csv"
    path.write_text(TABLE.format(uid=FLEET_TOKEN.uid), encoding="utf-8-sig")
    ignored, rows = read_charges(path)
    read = list(rows)
    assert ignored == ()
    charges = [row.charge for row in read]
    assert [charge is None for charge in charges] == [False, True, True, True]
    first = charges[0]
    assert first is not None
    assert (first.gross, first.net, first.currency) == (
        Decimal("1234.56"),
        Decimal("1028.80"),
        "EUR",
    )
    assert (first.party, first.energy_kwh, first.vehicle) == ("NL*AAA", Decimal("20.5"), "V1")
    places = [fault.place for row in read for fault in row.faults]
    assert places == [
        "mai.csv:3:begins",
        "mai.csv:5:ends",
        "mai.csv:6:energy_kwh",
        "mai.csv:6:currency",
    ]
    _, again = read_charges(path, zone="Europe/Paris")
    second = list(again)[1].charge
    assert second is not None
    assert second.begins == first.begins


def test_a_table_without_times_says_which_columns_it_lacks(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("when,kwh\n", encoding="utf-8")
    with pytest.raises(DataError, match="begins, ends"):
        read_charges(path)


@pytest.fixture
def month(store: Store) -> Month:
    made = make_month(12, known_cars(), seed=2, faulty=0.0)
    store.charges.add_trips([(t.plan, t.departure, t.arrival, encode(t)) for t in made.trips])
    return made


def test_charges_find_their_planned_stops(store: Store, tmp_path: Path, month: Month) -> None:
    take(store, *month.cdrs, folder=tmp_path)
    for entry in opened(store).entries:
        assert entry.match is not None
        assert entry.match.by == "token, place and time"
        assert (entry.mission, entry.match.off_s < 1300) == (f"M-{entry.charge.id}", True)


def test_plans_call_a_card_by_its_public_name_and_are_found_all_the_same(
    store: Store, tmp_path: Path, month: Month
) -> None:
    trip = month.trips[5]
    digest = trip.stops[0].token
    named = {t.digest: t.public_name for w in store.wallets.all() for t in w.tokens}
    assert named[digest] != digest
    public = replace(
        trip,
        tokens=tuple(named[t] for t in trip.tokens),
        stops=tuple(replace(stop, token=named[digest]) for stop in trip.stops),
    )
    store.charges.add_trips([(trip.plan, trip.departure, trip.arrival, encode(public))])
    take(store, month.cdrs[5], folder=tmp_path)
    (entry,) = opened(store).entries
    assert entry.match is not None
    assert entry.match.by == "token, place and time"


@pytest.mark.parametrize("given_s", [300, -50_000])  # as it begins, or with a reservation
def test_a_reference_that_we_gave_finds_the_stop_where_the_record_names_no_place(
    store: Store, tmp_path: Path, month: Month, given_s: int
) -> None:
    trip = month.trips[4]
    stop = trip.stops[0]
    given = Authorization(
        reference="ref-1",
        token=stop.token,
        party=stop.party,
        station_id=stop.station_id,
        evse_uids=(),
        at=stop.arrival + given_s,
    )
    with store.database.writing() as change:
        store.charges.authorize(change, given)
    vague = {
        **month.cdrs[4],
        "cdr_location": {"id": "some hub's own id"},
        "cdr_token": {"uid": "", "type": "RFID", "contract_id": ""},
        "authorization_reference": "ref-1",
    }
    take(store, vague, {**vague, "id": "other", "authorization_reference": ""}, folder=tmp_path)
    by_id = {entry.charge.id: entry for entry in opened(store).entries}
    match = by_id[month.cdrs[4]["id"]].match
    assert match is not None
    assert (match.by, match.trip.plan, match.stop) == ("reference", trip.plan, 0)
    assert by_id[month.cdrs[4]["id"]].charge.token == stop.token
    assert by_id["other"].match is None


def test_of_two_plans_of_a_mission_the_newer_counts(
    store: Store, tmp_path: Path, month: Month
) -> None:
    old = month.trips[3]
    new = replace(old, plan="plan-anew", created=old.created + 60)
    store.charges.add_trips([(new.plan, new.departure, new.arrival, encode(new))])
    take(store, month.cdrs[3], folder=tmp_path)
    (entry,) = opened(store).entries
    assert entry.match is not None
    assert entry.match.trip.plan == "plan-anew"


def test_the_tariff_is_reckoned_anew_to_the_cent(
    store: Store, tmp_path: Path, month: Month
) -> None:
    take(store, *month.cdrs, folder=tmp_path)
    history = opened(store)
    for entry in history.entries:
        priced = reprice(entry, history.places)
        assert priced.cost is not None, priced.why
        assert abs(priced.cost.net - (entry.charge.net or 0)) <= Decimal("0.01")


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"charging_periods": [], "cdr_location": {"id": "gone"}}, "the EVSE is not known"),
        (
            {
                "charging_periods": [
                    {
                        "start_date_time": f"2026-05-30T08:{minute}:00Z",
                        "dimensions": [{"type": "ENERGY", "volume": energy}],
                        "tariff_id": "T3",
                    }
                    for minute, energy in (("00", 10), ("20", 0), ("40", 10))
                ]
            },
            "idle between",
        ),
        ({"credit": True}, "credit"),
    ],
)
def test_what_cannot_be_reckoned_is_said_and_not_guessed(
    store: Store, tmp_path: Path, more: dict[str, Any], why: str
) -> None:
    take(store, cdr(**more), folder=tmp_path)
    history = opened(store)
    priced = reprice(history.entries[0], history.places)
    assert priced.cost is None
    assert why in priced.why


def test_history_can_be_forgotten(store: Store, tmp_path: Path) -> None:
    take(store, cdr(), folder=tmp_path)
    assert store.charges.forget_before(MAY) == 0
    assert store.charges.forget_before(NOW) == 1
    assert list(store.charges.all()) == []


def test_names_are_alike_in_any_case() -> None:
    one = Charge(id="Ab", party="NL*AAA", begins=0, ends=1, energy_kwh=Decimal(1))
    assert one.name == replace(one, id="aB").name
