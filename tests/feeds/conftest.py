"""A party over real loopback HTTP, and a client that does not wait."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from planner.feeds.client import OcpiClient
from planner.feeds.wire import Patience, Wire
from planner.ocpi.messages import write_envelope
from planner.ocpi.pager import write_paging
from planner.store.store import Store
from tests.databases import postgres, shared_database, url_with_tables

__all__ = ["postgres", "shared_database", "url_with_tables"]

NOW = 1_780_819_200.0
TOKEN = "secret-token-c"


class Party:
    """A CPO that serves lists; ``answers`` are used up before it behaves."""

    def __init__(self, server: HTTPServer) -> None:
        self.server = server
        self.lists: dict[str, list[Any]] = {"locations": [], "tariffs": []}
        self.asked: list[Request] = []
        self.limit = 3
        self.first: list[Callable[[Request], Response]] = []
        root = server.url_for("/ocpi/2.2.1")
        self.versions_url = server.url_for("/ocpi/versions")
        self.serve("/ocpi/versions", lambda _: [{"version": "2.2.1", "url": root}])
        self.serve("/ocpi/2.2.1", self.details)
        for module in ("locations", "tariffs", "hubclientinfo"):
            server.expect_request(f"/ocpi/2.2.1/{module}").respond_with_handler(self.page)

    def details(self, _: Request) -> dict[str, Any]:
        root = self.server.url_for("/ocpi/2.2.1")
        endpoints = [
            {"identifier": name, "role": "SENDER", "url": f"{root}/{name}"} for name in self.lists
        ]
        return {"version": "2.2.1", "endpoints": endpoints}

    def serve(self, path: str, data: Callable[[Request], Any]) -> None:
        def answer(request: Request) -> Response:
            self.asked.append(request)
            return Response(write_envelope(data(request), now=NOW), mimetype="application/json")

        self.server.expect_request(path).respond_with_handler(answer)

    def page(self, request: Request) -> Response:
        self.asked.append(request)
        if self.first:
            return self.first.pop(0)(request)
        return self.whole(request)

    def whole(self, request: Request) -> Response:
        module = request.path.rsplit("/", 1)[1]
        objects = self.lists[module]
        since = request.args.get("date_from", "")
        objects = [o for o in objects if not since or o["last_updated"] >= since]
        offset = int(request.args.get("offset", 0))
        limit = min(self.limit, int(request.args.get("limit", self.limit)))
        return Response(
            write_envelope(objects[offset : offset + limit], now=NOW),
            mimetype="application/json",
            headers=write_paging(request.url, offset=offset, limit=limit, total=len(objects)),
        )


@pytest.fixture
def party(httpserver: HTTPServer) -> Party:
    return Party(httpserver)


@pytest.fixture
def waits() -> list[float]:
    return []


@pytest.fixture
def client(waits: list[float]) -> Iterator[OcpiClient]:
    patience = Patience(connect_s=2.0, silence_s=0.5, attempts=3)
    with OcpiClient(Wire(patience=patience, sleep=waits.append)) as made:
        yield made


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = Store.open(f"sqlite:///{tmp_path / 'store.sqlite'}", tmp_path / "key")
    yield made
    made.close()


@pytest.fixture
def either_store(url_with_tables: str, tmp_path: Path) -> Iterator[Store]:
    """The same on each kind of database."""
    made = Store.open(url_with_tables, tmp_path / "key")
    yield made
    made.close()
