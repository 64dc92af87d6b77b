"""Charging places of Open Charge Map: the JSON of its ``/v3/poi`` call, verbose or compact.

Its volunteers name operators, not parties of OCPI, and say how one pays in words; that a payment
card is taken at a terminal is never told. So these stations inform, and carry no stop of a wallet
of cards by themselves.
Source: Open Charge Map API v3 (https://openchargemap.org/site/develop/api) and its reference data.
"""

from collections.abc import Mapping
from typing import Any

from planner.errors import Fault
from planner.feeds.fields import flag, number, objects, text
from planner.feeds.mapped import NO_COUNTRY, Mapped, share_out
from planner.feeds.places import time_zone
from planner.model.geo import LonLat

_AC, _DC = "AC_1_PHASE", "DC"

CONNECTION_TYPES: Mapping[int, tuple[str, str, str]] = {
    1: ("IEC_62196_T1", "CABLE", _AC),
    2: ("CHADEMO", "CABLE", _DC),
    3: ("DOMESTIC_G", "SOCKET", _AC),
    13: ("DOMESTIC_C", "SOCKET", _AC),
    16: ("IEC_60309_2_single_16", "SOCKET", _AC),
    17: ("IEC_60309_2_three_32", "SOCKET", "AC_3_PHASE"),
    23: ("DOMESTIC_E", "SOCKET", _AC),
    25: ("IEC_62196_T2", "SOCKET", _AC),
    26: ("IEC_62196_T3C", "SOCKET", _AC),
    27: ("SAE_J3400", "CABLE", _DC),
    28: ("DOMESTIC_F", "SOCKET", _AC),
    29: ("DOMESTIC_I", "SOCKET", _AC),
    30: ("TESLA_S", "CABLE", _DC),
    32: ("IEC_62196_T1_COMBO", "CABLE", _DC),
    33: ("IEC_62196_T2_COMBO", "CABLE", _DC),
    36: ("IEC_62196_T3A", "SOCKET", _AC),
    1036: ("IEC_62196_T2", "CABLE", _AC),
}
"""OCPI's standard, format and usual current by ``ConnectionTypeID``. Source: Open Charge Map
reference data, ConnectionTypes; OCPI 2.3.0, ConnectorType."""

_CURRENTS = {10: "AC_1_PHASE", 20: "AC_3_PHASE", 30: "DC"}
"""OCPI's PowerType by ``CurrentTypeID``. Source: Open Charge Map reference data, CurrentTypes."""

_OPERATIONAL = {10: "UNKNOWN", 20: "UNKNOWN", 50: "UNKNOWN", 75: "UNKNOWN"}
_STATUSES = _OPERATIONAL | {30: "INOPERATIVE", 100: "OUTOFORDER", 150: "PLANNED", 200: "REMOVED"}
"""OCPI's Status by ``StatusTypeID``: "operational" says that a place works, not that it is free.
Source: Open Charge Map reference data, StatusTypes."""

_PUBLIC_USAGE = frozenset({1, 4, 5, 7})
"""``UsageTypeID`` of places that anyone may use: public, public with membership, paid on the spot,
after notice. Source: Open Charge Map reference data, UsageTypes."""

_MOST_PLUGS = 200


def location_of_ocm(raw: Any, place: str) -> Mapped:
    """Write a place (a POI) as a Location of the party ``ZZ*OCM``."""
    if not isinstance(raw, Mapping):
        return _lost(place, f"a place is an object, not {type(raw).__name__}")
    name = text(raw.get("ID")) or text(raw.get("UUID"))
    if not name:
        return _lost(place, "the place has no ID")
    where = f"{place} (ID {name})"
    address = next(iter(objects(raw.get("AddressInfo"))), None)
    if address is None:
        return _lost(where, "the place has no AddressInfo")
    plugs, faults = _plugs(raw, where)
    if not plugs:
        return Mapped(where, None, faults=(*faults, Fault(where, "left out: no known connection")))
    evses = share_out(plugs, int(number(raw.get("NumberOfPoints")) or 0))
    status = _status(raw)
    told_at = text(raw.get("DateLastStatusUpdate"))
    location = {
        "country_code": NO_COUNTRY,
        "party_id": "OCM",
        "id": name,
        "publish": True,
        "name": text(address.get("Title")),
        "operator": {"name": text(_of(raw, "OperatorInfo").get("Title"))},
        "address": text(address.get("AddressLine1")),
        "city": text(address.get("Town")),
        "coordinates": {
            "longitude": text(address.get("Longitude")),
            "latitude": text(address.get("Latitude")),
        },
        "help_phone": text(_of(raw, "OperatorInfo").get("PhonePrimaryContact")),
        "last_updated": told_at,
        "evses": [
            {
                "uid": str(number_ + 1),
                "status": status,
                "last_updated": told_at if status != "UNKNOWN" else None,
                "connectors": [
                    {"id": str(rank + 1), **plug} for rank, plug in enumerate(connectors)
                ],
            }
            for number_, connectors in enumerate(evses)
        ],
    }
    return Mapped(where, location, _besides(raw, address), faults)


def _lost(where: str, why: str) -> Mapped:
    return Mapped(where, None, faults=(Fault(where, f"left out: {why}"),))


def _besides(raw: Mapping[str, Any], address: Mapping[str, Any]) -> dict[str, Any]:
    lon, lat = number(address.get("Longitude")), number(address.get("Latitude"))
    zone = "" if lon is None or lat is None else time_zone("", LonLat(lon, lat))
    usage = _of(raw, "UsageType")
    kind = int(number(usage.get("ID")) or number(raw.get("UsageTypeID")) or 0)
    said = text(usage.get("Title")) or f"usage type {kind}"
    return {
        "time_zone": zone,
        "reserved_for": "" if kind in _PUBLIC_USAGE else f"Open Charge Map says: {said}",
    }


def _plugs(
    raw: Mapping[str, Any], where: str
) -> tuple[list[tuple[dict[str, Any], int]], tuple[Fault, ...]]:
    found: list[tuple[dict[str, Any], int]] = []
    faults: list[Fault] = []
    for index, told in enumerate(objects(raw.get("Connections"))):
        kind = int(number(told.get("ConnectionTypeID")) or _id(told, "ConnectionType"))
        shape = CONNECTION_TYPES.get(kind)
        if shape is None:
            said = text(_of(told, "ConnectionType").get("Title")) or str(kind)
            faults.append(
                Fault(f"{where}/Connections/{index}", f"this connection is not known: {said}")
            )
            continue
        standard, form, usual = shape
        current = int(number(told.get("CurrentTypeID")) or _id(told, "CurrentType"))
        power_kw = number(told.get("PowerKW"))
        count = int(number(told.get("Quantity")) or 1)
        found.append(
            (
                {
                    "standard": standard,
                    "format": form,
                    "power_type": _CURRENTS.get(current, usual),
                    "max_electric_power": power_kw * 1000 if power_kw else None,
                    "max_voltage": number(told.get("Voltage")),
                    "max_amperage": number(told.get("Amps")),
                },
                min(max(count, 1), _MOST_PLUGS),
            )
        )
    return found, tuple(faults)


def _status(raw: Mapping[str, Any]) -> str:
    kind = int(number(raw.get("StatusTypeID")) or _id(raw, "StatusType"))
    works = flag(_of(raw, "StatusType").get("IsOperational"))
    return _STATUSES.get(kind, "UNKNOWN" if works is not False else "OUTOFORDER")


def _of(raw: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    return next(iter(objects(raw.get(key))), {})


def _id(raw: Mapping[str, Any], key: str) -> float:
    return number(_of(raw, key).get("ID")) or 0
