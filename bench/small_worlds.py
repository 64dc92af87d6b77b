"""Small made-up worlds with everything that may go wrong, each told by its seed.

Roads are a random network with hills, read from files like any other; cars charge ever slower,
ever faster or evenly; missions have waypoints with windows. Nothing here is real.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import cos, exp, radians
from pathlib import Path
from typing import Any

import numpy as np
from scipy.spatial import Delaunay
from small_stations import HOUR, NOW, PROVIDERS, make_snapshot, make_stations
from small_streets import with_streets

from planner.model.geo import LonLat, distance_m
from planner.model.grade import Grade
from planner.model.mission import Guarantee, Mission, Objective, Waypoint
from planner.model.token import Token, TokenType, Wallet
from planner.model.vehicle import Conditions, CurvePoint, Vehicle
from planner.roads.graph import RoadGraph
from planner.roads.networks import build_network, read_network
from planner.world import RoadSide, World

WEST, SOUTH = 6.0, 46.0

SEDAN = Vehicle(
    id="sedan",
    make="Made",
    model="Up",
    mass_kg=1800.0,
    drag_area_m2=0.58,
    rolling_coefficient=0.009,
    usable_kwh=60.0,
    dc_curve=(
        CurvePoint(soc=0.0, power_kw=150.0),
        CurvePoint(soc=0.3, power_kw=150.0),
        CurvePoint(soc=0.8, power_kw=60.0),
        CurvePoint(soc=1.0, power_kw=12.0),
    ),
    ac_kw=11.0,
    ac_phases=3,
)
RISING = replace(
    SEDAN,
    id="rising",
    usable_kwh=36.0,
    mass_kg=1450.0,
    dc_curve=(
        CurvePoint(soc=0.0, power_kw=20.0),
        CurvePoint(soc=0.25, power_kw=30.0),
        CurvePoint(soc=0.5, power_kw=95.0),
        CurvePoint(soc=0.8, power_kw=40.0),
        CurvePoint(soc=1.0, power_kw=0.0),
    ),
)
VAN = replace(
    SEDAN,
    id="van",
    kind="van",
    usable_kwh=90.0,
    mass_kg=2900.0,
    drag_area_m2=1.5,
    ac_kw=22.0,
    voltage_v=800.0,
    dc_curve=(CurvePoint(soc=0.0, power_kw=110.0), CurvePoint(soc=1.0, power_kw=100.0)),
)
VEHICLES = (SEDAN, RISING, VAN)


@dataclass(frozen=True)
class Recipe:
    """What a world is made of; ``plain`` leaves out everything that depends on the hour.

    With ``streets``, half of the stations stand where one leaves otherwise than one arrives.
    """

    nodes: tuple[int, int] = (60, 200)
    stations: tuple[int, int] = (8, 40)
    width_km: float = 380.0
    height_km: float = 130.0
    plain: bool = False
    streets: bool = False


def make_world(seed: int, folder: Path, recipe: Recipe = Recipe()) -> World:
    """Make the world of that seed; its two road files are left in the folder."""
    rng = random.Random(f"world {seed}")
    graph = make_roads(rng, folder, recipe)
    spots: list[int] = []
    if recipe.streets:
        graph, spots = with_streets(rng, graph)
    stations = make_stations(rng, graph, recipe.stations, spots, plain=recipe.plain)
    return World(RoadSide.of(graph), make_snapshot(rng, stations, plain=recipe.plain))


def make_roads(rng: random.Random, folder: Path, recipe: Recipe) -> RoadGraph:
    """Scatter junctions, join neighbours, lay hills under them, and read it as a network."""
    count = rng.randint(*recipe.nodes)
    step_lat = 1 / 111.2
    step_lon = step_lat / cos(radians(SOUTH + 1.0))
    points = [
        LonLat(
            round(WEST + rng.random() * recipe.width_km * step_lon, 5),
            round(SOUTH + rng.random() * recipe.height_km * step_lat, 5),
        )
        for _ in range(count)
    ]
    hills = [
        (rng.choice(points), rng.uniform(300.0, 2200.0), rng.uniform(10e3, 60e3))
        for _ in range(rng.choice((0, 3, 8)))
    ]
    corners = Delaunay(np.array(points)).simplices
    pairs = {
        (int(min(a, b)), int(max(a, b)))
        for c in corners
        for a, b in zip(c, np.roll(c, 1), strict=True)
    }
    kept = [pair for pair in sorted(pairs) if _is_kept(rng, points, pair)]
    nodes, edges = folder / "nodes.csv", folder / "edges.csv"
    with nodes.open("w") as out:
        out.write("id,lat,lon,ele_m\n")
        for number, point in enumerate(points):
            height = sum(
                top * exp(-((distance_m(point, middle) / wide) ** 2)) for middle, top, wide in hills
            )
            out.write(f"{number},{point.lat},{point.lon},{height:.1f}\n")
    with edges.open("w") as out:
        out.write("a,b,km\n")
        for a, b in kept:
            km = distance_m(points[a], points[b]) / 1000 * rng.uniform(1.02, 1.45)
            out.write(f"{a},{b},{max(km, 0.01):.3f}\n")
    return build_network(
        read_network(nodes, edges), name="small", as_of="2026-01-01", source="made up"
    )


def _is_kept(rng: random.Random, points: list[LonLat], pair: tuple[int, int]) -> bool:
    far = distance_m(points[pair[0]], points[pair[1]]) > 90e3
    return rng.random() < (0.3 if far else 0.8)


def make_wallet(rng: random.Random, *, plain: bool) -> Wallet:
    """Hold one or two cards, one of which may end under way, and perhaps a payment card."""
    held = []
    for number, provider in enumerate(PROVIDERS):
        if number and not plain and rng.random() < 0.5:
            continue
        ends = None if plain or rng.random() < 0.8 else NOW + rng.uniform(2, 20) * HOUR
        held.append(
            Token(
                uid=f"04A1B2C3{number:02d}",
                type=TokenType.RFID,
                contract_id=f"{provider.replace('*', '-')}-C12345678-1",
                provider=provider,
                label=f"card {number}",
                expires=ends,
            )
        )
    return Wallet(tokens=tuple(held), payment_card=not plain and rng.random() < 0.3)


def make_missions(world: World, seed: int, *, plain: bool = False) -> Iterator[Mission]:
    """Make missions on a world without end, each other than the last."""
    rng = random.Random(f"missions {seed}")
    while True:
        yield make_mission(rng, world, plain=plain)


def make_mission(rng: random.Random, world: World, *, plain: bool) -> Mission:
    """Make one mission across the world."""
    ok = np.flatnonzero(world.region.component_ok)
    many = 2 if plain or rng.random() < 0.7 else 3
    order = ok[np.argsort(world.region.lon[ok], kind="stable")]
    thirds = (order[: len(ok) // 3], order[len(ok) // 3 : -len(ok) // 3], order[-len(ok) // 3 :])
    across = (thirds[0], thirds[2]) if many == 2 else thirds
    nodes = [int(rng.choice(third)) for third in across]
    if rng.random() < 0.5:
        nodes.reverse()
    departure = NOW + (2 * HOUR if plain else rng.uniform(0.0, 14.0) * HOUR)
    reserve = rng.choice((0.0, 0.05, 0.1, 0.15))
    more: dict[str, Any] = {} if plain else {"conditions": make_conditions(rng)}
    return Mission(
        waypoints=tuple(
            make_waypoint(rng, world, node, departure, place=place, plain=plain)
            for place, node in enumerate(nodes)
        ),
        departure=departure,
        now=NOW,
        vehicle=rng.choice(VEHICLES),
        soc=rng.uniform(0.35, 1.0),
        wallet=make_wallet(rng, plain=plain),
        reserve_soc=reserve,
        arrival_soc=reserve + rng.choice((0.0, 0.0, 0.1, 0.3)),
        guarantee=Guarantee(
            min_grade=rng.choice((Grade.AD_HOC, Grade.CONTRACTED)),
            fallbacks=rng.choices((0, 1, 2), (1, 6, 3))[0],
            windows=not plain and rng.random() < 0.3,
        ),
        objective=Objective(preset=rng.choice(("fastest", "cheapest", "surest", ""))),
        **more,
    )


def make_conditions(rng: random.Random) -> Conditions:
    """Choose the day."""
    return Conditions(
        temperature_c=rng.choice((-10.0, 5.0, 15.0, 30.0)),
        headwind_m_s=rng.choice((0.0, 0.0, 5.0, -5.0)),
        payload_kg=rng.choice((0.0, 300.0)),
        speed_cap_kmh=rng.choice((None, None, 90.0)),
    )


def make_waypoint(
    rng: random.Random, world: World, node: int, departure: float, *, place: int, plain: bool
) -> Waypoint:
    """Put a waypoint near a junction; some are served, some have windows."""
    spot = LonLat(
        float(world.region.lon[node]) + rng.gauss(0.0, 0.005),
        float(world.region.lat[node]) + rng.gauss(0.0, 0.005),
    )
    if plain or place == 0 or rng.random() < 0.6:
        return Waypoint(location=spot)
    after = departure + rng.uniform(0.0, 5.0) * HOUR
    return Waypoint(
        location=spot,
        service_s=rng.choice((0.0, 600.0, 3600.0)),
        arrive_after=after if rng.random() < 0.5 else None,
        arrive_before=after + rng.uniform(1.0, 8.0) * HOUR if rng.random() < 0.5 else None,
    )
