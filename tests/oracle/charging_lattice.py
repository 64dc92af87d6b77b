"""The best trip by Dijkstra over (stage, place, whole charge): charging goes up one step at a time.

Exact where all charges of a problem are whole numbers and nothing depends on the clock: for a
given order of legs the cost is a sum of functions of one departure charge each, linear between
whole numbers, and each constraint bounds one charge or the difference of two by a whole number. In
each cell that is a linear programme with a totally unimodular matrix, so its best corner is whole.
Nothing is assumed of the shape of the charging curves.
"""

import heapq

import numpy as np

from planner.search.core.problem import Problem

Node = tuple[int, int, int, int]
"""Stage, place, offer (-1: only arrived), charge."""


def least_cost(problem: Problem) -> float:
    """Cost of the best trip; infinite if there is none."""
    stations = problem.offers.stations
    last = len(problem.waypoints) - 1
    start: Node = (0, stations, -1, int(problem.start.charge_kwh))
    best = {start: 0.0}
    heap = [(0.0, start)]
    done = set()
    while heap:
        cost, node = heapq.heappop(heap)
        if node in done:
            continue
        done.add(node)
        if node[0] == last and node[1] == stations + last:
            return cost + problem.time_weight * problem.waypoints[last].service_s
        for price, after in _moves(problem, node):
            total = cost + price
            if total < best.get(after, np.inf):
                best[after] = total
                heapq.heappush(heap, (total, after))
    return np.inf


def _moves(problem: Problem, node: Node):
    stage, place, offer, charge = node
    weight = problem.time_weight
    if place >= problem.offers.stations:
        served = weight * problem.waypoints[stage].service_s
        yield from ((served + cost, after) for cost, after in _drives(problem, node))
    elif offer < 0:
        for number, one in enumerate(problem.offers.offers):
            if one.station == place:
                fixed = weight * one.overhead_s + one.per_stop
                yield fixed, (stage, place, number, charge)
    else:
        one = problem.offers.offers[offer]
        if charge + 1 <= one.curve.energy_kwh[-1]:
            before, after = np.interp((charge, charge + 1), one.curve.energy_kwh, one.curve.time_s)
            step = (weight + one.per_s) * (after - before) + one.per_kwh
            yield step, (stage, place, offer, charge + 1)
        yield from _drives(problem, node)


def _drives(problem: Problem, node: Node):
    stage, place, _, charge = node
    legs, stations = problem.legs.arrays, problem.offers.stations
    for leg in range(legs.first[place], legs.last[place]):
        target = int(legs.target[leg])
        if target >= stations and target != stations + stage + 1:
            continue
        if charge < legs.required_kwh[leg] + problem.reserve_kwh:
            continue
        arrival = min(charge - legs.net_kwh[leg], legs.cap_kwh[leg])
        if arrival < least_arrival(problem, stage, target):
            continue
        reached = stage + (target >= stations)
        yield problem.time_weight * legs.time_s[leg], (reached, target, -1, int(arrival))


def least_arrival(problem: Problem, stage: int, target: int) -> float:
    """Least charge with which one may arrive at a place in a stage."""
    least = problem.reserve_kwh
    if problem.floor_kwh is not None:
        least = max(least, float(problem.floor_kwh[stage, target]))
    if target == problem.offers.stations + len(problem.waypoints) - 1:
        least = max(least, problem.end_kwh)
    return least
