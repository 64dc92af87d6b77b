"""Copies of one EVSE in several stations and feeds: which one readers see."""

import shutil
import tempfile
from dataclasses import dataclass, field, replace
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from planner.model.station import Station, Status
from planner.store.feeds import Source
from planner.store.snapshot import DriverReport, TokenEvidence
from planner.store.store import Store
from planner.store.updates import StationsUpdate, StatusUpdate

from .conftest import make_station


def told(station: Station, at: float, status=Status.AVAILABLE) -> StationsUpdate:
    return StationsUpdate(
        feed=station.feed,
        stations=[(station, {evse.uid: (status, at) for evse in station.evses})],
    )


def seen(store: Store) -> set[tuple[str, str, str]]:
    snapshot = store.snapshot()
    return {(s.feed, s.id, e.uid) for s in snapshot.stations for e in s.evses}


def test_of_two_copies_in_a_feed_the_newer_is_seen(store: Store):
    store.apply(told(make_station("1", "NL*ABC*E1"), 10.0))
    store.apply(told(make_station("2", "nl-abc-e1"), 20.0))
    assert seen(store) == {("live", "NL*ABC*2", "1")}
    store.apply(told(make_station("1", "NL*ABC*E1"), 30.0))
    assert seen(store) == {("live", "NL*ABC*1", "1")}


def test_a_live_feed_beats_a_file_however_old(store: Store):
    store.apply(told(make_station("9", "NL*ABC*E1", feed="file"), 1e9))
    store.apply(told(make_station("1", "NL*ABC*E1"), 10.0))
    assert seen(store) == {("live", "NL*ABC*1", "1")}


def test_the_hidden_copy_comes_back_when_the_winner_goes(store: Store):
    store.apply(told(make_station("9", "NL*ABC*E1", feed="file"), 1e9))
    store.apply(told(make_station("1", "NL*ABC*E1"), 10.0))
    snapshot = store.snapshot()
    store.apply(StationsUpdate(feed="live", stations=[], removed=["NL*ABC*1"]))
    assert seen(store) == {("file", "NL*ABC*9", "1")}
    assert store.snapshot(snapshot).hash == store.snapshot().hash


def test_the_same_location_in_two_feeds_is_one_station_and_the_live_one(store: Store):
    store.apply(told(make_station("1", "NL*ABC*E1", "NL*ABC*E2", feed="file"), 1e9))
    store.apply(told(make_station("1", "NL*ABC*E1"), 10.0))
    assert seen(store) == {("live", "NL*ABC*1", "1")}
    store.remove_feed("live")
    assert seen(store) == {("file", "NL*ABC*1", "1"), ("file", "NL*ABC*1", "2")}


def test_evses_without_an_id_are_never_taken_for_copies(store: Store):
    store.apply(told(make_station("1", None, None), 10.0))
    store.apply(told(make_station("2", None, feed="file"), 10.0))
    assert len(seen(store)) == 3


def test_news_of_a_hidden_copy_reaches_the_one_that_is_seen(store: Store):
    store.apply(told(make_station("1", "NL*ABC*E1"), 10.0))
    store.apply(told(make_station("2", "NL*ABC*E1"), 20.0))
    before = store.snapshot()
    store.apply(
        StatusUpdate(feed="live", station_id="NL*ABC*1", statuses={"1": (Status.OUTOFORDER, 30.0)})
    )
    after = store.snapshot(before)
    assert after.stations is before.stations
    assert after.stations[0].id == "NL*ABC*2"
    assert after.status_word(0) is Status.OUTOFORDER
    assert after.status_at.tolist() == [30.0]


