"""What readers of the store see, and how little of it they read again."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from planner.errors import Fault, InputError, NotFound
from planner.model.station import Status
from planner.ocpi.tariffs import read_tariff
from planner.store.feeds import Source
from planner.store.snapshot import (
    Agreement,
    ClientInfo,
    DriverReport,
    RetailPrice,
    TokenEvidence,
)
from planner.store.store import Store
from planner.store.updates import Repair, StationsUpdate, StatusUpdate, TariffsUpdate

from .conftest import make_station

FREE = (Status.AVAILABLE, 1000.0)


def told(*stations, feed="live", full=False, removed=(), faults=(), status=FREE):
    return StationsUpdate(
        feed=feed,
        stations=[(s, {evse.uid: status for evse in s.evses}) for s in stations],
        full=full,
        removed=removed,
        faults=faults,
    )


def tariff(name="T1", party="ABC", price=0.5, **more):
    return read_tariff(
        {
            "country_code": "NL",
            "party_id": party,
            "id": name,
            "currency": "EUR",
            "elements": [
                {"price_components": [{"type": "ENERGY", "price": price, "step_size": 1}]}
            ],
            **more,
        }
    )


def test_an_empty_store_gives_an_empty_snapshot(store: Store):
    snapshot = store.snapshot()
    assert snapshot.stations == ()
    assert snapshot.first.tolist() == [0]
    assert snapshot.status.shape == (0,)
    assert set(snapshot.feeds) == {"live", "file"}
    assert store.snapshot(snapshot) is snapshot


def test_stations_come_back_as_they_were_told(store: Store):
    one = make_station(
        "1",
        "NL*ABC*E1",
        None,
        name="Grote Markt",
        publish=False,
        publish_allowed_to=("group_id:x",),
        accepted_service_providers=("Nice Charge",),
        max_height_m=2.1,
        charging_when_closed=False,
        card_terminal=True,
        last_updated=5.0,
    )
    two = make_station("2", "NL*ABC*E2", hours=None)
    store.apply(told(two, one))
    snapshot = store.snapshot()
    assert snapshot.stations == (one, two)
    assert snapshot.first.tolist() == [0, 2, 3]
    assert snapshot.evse_station.tolist() == [0, 0, 1]
    assert snapshot.evse(1) == one.evses[1]
    assert snapshot.status_word(2) is Status.AVAILABLE
    assert snapshot.lon.tolist() == [4.5, 4.5]
    assert snapshot.facts[snapshot.facts_of[0]].max_height_m == 2.1
    assert snapshot.facts_of[0] == snapshot.facts_of[1] != snapshot.facts_of[2]
    assert not snapshot.facts[snapshot.facts_of[2]].hours_known


def test_columns_cannot_be_written_to(store: Store):
    store.apply(told(make_station("1", "NL*ABC*E1")))
    snapshot = store.snapshot()
    for column in (snapshot.status, snapshot.first, snapshot.lon, snapshot.facts_of):
        with pytest.raises(ValueError, match="read-only"):
            column[0] = 1


def test_a_status_reaches_the_reader_without_touching_the_stations(
    store: Store, opened: Callable[[], Store]
):
    store.apply(told(make_station("1", "NL*ABC*E1", "NL*ABC*E2")))
    reader = opened()
    before = reader.snapshot()
    store.apply(
        StatusUpdate(feed="live", station_id="NL*ABC*1", statuses={"2": (Status.CHARGING, 2000.0)})
    )
    assert reader.sequence() > before.sequence
    after = reader.snapshot(before)
    assert after.status_word(0) is Status.AVAILABLE
    assert after.status_word(1) is Status.CHARGING
    assert after.status_at.tolist() == [1000.0, 2000.0]
    assert after.stations is before.stations
    assert after.facts is before.facts
    assert after.facts_of is before.facts_of
    assert after.static_hash == before.static_hash
    assert after.hash != before.hash
    assert before.status_word(1) is Status.AVAILABLE
    assert after.hash == reader.snapshot().hash


def test_older_news_of_a_status_is_ignored(store: Store):
    store.apply(told(make_station("1", "NL*ABC*E1")))
    before = store.sequence()
    stale = {"1": (Status.OUTOFORDER, 999.0)}
    store.apply(StatusUpdate(feed="live", station_id="NL*ABC*1", statuses=stale))
    store.apply(told(make_station("1", "NL*ABC*E1"), status=(Status.OUTOFORDER, 999.0)))
    assert store.sequence() == before
    assert store.snapshot().status_word(0) is Status.AVAILABLE


def test_a_file_is_the_whole_truth_of_its_feed_even_when_older(store: Store):
    station = make_station("1", "NL*ABC*E1", feed="file")
    store.apply(told(station, feed="file", full=True, status=(Status.CHARGING, 2000.0)))
    store.apply(told(station, feed="file", full=True, status=(Status.AVAILABLE, 1000.0)))
    assert store.snapshot().status_word(0) is Status.AVAILABLE


def test_telling_the_same_again_changes_nothing(store: Store):
    update = told(make_station("1", "NL*ABC*E1"), full=True)
    store.apply(update)
    before = store.snapshot()
    assert store.apply(update) == before.sequence
    assert store.snapshot(before) is before


def test_a_whole_feed_takes_out_what_is_not_in_it_and_an_increment_does_not(store: Store):
    one, two, three = (make_station(str(n), f"NL*ABC*E{n}") for n in (1, 2, 3))
    store.apply(told(one, two))
    store.apply(told(three))
    snapshot = store.snapshot()
    assert [s.location_id for s in snapshot.stations] == ["1", "2", "3"]
    store.apply(told(one, three, full=True))
    snapshot = store.snapshot(snapshot)
    assert [s.location_id for s in snapshot.stations] == ["1", "3"]
    store.apply(told(removed=["NL*ABC*1"]))
    assert [s.location_id for s in store.snapshot(snapshot).stations] == ["3"]
    store.apply(told(one))
    assert [s.location_id for s in store.snapshot(snapshot).stations] == ["1", "3"]


def test_a_station_that_lost_an_evse_shows_the_others(store: Store):
    store.apply(told(make_station("1", "NL*ABC*E1", "NL*ABC*E2")))
    before = store.snapshot()
    store.apply(told(make_station("1", "NL*ABC*E1")))
    after = store.snapshot(before)
    assert [evse.uid for evse in after.stations[0].evses] == ["1"]
    assert after.static_hash != before.static_hash


def test_two_stores_with_the_same_data_have_the_same_hash_whatever_the_order(
    store: Store, tmp_path
):
    other = Store.open(f"sqlite:///{tmp_path / 'other.sqlite'}", tmp_path / "other-key")
    other.feeds.add(Source(name="file", kind="file"))
    other.feeds.add(Source(name="live", kind="ocpi"))
    stations = [make_station(str(n), f"NL*ABC*E{n}") for n in range(5)]
    store.apply(told(*stations), TariffsUpdate(feed="live", tariffs=[tariff(), tariff("T2")]))
    store.feeds.record_sync("live", 77.0)
    for station in reversed(stations):
        other.apply(told(replace(station, name="draft")))
        other.apply(told(station))
    other.apply(TariffsUpdate(feed="live", tariffs=[tariff("T2"), tariff()]))
    agreement = Agreement(
        emsp="NL*MSP",
        cpo="NL*ABC",
        via="",
        valid_from=None,
        valid_to=None,
        token_types=(),
        source="a.csv:2",
        as_of=1.0,
    )
    store.knowledge.replace_agreements([agreement])
    other.knowledge.replace_agreements([replace(agreement, source="b.csv:9", as_of=2.0)])
    mine, theirs = store.snapshot(), other.snapshot()
    other.close()
    assert mine.hash == theirs.hash
    assert mine.static_hash == theirs.static_hash
    assert mine.agreements_hash == theirs.agreements_hash


def test_any_change_of_what_is_known_changes_the_hash(store: Store):
    station = make_station("1", "NL*ABC*E1")
    store.apply(told(station))
    seen = [store.snapshot()]

    def differs(*, static: bool) -> None:
        snapshot = store.snapshot(seen[-1])
        assert snapshot.hash not in {before.hash for before in seen}
        assert (snapshot.static_hash != seen[-1].static_hash) == static
        assert store.snapshot().hash == snapshot.hash
        seen.append(snapshot)

    store.apply(told(replace(station, name="New name")))
    differs(static=True)
    store.apply(TariffsUpdate(feed="live", tariffs=[tariff()]))
    differs(static=True)
    store.apply(TariffsUpdate(feed="live", tariffs=[tariff(price=0.7)]))
    differs(static=True)
    store.knowledge.replace_agreements(
        [
            Agreement(
                emsp="NL*MSP",
                cpo="*",
                via="NL*HUB",
                valid_from=1.0,
                valid_to=2.0,
                token_types=("RFID",),
                source="a.csv:2",
                as_of=1.0,
            )
        ]
    )
    differs(static=True)
    store.knowledge.replace_prices(
        [
            RetailPrice(
                emsp="NL*MSP",
                cpo="*",
                currency="EUR",
                per_kwh="0.5",
                per_min="0",
                per_session="0",
                idle_per_min="0",
                power_min_kw=None,
                power_max_kw=None,
                valid_from=None,
                valid_to=None,
            )
        ]
    )
    differs(static=True)
    store.knowledge.replace_client_infos(
        "NL*HUB",
        [ClientInfo(hub="NL*HUB", party="NL*ABC", role="CPO", status="CONNECTED", as_of=1.0)],
    )
    differs(static=True)
    store.knowledge.add_reports(
        [DriverReport(station_id="NL*ABC*1", evse_uid="1", outcome="broken", at=9.0)]
    )
    differs(static=False)
    store.knowledge.add_token_evidence(
        [
            TokenEvidence(
                token="0123",
                station_id="NL*ABC*1",
                evse_uid="1",
                party="NL*ABC",
                kind="refused",
                value="",
                at=9.0,
                until=None,
                source="driver",
            )
        ]
    )
    differs(static=False)
    store.apply(TariffsUpdate(feed="live", tariffs=[], removed=[("NL*ABC", "T1")]))
    differs(static=True)
    assert seen[-1].tariffs == {}
    assert len(seen[-1].reports) == len(seen[-1].token_evidence) == 1
    store.feeds.record_sync("live", 99.0)
    synced = store.snapshot(seen[-1])
    assert synced.hash == seen[-1].hash
    assert synced.feeds["live"].last_sync == 99.0
    assert store.knowledge.forget_before(10.0) == 2
    assert store.snapshot(synced).reports == ()


def test_a_tariff_is_found_under_the_party_of_the_station_or_alone_in_its_feed(store: Store):
    station = make_station("1", "NL*ABC*E1")
    store.apply(told(station), TariffsUpdate(feed="live", tariffs=[tariff(party="XYZ")]))
    snapshot = store.snapshot()
    assert snapshot.tariffs["NL*ABC", "T1"] == tariff(party="XYZ")
    assert snapshot.facts[0].connectors[0][5] is True
    store.apply(TariffsUpdate(feed="live", tariffs=[tariff(party="QQQ", price=0.9)]))
    snapshot = store.snapshot(snapshot)
    assert ("NL*ABC", "T1") not in snapshot.tariffs
    assert snapshot.facts[0].connectors[0][5] is False
    store.apply(TariffsUpdate(feed="live", tariffs=[tariff(price=0.1)]))
    assert store.snapshot(snapshot).tariffs["NL*ABC", "T1"] == tariff(price=0.1)


def test_a_tariff_for_payment_on_the_spot_is_no_sign_of_a_contract(store: Store):
    store.apply(
        told(make_station("1", "NL*ABC*E1")),
        TariffsUpdate(feed="live", tariffs=[tariff(type="AD_HOC_PAYMENT")]),
    )
    assert store.snapshot().facts[0].connectors[0][5] is False


def test_faults_of_an_object_are_replaced_when_it_is_told_again(store: Store):
    bad = Fault("NL*ABC*1/evses/2", "no connector")
    other = Fault("NL*ABC*9/coordinates", "0,0")
    mended = Repair("NL*ABC*1/evses/1/status", "odd")
    store.apply(told(make_station("1", "NL*ABC*E1"), faults=[bad, other, mended]))
    assert store.rejections("live") == [bad, other]
    assert store.rejections("live", mended=True) == [bad, other, mended]
    assert store.feeds.rejection_counts() == {"live": (2, 1)}
    store.apply(told(make_station("1", "NL*ABC*E1", "NL*ABC*E2")))
    assert store.rejections("live", mended=True) == [other]
    store.apply(told(full=True))
    assert store.rejections("live") == []


def test_a_feed_that_is_removed_takes_its_stations_along(store: Store):
    store.apply(told(make_station("1", "NL*ABC*E1")))
    store.apply(told(make_station("2", "NL*ABC*E2", feed="file"), feed="file"))
    before = store.snapshot()
    store.remove_feed("live")
    after = store.snapshot(before)
    assert [s.location_id for s in after.stations] == ["2"]
    assert set(after.feeds) == {"file"}
    store.feeds.add(Source(name="live", kind="ocpi"))
    assert [s.location_id for s in store.snapshot(after).stations] == ["2"]
    with pytest.raises(NotFound, match="no feed 'other'"):
        store.remove_feed("other")


def test_what_is_unknown_is_said_by_name(store: Store):
    store.apply(told(make_station("1", "NL*ABC*E1")))
    with pytest.raises(NotFound, match="no station"):
        store.apply(StatusUpdate(feed="live", station_id="NL*ABC*2", statuses={}))
    with pytest.raises(NotFound, match="no EVSE '7'"):
        store.apply(StatusUpdate(feed="live", station_id="NL*ABC*1", statuses={"7": FREE}))
    with pytest.raises(NotFound, match="no feed 'typo'"):
        store.apply(told(feed="typo"))
    with pytest.raises(InputError, match="feed of that name already"):
        store.feeds.add(Source(name="live", kind="ocpi"))


def test_an_update_that_fails_leaves_nothing_behind(store: Store):
    before = store.snapshot()
    broken = StatusUpdate(feed="live", station_id="NL*ABC*2", statuses={})
    with pytest.raises(NotFound):
        store.apply(told(make_station("1", "NL*ABC*E1")), broken)
    assert store.snapshot(before) is before
    with pytest.raises(ValueError, match="is of feed 'file'"):
        store.apply(told(make_station("1", "NL*ABC*E1", feed="file"), feed="live"))


def test_a_status_that_was_never_told_has_no_time(store: Store):
    station = make_station("1", "NL*ABC*E1")
    store.apply(StationsUpdate(feed="live", stations=[(station, {})]))
    snapshot = store.snapshot()
    assert snapshot.status_word(0) is Status.UNKNOWN
    assert np.isnan(snapshot.status_at[0])
    store.apply(told(station))
    assert store.snapshot(snapshot).status_at.tolist() == [1000.0]


def test_feeds_remember_how_their_pulls_went(store: Store):
    store.feeds.record_sync("live", 10.0, {"stations": 3})
    store.feeds.record_failure("live", 20.0, "the server answered 500")
    source = store.feeds.get("live")
    assert (source.last_sync, source.last_attempt) == (10.0, 20.0)
    assert source.error == "the server answered 500"
    assert source.counts == {"stations": 3}
    store.feeds.record_sync("live", 30.0)
    assert store.feeds.get("live").error == ""
    assert [s.name for s in store.feeds.sources()] == ["file", "live"]
    store.feeds.save(replace(store.feeds.get("live"), sender="NL*HUB", is_hub=True))
    assert store.snapshot().feeds["live"].is_hub
