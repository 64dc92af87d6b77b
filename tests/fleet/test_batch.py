"""Batches: order, failures in their place, dying workers, cancelling, progress."""

import multiprocessing
import os
import random
import signal
import threading
import time
from concurrent.futures import BrokenExecutor
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from planner.energy.catalogue import load_catalogue
from planner.errors import Fault, OffNetwork, PlugsureError
from planner.fleet import planning
from planner.fleet.batch import SPAN, Bench, in_order, parcels, run_batch
from planner.fleet.executors import FlightLost, WorkerKilled
from planner.fleet.jobs import Failure, Job, Progress, Result, whole_outcome
from planner.fleet.nursery import Nursery
from planner.fleet.planning import plan_job, plan_jobs
from planner.model.geo import LonLat
from planner.model.mission import Mission, Waypoint
from planner.model.token import Wallet
from tests.fleet.pools import Flaky, Mortal, threads

CARS = tuple(load_catalogue().by_id.values())


@dataclass(frozen=True)
class Nowhere:
    """A site without a world, for missions that are not really planned."""

    def open(self) -> Any:
        raise OffNetwork("there is no world", place="test")


def bench(pool: Any = threads, workers: int = 3) -> Bench:
    return Bench(site=Nowhere(), workers=workers, pool=pool)


def mission(number: int, car: int = 0) -> Mission:
    ends = (Waypoint(location=LonLat(11.0, 48.0)), Waypoint(location=LonLat(11.0, 47.0)))
    return Mission(
        id=f"m{number}",
        waypoints=ends,
        departure=0.0,
        now=0.0,
        vehicle=CARS[car],
        soc=0.5,
        wallet=Wallet(payment_card=True),
    )


def jobs(count: int) -> list[Job]:
    return [Job(f"m{number}", mission(number)) for number in range(count)]


def pretend(_site: Any, jobs: tuple[Job, ...], _render: Any, *_: Any) -> list[Result]:
    """Stands for `plan_jobs`: some missions are slow, some fail."""
    time.sleep(random.random() / 200)
    return [_pretended(place, int(job.mission_id[1:])) for place, job in enumerate(jobs)]


def _pretended(place: int, number: int) -> Result:
    if number % 5 == 3:
        fault = Failure("off-network", "Too far", (Fault("", "too far"),))
        return Result(place, f"m{number}", "failed", failure=fault)
    return Result(place, f"m{number}", "planned" if number % 2 else "infeasible", answer=number)