def test_what_befell_a_copy_is_known_of_the_one_that_is_seen_next(store: Store):
    store.apply(told(make_station("1", "NL*ABC*E1", "NL*ABC*E2"), 10.0))
    store.apply(told(make_station("9", "NL*ABC*E1", feed="file"), 10.0))
    refused = TokenEvidence(
        token="0123456789abcdef",
        station_id="NL*ABC*1",
        evse_uid="1",
        party="NL*ABC",
        kind="refused",
        value="",
        at=20.0,
        until=None,
        source="driver",
    )
    broken = DriverReport(station_id="NL*ABC*1", evse_uid="1", outcome="broken", at=20.0)
    store.knowledge.add_token_evidence([refused, replace(refused, evse_uid="2")])
    store.knowledge.add_reports([broken, replace(broken, evse_uid="")])
    store.remove_feed("live")
    assert seen(store) == {("file", "NL*ABC*9", "1")}
    known = store.snapshot()
    elsewhere = [r for r in known.token_evidence if r.station_id == "NL*ABC*9"]
    assert elsewhere == [replace(refused, station_id="NL*ABC*9")]
    reports = [r for r in known.reports if r.station_id == "NL*ABC*9"]
    assert reports == [replace(broken, station_id="NL*ABC*9")]
    assert len(known.token_evidence) == len(known.reports) == 3


@dataclass
class Oracle:
    """The rule, written down slowly: everything told is kept, and judged when asked."""

    live: dict[str, bool]
    told: dict[tuple[str, str], tuple[Station, dict[str, float]]] = field(default_factory=dict)

    def tell(self, station: Station, at: float) -> None:
        key = (station.feed, station.id)
        before = self.told.get(key, (None, {}))[1]
        keep = self.live[station.feed]
        self.told[key] = (
            station,
            {e.uid: max(at, before.get(e.uid, at)) if keep else at for e in station.evses},
        )

    def seen(self) -> set[tuple[str, str, str]]:
        best: dict[str, tuple] = {}
        for (feed, name), (station, _) in self.told.items():
            rank = (not self.live[feed], -station.last_updated, feed)
            best[name] = min(best.get(name, (rank, feed)), (rank, feed))
        stations = {key: value for key, value in self.told.items() if best[key[1]][1] == key[0]}
        winners: dict[str, tuple] = {}
        for (feed, name), (station, times) in stations.items():
            for evse in station.evses:
                ident = (evse.evse_id or f"none {feed} {name} {evse.uid}").replace("*", "")
                rank = (not self.live[feed], -times[evse.uid], name, evse.uid)
                entry = (rank, (feed, name, evse.uid))
                winners[ident] = min(winners.get(ident, entry), entry)
        return {entry for _, entry in winners.values()}


EVSE_IDS = st.sampled_from(["NL*ABC*E1", "NLABCE1", "NL*ABC*E2", "NL*ABC*E3", None])
TELL = st.tuples(
    st.just("tell"),
    st.sampled_from(["live", "other", "file"]),
    st.sampled_from("123"),
    st.lists(EVSE_IDS, min_size=1, max_size=3),
    st.integers(1, 5),
    st.integers(0, 2),
)
REMOVE = st.tuples(
    st.just("remove"), st.sampled_from(["live", "other", "file"]), st.sampled_from("123")
)


@given(st.lists(st.one_of(TELL, TELL, REMOVE), min_size=1, max_size=12))
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_whatever_is_told_in_whatever_order_readers_see_what_the_rule_says(steps):
    folder = Path(tempfile.mkdtemp())
    store = Store.open(f"sqlite:///{folder / 'db.sqlite'}", folder / "key")
    try:
        for name, kind in (("live", "ocpi"), ("other", "ocpi"), ("file", "file")):
            store.feeds.add(Source(name=name, kind=kind))
        oracle = Oracle({"live": True, "other": True, "file": False})
        followed = store.snapshot()
        for step in steps:
            if step[0] == "tell":
                _, feed, name, evse_ids, at, updated = step
                station = make_station(name, *evse_ids, feed=feed, last_updated=float(updated))
                store.apply(told(station, float(at)))
                oracle.tell(station, float(at))
            else:
                _, feed, name = step
                removed = [f"NL*ABC*{name}"]
                store.apply(StationsUpdate(feed=feed, stations=[], removed=removed))
                oracle.told.pop((feed, removed[0]), None)
            followed = store.snapshot(followed)
            assert seen(store) == oracle.seen(), step
            assert followed.hash == store.snapshot().hash, step
    finally:
        store.close()
        shutil.rmtree(folder)
