"""Copies of one EVSE: the newest holds, and nothing that is valid is lost."""

import gzip
from datetime import datetime
from pathlib import Path

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from planner.feeds.duplicates import merge_duplicates
from planner.model.geo import LonLat
from planner.model.station import Connector, Evse, Station, Status

CONNECTOR = Connector(
    id="1", standard="IEC_62196_T2", format="CABLE", power_type="AC_3_PHASE", power_kw=11.0
)


def station(name: str, *evses: tuple[str, str | None, float | None], updated: float = 0.0):
    return (
        Station(
            id=f"NL*ABC*{name}",
            feed="f",
            country_code="NL",
            party_id="ABC",
            location_id=name,
            location=LonLat(4.5, 52.1),
            evses=tuple(
                Evse(uid=uid, evse_id=evse_id, connectors=(CONNECTOR,)) for uid, evse_id, _ in evses
            ),
            last_updated=updated,
        ),
        {uid: (Status.AVAILABLE, at) for uid, _, at in evses},
    )


def kept(merged):
    return {(s.location_id, e.uid) for s, _ in merged.stations for e in s.evses}


def test_the_newest_of_three_copies_holds_wherever_it_stands():
    merged = merge_duplicates(
        [
            station("1", ("a", "NL*ABC*E1", 1.0), ("b", "NL*ABC*E2", 9.0)),
            station("2", ("a", "nlabce1", 3.0)),
            station("3", ("a", "NL*ABC*E1", 2.0), ("b", "NL*ABC*E1", None)),
        ]
    )
    assert kept(merged) == {("1", "b"), ("2", "a")}
    assert (merged.merged_evses, merged.merged_stations) == (3, 1)
    assert all(set(told) == {e.uid for e in s.evses} for s, told in merged.stations)


def test_evses_without_an_id_are_all_kept():
    merged = merge_duplicates([station("1", ("a", None, 1.0), ("b", None, 1.0))] * 1)
    assert kept(merged) == {("1", "a"), ("1", "b")}


def test_a_station_told_twice_is_one_with_the_evses_of_both():
    older = station("1", ("a", "NL*ABC*E1", 1.0), ("b", "NL*ABC*E2", 1.0), updated=1.0)
    newer = station("1", ("a", "NL*ABC*E1", 2.0), ("c", "NL*ABC*E3", 1.0), updated=2.0)
    for order in ([older, newer], [newer, older]):
        merged = merge_duplicates(order)
        assert kept(merged) == {("1", "a"), ("1", "b"), ("1", "c")}
        assert merged.stations[0][0].last_updated == 2.0
        assert merged.stations[0][1]["a"] == (Status.AVAILABLE, 2.0)
        assert (merged.merged_evses, merged.merged_stations) == (1, 1)


@given(
    st.lists(
        st.lists(st.tuples(st.sampled_from("PQRS"), st.integers(0, 3)), min_size=1, max_size=4),
        max_size=6,
    ),
    st.randoms(),
)
def test_the_order_of_a_feed_does_not_matter_and_every_id_is_kept_once(groups, random):
    stations = [
        station(
            str(number),
            *((str(i), f"NL*ABC*E{name}", float(at)) for i, (name, at) in enumerate(group)),
        )
        for number, group in enumerate(groups)
    ]
    merged = merge_duplicates(stations)
    ids = [e.evse_id for s, _ in merged.stations for e in s.evses]
    assert sorted(ids) == sorted({f"NL*ABC*E{name}" for group in groups for name, _ in group})
    newest = {}
    for group in groups:
        for name, at in group:
            newest[f"NL*ABC*E{name}"] = max(newest.get(f"NL*ABC*E{name}", 0), at)
    assert {e.evse_id: t[e.uid][1] for s, t in merged.stations for e in s.evses} == newest
    random.shuffle(stations)
    assert kept(merge_duplicates(stations)) == kept(merged)


def test_the_dutch_feed_keeps_as_many_evses_as_its_facts_say(shared: Path):
    """111,503 remain by the ids as they are written, 661 of them without one.

    Four more are the same EVSE with another separator (``NL*BPE*E0C110*02*06`` and the same with
    a trailing ``*``).
    """
    stations = []
    newest: dict[str, str] = {}
    with gzip.open(shared / "chargers" / "nl-ocpi-locations.ndjson.gz") as lines:
        for raw in map(msgspec.json.decode, lines):
            evses = [(e["uid"], e.get("evse_id"), e["last_updated"]) for e in raw["evses"]]
            name = f"{raw['party_id']}*{raw['id']}"
            stations.append(station(name, *((u, i, at(told)) for u, i, told in evses)))
            for _, evse_id, told in evses:
                if evse_id:
                    newest[evse_id] = max(newest.get(evse_id, ""), told)
    assert sum(len(s.evses) for s, _ in stations) == 158_539
    as_written = merge_duplicates(stations, comparable=str)
    assert len(kept(as_written)) == 111_503
    evses = [(e, told[e.uid][1]) for s, told in as_written.stations for e in s.evses]
    assert sum(e.evse_id is None for e, _ in evses) == 661
    assert {e.evse_id: when for e, when in evses if e.evse_id} == {
        name: at(told) for name, told in newest.items()
    }
    assert len(kept(merge_duplicates(stations))) == 111_499


def at(told: str) -> float:
    return datetime.fromisoformat(told).timestamp()
