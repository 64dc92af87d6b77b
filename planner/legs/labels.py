"""Hub labels: for a node the few nodes of the hierarchy by which all its shortest drives go.

A label lists ancestors of a node in the elimination tree with the least weight to (or from) each,
where no other ancestor gives less. Every shortest drive between two nodes goes by a hub that is in
both labels, so a row of drives is a walk along short lists. Entries stand from the root down; the
depth of a hub in the tree finds it in the other label, since both lie on one way to the root. An
entry knows the arc that leads to it and the entry before, so the path is there as well.

Source: Abraham, Delling, Goldberg, Werneck: A Hub-Based Labeling Algorithm for Shortest Paths in
Road Networks (SEA 2011); labels from elimination trees as in Dibbelt, Strasser, Wagner:
Customizable Contraction Hierarchies, ACM JEA 21 (2016).
"""
# mypy: disallow-untyped-decorators=False
# (numba's decorators carry no types)

from collections.abc import Iterable
from typing import Any, NamedTuple, Self

import numpy as np
from numba import njit
from numpy.typing import NDArray

from planner.energy.edge import CarTerms
from planner.legs.exact import (
    FULL_SHARE,
    TIME,
    WIDTH,
    Arcs,
    EdgeArrays,
    arc_edges,
    arc_slot,
    extend,
    read_only,
    slot_of,
)
from planner.legs.hierarchy.walk import relax_up

F64 = NDArray[np.float64]
I32 = NDArray[np.int32]
I64 = NDArray[np.int64]
U16 = NDArray[np.uint16]

FAR = np.int32(2**30 - 1)
"""Weight of what cannot be reached."""

NONE = np.uint16(0xFFFF)
"""No entry before this one: the label's own node."""


class Entries(NamedTuple):
    """Entries of labels; a label is a run of them, from the root down to the node itself.

    ``depth`` of the hub in the tree; ``before`` is the entry (counted in the label) that lies next
    on the way to the node, `NONE` at the node itself; ``arc`` leads between the two.
    """

    hub: I32
    depth: U16
    weight: I32
    before: U16
    arc: I32

    @classmethod
    def of(cls, arrays: Iterable[NDArray[Any]]) -> Self:
        """Take the arrays in the order of the fields, read-only."""
        hub, depth, weight, before, arc = (read_only(array) for array in arrays)
        return cls(hub, depth, weight, before, arc)

    def part(self, start: int, end: int) -> Self:
        """Entries from ``start`` up to ``end``."""
        return self.of(array[start:end] for array in self)


@njit(cache=True, nogil=True)
def ancestors(node: int, parent: I32) -> I32:
    """List the way from a node to the root of its tree, the root first, shape (depth + 1,)."""
    height = 0
    here = node
    while here >= 0:
        height += 1
        here = parent[here]
    chain = np.empty(height, np.int32)
    here = node
    while here >= 0:
        height -= 1
        chain[height] = here
        here = parent[here]
    return chain


@njit(cache=True, nogil=True)
def make_label(
    node: int,
    inward: bool,
    parent: I32,
    ahead_first: I32,
    ahead_level: U16,
    ahead_weight: I32,
    back_first: I32,
    back_level: U16,
    back_weight: I32,
) -> tuple[I32, U16, I32, U16, I32]:
    """Label of a node (a rank): drives to it if ``inward``, else from it; fields of `Entries`.

    ``ahead`` is the climb in the label's direction, ``back`` the other one.
    """
    chain = ancestors(node, parent)
    height = chain.size
    found = np.full(height, FAR, np.int32)
    arc_of = np.full(height, -1, np.int32)
    from_of = np.full(height, -1, np.int32)
    found[height - 1] = 0
    for level in range(height - 1, -1, -1):
        if found[level] < FAR:
            relax_up(
                ahead_first, ahead_level, ahead_weight, chain[level], level, found, arc_of, from_of
            )
    least = found.copy()
    entry_at = np.full(height, -1, np.int32)
    size = 0
    for level in range(height):
        for k in range(back_first[chain[level]], back_first[chain[level] + 1]):
            least[level] = min(least[level], least[back_level[k]] + back_weight[k])
        if found[level] < FAR and found[level] <= least[level]:
            entry_at[level] = size
            size += 1
    hub, depth = np.empty(size, np.int32), np.empty(size, np.uint16)
    weight, before = np.empty(size, np.int32), np.full(size, NONE, np.uint16)
    arc = np.full(size, -1, np.int32)
    for level in range(height):
        entry = entry_at[level]
        if entry >= 0:
            hub[entry], depth[entry], weight[entry] = chain[level], level, found[level]
            if arc_of[level] >= 0:
                arc[entry] = 2 * arc_of[level] + (1 if inward else 0)
                before[entry] = entry_at[from_of[level]]
    return hub, depth, weight, before, arc


@njit(cache=True, nogil=True)
def _shared(chain: I32, entries: Entries, start: int, end: int) -> int:
    """Entries from ``start`` whose hubs lie on the chain end before the returned place."""
    while start < end:
        middle = (start + end) >> 1
        level = entries.depth[middle]
        if level < chain.size and chain[level] == entries.hub[middle]:
            start = middle + 1
        else:
            end = middle
    return start


