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

import numpy as np
from numpy.typing import NDArray

from planner.energy.consumption import edge_energy_kwh
from planner.energy.edge import CarTerms, car_terms
from planner.legs.exact import NET, PREFIX, RUN, SUFFIX, TIME, WIDTH, ArcMemo, edge_arrays
from planner.legs.labels import FAR, Entries, ancestors, drive_met, meet, met_edges
from planner.legs.rows import KEPT_ROWS, Path, Row
from planner.legs.sites import Book, SiteLabels
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


@dataclass(eq=False)
class CarOnRoads:
    """A car on a day, with what is known of the drives it has been asked about.

    ``labels`` holds one set for each kind of leg, all of one region and one reference. What is
    learned of an arc stays, so keep the object for the next plan of the same car. Not thread-safe.
    """

    graph: RoadGraph
    labels: Sequence[SiteLabels]
    vehicle: Vehicle
    conditions: Conditions
    _memos: dict[int, ArcMemo] = field(default_factory=dict)

    @cached_property
    def terms(self) -> CarTerms:
        """The car's physics, careful (95 % quantile)."""
        return car_terms(self.vehicle, self.conditions)

    def memo(self, kind: int) -> ArcMemo:
        """Profiles of the arcs of one kind that have been driven."""
        if kind not in self._memos:
            edges = edge_arrays(self.graph)
            self._memos[kind] = ArcMemo(self.labels[kind].maker.arcs, edges, self.terms)
        return self._memos[kind]

    def approach(self, distance_m: F64) -> tuple[F64, F64, F64]:
        """Seconds, careful kWh and mean kWh between places and their nodes, at `APPROACH_KMH`."""
        length = np.asarray(distance_m, np.float64) * APPROACH_DETOUR
        flat = np.zeros_like(length)
        careful, mean = (
            edge_energy_kwh(
                self.vehicle,
                self.conditions,
                length_m=length,
                speed_kmh=np.full_like(length, APPROACH_KMH),
                climb_m=flat,
                descent_m=flat,
                quantile=quantile,
            )
            for quantile in (True, False)
        )
        return length / (APPROACH_KMH / 3.6), careful, mean


