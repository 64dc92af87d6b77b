"""Plans as GPX 1.1 for navigation devices: the track of each leg, charging stops as waypoints.

Source: the GPX 1.1 schema, https://www.topografix.com/GPX/1/1/gpx.xsd (element order matters).
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from xml.etree import ElementTree as ET

from planner.formats.plan_reading import plan_from_json
from planner.formats.words import charge_words, how_words
from planner.model.geo import LonLat
from planner.model.plan import ChargingStop

NAMESPACE = "http://www.topografix.com/GPX/1/1"
_FORBIDDEN = dict.fromkeys(i for i in range(32) if chr(i) not in "\t\n\r")


def plan_to_gpx(document: Mapping[str, Any]) -> bytes:
    """Write a plan (its JSON document) as a GPX document, UTF-8."""
    plan = plan_from_json(document)
    root = ET.Element("gpx", version="1.1", creator="Plugsure", xmlns=NAMESPACE)
    about = ET.SubElement(root, "metadata")
    _text(about, "name", plan.mission.id or plan.id)
    _text(about, "desc", plan.promise)
    _text(about, "time", _utc(plan.created))
    for waypoint in plan.mission.waypoints:
        _waypoint(root, waypoint.location, waypoint.name or "Stop")
    for number, stop in enumerate(plan.charging_stops, start=1):
        _stop(root, stop, f"Charge {number}: {stop.station_name}", "Charging stop")
        for fallback in stop.fallbacks:
            name = f"Fallback {number}: {fallback.stop.station_name}"
            _stop(root, fallback.stop, name, "Fallback")
    track = ET.SubElement(root, "trk")
    _text(track, "name", plan.mission.id or plan.id)
    for leg in document["legs"]:
        segment = ET.SubElement(track, "trkseg")
        for lon, lat in leg["geometry"]["coordinates"]:
            ET.SubElement(segment, "trkpt", lat=f"{lat:.6f}", lon=f"{lon:.6f}")
    ET.indent(root)
    written: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return written + b"\n"


def _stop(root: ET.Element, stop: ChargingStop, name: str, kind: str) -> None:
    said = f"{charge_words(stop)}. {how_words(stop)}"
    _waypoint(root, stop.location, name, said=said, kind=kind, at=stop.arrival)


def _waypoint(
    root: ET.Element,
    place: LonLat,
    name: str,
    *,
    said: str = "",
    kind: str = "",
    at: float | None = None,
) -> None:
    point = ET.SubElement(root, "wpt", lat=f"{place.lat:.7f}", lon=f"{place.lon:.7f}")
    if at is not None:
        _text(point, "time", _utc(at))
    _text(point, "name", name)
    if said:
        _text(point, "desc", said)
    if kind:
        _text(point, "type", kind)


def _text(parent: ET.Element, tag: str, text: str) -> None:
    ET.SubElement(parent, tag).text = text.translate(_FORBIDDEN)


def _utc(moment_s: float) -> str:
    return datetime.fromtimestamp(int(moment_s), tz=UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
