"""Feeds on the command line, in /readyz and in /metrics."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from flask.testing import FlaskClient

from planner.errors import Fault
from planner.faces.cli import main
from planner.faces.office import Office
from planner.settings import Settings
from planner.store.feeds import Source
from planner.store.store import Store
from planner.store.updates import StationsUpdate


def run(*words: str) -> Result:
    return CliRunner().invoke(main, words)


@pytest.fixture
def store(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.setenv("PLUGSURE_HOME", str(settings.home))
    monkeypatch.delenv("PLUGSURE_DATABASE", raising=False)
    return Office(settings, clock=lambda: 0.0).store


def reject(store: Store) -> None:
    store.feeds.add(Source(name="cpo", kind="ocpi", url="https://cpo.example/secret-path"))
    faults = [
        Fault(f"NL*ABC*{n}/coordinates", f"the Location is left out: {n} lies at sea") for n in "12"
    ]
    store.apply(StationsUpdate(feed="cpo", stations=[], faults=faults))


def test_an_invited_party_does_not_make_the_service_unready(client: FlaskClient, store: Store):
    store.feeds.add(Source(name="guest", kind="ocpi"))
    answer = client.get("/readyz")
    assert answer.status_code == 200
    guest = next(feed for feed in answer.json["feeds"] if feed["name"] == "guest")
    assert guest["state"] == "invited"


def test_readiness_tells_feeds_their_errors_and_no_address(client: FlaskClient, store: Store):
    reject(store)
    store.feeds.record_failure("cpo", 1.0, "the party answered 503")
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert "feed cpo was not pulled within a day: the party answered 503" in answer.json["problems"]
    assert "secret-path" not in answer.text
    cpo = next(feed for feed in answer.json["feeds"] if feed["name"] == "cpo")
    assert [(r["reason"], r["count"]) for r in cpo["reasons"]] == [
        ("the Location is left out: … lies at sea", 2)
    ]


def test_metrics_count_rejections_by_reason(client: FlaskClient, store: Store):
    reject(store)
    text = client.get("/metrics").text
    line = next(line for line in text.splitlines() if line.startswith("plugsure_feed_faults{"))
    assert 'effect="rejected"' in line
    assert 'feed="cpo"' in line
    assert line.endswith(" 2.0")
    assert 'plugsure_feed_stale{feed="cpo"} 1.0' in text


def test_what_was_rejected_is_listed_by_reason_and_by_text(store: Store):
    reject(store)
    counted = json.loads(run("feed", "rejected", "cpo", "--by-reason", "--json").stdout)
    assert [row["count"] for row in counted] == [2]
    found = json.loads(run("feed", "rejected", "cpo", "--reason", "2 lies", "--json").stdout)
    assert [row["place"] for row in found] == ["NL*ABC*2/coordinates"]
    assert run("feed", "rejected", "nobody").exit_code != 0


def test_the_list_shows_parties_state_and_reasons(store: Store):
    reject(store)
    listed = {feed["name"]: feed for feed in json.loads(run("feed", "list", "--json").stdout)}
    assert listed["cpo"]["state"] == "stale"
    assert listed["cpo"]["reasons"][0]["count"] == 2
    assert "cpo" in run("feed", "list").stdout


def test_a_retry_says_what_is_not_kept(store: Store):
    reject(store)
    done = json.loads(run("feed", "retry", "cpo", "--json").stdout)
    assert done == {"read": 0, "mended": 0, "not_kept": 2}


def test_a_file_is_read_again(store: Store, tmp_path: Path):
    good = {
        "country_code": "NL",
        "party_id": "ABC",
        "id": "1",
        "coordinates": {"latitude": "52.1", "longitude": "5.1"},
        "evses": [{"uid": "1", "status": "AVAILABLE", "connectors": []}],
        "last_updated": "2026-09-01T00:00:00Z",
    }
    connector = {"id": "1", "standard": "CHADEMO", "format": "CABLE", "power_type": "DC"}
    good["evses"][0]["connectors"] = [{**connector, "max_electric_power": 50000}]
    path = tmp_path / "locations.json"
    path.write_text(json.dumps([good, {**good, "id": "2", "coordinates": None}]))
    added = run("feed", "add", "disk", "--file", str(path), "--format", "ocpi")
    assert added.exit_code == 0, added.output
    assert len(store.rejections("disk")) == 1
    path.write_text(json.dumps([good, {**good, "id": "2"}]))
    done = json.loads(run("feed", "retry", "disk", "--json").stdout)
    assert done["mended"] == 1
    assert store.rejections("disk") == []
