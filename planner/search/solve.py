"""One trip, searched and proven: the corridor first, then everywhere before saying that none is."""

from dataclasses import dataclass

from planner.search.floors import Floors
from planner.search.labels import NEARLY, Label, Trace
from planner.search.problem import EPSILON_KWH
from planner.search.proofs import MOST_LABELS, Prover, Way
from planner.search.reach import may_arrive
from planner.search.setup import Stage, Trip, stage_first, stage_full

STRETCHES = (NEARLY, 0.3, 2.0)
"""By how much the bound of the rest is stretched, one try after another: a search that comes to its
limit is run again less choosy, and the plan says how much dearer it may be than the best."""

FIRST_LABELS = 1_200
"""Labels of a search near the way, after which it is run again less choosy, or given up."""


@dataclass(frozen=True, eq=False)
class Solution:
    """A way with the stage on which it can be read; it costs at most ``stretch`` more than needed.

    That is against the best way on the same legs and stations.
    """

    stage: Stage
    way: Way
    stretch: float


@dataclass(frozen=True, eq=False)
class Failure:
    """No way, with what the last search saw."""

    stage: Stage
    trace: Trace


def solve(
    trip: Trip, *, order: int | None = None, windows: bool = True, near: bool = False
) -> Solution | Failure:
    """Find the best proven way of a trip.

    ``order`` overrides how many failures it survives, ``windows`` False lets it come late, and
    ``near`` looks no farther than near the way, once: a quick answer that may miss a trip.
    """
    survive = trip.mission.guarantee.fallbacks if order is None else order
    first = stage_first(trip, priced=is_priced(trip))
    tries = STRETCHES[1:2] if near else STRETCHES
    found = _search_growing(first, survive, FIRST_LABELS, tries, windows=windows)
    if near or isinstance(found, Solution) or not may_arrive(trip):
        return found
    full = stage_full(trip, priced=is_priced(trip))
    return _search_growing(full, survive, MOST_LABELS, STRETCHES[1:], windows=windows)


def keep_to_first(trip: Trip) -> Solution | Failure:
    """Search a trip that must go to its first stop, near the way only."""
    stage = stage_first(trip, priced=is_priced(trip))
    if stage.problem.first_stop < 0:
        return Failure(stage, Trace())
    order = trip.mission.guarantee.fallbacks
    return _search_growing(stage, order, FIRST_LABELS, STRETCHES, windows=True)


def is_priced(trip: Trip) -> bool:
    """Say whether the objective counts money."""
    return trip.mission.objective.preset in ("cheapest", "")


def _search_growing(
    stage: Stage,
    order: int,
    most_labels: int,
    stretches: tuple[float, ...],
    *,
    windows: bool,
) -> Solution | Failure:
    found: Solution | Failure = Failure(stage, Trace())
    for stretch in stretches:
        found = search_stage(
            stage, order=order, windows=windows, most_labels=most_labels, stretch=stretch
        )
        if isinstance(found, Solution) or found.trace.exhausted:
            break
    return found


def search_stage(
    stage: Stage,
    *,
    order: int,
    windows: bool,
    most_labels: int = MOST_LABELS,
    stretch: float = NEARLY,
) -> Solution | Failure:
    """Search one stage from the start of the trip."""
    problem = stage.problem
    trace = Trace()
    if problem.start_kwh < -EPSILON_KWH or not stage.trip.has_route:
        return Failure(stage, trace)
    root = Label(
        stage=0, place=problem.vias[0].place, time=problem.departure, charge=problem.start_kwh
    )
    prover = Prover(problem, Floors(problem), most_labels, stretch)
    way = prover.find(
        root, shut=frozenset(), order=order, slack_s=0.0, windows=windows, trace=trace
    )
    return Failure(stage, trace) if way is None else Solution(stage, way, stretch)
