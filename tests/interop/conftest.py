"""Our own desk over real HTTP, a store, and a client that waits for nobody long."""

import re
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from planner.feeds.client import OcpiClient
from planner.feeds.counter import open_desk
from planner.feeds.wire import Patience, Wire
from planner.ocpi.messages import Role
from planner.store.store import Store
from tests.interop.certificates import Authority

NOW = 1_780_819_200.0  # 2026-06-07T08:00:00Z
US = Role("EMSP", "DE", "PLG", "Plugsure")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = Store.open(f"sqlite:///{tmp_path / 'store.sqlite'}", tmp_path / "key")
    yield made
    made.close()


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def trusted(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> Authority:
    """The authority, trusted as an operator trusts one of their own."""
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
    return authority


@pytest.fixture
def waits() -> list[float]:
    return []


@pytest.fixture
def calling(waits: list[float]) -> Callable[[], OcpiClient]:
    """Makes clients, as a desk needs them."""

    def make() -> OcpiClient:
        patience = Patience(connect_s=2.0, silence_s=5.0, attempts=3)
        return OcpiClient(Wire(patience=patience, sleep=waits.append))

    return make


@pytest.fixture
def client(trusted: Authority, calling: Callable[[], OcpiClient]) -> Iterator[OcpiClient]:
    with calling() as made:
        yield made


@pytest.fixture
def ours(store: Store, trusted: Authority, calling: Callable[[], OcpiClient]) -> Iterator[str]:
    """Our desk, served; gives the address of ``/ocpi``."""
    server = HTTPServer(port=0, threaded=True)
    server.start()
    base_url = server.url_for("/ocpi")
    tokens = (f"ours-{n}" for n in count(1))
    desk = open_desk(
        lambda: store,
        base_url=base_url,
        roles=(US,),
        client=calling,
        new_token=lambda: next(tokens),
        clock=lambda: NOW,
    )

    def answer(request: Request) -> Response:
        made = desk.answer(
            request.method,
            request.path.removeprefix("/ocpi/"),
            request.args,
            dict(request.headers),
            request.get_data(),
        )
        return Response(
            made.body, made.status, {"Content-Type": "application/json", **made.headers}
        )

    server.expect_request(re.compile("/ocpi/.*")).respond_with_handler(answer)
    yield base_url
    server.clear()
    server.stop()
