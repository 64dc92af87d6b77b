"""Least weights between a trip's waypoints and all stations at once, whoever may use them.

Which nodes the stations stand at is the same for all wallets and cars, so the way down to them is
selected once (`SiteSelections`), and a sweep to thousands of them takes a few milliseconds.
"""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from planner.legs.car import CarOnRoads, JoinedPlaces
from planner.legs.hierarchy import (
    Customised,
    PointQuery,
    Selection,
    from_many,
    select_sources,
    select_targets,
    to_many,
)

F64 = NDArray[np.float64]
I32 = NDArray[np.int32]


@dataclass(eq=False)
class SiteSelections:
    """Where drives to stations end and drives from them begin, selected for each kind of leg.

    ``arrive`` and ``depart`` are nodes, shape (stations,). Threads may share it.
    """

    metrics: tuple[Customised, ...]
    arrive: I32
    depart: I32
    _kept: dict[tuple[int, bool], Selection] = field(default_factory=dict)

    @cached_property
    def _nodes(self) -> tuple[tuple[I32, NDArray[np.intp]], tuple[I32, NDArray[np.intp]]]:
        ends, begins = (np.unique(n, return_inverse=True) for n in (self.arrive, self.depart))
        return ends, begins

    def weights_from(self, node: int, kind: int) -> I32:
        """Least weights from a node to each station, shape (stations,)."""
        return to_many(node, self._selection(kind, backward=False)).weight[self._nodes[0][1]]

    def weights_to(self, node: int, kind: int) -> I32:
        """Least weights from each station to a node, shape (stations,)."""
        return from_many(self._selection(kind, backward=True), node).weight[self._nodes[1][1]]

    def _selection(self, kind: int, *, backward: bool) -> Selection:
        key = (kind, backward)
        if key not in self._kept:
            nodes = self._nodes[int(backward)][0]
            select = select_sources if backward else select_targets
            self._kept[key] = select(self.metrics[kind], nodes)
        return self._kept[key]


@dataclass(eq=False)
class SweptPlaces:
    """Places of stations and, behind them, of waypoints: what a trip may touch.

    Serves `planner.legs.bounds.RoadBounds` as `planner.legs.car.CarLegs` does, from any waypoint.
    """

    car: CarOnRoads
    places: JoinedPlaces
    stations: SiteSelections

    @cached_property
    def approaches(self) -> tuple[F64, F64, F64]:
        """Seconds, careful kWh and mean kWh between each place and its node."""
        return self.car.approach(self.places.distance_m)

    def weights_from(self, place: int, kind: int) -> I32:
        """Least weights of that kind from a place to all, shape (places,)."""
        node, query = int(self.places.depart[place]), self._query(kind)
        ends = [query.weight(node, int(end)) for end in self.places.arrive[self._stations :]]
        return np.concatenate((self.stations.weights_from(node, kind), np.array(ends, np.int32)))

    def weights_to(self, place: int, kind: int) -> I32:
        """Least weights of that kind from all places to one, shape (places,)."""
        node, query = int(self.places.arrive[place]), self._query(kind)
        begins = [query.weight(int(begin), node) for begin in self.places.depart[self._stations :]]
        return np.concatenate((self.stations.weights_to(node, kind), np.array(begins, np.int32)))

    @property
    def _stations(self) -> int:
        return len(self.stations.arrive)

    def _query(self, kind: int) -> PointQuery:
        return PointQuery(self.stations.metrics[kind])
