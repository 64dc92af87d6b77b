"""What leads away from a station at least, against asking for each other one by itself."""

from collections.abc import Callable
from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from small_worlds import Recipe, make_missions, make_world

from planner.legs.away import KEPT_AT_HUB, LeastAway
from planner.legs.car import CarLegs
from planner.legs.nearest import Nearest
from planner.plan import open_trip
from planner.search.trip import Trip

F64 = NDArray[np.float64]
Ints = NDArray[np.intp]

SOME = Recipe(nodes=(60, 120), stations=(8, 30))


def legs_of(trip: Trip) -> CarLegs:
    return Nearest.of(trip.car, trip.places, trip.pool.chosen, 60.0).legs


def least_one_by_one(
    trip: Trip, near: Callable[[Ints], list[list[int]]], beyond_kwh: F64
) -> list[float]:
    """Of each usable station the least to one that is not near, and what comes after there."""
    legs, usable = legs_of(trip), trip.pool.usable
    _, approach_kwh, _ = legs.approaches
    found = []
    for station, own in zip(usable.tolist(), near(usable), strict=True):
        takes = legs.least_kwh(station, usable) + approach_kwh[usable] + approach_kwh[station]
        others = (takes + beyond_kwh)[~np.isin(usable, own)]
        found.append(max(min(others, default=np.inf), 0.0))
    return found


@pytest.mark.parametrize("seed", range(6))
def test_the_least_to_another_site_is_that_of_all_drives_one_by_one(
    tmp_path: Path, seed: int
) -> None:
    world = make_world(72_000 + seed, tmp_path, SOME)
    for mission in islice(make_missions(world, seed), 2):
        trip = open_trip(world, mission)
        usable = trip.pool.usable
        together = [np.isin(usable, own).sum() for own in world.at_site_of(usable)]
        assert max(together, default=0) < KEPT_AT_HUB
        so_far_kwh = np.zeros(usable.size)
        for drives in (1, 2):
            away = LeastAway.of(legs_of(trip), usable, world.at_site_of, drives)
            sought = least_one_by_one(trip, world.at_site_of, so_far_kwh)
            so_far_kwh = away.least_kwh(usable)
            assert so_far_kwh == pytest.approx(sought, abs=1e-9)


@pytest.mark.parametrize("seed", range(3))
def test_where_many_are_left_out_it_is_no_more_than_the_least(tmp_path: Path, seed: int) -> None:
    world = make_world(72_100 + seed, tmp_path, replace(SOME, stations=(30, 40)))
    trip = open_trip(world, next(iter(make_missions(world, seed))))
    usable, draw = trip.pool.usable, np.random.default_rng(seed)
    chosen = [[one, *draw.choice(usable, usable.size // 2).tolist()] for one in usable.tolist()]

    def near(_: Ints) -> list[list[int]]:
        return chosen

    bound_kwh = LeastAway.of(legs_of(trip), usable, near, 1).least_kwh(usable)
    sought = np.array(least_one_by_one(trip, near, np.zeros(usable.size)))
    assert (bound_kwh <= sought + 1e-9).all()
    assert np.isfinite(sought).sum() > KEPT_AT_HUB
