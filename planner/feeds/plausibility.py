"""What a connector can really give, from what its feed says of it.

Feeds say 7,360,000 W of a post with 32 A, leave the power out (every second connector of the
Dutch feed), or give the voltage between phases where OCPI wants that to neutral. A plan counts
on the power, so of two readings the lower is taken:

1. A power is in watts; where it makes sense only in kilowatts or milliwatts it is read so.
2. No connector gives more than its volts times amperes times phases (5 % are left for rounding:
   17.3 kW for 25 A), nor more than its plug is made for.
3. Without a power, AC gives volts times amperes times phases. For DC that product is never
   reached, since the greatest voltage and the greatest current do not come together; what counts
   is the current at 400 V, which every car's battery can draw.
4. Nothing said: 0 kW, and the connector is not counted on.
"""

from math import sqrt

PHASES = {
    "AC_1_PHASE": 1,
    "AC_2_PHASE": 2,
    "AC_2_PHASE_SPLIT": 2,
    "AC_3_PHASE": 3,
}
"""Source: OCPI 2.2.1-d2, PowerType."""

MAINS_V = 230.0
"""Voltage to neutral in Europe. Source: IEC 60038."""

_BETWEEN_PHASES_FROM_V = 300.0
"""A three-phase voltage above this is the one between phases (400 V), not to neutral (230 V)."""

_BATTERY_V = 400.0
"""Voltage class of most cars' batteries: what a DC current is counted at where no power is told."""

_ROUNDING = 1.05

_AC_CEILING_KW = 43.5
"""Source: IEC 62196-2: 63 A on three phases, the most that Mode 3 gives."""

_CEILING_KW = {
    "DOMESTIC": 3.7,  # Source: IEC 60884 and national standards: 16 A on one phase
    "IEC_60309_2_single_16": 3.7,  # Source: IEC 60309-2
    "IEC_60309_2_three_16": 11.1,
    "IEC_60309_2_three_32": 22.2,
    "IEC_60309_2_three_64": 44.5,
    "IEC_62196_T1": 19.2,  # Source: SAE J1772: 80 A on one phase of 240 V
    "IEC_62196_T3A": 3.7,  # Source: IEC 62196-2 type 3A: 16 A on one phase
}
"""The most that an AC plug is made for, by the beginning of OCPI's ConnectorType."""

_DC_CEILING_KW = {
    "CHADEMO": 400.0,  # Source: CHAdeMO 2.0: 400 A at 1000 V
    "IEC_62196_T2": 150.0,  # the DC pins of type 2, which only Tesla uses
    "IEC_62196_T2_COMBO": 600.0,  # Source: IEC 61851-23 and CharIN: 500 A, boosted 600 A, 1000 V
    "IEC_62196_T1_COMBO": 600.0,
    "MCS": 3750.0,  # Source: CharIN MCS: 3000 A at 1250 V
}
_DC_OTHER_CEILING_KW = 600.0


def believable_power_kw(
    *,
    standard: str,
    power_type: str,
    voltage_v: float | None,
    amperage_a: float | None,
    given_w: float | None,
) -> float:
    """Give the power in kW that one may count on at a connector; 0 where nothing is known."""
    ceiling = _ceiling_kw(standard, power_type)
    electric = _electric_limit_kw(power_type, voltage_v, amperage_a)
    limit = ceiling if electric is None else min(ceiling, electric)
    if given_w is not None and given_w > 0:
        given = _in_kw(given_w, limit, is_dc=power_type not in PHASES)
        return _rounded(given if given <= limit * _ROUNDING else limit)
    if electric is None:
        return 0.0
    if power_type == "DC" and amperage_a:
        volts = min(voltage_v or _BATTERY_V, _BATTERY_V)
        return _rounded(min(limit, volts * amperage_a / 1000))
    return _rounded(limit)


_LEAST_W = 1000.0
"""No post gives less; a smaller number is in kilowatts."""

_LEAST_OF_MILLIWATTS_KW = {True: 20.0, False: 3.0}
"""What a power in milliwatts must come to, DC or not, to be told from a typing error."""


def _in_kw(given_w: float, limit_kw: float, *, is_dc: bool) -> float:
    """Read a power in watts, or in the unit that its writer must have meant."""
    if given_w < _LEAST_W and given_w <= limit_kw * _ROUNDING:
        return given_w
    milli = given_w / 1e6
    if given_w / 1000 > limit_kw * _ROUNDING and _LEAST_OF_MILLIWATTS_KW[is_dc] <= milli:
        return milli
    return given_w / 1000


def _electric_limit_kw(
    power_type: str, voltage_v: float | None, amperage_a: float | None
) -> float | None:
    """Volts times amperes times phases, None where there is no current to tell.

    Source: P = V·I for one phase and DC; for three phases 3·V·I to neutral, √3·V·I between.
    """
    if not amperage_a or amperage_a < 0:
        return None
    phases = PHASES.get(power_type)
    if phases is None:
        return (voltage_v or 1000.0) * amperage_a / 1000
    volts = voltage_v or MAINS_V
    factor = sqrt(3) if phases > 1 and volts > _BETWEEN_PHASES_FROM_V else float(phases)
    return factor * volts * amperage_a / 1000


def _ceiling_kw(standard: str, power_type: str) -> float:
    if power_type not in PHASES:
        return _DC_CEILING_KW.get(standard, _DC_OTHER_CEILING_KW)
    for beginning, ceiling in _CEILING_KW.items():
        if standard.lower() == beginning.lower() or (
            beginning == "DOMESTIC" and standard.startswith("DOMESTIC")
        ):
            return ceiling
    return _AC_CEILING_KW


def _rounded(power_kw: float) -> float:
    return round(power_kw, 3)
