"""Roads of one map tile as GeoJSON: the page's base map, drawn from the region itself.

At low zoom only the roads that matter at that scale are drawn; lines are simplified to the pixel,
joined where they go on, and capped in number, the more important first.
"""

from dataclasses import dataclass
from math import atan, degrees, pi, sinh
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from planner.errors import InputError
from planner.model.geo import BBox
from planner.roads.classes import CLASS_INDEX, CLASSES
from planner.roads.graph import Flag, RoadGraph

TILE_PIXELS = 512
"""Side of a tile on the screen at its own zoom, as MapLibre draws vector tiles."""

HIGHEST_ZOOM = 18
MOST_LINES = 5_000
"""Lines in one tile at most."""

_LEVELS = (5, 7, 9, 11)
"""Up to each of these zooms the roads are joined and simplified once for the whole region; beyond
the last, tiles hold so few roads that they are drawn as they are."""

_FIRST_ZOOM = {
    "motorway": 0, "ferry": 7, "trunk": 5, "primary": 7, "motorway_link": 9, "trunk_link": 9,
    "secondary": 9, "primary_link": 10, "tertiary": 10, "secondary_link": 11, "unclassified": 11,
    "tertiary_link": 12, "residential": 12, "living_street": 13, "road": 12, "service": 13,
    "track": 13, "busway": 13, "pedestrian": 13,
}  # fmt: skip
"""Zoom from which a class is drawn."""

_UNKNOWN_BY_KMH = ((100.0, 0), (90.0, 4), (70.0, 6), (0.0, 7))
"""The same where classes are not known, by assumed speed: long sections are the main roads."""

_GRADES_KMH = (70.0, 100.0)
_GRADES = ("minor", "main", "major")
"""What roads of unknown class are called, up to and from these speeds."""

_DECIMALS = ((0.002, 3), (0.0002, 4), (0.0, 5))
"""Decimals of coordinates where a pixel is larger than so many degrees."""

_NO_LINES: NDArray[np.object_] = np.empty(0, object)

_MARGIN = 0.05
"""Share of a tile's side drawn beyond its rim, so that thick lines meet their other half."""


def tile_bbox(z: int, x: int, y: int) -> BBox:
    """Return the box of a tile in degrees. Source: OpenStreetMap wiki, Slippy map tilenames."""
    count = 2**z
    if not (0 <= z <= HIGHEST_ZOOM and 0 <= x < count and 0 <= y < count):
        raise InputError(
            "there is no such tile",
            place=f"{z}/{x}/{y}",
            remedy=f"Zoom is 0 to {HIGHEST_ZOOM}, x and y are below 2 to the power of zoom",
        )
    north, south = (degrees(atan(sinh(pi * (1 - 2 * row / count)))) for row in (y, y + 1))
    return BBox(x / count * 360 - 180, south, (x + 1) / count * 360 - 180, north)


@dataclass(frozen=True)
class _Level:
    """Lines that are drawn at some zooms, the more important first, and their index."""

    tree: shapely.STRtree
    lines: NDArray[np.object_]
    kind: NDArray[np.int64]
    first_zoom: NDArray[np.int64]


