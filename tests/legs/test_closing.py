"""Legs while roads are closed or slowed: as if the changed roads had been prepared from scratch."""

import random
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from hypothesis import given
from hypothesis import settings as rules
from hypothesis import strategies as st
from small_worlds import Recipe, make_roads

from planner.legs.car import CarLegs, CarOnRoads, JoinedPlaces
from planner.legs.closing import ChangedRoads
from planner.legs.labels import FAR
from planner.legs.prepared import PreparedRoads
from planner.legs.profiles import PRICES_S_PER_KWH, REFERENCES
from planner.model.closure import LEAST_KMH, Closure
from planner.roads.closing import ChangedGraph, Works, put_in_force
from planner.roads.graph import Flag, RoadGraph
from tests.legs.test_edges import CARS, DAYS
from tests.oracle.sweeps import sweep

HILLY = Recipe(nodes=(30, 90), width_km=120.0, height_km=80.0)
KINDS = range(len(PRICES_S_PER_KWH))
SEEDS = st.integers(0, 4)
PLACES = 12


@cache
def usual(seed: int) -> PreparedRoads:
    with TemporaryDirectory() as folder:
        return PreparedRoads.of(make_roads(random.Random(f"closing {seed}"), Path(folder), HILLY))


EFFECTS = st.one_of(
    st.just({"closed": True}),
    st.builds(lambda kmh: {"speed_kmh": kmh}, st.floats(5, 130)),
    st.builds(lambda share: {"factor": share}, st.floats(0.01, 1)),
)
GIVEN = st.lists(
    st.tuples(EFFECTS, st.lists(st.integers(0, 10**6), min_size=1, max_size=8)), max_size=6
)


def works_of(graph: RoadGraph, given_: list[tuple[dict[str, object], list[int]]]) -> Works:
    closures = [
        Closure(
            id=str(n),
            geometry=None,
            region_hash=graph.hash,
            edges=tuple(sorted({number % len(graph.head) for number in numbers})),
            **effect,  # type: ignore[arg-type] -- drawn by kind
        )
        for n, (effect, numbers) in enumerate(given_)
    ]
    return put_in_force(graph, closures)


def legs_on(car: CarOnRoads, seed: int, capacity_kwh: float) -> CarLegs:
    node = np.random.default_rng(seed).integers(0, len(car.graph.lon), PLACES).astype(np.int32)
    return CarLegs(car, JoinedPlaces.at(car.graph, node, np.zeros(PLACES)), capacity_kwh)


@rules(max_examples=40, deadline=None)
@given(
    seed=SEEDS,
    closures=GIVEN,
    car=CARS,
    day=DAYS,
    capacity_kwh=st.floats(3.0, 60.0),
    stored=st.integers(0, 2),
)
def test_legs_are_those_of_the_changed_roads_prepared_from_scratch(
    seed, closures, car, day, capacity_kwh, stored
) -> None:
    base = usual(seed)
    changed = works_of(base.graph, closures).changed
    sites = np.arange(stored, len(base.graph.lon), 2, dtype=np.int32)
    quick = ChangedRoads(base, changed)
    slow = PreparedRoads.of(changed.graph)
    assert quick.terrain.slowest_kmh <= slow.terrain.slowest_kmh
    one = quick.car(car, day, sites)
    other = slow.car(car, day, sites)
    mine, theirs = (legs_on(each, seed, capacity_kwh) for each in (one, other))
    for kind in KINDS:
        for place in range(PLACES):
            row, expected = mine.row(place, kind), theirs.row(place, kind)
            assert np.array_equal(row.time_s, expected.time_s)
            driven = np.isfinite(row.time_s)
            for name in ("net_kwh", "required_kwh", "cap_kwh"):
                assert np.array_equal(getattr(row, name)[driven], getattr(expected, name)[driven])
            assert np.array_equal(mine.weights_to(place, kind), theirs.weights_to(place, kind))
            for end in np.flatnonzero(driven)[:3]:
                path = mine.path(place, int(end), kind)
                assert path == theirs.path(place, int(end), kind)
                assert not (changed.graph.flags[list(path.edges)] & Flag.CLOSED).any()


