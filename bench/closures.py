"""How soon closures are in effect: 1,000 edges closed or slowed, anywhere or in one area.

    python bench/closures.py europe 1000000 >> bench/results/closures.jsonl

A word is ``europe`` (shared data) or a number of nodes of a synthetic country. For each way to
choose the edges one JSON line: seconds (and CPU seconds) for the changed arrays, for all metrics of
a reference car, for the labels of the places that a plan looks at, and for the selections of all
sites; ``in_effect_s`` is their sum: from a closure that is known to the first plan's search. Beside
it, what preparing the changed roads from scratch takes, and what telling unchanged labels would
(`walks_changed`), against making them anew. The median of five. Half of the edges are closed, half
slowed to 0.4 of their speed.
"""

import argparse
import json
import statistics
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, process_time
from typing import Any

import numpy as np
from numpy.typing import NDArray
from synthetic import SPEED_KMH, make_country

sys.path.insert(0, str(Path(__file__).parents[1]))

from planner.legs.closing import ChangedRoads
from planner.legs.growing import GrowingLabels
from planner.legs.hierarchy import customise, select_sources, select_targets, update, walks_changed
from planner.legs.prepared import PreparedRoads
from planner.legs.profiles import (
    PRICES_S_PER_KWH,
    REFERENCES,
    measure_reference,
    reference_weights,
)
from planner.model.closure import Closure
from planner.roads.closing import Works, put_in_force
from planner.roads.graph import RoadGraph
from planner.roads.region import build_region

ROADS = Path(__file__).parents[2] / "shared" / "data" / "roads"
EDGES, SITES, PLACES, TIMES = 1_000, 4_000, 500, 5
WEST_DEG, SOUTH_DEG = 0.0, 45.0


def synthetic(nodes: int) -> RoadGraph:
    """Put a synthetic country on the map, under hills of three widths."""
    country = make_country(nodes)
    count, edges = country.nodes, len(country.head)
    x_km, y_km = country.xy_km.astype(np.float64).T
    lat = SOUTH_DEG + y_km / 111.2
    lon = WEST_DEG + x_km / (111.2 * np.cos(np.radians(SOUTH_DEG)))
    ele_m = sum(
        60.0 * wide**0.5 * (np.sin(x_km / wide) + np.cos(y_km / wide)) for wide in (3.0, 11.0, 47.0)
    ).astype(np.float32)
    rise_m = ele_m[country.head].astype(np.float64) - ele_m[country.tail]
    speed = SPEED_KMH[country.rank].astype(np.float32)
    in_edge = np.argsort(country.head, kind="stable").astype(np.int32)
    first_in = np.searchsorted(country.head[in_edge], np.arange(count + 1)).astype(np.int32)
    none, nobody = np.zeros(edges, np.uint8), np.zeros(edges, np.int32)
    return RoadGraph(
        name=f"synthetic-{nodes}", hash=f"synthetic-{nodes}", as_of="", attribution="", notes=(),
        source="made up", max_snap_m=5_000.0, has_elevation=True, lon=lon, lat=lat, ele_m=ele_m,
        first_out=country.first_out, head=country.head, tail=country.tail, first_in=first_in,
        in_edge=in_edge, length_m=country.length_m, speed_kmh=speed,
        climb_m=np.maximum(rise_m, 0.0).astype(np.float32),
        descent_m=np.maximum(-rise_m, 0.0).astype(np.float32), flags=none,
        duration_s=(country.weight_ms / 1000.0).astype(np.float32),
        component_ok=np.ones(count, np.bool_), road_class=none, speed_from=none, shape_of=nobody,
        shape_first=np.zeros(1, np.uint32), shape_steps=np.empty(0, np.uint8), name_of=nobody,
        name_first=np.zeros(2, np.int64), name_utf8=np.empty(0, np.uint8),
        leaves_from=np.arange(count, dtype=np.int32), report_kind=np.empty(0, np.uint8),
        report_id=np.empty(0, np.int64),
    )  # fmt: skip


def open_graph(word: str, keep: Path) -> RoadGraph:
    """Open the region that a word names."""
    if word != "europe":
        return synthetic(int(word))
    network = (ROADS / "europe-nodes.csv.gz", ROADS / "europe-edges.csv.gz")
    return build_region(keep, "europe", osm=None, network=network, elevation=None)


