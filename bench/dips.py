"""How much charge the inside of an edge asks for beyond what its ends tell, and how near the bound.

    python bench/dips.py [--data FOLDER]

Prints one JSON line for each car and speed, over both directions of all edges of Andorra. The truth
is the greatest sum of energies of the steps of 30 m from an edge's beginning. ``short_*`` is by how
much ``max(0, net)`` falls below it, ``bound_over_*`` by how much the bound (the edge's energy
without its descent) lies above, ``bound_short_max`` how far it ever fell below; all in kWh.
"""

import argparse
import json
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from planner.energy.catalogue import load_catalogue, shipped_path
from planner.energy.consumption import edge_energy_kwh
from planner.model.vehicle import Conditions, Vehicle
from planner.roads.elevation import open_heights
from planner.roads.osm import read_osm
from planner.roads.osm_graph import build_from_osm
from planner.roads.profiles import trace

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"
DAY = Conditions(temperature_c=15.0)
SPEEDS_KMH = (50.0, 90.0)


@dataclass(frozen=True)
class Steps:
    """Links between samples along roads, one road after the other."""

    piece: NDArray[np.int64]
    step_m: NDArray[np.float64]
    rise_m: NDArray[np.float64]


def traced(data: Path) -> Steps:
    """Build Andorra and keep the heights along its roads."""
    import planner.roads.osm_graph as importer  # noqa: PLC0415 -- its use of `profile` is watched

    kept: list[Steps] = []
    plain = importer.profile

    def watched(pieces, straight, source, progress):  # noqa: ANN001, ANN202 -- as `profile`
        for run, rise_m in trace(pieces, straight, source, progress).steps:
            kept.append(Steps(np.repeat(run.piece, np.diff(run.first)), run.step_m, rise_m))
        return plain(pieces, straight, source, progress)

    importer.profile = watched
    roads = read_osm(data / "roads" / "andorra-valhalla-docker.osm.pbf", lambda _s, _x: None)
    heights = open_heights(data / "elevation")
    build_from_osm(roads, name="a", source="a", heights=heights, progress=lambda _s, _x: None)
    columns = ([getattr(part, name) for part in kept] for name in ("piece", "step_m", "rise_m"))
    return Steps(*map(np.concatenate, columns))


def measured(steps: Steps, car: Vehicle, kmh: float) -> dict[str, float]:
    """Compare truth, net and bound on all edges, both ways."""
    short, over = [], []
    for ahead in (True, False):
        order = slice(None) if ahead else slice(None, None, -1)
        rise = (steps.rise_m if ahead else -steps.rise_m)[order]
        length, piece = steps.step_m[order], steps.piece[order]
        first = np.flatnonzero(np.diff(piece, prepend=-1))
        each = priced(car, kmh, length, rise)
        total = np.cumsum(each)
        before = np.repeat(total[first] - each[first], np.diff(np.append(first, len(each))))
        truth = np.maximum(np.maximum.reduceat(total - before, first), 0)
        climb = np.add.reduceat(np.maximum(rise, 0), first)
        descent = np.add.reduceat(np.maximum(-rise, 0), first)
        whole = np.add.reduceat(length, first)
        net = edge(car, kmh, whole, climb, descent)
        bound = edge(car, kmh, whole, climb, np.zeros_like(climb))
        short.append(truth - np.maximum(net, 0))
        over.append(bound - truth)
    lacks, beyond = np.concatenate(short), np.concatenate(over)
    return {
        "edges": len(lacks),
        "short_max": float(lacks.max()),
        "short_p999": float(np.quantile(lacks, 0.999)),
        "short_over_0.05": int((lacks > 0.05).sum()),
        "bound_short_max": float(max(0.0, -beyond.min())),
        "bound_over_max": float(beyond.max()),
        "bound_over_p99": float(np.quantile(beyond, 0.99)),
        "bound_over_median": float(np.median(beyond)),
    }


def priced(
    car: Vehicle, kmh: float, length: NDArray[np.float64], rise: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the careful energy of steps that rise or fall evenly."""
    return edge(car, kmh, length, np.maximum(rise, 0), np.maximum(-rise, 0))


def edge(
    car: Vehicle,
    kmh: float,
    length: NDArray[np.float64],
    climb: NDArray[np.float64],
    descent: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return the careful energy of edges at one speed, at 1,500 m above the sea."""
    return edge_energy_kwh(
        car,
        DAY,
        length_m=length,
        speed_kmh=np.full(len(length), kmh),
        climb_m=climb,
        descent_m=descent,
        ele_m=np.full(len(length), 1500.0),
        quantile=True,
    )


def main() -> None:
    """Measure a small car and a loaded van."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=SHARED)
    steps = traced(parser.parse_args().data)
    car = load_catalogue(shipped_path()).by_id["volkswagen-id-3-58-kwh-2020"]
    van = replace(car, mass_kg=2800.0, drag_area_m2=0.9)
    for name, vehicle in (("car", car), ("van", van)):
        for kmh in SPEEDS_KMH:
            found = measured(steps, vehicle, kmh)
            said = {k: round(v, 5) for k, v in found.items()}
            print(json.dumps({"measure": "dips of andorra", "car": name, "kmh": kmh, **said}))


if __name__ == "__main__":
    main()
