"""The connectors of an IRVE charge point: the schema names its plugs and one nominal power.

That power is the most that the point gives, at its strongest plug. For the others the least that
such points have is counted on, so that no plan rests on a power that the plug does not give.
"""

from collections.abc import Mapping
from typing import Any

from planner.feeds.fields import flag, number
from planner.feeds.plausibility import MAINS_V
from planner.model.station import Connector

_WATTS_FROM_KW = 1000.0
"""A nominal power above this many kilowatts was written in watts."""

_ONE_PHASE_KW = 7.4
"""The most on one phase: 32 A at 230 V. Source: IEC 61851-1."""

_AC_BESIDE_DC_KW = 22.0
"""AC at a point that has DC too: 32 A on three phases; only some give 43 kW."""

_AC_KW = 43.5
_DOMESTIC_KW = 3.7
_CHADEMO_BESIDE_CCS_KW = 50.0
"""CHAdeMO beside CCS: 125 A at 400 V, as the first version and most posts have."""

Odd = tuple[str, str] | None
"""Field, and what is wrong with it."""


def connectors_of(row: Mapping[str, Any]) -> tuple[tuple[Connector, ...], Odd]:
    """Give the connectors of a point; none where it has no power or no plug that is named."""
    power = number(row.get("puissance_nominale"))
    if power is None or power <= 0:
        return (), ("puissance_nominale", "the point is left out: it has no power")
    odd: Odd = None
    if power > _WATTS_FROM_KW:
        odd = ("puissance_nominale", f"{power:g} kW was read as watts")
        power /= 1000
    has = {
        name: flag(row.get(f"prise_type_{name}")) is True
        for name in ("2", "combo_ccs", "chademo", "ef", "autre")
    }
    found = []
    if has["combo_ccs"]:
        found.append(_direct("ccs", "IEC_62196_T2_COMBO", power, power))
    if has["chademo"]:
        beside = min(power, _CHADEMO_BESIDE_CCS_KW) if has["combo_ccs"] else power
        found.append(_direct("chademo", "CHADEMO", beside, power))
    ac = min(power, _AC_BESIDE_DC_KW if found else _AC_KW)
    if has["2"]:
        cable = flag(row.get("cable_t2_attache")) is True
        found.append(_alternating("t2", "IEC_62196_T2", "CABLE" if cable else "SOCKET", ac, power))
    if has["ef"]:
        found.append(_alternating("ef", "DOMESTIC_E", "SOCKET", min(ac, _DOMESTIC_KW), power))
    if not found:
        said = "another type" if has["autre"] else "no type"
        return (), ("prise_type", f"the point is left out: its plug is of {said}")
    return tuple(found), odd


def _direct(name: str, standard: str, power_kw: float, nominal_kw: float) -> Connector:
    return Connector(
        id=name,
        standard=standard,
        format="CABLE",
        power_type="DC",
        power_kw=power_kw,
        power_given_w=nominal_kw * 1000,
    )


def _alternating(
    name: str, standard: str, shape: str, power_kw: float, nominal_kw: float
) -> Connector:
    phases = 1 if power_kw <= _ONE_PHASE_KW else 3
    return Connector(
        id=name,
        standard=standard,
        format=shape,
        power_type=f"AC_{phases}_PHASE",
        power_kw=power_kw,
        voltage_v=MAINS_V,
        power_given_w=nominal_kw * 1000,
    )
