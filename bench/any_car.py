"""Legs for cars that nobody prepared the roads for: how near, how exact, how fast.

    python bench/any_car.py [--region FOLDER] > bench/results/any_car.jsonl

On ``alps`` (shipped, with heights) and ``europe`` (shared data): how far the roads of the reference
cars are from each car's own best, what is known of a leg's energy before it is summed edge by edge
and how often that would choose another road, which drives are lost against a search edge by edge
with a small battery, and what rows, labels and filters cost. With ``--region`` only the costs, on
a region that was built before. CPU seconds of one thread.
"""

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from math import inf
from pathlib import Path
from tempfile import TemporaryDirectory
from time import process_time
from typing import Any

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).parents[1]))

from planner.energy.edge import car_terms
from planner.energy.features import floor_energy_kwh, path_features
from planner.legs.car import CarLegs, CarOnRoads, JoinedPlaces
from planner.legs.exact import FERRY
from planner.legs.hierarchy import (
    Customised,
    Hierarchy,
    build,
    customise,
    select_targets,
    to_many,
)
from planner.legs.metric import Metric, measure
from planner.legs.profiles import (
    PRICES_S_PER_KWH,
    REFERENCES,
    Reference,
    measure_reference,
    nearest_reference,
    reference_weights,
)
from planner.legs.sites import SiteLabels, extend_labels
from planner.model.vehicle import Conditions, Vehicle
from planner.roads.graph import RoadGraph
from planner.roads.region import build_region
from planner.roads.shipped import load_shipped
from tests.oracle.sweeps import drives

ROADS = Path(__file__).parents[2] / "shared" / "data" / "roads"

MILD, COLD = Conditions(), Conditions(temperature_c=-10.0)
SMALL = replace(
    REFERENCES[0].vehicle, id="small", mass_kg=1150.0, drag_area_m2=0.52, usable_kwh=24.0
)
LARGE = replace(
    REFERENCES[0].vehicle, id="large", mass_kg=2600.0, drag_area_m2=0.80, usable_kwh=95.0
)
LORRY = replace(
    REFERENCES[1].vehicle, id="lorry", mass_kg=7500.0, drag_area_m2=4.5, max_speed_kmh=90.0
)
CASES: dict[str, tuple[Vehicle, Conditions]] = {
    "small car": (SMALL, MILD),
    "small car, -10 C": (SMALL, COLD),
    "middling car, -10 C": (REFERENCES[0].vehicle, COLD),
    "middling car, 100 km/h": (REFERENCES[0].vehicle, Conditions(speed_cap_kmh=100.0)),
    "middling car, 80 km/h": (REFERENCES[0].vehicle, Conditions(speed_cap_kmh=80.0)),
    "large car, 500 kg": (LARGE, Conditions(payload_kg=500.0)),
    "large car, tailwind": (LARGE, Conditions(headwind_m_s=-6.0)),
    "van": (REFERENCES[1].vehicle, MILD),
    "lorry of 7.5 t, 90 km/h": (LORRY, MILD),
}
OWN_PRICES = (0.0, 35.0, 120.0)


@dataclass(frozen=True, eq=False)
class Region:
    """A road network prepared for the reference cars, with made-up sites."""

    graph: RoadGraph
    sites: NDArray[np.int32]
    references: tuple[Reference, ...] = REFERENCES

    @cached_property
    def hierarchy(self) -> Hierarchy:
        """Hierarchy of the roads."""
        return build(self.graph.first_out, self.graph.head)

    @cached_property
    def metrics(self) -> dict[str, list[Customised]]:
        """Metrics of each reference, by kind."""
        made = {}
        for reference in self.references:
            known = measure_reference(self.graph, reference)
            weights = (reference_weights(known, price) for price in PRICES_S_PER_KWH)
            made[reference.name] = [customise(self.hierarchy, weight) for weight in weights]
        return made

    @cached_property
    def labels(self) -> dict[str, list[SiteLabels]]:
        """Labels of the sites, by reference and kind."""
        nodes = np.unique(self.sites)
        return {
            name: [SiteLabels.of(metric, nodes) for metric in metrics]
            for name, metrics in self.metrics.items()
        }

    def reference(self, vehicle: Vehicle, day: Conditions) -> tuple[Reference, float]:
        """Choose the reference of a car; the sure share of its energy."""
        speed = self.graph.speed_kmh
        return nearest_reference(car_terms(vehicle, day), float(speed.min()), float(speed.max()))

    def legs(
        self, name: str, vehicle: Vehicle, day: Conditions, capacity_kwh: float, count: int
    ) -> CarLegs:
        """Legs of a car between the first sites."""
        places = JoinedPlaces.at(self.graph, self.sites[:count], np.zeros(count))
        return CarLegs(
            CarOnRoads(self.graph, self.labels[name], vehicle, day), places, capacity_kwh
        )


