"""From one node to another: the least weight, the load, and the edges of the way."""

# mypy: disallow-untyped-decorators=False
# (numba's decorators carry no types)

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from planner.legs.hierarchy.climb import arc_to
from planner.legs.hierarchy.customised import Customised
from planner.legs.hierarchy.loads import join
from planner.legs.hierarchy.walk import relax_up
from planner.legs.hierarchy.weights import NEVER

I32 = NDArray[np.int32]
U16 = NDArray[np.uint16]
F32 = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Drive:
    """The way of least weight between two nodes.

    Attributes
    ----------
    weight : int
    load : float32[columns]
        No columns where the metric has no loads.
    edges : int32[..]
        Edges of the graph in the order of driving; none if both nodes are the same.
    """

    weight: int
    load: F32
    edges: I32


class PointQuery:
    """Queries between two nodes, with the scratch they need; one for each thread."""

    def __init__(self, metric: Customised) -> None:
        self.metric = metric
        hierarchy, outward, inward = metric.hierarchy, metric.outward, metric.inward
        height = hierarchy.height
        labels = np.empty((2, height), np.int32)
        self._arc = np.empty((2, height), np.int32)
        self._from = np.empty((2, height), np.int32)
        self._scratch = (labels[0], labels[1], self._arc[0], self._arc[1], *self._from)
        self._tree = (hierarchy.rank, hierarchy.parent, hierarchy.level)
        self._out = (outward.first, outward.level, outward.weight)
        self._in = (inward.first, inward.level, inward.weight)

    def weight(self, start: int, end: int) -> int:
        """Return the least weight from ``start`` to ``end``, `NEVER` where there is no way."""
        found, _ = _meet(start, end, *self._tree, *self._out, *self._in, *self._scratch)
        return int(found)

    def drive(self, start: int, end: int) -> Drive | None:
        """Return the way of least weight from ``start`` to ``end``, None where there is none."""
        found, top = _meet(start, end, *self._tree, *self._out, *self._in, *self._scratch)
        if found == NEVER:
            return None
        outward, inward = self.metric.outward, self.metric.inward
        edges, load = _unpack(
            top,
            *self._scratch[2:],
            self.metric.hierarchy.level,
            outward.first, outward.level, outward.source, outward.load,
            inward.first, inward.level, inward.source, inward.load,
        )  # fmt: skip
        return Drive(int(found), load, edges)


@njit(cache=True, nogil=True)
def _meet(
    start: int,
    end: int,
    rank: I32,
    parent: I32,
    node_level: U16,
    out_first: I32,
    out_level: U16,
    out_weight: I32,
    in_first: I32,
    in_level: U16,
    in_weight: I32,
    out_least: I32,
    in_least: I32,
    out_arc: I32,
    in_arc: I32,
    out_from: I32,
    in_from: I32,
) -> tuple[int, int]:
    """Return the least weight and the level of the highest node of that way (-1: no way)."""
    never = np.int32(2**30 - 1)
    s, t = rank[start], rank[end]
    s_level, t_level = np.int64(node_level[s]), np.int64(node_level[t])
    out_least[: s_level + 1] = never
    in_least[: t_level + 1] = never
    out_least[s_level] = 0
    in_least[t_level] = 0
    out_arc[s_level] = -1
    in_arc[t_level] = -1
    while s != t and s_level >= 0 and t_level >= 0:
        # Postorder: of two nodes of which neither is above the other, take the lower rank.
        if s < t:
            if out_least[s_level] < never:
                relax_up(out_first, out_level, out_weight, s, s_level, out_least, out_arc, out_from)
            s = parent[s]
            s_level -= 1
        else:
            if in_least[t_level] < never:
                relax_up(in_first, in_level, in_weight, t, t_level, in_least, in_arc, in_from)
            t = parent[t]
            t_level -= 1
    best = never
    top = -1
    if s != t:
        return int(best), top
    for here in range(s_level, -1, -1):
        going, coming = out_least[here], in_least[here]
        if going + coming < best:
            best = np.int32(going + coming)
            top = here
        if going < best:
            relax_up(out_first, out_level, out_weight, s, here, out_least, out_arc, out_from)
        if coming < best:
            relax_up(in_first, in_level, in_weight, s, here, in_least, in_arc, in_from)
        s = parent[s]
    return int(best), top


@njit(cache=True, nogil=True)
def _put(stack: I32, size: int, arc: int, inward: int, start: int, end: int) -> int:
    stack[size, 0] = arc
    stack[size, 1] = inward
    stack[size, 2] = start
    stack[size, 3] = end
    return size + 1


@njit(cache=True, nogil=True)
def _unpack(
    top: int,
    out_arc: I32,
    in_arc: I32,
    out_from: I32,
    in_from: I32,
    node_level: U16,
    out_first: I32,
    out_level: U16,
    out_source: I32,
    out_load: F32,
    in_first: I32,
    in_level: U16,
    in_source: I32,
    in_load: F32,
) -> tuple[I32, F32]:
    """List the edges of a way whose arcs the labels tell, and join the loads of its arcs."""
    load = np.zeros(out_load.shape[1], np.float32)
    # Arcs to unpack, the next to be driven last: number, inward or not, levels of start and end.
    stack = np.empty((64 + 4 * out_arc.size, 4), np.int32)
    size = 0
    here = top
    while in_arc[here] >= 0:
        size = _put(stack, size, in_arc[here], 1, here, in_from[here])
        here = in_from[here]
    stack[:size] = stack[:size][::-1].copy()
    here = top
    while out_arc[here] >= 0:
        size = _put(stack, size, out_arc[here], 0, out_from[here], here)
        here = out_from[here]
    if load.size:
        for place in range(size - 1, -1, -1):
            arc = stack[place, 0]
            join(load, in_load[arc] if stack[place, 1] else out_load[arc], load)
    edges = np.empty(max(4 * size, 16), np.int32)
    count = 0
    while size:
        size -= 1
        arc, start, end = stack[size, 0], stack[size, 2], stack[size, 3]
        v = in_source[arc] if stack[size, 1] else out_source[arc]
        if v < 0:
            if count == edges.size:
                longer = np.empty(2 * count, np.int32)
                longer[:count] = edges
                edges = longer
            edges[count] = -1 - v
            count += 1
        else:
            middle = np.int32(node_level[v])
            size = _put(stack, size, arc_to(out_first, out_level, v, end), 0, middle, end)
            size = _put(stack, size, arc_to(in_first, in_level, v, start), 1, start, middle)
    return edges[:count].copy(), load
