"""The charging history at rest: kept once, read in spans, encrypted, on both databases."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

from planner.ocpi.charge import Charge
from planner.store.charges import Authorization, Kept
from planner.store.store import Store
from tests.databases import bytes_at_rest

ONE = Charge(
    id="C1",
    party="NL*AAA",
    begins=100.0,
    ends=200.0,
    energy_kwh=Decimal("20.125"),
    currency="EUR",
    net=Decimal("10.0001"),
    station_name="Where Anna charged",
    token="secret-digest",
    last_updated=200.0,
)


def test_records_are_kept_once_and_read_by_the_span_of_their_ends(store: Store) -> None:
    many = [replace(ONE, id=f"C{n}", ends=200.0 + n) for n in range(1200)]
    assert store.charges.add(many) == Kept(added=1200)
    assert store.charges.add([*many[:3], replace(ONE, id="c0", ends=999.0)]) == Kept(known=4)
    assert [c.ends for c in store.charges.all(since=300.0, until=303.0)] == [300.0, 301.0, 302.0]
    assert next(iter(store.charges.all())).net == Decimal("10.0001")
    assert store.charges.forget_before(1000.0) == 800
    assert len(list(store.charges.all())) == 400


def test_a_session_and_a_cdr_of_one_id_are_two_things(store: Store) -> None:
    session = replace(ONE, is_session=True)
    assert store.charges.add([ONE, session]) == Kept(added=2)
    newer = replace(session, energy_kwh=Decimal(30), last_updated=300.0)
    assert store.charges.add([newer]) == Kept(renewed=1)
    found = {c.is_session: c.energy_kwh for c in store.charges.all()}
    assert found == {False: Decimal("20.125"), True: Decimal(30)}


def test_what_was_allowed_is_found_by_its_reference(store: Store) -> None:
    given = Authorization(
        reference="r", token="t", party="NL*AAA", station_id="", evse_uids=(), at=1.0
    )
    for at in (1.0, 2.0):
        with store.database.writing() as change:
            store.charges.authorize(change, replace(given, at=at))
    assert store.charges.authorizations(["r", "", "x"]) == {"r": replace(given, at=2.0)}


def test_plans_are_drawn_from_once(store: Store) -> None:
    for name in ("a", "b"):
        store.save_plan(name, b"{}", created=1.0, world="w")
    assert [name for name, *_ in store.charges.plans_without_trip()] == ["a", "b"]
    store.charges.add_trips([("a", 10.0, 20.0, b"trip a"), ("b", 30.0, 40.0, b"trip b")])
    store.charges.add_trips([("a", 10.0, 20.0, b"trip a anew")])
    assert list(store.charges.plans_without_trip()) == []
    assert list(store.charges.trips()) == [b"trip a anew", b"trip b"]
    assert list(store.charges.trips(since=25.0)) == [b"trip b"]
    assert list(store.charges.trips(until=25.0)) == [b"trip a anew"]


def test_who_was_where_is_encrypted(opened: Callable[[], Store]) -> None:
    store = opened()
    store.charges.add([ONE])
    store.charges.add_trips([("a", 10.0, 20.0, b"to Anna's flat")])
    held = bytes_at_rest(store)
    assert b"C1" in held or b"c1" in held
    for secret in (b"Anna", b"secret-digest", b"20.125"):
        assert secret not in held