def scatter(graph: RoadGraph, count: int, seed: int = 5) -> NDArray[np.int32]:
    """Nodes of made-up sites."""
    fit = np.flatnonzero(graph.component_ok)
    chosen = np.random.default_rng(seed).choice(fit, min(count, fit.size), replace=False)
    return chosen.astype(np.int32)


def path_of(legs: CarLegs, start: int, end: int, kind: int) -> NDArray[np.intp]:
    """Edges of a leg."""
    return np.array(legs.path(start, end, kind).edges, np.intp)


def pairs_within(legs: CarLegs, most_s: float, count: int) -> Iterator[tuple[int, int]]:
    """Random pairs of places not farther apart than a few hours."""
    draw = np.random.default_rng(1)
    size = len(legs.places.arrive)
    for _ in range(count):
        start = int(draw.integers(size))
        time_s = legs.row(start, 0).time_s
        near = np.flatnonzero((time_s < most_s) & (time_s > 600.0))
        if near.size:
            yield start, int(draw.choice(near))


def quantiles(values: list[float]) -> dict[str, float]:
    """Mean, median and tails, rounded."""
    found = np.array(values)
    names = {"p50": 50, "p95": 95, "p99": 99, "max": 100}
    told = {name: round(float(np.percentile(found, q)), 4) for name, q in names.items()}
    return {"mean": round(float(found.mean()), 4), **told}


def choice(region: Region, case: str, count: int = 400) -> Iterator[dict[str, Any]]:
    """How much dearer the roads of each reference are than the car's own best."""
    vehicle, day = CASES[case]
    known = measure(region.graph, vehicle, day)
    chosen, share = region.reference(vehicle, day)
    every = region.legs(chosen.name, vehicle, day, inf, 1000)
    pairs = list(pairs_within(every, 3.0 * 3600.0, count))
    for price in OWN_PRICES:
        weight = known.weight(price)
        metric = customise(region.hierarchy, np.floor(weight * 1000.0).astype(np.int64))
        best = SiteLabels.of(metric, np.unique(region.sites[:1000]))
        own = CarLegs(CarOnRoads(region.graph, [best], vehicle, day), every.places, inf)
        least = [float(weight[path_of(own, *pair, 0)].sum()) for pair in pairs]
        excess = {}
        for reference in REFERENCES:
            legs = region.legs(reference.name, vehicle, day, inf, 1000)
            roads = [
                min(
                    float(weight[path_of(legs, *pair, kind)].sum())
                    for kind in range(len(PRICES_S_PER_KWH))
                )
                for pair in pairs
            ]
            excess[reference.name] = quantiles(
                [100.0 * (road / one - 1.0) for road, one in zip(roads, least, strict=True)]
            )
        yield {
            "measure": "roads of references, % above the car's own best",
            "price_s_per_kwh": price,
            "chosen": chosen.name,
            "share": round(share, 3),
            **excess,
        }


def before_correction(region: Region, case: str, count: int = 300) -> dict[str, Any]:
    """How near the bounds of a leg's energy are, and how often they would choose another leg."""
    vehicle, day = CASES[case]
    reference, share = region.reference(vehicle, day)
    graph, known = region.graph, measure(region.graph, vehicle, day)
    base = measure_reference(graph, reference)
    legs = region.legs(reference.name, vehicle, day, inf, 1000)
    terms = car_terms(vehicle, day)
    by_figures, by_share, changed = [], [], 0
    pairs = list(pairs_within(legs, 3.0 * 3600.0, count))
    for start, end in pairs:
        exact, floor, seconds = [], [], []
        for kind in range(len(PRICES_S_PER_KWH)):
            edges = path_of(legs, start, end, kind)
            used = float(known.energy_kwh[edges].sum())
            level = float(known.reduced_kwh[edges].sum())
            figures = path_features(
                length_m=graph.length_m[edges],
                speed_kmh=graph.speed_kmh[edges],
                duration_s=graph.duration_s[edges],
                climb_m=graph.climb_m[edges],
                descent_m=graph.descent_m[edges],
                ele_m=graph.ele_m[graph.tail[edges]],
                on_deck=(graph.flags[edges] & FERRY) != 0,
            )
            least = float(floor_energy_kwh(figures, terms))
            by_figures.append(100.0 * (used - least) / level)
            by_share.append(100.0 * (1.0 - share * float(base.reduced_kwh[edges].sum()) / level))
            exact.append(used)
            floor.append(least)
            seconds.append(float(known.time_s[edges].sum()))
        for budget in np.linspace(min(exact), max(exact), 7):
            changed += first_that_fits(seconds, exact, budget) != first_that_fits(
                seconds, floor, budget
            )
    return {
        "measure": "energy of legs before correction, % below the exact",
        "reference": reference.name,
        "by figures of the road": quantiles(by_figures),
        "by share of the reference": quantiles(by_share),
        "another leg chosen, % of charges between least and most": round(
            100.0 * changed / (7 * len(pairs)), 2
        ),
    }


