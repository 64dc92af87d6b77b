"""Arrivals: a label's points, what of them is not covered, and whether one may come so."""

import numpy as np

from planner.search.core.compiled import kernel_only
from planner.search.core.drives import bound
from planner.search.core.functions import cut, find_piece, on_piece, uncovered, value
from planner.search.core.heap import push
from planner.search.core.state import (
    ADMIT,
    ASKED_KWH,
    ASKED_S,
    DONE,
    HEAP,
    LABELS,
    NEED_LABELS,
    POINTS,
    ROOM,
    ROOT,
    SETTLED,
    Frame,
    LegArrays,
    Posts,
    State,
)

MOST_APART = 600
"""Labels settled after which one that must leave by a moment covers one that need not."""


@kernel_only
def arrive(legs: LegArrays, frame: Frame, state: State, label: int) -> int:
    """Write the points of a label into the first three rows of scratch; returns their number."""
    q, t, c = state.scratch[0], state.scratch[1], state.scratch[2]
    ramp, leg = state.ramp[label], state.leg[label]
    if ramp == ROOT:
        q[0], t[0], c[0] = state.low[label], 0.0, 0.0
        return 1
    first, last = state.ramp_first[ramp], state.ramp_last[ramp]
    low, high = state.low[label], state.high[label]
    n = cut(state.q, state.t, state.c, first, last, low, high, q, t, c)
    net, cap, drive_s = legs.net_kwh[leg], legs.cap_kwh[leg], legs.time_s[leg]
    drive_cost = drive_s * frame.weight
    for i in range(n):
        q[i] = min(q[i] - net, cap)
        t[i] += drive_s
        c[i] += drive_cost
    return n


@kernel_only
def stand(posts: Posts, frame: Frame, state: State, label: int, n: int) -> tuple[float, float]:
    """Return the charges of the label in scratch that no settled label covers (none: low > high).

    With ``lingers`` a label that may come to a later opening of the place, by staying longer
    before, is not covered by one that may not; nor one that may stay by one that must leave, unless
    so many labels are settled that only driving about to come later can be left.
    """
    q, t, c = state.scratch[0], state.scratch[1], state.scratch[2]
    low, high = q[0], q[n - 1]
    places, place = frame.floor.shape[1], state.place[label]
    mine = last_opening(posts, frame, place, state.latest[label])
    leaves = must_leave(frame, state, label, t[0], t[n - 1], high) if frame.asks else np.inf
    many = state.tally[SETTLED] > MOST_APART
    other = state.settled[state.stage[label] * places + state.place[label]]
    while other >= 0 and low <= high:
        theirs = mine
        if mine > -np.inf:
            theirs = last_opening(posts, frame, place, state.latest[other])
        if theirs >= mine and (state.leave_by[other] >= leaves or many):
            low, high = uncovered(
                q,
                t,
                c,
                n,
                low,
                high,
                state.q,
                state.t,
                state.c,
                state.begin[other],
                state.end[other],
                frame.split,
                frame.slack_cost,
            )
        other = state.next[other]
    return low, high


@kernel_only
def last_opening(posts: Posts, frame: Frame, place: int, latest: float) -> float:
    """Return the last moment up to ``latest`` at which a place opens, -inf: none.

    Of two labels that may come at the same openings, neither gains by staying longer before.
    """
    if place >= frame.stations or not frame.lingers:
        return -np.inf
    for number in range(posts.turn_last[place] - 1, posts.turn_first[place] - 1, -1):
        opens = posts.turn[number] - frame.begins_s
        if opens <= 0.0:
            break
        if opens <= latest:
            return float(opens)
    return -np.inf


@kernel_only
def must_leave(
    frame: Frame, state: State, label: int, since: float, until: float, charge: float
) -> float:
    """Until when whoever arrives from ``since`` to ``until`` must leave, as far as one rule says.

    ``charge`` is the most with which one comes.
    """
    leaves = np.inf
    record = state.admitted[state.stage[label] * frame.floor.shape[1] + state.place[label]]
    while record >= 0:
        holds = state.since[record] <= since and until < state.until[record]
        if holds and charge <= state.admitted_kwh[record] and state.admitted_s[record] > -np.inf:
            leaves = min(leaves, state.admitted_s[record])
        record = state.admitted_next[record]
    return leaves


