"""What a region's roads are prepared with, once: a hierarchy, and the metrics of reference cars.

They lie in the region's folder under ``legs`` as memory-mapped arrays that all processes share;
graphs without a folder are prepared in memory. Cars, days, wallets and stations come and go
without any of it being made again; labels of sites that appear are added.
"""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from planner.energy.consumption import edge_energy_kwh
from planner.energy.edge import car_terms
from planner.energy.share import Terrain
from planner.errors import DataError, RegionDamaged
from planner.legs.car import CarOnRoads
from planner.legs.hierarchy import (
    Customised,
    Hierarchy,
    build,
    customise,
    open_hierarchy,
    open_metric,
    save_hierarchy,
    save_metric,
)
from planner.legs.hierarchy.saving import LAYOUT
from planner.legs.profiles import (
    PRICES_S_PER_KWH,
    REFERENCES,
    Reference,
    measure_reference,
    nearest_reference,
    reference_weights,
    terrain_of,
)
from planner.legs.sites import SiteLabels, extend_labels
from planner.model.vehicle import Conditions, Vehicle
from planner.roads.graph import RoadGraph
from planner.roads.parts import read_manifest
from planner.roads.progress import Progress, silent

I32 = NDArray[np.int32]

NO_SITES: I32 = np.empty(0, np.int32)

PROBES = tuple(
    (speed_kmh, climb_m, descent_m)
    for speed_kmh in (20.0, 50.0, 80.0, 130.0)
    for climb_m, descent_m in ((0.0, 0.0), (60.0, 0.0), (0.0, 60.0))
)
"""Kilometres of road (km/h, climb and descent in metres) by which other physics are told apart."""

FOLDER = "legs"
"""Of a region's folder, what is prepared for legs."""


@dataclass(frozen=True, eq=False)
class PreparedCar:
    """A reference car's metrics, one for each of `PRICES_S_PER_KWH`, and the labels of sites."""

    metrics: tuple[Customised, ...]
    labels: tuple[SiteLabels, ...]


@dataclass(eq=False)
class PreparedRoads:
    """A region's hierarchy, with the reference cars that have been asked for.

    Threads may share it; what `car` gives serves one thread.
    """

    graph: RoadGraph
    hierarchy: Hierarchy
    _cars: dict[str, PreparedCar] = field(default_factory=dict)

    @classmethod
    def of(cls, graph: RoadGraph, progress: Progress = silent) -> Self:
        """Open what is prepared for a region, or begin to prepare it."""
        progress("preparing legs", 0.0)
        home = _home(graph)
        if home is None:
            return cls(graph, build(graph.first_out, graph.head))
        folder = home / "hierarchy"
        with _alone(folder):
            if not _is_there(folder):
                save_hierarchy(build(graph.first_out, graph.head), folder, region=home.name)
        return cls(graph, open_hierarchy(folder, region=home.name))

    @staticmethod
    def is_there(graph: RoadGraph) -> bool:
        """Say whether a region's hierarchy and all its metrics are prepared already."""
        home = _home(graph)
        if home is None:
            return False
        names = [f"{of.name}-{kind}" for of in REFERENCES for kind in range(len(PRICES_S_PER_KWH))]
        return all(_is_there(home / name) for name in ("hierarchy", *names))

    def prepare(self, progress: Progress = silent) -> None:
        """Make all that plans need of these roads, whatever the car: minutes for a country."""
        for number, reference in enumerate(REFERENCES):
            progress("preparing legs", (number + 0.5) / (len(REFERENCES) + 0.5))
            self.reference(reference)
        progress("preparing legs", 1.0)

    def car(self, vehicle: Vehicle, conditions: Conditions, sites: I32) -> CarOnRoads:
        """Put a car on the roads; ``sites`` are the nodes of all sites it may stop at."""
        reference, share = nearest_reference(car_terms(vehicle, conditions), self.terrain)
        labels = self.reference(reference, sites).labels
        return CarOnRoads(self.graph, labels, vehicle, conditions, share)

    def reference(self, reference: Reference, sites: I32 = NO_SITES) -> PreparedCar:
        """Give a reference car's metrics, with labels of those sites among others."""
        known = self._cars.get(reference.name)
        if known is None or any((labels.numbers(sites) < 0).any() for labels in known.labels):
            metrics = self._metrics(reference) if known is None else known.metrics
            labels = tuple(
                self._labels(f"{reference.name}-{kind}", metric, sites)
                for kind, metric in enumerate(metrics)
            )
            known = self._cars[reference.name] = PreparedCar(metrics, labels)
        return known

    @cached_property
    def terrain(self) -> Terrain:
        """What the edges of the region are."""
        return terrain_of(self.graph)

    def _metrics(self, reference: Reference) -> tuple[Customised, ...]:
        measured = measure_reference(self.graph, reference) if self._lacks(reference) else None
        metrics = []
        for kind, price in enumerate(PRICES_S_PER_KWH):
            name = f"{reference.name}-{kind}"
            folder = self._folder(name)
            if measured is not None:
                made = customise(self.hierarchy, reference_weights(measured, price))
                if folder is None:
                    metrics.append(made)
                    continue
                with _alone(folder):
                    save_metric(made, folder, region=folder.parent.name, name=name)
            assert folder is not None
            key = folder.parent.name
            metrics.append(open_metric(self.hierarchy, folder, region=key, name=name))
        return tuple(metrics)

    def _lacks(self, reference: Reference) -> bool:
        folders = [self._folder(f"{reference.name}-{k}") for k in range(len(PRICES_S_PER_KWH))]
        return any(folder is None or not _is_there(folder) for folder in folders)

    def _labels(self, name: str, metric: Customised, sites: I32) -> SiteLabels:
        folder = self._folder(f"sites-{name}")
        if folder is None:
            return SiteLabels.of(metric, np.unique(sites))
        if sites.size:
            extend_labels(metric, folder, sites, key=folder.parent.name)
        return SiteLabels.open(metric, folder, key=folder.parent.name)

    def _folder(self, name: str) -> Path | None:
        home = _home(self.graph)
        return None if home is None else home / name


def _home(graph: RoadGraph) -> Path | None:
    """Name the folder of all that is made of this very graph for these very reference cars.

    Other roads, cars, prices or physics have another folder, so that what one process has mapped
    is never written over by one that has another region of that name.
    """
    if graph.folder is None:
        return None
    speed_kmh, climb_m, descent_m = np.array(PROBES).T
    taken = [
        edge_energy_kwh(
            car.vehicle,
            car.conditions,
            length_m=1000.0,
            speed_kmh=speed_kmh,
            climb_m=climb_m,
            descent_m=descent_m,
            quantile=True,
        ).tolist()
        for car in REFERENCES
    ]
    made_of = (graph.hash, LAYOUT, PRICES_S_PER_KWH, *(of.terms for of in REFERENCES), taken)
    return graph.folder / FOLDER / sha256(repr(made_of).encode()).hexdigest()[:32]


def _is_there(folder: Path) -> bool:
    """Say whether a folder holds what its parent is named for."""
    try:
        manifest = read_manifest(folder)
    except RegionDamaged:
        return False
    return bool(manifest.get("region") == folder.parent.name)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Let one process at a time write a folder; the others wait, and find it there."""
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with (folder.parent / f".{folder.name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
    except OSError as error:
        raise DataError(
            f"what legs need cannot be written: {error.strerror}",
            place=str(folder.parent),
            remedy="Run `plugsure region prepare` once as a user who may write there",
        ) from error
