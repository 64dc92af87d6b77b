"""Which posts a car can plug into: inlets, cables and currents, in OCPI's words.

A post with format CABLE brings its own: the car needs an inlet that the plug fits. A post with
format SOCKET has none: the driver needs a cable for that socket, whose other end is the car's own.
Direct current is always tethered, whatever a feed says of the format.
Source: IEC 61851-23:2014, 6.3.1 (connection case C for d.c.).
"""

from planner.model.vehicle import Vehicle

AC_PHASES: dict[str, int] = {
    "AC_1_PHASE": 1,
    "AC_2_PHASE": 2,
    "AC_2_PHASE_SPLIT": 1,
    "AC_3_PHASE": 3,
}
"""Phases that an OCPI PowerType offers to a car; split phase is one voltage of 240 V.

Source: OCPI 2.2.1-d2, mod_locations, PowerType.
"""

INLETS_FOR_PLUG: dict[tuple[str, bool], frozenset[str]] = {
    ("IEC_62196_T2", False): frozenset({"IEC_62196_T2", "IEC_62196_T2_COMBO"}),
    ("IEC_62196_T2", True): frozenset({"TESLA_S"}),
    ("IEC_62196_T2_COMBO", True): frozenset({"IEC_62196_T2_COMBO"}),
    ("IEC_62196_T1", False): frozenset({"IEC_62196_T1", "IEC_62196_T1_COMBO"}),
    ("IEC_62196_T1_COMBO", True): frozenset({"IEC_62196_T1_COMBO"}),
    ("CHADEMO", True): frozenset({"CHADEMO"}),
    ("TESLA_S", False): frozenset({"TESLA_S"}),
    ("TESLA_S", True): frozenset({"TESLA_S"}),
    ("TESLA_R", False): frozenset({"TESLA_R"}),
    **{(own, True): frozenset({own}) for own in ("CHAOJI", "GBT_DC", "MCS", "SAE_J3400")},
    **{(own, False): frozenset({own}) for own in ("GBT_AC", "IEC_62196_T3A", "IEC_62196_T3C")},
}
"""Inlets that take a plug, by (plug, whether it gives direct current).

A combo inlet takes the alternating-current plug of its own type; a combo plug has no pins for
alternating current. Direct current by a Type 2 plug is Tesla's older European Supercharger.
Source: IEC 62196-2:2016, IEC 62196-3:2014, configurations AA, BB, EE, FF.
"""

CONNECTOR_TYPES = frozenset(
    {
        "CHADEMO",
        "CHAOJI",
        *(f"DOMESTIC_{letter}" for letter in "ABCDEFGHIJKLMNO"),
        "GBT_AC",
        "GBT_DC",
        "IEC_60309_2_SINGLE_16",
        "IEC_60309_2_THREE_16",
        "IEC_60309_2_THREE_32",
        "IEC_60309_2_THREE_64",
        "IEC_62196_T1",
        "IEC_62196_T1_COMBO",
        "IEC_62196_T2",
        "IEC_62196_T2_COMBO",
        "IEC_62196_T3A",
        "IEC_62196_T3C",
        "MCS",
        "NEMA_5_20",
        "NEMA_6_30",
        "NEMA_6_50",
        "NEMA_10_30",
        "NEMA_10_50",
        "NEMA_14_30",
        "NEMA_14_50",
        "PANTOGRAPH_BOTTOM_UP",
        "PANTOGRAPH_TOP_DOWN",
        "SAE_J3400",
        "TESLA_R",
        "TESLA_S",
    }
)
"""OCPI ConnectorTypes in capitals. Source: OCPI 2.2.1-d2 and 2.3.0, mod_locations."""

DC_INLETS = frozenset(
    {
        "CHADEMO",
        "CHAOJI",
        "GBT_DC",
        "IEC_62196_T1_COMBO",
        "IEC_62196_T2_COMBO",
        "MCS",
        "SAE_J3400",
        "TESLA_S",
    }
)
"""Inlets that direct current can enter by."""

DOMESTIC_KW = 2.3
"""Most that a portable cable draws from a household socket for hours: 10 A at 230 V.

Source: IEC 62752:2016 (IC-CPD) with the 10 A setting that car makers ship for CEE 7 plugs.
"""


def fits(vehicle: Vehicle, *, standard: str, format: str, is_dc: bool) -> bool:  # noqa: A002 -- OCPI's word
    """Say whether the car can be joined to a connector of that standard, format and current.

    Where the format is neither CABLE nor SOCKET, the car must be ready for both.
    """
    plug = standard.upper()
    inlet_fits = not INLETS_FOR_PLUG.get((plug, is_dc), frozenset()).isdisjoint(vehicle.connectors)
    cable_fits = plug in vehicle.cables
    if is_dc or format.upper() == "CABLE":
        return inlet_fits
    return cable_fits if format.upper() == "SOCKET" else inlet_fits and cable_fits


def socket_limit_kw(standard: str) -> float:
    """Most that a socket of that standard gives for hours, kW; infinite where the post decides."""
    return DOMESTIC_KW if standard.upper().startswith("DOMESTIC_") else float("inf")