@kernel_only
def ruled(
    frame: Frame, state: State, first: int, arrival: float, charge: float
) -> tuple[bool, float, float, float, float]:
    """Gather what admissions say of an arrival with a charge, from record ``first`` on.

    Returns whether any does, the floor, until when that holds, until when one must leave, and the
    charge from which one need not.
    """
    known, floor, until, leave_by, fuller = False, -np.inf, np.inf, np.inf, np.inf
    record = first
    while record >= 0:
        if state.since[record] > arrival:
            until = min(until, state.since[record])
        elif arrival < state.until[record]:
            known = True
            until = min(until, state.until[record])
            if state.admitted_s[record] == -np.inf:
                floor = max(floor, state.admitted_kwh[record])
            elif charge < state.admitted_kwh[record] - frame.slack_kwh:
                leave_by = min(leave_by, state.admitted_s[record])
                fuller = min(fuller, state.admitted_kwh[record])
        record = state.admitted_next[record]
    return known, floor, until, leave_by, fuller


@kernel_only
def ask(
    legs: LegArrays, frame: Frame, state: State, label: int, n: int, low: float, high: float
) -> tuple[int, float, float]:
    """Hold the label in scratch against the admissions of its station.

    Returns ADMIT where none is known for its arrival and one is to be asked for, else the part of
    it from the first charge that is admitted to the end of that admission; what arrives later, or
    so full that it may stay longer, becomes a label of its own.
    """
    q, t = state.scratch[0], state.scratch[1]
    places = frame.floor.shape[1]
    first = state.admitted[state.stage[label] * places + state.place[label]]
    while low <= high:
        arrival = value(q, t, 0, n, low)
        known, floor, until, leave_by, fuller = ruled(frame, state, first, arrival, low)
        if not known and frame.admits:
            state.value[ASKED_S], state.value[ASKED_KWH] = arrival, low
            return ADMIT, low, high
        if floor > low + frame.slack_kwh:
            low = floor
            continue
        later = find_piece(t, 0, n, until)
        at = on_piece(t, q, later, n, until)
        at = min(at if t[n - 1] >= until else np.inf, fuller)
        if low < at < high:
            if state.tally[LABELS] >= state.stage.size:
                state.tally[NEED_LABELS] = 1
                return ROOM, low, high
            push_rest(legs, frame, state, label, at, high)
            high = at
        state.leave_by[label] = leave_by
        break
    return DONE, low, high


@kernel_only
def push_rest(
    legs: LegArrays, frame: Frame, state: State, label: int, low: float, high: float
) -> None:
    """Make a label of its own of the charges from ``low`` to ``high`` of a label."""
    rest = state.tally[LABELS]
    state.tally[LABELS] += 1
    state.stage[rest], state.place[rest] = state.stage[label], state.place[label]
    state.ramp[rest], state.leg[rest] = state.ramp[label], state.leg[label]
    state.latest[rest], state.leave_by[rest] = state.latest[label], np.inf
    state.low[rest], state.high[rest] = state.low[label], state.high[label]
    key = shrink(legs, frame, state, rest, low, high)
    state.tally[HEAP] = push(state.heap_key, state.heap_entry, state.tally[HEAP], key, rest)


@kernel_only
def shrink(
    legs: LegArrays, frame: Frame, state: State, label: int, low: float, high: float
) -> float:
    """Hold a label to arrivals with ``low`` to ``high``; returns its bound."""
    net = legs.net_kwh[state.leg[label]]
    begins, ends = state.low[label], state.high[label]
    state.low[label] = min(max(begins, low + net), ends)
    state.high[label] = max(min(ends, high + net), state.low[label])
    ramp, leg, stage = state.ramp[label], state.leg[label], state.stage[label]
    return bound(legs, frame, state, ramp, leg, stage, state.low[label])


@kernel_only
def settle(frame: Frame, state: State, label: int, n: int) -> None:
    """Keep the points in scratch as the label's own, and show the label to those that follow."""
    place = state.tally[POINTS]
    state.begin[label], state.end[label] = place, place + n
    state.q[place : place + n] = state.scratch[0, :n]
    state.t[place : place + n] = state.scratch[1, :n]
    state.c[place : place + n] = state.scratch[2, :n]
    state.tally[POINTS] = place + n
    state.tally[SETTLED] += 1
    chain = state.stage[label] * frame.floor.shape[1] + state.place[label]
    state.next[label] = state.settled[chain]
    state.settled[chain] = label
