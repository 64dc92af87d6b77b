"""Batches of own vehicles: whatever order workers are done in, the same plans, in turn, in use."""

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from flask import Flask

from planner.faces.cli import main
from planner.faces.dispatch import Dispatch, in_use
from planner.faces.missions import mission_of
from planner.faces.office import Office
from planner.faces.requests import PlanRequest
from planner.faces.settling import Settling
from planner.fleet.jobs import Job, Result
from planner.formats.plan_reading import plan_from_json
from planner.model.plan import Plan
from planner.plan import plan
from planner.settings import Settings
from planner.verify import verify_fleet
from tests.faces.small_world import CAR, NOW, trip

DEPARTURE = "2026-11-23T09:00:00+01:00"


@pytest.fixture
def office(app: Flask) -> Office:
    used: Office = app.extensions["plugsure"].office
    return used


def jobs(office: Office, count: int, **more: Any) -> list[Job]:
    made = []
    for number in range(count):
        asked = PlanRequest.model_validate(trip(departure=DEPARTURE, **more))
        mission = mission_of(asked, office.desk(), f"m{number}")
        made.append(Job(f"m{number}", mission, priority=number % 2))
    return made


def worked(office: Office, turns: Settling, order: list[int]) -> Iterator[Result]:
    """What workers hand back, in the order in which they are done."""
    for place in order:
        mission = turns.jobs[place].mission
        assert mission is not None
        outcome = plan(office.world, mission)
        answer = turns.render(outcome, office.world)
        yield Result(place, mission.id, "planned", answer)


def run(
    office: Office, batch: str, queueing: str, order: list[int], given: list[Job]
) -> dict[int, Plan]:
    left = list(range(len(given)))
    turns = Settling(office, office.world, batch, given, left, queueing)
    plans: dict[int, Plan] = {}
    for row, result in turns.settle(worked(office, turns, order)):
        plans[row] = plan_from_json(json.loads(result.answer))
        turns.take_up(row)
    for row, result in turns.improved():
        plans[row] = plan_from_json(json.loads(result.answer))
        turns.take_up(row)
    return plans


@pytest.mark.parametrize("queueing", ["first_come", "priority", "improve"])
def test_what_a_batch_gives_does_not_depend_on_who_is_done_first(
    office: Office, queueing: str
) -> None:
    given = jobs(office, 4)
    one = run(office, "b", queueing, [0, 1, 2, 3], given)
    uses = office.store.fleet_plans.of_batch("b")
    assert [use.plan for use in uses] == [one[row].id for row in range(4)]
    assert verify_fleet(office.world.snapshot, list(one.values())) == []
    for use in uses:
        office.store.fleet_plans.release(use.plan)
    other = run(office, "b", queueing, [3, 1, 2, 0], given)
    assert {row: made.id for row, made in other.items()} == {r: p.id for r, p in one.items()}
    arrivals = [one[row].summary.arrival for row in range(4)]
    first = 0 if queueing == "first_come" else 1
    assert min(arrivals) == arrivals[first]


def test_a_later_batch_keeps_off_what_an_earlier_one_took(office: Office) -> None:
    early = run(office, "b1", "first_come", [0, 1], jobs(office, 2))
    others = [replace(job, mission_id=f"x{n}") for n, job in enumerate(jobs(office, 2))]
    named = [
        replace(job, mission=replace(job.mission, id=f"x{n}"))  # type: ignore[type-var] -- not None
        for n, job in enumerate(others)
    ]
    late = run(office, "b2", "first_come", [0, 1], named)
    assert verify_fleet(office.world.snapshot, [*early.values(), *late.values()]) == []


def test_a_batch_sees_what_is_taken_and_released_by_hand_while_it_runs(office: Office) -> None:
    given = jobs(office, 3)
    turns = Settling(office, office.world, "b", given, [0, 1, 2], "first_come")
    alone = list(worked(office, turns, [0, 1, 2]))
    settled = turns.settle(alone)
    row, first = next(settled)
    turns.take_up(row)
    stood = plan_from_json(json.loads(first.answer))
    hand = replace(in_use(stood), plan="hand", mission_id="x", vehicle="v")
    office.store.fleet_plans.release(stood.id)
    row, second = next(settled)
    turns.take_up(row)
    again = plan_from_json(json.loads(second.answer))
    assert again.charging_stops == stood.charging_stops, "what was released is free again"
    office.store.fleet_plans.release(again.id)
    office.store.fleet_plans.use([hand])
    _, third = next(settled)
    beside = plan_from_json(json.loads(third.answer))
    assert verify_fleet(office.world.snapshot, [stood, beside]) == []
    assert verify_fleet(office.world.snapshot, [stood, again]) != []


