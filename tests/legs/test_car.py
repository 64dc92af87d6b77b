"""Legs of any car on prepared roads, against Dijkstra and a battery driven edge by edge."""

import json
import random
from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as rules
from hypothesis import strategies as st
from small_worlds import Recipe, make_roads

from planner.energy.consumption import inside_energy_kwh
from planner.energy.edge import car_terms
from planner.energy.share import least_share
from planner.errors import RegionDamaged
from planner.legs import exact
from planner.legs.bounds import RoadBounds, least_use
from planner.legs.car import CarLegs, CarOnRoads, JoinedPlaces
from planner.legs.hierarchy import build, customise
from planner.legs.labels import FAR
from planner.legs.metric import Metric, measure
from planner.legs.profiles import (
    PRICES_S_PER_KWH,
    REFERENCES,
    THRIFTIEST,
    measure_reference,
    reference_weights,
    terrain_of,
)
from planner.legs.sites import SiteLabels, extend_labels
from planner.model.vehicle import Conditions, Vehicle
from planner.roads.graph import RoadGraph
from tests.legs.test_edges import CARS, DAYS
from tests.oracle.battery import drive
from tests.oracle.sweeps import sweep

HILLY = Recipe(nodes=(30, 90), width_km=120.0, height_km=80.0)
KINDS = range(len(PRICES_S_PER_KWH))
SEEDS = st.integers(0, 9)


@cache
def roads(seed: int) -> RoadGraph:
    with TemporaryDirectory() as folder:
        return make_roads(random.Random(f"any car {seed}"), Path(folder), HILLY)


@cache
def weights(seed: int) -> tuple[np.ndarray, ...]:
    known = measure_reference(roads(seed), REFERENCES[0])
    return tuple(reference_weights(known, price) for price in PRICES_S_PER_KWH)


@cache
def labels(seed: int) -> tuple[SiteLabels, ...]:
    """Half of the nodes have stored labels, the others' are made when they are asked for."""
    graph = roads(seed)
    hierarchy = build(graph.first_out, graph.head)
    stored = np.arange(0, len(graph.lon), 2, dtype=np.int32)
    return tuple(SiteLabels.of(customise(hierarchy, weight), stored) for weight in weights(seed))


def legs_of(
    seed: int, car: Vehicle, day: Conditions, *, capacity_kwh: float, apart_m: float = 0.0
) -> CarLegs:
    graph = roads(seed)
    node = np.random.default_rng(seed).integers(0, len(graph.lon), 14).astype(np.int32)
    places = JoinedPlaces.at(graph, node, np.where(np.arange(14) % 3, 0.0, apart_m))
    share = least_share(car_terms(car, day), REFERENCES[0].terms, terrain_of(graph))
    return CarLegs(CarOnRoads(graph, labels(seed), car, day, share), places, capacity_kwh)


def known(seed: int, car: Vehicle, day: Conditions) -> Metric:
    return measure(roads(seed), car, day)


def inside_kwh(graph: RoadGraph, car: Vehicle, day: Conditions, edges: list[int]) -> np.ndarray:
    return inside_energy_kwh(
        car,
        day,
        length_m=graph.length_m[edges],
        speed_kmh=graph.speed_kmh[edges],
        climb_m=graph.climb_m[edges],
        descent_m=graph.descent_m[edges],
        ele_m=graph.ele_m[graph.tail[edges]],
        quantile=True,
    )


def least_from(graph: RoadGraph, weight: np.ndarray, node: int) -> np.ndarray:
    every = np.arange(len(graph.head), dtype=np.int32)
    start = np.array([node], np.int32)
    return sweep(graph.first_out, every, graph.head, weight.astype(np.float64), start, np.zeros(1))


@rules(max_examples=40, deadline=None)
@given(seed=SEEDS, car=CARS, day=DAYS, place=st.integers(0, 13), kind=st.sampled_from(KINDS))
def test_a_row_is_what_a_battery_driven_along_its_paths_says(
    seed: int, car: Vehicle, day: Conditions, place: int, kind: int
) -> None:
    legs, graph = legs_of(seed, car, day, capacity_kwh=1e6, apart_m=800.0), roads(seed)
    metric = known(seed, car, day)
    row = legs.row(place, kind)
    least = least_from(graph, weights(seed)[kind], int(legs.places.depart[place]))
    out_s, out_kwh, _ = legs.approach_of(place)
    for end in range(14):
        node = int(legs.places.arrive[end])
        if np.isinf(least[node]):
            assert np.isinf(row.time_s[end])
            continue
        path = legs.path(place, end, kind)
        edges = list(path.edges)
        here = [path.start_node, *(int(graph.head[edge]) for edge in edges)]
        assert here == [*(int(graph.tail[edge]) for edge in edges), path.end_node]
        assert (
            weights(seed)[kind][edges].sum() == least[node] == legs.weights_from(place, kind)[end]
        )
        in_s, in_kwh, _ = legs.approach_of(end)
        used = np.array([out_kwh, *metric.energy_kwh[edges], in_kwh])
        inside = np.array([out_kwh, *inside_kwh(graph, car, day, edges), in_kwh])
        sums = np.cumsum(used)
        crests = sums - used + inside
        assert row.time_s[end] == pytest.approx(out_s + metric.time_s[edges].sum() + in_s)
        assert row.net_kwh[end] == pytest.approx(sums[-1], rel=1e-9, abs=1e-9)
        assert row.required_kwh[end] == pytest.approx(max(crests.max(), 0.0), rel=1e-9, abs=1e-9)


