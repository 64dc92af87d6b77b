"""Plans in use: at risk when claims break, planned again, told by vehicles, told to webhooks."""

import hashlib
import hmac
import json
import shutil
from dataclasses import replace
from ipaddress import ip_network
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from planner.faces.api import create_app
from planner.faces.couriers import Couriers
from planner.faces.office import Office
from planner.feeds.hooks import Messenger, wait_s
from planner.formats.stamps import moment
from planner.model.station import Status
from planner.settings import Settings
from planner.store.updates import StatusUpdate
from planner.store.webhooks import Delivery
from planner.verify import verify_fleet
from tests.faces.conftest import OPTIONS
from tests.faces.small_world import CAR, CONTRACT, NOW, UID, make_home, trip

SECRET = "a-secret-of-the-receiver"
HERE = (ip_network("127.0.0.0/8"),)


class Clock:
    """A clock that tests turn."""

    now = NOW

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Office:
    """An office whose roads are open: they are slow to open and the same for all."""
    return Office(make_home(tmp_path_factory.mktemp("roads")), clock=lambda: NOW)


@pytest.fixture
def office(opened: Office, clock: Clock, tmp_path: Any) -> Office:
    home = tmp_path / "home"
    shutil.copytree(opened.settings.home, home)
    database = f"sqlite:///{home / 'plugsure.sqlite'}"
    settings = Settings(home=home, database=database, region="alps", webhook_networks=HERE)
    used = Office(settings, clock=clock)
    used._world = opened.world.renewed(used.store.snapshot())
    return used


@pytest.fixture
def app(office: Office, clock: Clock) -> Flask:
    return create_app(office.settings, OPTIONS, clock=clock, office=office)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    made = app.test_client()
    for number in (1, 2):
        made.post("/v1/fleet/vehicles", json={"id": f"van-{number}", "model": CAR})
    return made


def made(client: FlaskClient, van: str, **more: Any) -> Any:
    """Plan a trip for a vehicle two hours ahead."""
    asked = trip(vehicle={"id": van, "soc": 0.7}, departure="2026-11-23T09:00:00+01:00", **more)
    answer = client.post("/v1/plans", json=asked)
    assert answer.status_code == 200, answer.json
    return answer.json


def taken_up(client: FlaskClient, plan: Any) -> Any:
    """Take a plan into use."""
    answer = client.post(f"/v1/fleet/plans/{plan['id']}")
    assert answer.status_code == 201
    return answer.json


def planned(client: FlaskClient, van: str, **more: Any) -> Any:
    """Plan a trip for a vehicle two hours ahead, and take it into use."""
    plan = made(client, van, **more)
    taken_up(client, plan)
    return plan


def first_event(client: FlaskClient, plan: Any) -> str:
    """Open the stream of a plan, and read what it tells first."""
    with client.get(f"/v1/plans/{plan['id']}/events") as stream:
        parts = iter(stream.response)
        assert "retry" in str(next(parts))
        return str(next(parts))


def in_batch(office: Office, plans: list[Any]) -> str:
    """Make plans the results of a batch, as its runner does."""
    office.store.batches.create("b1", b"", created=NOW, size=len(plans))
    for row, plan in enumerate(plans):
        use = office.store.fleet_plans.get(plan["id"])
        assert use is not None
        office.store.fleet_plans.use([replace(use, batch="b1", row=row, mission_id=f"m{row}")])
    return "b1"


def breaks(office: Office, plan: Any, stop: int = 0) -> None:
    """Have all posts of a stop's station fail."""
    office.clock.now += 1.0  # type: ignore[attr-defined] # the test's own clock
    told = plan["charging_stops"][stop]
    station_id = told["station"]["id"]
    station = next(s for s in office.world.snapshot.stations if s.id == station_id)
    statuses = {evse.uid: (Status.OUTOFORDER, office.clock()) for evse in station.evses}
    office.store.apply(StatusUpdate(feed=station.feed, station_id=station_id, statuses=statuses))


