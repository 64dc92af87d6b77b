"""Missions of one fleet in turn: none takes what another counts on, whoever planned it when.

Every mission is planned by itself first, as if alone with the plans in use: that may run on any
number of workers, in any order. Then they are committed one after another. A plan that goes beside
those committed stands; one that does not is planned again with what they have taken. So what comes
out depends on the missions and their order only, never on how many workers there were.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import inf
from typing import Any, Generic, TypeVar

from planner.errors import BrokenClaim
from planner.fleet.occupancy import Clash, Occupancy
from planner.model.fleet import Hold, PowerShare

T = TypeVar("T")

NO_PLAN_S = 86_400.0
"""Lateness that a mission without a plan counts for."""

WORTH_S = 1.0
"""Seconds of total lateness that an improvement must save at least, so that it ends."""

MOST_ROUNDS = 100
"""Times that a mission is planned again before it is a defect of ours."""


@dataclass(frozen=True, slots=True)
class Trial(Generic[T]):
    """What came of planning a mission: ``arrival`` is None, and no hold there, without a plan."""

    holds: tuple[Hold, ...]
    arrival: float | None
    answer: T


Again = Callable[[int, tuple[Hold, ...], tuple[PowerShare, ...]], Trial[T]]
"""Plans a mission again, by its number, with what is taken and what is left of depots' power."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What a mission could meet: a time, and which stations it might come by at all."""

    begins: float
    ends: float
    near: Callable[[str], bool]


def _never() -> bool:
    return False


@dataclass(eq=False)
class Turns(Generic[T]):
    """Commits missions one after another, and may then look for a better order.

    Parameters
    ----------
    ledger : Occupancy
        Holds what is in use already; missions are entered as ``mission:`` and their number.
    again : callable
        Plans a mission again.
    scope : callable
        What a mission could meet; at a station where it did clash it is told all in any case.
    keeps_answers : bool
        Whether to keep answers for `improve`; without, only holds and arrivals are.
    """

    ledger: Occupancy
    again: Again[T]
    scope: Callable[[int], Scope]
    keeps_answers: bool = True
    alone: dict[int, Trial[T]] = field(default_factory=dict)
    standing: dict[int, Trial[T]] = field(default_factory=dict)

    def commit(self, number: int, alone: Trial[T]) -> Trial[T]:
        """Enter a mission by the plan it has alone, or the one that goes beside the others."""
        trial = self._beside(number, alone)
        self.alone[number] = self._kept(alone)
        self._enter(number, self._kept(trial))
        return trial

    def _kept(self, trial: Trial[T]) -> Trial[T]:
        return trial if self.keeps_answers else Trial(trial.holds, trial.arrival, _FORGOTTEN)

    def lateness_s(self, numbers: Sequence[int] | None = None) -> float:
        """Add up by how much missions arrive later than they would alone."""
        wanted = sorted(self.standing) if numbers is None else numbers
        return sum(self._late_s(number) for number in wanted)

    def improve(self, cancelled: Callable[[], bool] = _never) -> Iterator[tuple[int, Trial[T]]]:
        """Let delayed missions go first, as long as that makes the total lateness fall.

        Yields each mission whose answer is another than before, with its new one. Once it is
        ``cancelled``, what was gained by then stands.
        """
        if not self.keeps_answers:
            raise ValueError("answers were not kept")
        before = dict(self.standing)
        while self._improve_once(cancelled):
            pass
        for number in sorted(self.standing):
            if self.standing[number] is not before[number]:
                yield number, self.standing[number]

    def _improve_once(self, cancelled: Callable[[], bool]) -> bool:
        delayed = [number for number in self.standing if self._late_s(number) > WORTH_S]
        delayed.sort(key=lambda number: (-self._late_s(number), number))
        gained = [self._go_first(number) for number in delayed if not cancelled()]
        return any(gained) and not cancelled()

    def _go_first(self, number: int) -> bool:
        """Give a mission the plan it has alone, and plan those in its way after it."""
        clashes = self.ledger.clashes(self.alone[number].holds, without=owner(number))
        names = sorted({name for clash in clashes for name in clash.owners})
        if not names or not all(name.startswith(OURS) for name in names):
            return False  # a plan in use gives way to nobody
        others = sorted(int(name.removeprefix(OURS)) for name in names)
        concerned = [number, *others]
        former, was_s = {n: self.standing[n] for n in concerned}, self.lateness_s(concerned)
        for each in concerned:
            self.ledger.remove(owner(each))
        for each in concerned:
            self._enter(each, self._beside(each, self.alone[each]))
        if self.lateness_s(concerned) < was_s - WORTH_S:
            return True
        for each in concerned:
            self.ledger.remove(owner(each))
        for each in concerned:
            self._enter(each, former[each])
        return False

    def _beside(self, number: int, alone: Trial[T]) -> Trial[T]:
        """Plan so that it goes beside those that are committed; with less power where that helps.

        Where a depot's power is what lacks, a plan with the share that is left is made besides one
        that waits or goes elsewhere, and the one that arrives sooner is taken.
        """
        clashes = self.ledger.clashes(alone.holds, without=owner(number))
        if not clashes:
            return alone
        waiting = self._around(number, clashes, shares=False)
        if not self.ledger.shares_kw(clashes, without=owner(number)):
            return waiting
        return min(waiting, self._around(number, clashes, shares=True), key=_soonest)

    def _around(self, number: int, clashes: Sequence[Clash], *, shares: bool) -> Trial[T]:
        """Plan again until a plan goes beside those that are committed."""
        met: set[str] = set()
        left: dict[str, float] = {}
        scope = self.scope(number)
        for _ in range(MOST_ROUNDS):
            met |= {station for clash in clashes for station in clash.stations}
            free_kw = self.ledger.shares_kw(clashes, without=owner(number)) if shares else {}
            for at, share_kw in free_kw.items():
                left[at] = min(share_kw, left.get(at, share_kw))
            taken = self.ledger.taken(
                scope.begins, scope.ends, near=scope.near, stations=met, without=owner(number)
            )
            trial = self.again(number, taken, shares_of(left))
            clashes = self.ledger.clashes(trial.holds, without=owner(number))
            if not clashes:
                return trial
        raise BrokenClaim(
            f"a mission was planned {MOST_ROUNDS} times and still took what others count on",
            remedy="This is a defect of the planner; please report it",
        )

    def _enter(self, number: int, trial: Trial[T]) -> None:
        self.standing[number] = trial
        self.ledger.add(owner(number), trial.holds)

    def _late_s(self, number: int) -> float:
        alone, stands = self.alone[number].arrival, self.standing[number].arrival
        if alone is None:
            return 0.0
        return NO_PLAN_S if stands is None else min(max(stands - alone, 0.0), NO_PLAN_S)


def _soonest(trial: Trial[Any]) -> float:
    return inf if trial.arrival is None else trial.arrival


def shares_of(left: Mapping[str, float]) -> tuple[PowerShare, ...]:
    """Write what is left of depots' power, in kW by station, as a mission has it."""
    return tuple(PowerShare(station_id=at, power_kw=left[at]) for at in sorted(left))


_FORGOTTEN: Any = None

OURS = "mission:"


def owner(number: int) -> str:
    """Name a mission in the ledger."""
    return f"{OURS}{number}"
