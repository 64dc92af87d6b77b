"""What a CPO pushes of its Locations is in the next snapshot, and only what it may push."""

import threading
from typing import Any

import pytest

from planner.feeds.inbox import Inbox
from planner.model.station import STATUSES
from planner.store.store import Store
from tests.databases import bytes_at_rest
from tests.feeds.partner import (
    NEW,
    NEWER,
    OLD,
    Partner,
    add_partner,
    connector,
    desk_of,
    evse,
    location,
)

HERE = "locations/NL/TNM/LOC1"


@pytest.fixture
def store(either_store: Store) -> Store:
    return either_store


@pytest.fixture
def cpo(store: Store) -> Partner:
    return Partner(desk_of(store), add_partner(store, "cpo", "NL*TNM"))


def statuses(store: Store) -> dict[str, str]:
    seen = store.snapshot()
    return {
        evse.uid: str(STATUSES[seen.status[int(seen.first[number]) + place]])
        for number, station in enumerate(seen.stations)
        for place, evse in enumerate(station.evses)
    }


@pytest.mark.parametrize("version", ["2.1.1", "2.2.1", "2.3.0"])
def test_a_location_is_made_changed_and_read_back(cpo: Partner, store: Store, version: str) -> None:
    cpo.version = version
    body = location("LOC1", "1", "2")
    if version == "2.1.1":
        del body["country_code"], body["party_id"]
    assert (cpo.ask("PUT", HERE, body).status, statuses(store)) == (
        201,
        {"1": "AVAILABLE", "2": "AVAILABLE"},
    )
    told = cpo.ask("PATCH", f"{HERE}/2", {"status": "CHARGING", "last_updated": NEW})
    assert (told.status, told.code) == (200, 1000)
    assert statuses(store) == {"1": "AVAILABLE", "2": "CHARGING"}
    held = cpo.ask("GET", HERE).data
    assert held["evses"][1]["status"] == "CHARGING"
    assert (held["last_updated"], held["evses"][1]["last_updated"]) == (NEW, NEW)
    assert held["evses"][0] == body["evses"][0]
    assert cpo.ask("GET", f"{HERE}/2/1").data["standard"] == "IEC_62196_T2_COMBO"


def test_a_status_alone_leaves_the_stations_themselves_untouched(
    cpo: Partner, store: Store
) -> None:
    cpo.ask("PUT", HERE, location())
    before = store.snapshot()
    cpo.ask("PATCH", f"{HERE}/1", {"status": "OUTOFORDER", "last_updated": NEW})
    after = store.snapshot(before)
    assert after.stations[0] is before.stations[0]
    assert after.static_hash == before.static_hash
    assert after.hash != before.hash


def test_connectors_evses_and_fields_are_pushed_one_by_one(cpo: Partner, store: Store) -> None:
    cpo.ask("PUT", HERE, location())
    assert cpo.ask("PUT", f"{HERE}/7", evse("7", at=NEW)).status == 201
    assert cpo.ask("PUT", f"{HERE}/7", evse("7", at=NEW)).status == 200
    assert cpo.ask("PUT", f"{HERE}/7/2", connector("2", at=NEW)).status == 201
    cpo.ask("PATCH", f"{HERE}/7/2", {"max_electric_power": 50000, "last_updated": NEWER})
    cpo.ask("PATCH", HERE, {"name": "Dam", "last_updated": NEWER})
    (station,) = store.snapshot().stations
    assert station.name == "Dam"
    found = {e.uid: [c.power_kw for c in e.connectors] for e in station.evses}
    assert found == {"1": [150.0], "7": [150.0, 50.0]}


def test_an_evse_that_is_removed_goes_and_comes_back(cpo: Partner, store: Store) -> None:
    cpo.ask("PUT", HERE, location("LOC1", "1", "2"))
    cpo.ask("PATCH", f"{HERE}/2", {"status": "REMOVED", "last_updated": NEW})
    assert statuses(store) == {"1": "AVAILABLE"}
    cpo.ask("PATCH", f"{HERE}/1", {"status": "REMOVED", "last_updated": NEW})
    assert statuses(store) == {}
    cpo.ask("PATCH", f"{HERE}/2", {"status": "BLOCKED", "last_updated": NEWER})
    assert statuses(store) == {"2": "BLOCKED"}


def test_older_news_changes_nothing(cpo: Partner, store: Store) -> None:
    cpo.ask("PUT", HERE, location(at=NEW))
    told = cpo.ask("PATCH", f"{HERE}/1", {"status": "BLOCKED", "last_updated": OLD})
    assert (told.status, told.code, statuses(store)) == (200, 1000, {"1": "AVAILABLE"})


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("PUT", "locations/NL/XXX/LOC1", location(), 404, 2000),
        ("PUT", "locations/NL/TNM/OTHER", location(), 200, 2001),
        ("PUT", HERE, {**location(), "party_id": "XXX"}, 200, 2001),
        ("PUT", HERE, {"id": "LOC1"}, 200, 2001),
        ("PUT", HERE, [], 200, 2001),
        ("PUT", HERE, b"{", 400, 2001),
        ("PUT", HERE, b"", 400, 2001),
        ("PATCH", HERE, {"name": "x"}, 200, 2001),
        ("PATCH", "locations/NL/TNM/NONE", {"last_updated": NEW}, 404, 2003),
        ("PATCH", f"{HERE}/9", {"last_updated": NEW}, 404, 2003),
        ("PUT", "locations/NL/TNM/NONE/1", evse("1"), 404, 2003),
        ("GET", "locations/NL/TNM/NONE", None, 404, 2003),
        ("DELETE", HERE, None, 405, 2000),
        ("POST", HERE, location(), 405, 2000),
        ("GET", "locations/NL/TNM", None, 404, 2000),
        ("GET", "nothing", None, 404, 2000),
    ],
)
def test_what_may_not_be_pushed_is_refused_and_changes_nothing(
    cpo: Partner, store: Store, method: str, path: str, body: Any, status: int, code: int
) -> None:
    cpo.ask("PUT", HERE, location())
    before = store.snapshot()
    told = cpo.ask(method, path, body)
    assert (told.status, told.code) == (status, code)
    assert store.snapshot(before) is before
    if status == 405:
        assert "PATCH" in told.headers["Allow"]


