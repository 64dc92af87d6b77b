"""The whole answer over the API: the same trips posted one after another, in one thread."""

import os
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from site_homes import settings_of
from site_stations import NOW
from site_trips import Bin, Configuration, draw_missions, open_world

from planner.energy.description import vehicle_to_dict
from planner.faces.api import ApiOptions, create_app
from planner.faces.office import Office
from planner.formats.stamps import stamp
from planner.model.mission import Mission

WARM = 6


def measure_api(
    homes: str, asked: Configuration, trips: int, bins_km: list[Bin]
) -> list[dict[str, Any]]:
    """Post the trips of each bin: request read, planned, verified, written as JSON."""
    settings = settings_of(Path(homes), asked.country, asked.sites)
    world = open_world(Path(homes), asked.country, asked.sites)
    office = Office(settings, clock=lambda: NOW, region=asked.country)
    options = ApiOptions(open_to_loopback=True, requests_per_minute=0)
    client = create_app(settings, options, clock=lambda: NOW, office=office).test_client()
    lines = []
    for bin_km in bins_km:
        missions = draw_missions(world, asked, bin_km, WARM + trips)
        cpu_s, wall_s, sizes = [], [], []
        statuses: dict[int, int] = {}
        for number, mission in enumerate(missions):
            wall, cpu = time.perf_counter(), time.process_time()
            answer = client.post("/v1/plans", json=body_of(mission))
            spent_s, took_s = time.process_time() - cpu, time.perf_counter() - wall
            if number >= WARM:
                cpu_s.append(spent_s)
                wall_s.append(took_s)
                sizes.append(len(answer.data))
                statuses[answer.status_code] = statuses.get(answer.status_code, 0) + 1
        told: dict[str, Any] = {"km": "-".join(map(str, bin_km)), "trips": trips}
        for name, seconds in (("cpu", cpu_s), ("wall", wall_s)):
            for level in (50, 95, 99):
                figure = 1000.0 * float(np.percentile(seconds, level))
                told[f"{name}_p{level}_ms"] = round(figure, 1)
        told |= {"answer_kb": round(float(np.mean(sizes)) / 1000.0, 1), "statuses": statuses}
        lines.append(asdict(asked) | told | {"load": round(os.getloadavg()[0], 1)})
    return lines


def body_of(mission: Mission) -> dict[str, Any]:
    """Write a mission as programs ask for it."""
    ends = [waypoint.location for waypoint in mission.waypoints]
    return {
        "stops": [{"location": [end.lon, end.lat]} for end in ends],
        "departure": stamp(mission.departure),
        "vehicle": vehicle_to_dict(mission.vehicle) | {"soc": mission.soc},
        "wallet": mission.wallet.id,
        "reserve_soc": mission.reserve_soc,
        "arrival_soc": mission.arrival_soc,
        "guarantee": {"min_grade": "contracted", "fallbacks": mission.guarantee.fallbacks},
    }
