"""What a partner does over HTTP is in the next plan: its posts, and its word on a reservation."""

import base64
import time
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from flask import Flask
from flask.testing import FlaskClient

from planner.access.chargers import accessible
from planner.faces.api.party import party_door
from planner.faces.commands import reservations
from planner.faces.missions import mission_of
from planner.faces.office import Office
from planner.faces.requests import PlanRequest
from planner.model.grade import Grade
from planner.model.plan import Plan
from planner.model.station import Evse
from planner.ocpi.times import write_time
from planner.plan import plan as make_plan
from planner.store.commands import Command
from planner.store.snapshot import TokenEvidence
from planner.store.updates import StationsUpdate
from tests.faces.small_world import CAR, NOW, trip

ENVIRON = {"PLUGSURE_OCPI_URL": "https://us.example/ocpi", "PLUGSURE_OCPI_PARTY": "DE*ABC"}


@pytest.fixture
def office(app: Flask) -> Office:
    used: Office = app.extensions["plugsure"].office
    return used


@pytest.fixture
def partner(office: Office) -> FlaskClient:
    door = party_door(office, ENVIRON)
    assert door is not None
    served = Flask("partners")
    served.register_blueprint(door)
    for party in ("AT*AAA", "IT*BBB"):
        office.store.feeds.save_credentials(party, {"token": "t", "our_token": f"ours-{party}"})
    return served.test_client()


def headers(token: str) -> dict[str, str]:
    return {"Authorization": f"Token {base64.b64encode(token.encode()).decode()}"}


def test_a_pushed_post_is_avoided_by_the_next_plan(partner: FlaskClient, office: Office) -> None:
    first = planned(office)
    stop = first.charging_stops[0]
    country_code, party_id, name = stop.station_id.split("*", 2)
    at = write_time(NOW)
    evses = [
        {
            "uid": f"{name}-{n}",
            "evse_id": f"{country_code}*{party_id}*E{name.upper()}{n}",
            "status": "OUTOFORDER",
            "capabilities": ["RFID_READER"],
            "connectors": [
                {
                    "id": "1",
                    "standard": "IEC_62196_T2_COMBO",
                    "format": "CABLE",
                    "power_type": "DC",
                    "max_electric_power": 150000,
                    "max_voltage": 900,
                    "max_amperage": 400,
                    "last_updated": at,
                }
            ],
            "last_updated": at,
        }
        for n in (1, 2)
    ]
    body = {
        "country_code": country_code,
        "party_id": party_id,
        "id": name,
        "publish": True,
        "coordinates": {
            "latitude": f"{stop.location.lat:.6f}",
            "longitude": f"{stop.location.lon:.6f}",
        },
        "country": "AUT",
        "time_zone": "Europe/Vienna",
        "opening_times": {"twentyfourseven": True},
        "evses": evses,
        "last_updated": at,
    }
    token = headers(f"ours-{stop.party}")
    where = f"/ocpi/2.2.1/locations/{country_code}/{party_id}/{name}"
    told = partner.put(where, json=body, headers=token)
    assert (told.status_code, told.json["status_code"]) == (201, 1000)
    office.fresh_world()
    assert stop.station_id not in {s.station_id for s in planned(office).charging_stops}
    other = "ours-IT*BBB" if stop.party == "AT*AAA" else "ours-AT*AAA"
    assert partner.put(where, json=body, headers=headers(other)).status_code == 404


def test_doors_answer_in_the_partners_own_words(partner: FlaskClient) -> None:
    token = headers("ours-AT*AAA")
    too_large = partner.put("/ocpi/2.2.1/locations/AT/AAA/X", data=b"x" * 5_000_000, headers=token)
    assert (too_large.status_code, too_large.json["status_code"]) == (413, 2000)
    unknown = partner.get("/ocpi/versions", headers=headers("guess"))
    assert (unknown.status_code, unknown.json["status_code"]) == (401, 2000)
    assert partner.get("/ocpi/1.0/locations", headers=token).status_code == 404


def planned(office: Office, now: float = NOW) -> Plan:
    document = trip()
    mission = mission_of(PlanRequest.model_validate(document), office.desk(now))
    outcome = make_plan(office.world, mission)
    assert isinstance(outcome, Plan)
    return outcome


