"""On small worlds that never close: a trip is found where there is one, and only there."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path

import pytest
from small_worlds import Recipe, make_missions, make_world

from planner.model.mission import Mission
from planner.plan import attempt
from planner.world import World
from tests.oracle.exhaustive import Exhaustive

PLAIN = Recipe(nodes=(40, 70), stations=(3, 8), width_km=420.0, height_km=80.0, plain=True)


def cases(folder: Path, worlds: int, missions: int) -> Iterator[tuple[World, Mission]]:
    for seed in range(worlds):
        world = make_world(90_000 + seed, folder, PLAIN)
        for mission in islice(make_missions(world, seed, plain=True), missions):
            yield world, mission


def of_order(mission: Mission, order: int) -> Mission:
    return replace(mission, guarantee=replace(mission.guarantee, fallbacks=order))


@pytest.mark.parametrize("order", [0, 1, 2])
def test_a_trip_is_found_where_trying_everything_finds_one_and_only_there(
    order: int, tmp_path: Path
) -> None:
    tally: Counter[tuple[bool, bool]] = Counter()
    for world, mission in cases(tmp_path, 30, 4):
        asked = of_order(mission, order)
        found = attempt(world, asked) is not None
        tally[found, Exhaustive(world, asked).is_feasible(order)] += 1
    assert tally[True, False] == 0, "a trip that cannot survive"
    assert tally[False, True] == 0, "a trip that was not found"
    assert tally[True, True] > 10
    assert tally[False, False] > 10
