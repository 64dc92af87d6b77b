"""A batch of the fleet's own vehicles: its results in the order in which they are committed.

Between `planner.fleet.batch.run_batch` and whoever keeps results::

    turns = Settling(office, world, name, jobs, left, queueing)
    bench = Bench(..., render=turns.render)
    for row, result in turns.settle(run_batch(bench, turns.jobs)):
        turns.take_up(row)
        keep(row, result)
    for row, result in turns.improved():
        turns.take_up(row)
        keep_instead(row, result)

Plans are taken into use first: where the process dies between the two, the row is planned again,
and its former plan stands in nobody's way.
"""

import re
import time
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import pairwise
from typing import Any

from planner.errors import PlugsureError
from planner.faces.office import Office
from planner.faces.rows import outcome_text
from planner.fleet.contention import Contention, FleetAnswer, FleetRender, News, commit_order
from planner.fleet.jobs import PLAIN, Extras, Failure, Job, Result, failed
from planner.model.geo import distance_m
from planner.model.mission import Mission
from planner.model.plan import Plan
from planner.plan import plan
from planner.store.fleet_plans import PlanInUse
from planner.world import World

FIRST_COME = "first_come"
"""Missions are committed as they stand in the batch."""

IGNORE = "ignore"
"""Vehicles may queue: nothing is committed in turn, no plan is taken into use."""

UNNAMED = re.compile(r"row-\d+")
"""Ids that missions without one are given: they name nothing beyond their file."""

PACE_M_S = 20.0
"""Speed as the crow flies by which it is guessed how long a vehicle is away."""


@dataclass(frozen=True, slots=True)
class _Packed:
    """A result that waits for its turn, its answer packed: plans are long."""

    result: Result
    answer: FleetAnswer | None

    def __repr__(self) -> str:
        return "_Packed()"


def _never() -> bool:
    return False


