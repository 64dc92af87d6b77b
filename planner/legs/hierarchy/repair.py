"""Kernels of an update: which arcs can have changed, and their weights worked out anew.

``dirty``, ``moved`` and the like are bytes by rank or by arc. Threads only ever set them, and set
them to the same value, so that the order of the work does not show. A node of which many arcs are
dirty is worked out whole, which is then quicker; the weights are the same.
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
            target = find_arc(first, level, head[low], level[high])
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


@njit(cache=True, nogil=True)
def _between(i: int, j: int, first: I32, head: I32, head_level: U16) -> int:
    """Find the arc between the upper ends of two arcs of one node."""
    low, high = min(i, j), max(i, j)
    return int(find_arc(first, head_level, head[low], head_level[high]))


@njit(cache=True, nogil=True)
def _better(was: int, now: int, least: int) -> bool:
    """Tell whether a way was as good as the shortest, or is better now."""
    return was == least or now < least


@njit(cache=True, nogil=True)
def _helps(was: int, now: int, rest: int, least: int) -> bool:
    """Tell whether an arc that changed was, or now is, part of a shortest way."""
    return was != now and (was + rest == least or now + rest < least)


@njit(cache=True, nogil=True)
def _follow_moved(
    v: int,
    first: I32,
    head: I32,
    head_level: U16,
    moved: U8,
    was: I32,
    now: I32,
    old: I32,
    new: I32,
    dirty: U8,
) -> None:
    """Mark arcs of v that a moved arc, then an arc above, was or is the shortest way for.

    ``was`` and ``now`` are contracted weights, ``old`` and ``new`` shortest ones.
    """
    for i in range(first[v], first[v + 1]):
        if not moved[i]:
            continue
        dirty[i] = 1
        for j in range(first[v], first[v + 1]):
            if i == j or dirty[j]:
                continue
            k = _between(i, j, first, head, head_level)
            forth, back = (0, 1) if i < j else (1, 0)
            if _better(was[i, 0] + old[k, forth], now[i, 0] + new[k, forth], old[j, 0]) or _better(
                old[k, back] + was[i, 1], new[k, back] + now[i, 1], old[j, 1]
            ):
                dirty[j] = 1


@njit(cache=True, nogil=True)
def _follow_above(
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
    dirty: U8,
) -> None:
    """Mark arcs of v that a changed arc between its upper neighbours was or is good for."""
    for arc in range(first[v], first[v + 1]):
        owner[head_level[arc]] = v
        arc_at[head_level[arc]] = arc
    for i in range(first[v], first[v + 1]):
        x = head[i]
        for place in range(first[x], first[x] + changed_count[x]):
            k = changed_arc[place]
            level = head_level[k]
            if owner[level] == v:
                j = arc_at[level]
                dirty[i] |= _helps(old[k, 0], new[k, 0], old[j, 1], old[i, 1])
                dirty[j] |= _helps(old[k, 0], new[k, 0], old[i, 0], old[j, 0])
                dirty[i] |= _helps(old[k, 1], new[k, 1], old[j, 0], old[i, 0])
                dirty[j] |= _helps(old[k, 1], new[k, 1], old[i, 1], old[j, 1])


@njit(cache=True, nogil=True)
def _shorten_arcs(
    v: int, dirty: U8, first: I32, head: I32, head_level: U16, contracted: I32, weight: I32
) -> None:
    """Work out the shortest weights of the dirty arcs of v from those of the arcs above."""
    for i in range(first[v], first[v + 1]):
        if not dirty[i]:
            continue
        up, down = contracted[i, 0], contracted[i, 1]
        for j in range(first[v], first[v + 1]):
            if i != j:
                k = _between(i, j, first, head, head_level)
                forth, back = (0, 1) if j < i else (1, 0)
                up = min(up, np.int32(contracted[j, 0] + weight[k, forth]))
                down = min(down, np.int32(weight[k, back] + contracted[j, 1]))
        weight[i, 0] = up
        weight[i, 1] = down


@njit(cache=True, nogil=True)
def reshorten(
    nodes: I32,
    reached: U8,
    moved: U8,
    was: I32,
    contracted: I32,
    first: I32,
    tail: I32,
    head: I32,
    head_level: U16,
    below_first: I32,
    below_arc: I32,
    height: int,
    old: I32,
    new: I32,
    changed_arc: I32,
    changed_count: I32,
) -> None:
    """Shorten again, descending, the arcs of ``reached`` nodes that can have changed.

    The changed arcs of v are ``changed_arc[first[v]:first[v] + changed_count[v]]``; the nodes
    below them are reached.
    """
    best = np.empty((height, 2), np.int32)
    owner = np.full(height, -1, np.int32)
    seen = np.full(height, -1, np.int32)
    arc_at = np.empty(height, np.int32)
    dirty = np.zeros(head.size, np.uint8)
    for turn in range(nodes.size - 1, -1, -1):
        v = nodes[turn]
        if not reached[v]:
            continue
        start, stop = first[v], first[v + 1]
        _follow_moved(v, first, head, head_level, moved, was, contracted, old, new, dirty)
        _follow_above(
            v, first, head, head_level, old, new, changed_arc, changed_count, seen, arc_at, dirty
        )
        if dirty[start:stop].sum() * MANY > stop - start:
            new[start:stop] = contracted[start:stop]
            shorten_node(v, first, head, head_level, new, best, owner)
        else:
            _shorten_arcs(v, dirty, first, head, head_level, contracted, new)
        count = 0
        for arc in range(start, stop):
            if dirty[arc] and (new[arc, 0] != old[arc, 0] or new[arc, 1] != old[arc, 1]):
                changed_arc[start + count] = arc
                count += 1
        changed_count[v] = count
        if count:
            for place in range(below_first[v], below_first[v + 1]):
                reached[tail[below_arc[place]]] = 1
