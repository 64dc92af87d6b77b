"""From a charge point's message to a trip, and the server as it runs beside the API."""

import asyncio
import os
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from flask.testing import FlaskClient
from websockets.exceptions import InvalidMessage

from planner.errors import InputError
from planner.faces.cli import main
from planner.faces.ocpp.__main__ import main as main_of_listener
from planner.faces.ocpp.__main__ import tls_context
from planner.faces.ocpp.child import read_options
from planner.feeds.depots.registry import register
from planner.model.geo import LonLat
from planner.model.token import Token, TokenType, Wallet
from planner.settings import Settings
from planner.store.store import Store
from tests.faces.awaiting import finish
from tests.faces.charge_points import (
    Clock,
    Served,
    line,
    open_home,
    post_16,
    post_201,
    registration,
    serving,
)
from tests.faces.small_world import NOW, TOWNS, trip

FLEET = Token(uid="04FEEDFACE", type=TokenType.RFID, contract_id="", provider="DE*FLT")
DEPOTS = ("Kufstein", "Schwaz", "Innsbruck", "Sterzing", "Brixen", "Bozen")
STRANGER = {"tokens": [{"uid": "04BAD0CAFE", "provider": "DE*FLT"}]}


@pytest.fixture
def store(settings: Settings) -> Iterator[Store]:
    opened = open_home(settings)
    yield opened
    opened.close()


@pytest.mark.usefixtures("store")
def test_a_trip_charges_at_own_depots_and_shuns_one_that_breaks_within_two_seconds(
    client: FlaskClient, settings: Settings, store: Store
) -> None:
    store.wallets.save(Wallet(id="fleet", tokens=(FLEET,)))
    told = [
        registration(f"{town}-{n}", depot=f"Depot {town}", location=LonLat(*TOWNS[town]))
        for town in DEPOTS
        for n in (1, 2)
    ]
    register(store, told, now=NOW - 60)

    def plan(wallet: Any) -> Any:
        answer = client.post("/v1/plans", json=trip(wallet=wallet))
        return answer.status_code, answer.json

    async def run(served: Served) -> None:
        names = [one.point.id for one in told]
        lines = [post_201(served, n) if n.endswith("2") else post_16(served, n) for n in names]
        posts = await asyncio.gather(*(one.__aenter__() for one in lines))
        try:
            for post in posts:
                if post.id.endswith("2"):
                    await post.status(1, 1, "Available", NOW - 5)
                else:
                    await post.status(1, "Available", NOW - 5)
            await asyncio.sleep(0.7)
            status, made = await asyncio.to_thread(plan, "fleet")
            assert status == 200, made
            stop = made["charging_stops"][0]
            assert stop["access"]["grade"] == "verified"
            assert stop["access"]["rule"] == "whitelist"
            assert stop["access"]["evidence"][0]["source"] == "own depots"
            assert stop["station"]["name"].startswith("Depot ")
            assert stop["fallbacks"][0]["station"]["id"] != stop["station"]["id"]
            assert (await asyncio.to_thread(plan, STRANGER))[0] == 422
            town = stop["station"]["name"].removeprefix("Depot ")
            broken = [post for post in posts if post.id.startswith(town)]
            for post in broken:
                args = (1, 1) if post.id.endswith("2") else (1,)
                await post.status(*args, "Faulted", NOW)
            await asyncio.sleep(0.6)
            _, again = await asyncio.to_thread(plan, "fleet")
            used = {s["station"]["id"] for s in again.get("charging_stops", ())}
            assert stop["station"]["id"] not in used
        finally:
            for one in lines:
                await one.__aexit__(None, None, None)

    with serving(settings, Clock(NOW)) as served:
        finish(run(served))


def certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for localhost, signed by itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    names = [x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))]
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    paths = folder / "cert.pem", folder / "key.pem"
    paths[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return paths


def test_tls_is_what_a_client_that_checks_certificates_speaks(
    tmp_path: Path,
) -> None:
    settings = Settings(home=tmp_path, database=f"sqlite:///{tmp_path / 'plugsure.sqlite'}")
    store = open_home(settings)
    register(store, [registration("CP-1")], now=NOW)
    store.close()
    cert, key = certificate(tmp_path)

    async def run(served: Served) -> None:
        trusting = ssl.create_default_context(cafile=str(cert))
        async with post_16(served, "CP-1", ssl=trusting) as one:
            assert (await one.boot()).status == "Accepted"
        with pytest.raises(ssl.SSLCertVerificationError):
            async with line(served, "CP-1", "ocpp1.6", ssl=ssl.create_default_context()):
                pass
        with pytest.raises(InvalidMessage):
            async with line(served, "CP-1", "ocpp1.6"):
                pass

    with serving(settings, Clock(NOW), tls=tls_context(str(cert), str(key))) as served:
        finish(run(served))


@pytest.mark.parametrize(
    ("address", "plain", "said"),
    [
        ("0.0.0.0:9000", False, "in the clear"),
        ("depot.example:9000", False, "in the clear"),
        ("9000", True, "no HOST:PORT"),
        ("localhost:", True, "no HOST:PORT"),
        ("localhost:70000", True, "no HOST:PORT"),
    ],
)
def test_where_to_listen_is_read_with_care(address: str, plain: bool, said: str) -> None:
    with pytest.raises(InputError, match=said):
        read_options(address, None, None, plain=plain)


def test_passwords_cross_a_network_only_encrypted_or_on_demand(tmp_path: Path) -> None:
    assert read_options("127.0.0.1:9000", None, None, plain=False).url.startswith("ws://")
    assert read_options("[::1]:9000", None, None, plain=False).host == "::1"
    assert read_options("0.0.0.0:9000", None, None, plain=True).port == 9000
    assert read_options("0.0.0.0:9000", tmp_path, None, plain=False).url.startswith("wss://")


def children_of(pid: int) -> list[int]:
    """Processes that a process started, as Linux tells it."""
    if not Path("/proc/self/task").is_dir():
        pytest.skip("child processes are looked up in /proc, which is not here")
    told = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for one in told for child in one.read_text(encoding="ascii").split()]


