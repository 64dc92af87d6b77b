"""Our tokens: operators read them, ask for one in real time, and keep copies that we read back."""

from dataclasses import replace
from typing import Any

import pytest
from werkzeug import Request, Response

from planner.feeds.sending import send_tokens
from planner.model.token import Token, TokenType
from planner.ocpi.messages import write_envelope
from planner.ocpi.times import read_time, write_time
from planner.store.feeds import Source
from planner.store.issued import IssuedToken, SentToken
from planner.store.snapshot import ClientInfo
from planner.store.store import Store
from tests.databases import bytes_at_rest
from tests.feeds.partner import NOW, US, Partner, add_partner, desk_of, location

CARD = Token(
    uid="04A1B2C3", type=TokenType.RFID, contract_id="DE-PLG-C12345678-X", provider="DE*PLG"
)
APP = Token(uid="app-1", type=TokenType.APP_USER, contract_id="DEPLGC0000001", provider="DE*PLG")


@pytest.fixture
def store(either_store: Store) -> Store:
    return either_store


@pytest.fixture
def cpo(store: Store) -> Partner:
    store.issued.save(
        [
            IssuedToken(token=CARD, whitelist="ALLOWED", last_updated=NOW - 50),
            IssuedToken(token=APP, whitelist="NEVER", last_updated=NOW - 20),
        ]
    )
    partner = Partner(desk_of(store), add_partner(store, "cpo", "NL*TNM"))
    partner.ask("PUT", "locations/NL/TNM/LOC1", location("LOC1", "1", "2"))
    return partner


def save(store: Store, **facts: Any) -> None:
    token = {k: facts.pop(k) for k in ("valid", "expires") if k in facts}
    store.issued.save([IssuedToken(token=replace(CARD, **token), last_updated=NOW, **facts)])


def test_tokens_are_listed_in_pages_by_date(cpo: Partner) -> None:
    first = cpo.ask("GET", "tokens", limit="1")
    assert [t["uid"] for t in first.data] == [CARD.uid]
    assert (first.headers["X-Total-Count"], first.headers["X-Limit"]) == ("2", "1")
    assert "offset=1" in first.headers["Link"]
    last = cpo.ask("GET", "tokens", limit="1", offset="1")
    assert ([t["uid"] for t in last.data], "Link" in last.headers) == ([APP.uid], False)
    at = write_time(NOW - 20)
    assert [t["uid"] for t in cpo.ask("GET", "tokens", date_from=at).data] == [APP.uid]
    assert [t["uid"] for t in cpo.ask("GET", "tokens", date_to=at).data] == [CARD.uid]
    for query in ({"limit": "0"}, {"offset": "x"}, {"date_from": "yesterday"}):
        assert cpo.ask("GET", "tokens", **query).code == 2001


def test_each_version_has_its_own_shape_of_a_token(cpo: Partner) -> None:
    by_version = {}
    for version in ("2.1.1", "2.2.1", "2.3.0"):
        cpo.version = version
        by_version[version] = cpo.ask("GET", "tokens").data
    card, app = by_version["2.1.1"]
    assert (card["auth_id"], app["type"], "party_id" in card) == (CARD.contract_id, "OTHER", False)
    card, app = by_version["2.2.1"]
    assert (card["contract_id"], card["party_id"], app["type"]) == (
        CARD.contract_id,
        "PLG",
        "APP_USER",
    )
    assert set(card) >= {"country_code", "uid", "issuer", "valid", "whitelist", "last_updated"}
    assert by_version["2.3.0"] == by_version["2.2.1"]


