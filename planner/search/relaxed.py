"""A trip that asks for less than the true one: no trip on the true roads takes less time than it.

Legs are corners that no road can beat (`planner.legs.corners`). Stations at one road node are one
place, as near to it as the nearest of them, with a curve that charges as quickly as the quickest
of theirs at each charge; it is open at any hour, and of its fallbacks no more is asked than that
the charge leads to one (`planner.search.leaving`). Stations by which a trip would take too long by
a bound of its own are left out. Windows of waypoints are kept.
"""

from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from planner.energy.charging import ChargingCurve
from planner.legs.car import CarLegs, JoinedPlaces
from planner.legs.corners import CornerLegs
from planner.search import core
from planner.search.doors import Curves
from planner.search.leaving import Leaving
from planner.search.problem import STOP_OVERHEAD_S
from planner.search.trip import Trip

F64 = NDArray[np.float64]
I32 = NDArray[np.int32]
Ints = NDArray[np.intp]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Rest:
    """The least that remains of a trip at one price of energy, shape (stretches, places).

    ``ahead_s`` from each place to the end of the trip, ``behind_s`` from its begin to each place:
    seconds, each kWh among them at ``price_s_per_kwh``. Each of the two may lie above a trip by
    ``above_s`` (`planner.search.savings`).
    """

    price_s_per_kwh: float
    ahead_s: F64
    behind_s: F64
    above_s: float = 0.0

    @property
    def stretches(self) -> int:
        """Number of ways from a waypoint to the next."""
        return len(self.ahead_s)

    @property
    def whole_s(self) -> float:
        """The least of the whole trip."""
        return float(self.ahead_s[0, -self.stretches - 1]) - self.above_s


def bound_rest(trip: Trip, price_s_per_kwh: float) -> Rest:
    """Add up from the ends of a trip what any way takes at least at a price of energy."""
    stays_s = [point.service_s for point in trip.mission.waypoints]
    stages, bounds = len(trip.sweeps), trip.bounds
    ends = trip.waypoints
    ahead: list[F64] = []
    behind: list[F64] = []
    for start, end in pairwise(ends):
        for found, place, inward in ((ahead, end, True), (behind, start, False)):
            found.append(bounds.sharply_priced(place, price_s_per_kwh, trip.sharp, inward=inward))
    direct = [float(ahead[stage][ends[stage]]) for stage in range(stages)]
    for stage in range(stages):
        ahead[stage] = ahead[stage] + sum(direct[stage + 1 :]) + sum(stays_s[stage + 1 : -1])
        behind[stage] = behind[stage] + sum(direct[:stage]) + sum(stays_s[1 : stage + 1])
    return Rest(price_s_per_kwh, np.stack(ahead), np.stack(behind))


def spare_kwh(trip: Trip) -> float:
    """Energy that the battery gives without any charging."""
    mission = trip.mission
    end_soc = max(mission.arrival_soc, mission.reserve_soc)
    return float((mission.soc - end_soc) * mission.vehicle.usable_kwh)


def stations_within(trip: Trip, rests: list[Rest], most_s: float) -> Ints:
    """List the stations by which a trip may take so little time."""
    least_s = np.zeros(trip.usable.size)
    for rest in rests:
        by_s = (rest.behind_s + rest.ahead_s)[:, trip.usable].min(axis=0)
        spare_s = rest.price_s_per_kwh * spare_kwh(trip) + 2.0 * rest.above_s
        least_s = np.maximum(least_s, by_s - spare_s)
    return np.asarray(trip.usable[least_s <= most_s])


@dataclass(frozen=True, eq=False)
class Relaxed:
    """The problem, and with which charge one may come to a station of it."""

    stated: core.Problem
    nodes: "_Nodes"
    leaving: Leaving

    def least_s(self, *, most_s: float, most_settled: int, stretch: float) -> float:
        """Least seconds of its trips that take less than ``most_s``, or a bound from below."""
        return core.solve(
            self.stated,
            admit=self._admit if self.leaving.is_asked else None,
            most_cost=most_s,
            most_settled=most_settled,
            stretch=stretch,
        ).bound

    def _admit(self, arrival: core.Arrival) -> core.Admission:
        stations = np.array(self.nodes.stations_at(arrival.place))
        return core.Admission(self.leaving.floor_kwh(stations))


