"""Compile what legs need beyond the hierarchy itself, before somebody waits for it."""

import numpy as np

from planner.legs.away import LeastAway
from planner.legs.bounds import RoadBounds, least_use
from planner.legs.car import CarLegs, JoinedPlaces
from planner.legs.prepared import PreparedRoads
from planner.legs.profiles import REFERENCES
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
    least_use(bounds, np.zeros(1, np.intp), np.zeros(1))
