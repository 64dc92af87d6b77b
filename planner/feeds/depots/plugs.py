"""EVSEs in words, as one registers them: ``ccs:150``, ``type2:22``, ``ccs:150@920+chademo:50``.

A word is the plug, the power in kW and, after ``@``, the voltage; ``+`` joins the connectors of
one EVSE, which charges one vehicle at a time.
"""

import re

from planner.errors import InputError
from planner.model.station import Connector, Evse

PLUGS: dict[str, tuple[str, str, str]] = {
    "ccs": ("IEC_62196_T2_COMBO", "CABLE", "DC"),
    "ccs1": ("IEC_62196_T1_COMBO", "CABLE", "DC"),
    "chademo": ("CHADEMO", "CABLE", "DC"),
    "mcs": ("MCS", "CABLE", "DC"),
    "type2": ("IEC_62196_T2", "SOCKET", "AC"),
    "type2-cable": ("IEC_62196_T2", "CABLE", "AC"),
    "type1": ("IEC_62196_T1", "CABLE", "AC"),
    "schuko": ("DOMESTIC_F", "SOCKET", "AC"),
}
"""Standard, format and kind of current of a plug. Source: OCPI 2.2.1, ConnectorType."""

CAPABILITIES = ("RFID_READER",)
"""How one starts to charge: with a card. Nothing here starts it for an app."""

MAINS_V = 230.0
ONE_PHASE_KW = 7.4
"""Source: IEC 61851-1: 32 A on one phase."""

MOST_KW = 4_000.0
_WORD = re.compile(r"([a-z0-9-]+):(\d{1,4}(?:\.\d+)?)(?:@(\d{2,4}))?")


def read_evse(said: str, *, point: str, number: int, evse_id: str | None = None) -> Evse:
    """Read one EVSE.

    Parameters
    ----------
    said : str
        Its connectors in words.
    point : str
        The identity of its charge point.
    number : int
        Its OCPP number, from 1.
    evse_id : str, optional
        Its eMI3 id.

    Raises
    ------
    InputError
        If a word is not understood.
    """
    words = [word.strip() for word in said.strip().lower().split("+")]
    return Evse(
        uid=f"{point}-{number}",
        evse_id=evse_id,
        connectors=tuple(_connector(word, str(n)) for n, word in enumerate(words, 1)),
        capabilities=CAPABILITIES,
        physical_reference=f"{point} / {number}",
    )


def write_evse(evse: Evse) -> str:
    """Write an EVSE as `read_evse` reads it."""
    return "+".join(_word(connector) for connector in evse.connectors)


def _connector(word: str, name: str) -> Connector:
    shape = _WORD.fullmatch(word)
    plug = PLUGS.get(shape[1]) if shape else None
    power_kw = float(shape[2]) if shape else 0.0
    if shape is None or plug is None or not 0 < power_kw <= MOST_KW:
        raise InputError(
            f"{word[:40]!r} is no connector",
            place="evse",
            remedy=f"Write PLUG:KW, such as ccs:150 or type2:22; plugs are {', '.join(PLUGS)}",
        )
    standard, form, current = plug
    power_type = "DC" if current == "DC" else _phases(standard, power_kw)
    mains_v = None if current == "DC" else MAINS_V
    return Connector(
        id=name,
        standard=standard,
        format=form,
        power_type=power_type,
        power_kw=power_kw,
        power_given_w=power_kw * 1000,
        voltage_v=float(shape[3]) if shape[3] else mains_v,
    )


def _phases(standard: str, power_kw: float) -> str:
    one = standard == "IEC_62196_T1" or power_kw <= ONE_PHASE_KW
    return "AC_1_PHASE" if one else "AC_3_PHASE"


def _word(connector: Connector) -> str:
    plug = next(
        name
        for name, (standard, form, _) in PLUGS.items()
        if (standard, form) == (connector.standard, connector.format)
    )
    volts = connector.voltage_v
    is_odd = volts is not None and volts != MAINS_V
    return f"{plug}:{connector.power_kw:g}" + (f"@{volts:g}" if is_odd else "")
