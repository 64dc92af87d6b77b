"""Departures: from a waypoint after its service, from a station after each way to charge."""

import numpy as np
from numpy.typing import NDArray

from planner.search.core.compiled import kernel_only
from planner.search.core.drives import add_ramp
from planner.search.core.functions import (
    charge,
    close,
    cut,
    end_of,
    find_piece,
    on_piece,
    start,
    step,
)
from planner.search.core.state import (
    BEST,
    COST,
    NEED_LABELS,
    NEED_POINTS,
    NEED_RAMPS,
    NEED_WAYS,
    POINTS,
    RAMPS,
    WAYS,
    Frame,
    LegArrays,
    Posts,
    State,
)
from planner.search.core.unfolding import add_and_leave, leave

F64 = NDArray[np.float64]


@kernel_only
def has_room(legs: LegArrays, posts: Posts, frame: Frame, state: State, place: int, n: int) -> bool:
    """Say whether the arrays hold whatever leaving a place may make; if not, what is needed."""
    points, ramps = 2 * n + 4, 1
    if place < frame.stations:
        for offer in range(posts.first[place], posts.last[place]):
            curve = posts.curve[offer]
            breaks = posts.curve_first[curve + 1] - posts.curve_first[curve]
            windows = posts.window_first[offer + 1] - posts.window_first[offer]
            choices = n + 1 + breaks
            if frame.split:
                points += windows * (choices * (breaks + 2) + n + 3)
                ramps += windows * (choices + 1)
            else:
                points += windows * (3 * choices + n + 5)
                ramps += 2 * windows
    row = max(0, legs.last[place] - legs.first[place])
    tally = state.tally
    tally[NEED_POINTS], tally[NEED_RAMPS] = points, ramps
    tally[NEED_WAYS], tally[NEED_LABELS] = row, 0
    return bool(
        tally[POINTS] + points <= state.q.size
        and tally[RAMPS] + ramps <= state.ramp_first.size
        and tally[WAYS] + row <= state.way.size
    )


@kernel_only
def leave_waypoint(legs: LegArrays, frame: Frame, state: State, label: int, n: int) -> None:
    """Wait for a waypoint's window, serve it, and go on; at the last one the trip is done."""
    stage, place = state.stage[label], state.tally[POINTS]
    arrived, begun = state.scratch[:3], state.scratch[3:]
    opens = frame.opens[stage]
    waits = True
    n = start(
        arrived[0],
        arrived[1],
        arrived[2],
        n,
        opens,
        waits,
        frame.weight,
        begun[0],
        begun[1],
        begun[2],
    )
    for i in range(n):
        state.q[place + i] = state.y[place + i] = begun[0, i]
        state.t[place + i], state.c[place + i] = begun[1, i], begun[2, i]
    end = close(state.q, state.t, state.c, state.y, place, place + n, frame.closes[stage])
    if end == place:
        return
    service_s = frame.service_s[stage]
    for i in range(place, end):
        state.t[i] += service_s
        state.c[i] += frame.weight * service_s
    ramp = add_ramp(frame, state, label, -1, frame.patience, end)
    if stage + 1 < frame.service_s.size:
        leave(legs, frame, state, ramp)
    elif state.c[place] < state.value[COST]:
        state.value[COST] = state.c[place]
        state.tally[BEST] = ramp


@kernel_only
def leave_station(
    legs: LegArrays, posts: Posts, frame: Frame, state: State, label: int, n: int
) -> None:
    """Charge at each offer of a station, in each of its windows, and go on."""
    station = state.place[label]
    arrived, begun = state.scratch[:3], state.scratch[3:]
    for offer in range(posts.first[station], posts.last[station]):
        for window in range(posts.window_first[offer], posts.window_first[offer + 1]):
            opens = posts.opens[window] - frame.begins_s
            waits = posts.waits[offer] or opens <= max(state.latest[label], 0.0)
            m = start(
                arrived[0],
                arrived[1],
                arrived[2],
                n,
                opens,
                waits,
                frame.weight,
                begun[0],
                begun[1],
                begun[2],
            )
            if m == 0:
                continue
            if frame.split:
                split(legs, posts, frame, state, label, offer, window, m)
            else:
                closes = closing(posts, frame, state, label, window)
                end = fill(posts, frame, state, offer, closes, begun, m)
                add_and_leave(legs, frame, state, label, offer, closes, end)
                top = posts.energy_kwh[posts.curve_first[posts.curve[offer] + 1] - 1]
                if begun[0, m - 1] > top:
                    touch(legs, posts, frame, state, label, offer, closes, m, top)


