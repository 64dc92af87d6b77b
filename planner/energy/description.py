"""A vehicle described in full, as JSON: read with every fault named, written back the same.

The names are those of `planner.model.vehicle.Vehicle`; ``dc_curve`` is a list of objects
``{"soc": 0..1, "power_kw": ...}``. Instead of ``drag_area_m2`` and ``rolling_coefficient`` one may
give ``road_load``: the coefficients of F(v) = A + B·v + C·v², see `planner.energy.road_load`.
"""

import hashlib
import json
import math
from collections.abc import Iterator
from dataclasses import fields
from typing import Any

from planner.energy.body import ESTIMATED_ERROR
from planner.energy.plugs import CONNECTOR_TYPES, DC_INLETS
from planner.energy.road_load import COEFFICIENTS, drag_and_rolling
from planner.errors import Fault, InputError
from planner.model.vehicle import CurvePoint, Vehicle

QUALITIES = ("measured", "published", "assumed")

BOUNDS: dict[str, tuple[float, float, str]] = {
    "mass_kg": (100.0, 50_000.0, "kg"),
    "drag_area_m2": (0.05, 15.0, "m²"),
    "rolling_coefficient": (0.002, 0.05, ""),
    "usable_kwh": (1.0, 1_000.0, "kWh"),
    "ac_kw": (0.0, 50.0, "kW"),
    "ac_phases": (0, 3, "phases"),
    "voltage_v": (40.0, 1_500.0, "V"),
    "min_post_voltage_v": (0.0, 1_500.0, "V"),
    "low_voltage_kw": (1.0, 1_000.0, "kW"),
    "drivetrain_efficiency": (0.3, 1.0, ""),
    "recuperation_efficiency": (0.0, 0.99, ""),
    "auxiliary_kw": (0.0, 20.0, "kW"),
    "energy_error": (0.0, 0.5, ""),
    "height_m": (0.5, 5.0, "m"),
    "length_m": (0.5, 26.0, "m"),
    "max_payload_kg": (0.0, 30_000.0, "kg"),
    "max_speed_kmh": (10.0, 400.0, "km/h"),
    "year": (1990, 2100, ""),
}
"""Least, most and unit of each number: wide enough for a microcar and a lorry, and no wider.

`ac_kw` ends above 43 kW, the most that a Type 2 connector carries (63 A, three phases; IEC
62196-2:2016).
"""

WHOLE = frozenset({"ac_phases", "year"})
TEXTS = frozenset(
    {
        "id",
        "make",
        "model",
        "variant",
        "kind",
        "curve_source",
        "curve_quality",
        "consumption_source",
    }
)
LISTS = ("connectors", "cables")
LONGEST_TEXT = 300
LONGEST_CURVE = 500
MOST_KW = 5_000.0


def vehicle_from_dict(d: Any, *, place: str = "") -> Vehicle:
    """Read a full description.

    Parameters
    ----------
    d : dict
        As decoded from JSON. Needed are ``mass_kg``, ``usable_kwh``, the road load in one of its
        two forms, and ``dc_curve`` or ``ac_kw`` with ``ac_phases``; the rest has the defaults of
        `Vehicle`. Without an ``id`` it gets one from its contents.
    place : str
        Where the description stands; each fault's JSON Pointer begins with it.

    Raises
    ------
    InputError
        With a fault for everything that is wrong, not only for the first.
    """
    if not isinstance(d, dict):
        raise InputError("a vehicle is described by an object", place=place or "/")
    faults = [Fault(place + at, detail, remedy) for at, detail, remedy in _faults(d)]
    if faults:
        raise InputError.of(faults)
    values = {name: value for name, value in d.items() if value is not None}
    if "road_load" in values:
        fitted = drag_and_rolling(values.pop("road_load"), values["mass_kg"])
        values["drag_area_m2"], values["rolling_coefficient"] = fitted
    has_dc = bool(values.get("dc_curve"))
    values["dc_curve"] = tuple(CurvePoint(**point) for point in values.get("dc_curve", ()))
    values.setdefault("connectors", ["IEC_62196_T2", *(["IEC_62196_T2_COMBO"] * has_dc)])
    for name in LISTS:
        if name in values:
            values[name] = tuple(standard.upper() for standard in values[name])
    values.setdefault("energy_error", ESTIMATED_ERROR)
    values.setdefault("id", f"own-{_fingerprint(d)}")
    values.setdefault("make", "")
    values.setdefault("model", "own vehicle")
    return Vehicle(**values)


def vehicle_to_dict(v: Vehicle) -> dict[str, Any]:
    """Write a vehicle as `vehicle_from_dict` reads it; what is unknown or empty is left out."""
    out: dict[str, Any] = {}
    for field in fields(v):
        value = getattr(v, field.name)
        if value not in (None, "") and field.name != "dc_curve":
            out[field.name] = list(value) if isinstance(value, tuple) else value
    if v.dc_curve:
        out["dc_curve"] = [{"soc": p.soc, "power_kw": p.power_kw} for p in v.dc_curve]
    return out


