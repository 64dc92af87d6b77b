"""Our endpoints let in whom they know, and change their state as the table says."""

import json
from typing import Any

import pytest

from planner.errors import FeedError
from planner.ocpi.handshake import NEXT_STANDING, Handshake, Request, Standing
from planner.ocpi.messages import Role, authorization, read_credentials, write_envelope
from planner.ocpi.party import PartyState, Peer, Response, partner_of, respond

NOW = 1_780_819_200.0
STATE = PartyState(
    base_url="https://us.example/ocpi",
    roles=(Role("EMSP", "DE", "PLG", "Plugsure"),),
    modules=(("locations", "RECEIVER", "receiver/locations"),),
    peers=(Peer("invited", "token-a"), Peer("partner", "token-p", Standing.REGISTERED)),
)
THEIRS = {
    "token": "their-token",
    "url": "https://cpo.example/versions",
    "roles": [{"role": "CPO", "country_code": "NL", "party_id": "TNM"}],
}


def answers(request: Request) -> tuple[int, bytes]:
    """A party that serves 2.2.1."""
    data: Any = {
        "https://cpo.example/versions": [{"version": "2.2.1", "url": "https://cpo.example/2.2.1"}],
        "https://cpo.example/2.2.1": {
            "version": "2.2.1",
            "endpoints": [
                {"identifier": "locations", "role": "SENDER", "url": "https://cpo.example/l"}
            ],
        },
    }[request.url]
    return 200, write_envelope(data, now=NOW)


def ask(
    method: str,
    path: str,
    token: str = "token-a",
    body: Any = None,
    *,
    fetch: Any = answers,
    state: PartyState = STATE,
) -> tuple[Response, PartyState]:
    return respond(
        method,
        path,
        {"authorization": authorization(token, encoded=True), "X-Request-ID": "r1"},
        b"" if body is None else json.dumps(body).encode(),
        state,
        fetch=fetch,
        new_token=lambda: "fresh",
        now=NOW,
    )


def test_versions_and_details_lead_to_all_endpoints() -> None:
    response, state = ask("GET", "/versions")
    assert state is STATE
    assert {v["version"]: v["url"] for v in json.loads(response.body)["data"]} == {
        version: f"https://us.example/ocpi/{version}" for version in ("2.1.1", "2.2.1", "2.3.0")
    }
    detail = json.loads(ask("GET", "/2.2.1/")[0].body)["data"]
    assert {(e["identifier"], e["role"], e["url"]) for e in detail["endpoints"]} == {
        ("credentials", "SENDER", "https://us.example/ocpi/2.2.1/credentials"),
        ("credentials", "RECEIVER", "https://us.example/ocpi/2.2.1/credentials"),
        ("locations", "RECEIVER", "https://us.example/ocpi/2.2.1/receiver/locations"),
    }
    assert response.headers["X-Request-ID"] == "r1"


@pytest.mark.parametrize("path", ["/versions", "/2.2.1", "/2.2.1/credentials", "/nowhere"])
def test_nobody_unknown_is_let_in(path: str) -> None:
    assert ask("GET", path, "guessed")[0].status == 401
    response, _ = respond(
        "GET", path, {}, b"", STATE, fetch=answers, new_token=lambda: "x", now=NOW
    )
    assert response.status == 401


@pytest.mark.parametrize("standing", [Standing.INVITED, Standing.REGISTERED])
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "PATCH"])
def test_the_credentials_endpoint_follows_its_table(standing: Standing, method: str) -> None:
    token, name = ("token-a", "invited") if standing is Standing.INVITED else ("token-p", "partner")
    response, state = ask(method, "/2.2.1/credentials", token, THEIRS)
    then = NEXT_STANDING.get((standing, method))
    assert (response.status == 405) == (then is None)
    found = {peer.name: peer.standing for peer in state.peers}.get(name, Standing.GONE)
    assert found is (then or standing)
    if then is None:
        assert response.headers["Allow"]


def test_registering_gives_a_fresh_token_and_keeps_theirs() -> None:
    response, state = ask("POST", "/2.2.1/credentials", body=THEIRS)
    data = json.loads(response.body)["data"]
    assert (data["token"], data["url"]) == ("fresh", "https://us.example/ocpi/versions")
    assert data["roles"][0]["party_id"] == "PLG"
    peer = next(p for p in state.peers if p.name == "invited")
    assert (peer.token, peer.partner.credentials.token) == ("fresh", "their-token")
    assert peer.partner.detail.url_of("locations") == "https://cpo.example/l"
    assert partner_of({"Authorization": "Token token-a"}, state) is None
    assert partner_of({"Authorization": "Token fresh"}, state) == peer
    assert "their-token" not in repr(state)
    assert "fresh" not in repr(state)


@pytest.mark.parametrize("body", [None, [], {"token": "x"}, {**THEIRS, "roles": []}])
def test_credentials_that_cannot_be_used_are_refused(body: Any) -> None:
    response, state = ask("POST", "/2.2.1/credentials", body=body)
    read = body is not None
    assert (response.status, json.loads(response.body)["status_code"]) == (
        200 if read else 400,
        2001,
    )
    assert state is STATE


def test_a_party_that_does_not_answer_is_told_so() -> None:
    def silent(request: Request) -> tuple[int, bytes]:
        raise FeedError("no connection", place=request.url)

    for fetch in (silent, lambda _: (500, b"oops"), lambda _: (200, b"<html>")):
        response, state = ask("POST", "/2.2.1/credentials", body=THEIRS, fetch=fetch)
        assert (response.status, json.loads(response.body)["status_code"]) == (200, 3001)
        assert state is STATE


def test_a_party_of_another_version_is_told_so() -> None:
    def old(_: Request) -> tuple[int, bytes]:
        return 200, write_envelope([{"version": "2.1.1", "url": "https://cpo.example/x"}], now=NOW)

    response, state = ask("POST", "/2.2.1/credentials", body=THEIRS, fetch=old)
    assert json.loads(response.body)["status_code"] == 3002
    assert state is STATE


def test_other_addresses_and_methods_are_refused() -> None:
    assert ask("GET", "/2.2.1/nothing")[0].status == 404
    response, _ = ask("DELETE", "/versions")
    assert (response.status, response.headers["Allow"]) == (405, "GET")


def test_a_handshake_does_not_show_its_token_and_ends() -> None:
    steps = Handshake("https://cpo.example/versions", "very-secret")
    request = steps.request()
    assert request is not None
    assert "very-secret" not in repr(request)
    assert "dmVyeS1zZWNyZXQ" not in repr(request)
    while (request := steps.request()) is not None:
        steps.receive(*answers(request))
    assert steps.partner is not None
    assert steps.partner.detail.version == "2.2.1"


def test_a_token_that_is_refused_in_both_forms_is_told() -> None:
    steps = Handshake("https://cpo.example/versions", "t")
    steps.receive(401, b"")
    second = steps.request()
    assert second is not None
    assert second.headers["Authorization"] == "Token t"
    with pytest.raises(FeedError, match="HTTP 401"):
        steps.receive(401, b"")


def test_a_party_without_credentials_endpoint_cannot_be_registered_with() -> None:
    ours = json.loads(json.dumps(THEIRS))
    steps = Handshake("https://cpo.example/versions", "t", read_credentials(ours, place="ours"))
    for _ in range(2):
        request = steps.request()
        assert request is not None
        if request.url.endswith("2.2.1"):
            with pytest.raises(FeedError, match="no credentials endpoint"):
                steps.receive(*answers(request))
        else:
            steps.receive(*answers(request))
