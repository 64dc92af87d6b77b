"""Which part of a departure ramp can make a leg, and what a trip that does must cost at least.

A leg takes ``min(q - net, cap)`` out of q, if ``q >= required``. So the departures that can make it
and arrive above the floor are those from ``max(required + reserve, net + floor)`` on; those above
``cap + net`` arrive with the same charge, later and for more, and are left out.
"""

import numpy as np

from planner.search.core.compiled import kernel_only
from planner.search.core.functions import find_piece, on_piece, suffix_least, value
from planner.search.core.state import POINTS, RAMPS, Frame, LegArrays, State


@kernel_only
def drive(
    legs: LegArrays, frame: Frame, state: State, ramp: int, leg: int, stage: int
) -> tuple[float, float, float]:
    """Return the departures of a ramp that can make a leg, and the least they may cost in all.

    ``stage`` is that of the departure. An infinite bound says that none can.
    """
    first, last = state.ramp_first[ramp], state.ramp_last[ramp]
    target, net, cap = legs.target[leg], legs.net_kwh[leg], legs.cap_kwh[leg]
    floor = max(frame.floor[stage, target], frame.reserve_kwh)
    most = state.q[last - 1]
    low = max(state.q[first], legs.required_kwh[leg] + frame.reserve_kwh, net + floor)
    if low > most + frame.slack_kwh or cap < floor - frame.slack_kwh:
        return low, most, np.inf
    low = min(low, most)
    high = max(low, min(most, cap + net))
    reached = stage
    if target >= frame.stations:
        reached = stage + 1
        leaves = value(state.q, state.t, first, last, low)
        if leaves + legs.time_s[leg] > frame.closes[reached]:
            return low, high, np.inf
    return low, high, bound(legs, frame, state, ramp, leg, reached, low)


@kernel_only
def bound(
    legs: LegArrays, frame: Frame, state: State, ramp: int, leg: int, stage: int, low: float
) -> float:
    """Least that a trip may cost that takes a leg with ``low`` or more of a ramp.

    ``stage`` is that of the arrival. See `planner.search.core.bounds` for why.
    """
    first, last = state.ramp_first[ramp], state.ramp_last[ramp]
    target, net = legs.target[leg], legs.net_kwh[leg]
    piece = find_piece(state.q, first, last, low)
    cost = on_piece(state.q, state.c, piece, last, low)
    rest = -np.inf
    for number in range(frame.price.size):
        price = frame.price[number]
        least = cost - price * low
        if piece + 1 < last:
            least = min(least, state.least[number, piece + 1])
        rest = max(rest, least + price * net + frame.ahead[number, stage, target])
    return float(rest + legs.time_s[leg] * frame.weight)


@kernel_only
def add_ramp(frame: Frame, state: State, label: int, offer: int, closes: float, end: int) -> int:
    """Keep the points written from ``tally[POINTS]`` to ``end`` as a ramp of departures."""
    ramp, first = state.tally[RAMPS], state.tally[POINTS]
    state.ramp_first[ramp], state.ramp_last[ramp] = first, end
    state.ramp_label[ramp], state.ramp_offer[ramp] = label, offer
    state.ramp_closes[ramp] = closes
    for number in range(frame.price.size):
        suffix_least(state.q, state.c, first, end, frame.price[number], state.least[number])
    state.tally[RAMPS], state.tally[POINTS] = ramp + 1, end
    return int(ramp)
