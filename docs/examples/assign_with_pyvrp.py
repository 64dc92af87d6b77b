"""PyVRP decides who visits whom; Plugsure plans each route with its battery, card and fallbacks.

    python docs/examples/assign_with_pyvrp.py > missions.json
    plugsure batch missions.json --out results.ndjson

Eight customers between Munich and the Brenner, two vans, one depot. PyVRP (from 0.14)
minimises the distance as the crow flies within each van's capacity; its routes become missions,
which leave when they are planned. In the demo's world (PLUGSURE_HOME is its folder ``demo``) both
are planned with the demo's wallet.
"""

import json
import sys

from pyvrp import Model
from pyvrp.stop import MaxIterations

from planner.formats.missions import MissionRow
from planner.formats.routes import Fleet, read_solution
from planner.model.geo import LonLat, distance_m

DEPOT = {"location": [11.576, 48.137], "name": "Depot Munich"}
CUSTOMERS = (
    ("Rosenheim", 12.11, 47.84),
    ("Kufstein", 12.16, 47.58),
    ("Schwaz", 11.70, 47.34),
    ("Innsbruck", 11.40, 47.25),
    ("Garmisch", 11.10, 47.49),
    ("Weilheim", 11.14, 47.84),
    ("Bad Tölz", 11.56, 47.76),
    ("Holzkirchen", 11.70, 47.88),
)
VANS = {
    f"van-{number}": {
        "vehicle": {"id": "volkswagen-id-3-58-kwh-2020", "soc": 0.9},
        "wallet": "wanderer",
    }
    for number in (1, 2)
}
CAPACITY = 5
SERVICE_S = 600


def assign(seed: int = 1, iterations: int = 300) -> list[MissionRow]:
    """Let PyVRP assign the customers, and read its routes as missions."""
    places = [
        {"location": [lon, lat], "name": name, "service_s": SERVICE_S}
        for name, lon, lat in CUSTOMERS
    ]
    points = [LonLat(*place["location"]) for place in (DEPOT, *places)]
    model = Model()
    nodes = [model.add_location(x=point.lon, y=point.lat) for point in points]
    model.add_depot(nodes[0])
    model.add_vehicle_type(num_available=len(VANS), capacity=CAPACITY)
    for node in nodes[1:]:
        model.add_client(node, delivery=1)
    for origin, here in zip(nodes, points, strict=True):
        for target, there in zip(nodes, points, strict=True):
            if origin is not target:
                model.add_edge(origin, target, distance=round(distance_m(here, there)))
    found = model.solve(MaxIterations(iterations), seed=seed, display=False)
    return read_solution(str(found.best), Fleet(VANS, [DEPOT], places), "PyVRP")


def main() -> None:
    """Write the missions as JSON."""
    json.dump([row.body for row in assign()], sys.stdout, indent=2, ensure_ascii=False)


if __name__ == "__main__":
    main()
