"""The planner knows the demo's operators by handshake and pulls only, over real HTTP."""

import secrets
import time
from dataclasses import replace

import pytest
from werkzeug import Request, Response

from planner.demo.feeding import OUR_ROLES, Feeding
from planner.errors import FeedError
from planner.feeds.partners import read_state
from planner.ocpi import party
from planner.settings import Settings
from planner.store.store import Store


def tokens_in(store: Store) -> dict[str, str]:
    return {s.name: store.feeds.credentials(s.name)["token"] for s in store.feeds.sources()}


@pytest.fixture
def store(home):
    settings = Settings.read()
    opened = Store.open(settings.database, home / "secret.key")
    yield opened
    opened.close()


@pytest.fixture
def our_side(httpserver, store):
    """Our own OCPI endpoints, answered by the planner's own party."""
    base = httpserver.url_for("/ocpi")

    def answer(request: Request) -> Response:
        state = read_state(store, request.headers, base_url=base, roles=OUR_ROLES)
        said, _ = party.respond(
            request.method,
            request.path.removeprefix("/ocpi"),
            dict(request.headers),
            request.data,
            state,
            fetch=lambda _: (500, b""),
            new_token=lambda: secrets.token_urlsafe(16),
            now=time.time(),
        )
        return Response(said.body, said.status, dict(said.headers))

    for path in ("/ocpi/versions", "/ocpi/2.2.1"):
        httpserver.expect_request(path).respond_with_handler(answer)
    return base


@pytest.fixture
def feeding(store, our_side, stranger):
    peer = stranger("hub")
    address = peer.root.removesuffix("/hub/ocpi")
    with Feeding(store, address, peer.token, our_side) as opened:
        yield opened
    for source in store.feeds.sources():
        token = store.feeds.credentials(source.name).get("token", "")
        stranger(source.name.removeprefix("demo-"), token).call("DELETE", "2.2.1/credentials")


def test_all_stations_and_tariffs_arrive_and_nothing_is_rejected(feeding, store):
    count = feeding.connect(time.time())
    snapshot = store.snapshot()
    assert count == len(snapshot.stations) > 450
    assert len(snapshot.tariffs) == 50
    assert [store.rejections(source.name) for source in store.feeds.sources()] == [[]] * 5
    feeds = snapshot.feeds
    assert [name for name in feeds if feeds[name].is_hub] == ["demo-hub"]
    assert feeds["demo-hub"].sender == "LI*G9H"
    assert feeds["demo-e9v"].sender == "AT*E9V"
    statuses = {(info.party, info.status) for info in snapshot.client_infos}
    assert ("CZ*K9N", "SUSPENDED") in statuses
    assert ("CH*F9V", "CONNECTED") in statuses


def test_a_status_change_arrives_with_the_next_pull_and_a_kept_registration_holds(
    feeding, store, stranger
):
    feeding.connect(time.time())
    tokens = tokens_in(store)
    before = store.snapshot()
    station = next(s for s in before.stations if s.party == "DE*M9S")
    uid = station.evses[0].uid
    peer = stranger()
    steer = f"{peer.root.removesuffix('/hub/ocpi')}/demo/evse/{uid}/status"
    assert peer.http.post(steer, json={"status": "BLOCKED"}).status_code == 200
    feeding.pull(time.time())
    after = store.snapshot(before)
    number = int(after.first[[s.id for s in after.stations].index(station.id)])
    assert after.status_word(number) == "BLOCKED"

    feeding.connect(time.time())
    assert tokens == {
        s.name: store.feeds.credentials(s.name)["token"] for s in store.feeds.sources()
    }


def test_a_registration_that_is_refused_is_made_anew(feeding, store, stranger):
    feeding.connect(time.time())
    held = store.feeds.credentials("demo-s9l")["token"]
    assert stranger("s9l", held).call("DELETE", "2.2.1/credentials").status_code == 200
    with pytest.raises(FeedError):
        feeding.pull(time.time())
    assert feeding.connect(time.time()) > 450
    assert store.feeds.credentials("demo-s9l")["token"] != held


def test_peers_at_another_address_are_registered_with_anew(feeding, store, our_side, stranger):
    feeding.connect(time.time())
    elsewhere = store.feeds.get("demo-e9v")
    store.feeds.save(replace(elsewhere, url="http://127.0.0.1:9/e9v/ocpi/versions"))
    stranger("e9v", store.feeds.credentials("demo-e9v")["token"]).call(
        "DELETE", "2.2.1/credentials"
    )
    assert feeding.connect(time.time()) > 450
    assert store.feeds.get("demo-e9v").url != "http://127.0.0.1:9/e9v/ocpi/versions"
