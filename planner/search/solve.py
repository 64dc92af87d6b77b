"""One trip, searched and proven: the corridor first, then everywhere before saying that none is."""

from dataclasses import dataclass

from planner.search.floors import Floors
from planner.search.labels import Label, Trace
from planner.search.problem import EPSILON_KWH
from planner.search.proofs import MOST_LABELS, Prover, Way
from planner.search.reach import may_arrive
from planner.search.setup import Stage, Trip, stage_first, stage_full


@dataclass(frozen=True, eq=False)
class Solution:
    """A way with the stage on which it can be read."""

    stage: Stage
    way: Way


@dataclass(frozen=True, eq=False)
class Failure:
    """No way, with what the last search saw."""

    stage: Stage
    trace: Trace


def solve(trip: Trip, *, order: int | None = None, windows: bool = True) -> Solution | Failure:
    """Find the best proven way of a trip.

    ``order`` overrides how many failures it survives, ``windows`` False lets it come late.
    """
    survive = trip.mission.guarantee.fallbacks if order is None else order
    priced = trip.mission.objective.preset in ("cheapest", "")
    first = stage_first(trip, priced=priced)
    near = search_stage(first, order=survive, windows=windows, most_labels=FIRST_LABELS)
    if isinstance(near, Solution) or not may_arrive(trip):
        return near
    return search_stage(stage_full(trip, priced=priced), order=survive, windows=windows)


def keep_to_first(trip: Trip) -> Solution | Failure:
    """Search a trip that must go to its first stop, near the way only."""
    stage = stage_first(trip, priced=trip.mission.objective.preset in ("cheapest", ""))
    if stage.problem.first_stop < 0:
        return Failure(stage, Trace())
    return search_stage(stage, order=trip.mission.guarantee.fallbacks, windows=True)


FIRST_LABELS = 1_200
"""Labels of the first search, after which it is asked whether the end can be reached at all."""


def search_stage(
    stage: Stage, *, order: int, windows: bool, most_labels: int = MOST_LABELS
) -> Solution | Failure:
    """Search one stage from the start of the trip."""
    problem = stage.problem
    trace = Trace()
    if problem.start_kwh < -EPSILON_KWH:
        return Failure(stage, trace)
    root = Label(
        stage=0, place=problem.vias[0].place, time=problem.departure, charge=problem.start_kwh
    )
    prover = Prover(problem, Floors(problem), most_labels)
    way = prover.find(
        root, shut=frozenset(), order=order, slack_s=0.0, windows=windows, trace=trace
    )
    return Failure(stage, trace) if way is None else Solution(stage, way)
