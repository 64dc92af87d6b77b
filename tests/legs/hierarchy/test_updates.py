"""After an update all is as if the weights had been so from the start."""

from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as rules
from hypothesis import strategies as st

from planner.legs.hierarchy import (
    NEVER,
    Customised,
    PointQuery,
    build,
    customise,
    edge_loads,
    update,
    walks_changed,
)
from planner.legs.hierarchy.climb import Climb
from tests.legs.hierarchy.random_roads import Roads, grid_roads, small_roads


def differing(one: Customised, other: Customised) -> list[str]:
    names = [
        name
        for name in ("edge_weight", "edge_load", "contracted", "shortest")
        if not np.array_equal(getattr(one, name), getattr(other, name))
    ]
    for side in ("outward", "inward"):
        for field in fields(Climb):
            pair = [getattr(getattr(metric, side), field.name) for metric in (one, other)]
            if not np.array_equal(*pair):
                names.append(f"{side}.{field.name}")
    return names


def loads_of(roads: Roads, weight: np.ndarray) -> np.ndarray:
    features = np.stack([weight % 7, roads.tail], axis=1)
    return edge_loads(weight / 4, weight * 2.0, roads.energy_kwh, features)


@given(small_roads(), st.data())
@rules(max_examples=150, deadline=None)
def test_an_update_is_the_same_bit_for_bit_as_customising_in_full(
    roads: Roads, data: st.DataObject
) -> None:
    count = len(roads.head)
    hierarchy = build(roads.first_out, roads.head)
    before = customise(hierarchy, roads.weight, loads_of(roads, roads.weight))
    chosen = data.draw(st.lists(st.integers(0, count - 1), unique=True)) if count else []
    rule = st.one_of(st.integers(0, 60), st.just(NEVER))
    weight = roads.weight.copy()
    weight[chosen] = data.draw(st.lists(rule, min_size=len(chosen), max_size=len(chosen)))
    load = loads_of(roads, weight)
    change = update(before, chosen, weight[chosen], load[chosen], full_share=2.0)
    assert differing(change.metric, customise(hierarchy, weight, load)) == []


@pytest.mark.parametrize("seed", range(4))
def test_a_town_with_closures_slowdowns_and_reopenings_is_as_customised_in_full(seed: int) -> None:
    roads = grid_roads(40, seed)
    rng = np.random.default_rng(seed)
    hierarchy = build(roads.first_out, roads.head)
    metric = customise(hierarchy, roads.weight, loads_of(roads, roads.weight))
    weight = roads.weight.copy()
    for _ in range(4):
        chosen = rng.choice(len(weight), 40, replace=False)
        weight[chosen] = np.where(rng.random(40) < 0.4, NEVER, rng.integers(0, 9000, 40))
        load = loads_of(roads, weight)
        metric = update(metric, chosen, weight[chosen], load[chosen]).metric
        assert differing(metric, customise(hierarchy, weight, load)) == []


def test_what_was_there_before_an_update_stays_as_it_was(town: Roads) -> None:
    hierarchy = build(town.first_out, town.head)
    loads = loads_of(town, town.weight)
    before = customise(hierarchy, town.weight, loads)
    update(before, np.arange(50), np.full(50, NEVER), loads[:50] * 3)
    assert differing(before, customise(hierarchy, town.weight, loads)) == []
    with pytest.raises(ValueError, match="read-only"):
        before.contracted[0, 0] = 1


def test_legs_between_nodes_whose_walks_did_not_change_are_as_before(town: Roads) -> None:
    hierarchy = build(town.first_out, town.head)
    before = customise(hierarchy, town.weight, loads_of(town, town.weight))
    change = update(before, [700, 701], [NEVER, 30_000])
    every = np.arange(town.nodes)
    out = ~walks_changed(change, every)
    into = ~walks_changed(change, every, backward=True)
    old, new = PointQuery(before), PointQuery(change.metric)
    rng = np.random.default_rng(1)
    kept = differs = 0
    for start, end in rng.integers(0, town.nodes, (3000, 2)):
        was, now = old.drive(start, end), new.drive(start, end)
        same = (was is None) == (now is None) and (
            was is None or now is None or np.array_equal(was.edges, now.edges)
        )
        if out[start] and into[end]:
            kept += 1
            assert same
        differs += not same
    assert kept > 300
    assert differs > 0


def test_many_changes_at_once_are_customised_in_full(town: Roads) -> None:
    hierarchy = build(town.first_out, town.head)
    before = customise(hierarchy, town.weight)
    change = update(before, np.arange(len(town.weight)), town.weight * 2)
    assert change.changed.all()
    assert differing(change.metric, customise(hierarchy, np.minimum(town.weight * 2, NEVER))) == []
