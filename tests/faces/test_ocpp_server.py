"""Charge points over real websockets: who is let in, what is answered, what reaches a plan."""

import asyncio
import json
import logging
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ocpp.exceptions import OCPPError
from websockets.exceptions import ConnectionClosed, InvalidStatus

from planner.feeds.depots.registry import register, unregister
from planner.model.station import DEPOT_PARTY
from planner.model.token import Token, TokenType, Wallet
from planner.settings import Settings
from planner.store.store import Store
from tests.faces.awaiting import finish
from tests.faces.charge_points import (
    Clock,
    Served,
    basic,
    line,
    open_home,
    post_16,
    post_201,
    registration,
    serving,
)

NOW = 1_790_000_000.0
UID = "04A1B2C3D4E5F6"
TOKEN = Token(uid=UID, type=TokenType.RFID, contract_id="DE-ABC-C12345678-X", provider="DE*ABC")
STATION = f"{DEPOT_PARTY}*Nord"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path, database=f"sqlite:///{tmp_path / 'plugsure.sqlite'}")


@pytest.fixture
def store(settings: Settings) -> Iterator[Store]:
    """Two charge points at one depot, and a wallet."""
    opened = open_home(settings)
    register(
        opened, [registration("CP-1", "ccs:150@920", "type2:22"), registration("CP-2")], now=NOW
    )
    opened.wallets.save(Wallet(id="anna", tokens=(TOKEN,)))
    yield opened
    opened.close()


@pytest.fixture
def clock() -> Clock:
    return Clock(NOW)


@pytest.fixture
def served(settings: Settings, store: Store, clock: Clock) -> Iterator[Served]:
    with serving(settings, clock) as running:
        yield running


def statuses(store: Store) -> dict[str, str]:
    """The status of each EVSE as the next plan sees it."""
    snapshot = store.snapshot()
    return {
        snapshot.evse(number).uid: snapshot.status_word(number).value
        for number in range(len(snapshot.status))
    }


def sessions(store: Store) -> list[dict[str, Any]]:
    """All sessions, the earliest first."""
    with store.database.reading() as connection:
        feed = store.charge_points.all()[0].feed
        names = store.objects.stamps(connection, feed, "sessions")
        found = [
            json.loads(held.body)
            for held in store.objects.read(connection, feed, "sessions", names).values()
        ]
    return sorted(found, key=lambda one: (one["start_date_time"], one["id"]))


async def soon(test: Any, within_s: float = 4.0) -> None:
    """Wait until something holds."""
    until = time.monotonic() + within_s
    while not test():
        assert time.monotonic() < until, "it did not come to hold in time"
        await asyncio.sleep(0.05)


def test_charge_points_of_both_versions_tell_their_status_to_the_next_plan(
    served: Served, store: Store, clock: Clock
) -> None:
    async def run() -> None:
        async with post_16(served, "CP-1") as one, post_201(served, "CP-2") as two:
            booted = await one.boot()
            assert (booted.status, booted.interval) == ("Accepted", 60)
            assert (await two.boot()).status == "Accepted"
            assert set(statuses(store).values()) == {"UNKNOWN"}
            clock.now += 5
            await asyncio.gather(
                one.status(1, "Available", clock.now),
                two.status(1, 1, "Occupied", clock.now),
            )
            await one.status(2, "Faulted")
            began = time.monotonic()
            wanted = {"CP-1-1": "AVAILABLE", "CP-1-2": "OUTOFORDER", "CP-2-1": "CHARGING"}
            assert statuses(store) == wanted
            assert time.monotonic() - began < 2

    finish(run())


def test_a_transaction_of_1_6_becomes_a_session(served: Served, store: Store, clock: Clock) -> None:
    async def run() -> None:
        async with post_16(served, "CP-1") as one:
            assert await one.authorize(UID) == "Accepted"
            assert await one.authorize(UID.lower()) == "Accepted"
            assert await one.authorize("DEADBEEF") == "Invalid"
            begun = await one.start_charging(1, UID, 1000, NOW - 900)
            assert begun.id_tag_info == {"status": "Accepted"}
            await one.meter(1, 4500.0, NOW - 600, begun.transaction_id)
            assert [s["status"] for s in sessions(store)] == ["ACTIVE"]
            assert sessions(store)[0]["kwh"] == 3.5
            await one.stop_charging(begun.transaction_id, 21_000, NOW - 60, UID)

    finish(run())
    (session,) = sessions(store)
    assert (session["status"], session["kwh"]) == ("COMPLETED", 20.0)
    assert (session["location_id"], session["evse_uid"]) == ("Nord", "CP-1-1")
    assert session["cdr_token"]["contract_id"] == TOKEN.contract_id
    used = [row for row in store.snapshot().token_evidence if row.kind == "succeeded"]
    assert [(row.token, row.station_id, row.evse_uid) for row in used] == [
        (TOKEN.digest, STATION, "CP-1-1")
    ]


