"""The demo's OCPI server, asked over raw HTTP: what the specification demands of a peer."""

import base64
import time
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from planner.ocpi.handshake import Handshake
from planner.ocpi.messages import read_credentials

LOCATIONS, TARIFFS = "cpo/2.2.1/locations", "cpo/2.2.1/tariffs"
TOKENS, CLIENTS = "cpo/2.2.1/tokens", "hub/2.2.1/clientinfo"


def told(answer: httpx.Response) -> tuple[int, int]:
    body = answer.json()
    assert body["timestamp"].endswith("Z")
    assert body["status_message"]
    return answer.status_code, body["status_code"]


def test_versions_lead_to_details_that_name_each_endpoint_by_its_full_address(stranger):
    peer = stranger("hub")
    versions = peer.get("versions").json()["data"]
    assert [v["version"] for v in versions] == ["2.2.1"]
    endpoints = peer.get(versions[0]["url"]).json()["data"]["endpoints"]
    assert {(e["identifier"], e["role"]) for e in endpoints} == {
        ("credentials", "SENDER"),
        ("locations", "SENDER"),
        ("tariffs", "SENDER"),
        ("tokens", "RECEIVER"),
        ("hubclientinfo", "SENDER"),
    }
    assert all(e["url"].startswith(peer.root) for e in endpoints)


def test_only_the_hub_tells_of_clients(stranger):
    details = stranger("e9v").get("2.2.1").json()["data"]
    assert "hubclientinfo" not in {e["identifier"] for e in details["endpoints"]}


@pytest.mark.parametrize("path", ["versions", "2.2.1", "2.2.1/credentials", LOCATIONS, TARIFFS])
@pytest.mark.parametrize("header", [None, "Token bm90LWl0", "Token !!!", "Bearer abc", "Token"])
def test_a_caller_without_the_right_token_gets_401(stranger, path, header):
    peer = stranger()
    headers = {} if header is None else {"Authorization": header}
    answer = peer.http.get(f"{peer.root}/{path}", headers=headers)
    assert told(answer) == (401, 2000)


def test_a_token_that_is_not_in_base64_is_refused(stranger):
    peer = stranger()
    answer = peer.http.get(
        f"{peer.root}/versions", headers={"Authorization": f"Token {peer.token}"}
    )
    assert answer.status_code == 401


def test_the_bootstrap_token_opens_nothing_but_the_handshake(stranger):
    for path in (LOCATIONS, TARIFFS, CLIENTS, f"{TOKENS}/DE/W9K/1"):
        assert told(stranger().get(path)) == (401, 2000)


def test_a_handshake_gives_a_new_token_and_spends_the_old_one(stranger, ours):
    peer = stranger("m9s")
    answer = peer.call("POST", "2.2.1/credentials", json=ours)
    theirs = answer.json()["data"]
    assert told(answer) == (200, 1000)
    assert theirs["url"] == f"{peer.root}/versions"
    assert [(r["role"], r["country_code"], r["party_id"]) for r in theirs["roles"]] == [
        ("CPO", "DE", "M9S")
    ]
    assert stranger("m9s").get("versions").status_code == 401
    registered = stranger("m9s", theirs["token"])
    assert registered.get("versions").status_code == 200
    assert registered.get("2.2.1/credentials").json()["data"]["token"] == theirs["token"]
    assert told(registered.call("POST", "2.2.1/credentials", json=ours)) == (405, 2000)

    renewed = registered.call("PUT", "2.2.1/credentials", json=ours).json()["data"]["token"]
    assert registered.get("versions").status_code == 401
    registered.token = renewed
    assert registered.call("DELETE", "2.2.1/credentials").json()["status_code"] == 1000
    assert registered.get("versions").status_code == 401
    assert stranger("m9s").get("versions").status_code == 200


