"""A partner of ours for tests: registered in a store, and calling our desk with its token."""

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from planner.feeds.client import OcpiClient
from planner.feeds.counter import open_desk
from planner.feeds.desk import Desk
from planner.ocpi.messages import Role
from planner.store.feeds import Source
from planner.store.store import Store

NOW = 1_780_819_200.0  # 2026-06-07T08:00:00Z
OLD, NEW, NEWER = "2026-06-07T08:00:00Z", "2026-06-07T09:00:00Z", "2026-06-07T10:00:00Z"
US = Role("EMSP", "DE", "PLG", "Plugsure")


@dataclass
class Told:
    """An answer of ours."""

    status: int
    code: int
    data: Any
    message: str
    headers: dict[str, str]


@dataclass
class Partner:
    """Calls a desk by a token, in one version."""

    desk: Desk
    token: str
    version: str = "2.2.1"
    headers: dict[str, str] = field(default_factory=dict)

    def ask(self, method: str, path: str, body: Any = None, **query: str) -> Told:
        said = base64.b64encode(self.token.encode()).decode()
        data = (
            body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        )
        headers = {"Authorization": f"Token {said}", "X-Request-ID": "r-1", **self.headers}
        made = self.desk.answer(method, f"{self.version}/{path}", query, headers, data)
        read = json.loads(made.body)
        return Told(
            made.status,
            read["status_code"],
            read.get("data"),
            read.get("status_message", ""),
            dict(made.headers),
        )


def desk_of(store: Store, clock: Callable[[], float] = lambda: NOW, **more: Any) -> Desk:
    """Our desk on a store."""
    return open_desk(
        lambda: store,
        base_url="https://us.example/ocpi",
        roles=(US,),
        client=more.pop("client", OcpiClient),
        new_token=more.pop("new_token", lambda: "fresh-token"),
        clock=clock,
    )


def add_partner(store: Store, name: str, sender: str, **facts: Any) -> str:
    """Keep a registered partner and give the token by which it calls us."""
    source = Source(name=name, kind="ocpi", url=f"https://{name}.example/versions", sender=sender)
    store.feeds.add(
        Source(**{**{f: getattr(source, f) for f in source.__slots__}, **facts}),
        {"token": f"theirs-{name}", "our_token": f"ours-{name}"},
    )
    return f"ours-{name}"


def location(name: str = "LOC1", *uids: str, at: str = OLD, **facts: Any) -> dict[str, Any]:
    """A Location as a CPO sends it."""
    return {
        "country_code": "NL",
        "party_id": "TNM",
        "id": name,
        "publish": True,
        "address": "Dam 1",
        "city": "Amsterdam",
        "country": "NLD",
        "coordinates": {"latitude": "52.373", "longitude": "4.893"},
        "time_zone": "Europe/Amsterdam",
        "evses": [evse(uid, at=at) for uid in uids or ("1",)],
        "last_updated": at,
        **facts,
    }


def evse(uid: str, *, at: str = OLD, **facts: Any) -> dict[str, Any]:
    """An EVSE of it."""
    return {
        "uid": uid,
        "evse_id": f"NL*TNM*E{uid}",
        "status": "AVAILABLE",
        "capabilities": ["RFID_READER", "RESERVABLE"],
        "connectors": [connector("1", at=at)],
        "last_updated": at,
        **facts,
    }


def connector(name: str, *, at: str = OLD, **facts: Any) -> dict[str, Any]:
    """A connector of that."""
    return {
        "id": name,
        "standard": "IEC_62196_T2_COMBO",
        "format": "CABLE",
        "power_type": "DC",
        "max_voltage": 920,
        "max_amperage": 400,
        "max_electric_power": 150000,
        "tariff_ids": ["T1"],
        "last_updated": at,
        **facts,
    }
