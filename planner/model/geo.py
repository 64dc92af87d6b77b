"""Points on the Earth: always longitude first, degrees, WGS 84."""

from math import asin, cos, radians, sin, sqrt
from typing import NamedTuple

EARTH_RADIUS_M = 6_371_008.8
"""Mean radius of the Earth in metres. Source: IUGG mean radius R1, GRS 80."""


class LonLat(NamedTuple):
    """A point: longitude then latitude, degrees."""

    lon: float
    lat: float


class BBox(NamedTuple):
    """A box that does not cross the antimeridian: west, south, east, north, degrees."""

    west: float
    south: float
    east: float
    north: float

    def holds(self, point: LonLat) -> bool:
        """Say whether the point lies in the box or on its border."""
        return self.west <= point.lon <= self.east and self.south <= point.lat <= self.north


def distance_m(a: LonLat, b: LonLat) -> float:
    """Great-circle distance in metres. Source: the haversine formula, on `EARTH_RADIUS_M`."""
    phi_a, phi_b = radians(a.lat), radians(b.lat)
    half_lat = sin((phi_b - phi_a) / 2)
    half_lon = sin(radians(b.lon - a.lon) / 2)
    chord = half_lat * half_lat + cos(phi_a) * cos(phi_b) * half_lon * half_lon
    return 2 * EARTH_RADIUS_M * asin(min(1.0, sqrt(chord)))
