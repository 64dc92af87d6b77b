"""Energy and time of driving an edge: physics at a steady speed, for all edges at once.

Wheel work of an edge = rolling + air drag + climb. With ``f(W) = W/η`` for work that the motor
does (W >= 0) and ``f(W) = r·W`` for work that the brakes give back, an edge that only climbs or
only falls costs ``f(R ± G·h)``, where R is the resistance work, G = m·g and h its height. Besides
come auxiliaries and what speeding up and braking cost (`planner.energy.speed_changes`).

An edge that climbs *and* falls (heights c and d) says nothing of where it does so. Its slopes are
taken as equally steep up and down, so that the share a = c/(c+d) of its length climbs and
b = d/(c+d) falls, and the energy is ``f(a·R + G·c) + f(b·R - G·d)``. While the mean slope
(c+d)/length stays below R/(G·length), about 2 % at 90 km/h, nobody brakes, both terms are positive
and the sum is ``(R + G·(c-d))/η``: gentle ups and downs cost no more than their difference. Only
steeper ones lose what recuperation loses.

Source: longitudinal dynamics of a road vehicle, e.g. Gillespie, Fundamentals of Vehicle Dynamics
(SAE, 1992), chapter 4; losses in both directions as in Baum, Dibbelt, Pajor, Wagner, "Energy-
Optimal Routes for Electric Vehicles" (ACM SIGSPATIAL 2013).
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from planner.energy.climate import air_density_kg_m3, cabin_power_kw, rolling_factor
from planner.energy.speed_changes import braking_m_s2
from planner.model.vehicle import Conditions, Vehicle

GRAVITY_M_S2 = 9.80665
"""Standard gravity. Source: CGPM 1901."""

QUANTILE_95 = 1.645
"""Standard deviations from the mean to the 95 % quantile of a normal distribution."""

JOULE_PER_KWH = 3.6e6


def edge_energy_kwh(
    vehicle: Vehicle,
    conditions: Conditions,
    *,
    length_m: ArrayLike,
    speed_kmh: ArrayLike,
    climb_m: ArrayLike,
    descent_m: ArrayLike,
    ele_m: ArrayLike | None = None,
    quantile: bool,
) -> NDArray[np.float64]:
    """Energy that each edge takes from the battery; negative where it recuperates.

    Driven at the least of the edge's speed, the car's top speed and the mission's cap; a road of
    the edge's speed makes the car brake now and then. Auxiliaries run for ``length / speed``. A
    tailwind faster than the car counts as still air. A ferry edge is not driven: the caller sets
    its energy to 0.

    Parameters
    ----------
    length_m, climb_m, descent_m : array_like, shape (m,)
        Metres, not negative; ``climb_m`` and ``descent_m`` are the heights gained and lost.
    speed_kmh : array_like, shape (m,)
        Positive.
    ele_m : array_like, shape (m,), optional
        Height above the sea for the density of the air; sea level if not given.
    quantile : bool
        The 95 % quantile instead of the mean: ``1.645 · energy_error`` of the energy that the
        edge would take without its heights is added. Gravity is known, the rest is what
        predictions err in; they err for a whole trip in one direction, so quantiles of edges may
        be added up. Never below the mean.

    Returns
    -------
    float64, shape (m,)
        kWh on the battery's side.
    """
    length = np.asarray(length_m, dtype=np.float64)
    speed_m_s = driven_speed_kmh(vehicle, conditions, speed_kmh) / 3.6
    resistance_j = length * _resistance_n(vehicle, conditions, speed_m_s, ele_m)
    auxiliary_j = length / speed_m_s * (auxiliary_power_kw(vehicle, conditions) * 1000.0)
    work_j = _battery_work_j(vehicle, conditions, resistance_j, climb_m, descent_m)
    braked_j = _mass_kg(vehicle, conditions) * length * braking_m_s2(speed_kmh)
    even_j = auxiliary_j + braked_j * _swing_loss(vehicle)
    energy_j = work_j + even_j
    if quantile:
        level_j = resistance_j / vehicle.drivetrain_efficiency + even_j
        energy_j = energy_j + QUANTILE_95 * vehicle.energy_error * level_j
    return energy_j / JOULE_PER_KWH


def edge_time_s(
    vehicle: Vehicle,
    conditions: Conditions,
    *,
    length_m: ArrayLike,
    speed_kmh: ArrayLike,
    duration_s: ArrayLike,
) -> NDArray[np.float64]:
    """Driving time of each edge in seconds, float64[m].

    Length at the least of the edge's speed, the car's top speed and the mission's cap, plus what
    ``duration_s`` holds beyond ``length / speed_kmh`` (junctions, lights), which no car is spared.
    A ferry sails by its own time table: the caller takes ``duration_s`` itself for its edges.
    """
    length = np.asarray(length_m, dtype=np.float64)
    legal_m_s = np.asarray(speed_kmh, dtype=np.float64) / 3.6
    driven_m_s = driven_speed_kmh(vehicle, conditions, speed_kmh) / 3.6
    extra_s = np.maximum(0.0, np.asarray(duration_s, dtype=np.float64) - length / legal_m_s)
    return np.asarray(length / driven_m_s + extra_s, dtype=np.float64)


INSIDE_KNOWN_M = 600.0
"""Edges up to this length come from maps whose ways are cut every 500 m, with heights along them.
What lies inside longer edges (networks of junctions only) is not known."""


def inside_energy_kwh(
    vehicle: Vehicle,
    conditions: Conditions,
    *,
    length_m: ArrayLike,
    speed_kmh: ArrayLike,
    climb_m: ArrayLike,
    descent_m: ArrayLike,
    ele_m: ArrayLike | None = None,
    quantile: bool,
) -> NDArray[np.float64]:
    """Bound from above what any stretch inside an edge takes, shape (edges,), kWh.

    An edge that goes up and down again takes more to its crest than to its end. Let f be the work
    of the battery, which is subadditive: what a stretch takes is at most that of its length and
    climb alone, and that is no more than that of the whole edge's. So the energy of the edge
    without its descent is a bound for every beginning, end and middle of it. Where the inside is
    not known (`INSIDE_KNOWN_M`) an edge is taken to rise or fall evenly. Arguments are as those of
    `edge_energy_kwh`.
    """
    net, crest = (
        edge_energy_kwh(
            vehicle,
            conditions,
            length_m=length_m,
            speed_kmh=speed_kmh,
            climb_m=climb_m,
            descent_m=falls_m,
            ele_m=ele_m,
            quantile=quantile,
        )
        for falls_m in (descent_m, np.zeros_like(np.asarray(climb_m, dtype=np.float64)))
    )
    known = np.asarray(length_m) <= INSIDE_KNOWN_M
    return np.asarray(np.where(known, crest, np.maximum(net, 0.0)))


def height_potential_kwh_per_m(
    vehicle: Vehicle,
    conditions: Conditions,
    quantile: bool,  # noqa: ARG001 -- the bound holds for mean and quantile alike
) -> float:
    """Potential p, kWh for each metre of height: e - p·(climb - descent) >= 0 on every edge.

    f is increasing, R >= 0, auxiliaries and changes of speed cost >= 0, hence for any edge

        e >= f(a·R + G·c) + f(b·R - G·d) >= f(G·c) + f(-G·d) = G·c/η - r·G·d .

    So e - p·(c - d) >= (G/η - p)·c + (p - r·G)·d, which is not negative for every p from r·G to
    G/η (r·η < 1: recuperating never gains). The middle of that range is taken, so that rounding
    cannot break it. The quantile adds to e what is not negative, so the same p serves.
    """
    weight_n = _mass_kg(vehicle, conditions) * GRAVITY_M_S2
    factor = (1.0 / vehicle.drivetrain_efficiency + vehicle.recuperation_efficiency) / 2.0
    return weight_n * factor / JOULE_PER_KWH


def driven_speed_kmh(
    vehicle: Vehicle, conditions: Conditions, speed_kmh: ArrayLike
) -> NDArray[np.float64]:
    """Speed that this car drives on this mission: the road's, its own top, or the cap, km/h."""
    speed = np.asarray(speed_kmh, dtype=np.float64)
    for limit_kmh in (vehicle.max_speed_kmh, conditions.speed_cap_kmh):
        if limit_kmh is not None:
            speed = np.minimum(speed, limit_kmh)
    return speed


