"""What the edges of a user's networkx graph say, in the words of OSMnx: one `Said` for each.

OSMnx merges ways between junctions, and keeps all their values in lists. Of several values the
most cautious counts: the slowest class, the least limit, a toll on any part.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from planner.errors import DataError
from planner.roads.classes import CLASS_INDEX, SPEED_SOURCES
from planner.roads.graph import Flag
from planner.roads.names import label_of
from planner.roads.speeds import CLASS_SPEED_KMH, LOWEST_KMH, speed_of
from planner.roads.sphere import distances_m
from planner.roads.tags import ACCESS_KEYS, access_of, read_way

SHORTEST_SHARE = 0.99
"""A length below this share of the edge's own line is no length in metres; the line's counts."""

LONGEST_M, LONGEST_S = 5e6, 360_000.0
"""No road without a junction, and no crossing of a ferry, is so long. Source: assumed; the longest
ferries sail some 3,000 km, two to three days."""

_FERRIES = frozenset({"ferry", "shuttle_train"})
_TAGS = ("maxspeed", "maxspeed:type", "source:maxspeed", "zone:maxspeed", "surface", "tracktype")


@dataclass(frozen=True, kw_only=True)
class Said:
    """One directed edge: its line with both ends, shape (k, 2), and what is driven along it.

    ``climb_m`` is NaN where it is not told. ``mended`` says that the length was not believed.
    """

    points: NDArray[np.float64]
    length_m: float
    speed_kmh: float
    duration_s: float
    climb_m: float
    flags: int
    road_class: int
    speed_from: int
    name: str
    mended: bool


def read_edge(
    attributes: Mapping[str, Any],
    tail: tuple[float, float],
    head: tuple[float, float],
    waiting_s: float,
) -> Said:
    """Read one edge between two points (longitude, latitude).

    ``waiting_s`` is the delay at its head, which counts where no travel time is told.

    Raises
    ------
    DataError
        Its line or a figure cannot be read; the message does not name the edge.
    """
    points = _line(attributes.get("geometry"), tail, head)
    length_m, mended = _length(attributes, points)
    road_class = _class_of(attributes)
    speed_kmh, source = _speed(attributes, road_class)
    duration_s = _figure(attributes, "travel_time")
    if math.isnan(duration_s):
        duration_s = length_m / speed_kmh * 3.6 + waiting_s
    elif duration_s * speed_kmh * 1.0001 < length_m * 3.6:
        speed_kmh, source = length_m / max(duration_s, 1e-3) * 3.6, "assumed"
    if length_m > LONGEST_M or duration_s > LONGEST_S:
        raise DataError(f"{length_m / 1000:g} km in {duration_s / 3600:g} h is no one road")
    names, refs = _values(attributes, "name"), _values(attributes, "ref")
    return Said(
        points=points,
        length_m=length_m,
        speed_kmh=speed_kmh,
        duration_s=duration_s,
        climb_m=_figure(attributes, "climb_m"),
        flags=_flags(attributes, road_class),
        road_class=CLASS_INDEX[road_class],
        speed_from=SPEED_SOURCES.index(source),
        name=label_of(" / ".join(names), ";".join(refs)),
        mended=mended,
    )


def is_closed(attributes: Mapping[str, Any]) -> bool:
    """Say whether the edge tells by its tags that no car may drive all of it, as a footway does.

    One that tells no class is taken for a road, and so is what `to_networkx` wrote.
    """
    highways, routes = _values(attributes, "highway"), _values(attributes, "route")
    if "speed_from" in attributes or not (highways or routes):
        return False
    if _FERRIES & {*routes}:
        return access_of({key: _strictest(attributes, key) for key in ACCESS_KEYS}) == "closed"
    if any(word not in CLASS_SPEED_KMH for word in highways):
        return True
    tags = {key: _strictest(attributes, key) for key in (*ACCESS_KEYS, "service", "area")}
    tags |= {"highway": _class_of(attributes)}
    return read_way({key: value for key, value in tags.items() if value}) is None


def _strictest(attributes: Mapping[str, Any], key: str) -> str:
    """Return the value that closes the way, of those that merged ways have."""
    values = _values(attributes, key)
    return next((one for one in values if access_of({key: one}) == "closed"), ";".join(values))


def is_true(value: Any) -> bool:
    """Say whether an attribute is true, also as the text that it is in GraphML."""
    return value is True or value == "True"


def _values(attributes: Mapping[str, Any], key: str) -> list[str]:
    """Return the values of a key as text, whether it has none, one or several."""
    value = attributes.get(key)
    several = value if isinstance(value, (list, tuple, set)) else [value]
    told = [str(one) for one in several if one is not None and one == one]  # noqa: PLR0124 -- NaN
    return list(dict.fromkeys(text for text in told if text))


def _figure(attributes: Mapping[str, Any], key: str) -> float:
    """Return a figure that is not negative, NaN where there is none."""
    value = attributes.get(key)
    if value is None:
        return math.nan
    try:
        figure = float(value)
    except (TypeError, ValueError):
        raise DataError(f"{key} is {value!r}, not a number") from None
    if figure < 0 or math.isinf(figure):
        raise DataError(f"{key} is {figure:g}; it must be 0 or more")
    return figure


def _line(
    geometry: Any, tail: tuple[float, float], head: tuple[float, float]
) -> NDArray[np.float64]:
    """Return the line from tail to head, whichever way it was drawn; its ends are the nodes."""
    if isinstance(geometry, str):
        try:
            geometry = shapely.from_wkt(geometry)
        except shapely.errors.ShapelyError as error:
            raise DataError("geometry is text, but no WKT") from error
    if geometry is None or geometry != geometry:  # noqa: PLR0124 -- NaN, as GeoPandas fills gaps
        return np.array((tail, head), float)
    points: NDArray[np.float64] = shapely.get_coordinates(geometry)
    if shapely.get_type_id(geometry) != shapely.GeometryType.LINESTRING:
        raise DataError("geometry is no LineString")
    if not np.isfinite(points).all() or np.abs(points).max() > 180:  # noqa: PLR2004 -- degrees
        raise DataError("geometry holds no longitudes and latitudes")
    apart = np.abs(points[0] - tail).sum() + np.abs(points[-1] - head).sum()
    turned = np.abs(points[-1] - tail).sum() + np.abs(points[0] - head).sum()
    points = points[::-1].copy() if turned < apart else points.copy()
    points[0], points[-1] = tail, head
    return points


def _length(attributes: Mapping[str, Any], points: NDArray[np.float64]) -> tuple[float, bool]:
    """Return the length in metres, and whether the line's own had to stand in for it."""
    drawn_m = float(distances_m(points[:-1, 0], points[:-1, 1], points[1:, 0], points[1:, 1]).sum())
    told_m = _figure(attributes, "length")
    if math.isnan(told_m):
        return drawn_m, False
    mended = told_m < SHORTEST_SHARE * drawn_m - 1.0
    return (drawn_m if mended else told_m), mended


