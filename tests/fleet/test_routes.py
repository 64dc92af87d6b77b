"""Routes that a solver has fixed become missions, and are planned in their order."""

import json
import runpy
from pathlib import Path

import pytest

from planner.errors import DataError
from planner.faces.office import Office
from planner.faces.rows import jobs_of
from planner.formats.missions import read_mission_bytes
from planner.formats.routes import Fleet, read_solution, read_vroom
from planner.model.plan import Plan
from planner.plan import plan
from tests.faces.small_world import NOW, make_home

EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "assign_with_pyvrp.py"
FLEET = Fleet(
    vehicles={name: {"vehicle": {"id": "car", "soc": 0.9}, "wallet": "w"} for name in ("1", "2")},
    depots=[{"location": [11.0, 48.0], "name": "depot"}],
    places=[{"location": [11.0 + n, 48.0], "name": f"place {n}"} for n in (1, 2, 3)],
)


def names(body: dict[str, list[dict[str, str]]]) -> list[str]:
    return [stop["name"] for stop in body["stops"]]


@pytest.mark.parametrize(
    "text", ["Route #1: 3 1\nRoute #2: 2\nCost 12\n", "Route #1: C2 | C0\nRoute #2: C1\n"]
)
def test_a_solution_is_read_in_its_order_from_the_depot_and_back(text: str) -> None:
    first, second = read_solution(text, FLEET)
    assert names(first.body) == ["depot", "place 3", "place 1", "depot"]
    assert names(second.body) == ["depot", "place 2", "depot"]
    assert (first.mission_id, first.body["wallet"], first.faults) == ("route-1", "w", ())


def test_a_place_that_is_not_there_costs_its_route_only() -> None:
    first, second = read_solution("Route 1: 4 0 C3 x\nRoute 2: 1", FLEET)
    assert [fault.detail[:5] for fault in first.faults] == ["'4' i", "'0' i", "'C3' ", "'x' i"]
    assert second.faults == ()


@pytest.mark.parametrize(
    ("text", "says"), [("", "Route #1"), ("Route 1: 1\n" * 3, "3 routes for 2 vehicles")]
)
def test_what_is_no_solution_is_refused(text: str, says: str) -> None:
    with pytest.raises(DataError, match=says):
        read_solution(text, FLEET)


def test_the_output_of_vroom_is_read_with_its_service_times() -> None:
    steps = [
        {"type": "start", "location": [11.0, 48.0], "arrival": 0},
        {"type": "pickup", "id": 7, "location": [11.5, 48.0], "setup": 60, "service": 240},
        {"type": "break", "id": 1, "service": 1800},
        {"type": "job", "id": 8, "description": "Mr Bean", "location": [12, 48], "service": 0},
        {"type": "end", "location": [11.0, 48.0]},
    ]
    lost = {"vehicle": 9, "steps": [{"type": "job", "id": 1, "location_index": 3}]}
    good, bad = read_vroom({"code": 0, "routes": [{"vehicle": 1, "steps": steps}, lost]}, FLEET)
    assert names(good.body) == ["start", "pickup 7", "Mr Bean", "end"]
    assert [stop.get("service_s") for stop in good.body["stops"]] == [None, 300.0, 0.0, None]
    assert [fault.place for fault in bad.faults] == [
        "vroom/routes/1/steps/0/location",
        "vroom/routes/1",
    ]


def test_pyvrp_assigns_and_plugsure_plans(tmp_path: Path) -> None:
    pytest.importorskip("pyvrp", minversion=None, reason="PyVRP is not installed")
    rows = runpy.run_path(str(EXAMPLE))["assign"](iterations=50)
    visited = [name for row in rows for name in names(row.body)[1:-1]]
    assert len(rows) == 2
    assert len(visited) == len(set(visited)) == 8
    data = json.dumps([{**row.body, "wallet": "anna"} for row in rows]).encode()
    office = Office(make_home(tmp_path), clock=lambda: NOW)
    jobs = jobs_of(read_mission_bytes(data, "json", "missions.json").rows, office.desk(NOW))
    for job, row in zip(jobs, rows, strict=True):
        assert job.mission is not None, job.failure
        made = plan(office.world, job.mission)
        assert isinstance(made, Plan), made
        order = [leg.end_name for leg in made.legs]
        assert [name for name in order if name in visited] == names(row.body)[1:-1]
