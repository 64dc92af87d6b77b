"""Driving a trace, a level road or a hill with the planner's energy model."""

import numpy as np

from bench.energy_epa import F64, Tested, cut
from planner.energy.consumption import edge_energy_kwh
from planner.energy.description import vehicle_from_dict
from planner.energy.road_load import road_load_n
from planner.energy.speed_changes import braking_m_s2
from planner.model.vehicle import Conditions, Vehicle


def own_car(tested: Tested) -> Vehicle:
    """Return a car as somebody would describe it who knows its road load and mass only."""
    told = {"mass_kg": tested.mass_kg, "road_load": tested.load, "usable_kwh": 70.0}
    return vehicle_from_dict({**told, "ac_kw": 11.0, "ac_phases": 3})


def by_seconds(tested: Tested, car: Vehicle, trace: F64) -> float:
    """Drive a trace by A, B and C with inertia and recuperation, kWh/100 km of the battery."""
    moving, gains = (trace[1:] + trace[:-1]) / 2.0, np.diff(trace)
    load_n = np.where(moving > 0.0, road_load_n(tested.load, moving), 0.0)
    watts = (load_n + tested.mass_kg * gains) * moving
    motor = np.where(
        watts > 0.0, watts / car.drivetrain_efficiency, watts * car.recuperation_efficiency
    )
    joules = motor.sum() + car.auxiliary_kw * 1000.0 * len(moving)
    return float(joules / 3.6e6 / moving.sum() * 1e5)


def by_edges(car: Vehicle, trace: F64, day: Conditions, *, braking: bool = True) -> float:
    """Drive a trace as the planner does: edges of one speed each, kWh/100 km of the battery."""
    length, speed, _ = cut(trace)
    level = np.zeros_like(length)
    kwh = edge_energy_kwh(
        car,
        day,
        length_m=length,
        speed_kmh=speed,
        climb_m=level,
        descent_m=level,
        quantile=False,
    ).sum()
    kwh -= 0.0 if braking else swings_kwh(car, day, length, speed)
    return float(kwh / length.sum() * 1e5)


def steady(car: Vehicle, kmh: float, day: Conditions, *, braking: bool = True) -> float:
    """Return kWh/100 km on level roads of one speed, or on a track where nothing brakes a car."""
    kwh = edge_energy_kwh(
        car, day, length_m=1e5, speed_kmh=kmh, climb_m=0.0, descent_m=0.0, quantile=False
    )
    swings = 0.0 if braking else swings_kwh(car, day, np.array([1e5]), np.array([kmh]))
    return float(kwh) - swings


def swings_kwh(car: Vehicle, day: Conditions, length_m: F64, speed_kmh: F64) -> float:
    """Return what speeding up and braking cost on edges, kWh."""
    loss = 1.0 / car.drivetrain_efficiency - car.recuperation_efficiency
    mass_kg = car.mass_kg + day.payload_kg
    return float(mass_kg * (braking_m_s2(speed_kmh) @ length_m) * loss / 3.6e6)


def hill(car: Vehicle, kmh: float, climb_m: float, descent_m: float) -> float:
    """Return kWh of 40 edges of 500 m that rise or fall so much each, at 1,500 m and 15 °C."""
    ones = np.ones(40)
    return float(
        edge_energy_kwh(
            car,
            Conditions(temperature_c=15.0),
            length_m=500.0 * ones,
            speed_kmh=kmh * ones,
            climb_m=climb_m * ones,
            descent_m=descent_m * ones,
            ele_m=1500.0 * ones,
            quantile=False,
        ).sum()
    )