@kernel_only
def closing(posts: Posts, frame: Frame, state: State, label: int, window: int) -> float:
    """Until when one must have left who stops in a window."""
    return float(min(posts.closes[window] - frame.slack_s - frame.begins_s, state.leave_by[label]))


@kernel_only
def fill(
    posts: Posts, frame: Frame, state: State, offer: int, closes: float, begun: F64, n: int
) -> int:
    """Write the departures after charging at an offer; returns the place after the last point."""
    curve = posts.curve[offer]
    return charge(
        begun[0],
        begun[1],
        begun[2],
        n,
        posts.energy_kwh,
        posts.time_s,
        posts.curve_first[curve],
        posts.curve_first[curve + 1],
        posts.rate[offer],
        posts.per_kwh[offer],
        posts.overhead_s[offer],
        posts.fixed_cost[offer],
        closes,
        frame.slack_cost,
        state.q,
        state.t,
        state.c,
        state.y,
        state.tally[POINTS],
    )


@kernel_only
def split(
    legs: LegArrays,
    posts: Posts,
    frame: Frame,
    state: State,
    label: int,
    offer: int,
    window: int,
    n: int,
) -> None:
    """Charge from each arrival charge worth it, where time and money count apart.

    What is cheapest need not be soonest then, and one ramp cannot be both. Each break of the
    arrival or of the curve is a ramp of its own, unless a break below it is better in both.
    """
    begun = state.scratch[3:]
    curve, closes = posts.curve[offer], closing(posts, frame, state, label, window)
    first, last = posts.curve_first[curve], posts.curve_first[curve + 1]
    rate, per_kwh = posts.rate[offer], posts.per_kwh[offer]
    i, k = 0, find_piece(posts.energy_kwh, first, last, begun[0, 0])
    here, top = begun[0, 0], min(begun[0, n - 1], posts.energy_kwh[last - 1])
    least_t = np.inf
    least_c = np.inf
    single = state.scratch[:3, state.scratch.shape[1] - 1 :]
    while here <= top:
        filled_s = on_piece(posts.energy_kwh, posts.time_s, k, last, here)
        here_t, here_c = (
            on_piece(begun[0], begun[1], i, n, here),
            on_piece(begun[0], begun[2], i, n, here),
        )
        height_t, height_c = here_t - filled_s, here_c - rate * filled_s - per_kwh * here
        if height_t < least_t - frame.slack_cost or height_c < least_c - frame.slack_cost:
            least_t, least_c = min(least_t, height_t), min(least_c, height_c)
            single[0, 0], single[1, 0], single[2, 0] = here, here_t, here_c
            end = fill(posts, frame, state, offer, closes, single, 1)
            add_and_leave(legs, frame, state, label, offer, closes, end)
        if here >= top:
            break
        i = step(begun[0], i, n, here)
        k = step(posts.energy_kwh, k, last, here)
        after = end_of(begun[0], i, n, here, top)
        after = end_of(posts.energy_kwh, k, last, here, after)
        here = after
    touch(legs, posts, frame, state, label, offer, closes, n, begun[0, 0])


@kernel_only
def touch(
    legs: LegArrays,
    posts: Posts,
    frame: Frame,
    state: State,
    label: int,
    offer: int,
    closes: float,
    n: int,
    low: float,
) -> None:
    """Stop at an offer with ``low`` or more and charge nothing.

    This is for those who come with more than the offer charges to, and for legs that lead on only
    by way of a station; so that more charge is never worse.
    """
    place, begun = state.tally[POINTS], state.scratch[3:]
    high = begun[0, n - 1]
    if low > high:
        return
    q, t, c = state.q[place:], state.t[place:], state.c[place:]
    made = cut(begun[0], begun[1], begun[2], 0, n, max(low, begun[0, 0]), high, q, t, c)
    for i in range(place, place + made):
        state.y[i] = state.q[i]
        state.t[i] += posts.overhead_s[offer]
        state.c[i] += posts.fixed_cost[offer]
    end = close(state.q, state.t, state.c, state.y, place, place + made, closes)
    add_and_leave(legs, frame, state, label, offer, closes, end)
