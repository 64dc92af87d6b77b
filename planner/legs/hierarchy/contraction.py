"""The hierarchy of a road network, whatever its weights: ranks, arcs, and the elimination tree.

Nodes are numbered by rank. The arcs are those of the chordal graph that is left when each node in
turn is taken out and its higher neighbours are joined to one another; an arc stands for both
directions between its ends. A node's parent is the lowest of its higher neighbours, and all of
these are its ancestors in that tree: so an ancestor is named by its level, the number of steps
below the root. Ranks are in postorder of the tree: the nodes below a node stand right before it.

Sources: Dibbelt, Strasser, Wagner: Customizable Contraction Hierarchies, ACM JEA 21 (2016);
Liu: The Role of Elimination Trees in Sparse Factorization, SIAM J. Matrix Anal. 11 (1990).
"""

# mypy: disallow-untyped-decorators=False
# (numba's decorators carry no types)

from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any, Self

import numpy as np
from numba import njit
from numpy.typing import NDArray

from planner.legs.hierarchy.order import contraction_order

I32 = NDArray[np.int32]
U16 = NDArray[np.uint16]

MOST_LEVELS = 65_535


@dataclass(frozen=True, kw_only=True, eq=False)
class Hierarchy:
    """n nodes and m arcs, independent of weights; all arrays are read-only.

    Attributes
    ----------
    rank, node : int32[n]
        Rank of a node of the graph; node of a rank. All other arrays speak of ranks.
    parent : int32[n]
        In the elimination tree; -1 at a root.
    level : uint16[n]
        Steps below the root.
    first : int32[n + 1]
        Arcs up from v are ``first[v]`` up to ``first[v + 1]``, their upper ends ascending.
    tail, head : int32[m]
        Lower and upper end of an arc.
    head_level : uint16[m]
        Level of the upper end.
    below_first, below_arc : int32[n + 1], int32[m]
        Arcs whose upper end is x are ``below_arc[below_first[x]:below_first[x + 1]]``, their
        lower ends ascending.
    slot_of_edge : int32[edges]
        Twice the arc that an edge of the graph belongs to, and 1 more if it leads from the upper
        to the lower end; -1 for a loop.
    first_out : int32[n + 1]
        Of the graph: edges of node v are ``first_out[v]`` up to ``first_out[v + 1]``.
    part_first, part_last : int32[parts]
        Stretches of ranks, each of whole subtrees, which may be worked on at the same time.
    top : int32[..]
        The nodes that are in none of them, ascending.
    """

    rank: I32
    node: I32
    parent: I32
    level: U16
    first: I32
    tail: I32
    head: I32
    head_level: U16
    below_first: I32
    below_arc: I32
    slot_of_edge: I32
    first_out: I32
    part_first: I32
    part_last: I32
    top: I32

    def __post_init__(self) -> None:
        for array in self.arrays().values():
            array.setflags(write=False)

    @classmethod
    def of(cls, arrays: dict[str, NDArray[Any]]) -> Self:
        """Make one of its arrays by name."""
        return cls(**arrays)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return all arrays by name."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @cached_property
    def parts(self) -> tuple[I32, ...]:
        """The ranks of each part, ascending."""
        spans = zip(self.part_first, self.part_last, strict=True)
        parts = tuple(np.arange(first, last, dtype=np.int32) for first, last in spans)
        for nodes in parts:
            nodes.setflags(write=False)
        return parts

    @property
    def nodes(self) -> int:
        """Number of nodes."""
        return len(self.parent)

    @property
    def arcs(self) -> int:
        """Number of arcs."""
        return len(self.head)

    @property
    def height(self) -> int:
        """Nodes on the longest way from a leaf of the tree to its root."""
        return int(self.level.max(initial=0)) + 1