def test_a_transaction_of_2_0_1_becomes_a_session(served: Served, store: Store) -> None:
    async def run() -> None:
        async with post_201(served, "CP-2") as two:
            assert await two.authorize(UID) == "Accepted"
            assert await two.authorize(UID, "eMAID") == "Invalid"
            begun = await two.event("Started", "T1", NOW - 900, kwh=10.0, evse=1, uid=UID)
            assert begun.id_token_info == {"status": "Accepted"}
            await two.event("Updated", "T1", NOW - 600, kwh=12.0)
            await two.event("Ended", "T1", NOW - 60, kwh=31.5)

    finish(run())
    (session,) = sessions(store)
    assert (session["status"], session["kwh"], session["evse_uid"]) == ("COMPLETED", 21.5, "CP-2-1")


def test_what_was_kept_offline_comes_late_and_twice_and_changes_nothing(
    served: Served, store: Store, clock: Clock
) -> None:
    async def run() -> None:
        async with post_16(served, "CP-1") as one:
            await one.status(1, "Charging", NOW - 10)
            await one.status(1, "Available", NOW - 7200)
            first = await one.start_charging(1, UID, 0, NOW - 7000)
            again = await one.start_charging(1, UID, 0, NOW - 7000)
            assert again.transaction_id == first.transaction_id
            for _ in range(2):
                await one.stop_charging(first.transaction_id, 9000, NOW - 5000)
            await one.start_charging(1, UID, 0, NOW - 7000)

    finish(run())
    assert statuses(store)["CP-1-1"] == "CHARGING"
    (session,) = sessions(store)
    assert (session["status"], session["kwh"]) == ("COMPLETED", 9.0)


def test_unknown_charge_points_and_wrong_passwords_are_refused_and_soon_made_to_wait(
    served: Served, clock: Clock
) -> None:
    async def refused(name: str, headers: dict[str, str]) -> tuple[int, Any]:
        with pytest.raises(InvalidStatus) as told:
            async with line(served, name, "ocpp1.6", headers=headers):
                pass
        return told.value.response.status_code, told.value.response.headers

    async def run() -> None:
        assert (await refused("CP-9", basic("CP-9")))[0] == 401
        assert (await refused("CP-1", {}))[1]["WWW-Authenticate"].startswith("Basic")
        assert (await refused("CP-1", basic("CP-2")))[0] == 401
        for _ in range(4):
            assert (await refused("CP-1", basic("CP-1", "a wrong password")))[0] == 401
        status, headers = await refused("CP-1", basic("CP-1"))
        assert status == 429
        assert 0 < int(headers["Retry-After"]) <= 301
        async with line(served, "CP-2", "ocpp1.6"):
            pass
        clock.now += 301
        async with line(served, "CP-1", "ocpp1.6"):
            pass

    finish(run())


def test_no_other_subprotocol_is_spoken(served: Served) -> None:
    async def run() -> None:
        with pytest.raises(InvalidStatus) as told:
            async with line(served, "CP-1", "ocpp1.5"):
                pass
        assert told.value.response.status_code == 400

    finish(run())


BAD = [
    ("this is no JSON", "-1"),
    ("{}", "-1"),
    ("[2]", "-1"),
    ("[" * 50_000, "-1"),
    ('[2,5,"Heartbeat",{}]', "-1"),
    ('[2,"a","Heartbeat"]', "a"),
    ('[2,"a",["Heartbeat"],{}]', "a"),
    ('[2,"a","Heartbeat",[]]', "a"),
    ('[9,"a","Heartbeat",{}]', "a"),
    ('[2,"a","MakeCoffee",{}]', "a"),
    ('[2,"a","Authorize",{}]', "a"),
    ('[2,"a","DataTransferred",{"vendorId":"x"}]', "a"),
]


