"""Whether any trip at all survives k failures, by trying every stop and every failure.

For worlds in which every station is open at all hours: then nothing depends on time, to charge to
the full is never worse, and a trip is feasible just if the fullest car gets there.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from planner.access.chargers import accessible
from planner.energy.consumption import edge_energy_kwh
from planner.model.geo import LonLat, distance_m
from planner.model.mission import Mission
from planner.roads.snap import APPROACH_DETOUR, APPROACH_KMH
from planner.world import SAME_SITE_M, World
from tests.oracle.battery import fullest
from tests.oracle.driven import driven

Failed = frozenset[int]


@dataclass
class Exhaustive:
    """One mission from one place to another on a world where nothing closes."""

    world: World
    mission: Mission
    _fullest: dict[tuple[int, float], NDArray[np.float64]] = field(default_factory=dict)
    _survives: dict[tuple[int, float, Failed, int], bool] = field(default_factory=dict)

    def __post_init__(self) -> None:
        graph, mission = self.world.region, self.mission
        car, day = mission.vehicle, mission.conditions
        self.reserve_kwh = mission.reserve_soc * car.usable_kwh
        self.full_kwh = car.usable_kwh - self.reserve_kwh
        self.edge_kwh = edge_energy_kwh(
            car,
            day,
            quantile=True,
            **driven(graph),
        )
        chargers = accessible(
            self.world.snapshot,
            mission.wallet,
            car,
            min_grade=mission.guarantee.min_grade,
            now=mission.now,
        )
        usable = {int(s) for s in self.world.snapshot.evse_station[chargers.reason == 0]}
        stations = [s for s in sorted(usable) if self._is_near_roads(s)]
        self.spots = [self.world.snapshot.stations[s].location for s in stations]
        self.stations = range(len(stations))
        self.spots += [point.location for point in mission.waypoints]
        snaps = [self.world.snapper.snap(spot) for spot in self.spots]
        self.nodes = [snap.node for snap in snaps]
        self.approach_kwh = [self._slow_kwh(snap.distance_m * APPROACH_DETOUR) for snap in snaps]
        self.start, self.end = len(stations), len(stations) + 1

    def is_feasible(self, order: int) -> bool:
        """Say whether some trip survives that many failures, whichever they are."""
        charge = self.mission.soc * self.mission.vehicle.usable_kwh - self.reserve_kwh
        return charge >= 0.0 and self._gets_there(self.start, charge, frozenset(), order)

    def reaches(self, node: int) -> bool:
        """Say whether one gets to a road node at all, should nothing fail."""
        ahead = [(self.start, self.mission.soc * self.full_kwh_of_car - self.reserve_kwh)]
        seen: set[int] = set()
        while ahead:
            here, held = ahead.pop()
            if self._row(here, held)[node] >= -1e-6:
                return True
            for stop in set(self.stations) - seen:
                if self._arrive(here, held, stop) >= 0.0:
                    seen.add(stop)
                    ahead.append((stop, self.full_kwh))
        return False

    def _gets_there(self, place: int, charge: float, failed: Failed, order: int) -> bool:
        """Say whether one gets from a place to the end by stops that survive ``order`` failures."""
        end_kwh = (self.mission.arrival_soc - self.mission.reserve_soc) * self.full_kwh_of_car
        best: dict[int, float] = {}
        ahead = [(place, charge)]
        while ahead:
            here, held = ahead.pop()
            if self._arrive(here, held, self.end) >= end_kwh:
                return True
            for stop in self.stations:
                if stop == here or self._is_shut(stop, failed):
                    continue
                arrived = self._arrive(here, held, stop)
                if arrived < 0.0 or arrived <= best.get(stop, -1.0) + 1e-6:
                    continue
                if self._survives_at(stop, arrived, failed, order):
                    if stop not in best:
                        ahead.append((stop, self.full_kwh))
                    best[stop] = arrived
        return False

    def _survives_at(self, stop: int, charge: float, failed: Failed, order: int) -> bool:
        """Say whether one can still get there if the stop fails on arrival with that charge."""
        if order == 0:
            return True
        key = (stop, round(charge, 6), failed, order)
        if key not in self._survives:
            now = failed | {stop}
            self._survives[key] = any(
                arrived >= 0.0
                and self._survives_at(spare, arrived, now, order - 1)
                and self._gets_there(spare, self.full_kwh, now, order - 1)
                for spare in self.stations
                if not self._is_shut(spare, now)
                for arrived in (self._arrive(stop, charge, spare),)
            )
        return self._survives[key]

    def _is_shut(self, station: int, failed: Failed) -> bool:
        here = self.spots[station]
        return any(distance_m(here, self.spots[other]) <= SAME_SITE_M for other in failed)

    def _arrive(self, start: int, charge: float, end: int) -> float:
        """Most charge with which one gets from a place to another; negative: one does not."""
        return float(self._row(start, charge)[self.nodes[end]]) - self.approach_kwh[end]

    def _row(self, start: int, charge: float) -> NDArray[np.float64]:
        """Most charge with which one can be at each node after leaving a place."""
        key = (start, round(charge, 9))
        if key not in self._fullest:
            graph = self.world.region
            left = charge - self.approach_kwh[start]
            self._fullest[key] = (
                np.full(len(graph.lon), -np.inf)
                if left < 0.0
                else fullest(
                    graph.tail,
                    graph.head,
                    self.edge_kwh,
                    len(graph.lon),
                    self.nodes[start],
                    left,
                    self.full_kwh,
                )
            )
        return self._fullest[key]

    @property
    def full_kwh_of_car(self) -> float:
        return self.mission.vehicle.usable_kwh

    def _is_near_roads(self, station: int) -> bool:
        spot: LonLat = self.world.snapshot.stations[station].location
        return int(self.world.snapper.snap_many([spot.lon], [spot.lat])[0][0]) >= 0

    def _slow_kwh(self, metres: float) -> float:
        used = edge_energy_kwh(
            self.mission.vehicle,
            self.mission.conditions,
            length_m=metres,
            speed_kmh=APPROACH_KMH,
            climb_m=0.0,
            descent_m=0.0,
            quantile=True,
        )
        return float(used) if metres > 0.0 else 0.0
