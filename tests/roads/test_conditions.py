"""What holds at times only is listed: access, one-ways, limits, barriers."""

import pytest

from planner.roads.reports import Kind, reports_of
from tests.oracle.walks import STREET, Make

CONDITIONS = {
    "access": ({"access:conditional": "no @ (22:00-06:00)"}, Kind.ACCESS_CONDITIONAL),
    "cars": ({"motor_vehicle:conditional": "no @ (Su)"}, Kind.ACCESS_CONDITIONAL),
    "direction": ({"motorcar:forward:conditional": "no @ (Su)"}, Kind.ACCESS_CONDITIONAL),
    "oneway": ({"oneway:conditional": "yes @ (Mo-Fr)"}, Kind.ONEWAY_CONDITIONAL),
    "speed": ({"maxspeed:conditional": "30 @ (22:00-06:00)"}, Kind.SPEED_CONDITIONAL),
    "reversible": ({"oneway": "reversible"}, Kind.REVERSIBLE),
    "lorries": ({"maxspeed:hgv:conditional": "30 @ (22:00-06:00)"}, None),
    "bicycles": ({"oneway:bicycle:conditional": "no @ (22:00-06:00)"}, None),
}


@pytest.mark.parametrize(("tags", "kind"), CONDITIONS.values(), ids=CONDITIONS)
def test_a_road_with_a_condition_for_cars_is_listed(
    osm_graph: Make, tags: dict[str, str], kind: Kind | None
) -> None:
    graph = osm_graph([((1, 2), STREET), ((2, 3), STREET | tags)])
    told = reports_of(graph)
    assert [(one.kind, one.osm_id, one.url) for one in told] == (
        [(kind, 2, "https://www.openstreetmap.org/way/2")] if kind else []
    )


def test_a_barrier_with_a_condition_is_listed(osm_graph: Make) -> None:
    gate = {"barrier": "gate", "access:conditional": "no @ (22:00-06:00)"}
    told = reports_of(osm_graph([((1, 2, 3), STREET)], nodes={2: gate}))
    assert [(one.kind, one.osm_id) for one in told] == [(Kind.GATE_CONDITIONAL, 2)]
