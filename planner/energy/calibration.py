"""Bringing the physics of a car to its published average consumption.

Catalogues publish one figure for a car, its average consumption, without the cycle it stands for.
Compared with the tests that drivers know, these figures lie where an all-year mix of town, country
and motorway lies. So the reference cycle here is: flat road, still air, driver only, a quarter of
the distance at 50 km/h, a quarter at 90, half at 110, and half of each at 23 °C and half at
-10 °C. It is an assumption, and the one place where it is made.

The steady speeds hold no stops and starts; what those cost goes into the efficiency that the
calibration finds, and so onto every road.
"""

from dataclasses import replace

import numpy as np

from planner.energy.consumption import edge_energy_kwh
from planner.model.vehicle import Conditions, Vehicle

CYCLE: tuple[tuple[float, float, float], ...] = (
    (50.0, 23.0, 0.125),
    (50.0, -10.0, 0.125),
    (90.0, 23.0, 0.125),
    (90.0, -10.0, 0.125),
    (110.0, 23.0, 0.25),
    (110.0, -10.0, 0.25),
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

    The efficiency is moved first, within `EFFICIENCY_RANGE`; what is left scales rolling
    coefficient and drag area alike.

    Raises
    ------
    ValueError
        The figure cannot be met by any such car: it is below what the auxiliaries take, or would
        ask for a road load outside `ROAD_LOAD_RANGE` of the given one.
    """
    auxiliaries = reference_kwh_per_100_km(
        replace(vehicle, rolling_coefficient=0.0, drag_area_m2=0.0)
    )
    at_wheels = (reference_kwh_per_100_km(vehicle) - auxiliaries) * vehicle.drivetrain_efficiency
    for_wheels = average_kwh_per_100_km - auxiliaries
    if for_wheels <= 0.0:
        raise ValueError(
            f"{average_kwh_per_100_km:g} kWh/100 km is less than heating and electronics take"
        )
    lowest, highest = EFFICIENCY_RANGE
    efficiency = min(highest, max(lowest, at_wheels / for_wheels))
    factor = for_wheels * efficiency / at_wheels
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
