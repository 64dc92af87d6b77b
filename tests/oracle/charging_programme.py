"""The best trip by trying every order of legs and offers, each as a mixed-integer programme.

Slow and general: hours, prices, curves of any shape. An order is passed over only if its drives,
overheads and the energy that it must at least charge cost more than the best so far, or come too
late for a waypoint.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp

from planner.search.core.problem import Problem
from tests.oracle.charging_lattice import least_arrival

LONG = 5000.0
"""Later than any trip of a test ends."""

PLENTY = 50.0
"""More kWh than any battery of a test."""


class TooManyError(Exception):
    """There are more orders than one would try."""


@dataclass(frozen=True)
class Order:
    """Legs in order and the offer used at the end of each (None at a waypoint)."""

    legs: tuple[int, ...] = ()
    offers: tuple[int | None, ...] = ()


Steps = tuple[tuple[float, float], ...]
"""(until, floor): who comes to a station by then needs that charge; both rise; later none may."""


def least_cost(
    problem: Problem,
    below: float = np.inf,
    most: int = 4000,
    steps: Mapping[int, Steps] = MappingProxyType({}),
) -> float:
    """Cost of the best trip if it is less than ``below``, which is else returned.

    ``steps`` are floors that rise with the time of arrival, by station.

    Raises TooManyError where more than ``most`` orders would have to be looked at.
    """
    tree = _Orders(problem, most, below)
    tried = 0
    for order, bound in tree.walk():
        if bound < tree.best:
            tried += 1
            tree.best = min(tree.best, programme_cost(problem, order, steps))
            if tried > most // 10:
                raise TooManyError
    return tree.best


@dataclass(frozen=True)
class _Node:
    """An order begun: where it stands, since when at least, what it cost and used at least."""

    stage: int
    place: int
    order: Order
    clock: float
    cost: float
    used_kwh: float
    most_kwh: float


@dataclass
class _Orders:
    """All orders that may cost less than the best so far."""

    problem: Problem
    most: int
    best: float
    pace: float = field(init=False)
    price: float = field(init=False)
    full: float = field(init=False)

    def __post_init__(self) -> None:
        offers, weight = self.problem.offers.offers, self.problem.time_weight
        paces = [
            float((np.diff(o.curve.time_s) / np.diff(o.curve.energy_kwh)).min()) for o in offers
        ]
        self.pace = min(paces, default=0.0)
        prices = [
            (weight + o.per_s) * pace + o.per_kwh for o, pace in zip(offers, paces, strict=True)
        ]
        self.price = min(prices, default=0.0)
        self.full = max((float(o.curve.energy_kwh[-1]) for o in offers), default=0.0)

    def walk(self) -> Iterator[tuple[Order, float]]:
        problem = self.problem
        first = problem.waypoints[0]
        ready = max(0.0, first.opens_s) + first.service_s
        start = problem.start.charge_kwh
        stack = [_Node(0, problem.offers.stations, Order(), ready, 0.0, 0.0, start)]
        looked = 0
        while stack:
            node = stack.pop()
            looked += 1
            if looked > self.most * 20:
                raise TooManyError
            for leg in self._legs(node):
                for after, bound in self._follow(node, leg):
                    if after.stage == len(problem.waypoints) - 1:
                        yield after.order, bound
                    else:
                        stack.append(after)

    def _legs(self, node: _Node) -> Iterator[int]:
        legs, problem = self.problem.legs.arrays, self.problem
        for leg in range(legs.first[node.place], legs.last[node.place]):
            target = int(legs.target[leg])
            if target >= problem.offers.stations + node.stage + 2:
                continue
            if problem.offers.stations <= target < problem.offers.stations + node.stage + 1:
                continue
            floor = least_arrival(problem, node.stage, target)
            arrival = min(node.most_kwh - legs.net_kwh[leg], legs.cap_kwh[leg])
            enough = node.most_kwh >= legs.required_kwh[leg] + problem.reserve_kwh
            if enough and arrival >= floor:
                yield leg

    def _follow(self, node: _Node, leg: int) -> Iterator[tuple[_Node, float]]:
        problem, legs, weight = self.problem, self.problem.legs.arrays, self.problem.time_weight
        target, stations = int(legs.target[leg]), self.problem.offers.stations
        used = node.used_kwh + legs.net_kwh[leg]
        floor = least_arrival(problem, node.stage, target)
        short = max(0.0, used + floor - problem.start.charge_kwh)
        there, cost = node.clock + legs.time_s[leg], node.cost + weight * legs.time_s[leg]
        made = []
        if target >= stations:
            via = problem.waypoints[node.stage + 1]
            arrival = min(node.most_kwh - legs.net_kwh[leg], legs.cap_kwh[leg])
            order = Order((*node.order.legs, leg), (*node.order.offers, None))
            done = max(there, via.opens_s) + via.service_s
            cost += weight * via.service_s
            made.append((via.closes_s - there, node.stage + 1, order, done, cost, arrival))
        for number, offer in enumerate(problem.offers.offers):
            if offer.station == target:
                order = Order((*node.order.legs, leg), (*node.order.offers, number))
                done = there + offer.overhead_s
                closes = max(closes for _, closes in offer.windows)
                closes = min(closes, problem.waypoints[-1].closes_s)
                paid = cost + weight * offer.overhead_s + offer.per_stop
                most = max(self.full, node.most_kwh - legs.net_kwh[leg])
                made.append((closes - done, node.stage, order, done, paid, most))
        for spare_s, stage, order, done, paid, most in made:
            bound = max(paid + self.price * short, weight * (done if target >= stations else 0.0))
            if spare_s >= self.pace * short - 1e-6 and bound < self.best:
                yield _Node(stage, target, order, done, paid, used, most), bound


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


def programme_cost(
    problem: Problem, order: Order, steps: Mapping[int, Steps] = MappingProxyType({})
) -> float:
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
        if target in steps:
            _keep_steps(made, steps[target], comes, arrival)
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


def _keep_steps(made: _Programme, steps: Steps, comes: int, arrival: int) -> None:
    chosen = [made.variable(0.0, 1.0, whole=True) for _ in steps]
    made.row(dict.fromkeys(chosen, 1.0), 1.0, 1.0)
    by = {one: min(until, LONG) for one, (until, _) in zip(chosen, steps, strict=True)}
    with_kwh = {one: -floor for one, (_, floor) in zip(chosen, steps, strict=True)}
    made.row({comes: -1.0, **by}, 0.0)
    made.row({arrival: 1.0, **with_kwh}, 0.0)
