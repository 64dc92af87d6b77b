"""Reading open-ev-data: a public table of electric cars with their batteries and charging curves.

The file is good on what a battery holds and how it charges, and it is not clean: on-board chargers
of 136 kW, 150 kW into a 6 kWh battery, curves made from a pattern. A row that cannot be true of a
car is left out with a fault that names row and field; a curve that was made from a pattern is kept
and called ``assumed``. Rows with status ``pending`` are not yet part of the data and are passed
over. Mass and drag area are not in the file: see `planner.energy.body`.

Source: KilowattApp/open-ev-data, MIT licence.
"""

import json
import re
import unicodedata
from collections import Counter
from pathlib import Path
from typing import Any

from planner.energy.body import estimate_body
from planner.energy.calibration import calibrate
from planner.errors import DataError, Fault
from planner.model.vehicle import CurvePoint, Vehicle

SOURCE = "open-ev-data"

AC_INLETS = {"type1": "IEC_62196_T1", "type2": "IEC_62196_T2"}
DC_INLETS = {
    "ccs": "IEC_62196_T2_COMBO",
    "tesla_ccs": "IEC_62196_T2_COMBO",
    "tesla_suc": "TESLA_S",
    "chademo": "CHADEMO",
}
"""The file's names for plugs as OCPI connector types; ``ccs`` on a Type 1 car is its own combo."""

AC_MOST_KW = 22.1
"""Most of any on-board charger in a car of this file (22 kW: three phases, 32 A), with rounding.

The one car above it, a Zoe with 43 kW, stands in the file with a direct-current plug that it does
not have, so that it, too, is a row that cannot be true.
"""

AC_RATINGS_KW = frozenset({11.0, 22.0})
"""Ratings of on-board chargers that may by chance be a battery's capacity in kWh, too."""

MEASURED_MOST_C = 5.5
"""Most battery charges an hour that a stated curve is believed: the fastest cars sold reach 5."""

DEFAULT_MOST_C = 4.0
"""The same where the curve is the file's default one, which knows nothing of the car."""

CONSUMPTION_RANGE = (5.0, 45.0)
"""Average consumptions that are believed, kWh/100 km: from motorcycles to large vans."""

HIGH_VOLTAGE_ABOVE_KW = 250.0
"""A car that draws more is of the 800 V class, whatever is stated: 500 A at 500 V is 250 kW."""

PATTERN_GRIDS = frozenset(
    {(0, 50, 80, 100), (0, 30, 60, 80, 100), (0, 40, 70, 90, 100), (0, 70, 80, 100)}
)
"""States of charge (%) at which the file's generated curves have their points."""


class _RowError(Exception):
    """A field of a row that cannot be true."""

    def __init__(self, field: str, detail: str) -> None:
        self.field = field
        super().__init__(detail)


def read_open_ev_data(path: Path) -> tuple[list[Vehicle], list[Fault]]:
    """Read the whole file: every row that is not pending gives a vehicle or a fault.

    Ids are readable, unique in the file, and depend on nothing but the file.

    Raises
    ------
    DataError
        The file is no JSON, or has no list ``data``.
    """
    rows = _rows(path)
    names = _ids(rows)
    vehicles: list[Vehicle] = []
    faults: list[Fault] = []
    for i, row in rows.items():
        try:
            vehicles.append(_vehicle(row, names[i]))
        except _RowError as error:
            place = f"{path.name}#/data/{i}/{error.field}"
            faults.append(Fault(place, f"{_title(row)}: {error}", "Correct the row in the file"))
    return vehicles, faults


