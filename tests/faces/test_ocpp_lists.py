"""Charge points that are offline open to the fleet's own cards: by lists that we bring them."""

import asyncio
import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import ocpp.v16
import ocpp.v201
import pytest
from ocpp.routing import on
from ocpp.v16 import call_result as result_16
from ocpp.v201 import call_result as result_201

from planner.feeds.depots.local_lists import Card, Room, cards_for, write_list
from planner.feeds.depots.registry import register
from planner.model.token import Token, TokenType, Wallet
from planner.settings import Settings
from planner.store.issued import IssuedToken
from planner.store.store import Store
from tests.faces.awaiting import finish
from tests.faces.charge_points import Clock, Served, line, open_home, registration, serving

NOW = 1_790_000_000.0
PART = 3


def token(uid: str, **facts: Any) -> Token:
    made = {"type": TokenType.RFID, "contract_id": f"C{uid}", "provider": "DE*ABC", **facts}
    return Token(uid=uid, **made)


class Lists:
    """What a charge point does with lists, in either version; lost with nothing but its power."""

    def __init__(self) -> None:
        self.cards: dict[str, str | None] = {}
        self.number = 0
        self.switched: list[str] = []
        self.sent = 0

    def take(self, number: int, kind: str, cards: dict[str, str | None]) -> str:
        self.sent += 1
        if kind == "Differential" and number <= self.number:
            return "VersionMismatch"
        assert len(cards) <= PART, "more than it takes at once"
        self.cards = cards if kind == "Full" else self.cards | cards
        self.number = number
        return "Accepted"


class Post16(ocpp.v16.ChargePoint):
    """A charge point of 1.6 that keeps a list."""

    lists: Lists

    @on("GetLocalListVersion")
    async def version(self) -> Any:
        return result_16.GetLocalListVersion(list_version=self.lists.number)

    @on("GetConfiguration")
    async def told(self, key: list[str]) -> Any:
        assert "SendLocalListMaxLength" in key
        known = {"key": "SendLocalListMaxLength", "readonly": True, "value": str(PART)}
        return result_16.GetConfiguration(configuration_key=[known])

    @on("ChangeConfiguration")
    async def change(self, key: str, value: str) -> Any:
        self.lists.switched.append(f"{key}={value}")
        return result_16.ChangeConfiguration(status="Accepted")

    @on("SendLocalList")
    async def take(self, list_version: int, update_type: str, **told: Any) -> Any:
        rows = told.get("local_authorization_list", [])
        cards = {row["id_tag"]: row["id_tag_info"].get("expiry_date") for row in rows}
        return result_16.SendLocalList(status=self.lists.take(list_version, update_type, cards))


class Post201(ocpp.v201.ChargePoint):
    """A charge point of 2.0.1 that keeps a list."""

    lists: Lists

    @on("GetLocalListVersion")
    async def version(self) -> Any:
        return result_201.GetLocalListVersion(version_number=self.lists.number)

    @on("GetVariables")
    async def told(self, get_variable_data: list[Any]) -> Any:
        said = {"attribute_status": "Accepted", "attribute_value": str(PART)}
        return result_201.GetVariables(get_variable_result=[{**get_variable_data[0], **said}])

    @on("SetVariables")
    async def change(self, set_variable_data: list[Any]) -> Any:
        self.lists.switched += [f"{v['variable']['name']}=true" for v in set_variable_data]
        done = [
            {"attribute_status": "Accepted", "component": v["component"], "variable": v["variable"]}
            for v in set_variable_data
        ]
        return result_201.SetVariables(set_variable_result=done)

    @on("SendLocalList")
    async def take(self, version_number: int, update_type: str, **told: Any) -> Any:
        rows = told.get("local_authorization_list", [])
        cards = {
            f"{row['id_token']['type']} {row['id_token']['id_token']}": row["id_token_info"].get(
                "cache_expiry_date_time"
            )
            for row in rows
        }
        return result_201.SendLocalList(status=self.lists.take(version_number, update_type, cards))


POSTS: dict[str, type[Any]] = {"ocpp1.6": Post16, "ocpp2.0.1": Post201}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path, database=f"sqlite:///{tmp_path / 'plugsure.sqlite'}")


