"""Cutting ways into pieces between nodes: at junctions, ends, closed barriers, and every 500 m.

All is done for whole arrays at once. A piece is a line of points of which the first and the last
are nodes of the graph; those between are only drawn.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planner.roads.graph import E7
from planner.roads.osm import OsmRoads
from planner.roads.sphere import distances_m

NODE_EVERY_M = 500.0
"""A piece is at most this long, so that a point beside a road has a node within some 250 m."""


@dataclass(frozen=True, kw_only=True)
class Pieces:
    """Lines between nodes, k of them.

    Attributes
    ----------
    first : int64[k + 1]
        Where each line's points begin in ``lon`` and so on.
    lon, lat : float64[points]
    node : int64[points]
        Index of a graph node at the ends of each line, -1 between.
    along_m : float64[points]
        Length from the beginning of the line.
    way : int64[k]
        Index of the way.
    forward_s, backward_s : float64[k]
        Delay at lights and the like, driven along and against the way.
    nodes : int
        Number of graph nodes.
    origin : int32[nodes], optional
        Index of each graph node among the nodes of the map; -1 for one put between them.
    """

    first: NDArray[np.int64]
    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    node: NDArray[np.int64]
    along_m: NDArray[np.float64]
    way: NDArray[np.int64]
    forward_s: NDArray[np.float64]
    backward_s: NDArray[np.float64]
    nodes: int
    origin: NDArray[np.int32] | None = None

    @property
    def length_m(self) -> NDArray[np.float64]:
        """Length of each line."""
        return self.along_m[self.first[1:] - 1]

    @property
    def start(self) -> NDArray[np.int64]:
        """Graph node at the beginning of each line."""
        return self.node[self.first[:-1]]

    @property
    def end(self) -> NDArray[np.int64]:
        """Graph node at the end of each line."""
        return self.node[self.first[1:] - 1]


def cut_ways(roads: OsmRoads) -> Pieces:
    """Cut the ways at junctions, at their ends, where nodes are missing and at closed barriers.

    A node with a closed barrier becomes as many graph nodes as lines end there, so that nothing
    leads across it.
    """
    count = len(roads.lon_e7)
    position_way = np.repeat(np.arange(len(roads.way_id)), np.diff(roads.way_first))
    here = roads.way_node >= 0
    uses = np.bincount(roads.way_node[here], minlength=count)
    closed = np.zeros(count, np.bool_)
    shut = [index for index, facts in roads.node_facts.items() if facts.closed]
    closed[shut] = True
    same_way = np.zeros(len(here), np.bool_)
    same_way[1:] = (position_way[1:] == position_way[:-1]) & here[1:] & here[:-1]
    goes_on = np.append(same_way[1:], False)
    inner = same_way & goes_on
    breaks = here & (~inner | (uses[roads.way_node] > 1) | closed[roads.way_node])
    begins = np.flatnonzero(breaks & goes_on)
    ends = np.flatnonzero(breaks & same_way)
    points = ends - begins + 1
    first = np.concatenate(([0], np.cumsum(points)))
    of_piece = np.repeat(np.arange(len(begins)), points)
    position = np.arange(first[-1]) - first[of_piece] + begins[of_piece]
    osm_node = roads.way_node[position].astype(np.int64)
    lon = roads.lon_e7[osm_node].astype(np.float64) * E7
    lat = roads.lat_e7[osm_node].astype(np.float64) * E7
    forward_s, backward_s = _delays(roads, osm_node, first, of_piece)
    node, origin = _number_ends(osm_node, first, closed)
    return Pieces(
        first=first,
        lon=lon,
        lat=lat,
        node=node,
        along_m=_along(lon, lat, first),
        way=position_way[begins],
        forward_s=forward_s,
        backward_s=backward_s,
        nodes=len(origin),
        origin=origin,
    )


def _number_ends(
    osm_node: NDArray[np.int64], first: NDArray[np.int64], closed: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Give the ends of lines node numbers; each end at a closed barrier gets its own.

    Returns them for all points (-1 between the ends), and of each the node of the map.
    """
    at = np.stack((first[:-1], first[1:] - 1), axis=1).ravel()
    key = osm_node[at].copy()
    shut = closed[key]
    key[shut] = len(closed) + np.arange(shut.sum())
    _keys, where, number = np.unique(key, return_index=True, return_inverse=True)
    node = np.full(len(osm_node), -1, np.int64)
    node[at] = number
    return node, osm_node[at[where]].astype(np.int32)