def _class_of(attributes: Mapping[str, Any]) -> str:
    if _FERRIES & {*_values(attributes, "route")}:
        return "ferry"
    known = [word for word in _values(attributes, "highway") if word in CLASS_SPEED_KMH]
    return min(known, key=CLASS_SPEED_KMH.__getitem__) if known else "unknown"


def _speed(attributes: Mapping[str, Any], road_class: str) -> tuple[float, str]:
    """Return the speed and where it is from: ``speed_kph``, else limit and class by our rules."""
    told = _figure(attributes, "speed_kph")
    if told > 0:
        word = attributes.get("speed_from")
        return told, word if word in SPEED_SOURCES else "assumed"
    duration_s, length_m = _figure(attributes, "travel_time"), _figure(attributes, "length")
    if duration_s > 0 and length_m > 0:
        return max(length_m / duration_s * 3.6, LOWEST_KMH), "assumed"
    tags = {key: ";".join(_values(attributes, key)) for key in _TAGS}
    way = "backward" if is_true(attributes.get("reversed")) else "forward"
    speed = speed_of(tags, "road" if road_class == "unknown" else road_class, way)
    return speed.kmh, "assumed" if road_class == "unknown" else speed.source


def _flags(attributes: Mapping[str, Any], road_class: str) -> int:
    """Return the bits of `Flag`.

    A bridge counts only where the edge is one way of OpenStreetMap: of merged ways one may be a
    bridge and the others not, and the edge must follow the ground.
    """
    flags = Flag.VIRTUAL if is_true(attributes.get("virtual")) else Flag(0)
    if "yes" in _values(attributes, "toll"):
        flags |= Flag.TOLL
    if road_class == "ferry":
        flags |= Flag.FERRY
    if road_class in {"motorway", "motorway_link"}:
        flags |= Flag.MOTORWAY
    one_way = not isinstance(attributes.get("osmid"), list)
    keys = ("bridge", "tunnel", "bridge_or_tunnel")
    if one_way and any(value != "no" for key in keys for value in _values(attributes, key)):
        flags |= Flag.BRIDGE_OR_TUNNEL
    return int(flags)
