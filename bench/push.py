"""Status PATCHes a second over HTTP, durably, beside a bare Flask view with a bare insert.

Run: ``python bench/push.py [DATA]``. Both servers are gunicorn with one process and 16 threads on
SQLite with ``synchronous = FULL``; ours is the whole application on the Dutch national feed. The
client keeps 32 connections busy for some seconds each. Then the time in which a reader's snapshot
of the country follows one change of each kind. Prints a JSON object a line.
"""

import asyncio
import base64
import gzip
import json
import os
import resource
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec

from planner.feeds.fields import moment
from planner.feeds.normalise import normalise
from planner.feeds.pushed_locations import stations_update
from planner.feeds.telling import raw_name
from planner.model.station import Status
from planner.ocpi.tariffs import read_tariff
from planner.settings import Settings
from planner.store.feeds import Source
from planner.store.objects import Sent
from planner.store.stations import apply_stations
from planner.store.store import Store
from planner.store.updates import StationsUpdate, StatusUpdate, TariffsUpdate

DATA = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parents[2] / "shared" / "data"
LOCATIONS = DATA / "chargers" / "nl-ocpi-locations.ndjson.gz"
TOKEN = "a-token-of-the-benchmark"
THREADS = 16
CONNECTIONS = 32
SECONDS = 6.0
WARM_S = 1.5
REPEATS = 9
BEGIN = 1_790_000_000


def bare_app() -> Any:
    """Make the simplest durable receiver that Flask can be."""
    from flask import Flask, request  # noqa: PLC0415 -- in the server's process only

    app = Flask("bare")
    path = os.environ["BARE_DATABASE"]
    local = threading.local()

    @app.patch("/<path:where>")
    def keep(where: str) -> dict[str, int]:
        if not hasattr(local, "connection"):
            local.connection = sqlite3.connect(path, timeout=30, isolation_level=None)
            local.connection.execute("PRAGMA journal_mode = WAL")
            local.connection.execute("PRAGMA synchronous = FULL")
        local.connection.execute("INSERT INTO told VALUES (?, ?)", (where, request.get_data()))
        return {"status_code": 1000}

    return app


def serve(kind: str, port: int) -> None:
    """Run one of the servers, in this process, until told to stop."""
    from gunicorn.app.base import BaseApplication  # noqa: PLC0415

    class Server(BaseApplication):  # type: ignore[misc] # gunicorn has no types
        def load_config(self) -> None:
            told = {"bind": f"127.0.0.1:{port}", "workers": 1, "threads": THREADS}
            told |= {"worker_class": "gthread", "keepalive": 75, "loglevel": "warning"}
            for name, value in told.items():
                self.cfg.set(name, value)
            if "control_socket_disable" in self.cfg.settings:
                self.cfg.set("control_socket_disable", True)  # noqa: FBT003

        def load(self) -> Any:
            if kind == "bare":
                return bare_app()
            from planner.faces.api.app import create_app  # noqa: PLC0415

            return create_app(Settings.read())

    Server().run()


def fill(store: Store) -> list[tuple[str, str]]:
    """Bring the national feed into the store as a partner's; give (path, uid) of EVSEs."""
    store.feeds.add(
        Source(name="nl", kind="ocpi", url="https://nl.example", sender="NL*NAP", is_open=True),
        {"token": "theirs", "our_token": TOKEN},
    )
    found, raws, paths = [], {}, []
    with gzip.open(LOCATIONS) as lines:
        for line in lines:
            raw = msgspec.json.decode(line)
            name = raw_name(raw, "")
            found.append(normalise(raw, feed="nl"))
            raws[name] = Sent(raw, moment(raw.get("last_updated")) or 0.0, 0.0)
            station = found[-1].station
            if station is not None and station.evses:
                where = f"{station.country_code}/{station.party_id}/{station.location_id}"
                paths.append((where, station.evses[0].uid))
    with store.database.writing() as change:
        feed = store.callers.find([TOKEN]).feed
        store.objects.write(change, feed, "locations", raws, {})
        apply_stations(change, stations_update("nl", found))
    return paths


def patches(paths: list[tuple[str, str]], host: str) -> Iterator[bytes]:
    """Give requests, each a new status of an EVSE, through the country again and again."""
    token = base64.b64encode(TOKEN.encode()).decode()
    head = f"Host: {host}\r\nAuthorization: Token {token}\r\nContent-Type: application/json\r\n"
    number = 0
    while True:
        where, uid = paths[number * 7919 % len(paths)]
        at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(BEGIN + number))
        status = ("CHARGING", "AVAILABLE", "OUTOFORDER")[number % 3]
        body = json.dumps({"status": status, "last_updated": at})
        line = f"PATCH /ocpi/2.2.1/locations/{where}/{uid} HTTP/1.1\r\n"
        trace = f"X-Request-ID: r{number}\r\nX-Correlation-ID: c{number}\r\n"
        yield f"{line}{head}{trace}Content-Length: {len(body)}\r\n\r\n{body}".encode()
        number += 1


