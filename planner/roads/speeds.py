"""How fast one may drive: maxspeed in all its forms, country zones, and defaults by class.

The rule of this file: a sign in figures beats the law of a named zone, which beats the default of
the class; what cannot be read is as if it were not there.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

KMH_PER_MPH = 1.609344
"""Source: the international mile of 1959."""
KMH_PER_KNOT = 1.852
"""Source: the international nautical mile of 1929."""

WALK_KMH = 7.0
"""``walk``. Source: German case law on living streets, 4 to 7 km/h."""

NO_LIMIT_KMH = 130.0
"""``none``. Source: Autobahn-Richtgeschwindigkeits-Verordnung, section 1: advisory 130 km/h."""

LOWEST_KMH, HIGHEST_KMH = 5.0, 140.0
"""Bounds of what is believed. Source: 140 km/h is Europe's highest limit (Poland, Bulgaria)."""

CLASS_SPEED_KMH: Mapping[str, float] = {
    "motorway": 110.0,
    "motorway_link": 70.0,
    "trunk": 85.0,
    "trunk_link": 65.0,
    "primary": 70.0,
    "primary_link": 60.0,
    "secondary": 60.0,
    "secondary_link": 50.0,
    "tertiary": 50.0,
    "tertiary_link": 40.0,
    "unclassified": 40.0,
    "residential": 30.0,
    "living_street": 10.0,
    "service": 20.0,
    "road": 30.0,
    "track": 15.0,
    "busway": 30.0,
    "pedestrian": 7.0,
    "ferry": 20.0,
}
"""Speed where nothing is signed, outside towns.

Source: of the defaults that three routers publish for cars, the middle one, rounded to 5 km/h:
OSRM (profiles/car.lua: motorway 90, trunk 85, primary 65, secondary 55, tertiary 40, unclassified
and residential 25, links 45 to 20), GraphHopper (CarAverageSpeedParser: 100, 70, 65, 60, 50, 30,
30, links 70 to 40) and Valhalla (speed_assigner.h, graph.lua: 105, 90, 75, 60, 50, 40, 35; links at
85 % of them). Above the middle are motorways at 110 (the three are means with traffic; limits are
110 to 130 in all but a few countries), primary roads and unclassified ones, whose share in towns,
which those figures hold too, is told apart here (`TOWN_SPEED_KMH`). Ferries go at the speed of a
slow car ferry: assumed.
"""

TOWN_SPEED_KMH: Mapping[str, float] = {
    "motorway": 100.0,
    "motorway_link": 60.0,
    "trunk": 75.0,
    "trunk_link": 50.0,
    "primary": 50.0,
    "primary_link": 45.0,
    "secondary": 50.0,
    "secondary_link": 45.0,
    "tertiary": 45.0,
    "unclassified": 35.0,
}
"""Most that is counted within towns where nothing is signed. Source: 50 km/h is the limit in towns
in nearly all countries (OpenStreetMap wiki, Default speed limits); trunk roads as Valhalla has them
in dense places (73 km/h); motorways between that (89) and outside; narrower streets: assumed.
"""

ROUNDABOUT_KMH = 35.0
"""Most that is driven around. Source: NCHRP Report 672, Roundabouts: An Informational Guide,
entry speeds of 20 to 25 mph for single lanes."""

ZONE_SPEED_KMH: Mapping[str, Mapping[str, float]] = {
    "urban": {"": 50.0, "GB": 30 * KMH_PER_MPH, "US": 25 * KMH_PER_MPH, "RU": 60.0, "CN": 50.0},
    "rural": {
        "": 80.0, "AT": 100.0, "BE": 90.0, "BG": 90.0, "CY": 80.0, "CZ": 90.0, "DE": 100.0,
        "EE": 90.0, "ES": 90.0, "FR": 80.0, "GB": 60 * KMH_PER_MPH, "GR": 90.0, "HR": 90.0,
        "HU": 90.0, "IT": 90.0, "LT": 90.0, "LU": 90.0, "LV": 90.0, "PL": 90.0, "PT": 90.0,
        "RO": 90.0, "RU": 90.0, "SI": 90.0, "SK": 90.0, "UA": 90.0, "US": 55 * KMH_PER_MPH,
    },
    "trunk": {
        "": 90.0, "AT": 100.0, "BE": 120.0, "CH": 100.0, "CZ": 110.0, "DE": 100.0, "ES": 100.0,
        "FR": 110.0, "GB": 70 * KMH_PER_MPH, "HR": 110.0, "HU": 110.0, "IT": 110.0, "NL": 100.0,
        "PL": 100.0, "PT": 100.0, "RO": 100.0, "SI": 110.0, "RU": 90.0,
    },
    "motorway": {
        "": 120.0, "AT": 130.0, "BG": 140.0, "CY": 100.0, "CZ": 130.0, "DE": NO_LIMIT_KMH,
        "DK": 130.0, "FR": 130.0, "GB": 70 * KMH_PER_MPH, "GR": 130.0, "HR": 130.0, "HU": 130.0,
        "IT": 130.0, "LT": 130.0, "LU": 130.0, "NL": 100.0, "NO": 110.0, "PL": 140.0, "RO": 130.0,
        "RU": 110.0, "SE": 110.0, "SI": 130.0, "SK": 130.0, "UA": 130.0,
    },
    "living_street": {"": 10.0, "AT": 10.0, "CH": 20.0, "FR": 20.0, "BE": 20.0, "PL": 20.0,
                      "ES": 20.0, "RU": 20.0, "CZ": 20.0, "SK": 20.0, "DE": WALK_KMH},
    "bicycle_road": {"": 30.0},
    "school": {"": 30.0},
}  # fmt: skip
"""Limits of zones named like ``DE:urban``, by country, "" for all others.

Source: OpenStreetMap wiki, Default speed limits, and the traffic codes it names; the Netherlands'
motorways at their limit by day. GB national limits for cars."""

