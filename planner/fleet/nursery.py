"""The pool of processes that plans a batch: forked off one that has opened the world already.

A nursery is a process of its own, without threads of ours. It opens the world and plans the first
mission once, for nobody: so kernels are loaded, indexes are made, and all of it lies on pages that
its workers share with it, and pay for only what they write. They are forked after that, and never
again: where one dies, the pool is broken, and the next nursery rehearses nothing that might have
been the cause.

Calls and answers pass as bytes. All processes end with the one that began them, however it ends.
"""

import atexit
import ctypes
import gc
import logging
import multiprocessing
import os
import pickle
import signal
import threading
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor
from functools import partial
from multiprocessing.connection import Connection
from typing import Any

from planner.fleet.sealed import SealedCall, make_call

log = logging.getLogger(__name__)

DONE, LOST, FAILED = "done", "lost", "failed"
"""What became of a call: its answer, a pool that broke or was ended, an exception's name."""


BEGUN = 0
"""Number under which a nursery says that its workers are there; calls are numbered from 1."""


class Nursery(Executor):
    """An executor of processes that share what one has read.

    Parameters
    ----------
    workers : int
        Processes.
    rehearsal : SealedCall, optional
        What the nursery does itself, before it forks them.

    Attributes
    ----------
    has_begun : bool
        Whether its workers were ever there.
    """

    def __init__(self, workers: int, rehearsal: SealedCall | None = None) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._lock = threading.Lock()
        self._flying: dict[int, Future[Any]] = {}
        self._number = 0
        self._broken = False
        self.has_begun = False
        self._process = context.Process(target=_tend, args=(theirs, workers, rehearsal))
        self._process.start()
        theirs.close()
        atexit.register(self._process.kill)  # else who exits would wait for it
        self._reader = threading.Thread(target=self._read, name="nursery", daemon=True)
        self._reader.start()

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> "Future[Any]":
        """Submit a call.

        Raises
        ------
        BrokenExecutor
            A process of the pool has died.
        """
        assert not kwargs, "tasks are given their arguments by place"
        future: Future[Any] = Future()
        future.set_running_or_notify_cancel()
        with self._lock:
            if self._broken:
                raise BrokenExecutor
            self._number += 1
            self._flying[self._number] = future
            try:
                self._pipe.send((self._number, SealedCall.of(fn, args)))
            except OSError as error:
                del self._flying[self._number]
                raise BrokenExecutor from error
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End the pool, after what is under way; all that was submitted with it if not told so."""
        with self._lock:
            ended, self._broken = self._broken, True
            if not ended:
                try:
                    self._pipe.send((0, cancel_futures))
                except OSError:
                    log.debug("the pool is gone already")
        if wait:
            self._process.join()
            self._reader.join()
            self._pipe.close()
            atexit.unregister(self._process.kill)

    def _read(self) -> None:
        """Hand on what comes until the nursery ends; what is then still out is lost."""
        try:
            while True:
                number, word, body = self._pipe.recv()
                if number == BEGUN:
                    self.has_begun = True
                    continue
                with self._lock:
                    future = self._flying.pop(number)
                _settle(future, word, body)
        except (EOFError, OSError):
            with self._lock:
                self._broken = True
                lost, self._flying = self._flying, {}
        for future in lost.values():
            future.set_exception(BrokenExecutor())


def _settle(future: "Future[Any]", word: str, body: bytes) -> None:
    if word == DONE:
        future.set_result(pickle.loads(body))  # noqa: S301 -- from a process of ours
    elif word == LOST:
        future.set_exception(BrokenExecutor())
    else:
        future.set_exception(RuntimeError(body.decode()))


def _tend(pipe: Connection, workers: int, rehearsal: SealedCall | None) -> None:
    """Fork workers and pass calls on to them; runs as the nursery."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever began us sees to it
    if rehearsal is not None:
        make_call(rehearsal)
    give_back_memory()
    gc.freeze()  # so that no worker's collector writes to what it shares
    pool = ProcessPoolExecutor(
        workers, multiprocessing.get_context("fork"), initializer=_end_with_parent
    )
    pool.submit(os.getpid).result()  # all are forked by now, while there is no other thread
    _end_with_parent()
    pipe.send((BEGUN, DONE, b""))
    sending = threading.Lock()

    def tell(number: int, done: "Future[bytes]") -> None:
        word, body = _told(done)
        with sending:
            pipe.send((number, word, body))

    while True:
        try:
            number, call = pipe.recv()
        except EOFError:  # nobody is there to hear of it
            os._exit(1)
        if number == 0:
            break
        try:
            pool.submit(_answer, call).add_done_callback(partial(tell, number))
        except BrokenExecutor:
            with sending:
                pipe.send((number, LOST, b""))
    pool.shutdown(wait=True, cancel_futures=call)


def _told(done: "Future[bytes]") -> tuple[str, bytes]:
    if done.cancelled():
        return LOST, b""
    error = done.exception()
    if error is None:
        return DONE, done.result()
    return (LOST, b"") if isinstance(error, BrokenExecutor) else (FAILED, _name(error))


def _name(error: BaseException) -> bytes:
    return type(error).__name__.encode()  # what it says may quote what a driver pays with


def _answer(call: SealedCall) -> bytes:
    """Make a call; runs in a worker."""
    answer = pickle.dumps(make_call(call))
    give_back_memory()
    return answer


def give_back_memory() -> None:
    """Return to the system what was freed: glibc keeps arrays that come and go, by the 100 MB."""
    gc.collect()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None, "a worker has a parent"

    def watch() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=watch, name="parent", daemon=True).start()
