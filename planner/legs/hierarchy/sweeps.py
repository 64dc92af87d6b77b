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

LANES = 16
"""Sources of a matrix that go down a selection together: their labels are one line of cache."""


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
        for arc in range(first[place], first[place + 1]):
            best = min(best, np.int32(least[arc_level[arc]] + weight[arc]))
        least[here] = best
        found[place] = best
    return found[wanted]


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
    load = np.zeros((height, columns), np.float32)
    found = np.empty(rank.size, np.int32)
    found_load = np.zeros((rank.size, columns), np.float32)
    for place in range(rank.size):
        here = level[place]
        best = never
        chosen = -1
        if here <= source_level and node_at[here] == rank[place]:
            best = start[here]
        for arc in range(first[place], first[place + 1]):
            reach = np.int32(least[arc_level[arc]] + weight[arc])
            if reach < best:
                best = reach
                chosen = arc
        least[here] = best
        found[place] = best
        if best < never:
            if chosen < 0:
                load[here] = start_load[here]
            elif backward:
                join(sweep_load[number[chosen]], load[arc_level[chosen]], load[here])
            else:
                join(load[arc_level[chosen]], sweep_load[number[chosen]], load[here])
            found_load[place] = load[here]
    return found[wanted], found_load[wanted]


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
    """Go down the selection once for up to sixteen sources, whose labels stand side by side."""
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
        for arc in range(first[v], first[v + 1]):
            best = min(best, np.int32(least[level[arc]] + weight[arc]))
        least[here] = best
        found[node[v]] = best
    return found
