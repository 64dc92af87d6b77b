"""Trips by many sites: what is asked, the car, and random ends in bins of distance."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from site_homes import settings_of
from site_stations import NOW, wallet_of

from planner.energy.catalogue import load_catalogue
from planner.model.geo import LonLat
from planner.model.grade import Grade
from planner.model.mission import Guarantee, Mission, Waypoint
from planner.model.vehicle import CurvePoint, Vehicle
from planner.roads.graph import RoadGraph
from planner.roads.snap import stoppable
from planner.roads.sphere import distances_m
from planner.world import World

Bin = tuple[int, int]

WINDING = 1.15
"""Way over straight distance by which trips are sorted into bins, as the prototype did."""

CURVE = ((0.0, 150.0), (0.4, 120.0), (0.55, 90.0), (0.7, 60.0), (0.8, 35.0), (0.9, 12.0))
"""Charge from which the battery takes so many kW."""


@dataclass(frozen=True)
class Configuration:
    """What is measured in one process."""

    country: str
    sites: int
    share: int
    fallbacks: int
    gap: bool
    what: str = "plans"


def open_world(homes: Path, country: str, sites: int) -> World:
    """Open a world, made if need be."""
    return World.open(settings_of(homes, country, sites))


def car() -> Vehicle:
    """Return the car: a Renault Megane's body, 60 kWh, the prototype's curve as steps."""
    body = load_catalogue().by_id["renault-megane-e-tech-ev60-2022"]
    points = []
    for (soc, power_kw), (end, _) in zip(CURVE, (*CURVE[1:], (1.0, 0.0)), strict=True):
        points += [CurvePoint(soc=soc, power_kw=power_kw), CurvePoint(soc=end, power_kw=power_kw)]
    steps = [points[0]]
    for point in points[1:]:
        soc = point.soc + 1e-6 if point.soc == steps[-1].soc else point.soc
        steps.append(replace(point, soc=soc))
    return replace(body, id="bench-60-kwh", dc_curve=tuple(steps))


def draw_ends(graph: RoadGraph, bin_km: Bin, count: int, seed: int) -> list[tuple[LonLat, LonLat]]:
    """Draw pairs of places whose distance lies in a bin."""
    draw = np.random.default_rng((seed, *bin_km))
    nodes = np.flatnonzero(stoppable(graph))
    ends: list[tuple[LonLat, LonLat]] = []
    for _ in range(1000):
        a, b = draw.choice(nodes, (2, 1000))
        km = distances_m(graph.lon[a], graph.lat[a], graph.lon[b], graph.lat[b]) / 1000 * WINDING
        fits = (km >= bin_km[0]) & (km < bin_km[1])
        ends += [(_at(graph, m), _at(graph, n)) for m, n in zip(a[fits], b[fits], strict=True)]
        if len(ends) >= count:
            return ends[:count]
    return []


def _at(graph: RoadGraph, node: int) -> LonLat:
    return LonLat(float(graph.lon[node]), float(graph.lat[node]))


def mission_of(ends: tuple[LonLat, LonLat], number: int, *, share: int, fallbacks: int) -> Mission:
    """State a trip."""
    return Mission(
        waypoints=tuple(Waypoint(location=end) for end in ends),
        departure=NOW + 3600.0 * (1 + number * 7 % 24),
        now=NOW,
        vehicle=car(),
        soc=0.8,
        wallet=wallet_of(share),
        reserve_soc=0.05,
        arrival_soc=0.1,
        guarantee=Guarantee(min_grade=Grade.CONTRACTED, fallbacks=fallbacks),
    )


def draw_missions(world: World, asked: Configuration, bin_km: Bin, trips: int) -> list[Mission]:
    """Draw the trips of a bin: the same for all wallets and numbers of fallbacks."""
    return [
        mission_of(ends, number, share=asked.share, fallbacks=asked.fallbacks)
        for number, ends in enumerate(draw_ends(world.region, bin_km, trips, seed=1))
    ]