@pytest.mark.parametrize("version", ["ocpp1.6", "ocpp2.0.1"])
def test_malformed_frames_are_answered_and_cost_no_connection(served: Served, version: str) -> None:
    async def run() -> None:
        async with line(served, "CP-1", version) as socket:
            for raw, name in BAD:
                await socket.send(raw)
                told = json.loads(await asyncio.wait_for(socket.recv(), 5))
                assert told[:2] == [4, name], raw[:40]
            await socket.send(b"\xff\xfe\x00")
            assert json.loads(await asyncio.wait_for(socket.recv(), 5))[0] == 4
            await socket.send('[3,"never-asked",{}]')
            await socket.send('[2,"b","Heartbeat",{}]')
            assert json.loads(await asyncio.wait_for(socket.recv(), 5))[:2] == [3, "b"]

    finish(run())


def test_a_silent_charge_point_is_unknown_and_tells_again_when_it_is_back(
    served: Served, store: Store, clock: Clock
) -> None:
    async def run() -> None:
        async with post_16(served, "CP-1") as one:
            await one.status(1, "Available", NOW)
            await one.status(2, "Faulted", NOW)
            one.socket.transport.abort()  # dies without a word
        await soon(lambda: not served.server._desk.presence._connected)
        clock.now += 290
        await asyncio.sleep(0.4)
        assert statuses(store)["CP-1-1"] == "AVAILABLE"
        clock.now += 20
        await soon(lambda: statuses(store)["CP-1-1"] == "UNKNOWN")
        assert statuses(store)["CP-1-2"] == "OUTOFORDER"
        clock.now += 600
        async with post_16(served, "CP-1") as one:
            one.statuses = {1: "Charging", 2: "Available"}
            await soon(lambda: statuses(store)["CP-1-1"] == "CHARGING", 8)
            await soon(lambda: statuses(store)["CP-1-2"] == "AVAILABLE")
            assert one.asked == 2

    finish(run())


def test_who_cannot_be_asked_is_believed_again_after_a_silence(
    served: Served, store: Store, clock: Clock
) -> None:
    async def run() -> None:
        async with post_201(served, "CP-2") as two:
            await two.status(1, 1, "Available", NOW)
        await soon(lambda: not served.server._desk.presence._connected)
        clock.now += 86_500
        await soon(lambda: statuses(store)["CP-2-1"] == "INOPERATIVE")
        async with post_201(served, "CP-2"):
            await soon(lambda: statuses(store)["CP-2-1"] == "UNKNOWN")
            await soon(lambda: statuses(store)["CP-2-1"] == "AVAILABLE", 8)

    finish(run())


def test_a_server_that_starts_again_knows_what_was_told_and_who_has_been_silent(
    settings: Settings, store: Store, clock: Clock
) -> None:
    async def charge(served: Served) -> int:
        async with post_16(served, "CP-1") as one, post_201(served, "CP-2") as two:
            await one.status(1, "Charging", NOW)
            await two.status(1, 1, "Available", NOW)
            return int((await one.start_charging(1, UID, 500, NOW)).transaction_id)

    async def end(served: Served, number: int) -> None:
        async with post_16(served, "CP-1") as one:
            one.statuses = {1: "Available"}
            await one.stop_charging(number, 8500, NOW + 1800)
            await soon(lambda: statuses(store)["CP-1-1"] == "AVAILABLE", 8)
            await soon(lambda: statuses(store)["CP-2-1"] == "UNKNOWN")

    with serving(settings, clock) as before:
        number = finish(charge(before))
    clock.now += 3600
    with serving(settings, clock) as after:
        finish(end(after, number))
    (session,) = sessions(store)
    assert (session["status"], session["kwh"]) == ("COMPLETED", 8.0)


def test_a_newer_connection_of_a_charge_point_takes_the_place_of_the_older(
    served: Served, store: Store, clock: Clock
) -> None:
    async def run() -> None:
        async with line(served, "CP-1", "ocpp1.6") as older, post_16(served, "CP-1") as newer:
            with pytest.raises(ConnectionClosed):
                await asyncio.wait_for(older.recv(), 5)
            await newer.status(1, "Available", NOW)
            clock.now += 400
            await asyncio.sleep(0.4)
            assert statuses(store)["CP-1-1"] == "AVAILABLE"

    finish(run())


