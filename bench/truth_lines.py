"""Another router's line laid on our graph, point by point: which of our edges it runs along.

Both graphs are made of the same OpenStreetMap nodes, so that a line of the other runs from point
to point of ours; no guess is made. Where that fails it is said how: the road is not ours
(``absent``), it is ours in the other direction only (``against``), or our edge does not lead on to
the next one (``turn``: a turn restriction or a closed barrier).
"""

from collections import defaultdict
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from planner.roads.graph import Flag, RoadGraph
from planner.roads.sphere import arc_m, unit_vectors

F64 = NDArray[np.float64]

SAME_M = 0.35
"""Points nearer than this are the same; the other router rounds to 0.1 m."""

_BESIDE_M = 0.6
"""A point of ours so near a straight piece of the line lies on it."""

_MOST_CUTS = 100
_M_PER_DEGREE = 111_195.0


@dataclass(frozen=True, slots=True)
class Piece:
    """A straight piece of an edge, number ``rank`` of those up to ``last``; ``share`` of it all."""

    edge: int
    rank: int
    last: int
    share: float
    to: int


@dataclass(frozen=True, slots=True)
class Step:
    """A piece of ours, and the place in the line of the points that it lies between."""

    piece: Piece
    place: int


@dataclass
class Laid:
    """A line on our graph: its steps, and ``breaks`` as (place in the line, kind)."""

    steps: list[Step] = field(default_factory=list)
    breaks: list[tuple[int, str]] = field(default_factory=list)


class Lines:
    """Lays lines on one graph."""

    def __init__(self, graph: RoadGraph) -> None:
        self._head, self._tail = graph.head.tolist(), graph.tail.tolist()
        roads = np.flatnonzero((np.asarray(graph.flags) & Flag.VIRTUAL) == 0)
        points, rank_of = graph.lines(roads)
        of = roads[rank_of]
        whole = np.rint(points * 1e7).astype(np.int64)
        _, first, vertex = np.unique(
            whole[:, 0] * 4_000_000_000 + whole[:, 1], return_index=True, return_inverse=True
        )
        self._points = points[first]
        self._tree = cKDTree(unit_vectors(self._points[:, 0], self._points[:, 1]))
        self._from: dict[int, list[Piece]] = defaultdict(list)
        inside = of[1:] == of[:-1]
        step_m = _flat_m(points[1:] - points[:-1], points[:-1, 1])[inside]
        edge, start, to = of[:-1][inside], vertex[:-1][inside], vertex[1:][inside]
        pieces = np.bincount(edge, minlength=len(graph.head))
        rank = np.arange(len(edge)) - (np.cumsum(pieces) - pieces)[edge]
        share = step_m / np.maximum(np.bincount(edge, step_m, len(graph.head))[edge], 1e-9)
        columns = (start, edge, rank, pieces[edge] - 1, share, to)
        for begin, *told in zip(*(column.tolist() for column in columns), strict=True):
            self._from[begin].append(Piece(*told))

    def lay(self, line: F64) -> Laid:
        """Lay a line, shape (k, 2), on the graph."""
        laid = Laid()
        trail: list[tuple[int, dict[Piece, Piece | None]]] = []
        for place, start, end in self._links(line):
            found = [piece for piece in self._from.get(start, ()) if piece.to == end]
            live = self._joined(trail[-1][1], found) if trail else dict.fromkeys(found)
            if not live:
                laid.breaks.append((place, "turn" if found else self._missing(start, end)))
                _settle(laid, trail)
                live = dict.fromkeys(found)
            if live:
                trail.append((place, live))
        _settle(laid, trail)
        return laid

    def _links(self, line: F64) -> list[tuple[int, int, int]]:
        """Return place, start and end vertex (-1: none of ours) of each link of the line."""
        chord, near = self._tree.query(unit_vectors(line[:, 0], line[:, 1]))
        vertex = np.where(arc_m(chord) <= SAME_M, near, -1).tolist()
        links: list[tuple[int, int, int]] = []
        for place, (a, b) in enumerate(pairwise(vertex)):
            if a >= 0 and a == b:
                continue
            by_way = self._cuts(a, b) if a >= 0 and b >= 0 else [a, b]
            links += [(place, *link) for link in pairwise(by_way)]
        return links

    def _cuts(self, a: int, b: int) -> list[int]:
        """Return the vertices of ours on the straight piece from a to b, both included."""
        found = [a]
        here = a
        for _ in range(_MOST_CUTS):
            ahead = {piece.to for piece in self._from.get(here, ())}
            if b in ahead:
                return [*found, b]
            new = ahead.difference(found)
            on_it = [there for there in sorted(new) if self._beside(here, there, b)]
            if not on_it:
                break
            here = on_it[0]
            found.append(here)
        return [a, b]

    def _beside(self, a: int, there: int, b: int) -> bool:
        """Say whether a vertex lies on the straight piece from a to b."""
        to_b, to_there = self._points[b] - self._points[a], self._points[there] - self._points[a]
        scale = np.array([np.cos(np.radians(self._points[a][1])), 1.0]) * _M_PER_DEGREE
        to_b, to_there = to_b * scale, to_there * scale
        long_m = float(np.hypot(*to_b))
        if long_m == 0.0:
            return False
        along = float(to_b @ to_there) / long_m
        aside = abs(float(to_b[0] * to_there[1] - to_b[1] * to_there[0])) / long_m
        return aside <= _BESIDE_M and 0.0 < along < long_m

    def _missing(self, a: int, b: int) -> str:
        back = a >= 0 and b >= 0 and any(piece.to == a for piece in self._from.get(b, ()))
        if not back and a >= 0 and b >= 0:
            back = len(self._cuts(b, a)) > 2
        return "against" if back else "absent"

    def _joined(
        self, before: dict[Piece, Piece | None], found: list[Piece]
    ) -> dict[Piece, Piece | None]:
        """Return the pieces that lead on from those before, each with one that leads to it."""
        live: dict[Piece, Piece | None] = {}
        for piece in found:
            for last in before:
                within = last.edge == piece.edge and last.rank + 1 == piece.rank
                through = last.rank == last.last and piece.rank == 0
                if within or (through and self._head[last.edge] == self._tail[piece.edge]):
                    live[piece] = last
                    break
        return live


def _settle(laid: Laid, trail: list[tuple[int, dict[Piece, Piece | None]]]) -> None:
    """Walk a trail back from its end, add its steps, and empty it."""
    steps: list[Step] = []
    piece: Piece | None = next(iter(trail[-1][1])) if trail else None
    for place, live in reversed(trail):
        if piece is None:
            break
        steps.append(Step(piece, place))
        piece = live[piece]
    laid.steps += reversed(steps)
    trail.clear()


def _flat_m(delta: F64, lat: F64) -> F64:
    metres: F64 = np.hypot(delta[:, 0] * np.cos(np.radians(lat)), delta[:, 1]) * _M_PER_DEGREE
    return metres