def test_a_broken_stop_puts_its_mission_at_risk_and_replanning_mends_it(
    client: FlaskClient, office: Office
) -> None:
    plans = [made(client, "van-1"), made(client, "van-2")]
    assert [len(taken_up(client, plan)["conflicts"]) for plan in plans] == [0, 1]
    assert in_batch(office, plans)
    # both were planned alone: the second is at risk of the first, and the first of it
    assert {m["mission_id"] for m in client.get("/v1/batches/b1/at-risk").json["missions"]} == {
        "m0",
        "m1",
    }
    done = client.post("/v1/batches/b1/replan", json={}).json["missions"]
    assert [each["status"] for each in done] == ["replanned", "replanned"]
    assert client.get("/v1/batches/b1/at-risk").json["missions"] == []
    fresh = {each["mission_id"]: client.get(f"/v1/plans/{each['plan_id']}").json for each in done}
    breaks(office, fresh["m1"])
    (risk,) = [
        m for m in client.get("/v1/batches/b1/at-risk").json["missions"] if m["mission_id"] == "m1"
    ]
    assert risk["first"].startswith("/charging_stops/0")
    assert 7200.0 < risk["slack_s"] < 7200.0 + 3 * 3600.0
    assert UID not in json.dumps(risk)
    again = client.post("/v1/batches/b1/replan", json={"missions": ["m1"]}).json["missions"]
    assert again[0]["replaces"] == fresh["m1"]["id"]
    event = first_event(client, plans[1])
    assert "event: replanned" in event
    assert again[0]["plan_id"] in event, "the newest, though it was planned again twice"
    assert all(
        m["mission_id"] != "m1" for m in client.get("/v1/batches/b1/at-risk").json["missions"]
    )


def test_the_worst_comes_first_and_what_is_over_is_no_risk(
    client: FlaskClient, office: Office, clock: Clock
) -> None:
    early, late = planned(client, "van-1"), planned(client, "van-2", arrival_soc=0.3)
    in_batch(office, [late, early])
    for plan in (early, late):
        breaks(office, plan, -1)
    risks = client.get("/v1/batches/b1/at-risk").json["missions"]
    assert len(risks) == 2
    assert risks[0]["slack_s"] <= risks[1]["slack_s"]
    clock.now = NOW + 20 * 3600.0
    assert client.get("/v1/batches/b1/at-risk").json["missions"] == []
    assert client.get("/v1/batches/nothing/at-risk").status_code == 404
    assert client.post("/v1/batches/b1/replan", json={"missions": ["?"]}).status_code == 400


def told(client: FlaskClient, van: str, **state: Any) -> Any:
    return client.post(f"/v1/fleet/vehicles/{van}/state", json=state)


