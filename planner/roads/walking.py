"""Walks outwards from forbidden turns, compiled: see `planner.roads.turning`."""

import heapq

import numba
import numpy as np
from numpy.typing import NDArray

I64 = NDArray[np.int64]
F64 = NDArray[np.float64]
Marks = NDArray[np.bool_]


@numba.njit(cache=True)
def holds(ordered: I64, key: int) -> bool:
    """Say whether a key is among those in order."""
    at = np.searchsorted(ordered, key)
    return bool(at < len(ordered) and ordered[at] == key)


@numba.njit(cache=True)
def beginnings(
    tail_first: I64,
    by_tail: I64,
    head: I64,
    back: I64,
    never: I64,
    last: I64,
    alone: Marks,
    wanted_first: I64,
    wanted: I64,
) -> I64:
    """Return the edges on which one might drive on, to come back and turn as one may not.

    Parameters
    ----------
    tail_first, by_tail : int64[n + 1], int64[m]
        The edges from each node.
    head, back : int64[m]
        Node at the end of each edge, and its own way back, -1 where there is none.
    never : int64[..]
        Of each pair of edges that may not follow each other, ``one * m + other``; ascending.
    last, alone : int64[k], bool[k]
        The last edge of each beginning of a forbidden sequence, and whether it is the only one.
    wanted_first, wanted : int64[k + 1], int64[..]
        The edges that are forbidden after each beginning, now or later.
    """
    edges = len(head)
    found = []
    for index in range(len(last)):
        along = last[index]
        if not alone[index] and back[along] >= 0:
            found.append(along)
        node = head[along]
        for edge in by_tail[tail_first[node] : tail_first[node + 1]]:
            turned = back[edge]
            own = alone[index] and turned == along
            if turned < 0 or own or holds(never, along * edges + edge):
                continue
            for aim in wanted[wanted_first[index] : wanted_first[index + 1]]:
                if aim != edge and not holds(never, turned * edges + aim):
                    found.append(edge)
                    break
    return np.array(found, dtype=np.int64)


@numba.njit(cache=True)
def walk(
    tail_first: I64,
    by_tail: I64,
    head: I64,
    back: I64,
    length_m: F64,
    passable: Marks,
    crossing: Marks,
    never: I64,
    perhaps: I64,
    begins: I64,
    nearest_m: float,
) -> I64:
    """Return the edges after which nobody may turn round, the nearest first.

    Parameters
    ----------
    tail_first, by_tail, head, back, never
        As `beginnings` has them.
    length_m : float64[m]
    passable : bool[m]
        Edges of roads that are open to all.
    crossing : bool[n]
        Nodes at which one may turn round farther off than ``nearest_m``.
    perhaps : int64[..]
        As ``never``, of edges that may not follow for who has come along some edges before.
    begins : int64[..]
    nearest_m : float
    """
    edges = len(head)
    walked = np.zeros(edges, np.bool_)
    onward = np.empty(len(by_tail), np.int64)
    queue = [(0.0, edge) for edge in begins]
    heapq.heapify(queue)
    found = []
    while queue:
        before_m, edge = heapq.heappop(queue)
        if walked[edge]:
            continue
        walked[edge] = True
        turned, node = back[edge], head[edge]
        reached_m = before_m + length_m[edge]
        ways = 0
        # A road ends for who may not go on along it, or only where one may not drive through.
        for further in by_tail[tail_first[node] : tail_first[node + 1]]:
            leads = passable[further] or not passable[edge]
            if further != turned and leads and not holds(perhaps, edge * edges + further):
                onward[ways] = further
                ways += 1
        if ways == 0 or (reached_m >= nearest_m and crossing[node]):
            continue
        if not holds(never, edge * edges + turned):
            found.append(edge)
        for further in onward[:ways]:
            if back[further] >= 0 and not walked[further]:
                heapq.heappush(queue, (reached_m, further))
    return np.array(found, dtype=np.int64)
