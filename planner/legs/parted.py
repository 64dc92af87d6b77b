"""What a stop may save where one arrives otherwise than one leaves.

A junction with a forbidden turn, and a place in a street that nobody may drive through, are several
nodes: drives end at one and begin at another (`RoadGraph.leaves_from`). Who stops there may go on
where who drives by may not. So a trip by such a stop may take less than any drive without it: at
most what the way round takes, from where one comes to where one goes on.

That is told for all trips at once. All drives to a place come by one of a few nodes before it, the
last on roads that all may drive through, or begin nearer to it; all drives on go by a few nodes
behind it or end there. The most that is saved between any of the former and any of the latter is
the most that any trip saves.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from planner.legs.hierarchy import NEVER, Customised, PointQuery, matrix, select_targets
from planner.roads.graph import RoadGraph

I32 = NDArray[np.int32]

MOST_NODES = 1_000
"""Nodes of streets that are looked through to one side of a place; of more nothing is said."""

MOST_QUERIES = 100
"""Ways that are asked for one by one; more are swept together."""


@dataclass(eq=False)
class Parted:
    """What stops save of the least weights of each kind; threads may share it.

    ``metrics`` are those of one reference car on the roads of ``graph``, the quickest first.
    """

    graph: RoadGraph
    metrics: tuple[Customised, ...]
    _kept: dict[int, list[int]] = field(default_factory=dict)

    def saved(self, arrive: I32) -> I32:
        """Most that a stop saves at places where drives end at these nodes, shape (places, kinds).

        `NEVER` where that is not known, or one may only get to where one goes on by a stop.
        """
        fresh = [node for node in np.unique(arrive).tolist() if node not in self._kept]
        if fresh:
            queries = [PointQuery(metric) for metric in self.metrics]
            sides = _Sides(self.graph, queries[0], self._open)
            self._kept.update({node: self._saved(node, sides, queries) for node in fresh})
        rows = [self._kept[node] for node in arrive.tolist()]
        return np.array(rows, np.int32).reshape(-1, len(self.metrics))

    def _saved(self, end: int, sides: "_Sides", queries: list[PointQuery]) -> list[int]:
        begin = int(self.graph.leaves_from[end])
        if begin == end:
            return [0] * len(self.metrics)
        before, after = sides.of(end, begin)
        if before is None or after is None:
            return [NEVER] * len(self.metrics)
        return [_most_saved(_table(query, [*before, begin], [*after, end])) for query in queries]

    @cached_property
    def _open(self) -> int:
        """A node on the roads that all may drive through, -1: there is none."""
        whole = np.asarray(self.graph.leaves_from) == np.arange(len(self.graph.lon))
        found = np.asarray(self.graph.component_ok) & whole
        return int(found.argmax()) if found.any() else -1


def _table(query: PointQuery, starts: list[int], ends: list[int]) -> NDArray[np.int64]:
    """Least weights, shape (starts, ends)."""
    if len(starts) * len(ends) > MOST_QUERIES:
        found = matrix(starts, select_targets(query.metric, ends))
    else:
        found = np.array([[query.weight(start, end) for end in ends] for start in starts])
    return found.astype(np.int64)


def _most_saved(weight: NDArray[np.int64]) -> int:
    """Most by which ways are longer than those by a stop.

    ``weight`` leads from the nodes before the stop and, in the last row, from the stop; to the
    nodes after it and, in the last column, to the stop.
    """
    around, come, go = weight[:-1, :-1], weight[:-1, -1:], weight[-1:, :-1]
    by_stop = (come < NEVER) & (go < NEVER)
    if (around[by_stop] >= NEVER).any():
        return NEVER
    return int((around - come - go)[by_stop].max(initial=0))


@dataclass(eq=False)
class _Sides:
    """Nodes by which all drives to a place come, and all drives from it go on."""

    graph: RoadGraph
    query: PointQuery
    open_node: int
    _opened: dict[int, bool] = field(default_factory=dict)

    def of(self, end: int, begin: int) -> tuple[list[int] | None, list[int] | None]:
        """List them for a place where drives end at one node and begin at another; None: too many.

        Neighbours of the place's nodes would do anywhere. In a street for arriving only they tell
        too much, for no way leads round from the one to the other; there it is the nodes of the
        open roads, and where drives within the street begin and end.
        """
        before, after = self._before(end), self._after(begin)
        is_junction = all(self.graph.leaves_from[node] == begin for node in before)
        if is_junction and self._is_open(begin):
            return before, after
        return (
            self._border(end, self._before, self._may_begin),
            self._border(begin, self._after, self._may_end),
        )

    def _border(
        self, start: int, step: Callable[[int], list[int]], counts: Callable[[int], bool]
    ) -> list[int] | None:
        """List the first open nodes on all ways from a node, and those on the way that count."""
        found, seen, ahead = set(), {start}, [start]
        while ahead:
            node = ahead.pop()
            is_open = self._is_open(node)
            if is_open or counts(node):
                found.add(node)
            if not is_open:
                fresh = set(step(node)) - seen
                seen |= fresh
                ahead += fresh
            if len(seen) > MOST_NODES:
                return None
        return sorted(found)

    def _may_begin(self, node: int) -> bool:
        return bool(self.graph.leaves_from[node] == node)

    def _may_end(self, node: int) -> bool:
        return bool(self.graph.component_ok[node])

    def _is_open(self, node: int) -> bool:
        """Say whether one comes to a node from the roads of all, and from it to them.

        Whatever is said, all ways are cut; it decides how near to the place.
        """
        if node not in self._opened:
            self._opened[node] = self.open_node >= 0 and all(
                self.query.weight(*way) < NEVER
                for way in ((self.open_node, node), (node, self.open_node))
            )
        return self._opened[node]

    def _after(self, node: int) -> list[int]:
        first, last = self.graph.first_out[node : node + 2].tolist()
        return sorted(set(self.graph.head[first:last].tolist()))

    def _before(self, node: int) -> list[int]:
        first, last = self.graph.first_in[node : node + 2].tolist()
        return sorted(set(self.graph.tail[self.graph.in_edge[first:last]].tolist()))
