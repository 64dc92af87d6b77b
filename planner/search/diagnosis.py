"""Why there is no trip: the reason, and how far one gets."""

import numpy as np

from planner.legs.kernels import drives
from planner.model.geo import LonLat, distance_m
from planner.model.plan import Furthest
from planner.search.labels import Label, Trace
from planner.search.setup import Stage

LOOKED_AT = 6
"""Places, nearest to the goal first, from which the last drive is tried."""


def furthest(stage: Stage, trace: Trace) -> Furthest | None:
    """Return the point nearest to the goal in driving time that the car reaches.

    From the places that the search got to, with a full battery where one can charge, drive on
    until the charge is down to the reserve.
    """
    trip, problem = stage.trip, stage.problem
    if not trace.reached or not trip.has_route:
        return None
    metric, graph = trip.metric, trip.metric.graph
    ahead = problem.bounds.time_s
    nearest = sorted(trace.reached, key=lambda label: float(ahead[label.stage, label.place]))
    best: tuple[float, int, int] | None = None
    for label in _distinct(nearest)[:LOOKED_AT]:
        charge = problem.capacity_kwh if label.place < problem.stations else label.charge
        charge -= stage.legs.approach_of(label.place)[1]
        time_s, _, required, _, _ = drives(
            graph.first_out,
            graph.head,
            metric.weight(trip.price_s_per_kwh),
            metric.time_s,
            metric.energy_kwh,
            np.ones(graph.lon.size, np.bool_),
            int(stage.legs.places.node[label.place]),
            charge,
            -1,
        )
        reached = np.isfinite(time_s) & (required <= charge)
        left_s = np.where(reached, trip.sweeps[label.stage].before_s, np.inf)
        node = int(np.argmin(left_s))
        if np.isfinite(left_s[node]) and (best is None or left_s[node] < best[0]):
            best = (float(left_s[node]), node, label.stage)
    if best is None or best[0] <= 0.0:
        return None
    remaining_s, node, number = best
    point = LonLat(float(graph.lon[node]), float(graph.lat[node]))
    town = trip.world.places.nearest(point)
    later_s = sum(sweep.direct_s for sweep in trip.sweeps[number + 1 :])
    return Furthest(
        location=point,
        distance_m=distance_m(trip.mission.waypoints[0].location, point),
        remaining_s=remaining_s + later_s,
        name=town.name if town else "",
    )


def _distinct(labels: list[Label]) -> list[Label]:
    """Keep one label of each place: the fullest where nothing can be charged."""
    found: dict[tuple[int, int], Label] = {}
    for label in labels:
        key = (label.stage, label.place)
        if key not in found or label.charge > found[key].charge:
            found[key] = label
    return list(found.values())
