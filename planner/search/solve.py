"""One trip, searched and proven: the corridor first, then everywhere before saying that none is."""

from dataclasses import dataclass

import numpy as np

from planner.search.bound import stations_of_shorter
from planner.search.floors import Floors
from planner.search.posing import Ground, Terms
from planner.search.problem import EPSILON_KWH, Arrival, Trace
from planner.search.proofs import MOST_SETTLED, MOST_SETTLED_IN_ALL, Prover
from planner.search.reach import is_surely_late, may_arrive
from planner.search.setup import Stage, stage_first, stage_full
from planner.search.trip import Trip
from planner.search.ways import Way

QUICK, LOOSE = 1.3, 3.0

STRETCHES = (1.0, 1.1, QUICK, LOOSE)
"""How many times the best a trip may cost, one try after another: a search that comes to its limit
is run again less choosy, and the plan says how much dearer it may be than the best."""

FIRST_SETTLED = 4_000
"""Labels of a search near the way, after which it is run again less choosy, or given up."""

AGAIN_SETTLED = 600
"""Labels of all searches for a better way, proofs among them: what was found stands without, and
its gap says how much better one might be."""

FULL_WORK = 3_000_000.0
"""Labels of a search everywhere, each counted as often as there are stations, after which it is
run again less choosy, or given up, and as many again of its proofs: some ten seconds of one
processor."""

PRICED_SETTLED = 6_000
"""The most of a search everywhere where money counts."""

NEARLY = 0.02
"""Share by which a plan may be dearer than the best on its stations without a word of it."""


@dataclass(frozen=True, eq=False)
class Solution:
    """A way with the stage on which it can be read; it costs at most the share ``gap`` too much.

    That is against the best way on the same legs and stations. ``cost`` is in the unit of the
    objective: seconds, or money. ``is_complete`` says that no search
    for it came to its limit; ``settled`` how many labels they settled.
    """

    stage: Stage
    way: Way
    gap: float
    cost: float
    is_complete: bool
    settled: int = 0


@dataclass(frozen=True, eq=False)
class Failure:
    """No way, with what the last search saw."""

    stage: Stage
    trace: Trace


def solve(
    trip: Trip,
    *,
    order: int | None = None,
    windows: bool = True,
    near: bool = False,
    work: float = FULL_WORK,
) -> Solution | Failure:
    """Find the best proven way of a trip.

    ``order`` overrides how many failures it survives, ``windows`` False lets it come late, and
    ``near`` looks no farther than near the way, once: a quick answer that may miss a trip; ``work``
    bounds the look farther.
    """
    survive = trip.mission.guarantee.fallbacks if order is None else order
    first = stage_first(trip, priced=is_priced(trip))
    if windows and is_surely_late(trip):
        return Failure(first, Trace())
    tries = (QUICK,) if near else STRETCHES
    found = _search_growing(first, survive, FIRST_SETTLED, tries, windows=windows)
    if near or isinstance(found, Solution) or not may_arrive(trip):
        return found
    full = stage_full(trip, priced=is_priced(trip))
    most_settled = int(min(max(work / max(full.problem.stations, 1), 100.0), MOST_SETTLED))
    return _search_growing(
        full,
        survive,
        most_settled,
        (QUICK, LOOSE),
        windows=windows,
        most_in_all=min(most_settled, MOST_SETTLED_IN_ALL),
    )


def look_again(found: Solution) -> Solution:
    """Look for a better way by more stations, on more legs; else what was found stays.

    Only where time alone counts, and not where the first search took as long as this one may.
    Stations by which no trip takes less than what was found are left out, whatever the roads.
    """
    trip, order = found.stage.trip, found.stage.trip.mission.guarantee.fallbacks
    if found.settled > AGAIN_SETTLED:
        return found
    stops = np.zeros(len(trip.world.snapshot.stations), np.bool_)
    stops[stations_of_shorter(trip, found.cost)] = True
    other = search_stage(
        stage_full(trip, priced=False, stops=stops),
        order=order,
        windows=True,
        most_settled=AGAIN_SETTLED,
        most_cost=found.cost,
        most_in_all=AGAIN_SETTLED,
    )
    return other if isinstance(other, Solution) else found


def keep_to_first(trip: Trip) -> Solution | Failure:
    """Search a trip that must go to its first stop, near the way only."""
    stage = stage_first(trip, priced=is_priced(trip))
    if stage.problem.first_stop < 0:
        return Failure(stage, Trace())
    order = trip.mission.guarantee.fallbacks
    return _search_growing(stage, order, FIRST_SETTLED, STRETCHES, windows=True)


def is_priced(trip: Trip) -> bool:
    """Say whether the objective counts money, or what is doubtful of stops, besides time."""
    return trip.mission.objective.preset != "fastest"


def _search_growing(
    stage: Stage,
    order: int,
    most_settled: int,
    stretches: tuple[float, ...],
    *,
    windows: bool,
    most_in_all: int = MOST_SETTLED_IN_ALL,
) -> Solution | Failure:
    best: Solution | Failure = Failure(stage, Trace())
    if stage.problem.money_weight > 0.0:
        most_settled = min(most_settled, PRICED_SETTLED)
        stretches = tuple(max(stretch, 1.0 + NEARLY) for stretch in stretches)
    for stretch in stretches:
        found = search_stage(
            stage,
            order=order,
            windows=windows,
            most_settled=most_settled,
            stretch=stretch,
            most_in_all=most_in_all,
        )
        if isinstance(found, Failure):
            best = found if isinstance(best, Failure) else best
            if found.trace.exhausted:
                break
            continue
        if isinstance(best, Failure) or found.gap < best.gap:
            best = found
        if found.is_complete or best.gap <= stretch - 1.0 + NEARLY:
            break
    return best


def search_stage(
    stage: Stage,
    *,
    order: int,
    windows: bool,
    most_settled: int = MOST_SETTLED,
    stretch: float = 1.0,
    most_cost: float = np.inf,
    most_in_all: int = MOST_SETTLED_IN_ALL,
) -> Solution | Failure:
    """Search one stage from the start of the trip, for what costs less than ``most_cost``."""
    problem = stage.problem
    trace = Trace()
    if problem.start_kwh < -EPSILON_KWH or not stage.trip.has_route:
        return Failure(stage, trace)
    root = Arrival(0, problem.vias[0].place, problem.departure, problem.start_kwh)
    ground = Ground(problem)
    prover = Prover(problem, Floors(problem), ground, most_settled, stretch, most_in_all)
    proven = prover.find(Terms(root, windows=windows), order, trace, most_cost=most_cost)
    return (
        Failure(stage, trace)
        if proven is None
        else Solution(stage, proven.way, proven.gap, proven.cost, trace.exhausted, trace.settled)
    )
