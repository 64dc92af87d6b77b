"""What a program relies on when it plans one trip over HTTP."""

import json
from typing import Any
from xml.etree import ElementTree as ET

import icalendar
import pytest
from flask import Flask
from flask.testing import FlaskClient

from planner.faces.api.answers import ChoicesAnswer, InfeasibleAnswer, PlanAnswer
from planner.formats.stamps import moment
from tests.faces.small_world import CAR, CONTRACT, MUNICH, NOW, UID, VERONA, token, trip


@pytest.fixture
def plan(client: FlaskClient) -> dict[str, Any]:
    answer = client.post("/v1/plans", json=trip())
    assert answer.status_code == 200, answer.text
    return answer.json


def test_a_trip_has_stops_that_the_card_opens_each_with_a_fallback(plan: dict[str, Any]) -> None:
    assert plan["charging_stops"]
    for stop in plan["charging_stops"]:
        assert stop["access"]["grade"] == "contracted"
        assert stop["access"]["evidence"][0]["source"] == "roaming.csv:2"
        assert stop["fallbacks"]
        assert stop["fallbacks"][0]["soc_arrival"] >= 0.1 - 1e-9
        assert stop["fallbacks"][0]["station"]["id"] != stop["station"]["id"]


def test_the_plan_is_of_the_shape_that_openapi_says(plan: dict[str, Any]) -> None:
    PlanAnswer.model_validate(plan)


def test_times_carry_the_offset_of_the_place(plan: dict[str, Any]) -> None:
    assert plan["summary"]["departure"] == "2026-11-23T07:00:00+01:00"
    assert moment(plan["summary"]["arrival"]) > NOW


def test_what_was_assumed_is_told(plan: dict[str, Any]) -> None:
    said = " ".join(plan["warnings"])
    for name in ("departure", "reserve_soc 0.1", "arrival_soc 0.1", "min_grade", "fallbacks 1"):
        assert name in said


def test_no_uid_is_ever_answered(client: FlaskClient) -> None:
    wallet = {"tokens": [{"uid": UID, "contract_id": CONTRACT}]}
    answer = client.post("/v1/plans", json=trip(wallet=wallet))
    assert answer.status_code == 200
    assert UID not in answer.text
    kept = client.get(answer.headers["Content-Location"])
    assert UID not in kept.text


def test_a_plan_for_tokens_in_the_request_can_be_checked_later(client: FlaskClient) -> None:
    wallet = {"tokens": [{"uid": UID, "contract_id": CONTRACT}]}
    made = client.post("/v1/plans", json=trip(wallet=wallet)).json
    checked = client.post(f"/v1/plans/{made['id']}/verify").json
    assert checked == {
        "plan": made["id"],
        "holds": True,
        "world": made["world"]["hash"],
        "broken": [],
        "unchecked": [],
    }
    listed = client.get("/v1/wallets").json["wallets"]
    assert [wallet["id"] for wallet in listed] == ["anna"]


def test_a_stored_plan_comes_in_the_format_that_is_accepted(
    client: FlaskClient, plan: dict[str, Any]
) -> None:
    address = f"/v1/plans/{plan['id']}"
    assert client.get(address).json == plan
    as_geojson = client.get(address, headers={"Accept": "application/geo+json"})
    assert as_geojson.mimetype == "application/geo+json"
    kinds = {f["properties"]["kind"] for f in as_geojson.json["features"]}
    assert kinds == {"leg", "place", "charging_stop", "fallback", "fallback_leg"}
    gpx = ET.fromstring(client.get(address + "?format=gpx").data)
    assert gpx.tag.endswith("gpx")
    assert len(gpx.findall(".//{*}trkseg")) == len(plan["legs"])
    calendar = icalendar.Calendar.from_ical(client.get(address + "?format=ics").data)
    events = [part for part in calendar.walk() if part.name == "VEVENT"]
    assert len(events) == len(plan["legs"]) + len(plan["charging_stops"])
    refused = client.get(address, headers={"Accept": "image/png"})
    assert refused.status_code == 406


