"""One trip, searched and proven: the corridor first, then everything before saying that none is."""

from dataclasses import dataclass

from planner.search.floors import Floors
from planner.search.labels import Label, Trace
from planner.search.problem import EPSILON_KWH
from planner.search.proofs import Prover, Way
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
    failure: Failure | None = None
    for set_up in (stage_first, stage_full):
        stage = set_up(trip, priced=priced)
        found = search_stage(stage, order=survive, windows=windows)
        if isinstance(found, Solution):
            return found
        failure = found
    assert failure is not None
    return failure


def search_stage(stage: Stage, *, order: int, windows: bool) -> Solution | Failure:
    """Search one stage from the start of the trip."""
    problem = stage.problem
    trace = Trace()
    if problem.start_kwh < -EPSILON_KWH:
        return Failure(stage, trace)
    root = Label(
        stage=0, place=problem.vias[0].place, time=problem.departure, charge=problem.start_kwh
    )
    prover = Prover(problem, Floors(problem))
    way = prover.find(
        root, shut=frozenset(), order=order, slack_s=0.0, windows=windows, trace=trace
    )
    return Failure(stage, trace) if way is None else Solution(stage, way)
