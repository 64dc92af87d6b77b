"""Bringing the physics of a car to its published average consumption.

The averages of open-ev-data are those of EV Database, which tells how it makes them: ranges in town
and at a constant 110 km/h, each at -10 °C with heating and at 23 °C without air conditioning; half
and half of both roads; and of the cold and the mild range the mean. A mean of ranges weighs the
mild day more: consumption is 0.42 parts cold and 0.58 parts mild.

Source: legend of the car pages of ev-database.org ("Indication of real-world range in several
situations"), and 23 of its cars (``bench/energy_situations.csv``): their ranges are 0.99 to 1.01
times the mean of the cold and the mild range, which are 1.02 times that of half and half.

Roads of 50 km/h make the car brake and speed up as in town (`planner.energy.speed_changes`); what
stops cost besides goes into the efficiency that the calibration finds, and so onto every road.
"""

from dataclasses import replace

import numpy as np

from planner.energy.consumption import JOULE_PER_KWH, edge_energy_kwh
from planner.energy.speed_changes import braking_m_s2
from planner.model.vehicle import Conditions, Vehicle

CYCLE: tuple[tuple[float, float, float], ...] = (
    (50.0, 23.0, 0.29),
    (110.0, 23.0, 0.29),
    (50.0, -10.0, 0.21),
    (110.0, -10.0, 0.21),
)
"""The reference cycle: (speed km/h, temperature °C, share of the distance)."""

EFFICIENCY_RANGE = (0.75, 0.92)
"""Battery to wheel, between which a calibrated drivetrain stays; the road load gives the rest.

Source: 0.75 to 0.92 spans the drivetrains reviewed in Weiss, Cloos, Helmers, "Energy efficiency
trade-offs in small to large electric vehicles", Environmental Sciences Europe 32:46 (2020).
"""

ROAD_LOAD_RANGE = (0.5, 2.0)
"""Factors on rolling and air drag beyond which the figures do not belong to one car."""


def reference_kwh_per_100_km(vehicle: Vehicle) -> float:
    """Give what the physics says the car takes on the reference cycle, kWh/100 km, battery side."""
    return sum(
        share * _steady_kwh_per_100_km(vehicle, speed_kmh, temperature_c)
        for speed_kmh, temperature_c, share in CYCLE
    )


def calibrate(vehicle: Vehicle, average_kwh_per_100_km: float) -> Vehicle:
    """Return the car with efficiency and road load such that the reference cycle meets a figure.

    With W the work of the road load, B what is braked away, A auxiliaries, r recuperation and f a
    factor on the road load, the cycle takes A + (f·W + B)/η - r·B. The efficiency η is moved first,
    within `EFFICIENCY_RANGE`; what is left is f, which scales rolling coefficient and drag area.

    Raises
    ------
    ValueError
        The figure cannot be met by any such car: it is below what the auxiliaries take, or would
        ask for a road load outside `ROAD_LOAD_RANGE` of the given one.
    """
    drivetrain, recuperation = vehicle.drivetrain_efficiency, vehicle.recuperation_efficiency
    rolls_freely = replace(vehicle, rolling_coefficient=0.0, drag_area_m2=0.0)
    braked = _braked_kwh_per_100_km(vehicle)
    without_road_load = reference_kwh_per_100_km(rolls_freely)
    auxiliaries = without_road_load - braked * (1.0 / drivetrain - recuperation)
    at_wheels = (reference_kwh_per_100_km(vehicle) - without_road_load) * drivetrain
    for_wheels = average_kwh_per_100_km - auxiliaries + recuperation * braked
    if average_kwh_per_100_km <= auxiliaries:
        raise ValueError(
            f"{average_kwh_per_100_km:g} kWh/100 km is less than heating and electronics take"
        )
    lowest, highest = EFFICIENCY_RANGE
    efficiency = min(highest, max(lowest, (at_wheels + braked) / for_wheels))
    factor = (for_wheels * efficiency - braked) / at_wheels
    if not ROAD_LOAD_RANGE[0] <= factor <= ROAD_LOAD_RANGE[1]:
        raise ValueError(
            f"{average_kwh_per_100_km:g} kWh/100 km does not fit a car of {vehicle.mass_kg:.0f} kg"
            f" and {vehicle.drag_area_m2:.2f} m² (road load times {factor:.2f})"
        )
    return replace(
        vehicle,
        drivetrain_efficiency=round(efficiency, 4),
        rolling_coefficient=vehicle.rolling_coefficient * factor,
        drag_area_m2=vehicle.drag_area_m2 * factor,
    )


def _braked_kwh_per_100_km(vehicle: Vehicle) -> float:
    """Energy at the wheels that the cycle's roads make the car brake away, kWh/100 km."""
    speed_kmh, _, share = np.array(CYCLE).T
    return float(vehicle.mass_kg * (braking_m_s2(speed_kmh) @ share) * 1e5 / JOULE_PER_KWH)


def _steady_kwh_per_100_km(vehicle: Vehicle, speed_kmh: float, temperature_c: float) -> float:
    free = replace(vehicle, max_speed_kmh=None)
    energy = edge_energy_kwh(
        free,
        Conditions(temperature_c=temperature_c),
        length_m=np.array([100_000.0]),
        speed_kmh=np.array([speed_kmh]),
        climb_m=np.zeros(1),
        descent_m=np.zeros(1),
        quantile=False,
    )
    return float(energy[0])