class RoadTiles:
    """Draws tiles of one region; what it needs of the region is made when first asked for.

    Safe for threads: what is made lazily is only read afterwards.
    """

    def __init__(self, graph: RoadGraph) -> None:
        self._graph = graph
        self._levels: dict[int, _Level] = {}

    def tile(self, z: int, x: int, y: int) -> dict[str, Any]:
        """Return a GeoJSON FeatureCollection with one MultiLineString for each kind of road.

        Properties of a feature: ``class`` (the road's, or ``major``, ``main``, ``minor`` by speed
        where classes are unknown), ``toll``, ``ferry``. ``truncated`` says whether lines were left
        out. Coordinates have the precision that the zoom can show.

        Raises
        ------
        InputError
            There is no tile of that number.
        """
        box = tile_bbox(z, x, y)
        pixel = (box.east - box.west) / TILE_PIXELS
        wide, high = (box.east - box.west) * _MARGIN, (box.north - box.south) * _MARGIN
        rim = box.west - wide, box.south - high, box.east + wide, box.north + high
        level = self._level(z)
        found = np.sort(level.tree.query(shapely.box(*rim)))
        found = found[level.first_zoom[found] <= z]
        drawn = found[:MOST_LINES]
        lines = shapely.simplify(shapely.clip_by_rect(level.lines[drawn], *rim), pixel)
        decimals = next(places for least, places in _DECIMALS if pixel > least)
        kinds = level.kind[drawn]
        features = [_feature(kind, lines[kinds == kind], decimals) for kind in np.unique(kinds)]
        return {
            "type": "FeatureCollection",
            "attribution": self._graph.attribution,
            "truncated": len(found) > MOST_LINES,
            "features": [feature for feature in features if feature["geometry"]["coordinates"]],
        }

    def _level(self, zoom: int) -> _Level:
        highest = next((level for level in _LEVELS if zoom <= level), HIGHEST_ZOOM)
        if highest not in self._levels:
            self._levels[highest] = self._make_level(highest)
        return self._levels[highest]

    def _make_level(self, zoom: int) -> _Level:
        """Take the roads that are drawn up to this zoom, joined and simplified to its pixels."""
        first_zoom = _first_zooms(self._graph)
        edges = _drawn_once(self._graph)
        edges = edges[first_zoom[edges] <= zoom]
        kind = _kinds(self._graph)[edges] * 32 + first_zoom[edges]
        points, of = self._graph.lines(edges)
        lines = np.asarray(shapely.linestrings(points, indices=of)) if len(of) else _NO_LINES
        if zoom in _LEVELS:
            lines, kind = _joined(lines, kind, 360 / 2**zoom / TILE_PIXELS)
        rank = np.lexsort((-shapely.length(lines), kind % 32))
        lines, kind = lines[rank], kind[rank]
        return _Level(shapely.STRtree(lines), lines, kind // 32, kind % 32)


def _joined(
    lines: NDArray[np.object_], kind: NDArray[np.int64], pixel: float
) -> tuple[NDArray[np.object_], NDArray[np.int64]]:
    """Join lines of a kind where they go on, simplify them, and drop what is under half a pixel.

    Their points are put on a grid of half a pixel: what falls on one point is no line, and what is
    left meets there as before. So a road that junctions cut into short lines stays whole.
    """
    merged, kinds = [_NO_LINES], [np.empty(0, np.int64)]
    for one in np.unique(kind):
        parts = shapely.get_parts(shapely.line_merge(shapely.multilinestrings(lines[kind == one])))
        parts = _on_grid(shapely.simplify(parts, pixel / 2), pixel / 2)
        merged.append(parts)
        kinds.append(np.full(len(parts), one))
    return np.concatenate(merged), np.concatenate(kinds)


def _on_grid(lines: NDArray[np.object_], step: float) -> NDArray[np.object_]:
    """Return lines with their points on a grid, each once, without those that become a point."""
    points, of = shapely.get_coordinates(lines, return_index=True)
    points = np.rint(points / step) * step
    moves = np.ones(len(of), np.bool_)
    moves[1:] = (np.diff(of) != 0) | (np.diff(points, axis=0) != 0).any(axis=1)
    kept = moves & (np.bincount(of[moves], minlength=len(lines))[of] > 1)
    if not kept.any():
        return _NO_LINES
    _lines, number = np.unique(of[kept], return_inverse=True)
    drawn = shapely.normalize(shapely.linestrings(points[kept], indices=number))
    _same, first = np.unique(shapely.to_wkb(drawn), return_index=True)
    return np.asarray(drawn[np.sort(first)])


def _drawn_once(graph: RoadGraph) -> NDArray[np.int64]:
    """Return the edges of which each road is drawn once: of directions and copies the first."""
    place = graph.leaves_from
    ends = np.sort(np.stack((place[graph.tail], place[graph.head])), axis=0)
    shape = np.abs(graph.shape_of)
    order = np.lexsort((shape, ends[1], ends[0]))
    same = np.zeros(len(order), np.bool_)
    if len(order):
        same[1:] = np.logical_and.reduce(
            [np.diff(values[order]) == 0 for values in (ends[0], ends[1], shape)]
        )
    drawn = np.sort(order[~same])
    return np.asarray(drawn[(graph.flags[drawn] & Flag.VIRTUAL) == 0], np.int64)


def _first_zooms(graph: RoadGraph) -> NDArray[np.int64]:
    """Return the zoom from which each edge is drawn."""
    by_class = np.array([_FIRST_ZOOM.get(word, 0) for word in CLASSES])[graph.road_class]
    by_speed = np.select(
        [graph.speed_kmh >= least for least, _zoom in _UNKNOWN_BY_KMH],
        [zoom for _least, zoom in _UNKNOWN_BY_KMH],
    )
    return np.where(graph.road_class == CLASS_INDEX["unknown"], by_speed, by_class)


def _kinds(graph: RoadGraph) -> NDArray[np.int64]:
    """Return a number for how each edge is drawn: its word times four, two for toll, one ferry."""
    grade = np.searchsorted(_GRADES_KMH, graph.speed_kmh, side="right") + len(CLASSES)
    known = graph.road_class != CLASS_INDEX["unknown"]
    flags = graph.flags.astype(np.int64)
    word = np.where(known, graph.road_class.astype(np.int64), grade)
    marks = np.where(flags & Flag.TOLL, 2, 0) + np.where(flags & Flag.FERRY, 1, 0)
    return np.asarray(word * 4 + marks, np.int64)


def _feature(kind: int, lines: NDArray[np.object_], decimals: int) -> dict[str, Any]:
    word, marks = divmod(int(kind), 4)
    parts = shapely.get_parts(lines)
    parts = parts[~shapely.is_empty(parts)]
    points, of = shapely.get_coordinates(parts, return_index=True)
    points = points.round(decimals)
    cuts = np.flatnonzero(np.diff(of)) + 1
    coordinates = [line.tolist() for line in np.split(points, cuts)] if len(points) else []
    return {
        "type": "Feature",
        "properties": {
            "class": (*CLASSES, *_GRADES)[word],
            "toll": bool(marks & 2),
            "ferry": bool(marks & 1),
        },
        "geometry": {"type": "MultiLineString", "coordinates": coordinates},
    }


def road_tile(graph: RoadGraph, z: int, x: int, y: int) -> dict[str, Any]:
    """Draw one tile; for many of one region keep a `RoadTiles`, which keeps its index."""
    return RoadTiles(graph).tile(z, x, y)
