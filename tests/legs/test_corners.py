"""No road does better than the corners: bounds of legs against all roads there are."""

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as rules
from hypothesis import strategies as st
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra

from planner.energy.consumption import height_potential_kwh_per_m
from planner.energy.edge import car_terms, drive_edge
from planner.energy.share import Terrain, sharp_share
from planner.legs.bounds import RoadBounds
from planner.legs.corners import CornerLegs
from planner.legs.metric import Metric
from planner.legs.profiles import REFERENCES, terrain_of
from planner.model.vehicle import Conditions, Vehicle
from planner.roads.graph import RoadGraph
from tests.legs.test_car import SEEDS, known, least_from, legs_of, roads
from tests.legs.test_edges import CARS, DAYS, DRIVEN, EDGES

PLACES = np.arange(14)
PRICES = (0.0, 5.0, 20.0, 35.0, 60.0, 90.0, 120.0, 200.0, 400.0, 1000.0)


@rules(max_examples=150, deadline=None)
@given(car=CARS, day=DAYS, edge=EDGES, number=st.sampled_from((0, 1)))
def test_a_sharp_share_holds_on_any_edge(
    car: Vehicle, day: Conditions, edge: dict[str, float], number: int
) -> None:
    reference = REFERENCES[number]
    ours, theirs = car_terms(car, day), reference.terms
    terrain = Terrain(hilly=edge["climb_m"] > 0.0 or edge["descent_m"] > 0.0)
    share = sharp_share(ours, theirs, terrain)
    seconds = edge["length_m"] / edge["speed_kmh"] * 3.6
    figures = (edge["length_m"], edge["speed_kmh"], seconds)
    heights = (edge["climb_m"], edge["descent_m"], edge["ele_m"])
    time_s, kwh = drive_edge(ours, *figures, *heights, DRIVEN)
    ref_s, ref_kwh = drive_edge(theirs, *figures, *heights, DRIVEN)
    rise_m = edge["climb_m"] - edge["descent_m"]
    own = height_potential_kwh_per_m(car, day, quantile=True)
    other = height_potential_kwh_per_m(reference.vehicle, reference.conditions, quantile=True)
    reduced, reduced_ref = kwh - own * rise_m, ref_kwh - other * rise_m
    least = share.of_energy * reduced_ref - share.lost_kw * ref_s / 3600.0
    assert time_s >= ref_s - 1e-9
    assert share.of_energy >= 0.0
    assert share.lost_kw >= 0.0
    assert reduced >= least - 1e-9 * (1.0 + abs(reduced))


def walks(graph: RoadGraph, weight: np.ndarray, start: int) -> tuple[np.ndarray, np.ndarray]:
    """Nodes before each node on the way from one, and the edge between the two."""
    tail, head = np.asarray(graph.tail), np.asarray(graph.head)
    order = np.lexsort((weight, head, tail))
    first = order[np.diff(tail[order] * len(graph.lon) + head[order], prepend=-1) > 0]
    size = len(graph.lon)
    net = csr_matrix((weight[first] + 1e-9, (tail[first], head[first])), shape=(size, size))
    _, before = dijkstra(net, indices=start, return_predecessors=True)
    edge = np.full(size, -1)
    by_ends = {(int(tail[e]), int(head[e])): int(e) for e in first}
    for node in np.flatnonzero(before >= 0):
        edge[node] = by_ends[int(before[node]), int(node)]
    return before, edge


def driven(metric: Metric, before: np.ndarray, edge: np.ndarray, end: int) -> tuple[float, float]:
    """Seconds and kWh of the way that ends there."""
    edges = []
    while before[end] >= 0:
        edges.append(edge[end])
        end = int(before[end])
    return float(metric.time_s[edges].sum()), float(metric.energy_kwh[edges].sum())


