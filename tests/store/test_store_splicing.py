"""A snapshot that follows the one before is the same as one that is read whole."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest

from planner.model.geo import LonLat
from planner.model.station import STATUSES, Hours
from planner.ocpi.tariffs import Element, PriceComponent, Restrictions, Tariff
from planner.store import splicing
from planner.store.copies import complete_all
from planner.store.feeds import Source
from planner.store.snapshot import Snapshot
from planner.store.store import Store
from planner.store.updates import StationsUpdate, StatusUpdate, TariffsUpdate
from tests.store.conftest import make_station

PARTIES = ("ABC", "XYZ")
FEEDS = ("live", "other", "file")


def make_tariff(name: str, party: str, kind: str, price: int) -> Tariff:
    component = PriceComponent(dimension="ENERGY", price=Decimal(price), vat_percent=None, step=1)
    element = Element(components=(component,), restrictions=Restrictions())
    return Tariff(
        country_code="NL", party_id=party, id=name, currency="EUR", elements=(element,), type=kind
    )


def make_facts(chance: Random) -> dict[str, Any]:
    """Facts that another source of the same EVSEs may complete, contradict or restrict."""
    return {
        "hours": chance.choice((None, Hours(twentyfourseven=True), Hours())),
        "max_height_m": chance.choice((None, 1.9, 2.2)),
        "card_terminal": chance.choice((None, True, False)),
        "reserved_for": chance.choice(("", "", "", "taxis")),
        "publish": chance.random() < 0.8,
    }


def change(store: Store, chance: Random, step: int) -> None:
    """Do one thing that a feed may do."""
    feed = chance.choice(FEEDS)
    party = chance.choice(PARTIES)
    number = str(chance.randrange(6))
    kind = chance.randrange(6)
    if kind <= 2:
        idents = [
            chance.choice((None, f"NL*{party}*E{chance.randrange(5)}"))
            for _ in range(chance.randrange(1, 4))
        ]
        station = make_station(number, *idents, feed=feed, party=party, last_updated=float(step))
        names = tuple(sorted({f"T{chance.randrange(3)}" for _ in range(2)}))
        evses = tuple(
            replace(
                evse,
                connectors=tuple(replace(c, tariff_ids=names) for c in evse.connectors),
                capabilities=chance.choice(((), ("RFID_READER",))),
            )
            for evse in station.evses
        )
        station = replace(station, evses=evses, **make_facts(chance))
        if chance.random() < 0.3:
            station = replace(station, location=LonLat(4.0 + chance.random(), 52.0))
        told = {e.uid: (chance.choice(STATUSES), float(step)) for e in station.evses}
        store.apply(StationsUpdate(feed=feed, stations=[(station, told)]))
    elif kind == 3:
        gone = [f"NL*{party}*{number}"]
        store.apply(StationsUpdate(feed=feed, stations=[], removed=gone))
    elif kind == 4:
        name = f"T{chance.randrange(3)}"
        if chance.random() < 0.3:
            store.apply(TariffsUpdate(feed=feed, tariffs=[], removed=[(f"NL*{party}", name)]))
        else:
            made = make_tariff(name, party, chance.choice(("REGULAR", "AD_HOC_PAYMENT")), step)
            store.apply(TariffsUpdate(feed=feed, tariffs=[made]))
    else:
        seen = [s for s in store.snapshot().stations if s.feed == feed]
        if seen:
            station = chance.choice(seen)
            uid = chance.choice(station.evses).uid
            told = {uid: (chance.choice(STATUSES), float(step))}
            store.apply(StatusUpdate(feed=feed, station_id=station.id, statuses=told))


def demand_same(found: Snapshot, whole: Snapshot) -> None:
    assert found.hash == whole.hash
    assert found.static_hash == whole.static_hash
    assert found.stations == whole.stations
    for name in ("first", "evse_station", "lon", "lat", "status", "status_at", "status_silence_s"):
        here, there = getattr(found, name), getattr(whole, name)
        assert here.dtype == there.dtype
        assert not here.flags.writeable
        np.testing.assert_array_equal(here, there)
    facts = [found.facts[n] for n in found.facts_of]
    assert facts == [whole.facts[n] for n in whole.facts_of]
    assert set(found.facts) == set(whole.facts)
    assert found.tariffs == whole.tariffs
    assert found.feeds == whole.feeds


@pytest.mark.parametrize("seed", range(12))
def test_whatever_changed_the_next_snapshot_is_that_of_all(seed: int, tmp_path: Path) -> None:
    store = Store.open(f"sqlite:///{tmp_path}/s.sqlite", tmp_path / "key")
    for name in FEEDS:
        kind = "file" if name == "file" else "ocpi"
        store.feeds.add(Source(name=name, kind=kind, url="https://x.example"))
    chance = Random(seed)
    followed = store.snapshot()
    for step in range(1, 40):
        for _ in range(chance.randrange(1, 4)):
            change(store, chance, step)
        if chance.random() < 0.2:
            store.feeds.record_sync("live", float(step))
        followed = store.snapshot(followed)
        demand_same(followed, store.snapshot())
    with store.database.writing() as changed:
        complete_all(changed)
        assert not changed.touched, "what sources add to each other had not followed"
    store.close()


def test_what_keeps_its_shape_keeps_its_places(
    opened: Callable[[], Store], monkeypatch: Any
) -> None:
    store = opened()
    store.feeds.add(Source(name="live", kind="ocpi", url="https://x.example"))
    stations = [make_station(str(n), f"NL*ABC*E{n}") for n in range(5)]
    store.apply(StationsUpdate(feed="live", stations=[(s, {}) for s in stations]))
    before = store.snapshot()

    def whole(*_: Any) -> None:
        raise AssertionError("all columns were laid out anew")

    monkeypatch.setattr("planner.store.reading.build_columns", whole)
    named = replace(stations[2], name="Two")
    store.apply(StationsUpdate(feed="live", stations=[(named, {})]))
    after = store.snapshot(before)
    assert after.stations[2].name == "Two"
    assert after.lon is before.lon
    assert after.first is before.first
    assert after.stations[0] is before.stations[0]
    store.feeds.record_sync("live", 5.0)
    again = store.snapshot(after)
    assert again.stations is after.stations
    assert again.feeds["live"].last_sync == 5.0
    assert splicing.MOST_EDITS >= 100
