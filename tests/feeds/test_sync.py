"""A pull changes the store as a whole or not at all, and what it left out is listed."""

from typing import Any

import pytest
from werkzeug import Response

from planner.errors import FeedError, InputError, NotFound
from planner.feeds.sync import OVERLAP_S, sync_feed
from planner.model.station import Status
from planner.ocpi.messages import write_envelope
from planner.ocpi.times import write_time
from planner.store.feeds import Source

NOW = 1_780_819_200.0


def location(number: int, *, status: str = "AVAILABLE", at: float = NOW - 3600) -> dict[str, Any]:
    updated = write_time(at)
    return {
        "country_code": "NL",
        "party_id": "TNM",
        "id": f"L{number}",
        "publish": True,
        "name": f"Place {number}",
        "coordinates": {"latitude": f"52.{number:03d}", "longitude": "5.100"},
        "time_zone": "Europe/Amsterdam",
        "evses": [
            {
                "uid": f"E{number}",
                "evse_id": f"NL*TNM*E{number}",
                "status": status,
                "connectors": [
                    {
                        "id": "1",
                        "standard": "IEC_62196_T2",
                        "format": "SOCKET",
                        "power_type": "AC_3_PHASE",
                        "max_voltage": 230,
                        "max_amperage": 16,
                        "tariff_ids": ["T1"],
                        "last_updated": updated,
                    }
                ],
                "last_updated": updated,
            }
        ],
        "last_updated": updated,
    }


def tariff(name: str, price: float = 0.5) -> dict[str, Any]:
    return {
        "country_code": "NL",
        "party_id": "TNM",
        "id": name,
        "currency": "EUR",
        "elements": [{"price_components": [{"type": "ENERGY", "price": price, "step_size": 1}]}],
        "last_updated": write_time(NOW - 3600),
    }


@pytest.fixture
def feed(party, store) -> str:
    party.lists["locations"] = [location(n) for n in range(1, 8)]
    party.lists["tariffs"] = [tariff("T1")]
    store.feeds.add(
        Source(name="cpo", kind="ocpi", url=party.versions_url, sender="NL*TNM"),
        {"token": "secret-token-c"},
    )
    return "cpo"


def names(store) -> set[str]:
    return {station.location_id for station in store.snapshot().stations}


def test_the_first_pull_brings_all_stations_statuses_and_tariffs(party, store, feed, client):
    heard = []
    report = sync_feed(
        store, feed, now=NOW, client=client, progress=lambda *told: heard.append(told)
    )
    snapshot = store.snapshot()
    assert names(store) == {f"L{n}" for n in range(1, 8)}
    assert snapshot.status_word(0) is Status.AVAILABLE
    assert ("NL*TNM", "T1") in snapshot.tariffs
    assert (report.full, report.counts["stations"], report.counts["tariffs"]) == (True, 7, 1)
    assert (report.rejected, report.notes) == ((), ())
    assert store.feeds.get(feed).last_sync == NOW
    assert heard[:3] == [("locations", n, 7) for n in (3, 6, 7)]


def test_the_next_pull_asks_for_changes_and_takes_only_them(party, store, feed, client):
    sync_feed(store, feed, now=NOW, client=client)
    party.lists["locations"][2] = location(3, status="CHARGING", at=NOW + 60)
    report = sync_feed(store, feed, now=NOW + 120, client=client)
    assert party.asked[-1].args["date_from"] == write_time(NOW - OVERLAP_S)
    assert (report.full, report.counts["stations"]) == (False, 1)
    assert names(store) == {f"L{n}" for n in range(1, 8)}
    snapshot = store.snapshot()
    words = {snapshot.evse(e).uid: snapshot.status_word(e) for e in range(len(snapshot.status))}
    assert words["E3"] is Status.CHARGING
    assert words["E4"] is Status.AVAILABLE


def test_a_full_pull_forgets_what_is_gone_and_an_increment_does_not(party, store, feed, client):
    sync_feed(store, feed, now=NOW, client=client)
    del party.lists["locations"][0]
    party.lists["tariffs"] = [tariff("T2")]
    sync_feed(store, feed, now=NOW + 60, client=client)
    assert "L1" in names(store)
    sync_feed(store, feed, now=NOW + 120, client=client, full=True)
    assert "L1" not in names(store)
    assert {key[1] for key in store.snapshot().tariffs} == {"T2"}


def test_a_location_whose_evses_are_removed_goes_with_an_increment(party, store, feed, client):
    sync_feed(store, feed, now=NOW, client=client)
    party.lists["locations"][0] = location(1, status="REMOVED", at=NOW + 60)
    sync_feed(store, feed, now=NOW + 120, client=client)
    assert names(store) == {f"L{n}" for n in range(2, 8)}


def test_bad_objects_are_listed_and_cost_nothing_else(party, store, feed, client):
    party.lists["locations"][1] = {"id": "L2", "last_updated": "2026"}
    party.lists["locations"][3] = "garbage"
    party.lists["tariffs"].append({**tariff("bad/one"), "elements": [{"price_components": 7}]})
    report = sync_feed(store, feed, now=NOW, client=client)
    assert names(store) == {f"L{n}" for n in (1, 3, 5, 6, 7)}
    rejected = store.rejections(feed)
    assert len(rejected) == len(report.rejected) == report.counts["rejected"] == 3
    assert any(f.place == "NL*TNM*bad~1one/elements/0/price_components" for f in rejected)


