"""A region as a networkx MultiDiGraph in the form of OSMnx, for those who work with that.

Nodes are numbered as in the region and carry ``x``, ``y`` and, where heights are known,
``elevation``. Edges carry OSMnx's ``length`` (m), ``speed_kph``, ``travel_time`` (s), ``highway``,
``maxspeed`` where the speed is a sign's, ``name``, ``ref``, ``oneway``, ``reversed`` and
``geometry`` (only where they bend), ``toll``, ``route`` for ferries, and of our own ``climb_m``,
``descent_m``, ``speed_from`` and ``bridge_or_tunnel`` (a region does not know which of both).

A place with turn restrictions has several nodes at one point, joined by edges without length and
time that carry ``virtual``; so every path of networkx obeys the restrictions. Drives end at nodes
with ``arrives`` and begin at the node that such a one names in ``leaves_from``; a node without
these is both. `planner.roads.exchange_reading` reads all of this back.
"""

import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from planner.roads.classes import CLASSES, SPEED_SOURCES
from planner.roads.graph import Flag, RoadGraph
from planner.roads.optional import library

CRS = "epsg:4326"
"""Longitude and latitude on WGS 84. Source: EPSG Geodetic Parameter Dataset."""


def to_networkx(graph: RoadGraph) -> Any:
    """Return the region as a ``networkx.MultiDiGraph`` that OSMnx works with.

    Raises
    ------
    DataMissing
        networkx is not installed.
    """
    networkx = library("networkx")
    made = networkx.MultiDiGraph(
        crs=CRS,
        simplified=True,
        created_with=f"plugsure region {graph.name}",
        name=graph.name,
        as_of=graph.as_of,
        source=graph.source,
        attribution=graph.attribution,
        notes=json.dumps(graph.notes, ensure_ascii=False),
    )
    made.add_nodes_from(_nodes(graph))
    made.add_edges_from(_edges(graph))
    return made


def _nodes(graph: RoadGraph) -> Iterator[tuple[int, dict[str, Any]]]:
    columns = {"x": graph.lon.tolist(), "y": graph.lat.tolist()}
    if graph.has_elevation:
        columns["elevation"] = graph.ele_m.tolist()
    several = (graph.leaves_from != np.arange(len(graph.lon))).any()
    if several:
        columns["arrives"] = graph.component_ok.tolist()
        columns["leaves_from"] = graph.leaves_from.tolist()
    for number, values in enumerate(zip(*columns.values(), strict=True)):
        yield number, dict(zip(columns, values, strict=True))


def _edges(graph: RoadGraph) -> Iterator[tuple[int, int, int, dict[str, Any]]]:
    """Yield tail, head, rank among the edges between both, and what the edge is."""
    twin = twins(graph)
    columns: dict[str, list[Any]] = {
        "length": graph.length_m.tolist(),
        "speed_kph": graph.speed_kmh.tolist(),
        "travel_time": graph.duration_s.tolist(),
        "highway": [CLASSES[index] for index in graph.road_class.tolist()],
        "oneway": (twin < 0).tolist(),
        "reversed": (graph.shape_of < 0).tolist(),
        "speed_from": [SPEED_SOURCES[index] for index in graph.speed_from.tolist()],
    }
    if graph.has_elevation:
        columns["climb_m"] = graph.climb_m.tolist()
        columns["descent_m"] = graph.descent_m.tolist()
    lines = _lines(graph)
    flags, names = graph.flags.tolist(), _names(graph)
    ends = zip(graph.tail.tolist(), graph.head.tolist(), _ranks(graph).tolist(), strict=True)
    for edge, (tail, head, rank) in enumerate(ends):
        said = {key: values[edge] for key, values in columns.items()}
        if said["speed_from"] == "sign":
            said["maxspeed"] = f"{said['speed_kph']:.0f}"
        said |= _flagged(flags[edge]) | names[edge]
        if edge in lines:
            said["geometry"] = lines[edge]
        yield tail, head, rank, said


def twins(graph: RoadGraph) -> NDArray[np.int64]:
    """Return for each edge one that leads back along the same line, -1 where there is none."""
    edges = len(graph.head)
    twin = np.full(edges, -1, np.int64)
    way = np.stack((graph.tail, graph.head, graph.shape_of)).astype(np.int64)
    back = np.stack((graph.head, graph.tail, -graph.shape_of.astype(np.int64)))
    _values, number = np.unique(np.concatenate((way, back), axis=1), axis=1, return_inverse=True)
    at = np.full(int(number.max(initial=-1)) + 1, -1, np.int64)
    at[number[:edges]] = np.arange(edges)
    twin[:] = at[number[edges:]]
    return twin


def _ranks(graph: RoadGraph) -> NDArray[np.int64]:
    """Count the edges between the same two nodes from 0; edges are in order of both."""
    position = np.arange(len(graph.head))
    fresh = np.ones(len(position), np.bool_)
    fresh[1:] = (graph.tail[1:] != graph.tail[:-1]) | (graph.head[1:] != graph.head[:-1])
    return position - np.maximum.accumulate(np.where(fresh, position, 0))


def _lines(graph: RoadGraph) -> dict[int, Any]:
    """Return the LineString of every edge that bends."""
    bent = np.flatnonzero(graph.shape_of)
    if not len(bent):
        return {}
    points, of = graph.lines(bent)
    return dict(zip(bent.tolist(), shapely.linestrings(points, indices=of), strict=True))


def _flagged(flags: int) -> dict[str, Any]:
    said: dict[str, Any] = {}
    if flags & Flag.TOLL:
        said["toll"] = "yes"
    if flags & Flag.FERRY:
        said["route"] = "ferry"
    if flags & Flag.BRIDGE_OR_TUNNEL:
        said["bridge_or_tunnel"] = "yes"
    if flags & Flag.VIRTUAL:
        said["virtual"] = True
    return said


def _names(graph: RoadGraph) -> list[dict[str, str]]:
    """Return name and number of each edge, without those that it has not."""
    index, first = np.unique(graph.name_of, return_index=True)
    known: dict[int, dict[str, str]] = {}
    for label, edge in zip(index.tolist(), first.tolist(), strict=True):
        name, ref = graph.edge_road(edge)
        known[label] = {key: said for key, said in (("name", name), ("ref", ref)) if said}
    return [known[label] for label in graph.name_of.tolist()]