def choose_edges(graph: RoadGraph, where: str, seed: int) -> NDArray[np.int64]:
    """Pick edges anywhere, or those nearest to one node."""
    rng = np.random.default_rng(seed)
    if where == "anywhere":
        return np.sort(rng.choice(len(graph.head), EDGES, replace=False))
    node = rng.integers(len(graph.lon))
    away = np.hypot(
        graph.lon[graph.tail] - graph.lon[node], graph.lat[graph.tail] - graph.lat[node]
    )
    return np.sort(np.argpartition(away, EDGES)[:EDGES])


def close(graph: RoadGraph, edges: NDArray[np.int64]) -> Works:
    """Close every second edge, and slow the others."""
    closures = [
        Closure(
            id=str(edge), geometry=None, region_hash=graph.hash, edges=(int(edge),),
            closed=number % 2 == 0, factor=None if number % 2 == 0 else 0.4, reason="measured",
        )
        for number, edge in enumerate(edges)
    ]  # fmt: skip
    return put_in_force(graph, closures)


class Clock:
    """Wall and CPU seconds of steps, the median of several times."""

    def __init__(self) -> None:
        self.wall: dict[str, list[float]] = {}
        self.cpu: dict[str, list[float]] = {}

    def time(self, name: str, work: Callable[[], Any]) -> Any:
        """Do a piece of work and note how long it takes."""
        wall, cpu = perf_counter(), process_time()
        done = work()
        self.wall.setdefault(name, []).append(perf_counter() - wall)
        self.cpu.setdefault(name, []).append(process_time() - cpu)
        return done

    def medians(self) -> dict[str, float]:
        """Return each step's seconds, CPU seconds under ``cpu_``."""
        told = {f"{k}_s": round(statistics.median(v), 4) for k, v in self.wall.items()}
        return told | {f"cpu_{k}_s": round(statistics.median(v), 4) for k, v in self.cpu.items()}


STEPS = ("arrays", "metrics", "labels", "selections")


def measure_changes(word: str, base: PreparedRoads, where: str) -> dict[str, Any]:
    """Measure one way to choose the edges."""
    graph, reference = base.graph, REFERENCES[0]
    rng, clock = np.random.default_rng(7), Clock()
    sites = np.sort(rng.choice(len(graph.lon), SITES, replace=False)).astype(np.int32)
    places = rng.choice(sites, PLACES, replace=False)
    for seed in range(TIMES + 1):
        if seed == 1:
            clock = Clock()  # the first time compiles
        edges = choose_edges(graph, where, seed)
        works = clock.time("arrays", lambda edges=edges: close(graph, edges))
        roads = ChangedRoads(base, works.changed)
        metrics = clock.time("metrics", lambda roads=roads: roads.metrics(reference))
        grown = GrowingLabels(metrics[0], sites)

        def label(grown: GrowingLabels = grown) -> None:
            grown.find(places, inward=True)
            grown.find(places, inward=False)

        def select(metrics: tuple[Any, ...] = metrics) -> None:
            for metric in metrics:
                select_targets(metric, sites)
                select_sources(metric, sites)

        clock.time("labels", label)
        clock.time("selections", select)
    measured = measure_reference(works.changed.graph, reference)
    weights = [reference_weights(measured, price) for price in PRICES_S_PER_KWH]
    clock.time("from_scratch", lambda: [customise(base.hierarchy, each) for each in weights])
    usual = base.reference(reference).metrics[0]
    change = update(usual, edges, weights[0][edges])
    changed = clock.time("mark_labels", lambda: walks_changed(change, places))
    clock.time("mark_labels", lambda: walks_changed(change, places, backward=True))
    told = clock.medians()
    return {
        "region": word, "nodes": len(graph.lon), "edges": len(graph.head), "closures": EDGES,
        "where": where, "in_effect_s": round(sum(told[f"{step}_s"] for step in STEPS), 4),
        "cpu_in_effect_s": round(sum(told[f"cpu_{step}_s"] for step in STEPS), 4), **told,
        "sites": SITES, "places": PLACES, "labels that change, %": round(100 * changed.mean(), 1),
    }  # fmt: skip


def main() -> None:
    """Measure the regions that are named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("regions", nargs="+")
    for word in parser.parse_args().regions:
        with TemporaryDirectory() as keep:
            base = PreparedRoads.of(open_graph(word, Path(keep)))
            base.reference(REFERENCES[0])
            for where in ("anywhere", "area"):
                print(json.dumps(measure_changes(word, base, where)), flush=True)


if __name__ == "__main__":
    main()
