"""The walk up the tree from a node: the least weight to each of its ancestors, in one array.

All that a node can reach upwards are its ancestors, one at each level. So the labels of a walk are
arrays by level, short enough to stay in the processor's nearest cache.

Source: Dibbelt, Strasser, Wagner: Customizable Contraction Hierarchies, ACM JEA 21 (2016), queries
by the elimination tree; Buchhold, Sanders, Wagner: Real-Time Traffic Assignment Using Engineered
Customizable Contraction Hierarchies, ACM JEA 24 (2019), pruning them.
"""

# mypy: disallow-untyped-decorators=False
# (numba's decorators carry no types)

import numpy as np
from numba import njit
from numpy.typing import NDArray

from planner.legs.hierarchy.loads import join

I32 = NDArray[np.int32]
U16 = NDArray[np.uint16]
F32 = NDArray[np.float32]


@njit(cache=True, nogil=True)
def relax_up(
    first: I32, level: U16, weight: I32, node: int, here: int, least: I32, arc_of: I32, from_of: I32
) -> None:
    """Lower the labels of higher levels by the arcs of one node at level ``here``.

    ``arc_of`` and ``from_of`` tell by which arc and from which level a label was lowered.
    """
    key = least[here]
    # Numba looks whether a signed index is below zero; an unsigned one costs nothing.
    for arc in range(np.uint32(first[node]), np.uint32(first[node + 1])):
        there = level[arc]
        reach = np.int32(key + weight[arc])
        if reach < least[there]:
            least[there] = reach
            arc_of[there] = arc
            from_of[there] = here


@njit(cache=True, nogil=True)
def walk(
    parent: I32,
    first: I32,
    level: U16,
    weight: I32,
    source: int,
    height: int,
    least: I32,
    arc_of: I32,
    from_of: I32,
    node_at: I32,
) -> None:
    """Fill the labels of all ancestors of ``source``, which is at level ``height``.

    ``node_at`` gets the ancestor of each level; ``arc_of[height]`` is -1.
    """
    least[: height + 1] = np.int32(2**30 - 1)
    least[height] = 0
    arc_of[height] = -1
    node = source
    for here in range(height, -1, -1):
        node_at[here] = node
        if least[here] < np.int32(2**30 - 1):
            relax_up(first, level, weight, node, here, least, arc_of, from_of)
        node = parent[node]


@njit(cache=True, nogil=True)
def climb_loads(
    height: int, least: I32, arc_of: I32, from_of: I32, load: F32, backward: bool, loads: F32
) -> None:
    """Work out the loads of a walk's labels, by level; backward, the arcs come before the rest."""
    loads[height] = np.float32(0.0)
    for here in range(height - 1, -1, -1):
        if least[here] < np.int32(2**30 - 1):
            if backward:
                join(load[arc_of[here]], loads[from_of[here]], loads[here])
            else:
                join(loads[from_of[here]], load[arc_of[here]], loads[here])