@pytest.fixture
def store(settings: Settings) -> Iterator[Store]:
    opened = open_home(settings)
    register(opened, [registration("CP-1")], now=NOW)
    cards = (token("04AA"), token("04BB", expires=NOW + 3600.0), token("04CC", valid=False))
    app = token("app-1", type=TokenType.APP_USER)
    opened.wallets.save(Wallet(id="anna", tokens=(*cards, app)))
    opened.issued.save(
        [IssuedToken(token=token(f"05{n:02d}")) for n in range(4)]
        + [IssuedToken(token=token("06FF"), has_credit=False)]
        + [IssuedToken(token=token("L" * 21))]
        + [IssuedToken(token=token("DEABCC12345678X", type=TokenType.EMAID, contract_id=""))]
    )
    yield opened
    opened.close()


@pytest.fixture
def clock() -> Clock:
    return Clock(NOW)


@pytest.fixture
def served(settings: Settings, store: Store, clock: Clock) -> Iterator[Served]:
    with serving(settings, clock) as running:
        yield running


async def connected(served: Served, version: str, lists: Lists, until: Callable[[], Any]) -> None:
    async with line(served, "CP-1", version) as socket:
        post = POSTS[version]("CP-1", socket, response_timeout=10)
        post.lists = lists
        listening = asyncio.create_task(post.start())
        try:
            async with asyncio.timeout(20):
                while not until():  # noqa: ASYNC110 -- what it waits for is not ours to tell
                    await asyncio.sleep(0.05)
            await asyncio.sleep(0.4)  # whatever else would come
        finally:
            listening.cancel()


CARDS_16 = {"04AA", "04BB", *(f"050{n}" for n in range(4))}
CARDS = {
    "ocpp1.6": CARDS_16,
    "ocpp2.0.1": {f"ISO14443 {uid}" for uid in (*CARDS_16, "L" * 21)} | {"eMAID DEABCC12345678X"},
}


@pytest.mark.parametrize("version", POSTS)
def test_a_charge_point_is_brought_the_fleets_cards_in_the_parts_that_it_takes(
    version: str, served: Served, store: Store, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "planner")
    lists, wanted = Lists(), CARDS[version]
    finish(connected(served, version, lists, lambda: len(lists.cards) == len(wanted)))
    assert set(lists.cards) == wanted
    assert [until for name, until in lists.cards.items() if name.endswith("04BB")] == [
        "2026-09-21T15:13:20Z"
    ]
    assert any("LocalAuthorizeOffline" in word for word in lists.switched)
    before = lists.sent
    clock.now += 60.0
    finish(connected(served, version, lists, lambda: True))
    assert lists.sent == before, "who has the list is not brought it again"
    store.wallets.save(Wallet(id="anna", tokens=(token("04DD"),)))
    finish(
        connected(
            served, version, lists, lambda: any(name.endswith("04DD") for name in lists.cards)
        )
    )
    assert not any(name.endswith(("04AA", "04BB")) for name in lists.cards), "gone is gone"
    ours = " ".join(r.getMessage() for r in caplog.records if r.name.startswith("planner"))
    assert "cards for when it is offline" in ours
    assert not any(uid in ours for uid in ("04AA", "04DD", "0501"))


def test_a_list_that_is_changed_while_it_is_connected_comes_at_once_and_an_empty_one_too(
    served: Served, store: Store
) -> None:
    lists = Lists()

    def empty() -> bool:
        if lists.cards and store.wallets.stored():
            store.wallets.remove("anna")
            named = store.issued.page(since=None, until=None, offset=0, limit=99)[0]
            store.issued.save([replace_valid(one) for one in named])
        return lists.number > 0 and not lists.cards

    finish(connected(served, "ocpp1.6", lists, empty))
    assert lists.cards == {}


def replace_valid(one: IssuedToken) -> IssuedToken:
    return IssuedToken(token=token(one.token.uid, valid=False, type=one.token.type))


def test_a_list_is_parted_and_numbered_and_what_finds_no_room_is_left_out() -> None:
    cards = tuple(Card(f"{n:02d}", "ISO14443") for n in range(7))
    told = list(write_list(cards, "1.6", 10, Room(most=5, part=2)))
    assert [one["listVersion"] for one in told] == [10, 11, 12]
    assert [one["updateType"] for one in told] == ["Full", "Differential", "Differential"]
    assert [len(one["localAuthorizationList"]) for one in told] == [2, 2, 1]
    assert list(write_list((), "2.0.1", 3, Room())) == [{"versionNumber": 3, "updateType": "Full"}]
    assert cards_for((Card("x" * 30, "Local"), Card("C", "eMAID")), "1.6") == ()
