"""Parties register with us in each version, change their tokens and leave; we do so with them."""

import base64
import json
from typing import Any

import httpx
import pytest

from planner.errors import FeedError, InputError
from planner.feeds.client import OcpiClient
from planner.feeds.partners import invite, register_feed, unregister_feed
from planner.feeds.wire import Wire
from planner.ocpi.messages import tokens_of, write_envelope
from planner.store.feeds import Source
from planner.store.store import Store
from tests.feeds.partner import NOW, US, Partner, desk_of

VERSIONS = ("2.1.1", "2.2.1", "2.3.0")
FLAT = {
    "token": "their-token",
    "url": "https://cpo.example/versions",
    "country_code": "NL",
    "party_id": "TNM",
    "business_details": {"name": "Operator"},
}
ROLES = {
    "token": "their-token",
    "url": "https://cpo.example/versions",
    "roles": [
        {
            "role": "CPO",
            "country_code": "NL",
            "party_id": party,
            "business_details": {"name": "Operator"},
        }
        for party in ("TNM", "TN2")
    ],
}


class Cpo:
    """The other side, in one version; takes its token in one form."""

    def __init__(self, version: str, *, form: str = "", modules: tuple[str, ...] = ("locations",)):
        self.version = version
        self.form = form or ("raw" if version == "2.1.1" else "base64")
        self.modules = modules
        self.asked: list[httpx.Request] = []
        self.during: Any = None
        self.tokens = ["their-token", "token-a"]
        self.status = 200

    def client(self) -> OcpiClient:
        wire = Wire(transport=httpx.MockTransport(self.answer), sleep=lambda _: None)
        return OcpiClient(wire)

    def answer(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        sent = request.headers["Authorization"].removeprefix("Token ")
        known = [
            base64.b64encode(t.encode()).decode() if self.form == "base64" else t
            for t in self.tokens
        ]
        if sent not in known:
            return httpx.Response(401)
        base = "https://cpo.example"
        if request.url.path == "/versions":
            return self.say([{"version": self.version, "url": f"{base}/{self.version}"}])
        if request.url.path == f"/{self.version}":
            names = ("credentials", *self.modules)
            return self.say(
                {
                    "version": self.version,
                    "endpoints": [
                        {"identifier": name, "role": "SENDER", "url": f"{base}/{name}"}
                        for name in names
                    ],
                }
            )
        if request.method in ("POST", "PUT") and self.during is not None:
            self.during(json.loads(request.content))
        body = FLAT if self.version == "2.1.1" else ROLES
        return self.say({**body, "token": "their-token"} if request.method != "DELETE" else None)

    def say(self, data: Any) -> httpx.Response:
        return httpx.Response(self.status, content=write_envelope(data, now=NOW))


def ask_in(desk: Any, version: str, token: str, method: str, body: Any = None) -> Any:
    return Partner(desk, token, version=version).ask(method, "credentials", body)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_party_registers_changes_its_token_and_leaves(version: str, store: Store) -> None:
    invite(store, "cpo", token="token-a")
    cpo = Cpo(version)
    fresh = iter(("fresh-1", "fresh-2"))
    desk = desk_of(store, client=cpo.client, new_token=lambda: next(fresh))
    body = FLAT if version == "2.1.1" else ROLES
    made = ask_in(desk, version, "token-a", "POST", body)
    assert (made.status, made.code, made.data["token"]) == (200, 1000, "fresh-1")
    assert ("roles" in made.data, "party_id" in made.data) == (
        version != "2.1.1",
        version == "2.1.1",
    )
    source = store.feeds.get("cpo")
    assert (source.version, source.sender) == (version, "NL*TNM")
    assert source.parties == (("NL*TNM",) if version == "2.1.1" else ("NL*TNM", "NL*TN2"))
    sent = [r.headers["Authorization"] for r in cpo.asked]
    wanted = "their-token" if version == "2.1.1" else base64.b64encode(b"their-token").decode()
    assert sent[-1] == f"Token {wanted}"
    assert ask_in(desk, version, "token-a", "GET").status == 401, "token A is spent"
    assert ask_in(desk, version, "fresh-1", "POST", body).status == 405
    changed = ask_in(desk, version, "fresh-1", "PUT", body)
    assert changed.data["token"] == "fresh-2"
    assert ask_in(desk, version, "fresh-1", "GET").status == 401
    assert ask_in(desk, version, "fresh-2", "GET").data["token"] == "fresh-2"
    assert ask_in(desk, version, "fresh-2", "DELETE").code == 1000
    assert ask_in(desk, version, "fresh-2", "GET").status == 401
    assert store.feeds.credentials("cpo") == {}


@pytest.mark.parametrize(
    ("cpo", "code"),
    [
        (Cpo("2.2.1"), 3002),
        (Cpo("2.3.0", modules=("chargingprofiles",)), 3003),
        (Cpo("2.3.0", form="neither"), 3001),
    ],
)
def test_what_keeps_us_from_becoming_partners_is_told(cpo: Cpo, code: int, store: Store) -> None:
    invite(store, "cpo", token="token-a")
    if cpo.form == "neither":
        cpo.tokens = []
    desk = desk_of(store, client=cpo.client)
    told = ask_in(desk, "2.3.0", "token-a", "POST", ROLES)
    assert (told.status, told.code) == (200, code)
    assert store.feeds.credentials("cpo") == {"our_token": "token-a"}


@pytest.mark.parametrize("version", VERSIONS)
def test_we_register_change_tokens_and_leave(version: str, store: Store) -> None:
    cpo = Cpo(version)
    desk = desk_of(store)
    held: list[int] = []
    tokens = iter(("ours-1", "ours-2"))

    def looks_us_up(body: dict[str, Any]) -> None:
        old = Partner(desk, "ours-1").desk.answer(
            "GET", "versions", {}, {"Authorization": "Token ours-1"}, b""
        )
        new = desk.answer("GET", "versions", {}, {"Authorization": f"Token {body['token']}"}, b"")
        held.extend((old.status, new.status))

    cpo.during = looks_us_up
    source = Source(name="cpo", kind="ocpi", url="https://cpo.example/versions")
    store.feeds.add(source, {"token_a": "token-a"})

    def register() -> None:
        register_feed(
            store,
            "cpo",
            our_versions_url="https://us.example/ocpi/versions",
            our_roles=(US,),
            new_token=lambda: next(tokens),
            now=NOW,
            client=cpo.client(),
        )

    register()
    assert store.feeds.credentials("cpo") == {"token": "their-token", "our_token": "ours-1"}
    assert store.feeds.get("cpo").version == version
    register()
    assert cpo.asked[-1].method == "PUT"
    assert store.feeds.credentials("cpo")["our_token"] == "ours-2"
    assert held == [200, 200, 200, 200], "the old token holds until the new one is agreed on"
    assert store.callers.find(["ours-1"]) is None
    unregister_feed(store, "cpo", now=NOW, client=cpo.client())
    assert cpo.asked[-1].method == "DELETE"
    assert store.callers.find(["ours-2"]) is None
    with pytest.raises(InputError, match="not registered"):
        unregister_feed(store, "cpo", now=NOW, client=cpo.client())


def test_a_party_that_takes_its_token_in_an_odd_form_is_remembered(store: Store) -> None:
    cpo = Cpo("2.2.1", form="raw")
    source = Source(name="cpo", kind="ocpi", url="https://cpo.example/versions")
    store.feeds.add(source, {"token_a": "token-a"})
    register_feed(
        store,
        "cpo",
        our_versions_url="https://us.example/ocpi/versions",
        our_roles=(US,),
        new_token=lambda: "ours",
        now=NOW,
        client=cpo.client(),
    )
    assert store.feeds.get("cpo").token_form == "raw"
    asked = len(cpo.asked)
    unregister_feed(store, "cpo", now=NOW, client=cpo.client())
    assert [r.headers["Authorization"] for r in cpo.asked[asked:]] == ["Token their-token"] * 3


def test_a_failed_change_of_tokens_leaves_the_old_ones(store: Store) -> None:
    cpo = Cpo("2.2.1")
    cpo.status = 500
    source = Source(name="cpo", kind="ocpi", url="https://cpo.example/versions")
    store.feeds.add(source, {"token": "their-token", "our_token": "ours"})
    with pytest.raises(FeedError):
        register_feed(
            store,
            "cpo",
            our_versions_url="https://us.example/ocpi/versions",
            our_roles=(US,),
            new_token=lambda: "next",
            now=NOW,
            client=cpo.client(),
        )
    assert store.callers.find(["ours"]) is not None
    assert store.callers.find(["next"]) is None


@pytest.mark.parametrize(
    "sent",
    ["secret", "c2VjcmV0", "c2VjcmV0Cg==", " c2VjcmV0 ", base64.b64encode(b"secret\r\n").decode()],
)
def test_a_token_is_known_in_either_form_and_with_a_newline(sent: str) -> None:
    assert "secret" in tokens_of(f"Token {sent}")


def test_partners_of_an_older_database_are_let_in(store: Store) -> None:
    source = Source(name="cpo", kind="ocpi", url="u")
    store.feeds.add(source, {"token": "t", "our_token": "ours"})
    with store.database.writing() as change:
        change.connection.exec_driver_sql("DELETE FROM callers")
    assert store.callers.find(["ours"]) is None
    store.feeds.index_callers()
    found = store.callers.find(["ours"])
    assert found is not None
    assert found.registered


def test_a_party_that_sends_its_registration_twice_is_registered_once(store: Store) -> None:
    cpo = Cpo("2.2.1")
    invite(store, "cpo", token="invitation")
    tokens = iter(("first", "second"))
    desk = desk_of(store, client=cpo.client, new_token=lambda: next(tokens))
    again: list[Any] = []
    usual = cpo.answer

    def impatient(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/versions" and not again:
            again.append(None)
            again[0] = ask_in(desk, "2.2.1", "invitation", "POST", ROLES)
        return usual(request)

    cpo.answer = impatient  # type: ignore[method-assign]
    told = ask_in(desk, "2.2.1", "invitation", "POST", ROLES)
    assert (again[0].status, told.status) == (200, 405)
    assert store.feeds.credentials("cpo")["our_token"] == again[0].data["token"]


def test_a_party_that_is_too_slow_when_it_is_called_back_may_try_again(store: Store) -> None:
    cpo = Cpo("2.2.1")
    invite(store, "cpo", token="invitation")
    desk = desk_of(store, client=cpo.client)
    usual = cpo.answer

    def slow(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadTimeout("", request=request)

    cpo.answer = slow  # type: ignore[method-assign]
    told = ask_in(desk, "2.2.1", "invitation", "POST", ROLES)
    assert (told.code, told.message) == (3001, "no answer in time after 4 attempts")
    cpo.answer = usual  # type: ignore[method-assign]
    assert ask_in(desk, "2.2.1", "invitation", "POST", ROLES).code == 1000