def _faults(d: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    """(pointer, what is wrong, what to do) for everything that is wrong."""
    known = {field.name for field in fields(Vehicle)} | {"road_load"}
    for name in d:
        if name not in known:
            yield _pointer(name), "is no field of a vehicle", "See the schema of the catalogue"
    yield from _missing(d)
    yield from _value_faults(d)
    for name in LISTS:
        yield from _list_faults(name, d.get(name))
    yield from _curve_faults(d.get("dc_curve"))
    yield from _road_load_faults(d)
    yield from _contradictions(d)


def _value_faults(d: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    for name, (least, most, unit) in BOUNDS.items():
        if d.get(name) is not None and not _within(d[name], least, most, whole=name in WHOLE):
            kind = "a whole number" if name in WHOLE else "a number"
            yield f"/{name}", f"must be {kind} from {least:g} to {most:g} {unit}".rstrip(), ""
    for name in sorted(TEXTS):
        if d.get(name) is not None and not _is_text(d[name]):
            yield f"/{name}", f"must be text of at most {LONGEST_TEXT} characters", ""
    if d.get("id") == "":
        yield "/id", "must not be empty", "Leave it out to get one"
    if d.get("heat_pump") is not None and not isinstance(d["heat_pump"], bool):
        yield "/heat_pump", "must be true or false", ""
    if isinstance(d.get("curve_quality"), str) and d["curve_quality"] not in QUALITIES:
        yield "/curve_quality", f"must be one of {', '.join(QUALITIES)}", ""


def _missing(d: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    for name in ("mass_kg", "usable_kwh"):
        if d.get(name) is None:
            yield f"/{name}", "is needed", ""
    if d.get("road_load") is None:
        for name in ("drag_area_m2", "rolling_coefficient"):
            if d.get(name) is None:
                yield f"/{name}", "is needed", "Or give road_load with A, B and C"
    if not d.get("dc_curve") and not d.get("ac_kw"):
        yield "/dc_curve", "is needed", "Or give ac_kw and ac_phases for a car without DC"


def _list_faults(name: str, value: Any) -> Iterator[tuple[str, str, str]]:
    if value is None:
        return
    if not isinstance(value, (list, tuple)):
        yield f"/{name}", "must be a list of OCPI connector types", ""
        return
    for i, standard in enumerate(value):
        if not isinstance(standard, str) or standard.upper() not in CONNECTOR_TYPES:
            yield f"/{name}/{i}", "is no OCPI connector type", "For instance IEC_62196_T2_COMBO"


def _curve_faults(curve: Any) -> Iterator[tuple[str, str, str]]:
    if curve is None:
        return
    if not isinstance(curve, (list, tuple)) or len(curve) > LONGEST_CURVE:
        yield "/dc_curve", f"must be a list of at most {LONGEST_CURVE} points", ""
        return
    last, peak = -1.0, 0.0
    for i, point in enumerate(curve):
        if not isinstance(point, dict) or set(point) != {"soc", "power_kw"}:
            yield f"/dc_curve/{i}", "must be an object with soc and power_kw", ""
            return
        if not _within(point["soc"], 0.0, 1.0):
            yield f"/dc_curve/{i}/soc", "must be a number from 0 to 1", ""
            return
        if not _within(point["power_kw"], 0.0, MOST_KW):
            yield f"/dc_curve/{i}/power_kw", f"must be a number from 0 to {MOST_KW:g} kW", ""
            return
        if point["soc"] <= last:
            yield f"/dc_curve/{i}/soc", "must be above the one before it", "Sort the points by soc"
            return
        last, peak = point["soc"], max(peak, point["power_kw"])
    if curve and peak <= 0.0:
        yield "/dc_curve", "must have some power", "Leave it out for a car without DC"
    elif curve and (curve[0]["soc"], last) != (0.0, 1.0):
        yield "/dc_curve", "must reach from soc 0 to soc 1", ""


def _road_load_faults(d: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    load = d.get("road_load")
    if load is None:
        return
    if d.get("drag_area_m2") is not None or d.get("rolling_coefficient") is not None:
        yield "/road_load", "stands beside drag_area_m2 or rolling_coefficient", "Give one of them"
    forms = " or ".join(", ".join(names) for names in COEFFICIENTS)
    if not isinstance(load, dict) or tuple(sorted(load)) not in COEFFICIENTS:
        yield "/road_load", f"must be an object with {forms}", ""
        return
    for name, value in load.items():
        if not _within(value, -1_000.0, 10_000.0):
            yield f"/road_load/{name}", "must be a number", ""
            return
    if not _within(d.get("mass_kg"), *BOUNDS["mass_kg"][:2]):
        return
    for name, value in zip(
        ("drag_area_m2", "rolling_coefficient"),
        drag_and_rolling(load, d["mass_kg"]),
        strict=True,
    ):
        least, most, _ = BOUNDS[name]
        if not least <= value <= most:
            detail = f"give a {name} of {value:.4g}, outside {least:g} to {most:g}"
            yield "/road_load", detail, "Check the units and the mass"


def _contradictions(d: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Values that are fine each for itself, and wrong together."""
    if bool(d.get("ac_kw")) != bool(d.get("ac_phases")):
        yield "/ac_phases", "ac_kw and ac_phases are both needed, or neither", ""
    inlets = d.get("connectors")
    if not isinstance(inlets, (list, tuple)) or not all(isinstance(i, str) for i in inlets):
        return
    has_dc_inlet = any(inlet.upper() in DC_INLETS for inlet in inlets)
    if d.get("dc_curve") and not has_dc_inlet:
        yield "/connectors", "has no inlet for direct current, but dc_curve is given", ""


def _within(value: Any, least: float, most: float, *, whole: bool = False) -> bool:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    if whole and not isinstance(value, int):
        return False
    return math.isfinite(value) and least <= value <= most


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= LONGEST_TEXT


def _pointer(name: Any) -> str:
    return "/" + str(name).replace("~", "~0").replace("/", "~1")


def _fingerprint(d: dict[str, Any]) -> str:
    text = json.dumps(d, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:12]
