"""The best trip of a problem, and what is proven of it.

Where money counts but no hours, one ramp of cost says all of a label; where hours count but no
money, cost is time, and the same holds. Both are exact. Where both count, what is cheapest need not
be soonest, and a label would have to be a surface. Then three searches are made:

1. without hours: its cost is a bound from below, and if its trip keeps the hours it is the best;
2. without money: there is a trip at all if and only if this one finds one, and its time is the
   other bound from below;
3. with both, where a stop may begin with each charge at which a curve or a ramp breaks, cheapest
   and soonest alike (`kernel.split`), and labels are compared in cost, time and charge.

The better of the trips found is answered with the greater bound.
"""

from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from planner.search.core.hooks import Admit, Arrival, Confirm, check
from planner.search.core.plans import Plan, Step, replay
from planner.search.core.problem import Ahead, Problem, Waypoint
from planner.search.core.search import Asker, Effort, Found, search

EQUAL = 1e-9
"""Share of a cost by which it may differ from its bound by rounding alone."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """A plan or None, and the least that any trip costs (infinite: there is none).

    ``is_complete`` is False where the search was cut short; the bound holds all the same.
    ``reached`` are the places that it got to, each with its greatest charge, if there is no plan.
    """

    plan: Plan | None
    bound: float
    effort: Effort
    is_complete: bool = True
    reached: tuple[Arrival, ...] = ()

    @property
    def is_exact(self) -> bool:
        """Whether the plan is proven to cost least, or that there is none (below ``most_cost``)."""
        if self.plan is None:
            return self.is_complete
        return self.plan.cost <= self.bound + EQUAL * (1.0 + abs(self.bound))

    @property
    def gap(self) -> float:
        """Share of its cost that the plan may cost too much at most."""
        if self.plan is None or self.is_exact:
            return 0.0
        return (self.plan.cost - self.bound) / self.plan.cost


def solve(
    problem: Problem,
    *,
    admit: Admit | None = None,
    confirm: Confirm | None = None,
    most_cost: float = np.inf,
    most_settled: int | None = None,
    stretch: float = 1.0,
) -> Outcome:
    """Find the trip that costs least.

    Parameters
    ----------
    problem : Problem
    admit : function from `hooks.Arrival` to `hooks.Admission`, optional
        Asked when a label comes to a station at a time for which nothing is known yet.
    confirm : function from `Plan` to rulings, optional
        Asked when a trip stands; what it returns is added, and the search runs again, until it
        returns nothing. Each time, one ruling at least must forbid the plan.
    most_cost : float
        Look only for trips that cost less.
    most_settled : int, optional
        Labels settled in one run after which it is cut short.
    stretch : float
        How many times the least the plan may cost at most; above 1 it is found much sooner.

    Raises
    ------
    InputError
        Legs come row by row and no bounds ahead are given; an admission does not hold for the
        arrival that it was asked for; no ruling forbids the plan it was asked for.
    """
    asker = Asker(asks=admit is not None or confirm is not None, admit=admit)
    spent = Effort()
    while True:
        outcome = _search(problem, asker, most_cost, most_settled, stretch)
        spent += outcome.effort
        outcome = replace(outcome, effort=spent)
        if outcome.plan is None or confirm is None:
            return outcome
        rulings = list(confirm(outcome.plan))
        if not rulings:
            return outcome
        check(rulings, outcome.plan)
        asker.rulings += rulings


def _search(
    problem: Problem, asker: Asker, most_cost: float, most_settled: int | None, stretch: float
) -> Outcome:
    """Search with what is ruled so far, in one run or in three (see the module)."""
    windows = any(w.opens_s > 0.0 or w.closes_s < np.inf for w in problem.waypoints)
    timed = asker.asks or problem.offers.has_hours or windows
    if timed and problem.offers.has_prices:
        return _search_both(problem, asker, most_cost, most_settled, stretch)
    found = search(problem, asker, most_cost=most_cost, most_settled=most_settled, stretch=stretch)
    plan = _driven(problem, found)
    return Outcome(plan, found.bound, found.effort, found.is_complete, found.reached)


def _search_both(
    problem: Problem, asker: Asker, most_cost: float, most_settled: int | None, stretch: float
) -> Outcome:
    unasked = Asker(asks=False, admit=None)
    run = partial(search, most_settled=most_settled, stretch=stretch)
    cheapest = run(_untimed(problem), unasked, most_cost=most_cost)
    effort, bound = cheapest.effort, cheapest.bound
    if cheapest.steps is None:
        return Outcome(None, bound, effort, cheapest.is_complete, cheapest.reached)
    best = None if asker.asks else replay(problem, cheapest.steps)
    if best is not None and best.cost <= cheapest.cost * (1.0 + EQUAL):
        return Outcome(best, bound, effort)
    soonest = run(_unpriced(problem), asker)
    effort += soonest.effort
    bound = max(bound, problem.time_weight * soonest.bound if np.isfinite(soonest.bound) else 0.0)
    if soonest.steps is None and soonest.is_complete:
        return Outcome(None, np.inf, effort, reached=soonest.reached)
    best = _better(best, _driven(problem, soonest))
    below = most_cost if best is None else min(most_cost, best.cost)
    both = run(problem, asker, split=True, most_cost=below)
    effort += both.effort
    best = _better(best, _driven(problem, both))
    complete = soonest.is_complete and both.is_complete
    if best is not None and best.cost >= most_cost:
        best = None
    reached = both.reached if best is None else ()
    return Outcome(best, bound, effort, complete and best is not None, reached)


def _better(one: Plan | None, other: Plan | None) -> Plan | None:
    if one is None or other is None:
        return one or other
    return other if other.cost < one.cost else one


def _driven(problem: Problem, found: Found) -> Plan | None:
    """Drive the steps found again; that this fails would be a defect of the search."""
    if found.steps is None:
        return None
    plan = replay(problem, found.steps)
    assert plan is not None, found.steps
    return plan


def _untimed(problem: Problem) -> Problem:
    """Open every place of a trip at any hour."""
    waypoints = tuple(Waypoint(waypoint.service_s) for waypoint in problem.waypoints)
    return replace(problem, offers=problem.offers.always_open, waypoints=waypoints)


def _unpriced(problem: Problem) -> Problem:
    """Let nothing of a trip cost money, and count seconds."""
    ahead = problem.ahead
    if ahead is not None:
        worth = problem.time_weight if problem.time_weight > 0.0 else np.inf
        ahead = Ahead(ahead.price[:1], ahead.least[:1] / worth)
    return replace(problem, offers=problem.offers.free, time_weight=1.0, ahead=ahead)


__all__ = ["Effort", "Outcome", "Step", "solve"]
