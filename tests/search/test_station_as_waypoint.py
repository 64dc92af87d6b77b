"""A waypoint at the very place of a station: charging there and passing it are told apart."""

import random
from pathlib import Path

import numpy as np
from small_stations import NOW, make_snapshot, make_station
from small_worlds import SEDAN, Recipe, make_roads, make_wallet

from planner.model.geo import LonLat
from planner.model.mission import Guarantee, Mission, Objective, Waypoint
from planner.model.plan import Plan
from planner.plan import plan
from planner.world import RoadSide, World


def test_a_stop_at_a_waypoint_passes_the_check(tmp_path: Path) -> None:
    charged = 0
    for seed in range(6):
        rng = random.Random(seed)
        graph = make_roads(rng, tmp_path, Recipe(nodes=(30, 50), width_km=420.0, height_km=80.0))
        nodes = rng.sample(np.flatnonzero(graph.component_ok).tolist(), 14)
        spots = [LonLat(float(graph.lon[node]), float(graph.lat[node])) for node in nodes]
        stations = tuple(
            make_station(rng, number, spot, plain=True) for number, spot in enumerate(spots)
        )
        world = World(RoadSide.of(graph), make_snapshot(rng, stations, plain=True))
        for number in range(4):
            points = (spots[number], spots[number + 4], spots[number + 8])
            made = plan(
                world,
                Mission(
                    waypoints=tuple(Waypoint(location=point) for point in points),
                    departure=NOW,
                    now=NOW,
                    vehicle=SEDAN,
                    soc=0.45,
                    wallet=make_wallet(rng, plain=True),
                    guarantee=Guarantee(fallbacks=number % 2),
                    objective=Objective(preset="fastest"),
                ),
            )
            if isinstance(made, Plan):
                charged += any(stop.location == points[1] for stop in made.charging_stops)
    assert charged > 2
