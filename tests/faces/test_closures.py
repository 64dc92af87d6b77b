"""Closures by API and command line: in effect for the next plan, told by it, and by its check."""

import json
import time
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from flask import Flask
from flask.testing import FlaskClient

from planner.faces.cli import main
from planner.faces.office import Office
from planner.formats.stamps import stamp
from planner.settings import Settings
from tests.faces.small_world import NOW, trip

LATER = {"from": stamp(NOW - 3600), "until": stamp(NOW + 7200)}


def feature(geometry: dict[str, Any] | None, **properties: Any) -> dict[str, Any]:
    return {"type": "Feature", "geometry": geometry, "properties": properties}


def put(client: FlaskClient, *features: dict[str, Any]) -> Any:
    return client.put("/v1/closures", json={"type": "FeatureCollection", "features": features})


def fresh(app: Flask) -> Office:
    """What a request half a second later sees."""
    used: Office = app.extensions["plugsure"].office
    used.fresh_world()
    return used


def planned(client: FlaskClient) -> Any:
    answer = client.post("/v1/plans", json=trip())
    assert answer.status_code == 200, answer.text
    return answer.json


def middle_line(app: Flask, plan: Any) -> tuple[list[int], dict[str, Any]]:
    """Edges in the middle of a plan's longest leg, and a line along them."""
    graph = app.extensions["plugsure"].office.world.region
    path = max((leg["path"] for leg in plan["legs"]), key=len)
    edges = path[len(path) // 2 : len(path) // 2 + 3]
    line = graph.path_geometry(edges).tolist()
    return edges, {"type": "LineString", "coordinates": line}


def test_a_closed_road_is_kept_off_told_and_named_in_the_check_of_an_old_plan(
    app: Flask, client: FlaskClient
) -> None:
    before = planned(client)
    edges, line = middle_line(app, before)
    answer = put(client, feature(line, closed=True, reason="Tunnel fire", **LATER))
    assert answer.status_code == 200, answer.text
    assert answer.json["features"][0]["matched"]["edges"] >= len(edges)
    fresh(app)
    after = planned(client)
    assert not set(edges) & {edge for leg in after["legs"] for edge in leg["path"]}
    assert any("Tunnel fire" in said for said in after["warnings"])
    assert after["id"] != before["id"]
    assert after["world"]["region_hash"] == before["world"]["region_hash"]
    broken = client.post(f"/v1/plans/{before['id']}/verify").json["broken"]
    assert any(claim["kind"] == "path" and "closed" in claim["detail"] for claim in broken), broken
    assert client.post(f"/v1/plans/{after['id']}/verify").json["holds"]
    assert client.delete("/v1/closures").status_code == 204
    fresh(app)
    assert client.post(f"/v1/plans/{before['id']}/verify").json["holds"]
    assert planned(client)["id"] == before["id"]


def test_a_slowed_road_takes_longer_and_an_old_plan_says_wrong_times(
    app: Flask, client: FlaskClient
) -> None:
    before = planned(client)
    _, line = middle_line(app, before)
    put(client, feature(line, speed_kmh=10, reason="Road works", **LATER))
    fresh(app)
    after = planned(client)
    assert after["summary"]["arrival"] >= before["summary"]["arrival"]
    assert any("Road works" in said for said in after["warnings"])
    broken = client.post(f"/v1/plans/{before['id']}/verify").json["broken"]
    assert {"time"} <= {claim["kind"] for claim in broken}
    assert "path" not in {claim["kind"] for claim in broken}


def test_a_closure_that_ends_before_the_departure_changes_nothing(
    app: Flask, client: FlaskClient
) -> None:
    before = planned(client)
    _, line = middle_line(app, before)
    put(client, feature(line, closed=True, until=stamp(NOW)))
    fresh(app)
    assert planned(client)["id"] == before["id"]


def test_what_means_no_road_is_refused_with_its_place_and_nothing_is_stored(
    app: Flask, client: FlaskClient
) -> None:
    edges = feature(None, closed=True, edges=[0, 1])
    at_sea = feature({"type": "LineString", "coordinates": [[9.0, 44.0], [9.01, 44.0]]}, factor=0.5)
    answer = put(client, edges, at_sea)
    assert answer.status_code == 400
    assert answer.json["errors"][0]["pointer"] == "/features/1/geometry"
    assert client.get("/v1/closures").json["features"] == []
    for wrong in (
        feature(None, edges=[0]),
        feature(None, edges=[0], closed=True, factor=0.5),
        feature(None, edges=[0], closed=True, **{"from": stamp(NOW), "until": stamp(NOW)}),
        feature(None, edges=[0], speed=30, closed=True),
        feature(None, edges=[10**9], closed=True),
        feature(None, closed=True),
    ):
        assert put(client, wrong).status_code == 400, wrong


def test_what_is_shown_can_be_given_again(app: Flask, client: FlaskClient) -> None:
    _, line = middle_line(app, planned(client))
    first = put(
        client,
        feature(line, factor=0.5, both_directions=True, **LATER),
        feature({"type": "Point", "coordinates": line["coordinates"][1]}, closed=True),
        feature(None, edges=[3, 2, 2], speed_kmh=20, reason="Market"),
    )
    assert first.status_code == 200, first.text
    shown = client.get("/v1/closures").json
    again = client.put("/v1/closures", json=shown)
    assert again.status_code == 200, again.text
    assert again.json["features"] == shown["features"] == first.json["features"]


def test_closures_need_the_scope_of_those_who_run_the_place(app: Flask) -> None:
    store = app.extensions["plugsure"].office.store
    _, plain = store.keys.create("planner", ("plan", "fleet"), now=NOW)
    _, admin = store.keys.create("admin", ("admin",), now=NOW)
    client = app.test_client()
    for secret, status in ((plain, 403), (admin, 200)):
        answer = client.get("/v1/closures", headers={"Authorization": f"Bearer {secret}"})
        assert answer.status_code == status


def test_another_worker_sees_a_closure_within_two_seconds(
    app: Flask, client: FlaskClient, settings: Settings, shared_office: Office
) -> None:
    _, line = middle_line(app, planned(client))
    other = Office(settings, clock=lambda: NOW)
    other._world = shared_office.world.renewed(other.store.snapshot())
    assert other.world.during(NOW).works is None
    put(client, feature(line, closed=True))
    seen = time.monotonic() + 2.0
    while other.world.during(NOW).works is None:
        assert time.monotonic() < seen
        time.sleep(0.05)
    other.store.close()


@pytest.fixture
def at_home(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("PLUGSURE_HOME", str(settings.home))
    monkeypatch.setenv("PLUGSURE_DATABASE", settings.database)
    monkeypatch.setenv("PLUGSURE_REGION", "alps")
    return settings


def test_files_are_imported_listed_and_lifted_by_the_command_line(
    at_home: Settings, app: Flask, client: FlaskClient, tmp_path: Path
) -> None:
    _, line = middle_line(app, planned(client))
    wkt = "LINESTRING (" + ", ".join(f"{lon} {lat}" for lon, lat in line["coordinates"]) + ")"
    table = tmp_path / "closures.csv"
    table.write_text(
        "id;geometry;closed;factor;from;until;reason\n"
        f"a;{wkt};yes;;{LATER['from']};;Landslide\n"
        "b;POINT (9 44);;0.5;;;At sea\n"
        f"c;{wkt};;0.5;2026-11-23;;No offset\n"
    )
    run = CliRunner()
    told = run.invoke(main, ["closures", "import", str(table)])
    assert told.exit_code == 0, told.output
    assert "1 closures imported on" in told.stdout
    assert "2 left out" in told.stdout
    assert "closures.csv:3" in told.stderr
    assert "closures.csv:4/properties/from" in told.stderr
    assert "Landslide" in run.invoke(main, ["closures", "list"]).stdout
    listed = run.invoke(main, ["closures", "list", "--json"]).stdout
    kept = tmp_path / "closures.geojson"
    kept.write_text(listed)
    again = run.invoke(main, ["closures", "import", str(kept)])
    assert "1 closures imported" in again.stdout, again.output
    assert json.loads(run.invoke(main, ["closures", "list", "--json"]).stdout) == json.loads(listed)
    lifted = run.invoke(main, ["closures", "clear"])
    assert lifted.stdout == "1 closures lifted\n"
    table.write_text("id;closed\nx;yes\n")
    refused = run.invoke(main, ["closures", "import", str(table)])
    assert refused.exit_code == 2
    assert "closures.csv:2" in refused.stderr
