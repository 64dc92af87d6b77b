"""What rides along: charges driven edge by edge, sums, and what single precision costs."""

import math

import numpy as np
from hypothesis import given
from hypothesis import settings as rules
from hypothesis import strategies as st

from planner.legs.hierarchy import (
    NEVER,
    PointQuery,
    build,
    customise,
    edge_loads,
    from_many,
    joined,
    select_sources,
    select_targets,
    to_many,
)
from planner.legs.hierarchy.loads import (
    DISTANCE_M,
    FEATURES,
    NET_KWH,
    PREFIX_KWH,
    RUN_KWH,
    SUFFIX_KWH,
    TIME_S,
)
from tests.legs.hierarchy.random_roads import Roads, small_roads


def driven(charge: float, energies: list[float], full: float) -> float:
    """Drive edge by edge with a battery that takes no more than ``full``; NaN if it runs dry."""
    for energy in energies:
        charge = min(charge - energy, full)
        if charge < 0:
            return math.nan
    return charge


def promised(charge: float, load: np.ndarray, full: float) -> float:
    """Tell the charge at the end from the load alone."""
    if charge < load[PREFIX_KWH] or load[RUN_KWH] > full:
        return math.nan
    return min(charge - load[NET_KWH], full - load[SUFFIX_KWH])


def same(one: float, other: float) -> bool:
    return one == other or (math.isnan(one) and math.isnan(other))


def reduced(roads: Roads, price: int) -> np.ndarray:
    """Weights with a price on energy less the potential of heights, which is never negative."""
    rolling = roads.rolling_kwh.astype(np.int64)
    return np.where(roads.weight == NEVER, NEVER, roads.weight + price * rolling)


@given(small_roads(), st.integers(0, 9), st.integers(1, 120), st.data())
@rules(max_examples=120, deadline=None)
def test_the_load_of_a_drive_promises_the_charge_that_driving_edge_by_edge_leaves(
    roads: Roads, price: int, full: int, data: st.DataObject
) -> None:
    weight = reduced(roads, price)
    load = edge_loads(roads.weight / 4, roads.weight * 2.0, roads.energy_kwh, None)
    metric = customise(build(roads.first_out, roads.head), weight, load)
    query = PointQuery(metric)
    every = np.arange(roads.nodes)
    start = data.draw(st.integers(0, roads.nodes - 1))
    out = to_many(start, select_targets(metric, every))
    back = from_many(select_sources(metric, every), start)
    for end in range(roads.nodes):
        for row, drive in ((out, query.drive(start, end)), (back, query.drive(end, start))):
            assert row.weight[end] == (NEVER if drive is None else drive.weight)
            if drive is None:
                assert not row.load[end].any()
                continue
            energies = [float(e) for e in roads.energy_kwh[drive.edges]]
            for charge in {0, full // 3, full}:
                left = driven(charge, energies, full)
                assert same(promised(charge, drive.load, full), left)
            # Another way of the same weight may be told to many, with a net of its own.
            assert row.load[end][PREFIX_KWH] >= max(0.0, row.load[end][NET_KWH])


@given(st.lists(st.integers(-20, 30), max_size=12), st.integers(0, 12), st.integers(1, 90))
@rules(max_examples=200, deadline=None)
def test_two_drives_joined_promise_what_driving_both_leaves(
    energies: list[int], cut: int, full: int
) -> None:
    def whole(part: list[int]) -> np.ndarray:
        load = np.zeros(FEATURES, np.float32)
        for row in edge_loads([1.0] * len(part), [2.0] * len(part), part, None):
            load = joined(load, row)
        return load

    both = joined(whole(energies[:cut]), whole(energies[cut:]))
    assert np.array_equal(both, whole(energies))
    for charge in range(full + 1):
        left = driven(charge, [float(e) for e in energies], full)
        assert same(promised(charge, both, full), left)


def test_features_of_the_caller_add_up_along_the_way(town: Roads) -> None:
    features = np.stack([np.ones(len(town.head)), town.tail % 5], axis=1)
    load = edge_loads(town.weight / 1000, town.weight * 0.02, town.energy_kwh, features)
    metric = customise(build(town.first_out, town.head), town.weight, load)
    query = PointQuery(metric)
    ends = np.arange(0, town.nodes, 31)
    row = to_many(5, select_targets(metric, ends))
    for place, end in enumerate(ends):
        drive = query.drive(5, int(end))
        if drive is None:
            continue
        assert drive.load[FEATURES] == len(drive.edges)
        assert drive.load[FEATURES + 1] == (town.tail[drive.edges] % 5).sum()
        assert row.load[place, TIME_S] == np.float32(row.load[place, TIME_S])
        assert abs(row.load[place, TIME_S] - row.weight[place] / 1000) < 1e-3


def test_single_precision_costs_less_than_a_watt_hour_on_a_drive(town: Roads) -> None:
    rng = np.random.default_rng(2)
    energy = rng.normal(0.05, 0.1, len(town.head))
    load = edge_loads(town.weight / 1000, rng.uniform(5, 900, len(energy)), energy, None)
    query = PointQuery(customise(build(town.first_out, town.head), town.weight, load))
    for start, end in rng.integers(0, town.nodes, (300, 2)):
        drive = query.drive(int(start), int(end))
        if drive is not None:
            exact = load[drive.edges].astype(float).sum(axis=0)
            assert abs(drive.load[NET_KWH] - exact[NET_KWH]) < 1e-4
            assert abs(drive.load[DISTANCE_M] - exact[DISTANCE_M]) < 0.1
