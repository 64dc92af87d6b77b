"""The best trip of a problem, and what is proven of it.

Where money counts but no hours, one ramp of cost says all of a label; where hours count but no
money, cost is time, and the same holds. Both are exact. Where both count, what is cheapest need not
be soonest, and a label would have to be a surface. Then these searches are made:

1. without hours: its cost is a bound from below;
2. with hours, where a label that costs no more covers one that is sooner: its trip keeps the hours,
   and where it costs as little as the bound it is the best, as it mostly is;

and if that finds none:

3. without money: there is a trip at all if and only if this one finds one, and its time is the
   other bound from below;
4. with both, where a stop may begin with each charge at which a curve or a ramp breaks, cheapest
   and soonest alike (`kernel.split`), and labels are compared in cost, time and charge.

The better of the trips found is answered with the greater bound.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property, partial

import numpy as np

from planner.search.core.hooks import Admit, Arrival, Confirm, check
from planner.search.core.plans import Plan, Step, replay
from planner.search.core.problem import Ahead, OfferTable, Problem, Waypoint
from planner.search.core.search import Asker, Effort, Found, search

EQUAL = 1e-9
"""Share of a cost by which it may differ from its bound by rounding alone."""

APART_SETTLED = 1_500
"""Most labels of a search with time and money apart, where there is a limit at all: each costs many
times as much."""


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
        Labels settled in one run after which it is cut short, and in all runs after which the
        search is given up if the plan does not hold.
    stretch : float
        How many times the least the plan may cost at most; above 1 it is found much sooner.

    Raises
    ------
    InputError
        Legs come row by row and no bounds ahead are given; an admission does not hold for the
        arrival that it was asked for; no ruling forbids the plan it was asked for.
    """
    asker = Asker(asks=admit is not None or confirm is not None, admit=admit)
    run = partial(search, most_settled=most_settled, stretch=stretch)
    few = None if most_settled is None else min(most_settled, APART_SETTLED)
    runs = _Runs(problem, asker, most_cost, run, partial(run, most_settled=few))
    while True:
        outcome = runs.find()
        if outcome.plan is None or confirm is None:
            return outcome
        rulings = list(confirm(outcome.plan))
        if not rulings:
            return outcome
        check(rulings, outcome.plan)
        if most_settled is not None and runs.spent.settled > most_settled:
            return Outcome(None, outcome.bound, runs.spent, is_complete=False)
        asker.rulings += rulings


@dataclass(eq=False)
class _Runs:
    """All searches of one problem, with what is ruled so far."""

    problem: Problem
    asker: Asker
    most_cost: float
    run: Callable[..., Found]
    apart: Callable[..., Found]
    spent: Effort = field(default_factory=Effort)

    def find(self) -> Outcome:
        """Search once more, in one run or in several (see the module)."""
        problem = self.problem
        windows = any(w.opens_s > 0.0 or w.closes_s < np.inf for w in problem.waypoints)
        timed = self.asker.asks or problem.offers.has_hours or windows
        if timed and problem.offers.has_prices:
            return self._find_both()
        found = self.run(problem, self.asker, most_cost=self.most_cost)
        return self._outcome(_driven(problem, found), found.bound, found)

    @cached_property
    def _cheapest(self) -> Found:
        """Search without hours; made once, as nothing that is ruled later changes it."""
        unasked = Asker(asks=False, admit=None)
        found = self.run(_untimed(self.problem), unasked, most_cost=self.most_cost)
        self.spent += found.effort
        return found

    def _find_both(self) -> Outcome:
        problem, cheapest = self.problem, self._cheapest
        if cheapest.steps is None and cheapest.is_complete:
            return self._outcome(None, cheapest.bound, cheapest, Effort())
        kept = self.run(problem, self.asker, most_cost=self.most_cost)
        best = None if kept.steps is None else replay(problem, kept.steps)
        if best is not None and best.cost < self.most_cost:
            return self._outcome(best, cheapest.bound, kept)
        self.spent += kept.effort
        return self._find_apart(cheapest.bound)

    def _find_apart(self, bound: float) -> Outcome:
        """Search for the soonest trip, then with time and money apart."""
        problem, asker = self.problem, self.asker
        soonest = self.run(_unpriced(problem), asker)
        if soonest.steps is None and soonest.is_complete:
            return self._outcome(None, np.inf, soonest)
        bound = max(bound, problem.time_weight * soonest.bound)
        best = _driven(problem, soonest)
        below = self.most_cost if best is None else min(self.most_cost, best.cost)
        self.spent += soonest.effort
        both = self.apart(problem, asker, split=True, most_cost=below)
        best = _better(best, _driven(problem, both))
        if best is not None and best.cost >= self.most_cost:
            best = None
        outcome = self._outcome(best, bound, both)
        complete = soonest.is_complete and both.is_complete and best is not None
        return replace(outcome, is_complete=complete)

    def _outcome(
        self, plan: Plan | None, bound: float, found: Found, effort: Effort | None = None
    ) -> Outcome:
        self.spent += found.effort if effort is None else effort
        reached = found.reached if plan is None else ()
        return Outcome(plan, bound, self.spent, found.is_complete, reached)


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
    assert isinstance(problem.offers, OfferTable)
    waypoints = tuple(Waypoint(waypoint.service_s) for waypoint in problem.waypoints)
    return replace(problem, offers=problem.offers.always_open, waypoints=waypoints)


def _unpriced(problem: Problem) -> Problem:
    """Let nothing of a trip cost money, and count seconds."""
    assert isinstance(problem.offers, OfferTable)
    ahead = problem.ahead
    if ahead is not None:
        worth = problem.time_weight if problem.time_weight > 0.0 else np.inf
        ahead = Ahead(ahead.price[:1], ahead.least[:1] / worth)
    return replace(problem, offers=problem.offers.free, time_weight=1.0, ahead=ahead)


__all__ = ["Effort", "Outcome", "Step", "solve"]
