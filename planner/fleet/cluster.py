"""Batches on the workers of a Dask scheduler, on this machine or others.

The executor sees to all that a pool of processes has not to: workers that come and go, that lack
the region or the snapshot, or that are stuck; a scheduler that is started anew. Region and snapshot
are pulled: a worker that lacks parts says so instead of planning, and is sent them over Dask's own
connections. So it needs nothing of ours but the program: no home, no database, no key, no port; one
that joins in the middle is served like the first; and nothing large stays in the scheduler's
memory, nor is lost with a worker that held it, as data scattered there would be.

Labels of sites, which grow as they are used, are no part of it: the workers of a machine make them
once and share them.
"""

import logging
import os
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import Future, InvalidStateError
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from planner.errors import DataMissing
from planner.fleet.executors import Elastic, FlightLost, WorkerKilled
from planner.fleet.sealed import SealedCall, make_call
from planner.fleet.shipping import PIECE_BYTES, Cache, Piece, Stock
from planner.fleet.sites import Frozen, Missing
from planner.legs.prepared import PreparedRoads
from planner.roads.graph import RoadGraph
from planner.roads.parts import MANIFEST
from planner.world import World

try:
    from distributed import Client, get_worker
    from distributed.scheduler import KilledWorker
except ImportError as error:
    raise DataMissing(
        "the extra `cluster` is not installed",
        place="--cluster",
        remedy="Install it with `pip install 'plugsure[cluster]'`",
    ) from error

log = logging.getLogger(__name__)

CACHE = "PLUGSURE_CACHE"
"""Environment variable of a worker: where it keeps what it was sent."""

PATIENCE_S = 600.0
"""How long a scheduler that is gone is waited for."""

CONNECT_S = 5.0
LOOK_EVERY_S = 1.0

STRAGGLER_S = 30.0
"""What takes longer than that, and five times longer than the rest, is given to another worker."""


def cache_here() -> Cache:
    """Return this machine's cache, by `CACHE` or in the user's folder of caches."""
    home = os.environ.get(CACHE) or Path.home() / ".cache" / "plugsure"
    return Cache(Path(home))


@dataclass(frozen=True, slots=True)
class Delivered:
    """A region and a snapshot by the SHA-256 of the lists of their files; see `shipping`."""

    region: str
    snapshot: str

    def open(self) -> World | Missing:
        """Open both from the worker's cache, or say what is to be sent."""
        cache = cache_here()
        lacking = (*cache.lacking(self.region), *cache.lacking(self.snapshot))
        if lacking:
            return Missing(get_worker().address, lacking)
        return Frozen(cache.folder(self.region), cache.folder(self.snapshot)).open()


def _lacking(hashes: tuple[str, ...]) -> tuple[str, ...]:
    """Name what is not there by now; runs on a worker."""
    return cache_here().still_lacking(hashes)


def _put(pieces: tuple[Piece, ...], sender: str) -> None:
    """Keep what was sent; runs on a worker."""
    cache = cache_here()
    for piece in pieces:
        cache.put(piece, sender)


@contextmanager
def cluster_of(
    address: str, here: Frozen
) -> Iterator[tuple[Delivered, Callable[[int], "ClusterExecutor"]]]:
    """Give the site and the executor of a batch that runs on a scheduler's workers.

    Parameters
    ----------
    address : str
        Of the scheduler, such as ``tcp://host:8786``, or ``tls://…`` with Dask's own settings for
        certificates. Missions hold what drivers pay with: use TLS beyond a network of your own.

    Raises
    ------
    DataMissing
        There is no scheduler.
    """
    graph = RoadGraph.open(here.region)
    PreparedRoads.of(graph).prepare()
    stock = Stock()
    region = stock.add(here.region, _lasting(here.region))
    site = Delivered(region, stock.add(here.snapshot, here.snapshot.glob("*.*")))
    made: list[ClusterExecutor] = []

    def pool(_workers: int) -> ClusterExecutor:
        made.append(ClusterExecutor(address, stock))
        return made[-1]

    yield site, pool
    for executor in made:
        executor.shutdown(wait=False)