@rules(max_examples=40, deadline=None)
@given(seed=SEEDS, car=CARS, day=DAYS, place=st.integers(0, 13), chance=st.integers(0, 10**6))
def test_no_road_lies_below_all_corners(
    seed: int, car: Vehicle, day: Conditions, place: int, chance: int
) -> None:
    graph, metric, rng = roads(seed), known(seed, car, day), random.Random(chance)
    legs = legs_of(seed, car, day, capacity_kwh=1e6, apart_m=800.0)
    sharp = sharp_share(legs.car.terms, REFERENCES[0].terms, terrain_of(graph))
    row = CornerLegs(legs, sharp).row(place, PLACES)
    out_s, out_kwh, _ = legs.approach_of(place)
    start = int(legs.places.depart[place])
    weights = [metric.weight(price) for price in PRICES] + [metric.reduced_kwh]
    for _ in range(8):  # and roads that nobody would choose
        turned = np.array([rng.uniform(0.3, 3.0) for _ in range(len(graph.head))])
        weights.append(metric.weight(rng.choice(PRICES)) * turned)
    for weight in weights:
        before, edge = walks(graph, weight, start)
        for end in range(14):
            node = int(legs.places.arrive[end])
            if before[node] < 0 and node != start:
                assert not (row.target == end).any()
                continue
            seconds, kwh = driven(metric, before, edge, node)
            in_s, in_kwh, _ = legs.approach_of(end)
            time_s, net_kwh = out_s + seconds + in_s, out_kwh + kwh + in_kwh
            here = row.target == end
            below = (row.time_s[here] <= time_s + 1e-6) & (row.net_kwh[here] <= net_kwh + 1e-6)
            assert below.any(), (end, time_s, net_kwh)


def test_the_corners_of_the_reference_itself_are_near_its_roads() -> None:
    own = REFERENCES[0]
    legs = legs_of(1, own.vehicle, own.conditions, capacity_kwh=1e6)
    sharp = sharp_share(legs.car.terms, own.terms, terrain_of(roads(1)))
    row = CornerLegs(legs, sharp).row(0, PLACES)
    metric = known(1, own.vehicle, own.conditions)
    start, ele_m = int(legs.places.depart[0]), roads(1).ele_m.astype(np.float64)
    least = least_from(roads(1), metric.weight(35.0), start)
    for end in range(1, 14):
        node, here = int(legs.places.arrive[end]), row.target == end
        rise_kwh = metric.height_kwh_per_m * (ele_m[node] - ele_m[start])
        truth = least[node] + 35.0 * rise_kwh
        found = float((row.time_s[here] + 35.0 * row.net_kwh[here]).min())
        assert found == pytest.approx(truth, rel=0.01, abs=1.0)
        assert (np.diff(row.time_s[here]) > 0.0).all()


@rules(max_examples=40, deadline=None)
@given(
    seed=SEEDS, car=CARS, day=DAYS, place=st.integers(0, 13), price=st.floats(0.0, 400.0),
    inward=st.booleans(),
)  # fmt: skip
def test_no_road_costs_less_than_the_sharp_price(
    seed: int, car: Vehicle, day: Conditions, place: int, price: float, inward: bool
) -> None:
    graph, metric = roads(seed), known(seed, car, day)
    legs = legs_of(seed, car, day, capacity_kwh=1e6)
    sharp = sharp_share(legs.car.terms, REFERENCES[0].terms, terrain_of(graph))
    least = RoadBounds(legs).sharply_priced(place, price, sharp, inward=inward)
    ele_m = graph.ele_m.astype(np.float64)
    for other in range(14):
        ends = (other, place) if inward else (place, other)
        first, last = int(legs.places.depart[ends[0]]), int(legs.places.arrive[ends[1]])
        rise_kwh = metric.height_kwh_per_m * (ele_m[last] - ele_m[first])
        truth = least_from(graph, metric.weight(price), first)[last] + price * rise_kwh
        assert least[other] <= truth + 1e-6