def test_a_mission_planned_anew_takes_the_place_of_its_former_plan(office: Office) -> None:
    run(office, "b1", "first_come", [0, 1], jobs(office, 2))
    again = run(office, "b2", "first_come", [0, 1], jobs(office, 2))
    assert office.store.fleet_plans.of_batch("b1") == ()
    assert [use.plan for use in office.store.fleet_plans.of_batch("b2")] == [
        again[0].id,
        again[1].id,
    ]


def test_who_ignores_queues_takes_nothing_into_use(office: Office) -> None:
    made = run(office, "b", "ignore", [1, 0], jobs(office, 2))
    assert made[0].charging_stops[0].evse_uid == made[1].charging_stops[0].evse_uid
    assert office.store.fleet_plans.of_batch("b") == ()


def test_a_batch_by_the_api_keeps_its_vehicles_apart(app: Flask, office: Office) -> None:
    client = app.test_client()
    hook = {"url": "https://example.com/told", "events": ["batch.done"]}
    assert client.post("/v1/webhooks", json=hook).status_code == 201
    rows = [{**trip(departure=DEPARTURE), "mission_id": f"m{number}"} for number in range(3)]
    taken = client.post("/v1/batches?queueing=improve", json=rows)
    assert taken.status_code == 202, taken.json
    ended = client.get(taken.headers["Location"]).json
    deadline = time.monotonic() + 120.0
    while ended["state"] not in ("done", "failed") and time.monotonic() < deadline:
        time.sleep(0.2)
        ended = client.get(taken.headers["Location"]).json
    assert (ended["state"], ended["failed"]) == ("done", 0)
    lines = client.get(f"{ended['results']}?format=ndjson").get_data().splitlines()
    plans = [plan_from_json(json.loads(line)["plan"]) for line in lines]
    assert verify_fleet(office.world.snapshot, plans) == []
    uses = client.get("/v1/fleet/plans").json["plans"]
    assert {use["plan_id"] for use in uses} == {made.id for made in plans}
    assert client.get(f"{taken.headers['Location']}/at-risk").json["missions"] == []
    (webhook,) = client.get("/v1/webhooks").json["webhooks"]
    told = client.get(f"/v1/webhooks/{webhook['id']}/deliveries").json["deliveries"]
    assert [notice["event"] for notice in told] == ["batch.done"]
    again = client.post(f"{taken.headers['Location']}/replan", json={"missions": ["m1"]}).json
    shown = client.get(f"{ended['results']}?format=ndjson").get_data().splitlines()
    assert json.loads(shown[1])["plan_id"] == again["missions"][0]["plan_id"]


def test_a_batch_that_is_gone_on_with_keeps_off_what_it_has_planned_already(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLUGSURE_HOME", str(settings.home))
    monkeypatch.setenv("PLUGSURE_REGION", "alps")
    row = '{},{},anna,"11.576,48.137","10.992,45.438",0.7,{}\n'
    head = "mission_id,vehicle,wallet,from,to,soc,departure\n"
    file, out = tmp_path / "missions.csv", tmp_path / "out.ndjson"
    words = ["batch", str(file), "--out", str(out), "--workers", "1", "--resume"]
    words += ["--as-of", "2026-11-23T07:00:00+01:00", "--take"]
    for count in (1, 3):
        rows = (row.format(f"m{n}", CAR, DEPARTURE) for n in range(count))
        file.write_text(head + "".join(rows), encoding="utf-8")
        told = CliRunner().invoke(main, words)
        assert told.exit_code == 0, told.stderr
    assert "1 of 3 missions are planned already" in told.stderr
    plans = [plan_from_json(json.loads(line)["plan"]) for line in out.read_bytes().splitlines()]
    used = Office(settings, clock=lambda: NOW)
    assert verify_fleet(used.world.snapshot, plans) == []
    name = told.stderr.split("as batch ")[1].split()[0]
    taken = used.store.fleet_plans.of_batch(name)
    in_use = used.store.fleet_plans.ending_after(0.0)
    assert sorted(use.row for use in in_use) == [0, 1, 2], "the former run's plan has made way"
    assert [use.plan for use in taken] == [plan.id for plan in plans]
    assert Dispatch(used, NOW).risks(taken) == []
    assert CliRunner().invoke(main, [*words, "--queueing", "ignore"]).exit_code == 2
    assert CliRunner().invoke(main, [*words, "--queueing", "no order"]).exit_code == 2