def test_a_vehicle_on_its_way_is_ok_until_its_charge_falls_behind(
    client: FlaskClient, clock: Clock, office: Office
) -> None:
    plan = planned(client, "van-1")
    leg = plan["legs"][0]
    line = leg["geometry"]["coordinates"]
    assert told(client, "van-2", location=line[0], soc=0.7).json["status"] == "noted"
    clock.now = NOW + 7260.0  # it is early, which is no fault
    middle = line[len(line) // 2]
    first = told(client, "van-1", location=middle, soc=0.69).json
    assert first["status"] == "ok", first["reasons"]
    assert first["plan_id"] == plan["id"]
    expected = first["expected"]
    assert leg["soc_end"] < expected["soc"] < leg["soc_start"]
    low = told(client, "van-1", location=middle, soc=expected["soc"] - 0.05)
    assert low.json["status"] == "replanned"
    assert low.json["replaces"] == plan["id"]
    assert "the plan says" in low.json["reasons"][0]
    mission = low.json["plan"]["mission"]
    assert mission["stops"][0]["location"] == middle
    assert mission["stops"][1]["name"] == "Verona"
    assert mission["soc"] == pytest.approx(expected["soc"] - 0.05)
    uses = client.get("/v1/fleet/plans?vehicle=van-1").json["plans"]
    assert [use["plan_id"] for use in uses] == [low.json["plan_id"]]
    assert client.get("/v1/fleet/vehicles/van-1").json["state"]["location"] == middle
    state = office.store.fleet.state("van-1")
    assert state is not None
    assert state.plan_id == plan["id"]


def test_a_vehicle_off_its_way_or_late_is_planned_again(client: FlaskClient, clock: Clock) -> None:
    plan = planned(client, "van-1")
    line = plan["legs"][0]["geometry"]["coordinates"]
    clock.now = NOW + 7200.0 + 1200.0
    off = told(client, "van-1", location=[11.3, 48.2], soc=0.65, plan_id=plan["id"])
    assert off.json["status"] == "replanned"
    assert off.json["reasons"] == ["the vehicle has left the planned way"]
    clock.now += 7200.0
    ahead = told(client, "van-1", location=line[2], soc=0.6, at="2026-11-24T09:00:00+01:00")
    assert ahead.status_code == 400
    back = told(client, "van-1", location=line[2], soc=0.6, plan_id=plan["id"])
    assert any("late" in reason for reason in back.json["reasons"])


def test_a_vehicle_whose_next_stop_fails_is_planned_around_it(
    client: FlaskClient, clock: Clock, office: Office
) -> None:
    plan = planned(client, "van-1")
    breaks(office, plan)
    clock.now = NOW + 7210.0
    start = plan["legs"][0]["geometry"]["coordinates"][0]
    answer = told(client, "van-1", location=start, soc=0.7, plan_id=plan["id"])
    assert answer.json["status"] == "replanned"
    assert answer.json["broken"]
    stops = {stop["station"]["id"] for stop in answer.json["plan"]["charging_stops"]}
    assert plan["charging_stops"][0]["station"]["id"] not in stops


def test_a_vehicle_that_charges_keeps_its_post_until_its_new_plan_begins(
    client: FlaskClient, clock: Clock, office: Office
) -> None:
    plan = planned(client, "van-1", arrival_soc=0.5)
    in_batch(office, [plan])
    stop = plan["charging_stops"][0]
    clock.now = (moment(stop["arrival"]) + moment(stop["departure"])) / 2
    (again,) = client.post("/v1/batches/b1/replan", json={"missions": ["m0"]}).json["missions"]
    use = office.store.fleet_plans.get(again["plan_id"])
    assert use is not None
    (held,) = [h for h in use.holds if h.begins < clock.now]
    assert held.evse_uid == stop["evse_uid"]
    assert held.ends == pytest.approx(moment(stop["departure"]), abs=1.0)


def test_a_trip_that_goes_on_elsewhere_takes_the_former_plans_place(
    client: FlaskClient, clock: Clock
) -> None:
    plan = planned(client, "van-1")
    stop = plan["charging_stops"][0]
    clock.now = moment(stop["arrival"])
    told = {"evse_id": stop["evse_id"], "outcome": "broken"}
    onward = client.post(f"/v1/plans/{plan['id']}/outcome", json=told).json
    uses = client.get("/v1/fleet/plans").json["plans"]
    assert [use["plan_id"] for use in uses] == [onward["id"]]
    assert onward["id"] in first_event(client, plan)


@pytest.mark.parametrize(
    ("url", "networks"),
    [
        ("http://127.0.0.1:9/x", ()),
        ("http://localhost/x", ()),
        ("https://[::1]/x", ()),
        ("https://192.168.1.4/x", ()),
        ("https://0x7f000001/x", ()),
        ("http://example.com/x", ()),
        ("ftp://example.com/x", ()),
        ("https://user:pw@example.com/x", ()),
        ("https://", ()),
    ],
)
def test_an_address_inside_or_unencrypted_is_no_webhook(
    app: Flask, office: Office, url: str, networks: tuple[Any, ...]
) -> None:
    office.settings = replace(office.settings, webhook_networks=networks)
    answer = app.test_client().post("/v1/webhooks", json={"url": url})
    assert answer.status_code == 400
    assert answer.json["errors"][0]["pointer"] == "/url"


def hook(client: FlaskClient, server: HTTPServer, *events: str) -> str:
    body = {"url": server.url_for("/told"), "events": list(events), "secret": SECRET}
    made = client.post("/v1/webhooks", json=body)
    assert made.status_code == 201, made.json
    assert made.json["secret"] == SECRET
    shown = client.get(f"/v1/webhooks/{made.json['id']}").json
    assert "secret" not in shown
    return str(made.json["id"])


def test_notices_are_signed_tried_again_and_outlive_the_process(
    client: FlaskClient, office: Office, clock: Clock, httpserver: HTTPServer
) -> None:
    heard: list[Request] = []

    def answer(request: Request) -> Response:
        heard.append(request)
        return Response(status=503 if len(heard) < 3 else 204)

    httpserver.expect_request("/told").respond_with_handler(answer)
    name = hook(client, httpserver, "ping")
    kept = b"".join(p.read_bytes() for p in office.settings.home.glob("plugsure.sqlite*"))
    assert SECRET.encode() not in kept
    assert client.post(f"/v1/webhooks/{name}/ping").status_code == 202
    for tries in (1, 2, 3):
        couriers = Couriers(office, Messenger(HERE))  # as after a restart
        assert couriers.deliver() == 1
        assert couriers.deliver() == 0, "nothing is due before the wait has passed"
        clock.now += wait_s(tries)
    told_last = client.get(f"/v1/webhooks/{name}/deliveries").json["deliveries"][0]
    assert (told_last["state"], told_last["attempts"]) == ("delivered", 3)
    last = heard[-1]
    signed = f"{last.headers['Plugsure-Timestamp']}.".encode() + last.get_data()
    digest = hmac.new(SECRET.encode(), signed, hashlib.sha256).hexdigest()
    assert last.headers["Plugsure-Signature"] == f"v1={digest}"
    assert len({request.headers["Plugsure-Delivery"] for request in heard}) == 1
    assert {request.headers["Plugsure-Timestamp"] for request in heard} != {
        last.headers["Plugsure-Timestamp"]
    }


def test_a_webhook_that_is_gone_or_silent_for_a_day_is_given_up(
    client: FlaskClient, office: Office, clock: Clock, httpserver: HTTPServer
) -> None:
    httpserver.expect_oneshot_request("/told").respond_with_data(status=500)
    name = hook(client, httpserver, "ping")
    couriers = Couriers(office, Messenger(HERE))
    client.post(f"/v1/webhooks/{name}/ping")
    couriers.deliver()
    clock.now += 86_400.0
    httpserver.expect_oneshot_request("/told").respond_with_data(status=500)
    couriers.deliver()
    states = client.get(f"/v1/webhooks/{name}/deliveries").json["deliveries"]
    assert [state["state"] for state in states] == ["given_up"]
    assert client.delete(f"/v1/webhooks/{name}").status_code == 204
    assert client.get(f"/v1/webhooks/{name}").status_code == 404


def test_a_name_that_leads_inside_is_told_nothing(httpserver: HTTPServer) -> None:
    """What counts is the machine that was connected to, whatever its name says."""
    httpserver.expect_request("/told").respond_with_data("never")
    notice = Delivery(
        id="1", webhook="w", created=NOW, event="ping", body=b"{}", state="waiting", attempts=0,
        due=NOW,
    )  # fmt: skip
    elsewhere = (ip_network("10.0.0.0/8"),)
    url = httpserver.url_for("/told").replace("127.0.0.1", "localhost")
    told_how = Messenger(elsewhere).tell(url, SECRET, notice, NOW)
    assert told_how.state == "again"
    assert "own network" in told_how.words
    assert httpserver.log == []


def test_whoever_wants_is_told_once_of_a_plan_at_risk_and_never_a_uid(
    client: FlaskClient, office: Office, httpserver: HTTPServer
) -> None:
    httpserver.expect_request("/told").respond_with_data(status=200)
    hook(client, httpserver, "mission.at_risk")
    plan = planned(client, "van-1", wallet={"tokens": [{"uid": UID, "contract_id": CONTRACT}]})
    couriers = Couriers(office, Messenger(HERE))
    assert couriers.watch() == 0
    breaks(office, plan)
    assert [couriers.watch(), couriers.watch()] == [1, 1]
    assert [couriers.deliver(), couriers.deliver()] == [1, 0]
    ((request, _),) = httpserver.log
    said = json.loads(request.get_data())
    assert said["event"] == "mission.at_risk"
    assert said["data"]["vehicle"] == "van-1"
    assert UID not in request.get_data(as_text=True)


def test_plans_taken_into_use_tell_whom_they_stand_against(
    client: FlaskClient, office: Office
) -> None:
    second = made(client, "van-2")
    first = planned(client, "van-1")
    assert taken_up(client, second)["conflicts"] == [first["id"]]
    aware = made(client, "van-2")
    assert taken_up(client, aware)["conflicts"] == [], "made while the other was in use"
    assert "event: replanned" in first_event(client, second)
    second = aware
    other = planned(client, "van-1", arrival_soc=0.5)
    mine = client.get("/v1/fleet/plans?vehicle=van-1").json["plans"]
    assert [use["plan_id"] for use in mine] == [other["id"]], "a vehicle drives one plan at a time"
    assert client.delete(f"/v1/fleet/plans/{second['id']}").status_code == 204
    assert client.delete(f"/v1/fleet/plans/{second['id']}").status_code == 404
    assert verify_fleet(office.world.snapshot, []) == []
