"""Runs the batches that came by the API, one after another, in a thread of this process.

What a batch needs lies as one encrypted file in the home, its results in the store. The process
that runs a batch holds a lock on the file, which the system releases when the process dies: the
next one to look finds the file unlocked and goes on from the results that are there.
"""

import fcntl
import hashlib
import json
import logging
import os
import queue
import threading
import time
import zlib
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from planner.errors import NotFound, PlugsureError
from planner.faces.journal import input_hash
from planner.faces.notices import tell
from planner.faces.office import Office, key_file
from planner.faces.rows import jobs_of, result_document
from planner.faces.settling import IGNORE, Settling
from planner.fleet.batch import Bench, run_batch
from planner.fleet.contention import DEFAULT_ORDER
from planner.fleet.jobs import Extras, Job, Progress, Result
from planner.fleet.sites import site_here
from planner.formats.missions import MissionRow, read_mission_bytes
from planner.formats.plan_reading import plan_from_json
from planner.store.plans import BatchRow

log = logging.getLogger(__name__)

LOOK_EVERY_S = 1.0
"""How often the store is asked whether a batch was cancelled."""

ADOPT_EVERY_S = 30.0
"""How often abandoned batches are looked for."""

ENDED = ("done", "cancelled", "failed")


@dataclass(eq=False)
class BatchRunner:
    """Queues and runs batches; `start` once, then `submit`."""

    office: Office
    workers: int
    _waiting: "queue.Queue[str]" = field(default_factory=queue.Queue, init=False)
    _held: dict[str, IO[bytes]] = field(default_factory=dict, init=False)
    _thread: threading.Thread | None = field(default=None, init=False)
    _pid: int = field(default=0, init=False)
    _starting: threading.Lock = field(default_factory=threading.Lock, init=False)

    @property
    def folder(self) -> Path:
        """Where the missions of unfinished batches lie."""
        return self.office.settings.home / "batches"

    def start(self) -> None:
        """Start the thread in this process, if it does not run yet (a fork has none)."""
        with self._starting:
            if self._thread is not None and self._pid == os.getpid():
                return
            self._pid = os.getpid()
            self._thread = threading.Thread(target=self._run, name="batches", daemon=True)
            self._thread.start()

    def close(self) -> None:
        """Let go of the batches that wait here: another process may take them."""
        for name in list(self._held):
            self._held.pop(name).close()

    def submit(self, name: str, data: bytes, kind: str, options: dict[str, Any]) -> None:
        """Keep the missions of a batch, encrypted, and queue it here."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        head = json.dumps({"kind": kind, **options}).encode()
        path = self.folder / f"{name}.job"
        draft = path.with_suffix(f".{os.getpid()}")
        draft.touch(mode=0o600)
        draft.write_bytes(self.office.vault.seal(zlib.compress(head + b"\n" + data)))
        draft.replace(path)
        self._take(path)
        self.start()
        self._waiting.put(name)

    def _take(self, path: Path) -> bool:
        """Lock a batch's file for this process."""
        try:
            held = path.open("rb")
        except FileNotFoundError:
            return False
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            held.close()
            return False
        self._held[path.stem] = held
        return True

    def _run(self) -> None:
        adopted = 0.0
        while True:
            if time.monotonic() - adopted > ADOPT_EVERY_S:
                adopted = time.monotonic()
                self._adopt()
            try:
                name = self._waiting.get(timeout=ADOPT_EVERY_S)
            except queue.Empty:
                continue
            try:
                self._finish(name)
            except PlugsureError as error:
                log.error("batch %s failed: %s", name, error)  # noqa: TRY400 -- no defect
                self._end(name, "failed")
            except Exception:  # the thread must go on with the next batch
                if not threading.main_thread().is_alive():
                    return  # the process ends: whoever looks next goes on with this batch
                log.exception("batch %s failed by a defect", name)
                self._end(name, "failed")

    def _adopt(self) -> None:
        """Queue the batches whose process has died."""
        if self.folder.is_dir():
            for path in sorted(self.folder.glob("*.job")):
                if path.stem not in self._held and self._take(path):
                    self._waiting.put(path.stem)

    def _finish(self, name: str) -> None:
        """Run a batch to its end when its turn has come."""
        jobs, inputs, options = self._jobs(name)
        with self._turn(options.get("queueing", DEFAULT_ORDER)):
            try:
                state = self.office.store.batches.get(name).state
            except NotFound:
                state = ENDED[0]
            if state in ENDED:
                self._end(name, None)
            else:
                self._work(name, jobs, inputs, options)

    @contextmanager
    def _turn(self, queueing: str) -> Iterator[None]:
        """Wait until no process commits another batch: each must see what the other has taken."""
        if queueing == IGNORE:
            yield
            return
        with (self.folder / "turn.lock").open("ab") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            yield

    def _work(
        self,
        name: str,
        jobs: list[Job],
        inputs: list[tuple[str, str]],
        options: dict[str, Any],
    ) -> None:
        """Plan the rows of a batch whose results are not there yet."""
        store = self.office.store
        if options.get("resume"):
            store.batches.take_over(name, options["resume"], dict(enumerate(inputs)))
        done = store.batches.done_rows(name)
        left = [index for index in range(len(jobs)) if index not in done]
        store.batches.set_state(name, "running")
        stop = _Stop(self.office, name)
        world = self.office.fresh_world()
        queueing = options.get("queueing", DEFAULT_ORDER)
        extras = Extras(gap=options.get("gap", False), ledger=options.get("ledger", False))
        turns = Settling(self.office, world, name, jobs, left, queueing, extras=extras)
        with site_here(self.office.settings, self.office.region, world.snapshot) as here:
            bench = Bench(site=here, workers=self.workers, render=turns.render, extras=extras)
            planning = run_batch(bench, turns.jobs, on_progress=stop.tell, cancelled=stop)
            with closing(planning) as results:
                for row, result in turns.settle(results):
                    if stop():
                        break
                    turns.take_up(row)
                    self._keep(name, row, result, jobs[row], inputs[row])
                    stop.tell_at_least(turns.left_s)
        for row, result in () if stop.cancelled else turns.improved(stop):
            turns.take_up(row)
            self._keep(name, row, result, jobs[row], inputs[row], again=True)
        self._end(name, None if stop.cancelled else "done")
        if not stop.cancelled:
            ended = store.batches.get(name)
            counts = {"missions": ended.size, "done": ended.done, "failed": ended.failed}
            tell(self.office, "batch.done", {"batch": name, **counts})

    def _jobs(self, name: str) -> tuple[list[Job], list[tuple[str, str]], dict[str, Any]]:
        """Read a batch's jobs, what names each one's input, and its options."""
        sealed = (self.folder / f"{name}.job").read_bytes()
        head, _, data = zlib.decompress(self.office.vault.unseal(sealed)).partition(b"\n")
        options = json.loads(head)
        zone = options.get("timezone", "")
        rows: tuple[MissionRow, ...]
        rows = read_mission_bytes(data, options["kind"], "missions", zone=zone).rows
        jobs = jobs_of(rows, self.office.desk(options["now"]))
        key = hashlib.sha256(key_file(self.office.settings).read_bytes()).digest()
        inputs = [
            (job.mission_id, input_hash(row, job, key, None))
            for row, job in zip(rows, jobs, strict=True)
        ]
        return jobs, inputs, options

    def _keep(
        self,
        name: str,
        row: int,
        result: Result,
        job: Job,
        named: tuple[str, str],
        *,
        again: bool = False,
    ) -> None:
        """Keep a result, or a newer one; a plan is kept as every plan, and its row names it."""
        said = result_document(result)
        if result.status == "planned":
            plan = plan_from_json(json.loads(result.answer))
            said["plan_id"] = plan.id
            assert job.mission is not None
            self.office.keep_wallet(job.mission)
            self.office.store.save_plan(
                plan.id,
                result.answer,
                created=plan.created,
                world=plan.world.hash,
                mission_id=result.mission_id,
            )
        elif result.status == "infeasible":
            said["infeasible"] = json.loads(result.answer)
        body = zlib.compress(json.dumps(said).encode())
        failed = result.status == "failed"
        mission_id, hashed = named
        kept = BatchRow(
            row=row, failed=failed, body=body, mission_id=mission_id[:255], input_hash=hashed
        )
        if again:
            self.office.store.batches.replace_row(name, kept)
        else:
            self.office.store.batches.add_rows(name, [kept])

    def _end(self, name: str, state: str | None) -> None:
        if state is not None:
            self.office.store.batches.set_state(name, state)
        (self.folder / f"{name}.job").unlink(missing_ok=True)
        held = self._held.pop(name, None)
        if held is not None:
            held.close()


