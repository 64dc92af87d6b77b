"""Where batches run: any `concurrent.futures.Executor`; those that tell more than one must.

An executor may tell three kinds of loss apart. `BrokenExecutor`: all that was in flight is lost,
and any of it may be the cause. `WorkerKilled`: this task is lost, and may be the cause.
`FlightLost`: this task is lost without its doing, and wants to be submitted again.
"""

from abc import abstractmethod
from concurrent.futures import Executor


class FlightLost(Exception):  # noqa: N818 -- an event of transport, no error of anyone's
    """A task went down with a connection or a worker; it is not its doing."""


class WorkerKilled(Exception):  # noqa: N818 -- as above
    """A task was in workers that died, time and again; the executor itself is well."""


class Elastic(Executor):
    """An executor whose workers come and go."""

    @abstractmethod
    def size(self) -> int:
        """Return how many tasks it can run at a time just now, at least 1."""
