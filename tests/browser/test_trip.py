"""What a driver sees and does on the page, in a real Chromium, against a made-up API."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visit
from tests.browser.mock import Mock

pytestmark = pytest.mark.browser

Open = Callable[..., Visit]


def test_a_trip_is_planned_and_its_promise_comes_first(visit: Open, mock: Mock) -> None:
    window = visit().open()
    window.plan()
    page = window.page
    assert "both opened by your Wanderkarte" in page.locator(".promise").inner_text()
    assert page.locator(".stop").count() == 2
    (kind, asked), *_ = mock.asked
    assert kind == "plan"
    assert asked["stops"][0] == {"location": [11.57549, 48.13743], "name": "Munich"}
    assert asked["vehicle"] == {"id": "hyundai-ioniq5-77", "soc": 0.8, "payload_kg": 0}
    assert asked["wallet"] == "alpenstrom"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d", asked["departure"])
    assert window.wrong == []


def test_each_stop_says_how_to_start_why_it_is_sure_and_where_to_go_if_it_fails(
    visit: Open,
) -> None:
    window = visit().open()
    window.plan()
    stop = window.page.locator("#stop-0")
    said = stop.inner_text()
    for fact in (
        "Rasthof Inntal Ost",
        "Bergstrom",
        "09:37",
        "10:07",
        "arrive with 25 %",
        "Hold your card",
        "Wanderkarte (demo)",
        "€19.51",
        "92 % likely",
        "No charge by 09:47",
    ):
        assert fact in said, fact
    stop.locator(".why summary").click()
    evidence = stop.locator(".why").inner_text()
    assert "Your provider has a dated agreement" in evidence
    assert "agreements.csv line 4, known 2026-11-20" in evidence
    stop.locator(".backup summary").click()
    fallback = stop.locator(".backup").inner_text()
    assert "Sterzing Süd" in fallback
    assert "with 12 %" in fallback
    assert "Area Adige Nord" in fallback
    assert "Both depend on the same card" in fallback
    assert "Free, told" in fallback


def test_a_stop_says_what_other_sources_say_against_its_own(visit: Open, mock: Mock) -> None:
    doubt = "OpenStreetMap says opening hours: Mo-Su 08:00-22:00; the station's own source says"
    said = {"source": "OpenStreetMap (alps)", "field": "hours", "as_of": "2026-10-01T00:00:00Z"}
    window = visit().open()
    window.plan()
    for plan in mock.plans.values():
        access = plan["charging_stops"][0]["access"]
        access["warnings"] = [f"{doubt} otherwise."]
        access["evidence"] = [*access["evidence"], {**said, "value": "Mo-Su 08:00-22:00"}]
    window.page.reload()
    window.page.wait_for_selector(".promise")
    stop = window.page.locator("#stop-0")
    assert doubt in stop.locator(".note.amber").first.inner_text()
    stop.locator(".why summary").click()
    evidence = stop.locator(".why").inner_text()
    assert "Hours: Mo-Su 08:00-22:00" in evidence
    assert "OpenStreetMap (alps), known 2026-10-01" in evidence
    assert window.wrong == []


def test_a_post_that_is_broken_now_says_so_at_the_stop_and_at_the_fallback(
    visit: Open, mock: Mock
) -> None:
    window = visit().open()
    window.plan()
    for plan in mock.plans.values():
        for stop in plan["charging_stops"]:
            for post in (stop, *stop["fallbacks"]):
                post["availability"] |= {"status": "INOPERATIVE", "probability_free": None}
    window.page.reload()
    window.page.wait_for_selector(".promise")
    for place in ("#stop-0", "#stop-0 .backup"):
        said = window.page.locator(place).text_content()
        assert "Out of service" in said
        assert "look again before you leave" in said


def test_a_failed_stop_shows_the_fallback_at_once_and_back_returns(visit: Open, mock: Mock) -> None:
    window = visit().open()
    window.plan()
    page = window.page
    page.locator("#stop-0 .failed").click()
    page.get_by_label("Charge now").last.fill("22")
    window.press("It is broken")
    page.wait_for_selector(".banner")
    assert "Go to Sterzing Süd" in page.locator(".banner").inner_text()
    _, told = mock.asked[-1]
    assert told["outcome"] == "broken"
    assert told["soc"] == 0.22
    assert page.url.endswith("#plan=plan-after")
    window.press("Back to the trip before")
    page.wait_for_selector("text=both opened by your Wanderkarte")
    assert page.url.endswith("#plan=plan-main")
    assert window.wrong == []


def test_a_stop_that_works_can_be_told_too(visit: Open, mock: Mock) -> None:
    window = visit().open()
    window.plan()
    window.page.locator("#stop-0 .worked").click()
    window.page.wait_for_selector("text=Noted, thank you")
    assert mock.asked[-1][1]["outcome"] == "ok"


def test_a_trip_that_cannot_be_sure_says_why_and_tries_what_would_help(
    visit: Open, mock: Mock
) -> None:
    window = visit().open()
    window.plan("A town's app alone")
    page = window.page
    said = page.locator(".infeasible").inner_text()
    assert "no charger between Innsbruck and Trento" in said
    assert "as far as Sterzing, 190 km" in said
    window.press("A reserve of 5 %")
    page.wait_for_selector(".stop")
    assert mock.asked[-1][1]["reserve_soc"] == 0.05


def test_what_would_help_but_only_the_driver_can_do_leads_to_the_cards(visit: Open) -> None:
    window = visit().open()
    window.plan("A town's app alone")
    window.press("A Wanderkarte card")
    told = window.page.locator(".field-error:visible")
    assert "A Wanderkarte card would open two stops" in told.inner_text()


def test_roads_to_keep_off_and_a_speed_not_to_pass_are_asked_for(visit: Open, mock: Mock) -> None:
    window = visit().open()
    page = window.page
    page.get_by_text("Reserve, weather, load and more").click()
    page.get_by_label("Toll roads").check()
    page.get_by_label("Ferries").check()
    page.get_by_label("Drive at most").fill("110")
    window.plan()
    asked = mock.asked[-1][1]
    assert asked["avoid"] == ["toll", "ferry"]
    assert asked["conditions"] == {"temperature_c": 15, "speed_cap_kmh": 110}


def test_every_fault_stands_at_its_field_in_words(visit: Open) -> None:
    window = visit().open()
    window.fill_in("My own cards")
    page = window.page
    page.get_by_label("Card number").fill("bad uid")
    window.press("Plan my trip")
    page.wait_for_selector("[aria-invalid]")
    assert page.locator(".token .field-error").inner_text() == "A uid has no spaces."
    assert page.get_by_role("combobox", name="To").get_attribute("aria-invalid") == "true"
    assert "This is too far from the roads." in page.locator(".place").last.inner_text()


def test_missing_places_and_car_are_asked_for_before_anything_is_sent(
    visit: Open, mock: Mock
) -> None:
    window = visit().open()
    window.press("Plan my trip")
    told = window.page.locator(".field-error:visible")
    assert told.count() == 3
    assert "Choose your car." in told.all_inner_texts()
    assert mock.asked == []


def test_a_misspelt_place_is_asked_about_and_not_taken_for_another(visit: Open, mock: Mock) -> None:
    window = visit().open()
    page = window.page
    found = [{"name": "Innsbruck", "kind": "city", "location": [11.39, 47.26], "match": "typo"}]
    page.route("**/v1/places?*", lambda route: route.fulfill(json={"places": found}))
    page.get_by_role("combobox", name="From").fill("Insbrugk")
    window.press("Plan my trip")
    page.wait_for_selector("[aria-invalid]")
    assert "Did you mean Innsbruck?" in page.locator(".place").first.inner_text()
    assert mock.asked == []


def test_a_touched_point_bears_the_name_of_its_street(visit: Open) -> None:
    window = visit(drawn=True).open()
    window.settle_map()
    page = window.page
    found = [{"name": "Marienplatz", "title": "Marienplatz, Munich", "location": [11.57, 48.13]}]
    page.route("**/v1/places?at=*", lambda route: route.fulfill(json={"places": found}))
    page.mouse.click(*page.evaluate("plugsureMap.pointOf([11.6, 48.1])"))
    window.press("To here")
    field = page.get_by_role("combobox", name="To")
    expect(field).to_have_value("Marienplatz, Munich")


def test_a_uid_is_masked_and_goes_nowhere_but_into_the_request(visit: Open, mock: Mock) -> None:
    window = visit().open()
    window.fill_in("My own cards")
    page = window.page
    page.get_by_label("Card number").fill("04SECRET99")
    page.get_by_label("Contract number").fill("DE-ABC-C12345678-X")
    window.press("Plan my trip")
    page.wait_for_selector(".promise")
    assert mock.asked[-1][1]["wallet"]["tokens"] == [
        {"type": "RFID", "contract_id": "DE-ABC-C12345678-X", "uid": "04SECRET99"}
    ]
    assert not any("04SECRET99" in url for url in window.urls)
    kept = page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}, history.state])")
    assert "04SECRET99" not in kept
    assert "04SECRET99" not in page.content()


def test_a_trip_has_an_address_that_shows_it_again(visit: Open) -> None:
    window = visit().open()
    window.plan()
    window.page.reload()
    window.page.wait_for_selector(".promise")
    window.press("Change trip")
    assert window.page.get_by_role("combobox", name="From").input_value() == "Munich"
    window.page.go_back()
    window.page.wait_for_selector(".stop")


def test_an_address_of_no_trip_says_so(visit: Open) -> None:
    window = visit().open("#plan=nothing")
    assert "there is no plan nothing" in window.page.get_by_role("alert").inner_text().lower()


def test_alternatives_are_tabs_that_the_arrow_keys_reach(visit: Open) -> None:
    window = visit().open()
    window.plan()
    page = window.page
    page.get_by_role("tab").first.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_selector("text=Chur Rheinpark")
    assert page.get_by_role("tab", selected=True).inner_text().startswith("14:13")
    page.get_by_text("other road by A13, one stop fewer").wait_for()
    assert page.evaluate("document.activeElement.getAttribute('role')") == "tab"


def test_why_this_one_is_looked_for_when_it_is_opened_and_only_once(
    visit: Open, mock: Mock
) -> None:
    window = visit().open()
    window.plan()
    page = window.page
    assert not [kind for kind, _ in mock.asked if kind == "choices"]
    page.get_by_text("Why this one").first.click()
    page.get_by_text("Next best: Sterzing (Alpenstrom), 4 min later, 1.20 EUR more").wait_for()
    page.get_by_text("Why this one").nth(1).click()
    page.get_by_text("Nothing else holds").wait_for()
    assert len([kind for kind, _ in mock.asked if kind == "choices"]) == 1


def test_what_was_left_out_is_counted_and_explained(visit: Open) -> None:
    window = visit().open()
    window.plan()
    rejected = window.page.locator(".rejected")
    said = rejected.inner_text()
    assert "228 stations" in said
    assert "3 more may not be shown" in said
    rejected.get_by_text("No fitting plug").click()
    rejected.get_by_text("CHAdeMO only; your car takes CCS").first.wait_for()


def test_a_trip_can_be_planned_with_the_keyboard_alone(visit: Open) -> None:
    window = visit().open()
    page = window.page
    page.get_by_role("combobox", name="From", exact=True).focus()
    for typed, key in (("Muni", "Tab"), ("Mil", "Enter")):
        page.keyboard.type(typed)
        page.wait_for_selector('[role="option"][aria-selected="true"]')
        page.keyboard.press(key)
        if typed == "Muni":
            page.get_by_role("combobox", name="To", exact=True).focus()
    page.get_by_role("combobox", name="Car").focus()
    page.keyboard.type("zoe")
    page.wait_for_selector('[role="option"][aria-selected="true"]')
    page.keyboard.press("Enter")
    page.get_by_label("Charge now").focus()
    page.keyboard.press("ArrowUp")
    page.get_by_role("button", name="Plan my trip").focus()
    page.keyboard.press("Enter")
    page.wait_for_selector(".promise")
    assert page.evaluate("document.activeElement.className") == "promise"


def test_a_claim_that_breaks_is_told_while_the_trip_is_shown(visit: Open, mock: Mock) -> None:
    events = mock.listen()
    window = visit().open()
    window.plan()
    broken = [{"kind": "status", "where": "stop 1", "detail": "Inntal Ost is out of order now"}]
    events.put(("broken", {"holds": False, "broken": broken}))
    window.page.wait_for_selector("text=Inntal Ost is out of order now")
    events.put(("ok", {"holds": True, "broken": []}))
    window.page.wait_for_selector(".banner.changed", state="detached")
