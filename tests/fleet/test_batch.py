"""Batches: order, failures in their place, dying workers, cancelling, progress."""

import multiprocessing
import os
import random
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from planner.errors import Fault, OffNetwork
from planner.fleet import batch
from planner.fleet.batch import Bench, Failure, Job, Progress, Result, plan_job, run_batch
from planner.settings import Settings
from tests.fleet.pools import Mortal, threads

SETTINGS = Settings(home=Path("/nowhere"), database="sqlite://")


def bench(pool: Any = threads, workers: int = 3) -> Bench:
    return Bench(settings=SETTINGS, workers=workers, pool=pool)


def jobs(count: int) -> list[Job]:
    return [Job(f"m{number}", mission=f"mission {number}") for number in range(count)]


def pretend(settings: Settings, region: str | None, job: Job, render: Any) -> Result:
    """Stands for `plan_job`: some missions are slow, some fail."""
    del settings, region, render
    time.sleep(random.random() / 200)
    number = int(job.mission_id[1:])
    if number % 5 == 3:
        fault = Failure("off-network", "Too far", (Fault("", "too far"),))
        return Result(-1, job.mission_id, "failed", failure=fault)
    return Result(-1, job.mission_id, "planned" if number % 2 else "infeasible", answer=number)


@pytest.fixture(autouse=True)
def _pretend(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    if "real" not in request.keywords and "really" not in request.node.name:
        monkeypatch.setattr(batch, "plan_job", pretend)


def test_results_come_in_the_order_of_the_missions() -> None:
    results = list(run_batch(bench(), jobs(40)))
    assert [result.index for result in results] == list(range(40))
    assert [result.mission_id for result in results] == [f"m{n}" for n in range(40)]
    assert [r.answer for r in results if r.status != "failed"] == [
        n for n in range(40) if n % 5 != 3
    ]


def test_a_row_that_failed_before_keeps_its_place_and_is_not_planned() -> None:
    given = jobs(3)
    broken = Failure("invalid-input", "Wrong", (Fault("m.csv:3", "wrong"),))
    given[1] = Job("m1", None, broken)
    results = list(run_batch(bench(), given))
    assert [result.status for result in results] == ["infeasible", "failed", "infeasible"]
    assert results[1].failure == broken


def test_no_missions_are_no_results() -> None:
    assert list(run_batch(bench(), [])) == []


def test_progress_counts_up_to_the_end_and_guesses_the_time_left() -> None:
    told: list[Progress] = []
    list(run_batch(bench(), jobs(12), on_progress=told.append))
    assert [progress.done for progress in told] == list(range(1, 13))
    assert told[-1].left_s == 0.0
    assert told[5].left_s is not None
    assert told[5].left_s > 0


def test_a_cancelled_batch_ends_soon_and_keeps_the_order() -> None:
    results: list[Result] = []
    running = run_batch(bench(workers=1), jobs(500), cancelled=lambda: len(results) >= 5)
    results.extend(running)
    assert 5 <= len(results) < 50
    assert [result.index for result in results] == list(range(len(results)))


def test_a_mission_that_kills_its_worker_costs_one_row_only() -> None:
    results = list(run_batch(bench(lambda _: Mortal({"m7"})), jobs(20)))
    assert [result.index for result in results] == list(range(20))
    assert results[7].status == "failed"
    assert results[7].failure is not None
    assert results[7].failure.code == "worker-died"
    others = [r for r in results if r.index != 7 and r.index % 5 != 3]
    assert all(result.status in ("planned", "infeasible") for result in others)


def test_several_deadly_missions_are_each_found() -> None:
    deadly = {"m0", "m1", "m10", "m19"}
    results = list(run_batch(bench(lambda _: Mortal(deadly)), jobs(20)))
    died = {r.mission_id for r in results if r.failure and r.failure.code == "worker-died"}
    assert died == deadly


def test_a_worker_killed_from_outside_costs_no_row() -> None:
    pools: list[Mortal] = []

    def pool(_: int) -> Mortal:
        # The first pool dies on a mission that the later ones survive.
        pools.append(Mortal({"m4"} if not pools else set()))
        return pools[-1]

    results = list(run_batch(bench(pool), jobs(12)))
    assert not [r for r in results if r.failure and r.failure.code == "worker-died"]
    assert len(pools) == 2


def test_one_mission_really_fails_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    def plan(_world: Any, mission: Any) -> Any:
        if mission == "far":
            raise OffNetwork("too far from the roads", place="/stops/0")
        raise RuntimeError("a defect")

    monkeypatch.setattr(batch, "plan", plan)
    monkeypatch.setattr(batch, "_world", lambda *_: None)
    far = plan_job(SETTINGS, None, Job("a", "far"), batch.whole_outcome)
    assert far.failure is not None
    assert (far.status, far.failure.code) == ("failed", "off-network")
    defect = plan_job(SETTINGS, None, Job("b", "other"), batch.whole_outcome)
    assert defect.failure is not None
    assert (defect.status, defect.failure.code) == ("failed", "internal-error")


def test_processes_really_plan_and_a_really_killed_one_is_replaced(tmp_path: Path) -> None:
    """Real processes: the missing region is each mission's own failure; one worker is killed."""
    settings = Settings(home=tmp_path, database=f"sqlite:///{tmp_path / 'db.sqlite'}")
    killed: list[int] = []

    def tell(progress: Progress) -> None:
        children = multiprocessing.active_children()
        if progress.done == 2 and children and not killed:
            killed.append(children[0].pid or 0)
            os.kill(killed[0], signal.SIGKILL)

    real = Bench(settings=settings, workers=1)
    results = list(run_batch(real, jobs(8), on_progress=tell))
    assert killed
    assert [result.index for result in results] == list(range(8))
    codes = {result.failure.code for result in results if result.failure}
    assert codes == {"data-missing"}
