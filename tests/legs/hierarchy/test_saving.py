"""Saved hierarchies open at once, answer alike, and say which part is damaged."""

import time
from pathlib import Path

import numpy as np
import pytest

from planner.errors import RegionDamaged
from planner.legs.hierarchy import (
    Customised,
    PointQuery,
    build,
    customise,
    edge_loads,
    from_many,
    matrix,
    open_hierarchy,
    open_metric,
    save_hierarchy,
    save_metric,
    select_sources,
    select_targets,
    sweeps,
    to_all,
    to_many,
    update,
    verify_saved,
    walk,
    warm_up,
)
from tests.legs.hierarchy.random_roads import Roads


@pytest.fixture(scope="module")
def metric(town: Roads) -> Customised:
    load = edge_loads(town.weight / 1000, town.weight * 0.02, town.energy_kwh, None)
    return customise(build(town.first_out, town.head), town.weight, load)


@pytest.fixture
def saved(metric: Customised, tmp_path: Path) -> Path:
    save_hierarchy(metric.hierarchy, tmp_path / "hierarchy", region="abc")
    save_metric(metric, tmp_path / "fastest", region="abc", name="fastest")
    return tmp_path


def opened(folder: Path) -> Customised:
    hierarchy = open_hierarchy(folder / "hierarchy", region="abc")
    return open_metric(hierarchy, folder / "fastest", region="abc", name="fastest")


def test_what_was_saved_answers_as_before_and_takes_updates(
    metric: Customised, saved: Path
) -> None:
    again = opened(saved)
    ends = [3, 900, 1500]
    for one in (metric, again):
        assert isinstance(one.outward.weight, np.ndarray)
    targets = [select_targets(one, ends) for one in (metric, again)]
    sources = [select_sources(one, ends) for one in (metric, again)]
    assert np.array_equal(to_many(7, targets[0]).load, to_many(7, targets[1]).load)
    assert np.array_equal(from_many(sources[0], 7).load, from_many(sources[1], 7).load)
    assert np.array_equal(matrix(ends, targets[0]), matrix(ends, targets[1]))
    assert np.array_equal(to_all(metric, 7), to_all(again, 7))
    drives = [PointQuery(one).drive(7, 1500) for one in (metric, again)]
    assert np.array_equal(drives[0].edges, drives[1].edges)
    changes = [update(one, drives[0].edges[:3], [60_000] * 3) for one in (metric, again)]
    assert np.array_equal(to_all(changes[0].metric, 7), to_all(changes[1].metric, 7))


def test_opening_takes_less_than_fifty_milliseconds(saved: Path) -> None:
    opened(saved)
    began = time.process_time()
    opened(saved)
    assert time.process_time() - began < 0.05


def test_a_part_that_was_cut_is_named(saved: Path) -> None:
    part = saved / "fastest" / "inward-weight.npy"
    part.write_bytes(part.read_bytes()[:-4])
    with pytest.raises(RegionDamaged, match=r"inward-weight\.npy.*bytes instead of"):
        opened(saved)


def test_a_part_whose_values_changed_is_named_when_verified(saved: Path) -> None:
    part = saved / "hierarchy" / "head.npy"
    body = bytearray(part.read_bytes())
    body[-1] ^= 1
    part.write_bytes(bytes(body))
    verify_saved(saved / "fastest")
    with pytest.raises(RegionDamaged, match=r"head\.npy.*hash"):
        verify_saved(saved / "hierarchy")


def test_the_legs_of_another_region_or_metric_are_refused(saved: Path) -> None:
    with pytest.raises(RegionDamaged, match="region is 'abc' instead of 'abd'"):
        open_hierarchy(saved / "hierarchy", region="abd")
    hierarchy = open_hierarchy(saved / "hierarchy", region="abc")
    with pytest.raises(RegionDamaged, match="name is 'fastest' instead of 'thrifty'"):
        open_metric(hierarchy, saved / "fastest", region="abc", name="thrifty")
    with pytest.raises(RegionDamaged, match="kind is 'hierarchy' instead of 'metric'"):
        open_metric(hierarchy, saved / "hierarchy", region="abc")


def test_warming_up_leaves_nothing_to_compile_for_what_was_opened(saved: Path) -> None:
    warm_up()
    kernels = (sweeps.sweep_loads, sweeps.sweep_lanes, sweeps.sweep_all, walk.walk)
    before = [len(kernel.signatures) for kernel in kernels]
    again = opened(saved)
    to_many(7, select_targets(again, [1, 2]))
    matrix([1], select_targets(again, [1, 2]))
    to_all(again, 3)
    assert [len(kernel.signatures) for kernel in kernels] == before
