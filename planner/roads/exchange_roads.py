"""The roads that a user's networkx graph tells, gathered from its nodes and edges.

Two edges that lead to and fro along the same line are one road, so that the nodes put on it are
shared by both directions.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from planner.errors import DataError
from planner.roads.exchange_edges import Said, is_closed, is_true, read_edge
from planner.roads.graph import E7
from planner.roads.tags import read_node

SAME_M = 0.1
"""Edges to and fro whose lengths differ by more are two roads."""

Place = tuple[float, float]


@dataclass(kw_only=True)
class Road:
    """A line between two nodes, and what is driven along it and against it.

    ``place`` and ``back_place`` are the numbers of both edges in the order of the graph.
    """

    start: int
    end: int
    points: NDArray[np.float64]
    ahead: Said
    place: int
    back: Said | None = None
    back_place: int = -1


@dataclass(kw_only=True)
class Heard:
    """What was gathered from a graph: the nodes, the roads, and what was amiss.

    ``arrives`` and ``leaves_from`` are as `RoadGraph` has them, before new nodes come in.
    """

    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    ele_m: NDArray[np.float64]
    arrives: NDArray[np.bool_]
    leaves_from: NDArray[np.int64]
    roads: list[Road] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    mended: int = 0
    closed: int = 0


def gather(given: Any) -> Heard:
    """Read all nodes and edges; `DataError` where a node has no place or no edge can be driven."""
    number = {node: index for index, node in enumerate(given.nodes)}
    places = [_place(node, said) for node, said in given.nodes(data=True)]
    ele = [_elevation(said) for _node, said in given.nodes(data=True)]
    lon, lat = np.array(places, float).reshape(-1, 2).T
    leaves = [number.get(_start(node, said), number[node]) for node, said in given.nodes(data=True)]
    arrives = [is_true(said.get("arrives", True)) for _node, said in given.nodes(data=True)]
    heard = Heard(
        lon=lon.copy(),
        lat=lat.copy(),
        ele_m=np.array(ele, float),
        arrives=np.array(arrives, np.bool_),
        leaves_from=np.array(leaves, np.int64),
    )
    signals = {node: read_node(_texts(said)) for node, said in given.nodes(data=True)}
    single: dict[Any, Road] = {}
    for place, (tail, head, key, attributes) in enumerate(_directed_edges(given)):
        if is_closed(attributes):
            heard.closed += 1
            continue
        facts = signals[head]
        against = is_true(attributes.get("reversed"))
        waiting = 0.0 if facts is None else facts.backward_s if against else facts.forward_s
        start, end = number[tail], number[head]
        try:
            said = read_edge(attributes, places[start], places[end], waiting)
        except DataError as error:
            heard.left_out.append(f"edge ({tail}, {head}, {key}): {error.faults[0].detail}")
            continue
        heard.mended += said.mended
        if start == end and len(said.points) == 2:  # noqa: PLR2004 -- no line, only its two ends
            heard.left_out.append(f"edge ({tail}, {head}, {key}): it leads nowhere")
        else:
            _add(heard, single, start, end, said, place)
    if not heard.roads:
        first = f"; {heard.left_out[0]}" if heard.left_out else ""
        raise DataError(f"the graph has no edge that can be driven{first}", place="graph")
    return _without_lone_nodes(heard)


def _without_lone_nodes(heard: Heard) -> Heard:
    """Drop the nodes that no road leads to, so that no place is joined to them."""
    ends = [node for road in heard.roads for node in (road.start, road.end)]
    used, number = np.unique(ends, return_inverse=True)
    for road, (start, end) in zip(heard.roads, number.reshape(-1, 2).tolist(), strict=True):
        road.start, road.end = start, end
    heard.lon, heard.lat, heard.ele_m = heard.lon[used], heard.lat[used], heard.ele_m[used]
    fresh = np.full(len(heard.arrives), -1, np.int64)
    fresh[used] = np.arange(len(used))
    starts = fresh[heard.leaves_from[used]]
    heard.leaves_from = np.where(starts >= 0, starts, np.arange(len(used)))
    heard.arrives = heard.arrives[used]
    return heard


def _directed_edges(given: Any) -> Iterator[tuple[Any, Any, Any, Mapping[str, Any]]]:
    """Yield all edges with a key, those of a graph without directions both ways."""
    directed = given if given.is_directed() else given.to_directed()
    if directed.is_multigraph():
        yield from directed.edges(keys=True, data=True)
    else:
        for tail, head, said in directed.edges(data=True):
            yield tail, head, 0, said


def _place(node: Any, said: Mapping[str, Any]) -> Place:
    try:
        lon, lat = float(said["x"]), float(said["y"])
    except (KeyError, TypeError, ValueError):
        lon = lat = math.nan
    if not (abs(lon) <= 180 and abs(lat) <= 90):  # noqa: PLR2004 -- degrees
        raise DataError(
            "x and y are no longitude and latitude",
            place=f"node {node}",
            remedy="Every node needs x and y in degrees, as those of OSMnx have",
        )
    return lon, lat


def _start(node: Any, said: Mapping[str, Any]) -> Any:
    """Return the node from which drives start that begin here; a number may be text."""
    told = said.get("leaves_from", node)
    return int(told) if isinstance(told, str) and told.isdecimal() else told


def _elevation(said: Mapping[str, Any]) -> float:
    try:
        ele_m = float(said.get("elevation", math.nan))
    except (TypeError, ValueError):
        return math.nan
    return ele_m if math.isfinite(ele_m) else math.nan


def _texts(said: Mapping[str, Any]) -> dict[str, str]:
    """Return the tags of a node that are text; a barrier is not: the graph leads across it."""
    return {key: value for key, value in said.items() if isinstance(value, str)}


def _add(
    heard: Heard, single: dict[Any, Road], start: int, end: int, said: Said, place: int
) -> None:
    """Add an edge: as the way back of a road that is there, or as a new road."""
    line = np.rint(said.points / E7).astype(np.int64)
    there = single.pop((end, start, line[::-1].tobytes()), None)
    if there is not None and abs(there.ahead.length_m - said.length_m) < SAME_M:
        there.back, there.back_place = said, place
        return
    road = Road(start=start, end=end, points=said.points, ahead=said, place=place)
    single[start, end, line.tobytes()] = road
    heard.roads.append(road)
