"""Pulls go on where they were cut off, and give way to what was pushed meanwhile."""

from typing import Any

import pytest
from werkzeug import Response

from planner.errors import FeedError
from planner.feeds.sync import sync_feed
from planner.model.station import STATUSES
from planner.ocpi.times import write_time
from planner.store.feeds import Source
from planner.store.store import Store
from tests.feeds.partner import Partner, desk_of, location

NOW = 1_780_819_200.0


def at(seconds: float) -> str:
    return write_time(NOW + seconds)


def place(number: int, seconds: float = -3600, **facts: Any) -> dict[str, Any]:
    return {**location(f"L{number}", f"E{number}", at=at(seconds)), **facts}


@pytest.fixture
def store(either_store: Store) -> Store:
    return either_store


@pytest.fixture
def feed(party: Any, store: Store) -> str:
    party.lists["locations"] = [place(n) for n in range(1, 8)]
    store.feeds.add(
        Source(name="cpo", kind="ocpi", url=party.versions_url, sender="NL*TNM"),
        {"token": "secret-token-c", "our_token": "ours"},
    )
    return "cpo"


def pusher(store: Store, seconds: float) -> Partner:
    return Partner(desk_of(store, lambda: NOW + seconds), "ours")


def names(store: Store) -> list[str]:
    return [station.location_id for station in store.snapshot().stations]


def asked(party: Any) -> list[str]:
    """The offsets of all pages of Locations that were asked for."""
    pages = [r for r in party.asked if r.path.endswith("/locations")]
    return [r.args.get("offset", "0") for r in pages]


def test_a_pull_goes_on_where_it_was_cut_off(
    party: Any, store: Store, feed: str, client: Any
) -> None:
    party.first = [party.whole, party.whole, lambda _: Response("gone", 403)]
    with pytest.raises(FeedError):
        sync_feed(store, feed, now=NOW, client=client)
    assert (asked(party), names(store)) == (["0", "3", "6"], [])
    report = sync_feed(store, feed, now=NOW + 60, client=client)
    assert asked(party)[3:] == ["6"]
    assert (report.full, report.at, len(names(store))) == (True, NOW, 7)
    assert any("cut off" in note for note in report.notes)
    assert store.feeds.get(feed).last_sync == NOW
    assert store.pages.load(feed, "locations") == ()


def test_pages_that_are_too_old_or_no_longer_known_are_asked_for_anew(
    party: Any, store: Store, feed: str, client: Any
) -> None:
    cut = [party.whole, party.whole, lambda _: Response("gone", 403)]
    for later in (60, 4000):
        party.first = list(cut)
        with pytest.raises(FeedError):
            sync_feed(store, feed, now=NOW, client=client)
        before = len(asked(party))
        if later == 60:
            party.first = [lambda _: Response("what page?", 404)]
        sync_feed(store, feed, now=NOW + later, client=client)
        again = asked(party)[before:]
        assert again == (["6", "0", "3", "6"] if later == 60 else ["0", "3", "6"])
        assert len(names(store)) == 7
        store.remove_feed(feed)
        store.feeds.add(
            Source(name=feed, kind="ocpi", url=party.versions_url, sender="NL*TNM"),
            {"token": "secret-token-c"},
        )


def test_what_was_pulled_can_be_patched(party: Any, store: Store, feed: str, client: Any) -> None:
    sync_feed(store, feed, now=NOW, client=client)
    us = pusher(store, 60)
    told = us.ask("PATCH", "locations/NL/TNM/L3/E3", {"status": "BLOCKED", "last_updated": at(50)})
    assert told.code == 1000
    assert us.ask("GET", "locations/NL/TNM/L3/E3").data["status"] == "BLOCKED"


@pytest.mark.parametrize("full", [True, False])
def test_a_pull_does_not_turn_back_what_was_pushed(
    full: bool, party: Any, store: Store, feed: str, client: Any
) -> None:
    sync_feed(store, feed, now=NOW, client=client)
    us = pusher(store, 100)
    us.ask("PATCH", "locations/NL/TNM/L3", {"name": "Pushed", "last_updated": at(90)})
    us.ask("PATCH", "locations/NL/TNM/L3/E3", {"status": "BLOCKED", "last_updated": at(95)})
    party.lists["locations"][2] = place(3, 80, name="Stale")
    sync_feed(store, feed, now=NOW + 200, full=full, client=client)
    seen = store.snapshot()
    number = names(store).index("L3")
    assert seen.stations[number].name == "Pushed"
    assert str(STATUSES[seen.status[number]]) == "BLOCKED"
    assert us.ask("GET", "locations/NL/TNM/L3").data["name"] == "Pushed"
    party.lists["locations"][2] = place(3, 300, name="Newer")
    sync_feed(store, feed, now=NOW + 400, full=full, client=client)
    assert store.snapshot().stations[number].name == "Newer"
    assert us.ask("GET", "locations/NL/TNM/L3").data["name"] == "Newer"


def test_a_location_pushed_during_a_full_pull_is_not_taken_for_gone(
    party: Any, store: Store, feed: str, client: Any
) -> None:
    sync_feed(store, feed, now=NOW, client=client)

    def meanwhile(request: Any) -> Response:
        us = pusher(store, 205)
        assert us.ask("PUT", "locations/NL/TNM/L9", place(9, 204)).status == 201
        assert us.ask("PUT", "tariffs/NL/TNM/X", tariff("X")).status == 201
        answer: Response = party.whole(request)
        return answer

    party.first = [meanwhile]
    del party.lists["locations"][0]
    sync_feed(store, feed, now=NOW + 200, full=True, client=client)
    assert names(store) == ["L2", "L3", "L4", "L5", "L6", "L7", "L9"]
    assert ("NL*TNM", "X") in store.snapshot().tariffs
    us = pusher(store, 210)
    assert us.ask("GET", "locations/NL/TNM/L1").status == 404
    sync_feed(store, feed, now=NOW + 300, full=True, client=client)
    assert names(store) == ["L2", "L3", "L4", "L5", "L6", "L7"]


def test_a_date_far_in_the_future_does_not_ward_off_news_for_ever(
    party: Any, store: Store, feed: str, client: Any
) -> None:
    party.lists["locations"][0] = place(1, 10**8, name="From the future")
    sync_feed(store, feed, now=NOW, client=client)
    party.lists["locations"][0] = place(1, 50, name="Mended")
    sync_feed(store, feed, now=NOW + 100, full=True, client=client)
    assert store.snapshot().stations[0].name == "Mended"


def tariff(name: str) -> dict[str, Any]:
    return {
        "country_code": "NL",
        "party_id": "TNM",
        "id": name,
        "currency": "EUR",
        "elements": [{"price_components": [{"type": "ENERGY", "price": 0.3, "step_size": 1}]}],
        "last_updated": at(0),
    }


def test_a_pull_goes_on_by_the_new_token_if_the_tokens_change_meanwhile(
    party: Any, store: Store, feed: str, client: Any
) -> None:
    def rotated(_: Any) -> Response:
        told = {"token": "secret-token-d", "our_token": "ours-2"}
        store.feeds.save_credentials(feed, told)
        return Response("who is there?", 401)

    party.first = [party.whole, rotated]
    report = sync_feed(store, feed, now=NOW, client=client)
    assert report.counts["stations"] == 7
    assert any("cut off" in note for note in report.notes)
    said = [r.headers["Authorization"] for r in party.asked]
    assert len(set(said)) == 2
    party.first = [lambda _: Response("no", 401)]
    with pytest.raises(FeedError, match="401"):
        sync_feed(store, feed, now=NOW + 60, client=client)
