"""Regions of a place: OSMnx asks Nominatim and Overpass, here two that answer on this machine."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from planner.errors import DataMissing, InputError
from planner.faces.cli import main
from planner.roads.download import Servers
from planner.roads.graph import RoadGraph
from planner.roads.region import build_region, open_region

ox = pytest.importorskip("osmnx")

WEST, SOUTH, EAST, NORTH = 10.0, 50.0, 10.02, 50.02
NODES = {1: (10.002, 50.01), 2: (10.006, 50.011), 3: (10.01, 50.01), 4: (10.014, 50.01)}
WAYS: list[tuple[list[int], dict[str, str]]] = [
    ([1, 2, 3], {"highway": "secondary", "name": "Hauptstraße", "ref": "L 7", "maxspeed": "50"}),
    ([3, 4], {"highway": "residential", "name": "Gasse", "oneway": "yes"}),
    ([4, 1], {"highway": "tertiary", "toll": "yes"}),
]


def overpass_answer() -> dict[str, Any]:
    nodes = [
        {"type": "node", "id": n, "lon": lon, "lat": lat}
        | ({"tags": {"highway": "traffic_signals"}} if n == 2 else {})
        for n, (lon, lat) in NODES.items()
    ]
    ways = [
        {"type": "way", "id": 100 + n, "nodes": refs, "tags": tags}
        for n, (refs, tags) in enumerate(WAYS)
    ]
    return {"version": 0.6, "elements": [*nodes, *ways]}


def nominatim_answer(request: Request) -> Response:
    if "Nowhere" in request.args.get("q", ""):
        return Response("[]", content_type="application/json")
    ring = [[WEST, SOUTH], [EAST, SOUTH], [EAST, NORTH], [WEST, NORTH], [WEST, SOUTH]]
    found = {
        "place_id": 1,
        "osm_type": "relation",
        "osm_id": 7,
        "lat": "50.01",
        "lon": "10.01",
        "display_name": "Musterstadt",
        "name": "Musterstadt",
        "class": "boundary",
        "type": "administrative",
        "addresstype": "town",
        "place_rank": 16,
        "importance": 0.4,
        "boundingbox": [str(SOUTH), str(NORTH), str(WEST), str(EAST)],
        "geojson": {"type": "Polygon", "coordinates": [ring]},
    }
    return Response(json.dumps([found]), content_type="application/json")


@pytest.fixture
def servers(httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch) -> Servers:
    monkeypatch.setattr("osmnx._nominatim.time.sleep", lambda _s: None)
    monkeypatch.setattr("osmnx._overpass.time.sleep", lambda _s: None)
    monkeypatch.setattr("osmnx._http._resolve_host_via_doh", lambda hostname: hostname)
    status = "Connected as: 1\nCurrent time: 2026-11-22T20:00:00Z\nRate limit: 2\n"
    status += "2 slots available now.\n"
    httpserver.expect_request("/api/status").respond_with_data(status)
    httpserver.expect_request("/search").respond_with_handler(nominatim_answer)
    httpserver.expect_request("/api/interpreter").respond_with_json(overpass_answer())
    return Servers(
        nominatim=httpserver.url_for("/"), overpass=httpserver.url_for("/api"), timeout_s=5.0
    )


def check_town(graph: RoadGraph) -> None:
    assert {graph.edge_name(edge) for edge in range(len(graph.head))} == {
        "Hauptstraße (L 7)",
        "Gasse",
        "",
    }
    assert graph.component_ok.all()
    assert graph.source == "OpenStreetMap by Overpass: Musterstadt"
    assert graph.as_of.startswith("20")
    assert "OpenStreetMap" in graph.attribution


def test_a_place_is_downloaded_and_becomes_a_region(servers: Servers, tmp_path: Path) -> None:
    before = vars(ox.settings).copy()
    graph = build_region(tmp_path, "town", place="Musterstadt", servers=servers)
    check_town(graph)
    assert vars(ox.settings) == before
    gasse = next(e for e in range(len(graph.head)) if graph.edge_name(e) == "Gasse")
    back = (graph.tail == graph.head[gasse]) & (graph.head == graph.tail[gasse])
    assert not back.any()


def test_the_command_downloads_from_the_servers_that_are_set(
    servers: Servers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLUGSURE_HOME", str(tmp_path))
    monkeypatch.setenv("PLUGSURE_NOMINATIM_URL", servers.nominatim)
    monkeypatch.setenv("PLUGSURE_OVERPASS_URL", servers.overpass)
    told = CliRunner().invoke(main, ["region", "build", "town", "--place", "Musterstadt"])
    assert told.exit_code == 0, told.output
    check_town(open_region(tmp_path / "regions", "town"))


def test_a_place_that_nobody_knows_is_said(servers: Servers, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"--place Nowhere.*Name it as Nominatim knows it"):
        build_region(tmp_path, "x", place="Nowhere", servers=servers)
    assert not (tmp_path / "x").exists()


def test_a_place_without_roads_is_said(
    servers: Servers, httpserver: HTTPServer, tmp_path: Path
) -> None:
    httpserver.clear()
    httpserver.expect_request("/search").respond_with_handler(nominatim_answer)
    httpserver.expect_request("/api/status").respond_with_data("Rate limit: 0\n")
    httpserver.expect_request("/api/interpreter").respond_with_json({"elements": []})
    with pytest.raises(InputError, match="no roads can be had"):
        build_region(tmp_path, "x", place="Musterstadt", servers=servers)


def test_without_a_network_the_remedy_is_an_extract(tmp_path: Path) -> None:
    nobody = Servers(nominatim="http://127.0.0.1:9/", overpass="http://127.0.0.1:9/api")
    with pytest.raises(DataMissing, match=r"no answer from http://127\.0\.0\.1:9.*with --osm"):
        build_region(tmp_path, "x", place="Musterstadt", servers=nobody)


def test_a_server_that_refuses_is_said(
    servers: Servers, httpserver: HTTPServer, tmp_path: Path
) -> None:
    httpserver.clear()
    httpserver.expect_request("/search").respond_with_data("<p>busy</p>", status=500)
    with pytest.raises(DataMissing, match=r"refused to answer.*download\.geofabrik\.de"):
        build_region(tmp_path, "x", place="Musterstadt", servers=servers)
