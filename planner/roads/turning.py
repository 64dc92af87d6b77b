"""Where a drive may not turn round, so that nobody meets a forbidden turn by coming back to it.

Turning round makes a way shorter for one reason only: it brings the drive back to a junction at
which it was not allowed to go on as it wanted. Anywhere else the way without it is shorter and may
go on at least as freely. So turning round is forbidden from such junctions outwards, and nothing
else need be known of the drives that never come near one. Who must come back does so at a dead
end, or at a junction of three roads or more that lies far enough from the forbidden turn.

Drives begin and end in either direction, whatever is forbidden here.
"""

import heapq
from collections import defaultdict
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from planner.roads.draft import largest_component
from planner.roads.junctions import Turn
from planner.roads.turns import MapEdges

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
    return list(_Walks(edges, length_m, arriving, turns).turns_back())


class _Walks:
    """Walks outwards from forbidden turns, along roads that lead back as well.

    ``_never`` holds what may not follow an edge, ``_perhaps`` also what may not for who has come
    along some edges before it. ``_wanted`` is what a drive might come back for, by the edges after
    which it is forbidden, now or later.
    """

    def __init__(
        self,
        edges: MapEdges,
        length_m: NDArray[np.float64],
        arriving: NDArray[np.bool_],
        turns: Sequence[Turn],
    ) -> None:
        nodes = len(edges.origin)
        self._head, self._length_m = edges.head, length_m
        self._by_tail = np.argsort(edges.tail, kind="stable")
        self._first = np.searchsorted(edges.tail[self._by_tail], np.arange(nodes + 1))
        self._back, self._lines = _both_ways(edges)
        core = largest_component(edges.tail[~arriving], edges.head[~arriving], nodes)
        self._open = core[edges.tail] & core[edges.head] & ~arriving
        self._never: dict[int, set[int]] = defaultdict(set)
        self._perhaps: dict[int, set[int]] = defaultdict(set)
        self._wanted: dict[Turn, set[int]] = defaultdict(set)
        for turn in turns:
            self._perhaps[turn[-2]].add(turn[-1])
            if len(turn) == 2:  # noqa: PLR2004 -- at a node
                self._never[turn[0]].add(turn[1])
            for reached in range(1, len(turn)):
                self._wanted[turn[:reached]].add(turn[reached])

    def turns_back(self) -> Iterator[Turn]:
        """Yield where turning round is forbidden, the nearest first."""
        queue = [(0.0, edge) for edge in self._beginnings()]
        heapq.heapify(queue)
        walked: set[int] = set()
        while queue:
            before_m, edge = heapq.heappop(queue)
            if edge in walked:
                continue
            walked.add(edge)
            back, reached_m = int(self._back[edge]), before_m + float(self._length_m[edge])
            node = int(self._head[edge])
            onward = self._onward(edge, node, back)
            if not onward or (reached_m >= NEAREST_M and self._lines[node] >= _CROSSING):
                continue
            if back not in self._never.get(edge, ()):
                yield edge, back
            for further in onward:
                if self._back[further] >= 0 and further not in walked:
                    heapq.heappush(queue, (reached_m, further))

    def _beginnings(self) -> Iterator[int]:
        """Yield the edges on which one might drive on, to come back and turn as one may not.

        On a turn through ways that is so of the last way, there and back: who drives it to and fro
        has come by it alone.
        """
        for turn, wanted in self._wanted.items():
            last = turn[-1]
            if len(turn) > 1 and self._back[last] >= 0:
                yield last
            for edge in self._out(int(self._head[last])):
                back = int(self._back[edge])
                if back < 0 or edge in self._never.get(last, ()) or (back,) == turn:
                    continue
                if wanted - self._never.get(back, set()) - {edge}:
                    yield edge

    def _out(self, node: int) -> list[int]:
        found: list[int] = self._by_tail[self._first[node] : self._first[node + 1]].tolist()
        return found

    def _onward(self, edge: int, node: int, back: int) -> list[int]:
        """Return the ways on; where there are none, the road ends for who comes along it.

        That is so too where all ways on are forbidden, or lead from open roads to such that one may
        not drive through or not come back from.
        """
        perhaps = self._perhaps.get(edge, ())
        return [
            further
            for further in self._out(node)
            if further != back
            and further not in perhaps
            and (self._open[further] or not self._open[edge])
        ]


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