@dataclass(eq=False)
class Settling:
    """The turns of one batch.

    Parameters
    ----------
    world : World
        The very world that workers plan in: what clashes is planned again here.
    batch : str
        Name under which plans are taken into use.
    jobs_of_batch : sequence of Job
        All jobs of the batch, by row.
    left : sequence of int
        The rows that are still to be planned.
    queueing : str
        One of `planner.fleet.contention.ORDERS`.
    before : sequence of PlanInUse
        What plans take that the batch has already, and that are not in use yet.
    extras : Extras
        What plans tell besides.
    """

    office: Office
    world: World
    batch: str
    jobs_of_batch: Sequence[Job]
    left: Sequence[int]
    queueing: str = FIRST_COME
    before: Sequence[PlanInUse] = ()
    extras: Extras = PLAIN
    _contention: Contention | None = field(default=None, init=False)
    _superseded: dict[int, list[str]] = field(default_factory=dict, init=False)
    _uses: dict[int, PlanInUse | None] = field(default_factory=dict, init=False)
    _in_use: dict[int, str] = field(default_factory=dict, init=False)
    _known: frozenset[str] = field(default=frozenset(), init=False)
    _settled: int = field(default=0, init=False)
    _spent_s: float = field(default=0.0, init=False)

    def __post_init__(self) -> None:
        if self.queueing == IGNORE:
            return
        current = self.office.store.fleet_plans.ending_after(self._begins)
        gone = self._supersede(current)
        self._known = frozenset(use.plan for use in current)
        missions = [job.mission for job in self.jobs_of_batch]
        priorities = [self.jobs_of_batch[row].priority for row in self.left]
        order = [self.left[place] for place in commit_order(priorities, self.queueing)]
        self._contention = Contention(
            missions,
            order,
            self.world.snapshot,
            [*(use for use in current if use.plan not in gone), *self.before],
            self._again,
            self._news,
            keeps_answers=self.queueing == "improve",
        )

    @property
    def jobs(self) -> list[Job]:
        """The jobs that workers are to do, in the order of the rows left.

        Who comes first is planned first: what is urgent only where that decides.
        """
        chosen = [self.jobs_of_batch[row] for row in self.left]
        if self.queueing == FIRST_COME:
            chosen = [replace(job, priority=0) for job in chosen]
        if self._contention is None:
            return chosen
        alone = [self._contention.alone(row) for row in self.left]
        return [replace(job, mission=m) for job, m in zip(chosen, alone, strict=True)]

    @property
    def render(self) -> Any:
        """What workers make of an outcome."""
        return outcome_text if self._contention is None else FleetRender(outcome_text)

    def settle(self, results: Iterable[Result]) -> Iterator[tuple[int, Result]]:
        """Give each row's result as soon as those before it are committed."""
        for result in results:
            row = self.left[result.index]
            if self._contention is None:
                yield row, result
                continue
            answer = result.answer if isinstance(result.answer, FleetAnswer) else None
            for other, packed in self._contention.accept(row, answer, _pack(result)):
                self._settled += 1
                yield other, self._unpacked(other, packed)

    @property
    def left_s(self) -> float:
        """Seconds that planning again what clashes should still take here."""
        waiting = len(self.left) - self._settled
        return self._spent_s / self._settled * waiting if self._settled else 0.0

    def improved(self, cancelled: Callable[[], bool] = _never) -> Iterator[tuple[int, Result]]:
        """Give the rows whose results are others after improving, if that was asked for."""
        if self._contention is None or self.queueing != "improve":
            return
        for row, packed in self._contention.improve(cancelled):
            yield row, self._unpacked(row, packed)

    def take_up(self, row: int) -> None:
        """Take the plan of a row into use, in the place of its former one."""
        use, former = self._uses.get(row), self._in_use.get(row)
        gone = [*self._superseded.pop(row, ()), *([former] if former else [])]
        if use is not None or gone:
            self.office.store.fleet_plans.use([use] if use else [], instead_of=gone)
        self._in_use[row] = use.plan if use else ""

    def _unpacked(self, row: int, packed: _Packed) -> Result:
        answer = packed.answer
        self._uses[row] = None
        if answer is None:
            return packed.result
        if answer.plan_id:
            self._uses[row] = self._use(row, answer)
        return replace(packed.result, answer=zlib.decompress(answer.answer))

    def _use(self, row: int, answer: FleetAnswer) -> PlanInUse:
        mission = self.jobs_of_batch[row].mission
        assert mission is not None, "what has a plan has a mission"
        arrival = answer.arrival or mission.departure
        return PlanInUse(
            plan=answer.plan_id,
            batch=self.batch,
            row=row,
            mission_id=mission.id,
            vehicle=mission.vehicle_id,
            departs=mission.departure,
            arrives=max([arrival, *(hold.ends for hold in answer.holds)]),
            holds=answer.holds,
        )

    def _again(self, row: int, mission: Mission) -> tuple[FleetAnswer | None, _Packed]:
        """Plan a mission in this process, with what others have taken."""
        job, began = self.jobs_of_batch[row], time.perf_counter()
        try:
            extras = self.extras
            outcome = plan(self.world, mission, gap=extras.gap, ledger=extras.ledger)
            answer = FleetRender(outcome_text)(outcome, self.world)
        except PlugsureError as error:
            return None, _Packed(failed(row, job.mission_id, Failure.of(error)), None)
        status = "planned" if isinstance(outcome, Plan) else "infeasible"
        spent = time.perf_counter() - began
        self._spent_s += spent
        packed = _pack(Result(row, job.mission_id, status, answer, None, spent))
        return packed.answer, packed

    def _news(self) -> News:
        """Say what was taken into use or released by others since this was last asked."""
        plans = self.office.store.fleet_plans
        there = plans.names_after(self._begins)
        released = [row for row, name in self._in_use.items() if name and name not in there]
        for row in released:
            self._in_use[row] = ""
        beside = there - set(self._in_use.values())
        fresh, gone = beside - self._known, self._known - beside
        self._known = beside
        found = [use for name in sorted(fresh) if (use := plans.get(name)) is not None]
        superseded = self._supersede(found)
        taken_up = [use for use in found if use.plan not in superseded]
        return News(taken_up, sorted(gone), released)

    @cached_property
    def _begins(self) -> float:
        missions = (self.jobs_of_batch[row].mission for row in self.left)
        return min((m.departure for m in missions if m is not None), default=0.0)

    def _supersede(self, current: Sequence[PlanInUse]) -> set[str]:
        """Find what the plans of the batch replace: of the same mission, or the same vehicle."""
        by_name: dict[str, list[PlanInUse]] = {}
        waiting = {row for row in self.left if row not in self._in_use}
        for use in current:
            if use.batch and use.batch == self.batch:
                if use.row in waiting:  # taken up before its process died
                    self._superseded[use.row] = [use.plan]
            else:
                for name in (f"mission {use.mission_id}", f"vehicle {use.vehicle}"):
                    by_name.setdefault(name, []).append(use)
        for row in waiting if by_name else ():
            mission = self.jobs_of_batch[row].mission
            if mission is None:
                continue
            names = (f"mission {mission.id}", f"vehicle {mission.vehicle_id}")
            alike = [use for name in names for use in by_name.get(name, ())]
            found = [use.plan for use in alike if is_same_trip(use, mission)]
            if found:
                before = self._superseded.get(row, ())
                self._superseded[row] = list(dict.fromkeys((*before, *found)))
        return {name for names in self._superseded.values() for name in names}


def is_same_trip(use: PlanInUse, mission: Mission) -> bool:
    """Say whether a mission takes a plan's place: by its name, or of its vehicle at that time."""
    if use.mission_id and use.mission_id == mission.id and not UNNAMED.fullmatch(mission.id):
        return True
    if not use.vehicle or use.vehicle != mission.vehicle_id:
        return False
    places = [waypoint.location for waypoint in mission.waypoints]
    away_m = sum(distance_m(*pair) for pair in pairwise(places))
    back = mission.departure + away_m / PACE_M_S
    return use.departs < back and mission.departure < use.arrives


def _pack(result: Result) -> _Packed:
    answer = result.answer
    if not isinstance(answer, FleetAnswer):
        return _Packed(result, None)
    packed = replace(answer, answer=zlib.compress(answer.answer, 1))
    return _Packed(replace(result, answer=None), packed)
