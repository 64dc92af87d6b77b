"""Group commit: callers that come at once share one transaction, each answered after its commit.

A durable commit waits for the disk. Whoever comes first takes along all who wait behind, so that
many small changes cost one wait. Whose change is committed goes on at once; the first of those who
came meanwhile leads the next group.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar, cast

T = TypeVar("T")
R = TypeVar("R")

MOST = 256
"""Items in one transaction; more wait for the next one."""

GATHERING_S = 0.002
"""Longest wait for as many as came along the last time: those who were just answered are mostly
back within it, and a commit costs more. Who comes alone waits for nobody."""

_LOOK_S = 0.0005


@dataclass(slots=True)
class _Ticket(Generic[T, R]):
    item: T
    result: R | None = None
    error: Exception | None = None
    done: bool = False
    turn: threading.Event = field(default_factory=threading.Event)
    """Set when the item is done, or when it is its turn to lead."""


@dataclass(slots=True)
class Inbox(Generic[T, R]):
    """Hands items that several threads bring to one function, in the order in which they came.

    ``take`` gives a result for each item, in their order, once all of them are committed. Where it
    raises, nothing is committed, and each item is tried alone.
    """

    take: Callable[[Sequence[T]], Sequence[R]]
    most: int = MOST
    gathering_s: float = GATHERING_S
    _waiting: deque[_Ticket[T, R]] = field(default_factory=deque)
    _gate: threading.Lock = field(default_factory=threading.Lock)
    _is_led: bool = False
    _usual: int = 1

    def submit(self, item: T) -> R:
        """Give the result of an item, once it is committed."""
        ticket: _Ticket[T, R] = _Ticket(item)
        with self._gate:
            self._waiting.append(ticket)
            leads, self._is_led = not self._is_led, True
        if not leads:
            ticket.turn.wait()
        if not ticket.done:
            self._lead()
        if ticket.error is not None:
            raise ticket.error
        return cast("R", ticket.result)

    def _lead(self) -> None:
        """Take those who wait, oneself the first, and let the first of the others lead on."""
        self._gather()
        batch = [self._waiting.popleft() for _ in range(min(len(self._waiting), self.most))]
        self._usual = len(batch)
        try:
            self._settle(batch)
        except BaseException as error:
            for ticket in batch:
                ticket.error = ticket.error or RuntimeError(f"ended by {type(error).__name__}")
            raise
        finally:
            for ticket in batch:
                ticket.done = True
                ticket.turn.set()
            with self._gate:
                self._is_led = bool(self._waiting)
                if self._waiting:
                    self._waiting[0].turn.set()

    def _gather(self) -> None:
        """Wait a moment for as many as came along the last time."""
        until = time.monotonic() + self.gathering_s
        while len(self._waiting) < self._usual and time.monotonic() < until:
            time.sleep(_LOOK_S)

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
