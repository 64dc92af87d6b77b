"""Closures under a plan: it keeps off them everywhere, and a plan from before breaks by name."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import planner.plan
from planner.model.closure import SPAN_S, Closure, Geometry
from planner.model.geo import LonLat
from planner.model.plan import Infeasible, Leg, Plan
from planner.roads.closing import AVOIDED
from planner.roads.graph import Flag, RoadGraph
from planner.verify import verify
from planner.world import World
from tests.access.worlds import HOUR, NOW, wallet
from tests.verify.road import CARD, LAT, build_snapshot, build_world, mission

DEPARTURE = NOW + HOUR


def world_with(road: RoadGraph, *closures: Closure) -> World:
    return build_world(road, replace(build_snapshot(), closures=closures))


def closure(road: RoadGraph, edges: Any, name: str = "shut", **more: Any) -> Closure:
    effect = more or {"closed": True}
    return Closure(
        id=name,
        geometry=None,
        region_hash=road.hash,
        edges=tuple(sorted(int(edge) for edge in edges)),
        reason=f"Reason of {name}",
        **effect,
    )


def every_leg(made: Plan) -> list[Leg]:
    """The legs of a trip and of all trips that its fallbacks begin."""
    legs = list(made.legs)
    for stop in made.charging_stops:
        for fallback in stop.fallbacks:
            legs += [fallback.leg, *fallback.onward_legs]
    return legs


def plan_in(world: World) -> Plan:
    made = planner.plan.plan(world, mission(wallet=wallet(CARD)))
    assert isinstance(made, Plan), made
    return made


def test_a_plan_over_a_road_that_was_closed_since_names_the_road(
    road: RoadGraph, made: Plan
) -> None:
    edge = made.legs[0].path[3]
    broken = verify(world_with(road, closure(road, [edge])), made)
    found = {(claim.kind, claim.where) for claim in broken}
    assert ("path", "/legs/0/path") in found
    assert {kind for kind, _ in found} == {"path"}
    assert f"edge {edge}" in broken[0].detail


def test_a_closed_road_behind_a_fallback_is_named_there(road: RoadGraph, made: Plan) -> None:
    main = {edge for leg in made.legs for edge in leg.path}
    behind = [
        (f"/charging_stops/{n}/fallbacks/{m}/{name}/path", set(leg.path) - main)
        for n, stop in enumerate(made.charging_stops)
        for m, fallback in enumerate(stop.fallbacks)
        for name, leg in (
            ("leg", fallback.leg),
            *((f"onward_legs/{k}", leg) for k, leg in enumerate(fallback.onward_legs)),
        )
    ]
    where, edges = next((where, edges) for where, edges in behind if edges)
    found = {(c.kind, c.where) for c in verify(world_with(road, closure(road, edges)), made)}
    assert ("path", where) in found
    assert all("/fallbacks/" in place for _, place in found)


def test_a_road_slowed_since_breaks_times_and_not_the_path(road: RoadGraph, made: Plan) -> None:
    slow = closure(road, made.legs[0].path[:5], speed_kmh=20.0)
    kinds = {claim.kind for claim in verify(world_with(road, slow), made)}
    assert "time" in kinds
    assert "path" not in kinds


def test_closures_elsewhere_or_at_other_times_break_nothing(road: RoadGraph, made: Plan) -> None:
    used = {edge for leg in every_leg(made) for edge in leg.path}
    apart = [edge for edge in range(len(road.head)) if edge not in used][:20]
    assert verify(world_with(road, closure(road, apart)), made) == []
    for times in ({"ends": DEPARTURE}, {"begins": DEPARTURE + SPAN_S + 1}):
        passing = closure(road, made.legs[0].path, closed=True, **times)
        assert verify(world_with(road, passing), made) == []
    for times in ({"ends": DEPARTURE + 1}, {"begins": DEPARTURE + SPAN_S}):
        meeting = closure(road, made.legs[0].path, closed=True, **times)
        assert verify(world_with(road, meeting), made)


def with_kind(road: RoadGraph, edges: Any, flag: Flag) -> RoadGraph:
    """The road with some edges of a kind that one may avoid."""
    flags = road.flags.copy()
    flags[list(edges)] |= np.uint8(flag)
    return replace(road, flags=flags, hash=f"{road.hash}-{flag.name}-{min(edges)}", folder=None)


@pytest.mark.parametrize(("kind", "flag"), list(AVOIDED.items()))
def test_roads_to_avoid_carry_no_leg_of_trip_or_fallback(
    road: RoadGraph, made: Plan, kind: str, flag: Flag
) -> None:
    avoided = set(made.legs[0].path[2:4])
    world = build_world(with_kind(road, avoided, flag), build_snapshot())
    asked = replace(mission(wallet=wallet(CARD)), avoid=(kind,))
    after = planner.plan.plan(world, asked)
    assert isinstance(after, Plan), after
    assert not avoided & {edge for leg in every_leg(after) for edge in leg.path}
    assert verify(world, after) == []
    usual = plan_in(world)
    assert avoided & {edge for leg in every_leg(usual) for edge in leg.path} or flag is Flag.FERRY
    assert after.world.hash == usual.world.hash
    broken = verify(world, replace(usual, mission=asked))
    assert any(f"{kind}, which the trip avoids" in claim.detail for claim in broken) or (
        flag is Flag.FERRY
    )


def test_where_only_a_toll_road_leads_there_allowing_tolls_is_told_to_help(
    road: RoadGraph,
) -> None:
    every = range(len(road.head))
    world = build_world(with_kind(road, every, Flag.TOLL), build_snapshot())
    failed = planner.plan.plan(
        world, replace(mission(wallet=wallet(CARD)), avoid=("motorway", "toll"))
    )
    assert isinstance(failed, Infeasible)
    assert [(help_.change, help_.value) for help_ in failed.relaxations] == [("avoid", "toll")]
    assert verify(world, failed) == []


def test_a_plan_keeps_off_closed_roads_in_all_its_branches_and_says_so(
    road: RoadGraph, made: Plan
) -> None:
    shut = closure(road, made.legs[0].path[2:4])
    world = world_with(road, shut)
    after = plan_in(world)
    assert not set(shut.edges) & {edge for leg in every_leg(after) for edge in leg.path}
    assert any(shut.reason in said for said in after.warnings)
    assert after.world.closures
    assert after.world.region_hash == made.world.region_hash == road.hash
    assert after.world.hash != made.world.hash
    assert verify(world, after) == []
    assert verify(world.during(DEPARTURE), after) == []


def test_a_plan_through_a_slow_road_reckons_with_it(road: RoadGraph, made: Plan) -> None:
    everywhere = closure(road, range(len(road.head)), "jam", factor=0.7)
    world = world_with(road, everywhere)
    after = plan_in(world)
    assert after.summary.driving_s > made.summary.driving_s
    assert any("reckoned with" in said and "jam" in said for said in after.warnings)
    assert verify(world, after) == []
    assert "time" in {claim.kind for claim in verify(build_world(road), after)}


def test_no_way_round_is_no_route_and_the_answer_names_the_closure(road: RoadGraph) -> None:
    cut = np.flatnonzero((road.lon[road.tail] < 7.05) != (road.lon[road.head] < 7.05))
    answer = planner.plan.plan(world_with(road, closure(road, cut, "flood")), mission())
    assert isinstance(answer, Infeasible)
    assert answer.reason == "no_route"
    assert any("flood" in said for said in answer.warnings)


def test_a_closure_of_another_build_is_matched_anew_or_said_to_mean_nothing(
    road: RoadGraph, made: Plan
) -> None:
    line = Geometry("LineString", ((LonLat(5.2, LAT), LonLat(5.4, LAT)),))
    drawn = Closure(id="drawn", geometry=line, closed=True, region_hash="old", edges=(7,))
    named = replace(closure(road, [1, 2], "named"), region_hash="old")
    world = world_with(road, drawn, named).during(DEPARTURE)
    assert world.works is not None
    (placed,) = world.works.placed
    assert {int(road.tail[edge]) for edge in placed[1]} | {
        int(road.head[edge]) for edge in placed[1]
    } == {
        node
        for node in range(len(road.lon))
        if 5.15 < road.lon[node] < 5.45 and road.lat[node] == LAT
    }
    after = plan_in(world_with(road, drawn, named))
    assert any("mean no road" in said and "named" in said for said in after.warnings)


def test_the_roads_of_a_set_of_closures_are_made_once(road: RoadGraph) -> None:
    world = world_with(road, closure(road, [1, 2]))
    one, other = world.during(DEPARTURE), world.during(DEPARTURE + 60)
    assert one.roads is other.roads
    assert one.sites is other.sites
    newer = world.renewed(replace(world.snapshot, hash="newer"))
    assert newer.during(DEPARTURE).roads is one.roads
    assert newer.during(DEPARTURE).sites is one.sites
    assert one.during(DEPARTURE) is one
    assert build_world(road).during(DEPARTURE).works is None
