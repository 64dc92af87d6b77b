"""Distances on the globe for whole arrays of points."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from planner.model.geo import EARTH_RADIUS_M


def unit_vectors(lon: ArrayLike, lat: ArrayLike) -> NDArray[np.float64]:
    """Return points on the unit sphere, shape (k, 3), of longitudes and latitudes in degrees."""
    lam, phi = np.radians(np.asarray(lon, float)), np.radians(np.asarray(lat, float))
    return np.stack((np.cos(phi) * np.cos(lam), np.cos(phi) * np.sin(lam), np.sin(phi)), axis=-1)


def arc_m(chord: ArrayLike) -> NDArray[np.float64]:
    """Return the great-circle distance in metres of a chord between points on the unit sphere."""
    half = np.minimum(np.asarray(chord, float) / 2, 1.0)
    return np.asarray(2 * EARTH_RADIUS_M * np.arcsin(half), dtype=float)


def chord_of(arc_length_m: float) -> float:
    """Return the chord on the unit sphere of a great-circle distance in metres."""
    return float(2 * np.sin(min(arc_length_m / (2 * EARTH_RADIUS_M), np.pi / 2)))


def distances_m(
    lon_a: ArrayLike, lat_a: ArrayLike, lon_b: ArrayLike, lat_b: ArrayLike
) -> NDArray[np.float64]:
    """Return great-circle distances in metres, pairwise.

    Source: the haversine formula, on the mean Earth radius of `planner.model.geo`.
    """
    phi_a, phi_b = np.radians(np.asarray(lat_a, float)), np.radians(np.asarray(lat_b, float))
    half_lat = np.sin((phi_b - phi_a) / 2)
    half_lon = np.sin(np.radians(np.asarray(lon_b, float) - np.asarray(lon_a, float)) / 2)
    square = half_lat**2 + np.cos(phi_a) * np.cos(phi_b) * half_lon**2
    return np.asarray(2 * EARTH_RADIUS_M * np.arcsin(np.sqrt(np.minimum(square, 1.0))), dtype=float)
