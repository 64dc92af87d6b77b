"""Real plans on the made-up road, made once."""

import pytest

import planner.plan
from planner.model.plan import Plan
from planner.roads.graph import RoadGraph
from planner.world import World
from tests.verify.road import build_road, build_world, mission


@pytest.fixture(scope="session")
def road(tmp_path_factory: pytest.TempPathFactory) -> RoadGraph:
    return build_road(tmp_path_factory.mktemp("road"))


@pytest.fixture(scope="session")
def world(road: RoadGraph) -> World:
    return build_world(road)


def _made(world: World, order: int) -> Plan:
    trip = planner.plan.open_trip(world, mission(order=order))
    found = planner.plan.solve(trip)
    assert isinstance(found, planner.plan.Solution), found
    return planner.plan.write_plan(found)


@pytest.fixture(scope="session")
def made(world: World) -> Plan:
    """A plan that survives one failure."""
    return _made(world, 1)


@pytest.fixture(scope="session")
def made_twice(world: World) -> Plan:
    """A plan that survives two failures."""
    return _made(world, 2)
