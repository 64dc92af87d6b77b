"""Why there is no trip: the reason, and how far one gets."""

from dataclasses import dataclass

import numpy as np

from planner.model.geo import LonLat, distance_m
from planner.model.plan import Furthest
from planner.search.problem import Arrival, Trace
from planner.search.setup import Stage

LOOKED_AT = 6
"""Places, nearest to the goal first, from which the last drive is tried."""


@dataclass(frozen=True, slots=True, order=True)
class _Point:
    """A node that the car reaches, with what is left to drive from there."""

    remaining_s: float
    node: int


def furthest(stage: Stage, trace: Trace) -> Furthest | None:
    """Return the point nearest to the goal in driving time that the car reaches.

    From the places that the search got to, with a full battery where one can charge, drive on
    towards the goal until the charge is down to the reserve.
    """
    trip, problem = stage.trip, stage.problem
    if not trace.reached or not trip.has_route:
        return None
    ahead = problem.bounds.time_s
    nearest = sorted(trace.reached, key=lambda met: float(ahead[met.stage, met.place]))
    found = [_last_point(stage, met) for met in _distinct(nearest)[:LOOKED_AT]]
    best = min((point for point in found if point is not None), default=None)
    if best is None or best.remaining_s <= 0.0:
        return None
    graph = trip.world.region
    point = LonLat(float(graph.lon[best.node]), float(graph.lat[best.node]))
    town = trip.world.places.nearest(point)
    return Furthest(
        location=point,
        distance_m=distance_m(trip.mission.waypoints[0].location, point),
        remaining_s=best.remaining_s,
        name=town.name if town else "",
    )


def _last_point(stage: Stage, met: Arrival) -> _Point | None:
    """Follow the way from a place to the waypoint ahead of it as far as the charge goes."""
    problem, trip = stage.problem, stage.trip
    charge = problem.capacity_kwh if met.place < problem.stations else met.charge
    charge -= stage.legs.approach_of(met.place)[1]
    goal = problem.vias[met.stage + 1].place
    best = None
    for kind in range(problem.kinds):
        path = stage.legs.path(met.place, goal, kind)
        edges = np.array(path.edges, np.int64)
        used_kwh = np.cumsum(trip.car.energies_kwh(edges)[0])
        beyond = np.flatnonzero(used_kwh > charge)
        reached = int(beyond[0]) if beyond.size else edges.size
        left_s = float(trip.car.times_s(edges[reached:]).sum()) + float(
            problem.bounds.later_s[met.stage]
        )
        node = path.start_node if reached == 0 else int(trip.world.region.head[edges[reached - 1]])
        point = _Point(left_s, node)
        best = point if best is None else min(best, point)
    return best


def _distinct(mets: list[Arrival]) -> list[Arrival]:
    """Keep one met of each place: the fullest where nothing can be charged."""
    found: dict[tuple[int, int], Arrival] = {}
    for met in mets:
        key = (met.stage, met.place)
        if key not in found or met.charge > found[key].charge:
            found[key] = met
    return list(found.values())