@pytest.fixture(autouse=True)
def _pretend(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    if "really" not in request.node.name:
        monkeypatch.setattr(planning, "plan_jobs", pretend)


def by_index(results: Any) -> list[Result]:
    return sorted(results, key=lambda result: result.index)


def test_results_come_in_the_order_of_the_missions() -> None:
    results = list(in_order(run_batch(bench(), jobs(40))))
    assert [result.index for result in results] == list(range(40))
    assert [result.mission_id for result in results] == [f"m{n}" for n in range(40)]
    assert [r.answer for r in results if r.status != "failed"] == [
        n for n in range(40) if n % 5 != 3
    ]


def test_a_row_that_failed_before_keeps_its_place_and_is_not_planned() -> None:
    given = jobs(3)
    broken = Failure("invalid-input", "Wrong", (Fault("m.csv:3", "wrong"),))
    given[1] = Job("m1", None, broken)
    results = by_index(run_batch(bench(), given))
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


def test_a_cancelled_batch_ends_soon_and_gives_what_it_has() -> None:
    results: list[Result] = []
    running = run_batch(bench(workers=1), jobs(500), cancelled=lambda: len(results) >= 5)
    results.extend(running)
    assert 5 <= len(results) < 50
    assert len({result.index for result in results}) == len(results)


def test_results_come_as_soon_as_they_are_there() -> None:
    """A slow mission at the head of a batch holds back nobody's results."""
    slow = threading.Event()

    def wait_first(_site: Any, jobs: tuple[Job, ...], _render: Any, *_: Any) -> list[Result]:
        if jobs[0].mission_id == "m0":
            slow.wait(20.0)
        return [_pretended(place, int(job.mission_id[1:])) for place, job in enumerate(jobs)]

    planning.plan_jobs = wait_first  # put back by the fixture
    seen = []
    for result in run_batch(bench(workers=2), jobs(8)):
        seen.append(result.index)
        if len(seen) == 7:
            slow.set()
    assert seen[-1] == 0
    assert sorted(seen) == list(range(8))


def test_urgent_missions_go_first_and_those_of_one_car_together() -> None:
    given = [Job(f"m{n}", mission(n, car=n % 4), priority=int(n == 77)) for n in range(80)]
    given[5] = Job("m5", None, Failure("invalid-input", "Wrong", ()))
    parted = parcels(given, workers=1)
    order = [index for parcel in parted for index in parcel]
    assert order[0] == 77
    assert sorted([*order, 5]) == list(range(80))
    cars = [index % 4 for index in order[1:]]
    assert sum(one != other for one, other in pairwise(cars)) == 3
    assert max(len(parcel) for parcel in parted) == 8


def test_a_mission_that_kills_its_worker_costs_one_row_only() -> None:
    results = by_index(run_batch(bench(lambda _: Mortal({"m7"})), jobs(20)))
    assert [result.index for result in results] == list(range(20))
    assert results[7].status == "failed"
    assert results[7].failure is not None
    assert results[7].failure.code == "worker-died"
    others = [r for r in results if r.index != 7 and r.index % 5 != 3]
    assert all(result.status in ("planned", "infeasible") for result in others)


def test_several_deadly_missions_are_each_found() -> None:
    deadly = {"m0", "m1", "m10", "m19"}
    results = by_index(run_batch(bench(lambda _: Mortal(deadly)), jobs(20)))
    died = {r.mission_id for r in results if r.failure and r.failure.code == "worker-died"}
    assert died == deadly


def test_a_worker_killed_from_outside_costs_no_row() -> None:
    pools: list[Mortal] = []

    def pool(_: int) -> Mortal:
        # The first pool dies on a mission that the later ones survive.
        pools.append(Mortal({"m4"} if not pools else set()))
        return pools[-1]

    results = by_index(run_batch(bench(pool), jobs(12)))
    assert not [r for r in results if r.failure and r.failure.code == "worker-died"]
    assert len(pools) == 2


@pytest.mark.parametrize("loss", [FlightLost, WorkerKilled])
def test_flights_that_an_executor_loses_are_flown_again(loss: type[Exception]) -> None:
    lost = {"m2": 1, "m9": 1}
    results = by_index(run_batch(bench(lambda _: Flaky(loss, lost)), jobs(12)))
    assert [result.index for result in results] == list(range(12))
    assert not [r for r in results if r.failure and r.failure.code == "worker-died"]


def test_a_mission_that_is_lost_alone_time_and_again_is_held_to_be_the_cause() -> None:
    results = by_index(run_batch(bench(lambda _: Flaky(WorkerKilled, {"m2": 9})), jobs(12)))
    assert results[2].failure is not None
    assert results[2].failure.code == "worker-died"
    assert sum(bool(r.failure and r.failure.code == "worker-died") for r in results) == 1


def test_one_mission_really_fails_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    def plan(_world: Any, mission: Any, *, gap: bool, ledger: bool) -> Any:
        assert not gap
        assert not ledger
        if mission.id == "m1":
            raise OffNetwork("too far from the roads", place="/stops/0")
        raise RuntimeError("a defect")

    monkeypatch.setattr(planning, "plan", plan)
    far = plan_job(None, 0, Job("a", mission(1)), whole_outcome)  # type: ignore[arg-type]
    assert far.failure is not None
    assert (far.status, far.failure.code) == ("failed", "off-network")
    defect = plan_job(None, 0, Job("b", mission(2)), whole_outcome)  # type: ignore[arg-type]
    assert defect.failure is not None
    assert (defect.status, defect.failure.code) == ("failed", "internal-error")


def test_really_nothing_is_raised_in_a_worker_where_executors_would_log_the_arguments() -> None:
    results = plan_jobs(Nowhere(), tuple(jobs(2)), whole_outcome)
    assert isinstance(results, list)
    assert {r.failure.code for r in results if r.failure} == {"off-network"}
    assert "m1" not in repr(jobs(2)[1])


def test_processes_really_plan_and_really_killed_ones_are_replaced() -> None:
    """Real processes: the missing world is each mission's own failure; the pool is killed twice."""
    killed: list[int] = []

    def tell(progress: Progress) -> None:
        nurseries = [child.pid or 0 for child in multiprocessing.active_children()]
        if progress.done == 2:
            killed.append(begun_by(nurseries[0])[0])
        elif progress.done == 12:
            killed.append(nurseries[0])
        else:
            return
        os.kill(killed[-1], signal.SIGKILL)

    real = Bench(site=Nowhere(), workers=1)
    results = by_index(run_batch(real, jobs(24), on_progress=tell))
    assert len(set(killed)) == 2
    assert [result.index for result in results] == list(range(24))
    codes = {result.failure.code for result in results if result.failure}
    assert codes == {"off-network"}


def begun_by(pid: int) -> list[int]:
    told = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(child) for child in told.split()]


class _Stillborn(Nursery):
    def __init__(self, *_: Any) -> None:
        self.has_begun = False

    def submit(self, *_: Any) -> Any:
        raise BrokenExecutor

    def shutdown(self, **_: Any) -> None:
        pass


def test_where_no_worker_ever_begins_a_batch_ends_and_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("planner.fleet.batch.Nursery", _Stillborn)
    given = Bench(site=Nowhere(), workers=1)
    with pytest.raises(PlugsureError, match="ended as they began"):
        list(run_batch(given, jobs(40)))


def test_a_mission_is_planned_not_long_before_its_turn() -> None:
    given = [Job(f"m{n}", mission(n, car=n % 4)) for n in range(1000)]
    order = [index for parcel in parcels(given, workers=2) for index in parcel]
    assert max(abs(place - index) for place, index in enumerate(order)) < 2 * SPAN
