"""Drives on random roads with hills, against networkx and a battery driven edge by edge."""

import random
from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as rules
from hypothesis import strategies as st
from small_worlds import RISING, SEDAN, VAN, Recipe, make_roads

from planner.energy.consumption import edge_energy_kwh
from planner.legs.metric import Metric, measure
from planner.legs.rows import Legs, Places, price_to, time_from
from planner.model.vehicle import Conditions
from planner.roads.graph import RoadGraph
from tests.oracle.battery import drive, fullest

HILLY = Recipe(nodes=(30, 80), width_km=150.0, height_km=100.0)
CARS = (SEDAN, RISING, VAN)
PRICES = (0.0, 150.0, 1200.0)


@cache
def roads(seed: int) -> RoadGraph:
    with TemporaryDirectory() as folder:
        return make_roads(random.Random(f"hills {seed}"), Path(folder), HILLY)


@cache
def metric(seed: int) -> Metric:
    day = Conditions(temperature_c=(-10.0, 15.0)[seed % 2], headwind_m_s=(0.0, 4.0)[seed % 2])
    return measure(roads(seed), CARS[seed % 3], day)


def legs(seed: int, *, capacity_kwh: float, places: int = 12, closed: bool = False) -> Legs:
    graph, rng = roads(seed), np.random.default_rng(seed)
    node = rng.integers(0, len(graph.lon), places).astype(np.int32)
    allowed = np.ones(len(graph.lon), np.bool_)
    if closed:
        allowed[rng.integers(0, len(graph.lon), 8)] = False
        allowed[node] = True
    distance_m = rng.choice([0.0, 150.0, 4000.0], places)
    return Legs(metric(seed), Places(node, distance_m), capacity_kwh, allowed, PRICES)


def road_map(seed: int, weight: np.ndarray) -> nx.DiGraph:
    graph = roads(seed)
    made = nx.DiGraph()
    made.add_nodes_from(range(len(graph.lon)))
    for edge, (a, b) in enumerate(zip(graph.tail, graph.head, strict=True)):
        cost = float(weight[edge])
        if cost < made.get_edge_data(int(a), int(b), {"cost": np.inf})["cost"]:
            made.add_edge(int(a), int(b), cost=cost)
    return made


def edges_of(found: Legs, start: int, end: int, kind: int) -> list[float]:
    """What the drive takes, edge by edge, both approaches included."""
    path = found.path(start, end, kind)
    _, out_kwh, _ = found.approach_of(start)
    _, in_kwh, _ = found.approach_of(end)
    return [out_kwh, *(float(found.metric.energy_kwh[e]) for e in path.edges), in_kwh]


@pytest.mark.parametrize("seed", range(6))
def test_sweeps_are_what_dijkstra_finds(seed: int) -> None:
    known = metric(seed)
    source = seed % len(known.graph.lon)
    oracle = nx.single_source_dijkstra_path_length(
        road_map(seed, known.time_s), source, weight="cost"
    )
    found = time_from(known, source)
    for price in (0.0, 150.0, None):
        weight = known.reduced_kwh if price is None else known.weight(price)
        backwards = road_map(seed, weight).reverse()
        oracle_to = nx.single_source_dijkstra_path_length(backwards, source, weight="cost")
        found_to = price_to(known, source, price)
        for node in range(len(known.graph.lon)):
            assert found_to[node] == pytest.approx(oracle_to.get(node, np.inf), rel=1e-9)
    for node in range(len(known.graph.lon)):
        assert found[node] == pytest.approx(oracle.get(node, np.inf), rel=1e-9)


@pytest.mark.parametrize("seed", range(6))
def test_with_a_large_battery_the_quickest_road_is_taken(seed: int) -> None:
    found = legs(seed, capacity_kwh=1e6)
    known = found.metric
    oracle = dict(
        nx.single_source_dijkstra_path_length(
            road_map(seed, known.time_s), int(found.places.node[0]), weight="cost"
        )
    )
    row = found.row(0, 0)
    out_s, _, _ = found.approach_of(0)
    for place in range(len(found.places.node)):
        in_s, _, _ = found.approach_of(place)
        drive_s = oracle.get(int(found.places.node[place]), np.inf)
        assert row.time_s[place] == pytest.approx(out_s + drive_s + in_s, rel=1e-9)


@pytest.mark.parametrize("closed", [False, True])
@pytest.mark.parametrize("seed", range(6))
def test_a_row_tells_what_its_path_takes(seed: int, closed: bool) -> None:
    found = legs(seed, capacity_kwh=25.0, closed=closed)
    graph, known = found.metric.graph, found.metric
    reached = 0
    for kind in range(len(PRICES)):
        for start in (0, 1):
            row = found.row(start, kind)
            for end in np.flatnonzero(np.isfinite(row.time_s)):
                reached += 1
                path = found.path(start, int(end), kind)
                nodes = [path.start_node, *(int(graph.head[e]) for e in path.edges)]
                assert nodes[0] == found.places.node[start]
                assert nodes[-1] == path.end_node == found.places.node[end]
                assert [int(graph.tail[e]) for e in path.edges] == nodes[:-1]
                assert found.allowed[nodes[1:]].all()
                taken_s = known.time_s[list(path.edges)].sum()
                taken_s += found.approach_of(start)[0] + found.approach_of(int(end))[0]
                assert row.time_s[end] == pytest.approx(taken_s, rel=1e-9)
                assert row.net_kwh[end] == pytest.approx(
                    sum(edges_of(found, start, int(end), kind)), abs=1e-9
                )
    assert reached > 10


