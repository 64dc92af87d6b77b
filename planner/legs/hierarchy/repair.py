"""Kernels of an update: which arcs can have changed, and their weights contracted anew.

``dirty``, ``moved`` and the like are bytes by rank or by arc. Threads only ever set them, and set
them to the same value, so that the order of the work does not show. A node of which many arcs are
dirty is worked out whole, which is then quicker; the weights are the same.
"""

# mypy: disallow-untyped-decorators=False
# (numba's decorators carry no types)

import numpy as np
from numba import njit
from numpy.typing import NDArray

from planner.legs.hierarchy.weights import contract_node

I32 = NDArray[np.int32]
U16 = NDArray[np.uint16]
U8 = NDArray[np.uint8]

MANY = 6
"""A node is worked out whole if more than one arc in so many is dirty."""


@njit(cache=True, nogil=True)
def find_arc(first: I32, head_level: U16, v: int, wanted: int) -> int:
    """Find the arc up from v whose upper end is at that level, -1 where there is none."""
    low, high = np.int64(first[v]), np.int64(first[v + 1]) - 1
    while low < high:
        middle = (low + high) >> 1
        if head_level[middle] > wanted:
            low = middle + 1
        else:
            high = middle
    return int(low) if low <= high and head_level[low] == wanted else -1


@njit(cache=True, nogil=True)
def arc_between(i: int, j: int, stop: int, first: I32, head: I32, head_level: U16) -> int:
    """Find the arc between the upper ends of two arcs of one node, whose arcs end at ``stop``.

    What lies above both ends is above the lower one: so few places are left to search.
    """
    i, j = min(i, j), max(i, j)
    x, wanted = head[i], head_level[j]
    low = np.int64(first[x]) + (j - i - 1)
    high = np.int64(first[x + 1]) - (stop - j)
    while low < high:
        middle = (low + high) >> 1
        if head_level[middle] > wanted:
            low = middle + 1
        else:
            high = middle
    return int(low)


@njit(cache=True, nogil=True)
def edge_between(
    arc: int, side: int, start: int, first_out: I32, slot_of_edge: I32, edge_weight: I32
) -> tuple[int, int]:
    """Return the least weight of the edges of a slot, which leave node ``start``, and the first."""
    least, chosen = np.int32(2**30 - 1), -1
    for edge in range(first_out[start], first_out[start + 1]):
        if slot_of_edge[edge] == 2 * arc + side and edge_weight[edge] < least:
            least, chosen = edge_weight[edge], edge
    return int(least), chosen


@njit(cache=True, nogil=True)
def contract_arc(
    arc: int,
    first: I32,
    tail: I32,
    head: I32,
    head_level: U16,
    below_first: I32,
    below_arc: I32,
    first_out: I32,
    node: I32,
    slot_of_edge: I32,
    edge_weight: I32,
    weight: I32,
) -> tuple[int, int, int, int]:
    """Return both weights of an arc, up and down, and the lower nodes its paths go through (-1)."""
    v, x = tail[arc], head[arc]
    up, _ = edge_between(arc, 0, node[v], first_out, slot_of_edge, edge_weight)
    down, _ = edge_between(arc, 1, node[x], first_out, slot_of_edge, edge_weight)
    via_up, via_down = np.int32(-1), np.int32(-1)
    other = below_first[x]
    stop = below_first[x + 1]
    search = stop - other > 16 * (below_first[v + 1] - below_first[v])
    for place in range(below_first[v], below_first[v + 1]):
        one = below_arc[place]
        u = tail[one]
        # Arcs of the same lower node stand together, that to x after that to v.
        if search:
            two = find_arc(first, head_level, u, head_level[arc])
            if two < 0:
                continue
        else:
            while other < stop and below_arc[other] <= one:
                other += 1
            if other == stop:
                break
            two = below_arc[other]
            if two >= first[u + 1]:
                continue
        reach = weight[one, 1] + weight[two, 0]
        if reach < up:
            up, via_up = np.int32(reach), u
        reach = weight[two, 1] + weight[one, 0]
        if reach < down:
            down, via_down = np.int32(reach), u
    return int(up), int(down), int(via_up), int(via_down)


@njit(cache=True, nogil=True)
def _matters(was: int, now: int, target: int) -> bool:
    """Tell whether a way that weighed ``was`` and now weighs ``now`` can change its target."""
    return (was == target and was < 2**30 - 1) or (now <= target and now < 2**30 - 1)


@njit(cache=True, nogil=True)
def _mark_above(
    arc: int,
    first: I32,
    tail: I32,
    head: I32,
    level: U16,
    old: I32,
    new: I32,
    dirty_node: U8,
    dirty: U8,
) -> None:
    """Mark the arcs that a changed arc, with another of its lower node, was or is good for."""
    v = tail[arc]
    above = np.int64(first[head[arc]])
    for other in range(first[v], first[v + 1]):
        low, high = min(arc, other), max(arc, other)
        if arc == other:
            continue
        if low == arc:
            while level[above] != level[high]:
                above += 1
            target = above
        else:
            target = arc_between(low, high, first[v + 1], first, head, level)
        if not dirty[target] and (
            _matters(old[low, 1] + old[high, 0], new[low, 1] + new[high, 0], old[target, 0])
            or _matters(old[high, 1] + old[low, 0], new[high, 1] + new[low, 0], old[target, 1])
        ):
            dirty[target] = 1
            dirty_node[head[low]] = 1


@njit(cache=True, nogil=True)
def recontract(
    nodes: I32,
    dirty_node: U8,
    dirty: U8,
    moved: U8,
    most: int,
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
    """Contract the dirty arcs of nodes again, ascending; mark what follows, and what moved.

    Gives up once more than ``most`` arcs moved.
    """
    best = np.empty((height, 2), np.int32)
    through = np.empty((height, 2), np.int32)
    count = 0
    for v in nodes:
        if not dirty_node[v]:
            continue
        if count > most:
            return
        start, stop = first[v], first[v + 1]
        if dirty[start:stop].sum() * MANY > stop - start:
            for arc in range(start, stop):
                new[arc, 0], _ = edge_between(arc, 0, node[v], first_out, slot_of_edge, edge_weight)
                new[arc, 1], _ = edge_between(
                    arc, 1, node[head[arc]], first_out, slot_of_edge, edge_weight
                )
            contract_node(
                v, first, tail, head_level, below_first, below_arc, new, via, best, through
            )
        else:
            for arc in range(start, stop):
                if dirty[arc]:
                    new[arc, 0], new[arc, 1], via[arc, 0], via[arc, 1] = contract_arc(
                        arc, first, tail, head, head_level, below_first, below_arc,
                        first_out, node, slot_of_edge, edge_weight, new,
                    )  # fmt: skip
        for arc in range(start, stop):
            if dirty[arc] and (new[arc, 0] != old[arc, 0] or new[arc, 1] != old[arc, 1]):
                moved[arc] = 1
                count += 1
                _mark_above(arc, first, tail, head, head_level, old, new, dirty_node, dirty)
