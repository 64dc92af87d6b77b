"""The last few answers to a costly question, shared by all threads of a process."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Generic, TypeVar

T = TypeVar("T")


class Same:
    """A key that is equal where it was made of the very same objects; it keeps them alive."""

    def __init__(self, *things: object) -> None:
        self._things = things

    def __hash__(self) -> int:
        """Hash the places in memory."""
        return hash(tuple(map(id, self._things)))

    def __eq__(self, other: object) -> bool:
        """Compare what the objects are, not what they hold."""
        if not isinstance(other, Same) or len(self._things) != len(other._things):
            return NotImplemented
        return all(a is b for a, b in zip(self._things, other._things, strict=True))


class Memory(Generic[T]):
    """Keeps the answers that were asked for last. The answers must be immutable."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._kept: OrderedDict[Hashable, T] = OrderedDict()
        self._lock = Lock()

    def recall(self, key: Hashable, otherwise: Callable[[], T]) -> T:
        """Return the answer kept under ``key``; find it and keep it if there is none.

        Two threads that ask at once may both look for it: the answer is the same.
        """
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        found = otherwise()
        with self._lock:
            self._kept[key] = found
            while len(self._kept) > self._size:
                self._kept.popitem(last=False)
        return found

    def __len__(self) -> int:
        return len(self._kept)