@rules(max_examples=60, deadline=None)
@given(
    seed=SEEDS,
    day=DAYS,
    place=st.integers(0, 13),
    kind=st.sampled_from(KINDS),
    capacity_kwh=st.floats(2.0, 30.0),
    share=st.floats(0.0, 1.0),
)
def test_from_any_charge_one_arrives_with_what_the_row_says(
    seed: int, day: Conditions, place: int, kind: int, capacity_kwh: float, share: float
) -> None:
    car = REFERENCES[1].vehicle
    legs = legs_of(seed, car, day, capacity_kwh=capacity_kwh, apart_m=800.0)
    metric, row = known(seed, car, day), legs.row(place, kind)
    charge = share * capacity_kwh
    for end in range(14):
        if legs.weights_from(place, kind)[end] >= FAR:
            continue
        path = legs.path(place, end, kind)
        edges = list(path.edges)
        near = [legs.approach_of(side)[1] for side in (place, end)]
        inside = inside_kwh(roads(seed), car, day, edges)
        used = list(zip(metric.energy_kwh[edges], inside, strict=True))
        used = [(near[0], near[0]), *used, (near[1], near[1])]
        arrived = drive(charge, used, capacity_kwh)
        full = drive(capacity_kwh, used, capacity_kwh)
        assert np.isfinite(row.time_s[end]) or full is None or full < 1e-6
        if full is not None and np.isfinite(row.time_s[end]):
            said = min(charge - row.net_kwh[end], row.cap_kwh[end])
            if charge > row.required_kwh[end] + 1e-7:
                assert arrived == pytest.approx(said, abs=1e-6)
            elif charge < row.required_kwh[end] - 1e-7:
                assert arrived is None


@rules(max_examples=60, deadline=None)
@given(
    seed=SEEDS,
    car=CARS,
    day=DAYS,
    place=st.integers(0, 13),
    price=st.floats(0.0, 400.0),
)
def test_no_road_does_better_than_the_bounds(
    seed: int, car: Vehicle, day: Conditions, place: int, price: float
) -> None:
    graph = roads(seed)
    legs = legs_of(seed, car, day, capacity_kwh=1e6)
    bounds = RoadBounds(legs)
    floors, least_s = bounds.to(place, price), bounds.time_from(place)
    metric = known(seed, car, day)
    ele_m = graph.ele_m.astype(np.float64)
    for other in range(14):
        first, last = int(legs.places.depart[other]), int(legs.places.arrive[place])
        rise_kwh = metric.height_kwh_per_m * (ele_m[last] - ele_m[first])
        time_s = least_from(graph, metric.time_s, first)[last]
        energy = least_from(graph, metric.reduced_kwh, first)[last] + rise_kwh
        priced = least_from(graph, metric.weight(price), first)[last] + price * rise_kwh
        assert floors.time_s[other] <= time_s + 1e-6
        assert floors.energy_kwh[other] <= energy + 1e-6
        assert floors.priced_s[other] <= priced + 1e-6
    truth = least_from(graph, metric.time_s, int(legs.places.depart[place]))
    assert (least_s <= truth[legs.places.arrive] + 1e-6).all()


def test_the_bounds_of_the_reference_itself_are_near_the_truth() -> None:
    own = REFERENCES[0]
    legs = legs_of(1, own.vehicle, own.conditions, capacity_kwh=1e6)
    floors = RoadBounds(legs).to(0, 35.0)
    metric = measure(roads(1), own.vehicle, own.conditions)
    last, begins = int(legs.places.arrive[0]), legs.places.depart
    rise_m = roads(1).ele_m[last] - roads(1).ele_m[begins]
    truth = [least_from(roads(1), metric.weight(35.0), int(first))[last] for first in begins]
    truth = np.array(truth) + 35.0 * metric.height_kwh_per_m * rise_m
    assert floors.priced_s == pytest.approx(truth, rel=0.02, abs=0.2)


def test_where_no_share_of_the_energy_is_sure_the_climb_still_bounds_it() -> None:
    own, graph = REFERENCES[0], roads(1)
    legs = legs_of(1, own.vehicle, own.conditions, capacity_kwh=1e6)
    metric, start = known(1, own.vehicle, own.conditions), np.array([0, 3])
    legs.car.share = 0.0
    least = least_use(RoadBounds(legs), start, np.array([0.5, 2.0]))
    ele_m = graph.ele_m.astype(np.float64)
    for place, used in zip(start, (0.5, 2.0), strict=True):
        first = int(legs.places.depart[place])
        ends = legs.places.arrive
        truth = used + least_from(graph, metric.reduced_kwh, first)[ends]
        truth += metric.height_kwh_per_m * (ele_m[ends] - ele_m[first])
        assert (least <= truth + 1e-6).all()


