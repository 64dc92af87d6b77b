"""The fleet's own records by the API: stored under its ids, named by missions, kept by plans."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from flask import Flask
from flask.testing import FlaskClient

from planner.faces.cli import main
from planner.feeds.depots.documents import read_document
from planner.feeds.depots.registry import register
from planner.settings import Settings
from tests.faces.small_world import CAR, NOW, UID, trip

VAN = {"id": "van-7", "model": CAR, "name": "Van 7", "overrides": {"usable_kwh": 55.0}}


def stored(client: FlaskClient, path: str, body: dict[str, Any]) -> Any:
    answer = client.post(path, json=body)
    assert answer.status_code == 201, answer.json
    return answer.json


def test_records_come_back_as_they_were_stored_and_go_when_deleted(client: FlaskClient) -> None:
    stored(client, "/v1/fleet/policies", {"id": "thrift", "max_per_kwh": "0.70"})
    stored(client, "/v1/fleet/vehicles", {**VAN, "policy": "thrift"})
    driver = {"id": "d-1", "name": "Zoë Quill", "vehicle": "van-7", "wallet": "anna"}
    stored(client, "/v1/fleet/drivers", driver)
    van = client.get("/v1/fleet/vehicles").json["vehicles"][0]
    assert (van["id"], van["policy"], van["state"]) == ("van-7", "thrift", None)
    assert van["title"].startswith("Volkswagen ID.3")
    assert client.get("/v1/fleet/drivers/d-1").json == {**driver, "policy": None}
    assert client.get("/v1/fleet/policies/thrift").json["max_per_kwh"] == "0.70"
    assert client.delete("/v1/fleet/policies/thrift").status_code == 400
    for path in ("vehicles/van-7", "drivers/d-1", "policies/thrift"):
        assert client.delete(f"/v1/fleet/{path}").status_code == 204
        assert client.get(f"/v1/fleet/{path}").status_code == 404


def test_depots_tell_their_limits_and_are_given_prices(app: Flask, client: FlaskClient) -> None:
    rows = [
        {
            "depot": "Hof Süd",
            "location": "11.58,48.21",
            "charge_point": "CP-1",
            "evses": ["ccs:150", "type2:22"],
            "max_kw": 100,
            "depot_max_kw": 250,
        }
    ]
    office = app.extensions["plugsure"].office
    register(office.store, read_document(json.dumps(rows).encode(), "d.json", {}), now=NOW)
    price = {"per_kwh": "0.27", "since": "2026-12-01T00:00:00+01:00"}
    stored(client, "/v1/fleet/depots/Hof Süd/prices", {"per_kwh": "0.240"})
    stored(client, "/v1/fleet/depots/Hof Süd/prices", price)
    (depot,) = client.get("/v1/fleet/depots").json["depots"]
    assert (depot["id"], depot["max_kw"]) == ("Hof Süd", 250)
    told = [(one["since"], one["per_kwh"], one["currency"]) for one in depot["prices"]]
    assert told == [(None, "0.240", "EUR"), ("2026-11-30T23:00:00+00:00", "0.27", "EUR")]
    (point,) = depot["charge_points"]
    assert (point["id"], point["max_kw"], point["heard"]) == ("CP-1", 100, None)
    assert [evse["plugs"] for evse in point["evses"]] == ["ccs:150", "type2:22"]
    assert client.post("/v1/fleet/depots/none/prices", json=price).status_code == 404
    wrong = client.post("/v1/fleet/depots/Hof Süd/prices", json={"per_kwh": "-1"})
    assert (wrong.status_code, wrong.json["errors"][0]["pointer"]) == (400, "/per_kwh")


def test_drivers_do_not_lie_in_the_database_in_clear(app: Flask, client: FlaskClient) -> None:
    stored(client, "/v1/fleet/drivers", {"id": "d-1", "name": "Zoë Quill"})
    home = app.extensions["plugsure"].office.settings.home
    kept = b"".join(path.read_bytes() for path in home.glob("plugsure.sqlite*"))
    assert "Zoë Quill".encode() not in kept
    assert b"Quill" not in kept
    assert UID.encode() not in kept


def test_what_cannot_be_is_refused_with_its_place(client: FlaskClient) -> None:
    for path, body, pointer in (
        ("vehicles", {"id": "v", "model": "no-such-car"}, "/model"),
        ("vehicles", {**VAN, "overrides": {"usable_kwh": -3}}, "/overrides/usable_kwh"),
        ("vehicles", {**VAN, "policy": "nobody's"}, "/policy"),
        ("vehicles", {**VAN, "policy": "none"}, "/policy"),
        ("drivers", {"id": "d", "vehicle": "none"}, "/vehicle"),
        ("drivers", {"id": "d", "wallet": "none"}, "/wallet"),
        ("policies", {"id": "p", "providers": ["nobody"]}, "/providers/0"),
        ("policies", {"id": "p", "max_per_kwh": "0"}, "/max_per_kwh"),
    ):
        answer = client.post(f"/v1/fleet/{path}", json=body)
        assert answer.status_code == 400, body
        assert answer.json["errors"][0]["pointer"] == pointer


def test_a_driver_brings_vehicle_wallet_and_policy_to_a_mission(client: FlaskClient) -> None:
    stored(client, "/v1/fleet/policies", {"id": "sure", "min_grade": "contracted"})
    stored(client, "/v1/fleet/vehicles", VAN)
    crew = {"id": "d-1", "vehicle": "van-7", "wallet": "anna", "policy": "sure"}
    stored(client, "/v1/fleet/drivers", crew)
    request = trip(driver="d-1", vehicle={"soc": 0.7})
    del request["wallet"]
    made = client.post("/v1/plans", json=request)
    assert made.status_code == 200, made.json
    mission = made.json["mission"]
    assert (mission["vehicle_id"], mission["driver"]) == ("van-7", "d-1")
    assert mission["vehicle"]["usable_kwh"] == 55.0
    assert mission["wallet"]["id"] == "anna"
    assert mission["policy"]["min_grade"] == "contracted"
    checked = client.post(f"/v1/plans/{made.json['id']}/verify").json
    assert checked["broken"] == []


def test_an_unknown_driver_of_a_fleet_that_knows_drivers_is_a_mistake(client: FlaskClient) -> None:
    assert client.post("/v1/plans", json=trip(driver="Jo")).status_code == 200
    stored(client, "/v1/fleet/drivers", {"id": "d-1"})
    answer = client.post("/v1/plans", json=trip(driver="Jo"))
    assert answer.status_code == 400
    assert answer.json["errors"][0]["pointer"] == "/driver"


def test_a_policy_shuts_out_providers_with_its_own_reason(client: FlaskClient) -> None:
    stored(client, "/v1/fleet/policies", {"id": "ours", "providers": ["NL*XYZ"]})
    stored(client, "/v1/fleet/drivers", {"id": "d-1", "wallet": "anna", "policy": "ours"})
    answer = client.post("/v1/plans", json=trip(driver="d-1"))
    assert answer.status_code == 422
    rejected = answer.json["rejected"]
    assert list(rejected["counts"]) == ["policy_provider"]
    assert rejected["stations"][0]["detail"].startswith("Not allowed by your employer's policy:")


def test_a_file_of_records_is_stored_and_listed_by_the_command_line(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLUGSURE_HOME", str(settings.home))
    monkeypatch.delenv("PLUGSURE_DATABASE", raising=False)
    file = tmp_path / "fleet.json"
    rows = {
        "drivers": [{"id": "d-1", "vehicle": "van-7"}, {"id": "d-2", "vehicle": "gone"}],
        "vehicles": [{**VAN, "policy": "thrift"}],
        "policies": [{"id": "thrift", "max_per_kwh": "0.70"}],
    }
    file.write_text(json.dumps(rows), encoding="utf-8")
    told = CliRunner().invoke(main, ["fleet", "import", str(file)])
    assert told.stdout.strip() == "1 policies, 1 vehicles, 1 drivers"
    assert "/drivers/1/vehicle" in told.stderr
    listed = CliRunner().invoke(main, ["fleet", "list", "vehicles", "--json"])
    assert json.loads(listed.stdout)[0]["overrides"] == VAN["overrides"]
    assert CliRunner().invoke(main, ["fleet", "remove", "policies", "thrift"]).exit_code == 2
    assert CliRunner().invoke(main, ["fleet", "remove", "drivers", "d-1"]).exit_code == 0
    assert json.loads(CliRunner().invoke(main, ["fleet", "list", "drivers", "--json"]).stdout) == []
