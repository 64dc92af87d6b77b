"""What other sources say of a station is shown beside the grade, and never raises it."""

from dataclasses import replace
from pathlib import Path

import pytest

from planner.access.chargers import Chargers, accessible
from planner.access.elsewhere import beside, tell_elsewhere
from planner.faces.judging import ANY_CAR, station_feature
from planner.model.geo import LonLat
from planner.model.grade import Grade, Verdict
from planner.model.station import Connector, Evse, Hours, SaidElsewhere, Station, Status
from planner.model.token import Wallet
from planner.store.feeds import Source
from planner.store.store import Store
from planner.store.updates import StationsUpdate

NOW = 1_790_000_000.0
ALWAYS = Hours(twentyfourseven=True)


def make(feed: str, **facts: object) -> Station:
    party = ("ZZ", "OSM") if feed == "map" else ("NL", "ABC")
    connector = Connector(
        id="1", standard="IEC_62196_T2_COMBO", format="CABLE", power_type="DC", power_kw=150.0
    )
    told = {
        "id": f"{party[0]}*{party[1]}*1",
        "country_code": party[0],
        "party_id": party[1],
        "location_id": "1",
        "location": LonLat(5.0, 52.0),
        "time_zone": "Europe/Amsterdam",
        "evses": (Evse(uid="1", evse_id="NL*ABC*E1", connectors=(connector,)),),
        "last_updated": NOW - 1000.0,
        "hours": ALWAYS,
    }
    return Station(feed=feed, **{**told, **facts})


@pytest.fixture
def store(tmp_path: Path) -> Store:
    opened = Store.open(f"sqlite:///{tmp_path}/s.sqlite", tmp_path / "key")
    opened.feeds.add(Source(name="live", kind="ocpi", url="https://x.example", sender="NL*ABC"))
    opened.feeds.add(Source(name="map", kind="file", path="a.pbf", format="osm"))
    return opened


def judged(store: Store, *stations: Station) -> Chargers:
    for station in stations:
        told = {"1": (Status.AVAILABLE, NOW - 1000.0)}
        store.apply(StationsUpdate(feed=station.feed, stations=[(station, told)]))
    wallet = Wallet(payment_card=True)
    return accessible(store.snapshot(), wallet, ANY_CAR, min_grade=Grade.AD_HOC, now=NOW)


PAYS = {"evses": tuple(replace(e, capabilities=("PED_TERMINAL",)) for e in make("live").evses)}


def test_a_station_of_one_source_is_judged_as_ever(store: Store):
    found = judged(store, make("live", **PAYS))
    assert found.verdict(0).grade is Grade.AD_HOC
    assert found.verdict(0).warnings == ()


def test_a_contradiction_stands_in_the_evidence_and_the_warnings(store: Store):
    found = judged(store, make("live", max_height_m=2.2, **PAYS), make("map", max_height_m=1.9))
    verdict = found.verdict(0)
    assert verdict.grade is Grade.AD_HOC
    assert ("OpenStreetMap", "max_height_m", "1.9") in {
        (fact.source, fact.field, fact.value) for fact in verdict.evidence
    }
    assert verdict.warnings == (
        "OpenStreetMap says clearance in metres: 1.9; the station's own source says otherwise.",
    )
    (said,) = station_feature(found, 0, with_car=False)["properties"]["elsewhere"]
    assert (said["source"], said["effect"], said["value"]) == ("OpenStreetMap", "differs", "1.9")


def test_hours_that_only_the_map_knows_are_counted_on_and_named(store: Store):
    assert judged(store, make("live", hours=None, **PAYS)).refusal(0) is not None
    found = judged(store, make("map"))
    assert found.refusal(0) is None
    verdict = found.verdict(0)
    assert verdict.warnings == ()
    assert [f.source for f in verdict.evidence if f.field == "hours"] == ["OpenStreetMap"]


def test_a_closed_group_of_the_map_keeps_the_stop_out(store: Store):
    found = judged(store, make("live", **PAYS), make("map", reserved_for="access=private"))
    refused = found.refusal(0)
    assert refused is not None
    assert refused.reason == "closed_group"
    assert "OpenStreetMap: access=private" in refused.detail


def test_what_is_said_of_another_post_is_no_matter_here():
    said = SaidElsewhere(
        source="feed nl-Live", evse_uid="2", field="power_kw", value="50 kW", effect="differs"
    )
    verdict = Verdict(grade=Grade.AD_HOC, rule="terminal", evidence=())
    station = make("live", elsewhere=(said,))
    assert beside(verdict, station, "1") is verdict
    assert beside(verdict, station, "2").warnings == (tell_elsewhere(said),)
    assert tell_elsewhere(said).startswith("Feed nl-Live says power: 50 kW")
