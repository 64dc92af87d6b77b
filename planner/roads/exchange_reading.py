"""From a networkx graph in the form of OSMnx to a RoadGraph.

Two edges that lead to and fro along the same line are one road, so that the nodes put on it are
shared by both directions. Long roads get nodes every 500 m as those of our own import do: places
are joined to nodes, and heights are sampled along lines.
"""

import json
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from planner.errors import DataError
from planner.roads.draft import Draft, assemble
from planner.roads.elevation import HeightSource
from planner.roads.exchange import CRS
from planner.roads.exchange_edges import Said, is_closed, read_edge
from planner.roads.graph import E7, Flag, RoadGraph
from planner.roads.networks import FLAT_NOTE, MAX_SNAP_M, OSM_ATTRIBUTION, fill_heights
from planner.roads.pieces import Pieces, split_long
from planner.roads.profiles import Profile, height_notes, profile
from planner.roads.sphere import distances_m
from planner.roads.tags import read_node

MIN_LENGTH_M = 0.1

NOTE = (
    "Brought as a graph of networkx: which roads are there, and which way they lead, is as it "
    "says; it tells no turn restrictions. Speeds are its own where it tells any, else the signed "
    "limits or a default by class of road."
)
_BEFORE = "Of its source: "

MAX_NAMED = 3
"""So many of the edges that were left out are named in the notes."""

Place = tuple[float, float]


@dataclass(kw_only=True)
class _Road:
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
class _Heard:
    """What was gathered from a graph: the nodes, the roads, and what was amiss."""

    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    ele_m: NDArray[np.float64]
    roads: list[_Road] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    mended: int = 0
    closed: int = 0


def from_networkx(
    given: Any,
    *,
    name: str,
    source: str = "",
    as_of: str = "",
    heights: HeightSource | None = None,
    progress: Callable[[str, float], None] = lambda _stage, _share: None,
) -> RoadGraph:
    """Make a region of a graph of networkx in the form of OSMnx (or of `to_networkx`).

    Nodes need ``x`` and ``y`` in degrees; ``elevation`` counts where no ``heights`` are given.
    Edges: see `planner.roads.exchange`; a graph without directions leads both ways. An edge that
    cannot be read, that returns to its node without a line, or whose tags close it to cars is left
    out; the notes say so.

    Parameters
    ----------
    given : networkx.MultiDiGraph, or any other graph of networkx
    name : str
        Of the region.
    source, as_of : str, optional
        What it was made from, and its date (ISO 8601); the graph's own attributes else.
    heights : HeightSource, optional
        Where heights are looked up along the roads.

    Raises
    ------
    DataError
        Not in degrees, a node without a place, or no edge that can be driven.
    """
    facts: Mapping[str, Any] = given.graph
    crs = str(facts.get("crs", CRS)).lower()
    if crs != CRS:
        raise DataError(
            f"the graph is in {crs[:80]}, not in longitude and latitude",
            place="graph",
            remedy=f'Bring it there with `osmnx.project_graph(graph, to_crs="{CRS}")`',
        )
    progress("reading the graph", 0.0)
    heard = _hear(given)
    progress("reading the graph", 1.0)
    pieces = _pieces(heard)
    ferry = np.array([(road.ahead.flags & Flag.FERRY) > 0 for road in heard.roads], np.bool_)
    pieces = split_long(pieces, ferry)
    told = None
    if heights is not None:
        built = Flag.FERRY | Flag.BRIDGE_OR_TUNNEL
        above = np.array([(road.ahead.flags & built) > 0 for road in heard.roads], np.bool_)
        told = profile(pieces, above[pieces.way], heights, progress)
    elif np.isfinite(heard.ele_m).any():
        told = _own_heights(heard, pieces)
    return assemble(
        _draft(heard, pieces, told),
        name=name,
        as_of=as_of or str(facts.get("as_of", "")),
        attribution=str(facts.get("attribution", OSM_ATTRIBUTION)),
        notes=_notes(facts, heard, heights, told),
        source=source or str(facts.get("source", "")) or "a graph of networkx",
        max_snap_m=MAX_SNAP_M,
        has_elevation=told is not None and told.known > 0,
    )


def _hear(given: Any) -> _Heard:
    number = {node: index for index, node in enumerate(given.nodes)}
    places = [_place(node, said) for node, said in given.nodes(data=True)]
    ele = [_elevation(said) for _node, said in given.nodes(data=True)]
    lon, lat = np.array(places, float).reshape(-1, 2).T
    heard = _Heard(lon=lon.copy(), lat=lat.copy(), ele_m=np.array(ele, float))
    signals = {node: read_node(_texts(said)) for node, said in given.nodes(data=True)}
    single: dict[Any, _Road] = {}
    for place, (tail, head, key, attributes) in enumerate(_directed_edges(given)):
        if is_closed(attributes):
            heard.closed += 1
            continue
        facts = signals[head]
        against = attributes.get("reversed") is True
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


