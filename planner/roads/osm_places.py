"""Named places of an OpenStreetMap file, and the other names of its streets: one light pass each.

Only nodes with ``place`` and streets with names in further languages come as far as Python.
Settlements that are drawn as areas only are not read.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import inf
from pathlib import Path
from typing import Any

import osmium

from planner.errors import DataError
from planner.model.geo import LonLat

KINDS: Mapping[str, str] = {
    "city": "city", "town": "town", "village": "village", "hamlet": "hamlet",
    "isolated_dwelling": "hamlet", "municipality": "district", "county": "district",
    "district": "district", "borough": "suburb", "suburb": "suburb", "quarter": "suburb",
    "neighbourhood": "neighbourhood", "island": "island", "islet": "island", "square": "square",
}  # fmt: skip
"""Values of ``place`` that are read, and our kind of each. States, regions and places where nobody
lives are left out. Source: OpenStreetMap wiki, Key:place."""

_OTHER_NAMES = ("alt_name", "int_name", "loc_name", "official_name", "short_name", "old_name")
_NO_LANGUAGES = frozenset({"etymology", "pronunciation", "prefix", "source", "signed", "botanical"})
"""What stands after ``name:`` and is not a name in another language."""

STREET_LANGUAGES: tuple[str, ...] = (
    "ar", "be", "bg", "br", "ca", "cs", "cy", "da", "de", "el", "en", "es", "et", "eu", "fi", "fr",
    "fy", "ga", "gd", "gl", "he", "hr", "hsb", "hu", "hy", "it", "ja", "ja-Latn", "ka", "kk", "ko",
    "lb", "lld", "lt", "lv", "mk", "mt", "nl", "no", "oc", "pl", "pt", "rm", "ro", "ru", "se",
    "sk", "sl", "sq", "sr", "sr-Latn", "sv", "th", "tr", "uk", "vi", "zh", "zh_pinyin",
)  # fmt: skip
"""Languages in which other names of streets are looked for; those of places are read in all."""

_ALIASES_AT_MOST = 60
_COUNTRY_KEYS = ("addr:country", "is_in:country_code", "ISO3166-1:alpha2", "is_in:iso_3166_1")


@dataclass(frozen=True, slots=True, kw_only=True)
class OsmPlace:
    """A node with ``place``: ``kind`` of `KINDS`; ``population`` 0 and ``country`` "" if untold."""

    name: str
    kind: str
    location: LonLat
    population: int
    country: str
    aliases: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OsmNames:
    """What a file tells besides its roads: places, and other names of streets by their name."""

    places: tuple[OsmPlace, ...] = ()
    streets: Mapping[str, tuple[str, ...]]


def read_osm_names(path: Path) -> OsmNames:
    """Read places and street names of a file.

    Raises
    ------
    DataError
        The file cannot be read to its end.
    """
    try:
        return OsmNames(places=tuple(_places(path)), streets=_streets(path))
    except (osmium.InvalidLocationError, RuntimeError, ValueError, OSError) as error:
        raise DataError(
            f"the OSM file cannot be read to its end ({error})",
            place=str(path),
            remedy="It may be cut short or of another format; download it again",
        ) from error


def _places(path: Path) -> list[OsmPlace]:
    reader = osmium.FileProcessor(str(path), osmium.osm.NODE)
    found = []
    for node in reader.with_filter(osmium.filter.KeyFilter("place")):
        tags = dict(node.tags)
        kind, name = KINDS.get(tags["place"], ""), tags.get("name", "").strip()
        if kind and name and node.location.valid() and not node.deleted:
            found.append(
                OsmPlace(
                    name=name,
                    kind=kind,
                    location=LonLat(node.location.lon, node.location.lat),
                    population=_population(tags.get("population", "")),
                    country=_country(tags),
                    aliases=_aliases(tags, name),
                )
            )
    return found


def _streets(path: Path) -> dict[str, tuple[str, ...]]:
    languages = [f"name:{language}" for language in STREET_LANGUAGES]
    reader = osmium.FileProcessor(str(path), osmium.osm.WAY)
    reader.with_filter(osmium.filter.KeyFilter("highway"))
    reader.with_filter(osmium.filter.KeyFilter("name"))
    found: dict[str, dict[str, None]] = {}
    for way in reader.with_filter(osmium.filter.KeyFilter(*_OTHER_NAMES, *languages)):
        tags = dict(way.tags)
        aliases = _aliases(tags, tags["name"])
        found.setdefault(tags["name"], {}).update(dict.fromkeys(aliases))
    return {name: tuple(aliases)[:_ALIASES_AT_MOST] for name, aliases in found.items() if aliases}


def _aliases(tags: Mapping[str, Any], name: str) -> tuple[str, ...]:
    """Return the other names: in other languages, in other use, formerly."""
    said = [
        value
        for key, value in tags.items()
        if key.partition(":")[0] in _OTHER_NAMES
        or (key.startswith("name:") and key.split(":")[1] not in _NO_LANGUAGES)
    ]
    names = dict.fromkeys(part.strip() for value in said for part in value.split(";"))
    return tuple(other for other in names if other and other != name)[:_ALIASES_AT_MOST]


def _population(text: str) -> int:
    digits = text.replace(",", "").replace(".", "").replace(" ", "").strip()
    return int(digits) if digits.isascii() and digits.isdigit() and int(digits) < inf else 0


def _country(tags: Mapping[str, str]) -> str:
    codes = (tags.get(key, "") for key in _COUNTRY_KEYS)
    return next((code.upper() for code in codes if len(code) == 2 and code.isalpha()), "")  # noqa: PLR2004 -- ISO 3166-1 alpha-2
