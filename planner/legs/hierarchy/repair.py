"""Kernels of an update: which nodes can have changed, and their weights worked out anew.

``dirty``, ``moved`` and the like are bytes by rank. Threads only ever set them, and set them to the
same value, so that the order of the work does not show.
"""

# mypy: disallow-untyped-decorators=False
# (numba's decorators carry no types)

import numpy as np
from numba import njit
from numpy.typing import NDArray

from planner.legs.hierarchy.weights import contract_node, shorten_node

I32 = NDArray[np.int32]
U16 = NDArray[np.uint16]
U8 = NDArray[np.uint8]


@njit(cache=True, nogil=True)
def reset_node(
    v: int,
    first: I32,
    head: I32,
    first_out: I32,
    node: I32,
    slot_of_edge: I32,
    edge_weight: I32,
    weight: I32,
) -> None:
    """Put the slots of the arcs up from v back to the weights of their edges."""
    weight[first[v] : first[v + 1]] = np.int32(2**30 - 1)
    slots = weight.reshape(-1)
    for edge in range(first_out[node[v]], first_out[node[v] + 1]):
        slot = slot_of_edge[edge]
        if slot >= 0 and first[v] <= slot >> 1 < first[v + 1]:
            slots[slot] = min(slots[slot], edge_weight[edge])
    for arc in range(first[v], first[v + 1]):
        other = node[head[arc]]
        for edge in range(first_out[other], first_out[other + 1]):
            if slot_of_edge[edge] == 2 * arc + 1:
                weight[arc, 1] = min(weight[arc, 1], edge_weight[edge])


@njit(cache=True, nogil=True)
def find_arc(first: I32, head_level: U16, v: int, wanted: int) -> int:
    """Find the arc up from v whose upper end is at that level; it must be there."""
    low, high = first[v], first[v + 1] - 1
    while low < high:
        middle = (low + high) >> 1
        if head_level[middle] > wanted:
            low = middle + 1
        else:
            high = middle
    return int(low)


@njit(cache=True, nogil=True)
def _matters(was: int, now: int, target: int) -> bool:
    """Tell whether a way that weighed ``was`` and now weighs ``now`` can change its target."""
    return (was < 2**30 - 1 and was == target) or (now < 2**30 - 1 and now <= target)


@njit(cache=True, nogil=True)
def _mark_above(
    arc: int,
    start: int,
    stop: int,
    first: I32,
    head: I32,
    level: U16,
    old: I32,
    new: I32,
    dirty: U8,
) -> None:
    """Mark the nodes that have an arc which a changed arc, with others of its node, can change."""
    for other in range(start, stop):
        low, high = min(arc, other), max(arc, other)
        x = head[low]
        if arc == other or dirty[x]:
            continue
        target = find_arc(first, level, x, level[high])
        if _matters(
            old[low, 1] + old[high, 0], new[low, 1] + new[high, 0], old[target, 0]
        ) or _matters(old[high, 1] + old[low, 0], new[high, 1] + new[low, 0], old[target, 1]):
            dirty[x] = 1


@njit(cache=True, nogil=True)
def recontract(
    nodes: I32,
    dirty: U8,
    moved: U8,
    first: I32,
    tail: I32,
    head: I32,
    head_level: U16,
    below_first: I32,
    below_arc: I32,
    height: int,
    first_out: I32,
    node: I32,
    slot_of_edge: I32,
    edge_weight: I32,
    old: I32,
    new: I32,
    via: I32,
) -> None:
    """Contract the dirty nodes again, ascending; mark what follows from a change, and the moved."""
    best = np.empty((height, 2), np.int32)
    through = np.empty((height, 2), np.int32)
    for v in nodes:
        if not dirty[v]:
            continue
        reset_node(v, first, head, first_out, node, slot_of_edge, edge_weight, new)
        contract_node(v, first, tail, head_level, below_first, below_arc, new, via, best, through)
        for arc in range(first[v], first[v + 1]):
            if new[arc, 0] != old[arc, 0] or new[arc, 1] != old[arc, 1]:
                moved[v] = 1
                _mark_above(arc, first[v], first[v + 1], first, head, head_level, old, new, dirty)


@njit(cache=True, nogil=True)
def _shorter_or_used(i: int, j: int, k: int, least: I32, old: I32, new: I32) -> bool:
    """Tell whether arc k between the upper ends of i and j, once changed, can change i or j.

    ``least`` are the shortest weights of i and j as they were, ``old`` and ``new`` those of k.
    """
    up, down = new[k, 0], new[k, 1]
    was_up, was_down = old[k, 0], old[k, 1]
    if up != was_up:
        if least[i, 0] + was_up == least[j, 0] or least[i, 0] + up < least[j, 0]:
            return True
        if was_up + least[j, 1] == least[i, 1] or up + least[j, 1] < least[i, 1]:
            return True
    if down != was_down:
        if least[j, 0] + was_down == least[i, 0] or least[j, 0] + down < least[i, 0]:
            return True
        if was_down + least[i, 1] == least[j, 1] or down + least[i, 1] < least[j, 1]:
            return True
    return False


@njit(cache=True, nogil=True)
def _needs_shortening(
    v: int,
    first: I32,
    head: I32,
    head_level: U16,
    old: I32,
    new: I32,
    changed_arc: I32,
    changed_count: I32,
    owner: I32,
    arc_at: I32,
) -> bool:
    """Tell whether a changed arc among the upper neighbours of v can change one of its own."""
    listed = False
    for arc in range(first[v], first[v + 1]):
        x = head[arc]
        if not changed_count[x]:
            continue
        if not listed:
            listed = True
            for mine in range(first[v], first[v + 1]):
                owner[head_level[mine]] = v
                arc_at[head_level[mine]] = mine
        for place in range(first[x], first[x] + changed_count[x]):
            above = changed_arc[place]
            level = head_level[above]
            if owner[level] == v and _shorter_or_used(arc, arc_at[level], above, old, old, new):
                return True
    return False


@njit(cache=True, nogil=True)
def reshorten(
    nodes: I32,
    moved: U8,
    contracted: I32,
    first: I32,
    head: I32,
    head_level: U16,
    height: int,
    old: I32,
    new: I32,
    changed_arc: I32,
    changed_count: I32,
) -> None:
    """Shorten again, descending, the nodes that moved or lie below a change that matters.

    The changed arcs of v are ``changed_arc[first[v]:first[v] + changed_count[v]]``.
    """
    best = np.empty((height, 2), np.int32)
    owner = np.full(height, -1, np.int32)
    seen = np.full(height, -1, np.int32)
    arc_at = np.empty(height, np.int32)
    for place in range(nodes.size - 1, -1, -1):
        v = nodes[place]
        if not moved[v] and not _needs_shortening(
            v, first, head, head_level, old, new, changed_arc, changed_count, seen, arc_at
        ):
            continue
        new[first[v] : first[v + 1]] = contracted[first[v] : first[v + 1]]
        shorten_node(v, first, head, head_level, new, best, owner)
        count = 0
        for arc in range(first[v], first[v + 1]):
            if new[arc, 0] != old[arc, 0] or new[arc, 1] != old[arc, 1]:
                changed_arc[first[v] + count] = arc
                count += 1
        changed_count[v] = count
