"""Settlements of a region from GeoNames and, where there is one, its OpenStreetMap file.

What both know is one entry with the names of both. What lies within a far larger place is a quarter
of it. `Domains` tells which settlement a street belongs to.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from math import log10

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from planner.model.geo import BBox, LonLat, distance_m
from planner.roads.gazetteer import Entry
from planner.roads.geonames import City, cities_in
from planner.roads.osm_places import OsmPlace
from planner.roads.spelling import fold
from planner.roads.sphere import arc_m, chord_of, unit_vectors

MARGIN_DEGREES = 0.05
"""Places this far outside the region's box are known too: the town whose road was cut off."""

OWN: tuple[str, ...] = ("city", "town", "village", "hamlet")
"""Kinds that stand for themselves; those below belong to one of these."""

SETTLED: tuple[str, ...] = (*OWN, "district", "suburb", "neighbourhood", "island")
"""Kinds that name the points around them."""

_KINDS = ((100_000, "city"), (10_000, "town"), (0, "village"))
"""Source: OpenStreetMap wiki, Key:place (city above 100,000, town above 10,000 inhabitants)."""

_WEIGHT = {
    "city": 5.0, "town": 4.0, "district": 3.3, "village": 2.9, "suburb": 2.8, "island": 2.5,
    "hamlet": 2.2, "neighbourhood": 2.2, "square": 2.0,
}  # fmt: skip
"""Decimal logarithm of the inhabitants that are assumed where none are told. Source: by hand."""

_REACH_M, _REACH_POWER = 500.0, 0.4
"""A place of a thousand inhabitants reaches so far, larger ones by that power of their number:
8.7 km for Munich. Source: chosen by hand between streets that grow with people and density that
grows too; of places in reach the one counts whose reach is spent the least."""

_QUARTER_SHARE = 0.25
_SAME_WITHIN_M = 15_000.0
_COUNTRY_WITHIN_M = 60_000.0
_DOMAIN_WITHIN_M = 30_000.0


def settlements_of(bbox: BBox, told: Sequence[OsmPlace] = ()) -> list[Entry]:
    """Return the settlements in a region's box and a little around it."""
    wide = BBox(
        bbox.west - MARGIN_DEGREES,
        bbox.south - MARGIN_DEGREES,
        bbox.east + MARGIN_DEGREES,
        bbox.north + MARGIN_DEGREES,
    )
    cities = cities_in(wide)
    entries = [_entry_of(place) for place in told]
    entries = _with_countries(entries, cities)
    entries, others = _joined(entries, cities)
    entries += _with_quarters([_entry_of_city(city) for city in others], entries)
    return _with_towns(entries)


def reach_m(weight: float) -> NDArray[np.float64]:
    """Return how far places reach, of the decimal logarithm of their inhabitants."""
    return np.asarray(_REACH_M * 10 ** ((np.asarray(weight) - 3.0) * _REACH_POWER))


class Domains:
    """Which settlement of its own a point belongs to."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        self.settlements = [entry for entry in entries if entry.kind in OWN and not entry.within]
        bins: dict[int, list[int]] = defaultdict(list)
        for index, entry in enumerate(self.settlements):
            bins[int(entry.weight * 2)].append(index)
        self._bins = [
            (np.array(members), cKDTree(_points([self.settlements[index] for index in members])))
            for _size, members in sorted(bins.items())
        ]
        self._reach_m = reach_m(np.array([entry.weight for entry in self.settlements]))  # type: ignore[arg-type] # arrays too

    def settlement_of(
        self, lon: NDArray[np.float64], lat: NDArray[np.float64]
    ) -> NDArray[np.int64]:
        """Return the index in ``settlements`` of each point's, -1 where none is within 30 km."""
        points = unit_vectors(lon, lat)
        best, spent = np.full(len(points), -1), np.full(len(points), np.inf)
        for members, tree in self._bins:
            chord, at = tree.query(points, distance_upper_bound=chord_of(_DOMAIN_WITHIN_M))
            found = np.isfinite(chord)
            index = members[np.where(found, at, 0)]
            share = np.where(found, arc_m(chord) / self._reach_m[index], np.inf)
            nearer = share < spent
            best, spent = np.where(nearer, index, best), np.where(nearer, share, spent)
        return best


def _entry_of(place: OsmPlace) -> Entry:
    return Entry(
        name=place.name,
        kind=place.kind,
        country=place.country,
        location=place.location,
        population=place.population,
        weight=log10(place.population + 100) if place.population else _WEIGHT[place.kind],
        aliases=place.aliases,
        settled=place.kind in SETTLED,
    )


