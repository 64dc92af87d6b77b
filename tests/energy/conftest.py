"""A car whose figures are easy to reckon with by hand."""

import pytest

from planner.model.vehicle import CurvePoint, Vehicle


@pytest.fixture(scope="session")
def car() -> Vehicle:
    """Weighs 1500 kg, 50 kWh, 100 kW falling to 20 kW, 11 kW on three phases."""
    return Vehicle(
        id="by-hand",
        make="Made",
        model="Up",
        mass_kg=1500.0,
        drag_area_m2=0.6,
        rolling_coefficient=0.01,
        usable_kwh=50.0,
        dc_curve=(
            CurvePoint(soc=0.0, power_kw=100.0),
            CurvePoint(soc=0.5, power_kw=100.0),
            CurvePoint(soc=1.0, power_kw=20.0),
        ),
        ac_kw=11.0,
        ac_phases=3,
        drivetrain_efficiency=0.9,
        recuperation_efficiency=0.6,
        auxiliary_kw=0.5,
        energy_error=0.1,
    )
