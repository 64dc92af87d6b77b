"""Readings of energy out of OCPP's meter values: the register of what flowed to the car."""

from collections.abc import Iterable, Mapping
from math import isfinite
from typing import Any, NamedTuple

from planner.ocpi.times import read_time

REGISTER = "Energy.Active.Import.Register"
"""The measurand where none is named. Source: OCPP 1.6 and 2.0.1, SampledValue."""

WH_OF = {"Wh": 1.0, "kWh": 1000.0}
PHASES = frozenset({"L1", "L2", "L3", "L1-N", "L2-N", "L3-N"})


class Reading(NamedTuple):
    """What the register showed: UTC epoch seconds, Wh."""

    at: float
    wh: float


def read_meter(meter_values: Any) -> list[Reading]:
    """Read the register in ``meterValue`` of either version; what is no register is left out.

    Parameters
    ----------
    meter_values : list of mapping
        As the message has them.
    """
    found: list[Reading] = []
    for value in meter_values or ():
        try:
            at = read_time(str(value["timestamp"]))
        except (KeyError, TypeError, ValueError):
            continue
        register = _register(value.get("sampledValue") or ())
        if register is not None:
            found.append(Reading(at, register))
    return found


def _register(sampled: Iterable[Mapping[str, Any]]) -> float | None:
    """Give the register at the outlet in Wh: the whole one, or the sum of its phases."""
    by_phase: dict[str, float] = {}
    for sample in sampled:
        if sample.get("measurand", REGISTER) != REGISTER:
            continue
        if sample.get("location", "Outlet") != "Outlet" or sample.get("format", "Raw") != "Raw":
            continue
        wh = _wh(sample)
        phase = sample.get("phase", "")
        if wh is not None and (not phase or phase in PHASES):
            by_phase.setdefault(phase, wh)
    if "" in by_phase:
        return by_phase[""]
    return sum(by_phase.values()) if by_phase else None


def _wh(sample: Mapping[str, Any]) -> float | None:
    """Give a sample in Wh; 1.6 writes numbers as text, 2.0.1 has a power of ten besides."""
    unit = sample.get("unit", "Wh")
    power = 0
    told = sample.get("unitOfMeasure")
    if isinstance(told, Mapping):
        unit, power = told.get("unit", "Wh"), told.get("multiplier", 0)
    try:
        wh = float(sample["value"]) * WH_OF[unit] * 10.0 ** int(power)
    except (KeyError, TypeError, ValueError, OverflowError):
        return None
    return wh if isfinite(wh) and wh >= 0 else None
