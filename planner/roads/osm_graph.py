"""From the ways of an OpenStreetMap file to a RoadGraph."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from planner.roads.apart import set_apart
from planner.roads.classes import CLASS_INDEX, SPEED_SOURCES
from planner.roads.draft import Draft, assemble
from planner.roads.elevation import HeightSource
from planner.roads.graph import E7, Flag, RoadGraph
from planner.roads.networks import OSM_ATTRIBUTION
from planner.roads.osm import OsmRoads
from planner.roads.pace import paced
from planner.roads.pieces import NODE_EVERY_M, Pieces, cut_ways, split_long
from planner.roads.profiles import Profile, height_notes, profile
from planner.roads.reports import pack_reports, report_notes
from planner.roads.samples import node_places
from planner.roads.tags import BOARDING_S
from planner.roads.turning import NEAREST_M, turns_back
from planner.roads.turns import MapEdges, forbidden_turns

MAX_SNAP_M = 5_000.0
"""A point farther off is in the wild, outside the extract, or where nobody has mapped yet."""

FERRY_KMH = (2.0, 70.0)
"""Bounds of a ferry's speed by its timetable. Source: fast car ferries make some 38 knots."""

MIN_LENGTH_M = 0.1

NOTES: tuple[str, ...] = (
    (
        "Turn restrictions are kept, and nobody turns round in mid-road to get by one, nor at a "
        f"junction within {NEAREST_M:g} m of it. Times of day, weights and sizes in tags are not "
        "read; reversible roads are left out."
    ),
    (
        "Speeds are the signed limits, the legal limits of named zones, or a default by class of "
        "road, which is lower where streets stand as close as in a town; traffic is not known. "
        "Waiting is counted: 6 s at traffic lights, 5 s at stop signs and where another road goes "
        "first, 15 s at toll booths, 10 minutes for boarding a ferry."
    ),
    (
        "Roads open to arriving traffic only are driven at the beginning and the end of a drive, "
        "never through; a barrier that is open to such traffic only counts as open."
    ),
    f"Places are joined to the nearest node; nodes stand at most {NODE_EVERY_M:g} m apart.",
)
FLAT_NOTE = "No elevation was given: all roads are taken to be flat."


def build_from_osm(
    roads: OsmRoads,
    *,
    name: str,
    source: str,
    heights: HeightSource | None,
    progress: Callable[[str, float], None],
) -> RoadGraph:
    """Cut the ways, look up their heights, and lay an edge for each direction that is open."""
    progress("cutting ways", 0.0)
    way = _columns(roads)
    pieces = _cut(roads, way)
    progress("cutting ways", 1.0)
    told = None
    if heights is not None:
        above = (way["flags"] & (Flag.BRIDGE_OR_TUNNEL | Flag.FERRY)) > 0
        told = profile(pieces, above[pieces.way], heights, progress)
    progress("building", 0.0)
    draft = _draft(roads, way, pieces, told)
    edges = _map_edges(roads, way, pieces, draft)
    del pieces  # a fifth of all memory, which the rest needs
    turns, left_out = forbidden_turns(roads.restrictions, edges)
    reports = [*roads.reports, *left_out]
    kinds, ids = pack_reports(reports)
    arriving = way["arriving"][edges.way]
    turns += turns_back(edges, draft.length_m, arriving, turns)
    draft = set_apart(paced(draft), arriving, turns)
    graph = assemble(
        replace(draft, report_kind=kinds, report_id=ids),
        name=name,
        as_of=roads.as_of,
        attribution=OSM_ATTRIBUTION,
        notes=(*NOTES, *report_notes(reports), *_height_notes(heights, told)),
        source=source,
        max_snap_m=MAX_SNAP_M,
        has_elevation=told is not None and told.known > 0,
    )
    progress("building", 1.0)
    return graph


def _height_notes(heights: HeightSource | None, told: Profile | None) -> tuple[str, ...]:
    if heights is None or told is None:
        return (FLAT_NOTE,)
    return height_notes(heights, told)


def _columns(roads: OsmRoads) -> dict[str, NDArray[Any]]:
    """Return what the ways are as one array each, by way."""
    facts = roads.facts
    columns: dict[str, NDArray[Any]] = {
        "road_class": np.array([CLASS_INDEX[way.road_class] for way in facts], np.uint8),
        "flags": np.array([way.flags for way in facts], np.uint8),
        "forward_kmh": np.array([way.forward_kmh for way in facts]),
        "backward_kmh": np.array([way.backward_kmh for way in facts]),
        "forward_from": np.array([SPEED_SOURCES.index(way.forward_from) for way in facts]),
        "backward_from": np.array([SPEED_SOURCES.index(way.backward_from) for way in facts]),
        "crossing_s": np.array([way.crossing_s for way in facts]),
        "arriving": np.array([way.arriving for way in facts]),
    }
    return {key: column[roads.way_facts] for key, column in columns.items()}


