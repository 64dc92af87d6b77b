"""The page of costs: figures as the server gave them, a picture of the months, what was odd."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Route, expect

from tests.browser.conftest import Visit

pytestmark = pytest.mark.browser

Open = Callable[..., Visit]


def total(key: str, gross: str, **more: Any) -> dict[str, Any]:
    return {
        "key": key,
        "currency": "EUR",
        "charges": 3,
        "credits": 0,
        "energy_kwh": 61.5,
        "net": gross,
        "vat": "0.00",
        "gross": gross,
        "billed": gross,
        "metered_charges": 0,
        "metered_kwh": 0.0,
        "metered": "0.00",
        "without_vat": 0,
        "without_net": 0,
        "unpriced": 0,
        "planned": "1000.00",
        "billed_as_planned": gross,
        "difference": "234.50",
        "planned_stops": 3,
        **more,
    }


ODD = {
    "kind": "idle_after_full",
    "says": "stood at the post for 95 min after charging had ended",
    "figure": 95,
    "expected": 20,
    "unit": "min",
    "cost": "11.50",
    "currency": "EUR",
    "ends": "2026-11-03T09:00:00+00:00",
    "station": "Rosenheim",
    "vehicle": "van-1",
    "card": "ABC card ••••F6",
}


def answer(route: Route) -> None:
    url = route.request.url
    if "/anomalies" in url:
        body: dict[str, Any] = {"anomalies": [ODD]}
    else:
        by = "month" if "by=month" in url else url.split("by=")[1].split("&")[0]
        keys = ["2026-10", "2026-11"] if by == "month" else [f"{by}-1", f"{by}-<b>2</b>"]
        body = {
            "by": by,
            "totals": [total("total", "1234.50"), total("total", "77.00", currency="GBP")],
            "groups": [
                total(keys[0], "1000.00"),
                total(keys[1], "234.50"),
                total(keys[1], "77.00", currency="GBP"),
            ],
            "pending_sessions": {"count": 2, "energy_kwh": 30.0},
        }
    route.fulfill(status=200, content_type="application/json", body=json.dumps(body))


@pytest.fixture
def books(visit: Open) -> Visit:
    window = visit()
    window.page.route("**/v1/reports/**", answer)
    window.page.goto(f"{window.address}/costs")
    window.page.wait_for_selector(".tile")
    return window


def test_figures_stand_first_as_the_server_gave_them(books: Visit) -> None:
    page = books.page
    assert page.locator(".tile-figure").all_inner_texts() == ["1\u202f234.50 EUR", "77.00 GBP"]
    assert "(+234.50)" in page.locator(".tile").first.inner_text()
    expect(page.locator(".months canvas").last).to_be_visible()
    drawn = [one.get_attribute("aria-label") for one in page.locator(".months-canvas").all()]
    assert drawn == [
        "Oct 26: 1000.00 EUR, Nov 26: 234.50 EUR",
        "Oct 26: nothing, Nov 26: 77.00 GBP",
    ], "currencies are never one picture"
    assert "2 sessions wait" in page.locator(".books-foot").inner_text()
    assert books.wrong == []


def test_what_is_odd_is_told_with_its_cost(books: Visit) -> None:
    said = books.page.locator(".odd").inner_text()
    for fact in ("Idle after charging", "95 min", "11.50 EUR", "van-1", "••••F6"):
        assert fact in said


def test_costs_are_added_up_by_what_one_chooses(books: Visit) -> None:
    page = books.page
    page.get_by_role("button", name="Driver").click()
    expect(page.get_by_role("button", name="Driver")).to_have_attribute("aria-pressed", "true")
    assert "driver-1" in page.locator(".bars").first.inner_text()
    assert "driver-<b>2</b>" in page.locator(".bars").first.inner_text(), "a name is never markup"


def test_the_statement_prints_all_figures_and_no_buttons(books: Visit) -> None:
    page = books.page
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    expect(page.locator("table")).to_be_visible()
    expect(page.get_by_role("button", name="Show")).to_be_hidden()
    assert page.locator("tbody tr").count() == 5
