"""Long-distance networks in the csv.gz form: nodes ``id,lat,lon[,ele_m]`` and edges ``a,b,km``.

Such a network has neither one-ways nor road classes, names, limits or shapes. Its edges are taken
to be open both ways, and its speeds are assumed from each edge's length and windings.
"""

import csv
import gzip
import io
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array, diags_array
from scipy.sparse.csgraph import connected_components
from scipy.sparse.linalg import spsolve

from planner.errors import DataError
from planner.roads.classes import SPEED_SOURCES
from planner.roads.draft import Draft, assemble
from planner.roads.graph import RoadGraph
from planner.roads.sphere import distances_m

OSM_ATTRIBUTION = "© OpenStreetMap contributors, ODbL 1.0"

MAX_SNAP_M = 10_000.0
"""Nodes are junctions of main roads only, so places lie farther off than from streets."""

SPEED_BY_LENGTH: tuple[tuple[float, float], ...] = (
    (0.3, 50.0),
    (1.0, 60.0),
    (3.0, 80.0),
    (8.0, 95.0),
    (float("inf"), 105.0),
)
"""Assumed speed in km/h of an edge up to a length in km, for a straight edge.

Source: our own assumption. Junctions are dense where limits are low: 50 km/h is the urban limit
of most European countries, 80 to 100 that of rural roads, 110 to 130 that of motorways, of which
105 is about what is kept over a long drive. Held by tests against the usual driving times of
known journeys, such as Lille to Marseille."""

WINDING_FACTOR: tuple[tuple[float, float], ...] = (
    (1.10, 1.0),
    (1.25, 0.75),
    (1.50, 0.55),
    (float("inf"), 0.45),
)
"""Factor on that speed up to a ratio of driven to straight length, for edges of 1 km and more.

Source: our own assumption: motorways and trunk roads are straight between junctions, a road half
as long again as its chord is a mountain road at some 50 km/h."""

_WINDS_FROM_KM = 1.0
"""Shorter edges have ends too coarse (0.001 degrees) to tell windings."""

MIN_LENGTH_M = 1.0

_SPEEDS_SAID = ", ".join(
    f"{speed:g} km/h up to {km:g} km" if np.isfinite(km) else f"{speed:g} km/h beyond"
    for km, speed in SPEED_BY_LENGTH
)
_WINDINGS_SAID = ", ".join(
    f"{factor:g} from {ratio:g}" for (ratio, _), (_, factor) in pairwise(WINDING_FACTOR)
)

NOTES: tuple[str, ...] = (
    (
        "One-way roads, road classes, tolls, ferries and turn restrictions are not known in this "
        "network: every road is taken to be open to cars both ways, and toll, ferry or motorway "
        "cannot be avoided."
    ),
    (
        f"Speeds are assumed from each road section's length: {_SPEEDS_SAID}; less where it winds "
        f"(factor {_WINDINGS_SAID} times the straight length). Minor roads in mountains may take "
        "a third longer than said."
    ),
    "Roads are drawn straight between junctions; lengths are the driven ones.",
)

HEIGHT_NOTE = (
    "Climb and descent of a section are the difference of its ends' heights: a pass or a dip "
    "between two junctions is not counted, so consumption there is underestimated."
)
FLAT_NOTE = "Heights are not known in this network: all roads are taken to be flat."


@dataclass(frozen=True, kw_only=True)
class Network:
    """Nodes and undirected edges of a network.

    ``ele_m`` is NaN where a height is not known, None where none is.
    """

    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    ele_m: NDArray[np.float64] | None
    a: NDArray[np.int64]
    b: NDArray[np.int64]
    km: NDArray[np.float64]

    def with_heights(self, ele_m: NDArray[np.float64]) -> "Network":
        """Return the network with these heights instead."""
        return replace(self, ele_m=ele_m)


