"""Legs of one car: on roads chosen for a reference car, driven edge by edge by this one.

All charges are counted above the reserve: a battery of ``capacity_kwh`` is what lies between the
reserve and full. A drive that the full battery cannot make is not there at all; the thriftier
kinds are there for those. (A search edge by edge could leave a road where the charge gives out
and find another of nearly the same weight; that is lost where all kinds take the same road.
``bench/any_car.py`` measures how often.)
"""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from math import inf
from typing import Any

import numpy as np
from numpy.typing import NDArray

from planner.energy.consumption import (
    edge_energy_kwh,
    height_potential_kwh_per_m,
)
from planner.energy.edge import CarTerms, car_terms
from planner.legs.exact import WIDTH, ArcMemo, edge_arrays
from planner.legs.meeting import Pages, drive_row, meet, met_edges
from planner.legs.metric import edges_energy_kwh, edges_time_s
from planner.legs.needing import least_needed, least_weights
from planner.legs.profiles import ALLOWANCE_KWH, WEIGHT_PER_KWH
from planner.legs.rows import KEPT_ROWS, Path, Row
from planner.legs.sites import Labels
from planner.model.vehicle import Conditions, Vehicle
from planner.roads.graph import RoadGraph
from planner.roads.snap import APPROACH_DETOUR, APPROACH_KMH

F64 = NDArray[np.float64]
I32 = NDArray[np.int32]
I64 = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class JoinedPlaces:
    """Points joined to the roads, each of shape (places,).

    ``arrive`` and ``depart`` are the nodes where drives to a place end and drives from it begin
    (`RoadGraph.leaves_from`), ``distance_m`` the straight line between place and node.
    """

    arrive: I32
    depart: I32
    distance_m: F64

    @classmethod
    def at(cls, graph: RoadGraph, node: I32, distance_m: F64) -> "JoinedPlaces":
        """Places at nodes where drives may end."""
        arrive = np.asarray(node, np.int32)
        return cls(
            arrive, np.asarray(graph.leaves_from)[arrive], np.asarray(distance_m, np.float64)
        )

    def part(self, chosen: NDArray[np.intp]) -> "JoinedPlaces":
        """Return some of the places, in that order."""
        return JoinedPlaces(self.arrive[chosen], self.depart[chosen], self.distance_m[chosen])


@dataclass(eq=False)
class CarOnRoads:
    """A car on a day, with what is known of the drives it has been asked about.

    ``labels`` holds one set for each kind of leg, all of one region and one reference, the
    thriftiest last; ``share`` is the part of the reference's energy that this car surely takes
    (`planner.legs.profiles.nearest_reference`), by which drives out of its reach are told before
    they are summed. What is learned of an arc stays, so keep the object for the next plan of the
    same car. Not thread-safe.
    """

    graph: RoadGraph
    labels: Sequence[Labels]
    vehicle: Vehicle
    conditions: Conditions
    share: float = 0.0
    memory: dict[Any, Any] = field(default_factory=dict, repr=False)
    """What others have worked out for this car and its sites (`planner.legs.nearest`)."""
    _memos: dict[int, ArcMemo] = field(default_factory=dict)

    @cached_property
    def terms(self) -> CarTerms:
        """The car's physics, careful (95 % quantile)."""
        return car_terms(self.vehicle, self.conditions)

    @cached_property
    def height_kwh_per_m(self) -> float:
        """The potential that keeps its energy sound, see `planner.energy.consumption`."""
        return height_potential_kwh_per_m(self.vehicle, self.conditions, quantile=True)

    @cached_property
    def allowance_kwh(self) -> float:
        """What a bound of energy by heights may be above a drive: decks lift, heights are rounded.

        No drive takes a deck twice, so it is no more than all of them together.
        """
        return ALLOWANCE_KWH + self.height_kwh_per_m * self.graph.deck_climb_m

    def memo(self, kind: int) -> ArcMemo:
        """Profiles of the arcs of one kind that have been driven."""
        if kind not in self._memos:
            edges = edge_arrays(self.graph)
            self._memos[kind] = ArcMemo(self.labels[kind].maker.arcs, edges, self.terms)
        return self._memos[kind]

    def energies_kwh(self, edges: I64) -> tuple[F64, F64]:
        """Careful and mean kWh of each of these edges; on deck nothing."""
        careful, mean = (
            edges_energy_kwh(self.graph, self.vehicle, self.conditions, edges, quantile=quantile)
            for quantile in (True, False)
        )
        return careful, mean

    def times_s(self, edges: I64) -> F64:
        """Seconds of each of these edges."""
        return edges_time_s(self.graph, self.vehicle, self.conditions, edges)

    def approach(self, distance_m: F64) -> tuple[F64, F64, F64]:
        """Seconds, careful kWh and mean kWh between places and their nodes, at `APPROACH_KMH`."""
        length = np.asarray(distance_m, np.float64) * APPROACH_DETOUR
        careful, mean = self._level_kwh_per_m
        return length / (APPROACH_KMH / 3.6), careful * length, mean * length

    @cached_property
    def _level_kwh_per_m(self) -> tuple[float, float]:
        """Careful and mean kWh of a level metre at `APPROACH_KMH`: on the level all is linear."""
        careful, mean = (
            edge_energy_kwh(
                self.vehicle,
                self.conditions,
                length_m=1.0,
                speed_kmh=APPROACH_KMH,
                climb_m=0.0,
                descent_m=0.0,
                quantile=quantile,
            )
            for quantile in (True, False)
        )
        return float(careful), float(mean)


