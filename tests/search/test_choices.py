"""Why this one, and what else: the next best choice is the best one, alternatives are no copies."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations, islice
from pathlib import Path

from small_worlds import Recipe, make_missions, make_world

from planner.legs.profiles import PRICES_S_PER_KWH
from planner.model.mission import Guarantee, Objective
from planner.model.plan import Plan
from planner.plan import explain, open_trip, plan
from planner.search.answers import write_plan
from planner.search.differences import compare, shared_road
from planner.search.setup import on_legs_of, stage_first
from planner.search.solve import Solution, search_stage
from planner.verify import verify
from planner.world import World

MANY = Recipe(nodes=(40, 60), stations=(10, 16), width_km=330.0, height_km=90.0, plain=True)


def planned(folder: Path, worlds: int, alternatives: int = 0) -> Iterator[tuple[World, Plan]]:
    for seed in range(worlds):
        world = make_world(96_000 + seed, folder, MANY)
        for asked in islice(make_missions(world, seed, plain=True), 3):
            guarantee = Guarantee(min_grade=asked.guarantee.min_grade, fallbacks=1)
            mission = replace(
                asked,
                guarantee=guarantee,
                objective=Objective(preset="fastest"),
                alternatives=alternatives,
            )
            made = plan(world, mission)
            if isinstance(made, Plan) and made.charging_stops:
                yield world, made


def test_the_next_best_choice_is_what_planning_without_the_station_finds(tmp_path: Path) -> None:
    told = nothing = 0
    for world, made in planned(tmp_path, 3):
        choices = explain(world, made).choices
        assert [choice.stop for choice in choices] == list(range(len(made.charging_stops)))
        for choice, stop in zip(choices, made.charging_stops, strict=True):
            assert choice.station_id == stop.station_id
            number = [s.id for s in world.snapshot.stations].index(stop.station_id)
            site = [world.snapshot.stations[n].id for n in world.stations_near(number)]
            without = plan(world, replace(made.mission, exclude_stations=tuple(site)))
            if choice.difference is None:
                assert choice.says.startswith("Nothing else holds")
                assert not isinstance(without, Plan)
                nothing += 1
                continue
            assert choice.instead is None or choice.instead.station_id not in site
            if isinstance(without, Plan):  # there the site is no fallback either: never sooner
                later_s = without.summary.arrival - made.summary.arrival
                assert choice.difference.later_s <= later_s + 0.04 * (
                    without.summary.arrival - without.summary.departure
                )
            told += 1
    assert told > 2
    assert told + nothing > 3


def test_alternatives_say_how_they_differ_and_none_is_a_copy(tmp_path: Path) -> None:
    seen = 0
    for world, made in planned(tmp_path, 4, alternatives=3):
        graph = world.region
        for other in made.alternatives:
            assert other.differs == compare(made, other, graph)
            assert other.differs.says
            seen += 1
        for one, other in combinations((made, *made.alternatives), 2):
            assert one.id != other.id
            same_stops = {s.station_id for s in one.charging_stops} == {
                s.station_id for s in other.charging_stops
            }
            assert not same_stops or shared_road(one, other, graph) < 1.0
    assert seen > 2


def test_a_trip_on_legs_of_one_kind_has_fallbacks_on_legs_of_that_kind(tmp_path: Path) -> None:
    checked = 0
    for world, made in planned(tmp_path, 4):
        stage = stage_first(open_trip(world, made.mission), priced=False)
        for kind in range(len(PRICES_S_PER_KWH)):
            found = search_stage(on_legs_of(stage, kind), order=1, windows=True)
            if isinstance(found, Solution):
                assert verify(world, write_plan(found)) == []
                checked += 1
    assert checked > 10
