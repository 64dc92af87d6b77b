"""Whatever stop fails, and whenever: the driver arrives as the plan says. Also without failures."""

from dataclasses import replace
from itertools import islice
from pathlib import Path

import proof
import pytest
from adversary import Adversary
from small_worlds import Recipe, make_missions, make_world

from planner.formats.plan_json import plan_to_json
from planner.model.plan import Infeasible, Leg, Plan
from planner.plan import plan
from planner.world import World

BLOCKS = 6
TRIPS = 300


@pytest.mark.slow
@pytest.mark.parametrize("block", range(BLOCKS))
def test_no_promise_is_false_whatever_fails_and_whenever(block: int) -> None:
    record = proof.search(TRIPS // BLOCKS, 100 + block)
    assert record.findings == []
    assert record.feasible > 0
    assert record.stops_failed > 0


@pytest.fixture(scope="module")
def planned(tmp_path_factory: pytest.TempPathFactory) -> tuple[World, Plan]:
    """A plan with stops and fallbacks, and its world."""
    folder = tmp_path_factory.mktemp("roads")
    for seed in range(50):
        world = make_world(seed, folder, Recipe(plain=True))
        for mission in islice(make_missions(world, seed, plain=True), 6):
            made = plan(world, mission)
            if isinstance(made, Plan) and any(stop.fallbacks for stop in made.charging_stops):
                return world, made
    raise AssertionError("no world has a trip with stops")


def test_the_adversary_finds_nothing_wrong_with_an_honest_plan(
    planned: tuple[World, Plan],
) -> None:
    world, made = planned
    adversary = Adversary(world, made)
    assert adversary.attack() == []
    assert adversary.failures > 0


def test_the_adversary_sees_that_a_fallback_is_out_of_reach(planned: tuple[World, Plan]) -> None:
    world, made = planned
    number = next(n for n, stop in enumerate(made.charging_stops) if stop.fallbacks)
    stop = made.charging_stops[number]
    fallback = stop.fallbacks[0]
    there_and_back = (*fallback.leg.path, *_back(world, fallback.leg)) * 9 + fallback.leg.path
    wrong = replace(fallback, leg=replace(fallback.leg, path=there_and_back))
    stops = list(made.charging_stops)
    stops[number] = replace(stop, fallbacks=(wrong,))
    kinds = {f.kind for f in Adversary(world, replace(made, charging_stops=tuple(stops))).attack()}
    assert "reserve" in kinds or "charge" in kinds


def test_the_adversary_sees_that_a_stop_leaves_too_early(planned: tuple[World, Plan]) -> None:
    world, made = planned
    stops = tuple(
        replace(stop, soc_departure=stop.soc_arrival + 0.001) for stop in made.charging_stops
    )
    kinds = {f.kind for f in Adversary(world, replace(made, charging_stops=stops)).attack()}
    assert kinds & {"reserve", "charge", "arrival charge"}


def test_the_adversary_sees_a_stop_without_fallback(planned: tuple[World, Plan]) -> None:
    world, made = planned
    stops = tuple(replace(stop, fallbacks=()) for stop in made.charging_stops)
    kinds = {f.kind for f in Adversary(world, replace(made, charging_stops=stops)).attack()}
    assert "no fallback" in kinds


def test_the_same_world_and_mission_give_the_same_plan_to_the_byte(tmp_path: Path) -> None:
    seen = 0
    for seed in (3, 4):
        twins = [make_world(seed, tmp_path) for _ in range(2)]
        for mission in islice(make_missions(twins[0], seed), 4):
            guarantee = replace(mission.guarantee, fallbacks=1)
            asked = replace(mission, guarantee=guarantee, alternatives=1)
            answers = [plan(world, asked) for world in twins]
            if any(isinstance(answer, Infeasible) for answer in answers):
                assert answers[0] == answers[1]
                continue
            told = [
                plan_to_json(answer, world.region)
                for answer, world in zip(answers, twins, strict=True)
                if isinstance(answer, Plan)
            ]
            assert repr(told[0]) == repr(told[1])
            seen += 1
    assert seen > 0


def _back(world: World, leg: Leg) -> tuple[int, ...]:
    """The same edges the other way."""
    graph = world.region
    edge_of = {
        (int(a), int(b)): n for n, (a, b) in enumerate(zip(graph.tail, graph.head, strict=True))
    }
    return tuple(edge_of[int(graph.head[e]), int(graph.tail[e])] for e in reversed(leg.path))
