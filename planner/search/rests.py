"""What a trip has before it at least, by legs: what its stops cost, and what lies behind them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planner.energy.charging import AC_EFFICIENCY, ChargingCurve, charging_curve
from planner.energy.share import Share
from planner.legs.backward import Sought
from planner.legs.bounds import RoadBounds
from planner.legs.car import CarLegs
from planner.legs.rests import LeastRests, Rests
from planner.model.vehicle import Vehicle
from planner.search.problem import EPSILON_KWH, STOP_OVERHEAD_S, Problem
from planner.world import SAME_SITE_M

F64 = NDArray[np.float64]
Ints = NDArray[np.intp]

MOST_STATIONS = 1_500
"""Stations up to which rests are worked out: the tables take 13 bytes for each pair."""

MARGIN = 0.06
"""How much more than the least a trip may take for its places to be worked out."""

CURVE_S = 1.0
"""Taken off the time of charging: curves are told to half a second."""

HIGH_V = 1_000.0
"""Voltage at which every car charges as quickly as it can."""


@dataclass(frozen=True, eq=False)
class StationRests:
    """Rests of a stage of a trip (`planner.search.setup.Stage`) on legs of one kind.

    ``bounds`` and ``place_of`` are those of all places of the trip; ``point_m`` says where the
    stations of the stage stand.
    """

    legs: CarLegs
    kind: int
    bounds: RoadBounds
    place_of: Ints
    point_m: F64
    sharp: Share
    vehicle: Vehicle

    def of(self, problem: Problem, candidates: Ints) -> Rests | None:
        """Work them out; None where there are too many stations, or no way but by other legs."""
        if candidates.size > MOST_STATIONS or not _needs_stop(problem):
            return None
        bounds, legs = problem.bounds, self.legs
        price, capacity_kwh = bounds.price_s_per_kwh, problem.capacity_kwh
        waypoints = np.array([via.place for via in problem.vias], np.intp)
        place = np.concatenate((candidates, waypoints))
        ele_m = legs.car.graph.ele_m
        lift = legs.car.height_kwh_per_m
        power_kw = problem.power_kw[candidates]
        sought = Sought(
            place=place,
            point_m=self.point_m[candidates],
            apart_m=SAME_SITE_M - 1.0,
            stop_s=least_stops_s(self.vehicle, power_kw, capacity_kwh, price),
            behind_s=self._behind_s(problem, place),
            up_kwh=lift * ele_m[legs.places.arrive[place]].astype(np.float64),
            down_kwh=lift * ele_m[legs.places.depart[place]].astype(np.float64)
            + legs.car.allowance_kwh,
            price_s_per_kwh=price,
            capacity_kwh=capacity_kwh,
            start_kwh=problem.start_kwh + EPSILON_KWH,
            margin_s=MARGIN * float(bounds.together_s[0, waypoints[0]]),
        )
        service_s = np.array([via.service_s for via in problem.vias])
        return LeastRests(legs, self.kind, sought, bounds.potentials).find(service_s)

    def _behind_s(self, problem: Problem, place: Ints) -> F64:
        """Least from the beginning of each stage to places, energy priced, shape (stages, places).

        No leg takes less than this rises by; of the least time alone that does not hold downhill.
        Where some ways by stations are no drives, only what the climb takes.
        """
        bounds, price = problem.bounds, problem.bounds.price_s_per_kwh
        begins = np.array([via.place for via in problem.vias[:-1]])
        if not bounds.through[place[: -len(problem.vias)]].all():
            car, arrive = self.legs.car, self.legs.places.arrive
            ele_m = car.graph.ele_m[arrive].astype(np.float64)
            rise_m = ele_m[place] - ele_m[begins][:, None]
            return np.asarray(price * car.height_kwh_per_m * rise_m)
        rows = [
            self.bounds.sharply_priced(begin, price, self.sharp, inward=False)
            for begin in self.place_of[begins].tolist()
        ]
        return np.stack(rows)[:, self.place_of[place]]


def _needs_stop(problem: Problem) -> bool:
    """Say whether the trip needs a stop for certain."""
    needs_kwh = float(problem.bounds.energy_kwh[0, problem.vias[0].place]) + problem.end_kwh
    return needs_kwh > problem.start_kwh


def least_stops_s(
    vehicle: Vehicle, power_kw: F64, capacity_kwh: float, price_s_per_kwh: float
) -> F64:
    """Least of a stop at posts of some powers: its seconds, less the price of what is charged.

    Shape (posts,). ``capacity_kwh`` of the battery lie above the reserve. No post of less power
    charges sooner anywhere, nor does direct current at a lower voltage.
    """
    powers, which = np.unique(power_kw, return_inverse=True)
    gains = [_most_gain_s(vehicle, kw, capacity_kwh, price_s_per_kwh) for kw in powers.tolist()]
    return np.asarray(STOP_OVERHEAD_S - np.array(gains)[which])


def _most_gain_s(vehicle: Vehicle, power_kw: float, capacity_kwh: float, price: float) -> float:
    """Most that charging can be worth above its time, at a post of a power."""
    if power_kw <= 0.0:
        return 0.0
    alternating_kw = min(power_kw, vehicle.ac_kw) * AC_EFFICIENCY
    gain = 0.0
    if alternating_kw > 0.0:
        gain = max(capacity_kwh * (price - 3600.0 / alternating_kw), 0.0)
    if vehicle.dc_curve:
        curve = charging_curve(vehicle, power_type="DC", power_kw=power_kw, voltage_v=HIGH_V)
        gain = max(gain, _most_rise(_worth_s(curve, capacity_kwh, price)) + CURVE_S)
    return gain


def _worth_s(curve: ChargingCurve, capacity_kwh: float, price: float) -> F64:
    """Price of the energy less the time, at each charge above the reserve where that may turn."""
    reserve = curve.usable_kwh - capacity_kwh
    energy = np.concatenate(([reserve], curve.energy_kwh[curve.energy_kwh > reserve]))
    return np.asarray(price * energy - np.interp(energy, curve.energy_kwh, curve.time_s))


def _most_rise(worth: Sequence[float] | F64) -> float:
    """Greatest rise from one value to a later one, 0 at least."""
    values = np.asarray(worth)
    return float((values - np.minimum.accumulate(values)).max(initial=0.0))
