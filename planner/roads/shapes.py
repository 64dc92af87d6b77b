"""Shapes of roads: the points between an edge's ends, packed as small steps and unpacked by need.

A shape is stored once for both directions of a road. Its points are steps of 1e-7 degrees (1.1 cm,
as in OpenStreetMap, so nothing is lost), the first from the node at its beginning: some four bytes
a point. The two ends are the nodes' own places and are not stored.
"""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from planner.errors import DataError
from planner.roads.kernels import count_points, pack_shapes, unpack_lines

E7 = 1e-7
"""Degrees in one unit of the stored shapes."""

MOST_BYTES = 2**32 - 1
"""A region's shapes take at most this: some billion points."""

_BYTES_A_POINT = 10
"""At most: two steps of up to 2**32, seven bits a byte."""


class Drawn(Protocol):
    """What lines are drawn of: see `RoadGraph`."""

    @property
    def tail(self) -> NDArray[np.int32]: ...  # noqa: D102 -- told by RoadGraph, as those below
    @property
    def head(self) -> NDArray[np.int32]: ...  # noqa: D102
    @property
    def lon(self) -> NDArray[np.float64]: ...  # noqa: D102
    @property
    def lat(self) -> NDArray[np.float64]: ...  # noqa: D102
    @property
    def shape_of(self) -> NDArray[np.int32]: ...  # noqa: D102
    @property
    def shape_first(self) -> NDArray[np.uint32]: ...  # noqa: D102
    @property
    def shape_steps(self) -> NDArray[np.uint8]: ...  # noqa: D102


def pack(
    shape_of: NDArray[np.int32],
    tail: NDArray[np.int32],
    head: NDArray[np.int32],
    lon: NDArray[np.float64],
    lat: NDArray[np.float64],
    first: NDArray[np.int64],
    e7: NDArray[np.int32],
) -> tuple[NDArray[np.int32], NDArray[np.uint32], NDArray[np.uint8]]:
    """Pack shapes given by their points; those without a point or an edge are left out.

    Parameters
    ----------
    shape_of : int32[m]
        Of each edge: shape ``shape_of - 1``, or ``-shape_of - 1`` reversed, 0 for none.
    tail, head : int32[m]
    lon, lat : float64[n]
    first, e7 : int64[shapes + 1], int32[points, 2]

    Returns
    -------
    shape_of, shape_first, shape_steps : int32[m], uint32[kept + 1], uint8[bytes]

    Raises
    ------
    ValueError
        Edges share a shape that begin at different places.
    DataError
        The shapes are too many for one region.
    """
    anchor = _anchors(shape_of, tail, head, lon, lat, len(first) - 1)
    kept = (np.diff(first) > 0) & (anchor[:, 0] != _UNUSED)
    number = np.cumsum(kept) * kept
    index = np.abs(shape_of.astype(np.int64))
    renamed = np.where(index > 0, number[np.maximum(index - 1, 0)] if len(number) else 0, 0)
    points = np.repeat(kept, np.diff(first))
    slim = np.concatenate(([0], np.cumsum(np.diff(first)[kept]))).astype(np.int64)
    inner = np.ascontiguousarray(e7[points], np.int32)
    steps = np.empty(_BYTES_A_POINT * len(inner), np.uint8)
    begins = pack_shapes(slim, inner, np.ascontiguousarray(anchor[kept]), steps)
    if begins[-1] > MOST_BYTES:
        raise DataError(
            f"the shapes of its roads take {begins[-1]:,} bytes, a region holds {MOST_BYTES:,}",
            place="region build",
            remedy="Cut the extract into several regions",
        )
    signed = (renamed * np.sign(shape_of)).astype(np.int32)
    return signed, begins.astype(np.uint32), steps[: begins[-1]].copy()


_UNUSED = np.iinfo(np.int64).min


def _anchors(
    shape_of: NDArray[np.int32],
    tail: NDArray[np.int32],
    head: NDArray[np.int32],
    lon: NDArray[np.float64],
    lat: NDArray[np.float64],
    shapes: int,
) -> NDArray[np.int64]:
    """Return the place, in units of 1e-7 degrees, of the node at which each shape begins."""
    bent = np.flatnonzero(shape_of)
    node = np.where(shape_of[bent] > 0, tail[bent], head[bent])
    place = np.rint(np.stack((lon[node], lat[node]), axis=1) * 1e7).astype(np.int64)
    index = np.abs(shape_of[bent].astype(np.int64)) - 1
    anchor = np.full((shapes, 2), _UNUSED)
    anchor[index] = place
    if (anchor[index] != place).any():
        raise ValueError("edges share a shape and do not begin at the same place")
    return anchor


def lines(graph: Drawn, edges: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return the points of each edge one after the other, and which edge (0, 1, ..) each is of.

    Shapes (k, 2) and (k,); points are longitude and latitude, both ends of each edge included.
    """
    if not len(edges):
        return np.empty((0, 2)), np.empty(0, np.int64)
    counts = count_points(edges, graph.shape_of, graph.shape_first, graph.shape_steps)
    begins = np.concatenate(([0], np.cumsum(counts)))
    points = np.empty((int(begins[-1]), 2))
    unpack_lines(
        edges,
        begins,
        graph.tail,
        graph.head,
        graph.lon,
        graph.lat,
        graph.shape_of,
        graph.shape_first,
        graph.shape_steps,
        points,
    )
    return points, np.repeat(np.arange(len(edges)), counts)


def count_all(shape_steps: NDArray[np.uint8]) -> int:
    """Return the number of points that are stored."""
    return int(np.count_nonzero(shape_steps < 128)) // 2  # noqa: PLR2004 -- the high bit