def _without_lone_nodes(heard: _Heard) -> _Heard:
    """Drop the nodes that no road leads to, so that no place is joined to them."""
    ends = [node for road in heard.roads for node in (road.start, road.end)]
    used, number = np.unique(ends, return_inverse=True)
    for road, (start, end) in zip(heard.roads, number.reshape(-1, 2).tolist(), strict=True):
        road.start, road.end = start, end
    heard.lon, heard.lat, heard.ele_m = heard.lon[used], heard.lat[used], heard.ele_m[used]
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
    heard: _Heard, single: dict[Any, _Road], start: int, end: int, said: Said, place: int
) -> None:
    """Add an edge: as the way back of a road that is there, or as a new road."""
    line = np.rint(said.points / E7).astype(np.int64)
    there = single.pop((end, start, line[::-1].tobytes()), None)
    if there is not None and abs(there.ahead.length_m - said.length_m) < MIN_LENGTH_M:
        there.back, there.back_place = said, place
        return
    road = _Road(start=start, end=end, points=said.points, ahead=said, place=place)
    single[start, end, line.tobytes()] = road
    heard.roads.append(road)


def _pieces(heard: _Heard) -> Pieces:
    roads = heard.roads
    count = np.array([len(road.points) for road in roads])
    first = np.concatenate(([0], np.cumsum(count)))
    points = np.concatenate([road.points for road in roads])
    lon, lat = points[:, 0].copy(), points[:, 1].copy()
    node = np.full(len(lon), -1, np.int64)
    node[first[:-1]] = [road.start for road in roads]
    node[first[1:] - 1] = [road.end for road in roads]
    step = np.zeros(len(lon))
    step[1:] = distances_m(lon[:-1], lat[:-1], lon[1:], lat[1:])
    step[first[:-1]] = 0.0
    total = np.cumsum(step)
    return Pieces(
        first=first,
        lon=lon,
        lat=lat,
        node=node,
        along_m=total - np.repeat(total[first[:-1]], count),
        way=np.arange(len(roads)),
        forward_s=np.array([_delay_s(road.ahead) for road in roads]),
        backward_s=np.array([_delay_s(road.back) for road in roads]),
        nodes=len(heard.lon),
    )


def _moving_s(said: Said) -> float:
    return min(said.duration_s, said.length_m / said.speed_kmh * 3.6)


def _delay_s(said: Said | None) -> float:
    return 0.0 if said is None else said.duration_s - _moving_s(said)


def _own_heights(heard: _Heard, pieces: Pieces) -> Profile:
    """Use the nodes' own heights; a new node lies on the line between its road's ends."""
    a = np.array([road.start for road in heard.roads])
    b = np.array([road.end for road in heard.roads])
    length_m = np.array([max(road.ahead.length_m, MIN_LENGTH_M) for road in heard.roads])
    known = float(np.isfinite(heard.ele_m).mean())
    at_nodes = fill_heights(heard.ele_m, a, b, length_m)
    ele_m = np.zeros(pieces.nodes)
    share, until = _shares(pieces)
    ele_m[pieces.end] = at_nodes[a][pieces.way] * (1 - until) + at_nodes[b][pieces.way] * until
    ele_m[: len(at_nodes)] = at_nodes
    ele_m = ele_m.astype(np.float32).astype(np.float64)
    rise = ele_m[pieces.end] - ele_m[pieces.start]
    told = np.array([_climb(road) for road in heard.roads])
    beyond = np.maximum(told - np.maximum(at_nodes[b] - at_nodes[a], 0), 0)
    climb = np.maximum(rise, 0) + np.nan_to_num(beyond)[pieces.way] * share
    return Profile(
        ele_m=ele_m.astype(np.float32), climb_m=climb, descent_m=climb - rise, known=known
    )


def _climb(road: _Road) -> float:
    return road.ahead.climb_m


