"""The Dutch national OCPI data: nothing valid is lost, and a trip on it is proven."""

import gzip
import json
import re
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from tests.real.command import Plugsure, finish_all
from tests.real.facts import DUTCH_PARTIES, DUTCH_TOKEN, FEED_TIME, UID

TRIP = (
    *("plan", "--from", "Leeuwarden", "--via", "Maastricht", "--to", "Leeuwarden"),
    *("--vehicle", "nissan-leaf-40-kwh-2018", "--soc", "50%", "--token", DUTCH_TOKEN),
    *("--as-of", FEED_TIME),
)

DISTINCT_EVSES, WITHOUT_ID = 111_503, 661
"""What the data's own description counts after merging by id, and how many of these have none."""


@pytest.fixture(scope="module")
def answers(dutch: Plugsure) -> tuple[dict[str, Any], str]:
    """The trip as JSON and as a table, planned by two processes at once."""
    asked = [dutch.start(*TRIP, "--format", form) for form in ("json", "table")]
    in_json, in_words = finish_all(*asked, status=0)
    for done in (in_json, in_words):
        assert UID not in done.out + done.err
    return in_json.document, in_words.out


@pytest.fixture(scope="module")
def plan(answers) -> dict[str, Any]:
    return answers[0]


def read_plainly(path: Path) -> tuple[dict[str, list[tuple[str, str]]], list[str], int]:
    """Read the file as anyone would: (last_updated, status) by EVSE ID, statuses without, lines."""
    by_id: dict[str, list[tuple[str, str]]] = defaultdict(list)
    without: list[str] = []
    locations = 0
    with gzip.open(path) as lines:
        for line in lines:
            locations += 1
            for evse in json.loads(line)["evses"]:
                if evse.get("evse_id"):
                    by_id[evse["evse_id"]].append((evse["last_updated"], evse["status"]))
                else:
                    without.append(evse["status"])
    return by_id, without, locations


def test_every_evse_is_there_or_it_is_known_why_not(dutch: Plugsure, shared: Path):
    by_id, without, locations = read_plainly(shared / "chargers" / "nl-ocpi-locations.ndjson.gz")
    assert locations == 65_894
    assert (len(by_id) + len(without), len(without)) == (DISTINCT_EVSES, WITHOUT_ID)
    # 1. Some ids differ in their separators only: NL*ABC*E12 and NLABCE12 are one EVSE.
    same: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for name, copies in by_id.items():
        same[re.sub(r"[\s*.\-_/]", "", name.upper())] += copies
    written_twice = len(by_id) - len(same)
    assert written_twice == 4
    # 2. Some are REMOVED by every copy: OCPI's way to say that a post is gone.
    gone = [n for n, copies in same.items() if all(s == "REMOVED" for _, s in copies)]
    gone_without_id = without.count("REMOVED")
    assert (len(gone), gone_without_id) == (411, 659)
    # No copy that is newer than a living one says REMOVED, so nothing came back from the dead.
    assert not [n for n, copies in same.items() if max(copies)[1] == "REMOVED" and n not in gone]
    # 3. Nothing else is missing.
    expected = DISTINCT_EVSES - written_twice - len(gone) - gone_without_id
    told = dutch.run("feed", "list", "--json", status=0).document[0]
    assert told["counts"]["evses"] == expected == 110_429
    assert told["rejected"] == 0
    assert told["last_sync"] == FEED_TIME
    living = sum(s != "REMOVED" for copies in by_id.values() for _, s in copies)
    living += len(without) - gone_without_id
    assert living - told["counts"]["merged_evses"] == expected
    assert told["counts"]["tariffs"] == 11_527


def test_the_list_of_feeds_shows_counts_and_what_was_left_out(dutch: Plugsure):
    shown = dutch.run("feed", "list", status=0).out
    assert "110,429" in shown
    assert "0 / 450" in shown  # rejected / mended
    assert dutch.run("feed", "list", "--rejected", "nl", "--json", status=0).document == []


def test_each_stop_has_evidence_and_no_more_than_a_file_earns(plan):
    assert len(plan["charging_stops"]) >= 3
    held = {f"NL*TST with {party}" for party in DUTCH_PARTIES}
    for stop in plan["charging_stops"]:
        assert stop["access"]["grade"] == "contracted"
        fact = stop["access"]["evidence"][0]
        assert fact["source"].startswith("dutch-roaming.csv:")
        assert fact["field"] == "agreement"
        assert fact["value"].split(",")[0] in held
        assert fact["as_of"]
        assert stop["token"]["uid"] == "••••F6"
    assert plan["summary"]["guarantee"]["min_grade"] == "contracted"


def test_each_stop_has_a_fallback_elsewhere_that_is_reached_above_the_reserve(plan):
    for stop in plan["charging_stops"]:
        first = stop["fallbacks"][0]
        assert first["station"]["id"] != stop["station"]["id"]
        assert first["access"]["grade"] == "contracted"
        assert first["soc_arrival"] >= 0.1
        assert stop["decide_by"]


def test_the_way_there_and_back_has_the_length_of_the_roads(plan):
    assert plan["legs"][0]["from"]["name"] == "Leeuwarden"
    assert any(leg["to"]["name"] == "Maastricht" for leg in plan["legs"])
    assert plan["legs"][-1]["to"]["name"] == "Leeuwarden"
    assert 580_000 < plan["summary"]["distance_m"] < 720_000  # by road some 310 km each way
    assert plan["legs"][-1]["soc_end"] >= 0.1 - 1e-9
    assert plan["mission"]["soc"] == 0.5


def test_stations_left_out_are_counted_by_reason(plan, answers):
    counts = plan["rejected"]["counts"]
    assert counts["no_agreement"] > 5_000
    assert counts["hours_unknown"] > 1_000
    assert counts["plug"] > 100
    assert all(re.fullmatch(r"[a-z_0-9]+", reason) for reason in counts)
    listed = plan["rejected"]["stations"]
    assert 0 < len(listed) <= 500
    assert all(entry["reason"] in counts and entry["detail"] for entry in listed)
    assert f"{counts['no_agreement']:,} no_agreement" in " ".join(answers[1].split())


def test_the_table_tells_the_same_trip(plan, answers):
    shown = " ".join(answers[1].split())
    for stop in plan["charging_stops"]:
        assert stop["station"]["name"].split(" ")[0] in shown
        assert "contracted by agreement" in shown
    assert plan["promise"] in shown
    assert "If it fails" in shown


def test_the_plan_holds_when_it_is_checked_and_a_forged_one_does_not(
    dutch: Plugsure, plan, tmp_path: Path
):
    sound = tmp_path / "plan.json"
    sound.write_text(json.dumps(plan), encoding="utf-8")
    first = plan["legs"][0]
    first["energy_kwh"] -= 3.0
    plan["charging_stops"][0]["access"]["grade"] = "verified"
    forged = tmp_path / "forged.json"
    forged.write_text(json.dumps(plan), encoding="utf-8")
    checks = [
        dutch.start("verify", sound, "--token", DUTCH_TOKEN),
        dutch.start("verify", forged, "--token", DUTCH_TOKEN, "--json"),
    ]
    holds, broken = finish_all(*checks)
    assert holds.status == 0, holds.out + holds.err
    assert "holds" in holds.out
    assert broken.status == 1, broken.err
    told = broken.document
    assert not told["holds"]
    assert {"energy", "access"} & {claim["kind"] for claim in told["broken"]}
    assert UID not in holds.out + holds.err + broken.out + broken.err
