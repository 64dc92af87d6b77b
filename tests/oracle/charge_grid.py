"""The quickest trip over all roads, stations and amounts of charge: Dijkstra on node and charge.

Charge comes in steps. Rounded down after every edge, what is found can really be driven, so the
best trip takes no longer; rounded up, no real trip is quicker. Nothing fails, nothing closes here.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from heapq import heappop, heappush
from math import ceil, floor, inf

import numpy as np

from planner.access.chargers import accessible
from planner.energy.charging import charging_curve
from planner.legs.metric import measure
from planner.model.mission import Mission
from planner.roads.snap import APPROACH_DETOUR, APPROACH_KMH
from planner.world import World
from tests.oracle.exhaustive import Exhaustive

OVERHEAD_S = 300.0
LEVELS = 250

State = tuple[bool, int, int]
"""Whether plugged in, the road node or else the charger, and the level of charge."""


@dataclass
class ChargeGrid:
    """One mission without windows between two places, on a world where nothing closes."""

    world: World
    mission: Mission
    is_lucky: bool
    """Round charges up rather than down."""

    def __post_init__(self) -> None:
        graph, mission = self.world.region, self.mission
        self.places = Exhaustive(self.world, mission)
        self.step_kwh = self.places.full_kwh / LEVELS
        time_s = measure(graph, mission.vehicle, mission.conditions).time_s
        self.out: list[list[tuple[int, float, float]]] = [[] for _ in range(len(graph.lon))]
        for edge, (tail, head) in enumerate(zip(graph.tail, graph.head, strict=True)):
            used = float(self.places.edge_kwh[edge])
            self.out[int(tail)].append((int(head), float(time_s[edge]), used))
        self.chargers: list[tuple[int, float, float, list[float]]] = []
        self.at: dict[int, list[int]] = {}
        self._plug_in()

    def _plug_in(self) -> None:
        """Lay out each kind of post of each station: node, approach, and the time of each step."""
        mission, snapshot, places = self.mission, self.world.snapshot, self.places
        held = accessible(
            snapshot,
            mission.wallet,
            mission.vehicle,
            min_grade=mission.guarantee.min_grade,
            now=mission.now,
        )
        levels = places.reserve_kwh + self.step_kwh * np.arange(LEVELS + 1)
        spots = {spot: number for number, spot in enumerate(places.spots[: places.start])}
        for evse in np.flatnonzero(held.reason == 0):
            place = spots.get(snapshot.stations[int(snapshot.evse_station[evse])].location)
            if place is None:
                continue
            connector = snapshot.evse(int(evse)).connectors[int(held.connector[evse])]
            curve = charging_curve(
                mission.vehicle,
                power_type=connector.power_type,
                power_kw=connector.power_kw,
                voltage_v=connector.voltage_v,
                standard=connector.standard,
            )
            steps = np.diff(np.interp(levels, curve.energy_kwh, curve.time_s)).tolist()
            near = (places.nodes[place], self._approach_s(place), places.approach_kwh[place], steps)
            if near not in self.chargers:
                self.at.setdefault(near[0], []).append(len(self.chargers))
                self.chargers.append(near)

    def least_s(self) -> float:
        """Seconds of the quickest trip; infinite where there is none."""
        places, mission = self.places, self.mission
        start, end = places.start, places.end
        held = mission.soc * mission.vehicle.usable_kwh - places.reserve_kwh
        wanted = (mission.arrival_soc - mission.reserve_soc) * mission.vehicle.usable_kwh
        begin = self._level(held - places.approach_kwh[start])
        if held < 0.0 or begin < 0:
            return inf
        enough = (wanted + places.approach_kwh[end]) / self.step_kwh
        goal, last_s = places.nodes[end], self._approach_s(end)
        ahead = [(self._approach_s(start), (False, places.nodes[start], begin))]
        done: set[State] = set()
        best = inf
        while ahead:
            spent_s, state = heappop(ahead)
            if spent_s >= best:
                break
            if state in done:
                continue
            done.add(state)
            if state[:2] == (False, goal) and state[2] >= enough - (1.0 if self.is_lucky else 0.0):
                best = min(best, spent_s + last_s)
            for more_s, after in self._next(state):
                if after not in done:
                    heappush(ahead, (spent_s + more_s, after))
        return best

    def _next(self, state: State) -> Iterator[tuple[float, State]]:
        plugged, here, level = state
        held = level * self.step_kwh
        if plugged:
            node, approach_s, approach_kwh, steps = self.chargers[here]
            if level < LEVELS:
                yield steps[level], (True, here, level + 1)
            if (left := self._level(held - approach_kwh)) >= 0:
                yield approach_s, (False, node, left)
            return
        for head, time_s, used in self.out[here]:
            if (left := self._level(held - used)) >= 0:
                yield time_s, (False, head, left)
        for charger in self.at.get(here, ()):
            _, approach_s, approach_kwh, _ = self.chargers[charger]
            if (left := self._level(held - approach_kwh)) >= 0:
                yield approach_s + OVERHEAD_S, (True, charger, left)

    def _level(self, charge_kwh: float) -> int:
        """Return the level of a charge; negative where the battery is empty."""
        steps = charge_kwh / self.step_kwh
        return min(ceil(steps - 1e-9) if self.is_lucky else floor(steps + 1e-9), LEVELS)

    def _approach_s(self, place: int) -> float:
        spot = self.places.spots[place]
        metres = self.world.snapper.snap(spot).distance_m * APPROACH_DETOUR
        return float(metres / (APPROACH_KMH / 3.6))
