"""The French IRVE data: what a payment card opens, what a card opens, and what nobody knows."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from tests.real.command import Plugsure, finish_all
from tests.real.facts import FEED_TIME, FRENCH_PARTIES, FRENCH_TOKEN, STRANGE_TOKEN, UID

TRIP = (
    *("plan", "--from", "Lille", "--to", "Marseille", "--soc", "80%", "--as-of", FEED_TIME),
    *("--vehicle", "volkswagen-id-3-58-kwh-2020", "--format", "json"),
)


@pytest.fixture(scope="module")
def answers(french: Plugsure) -> list[Any]:
    """The trip with a payment card, and with a token that some parties take: two processes."""
    wallets = (("--payment-card",), ("--token", FRENCH_TOKEN))
    asked = [french.start(*TRIP, *wallet) for wallet in wallets]
    done = finish_all(*asked, status=0)
    assert all(UID not in one.out + one.err for one in done)
    return [one.document for one in done]


def test_every_point_is_there_or_listed_with_its_reason(french: Plugsure, shared: Path):
    with gzip.open(shared / "chargers" / "fr-irve-static.json.gz") as lines:
        points = sum(1 for line in lines if line.strip(b" \r\n,[]"))
    told = french.run("feed", "list", "--json", status=0).document[0]
    lost = french.run("feed", "list", "--rejected", "fr", "--json", status=0).document
    assert points == 29_109
    assert told["counts"]["evses"] + len(lost) == points
    assert told["rejected"] == len(lost)
    assert all(entry["place"].startswith("FR") and entry["detail"] for entry in lost)
    assert {"no type" in e["detail"] or "another type" in e["detail"] for e in lost} == {True}


def test_a_payment_card_pays_at_terminals(answers):
    plan = answers[0]
    assert plan["charging_stops"]
    for stop in plan["charging_stops"]:
        assert stop["access"]["grade"] == "ad_hoc"
        assert stop["access"]["rule"] == "terminal"
        assert stop["start"]["how"] not in ("app", "plug")
        assert stop["connector"]["power_kw"] > 22
        assert stop["fallbacks"][0]["access"]["grade"] == "ad_hoc"
    assert plan["rejected"]["counts"]["no_terminal"] > 500
    assert plan["rejected"]["counts"]["disabled_only"] > 100
    assert plan["rejected"]["counts"]["closed_group"] > 100


def test_a_card_with_agreements_is_warned_that_the_post_may_not_read_it(answers):
    plan = answers[1]
    assert plan["charging_stops"]
    for stop in plan["charging_stops"]:
        assert stop["access"]["grade"] == "contracted"
        assert stop["station"]["party"] in FRENCH_PARTIES
        # IRVE has no capabilities: the grade stands, the channel is unknown and said to be so.
        assert any("does not say how" in said for said in stop["access"]["warnings"])
        name = stop["station"]["name"]
        assert any(name in said and "may not be read" in said for said in plan["warnings"])
    assert plan["rejected"]["counts"]["no_agreement"] > 500


def test_nothing_is_claimed_of_statuses_and_prices_that_irve_does_not_tell(answers):
    for plan in answers:
        for stop in plan["charging_stops"]:
            assert stop["availability"]["status"] == "UNKNOWN"
            assert stop["spare_evse_ids"], "an EVSE of unknown status is not alone"
            assert stop["cost"] is None
        assert plan["summary"]["cost"] is None
        assert plan["summary"]["unpriced_stops"] == len(plan["charging_stops"])


def test_without_an_agreement_there_is_no_trip_and_it_is_said_what_would_help(french: Plugsure):
    done = french.run(*TRIP, "--token", STRANGE_TOKEN, status=1)
    answer = done.document
    assert answer["reason"] == "no_accessible_charger"
    assert "charging_stops" not in answer
    assert answer["rejected"]["counts"]["unknown_access"] > 1_000
    helps = {change["change"]: change["value"] for change in answer["relaxations"]}
    assert helps["token"] == "FR*TST"
    assert "payment_card" in helps
    lon, lat = answer["furthest"]["location"]
    assert 0 < lon < 6
    assert 47 < lat < 50.6, "one gets some 200 km to the south of Lille"
    assert UID not in json.dumps(answer) + done.err
