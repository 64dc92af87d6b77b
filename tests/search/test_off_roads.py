"""A waypoint off the roads: the plan says how far, and what it assumes of the way there."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

import pytest
from small_worlds import Recipe, make_missions, make_world

from planner.errors import OffNetwork
from planner.model.geo import LonLat
from planner.model.mission import Mission
from planner.model.plan import Plan
from planner.plan import plan
from planner.roads.snap import BESIDE_M
from planner.world import World

DEGREE_M = 111_195.0
SMALL = Recipe(nodes=(40, 60), stations=(4, 8), width_km=120.0, height_km=60.0, plain=True)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return make_world(75_001, tmp_path_factory.mktemp("worlds"), SMALL)


def moved(world: World, mission: Mission, metres: float) -> Mission:
    """Move the start so far from its node, to where no other node is nearer."""
    start, *others = mission.waypoints
    node = world.snapper.snap(start.location).node
    lon, lat = float(world.region.lon[node]), float(world.region.lat[node])
    for north in (metres, -metres):
        point = LonLat(lon, lat + north / DEGREE_M)
        if world.snapper.snap_many([point.lon], [point.lat])[1][0] == pytest.approx(
            metres, rel=0.01
        ):
            begun = replace(start, location=point, name="The hut")
            return replace(mission, waypoints=(begun, *others), soc=0.95)
    pytest.skip("another node is nearer")


def planned(world: World, metres: float) -> Iterator[Plan]:
    for mission in islice(make_missions(world, 1, plain=True), 4):
        guarantee = replace(mission.guarantee, fallbacks=0)
        answer = plan(world, replace(moved(world, mission, metres), guarantee=guarantee))
        if isinstance(answer, Plan):
            yield answer


@pytest.mark.parametrize(
    ("metres", "said"), [(350.0, "350 m"), (1500.0, "1.5 km"), (BESIDE_M - 20.0, "")]
)
def test_what_lies_farther_off_than_a_garden_is_told_with_its_distance(
    world: World, metres: float, said: str
) -> None:
    plans = list(planned(world, metres))
    assert plans
    for made in plans:
        told = [warning for warning in made.warnings if "The hut lies" in warning]
        assert len(told) == bool(said)
        assert all(f"lies {said} from" in warning for warning in told)
        assert made.legs[0].approach_start_m == pytest.approx(1.3 * metres, rel=0.01)


def test_beyond_the_limit_there_is_no_plan_but_a_remedy(world: World) -> None:
    mission = next(iter(make_missions(world, 1, plain=True)))
    far = replace(mission.waypoints[0], location=LonLat(-30.0, 0.0))
    with pytest.raises(OffNetwork) as error:
        plan(world, replace(mission, waypoints=(far, *mission.waypoints[1:])))
    assert error.value.faults[0].remedy.startswith("Choose a point nearer to a road")
