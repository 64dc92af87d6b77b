"""Seconds and kWh of one edge for one car, compiled: the physics of `planner.energy.consumption`.

NumPy prices all edges of a region at once; a plan touches a small part of them. Here the same
formulas stand for one edge, so that kernels price an edge when they first meet it. The tests hold
both to each other.
"""
# mypy: disallow-untyped-decorators=False
# (numba's decorators carry no types)

from math import inf
from typing import NamedTuple

from numba import njit

from planner.energy.climate import GAS_CONSTANT_DRY_AIR, rolling_factor
from planner.energy.consumption import (
    GRAVITY_M_S2,
    INSIDE_KNOWN_M,
    JOULE_PER_KWH,
    QUANTILE_95,
    auxiliary_power_kw,
)
from planner.energy.speed_changes import road_braking_m2_s2
from planner.model.vehicle import Conditions, Vehicle

M_S_PER_KMH, KG_PER_N, KWH_PER_JOULE = 1.0 / 3.6, 1.0 / GRAVITY_M_S2, 1.0 / JOULE_PER_KWH
"""Factors, for a kernel divides more slowly than it multiplies."""

FERRY = 2
"""Bit of `RoadGraph.flags`: the car stands on deck and uses nothing."""


class CarTerms(NamedTuple):
    """A car on a day, as the numbers that its edges depend on.

    ``weight_n`` and ``rolling_n`` in newtons; ``half_drag_m2`` is half the drag area;
    ``gas_j_kg`` is the gas constant times the absolute temperature; ``motor`` is battery work for
    each joule at the wheels, ``brake`` the part of a joule that comes back; ``careful`` is the
    share added to the level energy for the 95 % quantile.
    """

    weight_n: float
    rolling_n: float
    half_drag_m2: float
    gas_j_kg: float
    headwind_m_s: float
    top_kmh: float
    auxiliary_w: float
    motor: float
    brake: float
    careful: float


def car_terms(vehicle: Vehicle, conditions: Conditions, *, quantile: bool = True) -> CarTerms:
    """Take together what `edge_energy_kwh` needs of a car and a day."""
    weight_n = (vehicle.mass_kg + conditions.payload_kg) * GRAVITY_M_S2
    rolling = vehicle.rolling_coefficient * rolling_factor(conditions.temperature_c)
    tops = (vehicle.max_speed_kmh, conditions.speed_cap_kmh)
    return CarTerms(
        weight_n=weight_n,
        rolling_n=rolling * weight_n,
        half_drag_m2=0.5 * vehicle.drag_area_m2,
        gas_j_kg=GAS_CONSTANT_DRY_AIR * (273.15 + conditions.temperature_c),
        headwind_m_s=conditions.headwind_m_s,
        top_kmh=min((top for top in tops if top is not None), default=inf),
        auxiliary_w=auxiliary_power_kw(vehicle, conditions) * 1000.0,
        motor=1.0 / vehicle.drivetrain_efficiency,
        brake=vehicle.recuperation_efficiency,
        careful=QUANTILE_95 * vehicle.energy_error if quantile else 0.0,
    )


@njit(cache=True, inline="always")
def pressure_pa(ele_m: float) -> float:
    """Pressure of the air at a height; see `planner.energy.climate.air_density_kg_m3`."""
    height_m = min(max(ele_m, -500.0), 9000.0)
    return float(101325.0 * (1.0 - 2.25577e-5 * height_m) ** 5.25588)


@njit(cache=True, nogil=True)
def drive_edge(
    car: CarTerms,
    length_m: float,
    speed_kmh: float,
    duration_s: float,
    climb_m: float,
    descent_m: float,
    ele_m: float,
    on_deck: bool,
) -> tuple[float, float]:
    """Seconds and kWh of one edge; on deck a car uses nothing and sails by the time table."""
    if on_deck:
        return duration_s, 0.0
    driven_m_s = min(speed_kmh, car.top_kmh) * M_S_PER_KMH
    rolling_s = length_m / driven_m_s
    free_s = length_m / (speed_kmh * M_S_PER_KMH)
    extra_s = max(0.0, duration_s - free_s)
    air_m_s = max(0.0, driven_m_s + car.headwind_m_s)
    density = pressure_pa(ele_m) / car.gas_j_kg
    resistance_j = length_m * (car.rolling_n + density * car.half_drag_m2 * air_m_s * air_m_s)
    auxiliary_j = rolling_s * car.auxiliary_w
    heights_m = climb_m + descent_m
    falling = descent_m / heights_m if heights_m > 0.0 else 0.0
    upwards_j = (1.0 - falling) * resistance_j + car.weight_n * climb_m
    downwards_j = falling * resistance_j - car.weight_n * descent_m
    work_j = upwards_j * car.motor
    work_j += downwards_j * (car.motor if downwards_j >= 0.0 else car.brake)
    braked_j = car.weight_n * KG_PER_N * road_braking_m2_s2(length_m, free_s)
    even_j = auxiliary_j + braked_j * (car.motor - car.brake)
    careful_j = car.careful * (resistance_j * car.motor + even_j)
    return rolling_s + extra_s, (work_j + even_j + careful_j) * KWH_PER_JOULE


@njit(cache=True, nogil=True)
def inside_edge(
    car: CarTerms,
    length_m: float,
    speed_kmh: float,
    climb_m: float,
    descent_m: float,
    ele_m: float,
    kwh: float,
    on_deck: bool,
) -> float:
    """Most kWh that any stretch of an edge of ``kwh`` takes; see `inside_energy_kwh`."""
    if on_deck or descent_m <= 0.0 or length_m > INSIDE_KNOWN_M:
        return max(kwh, 0.0)
    return float(drive_edge(car, length_m, speed_kmh, 0.0, climb_m, 0.0, ele_m, on_deck)[1])
