"""Where the demo's sites stand: on the roads that long trips share, and in towns.

Made once for the shipped file, by ``tools/build_demo.py``; deterministic for a seed. Traffic is
the sum of a gravity model's demand over the quickest paths between large towns, so that chargers
stand where trips go. Sites are then taken by falling traffic, each at a distance from those taken
that grows where traffic thins and in high mountains.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from math import cos, radians
from random import Random
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components, dijkstra
from scipy.spatial import cKDTree

from planner.demo.operators import OPERATORS, Operator, area_of
from planner.demo.sites import Site
from planner.model.geo import LonLat, distance_m

M_PER_DEGREE = 111_195.0
"""Metres in a degree of latitude. Source: 2 pi R1 / 360, R1 the IUGG mean radius."""
OFFSET_M = 120.0
"""A site stands at most so far from its road node: the forecourt beside the road."""
SPACING_M = (21_000.0, 28_000.0, 38_000.0)
"""Least distance between motorway sites: the busiest third, the middle, the quietest third."""
HIGH_M = 900.0
"""Above this height sites stand 1.5 times as far apart."""
SUMMIT_M = 1_500.0
"""Above this height nobody built."""
SAME_TOWN_M = 5_000.0
"""Places nearer than this are quarters of one town."""
TWIN_M = 1_200.0
"""About how far a second operator's site stands from the first at busy places."""


class Town(NamedTuple):
    """A place of GeoNames; ``country`` is ISO 3166-1 alpha-2."""

    name: str
    country: str
    lon: float
    lat: float
    population: int
    time_zone: str


@dataclass(frozen=True, eq=False)
class Roads:
    """The roads as siting needs them: nodes, and edges in either direction with their seconds."""

    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    ele_m: NDArray[np.float32]
    tail: NDArray[np.int32]
    head: NDArray[np.int32]
    duration_s: NDArray[np.float64]