def build(first_out: I32, head: I32) -> Hierarchy:
    """Contract a network; weights come later, and as often as wanted.

    Parameters
    ----------
    first_out, head : int32[n + 1], int32[edges]
        Edges of node v lead to ``head[first_out[v]:first_out[v + 1]]``. Loops, parallel edges,
        one-ways and disconnected parts are allowed.

    Raises
    ------
    ValueError
        The tree would be higher than 65,535 nodes, as with no road network.
    """
    first_out = np.array(first_out, np.int32)
    head = np.ascontiguousarray(head, np.int32)
    first_out.setflags(write=False)
    order = contraction_order(first_out, head)
    lower = _lower_neighbours(first_out, head, order)
    order, parent, level, highest = _postorder(order, *lower)
    if highest > MOST_LEVELS:
        raise ValueError(f"the tree has {highest} levels; at most {MOST_LEVELS} can be told")
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order), dtype=np.int32)
    first, heads = _arcs(*_lower_neighbours(first_out, head, order), parent)
    tail = np.repeat(np.arange(len(order), dtype=np.int32), np.diff(first))
    below_first, below_arc = _below(heads, len(order))
    part_first, part_last, top = _parts(parent)
    return Hierarchy(
        rank=rank,
        node=order,
        parent=parent,
        level=level,
        first=first,
        tail=tail,
        head=heads,
        head_level=level[heads],
        below_first=below_first,
        below_arc=below_arc,
        slot_of_edge=_slots(first_out, head, rank, first, heads),
        first_out=first_out,
        part_first=part_first,
        part_last=part_last,
        top=top,
    )


@njit(cache=True, nogil=True)
def _lower_neighbours(first_out: I32, head: I32, order: I32) -> tuple[I32, I32]:
    """List the lower neighbours of each rank in CSR form, maybe more than once."""
    n = order.size
    rank = np.empty(n, np.int32)
    for place in range(n):
        rank[order[place]] = place
    first = np.zeros(n + 2, np.int32)
    for node in range(n):
        for edge in range(first_out[node], first_out[node + 1]):
            if head[edge] != node:
                first[max(rank[node], rank[head[edge]]) + 2] += 1
    for place in range(n):
        first[place + 2] += first[place + 1]
    lower = np.empty(first[n + 1], np.int32)
    for place in range(n):
        node = order[place]
        for edge in range(first_out[node], first_out[node + 1]):
            if head[edge] != node:
                other = rank[head[edge]]
                upper = max(place, other)
                lower[first[upper + 1]] = min(place, other)
                first[upper + 1] += 1
    return first[: n + 1].copy(), lower


@njit(cache=True, nogil=True)
def _postorder(order: I32, first: I32, lower: I32) -> tuple[I32, I32, U16, int]:
    """Find the elimination tree and renumber by it: order, parents, levels, number of levels.

    A node's children stand in the order in which they were contracted.
    """
    n = order.size
    above = np.full(n, -1, np.int32)
    shortcut = np.full(n, -1, np.int32)
    for x in range(n):
        for place in range(first[x], first[x + 1]):
            v = lower[place]
            while v not in (-1, x):
                after = shortcut[v]
                shortcut[v] = x
                if after == -1:
                    above[v] = x
                v = after
    size = np.ones(n, np.int32)
    for v in range(n):
        if above[v] >= 0:
            size[above[v]] += size[v]
    # Downwards from the top, each node takes the last free place of its parent's stretch.
    place_of = np.empty(n, np.int32)
    free = np.empty(n, np.int32)
    last = n
    levels = np.zeros(n, np.int32)
    highest = 0
    for v in range(n - 1, -1, -1):
        up = above[v]
        if up < 0:
            place_of[v] = last - 1
            last -= size[v]
        else:
            place_of[v] = free[up]
            free[up] -= size[v]
            levels[v] = levels[up] + 1
        free[v] = place_of[v] - 1
        highest = max(highest, levels[v] + 1)
    renewed = np.empty(n, np.int32)
    parent = np.empty(n, np.int32)
    level = np.empty(n, np.uint16)
    for v in range(n):
        place = place_of[v]
        renewed[place] = order[v]
        parent[place] = place_of[above[v]] if above[v] >= 0 else -1
        level[place] = levels[v]
    return renewed, parent, level, highest


@njit(cache=True, nogil=True)
def _upwards(below_first: I32, lower: I32) -> tuple[I32, I32]:
    """Turn lists of lower neighbours into lists of upper ones, in CSR form."""
    n = below_first.size - 1
    first = np.zeros(n + 2, np.int32)
    for place in range(lower.size):
        first[lower[place] + 2] += 1
    for v in range(n):
        first[v + 2] += first[v + 1]
    upper = np.empty(lower.size, np.int32)
    for x in range(n):
        for place in range(below_first[x], below_first[x + 1]):
            v = lower[place]
            upper[first[v + 1]] = x
            first[v + 1] += 1
    return first[: n + 1].copy(), upper


