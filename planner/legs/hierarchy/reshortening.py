"""Kernels of an update: shortest weights worked out anew, where they can have changed.

What changed is kept close together, and nothing is written where nothing changed: an update waits
for memory.
"""

# mypy: disallow-untyped-decorators=False
# (numba's decorators carry no types)

import numpy as np
from numba import njit
from numpy.typing import NDArray

from planner.legs.hierarchy.repair import arc_between
from planner.legs.hierarchy.weights import shorten_node

I32 = NDArray[np.int32]
U16 = NDArray[np.uint16]
U8 = NDArray[np.uint8]

MANY = 12
"""A node is worked out whole if more than one arc in so many is dirty."""

WITH_MOVED = 3
"""Of a reached node: some of its own arcs moved. Others are 1."""


@njit(cache=True, nogil=True)
def _better(was: int, now: int, least: int) -> bool:
    """Tell whether a way was as good as the shortest, or is better now."""
    return was == least or now < least


@njit(cache=True, nogil=True)
def _leads(was: int, now: int, least: int) -> bool:
    """Tell whether an arc that changed can have been, or now be, the first of a shortest way."""
    return now < was or (was == least and now != was)


@njit(cache=True, nogil=True)
def _helps(was: int, now: int, rest: int, least: int) -> bool:
    """Tell whether an arc that changed was, or now is, part of a shortest way."""
    return was != now and (was + rest == least or now + rest < least)