@dataclass(eq=False)
class _Stop:
    """Says whether a batch was cancelled, asking the store now and then; tells it the time left."""

    office: Office
    name: str
    cancelled: bool = False
    _asked: float = 0.0
    _told: float = 0.0
    _end: float = 0.0

    def tell(self, progress: Progress) -> None:
        """Tell when the batch should be done, by the workers' pace."""
        if progress.left_s is not None:
            self._end = time.monotonic() + progress.left_s
            self.tell_at_least(0.0)

    def tell_at_least(self, left_s: float) -> None:
        """Tell when the batch should be done, in so many seconds at the soonest."""
        now = time.monotonic()
        if now - self._told > LOOK_EVERY_S:
            self._told = now
            left_s = max(left_s, self._end - now)
            self.office.store.batches.expect(self.name, self.office.clock() + left_s)

    def __call__(self) -> bool:
        now = time.monotonic()
        if not self.cancelled and now - self._asked > LOOK_EVERY_S:
            self._asked = now
            self.cancelled = self.office.store.batches.get(self.name).state == "cancelled"
        return self.cancelled


def result_rows(office: Office, name: str) -> Iterator[bytes]:
    """Yield the results of a batch that are there as lines of NDJSON, in the missions' order."""
    for row in office.store.batches.rows(name):
        said = json.loads(zlib.decompress(row.body))
        if "plan_id" in said:
            head = json.dumps(said).encode()
            plan = office.store.plan(said["plan_id"]).strip()
            yield head[:-1] + b', "plan": ' + plan + b"}\n"
        else:
            yield json.dumps(said).encode() + b"\n"