def read_network(nodes: Path, edges: Path) -> Network:
    """Read both files, gzipped or plain, columns in any order.

    Raises
    ------
    DataError
        A file or row that cannot be used; names it and says why.
    """
    node = _read_columns(nodes, ("id", "lat", "lon"), ("ele_m",))
    edge = _read_columns(edges, ("a", "b", "km"), ())
    order = np.argsort(node["id"], kind="stable")
    ids = node["id"][order]
    if len(ids) and (np.diff(ids) == 0).any():
        twice = int(ids[:-1][np.diff(ids) == 0][0])
        raise DataError(f"node {twice} stands there twice", place=str(nodes))
    wrong = ~((np.abs(node["lat"]) <= 90) & (np.abs(node["lon"]) <= 180))  # noqa: PLR2004
    _refuse(nodes, wrong, "latitude or longitude is no degree")
    _refuse(edges, ~(np.isfinite(edge["km"]) & (edge["km"] > 0)), "km must be above 0")
    _refuse(edges, edge["km"] > LONGEST_KM, f"km must be at most {LONGEST_KM:g}")
    ends = []
    for column in ("a", "b"):
        at = np.searchsorted(ids, edge[column]).clip(max=max(len(ids) - 1, 0))
        strange = ids[at] != edge[column] if len(ids) else np.ones(len(at), np.bool_)
        _refuse(edges, strange, f"{column} is no node of {nodes.name}")
        ends.append(order[at])
    network = Network(
        lon=node["lon"],
        lat=node["lat"],
        ele_m=node.get("ele_m"),
        a=ends[0],
        b=ends[1],
        km=edge["km"],
    )
    straight_km = _straight_m(network) / 1000
    short = (network.km < 0.8 * straight_km) & (straight_km - network.km > _ROUNDING_KM)
    _refuse(edges, short, "km is far below the distance between its ends")
    return network


LONGEST_KM = 5000.0
"""No road without a junction, and no crossing of a ferry, is longer. Source: assumed."""

_ROUNDING_KM = 0.5
"""A length may lie below the distance of its ends by the rounding of both ends to 0.001 degrees
(0.16 km) and of itself; by more, it is no length in km."""


def build_network(
    network: Network,
    *,
    name: str,
    as_of: str,
    source: str,
    attribution: str = OSM_ATTRIBUTION,
    height_note: str = "",
) -> RoadGraph:
    """Make a RoadGraph: both directions, assumed speeds, climbs from the ends' heights.

    Heights that are not known are interpolated along the roads (see `fill_heights`).
    """
    a, b, length_m = _distinct_edges(network)
    known = np.zeros(len(network.lon), np.bool_)
    if network.ele_m is not None:
        known = np.isfinite(network.ele_m)
    has_elevation = bool(known.any())
    ele_m = np.zeros(len(network.lon), np.float32)
    if has_elevation and network.ele_m is not None:
        ele_m = fill_heights(network.ele_m, a, b, length_m).astype(np.float32)
    speed = assumed_speed_kmh(
        length_m / 1000,
        distances_m(network.lon[a], network.lat[a], network.lon[b], network.lat[b]) / 1000,
    )
    tail, head = np.concatenate((a, b)), np.concatenate((b, a))
    length_m, speed = np.tile(length_m, 2), np.tile(speed, 2)
    rise = ele_m[head] - ele_m[tail]
    draft = Draft(
        lon=network.lon,
        lat=network.lat,
        ele_m=ele_m,
        tail=tail.astype(np.int32),
        head=head.astype(np.int32),
        length_m=length_m,
        speed_kmh=speed,
        duration_s=length_m / speed * 3.6,
        climb_m=np.maximum(rise, 0),
        descent_m=np.maximum(-rise, 0),
        flags=np.zeros(len(tail), np.uint8),
        road_class=np.zeros(len(tail), np.uint8),
        speed_from=np.full(len(tail), SPEED_SOURCES.index("assumed"), np.uint8),
    )
    notes = [*NOTES, HEIGHT_NOTE if has_elevation else FLAT_NOTE]
    if has_elevation and height_note:
        notes.append(height_note)
    if has_elevation and not known.all():
        notes.append(
            f"The heights of {100 * (1 - known.mean()):.0f} % of the nodes are not in the source; "
            "they are interpolated along the roads, so climbs there are not known."
        )
    return assemble(
        draft,
        name=name,
        as_of=as_of,
        attribution=attribution,
        notes=tuple(notes),
        source=source,
        max_snap_m=MAX_SNAP_M,
        has_elevation=has_elevation,
    )