def _delays(
    roads: OsmRoads,
    osm_node: NDArray[np.int64],
    first: NDArray[np.int64],
    of_piece: NDArray[np.int64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Add up the delays of each line; those of its beginning belong to the line before it."""
    ahead, back = np.zeros(len(roads.lon_e7)), np.zeros(len(roads.lon_e7))
    for index, facts in roads.node_facts.items():
        ahead[index], back[index] = facts.forward_s, facts.backward_s
    forward, backward = ahead[osm_node], back[osm_node]
    forward[first[:-1]] = 0.0
    backward[first[1:] - 1] = 0.0
    pieces = len(first) - 1
    return (
        np.bincount(of_piece, forward, minlength=pieces).astype(np.float64),
        np.bincount(of_piece, backward, minlength=pieces).astype(np.float64),
    )


def _along(
    lon: NDArray[np.float64], lat: NDArray[np.float64], first: NDArray[np.int64]
) -> NDArray[np.float64]:
    step = np.zeros(len(lon))
    step[1:] = distances_m(lon[:-1], lat[:-1], lon[1:], lat[1:])
    step[first[:-1]] = 0.0
    total = np.cumsum(step)
    return total - np.repeat(total[first[:-1]], np.diff(first))


def split_long(
    pieces: Pieces, whole: NDArray[np.bool_], halved: NDArray[np.bool_] | None = None
) -> Pieces:
    """Put nodes on lines longer than `NODE_EVERY_M`, evenly, and one in the middle of a loop.

    ``whole`` marks lines that are left as they are, by line, ``halved`` those that need a node
    between their ends. A delay goes to each line's last part in its direction.
    """
    length_m = pieces.length_m
    parts = np.maximum(np.ceil(length_m / NODE_EVERY_M), 1).astype(np.int64)
    parts[whole] = 1
    needy = pieces.start == pieces.end
    if halved is not None:
        needy |= halved
    parts = np.where(needy, np.maximum(parts, 2), parts)
    cuts = parts - 1
    of = np.repeat(np.arange(len(parts)), cuts)
    rank = np.arange(len(of)) - np.repeat(np.cumsum(cuts) - cuts, cuts) + 1
    at_m = length_m[of] * rank / parts[of]
    lon, lat = _points_at(pieces, of, at_m)
    of_point = np.repeat(np.arange(len(parts)), np.diff(pieces.first))
    line = np.concatenate((of_point, of))
    along = np.concatenate((pieces.along_m, at_m))
    is_cut = np.concatenate((np.zeros(len(of_point), np.bool_), np.ones(len(of), np.bool_)))
    place = np.concatenate((np.arange(len(of_point)), _after(pieces, of, at_m)))
    order = np.lexsort((along, is_cut, place, line))
    copies = np.where(is_cut[order], 2, 1)
    twice = np.repeat(order, copies)
    node = np.concatenate((pieces.node, pieces.nodes + np.arange(len(of))))[twice]
    first = np.concatenate((np.flatnonzero(_starts(node, is_cut[twice], line[twice])), [len(node)]))
    new_lon = np.concatenate((pieces.lon, lon))[twice]
    new_lat = np.concatenate((pieces.lat, lat))[twice]
    parent = line[twice][first[:-1]]
    between = np.full(len(of), -1, np.int32)
    begins_line = np.concatenate(([True], np.diff(parent) != 0))
    ends_line = np.concatenate((np.diff(parent) != 0, [True]))
    return Pieces(
        first=first,
        lon=new_lon,
        lat=new_lat,
        node=node,
        along_m=_along(new_lon, new_lat, first),
        way=pieces.way[parent],
        forward_s=np.where(ends_line, pieces.forward_s[parent], 0.0),
        backward_s=np.where(begins_line, pieces.backward_s[parent], 0.0),
        nodes=pieces.nodes + len(of),
        origin=None if pieces.origin is None else np.concatenate((pieces.origin, between)),
    )


def _after(pieces: Pieces, of: NDArray[np.int64], at_m: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the point of its line after which each cut lies, never the line's last."""
    longest = float(pieces.length_m.max(initial=0.0)) + 1.0
    line = np.repeat(np.arange(len(pieces.way)), np.diff(pieces.first))
    found = np.searchsorted(line * longest + pieces.along_m, of * longest + at_m, side="right")
    return np.clip(found - 1, pieces.first[of], pieces.first[of + 1] - 2)


def _points_at(
    pieces: Pieces, of: NDArray[np.int64], at_m: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the points that lie so far along their lines."""
    before = _after(pieces, of, at_m)
    begin, end = pieces.along_m[before], pieces.along_m[before + 1]
    share = np.clip((at_m - begin) / np.maximum(end - begin, 1e-9), 0.0, 1.0)
    lon = pieces.lon[before] * (1 - share) + pieces.lon[before + 1] * share
    lat = pieces.lat[before] * (1 - share) + pieces.lat[before + 1] * share
    return lon, lat


def _starts(
    node: NDArray[np.int64], is_cut: NDArray[np.bool_], line: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Mark points that begin a line: the first of an old line, and the second copy of each cut."""
    starts = np.ones(len(node), np.bool_)
    starts[1:] = line[1:] != line[:-1]
    starts[1:] |= is_cut[1:] & is_cut[:-1] & (node[1:] == node[:-1])
    return starts
