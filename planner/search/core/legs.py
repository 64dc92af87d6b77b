"""Legs as the search takes them: rows from each place, all at once or one at a time.

A leg takes ``time_s``; with charge q at its start one arrives with ``min(q - net_kwh, cap_kwh)`` if
``q >= required_kwh`` (see `planner.legs.kernels`). Between two places there may be several, faster
ones and thriftier ones.

Rows may come when the search first leaves a place (`LegTable.lazy`), and what they tell may be
bounds at first (``exact`` False in a row): the search then asks for the true figures of the legs
that may serve best, `CORRECTED` at a time. A bound must be one: time, net and required may only
rise, cap only fall.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from planner.errors import InputError
from planner.search.core.state import LegArrays

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]


class LegRow(NamedTuple):
    """Legs from one place, each of shape (legs,); ``exact`` None: all are."""

    target: ArrayLike
    time_s: ArrayLike
    net_kwh: ArrayLike
    required_kwh: ArrayLike
    cap_kwh: ArrayLike
    exact: ArrayLike | None = None


class LegFigures(NamedTuple):
    """What legs of one row truly take, told by their positions in it, each of shape (legs,).

    An infinite time: there is no such leg.
    """

    position: ArrayLike
    time_s: ArrayLike
    net_kwh: ArrayLike
    required_kwh: ArrayLike
    cap_kwh: ArrayLike


Fetch = Callable[[int], LegRow]
"""place → its row."""

Correct = Callable[[int, I64], LegFigures]
"""(place, positions in its row) → true figures of these legs; others of the row may be told too."""

CORRECTED = 64
"""Legs whose true figures are asked for at a time."""

ROUNDING = 1e-6
"""Seconds and kWh by which rounding may put a figure beyond its bound."""


class LegTable:
    """All legs known so far; searches that share one fetch each row and each figure once.

    Make one by `dense`, `sparse` or `lazy`.
    """

    def __init__(self, places: int, fetch: Fetch | None, correct: Correct | None) -> None:
        self.places = places
        self.rows_fetched = 0
        self.legs_corrected = 0
        self._fetch = fetch
        self._correct = correct
        self.size = 0
        self._backward: tuple[I64, I64, I64] | None = None
        none = np.full(places, -1, np.int64)
        self._arrays = LegArrays(
            none,
            none.copy(),
            np.empty(0, np.int32),
            np.empty(0),
            np.empty(0),
            np.empty(0),
            np.empty(0),
            np.empty(0, np.bool_),
        )

    @classmethod
    def dense(
        cls, time_s: ArrayLike, net_kwh: ArrayLike, required_kwh: ArrayLike, cap_kwh: ArrayLike
    ) -> "LegTable":
        """Take whole tables, each of shape (places, places) or (kinds, places, places).

        An infinite time says that there is no such leg. Legs keep the order (place, kind, target).
        """
        times, nets, needs, caps = (
            np.asarray(table, np.float64).reshape(-1, *np.shape(table)[-2:])
            for table in (time_s, net_kwh, required_kwh, cap_kwh)
        )
        kind, tail, head = np.nonzero(np.isfinite(times))
        order = np.lexsort((head, kind, tail))
        kind, tail, head = kind[order], tail[order], head[order]
        return cls.sparse(
            times.shape[1],
            tail,
            head,
            times[kind, tail, head],
            nets[kind, tail, head],
            needs[kind, tail, head],
            caps[kind, tail, head],
        )

    @classmethod
    def sparse(
        cls,
        places: int,
        tail: ArrayLike,
        head: ArrayLike,
        time_s: ArrayLike,
        net_kwh: ArrayLike,
        required_kwh: ArrayLike,
        cap_kwh: ArrayLike,
    ) -> "LegTable":
        """Take a list of legs, each argument of shape (legs,), from ``tail`` to ``head``."""
        table = cls(places, None, None)
        tails = np.asarray(tail, np.int64)
        order = np.argsort(tails, kind="stable")
        ends = np.cumsum(np.bincount(tails, minlength=places))
        table._arrays = LegArrays(
            np.concatenate(([0], ends[:-1])).astype(np.int64),
            ends.astype(np.int64),
            np.asarray(head, np.int32)[order],
            np.asarray(time_s, np.float64)[order],
            np.asarray(net_kwh, np.float64)[order],
            np.asarray(required_kwh, np.float64)[order],
            np.asarray(cap_kwh, np.float64)[order],
            np.ones(tails.size, np.bool_),
        )
        table.size = tails.size
        table._check(0, tails.size)
        return table

    @classmethod
    def lazy(cls, places: int, fetch: Fetch, correct: Correct | None = None) -> "LegTable":
        """Ask ``fetch`` for the row of a place, and ``correct`` for a leg, when first needed."""
        return cls(places, fetch, correct)

    @property
    def arrays(self) -> LegArrays:
        """What the kernel reads."""
        return self._arrays

    @property
    def is_complete(self) -> bool:
        """Whether all rows are known."""
        return bool((self._arrays.first >= 0).all())

    @property
    def backward(self) -> tuple[I64, I64, I64]:
        """Legs by the place where they end; worked out once for a size.

        Where those of each place begin (places + 1,), their numbers and, by number, their tails.
        """
        if self._backward is None or self._backward[1].size != self.size:
            arrays, target = self._arrays, self._arrays.target[: self.size]
            first = np.zeros(self.places + 1, np.int64)
            np.cumsum(np.bincount(target, minlength=self.places), out=first[1:])
            rows = np.lexsort((arrays.last, arrays.first))
            tails = np.repeat(rows, (arrays.last - arrays.first)[rows])
            self._backward = first, np.argsort(target, kind="stable"), tails
        return self._backward

    def fetch(self, place: int) -> None:
        """Bring the row of a place."""
        if self._arrays.first[place] >= 0 or self._fetch is None:
            return
        row = self._fetch(place)
        target = np.asarray(row.target, np.int32)
        begin, end = self.size, self.size + target.size
        if end > self._arrays.target.size:
            self._lengthen(end)
        arrays = self._arrays
        arrays.target[begin:end] = target
        for mine, given in zip(arrays[3:7], row[1:5], strict=True):
            mine[begin:end] = given
        arrays.exact[begin:end] = True if row.exact is None else row.exact
        arrays.first[place], arrays.last[place] = begin, end
        self.size = end
        self.rows_fetched += 1
        self._check(begin, end)

    def correct(self, place: int, legs: I64) -> None:
        """Bring the true figures of the first `CORRECTED` of some legs from a place."""
        arrays, first = self._arrays, int(self._arrays.first[place])
        if self._correct is None:
            raise InputError(
                f"legs from place {place} are only bounded",
                remedy="Give LegTable.lazy a function that corrects legs",
            )
        position, time_s, net, required, cap = self._correct(place, legs[:CORRECTED] - first)
        known = np.asarray(position, np.int64) + first
        self._hold(place, known, LegFigures(known, time_s, net, required, cap))
        for mine, given in zip(arrays[3:7], (time_s, net, required, cap), strict=True):
            mine[known] = given
        arrays.exact[known] = True
        self.legs_corrected += known.size

    def _hold(self, place: int, legs: I64, figures: LegFigures) -> None:
        """Raise if a leg takes less than it was bounded by."""
        arrays = self._arrays
        is_leg = np.isfinite(figures.time_s)
        beyond = np.asarray(figures.time_s) < arrays.time_s[legs] - ROUNDING
        beyond |= np.asarray(figures.net_kwh) < arrays.net_kwh[legs] - ROUNDING
        beyond |= np.asarray(figures.required_kwh) < arrays.required_kwh[legs] - ROUNDING
        beyond |= np.asarray(figures.cap_kwh) > arrays.cap_kwh[legs] + ROUNDING
        if (beyond & is_leg).any():
            leg = int(legs[np.argmax(beyond & is_leg)])
            raise InputError(
                f"the leg from place {place} to {arrays.target[leg]} takes less than its bounds",
                remedy="Bounds must be least times, least energies and greatest caps",
            )

    def _lengthen(self, size: int) -> None:
        arrays = self._arrays
        longer = {}
        for name in LegArrays._fields[2:]:
            old: NDArray[Any] = getattr(arrays, name)
            longer[name] = np.empty(max(256, 2 * size), old.dtype)
            longer[name][: self.size] = old[: self.size]
        self._arrays = arrays._replace(**longer)

    def _check(self, begin: int, end: int) -> None:
        arrays = self._arrays
        target, time_s = arrays.target[begin:end], arrays.time_s[begin:end]
        if begin == end:
            return
        if target.min() < 0 or target.max() >= self.places:
            raise InputError(
                f"a leg leads to a place beyond 0 to {self.places - 1}",
                remedy="Number stations first, then waypoints",
            )
        if not (time_s.min() >= 0.0 and time_s.max() < np.inf):  # what is no number is neither
            raise InputError(
                "a leg takes no finite time of zero or more", remedy="Leave out what is no leg"
            )
        energies = (arrays.net_kwh[begin:end], arrays.required_kwh[begin:end])
        if any(np.isnan(column.min()) for column in energies):
            raise InputError("a leg has no energy", remedy="Give net and required energy in kWh")