def test_what_was_learned_for_one_plan_serves_the_next() -> None:
    first = legs_of(2, REFERENCES[1].vehicle, Conditions(), capacity_kwh=40.0)
    told = [first.row(place, 1) for place in range(14)]
    again = CarLegs(first.car, first.places, 40.0)
    known_arcs = int(first.car.memo(1).count[0])
    assert all((again.row(n, 1).net_kwh == row.net_kwh).all() for n, row in enumerate(told))
    assert int(first.car.memo(1).count[0]) == known_arcs


@rules(max_examples=40, deadline=None)
@given(seed=SEEDS, car=CARS, day=DAYS, place=st.integers(0, 13), capacity_kwh=st.floats(2.0, 30.0))
def test_what_is_not_summed_is_out_of_reach(
    seed: int, car: Vehicle, day: Conditions, place: int, capacity_kwh: float
) -> None:
    legs = legs_of(seed, car, day, capacity_kwh=capacity_kwh)
    blind = CarLegs(replace(legs.car, share=0.0, _memos={}), legs.places, capacity_kwh)
    for kind in KINDS:
        assert (legs.row(place, kind).time_s == blind.row(place, kind).time_s).all()


def test_a_table_that_forgets_or_grows_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    car, day = REFERENCES[1].vehicle, Conditions(temperature_c=-5.0)
    told = [legs_of(5, car, day, capacity_kwh=40.0).row(place, 2) for place in range(14)]
    for first, most in ((16, 1 << 20), (512, 512)):
        monkeypatch.setattr(exact, "_FIRST_SLOTS", first)
        monkeypatch.setattr(exact, "MOST_SLOTS", most)
        legs = legs_of(5, car, day, capacity_kwh=40.0)
        again = [legs.row(place, 2) for place in range(14)]
        for one, other in zip(told, again, strict=True):
            assert one.net_kwh == pytest.approx(other.net_kwh, rel=1e-12)
            assert (one.time_s == other.time_s).all()
        assert legs.car.memo(2).keys.size <= most
        assert legs.car.memo(2).keys.size >= first


def test_sites_are_stored_once_and_new_ones_added(tmp_path: Path) -> None:
    metric = labels(3)[0].metric
    nodes = np.array([5, 1, 9, 5], np.int32)
    assert extend_labels(metric, tmp_path, nodes, key="a") == 3
    before = SiteLabels.open(metric, tmp_path, key="a")
    assert extend_labels(metric, tmp_path, np.array([1, 20], np.int32), key="a") == 1
    assert extend_labels(metric, tmp_path, np.array([1, 20], np.int32), key="a") == 0
    after = SiteLabels.open(metric, tmp_path, key="a")
    assert list(before.nodes) == [1, 5, 9]
    assert list(after.nodes) == [1, 5, 9, 20]
    assert list(after.numbers(np.array([20, 2, 9], np.int32))) == [3, -1, 2]
    made = SiteLabels.of(metric, after.nodes)
    for stored, fresh in ((after.outward, made.outward), (after.inward, made.inward)):
        assert (stored.first == fresh.first).all()
        for one, other in zip(stored.entries, fresh.entries, strict=True):
            assert (one == other).all()
            assert not one.flags.writeable


def test_labels_of_other_weights_are_not_used(tmp_path: Path) -> None:
    metric = labels(3)[0].metric
    extend_labels(metric, tmp_path, np.array([5, 1], np.int32), key="a")
    assert SiteLabels.open(metric, tmp_path, key="b").nodes.size == 0
    assert extend_labels(metric, tmp_path, np.array([7], np.int32), key="b") == 1
    assert list(SiteLabels.open(metric, tmp_path, key="b").nodes) == [7]


def test_a_damaged_file_of_labels_is_named(tmp_path: Path) -> None:
    metric = labels(3)[0].metric
    extend_labels(metric, tmp_path, np.array([5, 1], np.int32), key="a")
    cut = tmp_path / "inward-arc"
    cut.write_bytes(cut.read_bytes()[:10])
    with pytest.raises(RegionDamaged, match="inward-arc"):
        SiteLabels.open(metric, tmp_path, key="a")
    (tmp_path / "labels.json").write_text(json.dumps({"layout": 1}))
    with pytest.raises(RegionDamaged, match=r"labels\.json"):
        SiteLabels.open(metric, tmp_path, key="a")


def test_the_last_kind_is_the_thriftiest() -> None:
    own = REFERENCES[0]
    legs = legs_of(4, own.vehicle, own.conditions, capacity_kwh=1e6)
    rows = [legs.row(0, kind) for kind in KINDS]
    there = np.isfinite(rows[0].time_s)
    for row in rows:
        assert (row.time_s[there] >= rows[0].time_s[there] - 1.0).all()
        assert (row.net_kwh[there] >= rows[THRIFTIEST].net_kwh[there] - 1e-3).all()
