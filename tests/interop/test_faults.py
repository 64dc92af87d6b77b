"""Whatever a party does, the pull ends, says what is wrong, and what was known stays."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from email.utils import formatdate
from itertools import count
from typing import Any

import pytest

from planner.errors import FeedError
from planner.feeds.client import OcpiClient
from planner.feeds.sync import SyncReport, sync_feed
from planner.feeds.wire import Patience, Wire
from planner.store.feeds import Source
from planner.store.store import Store
from tests.feeds.partner import location
from tests.interop.conftest import NOW
from tests.interop.faulty import Asked, Faulty, Sent, envelope, reply, squeezed

TOKEN = "secret-token-c"


@pytest.fixture
def party(store: Store) -> Iterator[Faulty]:
    made = Faulty()
    made.lists["locations"] = [location(f"L{n}", f"E{n}") for n in range(1, 8)]
    source = Source(name="cpo", kind="ocpi", url=made.versions_url, sender="NL*TNM")
    store.feeds.add(source, {"token": TOKEN})
    yield made
    made.close()


@pytest.fixture
def pull(store: Store, waits: list[float]) -> Iterator[Callable[..., SyncReport]]:
    patience = Patience(connect_s=2.0, silence_s=1.0, page_s=2.0, attempts=3)
    with OcpiClient(Wire(patience=patience, sleep=waits.append)) as client:
        yield lambda now=NOW, **more: sync_feed(store, "cpo", now=now, client=client, **more)


def names(store: Store) -> set[str]:
    return {station.location_id for station in store.snapshot().stations}


ALL = {f"L{n}" for n in range(1, 8)}


def drip(_: Asked) -> Sent:
    yield reply(b"", length=1000)[0]
    for _n in range(40):
        time.sleep(0.1)
        yield b" "


def hold(_: Asked) -> Sent:
    time.sleep(1.5)
    return []


def say(body: bytes, **more: Any) -> Callable[[Asked], Sent]:
    return lambda _: reply(body, **more)


FAULTS = {
    "drips": (drip, "longer than|no answer in time"),
    "is silent": (hold, "no answer in time"),
    "is cut off": (say(b'{"status_code": 1000, "da', length=500), "cut"),
    "ends in the middle": (say(b'{"status_code": 1000, "data": [{"id"'), "no JSON"),
    "is HTML": (say(b"<html>Please log in</html>"), "no JSON.*<html>"),
    "is no HTTP": (lambda _: [b"SSH-2.0-OpenSSH_9.6\r\n"], "no HTTP"),
    "is nothing": (say(b""), "no JSON"),
    "is a text": (say(envelope("all fine")), "not a list"),
    "is a number": (say(b"17"), "17|object"),
    "has a wrong status": (say(b'{"status_code": null, "data": []}'), "status_code"),
    "is not found": (say(b"", status=404), "HTTP 404"),
    "fails": (say(b"oh", status=500), "HTTP 500"),
    "is a broken gzip": (say(b"\x1f\x8b\x08nonsense", Content_Encoding="gzip"), "compression"),
    "echoes the token": (say(f"<p>{TOKEN}</p>".encode()), "no JSON"),
}


EVERYWHERE = ("is cut off", "is HTML", "is a number", "fails")
CASES = [(fault, "locations") for fault in FAULTS] + [
    (fault, module) for fault in EVERYWHERE for module in ("versions", "details", "tariffs")
]


@pytest.mark.parametrize(("fault", "module"), CASES)
def test_a_fault_ends_the_pull_with_its_place_and_costs_nothing(
    fault: str, module: str, party: Faulty, store: Store, pull: Callable[..., SyncReport]
) -> None:
    act, says = FAULTS[fault]
    pull()
    party.acts[module] = [act] * 6
    with pytest.raises(FeedError, match=says if module == "locations" else None) as caught:
        pull(NOW + 60, full=True)
    told = caught.value.faults[0]
    assert f"{party.root}/{module}" in told.place
    assert told.remedy
    assert TOKEN not in str(caught.value)
    assert names(store) == ALL
    party.acts.clear()
    party.lists["locations"].append(location("L8", "E8"))
    assert pull(NOW + 120, full=True).counts["stations"] == 8
    assert names(store) == ALL | {"L8"}


def test_a_chain_that_is_cut_goes_on_where_it_was(
    party: Faulty, store: Store, pull: Callable[..., SyncReport]
) -> None:
    party.acts["locations"] = [party.behave, party.behave, *[say(b"", length=9)] * 3]
    with pytest.raises(FeedError, match="cut"):
        pull()
    assert names(store) == set(), "half a feed is none"
    before = len(party.asked)
    report = pull(NOW + 60)
    assert names(store) == ALL
    asked = [a.query.get("offset") for a in party.asked[before:] if a.path == "/locations"]
    assert asked == ["6"]
    assert any("went on" in note for note in report.notes)


def test_trouble_that_passes_is_waited_out_as_long_as_the_party_says(
    party: Faulty, store: Store, pull: Callable[..., SyncReport], waits: list[float]
) -> None:
    until = {"Date": formatdate(NOW, usegmt=True), "Retry_After": formatdate(NOW + 30, usegmt=True)}
    party.acts["locations"] = [
        say(b"", status=429, Retry_After="17"),
        say(b"", status=500),
        party.behave,
        say(b"", status=429, **until),
        say(b"", status=503, Retry_After="soon"),
    ]
    pull()
    assert names(store) == ALL
    assert waits == [17.0, 2.0, 30.0, 2.0]


def test_an_hour_that_a_party_asks_for_is_not_slept_through(
    party: Faulty, pull: Callable[..., SyncReport], waits: list[float]
) -> None:
    party.acts["versions"] = [say(b"", status=429, Retry_After="3600")] * 3
    with pytest.raises(FeedError, match="HTTP 429"):
        pull()
    assert max(waits) <= 60


@pytest.mark.parametrize("kind", ["itself", "another", "ever new"])
def test_endless_pages_end(
    kind: str, party: Faulty, store: Store, pull: Callable[..., SyncReport]
) -> None:
    pull()
    numbers = count()

    def again(asked: Asked) -> Sent:
        offset = {"itself": 0, "another": next(numbers) % 2, "ever new": next(numbers)}[kind]
        link = f'<{party.root}/locations?offset={offset}>; rel="next"'
        return reply(envelope([]), Link=link)

    party.acts["locations"] = [again] * 500
    before = len(party.asked)
    with pytest.raises(FeedError, match="never end"):
        pull(NOW + 60, full=True)
    assert len(party.asked) - before < 60
    assert names(store) == ALL


def test_bad_entries_cost_only_themselves(
    party: Faulty, store: Store, pull: Callable[..., SyncReport]
) -> None:
    wrong: list[Any] = [
        None,
        17,
        "text",
        [],
        {},
        {"id": 5},
        {**location("X1", "X1"), "coordinates": "here"},
        {**location("X2", "X2"), "coordinates": {"latitude": "91", "longitude": "x"}},
        {**location("X3", "X3"), "evses": {"uid": "1"}},
        {**location("X4", "X4"), "evses": ["one", None]},
        {**location("X5", "X5"), "last_updated": "yesterday"},
        {**location("X6", "X6"), "country_code": ["NL"]},
        {**location("X7", "X7"), "id": {"is": "this"}},
    ]
    party.lists["locations"] = [*party.lists["locations"], *wrong, location("L9", "E9")]
    party.lists["tariffs"] = [None, {"id": "T"}, {"elements": 1}]
    report = pull()
    assert names(store) >= ALL | {"L9"}
    assert len(report.rejected) >= 12
    assert all(fault.detail and fault.place for fault in report.rejected)


MEASURE = """
import re, sys
from pathlib import Path
from planner.errors import FeedError
from planner.feeds.wire import Wire
from planner.ocpi.handshake import Request
def peak_kb():
    return int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])
before = peak_kb()
try:
    Wire().send(Request("GET", sys.argv[1], {}), "c")
except FeedError as error:
    print(peak_kb() - before, error)
"""


def flood(_: Asked) -> Sent:
    yield b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    part = b"10000\r\n" + b" " * 65536 + b"\r\n"
    for _n in range(1600):
        yield part


@pytest.mark.parametrize(
    ("act", "most_mb"),
    [
        (say(b" " * 1000, length=100 * 2**20), 16),
        (flood, 160),
        (lambda _: reply(squeezed(300 * 2**20), Content_Encoding="gzip"), 240),
    ],
    ids=["announced", "unannounced", "squeezed"],
)
def test_a_huge_answer_is_refused_within_bounds_of_memory(
    act: Callable[[Asked], Sent], most_mb: int, party: Faulty
) -> None:
    party.acts["locations"] = [act]
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, f"{party.root}/locations"],
        capture_output=True,
        timeout=60,
        text=True,
        check=True,
    )
    assert "larger than 64 MB" in done.stdout
    grown_mb = int(done.stdout.split()[0]) / 1024
    assert grown_mb < most_mb
