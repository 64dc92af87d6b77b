"""Who may come in, how often, and whether the description tells all."""

import re
from typing import Any

import jsonschema_rs
import pytest
from flask import Flask
from flask.testing import FlaskClient

from planner.faces.api import ApiOptions, create_app
from planner.faces.api.limits import Buckets
from tests.faces.small_world import NOW, UID, trip

PAGES = {"pages", "ocpi"}
DRAFT = "https://json-schema.org/draft/2020-12/schema"


@pytest.fixture
def strict(app: Flask) -> Flask:
    """The same installation without the demo's open door."""
    office = app.extensions["plugsure"].office
    options = ApiOptions(requests_per_minute=60, burst=5)
    return create_app(office.settings, options, clock=lambda: NOW, office=office)


def key(app: Flask, *scopes: str) -> dict[str, str]:
    _, secret = app.extensions["plugsure"].office.store.keys.create("test", scopes, now=NOW)
    return {"Authorization": f"Bearer {secret}"}


def test_without_a_key_nothing_but_health_is_open(strict: Flask) -> None:
    client = strict.test_client()
    answer = client.get("/v1/wallets")
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert client.get("/healthz").status_code == 200
    assert client.get("/readyz").status_code == 200


def test_a_key_opens_its_scopes_only_and_admin_all(strict: Flask) -> None:
    client = strict.test_client()
    assert client.get("/v1/wallets", headers=key(strict, "plan")).status_code == 200
    refused = client.get("/v1/wallets", headers=key(strict, "batch"))
    assert refused.status_code == 403
    assert client.get("/v1/wallets", headers=key(strict, "admin")).status_code == 200


def test_a_revoked_or_unknown_key_opens_nothing(strict: Flask) -> None:
    client = strict.test_client()
    keys = strict.extensions["plugsure"].office.store.keys
    made, secret = keys.create("gone", ("plan",), now=NOW)
    keys.revoke(made.id, now=NOW)
    for held in (secret, "plugsure_nothing"):
        headers = {"Authorization": f"Bearer {held}"}
        assert client.get("/v1/wallets", headers=headers).status_code == 401


def test_too_many_requests_are_429_and_say_when_to_come_again(strict: Flask) -> None:
    client = strict.test_client()
    headers = key(strict, "plan")
    answers = [client.get("/v1/wallets", headers=headers) for _ in range(7)]
    assert [answer.status_code for answer in answers] == [200] * 5 + [429] * 2
    assert int(answers[-1].headers["Retry-After"]) >= 1
    assert client.get("/v1/wallets", headers=key(strict, "plan")).status_code == 200


def test_a_bucket_fills_again_at_its_rate() -> None:
    buckets = Buckets(per_minute=60, burst=2)
    assert [buckets.take("a", 0.0) for _ in range(3)] == [0.0, 0.0, 1.0]
    assert buckets.take("a", 1.0) == 0.0
    assert buckets.take("a", 1.0) > 0.0
    assert buckets.take("b", 1.0) == 0.0


@pytest.mark.parametrize(
    "headers",
    [{"X-Forwarded-For": "203.0.113.5"}, {"Host": "evil.example"}, {"Forwarded": "for=1.2.3.4"}],
)
def test_the_open_door_of_the_demo_is_shut_to_proxies_and_foreign_names(
    app: Flask, headers: dict[str, str]
) -> None:
    assert app.test_client().get("/v1/wallets", headers=headers).status_code == 401


def test_the_open_door_of_the_demo_is_for_this_machine_only(app: Flask) -> None:
    far = {"REMOTE_ADDR": "203.0.113.5"}
    assert app.test_client().get("/v1/wallets", environ_overrides=far).status_code == 401


def test_every_route_is_described(app: Flask, client: FlaskClient) -> None:
    described = client.get("/openapi.json").json
    assert described["openapi"].startswith("3.1")
    for rule in app.url_map.iter_rules():
        if rule.endpoint.split(".")[0] in PAGES:
            continue
        path = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule)
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            said = described["paths"][path][method.lower()]
            assert said["summary"], path
            assert said["responses"], path


def test_the_description_is_valid_and_all_its_references_lead_somewhere(
    client: FlaskClient,
) -> None:
    described = client.get("/openapi.json").json

    def walk(node: Any) -> None:
        if isinstance(node, dict):
            reference = node.get("$ref")
            if reference:
                assert reference.startswith("#/")
                found = described
                for part in reference[2:].split("/"):
                    found = found[part]
            for child in node.values():
                walk(child)
        elif isinstance(node, list):
            for child in node:
                walk(child)

    walk(described)
    for schema in described["components"]["schemas"].values():
        jsonschema_rs.meta.validate({**schema, "$schema": DRAFT})