def first_that_fits(seconds: list[float], used: list[float], budget: float) -> float:
    """Seconds of the quickest leg that a charge is enough for."""
    fits = [s for s, kwh in zip(seconds, used, strict=True) if kwh <= budget + 1e-6]
    return min(fits, default=inf)


def lost(region: Region, case: str, capacity_kwh: float, count: int = 60) -> dict[str, Any]:
    """Drives that a search edge by edge finds with a full small battery, and these legs do not."""
    vehicle, day = CASES[case]
    reference, _ = region.reference(vehicle, day)
    legs = region.legs(reference.name, vehicle, day, capacity_kwh, 1000)
    known, graph = measure(region.graph, vehicle, day), region.graph
    node, allowed = legs.places.arrive, np.ones(len(graph.lon), np.bool_)
    found = missed = slower = tight = 0
    for start in range(count):
        theirs = np.full(1000, inf)
        for weight in (*(known.weight(price) for price in OWN_PRICES), known.weight(1e6)):
            time_s, net, required, _, _ = drives(
                graph.first_out, graph.head, weight, known.time_s, known.energy_kwh,
                allowed, int(node[start]), capacity_kwh, -1,
            )  # fmt: skip
            able = np.maximum(required, net)[node] <= capacity_kwh
            theirs = np.minimum(theirs, np.where(able, time_s[node], inf))
        ours = np.minimum.reduce(
            [legs.row(start, kind).time_s for kind in range(len(PRICES_S_PER_KWH))]
        )
        quick = legs.weights_from(start, 0) / 1000.0
        there = np.isfinite(theirs)
        found += int(there.sum())
        tight += int((there & (theirs > quick * 1.001)).sum())
        missed += int((there & np.isinf(ours)).sum())
        slower += int((there & np.isfinite(ours) & (ours > theirs * 1.01)).sum())
    return {
        "measure": "drives with a full battery, against a search edge by edge",
        "capacity_kwh": capacity_kwh,
        "pairs": found,
        "not the quickest road, %": round(100.0 * tight / found, 3),
        "missed, %": round(100.0 * missed / found, 4),
        "over 1 % slower, %": round(100.0 * slower / found, 4),
    }


def cpu_ms(work: Callable[[], object], times: int = 1) -> float:
    """CPU milliseconds, the median of some runs."""
    taken = []
    for _ in range(times):
        start = process_time()
        work()
        taken.append(1000.0 * (process_time() - start))
    return round(float(np.median(taken)), 3)


def costs(region: Region) -> Iterator[dict[str, Any]]:
    """Time rows, labels and filters."""
    name, (vehicle, day) = REFERENCES[0].name, CASES["middling car, -10 C"]
    metric = region.metrics[name][1]
    nodes = {"nodes": len(region.graph.lon)}
    SiteLabels.of(metric, region.sites[:2])
    start = process_time()
    labels = SiteLabels.of(metric, np.unique(region.sites))
    made_s = process_time() - start
    entries = labels.outward.entries.hub.size + labels.inward.entries.hub.size
    yield {
        **nodes,
        "measure": "labels of one metric",
        "sites": len(labels.nodes),
        "ms a site": round(1000.0 * made_s / len(labels.nodes), 3),
        "entries a label": round(entries / 2 / len(labels.nodes), 1),
        "MB": round(entries * sum(a.itemsize for a in labels.outward.entries) / 1e6, 1),
    }
    yield {**nodes, **stored(metric, region.sites)}
    for count in (200, 1000, 4000):
        if count > len(region.sites):
            continue
        near = nearest_sites(region, count)
        close = Region(region.graph, near)
        close.__dict__.update(metrics=region.metrics, labels=region.labels)
        close.legs(name, vehicle, day, 50.0, 2).row(0, 1)
        legs = close.legs(name, vehicle, day, 50.0, count)
        first = [cpu_ms(lambda: legs.row(0, 1))]  # noqa: B023 -- called at once
        first += [cpu_ms(lambda: legs.row(n, 1)) for n in range(1, 30)]  # noqa: B023
        later = [cpu_ms(lambda: legs.row(n, 1)) for n in range(30, 60)]  # noqa: B023
        met = [cpu_ms(lambda: legs.weights_from(n, 1)) for n in range(30, 60)]  # noqa: B023
        selection = select_targets(metric, np.unique(near))
        plain = cpu_ms(lambda: to_many(int(near[0]), selection), 10)  # noqa: B023
        yield {
            **nodes,
            "measure": "rows of legs, ms",
            "targets": count,
            "first, a car not seen before": first[0],
            "second": first[1],
            "sum of the first thirty": round(sum(first), 1),
            "later": round(float(np.median(later)), 3),
            "of which weights by labels": round(float(np.median(met)), 3),
            "weights by RPHAST": plain,
            "its selection": cpu_ms(lambda: select_targets(metric, np.unique(near)), 5),  # noqa: B023
            "arcs known": int(legs.car.memo(1).count[0]),
        }
    known = measure(region.graph, vehicle, day)
    yield {**nodes, "measure": "as before: Dijkstra", **dijkstra(region, known)}


