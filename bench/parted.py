"""What stops save where one leaves otherwise than one arrives, on real towns; a JSON object a line.

    python bench/parted.py [--places 400] [--stations 300] [--trips 40] [--data FOLDER]

Such places are junctions with forbidden turns, and those in streets for arriving only. Of some of
them in each extract: how many seconds of the quickest way a stop saves at most, and what finding it
out takes. Then trips between random places, with made-up stations at random ones and a battery so
small that they need one: of how many the gap is proven, and to which share of it the price of
energy is lowered for that.
"""

import argparse
import json
import random
import time
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from small_stations import make_snapshot, make_station
from small_worlds import SEDAN, make_missions
from turning import EXTRACTS, SHARED, build

from planner.legs.hierarchy import NEVER
from planner.legs.parted import Parted
from planner.legs.prepared import PreparedRoads
from planner.legs.profiles import REFERENCES, WEIGHT_PER_S
from planner.model.geo import LonLat
from planner.model.mission import Guarantee, Objective
from planner.model.plan import Plan
from planner.plan import open_trip, plan
from planner.roads.graph import RoadGraph
from planner.roads.osm import read_osm
from planner.search.problem import STOP_OVERHEAD_S
from planner.world import RoadSide, World

TOWNS = [name for name in EXTRACTS if not name.startswith("china")]
"""Of the Chinese extract three places in 4,000 are parted, and random points lie off its roads."""

SMALL_CAR = replace(SEDAN, usable_kwh=6.0)


def saved(graph: RoadGraph, count: int) -> dict[str, Any]:
    """Say what stops save at some of the places that are parted."""
    places = np.flatnonzero(graph.component_ok).astype(np.int32)
    parted = places[np.asarray(graph.leaves_from)[places] != places]
    metrics = PreparedRoads.of(graph).reference(REFERENCES[0]).metrics
    chosen = np.random.default_rng(1).permutation(parted)[: count + 1]
    Parted(graph, metrics).saved(chosen[:1])  # compiles
    begun = time.process_time()
    weight = Parted(graph, metrics).saved(chosen[1:])[:, 0]
    took_s = time.process_time() - begun
    known_s = weight[weight < NEVER] / WEIGHT_PER_S
    return {
        "places": len(places),
        "parted": len(parted),
        "looked_at": len(weight),
        "unknown": int((weight >= NEVER).sum()),
        "saved_s": {q: round(float(np.quantile(known_s, q / 100)), 1) for q in (50, 90, 95, 99)},
        "more_than_a_stop_takes": int((known_s >= STOP_OVERHEAD_S).sum()),
        "cpu_ms_each": round(1e3 * took_s / len(weight), 2),
    }


def gaps(graph: RoadGraph, stations: int, trips: int) -> dict[str, Any]:
    """Plan trips by stations at random places, and say of how many the gap is proven."""
    rng, places = random.Random(5), np.flatnonzero(graph.component_ok).tolist()
    spots = rng.sample(places, stations)
    made = tuple(
        make_station(rng, n, LonLat(float(graph.lon[at]), float(graph.lat[at])), plain=True)
        for n, at in enumerate(spots)
    )
    world = World(RoadSide.of(graph), make_snapshot(rng, made, plain=True))
    found, prices = [], []
    for drawn in islice(make_missions(world, 3, plain=True), trips):
        mission = replace(
            drawn,
            vehicle=SMALL_CAR,
            soc=0.3,
            reserve_soc=0.05,
            arrival_soc=0.1,
            guarantee=Guarantee(fallbacks=1),
            objective=Objective(preset="fastest"),
        )
        planned = plan(world, mission)
        if isinstance(planned, Plan):
            trip = open_trip(world, mission)
            price = trip.prices.for_trips_by(trip.usable)
            prices.append(price / trip.prices.of_posts)
            found.append(planned.summary.gap)
    told = [gap for gap in found if gap is not None]
    parted = np.asarray(graph.leaves_from)[spots] != spots
    return {
        "stations": stations,
        "parted_stations": int(parted.sum()),
        "plans": len(found),
        "proven": len(told),
        "gap_median": round(float(np.median(told)), 4),
        "price_share_mean": round(float(np.mean(prices)), 3),
    }


def main() -> None:
    """Go through the extracts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--places", type=int, default=400)
    parser.add_argument("--stations", type=int, default=300)
    parser.add_argument("--trips", type=int, default=40)
    parser.add_argument("--data", type=Path, default=SHARED)
    asked = parser.parse_args()
    for name in TOWNS:
        graph, _cpu_s = build(read_osm(asked.data / f"{name}.osm.pbf", lambda *_: None))
        told = {"bench": "parted", "extract": name} | saved(graph, asked.places)
        print(json.dumps(told | gaps(graph, asked.stations, asked.trips)), flush=True)


if __name__ == "__main__":
    main()
