"""What each arc weighs in a metric: by contraction from below, then by shortest paths from above.

A slot is an arc and a direction: ``weight[arc, UP]`` from the lower to the upper end, ``[arc,
DOWN]`` back. The *contracted* weight is the least over paths that only use nodes below both ends;
the *shortest* weight the least over all paths. A slot whose contracted weight is more than the
shortest one is on no path that a query needs to look at.

Sources: Dibbelt, Strasser, Wagner: Customizable Contraction Hierarchies, ACM JEA 21 (2016), basic
and perfect customisation.
"""

# mypy: disallow-untyped-decorators=False
# (numba's decorators carry no types)

import numpy as np
from numba import njit
from numpy.typing import NDArray

from planner.legs.hierarchy.contraction import Hierarchy
from planner.legs.hierarchy.threads import in_parts

I32 = NDArray[np.int32]
U16 = NDArray[np.uint16]

UP, DOWN = 0, 1
NEVER = 2**30 - 1
"""The weight of what cannot be driven; twice this is still an int32."""


def edge_weights(hierarchy: Hierarchy, weight: I32) -> I32:
    """Return the least weight of the edges of each slot, shape (arcs, 2)."""
    found = np.full((hierarchy.arcs, 2), NEVER, np.int32)
    _take_edges(hierarchy.slot_of_edge, weight, found.reshape(-1))
    return found


def contract(hierarchy: Hierarchy, weight: I32) -> I32:
    """Lower the weights of slots, shape (arcs, 2), to the least through lower nodes, in place.

    Returns the lower node that each slot's path goes through, -1 where it is an edge (or where
    there is none); the first such node where several are equal.
    """
    via = np.full_like(weight, -1)
    known = (
        hierarchy.first,
        hierarchy.tail,
        hierarchy.head_level,
        hierarchy.below_first,
        hierarchy.below_arc,
        hierarchy.height,
        weight,
        via,
    )
    in_parts(lambda nodes: _contract(nodes, *known), hierarchy.parts)
    _contract(hierarchy.top, *known)
    return via


def shortest(hierarchy: Hierarchy, contracted: I32) -> I32:
    """Return the weight of the shortest path between the ends of each slot, shape (arcs, 2)."""
    weight = contracted.copy()
    known = (hierarchy.first, hierarchy.head, hierarchy.head_level, hierarchy.height, weight)
    _shorten(hierarchy.top, *known)
    in_parts(lambda nodes: _shorten(nodes, *known), hierarchy.parts)
    return weight


@njit(cache=True, nogil=True)
def _take_edges(slot_of_edge: I32, weight: I32, found: I32) -> None:
    for edge in range(weight.size):
        slot = slot_of_edge[edge]
        if slot >= 0 and weight[edge] < found[slot]:
            found[slot] = weight[edge]


@njit(cache=True, nogil=True)
def contract_node(
    x: int,
    first: I32,
    tail: I32,
    head_level: U16,
    below_first: I32,
    below_arc: I32,
    weight: I32,
    via: I32,
    best: I32,
    through: I32,
) -> None:
    """Lower the slots of the arcs up from x; those below must be done. Scratch by level."""
    for arc in range(first[x], first[x + 1]):
        level = head_level[arc]
        best[level, 0] = weight[arc, 0]
        best[level, 1] = weight[arc, 1]
        through[level, 0] = -1
        through[level, 1] = -1
    for place in range(below_first[x], below_first[x + 1]):
        lower = below_arc[place]
        v = tail[lower]
        to_x = weight[lower, 0]
        from_x = weight[lower, 1]
        for arc in range(lower + 1, first[v + 1]):
            level = head_level[arc]
            reach = from_x + weight[arc, 0]
            if reach < best[level, 0]:
                best[level, 0] = reach
                through[level, 0] = v
            reach = weight[arc, 1] + to_x
            if reach < best[level, 1]:
                best[level, 1] = reach
                through[level, 1] = v
    for arc in range(first[x], first[x + 1]):
        level = head_level[arc]
        weight[arc, 0] = best[level, 0]
        weight[arc, 1] = best[level, 1]
        via[arc, 0] = through[level, 0]
        via[arc, 1] = through[level, 1]


@njit(cache=True, nogil=True)
def _contract(
    nodes: I32,
    first: I32,
    tail: I32,
    head_level: U16,
    below_first: I32,
    below_arc: I32,
    height: int,
    weight: I32,
    via: I32,
) -> None:
    best = np.empty((height, 2), np.int32)
    through = np.empty((height, 2), np.int32)
    for x in nodes:
        contract_node(
            x, first, tail, head_level, below_first, below_arc, weight, via, best, through
        )


@njit(cache=True, nogil=True)
def shorten_node(
    v: int, first: I32, head: I32, head_level: U16, weight: I32, best: I32, owner: I32
) -> None:
    """Lower the slots of the arcs up from v by paths over higher nodes, which must be done.

    ``owner`` tells for which node a level of the scratch ``best`` was last filled; not v before.
    """
    for arc in range(first[v], first[v + 1]):
        level = head_level[arc]
        best[level, 0] = weight[arc, 0]
        best[level, 1] = weight[arc, 1]
        owner[level] = v
    for arc in range(first[v], first[v + 1] - 1):
        x = head[arc]
        here = head_level[arc]
        to_x = best[here, 0]
        from_x = best[here, 1]
        for above in range(first[x], first[x + 1]):
            level = head_level[above]
            if owner[level] == v:
                up = weight[above, 0]
                down = weight[above, 1]
                to_y = best[level, 0]
                from_y = best[level, 1]
                best[level, 0] = min(to_y, to_x + up)
                best[level, 1] = min(from_y, down + from_x)
                to_x = min(to_x, to_y + down)
                from_x = min(from_x, up + from_y)
        best[here, 0] = to_x
        best[here, 1] = from_x
    for arc in range(first[v], first[v + 1]):
        level = head_level[arc]
        weight[arc, 0] = best[level, 0]
        weight[arc, 1] = best[level, 1]


@njit(cache=True, nogil=True)
def _shorten(nodes: I32, first: I32, head: I32, head_level: U16, height: int, weight: I32) -> None:
    best = np.empty((height, 2), np.int32)
    owner = np.full(height, -1, np.int32)
    for place in range(nodes.size - 1, -1, -1):
        shorten_node(nodes[place], first, head, head_level, weight, best, owner)