def listener_of(pid: int) -> int:
    """The process that listens for charge points, 0 if there is none."""
    for child in children_of(pid):
        words = Path(f"/proc/{child}/cmdline")
        if words.exists() and b"planner.faces.ocpp" in words.read_bytes():
            return child
    return 0


def wait_for(test: Any, within_s: float = 30.0) -> Any:
    until = time.monotonic() + within_s
    while not (found := test()):
        assert time.monotonic() < until, "it did not come to hold in time"
        time.sleep(0.1)
    return found


def test_the_listener_is_one_process_that_starts_again_and_ends_with_the_server(
    settings: Settings,
    store: Store,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PLUGSURE_HOME", str(settings.home))
    register(store, [registration("CP-1")], now=NOW)
    ports = []
    for _ in range(2):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            ports.append(probe.getsockname()[1])
    env = {
        **os.environ,
        "PLUGSURE_HOME": str(settings.home),
        "PLUGSURE_DATABASE": settings.database,
        "PLUGSURE_REGION": "alps",
    }
    words = [sys.executable, "-m", "planner", "serve", "--port", str(ports[0]), "--workers", "2"]
    words += ["--ocpp", f"127.0.0.1:{ports[1]}"]
    log = tmp_path / "log"
    served = Served(ports[1], None, lambda: None)  # type: ignore[arg-type] # it runs elsewhere

    async def connects() -> bool:
        try:
            async with post_16(served, "CP-1") as one:
                return str((await one.boot()).status) == "Accepted"
        except OSError:
            return False

    with log.open("wb") as said, subprocess.Popen(words, env=env, stderr=said) as child:
        try:
            wait_for(lambda: finish(connects()))
            first = listener_of(child.pid)
            os.kill(first, signal.SIGKILL)
            second = wait_for(lambda: {listener_of(child.pid)} - {first, 0}).pop()
            wait_for(lambda: finish(connects()))
            assert main_of_listener(os.getppid(), "127.0.0.1", ports[1]) == 2
            assert "cannot be served" in capsys.readouterr().err
            child.send_signal(signal.SIGTERM)
            assert child.wait(40) == 0
            wait_for(lambda: not Path(f"/proc/{second}").exists())
        finally:
            child.kill()
    assert "Traceback" not in log.read_text(encoding="utf-8")


def test_the_listener_ends_when_its_server_is_killed(settings: Settings) -> None:
    started = (
        "import os, subprocess, sys, time;"
        "subprocess.Popen([sys.executable, '-m', 'planner.faces.ocpp', str(os.getpid()),"
        " '127.0.0.1', '0']); time.sleep(60)"
    )
    env = {**os.environ, "PLUGSURE_HOME": str(settings.home)}
    words = [sys.executable, "-c", started]
    with subprocess.Popen(words, env=env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as one:
        assert one.stdout is not None
        assert int(one.stdout.readline()) > 0
        (listener,) = children_of(one.pid)
        one.kill()
        one.wait()
        wait_for(lambda: not Path(f"/proc/{listener}").exists())


def test_charge_points_are_added_listed_and_removed_at_the_command_line(
    tmp_path: Path, home: Path
) -> None:
    def run(*words: str) -> Any:
        return CliRunner().invoke(main, ["depot", *words])

    new = ["--depot", "Nord", "--location", "11.58,48.21"]
    made = run(
        "add", "CP-1", *new, "--evse", "ccs:150@920", "--evse", "type2:22", "--max-kw", "160"
    )
    assert made.exit_code == 0, made.output
    assert len(made.stdout.strip()) >= 16
    file = tmp_path / "more.csv"
    file.write_text("depot,charge_point,evses\nNord,CP-2,ccs:50\nNord,CP-3,ccs:50\n")
    told = run("import", str(file))
    assert [one.split()[0] for one in told.stdout.splitlines()] == ["CP-2", "CP-3"]
    listed = run("list", "--json")
    assert '"max_kw": 160.0' in listed.stdout
    assert listed.stdout.count('"status": "PLANNED"') == 4
    assert made.stdout.strip() not in listed.stdout
    assert "ccs:150@920" in run("list").stdout
    newer = run("password", "CP-1")
    assert newer.stdout != made.stdout
    assert run("remove", "CP-3").exit_code == 0
    assert run("remove", "CP-3").exit_code == 2
    wrong = run("add", "CP-9", "--depot", "Ost", "--evse", "ccs:50")
    assert wrong.exit_code == 2
    assert "location of Ost is missing" in wrong.stderr
    listing = CliRunner().invoke(main, ["feed", "sync", "Nord"])
    assert listing.exit_code == 2
    assert "not pulled" in listing.stderr
    assert (home / "plugsure.sqlite").exists()
