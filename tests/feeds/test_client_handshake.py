"""Two platforms become partners over real loopback HTTP, whichever of them begins."""

import re
from collections.abc import Iterator
from itertools import count

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from planner.errors import FeedError
from planner.feeds.client import OcpiClient
from planner.feeds.partners import keep_state, read_state, register_feed
from planner.feeds.sync import sync_feed
from planner.ocpi.handshake import Request as Wanted
from planner.ocpi.handshake import Standing
from planner.ocpi.messages import Role, authorization, write_envelope
from planner.ocpi.party import PartyState, partner_of, respond
from planner.store.feeds import Source

NOW = 1_780_819_200.0
OURS = (Role("EMSP", "DE", "PLG", "Plugsure"),)
THEIRS = (Role("CPO", "NL", "TNM", "Operator"),)


class Platform:
    """A platform whose state lives in memory, or wherever ``load`` and ``keep`` put it."""

    def __init__(self, server: HTTPServer, client: OcpiClient, roles, modules=()) -> None:
        self.client = client
        self.counter = count(1)
        self.state = PartyState(base_url=server.url_for("/ocpi"), roles=roles, modules=modules)
        self.seen: list[Request] = []
        server.expect_request(re.compile("/ocpi/[0-9.]+/locations")).respond_with_handler(
            self.locations
        )
        server.expect_request(re.compile("/ocpi/.*")).respond_with_handler(self.answer)

    def load(self, headers=None) -> PartyState:
        return self.state

    def keep(self, before: PartyState, after: PartyState) -> None:
        self.state = after

    def new_token(self) -> str:
        return f"{self.state.roles[0].party_id}-{next(self.counter)}"

    def answer(self, request: Request) -> Response:
        self.seen.append(request)
        before = self.load(request.headers)
        response, after = respond(
            request.method,
            request.path.removeprefix("/ocpi"),
            request.headers,
            request.get_data(),
            before,
            fetch=self.client.fetch,
            new_token=self.new_token,
            now=NOW,
        )
        self.keep(before, after)
        return Response(response.body, response.status, response.headers)

    def locations(self, request: Request) -> Response:
        peer = partner_of(request.headers, self.state)
        if peer is None or peer.standing is not Standing.REGISTERED:
            return Response(status=401)
        return Response(write_envelope([], now=NOW))


@pytest.fixture
def other_server() -> Iterator[HTTPServer]:
    server = HTTPServer(port=0)
    server.start()
    yield server
    server.clear()
    server.stop()


@pytest.fixture
def us(httpserver, client, store):
    platform = Platform(httpserver, client, OURS)
    base = platform.state.base_url
    platform.load = lambda headers=None: read_state(store, headers or {}, base_url=base, roles=OURS)
    platform.keep = lambda before, after: keep_state(store, before, after)
    return platform


@pytest.fixture
def cpo(other_server, client):
    return Platform(other_server, client, THEIRS, (("locations", "SENDER", "locations"),))


@pytest.fixture
def feed(store, cpo) -> str:
    cpo.state = cpo.state.invite("plugsure", "token-a")
    store.feeds.add(
        Source(name="cpo", kind="ocpi", url=cpo.state.versions_url), {"token_a": "token-a"}
    )
    return "cpo"


def register(store, us, client) -> None:
    register_feed(
        store,
        "cpo",
        our_versions_url=us.load().versions_url,
        our_roles=OURS,
        new_token=us.new_token,
        now=NOW,
        client=client,
    )


def test_we_register_with_an_operator_and_read_its_locations(store, feed, us, cpo, client):
    register(store, us, client)
    assert store.feeds.credentials(feed) == {"token": "TNM-1", "our_token": "PLG-1"}
    source = store.feeds.get(feed)
    assert (source.sender, source.is_hub) == ("NL*TNM", False)
    (peer,) = cpo.state.peers
    assert (peer.standing, peer.token) == (Standing.REGISTERED, "TNM-1")
    assert peer.partner.credentials.token == "PLG-1"
    assert peer.partner.credentials.roles == OURS
    assert sync_feed(store, feed, now=NOW, client=client).counts["stations"] == 0


def test_the_operator_looks_us_up_before_it_answers(store, feed, us, cpo, client):
    register(store, us, client)
    assert [(r.method, r.path) for r in us.seen] == [
        ("GET", "/ocpi/versions"),
        ("GET", "/ocpi/2.3.0"),
    ]


def test_token_a_is_spent_once_registered(store, feed, us, cpo, client):
    register(store, us, client)
    with pytest.raises(FeedError, match=r"HTTP 401.*token A is spent"):
        client.connect(cpo.state.versions_url, "token-a")


def test_registering_again_changes_the_tokens_of_both(store, feed, us, cpo, client):
    register(store, us, client)
    register(store, us, client)
    assert store.feeds.credentials(feed) == {"token": "TNM-2", "our_token": "PLG-2"}
    assert [r.method for r in cpo.seen if r.path.endswith("credentials")] == ["POST", "PUT"]


def test_a_failed_handshake_leaves_everything_as_it_was(store, feed, us, cpo, client):
    with pytest.raises(FeedError, match=r"3001.*HTTP 500|3001.*HTTP 404"):
        register_feed(
            store,
            feed,
            our_versions_url=us.load().base_url + "/nowhere",
            our_roles=OURS,
            new_token=us.new_token,
            now=NOW,
            client=client,
        )
    assert store.feeds.credentials(feed) == {"token_a": "token-a"}
    assert "3001" in store.feeds.get(feed).error
    assert cpo.state.peers[0].standing is Standing.INVITED


def test_a_wrong_token_is_told_and_not_shown(store, feed, us, cpo, client):
    store.feeds.save_credentials(feed, {"token_a": "wrong-secret"})
    with pytest.raises(FeedError, match="HTTP 401") as caught:
        register(store, us, client)
    assert "wrong-secret" not in str(caught.value)
    assert "wrong-secret" not in store.feeds.get(feed).error


def test_an_operator_registers_with_us(store, us, cpo, client):
    store.feeds.add(Source(name="cpo", kind="ocpi"), {"our_token": "invitation"})
    cpo.state = cpo.state.invite("plugsure", "for-plugsure")
    connection = client.register(
        us.load().versions_url,
        "invitation",
        cpo.state.versions_url,
        THEIRS,
        our_token="for-plugsure",
    )
    assert connection.token == "PLG-1"
    assert store.feeds.credentials("cpo") == {"token": "for-plugsure", "our_token": "PLG-1"}
    source = store.feeds.get("cpo")
    assert (source.url, source.sender) == (cpo.state.versions_url, "NL*TNM")
    (peer,) = us.load({"Authorization": "Token PLG-1"}).peers
    assert peer.standing is Standing.REGISTERED


def test_an_operator_that_leaves_may_call_no_more(store, us, cpo, client):
    store.feeds.add(Source(name="cpo", kind="ocpi"), {"our_token": "ours", "token": "theirs"})
    url = us.load().base_url + "/2.2.1/credentials"
    headers = {"Authorization": authorization("ours", encoded=True)}
    assert client.fetch(Wanted("DELETE", url, headers))[0] == 200
    assert store.feeds.credentials("cpo") == {}
    assert client.fetch(Wanted("GET", url, headers))[0] == 401
