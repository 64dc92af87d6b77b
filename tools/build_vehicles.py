"""Make data/vehicles.json: chosen rows of open-ev-data joined with published masses and drag areas.

Usage: ``python tools/build_vehicles.py PATH/TO/open-ev-data.json``. The choice, and what the file
does not say of a car, stands in ``vehicle_bodies.csv``: ``row`` is the id that
`planner.energy.open_ev_data` gives; ``mass_kg`` is the EU kerb mass with driver; ``mass_from`` says
what it was checked against (`MASS_SOURCES`); an empty mass or drag area is estimated from class.
Prints the planes that `planner.energy.body` uses for other cars,
fitted to the published figures.
"""

import csv
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

from planner.energy.body import PUBLISHED_ERROR, estimate_body
from planner.energy.calibration import calibrate, reference_kwh_per_100_km
from planner.energy.catalogue import ATTRIBUTION, catalogue_json
from planner.energy.open_ev_data import SOURCE, read_open_ev_data
from planner.model.vehicle import Vehicle

BODIES = Path(__file__).resolve().parent / "vehicle_bodies.csv"
NUMBERS = ("voltage_v", "low_voltage_kw", "height_m", "length_m", "max_speed_kmh")
"""Columns that stand for themselves where they are filled in."""

MASS_SOURCES = {
    "fev": "mass agrees with Hadasik and Kubiczek (2021)",
    "epa": "mass agrees with the EPA test weight",
    "": "mass as commonly listed",
}
"""What a mass was checked against, by ``mass_from``; see data/SOURCES.md."""

Pick = dict[str, str]


def read_picks() -> list[Pick]:
    """Read the chosen rows."""
    with BODIES.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def build(source: Path) -> list[Vehicle]:
    """Give the shipped vehicles in the order of their ids."""
    rows = {vehicle.id: vehicle for vehicle in read_open_ev_data(source)[0]}
    return sorted(
        (_refine(rows[pick["row"]], pick) for pick in read_picks()), key=lambda car: car.id
    )


def _refine(car: Vehicle, pick: Pick) -> Vehicle:
    """Replace estimates by published figures where they are known, and calibrate anew."""
    average = _average(car)
    body = estimate_body("car", car.usable_kwh, average)
    mass_kg, drag_area_m2 = pick["mass_kg"], pick["drag_area_m2"]
    bare = replace(
        car,
        **{name: pick[name] for name in ("make", "model", "variant", "kind")},
        **{name: float(pick[name]) for name in NUMBERS if pick[name]},
        heat_pump=pick["heat_pump"] == "yes",
        mass_kg=float(mass_kg or round(body.mass_kg)),
        drag_area_m2=float(drag_area_m2 or body.drag_area_m2),
        rolling_coefficient=body.rolling_coefficient,
        energy_error=PUBLISHED_ERROR if pick["mass_from"] else body.energy_error,
        consumption_source=_source(pick, average),
    )
    scaled = calibrate(bare, average)
    return replace(
        scaled,
        rolling_coefficient=round(scaled.rolling_coefficient, 6),
        drag_area_m2=round(scaled.drag_area_m2, 4),
    )


def _source(pick: Pick, average: float) -> str:
    """Say in words where mass, drag area and consumption are from."""
    mass = MASS_SOURCES[pick["mass_from"]] if pick["mass_kg"] else "mass estimated from class"
    drag = "as commonly listed" if pick["drag_area_m2"] else "estimated from class"
    return (
        f"{mass}, drag area {drag}, scaled to published average consumption of"
        f" {average:g} kWh/100 km ({SOURCE})"
    )


def _average(car: Vehicle) -> float:
    """Average consumption of a row: what its calibration reproduces, kWh/100 km."""
    return round(reference_kwh_per_100_km(car), 3)


def fit_planes(vehicles: list[Vehicle]) -> dict[str, tuple[float, ...]]:
    """Fit published mass and drag area by capacity and consumption, for `planner.energy.body`."""
    by_row = {vehicle.id: vehicle for vehicle in vehicles}
    planes = {}
    for name in ("mass_kg", "drag_area_m2"):
        known = [pick for pick in read_picks() if pick[name]]
        cars = [by_row[pick["row"]] for pick in known]
        terms = np.array([(1.0, car.usable_kwh, _average(car)) for car in cars])
        values = np.array([float(pick[name]) for pick in known])
        plane, *_ = np.linalg.lstsq(terms, values, rcond=None)
        spread = float(np.std(values - terms @ plane))
        planes[name] = (*(float(term) for term in plane), len(known), spread)
    return planes


def main() -> None:
    """Write the catalogue and print the planes."""
    vehicles = build(Path(sys.argv[1]))
    target = Path(__file__).resolve().parent.parent / "data" / "vehicles.json"
    target.parent.mkdir(exist_ok=True)
    target.write_text(catalogue_json(vehicles, ATTRIBUTION), encoding="utf-8")
    print(f"{len(vehicles)} vehicles, {target.stat().st_size / 1e3:.0f} kB in {target}")
    for name, (*plane, count, spread) in fit_planes(vehicles).items():
        print(name, [round(term, 5) for term in plane], f"of {count}, spread {spread:.3g}")


if __name__ == "__main__":
    main()