def test_each_stop_tells_the_next_best_choice_at_once_or_when_asked(client: FlaskClient) -> None:
    made = client.post("/v1/plans", json=trip(explain=True)).json
    PlanAnswer.model_validate(made)
    assert [choice["stop"] for choice in made["choices"]] == list(
        range(len(made["charging_stops"]))
    )
    for choice, stop in zip(made["choices"], made["charging_stops"], strict=True):
        assert choice["says"].startswith("Next best: ")
        assert choice["instead"]["station"]["id"] != stop["station"]["id"]
        assert choice["instead"]["station"]["name"] in choice["says"]
        assert choice["difference"]["later_s"] >= -60.0
    later = client.get(f"/v1/plans/{made['id']}/choices").json
    ChoicesAnswer.model_validate(later)
    assert [c["says"] for c in later["choices"]] == [c["says"] for c in made["choices"]]
    assert client.post("/v1/plans", json=trip()).json["choices"] == []


def test_an_infeasible_trip_is_422_and_says_why_and_how_far(client: FlaskClient) -> None:
    wallet = {"tokens": [{"uid": "FFFF0001", "provider": "NL*XYZ"}]}
    answer = client.post("/v1/plans", json=trip(wallet=wallet))
    assert answer.status_code == 422
    assert answer.mimetype == "application/problem+json"
    InfeasibleAnswer.model_validate(answer.json)
    assert answer.json["reason"] == "no_accessible_charger"
    assert sum(answer.json["rejected"]["counts"].values()) > 0
    assert answer.json["furthest"]["distance_m"] > 50_000


def test_a_failed_stop_gives_the_fallback_and_the_trip_from_there(
    client: FlaskClient, plan: dict[str, Any]
) -> None:
    stop = plan["charging_stops"][0]
    told = {"evse_id": stop["evse_id"], "outcome": "broken"}
    answer = client.post(f"/v1/plans/{plan['id']}/outcome", json=told)
    assert answer.status_code == 200, answer.text
    onward = answer.json
    assert onward["replaces"] == plan["id"]
    assert f"/v1/plans/{plan['id']}" in answer.headers["Link"]
    assert onward["legs"][0]["from"]["location"] == stop["station"]["location"]
    assert onward["legs"][0]["soc_start"] == pytest.approx(stop["soc_arrival"])
    assert onward["legs"][-1]["to"]["location"] == VERONA
    assert stop["station"]["id"] not in [s["station"]["id"] for s in onward["charging_stops"]]
    promised = stop["fallbacks"][0]["station"]["id"]
    assert onward["charging_stops"][0]["station"]["id"] == promised
    assert onward["summary"]["guarantee"]["order"] == 1


def test_a_refused_card_is_remembered_for_the_next_trip(
    client: FlaskClient, plan: dict[str, Any]
) -> None:
    stop = plan["charging_stops"][0]
    told = {"evse_id": stop["evse_id"], "outcome": "refused"}
    assert client.post(f"/v1/plans/{plan['id']}/outcome", json=told).status_code == 200
    asked = {"evse_id": stop["evse_id"], "tokens": [{"uid": UID, "contract_id": CONTRACT}]}
    grades = client.post("/v1/access", json=asked).json["grades"]
    assert grades[0]["grade"] == "refused"
    checked = client.post(f"/v1/plans/{plan['id']}/verify").json
    assert not checked["holds"]
    assert checked["broken"]


def test_a_success_is_kept_and_needs_no_new_trip_but_proves_nothing_before_one_can_be_there(
    client: FlaskClient, plan: dict[str, Any], app: Flask
) -> None:
    stop, office = plan["charging_stops"][0], app.extensions["plugsure"].office
    told = {"evse_id": stop["evse_uid"], "outcome": "ok", "at": stop["departure"]}
    early = client.post(f"/v1/plans/{plan['id']}/outcome", json=told)
    assert early.json["recorded"] is False
    known = office.store.snapshot()
    assert (known.token_evidence, known.reports) == ((), ())
    office.clock = lambda: moment(stop["departure"])
    answer = client.post(f"/v1/plans/{plan['id']}/outcome", json=told)
    assert answer.json["recorded"] is True
    evidence = office.store.snapshot().token_evidence
    assert [item.kind for item in evidence] == ["succeeded"]