def _lasting(region: Path) -> Iterator[Path]:
    """List the files of a region that never change under their name, without names of places."""
    folders = [region, *(path.parent for path in region.glob(f"*/*/*/{MANIFEST}"))]
    for folder in folders:
        yield from (path for path in folder.iterdir() if path.suffix in (".npy", ".json"))


@dataclass(eq=False)
class _Task:
    """What was submitted: the caller's future, and Dask's, one for each try under way.

    ``since`` is when it was last given to a worker, ``supplied`` the one that is being sent what it
    lacks for it.
    """

    work: SealedCall
    ours: "Future[Any]" = field(default_factory=Future)
    tries: dict[str, Any] = field(default_factory=dict)
    started: float = field(default_factory=time.monotonic)
    since: float = field(default_factory=time.monotonic)
    supplied: str = ""


class ClusterExecutor(Elastic):
    """An executor on a Dask scheduler.

    A task is submitted to Dask under a random key, so that neither keys nor dashboard tell what is
    in it. Dask itself gives tasks of a dead worker to others; what it then gives up is
    `WorkerKilled`, and what was lost with the scheduler is `FlightLost`.
    """

    def __init__(self, address: str, stock: Stock) -> None:
        self._address, self._stock = address, stock
        self._lock = threading.RLock()
        self._tasks: set[_Task] = set()
        self._took_s: list[float] = []
        self._size, self._sized = 1, 0.0
        self._ended = threading.Event()
        self._counters: dict[str, threading.Lock] = {}
        self._client = _connect(address, CONNECT_S)
        self._watch = threading.Thread(target=self._look_after, name="cluster", daemon=True)
        self._watch.start()

    def size(self) -> int:
        """Return the number of the workers' threads, as it was a moment ago."""
        if time.monotonic() - self._sized > LOOK_EVERY_S:
            self._sized = time.monotonic()
            try:
                self._size = max(1, sum(self._client.nthreads().values()))
            except (OSError, RuntimeError, TimeoutError):
                log.debug("the scheduler does not answer")
        return self._size

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> "Future[Any]":
        """Submit a task; waits for a scheduler where there is none just now.

        Raises
        ------
        DataMissing
            None came within `PATIENCE_S`.
        """
        assert not kwargs, "tasks are given their arguments by place"
        self._reach_scheduler()
        task = _Task(SealedCall.of(fn, args))
        with self._lock:
            self._tasks.add(task)
            self._try(task)
        return task.ours

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Let go of all tasks and of the scheduler; workers end what they are at."""
        del wait, cancel_futures
        if self._ended.is_set():
            return
        self._ended.set()
        self._watch.join()
        with self._lock:
            tries = [tried for task in self._tasks for tried in task.tries.values()]
            self._tasks.clear()
        for tried in tries:
            tried.release()
        self._client.close(timeout=CONNECT_S)

    def _try(self, task: _Task, workers: list[str] | None = None) -> None:
        key = f"plugsure-{uuid.uuid4().hex}"
        tried = self._client.submit(make_call, task.work, key=key, pure=False, workers=workers)
        task.tries[key] = tried
        tried.add_done_callback(lambda done: self._landed(task, key, done))

    def _landed(self, task: _Task, key: str, tried: Any) -> None:
        """Take what became of a try; called by Dask in a thread of its own."""
        try:
            answer = None if tried.cancelled() else tried.result(timeout=CONNECT_S * 6)
        except Exception as error:  # noqa: BLE001 -- all of them are handed on
            self._settle(task, key, error=_told(error))
            return
        if isinstance(answer, Missing):
            with self._lock:
                task.tries.pop(key, None)
                task.supplied = answer.cache
            # A worker that is stuck may never take it: nobody waits for this thread.
            threading.Thread(target=self._deliver, args=(task, answer), daemon=True).start()
        elif answer is None:
            self._settle(task, key, error=FlightLost())
        else:
            self._settle(task, key, answer=answer)

    def _settle(
        self, task: _Task, key: str, *, answer: Any = None, error: Exception | None = None
    ) -> None:
        with self._lock:
            task.tries.pop(key, None)
            if task not in self._tasks or (error is not None and task.tries):
                return  # another try was quicker, or may still come through
            self._tasks.discard(task)
            for other in task.tries.values():
                other.release()
            self._took_s.append(time.monotonic() - task.started)
        try:
            if error is None:
                task.ours.set_result(answer)
            else:
                task.ours.set_exception(error)
        except InvalidStateError:
            log.debug("a task was cancelled before it was done")

    def _deliver(self, task: _Task, missing: Missing) -> None:
        """Send a worker what it lacks, and submit the task again."""
        with self._lock:
            counter = self._counters.setdefault(missing.cache, threading.Lock())
        try:
            with counter:
                self._send(missing)
        except Exception as error:  # noqa: BLE001 -- a worker that has just died; others may live
            log.warning("parts could not be sent to %s: %s", missing.cache, type(error).__name__)
        if self._ended.is_set():
            return
        with self._lock:
            task.supplied = ""
            if task in self._tasks:
                self._try(task)

    def _send(self, missing: Missing) -> None:
        worker, sender = [missing.cache], uuid.uuid4().hex
        lacking = self._client.run(_lacking, missing.hashes, workers=worker)
        load: list[Piece] = []
        for piece in self._stock.pieces(lacking.get(missing.cache, ())):
            if sum(len(held.data) for held in load) + len(piece.data) > PIECE_BYTES:
                self._client.run(_put, tuple(load), sender, workers=worker)
                load.clear()
            load.append(piece)
        if load:
            self._client.run(_put, tuple(load), sender, workers=worker)

    def _look_after(self) -> None:
        """Give what is far slower than the rest to other workers besides; the first to end wins.

        A mission gives the same answer wherever it is planned, so nothing is lost by it.
        """
        while not self._ended.wait(LOOK_EVERY_S):
            with self._lock:
                if not self._took_s:
                    continue
                limit_s = max(STRAGGLER_S, 5.0 * median(self._took_s))
                now = time.monotonic()
                slow = [task for task in self._tasks if now - task.since > limit_s]
            if slow:
                self._copy(slow)

    def _copy(self, slow: list[_Task]) -> None:
        try:
            busy = self._client.processing()
        except (OSError, RuntimeError, TimeoutError):
            return
        for task in slow:
            with self._lock:
                tries = set(task.tries)
                others = [
                    name
                    for name, keys in busy.items()
                    if name != task.supplied and tries.isdisjoint(keys)
                ]
                if others and len(others) < len(busy) and task in self._tasks:
                    task.since = time.monotonic()
                    self._try(task, others)

    def _reach_scheduler(self) -> None:
        """Connect anew where the connection is gone for good."""
        if self._client.status in ("running", "connecting"):
            return
        log.warning("the scheduler at %s is gone; waiting for it", self._address)
        with self._lock:
            lost, self._tasks = self._tasks, set()
        for task in lost:
            if not task.ours.done():
                task.ours.set_exception(FlightLost())
        self._client.close(timeout=1)
        self._client = _connect(self._address, PATIENCE_S)


def _told(error: Exception) -> Exception:
    if isinstance(error, KilledWorker):
        return WorkerKilled()
    # Dask says of what went with the scheduler that it was cancelled, or that data was lost.
    if isinstance(error, TimeoutError | OSError) or "ancelled" in type(error).__name__:
        return FlightLost()
    return error


def _connect(address: str, patience_s: float) -> Any:
    until = time.monotonic() + patience_s
    while True:
        try:
            return Client(address, timeout=CONNECT_S, set_as_default=False, name="plugsure")
        except (OSError, TimeoutError, ValueError) as error:
            if time.monotonic() > until or isinstance(error, ValueError):
                raise DataMissing(
                    f"no scheduler answers: {error}",
                    place=address,
                    remedy="Start one with `dask scheduler`; results so far are kept (--resume)",
                ) from error
            time.sleep(LOOK_EVERY_S)
