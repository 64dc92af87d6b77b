"""From a networkx graph in the form of OSMnx to a RoadGraph.

Long roads get nodes every 500 m as those of our own import do: places are joined to nodes, and
heights are sampled along lines.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from planner.errors import DataError
from planner.roads.draft import Draft, assemble
from planner.roads.elevation import HeightSource
from planner.roads.exchange import CRS
from planner.roads.exchange_edges import Said
from planner.roads.exchange_roads import Heard, Road, gather
from planner.roads.graph import E7, Flag, RoadGraph
from planner.roads.networks import FLAT_NOTE, MAX_SNAP_M, OSM_ATTRIBUTION, fill_heights
from planner.roads.pieces import Pieces, split_long
from planner.roads.profiles import Profile, height_notes, profile
from planner.roads.sphere import distances_m

MIN_LENGTH_M = 0.1

NOTE = (
    "Brought as a graph of networkx: which roads are there, and which way they lead, is as it "
    "says. Speeds are its own where it tells any, else the signed limits or a default by class of "
    "road."
)
OWN_HEIGHTS = "Heights are the graph's own, straight between its nodes unless it tells more."
UNRESTRICTED = "The graph tells no turn restrictions."
_BEFORE = "Of its source: "

MAX_NAMED = 3
"""So many of the edges that were left out are named in the notes."""


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
    heard = gather(given)
    progress("reading the graph", 1.0)
    pieces = _pieces(heard)
    ferry = np.array([(road.ahead.flags & Flag.FERRY) > 0 for road in heard.roads], np.bool_)
    pieces = split_long(pieces, ferry)
    told = None
    if heights is not None:
        built = Flag.FERRY | Flag.BRIDGE_OR_TUNNEL | Flag.VIRTUAL
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


def _pieces(heard: Heard) -> Pieces:
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
        origin=np.arange(len(heard.lon), dtype=np.int32),
    )


def _moving_s(said: Said) -> float:
    return min(said.duration_s, said.length_m / said.speed_kmh * 3.6)


def _delay_s(said: Said | None) -> float:
    return 0.0 if said is None else said.duration_s - _moving_s(said)


def _own_heights(heard: Heard, pieces: Pieces) -> Profile:
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


def _climb(road: Road) -> float:
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


def _draft(heard: Heard, pieces: Pieces, told: Profile | None) -> Draft:
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
    length_m = _column(both, "length_m")[of] * share[piece]
    virtual = (_column(both, "flags")[of].astype(np.int64) & Flag.VIRTUAL) > 0
    new = np.arange(len(heard.lon), pieces.nodes)
    return Draft(
        lon=lon,
        lat=lat,
        ele_m=np.zeros(pieces.nodes, np.float32) if told is None else told.ele_m,
        tail=np.where(ahead, pieces.start[piece], pieces.end[piece]).astype(np.int32),
        head=np.where(ahead, pieces.end[piece], pieces.start[piece]).astype(np.int32),
        length_m=np.where(virtual, 0.0, np.maximum(length_m, MIN_LENGTH_M)),
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
        leaves_from=np.concatenate((heard.leaves_from, new)).astype(np.int32),
        arrives=np.concatenate((heard.arrives, np.ones(len(new), np.bool_))),
        through=np.ones(pieces.nodes, np.bool_),
    )


def _column(said: list[Said], name: str) -> NDArray[np.float64]:
    return np.array([getattr(one, name) for one in said], np.float64)


def _node_places(heard: Heard, pieces: Pieces) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    lon, lat = np.zeros(pieces.nodes), np.zeros(pieces.nodes)
    ends = pieces.first[1:] - 1
    lon[pieces.end], lat[pieces.end] = pieces.lon[ends], pieces.lat[ends]
    lon[: len(heard.lon)], lat[: len(heard.lat)] = heard.lon, heard.lat
    return lon, lat


def _notes(
    facts: Mapping[str, Any],
    heard: Heard,
    heights: HeightSource | None,
    told: Profile | None,
) -> tuple[str, ...]:
    said = [NOTE]
    if (heard.leaves_from == np.arange(len(heard.lon))).all():
        said.append(UNRESTRICTED)
    if heights is not None and told is not None:
        said += height_notes(heights, told)
    elif told is not None:
        said.append(OWN_HEIGHTS)
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
    said = [note.removeprefix(_BEFORE) for note in notes if isinstance(note, str)]
    ours = {NOTE, UNRESTRICTED, OWN_HEIGHTS, FLAT_NOTE}
    return tuple(_BEFORE + note for note in said if note not in ours)
