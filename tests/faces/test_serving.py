"""The server as it runs: processes, health, partners' doors, an orderly end; news in time."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from flask import Flask
from flask.testing import FlaskClient

from planner.energy.catalogue import save_imported
from planner.errors import InputError
from planner.faces.api import ApiOptions, create_app
from planner.faces.api.party import our_roles, party_door
from planner.model.station import Status
from planner.settings import Settings
from planner.store.updates import StatusUpdate
from tests.faces.small_world import NOW, trip


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def child_of(pid: int) -> int:
    """A child process of another (0 if there is none), as Linux tells it."""
    if not Path("/proc/self/task").is_dir():
        pytest.skip("child processes are looked up in /proc, which is not here")
    told = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    return int(told[0]) if told else 0


@pytest.fixture
def server(settings: Settings) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    port = free_port()
    env = {
        **os.environ,
        "PLUGSURE_HOME": str(settings.home),
        "PLUGSURE_DATABASE": settings.database,
        "PLUGSURE_REGION": "alps",
        "PLUGSURE_API_OPEN_TO_LOOPBACK": "1",
    }
    words = [sys.executable, "-m", "planner", "serve", "--port", str(port), "--workers", "1"]
    with subprocess.Popen(words, env=env, stderr=subprocess.PIPE) as child:
        address = f"http://127.0.0.1:{port}"
        until = time.monotonic() + 60
        while time.monotonic() < until:
            try:
                if httpx.get(f"{address}/healthz", trust_env=False).is_success:
                    break
            except httpx.TransportError:
                time.sleep(0.1)
        yield address, child
        child.kill()


def test_the_server_plans_counts_and_ends_in_order(
    server: tuple[str, subprocess.Popen[bytes]],
) -> None:
    address, child = server
    with httpx.Client(base_url=address, trust_env=False, timeout=60) as client:
        assert client.get("/readyz").json()["world"]
        made = client.post("/v1/plans", json=trip())
        assert made.status_code in (200, 422), made.text
        assert 'route="/v1/plans"' in client.get("/metrics").text
        worker = child_of(child.pid)
        os.kill(worker, signal.SIGTERM)
        until = time.monotonic() + 30
        while child_of(child.pid) in (worker, 0) and time.monotonic() < until:
            time.sleep(0.1)
        again = client.get("/metrics")
        assert 'route="/v1/plans"' in again.text, "counts outlive the process that counted"
    child.send_signal(signal.SIGTERM)
    assert child.wait(timeout=40) == 0
    said = child.stderr.read().decode() if child.stderr else ""
    assert "Traceback" not in said


def test_a_status_reaches_the_next_plan_within_two_seconds(client: FlaskClient, app: Flask) -> None:
    first = client.post("/v1/plans", json=trip()).json
    stop = first["charging_stops"][0]
    office = app.extensions["plugsure"].office
    for party in ("AT*AAA", "IT*BBB"):
        if stop["station"]["id"].startswith(party):
            town = stop["station"]["id"].rpartition("*")[2]
            told = {f"{town}-{n}": (Status.OUTOFORDER, NOW - 1.0) for n in (1, 2)}
            office.store.apply(
                StatusUpdate(feed=party, station_id=stop["station"]["id"], statuses=told)
            )
    began = time.monotonic()
    while time.monotonic() - began < 2.0:
        again = client.post("/v1/plans", json=trip()).json
        if again["charging_stops"][0]["station"]["id"] != stop["station"]["id"]:
            break
        time.sleep(0.1)
    else:
        pytest.fail("the status did not arrive")
    assert again["world"]["hash"] != first["world"]["hash"]
    checked = client.post(f"/v1/plans/{first['id']}/verify").json
    assert not checked["holds"]


def test_a_world_that_did_not_change_is_kept(app: Flask) -> None:
    office = app.extensions["plugsure"].office
    assert office.fresh_world() is office.fresh_world()


def test_a_server_without_data_is_alive_but_not_ready(tmp_path: Path) -> None:
    home = tmp_path
    settings = Settings(home=home, database=f"sqlite:///{home / 'db.sqlite'}")
    made = create_app(settings, ApiOptions(open_to_loopback=True))
    client = made.test_client()
    assert client.get("/healthz").status_code == 200
    ready = client.get("/readyz")
    assert (ready.status_code, ready.json["ready"]) == (503, False)
    asked = client.post("/v1/plans", json=trip(wallet={"payment_card": True}))
    assert asked.status_code == 503
    assert asked.json["type"].endswith("data-missing")
    assert str(home) not in asked.text, "no path of ours is told"


def test_partners_find_our_endpoints_and_strangers_none(app: Flask) -> None:
    office = app.extensions["plugsure"].office
    env = {"PLUGSURE_OCPI_URL": "https://us.example/ocpi", "PLUGSURE_OCPI_PARTY": "DE*P9S"}
    door = party_door(office, env)
    assert door is not None
    served = Flask("partners")
    served.register_blueprint(door)
    client = served.test_client()
    assert client.get("/ocpi/versions").status_code == 401
    office.store.feeds.save_credentials("AT*AAA", {"token_a": "a", "our_token": "secret-b"})
    answer = client.get("/ocpi/versions", headers={"Authorization": "Token c2VjcmV0LWI="})
    assert {v["version"]: v["url"] for v in json.loads(answer.data)["data"]} == {
        version: f"https://us.example/ocpi/{version}" for version in ("2.1.1", "2.2.1", "2.3.0")
    }


def test_no_door_for_partners_without_an_address_and_none_without_a_party(app: Flask) -> None:
    office = app.extensions["plugsure"].office
    assert party_door(office, {}) is None
    with pytest.raises(InputError):
        our_roles({"PLUGSURE_OCPI_PARTY": "nobody"})


def test_an_imported_vehicle_is_known_at_once(app: Flask) -> None:
    office = app.extensions["plugsure"].office
    own = replace(office.catalogue.vehicles[0], id="our-own")
    save_imported(office.settings.home, [own])
    assert "our-own" in office.catalogue.by_id
