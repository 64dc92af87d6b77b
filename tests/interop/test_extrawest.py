"""A CPO made of the package extrawest-ocpi: a server that is not ours, with its own mistakes."""

import base64
import json
import os
import socket
import ssl
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from planner.errors import FeedError
from planner.feeds.client import OcpiClient
from planner.feeds.partners import register_feed, unregister_feed
from planner.feeds.sync import sync_feed
from planner.ocpi.times import write_time
from planner.store.feeds import Source
from planner.store.store import Store
from tests.feeds.partner import location
from tests.interop.certificates import Authority
from tests.interop.conftest import NOW, US
from tests.interop.environments import python_with

APP = Path(__file__).with_name("others") / "extrawest_app.py"
PACKAGES = ("extrawest-ocpi==2025.7.16", "uvicorn==0.54.0")
BEFORE, AFTER = write_time(NOW - 7200), write_time(NOW + 60)

pytestmark = pytest.mark.slow


def place(number: int, *, at: str = BEFORE, **facts: Any) -> dict[str, Any]:
    made = location(
        f"LOC{number}", f"E{number}", at=at, party_id="XWC", **{"type": "ON_STREET", **facts}
    )
    made["evses"][0]["evse_id"] = f"NL*XWC*E{number}"
    made["evses"][0]["connectors"][0] |= {"voltage": 400, "amperage": 400, "tariff_id": "T1"}
    return made


def tariff() -> dict[str, Any]:
    element = {"price_components": [{"type": "ENERGY", "price": 0.5, "step_size": 1}]}
    return {
        "country_code": "NL",
        "party_id": "XWC",
        "id": "T1",
        "currency": "EUR",
        "elements": [element],
        "last_updated": BEFORE,
    }


@dataclass
class Cpo:
    """The running server, and the records that it serves."""

    host: str
    file: Path

    @property
    def versions_url(self) -> str:
        return f"https://{self.host}/ocpi/versions"

    def keep(self, locations: list[Any], tariffs: list[Any] | None = None) -> None:
        records = {"locations": locations, "tariffs": [tariff()] if tariffs is None else tariffs}
        partial = self.file.with_suffix(".new")
        partial.write_text(json.dumps(records))
        partial.replace(self.file)


@pytest.fixture(scope="module")
def running(
    tmp_path_factory: pytest.TempPathFactory, authority: Authority
) -> Iterator[Callable[[], Cpo]]:
    """Starts servers and stops them in the end."""
    python = python_with(*PACKAGES)
    started: list[subprocess.Popen[bytes]] = []

    def start() -> Cpo:
        folder = tmp_path_factory.mktemp("extrawest")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        pair = authority.sign(f"extrawest-{port}")
        cpo = Cpo(f"127.0.0.1:{port}", folder / "records.json")
        cpo.keep([place(n) for n in range(1, 8)])
        environ = {
            **{k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "OCPI"))},
            "CPO_DATA": str(cpo.file),
            "CPO_PORT": str(port),
            "CPO_CERTIFICATE": str(pair.certificate),
            "CPO_KEY": str(pair.key),
            "OCPI_HOST": cpo.host,
            "COUNTRY_CODE": "NL",
            "PARTY_ID": "XWC",
        }
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(
                [python, APP], env=environ, cwd=folder, stdout=log, stderr=log
            )
        started.append(process)
        await_port(port, process, folder / "log")
        return cpo

    yield start
    for process in started:
        process.terminate()
        process.wait(10)