async def load(port: int, requests: Iterator[bytes], seconds: float) -> list[float]:
    """Keep all connections busy; give the time of each answer in seconds."""
    times: list[float] = []
    end = time.perf_counter() + seconds

    async def work() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while time.perf_counter() < end:
            began = time.perf_counter()
            writer.write(next(requests))
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
            body = await reader.readexactly(length)
            if b'"status_code":1000' not in body.replace(b" ", b""):
                raise SystemExit(f"refused: {head + body!r}")
            times.append(time.perf_counter() - began)
        writer.close()

    await asyncio.gather(*(work() for _ in range(CONNECTIONS)))
    return times


def measure(kind: str, folder: Path, paths: list[tuple[str, str]]) -> dict[str, Any]:
    """Run a server and the load on it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    env = os.environ | {
        "PLUGSURE_HOME": str(folder),
        "PLUGSURE_OCPI_URL": f"http://127.0.0.1:{port}/ocpi",
        "PLUGSURE_OCPI_PARTY": "DE*PLG",
        "BARE_DATABASE": str(folder / "bare.sqlite"),
    }
    command = [sys.executable, __file__, "--serve", kind, str(port)]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with subprocess.Popen(command, env=env) as server:
        try:
            _wait_for(port)
            requests = patches(paths, f"127.0.0.1:{port}")
            asyncio.run(load(port, requests, WARM_S))
            times = sorted(asyncio.run(load(port, requests, SECONDS)))
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait()
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return {
        "measure": f"status patches, {kind}",
        "per_second": round(len(times) / SECONDS),
        "median_ms": round(1000 * times[len(times) // 2], 2),
        "p99_ms": round(1000 * times[len(times) * 99 // 100], 2),
        "server_cpu_s": round(used.ru_utime + used.ru_stime - before.ru_utime - before.ru_stime, 2),
        "load": round(os.getloadavg()[0], 1),
    }


def _wait_for(port: int) -> None:
    for _ in range(600):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise SystemExit("the server did not start")


def follow(folder: Path) -> Iterator[dict[str, Any]]:
    """Time how a snapshot follows one change; processor time, medians."""
    store = Store.open(f"sqlite:///{folder}/plugsure.sqlite", folder / "secret.key")
    snapshot = store.snapshot()
    own = [station for station in snapshot.stations if station.feed == "nl"]

    def named(step: int) -> None:
        station = replace(own[step * 997], name=f"Step {step}")
        store.apply(StationsUpdate(feed="nl", stations=[(station, {})]))

    def grown(step: int) -> None:
        station = own[step * 991]
        more = replace(station.evses[0], uid=f"new-{step}", evse_id=None)
        station = replace(station, evses=(*station.evses, more))
        store.apply(StationsUpdate(feed="nl", stations=[(station, {})]))

    def told(step: int) -> None:
        station = own[step * 983]
        news = {station.evses[0].uid: (Status.BLOCKED, BEGIN + 10.0**6 + step)}
        store.apply(StatusUpdate(feed="nl", station_id=station.id, statuses=news))

    def priced(step: int) -> None:
        tariff = read_tariff(TARIFF | {"id": f"new-{step}"})
        store.apply(TariffsUpdate(feed="nl", tariffs=[tariff]))

    def pulled(step: int) -> None:
        store.feeds.record_sync("nl", BEGIN + step)

    for change in (told, named, grown, priced, pulled):
        times_ms = []
        for step in range(REPEATS):
            change(step)
            began = time.process_time()
            snapshot = store.snapshot(snapshot)
            times_ms.append(1000 * (time.process_time() - began))
        times_ms.sort()
        yield {
            "measure": f"snapshot follows a change: {change.__name__}",
            "stations": len(snapshot.stations),
            "evses": len(snapshot.status),
            "median_ms": round(times_ms[len(times_ms) // 2], 1),
            "most_ms": round(times_ms[-1], 1),
        }
    store.close()


TARIFF = {
    "country_code": "NL",
    "party_id": "TNM",
    "currency": "EUR",
    "elements": [{"price_components": [{"type": "ENERGY", "price": 0.3, "step_size": 1}]}],
}


def main() -> None:
    """Measure each server twice, and what readers see of one change."""
    with tempfile.TemporaryDirectory(prefix="plugsure-push-") as name:
        folder = Path(name)
        store = Store.open(f"sqlite:///{folder}/plugsure.sqlite", folder / "secret.key")
        paths = fill(store)
        store.close()
        with sqlite3.connect(folder / "bare.sqlite") as bare:
            bare.execute("CREATE TABLE told (place TEXT, body BLOB)")
        for kind in ("bare", "plugsure", "bare", "plugsure"):
            print(json.dumps(measure(kind, folder, paths)), flush=True)
        for line in follow(folder):
            print(json.dumps(line), flush=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--serve"]:
        serve(sys.argv[2], int(sys.argv[3]))
    else:
        main()
