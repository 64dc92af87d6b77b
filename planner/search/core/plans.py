"""From the search's arrays back to a trip, driven again from the start with plain figures."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planner.search.core.functions import value
from planner.search.core.problem import Offer, Problem
from planner.search.core.state import BEST, ROOT, State

F64 = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Visit:
    """One place of a trip, in the order of driving.

    Seconds count from the departure of the trip. At a stop ``offer`` is its place in
    ``problem.offers.offers`` (None at a waypoint), and what happens is: arrival, begin (a window is
    open), ``ready_s`` (charged to ``left_kwh``), departure (later only where one stays to wait).
    ``leg`` is the one that led here, by its number in ``problem.legs``, None at the start.
    """

    place: int
    stage: int
    leg: int | None
    arrival_s: float
    arrival_kwh: float
    offer: int | None
    begin_s: float
    ready_s: float
    departure_s: float
    left_kwh: float
    money: float


@dataclass(frozen=True, slots=True)
class Plan:
    """A trip: what it costs in the objective's unit, and its places in order."""

    cost: float
    time_s: float
    money: float
    visits: tuple[Visit, ...]

    @property
    def stops(self) -> tuple[Visit, ...]:
        """Visits at which something is charged."""
        return tuple(visit for visit in self.visits if visit.offer is not None)


@dataclass(frozen=True, slots=True)
class Step:
    """One place of a trip as the search decided it: reached by a leg, left with a charge.

    ``closes_s`` is the end of the window that a stop lies in.
    """

    place: int
    stage: int
    leg: int | None
    offer: int | None
    left_kwh: float
    closes_s: float = np.inf


def trace(problem: Problem, state: State) -> tuple[Step, ...]:
    """Follow the best trip from its end to its start; its steps in the order of driving."""
    steps: list[Step] = []
    ramp = int(state.tally[BEST])
    left = float(state.q[state.ramp_first[ramp]])
    while True:
        label = int(state.ramp_label[ramp])
        first, last = int(state.ramp_first[ramp]), int(state.ramp_last[ramp])
        offer, leg = int(state.ramp_offer[ramp]), int(state.leg[label])
        steps.append(
            Step(
                place=int(state.place[label]),
                stage=int(state.stage[label]),
                leg=leg if leg >= 0 else None,
                offer=problem.offers.number(offer) if offer >= 0 else None,
                left_kwh=left,
                closes_s=float(state.ramp_closes[ramp]),
            )
        )
        if int(state.ramp[label]) == ROOT:
            return tuple(reversed(steps))
        arrival = value(state.q, state.y, first, last, left)
        needed = arrival + float(problem.legs.arrays.net_kwh[leg])
        left = min(max(needed, float(state.low[label])), float(state.high[label]))
        ramp = int(state.ramp[label])


def replay(problem: Problem, steps: tuple[Step, ...]) -> Plan | None:
    """Drive a trip as decided, each stop in its window or else the first that holds it.

    None if none does. The window counts where one stays on for the next place to open.
    """
    visits: list[Visit] = []
    charge, clock = problem.start.charge_kwh, 0.0
    for number, step in enumerate(steps):
        if step.leg is not None:
            legs = problem.legs.arrays
            clock += float(legs.time_s[step.leg])
            charge = min(charge - float(legs.net_kwh[step.leg]), float(legs.cap_kwh[step.leg]))
        may_stay_s = _may_stay(problem, visits)
        visit = _visit(problem, step, clock, charge, may_stay_s)
        if visit is None:
            return None
        delay_s = visit.arrival_s - clock
        if delay_s > 0.0:
            visits[-1] = _stay(visits[-1], delay_s)
        visits.append(visit)
        charge, clock = visit.left_kwh, visit.departure_s
        assert number > 0 or step.leg is None
    money = sum(visit.money for visit in visits)
    return Plan(problem.time_weight * clock + money, clock, money, tuple(visits))


def _may_stay(problem: Problem, visits: list[Visit]) -> float:
    """How much longer one may stay at the last place so far."""
    if not visits:
        return 0.0
    last = visits[-1]
    if last.offer is None:
        return float(np.inf) if problem.lingers else 0.0
    closes = [
        closes
        for opens, closes in problem.hours(problem.offers.offers[last.offer])
        if opens <= last.begin_s and last.departure_s <= closes + TOLERANCE_S
    ]
    return max(0.0, max(closes) - last.departure_s)


TOLERANCE_S = 1e-6


def _stay(visit: Visit, delay_s: float) -> Visit:
    return Visit(
        visit.place,
        visit.stage,
        visit.leg,
        visit.arrival_s,
        visit.arrival_kwh,
        visit.offer,
        visit.begin_s,
        visit.ready_s,
        visit.departure_s + delay_s,
        visit.left_kwh,
        visit.money,
    )


def _visit(
    problem: Problem, step: Step, clock: float, charge: float, may_stay_s: float
) -> Visit | None:
    if step.offer is None:
        waypoint = problem.waypoints[step.stage]
        begin = max(clock, waypoint.opens_s)
        if begin > waypoint.closes_s + TOLERANCE_S:
            return None
        done = begin + waypoint.service_s
        return Visit(
            step.place, step.stage, step.leg, clock, charge, None, begin, done, done, charge, 0.0
        )
    offer = problem.offers.offers[step.offer]
    left = max(step.left_kwh, charge)
    charging_s = _charging(offer, charge, left)
    stay_s = offer.overhead_s + charging_s
    for opens, closes in sorted(problem.hours(offer), key=lambda w: (w[1] != step.closes_s, w)):
        begin = max(clock, opens)
        too_early = begin > clock + may_stay_s + TOLERANCE_S and not offer.waits_outside
        if too_early or begin + stay_s > closes + TOLERANCE_S:
            continue
        arrival = clock if offer.waits_outside else begin
        money = offer.per_stop + offer.per_kwh * (left - charge) + offer.per_s * charging_s
        done = begin + stay_s
        return Visit(
            step.place,
            step.stage,
            step.leg,
            arrival,
            charge,
            step.offer,
            begin,
            done,
            done,
            left,
            money,
        )
    return None


def _charging(offer: Offer, arrival_kwh: float, left_kwh: float) -> float:
    energy, time_s = offer.curve.energy_kwh, offer.curve.time_s
    full, empty = np.interp((left_kwh, arrival_kwh), energy, time_s)
    return float(full - empty)
