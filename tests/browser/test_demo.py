"""The page on the real demo: real planner, real OCPI peer, real Chromium, from a fresh home.

``PLUGSURE_PICTURE=docs/page.png`` keeps a screenshot of the planned trip: the README's picture.
"""

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.browser.conftest import Visit

pytestmark = [pytest.mark.browser, pytest.mark.slow]

READY_S = 120
SIZE = {"width": 1400, "height": 900}


def free_port() -> int:
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        return int(door.getsockname()[1])


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    home, port = tmp_path_factory.mktemp("home"), free_port()
    command = [sys.executable, "-m", "planner", "demo", "--port", str(port), "--home", str(home)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        heard: list[str] = []
        assert process.stdout is not None
        drain = threading.Thread(
            target=lambda out: heard.extend(line.decode() for line in out), args=(process.stdout,)
        )
        drain.start()
        address = f"http://127.0.0.1:{port}"
        until = time.monotonic() + READY_S
        while not is_ready(address):
            assert process.poll() is None, "".join(heard)
            assert time.monotonic() < until, "".join(heard)
            time.sleep(0.3)
        yield address
        process.terminate()
        process.wait(timeout=60)
        drain.join(timeout=10)


def is_ready(address: str) -> bool:
    try:
        return httpx.get(f"{address}/readyz", timeout=5).status_code == 200
    except httpx.TransportError:
        return False


@pytest.fixture(scope="module")
def window(chromium: Any, demo: str) -> Iterator[Visit]:
    context = chromium.new_context(
        viewport=SIZE, timezone_id="Europe/Berlin", locale="en-GB", reduced_motion="reduce"
    )
    context.set_default_timeout(60_000)
    yield Visit(context.new_page(), demo).open()
    context.close()


def test_a_driver_plans_munich_to_milan_and_sees_why_each_stop_is_sure(window: Visit) -> None:
    page = window.page
    window.choose("From", "Münch", "Munich")
    window.choose("To", "Milano", "Milan")
    window.choose("Car", "id.3 58", "ID.3")
    page.locator("input[type=radio][value=wanderer]").check()
    window.press("Plan my trip")
    page.wait_for_selector(".promise")
    assert "already proven" in page.locator(".promise").inner_text()
    window.settle_map()
    keep = os.environ.get("PLUGSURE_PICTURE")
    if keep:
        page.screenshot(path=Path(keep))
    stops = page.locator(".stop")
    assert stops.count() >= 1
    stops.first.locator(".why summary").click()
    assert "agreement" in stops.first.locator(".why").inner_text().lower()
    assert window.wrong == []


def test_at_a_stop_that_failed_the_page_leads_to_the_fallback_that_was_promised(
    window: Visit,
) -> None:
    page = window.page
    promised = page.locator(".stop").first.locator(".backup").inner_text()
    page.locator(".stop").first.locator(".failed").click()
    window.press("It is broken")
    # That the trip before has changed may be told while the way on is still worked out.
    page.wait_for_selector(".banner-go:has-text('Go to')")
    assert page.locator(".banner.changed").count() == 0
    goes_to = page.locator(".banner-go").inner_text().removeprefix("Go to ").strip()
    assert goes_to in promised
    assert window.wrong == []


def test_a_wallet_without_a_trip_says_why_and_what_would_help(window: Visit) -> None:
    page = window.page
    page.goto(f"{window.address}/")
    page.wait_for_selector("html[data-map]")
    window.wrong.clear()
    window.choose("From", "Münch", "Munich")
    window.choose("To", "Milano", "Milan")
    window.choose("Car", "id.3 58", "ID.3")
    page.locator("input[type=radio][value=stadtapp]").check()
    window.press("Plan my trip")
    page.wait_for_selector("#view-answer:not([hidden]) h2")
    said = page.locator("#view-answer").inner_text()
    assert "No station" in said
    assert "payment card" in said


def test_three_wallets_take_three_different_trips(demo: str) -> None:
    trips = set()
    for wallet in ("wanderer", "passfahrer", "alles-dabei"):
        answer = httpx.post(
            f"{demo}/v1/plans",
            json={
                "stops": [{"location": [11.576, 48.137]}, {"location": [9.19, 45.464]}],
                "vehicle": {"id": "volkswagen-id-3-58-kwh-2020", "soc": 0.8},
                "wallet": wallet,
            },
            timeout=60,
        )
        assert answer.status_code == 200, answer.text
        body = answer.json()
        trips.add(tuple(stop["station"]["id"] for stop in body["charging_stops"]))
        assert all(stop["fallbacks"] for stop in body["charging_stops"])
        checked = httpx.post(f"{demo}/v1/plans/{body['id']}/verify", timeout=60).json()
        assert checked["broken"] == [], checked
    assert len(trips) == 3
