"""Leaving a place: the legs of a ramp become labels one after another, the most promising first.

A ramp could make a label of each leg at once, but most of them would never be taken from the heap.
So the heap holds one entry for the ramp itself: what a trip by the best leg left costs at least.
When that is least of all, the leg becomes a label, and the ramp goes back with the next one.

All ramps of a place go through its legs in one order. At the greatest price p of the bounds (see
`planner.search.core.bounds`) a trip by leg l costs at least

    min over q of (c(q) - p * q)  +  weight * time_l + p * net_l + D_p(target of l),

of which only the first part is the ramp's own; the label's own bound, at all prices and for the
charges that can drive the leg, is no less. Legs of which only bounds are known stand where these
put them; when the turn of the first one comes, it and those behind it are put right and sorted
anew. No ramp of the place is beyond it, so what they all have passed stays as it is.

Source: Yoshizumi, Miura, Ishida: A* with Partial Expansion for Large Branching Factor Problems
(AAAI 2000).
"""

import numpy as np

from planner.search.core.compiled import compiled, kernel_only
from planner.search.core.drives import add_ramp, drive
from planner.search.core.heap import push
from planner.search.core.state import (
    COST,
    DONE,
    EXACT,
    HEAP,
    LABELS,
    NEED_LABELS,
    POINTS,
    ROOM,
    WAYS,
    Frame,
    LegArrays,
    State,
)


@kernel_only
def sort_ways(legs: LegArrays, frame: Frame, state: State, place: int, stage: int) -> None:
    """Write down the legs that lead on from a place in a stage, the most promising first."""
    chain = stage * frame.floor.shape[1] + place
    if state.way_first[chain] >= 0:
        return
    following = frame.stations + stage + 1
    first = end = state.tally[WAYS]
    for leg in range(legs.first[place], legs.last[place]):
        target = legs.target[leg]
        if target == place or (target >= frame.stations and target != following):
            continue
        if frame.floor[stage, target] < np.inf:
            state.way[end] = leg
            end += 1
    state.way_first[chain] = first
    state.way_last[chain] = sort_rest(legs, frame, state, stage, first, end)
    state.tally[WAYS] = end


@kernel_only
def sort_rest(
    legs: LegArrays, frame: Frame, state: State, stage: int, first: int, last: int
) -> int:
    """Sort the ways from ``first`` to ``last``; where those end that lead anywhere."""
    price, ahead = frame.price[frame.price.size - 1], frame.ahead[frame.price.size - 1]
    end = first
    for way in range(first, last):
        leg = state.way[way]
        target = legs.target[leg]
        reached = stage + 1 if target >= frame.stations else stage
        rest = legs.time_s[leg] * frame.weight + price * legs.net_kwh[leg] + ahead[reached, target]
        if rest < np.inf:
            state.way[end], state.rest[end] = leg, rest
            end += 1
    order = np.argsort(state.rest[first:end], kind="mergesort")
    state.way[first:end] = state.way[first:end][order]
    state.rest[first:end] = state.rest[first:end][order]
    return end


@compiled
def sort_anew(legs: LegArrays, frame: Frame, state: State, ramp: int) -> None:
    """Sort the ways that are left to a ramp, some of which have been put right."""
    label = state.ramp_label[ramp]
    stage = state.stage[label]
    chain = stage * frame.floor.shape[1] + state.place[label]
    first, last = state.ramp_next[ramp], state.way_last[chain]
    state.way_last[chain] = sort_rest(legs, frame, state, stage, first, last)


@kernel_only
def leave(legs: LegArrays, frame: Frame, state: State, ramp: int) -> None:
    """Put a ramp into the heap, with the best of its legs to come."""
    label = state.ramp_label[ramp]
    place, stage = state.place[label], state.stage[label]
    sort_ways(legs, frame, state, place, stage)
    state.ramp_next[ramp] = state.way_first[stage * frame.floor.shape[1] + place]
    put_back(frame, state, ramp)


@kernel_only
def next_key(frame: Frame, state: State, ramp: int) -> float:
    """Least that a trip by the next leg of a ramp may cost; infinite: no leg is left."""
    label, way = state.ramp_label[ramp], state.ramp_next[ramp]
    if way >= state.way_last[state.stage[label] * frame.floor.shape[1] + state.place[label]]:
        return np.inf
    return float(state.least[frame.price.size - 1, state.ramp_first[ramp]] + state.rest[way])


@kernel_only
def put_back(frame: Frame, state: State, ramp: int) -> None:
    """Put a ramp into the heap, unless no leg that is left may be part of a cheaper trip."""
    key = next_key(frame, state, ramp)
    if key < state.value[COST]:
        state.tally[HEAP] = push(state.heap_key, state.heap_entry, state.tally[HEAP], key, ~ramp)


@kernel_only
def unfold(legs: LegArrays, frame: Frame, state: State, ramp: int) -> int:
    """Make labels of the next legs of a ramp, as long as nothing in the heap is as promising."""
    tally = state.tally
    stage = state.stage[state.ramp_label[ramp]]
    while True:
        following = next_key(frame, state, ramp)
        if following == np.inf or (tally[HEAP] > 0 and following > state.heap_key[0]):
            put_back(frame, state, ramp)
            return DONE
        if tally[LABELS] >= state.stage.size:
            tally[NEED_LABELS] = 1
            return ROOM
        leg = state.way[state.ramp_next[ramp]]
        if not legs.exact[leg]:
            return EXACT
        state.ramp_next[ramp] += 1
        low, high, key = drive(legs, frame, state, ramp, leg, stage)
        if key < state.value[COST]:
            add_label(legs, frame, state, ramp, leg, stage, low, high, key)


@kernel_only
def add_label(
    legs: LegArrays,
    frame: Frame,
    state: State,
    ramp: int,
    leg: int,
    stage: int,
    low: float,
    high: float,
    key: float,
) -> None:
    """Make a label of the departures from ``low`` to ``high`` of a ramp that take a leg."""
    target, label = legs.target[leg], state.tally[LABELS]
    state.tally[LABELS] = label + 1
    state.stage[label] = stage + 1 if target >= frame.stations else stage
    state.place[label], state.ramp[label], state.leg[label] = target, ramp, leg
    state.low[label], state.high[label] = low, high
    state.latest[label] = state.ramp_closes[ramp] + legs.time_s[leg]
    state.leave_by[label] = np.inf
    state.tally[HEAP] = push(state.heap_key, state.heap_entry, state.tally[HEAP], key, label)


@kernel_only
def add_and_leave(
    legs: LegArrays, frame: Frame, state: State, label: int, offer: int, closes: float, end: int
) -> None:
    """Keep the ramp just written, if it has points, and go on."""
    if end > state.tally[POINTS]:
        leave(legs, frame, state, add_ramp(frame, state, label, offer, closes, end))
