"""The map and the chart: drawn from our own server alone, touched, on small screens, on paper."""

import time
from collections.abc import Callable

import pytest

from tests.browser.conftest import Visit
from tests.browser.mock import Mock

pytestmark = pytest.mark.browser

Open = Callable[..., Visit]


def test_the_map_draws_our_own_roads_and_asks_nobody_else(visit: Open, address: str) -> None:
    window = visit(drawn=True).open()
    window.plan()
    window.settle_map()
    page = window.page
    assert page.evaluate("document.documentElement.dataset.map") == "ready"
    for layer in ("roads", "towns", "trip", "fallbacks", "others", "rejected"):
        assert page.evaluate(f"plugsureMap.drawn('{layer}')") > 0, layer
    assert all(url.startswith((address, "data:", "blob:")) for url in window.urls)
    assert "© OpenStreetMap contributors" in page.locator(".attribution").inner_text()
    assert window.wrong == []


def test_touching_a_dot_says_why_the_station_was_left_out(visit: Open) -> None:
    window = visit(drawn=True).open()
    window.plan()
    window.settle_map()
    window.page.mouse.click(*window.page.evaluate("plugsureMap.pointOf([11.2, 45.5])"))
    said = window.page.locator(".popup").inner_text()
    assert "Ladepark 0" in said
    assert "No roaming agreement" in said
    assert "AT*F9N" in said


def test_a_place_can_be_touched_instead_of_typed(visit: Open) -> None:
    window = visit(drawn=True).open()
    window.settle_map()
    page = window.page
    for place, button in (
        ([11.6, 48.1], "From here"),
        ([10.9, 47.8], "To here"),
        ([11.2, 48.0], "Via here"),
    ):
        page.mouse.click(*page.evaluate(f"plugsureMap.pointOf({place})"))
        window.press(button)
        window.settle_map()
    longitudes = [
        float(box.input_value().split(",")[0]) for box in page.locator(".place input").all()
    ]
    assert longitudes == pytest.approx([11.6, 11.2, 10.9], abs=0.05)


def test_places_swap_and_a_via_goes_away_again(visit: Open) -> None:
    window = visit().open()
    window.fill_in()
    page = window.page
    window.press("Add a place on the way")
    window.choose("Via", "Inns", "Innsbruck")
    window.press("Swap from and to")
    boxes = page.locator(".place input")
    assert [box.input_value() for box in boxes.all()] == ["Milan", "Innsbruck", "Munich"]
    window.press("Remove this place")
    assert [box.input_value() for box in boxes.all()] == ["Milan", "Munich"]


def test_the_chart_tells_the_charge_to_those_who_cannot_see_it(visit: Open) -> None:
    window = visit().open()
    window.plan()
    page = window.page
    page.wait_for_selector(".chart-canvas canvas")
    told = page.locator(".chart-canvas").get_attribute("aria-label")
    assert told == (
        "Charge along the way: start with 80 %, stop 1 after 143 kilometres, from 25 to 82 "
        "percent, stop 2 after 297 kilometres, from 29 to 86 percent, end with 21 %; "
        "the reserve is 10 %."
    )


def test_pointing_at_the_chart_shows_the_place_on_the_map(visit: Open) -> None:
    window = visit(drawn=True).open()
    window.plan()
    window.settle_map()
    window.page.locator(".chart-canvas .u-over").hover()
    window.settle_map()
    assert window.page.evaluate("plugsureMap.drawn('cursor')") == 1


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_shows_all_without_scrolling_sideways(visit: Open, scheme: str) -> None:
    window = visit("phone", scheme).open()
    window.plan()
    page = window.page
    page.wait_for_selector(".panel .chart-canvas canvas")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.evaluate("document.getElementById('scroll').scrollWidth") <= 390
    small = page.evaluate(
        "[...document.querySelectorAll('button, summary, a.button')]"
        ".filter(e => e.checkVisibility())"
        ".map(e => { const r = e.getBoundingClientRect(), a = getComputedStyle(e, '::after');"
        " const more = a.content === 'none' ? 0 : 2 * Math.max(0, -parseFloat(a.top) || 0);"
        " return [e.textContent || e.className, r.height + more]; })"
        ".filter(([, height]) => height < 40)"
    )
    assert [name for name, _ in small] == [
        "About this map",
        "grip",
    ]  # the grip is dragged, not pressed
    half = page.locator(".panel").bounding_box()["height"]
    page.locator("#grip").press("ArrowUp")
    deadline = time.monotonic() + 10.0
    while page.locator("#panel").bounding_box()["height"] <= half + 100:
        assert time.monotonic() < deadline, "the panel does not grow"
        page.wait_for_timeout(50)


def test_paper_holds_the_trip_and_nothing_to_press(visit: Open) -> None:
    window = visit().open()
    window.plan()
    page = window.page
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator(".why .evidence").first.is_visible()
    assert page.locator(".backup .fallback").first.is_visible()
    assert not page.locator(".failed").first.is_visible()
    assert not page.locator("#map").is_visible()


def test_without_a_map_trips_are_planned_all_the_same(visit: Open, mock: Mock) -> None:
    window = visit().open()
    assert "Planning works without it" in window.page.locator("#map-missing").inner_text()
    window.plan()
    assert window.page.locator(".stop").count() == 2


def test_the_list_of_places_bears_the_name_of_its_field(visit: Open) -> None:
    page = visit().open().page
    page.get_by_role("button", name="Add a place on the way").click()
    named = "[...document.querySelectorAll('.place [role=listbox]')].map(e => e.ariaLabel)"
    assert page.evaluate(named) == ["From", "Via", "To"]


def test_every_control_has_a_name(visit: Open) -> None:
    window = visit().open()
    page = window.page
    page.get_by_role("radio", name="My own cards").check()
    page.get_by_text("Reserve, weather, load and more").click()
    nameless = (
        "[...document.querySelectorAll('input, select, button')].filter(e => e.checkVisibility())"
        ".filter(e => !(e.labels?.length || e.getAttribute('aria-label') || e.textContent.trim()))"
        ".map(e => e.outerHTML)"
    )
    assert page.evaluate(nameless) == []
    window.plan("Two cards and a payment card")
    assert page.evaluate(nameless) == []