_ZONE_WORDS: Mapping[str, str] = {
    "nsl_single": "rural",
    "nsl_dual": "trunk",
    "nsl_restricted": "urban",
    "expressway": "trunk",
    "single": "rural",
    "dual": "trunk",
    "city": "urban",
    "town": "urban",
    "walk": "living_street",
    "cyclestreet": "bicycle_road",
}

SURFACE_CAP_KMH: Mapping[str, float] = {
    "unpaved": 40.0, "compacted": 50.0, "fine_gravel": 40.0, "gravel": 40.0, "pebblestone": 30.0,
    "dirt": 30.0, "earth": 30.0, "ground": 30.0, "grass": 15.0, "mud": 10.0, "sand": 15.0,
    "cobblestone": 30.0, "unhewn_cobblestone": 20.0, "sett": 40.0, "grass_paver": 20.0,
}  # fmt: skip
"""Most that is driven on a surface. Source: assumed, near what other routers of OSM data use."""

SMOOTHNESS_CAP_KMH: Mapping[str, float] = {"horrible": 30.0, "very_horrible": 15.0}
"""Most that is driven on surfaces so broken. Source: assumed."""

_NUMBER = re.compile(r"(\d+(?:\.\d+)?)\s*(km/?h|kph|mph|knots?)?")
_ZONE_FIGURE = re.compile(r"(?:zone)?:?(\d{1,3})")


@dataclass(frozen=True, slots=True)
class Speed:
    """A speed in km/h and where it is from: a word of `planner.roads.classes.SPEED_SOURCES`."""

    kmh: float
    source: str


def speed_of(tags: Mapping[str, str], road_class: str, direction: str) -> Speed:
    """Return the speed on a way in a direction (``forward`` or ``backward``)."""
    cap = SURFACE_CAP_KMH.get(tags.get("surface", ""), HIGHEST_KMH)
    cap = min(cap, SMOOTHNESS_CAP_KMH.get(tags.get("smoothness", ""), HIGHEST_KMH))
    if tags.get("junction") in {"roundabout", "circular"}:
        cap = min(cap, ROUNDABOUT_KMH)
    told = _signed(tags, direction) or Speed(CLASS_SPEED_KMH[road_class], "class")
    return Speed(min(told.kmh, cap), told.source) if cap < told.kmh else told


def _signed(tags: Mapping[str, str], direction: str) -> Speed | None:
    for key in (f"maxspeed:motorcar:{direction}", f"maxspeed:{direction}", "maxspeed:motorcar",
                "maxspeed"):  # fmt: skip
        speed = read_maxspeed(tags.get(key, ""))
        if speed is not None:
            return speed
    for key in ("maxspeed:type", "source:maxspeed", "zone:maxspeed", "zone:traffic"):
        speed = read_maxspeed(tags.get(key, ""))
        if speed is not None and speed.source == "zone":
            return speed
    return None


def read_maxspeed(text: str) -> Speed | None:
    """Read a maxspeed: figures with or without unit, ``walk``, ``none``, zones, lists; or None.

    Of several values in a list the least counts, for it holds somewhere or at some time.
    """
    found = [speed for part in text.split(";") if (speed := _read_one(part.strip()))]
    return min(found, key=lambda speed: speed.kmh) if found else None


def _read_one(text: str) -> Speed | None:
    if text == "none":
        return Speed(NO_LIMIT_KMH, "sign")
    if text == "walk":
        return Speed(WALK_KMH, "sign")
    figure = _NUMBER.fullmatch(text)
    if figure:
        unit = {"mph": KMH_PER_MPH, "kno": KMH_PER_KNOT}.get((figure[2] or "")[:3], 1.0)
        return _believed(float(figure[1]) * unit, "sign")
    country, colon, zone = text.partition(":")
    return _zone_speed(country.upper(), zone.lower()) if colon else None


def _zone_speed(country: str, zone: str) -> Speed | None:
    country = {"UK": "GB"}.get(country, country)
    figure = _ZONE_FIGURE.fullmatch(zone)
    if figure:
        unit = KMH_PER_MPH if country in {"GB", "US"} else 1.0
        return _believed(float(figure[1]) * unit, "zone")
    table = ZONE_SPEED_KMH.get(_ZONE_WORDS.get(zone, zone))
    return Speed(table.get(country, table[""]), "zone") if table else None


def _believed(kmh: float, source: str) -> Speed | None:
    return Speed(min(kmh, HIGHEST_KMH), source) if kmh >= LOWEST_KMH else None


_CLOCK = re.compile(r"(?:(\d{1,3}):)?(\d{1,3})(?::(\d{2}))?")
_PERIOD = re.compile(r"P(?:(\d+)D)?T?(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?")


def read_duration_s(text: str) -> float | None:
    """Read a ferry's ``duration``: ``mm``, ``hh:mm``, ``hh:mm:ss`` or ISO 8601; None if unreadable.

    Source: OpenStreetMap wiki, Key:duration.
    """
    text = text.strip()
    clock = _CLOCK.fullmatch(text)
    if clock:
        hours, minutes, seconds = (int(part or 0) for part in clock.groups())
        return float(hours * 3600 + minutes * 60 + seconds) or None
    period = _PERIOD.fullmatch(text.upper())
    if period and any(period.groups()):
        days, hours, minutes, seconds = (int(part or 0) for part in period.groups())
        return float(days * 86400 + hours * 3600 + minutes * 60 + seconds) or None
    return None
