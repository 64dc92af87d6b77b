"""Places by name and by point through the API; what a name was taken for is said in the plan."""

import pytest
from flask.testing import FlaskClient

from tests.faces.small_world import CAR, MUNICH, UID

INNSBRUCK = "11.3945,47.2627"


def asked(place: str) -> dict[str, object]:
    return {
        "stops": [{"location": MUNICH}, {"place": place}],
        "departure": "2026-11-23T08:00:00+01:00",
        "vehicle": {"id": CAR, "soc": 0.9},
        "wallet": {"tokens": [{"uid": UID, "provider": "DE*ABC"}]},
    }


def test_a_place_says_where_it_lies_and_how_its_name_fits(client: FlaskClient) -> None:
    (best, *_) = client.get("/v1/places?q=München&limit=3").json["places"]
    assert (best["name"], best["kind"], best["match"]) == ("Munich", "city", "exact")
    assert (best["title"], best["within"], best["station"]) == ("Munich", "", None)
    typo = client.get("/v1/places?q=Innsbrcuk").json["places"][0]
    assert (typo["name"], typo["match"]) == ("Innsbruck", "typo")


def test_stations_are_found_by_name_beside_towns(client: FlaskClient) -> None:
    found = client.get("/v1/places?q=rovereto&limit=20").json["places"]
    assert found[0]["kind"] != "charger"
    assert {place["station"] for place in found if place["kind"] == "charger"} >= {
        "AT*AAA*Rovereto",
        "IT*BBB*Rovereto",
    }


def test_what_is_near_comes_first_where_names_are_alike(client: FlaskClient) -> None:
    for lon, lat in ((8.14, 49.35), (11.77, 48.81)):
        found = client.get(f"/v1/places?q=Neustadt&near={lon},{lat}").json["places"]
        assert found[0]["location"] == pytest.approx([lon, lat], abs=0.1)


def test_a_point_is_named_by_the_town_that_is_near(client: FlaskClient) -> None:
    (here,) = client.get(f"/v1/places?at={INNSBRUCK}").json["places"]
    assert here["name"] == "Innsbruck"
    assert client.get("/v1/places?at=-30.0,10.0").json == {"places": []}


@pytest.mark.parametrize(
    "query", ["", "q=", "q=a&at=11,47", "at=11", "at=500,47", "q=a&near=x", "near=11,47"]
)
def test_a_search_that_asks_for_nothing_or_for_two_things_is_refused(
    client: FlaskClient, query: str
) -> None:
    told = client.get(f"/v1/places?{query}")
    assert told.status_code == 400
    assert told.json["type"].endswith("invalid-input")


def test_a_text_that_is_far_too_long_is_refused_where_it_is_searched_and_where_it_is_planned(
    client: FlaskClient,
) -> None:
    for told in (
        client.get(f"/v1/places?q={'a+' * 5_000}"),
        client.post("/v1/plans", json=asked("a " * 5_000)),
    ):
        assert told.status_code == 400
        assert told.json["type"].endswith("invalid-input")
        assert "200" in str(told.json)


def test_a_clear_slip_is_planned_and_said(client: FlaskClient) -> None:
    plan = client.post("/v1/plans", json=asked("Innsbrcuk"))
    assert plan.status_code == 200, plan.json
    said = "'Innsbrcuk' is taken for Innsbruck (AT)"
    assert said in plan.json["warnings"]
    assert said in plan.json["mission"]["assumed"]
    right = client.post("/v1/plans", json=asked("innsbruck"))
    assert not [warning for warning in right.json["warnings"] if "taken for" in warning]


def test_a_near_miss_is_refused_with_what_may_be_meant(client: FlaskClient) -> None:
    told = client.post("/v1/plans", json=asked("Insbrugk"))
    assert told.status_code == 400
    (fault,) = told.json["errors"]
    assert fault["pointer"] == "/stops/1/place"
    assert "Innsbruck (AT)" in fault["remedy"]


def test_a_leg_tells_its_roads_and_their_lengths_add_up(client: FlaskClient) -> None:
    plan = client.post("/v1/plans", json=asked("Innsbruck")).json
    for leg in plan["legs"]:
        driven = leg["distance_m"] - leg["approach_start_m"] - leg["approach_end_m"]
        assert sum(road["distance_m"] for road in leg["roads"]) == pytest.approx(driven, abs=1)
