"""Group commit: callers that come at once share one transaction, each answered after its commit.

A durable commit waits for the disk. Whoever comes first takes along all who wait behind, so that
many small changes cost one wait.
"""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar, cast

T = TypeVar("T")
R = TypeVar("R")

MOST = 256
"""Items in one transaction; more wait for the next one."""


@dataclass(slots=True)
class _Ticket(Generic[T, R]):
    item: T
    result: R | None = None
    error: Exception | None = None
    done: bool = False


@dataclass(slots=True)
class Inbox(Generic[T, R]):
    """Hands items that several threads bring to one function, in the order in which they came.

    ``take`` gives a result for each item, in their order, once all of them are committed. Where it
    raises, nothing is committed, and each item is tried alone.
    """

    take: Callable[[Sequence[T]], Sequence[R]]
    most: int = MOST
    _waiting: deque[_Ticket[T, R]] = field(default_factory=deque)
    _leading: threading.Lock = field(default_factory=threading.Lock)

    def submit(self, item: T) -> R:
        """Give the result of an item, once it is committed."""
        ticket: _Ticket[T, R] = _Ticket(item)
        self._waiting.append(ticket)
        with self._leading:
            while not ticket.done:
                self._lead()
        if ticket.error is not None:
            raise ticket.error
        return cast("R", ticket.result)

    def _lead(self) -> None:
        """Take those who wait, the first first."""
        batch = [self._waiting.popleft() for _ in range(min(len(self._waiting), self.most))]
        self._settle(batch)
        for ticket in batch:
            ticket.done = True

    def _settle(self, batch: Sequence[_Ticket[T, R]]) -> None:
        """Take a batch; where that fails, each item alone, so that a bad one hurts no other."""
        try:
            results = self.take([ticket.item for ticket in batch])
        except Exception as error:  # noqa: BLE001 -- raised again where the item came from
            if len(batch) == 1:
                batch[0].error = error
                return
            for ticket in batch:
                self._settle([ticket])
        else:
            for ticket, result in zip(batch, results, strict=True):
                ticket.result = result
