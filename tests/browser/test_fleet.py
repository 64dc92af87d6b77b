"""The page of the fleet, against the real API: records are added, corrected, and deleted."""

import logging
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from werkzeug.serving import make_server

from planner.faces.api import ApiOptions, create_app
from tests.browser.conftest import SIZES
from tests.faces.small_world import CAR, NOW, UID, make_home


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    settings = make_home(tmp_path_factory.mktemp("fleet"))
    options = ApiOptions(open_to_loopback=True, requests_per_minute=0)
    app = create_app(settings, options, clock=lambda: NOW)
    app.test_client().post("/v1/fleet/vehicles", json={"id": "van-1", "model": CAR, "name": "Van"})
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def window(chromium: Any, size: str, wrong: list[str]) -> Any:
    width, height = SIZES[size]
    page = chromium.new_page(viewport={"width": width, "height": height})
    page.set_default_timeout(15_000)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda said: wrong.append(said.text) if "Security" in said.text else None)
    return page


def test_a_policy_and_its_driver_are_stored_by_hand(chromium: Any, fleet: str) -> None:
    wrong: list[str] = []
    page = window(chromium, "wide", wrong)
    page.goto(f"{fleet}/fleet#policies")
    page.get_by_role("button", name="Add a policy").click()
    page.get_by_role("textbox", name="Id your own").fill("thrift")
    page.get_by_label("Highest price").fill("0,65")
    page.get_by_label("Allowed providers").fill("nobody")
    page.get_by_role("button", name="Save").click()
    page.get_by_text("should match").wait_for()  # what is wrong stands at its field
    assert page.get_by_label("Allowed providers").get_attribute("aria-invalid") == "true"
    page.get_by_label("Allowed providers").fill("DE*ABC, NL*XYZ")
    page.get_by_role("button", name="Save").click()
    page.get_by_text("at most 0.65 EUR a kWh").wait_for()
    page.get_by_role("link", name="Drivers").click()
    page.get_by_role("button", name="Add a driver").click()
    page.get_by_role("textbox", name="Id your own").fill("d-1")
    page.get_by_label("Wallet").select_option("anna")
    page.get_by_label("Policy").select_option("thrift")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("button", name="Change d-1").click()
    page.get_by_label("Name").fill("Zoë")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("heading", name="Zoë").wait_for()
    page.get_by_role("button", name="Delete d-1").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    page.get_by_text("No driver yet").wait_for()
    assert wrong == []
    page.close()


def test_a_wallet_goes_in_and_its_number_never_comes_out(chromium: Any, fleet: str) -> None:
    wrong: list[str] = []
    page = window(chromium, "phone", wrong)
    page.goto(f"{fleet}/fleet#wallets")
    page.get_by_role("button", name="Add a wallet").click()
    page.get_by_role("textbox", name="Id your own").fill("w-1")
    page.get_by_label("Contract number").fill("DE-ABC-C12345678-X")
    page.get_by_label("Card number").fill(UID)
    assert page.get_by_label("Card number").get_attribute("type") == "password"
    page.get_by_role("button", name="Save").click()
    page.get_by_role("heading", name="w-1").wait_for()
    assert UID not in page.content()
    for kind in ("plans", "vehicles", "webhooks"):
        page.goto(f"{fleet}/fleet#{kind}")
        page.wait_for_selector("#records[aria-busy=false]")
        assert page.evaluate("document.documentElement.scrollWidth") <= SIZES["phone"][0]
    assert wrong == []
    page.close()


def test_a_file_of_missions_is_planned_from_the_page_and_its_results_saved(
    chromium: Any, fleet: str
) -> None:
    wrong: list[str] = []
    page = window(chromium, "phone", wrong)
    page.goto(f"{fleet}/fleet#batches")
    page.get_by_role("button", name="Plan a file of missions").click()
    rows = b"Car;Von;Nach;Battery;Notes\nnone;A;B;0,5;x\n"
    file = {"name": "tomorrow.csv", "mimeType": "text/csv", "buffer": rows}
    page.get_by_label("File", exact=True).set_input_files(file)
    page.get_by_label("Who charges first").select_option("priority")
    page.get_by_label("Times without an offset").select_option("Europe/Paris")
    page.get_by_role("button", name="Plan", exact=True).click()
    page.get_by_text("1: the results say why").wait_for()
    page.get_by_text("column 'Notes' is not known").wait_for()
    with page.expect_download() as saved:
        page.get_by_role("button", name="CSV").click()
    assert "missions:2:wallet" in saved.value.path().read_text("utf-8-sig")
    assert not page.get_by_role("button", name="Cancel").count(), "there is nothing left to cancel"
    assert wrong == []
    page.close()