def auxiliary_power_kw(vehicle: Vehicle, conditions: Conditions) -> float:
    """Electronics, lights, ventilation, heating and cooling together, kW.

    A vehicle of the kind ``motorbike`` has no cabin to heat or cool.
    """
    if vehicle.kind == "motorbike":
        return vehicle.auxiliary_kw
    cabin_kw = cabin_power_kw(conditions.temperature_c, heat_pump=vehicle.heat_pump)
    return vehicle.auxiliary_kw + cabin_kw


def _mass_kg(vehicle: Vehicle, conditions: Conditions) -> float:
    return vehicle.mass_kg + conditions.payload_kg


def _resistance_n(
    vehicle: Vehicle,
    conditions: Conditions,
    speed_m_s: NDArray[np.float64],
    ele_m: ArrayLike | None,
) -> NDArray[np.float64]:
    """Sum rolling resistance and air drag in newtons; never negative."""
    weight_n = _mass_kg(vehicle, conditions) * GRAVITY_M_S2
    rolling_n = vehicle.rolling_coefficient * rolling_factor(conditions.temperature_c) * weight_n
    height_m = 0.0 if ele_m is None else np.asarray(ele_m, dtype=np.float64)
    density = air_density_kg_m3(conditions.temperature_c, height_m)
    air_speed_m_s = np.maximum(0.0, speed_m_s + conditions.headwind_m_s)
    return np.asarray(rolling_n + 0.5 * density * vehicle.drag_area_m2 * air_speed_m_s**2)


def _battery_work_j(
    vehicle: Vehicle,
    conditions: Conditions,
    resistance_j: NDArray[np.float64],
    climb_m: ArrayLike,
    descent_m: ArrayLike,
) -> NDArray[np.float64]:
    """Work of the battery for the wheels: the climbing share, then the falling one."""
    climb = np.asarray(climb_m, dtype=np.float64)
    descent = np.asarray(descent_m, dtype=np.float64)
    weight_n = _mass_kg(vehicle, conditions) * GRAVITY_M_S2
    heights = climb + descent
    falling = np.divide(descent, heights, out=np.zeros_like(heights), where=heights > 0.0)
    upwards_j = (1.0 - falling) * resistance_j + weight_n * climb
    downwards_j = falling * resistance_j - weight_n * descent
    return _through_drivetrain(vehicle, upwards_j) + _through_drivetrain(vehicle, downwards_j)


def _swing_loss(vehicle: Vehicle) -> float:
    """Battery work lost for each joule that is drawn for speed and braked away again."""
    return 1.0 / vehicle.drivetrain_efficiency - vehicle.recuperation_efficiency


def _through_drivetrain(vehicle: Vehicle, wheel_j: NDArray[np.float64]) -> NDArray[np.float64]:
    factor = np.where(
        wheel_j >= 0.0, 1.0 / vehicle.drivetrain_efficiency, vehicle.recuperation_efficiency
    )
    return np.asarray(wheel_j * factor, dtype=np.float64)
