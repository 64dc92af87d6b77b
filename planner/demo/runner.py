"""The demo from start to end: data, two processes, real handshakes, then news every few seconds."""

import os
import secrets
import shlex
import socket
import sys
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from json import dumps
from pathlib import Path
from threading import Event
from time import monotonic, time

import httpx

import planner
from planner.demo.children import Child, ChildFailed
from planner.demo.feeding import OURSELVES, Feeding
from planner.demo.missions import redate, tomorrow
from planner.demo.partners import TOKEN_VARIABLE
from planner.demo.sites import shipped
from planner.demo.wallets import agreements_file, prices_file, sample_wallets
from planner.errors import FeedError, InputError
from planner.faces.warming import search_compiled
from planner.feeds.agreements import import_agreements, import_prices
from planner.legs.prepared import PreparedRoads
from planner.legs.warming import drive_somewhere
from planner.roads.shipped import load_shipped
from planner.settings import Settings
from planner.store.store import Store

REGION = "alps"
WATCH_S = 3.0
"""Seconds between two pulls of what changed."""
START_S = 120.0
"""The longest that the planner's first start may take: numba compiles its kernels once."""
PEER_PORT = "peer-port"
"""File in the demo's home that keeps the port of the operators' server."""
EXAMPLE_CAR = "volkswagen-id-3-58-kwh-2020"

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Demo:
    """What the demo is started with; ``home`` is the demo's own folder."""

    home: Path
    host: str = "127.0.0.1"
    port: int = 8080
    workers: int = 2

    @property
    def address(self) -> str:
        """Where page and API are, as seen from this machine."""
        host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(self.host, self.host)  # noqa: S104
        return f"http://{host}:{self.port}"

    @property
    def settings(self) -> Settings:
        """The planner's settings: a database and regions of the demo's own."""
        return Settings.read({"PLUGSURE_HOME": str(self.home), "PLUGSURE_REGION": REGION})

    @property
    def environment(self) -> dict[str, str]:
        """What the planner's process is told, over what this one was."""
        told = {
            "PLUGSURE_HOME": str(self.home),
            "PLUGSURE_DATABASE": self.settings.database,
            "PLUGSURE_REGION": REGION,
            "PLUGSURE_API_OPEN_TO_LOOPBACK": "1",
            "PLUGSURE_OCPI_URL": f"{self.address}/ocpi",
            "PLUGSURE_OCPI_PARTY": OURSELVES.key,
            "PLUGSURE_OCPI_NAME": OURSELVES.name,
        }
        package = Path(planner.__file__).parent
        if "NUMBA_CACHE_DIR" not in os.environ and not os.access(package, os.W_OK):
            told["NUMBA_CACHE_DIR"] = str(self.home / "kernels")
        return told


def run_demo(demo: Demo, say: Say, stopped: Event) -> None:
    """Run the demo until ``stopped`` is set.

    Parameters
    ----------
    demo : Demo
        Where and how.
    say : callable
        Called with each line for the user.
    stopped : Event
        Ends the demo; all its processes are gone when this returns.

    Raises
    ------
    InputError
        The port is taken, or the host is none of this machine's.
    ChildFailed
        A process of the demo ended; names its log.
    FeedError
        The handshake or the first pull failed.
    """
    demand_free(demo.host, demo.port)
    demo.home.mkdir(parents=True, exist_ok=True)
    bootstrap = secrets.token_urlsafe(24)
    with ExitStack() as children:
        peer = children.enter_context(_start_peer(demo, bootstrap))
        _prepare_roads(demo, say)
        store = Store.open(demo.settings.database, demo.settings.home / "secret.key")
        children.callback(store.close)
        prepare(store, time())
        face = children.enter_context(_start_planner(demo))
        peer_port = peer.read_line(20.0)["port"]
        (demo.home / PEER_PORT).write_text(str(peer_port), encoding="ascii")
        feeding = children.enter_context(
            Feeding(store, f"http://127.0.0.1:{peer_port}", bootstrap, f"{demo.address}/ocpi")
        )
        if not _await(f"{demo.address}/healthz", face, stopped):
            return
        stations = feeding.connect(time())
        if not _await(f"{demo.address}/readyz", face, stopped):
            return
        _greet(demo, stations, say)
        _watch(feeding, (peer, face), say, stopped)


