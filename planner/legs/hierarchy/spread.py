"""From many nodes at once, each with a start of its own, to all: the least of all of them."""

# mypy: disallow-untyped-decorators=False
# (numba's decorators carry no types)

import numpy as np
from numba import njit
from numpy.typing import NDArray

from planner.legs.hierarchy.customised import Customised
from planner.legs.hierarchy.walk import walk

I32 = NDArray[np.int32]
U16 = NDArray[np.uint16]


def spread(metric: Customised, sources: I32, starts: I32) -> I32:
    """Return the least of start + weight over all sources to every node of the graph, int32[n].

    ``sources`` and ``starts`` have the shape (sources,); starts are not negative and below `NEVER`,
    which is the answer where no way leads.
    """
    hierarchy, out, into = metric.hierarchy, metric.outward, metric.inward
    found: I32 = _spread(
        hierarchy.rank[sources], np.asarray(starts, np.int32),
        hierarchy.height, hierarchy.parent, hierarchy.level, hierarchy.node,
        out.first, out.level, out.weight, into.first, into.level, into.weight,
    )  # fmt: skip
    return found


@njit(cache=True, nogil=True)
def _spread(
    sources: I32,
    starts: I32,
    height: int,
    parent: I32,
    node_level: U16,
    node: I32,
    walk_first: I32,
    walk_level: U16,
    walk_weight: I32,
    first: I32,
    level: U16,
    weight: I32,
) -> I32:
    """Walk up from each source, then go down the whole tree once."""
    never = np.int32(2**30 - 1)
    label = np.empty((4, height), np.int32)
    least_at = np.full(node.size, never, np.int32)
    for number in range(sources.size):
        source = sources[number]
        top = node_level[source]
        walk(
            parent, walk_first, walk_level, walk_weight, source, top,
            label[0], label[1], label[2], label[3],
        )  # fmt: skip
        for here in range(top + 1):
            if label[0, here] < never:
                there = label[3, here]
                reach = np.int32(starts[number] + label[0, here])
                least_at[there] = min(least_at[there], reach)
    least = np.full(height, never, np.int32)
    found = np.empty(node.size, np.int32)
    for v in range(node.size - 1, -1, -1):
        best = least_at[v]
        for arc in range(first[v], first[v + 1]):
            best = min(best, np.int32(least[level[arc]] + weight[arc]))
        least[node_level[v]] = best
        found[node[v]] = best
    return found
