"""Legs from one place to all others, in rows; a place is a point joined to its nearest road node.

All charges here are counted above the reserve: a battery of ``capacity_kwh`` is what lies between
the reserve and full.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from planner.legs.kernels import drives, sweep
from planner.legs.metric import Metric
from planner.roads.graph import RoadGraph
from planner.roads.snap import APPROACH_DETOUR

F64 = NDArray[np.float64]


KEPT_ROWS = 1_000
"""Rows kept at a time, those used last: with 10,000 places each takes 0.3 MB."""


@dataclass(frozen=True, eq=False)
class Places:
    """Points joined to the roads: ``node`` int32 and ``distance_m`` (straight), shape (places,).

    Drives end at a place's node, and begin at the graph's ``leaves_from`` of it.
    """

    node: NDArray[np.int32]
    distance_m: F64


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """Legs from one place to every place, each of shape (places,).

    From charge q one arrives with ``min(q - net_kwh, cap_kwh)`` if ``q >= required_kwh``;
    ``time_s`` is infinite where no drive can be made.
    """

    time_s: F64
    net_kwh: F64
    required_kwh: F64
    cap_kwh: F64


@dataclass(frozen=True, slots=True)
class Path:
    """A leg in full: its edges in order, the node it starts and ends at."""

    edges: tuple[int, ...]
    start_node: int
    end_node: int


@dataclass(eq=False)
class Legs:
    """Rows and paths between places, made when first asked for and kept.

    ``prices_s_per_kwh`` are the prices of energy by which paths are chosen: each gives one leg
    between two places, so that thriftier roads are there when the charge is short. Not thread-safe:
    one object serves one plan.
    """

    metric: Metric
    places: Places
    capacity_kwh: float
    allowed: NDArray[np.bool_]
    prices_s_per_kwh: tuple[float, ...]
    _rows: dict[tuple[int, int], Row] = field(default_factory=dict)
    _approach: tuple[F64, F64, F64] = field(init=False)
    _weights: tuple[F64, ...] = field(init=False)

    def __post_init__(self) -> None:
        self._approach = self.metric.approach(self.places.distance_m)
        self._weights = tuple(self.metric.weight(price) for price in self.prices_s_per_kwh)

    def row(self, place: int, kind: int) -> Row:
        """Legs of that kind (index in ``prices_s_per_kwh``) from a place to all places."""
        key = (place, kind)
        known = self._rows.pop(key, None)
        if known is None:
            known = self._drive(place, kind)
            if len(self._rows) >= KEPT_ROWS:
                del self._rows[next(iter(self._rows))]
        self._rows[key] = known
        return known

    def _drive(self, place: int, kind: int) -> Row:
        graph, metric = self.metric.graph, self.metric
        minutes, kwh, _ = self._approach
        time_s, net, required, cap, _ = drives(
            graph.first_out,
            graph.head,
            self._weights[kind],
            metric.time_s,
            metric.energy_kwh,
            self.allowed,
            self._leaves(place),
            self.capacity_kwh,
            -1,
        )
        node = self.places.node
        out_kwh = kwh[place]
        net_kwh = out_kwh + net[node] + kwh
        return Row(
            time_s=minutes[place] + time_s[node] + minutes,
            net_kwh=net_kwh,
            required_kwh=np.maximum(out_kwh + required[node], net_kwh),
            cap_kwh=cap[node] - kwh,
        )

    def path(self, start: int, end: int, kind: int) -> Path:
        """List the edges of the leg of that kind between two places."""
        graph, metric = self.metric.graph, self.metric
        source, target = self._leaves(start), int(self.places.node[end])
        *_, entered = drives(
            graph.first_out,
            graph.head,
            self._weights[kind],
            metric.time_s,
            metric.energy_kwh,
            self.allowed,
            source,
            self.capacity_kwh,
            target,
        )
        edges: list[int] = []
        node = target
        while node != source:
            edge = int(entered[node])
            edges.append(edge)
            node = int(graph.tail[edge])
        return Path(tuple(reversed(edges)), source, target)

    def _leaves(self, place: int) -> int:
        """Node at which drives from a place begin."""
        return leaves(self.metric.graph, int(self.places.node[place]))

    def approach_m(self, place: int) -> float:
        """Metres driven between the place and its node."""
        return float(self.places.distance_m[place]) * APPROACH_DETOUR

    def approach_of(self, place: int) -> tuple[float, float, float]:
        """Seconds, careful kWh and mean kWh between the place and its node."""
        seconds, careful, mean = self._approach
        return float(seconds[place]), float(careful[place]), float(mean[place])


def time_from(metric: Metric, node: int) -> F64:
    """Least driving seconds from the place at a node to the place at every node.

    Where one has arrived, one may leave again: the node at which drives on begin is reached too.
    """
    graph = metric.graph
    found: F64 = sweep(
        graph.first_out,
        metric.every_edge,
        graph.head,
        metric.time_s,
        *_from_one(leaves(graph, node)),
    )
    np.minimum.at(found, graph.leaves_from, found.copy())
    return found


def price_to(metric: Metric, node: int, seconds_per_kwh: float | None) -> F64:
    """Least ``time + price * reduced energy`` from the place at every node to that at one.

    With None the reduced kWh alone are counted.
    """
    graph = metric.graph
    weight = metric.reduced_kwh if seconds_per_kwh is None else metric.weight(seconds_per_kwh)
    found: F64 = sweep(graph.first_in, graph.in_edge, graph.tail, weight, *_from_one(node))
    return np.minimum(found, found[graph.leaves_from])


def energy_from(metric: Metric, nodes: NDArray[np.int32], used_kwh: F64) -> F64:
    """Least kWh used at every node, having used ``used_kwh`` at the place at each of ``nodes``.

    May be < 0. A bound from below: that a full battery takes no more, and that the charge for a
    pass must be there before it, is left out.
    """
    graph = metric.graph
    height_kwh = metric.height_kwh_per_m * np.asarray(graph.ele_m, np.float64)
    reduced: F64 = sweep(
        graph.first_out,
        metric.every_edge,
        graph.head,
        metric.reduced_kwh,
        graph.leaves_from[nodes],
        used_kwh - height_kwh[nodes],
    )
    return reduced + height_kwh


def leaves(graph: RoadGraph, node: int) -> int:
    """Node at which drives from the place at a node begin."""
    return int(graph.leaves_from[node])


def _from_one(node: int) -> tuple[NDArray[np.int32], F64]:
    return np.array([node], np.int32), np.zeros(1)