def _prepare_roads(demo: Demo, say: Say) -> None:
    """Bring the shipped roads, and prepare them the first time: kernels are compiled for it."""
    graph = load_shipped(demo.settings.regions, REGION)
    with ExitStack() as beside:
        if not PreparedRoads.is_there(graph):
            say("Preparing the roads, once: this takes about a minute")
            beside.enter_context(search_compiled())
        roads = PreparedRoads.of(graph)
        roads.prepare()
        drive_somewhere(roads)


def demand_free(host: str, port: int) -> None:
    """Raise InputError, with what to do, if nothing can listen at this address."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except PermissionError as error:
            raise InputError(
                f"port {port} may not be used by this user",
                place="--port",
                remedy="Choose one above 1023",
            ) from error
        except (OSError, OverflowError) as error:
            raise InputError(
                f"{host}:{port} cannot be listened at ({error})",
                place="--port",
                remedy=f"Stop what runs there, or choose another: plugsure demo --port {port + 1}",
            ) from error


def prepare(store: Store, now_s: float) -> None:
    """Put the wallets, the roaming table and the retail prices in the store."""
    import_agreements(store, agreements_file(), now=now_s)
    import_prices(store, prices_file())
    for wallet in sample_wallets():
        store.wallets.save(wallet)


def _start_peer(demo: Demo, bootstrap: str) -> Child:
    """Start the operators' server, at its last port if it is free: registrations hold then."""
    last = demo.home / PEER_PORT
    port = last.read_text(encoding="ascii").strip() if last.is_file() else ""
    command = [sys.executable, "-m", "planner.demo.serving", "--port", port or "0"]
    command += ["--state", str(demo.home / "peer.json")]
    return Child("peer", command, {TOKEN_VARIABLE: bootstrap}, demo.home / "logs")


def _start_planner(demo: Demo) -> Child:
    command = [sys.executable, "-m", "planner", "serve", "--host", demo.host]
    command += ["--port", str(demo.port), "--workers", str(demo.workers)]
    return Child("planner", command, demo.environment, demo.home / "logs")


def _await(url: str, face: Child, stopped: Event) -> bool:
    """Wait until an address of the planner answers with success; False if the demo is stopped."""
    until = monotonic() + START_S
    last = "nothing"
    with httpx.Client(timeout=10.0, trust_env=False) as http:
        while not stopped.wait(0.1):
            face.demand_alive()
            try:
                answer = http.get(url)
            except httpx.HTTPError as problem:
                last = type(problem).__name__
            else:
                if answer.is_success:
                    return True
                last = answer.text[:500]
            if monotonic() > until:
                raise ChildFailed(
                    f"{url} did not get ready in {START_S:g} s; it answered {last}",
                    place=str(face.log),
                )
    return False


def _watch(feeding: Feeding, children: tuple[Child, ...], say: Say, stopped: Event) -> None:
    """Pull what changed, every few seconds; a pull that fails is told once and tried again."""
    failing = False
    while not stopped.wait(WATCH_S):
        for child in children:
            child.demand_alive()
        try:
            feeding.pull(time())
        except FeedError as error:
            if not failing:
                say(f"A pull failed and will be tried again: {error}")
            failing = True
        else:
            failing = False


def _greet(demo: Demo, stations: int, say: Say) -> None:
    missions = demo.home / "missions.csv"
    text = shipped("missions.csv").read_text(encoding="utf-8")
    missions.write_text(redate(text, tomorrow(time())), encoding="utf-8")
    wallets = ", ".join(wallet.id for wallet in sample_wallets())
    for line in (
        f"Plugsure's demo is at {demo.address}: {stations} stations of made-up operators.",
        "",
        "Try, in another terminal:",
        "",
        example_request(demo.address),
        "",
        f"Wallets: {wallets}. The fleet's missions: {shlex.quote(str(missions))}",
        "Stop with Ctrl-C.",
    ):
        say(line)


def example_request(address: str) -> str:
    """Return a request from Munich to Milan that can be pasted in a shell."""
    body = {
        "stops": [
            {"location": [11.576, 48.137], "name": "München"},
            {"location": [9.19, 45.464], "name": "Milano"},
        ],
        "vehicle": {"id": EXAMPLE_CAR, "soc": 0.8},
        "wallet": "wanderer",
    }
    text = dumps(body, ensure_ascii=False)
    return f"curl -s {address}/v1/plans -H 'Content-Type: application/json' -d '{text}'"
