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


_CHUNK = 1_000_000
"""Points that are worked on at a time, so that what is needed in between stays small."""


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
    here = roads.way_node >= 0
    uses = np.bincount(roads.way_node[here], minlength=count)
    closed = np.zeros(count, np.bool_)
    shut = [index for index, facts in roads.node_facts.items() if facts.closed]
    closed[shut] = True
    same_way = np.zeros(len(here), np.bool_)
    same_way[1:] = here[1:] & here[:-1]
    same_way[roads.way_first[:-1]] = False
    goes_on = np.append(same_way[1:], False)
    breaks = (uses > 1) | closed
    breaks = here & (~(same_way & goes_on) | breaks[roads.way_node])
    begins = np.flatnonzero(breaks & goes_on)
    ends = np.flatnonzero(breaks & same_way)
    points = ends - begins + 1
    first = np.concatenate(([0], np.cumsum(points)))
    osm_node = roads.way_node[spans(begins, points)]
    lon = roads.lon_e7[osm_node].astype(np.float64) * E7
    lat = roads.lat_e7[osm_node].astype(np.float64) * E7
    forward_s, backward_s = _delays(roads, osm_node, first)
    node, origin = _number_ends(osm_node, first, closed)
    return Pieces(
        first=first,
        lon=lon,
        lat=lat,
        node=node,
        along_m=_along(lon, lat, first),
        way=np.searchsorted(roads.way_first, begins, side="right") - 1,
        forward_s=forward_s,
        backward_s=backward_s,
        nodes=len(origin),
        origin=origin,
    )


def spans(begins: NDArray[np.int64], counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the numbers from each beginning on, so many, one span after the other."""
    steps = np.ones(int(counts.sum()), np.int64)
    if len(begins):
        first = np.cumsum(counts) - counts
        steps[first[0]] = begins[0]
        steps[first[1:]] = begins[1:] - (begins[:-1] + counts[:-1] - 1)
    return np.cumsum(steps, out=steps)


def _number_ends(
    osm_node: NDArray[np.int32], first: NDArray[np.int64], closed: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Give the ends of lines node numbers; each end at a closed barrier gets its own.

    Returns them for all points (-1 between the ends), and of each the node of the map.
    """
    at = np.stack((first[:-1], first[1:] - 1), axis=1).ravel()
    ends = osm_node[at]
    used = np.zeros(len(closed), np.bool_)
    used[ends] = True
    used &= ~closed
    number = (np.cumsum(used) - 1)[ends]
    shut = np.flatnonzero(closed[ends])
    number[shut] = int(used.sum()) + np.arange(len(shut))
    node = np.full(len(osm_node), -1, np.int64)
    node[at] = number
    return node, np.concatenate((np.flatnonzero(used), ends[shut])).astype(np.int32)


def _delays(
    roads: OsmRoads, osm_node: NDArray[np.int32], first: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Add up the delays of each line; those of its beginning belong to the line before it."""
    count, pieces = len(roads.lon_e7), len(first) - 1
    ahead, back = np.zeros(count, np.float32), np.zeros(count, np.float32)
    for index, facts in roads.node_facts.items():
        ahead[index], back[index] = facts.forward_s, facts.backward_s
    at = np.flatnonzero(((ahead > 0) | (back > 0))[osm_node])
    piece = np.searchsorted(first, at, side="right") - 1
    forward = np.where(at == first[piece], 0.0, ahead[osm_node[at]])
    backward = np.where(at == first[piece + 1] - 1, 0.0, back[osm_node[at]])
    return (
        np.bincount(piece, forward, minlength=pieces).astype(np.float64),
        np.bincount(piece, backward, minlength=pieces).astype(np.float64),
    )


def _along(
    lon: NDArray[np.float64], lat: NDArray[np.float64], first: NDArray[np.int64]
) -> NDArray[np.float64]:
    step = np.zeros(len(lon))
    for begin in range(0, len(lon) - 1, _CHUNK):
        one = slice(begin, min(begin + _CHUNK, len(lon) - 1))
        other = slice(one.start + 1, one.stop + 1)
        step[other] = distances_m(lon[one], lat[one], lon[other], lat[other])
    step[first[:-1]] = 0.0
    np.cumsum(step, out=step)
    step -= np.repeat(step[first[:-1]], np.diff(first))
    return step


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
    after = _after(pieces, of, at_m)
    lon, lat = _points_at(pieces, after, at_m)
    # Each cut stands twice: as the last point of one line and the first of the next.
    twice = np.repeat(after + 1, 2)
    new_lon = np.insert(pieces.lon, twice, np.repeat(lon, 2))
    new_lat = np.insert(pieces.lat, twice, np.repeat(lat, 2))
    node = np.insert(pieces.node, twice, np.repeat(pieces.nodes + np.arange(len(of)), 2))
    before = np.searchsorted(after, pieces.first[:-1])
    old_first = pieces.first[:-1] + 2 * before
    cut_first = after + 1 + 2 * np.arange(len(of)) + 1
    first = np.sort(np.concatenate((old_first, cut_first, [len(node)])))
    parent = np.repeat(np.arange(len(parts)), parts)
    begins_line = np.concatenate(([True], np.diff(parent) != 0))
    ends_line = np.concatenate((np.diff(parent) != 0, [True]))
    between = np.full(len(of), -1, np.int32)
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
    pieces: Pieces, before: NDArray[np.int64], at_m: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the points that lie so far along their lines, each after a point of its line."""
    begin, end = pieces.along_m[before], pieces.along_m[before + 1]
    share = np.clip((at_m - begin) / np.maximum(end - begin, 1e-9), 0.0, 1.0)
    lon = pieces.lon[before] * (1 - share) + pieces.lon[before + 1] * share
    lat = pieces.lat[before] * (1 - share) + pieces.lat[before + 1] * share
    return lon, lat
