"""The best trip by trying every order of legs and offers, each as a mixed-integer programme.

Slow and general: hours, prices, curves of any shape. An order is passed over only if its drives,
overheads and the energy that it must at least charge cost more than the best so far, or come too
late for a waypoint.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp

from planner.search.core.problem import Problem
from tests.oracle.charging_lattice import least_arrival


PLENTY = 50.0
"""More kWh than any battery of a test."""


class TooMany(Exception):
    """There are more orders than one would try."""


@dataclass(frozen=True)
class Order:
    """Legs in order and the offer used at the end of each (None at a waypoint)."""

    legs: tuple[int, ...] = ()
    offers: tuple[int | None, ...] = ()


def least_cost(problem: Problem, below: float = np.inf, most: int = 4000) -> float:
    """Cost of the best trip if it is less than ``below``, which is else returned.

    Raises TooMany where more than ``most`` orders would have to be looked at.
    """
    best = below
    tried = 0
    for order, bound in _orders(problem, lambda: best, most):
        if bound < best:
            tried += 1
            best = min(best, programme_cost(problem, order))
            if tried > most // 10:
                raise TooMany
    return best


def _orders(problem: Problem, best, most: int) -> Iterator[tuple[Order, float]]:
    legs, stations, weight = problem.legs.arrays, problem.offers.stations, problem.time_weight
    offers, last = problem.offers.offers, len(problem.waypoints) - 1
    pace = min((float((np.diff(o.curve.time_s) / np.diff(o.curve.energy_kwh)).min()) for o in offers), default=0.0)
    price = min(
        (
            (weight + o.per_s) * float((np.diff(o.curve.time_s) / np.diff(o.curve.energy_kwh)).min())
            + o.per_kwh
            for o in offers
        ),
        default=0.0,
    )
    full = max((float(o.curve.energy_kwh[-1]) for o in offers), default=0.0)
    first = problem.waypoints[0]
    ready = max(0.0, first.opens_s) + first.service_s
    stack = [(0, stations, Order(), ready, 0.0, 0.0, problem.start.charge_kwh)]
    looked = 0
    while stack:
        stage, place, order, clock, fixed, used, most_kwh = stack.pop()
        looked += 1
        if looked > most * 20:
            raise TooMany
        for leg in range(legs.first[place], legs.last[place]):
            target = int(legs.target[leg])
            if target >= stations and target != stations + stage + 1:
                continue
            floor = least_arrival(problem, stage, target)
            if most_kwh < legs.required_kwh[leg] + problem.reserve_kwh or legs.cap_kwh[leg] < floor:
                continue
            arrival = min(most_kwh - legs.net_kwh[leg], legs.cap_kwh[leg])
            if arrival < floor:
                continue
            spent = used + legs.net_kwh[leg]
            there = clock + legs.time_s[leg]
            needed = max(0.0, spent + floor - problem.start.charge_kwh)
            drive = fixed + weight * legs.time_s[leg]
            if target >= stations:
                via = problem.waypoints[stage + 1]
                if there + pace * needed > via.closes_s + 1e-6:
                    continue
                there = max(there, via.opens_s) + via.service_s
                cost = drive + weight * via.service_s
                taken = Order((*order.legs, leg), (*order.offers, None))
                if cost + price * needed >= best():
                    continue
                if stage + 1 == last:
                    yield taken, max(cost + price * needed, weight * there)
                else:
                    stack.append((stage + 1, target, taken, there, cost, spent, arrival))
                continue
            for number, offer in enumerate(offers):
                if offer.station != target:
                    continue
                latest = max(closes for _, closes in offer.windows)
                done = there + offer.overhead_s
                cost = drive + weight * offer.overhead_s + offer.per_stop
                late = done + pace * needed > min(latest, problem.waypoints[last].closes_s) + 1e-6
                if late or cost + price * needed >= best():
                    continue
                taken = Order((*order.legs, leg), (*order.offers, number))
                stack.append((stage, target, taken, done, cost, spent, full))


@dataclass
class _Programme:
    """Rows and columns of one programme as they are written down."""

    low: list[float] = field(default_factory=list)
    high: list[float] = field(default_factory=list)
    whole: list[int] = field(default_factory=list)
    rows: list[dict[int, float]] = field(default_factory=list)
    least: list[float] = field(default_factory=list)
    most: list[float] = field(default_factory=list)
    cost: dict[int, float] = field(default_factory=dict)
    constant: float = 0.0

    def variable(self, low: float, high: float, *, whole: bool = False) -> int:
        self.low.append(low)
        self.high.append(high)
        self.whole.append(int(whole))
        return len(self.low) - 1

    def row(self, terms: dict[int, float], low: float, high: float = np.inf) -> None:
        self.rows.append(terms)
        self.least.append(low)
        self.most.append(high)

    def price(self, variable: int, cost: float) -> None:
        self.cost[variable] = self.cost.get(variable, 0.0) + cost

    def filled_s(self, charge: int, curve) -> int:
        """A variable for the time from empty to a charge: weights on two neighbouring breaks."""
        time = self.variable(-np.inf, np.inf)
        weights = [self.variable(0.0, 1.0) for _ in curve.energy_kwh]
        pieces = [self.variable(0.0, 1.0, whole=True) for _ in curve.energy_kwh[1:]]
        self.row(dict.fromkeys(weights, 1.0), 1.0, 1.0)
        self.row(dict.fromkeys(pieces, 1.0), 1.0, 1.0)
        for number, weight in enumerate(weights):
            beside = pieces[max(0, number - 1) : number + 1]
            self.row({weight: -1.0, **dict.fromkeys(beside, 1.0)}, 0.0)
        for variable, breaks in ((charge, curve.energy_kwh), (time, curve.time_s)):
            terms = {weight: float(at) for weight, at in zip(weights, breaks, strict=True)}
            terms[variable] = -1.0
            self.row(terms, 0.0, 0.0)
        return time

    def solve(self) -> float:
        matrix = np.zeros((len(self.rows), len(self.low)))
        for number, terms in enumerate(self.rows):
            for variable, factor in terms.items():
                matrix[number, variable] += factor
        cost = np.zeros(len(self.low))
        for variable, price in self.cost.items():
            cost[variable] += price
        found = milp(
            cost,
            constraints=LinearConstraint(matrix, self.least, self.most),
            bounds=Bounds(self.low, self.high),
            integrality=self.whole,
            options={"mip_rel_gap": 0.0},
        )
        if found.status == 2:
            return np.inf
        assert found.status == 0, found.message
        return float(found.fun) + self.constant


def programme_cost(problem: Problem, order: Order) -> float:
    """Least cost of a trip with these legs and offers; infinite if it cannot be driven."""
    made, weight = _Programme(), problem.time_weight
    legs, stations = problem.legs.arrays, problem.offers.stations
    first = problem.waypoints[0]
    charge = made.variable(problem.start.charge_kwh, problem.start.charge_kwh)
    leaves = made.variable(max(0.0, first.opens_s) + first.service_s, np.inf)
    stage = 0
    for leg, number in zip(order.legs, order.offers, strict=True):
        target = int(legs.target[leg])
        made.row({charge: 1.0}, float(legs.required_kwh[leg]) + problem.reserve_kwh)
        floor = least_arrival(problem, stage, target)
        arrival = made.variable(floor, float(legs.cap_kwh[leg]))
        made.row({charge: 1.0, arrival: -1.0}, float(legs.net_kwh[leg]))
        comes = made.variable(0.0, np.inf)
        made.row({comes: 1.0, leaves: -1.0}, float(legs.time_s[leg]), float(legs.time_s[leg]))
        begins = made.variable(0.0, np.inf)
        made.row({begins: 1.0, comes: -1.0}, 0.0)
        departs = made.variable(0.0, np.inf)
        if number is None:
            stage += 1
            via = problem.waypoints[stage]
            made.row({begins: 1.0}, via.opens_s, via.closes_s)
            made.row({departs: 1.0, begins: -1.0}, via.service_s)
            charge, leaves = arrival, departs
            continue
        offer = problem.offers.offers[number]
        assert offer.station == target < stations
        top = float(offer.curve.energy_kwh[-1])
        begun, full = made.variable(-np.inf, top), made.variable(-np.inf, top)
        left, over = made.variable(-np.inf, np.inf), made.variable(0.0, np.inf)
        nothing = made.variable(0.0, 1.0, whole=True)
        made.row({full: 1.0, begun: -1.0}, 0.0)
        made.row({arrival: 1.0, begun: -1.0, over: -1.0}, 0.0, 0.0)
        made.row({left: 1.0, full: -1.0, over: -1.0}, 0.0, 0.0)
        made.row({over: -1.0, nothing: PLENTY}, 0.0)
        made.row({full: -1.0, begun: 1.0, nothing: -PLENTY}, -PLENTY)
        before = made.filled_s(begun, offer.curve)
        after = made.filled_s(full, offer.curve)
        made.row({departs: 1.0, begins: -1.0, after: -1.0, before: 1.0}, offer.overhead_s)
        _keep_hours(made, offer, comes, begins, departs)
        for variable, sign in ((left, 1.0), (arrival, -1.0)):
            made.price(variable, sign * offer.per_kwh)
        for variable, sign in ((after, 1.0), (before, -1.0)):
            made.price(variable, sign * offer.per_s)
        made.constant += offer.per_stop
        charge, leaves = left, departs
    made.price(leaves, weight)
    return made.solve()


def _keep_hours(made: _Programme, offer, comes: int, begins: int, departs: int) -> None:
    if not all(np.isfinite(window).all() for window in offer.windows):
        return
    chosen = [made.variable(0.0, 1.0, whole=True) for _ in offer.windows]
    made.row(dict.fromkeys(chosen, 1.0), 1.0, 1.0)
    early = {one: -opens for one, (opens, _) in zip(chosen, offer.windows, strict=True)}
    late = {one: closes for one, (_, closes) in zip(chosen, offer.windows, strict=True)}
    made.row({begins: 1.0, **early}, 0.0)
    made.row({departs: -1.0, **late}, 0.0)
    if not offer.waits_outside:
        made.row({comes: 1.0, **early}, 0.0)