def test_one_partner_neither_changes_nor_reads_what_another_sent(store: Store) -> None:
    desk = desk_of(store)
    cpo = Partner(desk, add_partner(store, "cpo", "NL*TNM"))
    hub = Partner(desk, add_partner(store, "hub", "DE*HUB", is_hub=True))
    cpo.ask("PUT", HERE, location())
    assert hub.ask("GET", HERE).status == 404
    told = hub.ask("PATCH", f"{HERE}/1", {"status": "BLOCKED", "last_updated": NEW})
    assert (told.status, statuses(store)) == (404, {"1": "AVAILABLE"})


def test_strangers_and_invited_parties_push_nothing(store: Store) -> None:
    desk = desk_of(store)
    add_partner(store, "cpo", "NL*TNM")
    store.feeds.save_credentials("cpo", {"our_token": "token-a"})
    for token in ("guessed", "token-a"):
        assert Partner(desk, token).ask("PUT", HERE, location()).status == 401
    assert store.snapshot().stations == ()


def test_answers_carry_the_ids_and_turn_the_routing_round(store: Store) -> None:
    routed = {
        "OCPI-from-country-code": "NL",
        "OCPI-from-party-id": "TNM",
        "OCPI-to-country-code": "DE",
        "OCPI-to-party-id": "PLG",
        "X-Correlation-ID": "c-1",
    }
    cpo = Partner(desk_of(store), add_partner(store, "cpo", "NL*TNM"), headers=routed)
    told = cpo.ask("PUT", HERE, location())
    assert (told.headers["X-Request-ID"], told.headers["X-Correlation-ID"]) == ("r-1", "c-1")
    assert told.headers["OCPI-to-party-id"] == "TNM"
    assert told.headers["OCPI-from-country-code"] == "DE"
    cpo.headers["OCPI-to-party-id"] = "XXX"
    assert cpo.ask("PUT", HERE, location()).code == 4001
    assert "OCPI-to-party-id" not in cpo.ask("GET", "credentials").headers


def test_bad_parts_are_listed_and_the_rest_is_kept(cpo: Partner, store: Store) -> None:
    odd = evse("2", connectors=[{"id": "1"}], status="SOMETHING_NEW")
    cpo.ask("PUT", HERE, location("LOC1", "1") | {"evses": [evse("1"), odd], "made_up": 1})
    assert statuses(store) == {"1": "AVAILABLE"}
    assert any("2" in fault.place for fault in store.rejections("cpo"))
    assert cpo.ask("GET", HERE).data["made_up"] == 1
    assert cpo.ask("GET", f"{HERE}/2").data["status"] == "SOMETHING_NEW"


def test_an_id_with_a_slash_is_one_id(cpo: Partner, store: Store) -> None:
    cpo.ask("PUT", "locations/NL/TNM/A%2FB", location("A/B"))
    assert [station.location_id for station in store.snapshot().stations] == ["A/B"]


def test_pushes_that_come_at_once_are_all_kept(cpo: Partner, store: Store) -> None:
    count = 24
    cpo.ask("PUT", HERE, location("LOC1", *(str(n) for n in range(count))))
    answers: list[int] = []

    def push(number: int) -> None:
        told = cpo.ask("PATCH", f"{HERE}/{number}", {"status": "CHARGING", "last_updated": NEW})
        answers.append(told.code)

    threads = [threading.Thread(target=push, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [1000] * count
    assert set(statuses(store).values()) == {"CHARGING"}
    held = cpo.ask("GET", HERE).data
    assert {e["status"] for e in held["evses"]} == {"CHARGING"}


def test_an_item_that_breaks_its_batch_is_refused_alone() -> None:
    started, go = threading.Event(), threading.Event()
    batches: list[list[int]] = []

    def take(items: Any) -> list[int]:
        started.set()
        go.wait(5)
        batches.append(list(items))
        if 3 in items:
            raise ValueError("three")
        return [item * 2 for item in items]

    inbox: Inbox[int, int] = Inbox(take)
    found: dict[int, Any] = {}

    def submit(number: int) -> None:
        try:
            found[number] = inbox.submit(number)
        except ValueError as error:
            found[number] = str(error)

    threads = [threading.Thread(target=submit, args=(n,)) for n in range(5)]
    threads[0].start()
    started.wait(5)
    for thread in threads[1:]:
        thread.start()
    while len(inbox._waiting) < 4:
        pass
    go.set()
    for thread in threads:
        thread.join()
    assert found == {0: 0, 1: 2, 2: 4, 3: "three", 4: 8}
    assert batches[0] == [0]
    assert sorted(batches[1]) == [1, 2, 3, 4]


def test_no_secret_is_stored_in_the_clear(cpo: Partner, store: Store) -> None:
    cpo.ask("PUT", HERE, location())
    raw = bytes_at_rest(store)
    assert b"Amsterdam" in raw
    assert b"ours-cpo" not in raw
    assert b"theirs-cpo" not in raw