@pytest.mark.parametrize(
    ("facts", "allowed"),
    [
        ({}, "ALLOWED"),
        ({"valid": False}, "BLOCKED"),
        ({"expires": NOW}, "EXPIRED"),
        ({"expires": NOW + 1}, "ALLOWED"),
        ({"has_credit": False}, "NO_CREDIT"),
        ({"only_at": ("NL*TNM",)}, "ALLOWED"),
        ({"only_at": ("NL*ABC",)}, "NOT_ALLOWED"),
    ],
)
def test_a_token_is_answered_for_in_real_time(
    cpo: Partner, store: Store, facts: dict[str, Any], allowed: str
) -> None:
    save(store, **facts)
    place = {"location_id": "loc1", "evse_uids": ["2", "nowhere"]}
    told = cpo.ask("POST", "tokens/04a1b2c3/authorize", place, type="RFID")
    assert (told.status, told.code, told.data["allowed"]) == (200, 1000, allowed)
    assert told.data["token"]["uid"] == CARD.uid
    proofs = store.snapshot().token_evidence
    if allowed == "ALLOWED":
        assert told.data["location"] == {"location_id": "loc1", "evse_uids": ["2"]}
        assert told.data["authorization_reference"]
        (proof,) = proofs
        assert (proof.token, proof.station_id, proof.evse_uid, proof.kind, proof.at) == (
            CARD.digest,
            "NL*TNM*LOC1",
            "2",
            "authorized",
            NOW,
        )
    else:
        assert "location" not in told.data
        (proof,) = proofs
        assert (proof.station_id, proof.evse_uid) == ("NL*TNM*LOC1", "2")
        assert (proof.kind, proof.value) == ("refused", allowed)


def test_a_token_that_depends_on_the_place_needs_one(cpo: Partner, store: Store) -> None:
    save(store, only_at=("NL*TNM",))
    told = cpo.ask("POST", "tokens/04A1B2C3/authorize")
    assert (told.status, told.code, told.data) == (200, 2002, None)
    save(store)
    assert cpo.ask("POST", "tokens/04A1B2C3/authorize").data["allowed"] == "ALLOWED"
    assert cpo.ask("POST", "tokens/04A1B2C3/authorize", {"evse_uids": []}).code == 2001


def test_a_token_that_is_not_ours_is_unknown(cpo: Partner) -> None:
    for uid, kind in (("FFFF", "RFID"), (CARD.uid, "APP_USER")):
        told = cpo.ask("POST", f"tokens/{uid}/authorize", type=kind)
        assert (told.status, told.code, told.data) == (404, 2004, None)
    assert cpo.ask("POST", "tokens/app-1/authorize", type="OTHER").data["allowed"] == "ALLOWED"
    assert cpo.ask("GET", "tokens/app-1/authorize").status == 405


class Copies:
    """An operator's Tokens receiver, over HTTP."""

    def __init__(self, server: Any, version: str = "2.2.1") -> None:
        self.held: dict[str, Any] = {}
        self.asked: list[Request] = []
        self.refuses = 0
        base = server.url_for("")
        self.url = f"{base}/versions"
        serve = server.expect_request
        serve("/versions").respond_with_json(
            {"status_code": 1000, "data": [{"version": version, "url": f"{base}/v"}]}
        )
        endpoint = {"identifier": "tokens", "role": "RECEIVER", "url": f"{base}/tokens/"}
        serve("/v").respond_with_json(
            {"status_code": 1000, "data": {"version": version, "endpoints": [endpoint]}}
        )
        import re  # noqa: PLC0415 -- only here

        serve(re.compile("/tokens/.*")).respond_with_handler(self.answer)

    def answer(self, request: Request) -> Response:
        self.asked.append(request)
        if self.refuses:
            self.refuses -= 1
            return Response(write_envelope(None, now=NOW, status_code=4003, message="cut"))
        if request.method == "PUT":
            self.held[request.path] = request.get_json()
            return Response(write_envelope(None, now=NOW), 201)
        return Response(write_envelope(self.held.get(request.path), now=NOW))


