"""French charge points in the static IRVE schema as stations.

The schema has a row for each charge point; points of one station that share all that a station
is judged by (who may come, when it is open, whether it takes cards) become one `Station`. Where
they do not, the most open ones keep the station's id and the others get it with a suffix, so that
a place for people with reduced mobility does not close its neighbours.

The party is the AFIREV prefix of the point's id (``FRPD1...`` is ``FR*PD1``): the data names no
sender, and the prefix is the operator that AFIREV gave the id to.

Source: schema-irve-statique 2.3 (https://schema.data.gouv.fr/etalab/schema-irve-statique).
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import Any

import msgspec

from planner.errors import Fault
from planner.feeds.documents import Item
from planner.feeds.fields import flag, moment, number, text
from planner.feeds.irve_plugs import connectors_of
from planner.feeds.osm_hours import read_opening_hours
from planner.feeds.places import BadPlace, believe, time_zone
from planner.model.geo import LonLat
from planner.model.station import Evse, Hours, Station, Status
from planner.store.updates import Repair, Told

_ID = re.compile(r"(FR)\*?([A-Z0-9]{3})\*?[EP]")
_NO_PARTY = "---"
"""Party id of a point without an AFIREV id: no agreement can name it."""

_HEIGHT = re.compile(r"(\d+(?:[.,]\d+)?)\s*m(?:[èe]tres?)?\b|(\d)m(\d\d)\b", re.IGNORECASE)
_PLAUSIBLE_HEIGHT_M = (1.5, 6.0)

_PARKING_TYPES = {"voirie": "ON_STREET", "parking public": "PARKING_LOT"}
"""OCPI's ParkingType for ``implantation_station``, where the two say the same."""


@dataclass(frozen=True, slots=True)
class _Site:
    """What all points of a `Station` share, the most open first in sorting order."""

    party_id: str
    location_id: str
    lon: float
    lat: float
    reserved_for: str
    accessible_only: bool
    two_wheelers_only: bool
    max_height_m: float | None
    hours: Hours | None
    card_terminal: bool | None

    @property
    def openness(self) -> tuple[Any, ...]:
        """Sorts the sites of one station: that which most drivers may use comes first."""
        return (
            bool(self.reserved_for),
            self.two_wheelers_only,
            self.accessible_only,
            self.max_height_m is not None,
            self.hours is None,
            self.hours is not None and not self.hours.twentyfourseven,
            self.card_terminal is not True,
            self.suffix,
        )

    @property
    def suffix(self) -> str:
        """Name what sets this site apart, the same whenever the file is read."""
        facts = msgspec.json.encode(self)
        return blake2b(facts, digest_size=3).hexdigest()


@dataclass(frozen=True, slots=True)
class _Point:
    site: _Site
    evse: Evse
    row: Mapping[str, Any]
    changed: float


def read_points(
    items: Iterable[Item], *, feed: str, now: float
) -> tuple[list[tuple[Station, dict[str, Told]]], list[Fault]]:
    """Read the points of a file and group them into stations; statuses are UNKNOWN.

    Of rows with the same point id the newest ``date_maj`` holds. ``now`` (UTC epoch seconds) is
    when the file is read: holidays are worked out from then on.
    """
    points: dict[str, _Point] = {}
    faults: list[Fault] = []
    for item in items:
        if item.fault is not None or not isinstance(item.value, Mapping):
            faults.append(item.fault or Fault(item.place, "a point is an object"))
            continue
        point = _point(item, now, faults)
        if point is None:
            continue
        known = points.get(point.evse.uid)
        if known is None or point.changed > known.changed:
            points[point.evse.uid] = point
    sites: dict[_Site, list[_Point]] = {}
    for point in points.values():
        sites.setdefault(point.site, []).append(point)
    return [_station(site, of_site, feed) for site, of_site in _named(sites)], faults


def _point(item: Item, now: float, faults: list[Fault]) -> _Point | None:
    row = item.value
    name = _plain_id(row.get("id_pdc_itinerance"))
    where = name or item.place
    given = _coordinates(row)
    if given is None:
        faults.append(Fault(f"{where}/coordonneesXY", "the point is left out: no coordinates"))
        return None
    try:
        place, mended = believe(*given, "FRA")
    except BadPlace as error:
        faults.append(Fault(f"{where}/coordonneesXY", f"the point is left out: {error}"))
        return None
    if mended:
        faults.append(Repair(f"{where}/coordonneesXY", mended))
    connectors, odd = connectors_of(row)
    if odd:
        kind = Repair if connectors else Fault
        faults.append(kind(f"{where}/{odd[0]}", odd[1]))
    if not connectors:
        return None
    if not name:
        faults.append(Repair(where, "the point has no AFIREV id: no agreement can name its party"))
    evse = Evse(
        uid=name or text(row.get("id_pdc_local")) or item.place,
        evse_id=name or None,
        connectors=connectors,
        parking_restrictions=_restrictions(row),
    )
    return _Point(
        _site(row, place, now), evse, row, moment(f"{text(row.get('date_maj'))}T00:00:00") or 0
    )


