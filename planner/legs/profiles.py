"""The reference cars, and the prices of energy, that a region's legs are prepared for.

A leg is a minimiser of time + price · energy for a reference car; any car then drives it at its
own energies, edge by edge. How far such a road is from the car's own best is measured by
``bench/any_car.py``.
"""

from dataclasses import dataclass
from math import inf, log

import numpy as np
from numpy.typing import NDArray

from planner.energy.edge import CarTerms, car_terms, drive_edge
from planner.energy.share import ANYWHERE, Share, Terrain, least_share, sharp_share
from planner.legs.hierarchy import NEVER
from planner.legs.metric import Metric, measure
from planner.model.vehicle import Conditions, Vehicle
from planner.roads.graph import Flag, RoadGraph

PRICES_S_PER_KWH: tuple[float, ...] = (0.0, 40.0, 90.0, 220.0, inf)
"""Of energy, one for each kind of leg: the quickest; what a kWh takes at 90, 40 and 16 kW; the
least energy, whatever the time. Of sets of so many the one with the least gaps (`bench/gap.py`)."""

THRIFTIEST = len(PRICES_S_PER_KWH) - 1
"""The kind that is chosen by energy alone."""

WEIGHT_PER_S = 1000.0
"""Units of weight in a second: milliseconds."""

WEIGHT_PER_KWH = 1e5
"""Units of weight in a kWh where energy alone is weighed: 0.01 Wh."""

ROLLS = False
"""Not on deck: compiled functions take no keywords."""

ALLOWANCE_KWH = 1e-3
"""Taken off bounds of energy, for the rounding of heights along a road."""


@dataclass(frozen=True, slots=True)
class Reference:
    """A car on a day that roads are chosen for."""

    name: str
    vehicle: Vehicle
    conditions: Conditions

    @property
    def terms(self) -> CarTerms:
        """Its physics."""
        return car_terms(self.vehicle, self.conditions)


def _reference(name: str, mass_kg: float, drag_area_m2: float, rolling: float) -> Reference:
    vehicle = Vehicle(
        id=f"reference-{name}",
        make="Reference",
        model=name,
        mass_kg=mass_kg,
        drag_area_m2=drag_area_m2,
        rolling_coefficient=rolling,
        usable_kwh=60.0,
    )
    return Reference(name, vehicle, Conditions(temperature_c=20.0))


REFERENCES: tuple[Reference, ...] = (
    _reference("car", 1850.0, 0.62, 0.010),
    _reference("van", 2900.0, 1.40, 0.010),
)
"""A middling car, and a van: bigger cars lie between. Source: the catalogue's median car has 1,870
kg; vans of 3.5 t with drag areas of 1.2 to 1.6 m² (assumed). On a day on which nothing is heated or
cooled, so that few cars use less."""


def reference_weights(metric: Metric, price_s_per_kwh: float) -> NDArray[np.int32]:
    """Weights of all edges for one price, int32[edges], never above the true ones.

    Milliseconds of time and price together; at an infinite price 0.01 Wh of reduced energy. Closed
    edges weigh `NEVER`.
    """
    if price_s_per_kwh == inf:
        exact = metric.reduced_kwh * WEIGHT_PER_KWH
    else:
        exact = metric.weight(price_s_per_kwh) * WEIGHT_PER_S
    closed = (np.asarray(metric.graph.flags) & Flag.CLOSED) != 0
    return np.where(closed, NEVER, np.floor(exact)).astype(np.int32)


def measure_reference(graph: RoadGraph, reference: Reference) -> Metric:
    """Price all edges for a reference car."""
    return measure(graph, reference.vehicle, reference.conditions)


def terrain_of(graph: RoadGraph) -> Terrain:
    """Say what the edges of a region are."""
    if not graph.speed_kmh.size:
        return ANYWHERE
    return Terrain(
        slowest_kmh=float(graph.speed_kmh.min()),
        fastest_kmh=float(graph.speed_kmh.max()),
        lowest_m=float(graph.ele_m.min()),
        highest_m=float(graph.ele_m.max()),
        hilly=bool(graph.climb_m.any() or graph.descent_m.any()),
    )


def nearest_reference(car: CarTerms, terrain: Terrain = ANYWHERE) -> tuple[Reference, float]:
    """Return the reference whose roads suit a car best, and the share of its energy that is sure.

    It is the one that speed costs about as much, for so it weighs energy against time.
    """
    nearest = _nearest(car)
    return nearest, least_share(car, nearest.terms, terrain)


def sharp_share_of(car: CarTerms, terrain: Terrain = ANYWHERE) -> Share:
    """Return what of the energy of its nearest reference is sure for a car on usual roads."""
    return sharp_share(car, _nearest(car).terms, terrain)


def _nearest(car: CarTerms) -> Reference:
    pull = log(_pull_kwh(car))
    return min(REFERENCES, key=lambda reference: abs(log(_pull_kwh(reference.terms)) - pull))


def _pull_kwh(car: CarTerms) -> float:
    """Energy that 100 km of level road at 100 km/h take, without heating, lights and wind."""
    still = car._replace(auxiliary_w=0.0, headwind_m_s=0.0)
    return float(drive_edge(still, 1e5, 100.0, 3600.0, 0.0, 0.0, 0.0, ROLLS)[1])
