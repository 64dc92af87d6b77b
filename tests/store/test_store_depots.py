"""Own depots in the store, on SQLite and PostgreSQL alike."""

from collections.abc import Callable
from dataclasses import replace

import msgspec

from planner.feeds.depots.desk import DepotDesk
from planner.feeds.depots.plugs import read_evse
from planner.feeds.depots.registry import Registration, register, unregister
from planner.model.geo import LonLat
from planner.model.token import Token, TokenType, Wallet
from planner.store.charge_points import ChargePoint, Depot
from planner.store.issued import IssuedToken
from planner.store.store import Store

NOW = 1_790_000_000.0
TOKEN = Token(uid="04AABBCC", type=TokenType.RFID, contract_id="", provider="DE*ABC")


def point(name: str) -> Registration:
    return Registration(
        depot=Depot(name="Nord", location=LonLat(11.58, 48.21), max_kw=400.0),
        point=ChargePoint(
            id=name,
            depot="Nord",
            evses=(read_evse("ccs:150@920", point=name, number=1),),
            max_kw=150.0,
        ),
        password="correct-horse-battery",
    )


def test_what_charge_points_say_is_there_for_the_next_process(
    store: Store, opened: Callable[[], Store]
) -> None:
    store.wallets.save(Wallet(id="anna", tokens=(TOKEN,)))
    register(store, [point("CP-1"), point("CP-2")], now=NOW)
    desk = DepotDesk.open(store, lambda: NOW)
    desk.presence.connect("CP-1")
    desk.presence.boot("CP-1", "Maker One")
    desk.presence.status("CP-1", 1, 1, "Available", "")
    number, _ = desk.charging.start("CP-1", 1, TOKEN.uid, 0.0, "2026-09-21T13:00:00Z")
    desk.tick()
    other = opened()
    known = other.charge_points.get("CP-1")
    assert (known.point.max_kw, known.state.made_by, known.heard) == (150.0, "Maker One", NOW)
    assert other.charge_points.depots()["Nord"].max_kw == 400.0
    again = DepotDesk.open(other, lambda: NOW + 60)
    again.charging.stop("CP-1", number, 7000.0, "2026-09-21T13:30:00Z", [], TOKEN.uid)
    with other.database.reading() as connection:
        names = other.objects.stamps(connection, known.feed, "sessions")
        (held,) = other.objects.read(connection, known.feed, "sessions", names).values()
    session = msgspec.json.decode(held.body)
    assert (session["status"], session["kwh"]) == ("COMPLETED", 7.0)
    assert {row.kind for row in other.snapshot().token_evidence} == {"whitelisted", "succeeded"}


def test_a_status_is_all_that_a_reader_reads_again(store: Store) -> None:
    register(store, [point("CP-1")], now=NOW)
    desk = DepotDesk.open(store, lambda: NOW)
    desk.presence.connect("CP-1")
    before = store.snapshot()
    desk.presence.status("CP-1", 1, 1, "Charging", "")
    after = store.snapshot(before)
    assert after.status_word(0) == "CHARGING"
    assert after.stations[0] is before.stations[0]
    assert after.static_hash == before.static_hash


def test_a_depot_that_is_removed_leaves_nothing(store: Store) -> None:
    register(store, [point("CP-1")], now=NOW)
    desk = DepotDesk.open(store, lambda: NOW)
    desk.charging.start("CP-1", 1, TOKEN.uid, 0.0, "2026-09-21T13:00:00Z")
    unregister(store, "CP-1", now=NOW)
    assert store.charge_points.all() == ()
    assert {source.name for source in store.feeds.sources()} == {"live", "file"}
    assert store.snapshot().stations == ()


def test_stored_wallets_are_not_those_of_requests_and_have_a_stamp(store: Store) -> None:
    anna = Wallet(id="anna", tokens=(TOKEN,))
    store.wallets.save(anna)
    stamp = store.wallets.stamp()
    store.wallets.save(replace(anna, id="given:abc"))
    assert (store.wallets.stored(), store.wallets.stamp()) == ((anna,), stamp)
    store.wallets.save(replace(anna, id="bert"))
    assert store.wallets.stamp() != stamp
    issued = store.issued.stamp()
    store.issued.save([IssuedToken(token=TOKEN, last_updated=NOW)])
    assert store.issued.stamp() != issued
