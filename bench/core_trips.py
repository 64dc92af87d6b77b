"""Random trips over many stations for the exact search: a plane of sites, two roads to each."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from planner.search.core import Curve, LegTable, Offer, OfferTable, Problem, Start, Waypoint

F64 = NDArray[np.float64]

FULL_KWH = 60.0
CHARGE_SHARE = (0.0, 0.1, 0.3, 0.5, 0.65, 0.8, 0.9, 1.0)
POWER_SHARE = (1.0, 1.0, 0.9, 0.7, 0.5, 0.3, 0.15)
"""Power over charge, as share of the car's peak of 150 kW: a curve that only ever falls."""

OVERHEAD_S = 300.0


@dataclass(frozen=True)
class Country:
    """Sites on a plane of that extent, each with roads to its nearest ``neighbours``."""

    sites: int
    extent_km: float
    neighbours: int
    seed: int = 1


def make_trips(country: Country, count: int, least_km: float) -> list[Problem]:
    """Make that many trips of a country, each with its own start and end."""
    rng = np.random.default_rng(country.seed)
    at = rng.random((country.sites, 2)) * country.extent_km
    hills = rng.random(country.sites) * 600.0
    offers = _offers(rng, country.sites)
    trips = []
    while len(trips) < count:
        ends = rng.random((2, 2)) * country.extent_km
        if np.hypot(*(ends[0] - ends[1])) < least_km:
            continue
        everything = np.concatenate((at, ends))
        heights = np.concatenate((hills, rng.random(2) * 600.0))
        trips.append(
            Problem(
                legs=_legs(everything, heights, country.neighbours),
                offers=offers,
                waypoints=(Waypoint(), Waypoint()),
                start=Start(0.8 * FULL_KWH),
                end_kwh=0.1 * FULL_KWH,
                reserve_kwh=0.05 * FULL_KWH,
            )
        )
    return trips


def _offers(rng: np.random.Generator, sites: int) -> OfferTable:
    curves = {}
    for power_kw in (50.0, 150.0, 300.0):
        power = np.minimum(np.array(POWER_SHARE) * 150.0, power_kw)
        energy = np.array(CHARGE_SHARE) * FULL_KWH
        time_s = np.concatenate(([0.0], np.cumsum(np.diff(energy) / power * 3600.0)))
        curves[power_kw] = Curve(energy, time_s)
    powers = rng.choice((50.0, 150.0, 300.0), sites, p=(0.5, 0.3, 0.2))
    offers = (Offer(site, curves[power], OVERHEAD_S) for site, power in enumerate(powers))
    return OfferTable(tuple(offers), sites)


def _legs(at: F64, height_m: F64, neighbours: int) -> LegTable:
    """Two legs for each pair: 120 km/h, and 95 km/h on a way 3 % longer."""
    _, near = cKDTree(at).query(at, neighbours + 1)
    tail = np.repeat(np.arange(len(at)), neighbours)
    head = near[:, 1:].reshape(-1)
    km = np.hypot(*(at[tail] - at[head]).T) * 1.2
    climb_kwh = 2000.0 * 9.81 * (height_m[head] - height_m[tail]) / 3.6e6
    columns = []
    for speed_kmh, detour, kwh_per_km in ((120.0, 1.0, 0.21), (95.0, 1.03, 0.165)):
        length = km * detour
        net = length * kwh_per_km + climb_kwh
        dip = np.maximum(net, 0.0) + 0.02 * length * kwh_per_km
        cap = np.full_like(net, FULL_KWH)
        columns.append((tail, head, length / speed_kmh * 3600.0, net, dip, cap))
    tail, head, *figures = (np.concatenate(column) for column in zip(*columns, strict=True))
    fits = figures[2] <= FULL_KWH
    return LegTable.sparse(len(at), tail[fits], head[fits], *(f[fits] for f in figures))