def relax(trip: Trip, rests: list[Rest], stations: Ints, most_s: float) -> Relaxed:
    """State the trip by those stations to the core; only trips of ``most_s`` or less are in it."""
    mission, waypoints = trip.mission, np.array(trip.waypoints, np.intp)
    vehicle = mission.vehicle
    reserve_kwh = mission.reserve_soc * vehicle.usable_kwh
    capacity_kwh = vehicle.usable_kwh - reserve_kwh
    nodes = _Nodes.of(trip, stations)
    count = nodes.first.size
    places = trip.places.part(np.concatenate((nodes.station, waypoints)))
    places = JoinedPlaces(
        places.arrive, places.depart, np.append(nodes.distance_m, places.distance_m[count:])
    )
    corners = CornerLegs(CarLegs(trip.car, places, capacity_kwh), trip.sharp)
    reach = _Reach.of(trip, rests, nodes, most_s, capacity_kwh)
    rows = _Rows(corners, reach, count, waypoints.size)
    posts = _Posts(trip, nodes, reserve_kwh)
    least = np.stack([_joined(rest.ahead_s - rest.above_s, nodes, waypoints) for rest in rests])
    full = np.full((len(rests), waypoints.size, count + waypoints.size), np.inf)
    full[:, :-1] = least
    for number, point in enumerate(mission.waypoints[1:-1], start=1):
        full[:, number, count + number] += point.service_s
    full[:, -1, -1] = 0.0
    stated = core.Problem(
        legs=core.LegTable.lazy(count + waypoints.size, rows.row),
        offers=core.AskedOffers(count, posts.bring),
        waypoints=_windows(trip),
        start=core.Start(mission.soc * vehicle.usable_kwh - reserve_kwh, 0, count),
        end_kwh=max(mission.arrival_soc - mission.reserve_soc, 0.0) * vehicle.usable_kwh,
        ahead=core.Ahead(np.array([rest.price_s_per_kwh for rest in rests]), full),
        lingers=False,
    )
    return Relaxed(stated, nodes, Leaving(trip, capacity_kwh))


def _windows(trip: Trip) -> tuple[core.Waypoint, ...]:
    mission = trip.mission
    found, last = [core.Waypoint()], len(mission.waypoints) - 1
    for number, point in enumerate(mission.waypoints[1:], start=1):
        opens, closes = -np.inf, np.inf
        if point.arrive_after is not None and number < last:
            opens = point.arrive_after - mission.departure
        if point.arrive_before is not None:
            closes = point.arrive_before - mission.departure
        found.append(core.Waypoint(point.service_s if number < last else 0.0, opens, closes))
    return tuple(found)


@dataclass(frozen=True, eq=False)
class _Nodes:
    """Stations by their road node: sorted so, where each node's begin, one of them, the nearest."""

    sorted: Ints
    first: Ints
    station: Ints
    distance_m: F64

    @classmethod
    def of(cls, trip: Trip, stations: Ints) -> "_Nodes":
        node, distance_m = trip.world.station_nodes
        order = stations[np.argsort(node[stations], kind="stable")]
        first = np.flatnonzero(np.diff(node[order], prepend=-1))
        near = np.minimum.reduceat(distance_m[order], first) if first.size else np.empty(0)
        return cls(order, first, order[first], near)

    def stations_at(self, place: int) -> list[int]:
        after = self.first[place + 1] if place + 1 < self.first.size else self.sorted.size
        return [int(station) for station in self.sorted[self.first[place] : after]]


def _joined(values: F64, nodes: _Nodes, waypoints: Ints) -> F64:
    """Of each node the least of its stations, then the waypoints, shape (stretches, places)."""
    return np.concatenate((_least_of(values, nodes), values[:, waypoints]), axis=1)


def _least_of(values: F64, nodes: _Nodes) -> F64:
    """Of each node the least of its stations, shape (stretches, nodes)."""
    if not nodes.first.size:
        return np.empty((len(values), 0))
    return np.asarray(np.minimum.reduceat(values[:, nodes.sorted], nodes.first, axis=1))