def test_tokens_are_sent_once_and_their_copies_prove_access(
    store: Store, httpserver: Any, client: Any, cpo: Partner
) -> None:
    del cpo
    there = Copies(httpserver)
    store.feeds.add(
        Source(name="there", kind="ocpi", url=there.url, sender="NL*ABC"), {"token": "t"}
    )
    report = send_tokens(store, "there", client=client, ours=US, now=NOW)
    assert (report.put, report.read, report.failed) == (2, 2, 0)
    assert [(r.method, r.path, r.args.get("type")) for r in there.asked[:2]] == [
        ("PUT", "/tokens/DE/PLG/04A1B2C3", "RFID"),
        ("GET", "/tokens/DE/PLG/04A1B2C3", "RFID"),
    ]
    assert there.asked[0].headers["OCPI-to-party-id"] == "ABC"
    assert there.asked[0].headers["OCPI-from-party-id"] == "PLG"
    proofs = {(e.token, e.party, e.kind, e.value) for e in store.snapshot().token_evidence}
    assert proofs == {
        (CARD.digest, "NL*ABC", "whitelisted", "ALLOWED/true"),
        (APP.digest, "NL*ABC", "whitelisted", "NEVER/true"),
    }
    asked = len(there.asked)
    send_tokens(store, "there", client=client, ours=US, now=NOW + 60)
    assert len(there.asked) == asked
    save(store, valid=False)
    report = send_tokens(store, "there", client=client, ours=US, now=NOW + 120)
    assert (report.put, report.read) == (1, 1)
    assert there.held["/tokens/DE/PLG/04A1B2C3"]["valid"] is False
    later = send_tokens(store, "there", client=client, ours=US, now=NOW + 90_000)
    assert (later.put, later.read) == (0, 2)


def test_a_token_that_could_not_be_sent_is_sent_again_and_no_error_names_it(
    store: Store, httpserver: Any, client: Any, cpo: Partner
) -> None:
    del cpo
    there = Copies(httpserver)
    there.refuses = 2
    store.feeds.add(
        Source(name="there", kind="ocpi", url=there.url, sender="NL*ABC"), {"token": "t"}
    )
    report = send_tokens(store, "there", client=client, ours=US, now=NOW)
    assert (report.failed, report.put) == (2, 0)
    assert "4003" in report.error
    told = store.issued.told("there", "NL*ABC")
    assert CARD.uid not in repr(told)
    report = send_tokens(store, "there", client=client, ours=US, now=NOW + 1)
    assert (report.put, report.failed) == (2, 0)


def test_behind_a_hub_only_connected_operators_are_told(
    store: Store, httpserver: Any, client: Any, cpo: Partner
) -> None:
    del cpo
    there = Copies(httpserver)
    source = Source(name="hub", kind="ocpi", url=there.url, sender="DE*HUB", is_hub=True)
    store.feeds.add(source, {"token": "t"})
    states = {"NL*AAA": "CONNECTED", "NL*BBB": "OFFLINE", "NL*CCC": "SUSPENDED"}
    store.knowledge.replace_client_infos(
        "DE*HUB",
        [
            ClientInfo(hub="DE*HUB", party=p, role="CPO", status=s, as_of=NOW)
            for p, s in states.items()
        ],
    )
    send_tokens(store, "hub", client=client, ours=US, now=NOW)
    assert {r.headers["OCPI-to-party-id"] for r in there.asked} == {"AAA"}
    assert {e.party for e in store.snapshot().token_evidence} == {"NL*AAA"}


def test_uids_are_encrypted_at_rest(cpo: Partner, store: Store) -> None:
    assert read_time(write_time(NOW)) == NOW
    place = {"location_id": "LOC1", "evse_uids": ["1"]}
    cpo.ask("POST", "tokens/04A1B2C3/authorize", place)
    told = SentToken(digest=CARD.digest, last_updated=0.0, at=NOW, error="")
    store.issued.record("cpo", "NL*ABC", [told])
    held = bytes_at_rest(store)
    assert CARD.uid.encode() not in held
    assert CARD.digest.encode() not in held
