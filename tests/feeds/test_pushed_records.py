"""Tariffs, Sessions, CDRs and a hub's word on its parties: pushed, kept, and what they prove."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from planner.access.bench import records_of
from planner.model.token import Token, TokenType, Wallet
from planner.ocpi.charge_reading import contract_digest
from planner.ocpi.records import patch_record, put_record
from planner.ocpi.times import read_time
from planner.store.issued import IssuedToken
from planner.store.snapshot import Snapshot
from planner.store.store import Store
from tests.databases import bytes_at_rest
from tests.feeds.partner import NEW, NEWER, OLD, Partner, add_partner, desk_of, location

LATER = read_time(NEWER) + 3600
TOKEN = Token(
    uid="04A1B2C3", type=TokenType.RFID, contract_id="DE-PLG-C12345678-X", provider="DE*PLG"
)
TARIFF = {
    "country_code": "NL",
    "party_id": "TNM",
    "id": "T1",
    "currency": "EUR",
    "elements": [{"price_components": [{"type": "ENERGY", "price": 0.4, "step_size": 1}]}],
    "last_updated": OLD,
}
SESSION = {
    "country_code": "NL",
    "party_id": "TNM",
    "id": "S1",
    "start_date_time": OLD,
    "kwh": 0.0,
    "cdr_token": {
        "country_code": "DE",
        "party_id": "PLG",
        "uid": "04a1b2c3",
        "type": "RFID",
        "contract_id": "DE-PLG-C12345678-X",
    },
    "auth_method": "WHITELIST",
    "location_id": "loc1",
    "evse_uid": "1",
    "connector_id": "1",
    "currency": "EUR",
    "status": "PENDING",
    "last_updated": OLD,
}
CDR = {
    "country_code": "NL",
    "party_id": "TNM",
    "id": "C/1",
    "start_date_time": OLD,
    "end_date_time": NEW,
    "cdr_token": SESSION["cdr_token"],
    "cdr_location": {"id": "LOC1", "evse_uid": "1"},
    "total_energy": 12.5,
    "last_updated": NEW,
}
PERIODS = [
    {"start_date_time": at, "dimensions": [{"type": "ENERGY", "volume": 1}]} for at in (OLD, NEW)
]


@pytest.fixture
def store(either_store: Store) -> Store:
    return either_store


@pytest.fixture
def cpo(store: Store) -> Partner:
    store.issued.save([IssuedToken(token=TOKEN)])
    partner = Partner(desk_of(store, lambda: LATER), add_partner(store, "cpo", "NL*TNM"))
    partner.ask("PUT", "locations/NL/TNM/LOC1", location())
    return partner


def proofs(seen: Snapshot) -> list[tuple[str, str, str, str]]:
    return [(e.token, e.station_id, e.evse_uid, e.kind) for e in seen.token_evidence]


WORKED = (TOKEN.digest, "NL*TNM*LOC1", "1", "succeeded")


@pytest.mark.parametrize("version", ["2.1.1", "2.2.1", "2.3.0"])
def test_a_tariff_is_put_read_and_deleted(cpo: Partner, store: Store, version: str) -> None:
    cpo.version = version
    assert cpo.ask("PUT", "tariffs/NL/TNM/T1", TARIFF).status == 201
    assert store.snapshot().tariffs["NL*TNM", "T1"].currency == "EUR"
    assert cpo.ask("GET", "tariffs/NL/TNM/t1").data == TARIFF
    told = cpo.ask("PATCH", "tariffs/NL/TNM/T1", {"currency": "GBP", "last_updated": NEW})
    assert told.status == (200 if version == "2.1.1" else 405)
    assert cpo.ask("DELETE", "tariffs/NL/TNM/T1").code == 1000
    assert store.snapshot().tariffs == {}
    assert cpo.ask("DELETE", "tariffs/NL/TNM/T1").status == 404
    assert cpo.ask("GET", "tariffs/NL/TNM/T1").status == 404


def test_a_tariff_that_prices_nothing_is_refused(cpo: Partner, store: Store) -> None:
    told = cpo.ask("PUT", "tariffs/NL/TNM/T1", {**TARIFF, "elements": []})
    assert (told.status, told.code, store.snapshot().tariffs) == (200, 2001, {})


def test_a_session_proves_that_the_token_works_once_energy_flows(
    cpo: Partner, store: Store
) -> None:
    here = "sessions/NL/TNM/S1"
    assert cpo.ask("PUT", here, SESSION).status == 201
    assert proofs(store.snapshot()) == []
    change = {"kwh": 1.5, "status": "ACTIVE", "charging_periods": PERIODS[:1], "last_updated": NEW}
    assert cpo.ask("PATCH", here, change).code == 1000
    assert proofs(store.snapshot()) == [WORKED]
    more = {"kwh": 3.0, "charging_periods": PERIODS[1:], "last_updated": NEWER}
    for _ in range(2):
        cpo.ask("PATCH", here, more)
    held = cpo.ask("GET", here).data
    assert (held["kwh"], held["status"], held["charging_periods"]) == (3.0, "ACTIVE", PERIODS)
    assert proofs(store.snapshot()) == [WORKED]
    cpo.ask("PATCH", here, {"kwh": 0.1, "last_updated": OLD})
    assert cpo.ask("GET", here).data["kwh"] == 3.0
    assert cpo.ask("PATCH", "sessions/NL/TNM/S2", more).status == 404


def test_a_session_of_2_1_1_names_the_contract(cpo: Partner, store: Store) -> None:
    cpo.version = "2.1.1"
    old = {
        "id": "S9",
        "start_datetime": OLD,
        "kwh": 4.2,
        "auth_id": "DE*PLG*C12345678*X",
        "location": {"id": "LOC1", "evses": [{"uid": "1"}]},
        "currency": "EUR",
        "status": "COMPLETED",
        "last_updated": NEW,
    }
    assert cpo.ask("PUT", "sessions/NL/TNM/S9", old).status == 201
    assert proofs(store.snapshot()) == [WORKED]


def test_a_cdr_is_made_once_and_found_where_we_say(cpo: Partner, store: Store) -> None:
    told = cpo.ask("POST", "cdrs", CDR)
    assert (told.status, told.code) == (201, 1000)
    where = told.headers["Location"]
    assert where == "https://us.example/ocpi/2.2.1/cdrs/NL/TNM/C%2F1"
    assert cpo.ask("GET", where.partition("2.2.1/")[2]).data == CDR
    assert proofs(store.snapshot()) == [WORKED]
    assert cpo.ask("POST", "cdrs", CDR).status == 200
    assert cpo.ask("POST", "cdrs", {**CDR, "total_energy": 99}).code == 2001
    assert len(proofs(store.snapshot())) == 1
    assert cpo.ask("POST", "cdrs", {**CDR, "party_id": "XXX"}).status == 404
    assert cpo.ask("PUT", "cdrs", CDR).headers["Allow"] == "POST"
    assert cpo.ask("POST", "cdrs", {"id": "2"}).code == 2001


def test_a_card_with_a_new_contract_does_not_inherit_what_its_former_one_did(
    cpo: Partner, store: Store
) -> None:
    cpo.ask("POST", "cdrs", CDR)
    renewed = replace(TOKEN, contract_id="DE-PLG-C99999999-X")
    store.issued.save([IssuedToken(token=renewed)])
    cpo.ask("POST", "cdrs", {**CDR, "id": "late"})
    wallet = Wallet(tokens=(TOKEN, renewed, replace(TOKEN, provider="DE*NEW")))
    known = records_of(wallet, store.snapshot().token_evidence, now=LATER + 1.0)
    used = [known[n].at_evse("NL*TNM", "NL*TNM*LOC1", "1").charged_here for n in range(3)]
    assert [one is not None for one in used] == [True, False, False]


def test_a_credit_and_an_empty_cdr_prove_nothing(cpo: Partner, store: Store) -> None:
    cpo.ask("POST", "cdrs", {**CDR, "credit": True})
    cpo.ask("POST", "cdrs", {**CDR, "id": "2", "total_energy": 0})
    assert proofs(store.snapshot()) == []


def test_tokens_in_sessions_are_encrypted_at_rest(cpo: Partner, store: Store) -> None:
    cpo.ask("PUT", "sessions/NL/TNM/S1", SESSION)
    cpo.ask("POST", "cdrs", CDR)
    held = bytes_at_rest(store).lower()
    for secret in ("04a1b2c3", TOKEN.digest, contract_digest(TOKEN.contract_id)):
        assert secret.encode() not in held


def test_a_hub_tells_of_its_parties_and_nobody_else_may(cpo: Partner, store: Store) -> None:
    hub = Partner(cpo.desk, add_partner(store, "hub", "DE*HUB", is_hub=True))
    info = {
        "country_code": "NL",
        "party_id": "ABC",
        "role": "CPO",
        "status": "CONNECTED",
        "last_updated": NEW,
    }
    here = "hubclientinfo/NL/ABC"
    assert hub.ask("PUT", here, info).status == 201
    assert (
        hub.ask("PUT", here, {**info, "status": "SUSPENDED", "last_updated": NEWER}).status == 200
    )
    assert hub.ask("PUT", here, {**info, "status": "OFFLINE"}).code == 1000
    (held,) = store.snapshot().client_infos
    assert (held.hub, held.party, held.status) == ("DE*HUB", "NL*ABC", "SUSPENDED")
    assert hub.ask("GET", here).data["status"] == "SUSPENDED"
    assert hub.ask("PUT", "hubclientinfo/NL/XYZ", info).code == 2001
    assert hub.ask("PUT", here, {**info, "status": None, "last_updated": 7}).code == 2001
    assert cpo.ask("PUT", here, info).status == 404


def test_a_hub_sends_for_many_parties(cpo: Partner, store: Store) -> None:
    hub = Partner(cpo.desk, add_partner(store, "hub", "DE*HUB", is_hub=True))
    for party in ("ABC", "XYZ"):
        body = location(f"L{party}") | {"party_id": party}
        body["evses"][0] |= {"uid": party, "evse_id": f"NL*{party}*E1"}
        assert hub.ask("PUT", f"locations/NL/{party}/L{party}", body).status == 201
    seen = store.snapshot()
    assert {s.party for s in seen.stations} == {"NL*TNM", "NL*ABC", "NL*XYZ"}
    assert {s.feed for s in seen.stations if s.party != "NL*TNM"} == {"hub"}


def test_who_routes_in_anothers_name_is_refused(cpo: Partner) -> None:
    cpo.headers = {"OCPI-from-country-code": "NL", "OCPI-from-party-id": "XXX"}
    assert cpo.ask("PUT", "tariffs/NL/TNM/T1", TARIFF).code == 2001


def test_the_examples_of_the_specification_are_applied(shared: Path) -> None:
    folder = shared / "chargers" / "ocpi-spec-examples" / "v2.2.1-d2"

    def read(name: str) -> Any:
        return json.loads((folder / f"{name}.json").read_bytes())

    session = put_record("sessions", None, "101", "NL*STK", read("session_example_1_simple_start"))
    change = read("session_patch_example_charging_period") | {"last_updated": NEW}
    after = patch_record("sessions", session, "101", "NL*STK", change)
    assert (after["kwh"], len(after["charging_periods"])) == (15.0, 1)
    after = patch_record(
        "sessions",
        after,
        "101",
        "NL*STK",
        read("session_patch_example_total_cost") | {"last_updated": NEWER},
    )
    assert (after["total_cost"]["excl_vat"], len(after["charging_periods"])) == (0.6, 1)
