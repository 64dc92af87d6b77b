"""Transactions in any order and any number: never two open at one EVSE, never negative energy."""

import json
from collections.abc import Iterator, Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from planner.feeds.depots.desk import DepotDesk
from planner.feeds.depots.meters import Reading, read_meter
from planner.feeds.depots.plugs import read_evse
from planner.feeds.depots.registry import Registration, register
from planner.feeds.depots.transactions import News, TokenShown, Transaction, add
from planner.model.geo import LonLat
from planner.store.charge_points import ChargePoint, Depot
from planner.store.store import Store

NOW = 1_790_000_000.0
EVSES = ("CP-1", "CP-2")


def point(name: str) -> Registration:
    evses = tuple(read_evse("ccs:150", point=name, number=number) for number in (1, 2))
    return Registration(
        depot=Depot(name="Nord", location=LonLat(11.58, 48.21)),
        point=ChargePoint(id=name, depot="Nord", evses=evses),
        password="correct-horse-battery",
    )


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    folder = tmp_path_factory.mktemp("depots")
    opened = Store.open(f"sqlite:///{folder / 'd.sqlite'}", folder / "key")
    yield opened
    opened.close()


def sessions(store: Store, name: str) -> list[dict[str, object]]:
    """The sessions of one charge point."""
    with store.database.reading() as connection:
        feed = store.charge_points.get(name).feed
        names = store.objects.stamps(connection, feed, "sessions")
        bodies = store.objects.read(connection, feed, "sessions", names).values()
    told = [json.loads(held.body) for held in bodies]
    return [one for one in told if one["evse_uid"].startswith(f"{name}-")]


moments = st.integers(0, 6).map(lambda step: NOW - 600 + 60.0 * step)
registers = st.integers(0, 9).map(lambda step: 500.0 * step)
messages_16 = st.one_of(
    st.tuples(st.just("start"), st.sampled_from([1, 2]), registers, moments),
    st.tuples(st.just("stop"), st.integers(0, 3), registers, moments),
    st.tuples(st.just("meter"), st.integers(0, 3), registers, moments),
    st.tuples(st.just("loose"), st.sampled_from([1, 2]), registers, moments),
)
messages_201 = st.tuples(
    st.sampled_from(["Started", "Updated", "Ended"]),
    st.sampled_from(["A", "B", "C"]),
    st.sampled_from([0, 1, 2]),
    registers,
    moments,
)
SLOW = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]


def demand_sound(store: Store, name: str) -> None:
    """What must hold of a charge point's sessions after every message."""
    told = sessions(store, name)
    open_at = [one["evse_uid"] for one in told if one["status"] == "ACTIVE"]
    assert len(open_at) == len(set(open_at)), told
    for one in told:
        assert one["kwh"] >= 0, one  # type: ignore[operator] # a number
        assert ("end_date_time" in one) == (one["status"] == "COMPLETED")
        assert one.get("end_date_time", "9") >= one["start_date_time"]  # type: ignore[operator] # texts
    kept = [one for one in store.charges.all() if one.evse_uid.startswith(f"{name}-")]
    in_history = {(one.id, float(one.energy_kwh), one.is_open) for one in kept}
    assert in_history == {(one["id"], one["kwh"], one["status"] == "ACTIVE") for one in told}


@given(st.lists(messages_16, max_size=12))
@settings(max_examples=12, deadline=None, suppress_health_check=SLOW)
def test_no_order_of_1_6_opens_two_sessions_at_an_evse(
    store: Store, told: Sequence[tuple[str, int, float, float]]
) -> None:
    name = f"A{len(store.charge_points.all())}"
    register(store, [point(name)], now=NOW)
    charging = DepotDesk.open(store, lambda: NOW).charging
    numbers: list[int] = [7]
    for kind, which, wh, at in told:
        said_at = f"2026-09-21T{int(at) % 86_400 // 3600:02d}:{int(at) % 3600 // 60:02d}:00Z"
        number = numbers[which % len(numbers)]
        if kind == "start":
            numbers.append(charging.start(name, which, "04AA", wh, said_at)[0])
        elif kind == "stop":
            charging.stop(name, number, wh, said_at, [])
        elif kind == "meter":
            charging.meter(name, 1, number, [Reading(at, wh)])
        else:
            charging.meter(name, which, None, [Reading(at, wh)])
        demand_sound(store, name)


@given(st.lists(messages_201, max_size=10))
@settings(max_examples=12, deadline=None, suppress_health_check=SLOW)
def test_no_order_of_2_0_1_opens_two_sessions_at_an_evse(
    store: Store, told: Sequence[tuple[str, str, int, float, float]]
) -> None:
    name = f"B{len(store.charge_points.all())}"
    register(store, [point(name)], now=NOW)
    charging = DepotDesk.open(store, lambda: NOW).charging
    for kind, transaction, evse, wh, at in told:
        news = News(
            at=at,
            evse_uid=f"{name}-{evse}" if evse else "",
            readings=(Reading(at, wh),),
            is_end=kind == "Ended",
        )
        charging.event(name, transaction, news)
        demand_sound(store, name)


news = st.builds(
    News,
    at=moments,
    token=st.none() | st.builds(TokenShown, at=moments, uid=st.sampled_from(["04AA", "04BB"])),
    readings=st.lists(st.builds(Reading, moments, registers), max_size=3).map(tuple),
    is_end=st.booleans(),
)


@given(
    st.lists(news, min_size=1, max_size=6).flatmap(
        lambda n: st.tuples(st.just(n), st.permutations(n))
    )
)
def test_a_transaction_is_what_the_set_of_its_messages_says(
    orders: tuple[list[News], list[News]],
) -> None:
    def told(messages: Sequence[News]) -> Transaction:
        known: Transaction | None = None
        for one in messages:
            known = add(known, "T", one)
        assert known is not None
        return known

    in_order, shuffled = orders
    assert told(in_order) == told(shuffled) == told([*shuffled, *in_order])
    readings = [r for one in in_order for r in one.readings]
    expected = max((r.wh for r in readings), default=0.0) - min(readings, default=Reading(0, 0)).wh
    assert told(shuffled).energy_kwh == pytest.approx(expected / 1000)


@pytest.mark.parametrize(
    ("sampled", "wh"),
    [
        ([{"value": "1500"}], 1500.0),
        ([{"value": "1.5", "unit": "kWh"}], 1500.0),
        ([{"value": 1.5, "unitOfMeasure": {"unit": "Wh", "multiplier": 3}}], 1500.0),
        ([{"value": "500", "phase": "L1"}, {"value": "700", "phase": "L2"}], 1200.0),
        ([{"value": "500", "phase": "L1"}, {"value": "1300"}], 1300.0),
        ([{"value": "21", "measurand": "SoC"}, {"value": "9"}], 9.0),
        ([{"value": "9", "location": "Inlet"}], None),
        ([{"value": "9", "format": "SignedData"}], None),
        ([{"value": "9", "unit": "kvarh"}], None),
        ([{"value": "nan"}], None),
        ([{"value": "-1"}], None),
        ([{"value": "1e400"}], None),
        ([], None),
    ],
)
def test_only_the_register_at_the_outlet_counts(
    sampled: list[dict[str, object]], wh: float | None
) -> None:
    told = read_meter([{"timestamp": "2026-09-21T10:00:00Z", "sampledValue": sampled}])
    assert [reading.wh for reading in told] == ([] if wh is None else [wh])


def test_readings_without_a_time_are_left_out() -> None:
    assert read_meter([{"sampledValue": [{"value": "1"}]}, {"timestamp": "soon"}]) == []
    assert read_meter(None) == []
