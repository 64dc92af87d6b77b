"""From what a user drew to the directed edges that it means.

A line means the edges that it runs along: it is walked in steps, and at each the nearest road that
lies within `WITHIN_M` and leads its way counts, so that a road beside the one that was drawn is
left alone. All edges at that very place count alike: a junction with turn restrictions has several
copies of the same road. A point means the nearest road, both ways; a polygon, all roads that touch
it. What runs along nothing is told with its place.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from planner.errors import Fault
from planner.model.closure import Geometry
from planner.roads.graph import RoadGraph
from planner.roads.nearby import METRES_PER_DEGREE, edges_near

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]
Gap = tuple[F64, float]

WITHIN_M = 30.0
"""A road is meant by what is drawn no farther from it. Source: assumed; twice the error of a
position on a phone between houses, less than the distance of parallel streets."""

STEP_M = 5.0
ALIKE_M = 1.0
"""Edges whose distances differ by less lie at the same place."""

TURNED_COS = 0.7
"""Directions that differ by more than 45° are not the same."""

LEAST_ALONG_M = 15.0
"""A line runs along an edge for at least so far, or for half of it, or for half the line."""

GAP_M = 60.0
"""A stretch of a line is told from this length on where no road was found."""

MEANT = {
    "Point": "lies within 30 m of",
    "LineString": "runs in the direction of and within 30 m of",
    "MultiLineString": "runs in the direction of and within 30 m of",
    "Polygon": "touches",
}

REMEDY = "Draw it along the road, in the direction of its traffic, or say both_directions"


@dataclass(frozen=True, slots=True)
class Match:
    """Edges that a geometry means, ascending, and what of it means none."""

    edges: I64
    faults: tuple[Fault, ...]


@dataclass(frozen=True, slots=True, eq=False)
class _Pieces:
    """Straight pieces of edges, in metres from a point in their midst."""

    edge: I64
    start: F64
    end: F64
    tree: shapely.STRtree

    @property
    def heading(self) -> F64:
        return _unit(self.end - self.start)


def match_geometries(graph: RoadGraph, wanted: Sequence[tuple[str, Geometry, bool]]) -> list[Match]:
    """Find the edges of each geometry.

    ``wanted`` has for each the place to name in faults, the geometry, and whether a line means both
    directions.
    """
    boxes = [_box(geometry) for _, geometry, _ in wanted]
    near = edges_near(graph, np.array(boxes).reshape(-1, 4), WITHIN_M)
    points, of = graph.lines(near)
    begins = np.flatnonzero(of[1:] == of[:-1])
    moved = (points[begins] != points[begins + 1]).any(axis=1)
    begins = begins[moved]
    edge, start, end = near[of[begins]], points[begins], points[begins + 1]
    rough = shapely.STRtree(shapely.linestrings(np.stack((start, end), axis=1)))
    found = []
    for (place, geometry, both), box in zip(wanted, boxes, strict=True):
        west, south, east, north = box
        up = 2.0 * WITHIN_M / METRES_PER_DEGREE
        aside = up / max(float(np.cos(np.radians(min(max(abs(south), abs(north)), 89.0)))), 1e-2)
        around = shapely.box(west - aside, south - up, east + aside, north + up)
        some = np.sort(rough.query(around))
        origin = np.array([(west + east) / 2.0, (south + north) / 2.0])
        pieces = _pieces(edge[some], start[some], end[some], origin)
        found.append(_match(graph, pieces, geometry, both=both, place=place, origin=origin))
    return found


def _match(
    graph: RoadGraph, pieces: _Pieces, geometry: Geometry, *, both: bool, place: str, origin: F64
) -> Match:
    drawn = [_metres(np.array(part, np.float64), origin) for part in geometry.parts]
    gaps: list[Gap] = []
    if geometry.shape == "Polygon":
        edges = _touching(pieces, drawn)
    elif geometry.shape == "Point":
        edges = _nearest(pieces, drawn[0][0])
    else:
        runs = [_along(graph, pieces, line) for line in drawn]
        back = [_along(graph, pieces, line[::-1]) for line in drawn] if both else []
        edges = np.concatenate([run[0] for run in (*runs, *back)])
        gaps = [gap for run in runs for gap in run[1]]
        if both:
            turned = [gap for run in back for gap in run[1]]
            gaps = [gap for gap in gaps if any(np.hypot(*(gap[0] - t[0])) < gap[1] for t in turned)]
    meant = np.unique(edges).astype(np.int64)
    faults = tuple(_told(gaps, origin, place))
    if not meant.size:
        lon, lat = geometry.parts[0][0]
        said = f"the {geometry.shape} at {lon:.5f},{lat:.5f}"
        detail = f"no road of {graph.name} {MEANT[geometry.shape]} {said}"
        faults = (Fault(place, detail, REMEDY),)
    return Match(meant, faults)


def _touching(pieces: _Pieces, rings: list[F64]) -> I64:
    area = shapely.make_valid(shapely.Polygon(rings[0], rings[1:]))
    return np.asarray(pieces.edge[pieces.tree.query(area, predicate="intersects")])


def _nearest(pieces: _Pieces, point: F64) -> I64:
    some = pieces.tree.query(shapely.Point(point), predicate="dwithin", distance=WITHIN_M)
    if not len(some):
        return np.empty(0, np.int64)
    away = _away(point[None].repeat(len(some), axis=0), pieces.start[some], pieces.end[some])
    return np.asarray(pieces.edge[some[away <= away.min() + ALIKE_M]])


def _along(graph: RoadGraph, pieces: _Pieces, line: F64) -> tuple[I64, list[Gap]]:
    """Edges that a line runs along, and the stretches without any: their middle and length."""
    samples, heading, step_m = _walk(line)
    if not len(samples) or not len(pieces.edge):
        whole_m = float(step_m * len(samples))
        return np.empty(0, np.int64), [(line[len(line) // 2], max(whole_m, GAP_M))]
    which, piece = pieces.tree.query(
        shapely.points(samples), predicate="dwithin", distance=WITHIN_M
    )
    same_way = (pieces.heading[piece] * heading[which]).sum(axis=1) >= TURNED_COS
    which, piece = which[same_way], piece[same_way]
    away = _away(samples[which], pieces.start[piece], pieces.end[piece])
    nearest = np.full(len(samples), np.inf)
    np.minimum.at(nearest, which, away)
    chosen = away <= nearest[which] + ALIKE_M
    pairs = np.unique(np.stack((which[chosen], pieces.edge[piece[chosen]]), axis=1), axis=0)
    edges, times = np.unique(pairs[:, 1], return_counts=True)
    enough = np.minimum(0.5 * graph.length_m[edges], 0.5 * step_m * len(samples))
    kept = times * step_m >= np.minimum(LEAST_ALONG_M, enough) - 1e-6
    return edges[kept], list(_gaps(samples, np.isfinite(nearest), step_m))


def _walk(line: F64) -> tuple[F64, F64, float]:
    """Places along a line, at the middle of equal steps, its heading there, metres of a step."""
    moved = np.concatenate(([True], (line[1:] != line[:-1]).any(axis=1)))
    bends = line[moved]
    if len(bends) < 2:  # noqa: PLR2004 -- a line has two ends
        return np.empty((0, 2)), np.empty((0, 2)), 0.0
    metres = np.concatenate(([0.0], np.cumsum(np.hypot(*np.diff(bends, axis=0).T))))
    count = max(2, int(np.ceil(metres[-1] / STEP_M)))
    at = (np.arange(count) + 0.5) * metres[-1] / count
    after = np.clip(np.searchsorted(metres, at, side="right"), 1, len(bends) - 1)
    heading = _unit(np.diff(bends, axis=0))[after - 1]
    part = (at - metres[after - 1])[:, None]
    return bends[after - 1] + part * heading, heading, float(metres[-1] / count)


def _gaps(samples: F64, found: NDArray[np.bool_], step_m: float) -> Iterator[Gap]:
    turns = np.flatnonzero(np.diff(np.concatenate(([True], found, [True])).astype(np.int8)))
    for begin, end in zip(turns[::2], turns[1::2], strict=True):
        if (end - begin) * step_m >= GAP_M:
            yield samples[(begin + end) // 2], float((end - begin) * step_m)


def _told(gaps: list[Gap], origin: F64, place: str) -> Iterator[Fault]:
    for middle, metres in gaps:
        lon, lat = _degrees(middle, origin)
        detail = f"{metres:.0f} m around {lon:.5f},{lat:.5f} run along no road in that direction"
        yield Fault(place, detail, REMEDY)


def _pieces(edge: I64, start: F64, end: F64, origin: F64) -> _Pieces:
    begins, ends = _metres(start, origin), _metres(end, origin)
    tree = shapely.STRtree(shapely.linestrings(np.stack((begins, ends), axis=1)))
    return _Pieces(edge, begins, ends, tree)


def _away(points: F64, start: F64, end: F64) -> F64:
    """Metres from each point to its piece."""
    along = end - start
    part = ((points - start) * along).sum(axis=1) / np.maximum((along**2).sum(axis=1), 1e-12)
    nearest = start + np.clip(part, 0.0, 1.0)[:, None] * along
    return np.asarray(np.hypot(*(points - nearest).T))


def _unit(vectors: F64) -> F64:
    return np.asarray(vectors / np.maximum(np.hypot(*vectors.T), 1e-12)[:, None])


def _scale(origin: F64) -> F64:
    across = max(float(np.cos(np.radians(origin[1]))), 1e-2)
    return METRES_PER_DEGREE * np.array([across, 1.0])


def _metres(degrees: F64, origin: F64) -> F64:
    return np.asarray((degrees - origin) * _scale(origin))


def _degrees(metres: F64, origin: F64) -> F64:
    return np.asarray(metres / _scale(origin) + origin)


def _box(geometry: Geometry) -> tuple[float, float, float, float]:
    points = np.array([point for part in geometry.parts for point in part], np.float64)
    (west, south), (east, north) = points.min(axis=0), points.max(axis=0)
    return float(west), float(south), float(east), float(north)
