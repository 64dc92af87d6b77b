"""The ends of queries to many nodes, selected once: what a way down to them can come through.

Source: Delling, Goldberg, Werneck: Faster Batched Shortest Paths in Road Networks, ATMOS 2011.
"""

# mypy: disallow-untyped-decorators=False
# (numba's decorators carry no types)

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import ArrayLike, NDArray

from planner.legs.hierarchy.customised import Customised

I32 = NDArray[np.int32]
U16 = NDArray[np.uint16]


@dataclass(frozen=True, eq=False)
class Selection:
    """Nodes that queries end at (or start from, if ``backward``), for one metric.

    Attributes
    ----------
    nodes : int32[targets]
        As given, in their order; the same node may stand there twice.
    place : int32[targets]
        Where each stands in the arrays below.
    rank, level, first : int32[k], uint16[k], int32[k + 1]
        The selected nodes by descending rank, their levels, and their arcs.
    arc, arc_level, weight : int32[..], uint16[..], int32[..]
        Number of an arc in its climb, level of its upper end, weight.
    """

    metric: Customised
    backward: bool
    nodes: I32
    place: I32
    rank: I32
    level: U16
    first: I32
    arc: I32
    arc_level: U16
    weight: I32

    def __post_init__(self) -> None:
        for name in ("nodes", "place", "rank", "level", "first", "arc", "arc_level", "weight"):
            getattr(self, name).setflags(write=False)


def select_targets(metric: Customised, nodes: ArrayLike) -> Selection:
    """Select the ends of queries `to_many` and `matrix`."""
    return _select(metric, nodes, backward=False)


def select_sources(metric: Customised, nodes: ArrayLike) -> Selection:
    """Select the starts of queries `from_many`."""
    return _select(metric, nodes, backward=True)


def _select(metric: Customised, nodes: ArrayLike, *, backward: bool) -> Selection:
    hierarchy = metric.hierarchy
    wanted = np.array(nodes, np.int32).reshape(-1)
    climb = metric.outward if backward else metric.inward
    ranks = hierarchy.rank[wanted]
    selected, position = _above(
        ranks, hierarchy.first, hierarchy.head, hierarchy.head_level, climb.first, climb.level
    )
    first, arc = _arcs_of(selected, climb.first)
    return Selection(
        metric=metric,
        backward=backward,
        nodes=wanted,
        place=position[ranks],
        rank=selected,
        level=hierarchy.level[selected],
        first=first,
        arc=arc,
        arc_level=climb.level[arc],
        weight=climb.weight[arc],
    )


@njit(cache=True, nogil=True)
def _above(
    ranks: I32, arc_first: I32, head: I32, head_level: U16, first: I32, level: U16
) -> tuple[I32, I32]:
    """List what can be reached by arcs upwards, by descending rank, and each rank's place there."""
    n = first.size - 1
    place = np.full(n, -1, np.int32)
    for rank in ranks:
        place[rank] = 0
    count = 0
    for v in range(n):
        if place[v] < 0:
            continue
        count += 1
        # The climb's arcs are some of the hierarchy's, in the same order.
        among = arc_first[v]
        for arc in range(first[v], first[v + 1]):
            while head_level[among] != level[arc]:
                among += 1
            place[head[among]] = 0
    selected = np.empty(count, np.int32)
    count = 0
    for v in range(n - 1, -1, -1):
        if place[v] >= 0:
            place[v] = count
            selected[count] = v
            count += 1
    return selected, place


@njit(cache=True, nogil=True)
def _arcs_of(nodes: I32, first: I32) -> tuple[I32, I32]:
    """List the arcs of some nodes one after another, in CSR form."""
    start = np.zeros(nodes.size + 1, np.int32)
    for place in range(nodes.size):
        start[place + 1] = start[place] + first[nodes[place] + 1] - first[nodes[place]]
    arcs = np.empty(start[nodes.size], np.int32)
    for place in range(nodes.size):
        for step in range(start[place + 1] - start[place]):
            arcs[start[place] + step] = first[nodes[place]] + step
    return start, arcs
