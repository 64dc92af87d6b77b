"""Which edges may come near some places: a grid over the region answers for all edges at once."""

import numpy as np
from numpy.typing import NDArray

from planner.model.geo import EARTH_RADIUS_M
from planner.roads.graph import Flag, RoadGraph

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]

METRES_PER_DEGREE = EARTH_RADIUS_M * np.pi / 180.0
MOST_CELLS = 1 << 20


def edges_near(graph: RoadGraph, boxes: F64, within_m: float) -> I64:
    """List the edges that may come within so many metres of any box; none that does is left out.

    ``boxes`` float64[k, 4] are west, south, east, north in degrees. Virtual edges are no roads.
    """
    if not len(boxes) or not len(graph.head):
        return np.empty(0, np.int64)
    west, south, east, north = _edge_boxes(graph)
    wide = _widened(np.asarray(boxes, np.float64), within_m)
    low, high = wide[:, :2].min(axis=0), wide[:, 2:].max(axis=0)
    cell = max(float(np.sqrt(np.prod(np.maximum(high - low, 1e-6)) / MOST_CELLS)), 1e-3)
    shape = np.ceil((high - low) / cell).astype(np.int64) + 1

    def column(degrees: F64, axis: int) -> I64:
        place = np.floor((degrees - low[axis]) / cell)
        return np.asarray(np.clip(place, 0, shape[axis] - 1), np.int64)

    marked = np.zeros(tuple(shape), np.int32)
    spans = [column(wide[:, n], n % 2) for n in range(4)]
    for w, s, e, n in zip(*spans, strict=True):
        marked[w : e + 1, s : n + 1] = 1
    before = np.zeros(tuple(shape + 1), np.int32)
    before[1:, 1:] = marked.cumsum(axis=0).cumsum(axis=1)
    near = np.flatnonzero(
        (east >= low[0]) & (west <= high[0]) & (north >= low[1]) & (south <= high[1])
        & ((graph.flags & Flag.VIRTUAL) == 0)
    )  # fmt: skip
    w, e = column(west[near], 0), column(east[near], 0) + 1
    s, n = column(south[near], 1), column(north[near], 1) + 1
    inside = before[e, n] - before[w, n] - before[e, s] + before[w, s]
    return np.asarray(near[inside > 0])


def _edge_boxes(graph: RoadGraph) -> tuple[F64, F64, F64, F64]:
    """Boxes that hold all of each edge: no point is farther from both ends than half its length."""
    ends = [graph.lon[graph.tail], graph.lon[graph.head]]
    lats = [graph.lat[graph.tail], graph.lat[graph.head]]
    west, east = np.minimum(*ends), np.maximum(*ends)
    south, north = np.minimum(*lats), np.maximum(*lats)
    # A shape may be a little longer than the length that was measured along it.
    bulge = np.where(graph.shape_of != 0, 0.55 * graph.length_m.astype(np.float64) + 1.0, 0.0)
    boxes = _widened(np.stack((west, south, east, north), axis=1), bulge)
    return boxes[:, 0], boxes[:, 1], boxes[:, 2], boxes[:, 3]


def _widened(boxes: F64, by_m: float | F64) -> F64:
    up = np.asarray(by_m, np.float64) / METRES_PER_DEGREE
    steep = np.maximum(np.abs(boxes[:, 1]), np.abs(boxes[:, 3]))
    aside = up / np.maximum(np.cos(np.radians(np.minimum(steep, 89.0))), 1e-2)
    return np.stack(
        (boxes[:, 0] - aside, boxes[:, 1] - up, boxes[:, 2] + aside, boxes[:, 3] + up), axis=1
    )