def test_one_connection_is_not_opened_by_the_token_of_another(partner, stranger):
    token = partner("s9k").token
    assert stranger("s9l", token).get("versions").status_code == 401


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_credentials_of_a_stranger_cannot_be_changed(stranger, ours, method):
    body = {"json": ours} if method == "PUT" else {}
    assert told(stranger().call(method, "2.2.1/credentials", **body)) == (405, 2000)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"token": ""}, 2002),
        ({"roles": []}, 2002),
        ({"token": "x" * 65}, 2001),
        ({"url": "ftp://somewhere"}, 2001),
        ({"roles": [{"role": "CPO"}]}, 2001),
        ({"roles": "CPO"}, 2001),
    ],
)
def test_credentials_that_are_not_whole_are_refused(stranger, ours, change, code):
    answer = stranger().call("POST", "2.2.1/credentials", json=ours | change)
    assert told(answer) == (400, code)


@pytest.mark.parametrize("content", [b"", b"{", b"[1]", b"\xff\xfe"])
def test_a_body_that_is_no_json_object_is_refused(stranger, content):
    assert told(stranger().call("POST", "2.2.1/credentials", content=content)) == (400, 2001)


def test_a_partner_whose_versions_cannot_be_fetched_stays_unregistered(stranger, ours, httpserver):
    for url in ("http://127.0.0.1:9/ocpi/versions", httpserver.url_for("/nowhere")):
        answer = stranger().call("POST", "2.2.1/credentials", json=ours | {"url": url})
        assert told(answer) == (200, 3001)
    answer = stranger().call("POST", "2.2.1/credentials", json=ours | {"token": "not-token-b"})
    assert told(answer) == (200, 3001)
    assert stranger().get("versions").status_code == 200


def test_a_partner_that_does_not_speak_our_version_is_told_so(stranger, ours, httpserver):
    old = [{"version": "2.1.1", "url": "http://127.0.0.1:9/"}]
    body = {"status_code": 1000, "data": old}
    httpserver.expect_request("/old").respond_with_json(body)
    answer = stranger().call(
        "POST", "2.2.1/credentials", json=ours | {"url": httpserver.url_for("/old")}
    )
    assert told(answer) == (200, 3002)


def test_a_partner_without_a_credentials_endpoint_is_told_so(stranger, ours, httpserver):
    details = {"version": "2.2.1", "endpoints": []}
    new = [{"version": "2.2.1", "url": httpserver.url_for("/d")}]
    httpserver.expect_request("/v").respond_with_json({"status_code": 1000, "data": new})
    httpserver.expect_request("/d").respond_with_json({"status_code": 1000, "data": details})
    answer = stranger().call(
        "POST", "2.2.1/credentials", json=ours | {"url": httpserver.url_for("/v")}
    )
    assert told(answer) == (200, 3003)


def test_pages_follow_each_other_by_the_link_and_give_each_location_once(partner, read_location):
    peer = partner("hub")
    first = peer.get(LOCATIONS)
    total = int(first.headers["X-Total-Count"])
    assert first.headers["X-Limit"] == "50"
    assert len(first.json()["data"]) == 50
    found = peer.pull(LOCATIONS)
    assert len(found) == total == len({at["id"] for at in found})
    for body in found:
        read_location(body)
    last = peer.get(LOCATIONS, params={"offset": total - 1})
    assert len(last.json()["data"]) == 1
    assert "Link" not in last.headers
    beyond = peer.get(LOCATIONS, params={"offset": total})
    assert told(beyond) == (200, 1000)
    assert beyond.json()["data"] == []


def test_a_limit_is_kept_and_never_grows_beyond_the_servers_own(partner):
    peer = partner("e9v")
    small = peer.get(LOCATIONS, params={"limit": 3, "offset": 2})
    assert len(small.json()["data"]) == 3
    assert small.headers["X-Limit"] == "3"
    assert "offset=5" in small.headers["Link"]
    assert "limit=3" in small.headers["Link"]
    assert peer.get(LOCATIONS, params={"limit": 5000}).headers["X-Limit"] == "50"
    assert len(peer.pull(LOCATIONS, limit=7)) == int(small.headers["X-Total-Count"])


