"""One EVSE in several sources: what is taken from the others, and what never is."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import update

from planner.model.station import Connector, Hours, RegularHours, Station, Status
from planner.store.completing import Copy, complete
from planner.store.feeds import Source
from planner.store.store import Store
from planner.store.tables import stations
from planner.store.updates import StationsUpdate

from .conftest import make_station

ALWAYS = Hours(twentyfourseven=True)
SHOP = Hours(regular=tuple(RegularHours(day, 480, 1200) for day in range(1, 7)))


def tell(store: Store, station: Station, at: float = 10.0) -> None:
    statuses = {evse.uid: (Status.AVAILABLE, at) for evse in station.evses}
    store.apply(StationsUpdate(feed=station.feed, stations=[(station, statuses)]))


def osm(name: str, *evse_ids: str, **facts: object) -> Station:
    station = make_station(name, *evse_ids, feed="file", **facts)
    return replace(
        station, id=f"ZZ*OSM*{name}", country_code="ZZ", party_id="OSM", location_id=name
    )


def the_one(store: Store) -> Station:
    (station,) = store.snapshot().stations
    return station


def effects(station: Station) -> list[tuple[str, str, str]]:
    return [(said.source, said.field, said.effect) for said in station.elsewhere]


def powered(station: Station, power_kw: float, standard: str = "IEC_62196_T2") -> Station:
    connector = Connector(
        id="1", standard=standard, format="CABLE", power_type="AC_3_PHASE", power_kw=power_kw
    )
    evses = tuple(replace(evse, connectors=(connector,)) for evse in station.evses)
    return replace(station, evses=evses)


def test_what_the_operator_leaves_open_comes_from_the_map(store: Store):
    tell(store, powered(make_station("1", "NL*ABC*E1", hours=None), 0.0))
    mapped = osm("n7", "nl-abc-e1", hours=SHOP, max_height_m=1.9, card_terminal=False)
    tell(store, powered(mapped, 22.0))
    seen = the_one(store)
    assert (seen.id, seen.feed) == ("NL*ABC*1", "live")
    assert (seen.hours, seen.max_height_m, seen.card_terminal) == (SHOP, 1.9, False)
    assert seen.evses[0].connectors[0].power_kw == 22.0
    assert seen.location == make_station("1").location
    fills = {("OpenStreetMap", name, "fills") for name in ("hours", "max_height_m", "power_kw")}
    assert fills < set(effects(seen))


def test_what_the_operator_tells_holds_and_the_contradiction_is_kept(store: Store):
    tell(store, powered(make_station("1", "NL*ABC*E1", hours=ALWAYS, max_height_m=2.2), 11.0))
    tell(store, powered(osm("n7", "NL*ABC*E1", hours=SHOP, max_height_m=1.9), 22.0, "CHADEMO"))
    seen = the_one(store)
    assert (seen.hours, seen.max_height_m) == (ALWAYS, 2.2)
    assert seen.evses[0].connectors[0].power_kw == 11.0
    told = {(said.field, said.value, said.effect) for said in seen.elsewhere}
    assert ("standard", "CHADEMO", "differs") in told
    assert ("max_height_m", "1.9", "differs") in told
    hours = next(value for name, value, _ in told if name == "hours")
    assert hours.startswith("Mo 08:00-20:00, Tu")


def test_the_same_in_other_words_is_no_contradiction(store: Store):
    week = Hours(regular=tuple(RegularHours(day, 0, 1440) for day in range(1, 8)))
    tell(store, powered(make_station("1", "NL*ABC*E1", hours=ALWAYS, max_height_m=2.0), 7.4))
    tell(store, powered(osm("n7", "NL*ABC*E1", hours=week, max_height_m=2.02), 7.0))
    assert the_one(store).elsewhere == ()


def test_what_was_filled_goes_when_its_source_goes_or_changes(store: Store):
    tell(store, make_station("1", "NL*ABC*E1", hours=None))
    snapshot = store.snapshot()
    tell(store, osm("n7", "NL*ABC*E1", hours=SHOP))
    snapshot = store.snapshot(snapshot)
    assert snapshot.stations[0].hours == SHOP
    tell(store, osm("n7", "NL*ABC*E1", hours=ALWAYS))
    snapshot = store.snapshot(snapshot)
    assert snapshot.stations[0].hours == ALWAYS
    store.remove_feed("file")
    assert the_one(store).hours is None
    assert the_one(store).elsewhere == ()


def test_a_pull_in_full_completes_what_an_older_program_left(store: Store):
    tell(store, osm("n7", "NL*ABC*E1", hours=SHOP))
    one = make_station("1", "NL*ABC*E1", hours=None)
    tell(store, one)
    with store.database.writing() as change:
        change.connection.execute(update(stations).values(shown=None))
    assert the_one(store).hours is None
    store.apply(StationsUpdate(feed="live", stations=[(one, {})], full=True))
    assert the_one(store).hours == SHOP


def test_of_several_sources_the_operators_own_goes_before_the_map(store: Store):
    tell(store, osm("n7", "NL*ABC*E1", hours=SHOP, last_updated=99.0))
    store.feeds.add(Source(name="irve", kind="file", path="b.csv", format="irve"))
    tell(store, make_station("5", "NL*ABC*E1", feed="irve", hours=ALWAYS, last_updated=5.0))
    assert the_one(store).id == "NL*ABC*5"
    tell(store, make_station("1", "NL*ABC*E1", hours=None))
    seen = the_one(store)
    assert seen.hours == ALWAYS
    assert effects(seen) == [
        ("feed irve", "hours", "fills"),
        ("OpenStreetMap", "hours", "differs"),
    ]


def test_a_closed_group_holds_whoever_tells_it(store: Store):
    tell(store, make_station("1", "NL*ABC*E1"))
    tell(store, osm("n7", "NL*ABC*E1", reserved_for="access=private"))
    seen = the_one(store)
    assert seen.reserved_for == "OpenStreetMap: access=private"
    assert ("OpenStreetMap", "reserved_for", "closes") in effects(seen)


def test_a_group_that_has_one_of_two_posts_closes_that_one(store: Store):
    tell(store, make_station("1", "NL*ABC*E1", "NL*ABC*E2"))
    tell(store, osm("n7", "NL*ABC*E2", reserved_for="taxis"))
    seen = the_one(store)
    assert seen.reserved_for == ""
    assert [evse.parking_restrictions for evse in seen.evses] == [(), ("RESERVED",)]


def test_what_is_not_published_elsewhere_closes_and_is_not_repeated(store: Store):
    tell(store, make_station("1", "NL*ABC*E1", hours=None))
    secret = make_station("9", "NL*ABC*E1", feed="file", publish=False, hours=SHOP)
    tell(store, replace(secret, reserved_for="the board"))
    seen = the_one(store)
    assert seen.hours is None
    assert [(said.field, said.value) for said in seen.elsewhere] == [
        ("reserved_for", "not for the public")
    ]
    assert "board" not in repr(seen)


def test_a_fleets_own_depot_is_closed_by_nobody_else(store: Store):
    store.feeds.add(Source(name="depot", kind="depot"))
    own = make_station("1", "NL*ABC*E1", feed="depot")
    own = replace(own, id="XX*OWN*1", country_code="XX", party_id="OWN")
    tell(store, own)
    tell(store, osm("n7", "NL*ABC*E1", reserved_for="access=private"))
    assert the_one(store).reserved_for == ""


def test_a_terminal_is_not_taken_over_where_the_operator_lists_what_there_is():
    ours = make_station("1", "NL*ABC*E1", card_terminal=None)
    evses = tuple(replace(evse, capabilities=("RFID_READER",)) for evse in ours.evses)
    theirs = make_station("9", "NL*ABC*E1", feed="irve", card_terminal=True)
    copy = Copy(theirs, {"1": theirs.evses[0]})
    assert complete(replace(ours, evses=evses), ["1"], [copy]).card_terminal is None
    bare = tuple(replace(evse, capabilities=()) for evse in ours.evses)
    assert complete(replace(ours, evses=bare), ["1"], [copy]).card_terminal is True
    mapped = osm("n7", "NL*ABC*E1", card_terminal=True)
    seen = complete(replace(ours, evses=bare), ["1"], [Copy(mapped, {"1": mapped.evses[0]})])
    assert seen.card_terminal is None


HOURS = st.sampled_from([None, ALWAYS, SHOP])
FACTS = st.fixed_dictionaries(
    {
        "hours": HOURS,
        "max_height_m": st.sampled_from([None, 1.9, 2.3]),
        "card_terminal": st.sampled_from([None, True, False]),
        "reserved_for": st.sampled_from(["", "taxis"]),
        "publish": st.booleans(),
        "accessible_only": st.booleans(),
    }
)


@given(ours=FACTS, others=st.lists(FACTS, max_size=3), kw=st.sampled_from([0.0, 11.0]))
def test_nothing_told_is_overridden_and_nothing_is_opened(ours, others, kw):
    told = powered(make_station("1", "NL*ABC*E1", **ours), kw)
    maps = [powered(osm(f"n{n}", "NL*ABC*E1", **facts), 50.0) for n, facts in enumerate(others)]
    found = complete(told, ["1"], [Copy(s, {"1": s.evses[0]}) for s in maps])
    for name in ("hours", "max_height_m", "card_terminal"):
        if getattr(told, name) is not None:
            assert getattr(found, name) == getattr(told, name)
    assert found.evses[0].connectors[0].power_kw == kw or kw == 0.0
    assert (found.publish, found.publish_allowed_to) == (told.publish, told.publish_allowed_to)
    assert found.evses[0].capabilities == told.evses[0].capabilities
    assert bool(found.reserved_for) >= bool(told.reserved_for)
    closed = any(facts["reserved_for"] or not facts["publish"] for facts in others)
    assert bool(found.reserved_for) == (closed or bool(told.reserved_for))
    own = set(told.evses[0].parking_restrictions)
    assert set(found.evses[0].parking_restrictions) >= own
    if any(facts["publish"] and facts["accessible_only"] for facts in others):
        assert found.accessible_only or "DISABLED" in found.evses[0].parking_restrictions


@pytest.mark.parametrize("first", ["live", "file"])
def test_the_order_in_which_sources_come_does_not_matter(store: Store, first: str):
    both = [
        make_station("1", "NL*ABC*E1", hours=None),
        osm("n7", "NL*ABC*E1", hours=SHOP, reserved_for="taxis"),
    ]
    for station in both if first == "live" else reversed(both):
        tell(store, station)
    seen = the_one(store)
    assert (seen.hours, seen.reserved_for) == (SHOP, "OpenStreetMap: taxis")
