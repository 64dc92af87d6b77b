"""Legs on roads of which some edges are closed or slowed, out of what the region is prepared with.

The metrics of a reference car are updated where they can have changed, when the car is first asked
for; labels are made for the sites that plans look at.
"""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from planner.energy.edge import car_terms
from planner.energy.share import Terrain
from planner.legs.car import CarOnRoads
from planner.legs.growing import GrowingLabels
from planner.legs.hierarchy import Customised, PointQuery, update
from planner.legs.hierarchy.threads import cores
from planner.legs.prepared import PreparedRoads
from planner.legs.profiles import (
    PRICES_S_PER_KWH,
    REFERENCES,
    Reference,
    measure_reference,
    nearest_reference,
    reference_weights,
)
from planner.model.vehicle import Conditions, Vehicle
from planner.roads.closing import ChangedGraph
from planner.roads.graph import RoadGraph

I32 = NDArray[np.int32]

SPENT: I32 = np.empty((0, 2), np.int32)
"""Only a further update reads it, and the next change begins with the usual roads again."""


@dataclass(eq=False)
class ChangedRoads:
    """A region's prepared roads while some closures are in force.

    Serves as `planner.legs.prepared.PreparedRoads` does, and gives the same legs as preparing the
    changed graph would. Threads may share it; what `car` gives serves one thread.
    """

    usual: PreparedRoads
    changed: ChangedGraph
    _metrics: dict[str, tuple[Customised, ...]] = field(default_factory=dict)
    _labels: dict[str, tuple[I32, tuple[GrowingLabels, ...]]] = field(default_factory=dict)
    _making: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def car(self, vehicle: Vehicle, conditions: Conditions, sites: I32) -> CarOnRoads:
        """Put a car on the roads; ``sites`` are the nodes of all sites it may stop at."""
        reference, share = nearest_reference(car_terms(vehicle, conditions), self.terrain)
        labels = self.labels(reference, sites)
        return CarOnRoads(self.changed.graph, labels, vehicle, conditions, share)

    def usual_way(self, start: int, end: int) -> NDArray[np.int32]:
        """Edges of the quickest way between two nodes as if nothing were closed; none: no way."""
        drive = PointQuery(self.usual.reference(REFERENCES[0]).metrics[0]).drive(start, end)
        return np.empty(0, np.int32) if drive is None else np.asarray(drive.edges, np.int32)

    def metrics(self, reference: Reference) -> tuple[Customised, ...]:
        """Give a reference car's metrics, one for each of `PRICES_S_PER_KWH`."""
        with self._making:
            if reference.name not in self._metrics:
                self._metrics[reference.name] = self._updated(reference)
            return self._metrics[reference.name]

    def labels(self, reference: Reference, sites: I32) -> tuple[GrowingLabels, ...]:
        """Give labels of those sites under each of a reference's metrics."""
        metrics = self.metrics(reference)
        with self._making:
            known = self._labels.get(reference.name)
            if known is None or not np.array_equal(known[0], sites):
                made = tuple(GrowingLabels(metric, sites) for metric in metrics)
                known = self._labels[reference.name] = (sites, made)
            return known[1]

    @cached_property
    def terrain(self) -> Terrain:
        """What the edges are, or a little beyond."""
        usual, changed = self.usual.terrain, self.changed
        slowed_kmh = changed.graph.speed_kmh[changed.edges].tolist()
        return replace(usual, slowest_kmh=min([usual.slowest_kmh, *slowed_kmh]))

    def _updated(self, reference: Reference) -> tuple[Customised, ...]:
        edges = self.changed.edges
        measured = measure_reference(_only(self.changed.graph, edges), reference)
        usual = self.usual.reference(reference).metrics

        def work(kind: int) -> Customised:
            weights = reference_weights(measured, PRICES_S_PER_KWH[kind])
            made = update(usual[kind], edges, weights).metric
            return replace(made, contracted=SPENT, shortest=SPENT)

        with ThreadPoolExecutor(cores()) as pool:
            return tuple(pool.map(work, range(len(usual))))


def _only(graph: RoadGraph, edges: NDArray[np.int64]) -> RoadGraph:
    """Cut out edges, each with nodes of its own, for pricing them as the whole graph is priced."""
    count = len(edges)
    ends = np.concatenate((graph.tail[edges], graph.head[edges]))
    names = ("length_m", "speed_kmh", "climb_m", "descent_m", "flags", "duration_s")
    return replace(
        graph,
        ele_m=graph.ele_m[ends],
        tail=np.arange(count, dtype=np.int32),
        head=np.arange(count, 2 * count, dtype=np.int32),
        folder=None,
        **{name: getattr(graph, name)[edges] for name in names},
    )
