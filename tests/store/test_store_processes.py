"""Several processes at one store: nothing that was committed is lost, nothing is half there."""

import multiprocessing
import os
import signal
import sqlite3
import threading
import time
from pathlib import Path

import pytest

from planner.errors import StoreError
from planner.model.station import Status
from planner.store.database import Database
from planner.store.feeds import Source
from planner.store.store import Store
from planner.store.updates import StationsUpdate, StatusUpdate
from planner.store.vault import Vault

from .conftest import make_station

FRESH = multiprocessing.get_context("forkserver")
FRESH.set_forkserver_preload(["planner.store.store"])


def write_statuses(url: str, key: Path, station_id: str, count: int) -> None:
    store = Store.open(url, key)
    for step in range(1, count + 1):
        told = {"1": (Status.CHARGING, float(step))}
        store.apply(StatusUpdate(feed="live", station_id=station_id, statuses=told))
    store.close()


def write_for_ever(url: str, key: Path, committed: Path) -> None:
    """Write a generation of 200 stations at a time, and note each after its commit."""
    store = Store.open(url, key)
    generation = 0
    while True:
        generation += 1
        stations = [
            make_station(str(n), f"NL*ABC*E{n}", name=f"generation {generation}")
            for n in range(200)
        ]
        store.apply(
            StationsUpdate(
                feed="live",
                stations=[(s, {"1": (Status.AVAILABLE, float(generation))}) for s in stations],
            )
        )
        committed.write_text(str(generation))


def test_writers_in_several_processes_follow_one_another(store: Store, url: str, tmp_path: Path):
    key = tmp_path / "home" / "key"
    stations = [make_station(str(n), f"NL*ABC*E{n}") for n in range(2)]
    store.apply(
        StationsUpdate(
            feed="live", stations=[(s, {"1": (Status.AVAILABLE, 0.0)}) for s in stations]
        )
    )
    begun = store.sequence()
    writers = [FRESH.Process(target=write_statuses, args=(url, key, s.id, 20)) for s in stations]
    for writer in writers:
        writer.start()
    followed, sequences = store.snapshot(), []
    while any(writer.is_alive() for writer in writers):
        followed = store.snapshot(followed)
        sequences.append(followed.sequence)
    for writer in writers:
        writer.join()
        assert writer.exitcode == 0
    assert sequences == sorted(sequences)
    followed = store.snapshot(followed)
    assert followed.sequence == begun + 40
    assert followed.status_at.tolist() == [20.0, 20.0]
    assert followed.hash == store.snapshot().hash


def test_a_writer_that_is_killed_loses_and_breaks_nothing(store: Store, url: str, tmp_path: Path):
    committed = tmp_path / "committed"
    writer = FRESH.Process(target=write_for_ever, args=(url, tmp_path / "home" / "key", committed))
    writer.start()
    try:
        deadline = time.monotonic() + 30
        while not (committed.exists() and committed.read_text() not in ("", "1", "2")):
            assert time.monotonic() < deadline
            assert writer.is_alive()
            time.sleep(0.01)
        time.sleep(0.013)
    finally:
        os.kill(writer.pid, signal.SIGKILL)
        writer.join()
    snapshot = store.snapshot()
    names = {station.name for station in snapshot.stations}
    assert len(names) == 1, "one generation, whole"
    generation = int(names.pop().split()[1])
    assert generation >= int(committed.read_text() or 0)
    assert set(snapshot.status_at.tolist()) == {float(generation)}
    assert len(snapshot.stations) == 200
    store.feeds.record_sync("live", 1.0)
    if url.startswith("sqlite"):
        with sqlite3.connect(url.removeprefix("sqlite:///")) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        connection.close()


def test_several_processes_may_open_a_new_store_at_once(url: str, tmp_path: Path):
    key = tmp_path / "home" / "key"
    openers = [FRESH.Process(target=open_and_close, args=(url, key)) for _ in range(4)]
    for opener in openers:
        opener.start()
    for opener in openers:
        opener.join()
    assert [opener.exitcode for opener in openers] == [0, 0, 0, 0]
    assert len(list(key.parent.glob("key*"))) == 1


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_a_new_database_waits_for_a_connection_that_is_just_making_it(url: str, tmp_path: Path):
    (tmp_path / "home").mkdir(exist_ok=True)
    file = url.removeprefix("sqlite:///")
    maker = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
    maker.execute("BEGIN IMMEDIATE")  # SQLite's busy handler is not asked about this one
    done = threading.Timer(0.3, lambda: maker.execute("COMMIT"))
    done.start()
    Database.open(url, Vault.open(tmp_path / "key")).close()
    done.join()
    maker.close()


def open_and_close(url: str, key: Path) -> None:
    store = Store.open(url, key)
    store.wallets.all()
    store.close()


def test_threads_may_share_a_store(store: Store):
    store.apply(StationsUpdate(feed="live", stations=[(make_station("1", "NL*ABC*E1"), {})]))
    failed: list[BaseException] = []

    def write(at: float) -> None:
        try:
            told = {"1": (Status.CHARGING, at)}
            store.apply(StatusUpdate(feed="live", station_id="NL*ABC*1", statuses=told))
            store.snapshot()
        except BaseException as error:  # noqa: BLE001 -- told below
            failed.append(error)

    threads = [threading.Thread(target=write, args=(float(at),)) for at in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert store.snapshot().status_at.tolist() == [7.0]


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_a_lock_that_is_held_too_long_is_said_with_what_to_do(url: str, tmp_path: Path):
    Store.open(url, tmp_path / "home" / "key").close()
    holder = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    store = Store.open(url, tmp_path / "home" / "key", busy_s=0.1)
    with pytest.raises(StoreError, match="another process has held") as caught:
        store.feeds.add(Source(name="x", kind="ocpi"))
    assert "Try again" in caught.value.faults[0].remedy
    assert store.sequence() == 0, "readers are not held up"
    holder.close()
    store.close()