def _pages(labels: Labels, nodes: I32, *, inward: bool) -> Pages:
    """Find the labels of places, and make those that are not stored."""
    number, stored = labels.find(nodes, inward=inward)
    known = number >= 0
    fresh, place = np.unique(nodes[~known], return_inverse=True)
    made = labels.maker.book(fresh, inward=inward)
    start, end = np.empty(len(nodes), np.int64), np.empty(len(nodes), np.int64)
    start[known], end[known] = stored.first[number[known]], stored.first[number[known] + 1]
    start[~known], end[~known] = made.first[place], made.first[place + 1]
    return Pages(start, end, known, made.entries, stored.entries)


@dataclass(frozen=True, slots=True, eq=False)
class _Met:
    """How drives are joined: least weight, and the entries by which labels meet."""

    least: I32
    near: I32
    far: I32


@dataclass(eq=False)
class CarLegs:
    """Rows and paths between places for one car, made when first asked for and kept.

    One leg for each kind (index in ``car.labels``). Not thread-safe: one object serves one plan.
    """

    car: CarOnRoads
    places: JoinedPlaces
    capacity_kwh: float
    _rows: OrderedDict[tuple[int, int], Row] = field(default_factory=OrderedDict)
    _sides: dict[tuple[int, bool], Pages] = field(default_factory=dict)

    def row(self, place: int, kind: int) -> Row:
        """Legs of that kind from a place to all places, exact for the car.

        ``time_s`` is infinite where no road leads or the full battery cannot drive it.
        """
        key = (place, kind)
        if key in self._rows:
            self._rows.move_to_end(key)
            return self._rows[key]
        (made,) = self.to(place, (kind,), self._all)
        self._rows[key] = made
        if len(self._rows) > KEPT_ROWS:
            self._rows.popitem(last=False)
        return made

    def path(self, start: int, end: int, kind: int) -> Path:
        """List the edges of the leg of that kind between two places; there must be one."""
        source = self.pages(kind, inward=False).label(start)
        target = self.pages(kind, inward=True).label(end)
        met = self._meet(start, kind, np.array([end]))
        arcs = self.car.labels[kind].maker.arcs
        edges = met_edges(int(met.near[0]), int(met.far[0]), source, target, arcs)
        first, last = int(self.places.depart[start]), int(self.places.arrive[end])
        return Path(tuple(int(edge) for edge in edges), first, last)

    def weights_from(self, place: int, kind: int) -> I32:
        """Least weight of the reference's metric from a place to all; `labels.FAR`: no road."""
        return self._meet(place, kind, self._all).least

    def weights_to(self, place: int, kind: int) -> I32:
        """Least weight of the reference's metric from all places to one."""
        return self._meet(place, kind, self._all, inward=True).least

    def least(self, place: int, kind: int, targets: NDArray[np.intp]) -> I32:
        """Least weight of the reference's metric from a place to some; `labels.FAR`: no road."""
        return self._meet(place, kind, targets).least

    @cached_property
    def _all(self) -> NDArray[np.intp]:
        return np.arange(len(self.places.arrive))

    def rise_m(self, place: int, *, inward: bool) -> F64:
        """Metres of rise of drives from a place to all, or from all to it if ``inward``."""
        ele_m, places = self.car.graph.ele_m, self.places
        if inward:
            return np.float64(ele_m[places.arrive[place]]) - ele_m[places.depart].astype(np.float64)
        return ele_m[places.arrive].astype(np.float64) - np.float64(ele_m[places.depart[place]])

    def approach_m(self, place: int) -> float:
        """Metres driven between the place and its node."""
        return float(self.places.distance_m[place]) * APPROACH_DETOUR

    def approach_of(self, place: int) -> tuple[float, float, float]:
        """Seconds, careful kWh and mean kWh between the place and its node."""
        seconds, careful, mean = self.approaches
        return float(seconds[place]), float(careful[place]), float(mean[place])

    @cached_property
    def approaches(self) -> tuple[F64, F64, F64]:
        """Seconds, careful kWh and mean kWh between each place and its node."""
        return self.car.approach(self.places.distance_m)

    def pages(self, kind: int, *, inward: bool) -> Pages:
        """Labels of that kind of all places: of drives to them if ``inward``, else from them."""
        key = (kind, inward)
        if key not in self._sides:
            nodes = self.places.arrive if inward else self.places.depart
            self._sides[key] = _pages(self.car.labels[kind], nodes, inward=inward)
        return self._sides[key]

    def _meet(
        self, place: int, kind: int, targets: NDArray[np.intp], *, inward: bool = False
    ) -> _Met:
        """Join the label of a place with those of others; ``inward`` looks at drives to it."""
        here, there = self.pages(kind, inward=inward), self.pages(kind, inward=not inward)
        met = _Met(*(np.empty(targets.size, np.int32) for _ in range(3)))
        rank, parent = self._rank(place, kind, inward=inward)
        meet(rank, parent, here.label(place), there, targets, met.least, met.near, met.far)
        return met

    def _rank(self, place: int, kind: int, *, inward: bool) -> tuple[int, I32]:
        """Where a place's node stands in the tree of the hierarchy, and the tree."""
        maker = self.car.labels[kind].maker
        node = (self.places.arrive if inward else self.places.depart)[place]
        return int(maker.metric.hierarchy.rank[node]), maker.parent

    def to(
        self,
        place: int,
        kinds: Sequence[int],
        targets: NDArray[np.intp],
        *,
        screened: bool = True,
    ) -> list[Row]:
        """Legs of those kinds from a place to some places, each of shape (targets,); not kept.

        Where most are in reach, not to be ``screened`` for that first is less work.
        """
        near = self._in_reach(place, targets) if screened else np.ones(targets.size, np.bool_)
        return [self._drive(place, kind, targets, near) for kind in kinds]

    def _drive(
        self, place: int, kind: int, targets: NDArray[np.intp], near: NDArray[np.bool_]
    ) -> Row:
        label = self.pages(kind, inward=False).label(place)
        there, memo = self.pages(kind, inward=True), self.car.memo(kind)
        rank, parent = self._rank(place, kind, inward=False)
        seconds, kwh, _ = self.approaches
        ahead, done = np.empty((len(label.hub), WIDTH)), np.zeros(len(label.hub), np.bool_)
        row, begun = Row(*(np.empty(targets.size) for _ in range(4))), 0
        while True:
            begun = drive_row(
                begun, near, rank, parent, label, there, targets, ahead, done,
                memo.arcs, memo.edges, memo.car, *memo.table,
                place, seconds, kwh, self.capacity_kwh,
                row.time_s, row.net_kwh, row.required_kwh, row.cap_kwh,
            )  # fmt: skip
            if begun == targets.size:
                return row
            memo.grow()

    def _in_reach(self, place: int, targets: NDArray[np.intp]) -> NDArray[np.bool_]:
        """Mark the targets that a full battery may reach; for the others that is certain."""
        return np.asarray(self.least_kwh(place, targets) <= self.capacity_kwh)

    def least_kwh(self, place: int, targets: NDArray[np.intp]) -> F64:
        """Return what drives from a place to some take at least, whatever the road; may be < 0."""
        car, kind = self.car, len(self.car.labels) - 1
        if car.share <= 0.0:  # nothing is sure, nor needed: who asks looks at all then
            return np.full(targets.size, -np.inf)
        least_kwh = self.lift_kwh(place, targets)
        rank, parent = self._rank(place, kind, inward=False)
        source, there = self.pages(kind, inward=False).label(place), self.pages(kind, inward=True)
        least_weights(rank, parent, source, there, targets, car.share / WEIGHT_PER_KWH, least_kwh)
        return least_kwh

    def lift_kwh(self, place: int, targets: NDArray[np.intp]) -> F64:
        """Return what drives from a place to some take for their height alone; may be < 0."""
        rise_m = self._arrive_m[targets] - np.float64(
            self.car.graph.ele_m[self.places.depart[place]]
        )
        return np.asarray(self.car.height_kwh_per_m * rise_m - self.car.allowance_kwh)

    @cached_property
    def _arrive_m(self) -> F64:
        """Height of the nodes where drives to places end."""
        return self.car.graph.ele_m[self.places.arrive].astype(np.float64)

    def least_needed(
        self, place: int, kinds: Sequence[int], targets: NDArray[np.intp], below_kwh: float = inf
    ) -> tuple[float, int]:
        """Least charge with which one can drive to one of the targets, and that target.

        -1: none takes less than ``below_kwh`` and no more than a full battery.
        """
        best_kwh, best = below_kwh, -1
        bounds_kwh = self.least_kwh(place, targets)
        _, kwh, _ = self.approaches
        for kind in kinds:
            label, memo = self.pages(kind, inward=False).label(place), self.car.memo(kind)
            there = self.pages(kind, inward=True)
            rank, parent = self._rank(place, kind, inward=False)
            ahead, known = np.empty((len(label.hub), WIDTH)), np.zeros(len(label.hub), np.bool_)
            left_kwh, is_done = bounds_kwh.copy(), False
            while not is_done:
                is_done, best_kwh, best = least_needed(
                    rank, parent, label, there, targets, left_kwh, ahead, known,
                    memo.arcs, memo.edges, memo.car, *memo.table,
                    place, kwh, self.capacity_kwh, best_kwh, best,
                )  # fmt: skip
                if not is_done:
                    memo.grow()
        return best_kwh, int(targets[best]) if best >= 0 else -1
