"""Where a drive may not turn round, so that nobody meets a forbidden turn by coming back to it.

Turning round makes a way shorter for one reason only: it brings the drive back to a junction at
which it was not allowed to go on as it wanted. Anywhere else the way without it is shorter and may
go on at least as freely. So turning round is forbidden from such junctions outwards, and nothing
else need be known of the drives that never come near one. Who must come back does so at a dead
end, or at a junction of three roads or more that lies far enough from the forbidden turn.

Drives begin and end in either direction, whatever is forbidden here.
"""

from collections import defaultdict
from collections.abc import Sequence
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from planner.roads.draft import largest_component
from planner.roads.junctions import Turn
from planner.roads.turns import MapEdges
from planner.roads.walking import beginnings, walk

NEAREST_M = 500.0
"""Nobody turns round at a junction nearer to the forbidden turn than this. Source: assumed; of
1,000 drives in Heidelberg, 14 turn round at a junction where it is 250 m, and 3 where it is 500 m,
for which the graph there grows by 14 and by 30 % (bench/turning.py). Others let cars turn round at
dead ends only, on graphs of pairs of edges: Valhalla, sif/autocost.cc, `Allowed`; OSRM, issues 100
and 5586 of osrm-backend."""

_CROSSING = 3
"""So many lines meet at a junction; where two do, the road only goes on."""


def turns_back(
    edges: MapEdges,
    length_m: NDArray[np.float64],
    arriving: NDArray[np.bool_],
    turns: Sequence[Turn],
) -> list[Turn]:
    """Return the edges and their own way back that may not follow each other.

    Parameters
    ----------
    edges : MapEdges
        Of the whole map.
    length_m : float64[m]
    arriving : bool[m]
        Marks edges on which one may drive to a place there, but not through.
    turns : sequence of tuple of int
        What may not be driven, as the restrictions tell.

    Returns
    -------
    list of (int, int)
        None of them in ``turns``.
    """
    if not turns:
        return []
    nodes, count = len(edges.origin), len(edges.head)
    head, tail = edges.head.astype(np.int64), edges.tail.astype(np.int64)
    by_tail = np.argsort(tail, kind="stable")
    tail_first = np.searchsorted(tail[by_tail], np.arange(nodes + 1))
    back, lines = _both_ways(edges)
    core = largest_component(edges.tail[~arriving], edges.head[~arriving], nodes)
    last_two = np.array([turn[-2:] for turn in turns], np.int64)
    at_node = np.array([len(turn) == 2 for turn in turns])  # noqa: PLR2004 -- edges
    pairs = last_two[:, 0] * count + last_two[:, 1]
    never, perhaps = np.unique(pairs[at_node]), np.unique(pairs)
    begins = beginnings(tail_first, by_tail, head, back, never, *_wanted(turns))
    turned = walk(
        tail_first,
        by_tail,
        head,
        back,
        length_m,
        core[tail] & core[head] & ~arriving,
        lines >= _CROSSING,
        never,
        perhaps,
        begins,
        NEAREST_M,
    )
    return list(zip(turned.tolist(), back[turned].tolist(), strict=True))


def _wanted(
    turns: Sequence[Turn],
) -> tuple[NDArray[np.int64], NDArray[np.bool_], NDArray[np.int64], NDArray[np.int64]]:
    """Return what a drive might come back for, by the edges after which it is forbidden.

    As `planner.roads.walking.beginnings` takes it.
    """
    after: dict[Turn, set[int]] = defaultdict(set)
    for turn in turns:
        for reached in range(1, len(turn)):
            after[turn[:reached]].add(turn[reached])
    counts = [len(wanted) for wanted in after.values()]
    return (
        np.array([turn[-1] for turn in after], np.int64),
        np.array([len(turn) == 1 for turn in after]),
        np.cumsum([0, *counts], dtype=np.int64),
        np.fromiter(chain.from_iterable(after.values()), np.int64, sum(counts)),
    )


def _both_ways(edges: MapEdges) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the way back of each edge, -1 where there is none, and the lines at each node."""
    order = np.argsort(edges.piece, kind="stable")
    again = edges.piece[order][1:] == edges.piece[order][:-1]
    one, other = order[:-1][again], order[1:][again]
    back = np.full(len(order), -1, np.int64)
    back[one], back[other] = other, one
    lines = order[np.append(True, ~again)]
    ends = np.concatenate((edges.tail[lines], edges.head[lines]))
    return back, np.bincount(ends, minlength=len(edges.origin))
