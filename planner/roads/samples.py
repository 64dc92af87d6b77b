"""Samples along roads, a run of roads at a time: memory grows with nodes, not with metres.

A country has a hundred million samples, so of each only its height is kept; how they lie is laid
out anew whenever a run is worked on. Runs keep to a neighbourhood, so that each needs few tiles.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from planner.roads.elevation import HeightSource
from planner.roads.pieces import Pieces, spans

SAMPLE_EVERY_M = 30.0
"""Samples lie at most this far apart: the finest tiles have posts every 30 m."""

SHORTEST_M = 0.1
"""Links count as at least so long."""

RUN = 1_000_000
"""Links that are worked on at a time."""

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class Run:
    """Some pieces, and the links between their samples, piece by piece from start to end.

    Attributes
    ----------
    piece : int64[k]
        Index of each piece.
    start, end : int64[k]
        Their nodes.
    first : int64[k + 1]
        Where each piece's links begin.
    step_m : float64[links]
    follows : bool[k]
        Whether the piece follows the ground.
    """

    piece: I64
    start: I64
    end: I64
    first: I64
    step_m: F64
    follows: NDArray[np.bool_]

    @cached_property
    def inner(self) -> NDArray[np.bool_]:
        """Which links have a sample after them, and not the node at their piece's end."""
        marked = np.ones(len(self.step_m), np.bool_)
        marked[self.first[1:] - 1] = False
        return marked

    @cached_property
    def share_m(self) -> F64:
        """Half of the links around the sample after each link; half a link at the last."""
        share = self.step_m / 2
        share[:-1] += np.where(self.inner[:-1], self.step_m[1:] / 2, 0.0)
        return share

    def of_link(self, values: NDArray[np.floating]) -> F64:
        """Spread values of the samples over the links before them; 0 at the last of each piece."""
        spread = np.zeros(len(self.step_m))
        spread[self.inner] = values
        return spread

    def around(self, at_nodes: F64, within: F64) -> tuple[F64, F64]:
        """Return the values before and after each link, of the nodes' and the samples' by link."""
        after = within.copy()
        after[self.first[1:] - 1] = at_nodes[self.end]
        before = np.empty_like(after)
        before[1:] = after[:-1]
        before[self.first[:-1]] = at_nodes[self.start]
        return before, after


class Samples:
    """The samples on all stretches between points, none but the points on straight pieces."""

    def __init__(self, pieces: Pieces, straight: NDArray[np.bool_]) -> None:
        self.pieces = pieces
        self._straight = straight
        first = pieces.first[:-1]
        order = np.argsort(_square(pieces.lon[first], pieces.lat[first]), kind="stable")
        most = np.diff(pieces.first) + pieces.length_m / SAMPLE_EVERY_M
        run = (np.cumsum(most[order]) // RUN).astype(np.int64)
        self._pieces_of = np.split(order, np.flatnonzero(np.diff(run)) + 1)

    def __len__(self) -> int:
        return len(self._pieces_of)

    def runs(self) -> Iterator[Run]:
        """Yield all runs, always in the same order."""
        for piece in self._pieces_of:
            yield self._laid(piece)[0]

    def looked_up(self, source: HeightSource) -> Iterator[tuple[Run, F64]]:
        """Yield each run and the heights of its samples as the source tells them, by link."""
        pieces = self.pieces
        for piece in self._pieces_of:
            run, begin, parts = self._laid(piece)
            of = np.repeat(np.arange(len(begin)), parts)
            rank = np.arange(len(of)) - np.repeat(np.cumsum(parts) - parts, parts)
            share = ((rank + 1) / parts[of])[run.inner]
            point = begin[of[run.inner]]
            lon = pieces.lon[point] * (1 - share) + pieces.lon[point + 1] * share
            lat = pieces.lat[point] * (1 - share) + pieces.lat[point + 1] * share
            yield run, source.heights_m(lon, lat)

    def _laid(self, piece: I64) -> tuple[Run, I64, I64]:
        """Lay out some pieces; also return their stretches' first points, and links of each."""
        pieces = self.pieces
        counts = pieces.first[piece + 1] - pieces.first[piece] - 1
        begin = spans(pieces.first[piece], counts)
        line = np.repeat(np.arange(len(piece)), counts)
        length_m = pieces.along_m[begin + 1] - pieces.along_m[begin]
        parts = np.maximum(np.ceil(length_m / SAMPLE_EVERY_M), 1).astype(np.int64)
        parts[self._straight[piece][line]] = 1
        links = np.bincount(line, parts, minlength=len(piece)).astype(np.int64)
        run = Run(
            piece=piece,
            start=pieces.node[pieces.first[piece]],
            end=pieces.node[pieces.first[piece + 1] - 1],
            first=np.concatenate(([0], np.cumsum(links))),
            step_m=np.repeat(np.maximum(length_m / parts, SHORTEST_M), parts),
            follows=~self._straight[piece],
        )
        return run, begin, parts


def node_places(pieces: Pieces) -> tuple[F64, F64]:
    """Return longitude and latitude of each node."""
    lon, lat = np.zeros(pieces.nodes), np.zeros(pieces.nodes)
    for ends in (pieces.first[1:] - 1, pieces.first[:-1]):
        node = pieces.node[ends]
        lon[node], lat[node] = pieces.lon[ends], pieces.lat[ends]
    return lon, lat


def heights_of_nodes(pieces: Pieces, source: HeightSource) -> F64:
    """Return the heights of all nodes as the source tells them."""
    lon, lat = node_places(pieces)
    heights = np.empty(pieces.nodes)
    order = np.argsort(_square(lon, lat), kind="stable")
    for some in np.split(order, range(RUN, len(order), RUN)):
        heights[some] = source.heights_m(lon[some], lat[some])
    return heights


def _square(lon: F64, lat: F64) -> NDArray[np.int32]:
    """Return a number for each square of a degree, which tiles are made of."""
    return (np.floor(lat + 90) * 360 + np.floor(lon + 180)).astype(np.int32)