def test_an_outcome_at_a_stop_that_the_plan_lacks_is_404(
    client: FlaskClient, plan: dict[str, Any]
) -> None:
    told = {"evse_id": "XX*YYY*E1", "outcome": "broken"}
    assert client.post(f"/v1/plans/{plan['id']}/outcome", json=told).status_code == 404
    assert client.post("/v1/plans/nothing/outcome", json=told).status_code == 404


def test_events_tell_whether_the_plan_holds_and_end_by_themselves(
    client: FlaskClient, plan: dict[str, Any]
) -> None:
    answer = client.get(f"/v1/plans/{plan['id']}/events")
    assert answer.mimetype == "text/event-stream"
    text = answer.text
    assert "event: ok" in text
    data = next(line for line in text.splitlines() if line.startswith("data: "))
    assert json.loads(data.removeprefix("data: "))["plan"] == plan["id"]
    seen = next(line for line in text.splitlines() if line.startswith("id: "))
    again = client.get(
        f"/v1/plans/{plan['id']}/events", headers={"Last-Event-ID": seen.removeprefix("id: ")}
    )
    assert "event: ok" not in again.text


def test_the_same_request_with_the_same_key_is_answered_once(client: FlaskClient) -> None:
    key = {"Idempotency-Key": "4711"}
    first = client.post("/v1/plans", json=trip(), headers=key)
    again = client.post("/v1/plans", json=trip(), headers=key)
    assert again.data == first.data
    assert again.headers["Idempotent-Replayed"] == "true"
    other = client.post("/v1/plans", json=trip(alternatives=1), headers=key)
    assert other.status_code == 409


def test_alternatives_can_be_fetched_like_any_plan(client: FlaskClient) -> None:
    made = client.post("/v1/plans", json=trip(alternatives=1)).json
    for other in made["alternatives"]:
        assert client.get(f"/v1/plans/{other['id']}").json["id"] == other["id"]


def test_a_vehicle_may_be_described_in_full(client: FlaskClient) -> None:
    own = {
        "soc": 0.9,
        "mass_kg": 1800,
        "drag_area_m2": 0.6,
        "rolling_coefficient": 0.009,
        "usable_kwh": 60,
        "dc_curve": [{"soc": 0, "power_kw": 100}, {"soc": 1, "power_kw": 30}],
    }
    answer = client.post("/v1/plans", json=trip(vehicle=own))
    assert answer.status_code == 200, answer.text
    wrong = client.post("/v1/plans", json=trip(vehicle={**own, "mass_kg": -1, "wheels": 4}))
    assert wrong.status_code == 400
    pointers = {error["pointer"] for error in wrong.json["errors"]}
    assert pointers == {"/vehicle/mass_kg", "/vehicle/wheels"}


def test_places_may_be_given_by_name(client: FlaskClient) -> None:
    stops = [{"place": "Innsbruck"}, {"location": MUNICH}]
    answer = client.post("/v1/plans", json=trip(stops=stops, vehicle={"id": CAR, "soc": 0.9}))
    assert answer.status_code == 200
    assert answer.json["legs"][0]["from"]["name"] == "Innsbruck"


def test_a_plan_names_its_card_so_that_nobody_can_find_its_uid_by_trying(
    client: FlaskClient, app: Flask
) -> None:
    office = app.extensions["plugsure"].office
    clear = token()
    for wallet in ("anna", {"tokens": [{"uid": UID, "contract_id": CONTRACT}]}):
        made = client.post("/v1/plans", json=trip(wallet=wallet)).json
        (said,) = made["mission"]["wallet"]["tokens"]
        assert clear.digest not in json.dumps(made)
        assert said["digest"] == office.token(UID).public_name
        assert client.post(f"/v1/plans/{made['id']}/verify", json={}).status_code == 200
