"""A batch whose vehicles keep out of each other's way: between the pool and who keeps results.

Workers plan each mission alone with the plans in use; `Contention.accept` takes their results as
they come, holds each back until those before it are committed, and hands on what stands::

    contention = Contention(missions, order=commit_order(priorities), used=..., again=...)
    for result in run_batch(bench_with(FleetRender(render)), contention.jobs(jobs)):
        for number, told in contention.accept(result.index, told_of(result)):
            keep(number, told)
    for number, told in contention.improve(cancelled):
        keep_instead(number, told)
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

from planner.fleet.occupancy import Limit, Occupancy, holds_of
from planner.fleet.turns import Scope, Trial, Turns, owner
from planner.model.fleet import Hold, PowerShare
from planner.model.geo import LonLat, distance_m
from planner.model.mission import Mission
from planner.model.plan import Outcome, Plan
from planner.store.fleet_plans import PlanInUse
from planner.store.snapshot import Snapshot
from planner.world import World


@dataclass(frozen=True, slots=True)
class News:
    """What has become of plans in use meanwhile.

    Those taken up, the names of those that are gone, and the numbers of the missions whose plans
    are not in use any more.
    """

    taken_up: Iterable[PlanInUse] = ()
    gone: Iterable[str] = ()
    released: Iterable[int] = ()


def _no_news() -> News:
    return News()


ORDERS = ("first_come", "priority", "improve", "ignore")
"""In which order missions take what there is: as they stand in the batch, the most urgent first,
urgent first and then improved until the total lateness no longer falls; or queues are accepted."""

DEFAULT_ORDER = "first_come"

SPAN_S = 4 * 86_400.0
"""What is taken later than this after a departure is told only where a mission did clash."""

DETOUR = 1.5
ROUND_M = 60_000.0
"""A station may concern a trip if the way by it, as the crow flies, is no longer than so many times
the direct one and these metres: others are told only where a mission did clash."""


LEAST_M_OF_A_DEGREE = 110_000.0
"""A degree of latitude is longer than this everywhere."""


@dataclass(frozen=True, slots=True)
class FleetAnswer:
    """What a worker hands back of a mission: the answer, and what its plan counts on."""

    answer: Any
    plan_id: str = ""
    holds: tuple[Hold, ...] = ()
    arrival: float | None = None

    def __repr__(self) -> str:
        return f"FleetAnswer({self.plan_id})"


@dataclass(frozen=True, slots=True)
class FleetRender:
    """Renders an outcome for one who keeps it, and beside it what contention has to know."""

    render: Callable[[Outcome, World], Any]

    def __call__(self, outcome: Outcome, world: World) -> FleetAnswer:
        """Render an outcome; runs in the worker."""
        answer = self.render(outcome, world)
        if not isinstance(outcome, Plan):
            return FleetAnswer(answer)
        return FleetAnswer(answer, outcome.id, holds_of(outcome), outcome.summary.arrival)


def commit_order(priorities: Sequence[int], order: str) -> list[int]:
    """Give the numbers of missions in the order in which they are committed."""
    numbers = range(len(priorities))
    if order == "first_come":
        return list(numbers)
    return sorted(numbers, key=lambda number: (-priorities[number], number))


@dataclass(eq=False)
class Contention:
    """The turns of a batch.

    Parameters
    ----------
    missions : sequence of Mission or None
        By number; None for a row that has failed before: it has no turn.
    order : sequence of int
        Numbers in the order of committing; what is not in it has been done before.
    snapshot : Snapshot
        Tells where stations are, and what depots may draw.
    used : iterable of PlanInUse
        Plans in use beside this batch, and those of its missions that were done before.
    again : callable
        Plans a mission anew, by its number and with what is taken; gives any result with its
        `FleetAnswer`, None for a failure.
    news : callable
        Asked before each mission is committed: what plans outside of the batch take since.
    keeps_answers : bool
        Whether `improve` will be asked for: else results are forgotten once they are handed on.
    """

    missions: Sequence[Mission | None]
    order: Sequence[int]
    snapshot: Snapshot
    used: Iterable[PlanInUse]
    again: Callable[[int, Mission], tuple[FleetAnswer | None, Any]]
    news: Callable[[], News] = _no_news
    keeps_answers: bool = True
    _early: dict[int, Trial[Any]] = field(default_factory=dict, init=False)
    _next: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        self._places = {station.id: station.location for station in self.snapshot.stations}
        limits = depot_limits(self.snapshot)
        self._before = Occupancy(limits)
        self._ledger = Occupancy(limits)
        for plan in self.used:
            self._before.add(_owner(plan.plan), plan.holds)
            self._ledger.add(_owner(plan.plan), plan.holds)
        self._turns: Turns[Any] = Turns(
            self._ledger, self._plan_again, self._scope, keeps_answers=self.keeps_answers
        )

    def alone(self, number: int) -> Mission | None:
        """Return the mission as workers are to plan it: with what plans in use take.

        It is the same whenever it is asked for, whatever has been committed by then. Of depots that
        share their power nothing is told: whether to wait there or to charge with what is left is
        settled when the mission is committed.
        """
        mission = self.missions[number]
        if mission is None:
            return None
        scope = self._scope(number)
        taken = tuple(
            hold
            for hold in self._before.taken(scope.begins, scope.ends, near=scope.near)
            if hold.station_id not in self._before.limits
        )
        return replace(mission, taken=taken) if taken else mission

    def accept(
        self, number: int, answer: FleetAnswer | None, result: Any
    ) -> Iterator[tuple[int, Any]]:
        """Take a mission's result, and give those that stand by now, in the order of committing."""
        self._early[number] = trial_of(answer, result)
        while self._next < len(self.order) and self.order[self._next] in self._early:
            following = self.order[self._next]
            self._next += 1
            self._hear()
            yield following, self._turns.commit(following, self._early.pop(following)).answer

    def _hear(self) -> None:
        """Enter what plans in use take since this was last asked."""
        news = self.news()
        for name in news.gone:
            self._ledger.remove(_owner(name))
        for number in news.released:
            self._ledger.remove(owner(number))
        for plan in news.taken_up:
            self._ledger.add(_owner(plan.plan), plan.holds)

    def improve(self, cancelled: Callable[[], bool]) -> Iterator[tuple[int, Any]]:
        """Improve the order when all are committed; give the results that are others now."""
        self._hear()
        for number, trial in self._turns.improve(cancelled):
            yield number, trial.answer

    def lateness_s(self) -> float:
        """Add up by how much missions arrive later than they would alone."""
        return self._turns.lateness_s()

    def _plan_again(
        self, number: int, taken: tuple[Hold, ...], shares: tuple[PowerShare, ...]
    ) -> Trial[Any]:
        mission = self.missions[number]
        assert mission is not None, "a row that has failed before holds nothing"
        return trial_of(*self.again(number, replace(mission, taken=taken, shares=shares)))

    def _scope(self, number: int) -> Scope:
        mission = self.missions[number]
        assert mission is not None, "a row that has failed before meets nothing"
        return scope_of(mission, self._places)


