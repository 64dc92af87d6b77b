"""A batch on a real Dask scheduler with two workers that have nothing of ours, and one dies."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from planner.energy.catalogue import load_catalogue
from planner.errors import DataError
from planner.fleet.batch import Bench, run_batch
from planner.fleet.frozen import COLUMNS, frozen, thaw
from planner.fleet.jobs import Job, Progress, Result
from planner.fleet.shipping import Cache, Piece, Stock
from planner.fleet.sites import Frozen, site_here
from planner.formats.stamps import moment
from planner.model.geo import LonLat
from planner.model.mission import Mission, Waypoint
from planner.model.plan import Outcome
from planner.model.token import Wallet
from planner.settings import Settings
from planner.store.store import Store
from planner.world import World
from tests.faces.small_world import CAR, NOW, UID, make_home, token

pytest.importorskip("distributed", reason="the extra `cluster` is not installed")


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Settings, Frozen]]:
    settings = make_home(tmp_path_factory.mktemp("home"))
    store = Store.open(settings.database, settings.home / "secret.key")
    snapshot = store.snapshot()
    store.close()
    with site_here(settings, None, snapshot) as site:
        yield settings, site


@pytest.fixture
def scheduler(tmp_path: Path) -> Iterator[tuple[str, list[subprocess.Popen[bytes]], Path]]:
    """A scheduler and two workers, as processes, each worker with an empty cache of its own."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    log = tmp_path / "log"
    address = f"tcp://127.0.0.1:{port}"
    children = [start_scheduler(log, address)]
    children += [start_worker(log, address, tmp_path / f"worker{number}") for number in (1, 2)]
    yield address, children, log
    for child in reversed(children):
        child.kill()
        child.wait()


def start_scheduler(log: Path, address: str) -> subprocess.Popen[bytes]:
    port = address.rpartition(":")[2]
    return _dask(log, "scheduler", "--host", "127.0.0.1", "--port", port, "--no-dashboard")


def start_worker(log: Path, address: str, folder: Path) -> subprocess.Popen[bytes]:
    words = ("worker", address, "--nthreads", "1", "--no-dashboard", "--no-nanny")
    here = {"PLUGSURE_CACHE": str(folder / "cache"), "PLUGSURE_HOME": str(folder / "none")}
    return _dask(log, *words, "--local-directory", str(folder), **here)


def _dask(log: Path, *words: str, **environ: str) -> subprocess.Popen[bytes]:
    with log.open("ab") as out:
        return subprocess.Popen(
            [sys.executable, "-m", "distributed.cli.dask_" + words[0], *words[1:]],
            stdout=out,
            stderr=out,
            env={**os.environ, **environ},
        )


def mission(number: int) -> Mission:
    ends = (LonLat(11.576, 48.137), LonLat(11.40 + number / 1000.0, 47.25))
    return Mission(
        id=f"m{number}",
        waypoints=tuple(Waypoint(location=end) for end in ends),
        departure=moment("2026-11-23T08:00:00+01:00"),
        now=NOW,
        vehicle=load_catalogue().by_id[CAR],
        soc=0.5,
        wallet=Wallet(tokens=(token(),)),
    )


def name_of(outcome: Outcome, world: World) -> str:
    return f"{outcome.id} {world.hash}"


def test_a_batch_on_a_cluster_ends_complete_though_a_worker_is_killed(
    here: tuple[Settings, Frozen],
    scheduler: tuple[str, list[subprocess.Popen[bytes]], Path],
) -> None:
    from planner.fleet.cluster import cluster_of  # noqa: PLC0415 -- an extra

    address, children, log = scheduler
    jobs = [Job(f"m{n}", mission(n)) for n in range(24)]
    killed: list[int] = []

    def kill_one(progress: Progress) -> None:
        if progress.done == 6 and not killed:
            children[1].send_signal(signal.SIGKILL)
            killed.append(children[1].pid)

    with cluster_of(address, here[1]) as (site, pool):
        bench = Bench(site=site, render=name_of, pool=pool)
        results = list(run_batch(bench, jobs, on_progress=kill_one))
    assert killed
    assert sorted(result.index for result in results) == list(range(24))
    assert {result.status for result in results} == {"planned"}
    alone = list(run_batch(Bench(site=here[1], render=name_of, workers=1), jobs[:2]))
    assert answers(alone) == {k: v for k, v in answers(results).items() if k < 2}
    assert UID not in log.read_text(errors="replace")


