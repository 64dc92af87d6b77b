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

from planner.legs.exact import read_only
from planner.legs.hierarchy.walk import relax_up

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
        span = slice(start, end)
        return type(self)(
            self.hub[span], self.depth[span], self.weight[span], self.before[span], self.arc[span]
        )


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
