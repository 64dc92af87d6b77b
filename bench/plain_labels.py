"""A straightforward label-setting in Python, on the same legs as the exact search.

Labels are (time, charge) on arrival at a place. A stop is left with just enough for a leg, or with
the charge at a break of its curve; where charging only ever slows down, that is enough for the
best trip. The rest is bounded by driving time alone. No money, no hours, one stage.
"""

import heapq
from collections import defaultdict
from dataclasses import dataclass

import numpy as np

from planner.search.core.problem import Offer, Problem


@dataclass
class Answer:
    """Seconds of the best trip (infinite: none) and how many labels were settled."""

    time_s: float
    settled: int


def solve_plainly(problem: Problem) -> Answer:
    """Find the quickest trip from the first waypoint to the last."""
    legs, stations = problem.legs.arrays, problem.offers.stations
    goal = stations + 1
    rest = _driving_time(problem, goal)
    offer_of = {offer.station: offer for offer in problem.offers.offers}
    settled: dict[int, list[tuple[float, float]]] = defaultdict(list)
    heap = [(rest[stations], 0.0, problem.start.charge_kwh, stations)]
    count = 0
    while heap:
        _, time, charge, place = heapq.heappop(heap)
        if place == goal:
            return Answer(time, count)
        if any(t <= time and q >= charge for t, q in settled[place]):
            continue
        settled[place].append((time, charge))
        count += 1
        for leg in range(legs.first[place], legs.last[place]):
            target = int(legs.target[leg])
            least = problem.end_kwh if target == goal else problem.reserve_kwh
            if problem.floor_kwh is not None:
                least = max(least, problem.floor_kwh[0, target])
            enough = max(legs.required_kwh[leg] + problem.reserve_kwh, legs.net_kwh[leg] + least)
            if place >= stations:
                departures = [(charge, time)] if enough <= charge else []
            else:
                departures = _departures(offer_of[place], time, charge, enough)
            for left_kwh, left_at in departures:
                arrival = min(left_kwh - legs.net_kwh[leg], legs.cap_kwh[leg])
                there = left_at + legs.time_s[leg]
                if arrival >= least and np.isfinite(rest[target]):
                    heapq.heappush(heap, (there + rest[target], there, arrival, target))
    return Answer(np.inf, count)


def _departures(
    offer: Offer, time: float, charge: float, enough: float
) -> list[tuple[float, float]]:
    curve = offer.curve
    base = max(charge, enough)
    choices = [base, *(q for q in curve.energy_kwh.tolist() if q > base)]
    choices = [q for q in choices if q <= curve.energy_kwh[-1]]
    filled = np.interp([charge, *choices], curve.energy_kwh, curve.time_s)
    return [
        (left, time + offer.overhead_s + float(then - filled[0]))
        for left, then in zip(choices, filled[1:], strict=True)
    ]


def _driving_time(problem: Problem, goal: int) -> list[float]:
    legs = problem.legs.arrays
    into = defaultdict(list)
    for place in range(problem.legs.places):
        for leg in range(legs.first[place], legs.last[place]):
            into[int(legs.target[leg])].append((place, float(legs.time_s[leg])))
    best = [np.inf] * problem.legs.places
    best[goal] = 0.0
    heap = [(0.0, goal)]
    while heap:
        time, place = heapq.heappop(heap)
        if time > best[place]:
            continue
        for tail, leg_s in into[place]:
            if time + leg_s < best[tail]:
                best[tail] = time + leg_s
                heapq.heappush(heap, (best[tail], tail))
    return best
