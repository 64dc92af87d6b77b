"""What several workers must agree on: who has asked too often, and what was answered already."""

import multiprocessing
import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, Response, request

from planner.faces.api.idempotency import Answers
from planner.faces.api.limits import Buckets
from planner.faces.api.problems import Refused
from planner.store.vault import Vault

FORK = multiprocessing.get_context("fork")
WORKERS = 4


def ask(folder: Path, made: Any, told: Any, hold_s: float) -> None:
    """Answer the same request once, as a worker does."""
    answers = Answers(folder / "answers", lambda: Vault.open(folder / "key"), 3600.0)

    def make() -> Response:
        made.put(os.getpid())
        time.sleep(hold_s)
        return Response(f"by {os.getpid()}")

    app = Flask("worker")
    with app.test_request_context("/v1/plans", method="POST", headers={"Idempotency-Key": "k"}):
        try:
            told.put(answers.answer_once(request, "anna", b"{}", make).get_data())
        except Refused as refused:
            told.put(refused.status)


def run(folder: Path, count: int, hold_s: float) -> tuple[list[int], list[Any]]:
    made, told = FORK.Queue(), FORK.Queue()
    workers = [FORK.Process(target=ask, args=(folder, made, told, hold_s)) for _ in range(count)]
    for worker in workers:
        worker.start()
    answers = [told.get(timeout=20) for _ in workers]
    for worker in workers:
        worker.join()
    makers = []
    while not made.empty():
        makers.append(made.get())
        time.sleep(0.01)
    return makers, answers


def test_of_many_workers_one_answers_and_the_others_repeat_it(tmp_path: Path) -> None:
    Vault.open(tmp_path / "key")
    makers, answers = run(tmp_path, WORKERS, 0.3)
    (maker,) = makers
    said = f"by {maker}".encode()
    assert said in answers
    assert set(answers) <= {said, 409}
    again, later = run(tmp_path, WORKERS, 0.0)
    assert (again, later) == ([], [said] * WORKERS)


def test_what_a_worker_that_was_killed_was_answering_is_answered_by_the_next(
    tmp_path: Path,
) -> None:
    Vault.open(tmp_path / "key")
    made, told = FORK.Queue(), FORK.Queue()
    worker = FORK.Process(target=ask, args=(tmp_path, made, told, 60.0))
    worker.start()
    made.get(timeout=20)
    assert run(tmp_path, 1, 0.0) == ([], [409]), "the first is still at it"
    assert worker.pid is not None
    os.kill(worker.pid, signal.SIGKILL)
    worker.join()
    makers, answers = run(tmp_path, 1, 0.0)
    assert answers == [f"by {makers[0]}".encode()]


def take(file: Path, told: Any, times: int) -> None:
    buckets = Buckets(per_minute=60, burst=10, file=file)
    told.put(sum(buckets.take("anna", 1000.0) == 0.0 for _ in range(times)))


def test_a_caller_has_one_allowance_with_all_workers_together(tmp_path: Path) -> None:
    told = FORK.Queue()
    workers = [
        FORK.Process(target=take, args=(tmp_path / "callers", told, 50)) for _ in range(WORKERS)
    ]
    for worker in workers:
        worker.start()
    assert sum(told.get(timeout=20) for _ in workers) == 10
    for worker in workers:
        worker.join()
    buckets = Buckets(per_minute=60, burst=10, file=tmp_path / "callers")
    assert buckets.take("anna", 1000.0) == 1.0
    assert buckets.take("anna", 1001.0) == 0.0, "it fills again"
    assert buckets.take("berta", 1000.0) == 0.0, "and is nobody else's"
    assert buckets.take("anna", 5.0) == 0.0, "a machine that began anew has forgotten"


@pytest.mark.parametrize("callers", [40_000])
def test_more_callers_than_there_is_room_for_are_let_in(callers: int) -> None:
    buckets = Buckets(per_minute=60, burst=2)
    assert all(buckets.take(f"caller {n}", 1.0) == 0.0 for n in range(callers))
