"""From a plan to its bill: planned by the API, charged, imported, and told in all reports."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from flask import Flask
from flask.testing import FlaskClient

from planner.faces.cli import main
from planner.formats.stamps import moment
from planner.ocpi.times import write_time
from planner.settings import Settings
from planner.store.snapshot import RetailPrice
from tests.faces.small_world import CONTRACT, UID, trip


@pytest.fixture
def plan(app: Flask, client: FlaskClient) -> dict[str, Any]:
    """A plan whose stops have prices."""
    price = RetailPrice(
        emsp="DE*ABC",
        cpo="*",
        currency="EUR",
        per_kwh="0.59",
        per_min="0",
        per_session="0",
        idle_per_min="0",
        power_min_kw=None,
        power_max_kw=None,
        valid_from=None,
        valid_to=None,
    )
    office = app.extensions["plugsure"].office
    office.store.knowledge.replace_prices([price])
    office.fresh_world()
    made = client.post("/v1/plans", json=trip())
    assert made.status_code == 200, made.get_json()
    found: dict[str, Any] = made.get_json()
    assert found["charging_stops"]
    return found


def cdr_of(stop: dict[str, Any], name: str, **more: Any) -> dict[str, Any]:
    party = stop["station"]["party"].split("*")
    begins = moment(stop["arrival"]) + 300
    return {
        "country_code": party[0],
        "party_id": party[1],
        "id": name,
        "start_date_time": write_time(begins),
        "end_date_time": write_time(begins + 1500),
        "cdr_token": {
            "country_code": "DE",
            "party_id": "ABC",
            "uid": UID.lower(),
            "type": "RFID",
            "contract_id": CONTRACT,
        },
        "cdr_location": {
            "id": stop["station"]["id"].split("*", 2)[2],
            "evse_uid": stop["evse_uid"],
        },
        "currency": "EUR",
        "total_cost": {"excl_vat": 20.0, "incl_vat": 24.0},
        "total_energy": 41.5,
        "last_updated": write_time(begins + 1500),
        **more,
    }


def run(settings: Settings, *words: str) -> str:
    environment = {
        "PLUGSURE_HOME": str(settings.home),
        "PLUGSURE_DATABASE": settings.database,
        "PLUGSURE_REGION": "alps",
    }
    told = CliRunner().invoke(main, list(words), env=environment, catch_exceptions=False)
    assert told.exit_code == 0, told.output
    return told.stdout


@pytest.fixture
def billed(settings: Settings, plan: dict[str, Any], tmp_path: Path) -> dict[str, Any]:
    file = tmp_path / "cdrs.json"
    cdrs = [cdr_of(stop, f"C{n}") for n, stop in enumerate(plan["charging_stops"])]
    file.write_text(json.dumps(cdrs), encoding="utf-8")
    assert run(settings, "cdr", "import", str(file)).startswith(f"{len(cdrs)} records imported")
    return plan


def test_a_planned_stop_is_found_on_the_bill(
    client: FlaskClient, billed: dict[str, Any], settings: Settings
) -> None:
    stops = billed["charging_stops"]
    told = client.get("/v1/reports/costs?by=operator").get_json()
    (total,) = told["totals"]
    assert total["gross"] == f"{24 * len(stops)}.00"
    assert total["planned_stops"] == len(stops)
    assert total["planned"] == billed["summary"]["cost"][0]["amount"]
    charges = client.get("/v1/reports/charges").get_json()["charges"]
    assert {c["plan"] for c in charges} == {billed["id"]}
    assert {c["matched_by"] for c in charges} == {"token, place and time"}
    assert {c["card"] for c in charges} == {"ABC card ••••F6"}
    by_command = json.loads(run(settings, "report", "costs", "--by", "operator", "--json"))
    assert by_command == told


def test_no_report_names_a_uid_or_a_contract(client: FlaskClient, billed: dict[str, Any]) -> None:
    assert billed
    for path in ("costs", "charges", "anomalies"):
        for form in ("json", "csv"):
            text = client.get(f"/v1/reports/{path}?format={form}").get_data(as_text=True)
            assert UID not in text.upper()
            assert CONTRACT not in text


def test_reports_come_as_tables_too(client: FlaskClient, billed: dict[str, Any]) -> None:
    answer = client.get("/v1/reports/costs?by=month&format=csv")
    assert answer.content_type == "text/csv; charset=utf-8"
    assert "plugsure-costs-by-month.csv" in answer.headers["Content-Disposition"]
    rows = list(csv.DictReader(io.StringIO(answer.get_data(as_text=True).lstrip("\ufeff"))))
    assert [row["key"] for row in rows] == ["2026-11", "total"]
    assert rows[0]["gross"] == rows[1]["gross"] == f"{24 * len(billed['charging_stops'])}.00"
    sheet = client.get("/v1/reports/costs?format=xlsx")
    assert sheet.get_data()[:2] == b"PK"


def test_a_span_of_time_counts_by_the_end_of_a_charge(
    client: FlaskClient, billed: dict[str, Any]
) -> None:
    assert billed
    ends = client.get("/v1/reports/charges").get_json()["charges"][0]["ends"]
    later = {"since": ends, "until": "2027-01-01T00:00:00Z"}
    before = {"until": ends}
    count = [
        len(client.get("/v1/reports/charges", query_string=span).get_json()["charges"])
        for span in (later, before)
    ]
    assert count == [len(billed["charging_stops"]), 0]


@pytest.mark.parametrize(
    "query", ["by=colour", "since=yesterday", "format=pdf", "since=2026-11-01T00:00:00", "x=1"]
)
def test_what_cannot_be_meant_is_refused(client: FlaskClient, query: str) -> None:
    assert client.get(f"/v1/reports/costs?{query}").status_code == 400


def test_reports_need_their_scope(app: Flask, client: FlaskClient) -> None:
    keys = app.extensions["plugsure"].office.store.keys
    _, wrong = keys.create("a", ("plan",), now=0)
    _, right = keys.create("b", ("reports",), now=0)
    for secret, status in ((wrong, 403), (right, 200)):
        headers = {"Authorization": f"Bearer {secret}"}
        assert client.get("/v1/reports/anomalies", headers=headers).status_code == status


def test_card_advice_is_given_on_the_plans_that_were_made(
    client: FlaskClient, plan: dict[str, Any]
) -> None:
    told = client.get("/v1/reports/cards").get_json()
    assert (told["missions"], told["infeasible"], told["failed"]) == (1, [], [])
    assert {stop["best_provider"] for stop in told["stops"]} == {"DE*ABC"}
    assert len(told["stops"]) == len(plan["charging_stops"])
    assert client.get("/v1/reports/cards?batch=none").status_code == 404
