"""No trip: the reason is told, the furthest point is really reached, each change really helps."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np
from small_stations import NOW
from small_worlds import SOUTH, Recipe, make_missions, make_world

from planner.model.geo import LonLat
from planner.model.grade import Grade
from planner.model.mission import Mission
from planner.model.plan import Infeasible, Plan, Relaxation
from planner.model.token import Token, TokenType
from planner.plan import plan
from planner.world import World
from tests.oracle.exhaustive import Exhaustive

SPARSE = Recipe(nodes=(40, 80), stations=(2, 6), width_km=480.0, height_km=90.0, plain=True)
HARD = replace(SPARSE, stations=(4, 14), plain=False)


def infeasible(
    folder: Path, recipe: Recipe, first: int, worlds: int, most_fallbacks: int = 2
) -> Iterator[tuple[World, Infeasible]]:
    for seed in range(first, first + worlds):
        world = make_world(seed, folder, recipe)
        for mission in islice(make_missions(world, seed, plain=recipe.plain), 3):
            order = min(mission.guarantee.fallbacks, most_fallbacks)
            guarantee = replace(mission.guarantee, fallbacks=order)
            answer = plan(world, replace(mission, guarantee=guarantee))
            if isinstance(answer, Infeasible):
                yield world, answer


def changed(mission: Mission, relaxation: Relaxation) -> Mission:
    """Do what the relaxation says, as a user would."""
    kind, value = relaxation.change, relaxation.value
    if kind == "token":
        card = Token(
            uid="99887766", type=TokenType.RFID, contract_id="", provider=str(value), label="new"
        )
        wallet = replace(mission.wallet, tokens=(*mission.wallet.tokens, card))
        return replace(mission, wallet=wallet)
    if kind == "payment_card":
        least = min(mission.guarantee.min_grade, Grade.AD_HOC)
        return replace(
            mission,
            wallet=replace(mission.wallet, payment_card=True),
            guarantee=replace(mission.guarantee, min_grade=least),
        )
    if kind == "min_grade":
        grade = Grade.read(str(value))
        return replace(mission, guarantee=replace(mission.guarantee, min_grade=grade))
    return with_number(mission, kind, float(value))


def with_number(mission: Mission, kind: str, number: float) -> Mission:
    if kind == "fallbacks":
        return replace(mission, guarantee=replace(mission.guarantee, fallbacks=int(number)))
    if kind == "reserve_soc":
        same = mission.arrival_soc == mission.reserve_soc
        arrival = number if same else max(min(mission.arrival_soc, mission.reserve_soc), number)
        return replace(mission, reserve_soc=number, arrival_soc=arrival)
    if kind == "arrive_before":
        late = [p for p in mission.waypoints if p.arrive_before and p.arrive_before < number]
        moved = min(late, key=lambda p: number - (p.arrive_before or 0.0))
        points = (replace(p, arrive_before=number) if p is moved else p for p in mission.waypoints)
        return replace(mission, waypoints=tuple(points))
    assert kind in {"soc", "departure"}
    return replace(mission, soc=number) if kind == "soc" else replace(mission, departure=number)


def test_the_furthest_point_is_one_that_the_car_really_reaches(tmp_path: Path) -> None:
    checked = 0
    for world, answer in infeasible(tmp_path, SPARSE, 70_000, 8):
        if answer.furthest is None:
            continue
        place = answer.furthest.location
        node = int(np.flatnonzero(world.region.lon == place.lon)[0])
        assert world.region.lat[node] == place.lat
        assert Exhaustive(world, answer.mission).reaches(node)
        checked += 1
    assert checked > 4


def test_the_furthest_point_counts_the_way_to_the_roads(tmp_path: Path) -> None:
    checked = 0
    for seed in range(8):
        world = make_world(74_000 + seed, tmp_path, SPARSE)
        for mission in islice(make_missions(world, seed, plain=True), 4):
            start, end = mission.waypoints
            off = LonLat(start.location.lon, SOUTH - 0.06)
            if not 4000.0 < world.snapper.snap_many([off.lon], [off.lat])[1][0] < 9900.0:
                continue
            asked = replace(
                mission,
                waypoints=(replace(start, location=off), end),
                soc=mission.reserve_soc + 0.05,
                arrival_soc=mission.reserve_soc,
            )
            answer = plan(world, asked)
            if isinstance(answer, Infeasible) and answer.furthest is not None:
                place = answer.furthest.location
                node = int(np.flatnonzero(world.region.lon == place.lon)[0])
                assert Exhaustive(world, asked).reaches(node)
                checked += 1
    assert checked > 3


def test_each_change_that_is_said_to_help_makes_a_plan(tmp_path: Path) -> None:
    kinds: Counter[str] = Counter()
    for world, answer in infeasible(tmp_path, HARD, 71_010, 5, most_fallbacks=1):
        for relaxation in answer.relaxations:
            made = plan(world, changed(answer.mission, relaxation))
            assert isinstance(made, Plan), relaxation
            # Changes are tried near the way; a plan looks everywhere and may arrive sooner.
            told, got = relaxation.arrival, made.summary.arrival
            assert told - 0.05 * (told - made.summary.departure) <= got <= told + 1.0
            assert relaxation.says
            kinds[relaxation.change] += 1
    assert len(kinds) >= 3


def test_no_fallback_is_the_reason_just_if_the_trip_can_be_made_without(tmp_path: Path) -> None:
    reasons: Counter[str] = Counter()
    for world, answer in infeasible(tmp_path, SPARSE, 72_000, 8):
        reasons[answer.reason] += 1
        oracle = Exhaustive(world, answer.mission)
        order = answer.mission.guarantee.fallbacks
        assert not oracle.is_feasible(order)
        assert (answer.reason == "no_fallback") == (order > 0 and oracle.is_feasible(0))
    assert reasons["no_fallback"] > 0
    assert reasons["out_of_range"] + reasons["no_accessible_charger"] > 0


def test_rejected_stations_are_counted_and_told(tmp_path: Path) -> None:
    told = 0
    for _, answer in infeasible(tmp_path, HARD, 73_000, 2, most_fallbacks=1):
        rejected = answer.rejected
        assert sum(rejected.counts.values()) == len(rejected.stations)
        assert Counter(each.reason for each in rejected.stations) == Counter(rejected.counts)
        told += len(rejected.stations)
        assert answer.created == NOW
    assert told > 0