def stored(metric: Customised, sites: NDArray[np.int32]) -> dict[str, Any]:
    """Time storing, opening, adding one site, filtering by a wallet."""
    with TemporaryDirectory() as folder:
        path = Path(folder)
        nodes = np.unique(sites)
        extend_labels(metric, path, nodes[:-1], key="bench")
        one = cpu_ms(lambda: extend_labels(metric, path, nodes[-1:], key="bench"))
        opening = cpu_ms(lambda: SiteLabels.open(metric, path, key="bench"), 5)
        labels = SiteLabels.open(metric, path, key="bench")
        labels.numbers(nodes[:1])
        wallet = np.random.default_rng(3).random(len(sites)) < 0.25
        return {
            "measure": "stored labels of one metric, ms",
            "sites": len(nodes),
            "one more site": one,
            "open": opening,
            "filter by a wallet": cpu_ms(lambda: labels.numbers(sites[wallet]), 9),
            "accessible": int(wallet.sum()),
        }


def nearest_sites(region: Region, count: int) -> NDArray[np.int32]:
    """Sites around one of them, as those of a trip are, in random order."""
    graph, sites = region.graph, region.sites
    east = (graph.lon[sites] - graph.lon[sites[0]]) * np.cos(np.radians(graph.lat[sites[0]]))
    away = np.hypot(east, graph.lat[sites] - graph.lat[sites[0]])
    return np.random.default_rng(2).permutation(sites[np.argsort(away)[:count]])


def dijkstra(region: Region, known: Metric) -> dict[str, Any]:
    """Time a row as it was: all edges measured, then a search over the nodes in reach."""
    graph, allowed = region.graph, np.ones(len(region.graph.lon), np.bool_)
    weight = known.weight(35.0)

    def row() -> None:
        drives(
            graph.first_out, graph.head, weight, known.time_s, known.energy_kwh,
            allowed, int(region.sites[0]), 50.0, -1,
        )  # fmt: skip

    row()
    return {
        "measure all edges, ms": cpu_ms(lambda: measure(graph, known.vehicle, known.conditions)),
        "a row, ms": cpu_ms(row, 3),
    }


def tell(**facts: Any) -> None:
    """Print one line of JSON."""
    print(json.dumps(facts), flush=True)


def main() -> None:
    """Measure what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--region", type=Path)
    parser.add_argument("--sites", type=int, default=4000)
    asked = parser.parse_args()
    if asked.region:
        graph = RoadGraph.open(asked.region)
        for line in costs(Region(graph, scatter(graph, asked.sites), REFERENCES[:1])):
            tell(region=graph.name, **line)
        return
    with TemporaryDirectory() as home:
        regions = Path(home)
        files = (ROADS / "europe-nodes.csv.gz", ROADS / "europe-edges.csv.gz")
        graphs = [load_shipped(regions)]
        if files[0].is_file():
            graphs.append(build_region(regions, "europe", osm=None, network=files, elevation=None))
        else:
            print("shared data is not there: alps only", file=sys.stderr)
        for graph in graphs:
            region = Region(graph, scatter(graph, asked.sites))
            for case in CASES:
                for line in choice(region, case):
                    tell(region=graph.name, case=case, **line)
                tell(region=graph.name, case=case, **before_correction(region, case))
            for case, capacity in (("small car", 12.0), ("small car", 20.0), ("van", 35.0)):
                tell(region=graph.name, case=case, **lost(region, case, capacity))
            for line in costs(region):
                tell(region=graph.name, **line)


if __name__ == "__main__":
    main()
