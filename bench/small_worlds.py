"""Small made-up worlds with everything that may go wrong, each told by its seed.

Roads are a random network with hills, read from files like any other; stations have hours,
statuses, contracts that end under way, reports, neighbours at the same site. Nothing here is real.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import cos, exp, radians
from pathlib import Path
from typing import Any

import numpy as np
from scipy.spatial import Delaunay

from planner.model.geo import LonLat, distance_m
from planner.model.grade import Grade
from planner.model.mission import Guarantee, Mission, Objective, Waypoint
from planner.model.station import (
    STATUSES,
    Connector,
    Evse,
    EvseFacts,
    Feed,
    Hours,
    RegularHours,
    Station,
    Status,
)
from planner.model.token import Token, TokenType, Wallet
from planner.model.vehicle import Conditions, CurvePoint, Vehicle
from planner.roads.graph import RoadGraph
from planner.roads.networks import build_network, read_network
from planner.store.snapshot import Agreement, DriverReport, RetailPrice, Snapshot
from planner.world import RoadSide, World

NOW = 1_790_000_000.0
HOUR = 3_600.0
DAY = 86_400.0
PARTIES = ("NL*AAA", "NL*BBB", "NL*CCC", "NL*DDD")
PROVIDERS = ("DE*ONE", "DE*TWO")
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
    """What a world is made of; ``plain`` leaves out everything that depends on the hour."""

    nodes: tuple[int, int] = (60, 200)
    stations: tuple[int, int] = (6, 60)
    width_km: float = 420.0
    height_km: float = 260.0
    plain: bool = False


def make_world(seed: int, folder: Path, recipe: Recipe = Recipe()) -> World:  # noqa: B008 -- frozen
    """Make the world of that seed; its two road files are left in the folder."""
    rng = random.Random(f"world {seed}")
    graph = make_roads(rng, folder, recipe)
    stations = make_stations(rng, graph, recipe)
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
    pairs = {(int(min(a, b)), int(max(a, b))) for c in corners for a, b in zip(c, np.roll(c, 1), strict=True)}
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


def make_stations(rng: random.Random, graph: RoadGraph, recipe: Recipe) -> tuple[Station, ...]:
    """Set stations near junctions, one in five beside another one."""
    found: list[Station] = []
    for number in range(rng.randint(*recipe.stations)):
        if found and rng.random() < 0.2:
            beside = rng.choice(found).location
            spot = LonLat(beside.lon + rng.uniform(-4e-3, 4e-3), beside.lat + rng.uniform(-2e-3, 2e-3))
        else:
            node = rng.randrange(len(graph.lon))
            spot = LonLat(
                float(graph.lon[node]) + rng.gauss(0.0, 0.01),
                float(graph.lat[node]) + rng.gauss(0.0, 0.01),
            )
        found.append(make_station(rng, number, spot, plain=recipe.plain))
    return tuple(found)


def make_station(rng: random.Random, number: int, spot: LonLat, *, plain: bool) -> Station:
    """Make one station with its posts."""
    party = rng.choice(PARTIES)
    country, _, operator = party.partition("*")
    power, slow = rng.choice(((50.0, False), (150.0, False), (300.0, False), (22.0, True)))
    connector = Connector(
        id="1",
        standard="IEC_62196_T2" if slow else "IEC_62196_T2_COMBO",
        format="SOCKET" if slow else "CABLE",
        power_type="AC_3_PHASE" if slow else "DC",
        power_kw=power,
        voltage_v=rng.choice((230.0,) if slow else (400.0, 920.0, None)),
    )
    capabilities = ("RFID_READER",) if plain else rng.choice(
        (("RFID_READER",), (), ("PED_TERMINAL", "RFID_READER"), ("REMOTE_START_STOP_CAPABLE",))
    )
    evses = tuple(
        Evse(
            uid=str(post),
            evse_id=f"{country}*{operator}*E{number:03d}{post}",
            connectors=(connector,),
            capabilities=capabilities,
        )
        for post in range(rng.choice((1, 1, 2, 3)))
    )
    return Station(
        id=f"{party}*L{number:03d}",
        feed="live" if plain else rng.choice(("live", "live", "live", "file")),
        country_code=country,
        party_id=operator,
        location_id=f"L{number:03d}",
        location=spot,
        evses=evses,
        name=f"Place {number}",
        operator=f"Operator {operator}",
        time_zone="Europe/Amsterdam",
        hours=Hours(twentyfourseven=True) if plain else make_hours(rng),
        last_updated=NOW - DAY,
    )


def make_hours(rng: random.Random) -> Hours | None:
    """Choose hours: mostly always open, else by day, by night, with closings, or unknown."""
    kind = rng.random()
    if kind < 0.5:
        return Hours(twentyfourseven=True)
    if kind < 0.55:
        return None
    shut = NOW + rng.uniform(0.0, 20.0) * HOUR
    closing = ((shut, shut + rng.uniform(0.2, 3.0) * HOUR),)
    if kind < 0.7:
        return Hours(twentyfourseven=True, exceptional_closings=closing)
    begin, length = rng.randrange(0, 1440, 30), rng.randrange(240, 1380, 30)
    end = (begin + length) % 1440 or 1440
    return Hours(
        regular=tuple(RegularHours(day, begin, end) for day in range(1, 8)),
        exceptional_closings=closing if rng.random() < 0.3 else (),
    )


def make_snapshot(rng: random.Random, stations: tuple[Station, ...], *, plain: bool) -> Snapshot:
    """Lay stations out as a snapshot with statuses, agreements, prices and reports."""
    index: dict[EvseFacts, int] = {}
    facts_of, codes, times = [], [], []
    for station in stations:
        for post in station.evses:
            facts_of.append(index.setdefault(_facts(station, post), len(index)))
            status, told = (Status.AVAILABLE, NOW - 60.0) if plain else make_status(rng)
            codes.append(STATUSES.index(status))
            times.append(told)
    counts = [len(station.evses) for station in stations]
    agreements = make_agreements(rng, plain=plain)
    return Snapshot(
        hash=f"small-{rng.random()}",
        sequence=1,
        static_hash=f"static-{rng.random()}",
        stations=stations,
        first=np.concatenate(([0], np.cumsum(counts))).astype(np.int32),
        evse_station=np.repeat(np.arange(len(stations), dtype=np.int32), counts),
        lon=np.array([station.location.lon for station in stations]),
        lat=np.array([station.location.lat for station in stations]),
        status=np.array(codes, dtype=np.int8),
        status_at=np.array(times, dtype=np.float64),
        facts=tuple(index),
        facts_of=np.array(facts_of, dtype=np.int32),
        feeds={
            "live": Feed(name="live", kind="ocpi", sender="NL*AAA", last_sync=NOW - 60.0),
            "file": Feed(name="file", kind="file", last_sync=NOW - 60.0),
        },
        tariffs={},
        agreements=agreements,
        agreements_hash=f"agreements-{rng.random()}",
        prices=tuple(_price(provider, party, rng) for provider in PROVIDERS for party in PARTIES[1:]),
        client_infos=(),
        token_evidence=(),
        reports=() if plain else make_reports(rng, stations),
    )


def make_status(rng: random.Random) -> tuple[Status, float]:
    """Choose a status and when it was told."""
    word = rng.choices(
        (Status.AVAILABLE, Status.CHARGING, Status.UNKNOWN, Status.OUTOFORDER, Status.RESERVED),
        (70, 12, 6, 8, 4),
    )[0]
    return word, rng.choice((NOW - 60.0, NOW - 5 * HOUR, NOW - 23 * HOUR, NOW - 3 * DAY, np.nan))


def make_agreements(rng: random.Random, *, plain: bool) -> tuple[Agreement, ...]:
    """Let each provider have contracts with some operators; some begin or end under way."""
    found = []
    for provider in PROVIDERS:
        for party in PARTIES:
            if not plain and rng.random() < 0.2:
                continue
            ends = None if plain or rng.random() < 0.7 else NOW + rng.uniform(0, 20) * HOUR
            begins = None if plain or rng.random() < 0.9 else NOW + rng.uniform(0, 10) * HOUR
            found.append(
                Agreement(
                    emsp=provider,
                    cpo=party,
                    via="",
                    valid_from=begins,
                    valid_to=ends,
                    token_types=(),
                    source="made up",
                    as_of=NOW - DAY,
                )
            )
    return tuple(found)


def make_reports(rng: random.Random, stations: tuple[Station, ...]) -> tuple[DriverReport, ...]:
    """Let drivers have said something of a few stations."""
    return tuple(
        DriverReport(
            station_id=rng.choice(stations).id,
            evse_uid="0",
            outcome=rng.choice(("occupied", "broken", "closed", "blocked", "ok")),
            at=NOW - rng.uniform(0, 6) * HOUR,
        )
        for _ in range(rng.randint(0, 3))
    )


def _price(provider: str, party: str, rng: random.Random) -> RetailPrice:
    return RetailPrice(
        emsp=provider,
        cpo=party,
        currency="EUR",
        per_kwh=f"{rng.uniform(0.3, 0.9):.2f}",
        per_min="",
        per_session=rng.choice(("", "1.00")),
        idle_per_min="",
        power_min_kw=None,
        power_max_kw=None,
        valid_from=None,
        valid_to=None,
    )


def _facts(station: Station, post: Evse) -> EvseFacts:
    return EvseFacts(
        feed=station.feed,
        party=station.party,
        capabilities=post.capabilities,
        parking_restrictions=post.parking_restrictions,
        connectors=tuple(
            (c.standard, c.format, c.power_type, c.power_kw, c.voltage_v, bool(c.tariff_ids))
            for c in post.connectors
        ),
        publish=station.publish,
        publish_allowed_to=station.publish_allowed_to,
        reserved_for=station.reserved_for,
        accepted_service_providers=station.accepted_service_providers,
        hours_known=station.hours is not None,
        max_height_m=station.max_height_m,
        accessible_only=station.accessible_only,
        two_wheelers_only=station.two_wheelers_only,
        card_terminal=station.card_terminal,
    )


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
    nodes = sorted((int(rng.choice(ok)) for _ in range(many)), key=lambda n: world.region.lon[n])
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
        soc=rng.uniform(0.25, 1.0),
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
