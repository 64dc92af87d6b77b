"""Kernels that walk up from a node and go down to many, by descending rank.

That order is a walk through the tree: the labels of all ancestors of the node at hand stand in one
short array by level, and need not be looked up by node.

Sources: Delling, Goldberg, Nowatzyk, Werneck: PHAST, JPDC 73 (2013), sweeps and several sources at
a time; Delling, Goldberg, Werneck: Faster Batched Shortest Paths in Road Networks, ATMOS 2011.
"""

# mypy: disallow-untyped-decorators=False
# (numba's decorators carry no types)

import numpy as np
from numba import njit
from numpy.typing import NDArray

from planner.legs.hierarchy.loads import join
from planner.legs.hierarchy.walk import climb_loads, walk

I32 = NDArray[np.int32]
U16 = NDArray[np.uint16]
F32 = NDArray[np.float32]

LANES = 64
"""Sources of a matrix that go down a selection together, their labels side by side.

Source: measured at 0.95 M nodes: 1,000 x 1,000 takes 0.29 s by 16 at a time, 0.23 by 32, 0.10 by
64."""


@njit(cache=True, nogil=True)
def sweep(
    source: int,
    source_level: int,
    height: int,
    parent: I32,
    walk_first: I32,
    walk_level: U16,
    walk_weight: I32,
    rank: I32,
    level: U16,
    first: I32,
    arc_level: U16,
    weight: I32,
    wanted: I32,
) -> I32:
    """Walk up from the source and go down the selection; the least weights of what is wanted."""
    never = np.int32(2**30 - 1)
    one = np.uint64(1)
    label = np.empty((4, height), np.int32)
    walk(
        parent, walk_first, walk_level, walk_weight, source, source_level,
        label[0], label[1], label[2], label[3],
    )  # fmt: skip
    start, node_at = label[0], label[3]
    least = np.full(height, never, np.int32)
    found = np.empty(rank.size, np.int32)
    for place in range(rank.size):
        here = level[place]
        best = never
        if here <= source_level and node_at[here] == rank[place]:
            best = start[here]
        # Unsigned, and two arcs a turn: here is where queries to many spend their time.
        arc, end = np.uint64(first[place]), np.uint64(first[place + 1])
        while arc + one < end:
            this = np.int32(least[arc_level[arc]] + weight[arc])
            that = np.int32(least[arc_level[arc + one]] + weight[arc + one])
            best = min(best, min(this, that))  # noqa: PLW3301 -- of three at once is slower
            arc += one + one
        if arc < end:
            best = min(best, np.int32(least[arc_level[arc]] + weight[arc]))
        least[here] = best
        found[place] = best
    return found[wanted]


@njit(cache=True, nogil=True)
def _loads_of(
    wanted: I32,
    found: I32,
    level: U16,
    chosen: I32,
    before: I32,
    start_load: F32,
    number: I32,
    sweep_load: F32,
    backward: bool,
) -> F32:
    """Join loads along the chosen arcs, only on the ways to what is wanted."""
    needed = np.zeros(found.size, np.bool_)
    needed[wanted] = True
    for place in range(found.size - 1, -1, -1):
        if needed[place] and before[place] >= 0:
            needed[before[place]] = True
    load = np.empty((found.size, start_load.shape[1]), np.float32)
    for place in range(found.size):
        if not needed[place]:
            continue
        if found[place] == np.int32(2**30 - 1):
            load[place] = np.float32(0.0)
        elif chosen[place] < 0:
            load[place] = start_load[level[place]]
        elif backward:
            join(sweep_load[number[chosen[place]]], load[before[place]], load[place])
        else:
            join(load[before[place]], sweep_load[number[chosen[place]]], load[place])
    return load