@rules(max_examples=150, deadline=None)
@given(
    seed=st.integers(0, 20),
    capacity=st.floats(1.0, 60.0),
    share=st.floats(0.0, 1.0),
    kind=st.integers(0, len(PRICES) - 1),
    slip=st.sampled_from([0.0, 1e-6, -1e-6, 1.0]),
)
def test_one_arrives_with_what_the_row_says_just_if_one_starts_with_what_it_asks(
    seed: int, capacity: float, share: float, kind: int, slip: float
) -> None:
    found = legs(seed, capacity_kwh=capacity)
    row = found.row(0, kind)
    for end in np.flatnonzero(np.isfinite(row.time_s)):
        if row.cap_kwh[end] < 0.0:
            continue
        edges = edges_of(found, 0, int(end), kind)
        needed = float(row.required_kwh[end])
        for charge in (share * capacity, min(needed + abs(slip), capacity)):
            arrived = drive(charge, edges, capacity)
            if charge < needed - 1e-7:
                assert arrived is None
            elif charge > needed + 1e-7:
                said = min(charge - float(row.net_kwh[end]), float(row.cap_kwh[end]))
                assert arrived == pytest.approx(said, abs=1e-6)


@pytest.mark.parametrize("seed", range(8))
def test_a_drive_that_no_row_has_cannot_be_made_on_its_road(seed: int) -> None:
    """Rows keep one road for each price; none may reach what the fullest battery cannot."""
    found = legs(seed, capacity_kwh=18.0)
    graph, known = found.metric.graph, found.metric
    for start in range(4):
        out_kwh = found.approach_of(start)[1]
        best = fullest(
            graph.tail,
            graph.head,
            known.energy_kwh,
            len(graph.lon),
            int(found.places.node[start]),
            18.0 - out_kwh,
            18.0,
        )
        for kind in range(len(PRICES)):
            row = found.row(start, kind)
            able = np.isfinite(row.time_s) & (row.required_kwh <= 18.0) & (row.cap_kwh >= 0.0)
            for end in np.flatnonzero(able):
                arrived = min(18.0 - row.net_kwh[end], row.cap_kwh[end])
                in_kwh = found.approach_of(int(end))[1]
                assert arrived <= best[found.places.node[end]] - in_kwh + 1e-6


@pytest.mark.parametrize("seed", range(12))
def test_the_thriftiest_legs_reach_nearly_all_that_can_be_reached(seed: int) -> None:
    found = legs(seed, capacity_kwh=15.0, places=60)
    graph, known = found.metric.graph, found.metric
    out_kwh = found.approach_of(0)[1]
    best = fullest(
        graph.tail,
        graph.head,
        known.energy_kwh,
        len(graph.lon),
        int(found.places.node[0]),
        15.0 - out_kwh,
        15.0,
    )
    in_kwh = np.array([found.approach_of(place)[1] for place in range(60)])
    can = best[found.places.node] - in_kwh > 0.05 * 15.0
    rows = [found.row(0, kind) for kind in range(len(PRICES))]
    does = np.any([np.isfinite(r.time_s) & (r.required_kwh <= 15.0) for r in rows], axis=0)
    assert does[can].mean() > 0.95


@rules(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 20),
    temperature=st.floats(-20.0, 40.0),
    wind=st.floats(-15.0, 15.0),
    recuperation=st.floats(0.3, 0.95),
    payload=st.floats(0.0, 800.0),
)
def test_no_edge_gives_back_more_than_its_height_explains(
    seed: int, temperature: float, wind: float, recuperation: float, payload: float
) -> None:
    graph = roads(seed)
    car = replace(CARS[seed % 3], recuperation_efficiency=recuperation)
    day = Conditions(temperature_c=temperature, headwind_m_s=wind, payload_kg=payload)
    known = measure(graph, car, day)
    rise_m = np.asarray(graph.ele_m, np.float64)[graph.head] - graph.ele_m[graph.tail]
    assert (known.energy_kwh - known.height_kwh_per_m * rise_m).min() > -1e-9
    assert (known.energy_kwh >= known.mean_kwh - 1e-12).all()


def test_the_bound_on_energy_is_below_every_drive() -> None:
    for seed in range(6):
        found = legs(seed, capacity_kwh=1e6)
        graph, known = found.metric.graph, found.metric
        target = int(found.places.node[1])
        bound = price_to(known, target, None)
        rise_m = float(graph.ele_m[target]) - np.asarray(graph.ele_m, np.float64)
        for kind in range(len(PRICES)):
            path = found.path(0, 1, kind)
            used = float(known.energy_kwh[list(path.edges)].sum())
            start = path.start_node
            assert bound[start] + known.height_kwh_per_m * rise_m[start] <= used + 1e-6


def test_a_ferry_takes_no_charge_but_its_own_time() -> None:
    graph = roads(0)
    flags = np.asarray(graph.flags).copy()
    flags[:4] = 2
    known = measure(replace(graph, flags=flags), SEDAN, Conditions(speed_cap_kmh=40.0))
    assert (known.energy_kwh[:4] == 0.0).all()
    assert (known.mean_kwh[:4] == 0.0).all()
    assert known.time_s[:4] == pytest.approx(graph.duration_s[:4], rel=1e-5)


def test_an_approach_is_driven_slowly_and_flat() -> None:
    known = metric(0)
    seconds, careful, mean = known.approach(np.array([0.0, 1000.0]))
    assert seconds == pytest.approx([0.0, 1300.0 / (30.0 / 3.6)])
    used = edge_energy_kwh(
        known.vehicle,
        known.conditions,
        length_m=1300.0,
        speed_kmh=30.0,
        climb_m=0.0,
        descent_m=0.0,
        quantile=True,
    )
    assert careful == pytest.approx([0.0, float(used)])
    assert (mean <= careful).all()
