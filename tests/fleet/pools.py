"""Executors for tests of batches: threads, and one whose workers die when told to."""

import threading
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Executor, Future, ThreadPoolExecutor
from typing import Any

GATHER_S = 0.005


def threads(workers: int) -> Executor:
    return ThreadPoolExecutor(workers)


class Mortal(Executor):
    """Runs what was submitted in the last milliseconds together; a deadly mission kills it all."""

    def __init__(self, deadly: set[str]) -> None:
        self.deadly = deadly
        self.waiting: list[tuple[Future[Any], Callable[[], Any], set[str]]] = []
        self.broken = False
        self.lock = threading.Lock()
        self.timers: list[threading.Timer] = []

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> "Future[Any]":
        with self.lock:
            if self.broken:
                raise BrokenExecutor
            future: Future[Any] = Future()
            names = {job.mission_id for job in args[1]}
            self.waiting.append((future, lambda: fn(*args, **kwargs), names))
            timer = threading.Timer(GATHER_S, self._run)
            self.timers.append(timer)
            timer.start()
        return future

    def _run(self) -> None:
        with self.lock:
            now, self.waiting = self.waiting, []
            self.broken = self.broken or any(names & self.deadly for _, _, names in now)
            broken = self.broken
        for future, call, _ in now:
            if broken:
                future.set_exception(BrokenExecutor())
            else:
                future.set_result(call())

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        for timer in self.timers:
            timer.join()


class Flaky(ThreadPoolExecutor):
    """Loses the first flights of each mission by `loss`, so many times; the others come through."""

    def __init__(self, loss: type[Exception], times: dict[str, int]) -> None:
        super().__init__(2)
        self.loss, self.times = loss, times

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> "Future[Any]":
        names = [job.mission_id for job in args[1]]
        if any(self.times.get(name, 0) > 0 for name in names):
            for name in names:
                self.times[name] = self.times.get(name, 0) - 1
            lost: Future[Any] = Future()
            lost.set_exception(self.loss())
            return lost
        return super().submit(fn, *args, **kwargs)
