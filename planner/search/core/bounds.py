"""What the rest of a trip costs at least, from one sweep backward for each price of energy.

Let a* (`least_price`) be the least that a kWh can cost in this trip: the least, over all offers and
all y < z, of ``(fixed_cost + C(z) - C(y)) / (z - y)``, time and money together, where ``C`` is the
cost of charging from empty (see `planner.search.core.functions.charge`). For any price
0 <= p <= a*, the rest of a trip from place v with charge q costs at least

    D_p(v) - p * (q - q_end),

``D_p(v)`` being the least sum of ``weight * time + p * net`` over the legs of any way from v to the
end. For let a rest of a trip drive legs i and charge amounts x_j at its stops. No charge comes from
anywhere else and a full battery only loses some, so it arrives with at most ``q - sum(net_i) +
sum(x_j)``, and with q_end at least: ``sum(x_j) >= q_end - q + sum(net_i)``. Each stop costs
``a* x_j >= p x_j`` or more (nothing is negative, so this holds for x_j = 0 as well), hence

    cost >= sum(weight * time_i) + p * sum(x_j)
         >= sum(weight * time_i + p * net_i) - p * (q - q_end) >= D_p(v) - p * (q - q_end).

Windows, floors and waits only add to it. With several prices the greatest of the bounds holds.

A label that is still open is a ramp c(q) of arrivals with q >= low. Its last stop's overhead is
paid, so energy may cost less than a* on it, and the bound at ``low`` is none for the ramp; but

    min over q >= low of (c(q) - p * q)  +  D_p(v) + p * q_end

is, and the minimum is a suffix minimum over the points of the ramp (`functions.suffix_least`).
Cutting a ramp at its upper end or at a cap only takes choices away.

Legs that recuperate have a negative net energy. `prices` keeps p so small that ``weight * time + p
* net`` is not negative on any of them, so the sweep can be Dijkstra's; any p <= a* will do.

Source: the bound with a price of energy is from Baum et al. (2019), potential of minimum charging
time; suffix minima over open labels are ours.
"""

import numpy as np
from numpy.typing import NDArray

from planner.search.core.compiled import compiled
from planner.search.core.heap import pop, push
from planner.search.core.problem import OfferTable, Problem
from planner.search.core.state import LegArrays

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]

SHARES = (0.0, 0.5, 1.0)
"""Prices of the bounds, as shares of the greatest that may be used. D_p is concave in p, so two at
the ends and one between leave little."""


def least_price(offers: OfferTable, time_weight: float, reserve_kwh: float = 0.0) -> float:
    """Least cost of a kWh at any offer, overhead included; infinite where there is no offer."""
    overhead_s, per_stop, per_kwh, per_s = offers.figures
    fixed, rate = time_weight * overhead_s + per_stop, time_weight + per_s
    kinds = zip(
        offers.curve_of.tolist(), fixed.tolist(), rate.tolist(), per_kwh.tolist(), strict=True
    )
    least = np.inf
    for curve, paid, priced, kwh in set(kinds):
        one = offers.curves[curve]
        slope = _least_slope(one.energy_kwh, one.time_s, paid, priced, reserve_kwh)
        least = min(least, slope + kwh)
    return float(least)


@compiled
def _least_slope(energy: F64, time_s: F64, fixed: float, rate: float, reserve: float) -> float:
    """Least of (fixed + rate * (T(z) - T(y))) / (z - y) over reserve <= y < z.

    On each pair of pieces the quotient is monotone in z and in y, so it is least at breaks.
    """
    least = np.inf
    for i in range(energy.size - 1):
        if energy[i + 1] <= reserve:
            continue
        share = max(0.0, (reserve - energy[i]) / (energy[i + 1] - energy[i]))
        low = energy[i] + share * (energy[i + 1] - energy[i])
        low_s = time_s[i] + share * (time_s[i + 1] - time_s[i])
        for j in range(i + 1, energy.size):
            least = min(least, (fixed + rate * (time_s[j] - low_s)) / (energy[j] - low))
    return least


def prices(problem: Problem) -> F64:
    """Prices of the bounds, the first 0: none above a*, none that makes a leg negative."""
    assert isinstance(problem.offers, OfferTable)
    most = least_price(problem.offers, problem.time_weight, problem.reserve_kwh)
    legs = problem.legs.arrays
    gains = np.flatnonzero(legs.net_kwh[: problem.legs.size] < 0.0)
    if gains.size:
        worth = problem.time_weight * legs.time_s[gains] / -legs.net_kwh[gains]
        most = min(most, float(worth.min()))
    if not np.isfinite(most) or most <= 0.0:
        return np.zeros(1)
    return most * np.array(SHARES)


def sweep(problem: Problem, price: F64) -> F64:
    """Return D_p of each price, shape (prices, waypoints, places); infinite: no way to the end."""
    legs, stations = problem.legs.arrays, problem.offers.stations
    stages, places = len(problem.waypoints), problem.legs.places
    first, order, tails = problem.legs.backward
    service = np.array([waypoint.service_s for waypoint in problem.waypoints])
    least = np.full((price.size, stages, places), np.inf)
    for number in range(price.size):
        _sweep(
            legs,
            first,
            order,
            tails,
            stations,
            problem.time_weight,
            price[number],
            service,
            least[number],
        )
    return least


@compiled
def _sweep(
    legs: LegArrays,
    first: I64,
    order: I64,
    tail: I64,
    stations: int,
    weight: float,
    price: float,
    service_s: F64,
    least: F64,
) -> None:
    """Fill ``least`` (stages, places) from the last waypoint back, one Dijkstra for each stage."""
    stages = service_s.size
    keys = np.empty(order.size + 1)
    nodes = np.empty(order.size + 1, np.int64)
    rest = weight * service_s[stages - 1]
    least[stages - 1, stations + stages - 1] = rest
    for stage in range(stages - 2, -1, -1):
        best = least[stage]
        goal, source = stations + stage + 1, stations + stage
        size = push(keys, nodes, 0, rest, goal)
        best[goal] = rest
        while size > 0:
            key, here = keys[0], nodes[0]
            size = pop(keys, nodes, size)
            if key > best[here] or here == source:
                continue
            for number in range(first[here], first[here + 1]):
                leg = order[number]
                there = tail[leg]
                if there >= stations and there != source:
                    continue
                reach = key + weight * legs.time_s[leg] + price * legs.net_kwh[leg]
                if reach < best[there]:
                    best[there] = reach
                    size = push(keys, nodes, size, reach, there)
        best[goal] = np.inf
        rest = best[source] + weight * service_s[stage]
        best[source] = rest
