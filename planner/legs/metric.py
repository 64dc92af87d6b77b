"""What each edge of a region costs one car on one day: seconds and kWh."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from planner.energy.consumption import edge_energy_kwh, edge_time_s, height_potential_kwh_per_m
from planner.energy.edge import FERRY
from planner.model.vehicle import Conditions, Vehicle
from planner.roads.graph import RoadGraph

F64 = NDArray[np.float64]

Edges = NDArray[np.int64] | slice
"""Numbers of edges, or a run of them."""

EVERY = slice(None)
"""All edges of a graph."""


@dataclass(frozen=True, eq=False)
class Metric:
    """Seconds and kWh of every edge of a graph, shape (edges,), for a vehicle and a day.

    ``energy_kwh`` is the 95 % quantile that feasibility rests on.
    ``height_kwh_per_m`` is the potential that keeps energy sound: ``energy - p * (climb -
    descent)`` is nowhere negative.
    """

    graph: RoadGraph
    vehicle: Vehicle
    conditions: Conditions
    time_s: F64
    energy_kwh: F64
    height_kwh_per_m: float

    @cached_property
    def reduced_kwh(self) -> F64:
        """Energy less what the difference of height explains, never negative, shape (edges,)."""
        height_m = np.asarray(self.graph.ele_m, np.float64)
        rise_m = height_m[self.graph.head] - height_m[self.graph.tail]
        return np.maximum(self.energy_kwh - self.height_kwh_per_m * rise_m, 0.0)

    def weight(self, seconds_per_kwh: float) -> F64:
        """Time plus energy at a price in seconds per kWh: what a path is chosen by."""
        if seconds_per_kwh == 0.0:
            return self.time_s
        return self.time_s + seconds_per_kwh * self.reduced_kwh


def measure(graph: RoadGraph, vehicle: Vehicle, conditions: Conditions) -> Metric:
    """Price each edge of the graph once for this car and day."""
    return Metric(
        graph,
        vehicle,
        conditions,
        edges_time_s(graph, vehicle, conditions, EVERY),
        edges_energy_kwh(graph, vehicle, conditions, EVERY, quantile=True),
        height_potential_kwh_per_m(vehicle, conditions, quantile=True),
    )


def edges_time_s(graph: RoadGraph, vehicle: Vehicle, conditions: Conditions, edges: Edges) -> F64:
    """Seconds of some edges of a graph, of all for `EVERY`; on deck by the timetable."""
    driven_s = edge_time_s(
        vehicle,
        conditions,
        length_m=graph.length_m[edges],
        speed_kmh=graph.speed_kmh[edges],
        duration_s=graph.duration_s[edges],
    )
    return np.asarray(np.where(_on_deck(graph, edges), graph.duration_s[edges], driven_s))


def edges_energy_kwh(
    graph: RoadGraph, vehicle: Vehicle, conditions: Conditions, edges: Edges, *, quantile: bool
) -> F64:
    """Energies of some edges of a graph in kWh, of all for `EVERY`; none on deck."""
    driven_kwh = edge_energy_kwh(
        vehicle,
        conditions,
        length_m=graph.length_m[edges],
        speed_kmh=graph.speed_kmh[edges],
        climb_m=graph.climb_m[edges],
        descent_m=graph.descent_m[edges],
        ele_m=graph.ele_m[graph.tail[edges]],
        quantile=quantile,
    )
    return np.asarray(np.where(_on_deck(graph, edges), 0.0, driven_kwh))


def _on_deck(graph: RoadGraph, edges: Edges) -> NDArray[np.bool_]:
    return np.asarray((graph.flags[edges] & FERRY) != 0)
