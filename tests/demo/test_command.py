"""``plugsure demo`` as a user starts and ends it: real processes on this machine."""

import json
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from threading import Event

import httpx
import pytest
from click.testing import CliRunner

from planner.demo.command import demo
from planner.demo.runner import EXAMPLE_CAR, Demo, demand_free, example_request, run_demo
from planner.energy.catalogue import load_catalogue, shipped_path
from planner.errors import InputError


@pytest.fixture
def taken():
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        yield holder.getsockname()[1]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_a_port_in_use_is_told_with_a_remedy_and_nothing_is_started(taken, tmp_path):
    home = tmp_path / "demo"
    with pytest.raises(InputError, match=f"--port {taken + 1}"):
        run_demo(Demo(home=home, port=taken), print, Event())
    assert not home.exists()


@pytest.mark.parametrize("host", ["192.0.2.1", "no host at all"])
def test_a_host_that_is_not_ours_is_told(host):
    with pytest.raises(InputError, match="cannot be listened at"):
        demand_free(host, free_port())


def test_a_port_beyond_the_last_is_refused_by_the_command():
    answer = CliRunner().invoke(demo, ["--port", "70000"])
    assert answer.exit_code == 2
    assert "65535" in answer.output


def test_the_users_own_home_and_database_are_not_touched(tmp_path, monkeypatch):
    monkeypatch.setenv("PLUGSURE_DATABASE", "postgresql://precious/data")
    made = Demo(home=tmp_path / "demo")
    assert made.environment["PLUGSURE_DATABASE"] == f"sqlite:///{tmp_path / 'demo'}/plugsure.sqlite"
    assert made.environment["PLUGSURE_HOME"] == str(tmp_path / "demo")
    assert Demo(home=tmp_path, host="0.0.0.0").address == "http://127.0.0.1:8080"


def test_the_example_can_be_pasted_in_a_shell_and_names_a_car_that_there_is():
    words = shlex.split(example_request("http://127.0.0.1:9000"))
    assert words[:3] == ["curl", "-s", "http://127.0.0.1:9000/v1/plans"]
    body = json.loads(words[-1])
    assert [stop["name"] for stop in body["stops"]] == ["München", "Milano"]
    assert body["vehicle"]["id"] == EXAMPLE_CAR
    assert EXAMPLE_CAR in load_catalogue(shipped_path()).by_id


class Running:
    """A demo in its own process, its own home and at its own port."""

    def __init__(self, home: Path, port: int) -> None:
        code = "from planner.demo.command import demo; demo()"
        command = [sys.executable, "-c", code, "--port", str(port), "--home", str(home)]
        self.begun = time.monotonic()
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        self.said = ""
        for line in self.process.stdout:
            self.said += line
            if line.startswith("Stop with"):
                break

    def end(self, name: signal.Signals) -> int:
        os.kill(self.process.pid, name)
        status = self.process.wait(30)
        self.process.stdout.close()
        return status


def peer_port(home: Path) -> int:
    return int((home / "demo" / "peer-port").read_text())


def gone(port: int, seconds: float) -> bool:
    until = time.monotonic() + seconds
    while listens(port) and time.monotonic() < until:
        time.sleep(0.05)
    return not listens(port)


@pytest.mark.slow
def test_the_demo_serves_a_trip_over_ocpi_stops_cleanly_and_starts_again(tmp_path):
    port = free_port()
    first = Running(tmp_path, port)
    try:
        assert f"http://127.0.0.1:{port}" in first.said, first.said
        example = next(line for line in first.said.splitlines() if line.startswith("curl"))
        body = json.loads(shlex.split(example)[-1])
        url = f"http://127.0.0.1:{port}/v1/plans"
        with httpx.Client(timeout=60, trust_env=False) as http:
            answer = http.post(url, json=body)
            assert answer.status_code == 200, answer.text
            assert answer.json()["charging_stops"]
            assert http.post(url, json=body | {"wallet": "stadtapp"}).status_code == 422
            stop = answer.json()["charging_stops"][0]
            uid = "-".join((stop["station"]["id"].rsplit("*", 1)[1], "1"))
            steer = f"http://127.0.0.1:{peer_port(tmp_path)}/demo/evse/{uid}/status"
            before = http.get(f"http://127.0.0.1:{port}/readyz").json()["world"]
            assert http.post(steer, json={"status": "INOPERATIVE"}).status_code == 200
            until = time.monotonic() + 20
            while http.get(f"http://127.0.0.1:{port}/readyz").json()["world"] == before:
                assert time.monotonic() < until
                time.sleep(0.2)
    finally:
        operators = peer_port(tmp_path)
        status = first.end(signal.SIGTERM)
    assert status == 0
    assert not listens(port)
    assert not listens(operators)

    second = Running(tmp_path, port)
    took_s = time.monotonic() - second.begun
    assert re.search(r"\d{3} stations", second.said), second.said
    assert peer_port(tmp_path) == operators
    assert took_s < 10 * max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))
    second.end(signal.SIGKILL)
    assert gone(port, 15)
    assert gone(operators, 15)
