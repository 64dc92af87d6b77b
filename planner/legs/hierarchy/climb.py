"""The arcs that queries look at: of each node those upwards that are on a shortest path.

There are two climbs. The *outward* one holds ways from a node to higher ones, the *inward* one
ways from higher nodes to it. An arc names its upper end by level only: all upper ends are
ancestors, so whoever walks up the tree, or down it in order, knows which node stands there.
"""

# mypy: disallow-untyped-decorators=False
# (numba's decorators carry no types)

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from planner.legs.hierarchy.contraction import Hierarchy
from planner.legs.hierarchy.loads import join
from planner.legs.hierarchy.threads import in_parts
from planner.legs.hierarchy.weights import DOWN, UP

I32 = NDArray[np.int32]
U16 = NDArray[np.uint16]
F32 = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Climb:
    """k arcs of one direction; all arrays are read-only.

    Attributes
    ----------
    first : int32[n + 1]
        Arcs of rank v are ``first[v]`` up to ``first[v + 1]``, their upper ends ascending.
    level : uint16[k]
        Level of the upper end.
    weight : int32[k]
    source : int32[k]
        The lower node v that the arc's path goes through, or ``-1 - edge`` if it is an edge.
    load : float32[k, columns]
        No columns where the metric has no loads.
    """

    first: I32
    level: U16
    weight: I32
    source: I32
    load: F32

    def __post_init__(self) -> None:
        for array in (self.first, self.level, self.weight, self.source, self.load):
            array.setflags(write=False)


def climbs(
    hierarchy: Hierarchy, contracted: I32, shortest: I32, via: I32, edge_weight: I32, loads: F32
) -> tuple[Climb, Climb]:
    """Return the outward and the inward climb of a metric.

    ``contracted``, ``shortest``, ``via`` are those of `planner.legs.hierarchy.weights`;
    ``edge_weight`` int32[edges], ``loads`` float32[edges, columns].
    """
    edge_of = _edge_of_slot(hierarchy.slot_of_edge, edge_weight, contracted.reshape(-1))
    kept: list[tuple[I32, U16, I32, I32]] = [
        _keep(hierarchy.first, hierarchy.head_level, contracted, shortest, via, edge_of, side)
        for side in (UP, DOWN)
    ]
    columns = loads.shape[1]
    arc_loads = [np.empty((len(level), columns), np.float32) for _, level, _, _ in kept]
    if columns:
        (out_first, out_level, _, out_source), (in_first, in_level, _, in_source) = kept
        known = (
            hierarchy.level, out_first, out_level, out_source, arc_loads[UP],
            in_first, in_level, in_source, arc_loads[DOWN],
            loads,
        )  # fmt: skip
        in_parts(lambda nodes: _load(nodes, *known), hierarchy.parts)
        _load(hierarchy.top, *known)
    return Climb(*kept[UP], arc_loads[UP]), Climb(*kept[DOWN], arc_loads[DOWN])


@njit(cache=True, nogil=True)
def _edge_of_slot(slot_of_edge: I32, weight: I32, slot_weight: I32) -> I32:
    """Find the first edge that is as cheap as its slot."""
    edge_of = np.full(slot_weight.size, -1, np.int32)
    for edge in range(weight.size - 1, -1, -1):
        slot = slot_of_edge[edge]
        if slot >= 0 and weight[edge] == slot_weight[slot]:
            edge_of[slot] = edge
    return edge_of


@njit(cache=True, nogil=True)
def _keep(
    first: I32,
    head_level: U16,
    contracted: I32,
    shortest: I32,
    via: I32,
    edge_of: I32,
    side: int,
) -> tuple[I32, U16, I32, I32]:
    """Copy the slots of one direction that are on a shortest path: first, level, weight, source."""
    n = first.size - 1
    never = np.int32(2**30 - 1)
    kept_first = np.empty(n + 1, np.int32)
    count = 0
    for v in range(n):
        kept_first[v] = count
        for arc in range(first[v], first[v + 1]):
            mine = contracted[arc, side]
            count += mine < never and mine == shortest[arc, side]
    kept_first[n] = count
    level = np.empty(count, np.uint16)
    weight = np.empty(count, np.int32)
    source = np.empty(count, np.int32)
    count = 0
    for arc in range(head_level.size):
        mine = contracted[arc, side]
        if mine < never and mine == shortest[arc, side]:
            level[count] = head_level[arc]
            weight[count] = mine
            lower = via[arc, side]
            source[count] = lower if lower >= 0 else -1 - edge_of[2 * arc + side]
            count += 1
    return kept_first, level, weight, source


@njit(cache=True, nogil=True)
def arc_to(first: I32, level: U16, v: int, wanted: int) -> int:
    """Find the arc of node v whose upper end is at that level; it must be there."""
    low, high = first[v], first[v + 1] - 1
    while low < high:
        middle = (low + high) >> 1
        if level[middle] > wanted:
            low = middle + 1
        else:
            high = middle
    return int(low)


@njit(cache=True, nogil=True)
def load_node(
    x: int,
    here: int,
    out_first: I32,
    out_level: U16,
    out_source: I32,
    out_load: F32,
    in_first: I32,
    in_level: U16,
    in_source: I32,
    in_load: F32,
    edge_load: F32,
) -> None:
    """Work out the loads of the arcs up from x (at level ``here``); those below must be done."""
    for arc in range(out_first[x], out_first[x + 1]):
        v = out_source[arc]
        if v < 0:
            out_load[arc] = edge_load[-1 - v]
        else:
            start = arc_to(in_first, in_level, v, here)
            end = arc_to(out_first, out_level, v, out_level[arc])
            join(in_load[start], out_load[end], out_load[arc])
    for arc in range(in_first[x], in_first[x + 1]):
        v = in_source[arc]
        if v < 0:
            in_load[arc] = edge_load[-1 - v]
        else:
            start = arc_to(in_first, in_level, v, in_level[arc])
            end = arc_to(out_first, out_level, v, here)
            join(in_load[start], out_load[end], in_load[arc])


@njit(cache=True, nogil=True)
def _load(
    nodes: I32,
    level: U16,
    out_first: I32,
    out_level: U16,
    out_source: I32,
    out_load: F32,
    in_first: I32,
    in_level: U16,
    in_source: I32,
    in_load: F32,
    edge_load: F32,
) -> None:
    for x in nodes:
        load_node(
            x, level[x], out_first, out_level, out_source, out_load,
            in_first, in_level, in_source, in_load, edge_load,
        )  # fmt: skip
