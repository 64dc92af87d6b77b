"""The adversary: drives what a plan says, lets stops fail at the worst moments, counts the broken.

Reads the plan as any driver's device would (`planner.model.plan`), moves the car edge by edge with
a battery that neither overflows nor runs dry (`planner.energy`), and asks at every arrival whether
the post opens (`Chargers`). It knows nothing of how plans are found or checked.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from planner.access.chargers import Chargers, accessible
from planner.energy.charging import ChargingCurve, charging_curve
from planner.energy.consumption import edge_energy_kwh, edge_time_s
from planner.model.geo import LonLat, distance_m
from planner.model.plan import ChargingStop, Fallback, Leg, Plan
from planner.roads.snap import APPROACH_DETOUR, APPROACH_KMH
from planner.world import SAME_SITE_M, World
from tests.oracle.driven import driven

if TYPE_CHECKING:
    from planner.model.mission import Mission

TRY_S = 600.0
"""Seconds lost in trying at a stop that fails."""

SLIP_KWH = 1e-4
SLIP_S = 1.0
"""What rounding may cost."""


@dataclass(frozen=True, slots=True)
class FalsePromise:
    """Something that the plan said and that did not come true."""

    kind: str
    story: tuple[str, ...]
    detail: str


@dataclass(frozen=True, slots=True)
class Car:
    """Where the trip stands: the time, what the battery holds, the next waypoint, what failed."""

    time: float
    charge_kwh: float
    waypoint: int
    failed: tuple[ChargingStop, ...] = ()
    story: tuple[str, ...] = ()


@dataclass
class Adversary:
    """One plan against the worst; ``failures`` counts the stops that were made to fail."""

    world: World
    plan: Plan
    moments: int = 6
    failures: int = 0
    found: list[FalsePromise] = field(default_factory=list)

    def __post_init__(self) -> None:
        mission, graph = self.plan.mission, self.world.region
        self.mission: Mission = mission
        self.chargers: Chargers = accessible(
            self.world.snapshot,
            mission.wallet,
            mission.vehicle,
            min_grade=mission.guarantee.min_grade,
            now=mission.now,
            at=mission.departure,
        )
        self.edge_kwh = edge_energy_kwh(
            mission.vehicle,
            mission.conditions,
            quantile=True,
            **driven(graph),
        )
        self.edge_s = edge_time_s(
            mission.vehicle,
            mission.conditions,
            length_m=graph.length_m,
            speed_kmh=graph.speed_kmh,
            duration_s=graph.duration_s,
        )
        self.full_kwh = mission.vehicle.usable_kwh
        self.reserve_kwh = mission.reserve_soc * self.full_kwh

    def attack(self) -> list[FalsePromise]:
        """Play every failure that the plan says it survives; return what broke."""
        start = Car(self.mission.departure, self.mission.soc * self.full_kwh, 1)
        self._follow(
            start,
            self.plan.legs,
            self.plan.charging_stops,
            order=self.mission.guarantee.fallbacks,
            windows=True,
        )
        return self.found

    def _follow(
        self,
        car: Car,
        legs: tuple[Leg, ...],
        stops: tuple[ChargingStop, ...],
        *,
        order: int,
        windows: bool,
    ) -> tuple[Car, float]:
        """Drive legs and stops to the end; return the car there and how late it ever was."""
        ahead = list(stops)
        late_s = 0.0
        for leg in legs:
            car = self._drive(car, leg)
            if ahead and leg.end == ahead[0].location and abs(leg.arrival - ahead[0].arrival) < 1:
                car = self._charge(car, ahead.pop(0), order=order)
            else:
                car, late = self._visit(car, leg, windows=windows)
                late_s = max(late_s, late)
        if ahead:
            self._say("structure", car, f"{len(ahead)} stops are on no leg")
        if car.waypoint != len(self.mission.waypoints):
            self._say("structure", car, "the trip ends before its last waypoint")
        if car.charge_kwh < self.mission.arrival_soc * self.full_kwh - SLIP_KWH:
            self._say("arrival charge", car, f"{car.charge_kwh / self.full_kwh:.4f} is left")
        return car, late_s

    def _drive(self, car: Car, leg: Leg) -> Car:
        """Move the car along a leg, edge by edge."""
        graph = self.world.region
        node = leg.start_node
        for edge in leg.path:
            if int(graph.tail[edge]) != node:
                self._say("path", car, f"edge {edge} does not start at node {node}")
            node = int(graph.head[edge])
        if node != leg.end_node:
            self._say("path", car, "the path does not end at its node")
        taken = list(leg.path)
        uses = [self._approach_kwh(car, leg.start, leg.start_node, leg.approach_start_m)]
        uses += self.edge_kwh[taken].tolist()
        uses.append(self._approach_kwh(car, leg.end, leg.end_node, leg.approach_end_m))
        charge = car.charge_kwh
        for used in uses:
            charge = min(charge - used, self.full_kwh)
            if charge < self.reserve_kwh - SLIP_KWH:
                self._say(
                    "reserve",
                    car,
                    f"{charge - self.reserve_kwh:.4f} kWh on the way to {leg.end_name}",
                )
                break
        slow_m = leg.approach_start_m + leg.approach_end_m
        lasts_s = float(self.edge_s[taken].sum()) + slow_m / (APPROACH_KMH / 3.6)
        if abs(lasts_s - leg.duration_s) > SLIP_S:
            self._say("leg time", car, f"said {leg.duration_s:.1f} s, takes {lasts_s:.1f} s")
        story = (
            *car.story,
            f"{leg.end_name or leg.end} at {car.time + lasts_s - self.mission.departure:.0f}",
        )
        return Car(car.time + lasts_s, charge, car.waypoint, car.failed, story)

    def _approach_kwh(self, car: Car, spot: LonLat, node: int, said_m: float) -> float:
        graph = self.world.region
        straight = distance_m(spot, LonLat(float(graph.lon[node]), float(graph.lat[node])))
        if said_m < straight * APPROACH_DETOUR - 1.0:
            self._say("approach", car, f"said {said_m:.0f} m, is {straight:.0f} m straight")
        used = edge_energy_kwh(
            self.mission.vehicle,
            self.mission.conditions,
            length_m=np.array([said_m]),
            speed_kmh=np.array([APPROACH_KMH]),
            climb_m=np.zeros(1),
            descent_m=np.zeros(1),
            quantile=True,
        )
        return float(used[0]) if said_m > 0 else 0.0

    def _visit(self, car: Car, leg: Leg, *, windows: bool) -> tuple[Car, float]:
        """Serve a waypoint; return the car as it leaves and how late it came."""
        if car.waypoint >= len(self.mission.waypoints):
            self._say("structure", car, "a leg ends at neither a stop nor a waypoint")
            return car, 0.0
        point = self.mission.waypoints[car.waypoint]
        if point.location != leg.end:
            self._say("structure", car, "the waypoints are not visited in order")
        late = 0.0 if point.arrive_before is None else max(0.0, car.time - point.arrive_before)
        if windows and late > SLIP_S:
            self._say("window", car, f"{late:.0f} s late")
        time = car.time
        if car.waypoint < len(self.mission.waypoints) - 1:
            time = max(time, point.arrive_after or time) + point.service_s
        return Car(time, car.charge_kwh, car.waypoint + 1, car.failed, car.story), late

    def _charge(self, car: Car, stop: ChargingStop, *, order: int) -> Car:
        """Stop and charge as the plan says, and see what happens if that fails."""
        arrival = max(car.time, stop.arrival)
        here = Car(arrival, car.charge_kwh, car.waypoint, car.failed, car.story)
        if car.charge_kwh < stop.soc_arrival * self.full_kwh - SLIP_KWH:
            self._say(
                "charge", car, f"{car.charge_kwh / self.full_kwh:.4f}, said {stop.soc_arrival:.4f}"
            )
        curve = self._curve(stop)
        target = min(stop.soc_departure * self.full_kwh, self.full_kwh)
        charging_s = max(curve.time_between(car.charge_kwh, target), 0.0)
        departure = arrival + stop.overhead_s + charging_s
        if stop.waiting_s > 0.0:
            departure = max(departure, stop.departure)
        if not car.failed and abs(departure - stop.departure) > SLIP_S:
            self._say("departure", car, f"{departure - stop.departure:.1f} s off")
        self._open(here, stop, arrival, departure)
        if order > 0:
            self._fail(here, stop, curve, departure, order)
        return Car(departure, max(car.charge_kwh, target), car.waypoint, car.failed, car.story)

    def _open(self, car: Car, stop: ChargingStop, arrival: float, departure: float) -> None:
        """Check that the post opens from arrival to departure and is at no site that failed."""
        evse = self._evse(stop)
        asked = self.chargers.fallback_refusal_at if car.failed else self.chargers.refusal_at
        refused = asked(evse, arrival, departure)
        if refused is not None:
            self._say("access", car, f"{stop.station_id}: {refused.reason}, {refused.detail}")
        verdict = self.chargers.verdict_at(evse, arrival, departure)
        if verdict.grade < self.mission.guarantee.min_grade:
            self._say("grade", car, f"{stop.station_id}: {verdict.grade.word}")
        if stop.station_id in self.mission.exclude_stations:
            self._say("excluded", car, stop.station_id)
        for failed in car.failed:
            if distance_m(failed.location, stop.location) < SAME_SITE_M - 1:
                self._say("same site", car, f"{stop.station_id} stands beside {failed.station_id}")

    def _fail(
        self, car: Car, stop: ChargingStop, curve: ChargingCurve, departure: float, order: int
    ) -> None:
        """Let the stop fail at several moments and follow its fallback each time."""
        if not stop.fallbacks:
            self._say("no fallback", car, f"{stop.station_id} has none")
        if car.charge_kwh < stop.floor_soc * self.full_kwh - SLIP_KWH:
            self._say("floor", car, f"arrives below {stop.floor_soc:.4f}")
        for fallback in stop.fallbacks:
            for moment in self._moments(car, stop, departure, deep=bool(car.failed)):
                self.failures += 1
                plugged_s = max(moment - car.time - stop.overhead_s, 0.0)
                held = max(curve.energy_after(car.charge_kwh, plugged_s), car.charge_kwh)
                self._fall_back(car, stop, fallback, moment, held, order)

    def _moments(
        self, car: Car, stop: ChargingStop, departure: float, *, deep: bool
    ) -> Iterator[float]:
        """List the moments of failure: first, last and some between."""
        yield car.time
        yield departure
        begun = car.time + stop.overhead_s
        for part in range(1, 2 if deep else self.moments - 1):
            yield begun + (departure - begun) * (part - 1) / max(self.moments - 2, 1)

    def _fall_back(
        self,
        car: Car,
        stop: ChargingStop,
        fallback: Fallback,
        moment: float,
        held_kwh: float,
        order: int,
    ) -> None:
        story = (*car.story, f"{stop.station_id} fails after {moment - car.time:.0f} s")
        away = Car(moment + TRY_S, held_kwh, car.waypoint, (*car.failed, stop), story)
        arrival = away.time + fallback.leg.duration_s
        if arrival > fallback.latest_arrival + SLIP_S:
            self._say("latest arrival", away, f"{arrival - fallback.latest_arrival:.0f} s later")
        end, late_s = self._follow(
            away,
            (fallback.leg, *fallback.onward_legs),
            (fallback.stop, *fallback.onward_stops),
            order=order - 1,
            windows=self.mission.guarantee.windows,
        )
        if late_s > fallback.lateness_s + SLIP_S:
            self._say("lateness", end, f"{late_s:.0f} s, said {fallback.lateness_s:.0f} s")
        at_once = moment == stop.arrival and not car.failed
        if at_once and end.time > fallback.arrival + SLIP_S:
            self._say("fallback arrival", end, f"{end.time - fallback.arrival:.0f} s later")

    def _curve(self, stop: ChargingStop) -> ChargingCurve:
        evse = self.world.snapshot.evse(self._evse(stop))
        connector = next(c for c in evse.connectors if c.id == stop.connector_id)
        return charging_curve(
            self.mission.vehicle,
            power_type=connector.power_type,
            power_kw=connector.power_kw,
            voltage_v=connector.voltage_v,
            standard=connector.standard,
        )

    def _evse(self, stop: ChargingStop) -> int:
        snapshot = self.world.snapshot
        for number, station in enumerate(snapshot.stations):
            if station.id == stop.station_id:
                for post, evse in enumerate(station.evses):
                    if evse.uid == stop.evse_uid:
                        return int(snapshot.first[number]) + post
        raise LookupError(stop.station_id)

    def _say(self, kind: str, car: Car, detail: str) -> None:
        self.found.append(FalsePromise(kind, car.story, detail))