def _owner(plan: str) -> str:
    return f"plan:{plan}"


def trial_of(answer: FleetAnswer | None, result: Any) -> Trial[Any]:
    """Return what the turns have to know of a result."""
    if answer is None:
        return Trial((), None, result)
    return Trial(answer.holds, answer.arrival, result)


def scope_of(mission: Mission, places: Mapping[str, LonLat]) -> Scope:
    """Return what a mission could meet: stations around its way, in the days after it departs."""
    points = [waypoint.location for waypoint in mission.waypoints]
    ways = [
        (start, end, DETOUR * distance_m(start, end) + ROUND_M) for start, end in pairwise(points)
    ]

    def near(station: str) -> bool:
        here = places.get(station)
        return here is not None and any(
            distance_m(start, here) + distance_m(here, end) <= longest_m
            for start, end, longest_m in ways
            if abs(here.lat - start.lat) * LEAST_M_OF_A_DEGREE <= longest_m
        )

    return Scope(mission.departure, mission.departure + SPAN_S, near)


def depot_limits(snapshot: Snapshot) -> Mapping[str, Limit]:
    """Give what depots and their charge points may draw, by their station's id."""
    return {
        station.id: Limit(station.id, station.max_kw, station.shared)
        for station in snapshot.stations
        if station.max_kw is not None or station.shared
    }
