"""What a plan says of closures: those it keeps off near its way, those it drives slower through.

Also what it cannot say of roads that are to be avoided.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from planner.legs.closing import ChangedRoads
from planner.model.closure import SPAN_S, Closure
from planner.model.plan import Leg
from planner.roads.closing import Works
from planner.roads.sphere import chord_of, unit_vectors
from planner.search.trip import Trip

NEAR_M = 20_000.0
"""What is nearer than this to the way, or to the one that is usually quickest, is told."""

MOST_REASONS = 5


ROAD = {"toll": "toll road"}


def closure_notes(trip: Trip, legs: Sequence[Leg]) -> Iterator[str]:
    """Say which closures in force lie near a way, or near the one that they may have changed."""
    works = trip.world.works
    if works is None:
        return
    for kind in works.strange:
        yield (
            f"No road of this region is known as a {ROAD.get(kind, kind)}, so the trip may "
            "meet one although it was to be avoided."
        )
    if not works.hash:
        return
    path = np.array([edge for leg in legs for edge in leg.path], np.int64)
    driven = set(path.tolist())
    met = [c for c, edges in works.placed if not driven.isdisjoint(edges.tolist())]
    kept_off = [c for c in _near(trip, works, path) if c not in met]
    shut = [closure for closure in kept_off if closure.closed]
    slow = [closure for closure in kept_off if not closure.closed]
    for closures, says in (
        (met, "Slower than usual, and reckoned with, on the way"),
        (shut, "Closed for the time of the trip, near the way"),
        (slow, "Slower than usual near the way"),
    ):
        if closures:
            yield f"{says}: {_listed(closures)}."
    if works.lost:
        yield f"Closures that mean no road of this region: {_listed(works.lost)}."
    if legs and legs[-1].arrival > trip.mission.departure + SPAN_S:
        yield "Closures that begin more than 24 hours after the departure are not reckoned with."


def _near(trip: Trip, works: Works, path: NDArray[np.int64]) -> Iterator[Closure]:
    graph, roads = trip.world.region, trip.world.roads.prepared
    assert isinstance(roads, ChangedRoads)
    begins, ends = trip.places.depart[trip.waypoints], trip.places.arrive[trip.waypoints]
    hops = zip(begins[:-1].tolist(), ends[1:].tolist(), strict=True)
    usual = [roads.usual_way(start, end) for start, end in hops]
    driven = np.concatenate((path, *usual))
    way = np.unique(np.concatenate((graph.tail[driven], graph.head[driven], ends)))
    tree = cKDTree(unit_vectors(graph.lon[way], graph.lat[way]))
    for closure, edges in works.placed:
        node = graph.tail[edges]
        away, _ = tree.query(unit_vectors(graph.lon[node], graph.lat[node]))
        if away.min() <= chord_of(NEAR_M):
            yield closure


def _listed(closures: Sequence[Closure]) -> str:
    reasons = list(dict.fromkeys(closure.reason or closure.id for closure in closures))
    told = "; ".join(reasons[:MOST_REASONS])
    more = len(reasons) - MOST_REASONS
    return f"{len(closures)} ({told}{f'; and {more} more' if more > 0 else ''})"