@njit(cache=True, nogil=True)
def _follow_moved(
    start: int,
    stop: int,
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
    """Mark arcs of a node that a moved arc, then an arc above, was or is the shortest way for.

    ``was`` and ``now`` are contracted weights, ``old`` and ``new`` shortest ones.
    """
    for i in range(start, stop):
        if not moved[i]:
            continue
        dirty[i - start] = 1
        up = _leads(was[i, 0], now[i, 0], old[i, 0])
        down = _leads(was[i, 1], now[i, 1], old[i, 1])
        if not (up or down):
            continue
        for j in range(start, stop):
            if i == j or dirty[j - start]:
                continue
            k = arc_between(i, j, stop, first, head, head_level)
            forth, back = (0, 1) if i < j else (1, 0)
            if up and _better(was[i, 0] + old[k, forth], now[i, 0] + new[k, forth], old[j, 0]):
                dirty[j - start] = 1
            if down and _better(old[k, back] + was[i, 1], new[k, back] + now[i, 1], old[j, 1]):
                dirty[j - start] = 1


@njit(cache=True, nogil=True)
def _follow_above(
    start: int,
    stop: int,
    head: I32,
    head_level: U16,
    old: I32,
    changed: I32,
    changed_level: U16,
    changed_first: I32,
    changed_count: I32,
    arc_at: I32,
    dirty: U8,
) -> None:
    """Mark arcs of a node that a changed arc between its upper neighbours was or is good for.

    ``arc_at`` is the node's arc to each level, or what another node left there.
    """
    for i in range(start, stop):
        arc_at[head_level[i]] = i
    for i in range(start, stop):
        x = head[i]
        if not changed_count[x]:
            continue
        for place in range(changed_first[x], changed_first[x] + changed_count[x]):
            j = arc_at[changed_level[place]]
            if 0 <= j < stop:
                k = changed[place]
                dirty[i - start] |= _helps(k[0], k[2 + 0], old[j, 1], old[i, 1])
                dirty[j - start] |= _helps(k[0], k[2 + 0], old[i, 0], old[j, 0])
                dirty[i - start] |= _helps(k[1], k[2 + 1], old[j, 0], old[i, 0])
                dirty[j - start] |= _helps(k[1], k[2 + 1], old[i, 1], old[j, 1])


@njit(cache=True, nogil=True)
def _shorten_arcs(
    start: int,
    stop: int,
    dirty: U8,
    first: I32,
    head: I32,
    head_level: U16,
    contracted: I32,
    weight: I32,
) -> None:
    """Work out the shortest weights of a node's dirty arcs from those of the arcs above.

    An arc that is no shortest way itself is the first of none.
    """
    never = np.int32(2**30 - 1)
    for i in range(start, stop):
        if dirty[i - start]:
            weight[i, 0], weight[i, 1] = contracted[i, 0], contracted[i, 1]
    for j in range(start, stop):
        up = contracted[j, 0] if contracted[j, 0] == weight[j, 0] else never
        down = contracted[j, 1] if contracted[j, 1] == weight[j, 1] else never
        if dirty[j - start]:
            up, down = contracted[j, 0], contracted[j, 1]
        if up == never and down == never:
            continue
        for i in range(start, stop):
            if dirty[i - start] and i != j:
                k = arc_between(i, j, stop, first, head, head_level)
                forth, back = (0, 1) if j < i else (1, 0)
                weight[i, 0] = min(weight[i, 0], np.int32(up + weight[k, forth]))
                weight[i, 1] = min(weight[i, 1], np.int32(weight[k, back] + down))


@njit(cache=True, nogil=True)
def _note_changed(
    start: int,
    stop: int,
    head_level: U16,
    old: I32,
    new: I32,
    changed: I32,
    changed_level: U16,
    room: int,
) -> int:
    """Write down the arcs of a node that have another weight, from ``room`` on; how many."""
    count = 0
    for arc in range(start, stop):
        if new[arc, 0] != old[arc, 0] or new[arc, 1] != old[arc, 1]:
            row = changed[room + count]
            row[0], row[1], row[2], row[3] = old[arc, 0], old[arc, 1], new[arc, 0], new[arc, 1]
            changed_level[room + count] = head_level[arc]
            count += 1
    return count


@njit(cache=True, nogil=True)
def reshorten(
    nodes: I32,
    room: int,
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
    changed: I32,
    changed_level: U16,
    changed_first: I32,
    changed_count: I32,
) -> None:
    """Shorten again, descending, the arcs of ``reached`` nodes that can have changed.

    The changed arcs of v are those of ``changed`` (weights up and down before, and now) from
    ``changed_first[v]`` on, ``changed_count[v]`` many; they are filled from ``room`` on. The nodes
    below them are reached. Nodes with moved arcs are `WITH_MOVED`.
    """
    best = np.empty((height, 2), np.int32)
    owner = np.full(height, -1, np.int32)
    arc_at = np.full(height, -1, np.int32)
    scratch = np.empty(height, np.uint8)
    for turn in range(nodes.size - 1, -1, -1):
        v = nodes[turn]
        if not reached[v]:
            continue
        start, stop = first[v], first[v + 1]
        dirty = scratch[: stop - start]
        dirty[:] = 0
        many = reached[v] == WITH_MOVED and moved[start:stop].sum() * MANY > stop - start
        if not many:
            if reached[v] == WITH_MOVED:
                _follow_moved(
                    start, stop, first, head, head_level, moved, was, contracted, old, new, dirty
                )
            # Arcs are told from those that other nodes left by their numbers, which fall.
            _follow_above(
                start,
                stop,
                head,
                head_level,
                old,
                changed,
                changed_level,
                changed_first,
                changed_count,
                arc_at,
                dirty,
            )
            found = dirty.sum()
            if not found:
                continue
            many = found * MANY > stop - start
        if many:
            new[start:stop] = contracted[start:stop]
            shorten_node(v, first, head, head_level, new, best, owner)
        else:
            _shorten_arcs(start, stop, dirty, first, head, head_level, contracted, new)
        count = _note_changed(start, stop, head_level, old, new, changed, changed_level, room)
        changed_first[v], changed_count[v] = room, count
        room += count
        if count:
            for place in range(below_first[v], below_first[v + 1]):
                reached[tail[below_arc[place]]] |= 1
