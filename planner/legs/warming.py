"""Compile what legs need beyond the hierarchy itself, before somebody waits for it."""

import numpy as np

from planner.legs.away import LeastAway
from planner.legs.backward import Sought
from planner.legs.bounds import RoadBounds, least_use
from planner.legs.car import CarLegs, JoinedPlaces
from planner.legs.potentials import Potentials, least_to_each
from planner.legs.prepared import PreparedRoads
from planner.legs.profiles import REFERENCES
from planner.legs.rests import LeastRests
from planner.legs.swept import SiteSelections, SweptPlaces
from planner.model.vehicle import Conditions


def drive_somewhere(roads: PreparedRoads) -> None:
    """Ask for bounds, legs and a path between a few nodes of a region."""
    nodes = np.flatnonzero(roads.graph.component_ok)[:3].astype(np.int32)
    if not nodes.size:
        return
    car = roads.car(REFERENCES[0].vehicle, Conditions(), nodes)
    places = JoinedPlaces.at(roads.graph, nodes, np.zeros(nodes.size))
    legs = CarLegs(car, places, 50.0)
    legs.row(0, 0)
    legs.path(0, nodes.size - 1, 0)
    legs.least_needed(0, (0,), np.array([nodes.size - 1]))
    everywhere = np.arange(nodes.size)
    LeastAway.of(legs, everywhere, lambda places: [[place] for place in places], 1).least_kwh(
        everywhere
    )
    metrics = tuple(labels.metric for labels in car.labels)
    sites = SiteSelections(metrics, places.arrive[:1], places.depart[:1])
    bounds = RoadBounds(SweptPlaces(car, places, sites))
    bounds.to(1 % nodes.size, 36.0)
    bounds.time_from(0)
    least_to_each(_potentials(bounds), 0, everywhere, np.empty(nodes.size), np.empty(nodes.size))
    _find_rests(legs, bounds)
    least_use(bounds, np.zeros(1, np.intp), np.zeros(1))


def _potentials(bounds: RoadBounds) -> Potentials:
    """Bounds to the last of the places, and from the first."""
    floors = bounds.to(len(bounds.legs.places.arrive) - 1, 0.0)
    return Potentials(
        floors.time_s[None, :],
        floors.energy_kwh[None, :],
        floors.priced_s[None, :],
        bounds.time_from(0)[None, :],
        np.ones(floors.time_s.size, np.bool_),
        0.0,
    )


def _find_rests(legs: CarLegs, bounds: RoadBounds) -> None:
    """Ask for the rests of a trip from the first place to the last."""
    places = np.arange(len(legs.places.arrive))
    stations, none = max(places.size - 2, 0), np.zeros(places.size)
    if places.size < 2:  # noqa: PLR2004 -- a start and an end
        return
    sought = Sought(
        place=places,
        point_m=np.zeros((stations, 3)),
        apart_m=0.0,
        stop_s=np.zeros(stations),
        behind_s=none[None, :],
        up_kwh=none,
        down_kwh=none,
        price_s_per_kwh=0.0,
        capacity_kwh=legs.capacity_kwh,
        start_kwh=legs.capacity_kwh,
        margin_s=0.0,
    )
    LeastRests(legs, 0, sought, _potentials(bounds)).find(np.zeros(2))