def _rows(path: Path) -> dict[int, Any]:
    """Rows by their index in the file, without the pending ones."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(f"The file cannot be read as JSON ({error})", place=str(path)) from error
    rows = content.get("data") if isinstance(content, dict) else None
    if not isinstance(rows, list):
        raise DataError(
            "The file has no list “data” of vehicles",
            place=str(path),
            remedy="Give open-ev-data.json of KilowattApp/open-ev-data",
        )
    return {
        i: row
        for i, row in enumerate(rows)
        if not (isinstance(row, dict) and row.get("status") == "pending")
    }


def _vehicle(row: Any, vehicle_id: str) -> Vehicle:
    if not isinstance(row, dict):
        raise _RowError("", "is no object")
    kind = _kind(row)
    usable_kwh = _number(row, "usable_battery_size", 2.0, 300.0)
    average = _number(row, "energy_consumption/average_consumption", *CONSUMPTION_RANGE)
    ac_kw, ac_phases = _ac(row)
    curve = _curve(row, usable_kwh)
    peak_kw = max(point.power_kw for point in curve)
    stated_v = _number(row, "charging_voltage", 40.0, 1000.0)
    body = estimate_body(kind, usable_kwh, average)
    car = Vehicle(
        id=vehicle_id,
        make=_text(row, "brand"),
        model=_text(row, "model"),
        variant=str(row.get("variant") or "").strip(),
        kind=kind,
        year=int(_number(row, "release_year", 1990, 2100)),
        mass_kg=body.mass_kg,
        drag_area_m2=body.drag_area_m2,
        rolling_coefficient=body.rolling_coefficient,
        usable_kwh=usable_kwh,
        dc_curve=curve,
        ac_kw=ac_kw,
        ac_phases=ac_phases,
        connectors=_inlets(row),
        cables=("IEC_62196_T2",) if ac_kw > 0.0 else (),
        voltage_v=800.0 if peak_kw > HIGH_VOLTAGE_ABOVE_KW else stated_v,
        energy_error=body.energy_error,
        curve_source=SOURCE,
        curve_quality=curve_quality(row),
        consumption_source=(
            "mass and drag area estimated from class, scaled to published average consumption"
            f" of {average:g} kWh/100 km ({SOURCE})"
        ),
    )
    try:
        return calibrate(car, average)
    except ValueError as error:
        raise _RowError("energy_consumption/average_consumption", str(error)) from error


def curve_quality(row: dict[str, Any]) -> str:
    """``measured``, or ``assumed`` where the file says so or the curve follows its patterns."""
    charger = row["dc_charger"]
    points = charger["charging_curve"]
    grid = tuple(point["percentage"] for point in points)
    level_start = len(points) > 1 and points[0]["power"] == points[1]["power"]
    made = charger.get("is_default_charging_curve") is not False
    return "assumed" if made or (grid in PATTERN_GRIDS and level_start) else "measured"


def _kind(row: dict[str, Any]) -> str:
    kind = row.get("vehicle_type")
    if kind not in {"car", "microcar", "motorbike"}:
        raise _RowError("vehicle_type", f"{kind!r} is no kind of vehicle that is known here")
    return str(kind)


def _ac(row: dict[str, Any]) -> tuple[float, int]:
    """On-board charger: power at the plug and phases."""
    if row.get("ac_charger") is None:
        return 0.0, 0
    power_kw = _number(row, "ac_charger/max_power", 0.0, 1000.0)
    if power_kw == row["usable_battery_size"] and power_kw not in AC_RATINGS_KW:
        detail = f"{power_kw:g} kW is the battery's capacity, not the on-board charger's power"
        raise _RowError("ac_charger/max_power", detail)
    if power_kw > AC_MOST_KW:
        detail = f"{power_kw:g} kW is more than any on-board charger of these cars gives"
        raise _RowError("ac_charger/max_power", detail)
    phases = int(_number(row, "ac_charger/usable_phases", 1, 3))
    return (power_kw, phases) if power_kw > 0.0 else (0.0, 0)


def _curve(row: dict[str, Any], usable_kwh: float) -> tuple[CurvePoint, ...]:
    charger = row.get("dc_charger")
    points = charger.get("charging_curve") if isinstance(charger, dict) else None
    if not isinstance(points, list) or len(points) < 2:  # noqa: PLR2004 -- a curve has two ends
        raise _RowError("dc_charger/charging_curve", "is no list of points")
    curve: list[CurvePoint] = []
    for i in range(len(points)):
        at = f"dc_charger/charging_curve/{i}"
        percentage = _number(row, f"{at}/percentage", 0.0, 100.0)
        power_kw = _number(row, f"{at}/power", 0.0, 2000.0)
        if curve and percentage / 100.0 <= curve[-1].soc:
            raise _RowError(f"{at}/percentage", "is not above the point before it")
        curve.append(CurvePoint(soc=percentage / 100.0, power_kw=power_kw))
    if (curve[0].soc, curve[-1].soc) != (0.0, 1.0):
        raise _RowError("dc_charger/charging_curve", "does not reach from 0 to 100 %")
    _check_power(row, max(point.power_kw for point in curve), usable_kwh)
    return tuple(curve)


def _check_power(row: dict[str, Any], peak_kw: float, usable_kwh: float) -> None:
    stated = row["dc_charger"].get("is_default_charging_curve") is False
    most_c = MEASURED_MOST_C if stated else DEFAULT_MOST_C
    if not 0.0 < peak_kw <= most_c * usable_kwh:
        detail = f"{peak_kw:g} kW is not what a battery of {usable_kwh:g} kWh can take"
        raise _RowError("dc_charger/charging_curve", detail)


def _inlets(row: dict[str, Any]) -> tuple[str, ...]:
    """Inlets as OCPI connector types, each once; the car's Type 1 makes its combo a Type 1 too.

    A car with Tesla's own inlet takes CHAdeMO by an adapter that not every driver has: left out.
    """
    ac = _ports(row, "ac_charger", AC_INLETS)
    dc = _ports(row, "dc_charger", DC_INLETS)
    if "TESLA_S" in dc:
        dc = [inlet for inlet in dc if inlet != "CHADEMO"]
    if ac == ["IEC_62196_T1"]:
        dc = ["IEC_62196_T1_COMBO" if inlet == "IEC_62196_T2_COMBO" else inlet for inlet in dc]
    if not dc:
        raise _RowError("dc_charger/ports", "has a charging curve but no plug for it")
    return tuple(dict.fromkeys(ac + dc))


def _ports(row: dict[str, Any], charger: str, known: dict[str, str]) -> list[str]:
    ports = (row.get(charger) or {}).get("ports") or []
    for port in ports:
        if port not in known:
            raise _RowError(f"{charger}/ports", f"{port!r} is no plug that is known here")
    return [known[port] for port in ports]


def _number(row: dict[str, Any], field: str, least: float, most: float) -> float:
    value: Any = row
    for name in field.split("/"):
        try:
            value = value[int(name)] if isinstance(value, list) else value[name]
        except (KeyError, TypeError, IndexError, ValueError):
            raise _RowError(field, "is missing") from None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise _RowError(field, f"{value!r} is no number")
    if not least <= value <= most:
        raise _RowError(field, f"{value:g} is outside {least:g} to {most:g}")
    return float(value)


def _text(row: dict[str, Any], field: str) -> str:
    value = row.get(field)
    if not isinstance(value, str) or not value.strip():
        raise _RowError(field, "is missing")
    return value.strip()


def _title(row: Any) -> str:
    if not isinstance(row, dict):
        return "row"
    return " ".join(str(row[name]) for name in ("brand", "model", "variant") if row.get(name))


def _ids(rows: dict[int, Any]) -> dict[int, str]:
    """Readable ids: make, model, variant and year; where cars share these, more of what they are.

    First the on-board charger's power is added, then the capacity; what is still alike ends with
    the beginning of the file's own id.
    """
    parts = {i: _id_parts(row, i) for i, row in rows.items()}
    chosen = {i: slug(" ".join(words[:4])) for i, words in parts.items()}
    for count in range(5, 8):
        alike = {name for name, times in Counter(chosen.values()).items() if times > 1}
        for i, words in parts.items():
            if chosen[i] in alike:
                chosen[i] = slug(" ".join(words[:count]))
    return chosen


def _id_parts(row: Any, index: int) -> list[str]:
    if not isinstance(row, dict):
        return ["row", str(index), "", "", "", "", ""]
    names = [str(row.get(name) or "") for name in ("brand", "model", "variant", "release_year")]
    charger = row.get("ac_charger")
    ac_kw = charger.get("max_power") if isinstance(charger, dict) else None
    own = str(row.get("id") or index).partition("-")[0]
    return [*names, f"{ac_kw}kw ac", f"{row.get('usable_battery_size')}kwh", own]


def slug(text: str) -> str:
    """Lower-case ASCII words and numbers joined by hyphens; a word at once repeated stands once."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    words = re.findall(r"[a-z0-9]+", "".join(c for c in plain if not unicodedata.combining(c)))
    kept = (w for i, w in enumerate(words) if i == 0 or w != words[i - 1] or w.isdigit())
    return "-".join(kept)