def _entry_of_city(city: City) -> Entry:
    return Entry(
        name=city.name,
        kind=next(word for least, word in _KINDS if city.population >= least),
        country=city.countrycode,
        location=LonLat(city.longitude, city.latitude),
        population=city.population,
        weight=log10(city.population + 100),
        aliases=_named(city.alternatenames),
        settled=True,
    )


def _named(aliases: Sequence[str]) -> tuple[str, ...]:
    """Leave out what is written small, which GeoNames has for codes and slips."""
    return tuple(alias for alias in aliases if alias and not alias.islower())


def _with_countries(entries: list[Entry], cities: Sequence[City]) -> list[Entry]:
    """Fill in countries that are not told by those of the nearest place of GeoNames."""
    unknown = [index for index, entry in enumerate(entries) if not entry.country]
    if not unknown or not cities:
        return entries
    tree = cKDTree(unit_vectors([c.longitude for c in cities], [c.latitude for c in cities]))
    spots = _points([entries[index] for index in unknown])
    chord, at = tree.query(spots, distance_upper_bound=chord_of(_COUNTRY_WITHIN_M))
    for index, away, city in zip(unknown, chord, at, strict=True):
        if np.isfinite(away):
            entries[index] = replace(entries[index], country=cities[int(city)].countrycode)
    return entries


def _joined(entries: list[Entry], cities: Sequence[City]) -> tuple[list[Entry], list[City]]:
    """Give entries the names and people of the place of GeoNames that is the same; return others.

    The same is within 15 km and shares a name; of several the heaviest, then the nearest.
    """
    if not entries:
        return [], list(cities)
    by_name: dict[str, list[int]] = defaultdict(list)
    for index, entry in enumerate(entries):
        for key in {fold(name) for name in (entry.name, *entry.aliases)}:
            by_name[key].append(index)
    taken: set[int] = set()
    left = []
    for city in sorted(cities, key=lambda city: -city.population):
        place, aliases = LonLat(city.longitude, city.latitude), _named(city.alternatenames)
        keys = {fold(name) for name in (city.name, *aliases)}
        same = {
            index
            for key in keys
            for index in by_name.get(key, ())
            if index not in taken
            and entries[index].kind in SETTLED
            and distance_m(entries[index].location, place) < _SAME_WITHIN_M
        }
        if not same:
            left.append(city)
            continue
        index = min(
            same, key=lambda i: (-entries[i].weight, distance_m(entries[i].location, place))
        )
        taken.add(index)
        entry = entries[index]
        people = entry.population or city.population
        entries[index] = replace(
            entry,
            population=people,
            weight=max(log10(people + 100), entry.weight if entry.population else 0.0),
            aliases=tuple(dict.fromkeys((*entry.aliases, city.name, *aliases))),
        )
    return entries, left


def _with_quarters(cities: list[Entry], known: Sequence[Entry]) -> list[Entry]:
    """Make quarters of the cities that lie in reach of a place four times as large.

    GeoNames lists the quarters of large cities as towns.
    """
    larger = [entry for entry in (*known, *cities) if entry.kind in OWN]
    larger.sort(key=lambda entry: -entry.population)
    large = [entry for entry in larger if entry.population * _QUARTER_SHARE >= SMALL]
    if not large:
        return cities
    tree = cKDTree(_points(large))
    most_m = float(reach_m(large[0].weight))
    near = tree.query_ball_point(_points(cities), chord_of(most_m)) if cities else []
    return [
        _as_quarter(city, [large[index] for index in sorted(indices)])
        for city, indices in zip(cities, near, strict=True)
    ]


SMALL = 500
"""What is smaller has no quarters of its own to be told apart."""


def _as_quarter(city: Entry, large: Sequence[Entry]) -> Entry:
    for town in large:
        if city.population > _QUARTER_SHARE * town.population:
            break
        if distance_m(city.location, town.location) < float(reach_m(town.weight)):
            return replace(city, kind="suburb", within=town.name)
    return city


def _with_towns(entries: list[Entry]) -> list[Entry]:
    """Name the settlement of quarters and squares."""
    domains = Domains(entries)
    lacking = [
        i for i, e in enumerate(entries) if e.kind not in (*OWN, "district") and not e.within
    ]
    if not lacking or not domains.settlements:
        return entries
    spots = np.array([entries[index].location for index in lacking])
    found = domains.settlement_of(spots[:, 0], spots[:, 1])
    for index, town in zip(lacking, found.tolist(), strict=True):
        if town >= 0 and domains.settlements[town].name != entries[index].name:
            entries[index] = replace(entries[index], within=domains.settlements[town].name)
    return entries


def _points(entries: Sequence[Entry]) -> NDArray[np.float64]:
    places = np.array([entry.location for entry in entries], float).reshape(-1, 2)
    return unit_vectors(places[:, 0], places[:, 1])