def await_port(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(300):
        if process.poll() is not None:
            pytest.fail(log.read_text()[-2000:])
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    pytest.fail("the server does not start")


@pytest.fixture(scope="module")
def shared_cpo(running: Callable[[], Cpo]) -> Cpo:
    return running()


@pytest.fixture
def cpo(shared_cpo: Cpo) -> Cpo:
    shared_cpo.keep([place(n) for n in range(1, 8)])
    return shared_cpo


def add(store: Store, cpo: Cpo, **facts: Any) -> None:
    source = {"name": "xw", "kind": "ocpi", "url": cpo.versions_url, **facts}
    store.feeds.add(Source(**source), {"token": "token-c"})


def names(store: Store) -> set[str]:
    return {station.location_id.upper() for station in store.snapshot().stations}


def test_we_register_with_it_pull_from_it_change_tokens_and_leave(
    running: Callable[[], Cpo], store: Store, ours: str, client: OcpiClient
) -> None:
    cpo = running()
    store.feeds.add(Source(name="xw", kind="ocpi", url=cpo.versions_url), {"token_a": "token-a"})
    tokens = iter(("by-which-it-calls-us-1", "by-which-it-calls-us-2"))

    def register() -> None:
        register_feed(
            store,
            "xw",
            our_versions_url=f"{ours}/versions",
            our_roles=(US,),
            new_token=lambda: next(tokens),
            now=NOW,
            client=client,
        )

    register()
    source = store.feeds.get("xw")
    assert (source.version, source.sender.upper()) == ("2.2.1", "NL*XWC")
    first = store.feeds.credentials("xw")["token"]
    report = sync_feed(store, "xw", now=NOW, client=client, ours="DE*PLG")
    assert (report.counts["stations"], report.rejected) == (7, ())
    register()
    assert store.feeds.credentials("xw")["token"] != first
    assert sync_feed(store, "xw", now=NOW, client=client).counts["stations"] == 0
    unregister_feed(store, "xw", now=NOW, client=client)
    with pytest.raises(FeedError):
        client.connect(cpo.versions_url, first)


@pytest.mark.parametrize("version", ["2.2.1", "2.1.1"])
def test_all_its_pages_come_though_its_links_are_broken_and_its_ids_lower_cased(
    version: str, cpo: Cpo, store: Store, client: OcpiClient
) -> None:
    add(store, cpo, version=version, sender="NL*XWC")
    report = sync_feed(store, "xw", now=NOW, client=client)
    assert names(store) == {f"LOC{n}" for n in range(1, 8)}
    assert (report.counts["tariffs"], report.rejected) == (1, ())
    assert any("lead nowhere" in note for note in report.notes)
    snapshot = store.snapshot()
    evses = [evse for station in snapshot.stations for evse in station.evses]
    named = {name for evse in evses for plug in evse.connectors for name in plug.tariff_ids}
    assert named == {tariff.id for tariff in snapshot.tariffs.values()}


def test_its_increments_bring_what_changed(cpo: Cpo, store: Store, client: OcpiClient) -> None:
    add(store, cpo, sender="NL*XWC")
    sync_feed(store, "xw", now=NOW, client=client)
    changed = place(3, at=AFTER)
    changed["evses"][0]["status"] = "OUTOFORDER"
    cpo.keep([changed if n == 3 else place(n) for n in range(1, 8)])
    report = sync_feed(store, "xw", now=NOW + 120, client=client)
    assert (report.full, report.counts["stations"]) == (False, 1)
    assert len(names(store)) == 7


def test_an_object_at_which_it_fails_costs_no_other(
    cpo: Cpo, store: Store, client: OcpiClient
) -> None:
    add(store, cpo, sender="NL*XWC")
    sync_feed(store, "xw", now=NOW, client=client)
    worse = place(5)
    worse["evses"][0]["connectors"][0]["standard"] = "STEAM"
    cpo.keep([worse if n == 5 else place(n) for n in range(1, 10)])
    report = sync_feed(store, "xw", now=NOW + 60, full=True, client=client)
    assert names(store) == {f"LOC{n}" for n in range(1, 10)}, "the new came, and the old stayed"
    assert [fault.place for fault in report.rejected if "3000" in fault.detail] == ["locations/4"]


def test_a_token_that_it_does_not_know_is_told(cpo: Cpo, store: Store, client: OcpiClient) -> None:
    store.feeds.add(
        Source(name="xw", kind="ocpi", url=cpo.versions_url, sender="NL*XWC"),
        {"token": "token-that-is-wrong"},
    )
    with pytest.raises(FeedError, match=r"40[13]") as caught:
        sync_feed(store, "xw", now=NOW, client=client)
    assert cpo.host in caught.value.faults[0].place
    assert "token-that-is-wrong" not in str(caught.value)


def push(cpo: Cpo, authority: Authority, ours: str, module: str, name: str, version: str) -> Any:
    """Have the other side push an object to our receiver."""
    told = {
        "module_id": module,
        "object_id": name,
        "receivers": [{"endpoints_url": f"{ours}/{version}", "auth_token": "ours-xw"}],
    }
    token = "token-c" if version == "2.1.1" else base64.b64encode(b"token-c").decode()
    request = urllib.request.Request(
        f"https://{cpo.host}/push/{version}",
        json.dumps(told).encode(),
        {"Authorization": f"Token {token}", "Content-Type": "application/json"},
    )
    context = ssl.create_default_context(cafile=str(authority.file))
    with urllib.request.urlopen(request, context=context) as answer:
        return json.load(answer)["receiver_responses"][0]


@pytest.mark.parametrize("version", ["2.2.1", "2.1.1"])
def test_what_it_pushes_arrives(
    version: str, cpo: Cpo, store: Store, ours: str, authority: Authority
) -> None:
    store.feeds.add(
        Source(name="xw", kind="ocpi", url=cpo.versions_url, version=version, sender="NL*XWC"),
        {"token": "token-c", "our_token": "ours-xw"},
    )
    made = push(cpo, authority, ours, "locations", "LOC2", version)
    assert (made["status_code"], made["response"]["status_code"]) == (201, 1000), made
    assert names(store) == {"LOC2"}
    priced = push(cpo, authority, ours, "tariffs", "T1", version)
    assert priced["response"]["status_code"] == 1000, priced
