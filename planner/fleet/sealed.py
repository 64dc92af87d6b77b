"""A call as bytes, in a module that needs nothing: schedulers import it, and see no more.

A Dask scheduler unpickles what it passes on and shows it where it fails. Of this it sees bytes.
"""

import pickle
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class SealedCall:
    """A function and its arguments, pickled."""

    body: bytes

    def __repr__(self) -> str:
        return "SealedCall(…)"

    @classmethod
    def of(cls, fn: Callable[..., Any], args: tuple[Any, ...]) -> "SealedCall":
        """Seal a call."""
        return cls(pickle.dumps((fn, args)))


def make_call(sealed: SealedCall) -> Any:
    """Make a sealed call; runs on a worker."""
    fn, args = pickle.loads(sealed.body)  # noqa: S301 -- from who submitted it, as all tasks are
    return fn(*args)