def assumed_speed_kmh(
    length_km: NDArray[np.float64], straight_km: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the speed assumed for edges, from `SPEED_BY_LENGTH` and `WINDING_FACTOR`."""
    limits, speeds = zip(*SPEED_BY_LENGTH, strict=True)
    ratios, factors = zip(*WINDING_FACTOR, strict=True)
    base = np.array(speeds)[np.searchsorted(np.array(limits[:-1]), length_km)]
    winding = length_km / np.maximum(straight_km, 1e-6)
    factor = np.array(factors)[np.searchsorted(np.array(ratios[:-1]), winding)]
    return np.asarray(np.where(length_km >= _WINDS_FROM_KM, base * factor, base))


def fill_heights(
    ele_m: NDArray[np.float64],
    a: NDArray[np.int64],
    b: NDArray[np.int64],
    length_m: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Replace NaN by the heights that are smoothest along the edges, given the known ones.

    Solves Laplace's equation on the graph with weights 1 / length: no invented climb is steeper
    than it must be. A part of the network without any known height gets 0.
    """
    unknown = ~np.isfinite(ele_m)
    if not unknown.any():
        return ele_m
    count = len(ele_m)
    weight = 1 / length_m
    links = coo_array((np.tile(weight, 2), (np.r_[a, b], np.r_[b, a])), shape=(count, count))
    links = csr_array(links)
    _parts, label = connected_components(links, directed=False)
    told = np.zeros(label.max() + 1, np.bool_)
    told[label[~unknown]] = True
    filled = np.where(unknown, 0.0, ele_m)
    free = np.flatnonzero(unknown & told[label])
    if len(free):
        laplacian = csr_array(diags_array(links.sum(axis=1)) - links)
        rows = laplacian[free]
        fixed = np.flatnonzero(~unknown)
        filled[free] = spsolve(rows[:, free].tocsc(), -(rows[:, fixed] @ ele_m[fixed]))
    return filled


def _straight_m(network: Network) -> NDArray[np.float64]:
    a, b = network.a, network.b
    return distances_m(network.lon[a], network.lat[a], network.lon[b], network.lat[b])


def _distinct_edges(
    network: Network,
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Return ends and lengths in metres: no loops, the shortest of parallel edges, none < chord."""
    length_m = np.maximum(np.maximum(network.km * 1000, _straight_m(network)), MIN_LENGTH_M)
    low, high = np.minimum(network.a, network.b), np.maximum(network.a, network.b)
    order = np.lexsort((length_m, high, low))
    low, high, length_m = low[order], high[order], length_m[order]
    first = np.ones(len(low), np.bool_)
    first[1:] = (np.diff(low) != 0) | (np.diff(high) != 0)
    keep = first & (low != high)
    return low[keep], high[keep], length_m[keep]


def _read_columns(
    path: Path, needed: Sequence[str], optional: Sequence[str]
) -> dict[str, NDArray[np.float64]]:
    text = _read_text(path)
    header = next(csv.reader(io.StringIO(text[: text.find("\n") + 1 or len(text)])), [])
    names = [name.strip().lstrip("\ufeff") for name in header]
    missing = [name for name in needed if name not in names]
    if missing:
        raise DataError(
            f"the header lacks {', '.join(missing)}",
            place=f"{path}:1",
            remedy=f"The first line must name the columns {', '.join(needed)}",
        )
    wanted = [name for name in (*needed, *optional) if name in names]
    places = [names.index(name) for name in wanted]
    try:
        table = np.loadtxt(
            io.StringIO(text), delimiter=",", skiprows=1, usecols=places, ndmin=2, comments=None
        )
    except ValueError:
        table = _read_slowly(path, text, wanted, places, frozenset(optional))
    columns = {name: table[:, index] for index, name in enumerate(wanted)}
    for name in ("id", "a", "b"):
        if name in columns:
            _refuse(path, columns[name] != np.floor(columns[name]), f"{name} is no whole number")
            columns[name] = columns[name].astype(np.int64)
    return columns


def _read_slowly(
    path: Path, text: str, wanted: list[str], places: list[int], optional: frozenset[str]
) -> NDArray[np.float64]:
    """Read row by row, so that the first bad one is named; an optional value may be empty."""
    rows = []
    reader = csv.reader(io.StringIO(text))
    next(reader)
    for row in reader:
        if not row:
            continue
        values = []
        for name, place in zip(wanted, places, strict=True):
            cell = row[place].strip() if place < len(row) else ""
            try:
                values.append(float("nan") if not cell and name in optional else float(cell))
            except ValueError:
                raise DataError(
                    f"{name} is {cell!r}, not a number", place=f"{path}:{reader.line_num}"
                ) from None
        rows.append(values)
    return np.array(rows, float).reshape(-1, len(wanted))


def _read_text(path: Path) -> str:
    try:
        raw = path.read_bytes()
        return (gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw).decode("utf-8")
    except OSError as error:
        raise DataError(
            f"the file cannot be read ({error.strerror or error})", place=str(path)
        ) from error
    except (EOFError, zlib.error, UnicodeDecodeError) as error:
        raise DataError(
            "the file is cut short or no csv", place=str(path), remedy="Fetch the file again"
        ) from error


def _refuse(path: Path, wrong: NDArray[np.bool_], detail: str) -> None:
    """Raise DataError naming the first wrong row by its line (data start in line 2)."""
    if wrong.any():
        raise DataError(detail, place=f"{path}:{int(np.flatnonzero(wrong)[0]) + 2}")