def test_a_batch_ends_complete_though_a_worker_is_stuck_and_the_scheduler_is_started_anew(
    here: tuple[Settings, Frozen],
    scheduler: tuple[str, list[subprocess.Popen[bytes]], Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The one worker stops answering for ever; then scheduler and workers die and come again."""
    from planner.fleet import cluster  # noqa: PLC0415 -- an extra

    monkeypatch.setattr(cluster, "STRAGGLER_S", 1.0)
    address, children, log = scheduler
    jobs = [Job(f"m{n}", mission(n)) for n in range(16)]
    done: list[str] = []

    def disturb(progress: Progress) -> None:
        if progress.done >= 3 and not done:
            done.append("stuck")
            children[1].send_signal(signal.SIGSTOP)
        if progress.done >= 10 and len(done) == 1:
            done.append("anew")
            for child in children:
                child.kill()
                child.wait()
            children[:] = [start_scheduler(log, address)]
            children.append(start_worker(log, address, tmp_path / "worker2"))

    with cluster.cluster_of(address, here[1]) as (site, pool):
        bench = Bench(site=site, render=name_of, pool=pool)
        results = list(run_batch(bench, jobs, on_progress=disturb))
    assert done == ["stuck", "anew"]
    assert sorted(result.index for result in results) == list(range(16))
    assert {result.status for result in results} == {"planned"}


def answers(results: list[Result]) -> dict[int, object]:
    return {result.index: result.answer for result in results}


def test_a_frozen_snapshot_is_the_snapshot(here: tuple[Settings, Frozen], tmp_path: Path) -> None:
    store = Store.open(here[0].database, here[0].home / "secret.key")
    told = store.snapshot()
    store.close()
    with frozen(told, tmp_path) as folder:
        read = thaw(folder)
        assert replace(read, stations=tuple(read.stations), held=None).stations == told.stations
        for name in told.__dataclass_fields__:
            if name not in (*COLUMNS, "stations", "held", "lon", "lat", "status_silence_s"):
                assert getattr(read, name) == getattr(told, name), name
        for name in COLUMNS:
            assert getattr(read, name).tobytes() == getattr(told, name).tobytes(), name
        assert read.stations[-1] == told.stations[-1]
        with pytest.raises(IndexError):
            read.stations[len(told.stations)]


def test_only_what_is_what_it_is_called_is_kept_of_a_shipment(tmp_path: Path) -> None:
    source, cache = tmp_path / "source", Cache(tmp_path / "cache")
    (source / "deep").mkdir(parents=True)
    (source / "a.npy").write_bytes(b"x" * 20_000_000)
    (source / "deep" / "b.json").write_bytes(b"")
    stock = Stock()
    shipment = stock.add(source, [*source.glob("*.npy"), *source.glob("*/*.json")])
    assert cache.lacking(shipment) == (shipment,)
    while lacking := cache.lacking(shipment):
        for piece in stock.pieces(lacking):
            cache.put(piece, "me")
    laid = cache.folder(shipment)
    assert (laid / "a.npy").read_bytes() == (source / "a.npy").read_bytes()
    assert (laid / "deep" / "b.json").read_bytes() == b""
    with pytest.raises(DataError, match="not what was sent"):
        cache.put(Piece("0" * 64, 0, last=True, data=b"other"), "me")
    with pytest.raises(DataError, match="lost"):
        cache.put(Piece("1" * 64, 5, last=True, data=b"other"), "me")
    with pytest.raises(DataError, match="SHA-256"):
        cache.put(Piece("../../etc", 0, last=True, data=b""), "me")
    assert cache.still_lacking(["0" * 64]) == ("0" * 64,)
