"""Mass and drag area of a car of which only battery and consumption are known."""

from dataclasses import dataclass

ROLLING_COEFFICIENT = 0.010
"""Of a car's tyres at 20 °C on asphalt, with bearings and brakes.

Source: tyres of label classes B and C roll at 0.0066 to 0.0090 (Regulation (EU) 2020/740, annex
I); a tenth to a fifth is added for bearings, dragging brakes and coarse asphalt (assumption).
"""

PUBLISHED_ERROR = 0.125
"""Relative error of consumption, as a standard deviation, of a car with a traced mass and published
consumption: 1.645 of them are the 95 % quantile of published tests over predictions, 20 %.

Source: ``bench/energy.py``, parts ``road`` and ``wltp``: 77 published ranges and consumptions of
catalogue cars, 95 of 100 of which stay below 1.20 times the prediction.
"""

ESTIMATED_ERROR = 0.15
"""The same where mass or drag area are estimated, or consumption is not published.

Source: as above: 1.24 on the road where the same cars' bodies are estimated; 1.24 for 94 cars of
which the EPA's road load is all that is known.
"""


@dataclass(frozen=True, slots=True)
class Body:
    """What drives against the car, before calibration."""

    mass_kg: float
    drag_area_m2: float
    rolling_coefficient: float = ROLLING_COEFFICIENT
    energy_error: float = ESTIMATED_ERROR


MOTORBIKE = Body(mass_kg=290.0, drag_area_m2=0.45, rolling_coefficient=0.015)
"""With rider. Source: Cossalter, Motorcycle Dynamics (2006), chapter 3: drag areas 0.3 to 0.5 m²;
mass and tyres are assumptions.
"""

MICROCAR = Body(mass_kg=600.0, drag_area_m2=0.65)
"""With driver: vehicle class L6e/L7e (Regulation (EU) No 168/2013: at most 450 kg, no battery)."""

MASS_FIT = (34.2, 12.56, 60.2)
"""Mass (kg) of a car: constant, for each usable kWh, for each kWh/100 km of consumption.

Source: least squares over the 88 shipped cars of which ``tools/vehicle_bodies.csv`` has a published
mass; their standard deviation from the plane is 114 kg.
"""

DRAG_FIT = (0.2547, -0.0012, 0.0272)
"""Drag area (m²) of a car in the same terms; 72 cars, standard deviation 0.066 m²."""


def estimate_body(kind: str, usable_kwh: float, average_kwh_per_100_km: float) -> Body:
    """Estimate mass (kg, with driver) and drag area (m²) of a vehicle by its class.

    Cars: planes through the shipped cars whose figures are published, see `MASS_FIT`.
    """
    if kind == "motorbike":
        return MOTORBIKE
    if kind == "microcar":
        return MICROCAR
    known = (1.0, usable_kwh, average_kwh_per_100_km)
    mass_kg = sum(a * x for a, x in zip(MASS_FIT, known, strict=True))
    drag_area_m2 = sum(a * x for a, x in zip(DRAG_FIT, known, strict=True))
    return Body(min(3500.0, max(900.0, mass_kg)), min(1.4, max(0.45, drag_area_m2)))
