"""Where batches run: any `concurrent.futures.Executor`; here the pool of processes.

An executor may tell three kinds of loss apart. `BrokenExecutor`: all that was in flight is lost,
and any of it may be the cause. `WorkerKilled`: this task is lost, and may be the cause.
`FlightLost`: this task is lost without its doing, and wants to be submitted again.
"""

import multiprocessing
import os
import threading
from abc import abstractmethod
from concurrent.futures import Executor, ProcessPoolExecutor


class FlightLost(Exception):  # noqa: N818 -- an event of transport, no error of anyone's
    """A task went down with a connection or a worker; it is not its doing."""


class WorkerKilled(Exception):  # noqa: N818 -- as above
    """A task was in workers that died, time and again; the executor itself is well."""


class Elastic(Executor):
    """An executor whose workers come and go."""

    @abstractmethod
    def size(self) -> int:
        """Return how many tasks it can run at a time just now, at least 1."""


def process_pool(workers: int) -> Executor:
    """Make a pool of processes that share the program's pages, and end with this process.

    They are forked off a fresh process that has imported the planner and nothing else: threads and
    locks of ours are not copied into them. A pool's processes outlive a parent that is killed
    outright (``kill -9``) unless they look after it themselves.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["planner.fleet.planning"])
    return ProcessPoolExecutor(workers, mp_context=context, initializer=_end_with_parent)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None, "a worker has a parent"

    def watch() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=watch, name="parent", daemon=True).start()