def _shares(pieces: Pieces) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return each piece's share of its road's length, and the share up to its end."""
    length_m = np.maximum(pieces.length_m, 1e-9)
    road_m = np.bincount(pieces.way, length_m)
    share = length_m / road_m[pieces.way]
    total = np.cumsum(share)
    fresh = np.ones(len(share), np.bool_)
    fresh[1:] = pieces.way[1:] != pieces.way[:-1]
    before = np.maximum.accumulate(np.where(fresh, total - share, 0.0))
    return share, np.clip(total - before, 0.0, 1.0)


def _draft(heard: _Heard, pieces: Pieces, told: Profile | None) -> Draft:
    share, _until = _shares(pieces)
    backs = np.array([road.back is not None for road in heard.roads])
    backward = np.flatnonzero(backs[pieces.way])
    piece = np.concatenate((np.arange(len(pieces.way)), backward))
    ahead = np.arange(len(piece)) < len(pieces.way)
    places = np.array([(road.place, road.back_place) for road in heard.roads])
    order = np.argsort(places[pieces.way[piece], np.where(ahead, 0, 1)], kind="stable")
    piece, ahead = piece[order], ahead[order]
    both = [road.ahead for road in heard.roads] + [road.back or road.ahead for road in heard.roads]
    of = pieces.way[piece] + np.where(ahead, 0, len(heard.roads))
    names = dict.fromkeys(["", *(said.name for said in both)])
    number = {name: index for index, name in enumerate(names)}
    climb = np.zeros(len(pieces.way)) if told is None else told.climb_m
    descent = np.zeros(len(pieces.way)) if told is None else told.descent_m
    lon, lat = _node_places(heard, pieces)
    inner = pieces.node < 0
    line = np.repeat(np.arange(len(pieces.way)), np.diff(pieces.first))
    drawn = np.bincount(line[inner], minlength=len(pieces.way))
    shape = np.where(drawn[piece] > 0, piece + 1, 0)
    waiting_s = np.where(ahead, pieces.forward_s[piece], pieces.backward_s[piece])
    return Draft(
        lon=lon,
        lat=lat,
        ele_m=np.zeros(pieces.nodes, np.float32) if told is None else told.ele_m,
        tail=np.where(ahead, pieces.start[piece], pieces.end[piece]).astype(np.int32),
        head=np.where(ahead, pieces.end[piece], pieces.start[piece]).astype(np.int32),
        length_m=np.maximum(_column(both, "length_m")[of] * share[piece], MIN_LENGTH_M),
        speed_kmh=_column(both, "speed_kmh")[of],
        duration_s=np.array([_moving_s(said) for said in both])[of] * share[piece] + waiting_s,
        climb_m=np.where(ahead, climb[piece], descent[piece]).astype(np.float32),
        descent_m=np.where(ahead, descent[piece], climb[piece]).astype(np.float32),
        flags=_column(both, "flags")[of].astype(np.uint8),
        road_class=_column(both, "road_class")[of].astype(np.uint8),
        speed_from=_column(both, "speed_from")[of].astype(np.uint8),
        shape_of=np.where(ahead, shape, -shape).astype(np.int32),
        shape_first=np.concatenate(([0], np.cumsum(drawn))).astype(np.int64),
        shape_e7=np.rint(np.stack((pieces.lon[inner], pieces.lat[inner]), 1) / E7).astype(np.int32),
        name_of=np.array([number[said.name] for said in both])[of].astype(np.int32),
        names=list(names),
    )


def _column(said: list[Said], name: str) -> NDArray[np.float64]:
    return np.array([getattr(one, name) for one in said], np.float64)


def _node_places(heard: _Heard, pieces: Pieces) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    lon, lat = np.zeros(pieces.nodes), np.zeros(pieces.nodes)
    ends = pieces.first[1:] - 1
    lon[pieces.end], lat[pieces.end] = pieces.lon[ends], pieces.lat[ends]
    lon[: len(heard.lon)], lat[: len(heard.lat)] = heard.lon, heard.lat
    return lon, lat


def _notes(
    facts: Mapping[str, Any],
    heard: _Heard,
    heights: HeightSource | None,
    told: Profile | None,
) -> tuple[str, ...]:
    said = [NOTE]
    if heights is not None and told is not None:
        said += height_notes(heights, told)
    elif told is not None:
        said.append("Heights are the graph's own, straight between its nodes unless it tells more.")
    else:
        said.append(FLAT_NOTE)
    if heard.closed:
        said.append(f"{heard.closed:,} of its edges are no roads for cars and were left out.")
    if heard.left_out:
        named = "; ".join(heard.left_out[:MAX_NAMED])
        said.append(f"{len(heard.left_out)} of its edges could not be used: {named}.")
    if heard.mended:
        said.append(
            f"{heard.mended} of its edges are told to be shorter than their line; that counts."
        )
    return (*said, *_told_before(facts))


def _told_before(facts: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the notes of the region that the graph was made from, none where it was not."""
    try:
        notes = json.loads(facts.get("notes", "[]"))
    except (TypeError, ValueError):
        return ()
    said = [note.removeprefix(_BEFORE) for note in notes if isinstance(note, str) and note != NOTE]
    return tuple(_BEFORE + note for note in said)