def test_a_charge_point_that_is_taken_out_is_let_go(served: Served, store: Store) -> None:
    async def run() -> None:
        async with line(served, "CP-1", "ocpp1.6") as socket:
            await soon(lambda: store.charge_points.get("CP-1").heard is not None)
            await asyncio.to_thread(unregister, store, "CP-1", now=NOW)
            with pytest.raises(ConnectionClosed):
                await asyncio.wait_for(socket.recv(), 5)
        assert set(statuses(store)) == {"CP-2-1"}

    finish(run())


def test_many_charge_points_at_once_are_served_in_order(
    settings: Settings, store: Store, clock: Clock
) -> None:
    names = [f"P-{number}" for number in range(12)]
    register(store, [registration(name, depot="Sued") for name in names], now=NOW)

    async def one_day(served: Served, name: str) -> None:
        async with post_16(served, name) as post:
            await post.boot()
            for charge in range(3):
                at = NOW - 3000 + charge * 900
                await post.status(1, "Charging", at)
                begun = await post.start_charging(1, UID, charge * 1000, at)
                await post.stop_charging(begun.transaction_id, charge * 1000 + 700, at + 600)
                await post.status(1, "Available", at + 601)

    async def run(served: Served) -> None:
        await asyncio.gather(*(one_day(served, name) for name in names))

    with serving(settings, clock) as served:
        finish(run(served))
    with store.database.reading() as connection:
        feed = store.charge_points.get("P-0").feed
        held = store.objects.stamps(connection, feed, "sessions")
        bodies = store.objects.read(connection, feed, "sessions", held).values()
    told = [json.loads(one.body) for one in bodies]
    assert len(told) == 36
    assert {(one["status"], one["kwh"]) for one in told} == {("COMPLETED", 0.7)}
    assert {statuses(store)[f"{name}-1"] for name in names} == {"AVAILABLE"}


def test_no_uid_and_no_password_is_ever_logged(
    served: Served, caplog: pytest.LogCaptureFixture, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.DEBUG)
    for name in ("ocpp", "websockets.client"):  # the client's own words are its own
        monkeypatch.setattr(logging.getLogger(name), "level", logging.CRITICAL)

    async def run() -> None:
        async with post_16(served, "CP-1") as one:
            await one.authorize(UID)
            begun = await one.start_charging(1, UID, 0, clock.now)
            await one.stop_charging(begun.transaction_id, 100, clock.now, UID)
            await one.stop_charging(4711, 100, clock.now, UID)
            await one.socket.send(f'[2,"x","Authorize",{{"idTag":"{UID}{UID}"}}]')
            await one.socket.send(f'[2,"x","Authorize",{{"{UID}":"{UID}"}}]')
            await one.socket.send(f"{UID} is no frame")
            await one.authorize(UID)

    finish(run())
    said = "\n".join(record.getMessage() + (record.exc_text or "") for record in caplog.records)
    assert "CP-1 connected" in said
    assert "never began" in said
    assert UID not in said
    assert basic("CP-1")["Authorization"] not in said


def test_what_is_not_registered_is_refused_and_who_is_not_known_proves_nothing(
    served: Served, store: Store, clock: Clock
) -> None:
    async def run() -> None:
        async with post_16(served, "CP-1") as one, post_201(served, "CP-2") as two:
            with pytest.raises(OCPPError) as told:
                await one.start_charging(3, UID, 0, NOW)
            assert told.value.code == "PropertyConstraintViolation"
            with pytest.raises(OCPPError):
                await two.event("Started", "T1", NOW, evse=7, uid=UID)
            await one.status(3, "Available", NOW)
            begun = await one.start_charging(1, "DEADBEEF", 0, NOW - 60)
            assert begun.id_tag_info == {"status": "Invalid"}
            await one.stop_charging(begun.transaction_id, 900, NOW)
            button = {"id_token": "", "type": "NoAuthorization"}
            assert (await two.event("Started", "T2", NOW - 60, kwh=1.0, evse=1)) is not None
            await two.event("Ended", "T2", NOW, kwh=2.0)
            assert await two.authorize(button["id_token"], button["type"]) == "Invalid"

    finish(run())
    told = {one["evse_uid"]: one for one in sessions(store)}
    assert told["CP-1-1"]["kwh"] == 0.9
    assert told["CP-2-1"]["kwh"] == 1.0
    assert "cdr_token" not in told["CP-2-1"]
    assert [row.kind for row in store.snapshot().token_evidence] == ["whitelisted"]
