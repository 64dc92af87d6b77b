"""Charging stations that OpenStreetMap knows: ``amenity=charging_station``.

Source: OpenStreetMap wiki, Tag:amenity=charging_station, Key:socket, Key:payment,
Key:ref:EU:EVSE, Key:access.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import osmium

from planner.errors import DataError, Fault
from planner.feeds.documents import Progress
from planner.feeds.fields import number
from planner.feeds.mapped import NO_COUNTRY, Mapped, share_out
from planner.feeds.osm_hours import read_opening_hours
from planner.feeds.places import country_at, time_zone
from planner.model.geo import LonLat

SOCKETS: Mapping[str, tuple[str, str, str]] = {
    "type2": ("IEC_62196_T2", "SOCKET", "AC_3_PHASE"),
    "type2_cable": ("IEC_62196_T2", "CABLE", "AC_3_PHASE"),
    "type2_combo": ("IEC_62196_T2_COMBO", "CABLE", "DC"),
    "type1": ("IEC_62196_T1", "SOCKET", "AC_1_PHASE"),
    "type1_cable": ("IEC_62196_T1", "CABLE", "AC_1_PHASE"),
    "type1_combo": ("IEC_62196_T1_COMBO", "CABLE", "DC"),
    "type3": ("IEC_62196_T3C", "SOCKET", "AC_3_PHASE"),
    "type3a": ("IEC_62196_T3A", "SOCKET", "AC_1_PHASE"),
    "type3c": ("IEC_62196_T3C", "SOCKET", "AC_3_PHASE"),
    "chademo": ("CHADEMO", "CABLE", "DC"),
    "tesla_supercharger": ("TESLA_S", "CABLE", "DC"),
    "tesla_supercharger_ccs": ("IEC_62196_T2_COMBO", "CABLE", "DC"),
    "tesla_destination": ("TESLA_S", "CABLE", "AC_3_PHASE"),
    "nacs": ("SAE_J3400", "CABLE", "DC"),
    "schuko": ("DOMESTIC_F", "SOCKET", "AC_1_PHASE"),
    "typee": ("DOMESTIC_E", "SOCKET", "AC_1_PHASE"),
    "bs1363": ("DOMESTIC_G", "SOCKET", "AC_1_PHASE"),
    "sev1011_t23": ("DOMESTIC_J", "SOCKET", "AC_1_PHASE"),
    "cee_blue": ("IEC_60309_2_single_16", "SOCKET", "AC_1_PHASE"),
    "cee_red_16a": ("IEC_60309_2_three_16", "SOCKET", "AC_3_PHASE"),
    "cee_red_32a": ("IEC_60309_2_three_32", "SOCKET", "AC_3_PHASE"),
    "cee_red_64a": ("IEC_60309_2_three_64", "SOCKET", "AC_3_PHASE"),
    "gb_ac": ("GBT_AC", "SOCKET", "AC_3_PHASE"),
    "gb_dc": ("GBT_DC", "CABLE", "DC"),
}
"""OCPI's standard, format and power type of each ``socket:*``. Source: OpenStreetMap wiki,
Key:socket; OCPI 2.3.0, ConnectorType."""

OPEN_TO_ALL = frozenset({"yes", "permissive", "public", "designated", ""})
_CARDS = ("credit_cards", "debit_cards", "contactless", "cards", "visa", "mastercard", "girocard")
_OUT_OF_ORDER = frozenset({"broken", "out_of_order", "closed", "out of order", "needs_maintenance"})
_POWER = re.compile(r"(\d+(?:[.,]\d+)?)\s*(k?)(?:w|va)\b", re.IGNORECASE)
_METRES = re.compile(r"(\d+(?:[.,]\d+)?)\s*m?")
_MOST_PLUGS = 200


@dataclass(frozen=True, slots=True)
class Element:
    """A charging station of an extract: ``node/17`` or ``way/4``, where it is, what it says."""

    name: str
    location: LonLat
    tags: Mapping[str, str]
    changed: float


def charging_stations(path: Path, progress: Progress | None = None) -> Iterator[Element]:
    """Give the charging stations of an extract; those that are areas stand at their first node.

    Raises
    ------
    DataError
        The file is missing, cut, or no OpenStreetMap file.
    """
    if progress is not None:
        progress(0, 2)
    try:
        areas: dict[int, list[_Area]] = {}
        for area in _areas(path):
            areas.setdefault(area.corner, []).append(area)
        if progress is not None:
            progress(1, 2)
        yield from _points(path, areas)
    except (RuntimeError, OSError) as error:
        raise DataError(
            f"the file cannot be read as OpenStreetMap data: {error}",
            place=str(path),
            remedy="Give an extract as .osm.pbf, .osm, .osm.gz or .osm.bz2.",
        ) from error
    if progress is not None:
        progress(2, 2)


@dataclass(frozen=True, slots=True)
class _Area:
    number: int
    corner: int
    tags: Mapping[str, str]
    changed: float


def _areas(path: Path) -> Iterator[_Area]:
    """Give the stations drawn as areas; relations of them are not known to exist."""
    kept = osmium.FileProcessor(str(path), osmium.osm.WAY).with_filter(
        osmium.filter.TagFilter(("amenity", "charging_station"))
    )
    for way in kept:
        if way.is_way() and len(way.nodes):
            yield _Area(way.id, way.nodes[0].ref, dict(way.tags), _changed(way))


def _points(path: Path, areas: Mapping[int, list[_Area]]) -> Iterator[Element]:
    """Give the stations that are nodes, and the areas at their first node."""
    stations = osmium.FileProcessor(str(path), osmium.osm.NODE).with_filter(
        osmium.filter.TagFilter(("amenity", "charging_station"))
    )
    for node in stations:
        place = LonLat(node.lon, node.lat)
        yield Element(f"node/{node.id}", place, dict(node.tags), _changed(node))
    if not areas:
        return
    corners = osmium.FileProcessor(str(path), osmium.osm.NODE).with_filter(
        osmium.filter.IdFilter(list(areas))
    )
    for node in corners:
        for area in areas[node.id]:
            place = LonLat(node.lon, node.lat)
            yield Element(f"way/{area.number}", place, area.tags, area.changed)


def _changed(element: Any) -> float:
    """Return when an element was changed last; 0 where the extract does not tell."""
    moment: datetime = element.timestamp
    return max(moment.replace(tzinfo=moment.tzinfo or UTC).timestamp(), 0.0)


def location_of_osm(element: Element, *, now: float) -> Mapped:
    """Write an element as a Location of the party ``ZZ*OSM``."""
    tags = element.tags
    plugs, faults = _plugs(element)
    if not plugs:
        lacking = Fault(element.name, "the station is left out: no socket:* says what plugs it has")
        return Mapped(element.name, None, faults=(*faults, lacking))
    posts = int(number(tags.get("capacity")) or 0)
    evses = share_out(plugs, posts)
    names = [name.strip() for name in tags.get("ref:EU:EVSE", "").split(";") if name.strip()]
    alike = all(evse == evses[0] for evse in evses)
    told = names if len(names) == len(evses) and alike else []
    state = tags.get("operational_status", tags.get("opening_hours:status", "")).lower()
    status = "OUTOFORDER" if state in _OUT_OF_ORDER else "UNKNOWN"
    changed = datetime.fromtimestamp(element.changed, UTC).isoformat()
    location = {
        "country_code": NO_COUNTRY,
        "party_id": "OSM",
        "id": element.name,
        "publish": True,
        "name": tags.get("name") or tags.get("description", ""),
        "operator": {"name": tags.get("operator") or tags.get("network") or tags.get("brand", "")},
        "address": " ".join(filter(None, (tags.get("addr:street"), tags.get("addr:housenumber")))),
        "city": tags.get("addr:city", ""),
        "coordinates": {
            "longitude": str(element.location.lon),
            "latitude": str(element.location.lat),
        },
        "last_updated": changed,
        "evses": [
            {
                "uid": str(place + 1),
                "evse_id": told[place] if told else None,
                "status": status,
                "last_updated": changed if status != "UNKNOWN" else None,
                "connectors": [
                    {"id": str(rank + 1), **plug} for rank, plug in enumerate(connectors)
                ],
            }
            for place, connectors in enumerate(evses)
        ],
    }
    return Mapped(element.name, location, _besides(element, now), faults)


def _besides(element: Element, now: float) -> dict[str, Any]:
    tags, place = element.tags, element.location
    zone = time_zone("", place)
    hours = read_opening_hours(
        tags.get("opening_hours", ""), zone=zone, country=country_at(place), now=now
    )
    height = _METRES.fullmatch(tags.get("maxheight", "").strip())
    return {
        "time_zone": zone,
        "hours": hours,
        "reserved_for": _reserved_for(tags),
        "two_wheelers_only": _two_wheelers_only(tags),
        "card_terminal": _takes_cards(tags),
        "max_height_m": number(height[1]) if height else None,
    }


def _plugs(element: Element) -> tuple[list[tuple[dict[str, Any], int]], tuple[Fault, ...]]:
    """Return each kind of plug, as an OCPI connector, with its number."""
    found: list[tuple[dict[str, Any], int]] = []
    faults: list[Fault] = []
    for key, value in sorted(element.tags.items()):
        kind = key.removeprefix("socket:")
        if kind == key or ":" in kind or value == "no":
            continue
        shape = SOCKETS.get(kind)
        if shape is None:
            faults.append(Fault(f"{element.name}/{key}", "this kind of socket is not known"))
            continue
        count = 1 if value in ("yes", "unknown") else int(number(value) or 0)
        if not 0 < count <= _MOST_PLUGS:
            faults.append(Fault(f"{element.name}/{key}", f"{value!r} is no number of sockets"))
            continue
        standard, form, power_type = shape
        found.append(
            (
                {
                    "standard": standard,
                    "format": form,
                    "power_type": power_type,
                    "max_electric_power": _power_w(element.tags, key),
                    "max_voltage": _first_number(element.tags.get(f"{key}:voltage", "")),
                    "max_amperage": _first_number(element.tags.get(f"{key}:current", "")),
                },
                count,
            )
        )
    return found, tuple(faults)


def _power_w(tags: Mapping[str, str], key: str) -> float | None:
    """Return the least power that is told for a kind of socket: of several, any may be free."""
    said = tags.get(f"{key}:output") or tags.get(f"{key}:maxpower") or ""
    powers = [
        float(shape[1].replace(",", ".")) * (1000 if shape[2] else 1)
        for shape in _POWER.finditer(said)
    ]
    return min(powers) if powers else None


def _first_number(said: str) -> float | None:
    shape = re.match(r"\s*(\d+(?:[.,]\d+)?)", said)
    return number(shape[1]) if shape else None


def _reserved_for(tags: Mapping[str, str]) -> str:
    """Say who alone may charge, where that is not everybody."""
    cars = tags.get("motorcar") or tags.get("motor_vehicle") or ""
    if cars in ("no", "private"):
        return "no cars"
    access = cars or tags.get("access", "")
    return "" if access in OPEN_TO_ALL else f"access={access}"


def _two_wheelers_only(tags: Mapping[str, str]) -> bool:
    two = any(tags.get(kind) == "yes" for kind in ("bicycle", "motorcycle", "scooter"))
    return two and tags.get("motorcar") == "no"


def _takes_cards(tags: Mapping[str, str]) -> bool | None:
    """Say whether payment cards are taken, None where nothing is told."""
    told = [tags[f"payment:{kind}"] for kind in _CARDS if f"payment:{kind}" in tags]
    return any(value == "yes" for value in told) if told else None