def test_the_contract_of_this_issue_is_all_there(client: FlaskClient) -> None:
    paths = client.get("/openapi.json").json["paths"]
    wanted = {
        "/v1/plans": {"post"},
        "/v1/plans/{plan_id}": {"get"},
        "/v1/plans/{plan_id}/verify": {"post"},
        "/v1/plans/{plan_id}/events": {"get"},
        "/v1/plans/{plan_id}/outcome": {"post"},
        "/v1/stations": {"get", "post"},
        "/v1/access": {"post"},
        "/v1/vehicles": {"get"},
        "/v1/places": {"get"},
        "/v1/batches": {"post"},
        "/v1/batches/{batch_id}": {"get", "delete"},
        "/v1/batches/{batch_id}/results": {"get"},
        "/v1/batches/{batch_id}/events": {"get"},
        "/v1/wallets": {"get", "post"},
        "/v1/region": {"get"},
        "/healthz": {"get"},
        "/readyz": {"get"},
        "/metrics": {"get"},
    }
    for path, methods in wanted.items():
        assert methods <= set(paths[path]), path


def test_docs_load_nothing_from_other_servers(client: FlaskClient) -> None:
    page = client.get("/docs").text
    assert "http://" not in page
    assert "https://" not in page


def test_metrics_count_requests_by_route_without_addresses(client: FlaskClient) -> None:
    client.get("/v1/wallets/anna")
    text = client.get("/metrics").text
    assert 'route="/v1/wallets/<wallet_id>"' in text
    assert "/v1/wallets/anna" not in text


def test_stations_have_grade_and_status_and_an_etag(client: FlaskClient) -> None:
    address = "/v1/stations?bbox=10.5,45.3,12.5,48.3&wallet=anna"
    answer = client.get(address)
    assert answer.mimetype == "application/geo+json"
    assert len(answer.json["features"]) == 22
    first = answer.json["features"][0]["properties"]
    assert first["grade"] == "contracted"
    assert first["usable"] is True
    assert first["statuses"] == {"AVAILABLE": 2}
    again = client.get(address, headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304
    other = client.get("/v1/stations?bbox=10.5,45.3,12.5,48.3")
    assert other.headers["ETag"] != answer.headers["ETag"]
    assert other.json["features"][0]["properties"]["grade"] != "contracted"


def test_stations_are_capped_and_say_so(client: FlaskClient) -> None:
    capped = client.get("/v1/stations?bbox=10.5,45.3,12.5,48.3&limit=3").json
    assert len(capped["features"]) == 3
    assert capped["truncated"] is True
    assert client.get("/v1/stations?bbox=1,2,3").status_code == 400
    assert client.get("/v1/stations?bbox=12,45,10,48").status_code == 400
    assert client.get("/v1/stations?bbox=nan,45,10,48").status_code == 400


def test_stations_for_tokens_and_a_car_in_the_body(client: FlaskClient) -> None:
    body = {
        "bbox": [10.5, 45.3, 12.5, 48.3],
        "wallet": {"tokens": [{"uid": "1234ABCD", "provider": "DE*ABC"}]},
        "vehicle": trip()["vehicle"],
    }
    found = client.post("/v1/stations", json=body).json["features"]
    assert found[0]["properties"]["car_power_kw"] > 50


def test_a_wallet_is_stored_and_shown_masked(client: FlaskClient) -> None:
    wallet = {"id": "bert", "tokens": [{"uid": UID, "provider": "DE*ABC"}], "payment_card": True}
    made = client.post("/v1/wallets", json=wallet)
    assert made.status_code == 201
    assert made.headers["Location"] == "/v1/wallets/bert"
    for answer in (made, client.get("/v1/wallets/bert"), client.get("/v1/wallets")):
        assert UID not in answer.text
        assert "F6" in answer.text
    assert client.post("/v1/plans", json=trip(wallet="bert")).status_code == 200
    assert client.delete("/v1/wallets/bert").status_code == 204
    assert client.get("/v1/wallets/bert").status_code == 404


def test_access_tells_each_token_its_grade_and_evidence(client: FlaskClient) -> None:
    asked = {
        "evse_id": "at-aaa-einnsbruck1",
        "tokens": [{"uid": UID, "provider": "DE*ABC"}, {"uid": "77", "provider": "NL*XYZ"}],
        "at": "2026-11-23T10:00:00+01:00",
    }
    told = client.post("/v1/access", json=asked).json
    assert [grade["grade"] for grade in told["grades"]] == ["contracted", "unknown"]
    assert told["grades"][0]["evidence"]
    assert told["status"]["value"] == "AVAILABLE"
    assert client.post("/v1/access", json={**asked, "evse_id": "nope"}).status_code == 404


def test_vehicles_and_places_and_region_are_found(client: FlaskClient) -> None:
    assert client.get("/v1/vehicles?q=id.3").json["vehicles"][0]["make"] == "Volkswagen"
    assert client.get("/v1/places?q=insbruck").json["places"][0]["name"] == "Innsbruck"
    assert client.get("/v1/places").status_code == 400
    region = client.get("/v1/region").json
    assert region["name"] == "alps"
    assert any("OpenStreetMap" in said for said in region["attribution"])
    assert region["notes"]
