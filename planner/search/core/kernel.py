"""The loop: take the label that may still cost least, settle it, leave its place in all ways.

A label is an arrival as a ramp over charge (see `planner.search.core.functions`). It holds no
points while it waits in the heap, only the part of its parent's departure ramp it stands for.
Taken from the heap it is

1. held against the labels settled at the same place and stage: what they cover is cut away;
2. asked whether one may arrive so (ADMIT): what lies below the floor is cut away;
3. settled, and turned into the ramps of the departures from its place, one for each offer and
   opening window, or one for a waypoint; the legs then make labels of the part of a ramp that can
   drive them, when their turn comes (see `planner.search.core.unfolding`), put right before if they
   were only bounded (EXACT).

The first label at the end whose cost no key in the heap undercuts is the best trip: keys are lower
bounds, and nothing is cut away but what another label does as well or better.
"""

from planner.search.core.arrivals import arrive, ask, settle, shrink, stand
from planner.search.core.compiled import compiled, kernel_only
from planner.search.core.departures import has_room, leave_station, leave_waypoint
from planner.search.core.heap import pop, push
from planner.search.core.state import (
    ASKED,
    COST,
    CUT,
    DONE,
    HEAP,
    LIMIT,
    OFFERS,
    POPPED,
    ROOM,
    ROW,
    SETTLED,
    Frame,
    LegArrays,
    Posts,
    State,
)
from planner.search.core.unfolding import unfold


@compiled
def run(legs: LegArrays, posts: Posts, frame: Frame, state: State) -> int:
    """Search until the best trip stands or something is needed; returns what (see `state`)."""
    tally, keys, entries = state.tally, state.heap_key, state.heap_entry
    while tally[HEAP] > 0:
        key, entry = keys[0], entries[0]
        if key >= state.value[COST]:
            break
        if tally[SETTLED] >= tally[LIMIT]:
            return CUT
        tally[HEAP] = pop(keys, entries, tally[HEAP])
        if entry < 0:
            needs = unfold(legs, frame, state, ~entry)
        else:
            needs = take(legs, posts, frame, state, key, entry)
        if needs != DONE:
            tally[HEAP] = push(keys, entries, tally[HEAP], key, entry)
            tally[ASKED] = entry
            return needs
    return DONE


@kernel_only
def take(legs: LegArrays, posts: Posts, frame: Frame, state: State, key: float, label: int) -> int:
    """Do one label; returns what is needed to do it, DONE where it is done."""
    if state.place[label] < frame.stations and posts.first[state.place[label]] < 0:
        return OFFERS
    n = arrive(legs, frame, state, label)
    low, high = stand(posts, frame, state, label, n)
    needs = DONE
    if frame.asks and state.place[label] < frame.stations:
        needs, low, high = ask(legs, frame, state, label, n, low, high)
    if needs == DONE and low <= high:
        return keep(legs, posts, frame, state, key, label, n, low, high)
    if needs == DONE:
        state.tally[POPPED] += 1
    return needs


@kernel_only
def keep(
    legs: LegArrays,
    posts: Posts,
    frame: Frame,
    state: State,
    key: float,
    label: int,
    n: int,
    low: float,
    high: float,
) -> int:
    """Settle what stands of a label and leave its place, unless its bound has risen by the cut."""
    tally, place = state.tally, state.place[label]
    if low > state.scratch[0, 0] or high < state.scratch[0, n - 1]:
        risen = shrink(legs, frame, state, label, low, high)
        if risen > key + frame.slack_cost:
            tally[POPPED] += 1
            tally[HEAP] = push(state.heap_key, state.heap_entry, tally[HEAP], risen, label)
            return DONE
        n = arrive(legs, frame, state, label)
    if place < frame.stations + frame.service_s.size - 1 and legs.first[place] < 0:
        return ROW
    if not has_room(legs, posts, frame, state, place, n):
        return ROOM
    tally[POPPED] += 1
    settle(frame, state, label, n)
    if place >= frame.stations:
        leave_waypoint(legs, frame, state, label, n)
    else:
        leave_station(legs, posts, frame, state, label, n)
    return DONE
