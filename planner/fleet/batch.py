"""Many missions on a pool of processes: results in their order, one bad mission never stops all.

The pool is any `concurrent.futures.Executor`. A few missions are in flight at a time, so that
cancelling is quick and a worker that dies takes few with it: those are planned again, one by one,
and a mission that kills its worker even then is a failed row.
"""

import logging
import multiprocessing
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import (
    FIRST_COMPLETED,
    BrokenExecutor,
    Executor,
    Future,
    ProcessPoolExecutor,
    wait,
)
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

from planner.errors import Fault, PlugsureError
from planner.model.mission import Mission
from planner.model.plan import Outcome, Plan
from planner.plan import plan
from planner.settings import Settings
from planner.world import World

log = logging.getLogger(__name__)

POLL_S = 0.2
"""How often cancelling is looked for."""

IN_FLIGHT_PER_WORKER = 2
MOST_DEATHS = 2
"""So many times a mission may be in a worker that dies before it is held to be the cause."""


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a mission has neither plan nor an infeasible: an error's code, title and faults."""

    code: str
    title: str
    faults: tuple[Fault, ...]

    @classmethod
    def of(cls, error: PlugsureError) -> "Failure":
        """Keep what a Plugsure error says."""
        return cls(error.code, error.title, error.faults)


@dataclass(frozen=True, slots=True)
class Job:
    """A mission of a batch, or the failure that its row already is."""

    mission_id: str
    mission: Mission | None
    failure: Failure | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """What became of the job at ``index``: ``status`` is planned, infeasible or failed.

    ``answer`` is what ``render`` made of the outcome, None for a failed mission.
    """

    index: int
    mission_id: str
    status: str
    answer: Any = None
    failure: Failure | None = None
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a batch is; ``left_s`` is an estimate in seconds, None before there is any."""

    total: int
    planned: int = 0
    infeasible: int = 0
    failed: int = 0
    left_s: float | None = None

    @property
    def done(self) -> int:
        """Missions that have a result."""
        return self.planned + self.infeasible + self.failed


Render = Callable[[Outcome, World], Any]
"""Makes of an outcome what is handed back; runs in the worker, so it must be picklable."""


def whole_outcome(outcome: Outcome, _world: World) -> Outcome:
    """Hand back the outcome itself."""
    return outcome


def _ignore(_progress: Progress) -> None:
    pass


def _never() -> bool:
    return False


def process_pool(workers: int) -> Executor:
    """Make a pool of fresh processes: threads and locks of ours are not copied into them."""
    return ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """Where and how missions are planned."""

    settings: Settings
    region: str | None = None
    workers: int = 2
    render: Render = whole_outcome
    pool: Callable[[int], Executor] = process_pool


def run_batch(
    bench: Bench,
    jobs: Sequence[Job],
    *,
    on_progress: Callable[[Progress], None] = _ignore,
    cancelled: Callable[[], bool] = _never,
) -> Iterator[Result]:
    """Plan all jobs and yield their results in the order of the jobs.

    Parameters
    ----------
    bench : Bench
        The installation, the number of workers, and what they hand back.
    jobs : sequence of Job
        Those that carry a failure are not planned; it is yielded in their place.
    on_progress : callable
        Called after each mission, in the order in which they are done.
    cancelled : callable
        Asked several times a second; once it is true, the results so far have been yielded and
        the iterator ends.
    """
    run = _Run(bench, jobs, on_progress)
    try:
        yield from run.results(cancelled)
    finally:
        run.stop()


def plan_job(settings: Settings, region: str | None, job: Job, render: Render) -> Result:
    """Plan one mission in this process; every error becomes a failed result (index -1)."""
    started = time.perf_counter()
    assert job.mission is not None, "jobs that have failed already are not planned"
    try:
        world = _world(settings, region)
        outcome = plan(world, job.mission)
        answer = render(outcome, world)
    except PlugsureError as error:
        failed = Failure.of(error)
    except Exception as error:  # one defect must not stop the batch
        log.exception("mission %s failed by a defect", job.mission_id)
        detail = f"the planner failed by a defect ({type(error).__name__})"
        return _failed(-1, job.mission_id, "internal-error", detail)
    else:
        status = "planned" if isinstance(outcome, Plan) else "infeasible"
        spent = time.perf_counter() - started
        return Result(-1, job.mission_id, status, answer, None, spent)
    return Result(-1, job.mission_id, "failed", None, failed, time.perf_counter() - started)


@lru_cache(maxsize=1)
def _world(settings: Settings, region: str | None) -> World:
    """Open the world once for each process: all missions of a batch see the same."""
    return World.open(settings, region)


@dataclass(slots=True)
class _Run:
    """One run of a batch: what waits, what is in flight, what is done."""

    bench: Bench
    jobs: Sequence[Job]
    on_progress: Callable[[Progress], None]
    waiting: deque[int] = field(default_factory=deque)
    suspects: deque[int] = field(default_factory=deque)
    trial: int | None = None
    deaths: dict[int, int] = field(default_factory=dict)
    spared: int = 0
    flying: dict[Future[Result], int] = field(default_factory=dict)
    done: dict[int, Result] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    executor: Executor | None = None
    started: float = field(default_factory=time.monotonic)

    def results(self, cancelled: Callable[[], bool]) -> Iterator[Result]:
        """Yield the results in order, keeping the pool filled meanwhile."""
        for index, job in enumerate(self.jobs):
            if job.failure is not None:
                self._finish(Result(index, job.mission_id, "failed", failure=job.failure))
            else:
                self.waiting.append(index)
        self.spared = len(self.done)
        following = 0
        while following < len(self.jobs):
            while following in self.done:
                yield self.done.pop(following)
                following += 1
            if following == len(self.jobs) or cancelled():
                return
            self._fill()
            self._collect()

    def stop(self) -> None:
        """End the pool; missions that are being planned are waited for."""
        if self.executor is not None:
            self.executor.shutdown(wait=True, cancel_futures=True)
            self.executor = None

    def _fill(self) -> None:
        """Keep the pool busy; a mission on trial flies alone."""
        if self.trial is not None:
            return
        if self.suspects:
            self.trial = self.suspects.popleft()
            self._send(self.trial)
            return
        room = self.bench.workers * IN_FLIGHT_PER_WORKER
        while self.waiting and len(self.flying) < room:
            if not self._send(self.waiting.popleft()):
                return

    def _send(self, index: int) -> bool:
        bench = self.bench
        if self.executor is None:
            self.executor = bench.pool(bench.workers)
        job = self.jobs[index]
        try:
            future = self.executor.submit(plan_job, bench.settings, bench.region, job, bench.render)
        except BrokenExecutor:
            self.waiting.appendleft(index)
            self.trial = None
            self._bury(list(self.flying.values()))
            return False
        self.flying[future] = index
        return True

    def _collect(self) -> None:
        finished, _ = wait(self.flying, timeout=POLL_S, return_when=FIRST_COMPLETED)
        dead = []
        for future in finished:
            index = self.flying.pop(future)
            try:
                self._finish(replace(future.result(), index=index))
            except BrokenExecutor:
                dead.append(index)
            except Exception as error:  # an answer that cannot be sent must not stop the batch
                mission_id = self.jobs[index].mission_id
                log.exception("mission %s gave no readable result", mission_id)
                detail = f"the worker's answer was lost ({type(error).__name__})"
                self._finish(_failed(index, mission_id, "internal-error", detail))
        if dead:
            self._bury(dead + list(self.flying.values()))

    def _bury(self, lost: list[int]) -> None:
        """Start anew without the dead pool; the missions that flew are tried one by one."""
        on_trial, self.trial = self.trial, None
        self.flying.clear()
        self.stop()
        for index in sorted(lost, reverse=True):
            self.deaths[index] = self.deaths.get(index, 0) + (index == on_trial)
            if self.deaths[index] < MOST_DEATHS:
                self.suspects.appendleft(index)
            else:
                detail = "planning this mission ended its process"
                mission_id = self.jobs[index].mission_id
                self._finish(_failed(index, mission_id, "worker-died", detail))

    def _finish(self, result: Result) -> None:
        if result.index == self.trial:
            self.trial = None
        self.done[result.index] = result
        self.counts[result.status] = self.counts.get(result.status, 0) + 1
        finished = sum(self.counts.values())
        tried = finished - self.spared
        left = None
        if tried > 0:
            pace = (time.monotonic() - self.started) / tried
            left = pace * (len(self.jobs) - finished)
        self.on_progress(Progress(total=len(self.jobs), **self.counts, left_s=left))


def _failed(index: int, mission_id: str, code: str, detail: str) -> Result:
    failure = Failure(code, "Something went wrong on our side", (Fault("", detail),))
    return Result(index, mission_id, "failed", failure=failure)
