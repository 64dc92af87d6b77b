"""The quickest trip of a mission over all roads and stations, where nothing closes: by brute force.

Between any two places all roads are listed that no other one beats in both time and energy, each
driven edge by edge. What is found is driven by a real car, so no bound may lie above it. With
fallbacks each stop is reached with charge for a drive to a station at another site, and from there
to one that is at neither.
"""

from dataclasses import dataclass
from heapq import heappop, heappush

import numpy as np

from planner.energy.consumption import inside_energy_kwh
from planner.legs.metric import measure
from planner.search import core
from planner.search.doors import curve_at
from planner.search.problem import STOP_OVERHEAD_S
from planner.search.trip import Trip
from tests.oracle.driven import driven

Profile = tuple[float, float, float, float, float]
"""Seconds, net kWh, largest prefix, largest suffix, largest run."""

MOST = 40
"""Roads kept at one node, the quickest; with more left out, what is found is still driven."""


def join(one: Profile, other: Profile) -> Profile:
    """Drive one after the other."""
    return (
        one[0] + other[0],
        one[1] + other[1],
        max(one[2], one[1] + other[2]),
        max(other[3], other[1] + one[3]),
        max(one[4], other[4], one[3] + other[2]),
    )


@dataclass
class _Drives:
    """Drives between numbered stations (tail, head, net kWh, kWh needed); what fails at once."""

    drives: list[tuple[int, int, float, float]]
    sites: list[set[int]]

    def floor_kwh(
        self, station: int, fallbacks: int, failed: frozenset[int] = frozenset()
    ) -> float:
        """Least charge from which so many failures in turn leave another station in reach."""
        if fallbacks == 0:
            return 0.0
        gone = failed | self.sites[station]
        return min(
            (
                max(needed, net + self.floor_kwh(head, fallbacks - 1, gone))
                for tail, head, net, needed in self.drives
                if tail == station and head < len(self.sites) and head not in gone
            ),
            default=np.inf,
        )


@dataclass
class AllRoads:
    """One trip's roads."""

    trip: Trip

    def __post_init__(self) -> None:
        trip = self.trip
        graph, car, day = trip.car.graph, trip.mission.vehicle, trip.mission.conditions
        metric = measure(graph, car, day)
        inside = inside_energy_kwh(
            car,
            day,
            quantile=True,
            **driven(graph),
        )
        columns = (metric.time_s, metric.energy_kwh, inside, inside, inside)
        self.edges: list[Profile] = [tuple(map(float, row)) for row in zip(*columns, strict=True)]
        self.first, self.head = np.asarray(graph.first_out), np.asarray(graph.head).tolist()

    def least_s(self) -> float:
        """Seconds of the quickest trip, infinite if there is none."""
        trip, mission = self.trip, self.trip.mission
        stations = [int(station) for station in trip.usable]
        places = [*stations, *trip.waypoints]
        full_kwh = (1.0 - mission.reserve_soc) * mission.vehicle.usable_kwh
        tails, heads, rows = [], [], []
        for number, place in enumerate(places):
            for other, profile in self._roads(place, places):
                if profile[4] <= full_kwh and other != number:
                    tails.append(number)
                    heads.append(other)
                    rows.append((profile[0], profile[1], profile[2], full_kwh - profile[3]))
        time_s, net, required, cap = np.array(rows).reshape(-1, 4).T
        floors = np.zeros((len(mission.waypoints), len(places)))
        drives = _Drives(list(zip(tails, heads, net, required, strict=True)), self._sites(stations))
        for number in range(len(stations)):
            floors[:, number] = drives.floor_kwh(number, mission.guarantee.fallbacks)
        offers = tuple(
            core.Offer(number, curve, STOP_OVERHEAD_S)
            for number, station in enumerate(stations)
            for curve in self._curves(station)
        )
        found = core.solve(
            core.Problem(
                legs=core.LegTable.sparse(
                    len(places), np.array(tails), np.array(heads), time_s, net, required, cap
                ),
                offers=core.OfferTable(offers, len(stations)),
                waypoints=tuple(self._waypoint(number) for number in range(len(mission.waypoints))),
                start=core.Start(mission.soc * mission.vehicle.usable_kwh - self._reserve_kwh),
                end_kwh=max(
                    mission.arrival_soc * mission.vehicle.usable_kwh - self._reserve_kwh, 0.0
                ),
                floor_kwh=floors,
            )
        )
        return np.inf if found.plan is None else found.plan.time_s

    def _sites(self, stations: list[int]) -> list[set[int]]:
        """Of each station the numbers of those at its site."""
        near = [set(self.trip.world.stations_near(station)) for station in stations]
        return [{n for n, other in enumerate(stations) if other in each} for each in near]

    def _waypoint(self, number: int) -> core.Waypoint:
        mission = self.trip.mission
        point, is_last = mission.waypoints[number], number == len(mission.waypoints) - 1
        opens, closes = -np.inf, np.inf
        if number == 0:
            return core.Waypoint()
        if point.arrive_after is not None and not is_last:
            opens = point.arrive_after - mission.departure
        if point.arrive_before is not None:
            closes = point.arrive_before - mission.departure
        return core.Waypoint(0.0 if is_last else point.service_s, opens, closes)

    @property
    def _reserve_kwh(self) -> float:
        return self.trip.mission.reserve_soc * self.trip.mission.vehicle.usable_kwh

    def _curves(self, station: int) -> list[core.Curve]:
        snapshot, chargers = self.trip.world.snapshot, self.trip.chargers
        curves = []
        for evse in range(int(snapshot.first[station]), int(snapshot.first[station + 1])):
            if chargers.reason[evse] == 0:
                connector = snapshot.evse(evse).connectors[int(chargers.connector[evse])]
                curve = curve_at(self.trip.mission.vehicle, connector)
                curves.append(core.Curve(curve.energy_kwh - self._reserve_kwh, curve.time_s))
        return curves

    def _approach(self, place: int) -> Profile:
        seconds, kwh, _ = self.trip.car.approach(self.trip.places.distance_m[place : place + 1])
        return (float(seconds[0]), *[float(kwh[0])] * 4)

    def _roads(self, place: int, places: list[int]) -> list[tuple[int, Profile]]:
        """List all roads from a place worth driving, with the number of the place they end at."""
        start = int(self.trip.places.depart[place])
        kept: dict[int, list[Profile]] = {}
        ahead = [(self._approach(place), start)]
        while ahead:
            profile, node = heappop(ahead)
            known = kept.setdefault(node, [])
            if len(known) >= MOST or any(profile[1] >= other[1] - 1e-9 for other in known):
                continue
            known.append(profile)
            for edge in range(int(self.first[node]), int(self.first[node + 1])):
                heappush(ahead, (join(profile, self.edges[edge]), self.head[edge]))
        return [
            (number, join(profile, self._approach(other)))
            for number, other in enumerate(places)
            for profile in kept.get(int(self.trip.places.arrive[other]), [])
        ]