@pytest.mark.parametrize(
    "query",
    [
        {"offset": "-1"},
        {"limit": "0"},
        {"limit": "many"},
        {"offset": "٣"},
        {"date_from": "yesterday"},
        {"date_to": "2026-13-01T00:00:00Z"},
    ],
)
def test_a_parameter_that_cannot_be_read_is_invalid(partner, query):
    assert told(partner("e9v").get(LOCATIONS, params=query)) == (400, 2001)


def test_date_from_brings_what_changed_since_and_date_to_what_did_not(partner, stranger):
    peer = partner("s9k")
    everything = peer.pull(LOCATIONS)
    cut = sorted(at["last_updated"] for at in everything)[len(everything) // 2]
    since = peer.pull(LOCATIONS, date_from=cut)
    until = peer.pull(LOCATIONS, date_to=cut)
    assert all(at["last_updated"] >= cut for at in since)
    assert all(at["last_updated"] < cut for at in until)
    assert {at["id"] for at in since} | {at["id"] for at in until} == {
        at["id"] for at in everything
    }
    assert since
    assert until
    page = peer.get(LOCATIONS, params={"date_from": "2026-01-01T00:00:00Z", "limit": 2})
    assert "date_from=2026-01-01T00%3A00%3A00Z" in page.headers["Link"]


def test_a_changed_status_comes_with_the_next_increment_only(partner):
    peer = partner("e9v")
    at = peer.pull(LOCATIONS)[4]
    uid = at["evses"][0]["uid"]
    time.sleep(1.1)
    since = datetime.now(tz=UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    steer = f"{peer.root.rsplit('/', 2)[0]}/demo/evse"
    assert peer.http.post(f"{steer}/{uid}/status", json={"status": "OUTOFORDER"}).status_code == 200
    changed = {body["id"]: body for body in peer.pull(LOCATIONS, date_from=since)}
    assert changed[at["id"]]["evses"][0]["status"] == "OUTOFORDER"
    assert changed[at["id"]]["last_updated"] >= since
    assert len(changed) < 10
    soon = datetime.now(tz=UTC) + timedelta(seconds=5)
    assert peer.pull(LOCATIONS, date_from=soon.isoformat()) == []
    assert peer.http.post(f"{steer}/none/status", json={"status": "AVAILABLE"}).status_code == 404
    assert peer.http.post(f"{steer}/{uid}/status", json={"status": "FINE"}).status_code == 400


def test_a_location_its_evse_and_its_connector_can_be_asked_for_alone(partner):
    peer = partner("e9v")
    at = peer.pull(LOCATIONS)[0]
    evse = at["evses"][0]
    connector = evse["connectors"][0]
    path = f"{LOCATIONS}/{at['id']}"
    assert peer.get(path).json()["data"]["id"] == at["id"]
    assert peer.get(f"{path}/{evse['uid']}").json()["data"]["evse_id"] == evse["evse_id"]
    assert peer.get(f"{path}/{evse['uid']}/{connector['id']}").json()["data"] == connector
    post = f"/{at['id']}/{evse['uid']}"
    for wrong in ("/none", f"/{at['id']}/none", f"{post}/9", f"{post}/1/1"):
        assert told(peer.get(f"{LOCATIONS}{wrong}")) == (404, 2003)


def test_tariffs_are_pulled_like_locations(partner, read_tariff):
    found = partner("hub").pull(TARIFFS, limit=4)
    assert len(found) == 30
    for body in found:
        read_tariff(body)


def test_the_hub_tells_of_its_clients_and_an_operator_of_none(partner, read_client_info):
    infos = {(i["country_code"], i["party_id"]): i for i in partner("hub").pull(CLIENTS)}
    for info in infos.values():
        read_client_info(info)
    assert infos["CH", "F9V"]["status"] == "CONNECTED"
    assert infos["CZ", "K9N"]["status"] == "SUSPENDED"
    assert infos["CH", "P9K"]["role"] == "EMSP"
    assert told(partner("e9v").get(CLIENTS)) == (404, 2000)


def test_routing_headers_ask_a_hub_for_one_party_or_for_all(partner):
    peer = partner("hub")

    def pull(country: str, party: str) -> httpx.Response:
        headers = {"OCPI-to-country-code": country, "OCPI-to-party-id": party}
        return peer.get(LOCATIONS, headers=headers)

    assert {at["party_id"] for at in pull("CH", "F9V").json()["data"]} == {"F9V"}
    everyone = pull("LI", "G9H").headers["X-Total-Count"]
    assert everyone == peer.get(LOCATIONS).headers["X-Total-Count"]
    assert told(pull("AT", "E9V")) == (400, 4001)


TOKEN = {
    "country_code": "DE",
    "party_id": "W9K",
    "uid": "04A9D300010001",
    "type": "RFID",
    "contract_id": "DE-W9K-C00DEM001-L",
    "issuer": "Wanderkarte (demo)",
    "valid": True,
    "whitelist": "ALLOWED",
    "last_updated": "2026-11-01T00:00:00Z",
}


def test_a_token_that_was_put_is_kept_and_can_be_patched(partner):
    peer = partner("e9v")
    path = f"{TOKENS}/DE/W9K/{TOKEN['uid']}"
    assert told(peer.get(path)) == (404, 2004)
    assert told(peer.call("PUT", path, json=TOKEN)) == (200, 1000)
    assert peer.get(path, params={"type": "RFID"}).json()["data"] == TOKEN
    assert told(peer.get(path, params={"type": "APP_USER"})) == (404, 2004)
    patch = {"valid": False, "last_updated": "2026-11-02T00:00:00Z"}
    assert told(peer.call("PATCH", path, json=patch)) == (200, 1000)
    assert peer.get(path).json()["data"] == TOKEN | patch
    assert told(peer.call("PATCH", path, json={"valid": True})) == (400, 2002)
    assert told(peer.call("PATCH", path, json=[])) == (400, 2001)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"uid": "another"}, 2001),
        ({"whitelist": "SOMETIMES"}, 2001),
        ({"type": "BADGE"}, 2001),
        ({"valid": "yes"}, 2001),
        ({"last_updated": "soon"}, 2001),
        ({"contract_id": None}, 2002),
    ],
)
def test_a_token_that_is_not_whole_or_not_the_one_named_is_refused(partner, change, code):
    path = f"{TOKENS}/DE/W9K/04A9D300010009"
    body = TOKEN | {"uid": "04A9D300010009"} | change
    assert told(partner("e9v").call("PUT", path, json=body)) == (400, code)


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", LOCATIONS), ("DELETE", TARIFFS), ("PUT", "versions"), ("DELETE", f"{TOKENS}/D/W/1")],
)
def test_a_method_that_an_endpoint_does_not_have_gets_405(partner, method, path):
    answer = partner("hub").call(method, path)
    assert told(answer) == (405, 2000)
    assert "GET" in answer.headers["Allow"]


def test_an_unknown_address_gets_404_in_an_envelope(stranger):
    assert told(stranger("nobody").get("versions")) == (404, 2000)
    assert told(stranger().get("cpo/2.2.1/cdrs")) == (404, 2000)


def test_the_ids_of_a_request_come_back_with_its_answer(partner):
    ids = {"X-Request-ID": "r-1", "X-Correlation-ID": "c-1"}
    answer = partner("hub").get(LOCATIONS, headers=ids)
    assert {key: answer.headers[key] for key in ids} == ids


def test_the_planners_own_handshake_agrees_with_this_peer(stranger, ours):
    peer = stranger("s9l")
    shake = Handshake(f"{peer.root}/versions", peer.token, read_credentials(ours, place="test"))
    while (request := shake.request()) is not None:
        answer = peer.http.request(
            request.method, request.url, headers=dict(request.headers), content=request.body
        )
        shake.receive(answer.status_code, answer.content)
    token = shake.partner.credentials.token
    header = {"Authorization": "Token " + base64.b64encode(token.encode()).decode()}
    assert peer.http.get(f"{peer.root}/{LOCATIONS}", headers=header).status_code == 200
    assert peer.http.delete(f"{peer.root}/2.2.1/credentials", headers=header).status_code == 200
