"""A Chromium, the page's libraries, and the made-up API on a loopback port."""

import logging
import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from werkzeug.serving import make_server

from planner.errors import DataMissing
from planner.faces.assets import install_vendor, web_folder
from planner.roads.graph import RoadGraph
from planner.roads.shipped import load_shipped
from tests.browser.mock import Mock

CHROMIUM_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
SIZES = {"wide": (1000, 640), "phone": (390, 844)}


@pytest.fixture(scope="session")
def region(tmp_path_factory: pytest.TempPathFactory) -> RoadGraph:
    return load_shipped(tmp_path_factory.mktemp("regions"))


@pytest.fixture(scope="session")
def libraries() -> None:
    try:
        install_vendor(web_folder())
    except DataMissing as error:
        pytest.skip(f"the page's libraries cannot be installed: {error}")


@pytest.fixture(scope="module")
def chromium(libraries: None) -> Iterator[Any]:
    """One browser a file: its driver keeps an event loop in this thread as long as it lives."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    found = next(
        filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
    )
    if found is None:
        pytest.skip("there is no Chromium on this machine")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=found, args=CHROMIUM_ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def stand_in(region: RoadGraph) -> Mock:
    return Mock(region)


@pytest.fixture
def mock(stand_in: Mock) -> Mock:
    stand_in.forget()
    return stand_in


@pytest.fixture(scope="session")
def served(stand_in: Mock) -> Iterator[str]:
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = make_server("127.0.0.1", 0, stand_in.app, threaded=True)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def address(served: str, mock: Mock) -> str:
    return served


class Visit:
    """A window on the page, and all that went wrong or left the machine in it."""

    def __init__(self, page: Any, address: str) -> None:
        self.page = page
        self.address = address
        self.urls: list[str] = []
        self.wrong: list[str] = []
        page.on("request", lambda request: self.urls.append(request.url))
        page.on("pageerror", lambda error: self.wrong.append(str(error)))
        page.on("console", self._hear)

    def _hear(self, message: Any) -> None:
        # The stand-in has no event stream unless a test gives it one.
        expected = ("/events", "/vendor/maplibre-gl.mjs")
        if message.type == "error" and not message.location["url"].endswith(expected):
            self.wrong.append(message.text)

    def open(self, fragment: str = "") -> "Visit":
        self.page.goto(f"{self.address}/{fragment}")
        self.page.wait_for_selector("html[data-map]")
        return self

    def choose(self, field: str, typed: str, found: str) -> None:
        self.page.get_by_role("combobox", name=field, exact=True).fill(typed)
        self.page.get_by_role("option", name=found).first.click()

    def fill_in(self, wallet: str | None = None) -> None:
        self.choose("From", "Muni", "Munich")
        self.choose("To", "Mil", "Milan")
        self.choose("Car", "ioniq", "Ioniq 5")
        if wallet is not None:
            self.page.get_by_role("radio", name=wallet).check()

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name).click()

    def plan(self, wallet: str | None = None) -> None:
        self.fill_in(wallet)
        self.press("Plan my trip")
        self.page.wait_for_selector(".promise")

    def settle_map(self) -> None:
        self.page.evaluate("plugsureMap.idle()")


@pytest.fixture
def visit(chromium: Any, address: str) -> Iterator[Callable[..., Visit]]:
    contexts: list[Any] = []

    def open_window(size: str = "wide", scheme: str = "light", *, drawn: bool = False) -> Visit:
        width, height = SIZES[size]
        context = chromium.new_context(
            viewport={"width": width, "height": height},
            color_scheme=scheme,
            timezone_id="Europe/Berlin",
            has_touch=size == "phone",
            reduced_motion="reduce",
        )
        context.set_default_timeout(15_000)
        contexts.append(context)
        if not drawn:  # Drawing a map without a GPU takes seconds.
            context.route("**/vendor/maplibre-gl.mjs", lambda route: route.abort())
        return Visit(context.new_page(), address)

    yield open_window
    for context in contexts:
        context.close()


@pytest.fixture(scope="session")
def web() -> Path:
    return web_folder()