@pytest.mark.parametrize("module", ["locations", "tariffs"])
@pytest.mark.parametrize("full", [True, False])
def test_a_pull_that_breaks_in_the_middle_changes_nothing(module, full, party, store, feed, client):
    sync_feed(store, feed, now=NOW, client=client)
    before = store.snapshot()
    party.lists["locations"] = [location(n, at=NOW + 60) for n in range(20, 30)]
    good = 1 if module == "locations" else 4
    party.first = [party.whole] * good + [lambda _: Response("<html>down</html>")]
    with pytest.raises(FeedError, match="no JSON"):
        sync_feed(store, feed, now=NOW + 120, full=full, client=client)
    source = store.feeds.get(feed)
    assert (source.last_sync, source.last_attempt) == (NOW, NOW + 120)
    assert "no JSON" in source.error
    assert {s.id for s in store.snapshot().stations} == {s.id for s in before.stations}


def test_after_a_failure_nothing_that_changed_meanwhile_is_missed(party, store, feed, client):
    sync_feed(store, feed, now=NOW, client=client)
    party.lists["locations"][0] = location(1, status="CHARGING", at=NOW + 10)
    party.first = [lambda _: Response("no", status=404)]
    with pytest.raises(FeedError):
        sync_feed(store, feed, now=NOW + 60, client=client)
    report = sync_feed(store, feed, now=NOW + 4000, client=client)
    assert report.counts["stations"] == 1
    assert store.feeds.get(feed).error == ""


def test_a_list_that_is_suddenly_empty_wipes_nothing_out(party, store, feed, client):
    sync_feed(store, feed, now=NOW, client=client)
    party.lists["locations"] = []
    with pytest.raises(FeedError, match="no stations at all, and 7 before"):
        sync_feed(store, feed, now=NOW + 60, full=True, client=client)
    assert len(names(store)) == 7


def test_what_was_promised_and_not_sent_does_not_count_as_gone(party, store, feed, client):
    sync_feed(store, feed, now=NOW, client=client)

    def cut(objects):
        body = write_envelope(objects, now=NOW)
        return lambda _: Response(body, headers={"X-Total-Count": "7"})

    party.first = [cut([location(1)]), cut([])]
    report = sync_feed(store, feed, now=NOW + 60, full=True, client=client)
    assert len(names(store)) == 7
    assert "6 of 7 locations were promised and not sent" in report.notes[0]


def test_a_hub_tells_of_its_clients(party, store, feed, client):
    party.lists["hubclientinfo"] = [
        {
            "country_code": "nl",
            "party_id": "TNM",
            "role": "CPO",
            "status": "CONNECTED",
            "last_updated": "2026-06-07T08:00:00Z",
        },
        {"party_id": "???"},
    ]
    report = sync_feed(store, feed, now=NOW, client=client)
    (info,) = store.snapshot().client_infos
    assert (info.hub, info.party, info.status, info.as_of) == (
        "NL*TNM",
        "NL*TNM",
        "CONNECTED",
        NOW,
    )
    assert [fault.place for fault in report.rejected] == ["hubclientinfo"]


def test_the_party_is_asked_who_it_is(party, store, client):
    party.lists |= {"locations": [location(1)], "credentials": []}
    roles = [
        {"role": "CPO", "country_code": "NL", "party_id": "ABC"},
        {"role": "HUB", "country_code": "NL", "party_id": "HUB"},
    ]
    party.serve(
        "/ocpi/2.2.1/credentials", lambda _: {"token": "c", "url": "http://x", "roles": roles}
    )
    store.feeds.add(Source(name="hub", kind="ocpi", url=party.versions_url), {"token": "c"})
    report = sync_feed(store, "hub", now=NOW, client=client)
    source = store.feeds.get("hub")
    assert (source.sender, source.is_hub) == ("NL*HUB", True)
    assert report.notes == ()


def test_a_party_that_does_not_say_who_it_is_is_pulled_with_a_note(party, store, client):
    party.lists["locations"] = [location(1)]
    store.feeds.add(Source(name="shy", kind="ocpi", url=party.versions_url), {"token": "c"})
    report = sync_feed(store, "shy", now=NOW, client=client)
    assert "does not say who it is" in report.notes[0]
    assert names(store) == {"L1"}


def test_feeds_that_cannot_be_pulled_are_told(store, client):
    store.feeds.add(Source(name="file", kind="file", path="x"))
    store.feeds.add(Source(name="bare", kind="ocpi", url="http://x"))
    with pytest.raises(InputError, match="read from a file"):
        sync_feed(store, "file", now=NOW, client=client)
    with pytest.raises(InputError, match="no token"):
        sync_feed(store, "bare", now=NOW, client=client)
    with pytest.raises(NotFound):
        sync_feed(store, "none", now=NOW, client=client)
