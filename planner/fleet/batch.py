"""Many missions on an executor: no bad mission, dying worker or lost connection stops the others.

Missions are handed out in small parcels, those of one vehicle and wallet together, so that what a
worker has learned of a car and of what a wallet opens serves the next one. Few parcels are in
flight at a time, so that cancelling is quick and a worker that dies takes few with it: where any of
them may be the cause, they are planned again one by one, and a mission that kills its worker even
then is a failed row.
"""

import logging
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, CancelledError, Executor, Future
from concurrent.futures import wait as wait_for
from dataclasses import dataclass, field, replace

from planner.errors import PlugsureError
from planner.fleet import planning
from planner.fleet.executors import Elastic, FlightLost, WorkerKilled
from planner.fleet.jobs import (
    PLAIN,
    Extras,
    Failure,
    Job,
    Progress,
    Render,
    Result,
    failed,
    whole_outcome,
)
from planner.fleet.nursery import Nursery
from planner.fleet.sealed import SealedCall
from planner.fleet.sites import Missing, Site

log = logging.getLogger(__name__)

POLL_S = 0.2
"""How often cancelling is looked for."""

IN_FLIGHT_PER_WORKER = 2
MOST_DEATHS = 2
"""So many times a mission may be in a worker that dies before it is held to be the cause."""

MOST_STILLBORN = 3
"""Pools in turn of which no worker ever began: no mission is the cause of that."""

PARCEL = 8
"""Missions that are handed out together."""

SPAN = 128
"""So many missions for each worker, one after another in the batch, are put in order by car and
wallet."""


def _ignore(_progress: Progress) -> None:
    pass


def _never() -> bool:
    return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """Where and how missions are planned.

    ``render`` makes of an outcome what workers hand back, and ``extras`` says what plans tell
    besides. ``pool`` makes the executor; without one it is a `Nursery`.
    """

    site: Site
    workers: int = 2
    render: Render = whole_outcome
    extras: Extras = PLAIN
    pool: Callable[[int], Executor] | None = None


def run_batch(
    bench: Bench,
    jobs: Sequence[Job],
    *,
    on_progress: Callable[[Progress], None] = _ignore,
    cancelled: Callable[[], bool] = _never,
) -> Generator[Result, None, None]:
    """Plan all jobs and yield their results as they are done; `in_order` puts them in order.

    Parameters
    ----------
    bench : Bench
        The world, the executor, and what workers hand back.
    jobs : sequence of Job
        Those that carry a failure are not planned; it is yielded.
    on_progress : callable
        Called after each mission.
    cancelled : callable
        Asked several times a second; once it is true, the results so far have been yielded and
        the iterator ends.
    """
    run = _Run(bench, jobs, on_progress)
    try:
        yield from run.results(cancelled)
    finally:
        run.stop()


def in_order(results: Iterable[Result]) -> Iterator[Result]:
    """Yield results in the order of their jobs, each as soon as all before it are there."""
    done: dict[int, Result] = {}
    following = 0
    for result in results:
        done[result.index] = result
        while following in done:
            yield done.pop(following)
            following += 1