@njit(cache=True, nogil=True)
def meet(
    chain: I32,
    source: Entries,
    starts: I64,
    ends: I64,
    targets: Entries,
    least: I32,
    near: I32,
    far: I32,
) -> None:
    """Least weight from a label to others, and the entries by which they meet.

    ``chain`` are the ancestors of the source's node. Target i has entries ``starts[i]`` up to
    ``ends[i]`` of ``targets``. Writes ``least`` (`FAR`: no way), ``near`` and ``far`` (entries of
    the source and the target, counted in their labels; -1).
    """
    weight_at = np.full(chain.size, FAR, np.int32)
    entry_at = np.full(chain.size, -1, np.int32)
    for entry in range(source.depth.size):
        weight_at[source.depth[entry]] = source.weight[entry]
        entry_at[source.depth[entry]] = entry
    depth, weight = targets.depth, targets.weight
    for number in range(starts.size):
        start = starts[number]
        best, at = FAR, -1
        for entry in range(start, _shared(chain, targets, start, ends[number])):
            reach = np.int32(weight_at[depth[entry]] + weight[entry])
            if reach < best:
                best, at = reach, entry
        least[number] = best
        near[number] = entry_at[depth[at]] if at >= 0 else -1
        far[number] = at - start if at >= 0 else -1


@njit(cache=True, nogil=True)
def _drive_out(
    entry: int,
    source: Entries,
    ahead: F64,
    done: NDArray[np.bool_],
    arcs: Arcs,
    edges: EdgeArrays,
    car: CarTerms,
    keys: I32,
    values: F64,
    count: I64,
) -> bool:
    """Fill the profile of a drive from the source to a hub; False where the table is full."""
    stack = np.empty(done.size, np.int32)
    size = 0
    here = entry
    while not done[here]:
        stack[size] = here
        size += 1
        if source.before[here] == NONE:
            break
        here = source.before[here]
    while size > 0:
        size -= 1
        after = stack[size]
        if source.before[after] == NONE:
            ahead[after] = 0.0
        else:
            here = source.before[after]
            slot = arc_slot(
                source.arc[after], source.depth[here], source.depth[after],
                arcs, edges, car, keys, values, count,
            )  # fmt: skip
            if slot < 0:
                return False
            ahead[after] = ahead[here]
            extend(ahead[after], values[slot])
        done[after] = True
    return True


@njit(cache=True, nogil=True)
def _tail_slot(
    start: int,
    entry: int,
    stored: bool,
    targets: Entries,
    spare: F64,
    arcs: Arcs,
    edges: EdgeArrays,
    car: CarTerms,
    keys: I32,
    values: F64,
    count: I64,
) -> int:
    """Work out the drive from an entry's hub to the node of its label into ``spare``.

    Of stored labels the drive is kept in the table, under the entry. Returns its place there, -1
    where there is none, -2 where the table is full.
    """
    key = -2 - (start + entry)
    slot = slot_of(key, keys)
    if stored and keys[slot] == key:
        return int(slot)
    spare[:] = 0.0
    here = start + entry
    while targets.before[here] != NONE:
        after = start + targets.before[here]
        slot = arc_slot(
            targets.arc[here], targets.depth[here], targets.depth[after],
            arcs, edges, car, keys, values, count,
        )  # fmt: skip
        if slot < 0:
            return -2
        extend(spare, values[slot])
        here = after
    if not stored or count[0] >= FULL_SHARE * keys.size:
        return -1
    slot = slot_of(key, keys)
    keys[slot] = key
    values[slot] = spare
    count[0] += 1
    return int(slot)


@njit(cache=True, nogil=True)
def drive_met(
    begun: int,
    near: I32,
    far: I32,
    source: Entries,
    starts: I64,
    targets: Entries,
    stored: bool,
    ahead: F64,
    done: NDArray[np.bool_],
    arcs: Arcs,
    edges: EdgeArrays,
    car: CarTerms,
    keys: I32,
    values: F64,
    count: I64,
    drives: F64,
) -> int:
    """Profiles of the drives that `meet` found, shape (targets, 5); how many were done.

    ``ahead`` and ``done`` keep the profiles of the source's entries; ``stored`` says that entries
    of the targets keep their places for ever, so that what lies behind them may be kept. Starts
    at target ``begun`` and stops where the table is full.
    """
    spare = np.empty(WIDTH)
    for number in range(begun, near.size):
        drive = drives[number]
        if near[number] < 0:
            drive[:] = 0.0
            drive[TIME] = np.inf
            continue
        if not done[near[number]] and not _drive_out(
            near[number], source, ahead, done, arcs, edges, car, keys, values, count
        ):
            return number
        slot = _tail_slot(
            starts[number], far[number], stored, targets, spare,
            arcs, edges, car, keys, values, count,
        )  # fmt: skip
        if slot == -2:  # noqa: PLR2004 -- told by _tail_slot
            return number
        drive[:] = ahead[near[number]]
        extend(drive, spare if slot < 0 else values[slot])
    return near.size


@njit(cache=True, nogil=True)
def met_edges(
    near: int, far: int, source: Entries, start: int, targets: Entries, arcs: Arcs
) -> I32:
    """List the edges of a drive that `meet` found, in order."""
    stack = np.empty(source.depth.size, np.int32)
    size = 0
    here = near
    while source.before[here] != NONE:
        stack[size] = here
        size += 1
        here = source.before[here]
    edges = np.empty(64, np.int32)
    count = 0
    while size > 0:
        size -= 1
        here = stack[size]
        before = source.before[here]
        edges, count = arc_edges(
            source.arc[here], source.depth[before], source.depth[here], arcs, edges, count
        )
    here = start + far
    while targets.before[here] != NONE:
        after = start + targets.before[here]
        edges, count = arc_edges(
            targets.arc[here], targets.depth[here], targets.depth[after], arcs, edges, count
        )
        here = after
    return edges[:count].copy()
