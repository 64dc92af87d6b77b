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
    on_deck = (np.asarray(graph.flags) & FERRY) != 0
    driven_s = edge_time_s(
        vehicle,
        conditions,
        length_m=graph.length_m,
        speed_kmh=graph.speed_kmh,
        duration_s=graph.duration_s,
    )
    time_s = np.where(on_deck, graph.duration_s, driven_s)
    driven_kwh = edge_energy_kwh(
        vehicle,
        conditions,
        length_m=graph.length_m,
        speed_kmh=graph.speed_kmh,
        climb_m=graph.climb_m,
        descent_m=graph.descent_m,
        ele_m=np.asarray(graph.ele_m)[graph.tail],
        quantile=True,
    )
    potential = height_potential_kwh_per_m(vehicle, conditions, quantile=True)
    energy_kwh = np.where(on_deck, 0.0, driven_kwh)
    return Metric(graph, vehicle, conditions, time_s, energy_kwh, potential)