def _site(row: Mapping[str, Any], place: LonLat, now: float) -> _Site:
    shape = _ID.match(_plain_id(row.get("id_pdc_itinerance")))
    height, only_for = _clearance(text(row.get("restriction_gabarit")))
    station = _plain_id(row.get("id_station_itinerance")) or text(row.get("id_station_local"))
    return _Site(
        party_id=shape[2] if shape else _NO_PARTY,
        location_id=station or f"{place.lon:.5f},{place.lat:.5f}",
        lon=place.lon,
        lat=place.lat,
        reserved_for=_reserved_for(row) or only_for,
        accessible_only="DISABLED" in _restrictions(row),
        two_wheelers_only=flag(row.get("station_deux_roues")) is True,
        max_height_m=height,
        hours=read_opening_hours(
            text(row.get("horaires")), zone=time_zone("", place), country="FR", now=now
        ),
        card_terminal=flag(row.get("paiement_cb")),
    )


def _named(sites: dict[_Site, list[_Point]]) -> Iterable[tuple[_Site, list[_Point]]]:
    """Give the sites of each station with location ids that are unique."""
    by_name: dict[tuple[str, str], list[_Site]] = {}
    for site in sites:
        by_name.setdefault((site.party_id, site.location_id), []).append(site)
    for rivals in by_name.values():
        for rank, site in enumerate(sorted(rivals, key=lambda site: site.openness)):
            named = site
            if rank:
                named = replace(site, location_id=f"{site.location_id}~{site.suffix}")
            yield named, sites[site]


def _station(site: _Site, points: list[_Point], feed: str) -> tuple[Station, dict[str, Told]]:
    newest = max(points, key=lambda point: (point.changed, point.evse.uid))
    row = newest.row
    place = LonLat(site.lon, site.lat)
    station = Station(
        id=f"FR*{site.party_id}*{site.location_id}",
        feed=feed,
        country_code="FR",
        party_id=site.party_id,
        location_id=site.location_id,
        location=place,
        evses=tuple(sorted((point.evse for point in points), key=lambda evse: evse.uid)),
        name=text(row.get("nom_station")),
        operator=text(row.get("nom_operateur")) or text(row.get("nom_enseigne")),
        address=text(row.get("adresse_station")),
        country="FRA",
        time_zone=time_zone("", place),
        hours=site.hours,
        parking_type=_PARKING_TYPES.get(text(row.get("implantation_station")).lower(), ""),
        reserved_for=site.reserved_for,
        max_height_m=site.max_height_m,
        accessible_only=site.accessible_only,
        two_wheelers_only=site.two_wheelers_only,
        card_terminal=site.card_terminal,
        help_phone=text(row.get("telephone_operateur")).removeprefix("tel:"),
        last_updated=newest.changed,
    )
    return station, {point.evse.uid: (Status.UNKNOWN, None) for point in points}


def _plain_id(value: Any) -> str:
    """Read an AFIREV id without its separators; empty for ``Non concerné`` and the like."""
    plain = re.sub(r"[\s*]", "", text(value)).upper()
    return (
        plain if re.fullmatch(r"[A-Z]{2}[A-Z0-9_.\-]{4,}", plain) and "CONCERN" not in plain else ""
    )


def _coordinates(row: Mapping[str, Any]) -> tuple[float, float] | None:
    """Read ``[lon, lat]``, or the two columns that consolidated files have beside it."""
    given = row.get("coordonneesXY")
    parts = given if isinstance(given, list) else text(given).strip("[]() ").split(",")
    pair = [number(part) for part in parts]
    if len(pair) != 2 or None in pair:  # noqa: PLR2004
        pair = [
            number(row.get("consolidated_longitude")),
            number(row.get("consolidated_latitude")),
        ]
    lon, lat = pair
    return None if lon is None or lat is None else (lon, lat)


def _reserved_for(row: Mapping[str, Any]) -> str:
    """Say who alone may come. An access that is not stated is not open."""
    said = text(row.get("condition_acces"))
    if said.lower() == "accès libre":
        return ""
    return said or "accès non précisé"


def _restrictions(row: Mapping[str, Any]) -> tuple[str, ...]:
    told = set()
    if text(row.get("accessibilite_pmr")).lower() == "réservé pmr":
        told.add("DISABLED")
    if "réservé à la clientèle" in text(row.get("implantation_station")).lower():
        told.add("CUSTOMERS")
    if flag(row.get("station_deux_roues")):
        told.add("MOTORCYCLES")
    return tuple(sorted(told))


def _clearance(said: str) -> tuple[float | None, str]:
    """Read ``restriction_gabarit``: a height in metres, and whom alone it lets in."""
    if "que du poids lourd" in said.lower():
        return None, said
    heights = []
    for shape in _HEIGHT.finditer(said):
        metres = number(shape[1]) if shape[1] else number(f"{shape[2]}.{shape[3]}")
        if metres is not None and _PLAUSIBLE_HEIGHT_M[0] <= metres <= _PLAUSIBLE_HEIGHT_M[1]:
            heights.append(metres)
    return (min(heights) if heights else None), ""