@dataclass(slots=True)
class _Run:
    """One run of a batch: what waits, what is in flight, what is done."""

    bench: Bench
    jobs: Sequence[Job]
    on_progress: Callable[[Progress], None]
    waiting: deque[tuple[int, ...]] = field(default_factory=deque)
    suspects: deque[int] = field(default_factory=deque)
    trial: int | None = None
    deaths: dict[int, int] = field(default_factory=dict)
    stillborn: int = 0
    flying: dict[Future[list[Result] | Missing], tuple[int, ...]] = field(default_factory=dict)
    done: set[int] = field(default_factory=set)
    ready: deque[Result] = field(default_factory=deque)
    counts: dict[str, int] = field(default_factory=dict)
    spared: int = 0
    executor: Executor | None = None
    started: float = field(default_factory=time.monotonic)

    def results(self, cancelled: Callable[[], bool]) -> Iterator[Result]:
        """Yield the results, keeping the executor filled meanwhile."""
        for index, job in enumerate(self.jobs):
            if job.failure is not None:
                self._finish(failed(index, job.mission_id, job.failure))
        self.spared = len(self.done)
        self.waiting.extend(parcels(self.jobs, self.bench.workers))
        while True:
            while self.ready:
                yield self.ready.popleft()
            if len(self.done) == len(self.jobs) or cancelled():
                return
            self._fill()
            self._collect()

    def stop(self) -> None:
        """End the executor; what it is at is waited for."""
        if self.executor is not None:
            self.executor.shutdown(wait=True, cancel_futures=True)
            self.executor = None

    def _fill(self) -> None:
        """Keep the executor busy; a mission on trial flies alone."""
        if self.trial is not None:
            return
        if self.suspects:
            if not self.flying:
                self.trial = self.suspects.popleft()
                self._send((self.trial,))
            return
        while self.waiting and len(self.flying) < self._places() * IN_FLIGHT_PER_WORKER:
            if not self._send(self.waiting.popleft()):
                return

    def _places(self) -> int:
        return self.executor.size() if isinstance(self.executor, Elastic) else self.bench.workers

    def _open(self, first: tuple[int, ...]) -> Executor:
        """Open the executor; a nursery plans a mission for a start, until one was deadly."""
        bench = self.bench
        if bench.pool is not None:
            return bench.pool(bench.workers)
        rehearsed = () if self.deaths else tuple(self.jobs[index] for index in first)
        arguments = (bench.site, rehearsed, bench.render, bench.extras)
        return Nursery(bench.workers, SealedCall.of(planning.plan_jobs, arguments))

    def _send(self, parcel: tuple[int, ...]) -> bool:
        bench = self.bench
        executor = self.executor = self.executor or self._open(parcel[:1])
        jobs = tuple(self.jobs[index] for index in parcel)
        try:
            future = executor.submit(
                planning.plan_jobs, bench.site, jobs, bench.render, bench.extras
            )
        except BrokenExecutor:
            self.waiting.appendleft(parcel)
            self.trial = None
            self._bury([])
            return False
        self.flying[future] = parcel
        return True

    def _collect(self) -> None:
        finished, _ = wait_for(self.flying, timeout=POLL_S, return_when=FIRST_COMPLETED)
        dead: list[int] = []
        for future in finished:
            parcel = self.flying.pop(future)
            try:
                answer = future.result()
            except (FlightLost, CancelledError):
                self._fly_again(parcel)
            except WorkerKilled:
                self._suspect(parcel)
            except BrokenExecutor:
                dead += parcel
            except Exception as error:  # noqa: BLE001 -- whatever it was, the others go on
                # An answer that cannot be sent must not stop the batch. What it says may quote it.
                log.error("a worker's answer was lost: %s", type(error).__name__)  # noqa: TRY400
                detail = f"the worker's answer was lost ({type(error).__name__})"
                self._give_up(parcel, "internal-error", detail)
            else:
                assert not isinstance(answer, Missing), "the executor sees to what is missing"
                for result in answer:
                    self._finish(replace(result, index=parcel[result.index]))
        if dead:
            self._bury(dead)

    def _fly_again(self, parcel: tuple[int, ...]) -> None:
        if self.trial in parcel:
            self.trial = None
            self.suspects.extendleft(parcel)
        else:
            self.waiting.appendleft(parcel)

    def _bury(self, dead: list[int]) -> None:
        """Start anew without the dead pool; the missions that flew are tried one by one."""
        for parcel in self.flying.values():
            dead += parcel
        self.flying.clear()
        self._demand_workers()
        self.stop()
        self._suspect(dead)

    def _demand_workers(self) -> None:
        """Give up where no pool ever gets so far as to work."""
        pool = self.executor
        began = not isinstance(pool, Nursery) or pool.has_begun
        self.stillborn = 0 if began else self.stillborn + 1
        if self.stillborn >= MOST_STILLBORN:
            raise PlugsureError(
                f"processes that plan missions ended as they began, {MOST_STILLBORN} times",
                remedy="See what the log says, and whether there is memory for them",
            )

    def _suspect(self, lost: Iterable[int]) -> None:
        """Line up what was in a worker that died; what was alone in two such is the cause."""
        on_trial, self.trial = self.trial, None
        for index in sorted(lost, reverse=True):
            self.deaths[index] = self.deaths.get(index, 0) + (index == on_trial)
            if self.deaths[index] < MOST_DEATHS:
                self.suspects.appendleft(index)
            else:
                self._give_up([index], "worker-died", "planning this mission ended its process")

    def _give_up(self, lost: Iterable[int], code: str, detail: str) -> None:
        for index in lost:
            failure = Failure.of_ours(code, detail)
            self._finish(failed(index, self.jobs[index].mission_id, failure))

    def _finish(self, result: Result) -> None:
        if result.index == self.trial:
            self.trial = None
        self.done.add(result.index)
        self.ready.append(result)
        self.counts[result.status] = self.counts.get(result.status, 0) + 1
        tried = len(self.done) - self.spared
        left = None
        if tried > 0:
            pace = (time.monotonic() - self.started) / tried
            left = pace * (len(self.jobs) - len(self.done))
        self.on_progress(Progress(total=len(self.jobs), **self.counts, left_s=left))


def parcels(jobs: Sequence[Job], workers: int) -> list[tuple[int, ...]]:
    """Part the jobs that are to be planned: urgent ones first, else in their order.

    Of so many as follow each other, those of one car and wallet stand together: but not of all, as
    what is planned long before its turn is kept back until then, and lost where the batch is ended.
    """
    order = [index for index, job in enumerate(jobs) if job.failure is None]
    order.sort(key=lambda index: -jobs[index].priority)
    size = max(1, min(PARCEL, len(order) // (workers * 8)))
    span = SPAN * workers
    found: list[tuple[int, ...]] = []
    for at in range(0, len(order), span):
        near = sorted(order[at : at + span], key=lambda index: _kind(jobs[index]))
        found += [tuple(near[place : place + size]) for place in range(0, len(near), size)]
    return found


def _kind(job: Job) -> tuple[int, str, str]:
    assert job.mission is not None, "a job without a mission has failed"
    return -job.priority, job.mission.vehicle.id, job.mission.wallet.digest