@dataclass(frozen=True, eq=False)
class _Side:
    """Labels of places in one direction, some stored and some made for these places.

    ``start`` and ``end`` are the spans of each place's label in the book that has it.
    """

    stored: NDArray[np.bool_]
    books: tuple[Book, Book]
    start: I64
    end: I64

    @classmethod
    def of(cls, labels: SiteLabels, nodes: I32, *, inward: bool) -> "_Side":
        stored = labels.inward if inward else labels.outward
        number = labels.numbers(nodes)
        missing = np.flatnonzero(number < 0)
        fresh, place = np.unique(nodes[missing], return_inverse=True)
        made = labels.maker.book(fresh, inward=inward)
        start, end = np.empty(len(nodes), np.int64), np.empty(len(nodes), np.int64)
        known = number >= 0
        start[known], end[known] = stored.first[number[known]], stored.first[number[known] + 1]
        start[missing], end[missing] = made.first[place], made.first[place + 1]
        return cls(known, (made, stored), start, end)

    def book(self, place: int) -> Book:
        return self.books[int(self.stored[place])]

    def label(self, place: int) -> Entries:
        return self.book(place).entries.part(int(self.start[place]), int(self.end[place]))

    @cached_property
    def groups(self) -> tuple[tuple[bool, Book, NDArray[np.intp]], ...]:
        """Which places are in which book."""
        pairs = (
            (bool(n), book, np.flatnonzero(self.stored == n)) for n, book in enumerate(self.books)
        )
        return tuple(group for group in pairs if group[2].size)


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
    _sides: dict[tuple[int, bool], _Side] = field(default_factory=dict)

    def row(self, place: int, kind: int) -> Row:
        """Legs of that kind from a place to all places, exact for the car.

        ``time_s`` is infinite where no road leads or the full battery cannot drive it.
        """
        key = (place, kind)
        if key in self._rows:
            self._rows.move_to_end(key)
            return self._rows[key]
        self._rows[key] = made = self._drive(place, kind)
        if len(self._rows) > KEPT_ROWS:
            self._rows.popitem(last=False)
        return made

    def path(self, start: int, end: int, kind: int) -> Path:
        """List the edges of the leg of that kind between two places; there must be one."""
        far_side = self._side(kind, inward=True)
        met = self._meet(start, kind, np.array([end]))
        maker = self.car.labels[kind].maker
        edges = met_edges(
            int(met.near[0]),
            int(met.far[0]),
            self._side(kind, inward=False).label(start),
            int(far_side.start[end]),
            far_side.book(end).entries,
            maker.arcs,
        )
        first, last = int(self.places.depart[start]), int(self.places.arrive[end])
        return Path(tuple(int(edge) for edge in edges), first, last)

    def weights_from(self, place: int, kind: int) -> I32:
        """Least weight of the reference's metric from a place to all, `FAR` where no road leads."""
        return self._meet(place, kind, None).least

    def weights_to(self, place: int, kind: int) -> I32:
        """Least weight of the reference's metric from all places to one."""
        return self._meet(place, kind, None, inward=True).least

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

    def _side(self, kind: int, *, inward: bool) -> _Side:
        key = (kind, inward)
        if key not in self._sides:
            nodes = self.places.arrive if inward else self.places.depart
            self._sides[key] = _Side.of(self.car.labels[kind], nodes, inward=inward)
        return self._sides[key]

    def _meet(
        self, place: int, kind: int, wanted: NDArray[np.intp] | None, *, inward: bool = False
    ) -> _Met:
        """Join the label of a place with those of others; ``inward`` looks at drives to it."""
        here, there = self._side(kind, inward=inward), self._side(kind, inward=not inward)
        maker = self.car.labels[kind].maker
        node = (self.places.arrive if inward else self.places.depart)[place]
        chain = ancestors(int(maker.metric.hierarchy.rank[node]), maker.parent)
        label = here.label(place)
        if wanted is not None:
            return self._join(chain, label, there, there.book(int(wanted[0])), wanted)
        size = len(self.places.arrive)
        met = _Met(*(np.empty(size, np.int32) for _ in range(3)))
        for _, book, group in there.groups:
            part = self._join(chain, label, there, book, group)
            met.least[group], met.near[group], met.far[group] = part.least, part.near, part.far
        return met

    @staticmethod
    def _join(
        chain: I32, label: Entries, there: _Side, book: Book, wanted: NDArray[np.intp]
    ) -> _Met:
        part = _Met(*(np.empty(wanted.size, np.int32) for _ in range(3)))
        starts, ends = there.start[wanted], there.end[wanted]
        meet(chain, label, starts, ends, book.entries, part.least, part.near, part.far)
        return part

    def _drive(self, place: int, kind: int) -> Row:
        drives = self._drives(place, kind)
        seconds, kwh, _ = self.approaches
        out_kwh = kwh[place]
        net = out_kwh + drives[:, NET] + kwh
        required = np.maximum(out_kwh + drives[:, PREFIX], net)
        suffix = drives[:, SUFFIX] + kwh
        run = np.maximum.reduce([drives[:, RUN], required, suffix])
        time_s = seconds[place] + drives[:, TIME] + seconds
        time_s[run > self.capacity_kwh] = np.inf
        return Row(time_s, net, required, self.capacity_kwh - suffix)

    def _drives(self, place: int, kind: int) -> F64:
        """Profiles of the drives from a place's node to all, shape (places, 5)."""
        met = self._meet(place, kind, None)
        label = self._side(kind, inward=False).label(place)
        there, memo = self._side(kind, inward=True), self.car.memo(kind)
        drives = np.empty((len(met.least), WIDTH))
        ahead, done = np.empty((len(label.hub), WIDTH)), np.zeros(len(label.hub), np.bool_)
        for stored, book, group in there.groups:
            near, far, starts = met.near[group], met.far[group], there.start[group]
            part, begun = np.empty((group.size, WIDTH)), 0
            while True:
                begun = drive_met(
                    begun, near, far, label, starts, book.entries, stored, ahead, done,
                    memo.arcs, memo.edges, memo.car, *memo.table, part,
                )  # fmt: skip
                if begun == group.size:
                    break
                memo.grow()
            drives[group] = part
        return drives


def no_road(weight: I32) -> NDArray[np.bool_]:
    """Mark the weights that say that no road leads there."""
    return np.asarray(weight >= FAR)
