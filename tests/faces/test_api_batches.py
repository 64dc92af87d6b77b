"""Batches over HTTP: taken, run on processes, shown, cancelled, and gone on with."""

import csv
import io
import json
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from planner.faces.api import runner
from planner.faces.api.batches import RUNNER
from planner.faces.api.doors import NAME
from planner.faces.api.runner import BatchRunner
from planner.faces.rows import jobs_of
from planner.fleet.jobs import Failure, Progress, Result, failed
from planner.formats.missions import read_mission_bytes
from planner.store.plans import BatchRow
from tests.faces.small_world import CAR, UID, trip

CSV = f"""mission_id;vehicle;wallet;from;to;soc
a;{CAR};anna;"11.576,48.137";"11.40,47.25";0.9
b;{CAR};anna;"11.576,48.137";"11.40,47.25";-3
c;{CAR};nobody;"11.576,48.137";"11.40,47.25";0.9
d;{CAR};anna;"11.576,48.137";"10.992,45.438";70 %
"""


def wait_for_end(client: FlaskClient, address: str) -> dict[str, Any]:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        said: dict[str, Any] = client.get(address).json
        if said["state"] in ("done", "cancelled", "failed"):
            return said
        time.sleep(0.2)
    pytest.fail("the batch did not end")


def test_a_batch_gives_each_mission_its_row_and_a_bad_one_stops_nothing(
    client: FlaskClient, app: Flask
) -> None:
    made = client.post("/v1/batches", data=CSV.encode(), content_type="text/csv")
    assert made.status_code == 202, made.text
    address = made.headers["Location"]
    said = wait_for_end(client, address)
    assert (said["state"], said["missions"], said["done"], said["failed"]) == ("done", 4, 4, 2)
    lines = client.get(f"{address}/results").text.splitlines()
    rows = [json.loads(line) for line in lines]
    assert [row["mission_id"] for row in rows] == ["a", "b", "c", "d"]
    assert [row["status"] for row in rows] == ["planned", "failed", "failed", "planned"]
    assert rows[1]["error"]["errors"][0]["pointer"] == "missions:3:soc"
    assert rows[2]["error"]["type"].endswith("unknown-wallet")
    kept = client.get(f"/v1/plans/{rows[3]['plan_id']}")
    assert kept.json == rows[3]["plan"]
    assert UID not in "".join(lines)
    table = client.get(f"{address}/results?format=csv").get_data(as_text=True)
    read = list(csv.DictReader(io.StringIO(table.removeprefix("\ufeff"))))
    assert [row["status"] for row in read] == [row["status"] for row in rows]
    assert int(read[3]["charging_stops"]) == len(rows[3]["plan"]["charging_stops"])
    features = client.get(f"{address}/results?format=geojson").json["features"]
    assert {f["properties"]["mission_id"] for f in features} == {"a", "b", "c", "d"}
    events = client.get(f"{address}/events").text
    assert "event: end" in events
    runner: BatchRunner = app.extensions[RUNNER]
    assert not list(runner.folder.glob("*.job"))


