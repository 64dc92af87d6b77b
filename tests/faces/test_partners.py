"""What a partner does over HTTP is in the next plan: its posts, and its word on a reservation."""

import base64
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from planner.faces.api.party import party_door
from planner.faces.commands import reservations
from planner.faces.missions import mission_of
from planner.faces.office import Office
from planner.faces.requests import PlanRequest
from planner.model.grade import Grade
from planner.model.plan import Plan
from planner.ocpi.times import write_time
from planner.plan import plan as make_plan
from planner.store.commands import Command
from planner.store.snapshot import TokenEvidence
from tests.faces.small_world import NOW, trip

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