@dataclass(frozen=True, eq=False)
class _Reach:
    """Which stations may follow one another on a trip of so little time, told without their legs.

    ``ahead_s`` and ``behind_s`` have the shape (prices, stretches, nodes), ``most_s`` (prices,);
    ``least_kwh`` and ``greatest_kwh``, of the stations at a node, are what is left to the end of
    each stretch at least, shape (stretches, nodes). ``through``, shape (nodes,), marks those where
    one arrives where one leaves, so that ways by them are drives.
    """

    price_s_per_kwh: F64
    ahead_s: F64
    behind_s: F64
    most_s: F64
    least_kwh: F64
    greatest_kwh: F64
    capacity_kwh: float
    allowance_kwh: float
    through: Mask

    @classmethod
    def of(
        cls, trip: Trip, rests: list[Rest], nodes: _Nodes, most_s: float, capacity_kwh: float
    ) -> "_Reach":
        price = np.array([rest.price_s_per_kwh for rest in rests])
        above_s = np.array([rest.above_s for rest in rests])
        left_kwh = np.stack([sweep.energy_kwh for sweep in trip.sweeps])
        return cls(
            price,
            np.stack([_least_of(rest.ahead_s, nodes) for rest in rests]),
            np.stack([_least_of(rest.behind_s, nodes) for rest in rests]),
            most_s + price * spare_kwh(trip) + 2.0 * above_s,
            _least_of(left_kwh, nodes),
            -_least_of(-left_kwh, nodes),
            capacity_kwh,
            2.0 * trip.car.allowance_kwh,
            trip.places.arrive[nodes.station] == trip.places.depart[nodes.station],
        )

    def after(self, node: int, fixed_s: F64, fixed_kwh: F64) -> Mask:
        """Mark the nodes that may come next, shape (nodes,).

        ``fixed_s`` and ``fixed_kwh``, of the same shape, are in each drive to them, whatever the
        roads. To come here takes ``behind_s`` at least, and from there ``ahead_s``. And the energy
        from here to an end is no more than that to there and that from there, each at its least.
        """
        fixed = fixed_s + self.price_s_per_kwh[:, None] * fixed_kwh
        by_s = self.behind_s[:, :, node, None] + fixed[:, None] + self.ahead_s
        in_time = (by_s <= self.most_s[:, None, None]).all(axis=0).any(axis=0)
        with np.errstate(invalid="ignore"):  # no road from either
            used_kwh = self.least_kwh[:, node, None] - self.greatest_kwh - self.allowance_kwh
        far = (used_kwh > self.capacity_kwh).any(axis=0) & self.through
        return np.asarray(in_time & ~far)


@dataclass(frozen=True, eq=False)
class _Rows:
    """Corners from each place to the stations that may come next and the waypoints after."""

    legs: CornerLegs
    reach: _Reach
    stations: int
    waypoints: int

    def row(self, place: int) -> core.LegRow:
        stations, last = self.stations, self.stations + self.waypoints - 1
        following = np.arange(place + 1 if place >= stations else stations + 1, last + 1)
        if place >= stations:
            following = following[:1]
        others = np.arange(stations if place < last else 0)
        if place < stations:
            fixed_s, fixed_kwh = self.legs.fixed_from(place)
            others = np.flatnonzero(self.reach.after(place, fixed_s[others], fixed_kwh[others]))
        targets = np.concatenate((others[others != place], following))
        target, time_s, net_kwh = self.legs.row(place, targets)
        full = np.full(target.size, self.legs.legs.capacity_kwh)
        return core.LegRow(target, time_s, net_kwh, np.maximum(net_kwh, 0.0), full)


@dataclass(eq=False)
class _Posts:
    """One curve for each node, as quick as the quickest of its EVSEs at each charge."""

    trip: Trip
    nodes: _Nodes
    reserve_kwh: float
    _quickest: dict[frozenset[int], core.Curve] = field(default_factory=dict)

    def bring(self, place: int) -> tuple[core.Offer, ...]:
        """Return the one offer of a node."""
        found = {id(curve): curve for curve in map(self._curves.of, self._evses(place))}
        key = frozenset(found)
        if key not in self._quickest:
            self._quickest[key] = quickest(list(found.values()), self.reserve_kwh)
        return (core.Offer(station=place, curve=self._quickest[key], overhead_s=STOP_OVERHEAD_S),)

    def _evses(self, place: int) -> list[int]:
        snapshot, chargers = self.trip.world.snapshot, self.trip.chargers
        return [
            evse
            for station in self.nodes.stations_at(place)
            for evse in range(int(snapshot.first[station]), int(snapshot.first[station + 1]))
            if chargers.reason[evse] == 0
        ]

    @cached_property
    def _curves(self) -> Curves:
        return Curves(self.trip.chargers)


SAME_KWH = 1e-6


def quickest(curves: list[ChargingCurve], reserve_kwh: float) -> core.Curve:
    """Return a curve that charges as quickly as the quickest of these at each charge.

    Energies are counted above the reserve.
    """
    energy = np.unique(np.concatenate([curve.energy_kwh for curve in curves]))
    # What rounding parts is one break: between two of the same charge no time would pass.
    energy = energy[np.diff(energy, prepend=-np.inf) > SAME_KWH]
    times = np.stack([np.interp(energy, curve.energy_kwh, curve.time_s) for curve in curves])
    passed = np.diff(times, axis=1).min(axis=0)
    return core.Curve(energy - reserve_kwh, np.concatenate(([0.0], np.cumsum(passed))))