def _cut(roads: OsmRoads, way: dict[str, NDArray[Any]]) -> Pieces:
    """Cut the ways to lines between nodes, ferries only at their landings."""
    whole = cut_ways(roads)
    ferry = way["road_class"] == CLASS_INDEX["ferry"]
    return split_long(whole, ferry[whole.way], _joining(whole, way["arriving"][whole.way]))


def _joining(pieces: Pieces, arriving: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Mark lines for arriving only that join two open roads: they need a node to arrive at."""
    touches = np.zeros(pieces.nodes, np.bool_)
    touches[pieces.start[~arriving]] = True
    touches[pieces.end[~arriving]] = True
    joining: NDArray[np.bool_] = arriving & touches[pieces.start] & touches[pieces.end]
    return joining


def _directed(
    way: dict[str, NDArray[Any]], pieces: Pieces
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return of each edge its line, and whether it leads along it."""
    forward = np.flatnonzero(way["forward_kmh"][pieces.way] > 0)
    backward = np.flatnonzero(way["backward_kmh"][pieces.way] > 0)
    piece = np.concatenate((forward, backward))
    return piece, np.arange(len(piece)) < len(forward)


def _map_edges(
    roads: OsmRoads, way: dict[str, NDArray[Any]], pieces: Pieces, draft: Draft
) -> MapEdges:
    piece, _ahead = _directed(way, pieces)
    assert pieces.origin is not None, "the lines are of a map"
    return MapEdges(
        tail=draft.tail,
        head=draft.head,
        way=pieces.way[piece].astype(np.int32),
        piece=piece.astype(np.int32),
        way_id=roads.way_id,
        origin=pieces.origin,
        node_id=roads.node_id,
    )


def _draft(
    roads: OsmRoads, way: dict[str, NDArray[Any]], pieces: Pieces, told: Profile | None
) -> Draft:
    length_m = np.maximum(pieces.length_m, MIN_LENGTH_M)
    piece, ahead = _directed(way, pieces)
    of_way = pieces.way[piece]
    speed = np.where(ahead, way["forward_kmh"][of_way], way["backward_kmh"][of_way])
    waiting_s = np.where(ahead, pieces.forward_s[piece], pieces.backward_s[piece])
    speed, boarding_s = _at_sea(way, pieces, piece, speed)
    climb = np.zeros(len(pieces.way)) if told is None else told.climb_m
    descent = np.zeros(len(pieces.way)) if told is None else told.descent_m
    lon, lat = node_places(pieces)
    inner = pieces.node < 0
    line = np.repeat(np.arange(len(pieces.way)), np.diff(pieces.first))
    drawn = np.bincount(line[inner], minlength=len(pieces.way))
    shape = np.where(drawn[piece] > 0, piece + 1, 0)
    e7 = np.empty((int(inner.sum()), 2), np.int32)
    for axis, degrees in enumerate((pieces.lon, pieces.lat)):
        e7[:, axis] = np.rint(degrees[inner] / E7)
    return Draft(
        lon=lon,
        lat=lat,
        ele_m=np.zeros(pieces.nodes, np.float32) if told is None else told.ele_m,
        tail=np.where(ahead, pieces.start[piece], pieces.end[piece]).astype(np.int32),
        head=np.where(ahead, pieces.end[piece], pieces.start[piece]).astype(np.int32),
        length_m=length_m[piece],
        speed_kmh=speed,
        duration_s=length_m[piece] / speed * 3.6 + waiting_s + boarding_s,
        climb_m=np.where(ahead, climb[piece], descent[piece]).astype(np.float32),
        descent_m=np.where(ahead, descent[piece], climb[piece]).astype(np.float32),
        flags=way["flags"][of_way].astype(np.uint8),
        road_class=way["road_class"][of_way].astype(np.uint8),
        speed_from=np.where(
            ahead, way["forward_from"][of_way], way["backward_from"][of_way]
        ).astype(np.uint8),
        shape_of=np.where(ahead, shape, -shape).astype(np.int32),
        shape_first=np.concatenate(([0], np.cumsum(drawn))).astype(np.int64),
        shape_e7=e7,
        name_of=roads.way_name[of_way],
        names=roads.names,
    )


def _at_sea(
    way: dict[str, NDArray[Any]],
    pieces: Pieces,
    piece: NDArray[np.int64],
    speed: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return speeds with ferries at their timetable's, and each edge's share of the boarding."""
    way_m = np.bincount(pieces.way, pieces.length_m, minlength=len(way["flags"]))
    of_way = pieces.way[piece]
    ferry = (way["flags"].astype(np.int64)[of_way] & Flag.FERRY) > 0
    crossing_s = way["crossing_s"][of_way]
    timed = ferry & (crossing_s > 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        by_timetable = np.clip(way_m[of_way] / crossing_s * 3.6, *FERRY_KMH)
    share = pieces.length_m[piece] / np.maximum(way_m[of_way], MIN_LENGTH_M)
    return np.where(timed, by_timetable, speed), np.where(ferry, BOARDING_S * share, 0.0)
