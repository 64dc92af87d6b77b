"""Roads with edges closed, slowed or avoided: the same arrays but for speed, duration and flags."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray

from planner.model.closure import LEAST_KMH, Closure
from planner.roads.graph import Flag, RoadGraph
from planner.roads.matching import match_geometries

F32 = NDArray[np.float32]
I64 = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class ChangedGraph:
    """A region's roads while some closures are in force, or some kinds of roads are avoided.

    Attributes
    ----------
    graph : RoadGraph
        Of another hash than the region, and without a folder; edges that are closed or avoided bear
        `Flag.CLOSED`.
    edges : int64[k]
        All that differ, ascending.
    """

    graph: RoadGraph
    edges: I64


@dataclass(frozen=True, eq=False)
class Works:
    """Closures in force on a region's roads.

    Attributes
    ----------
    hash : str
        Names the closures with their reasons, and the region; empty where there is none. What a
        trip avoids is its own wish and nothing that is known of roads, so it is not in here.
    placed : tuple of (Closure, int64[k])
        Each with its edges in this region.
    lost : tuple of Closure
        Those that mean no road of this region: they were imported for another one.
    strange : tuple of str
        Kinds to avoid of which the region knows no road: it may have none, or not be told of them.
    """

    hash: str
    placed: tuple[tuple[Closure, I64], ...]
    lost: tuple[Closure, ...]
    changed: ChangedGraph
    strange: tuple[str, ...] = ()


AVOIDED = {"ferry": Flag.FERRY, "motorway": Flag.MOTORWAY, "toll": Flag.TOLL}
"""Which edges are meant by each of `planner.model.mission.AVOIDABLE`."""


def put_in_force(graph: RoadGraph, closures: Sequence[Closure], avoid: Iterable[str] = ()) -> Works:
    """Close and slow roads; what was matched to another region is matched to this one anew.

    Kinds of roads to ``avoid`` are closed as well.
    """
    strange = [closure for closure in closures if closure.region_hash != graph.hash]
    drawn = [(c.id, c.geometry, c.both) for c in strange if c.geometry is not None]
    matches = match_geometries(graph, drawn) if drawn else []
    found = {name: match.edges for (name, _, _), match in zip(drawn, matches, strict=True)}
    placed = tuple((closure, _edges(graph, closure, found)) for closure in closures)
    known = tuple(pair for pair in placed if len(pair[1]))
    changed = change_roads(graph, known)
    words = "\n".join(f"{closure.id}\t{closure.reason}" for closure in closures)
    name = sha256(f"{changed.graph.hash}\n{words}".encode()).hexdigest()[:16] if closures else ""
    lost = tuple(closure for closure, edges in placed if not len(edges))
    unknown = tuple(kind for kind in avoid if not (graph.flags & AVOIDED[kind]).any())
    return Works(name, known, lost, _shut(graph, changed, avoid), unknown)


def _shut(graph: RoadGraph, changed: ChangedGraph, avoid: Iterable[str]) -> ChangedGraph:
    """Close all edges of the kinds to avoid as well."""
    kinds = np.uint8(sum(AVOIDED[kind] for kind in avoid))
    avoided = (graph.flags & kinds) != 0
    if not avoided.any():
        return changed
    flags = changed.graph.flags | np.where(avoided, np.uint8(Flag.CLOSED), np.uint8(0))
    flags.setflags(write=False)
    edges = np.union1d(changed.edges, np.flatnonzero(avoided))
    name = _name(changed.graph, edges, (flags[edges],))
    return ChangedGraph(replace(changed.graph, hash=name, flags=flags), edges)


def _edges(graph: RoadGraph, closure: Closure, found: Mapping[str, I64]) -> I64:
    if closure.region_hash == graph.hash:
        return np.array(closure.edges, np.int64)
    return found.get(closure.id, np.empty(0, np.int64))


def change_roads(graph: RoadGraph, placed: Sequence[tuple[Closure, I64]]) -> ChangedGraph:
    """Close and slow the edges of each closure; the strictest holds where several meet.

    An edge is never made quicker, nor slower than `LEAST_KMH`. What is lost at its end (a signal,
    a junction) is lost still; a ferry takes longer by as much as it is slowed.
    """
    flags = graph.flags.copy()
    speed = np.asarray(graph.speed_kmh).copy()
    for closure, edges in placed:
        if closure.closed:
            flags[edges] |= np.uint8(Flag.CLOSED)
            continue
        usual = np.asarray(graph.speed_kmh)[edges]
        given = usual if closure.speed_kmh is None else np.full_like(usual, closure.speed_kmh)
        if closure.factor is not None:
            given = given * np.float32(closure.factor)
        slower = np.minimum(usual, np.maximum(given, np.float32(LEAST_KMH)))
        speed[edges] = np.minimum(speed[edges], slower)
    differs = (flags != graph.flags) | (speed != graph.speed_kmh)
    edges = np.flatnonzero(differs)
    duration = np.asarray(graph.duration_s).copy()
    duration[edges] = _duration_s(graph, edges, speed[edges])
    for array in (flags, speed, duration):
        array.setflags(write=False)
    changed = replace(
        graph,
        hash=_name(graph, edges, (flags[edges], speed[edges], duration[edges])),
        speed_kmh=speed,
        duration_s=duration,
        flags=flags,
        folder=None,
    )
    return ChangedGraph(changed, edges)


def _duration_s(graph: RoadGraph, edges: I64, speed_kmh: F32) -> F32:
    """Driving times of edges at other speeds."""
    usual_kmh = np.asarray(graph.speed_kmh)[edges].astype(np.float64)
    usual_s = np.asarray(graph.duration_s)[edges].astype(np.float64)
    metres = np.asarray(graph.length_m)[edges].astype(np.float64)
    later_s = usual_s + metres * 3.6 * (1.0 / speed_kmh.astype(np.float64) - 1.0 / usual_kmh)
    sails = (np.asarray(graph.flags)[edges] & Flag.FERRY) != 0
    found = np.where(sails, usual_s * usual_kmh / speed_kmh, later_s)
    kept = speed_kmh == np.asarray(graph.speed_kmh)[edges]
    return np.where(kept, usual_s, found).astype(np.float32)


def _name(graph: RoadGraph, edges: I64, arrays: Iterable[NDArray[np.generic]]) -> str:
    hashed = sha256(graph.hash.encode())
    for array in (edges, *arrays):
        hashed.update(np.ascontiguousarray(array).tobytes())
    return hashed.hexdigest()