@njit(cache=True, nogil=True)
def sweep_loads(
    source: int,
    source_level: int,
    height: int,
    parent: I32,
    walk_first: I32,
    walk_level: U16,
    walk_weight: I32,
    rank: I32,
    level: U16,
    first: I32,
    arc_level: U16,
    weight: I32,
    wanted: I32,
    number: I32,
    walk_load: F32,
    sweep_load: F32,
    backward: bool,
) -> tuple[I32, F32]:
    """Do as `sweep`, and join the loads along the way that was chosen."""
    never = np.int32(2**30 - 1)
    columns = walk_load.shape[1]
    label = np.empty((4, height), np.int32)
    walk(
        parent, walk_first, walk_level, walk_weight, source, source_level,
        label[0], label[1], label[2], label[3],
    )  # fmt: skip
    start, node_at = label[0], label[3]
    start_load = np.empty((height, columns), np.float32)
    climb_loads(source_level, start, label[1], label[2], walk_load, backward, start_load)
    least = np.full(height, never, np.int32)
    place_at = np.empty(height, np.int32)
    found = np.empty(rank.size, np.int32)
    chosen = np.empty(rank.size, np.int32)
    before = np.empty(rank.size, np.int32)
    for place in range(rank.size):
        here = level[place]
        best = never
        if here <= source_level and node_at[here] == rank[place]:
            best = start[here]
        # Weight and place in one number, so that there is no branch to be guessed wrongly: the
        # least, and among equals the source's own label, then the first arc.
        key = np.int64(best) << 32
        step = np.int64(1)
        for arc in range(np.uint64(first[place]), np.uint64(first[place + 1])):
            key = min(key, (np.int64(least[arc_level[arc]] + weight[arc]) << 32) | step)
            step += 1
        best = np.int32(key >> 32)
        step = key & 0xFFFFFFFF
        least[here] = best
        found[place] = best
        place_at[here] = place
        chosen[place] = -1
        before[place] = -1
        if step:
            chosen[place] = first[place] + step - 1
            before[place] = place_at[arc_level[chosen[place]]]
    load = _loads_of(wanted, found, level, chosen, before, start_load, number, sweep_load, backward)
    return found[wanted], load[wanted]


@njit(cache=True, nogil=True)
def _begin(least: I32, node_at: I32, top: int, rank: I32, start: I32) -> None:
    """Copy the labels of a walk to the selected nodes among its own; both descend in rank."""
    place = 0
    for here in range(top + 1):
        node = node_at[here]
        while place < rank.size and rank[place] > node:
            place += 1
        if place == rank.size:
            return
        if rank[place] == node:
            start[place] = least[here]


@njit(cache=True, nogil=True)
def sweep_lanes(
    sources: I32,
    node_level: U16,
    height: int,
    parent: I32,
    walk_first: I32,
    walk_level: U16,
    walk_weight: I32,
    rank: I32,
    level: U16,
    first: I32,
    arc_level: U16,
    weight: I32,
    wanted: I32,
    found: I32,
) -> None:
    """Go down the selection once for up to `LANES` sources, whose labels stand side by side."""
    never = np.int32(2**30 - 1)
    lanes = sources.size
    label = np.empty((4, height), np.int32)
    start = np.full((rank.size, LANES), never, np.int32)
    for lane in range(lanes):
        top = node_level[sources[lane]]
        walk(
            parent, walk_first, walk_level, walk_weight, sources[lane], top,
            label[0], label[1], label[2], label[3],
        )  # fmt: skip
        _begin(label[0], label[3], top, rank, start[:, lane])
    least = np.full((height, LANES), never, np.int32)
    for place in range(rank.size):
        here = level[place]
        best = start[place]
        for arc in range(first[place], first[place + 1]):
            above = least[arc_level[arc]]
            cost = weight[arc]
            for lane in range(LANES):
                best[lane] = min(best[lane], np.int32(above[lane] + cost))
        least[here] = best
    for target in range(wanted.size):
        for lane in range(lanes):
            found[lane, target] = start[wanted[target], lane]


@njit(cache=True, nogil=True)
def sweep_all(
    source: int,
    source_level: int,
    height: int,
    parent: I32,
    node_level: U16,
    node: I32,
    walk_first: I32,
    walk_level: U16,
    walk_weight: I32,
    first: I32,
    level: U16,
    weight: I32,
) -> I32:
    """Walk up from the source and go down the whole tree; least weights by node of the graph."""
    never = np.int32(2**30 - 1)
    one = np.uint64(1)
    label = np.empty((4, height), np.int32)
    walk(
        parent, walk_first, walk_level, walk_weight, source, source_level,
        label[0], label[1], label[2], label[3],
    )  # fmt: skip
    start, node_at = label[0], label[3]
    least = np.full(height, never, np.int32)
    found = np.empty(node.size, np.int32)
    for v in range(node.size - 1, -1, -1):
        here = node_level[v]
        best = never
        if here <= source_level and node_at[here] == v:
            best = start[here]
        # Unsigned, and two arcs a turn: here is where queries to many spend their time.
        arc, end = np.uint64(first[v]), np.uint64(first[v + 1])
        while arc + one < end:
            this = np.int32(least[level[arc]] + weight[arc])
            that = np.int32(least[level[arc + one]] + weight[arc + one])
            best = min(best, min(this, that))  # noqa: PLW3301 -- of three at once is slower
            arc += one + one
        if arc < end:
            best = min(best, np.int32(least[level[arc]] + weight[arc]))
        least[here] = best
        found[node[v]] = best
    return found
