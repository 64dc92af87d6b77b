"""Clients that are not ours call our endpoints: of 2.3.0 and of 2.1.1."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from planner.store.feeds import Source
from planner.store.store import Store
from tests.interop.environments import python_with

OTHERS = Path(__file__).with_name("others")

pytestmark = pytest.mark.slow


def add(store: Store, name: str, sender: str, version: str) -> str:
    store.feeds.add(
        Source(
            name=name,
            kind="ocpi",
            url=f"https://{name}.example/versions",
            version=version,
            sender=sender,
        ),
        {"token": "theirs", "our_token": f"ours-{name}"},
    )
    return f"ours-{name}"


def run(python: Path, script: str, *args: str) -> dict[str, Any]:
    done = subprocess.run(
        [python, OTHERS / script, *args], capture_output=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def test_a_client_of_2_3_0_pushes_reads_back_and_leaves(store: Store, ours: str) -> None:
    python = python_with("latam-evra-ocpi==0.5.0")
    token = add(store, "lea", "NL*LEA", "2.3.0")
    told = run(python, "latam_calls.py", f"{ours}/2.3.0", token)
    assert "2001" in told["undated"]
    assert "lacks last_updated" in told["undated"]
    assert {told[name] for name in ("location", "tariff", "change")} == {"accepted"}
    assert (told["read"]["name"], told["read"]["evses"][0]["uid"]) == ("Dam", "E1")
    assert "no such party" in told["foreign"]
    assert told["tokens"] == {"tokens": [], "total": 0}
    assert (told["gone"], told["left"]) == (None, None)
    assert "not known here" in told["wrong"]
    assert "not known here" in told["after"], "who has left is not let in"
    station = store.snapshot().stations[0]
    assert (station.party, station.name) == ("NL*LEA", "Dam")
    assert not store.snapshot().tariffs


def test_a_generated_client_of_2_1_1_pushes_and_reads_back(store: Store, ours: str) -> None:
    python = python_with("ocpi-211-sdk==0.0.3")
    token = add(store, "frn", "NL*FRN", "2.1.1")
    told = run(python, "fern_calls.py", f"{ours}/2.1.1", ours, token)
    codes = {told[name]["status_code"] for name in ("location", "tariff", "status", "tokens")}
    assert codes == {1000}
    assert {version["version"] for version in told["versions"]["data"]} >= {"2.1.1", "2.3.0"}
    read = told["read"]["data"]
    assert read["evses"][0]["status"] == "CHARGING"
    assert read["last_updated"] == "2026-06-07T10:00:00Z", "a Location is as new as its newest part"
    assert (told["foreign"], told["wrong"], told["authorize"]) == (
        "HTTP 404",
        "HTTP 401",
        "HTTP 404",
    )
    station = store.snapshot().stations[0]
    assert station.party == "NL*FRN"
    assert station.evses[0].connectors[0].tariff_ids == ("T1",)