def test_an_accepted_reservation_makes_the_first_stop_committed(
    office: Office, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    first = planned(office)
    wanted: list[tuple[str, str, float]] = []

    class Sending:
        def reserve(self, station: Any, evse_uid: str, token: Any, until: float) -> Command:
            wanted.append((station.id, evse_uid, until))
            evidence = TokenEvidence(
                token=token.digest,
                station_id=station.id,
                evse_uid=evse_uid,
                party=station.party,
                kind="reserved",
                value="ACCEPTED",
                at=NOW,
                until=until,
                source="reservation 1",
            )
            office.store.knowledge.add_token_evidence([evidence])
            return Command(
                id="x",
                feed=station.feed,
                kind="RESERVE_NOW",
                party=station.party,
                token=token.digest,
                station_id=station.id,
                evse_uid=evse_uid,
                reservation_id="1",
                made=NOW,
                until=until,
                state="ACCEPTED",
            )

    @contextmanager
    def sending(_: Office) -> Any:
        yield Sending()

    monkeypatch.setattr(reservations, "reserver", sending)
    monkeypatch.setattr(reservations.time, "time", lambda: NOW)
    again = reservations.reserve_first_stop(office, first.mission, first)
    assert isinstance(again, Plan)
    stop = again.charging_stops[0]
    before = first.charging_stops[0]
    assert wanted == [(before.station_id, before.evse_uid, before.arrival + 1800.0)]
    assert (stop.station_id, stop.evse_uid) == (before.station_id, before.evse_uid)
    assert (stop.verdict.grade, stop.verdict.rule) == (Grade.COMMITTED, "reservation")
    assert "reservations cancel 1" in capsys.readouterr().err


def test_without_our_own_endpoints_nothing_is_reserved(
    office: Office, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("PLUGSURE_OCPI_URL", raising=False)
    first = planned(office)
    assert reservations.reserve_first_stop(office, first.mission, first) is first
    assert "PLUGSURE_OCPI_URL" in capsys.readouterr().err


def parties_of(used: Office, now: float = NOW) -> set[str]:
    """Whose stations Anna's card opens, in the world that the next plan of this worker sees."""
    world = used.world
    wallet, car = used.wallet("anna"), used.desk(now).catalogue.by_id[CAR]
    chargers = accessible(
        world.snapshot, wallet, car, min_grade=Grade.INDICATED, at=NOW + 7200.0, now=now
    )
    owners = [station.party for station in world.snapshot.stations for _ in station.evses]
    return {owners[e] for e in np.flatnonzero(chargers.grade >= Grade.CONTRACTED)}


def test_what_a_hub_says_of_a_party_is_in_the_next_plan_of_every_worker_within_two_seconds(
    partner: FlaskClient, office: Office
) -> None:
    for party in ("AT*AAA", "IT*BBB"):
        source = office.store.feeds.get(party)
        office.store.feeds.save(replace(source, is_hub=True))
    other = Office(office.settings, clock=lambda: NOW)
    other._world = office.world.renewed(other.store.snapshot())

    def tell(status: str) -> float:
        for party in ("AT/AAA", "IT/BBB"):
            country_code, party_id = party.split("/")
            body = {
                "country_code": country_code,
                "party_id": party_id,
                "role": "CPO",
                "status": status if party == "AT/AAA" else "CONNECTED",
                "last_updated": write_time(NOW),
            }
            token = headers(f"ours-{country_code}*{party_id}")
            where = f"/ocpi/2.2.1/hubclientinfo/{party}"
            assert partner.put(where, json=body, headers=token).json["status_code"] == 1000
        return time.monotonic()

    for status, expected in (
        ("CONNECTED", {"AT*AAA", "IT*BBB"}),
        ("SUSPENDED", {"IT*BBB"}),
        ("CONNECTED", {"AT*AAA", "IT*BBB"}),
        ("OFFLINE", {"IT*BBB"}),
        ("PLANNED", {"IT*BBB"}),
    ):
        told = tell(status)
        for used in (office, other):
            while parties_of(used) != expected:
                assert time.monotonic() - told < 2.0, (status, parties_of(used))
                time.sleep(0.05)
    other.store.close()


def test_a_tariff_that_is_deleted_while_stations_name_it_makes_their_price_unknown(
    partner: FlaskClient, office: Office
) -> None:
    element = {"price_components": [{"type": "ENERGY", "price": 0.5, "vat": 20, "step_size": 1}]}
    for party in ("AT*AAA", "IT*BBB"):
        country_code, party_id = party.split("*")
        tariff = {
            "country_code": country_code,
            "party_id": party_id,
            "id": "T1",
            "currency": "EUR",
            "elements": [element],
            "last_updated": write_time(NOW),
        }
        where = f"/ocpi/2.2.1/tariffs/{country_code}/{party_id}/T1"
        told = partner.put(where, json=tariff, headers=headers(f"ours-{party}"))
        assert told.json["status_code"] == 1000
        named = [
            replace(s, evses=tuple(_priced(evse) for evse in s.evses))
            for s in office.store.snapshot().stations
            if s.party == party
        ]
        office.store.apply(StationsUpdate(feed=party, stations=[(s, {}) for s in named]))
    office.fresh_world()
    priced = planned(office)
    assert all(stop.cost is not None for stop in priced.charging_stops)
    assert priced.charging_stops
    for party in ("AT*AAA", "IT*BBB"):
        where = f"/ocpi/2.2.1/tariffs/{party.replace('*', '/')}/T1"
        told = partner.delete(where, headers=headers(f"ours-{party}"))
        assert told.json["status_code"] == 1000
    office.fresh_world()
    unpriced = planned(office)
    assert [stop.cost for stop in unpriced.charging_stops] == [None] * len(unpriced.charging_stops)
    assert unpriced.summary.costs == ()
    assert unpriced.summary.unpriced_stops == len(unpriced.charging_stops)


def _priced(evse: Evse) -> Evse:
    plugs = tuple(replace(plug, tariff_ids=("T1",)) for plug in evse.connectors)
    return replace(evse, connectors=plugs)