class _Plane:
    """Longitudes and latitudes as metres east and north, good to a percent in one region."""

    def __init__(self, lon: NDArray[np.float64], lat: NDArray[np.float64]) -> None:
        self.metres_per_lon = M_PER_DEGREE * cos(radians(float(lat.mean())))
        self.tree = cKDTree(self.at(lon, lat))

    def at(self, lon: NDArray[np.float64], lat: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.column_stack((lon * self.metres_per_lon, lat * M_PER_DEGREE))

    def nearest(self, lon: float, lat: float) -> tuple[int, float]:
        distance_m, index = self.tree.query((lon * self.metres_per_lon, lat * M_PER_DEGREE))
        return int(index), float(distance_m)


def traffic(roads: Roads, towns: Sequence[Town]) -> NDArray[np.float64]:
    """Return the demand that passes each node on the quickest paths between the towns.

    Parameters
    ----------
    roads : Roads
        The network.
    towns : sequence of Town
        Origins and destinations; demand between two is (p q)^0.5, 0 under 60 km.

    Returns
    -------
    ndarray of float64, shape (nodes,)
        In arbitrary units.
    """
    size = len(roads.lon)
    graph = csr_matrix((roads.duration_s, (roads.tail, roads.head)), shape=(size, size))
    _, part = connected_components(graph, directed=False)
    main = np.flatnonzero(part == np.bincount(part).argmax())
    plane = _Plane(roads.lon[main], roads.lat[main])
    ends = np.array([main[plane.nearest(town.lon, town.lat)[0]] for town in towns])
    people = np.array([town.population for town in towns], dtype=np.float64)
    passing = np.zeros(size)
    for origin, source in enumerate(ends):
        time_s, before = dijkstra(graph, indices=source, return_predecessors=True)
        demand = np.sqrt(people[origin] * people) * (time_s[ends] > 40 * 60)
        through = np.zeros(size)
        np.add.at(through, ends, np.where(np.isfinite(time_s[ends]), demand, 0.0))
        for node in np.argsort(-np.where(np.isfinite(time_s), time_s, -1.0)):
            if before[node] >= 0:
                through[before[node]] += through[node]
        passing += through
    return passing


def along_motorways(
    roads: Roads, passing: NDArray[np.float64], count: int, spacing: float = 1.0
) -> list[int]:
    """Choose at most ``count`` nodes by falling traffic, apart by `SPACING_M` times ``spacing``."""
    order = np.argsort(-passing, kind="stable")
    order = order[(passing[order] > 0) & (roads.ele_m[order] <= SUMMIT_M)]
    plane = _Plane(roads.lon, roads.lat)
    where = plane.at(roads.lon, roads.lat)
    chosen: list[int] = []
    for node in order:
        third = min(2, 3 * len(chosen) // max(1, count))
        apart_m = SPACING_M[third] * spacing * (1.5 if roads.ele_m[node] > HIGH_M else 1.0)
        if chosen and np.min(np.hypot(*(where[chosen] - where[node]).T)) < apart_m:
            continue
        chosen.append(int(node))
        if len(chosen) == count:
            break
    return chosen


def place_sites(
    roads: Roads,
    towns: Sequence[Town],
    *,
    seed: int,
    motorway: int = 270,
    twins: int = 60,
    town: int = 200,
) -> tuple[Site, ...]:
    """Place the demo's sites.

    Parameters
    ----------
    roads : Roads
        The region's network.
    towns : sequence of Town
        All places of the region: the large ones make traffic, the nearest names a site.
    seed : int
        The same seed gives the same sites.
    motorway, twins, town : int
        How many places on through roads, how many second sites of another operator at the
        busiest of them, and how many in towns.

    Returns
    -------
    tuple of Site
        ``motorway + twins + town`` of them where the region has room.
    """
    random = Random(seed)  # noqa: S311 -- made-up data, not a secret
    towns = sorted(towns, key=lambda t: (-t.population, t.name, t.lon))
    passing = traffic(roads, [t for t in towns if t.population >= 100_000])  # noqa: PLR2004
    nodes = along_motorways(roads, passing, motorway)
    namer = _Namer(towns)
    sites = list(_on_motorways(roads, nodes, namer, random))
    sites += list(_twins(sites, twins, random))
    sites += list(_in_towns(roads, apart(towns, town), sites, namer, random))
    return tuple(sites)


def apart(towns: Sequence[Town], count: int) -> list[Town]:
    """Choose the first ``count`` towns that are no part of an earlier one (5 km away at least)."""
    chosen: list[Town] = []
    for town in towns:
        here = LonLat(town.lon, town.lat)
        if all(distance_m(here, LonLat(t.lon, t.lat)) > SAME_TOWN_M for t in chosen):
            chosen.append(town)
            if len(chosen) == count:
                break
    return chosen


class _Namer:
    """Names a point by the nearest place, with its country and time zone."""

    def __init__(self, towns: Sequence[Town]) -> None:
        self.towns = towns
        self.plane = _Plane(np.array([t.lon for t in towns]), np.array([t.lat for t in towns]))

    def near(self, lon: float, lat: float) -> Town:
        return self.towns[self.plane.nearest(lon, lat)[0]]


def _shares(kind: str, area: str) -> dict[str, float]:
    def share(op: Operator) -> float:
        return (op.motorway if kind == "motorway" else op.town).get(area, 0.0)

    return {op.key: share(op) for op in OPERATORS if share(op) > 0}


def _offset(lon: float, lat: float, reach_m: float, random: Random) -> tuple[float, float]:
    east_m, north_m = (random.uniform(-0.7, 0.7) * reach_m for _ in range(2))
    metres_per_lon = M_PER_DEGREE * cos(radians(lat))
    return round(lon + east_m / metres_per_lon, 5), round(lat + north_m / M_PER_DEGREE, 5)


class _Divider:
    """Divides sites between operators by their shares, evenly over the ground.

    Each takes the site for which it is owed most nearby: its share times the count of sites
    within 90 km, less those it has there. So an operator's own sites come at regular distances
    along a road, as networks are built, rather than in clusters by chance.
    """

    reach_m = 90_000.0

    def __init__(self) -> None:
        self.taken: list[tuple[str, str, float, float]] = []

    def assign(self, site_kind: str, town: Town, lon: float, lat: float, random: Random) -> str:
        shares = _shares(site_kind, area_of(town.country, lon, lat))
        total = sum(shares.values())
        near = [
            op for kind, op, x, y in self.taken if kind == site_kind and self._near(lon, lat, x, y)
        ]
        owed = {
            key: share / total * (len(near) + 1) - near.count(key) + random.uniform(0, 0.2)
            for key, share in shares.items()
        }
        best = max(owed, key=lambda key: owed[key])
        self.taken.append((site_kind, best, lon, lat))
        return best

    def _near(self, lon: float, lat: float, x: float, y: float) -> bool:
        east_m = (lon - x) * M_PER_DEGREE * cos(radians(lat))
        return float(np.hypot(east_m, (lat - y) * M_PER_DEGREE)) < self.reach_m


def _on_motorways(
    roads: Roads, nodes: Sequence[int], namer: _Namer, random: Random
) -> Iterator[Site]:
    divider = _Divider()
    for rank, node in enumerate(nodes):
        lon, lat = _offset(float(roads.lon[node]), float(roads.lat[node]), OFFSET_M, random)
        town = namer.near(lon, lat)
        operator = divider.assign("motorway", town, lon, lat, random)
        yield Site(
            id=f"M{rank:03d}",
            kind="motorway",
            operator=operator,
            country=town.country,
            city=town.name,
            time_zone=town.time_zone,
            lon=lon,
            lat=lat,
            rank=rank,
        )


def _twins(sites: Sequence[Site], count: int, random: Random) -> Iterator[Site]:
    """Give the busiest places, in order, a second site of another operator of the area."""
    made = 0
    for first in sites:
        if made == count:
            return
        shares = _shares("motorway", area_of(first.country, first.lon, first.lat))
        others = sorted(key for key in shares if key != first.operator)
        if not others:
            continue
        operator = random.choices(others, [shares[key] for key in others])[0]
        lon, lat = _offset(first.lon, first.lat, 200.0, random)
        shift = random.choice((-1, 1)) * TWIN_M / M_PER_DEGREE / 2
        lat = round(lat + shift, 5)
        yield replace(first, id=f"N{first.rank:03d}", operator=operator, lon=lon, lat=lat)
        made += 1


def _in_towns(
    roads: Roads, towns: Sequence[Town], others: Sequence[Site], namer: _Namer, random: Random
) -> Iterator[Site]:
    plane, divider = _Plane(roads.lon, roads.lat), _Divider()
    for rank, town in enumerate(towns):
        node, away_m = plane.nearest(town.lon, town.lat)
        if away_m > 3_000:  # noqa: PLR2004 -- a town that these roads do not reach
            continue
        lon, lat = _offset(float(roads.lon[node]), float(roads.lat[node]), 2 * OFFSET_M, random)
        if any(abs(lon - s.lon) + abs(lat - s.lat) < 0.004 for s in others):  # noqa: PLR2004
            continue
        operator = divider.assign("town", town, lon, lat, random)
        named = namer.near(town.lon, town.lat)
        yield Site(
            id=f"T{rank:03d}",
            kind="town",
            operator=operator,
            country=named.country,
            city=named.name,
            time_zone=named.time_zone,
            lon=lon,
            lat=lat,
            rank=rank,
        )