@rules(max_examples=25, deadline=None)
@given(seed=SEEDS, closures=GIVEN, start=st.integers(0, 29))
def test_least_times_are_those_of_a_plain_search_without_the_closed_roads(
    seed, closures, start
) -> None:
    base = usual(seed)
    changed = works_of(base.graph, closures).changed
    graph = changed.graph
    metric = ChangedRoads(base, changed).metrics(REFERENCES[0])[0]
    car = ChangedRoads(base, changed).car(
        REFERENCES[0].vehicle, REFERENCES[0].conditions, np.empty(0, np.int32)
    )
    every = np.arange(len(graph.lon), dtype=np.int32)
    legs = CarLegs(car, JoinedPlaces.at(graph, every, np.zeros(len(every))), 1e6)
    weight = np.where(
        (graph.flags & Flag.CLOSED) != 0,
        np.inf,
        np.floor(car.times_s(np.arange(len(graph.head))) * 1000),
    )
    assert metric.edge_weight.shape == weight.shape
    origin = int(legs.places.depart[start])
    least = sweep(
        graph.first_out,
        np.arange(len(graph.head), dtype=np.int32),
        graph.head,
        weight,
        np.array([origin], np.int32),
        np.zeros(1),
    )[legs.places.arrive]
    found = legs.weights_from(start, 0)
    assert np.array_equal(np.where(found >= FAR, np.inf, found), least)


@given(seed=SEEDS, closures=GIVEN)
def test_only_speeds_durations_and_flags_of_the_named_edges_differ(seed, closures) -> None:
    graph = usual(seed).graph
    before = {name: array.copy() for name, array in graph.arrays().items()}
    works = works_of(graph, closures)
    changed: ChangedGraph = works.changed
    after = changed.graph
    named = sorted({number % len(graph.head) for _, some in closures for number in some})
    assert set(changed.edges.tolist()) <= set(named)
    others = np.setdiff1d(np.arange(len(graph.head)), changed.edges)
    for name, array in after.arrays().items():
        assert np.array_equal(graph.arrays()[name], before[name])
        if name in ("speed_kmh", "duration_s", "flags"):
            assert np.array_equal(array[others], before[name][others])
        else:
            assert array is graph.arrays()[name]
    assert (after.speed_kmh <= graph.speed_kmh).all()
    assert (after.duration_s >= graph.duration_s).all()
    assert (after.speed_kmh >= np.minimum(graph.speed_kmh, LEAST_KMH)).all()
    shut = {n % len(graph.head) for effect, some in closures if "closed" in effect for n in some}
    assert set(np.flatnonzero(after.flags & Flag.CLOSED).tolist()) == shut
    assert after.hash != graph.hash
    assert works_of(graph, closures).changed.graph.hash == after.hash


def test_labels_that_are_made_later_keep_the_places_of_those_before() -> None:
    base = usual(1)
    changed = works_of(base.graph, [({"closed": True}, [1, 5, 9])]).changed
    sites = np.arange(0, len(base.graph.lon), 2, dtype=np.int32)
    labels = ChangedRoads(base, changed).labels(REFERENCES[0], sites)[0]
    first, book = labels.find(np.array([4, 8, 5], np.int32), inward=True)
    assert (first >= 0).tolist() == [True, True, False], "5 is no site"
    entries = [array[: book.first[-1]].copy() for array in book.entries]
    numbers, longer = labels.find(np.array([2, 8, 4, 6], np.int32), inward=True)
    assert numbers[2] == first[0]
    assert numbers[1] == first[1]
    assert longer.first[-1] > book.first[-1]
    for before, now in zip(entries, longer.entries, strict=True):
        assert np.array_equal(before, now[: len(before)])