def test_a_batch_takes_from_an_earlier_one_what_is_the_same(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = client.post("/v1/batches", data=CSV.encode(), content_type="text/csv")
    earlier = first.headers["Location"]
    wait_for_end(client, earlier)
    asked: list[str] = []
    plan_all = runner.run_batch

    def note(bench: Any, jobs: Any, **more: Any) -> Any:
        asked.extend(job.mission_id for job in jobs)
        return plan_all(bench, jobs, **more)

    monkeypatch.setattr(runner, "run_batch", note)
    changed = CSV.replace("70 %", "71 %").encode()
    where = f"/v1/batches?resume={earlier.rpartition('/')[2]}"
    second = client.post(where, data=changed, content_type="text/csv").headers["Location"]
    assert wait_for_end(client, second)["done"] == 4
    assert asked == ["b", "c", "d"], "what failed is tried again, what changed is planned anew"
    rows = [client.get(f"{at}/results").text.splitlines() for at in (earlier, second)]
    assert rows[0][0] == rows[1][0]
    refused = client.post("/v1/batches?resume=none", data=changed, content_type="text/csv")
    assert refused.status_code == 404


def test_all_that_is_wrong_with_a_row_is_told_at_once(app: Flask) -> None:
    office = app.extensions["plugsure"].office
    text = "id;Car;Wallet;Von;Nach;soc\na;none;nobody;Atlantis;Innsbruck;0.5\n"
    (job,) = jobs_of(read_mission_bytes(text.encode(), "csv", "m").rows, office.desk())
    assert job.failure is not None
    assert job.failure.code == "invalid-input"
    assert {fault.place for fault in job.failure.faults} >= {"m:2:Von", "m:2:Car", "m:2:Wallet"}


def test_missions_come_as_json_and_ndjson_too(client: FlaskClient, app: Flask) -> None:
    runner: BatchRunner = app.extensions[RUNNER]
    runner.start = lambda: None  # type: ignore[method-assign] # nothing is to be planned here
    missions = [{**trip(), "mission_id": name} for name in ("x", "y")]
    as_json = client.post("/v1/batches", json=missions)
    assert (as_json.status_code, as_json.json["missions"]) == (202, 2)
    lines = "\n".join(json.dumps(mission) for mission in missions)
    as_lines = client.post("/v1/batches", data=lines, content_type="application/x-ndjson")
    assert as_lines.json["missions"] == 2


def _end(runner: BatchRunner, made: Any) -> None:
    """Give a batch of two all its results."""
    batches, name = runner.office.store.batches, made.headers["Location"].rpartition("/")[2]
    batches.add_rows(name, [BatchRow(row=n, failed=False, body=b"") for n in (0, 1)])
    batches.set_state(name, "done")


def test_quotas_hold_for_each_caller_and_tell_when_to_come_again(
    client: FlaskClient, app: Flask
) -> None:
    runner: BatchRunner = app.extensions[RUNNER]
    runner.start = lambda: None  # type: ignore[method-assign]
    services = app.extensions[NAME]
    options = replace(services.options, most_missions_in_flight=3, most_missions_a_day=5)
    app.extensions[NAME] = replace(services, options=options)
    two = [{**trip(), "mission_id": name} for name in ("x", "y")]
    first = client.post("/v1/batches", json=two)
    assert first.status_code == 202
    refused = client.post("/v1/batches", json=two)
    assert (refused.status_code, refused.json["type"].rpartition(":")[2]) == (429, "quota-reached")
    assert int(refused.headers["Retry-After"]) > 0
    _end(runner, first)
    second = client.post("/v1/batches", json=two)
    third = client.post("/v1/batches", json=two[:1])
    assert (second.status_code, third.status_code) == (202, 202)
    assert client.delete(third.headers["Location"]).status_code == 200
    _end(runner, second)
    again = client.post("/v1/batches", json=two)
    assert (again.status_code, again.headers["Retry-After"]) == (429, "86400")
    assert client.post("/v1/batches", json=two[:1]).status_code == 202, "the cancelled one is free"
    assert client.post("/v1/batches", json=two * 2).status_code == 400, "would never fit"


def test_missions_lie_encrypted_while_they_wait(client: FlaskClient, app: Flask) -> None:
    runner: BatchRunner = app.extensions[RUNNER]
    runner.start = lambda: None  # type: ignore[method-assign]
    mission = trip(wallet={"tokens": [{"uid": UID, "provider": "DE*ABC"}]})
    client.post("/v1/batches", json=[mission])
    (path,) = runner.folder.glob("*.job")
    assert UID.encode() not in path.read_bytes()
    assert path.stat().st_mode & 0o077 == 0


def test_a_batch_can_be_cancelled_and_keeps_what_it_has(client: FlaskClient, app: Flask) -> None:
    runner: BatchRunner = app.extensions[RUNNER]
    runner.start = lambda: None  # type: ignore[method-assign]
    address = client.post("/v1/batches", json=[trip()]).headers["Location"]
    assert client.delete(address).json["state"] == "cancelled"
    name = address.rpartition("/")[2]
    runner._finish(name)
    assert client.get(address).json["state"] == "cancelled"
    assert client.get("/v1/batches?limit=1").json["batches"] == [client.get(address).json]
    assert client.get(f"{address}/results").text == ""
    assert not list(runner.folder.glob("*.job"))


def test_what_is_planned_after_a_batch_was_cancelled_is_not_taken_into_use(
    client: FlaskClient, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    runner: BatchRunner = app.extensions[RUNNER]
    runner.start = lambda: None  # type: ignore[method-assign]
    address = client.post("/v1/batches", json=[trip(), trip()]).headers["Location"]
    name = address.rpartition("/")[2]

    def late(_bench: Any, jobs: Any, *, on_progress: Any, **_: Any) -> Iterator[Result]:
        yield failed(0, jobs[0].mission_id, Failure.of_ours("x", "first"))
        on_progress(Progress(total=2, failed=1, left_s=60.0))
        assert 50 < client.get(address).json["left_s"] <= 60
        client.delete(address)
        yield failed(1, jobs[1].mission_id, Failure.of_ours("x", "second"))

    monkeypatch.setattr("planner.faces.api.runner.run_batch", late)
    monkeypatch.setattr("planner.faces.api.runner.LOOK_EVERY_S", 0.0)
    runner._finish(name)
    said = client.get(address).json
    assert (said["state"], said["done"], said["left_s"]) == ("cancelled", 1, None)


def test_a_batch_whose_process_died_is_gone_on_with(client: FlaskClient, app: Flask) -> None:
    first: BatchRunner = app.extensions[RUNNER]
    first.start = lambda: None  # type: ignore[method-assign]
    missions = CSV.splitlines()
    short = "\n".join([missions[0], missions[2], missions[3]])
    address = client.post("/v1/batches", data=short, content_type="text/csv").headers["Location"]
    second = BatchRunner(first.office, 1)
    second._adopt()
    assert not second._held, "its first process still lives"
    first.close()
    second._adopt()
    assert len(second._held) == 1
    second.start()
    assert wait_for_end(client, address)["failed"] == 2


@pytest.mark.parametrize(
    ("data", "media", "status"),
    [
        (b"", "text/csv", 400),
        (b"mission_id,from\n1,2\n", "text/csv", 400),
        (b'{"a": 1}', "application/json", 400),
        (b"[]", "application/json", 400),
        (b"\xff\xff", "text/csv", 400),
        (b"x", "application/pdf", 415),
    ],
)
def test_what_is_no_list_of_missions_is_refused(
    client: FlaskClient, data: bytes, media: str, status: int
) -> None:
    answer = client.post("/v1/batches", data=data, content_type=media)
    assert answer.status_code == status
    assert answer.mimetype == "application/problem+json"


def test_unknown_batches_are_404(client: FlaskClient) -> None:
    for path in ("", "/results", "/events"):
        assert client.get(f"/v1/batches/none{path}").status_code == 404
    assert client.delete("/v1/batches/none").status_code == 404