@njit(cache=True, nogil=True)
def _add_unseen(
    listed: I32, start: int, stop: int, v: int, seen: I32, head: I32, count: int
) -> int:
    """Append those of ``listed[start:stop]`` that v does not have yet; return the new count."""
    for place in range(start, stop):
        x = listed[place]
        if x != v and seen[x] != v:
            seen[x] = v
            head[count] = x
            count += 1
    return count


@njit(cache=True, nogil=True)
def _arcs(below_first: I32, lower: I32, parent: I32) -> tuple[I32, I32]:
    """List the upper neighbours of each rank in the chordal graph, ascending, in CSR form."""
    n = parent.size
    direct_first, direct = _upwards(below_first, lower)
    child = np.full(n, -1, np.int32)
    sibling = np.full(n, -1, np.int32)
    seen = np.full(n, -1, np.int32)
    first = np.zeros(n + 1, np.int32)
    head = np.empty(2 * lower.size + 16, np.int32)
    count = 0
    for v in range(n):
        room = direct_first[v + 1] - direct_first[v]
        below = child[v]
        while below >= 0:
            room += first[below + 1] - first[below]
            below = sibling[below]
        if count + room > head.size:
            wider = np.empty(head.size + head.size // 2 + room, np.int32)
            wider[:count] = head[:count]
            head = wider
        count = _add_unseen(direct, direct_first[v], direct_first[v + 1], v, seen, head, count)
        below = child[v]
        while below >= 0:
            count = _add_unseen(head, first[below], first[below + 1], v, seen, head, count)
            below = sibling[below]
        head[first[v] : count].sort()
        first[v + 1] = count
        if parent[v] >= 0:
            sibling[v] = child[parent[v]]
            child[parent[v]] = v
    return first, head[:count].copy()


@njit(cache=True, nogil=True)
def _below(head: I32, n: int) -> tuple[I32, I32]:
    """Sort the arcs by their upper ends."""
    first = np.zeros(n + 2, np.int32)
    for arc in range(head.size):
        first[head[arc] + 2] += 1
    for v in range(n):
        first[v + 2] += first[v + 1]
    arcs = np.empty(head.size, np.int32)
    for arc in range(head.size):
        arcs[first[head[arc] + 1]] = arc
        first[head[arc] + 1] += 1
    return first[: n + 1].copy(), arcs


@njit(cache=True, nogil=True)
def _slots(first_out: I32, graph_head: I32, rank: I32, first: I32, head: I32) -> I32:
    """Find the arc and direction of each edge."""
    slot = np.empty(graph_head.size, np.int32)
    for node in range(rank.size):
        for edge in range(first_out[node], first_out[node + 1]):
            here, there = rank[node], rank[graph_head[edge]]
            v, x = min(here, there), max(here, there)
            if v == x:
                slot[edge] = -1
                continue
            low, high = first[v], first[v + 1]
            while low < high:
                middle = (low + high) >> 1
                if head[middle] < x:
                    low = middle + 1
                else:
                    high = middle
            slot[edge] = 2 * low + (1 if here == x else 0)
    return slot


@njit(cache=True, nogil=True)
def _parts(parent: I32) -> tuple[I32, I32, I32]:
    """Cut the tree into stretches of whole subtrees, of at most a twelfth of the nodes each."""
    n = parent.size
    most = max(n // 12, 1)
    size = np.ones(n, np.int32)
    for v in range(n):
        if parent[v] >= 0:
            size[parent[v]] += size[v]
    above = size > most
    top = np.nonzero(above)[0].astype(np.int32)
    begin = np.empty(n, np.int32)
    end = np.empty(n, np.int32)
    count = 0
    for v in range(n):
        if above[v] or (parent[v] >= 0 and not above[parent[v]]):
            continue
        # Subtrees side by side make one part as long as it is small enough.
        start = v + 1 - size[v]
        if count and end[count - 1] == start and v + 1 - begin[count - 1] <= most:
            end[count - 1] = v + 1
        else:
            begin[count] = start
            end[count] = v + 1
            count += 1
    return begin[:count].copy(), end[:count].copy(), top
