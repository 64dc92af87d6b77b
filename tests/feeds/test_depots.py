"""Own depots as plans see them: for whom they open, by which evidence, and what is registered."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from planner.access.chargers import Chargers, accessible
from planner.errors import DataError, InputError, NotFound
from planner.feeds.depots.desk import DepotDesk
from planner.feeds.depots.documents import read_document
from planner.feeds.depots.passwords import NOBODY, hash_password, is_password, new_password
from planner.feeds.depots.plugs import read_evse, write_evse
from planner.feeds.depots.registry import Registration, change_password, register, unregister
from planner.feeds.depots.statuses import status_of
from planner.model.geo import LonLat
from planner.model.grade import Grade
from planner.model.station import DEPOT_PARTY, Connector, Evse, Station, Status
from planner.model.token import Token, TokenType, Wallet
from planner.store.charge_points import ChargePoint, Depot
from planner.store.feeds import Source
from planner.store.issued import IssuedToken
from planner.store.snapshot import Agreement
from planner.store.store import Store
from planner.store.updates import StationsUpdate
from tests.access.worlds import CAR

NOW = 1_790_000_000.0
DAY = 86_400.0
PLACE = LonLat(11.58, 48.21)
OURS = Token(uid="04AABBCC", type=TokenType.RFID, contract_id="DE-ABC-C12345678", provider="DE*ABC")
THEIRS = Token(uid="04DDEEFF", type=TokenType.RFID, contract_id="", provider="DE*ABC")


class Clock:
    """A clock that is set by hand."""

    now = NOW

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store.open(f"sqlite:///{tmp_path / 'd.sqlite'}", tmp_path / "key")
    yield opened
    opened.close()


def point(
    name: str, *plugs: str, depot: str = "Nord", location: LonLat = PLACE, hours: str = "24/7"
) -> Registration:
    evses = tuple(
        read_evse(word, point=name, number=number)
        for number, word in enumerate(plugs or ("ccs:150@920",), 1)
    )
    return Registration(
        depot=Depot(name=depot, location=location, hours=hours),
        point=ChargePoint(id=name, depot=depot, evses=evses),
    )


def connected(store: Store, clock: Clock, *names: str) -> DepotDesk:
    """A desk with charge points that are there and free."""
    register(store, [point(name) for name in names], now=clock.now)
    desk = DepotDesk.open(store, clock)
    for name in names:
        desk.presence.connect(name)
        desk.presence.status(name, 1, 1, "Available", "")
    desk.tick()
    return desk


def judged(store: Store, clock: Clock, wallet: Wallet, grade: Grade = Grade.INDICATED) -> Chargers:
    return accessible(store.snapshot(), wallet, CAR, min_grade=grade, now=clock.now)


def grades(store: Store, clock: Clock, *tokens: Token, card: bool = False) -> set[Grade]:
    found = judged(store, clock, Wallet(tokens=tokens, payment_card=card))
    return {Grade(int(grade)) for grade in found.grade}


def test_a_depot_is_verified_for_the_fleets_own_wallets_and_closed_to_all_others(
    store: Store, clock: Clock
) -> None:
    store.wallets.save(Wallet(id="anna", tokens=(OURS,)))
    store.wallets.save(Wallet(id="given:123", tokens=(THEIRS,)))  # came with a request
    anyone = Agreement(
        emsp="DE*ABC",
        cpo="*",
        via="",
        valid_from=None,
        valid_to=None,
        token_types=(),
        source="roaming.csv:2",
        as_of=NOW,
    )
    by_name = replace(anyone, cpo=DEPOT_PARTY)
    store.knowledge.replace_agreements([anyone, by_name])
    connected(store, clock, "CP-1")
    assert grades(store, clock, OURS) == {Grade.VERIFIED}
    assert grades(store, clock, THEIRS) == {Grade.REFUSED}
    assert grades(store, clock, card=True) == {Grade.REFUSED}
    assert grades(store, clock, THEIRS, OURS) == {Grade.VERIFIED}
    chargers = judged(store, clock, Wallet(tokens=(OURS,)))
    verdict = chargers.verdict(0)
    assert verdict.rule == "whitelist"
    assert {item.source for item in verdict.evidence} == {"own depots", "feed Nord"}
    assert chargers.refusal_at(0, NOW + 60, NOW + 1800) is None
    assert judged(store, clock, Wallet(tokens=(THEIRS,))).refusal(0).reason == "closed_group"


def test_an_app_opens_nothing_for_nobody_starts_it_from_afar(store: Store, clock: Clock) -> None:
    app = replace(OURS, type=TokenType.APP_USER)
    store.wallets.save(Wallet(id="anna", tokens=(app,)))
    connected(store, clock, "CP-1")
    assert judged(store, clock, Wallet(tokens=(app,))).refusal(0).reason == "refused_capability"


def test_a_token_that_is_issued_opens_until_it_is_blocked(store: Store, clock: Clock) -> None:
    store.issued.save([IssuedToken(token=OURS, last_updated=NOW)])
    desk = connected(store, clock, "CP-1")
    assert grades(store, clock, OURS) == {Grade.VERIFIED}
    assert desk.tokens.answer(OURS.uid) == "Accepted"
    store.issued.save([IssuedToken(token=replace(OURS, valid=False), last_updated=NOW + 1)])
    assert desk.tokens.answer(OURS.uid) == "Blocked"
    clock.now += 1
    assert grades(store, clock, OURS) == {Grade.REFUSED}


def test_a_wallet_that_is_taken_out_opens_nothing_more_and_a_new_one_does(
    store: Store, clock: Clock
) -> None:
    store.wallets.save(Wallet(id="anna", tokens=(OURS,)))
    desk = connected(store, clock, "CP-1")
    store.wallets.remove("anna")
    store.wallets.save(Wallet(id="bert", tokens=(THEIRS,)))
    clock.now += 1
    desk.tick()
    assert grades(store, clock, OURS) == {Grade.REFUSED}
    assert grades(store, clock, THEIRS) == {Grade.VERIFIED}
    assert (desk.tokens.answer(OURS.uid), desk.tokens.answer(THEIRS.uid)) == ("Invalid", "Accepted")
    store.wallets.save(Wallet(id="anna", tokens=(OURS,)))
    clock.now += 1
    desk.tick()
    assert grades(store, clock, OURS) == {Grade.VERIFIED}


def test_a_token_opens_until_the_stored_one_expires_whatever_a_request_says(
    store: Store, clock: Clock
) -> None:
    store.wallets.save(Wallet(id="anna", tokens=(replace(OURS, expires=NOW + 7200),)))
    desk = connected(store, clock, "CP-1")
    chargers = judged(store, clock, Wallet(tokens=(OURS,)))
    assert chargers.refusal_at(0, NOW + 60, NOW + 7000) is None
    assert chargers.refusal_at(0, NOW + 60, NOW + 7300) is not None
    clock.now += 7200
    assert desk.tokens.answer(OURS.uid) == "Expired"
    clock.now += 1
    assert grades(store, clock, OURS) == {Grade.REFUSED}


def test_nothing_is_verified_before_a_charge_point_called_nor_a_day_after_the_last(
    store: Store, clock: Clock
) -> None:
    store.wallets.save(Wallet(id="anna", tokens=(OURS,)))
    register(store, [point("CP-1")], now=NOW)
    desk = DepotDesk.open(store, clock)
    desk.tick()
    wallet = Wallet(tokens=(OURS,))
    assert grades(store, clock, OURS) == {Grade.UNKNOWN}
    assert judged(store, clock, wallet).refusal_at(0, NOW + 7200, NOW + 9000) is not None
    desk.presence.connect("CP-1")
    desk.presence.status("CP-1", 1, 1, "Available", "")
    desk.tick()
    assert grades(store, clock, OURS) == {Grade.VERIFIED}
    desk.presence.disconnect("CP-1")
    clock.now += DAY + 1
    desk.tick()
    assert store.snapshot().status_word(0) is Status.INOPERATIVE
    assert grades(store, clock, OURS) == {Grade.UNKNOWN}


def test_a_depot_is_known_until_its_longest_silent_charge_point_was_heard(
    store: Store, clock: Clock
) -> None:
    desk = connected(store, clock, "CP-1", "CP-2")
    desk.presence.disconnect("CP-2")
    clock.now += 200
    desk.tick()
    assert store.snapshot().feeds["Nord"].last_sync == NOW
    clock.now += 200
    desk.tick()
    assert store.snapshot().feeds["Nord"].last_sync == clock.now
    assert store.feeds.get("Nord").counts["connected"] == 1


def test_no_other_feed_can_pass_for_a_depot(store: Store, clock: Clock) -> None:
    store.wallets.save(Wallet(id="anna", tokens=(OURS,)))
    connected(store, clock, "CP-1")
    store.feeds.add(Source(name="rogue", kind="ocpi", sender="DE*BAD"))
    connector = Connector(
        id="1", standard="IEC_62196_T2_COMBO", format="CABLE", power_type="DC", power_kw=300.0
    )
    country, _, party = DEPOT_PARTY.partition("*")
    for location_id in ("Nord", "Elsewhere"):
        station = Station(
            id=f"{DEPOT_PARTY}*{location_id}",
            feed="rogue",
            country_code=country,
            party_id=party,
            location_id=location_id,
            location=PLACE,
            evses=(Evse(uid="CP-1-1", evse_id=None, connectors=(connector,)),),
            last_updated=NOW + 1000,
        )
        told = [(station, {"CP-1-1": (Status.AVAILABLE, NOW)})]
        store.apply(StationsUpdate(feed="rogue", stations=told))
    store.feeds.record_sync("rogue", NOW, {})
    snapshot = store.snapshot()
    assert {s.location_id: s.feed for s in snapshot.stations} == {
        "Nord": "Nord",
        "Elsewhere": "rogue",
    }
    found = judged(store, clock, Wallet(tokens=(OURS,)))
    by_feed = {
        snapshot.stations[int(snapshot.evse_station[e])].feed: Grade(int(found.grade[e]))
        for e in range(2)
    }
    assert by_feed == {"Nord": Grade.VERIFIED, "rogue": Grade.REFUSED}


@pytest.mark.parametrize(
    ("told", "status"),
    [
        ({}, "UNKNOWN"),
        ({"1/1": "AVAILABLE"}, "UNKNOWN"),
        ({"1/1": "AVAILABLE", "1/2": "AVAILABLE"}, "AVAILABLE"),
        ({"1/1": "AVAILABLE", "1/2": "CHARGING"}, "CHARGING"),
        ({"1/1": "OUTOFORDER", "1/2": "AVAILABLE"}, "OUTOFORDER"),
        ({"1/1": "OUTOFORDER", "1/2": "CHARGING"}, "CHARGING"),
        ({"1/1": "AVAILABLE", "1/2": "AVAILABLE", "0/0": "INOPERATIVE"}, "INOPERATIVE"),
        ({"1/1": "AVAILABLE", "1/2": "AVAILABLE", "0/0": "AVAILABLE"}, "AVAILABLE"),
    ],
)
def test_an_evse_is_as_its_connectors_are(told: dict[str, str], status: str) -> None:
    assert status_of({key: (word, NOW) for key, word in told.items()}, 1, 2) == status


def test_plugs_are_read_as_they_are_written() -> None:
    evse = read_evse("CCS:150@920+chademo:50", point="CP-1", number=2)
    assert (evse.uid, write_evse(evse)) == ("CP-1-2", "ccs:150@920+chademo:50")
    assert [c.power_type for c in evse.connectors] == ["DC", "DC"]
    (socket,) = read_evse("type2:22", point="CP-1", number=1).connectors
    assert (socket.power_type, socket.format, socket.voltage_v) == ("AC_3_PHASE", "SOCKET", 230.0)
    assert read_evse("schuko:3.6", point="C", number=1).connectors[0].power_type == "AC_1_PHASE"


@pytest.mark.parametrize(
    "word", ["", "ccs", "ccs:0", "ccs:150@", "ccs:99999", "tesla:150", "ccs:-1"]
)
def test_what_is_no_plug_is_told(word: str) -> None:
    with pytest.raises(InputError, match="no connector"):
        read_evse(word, point="CP-1", number=1)


CSV = (
    "depot,location,charge_point,evses,depot_max_kw,hours,max_kw\n"
    'Nord,"11.58,48.21",CP-1,ccs:150 type2:22,200,Mo-Fr 06:00-20:00,100\n'
    "Nord,,CP-2,ccs:150+chademo:50,,,120\n"
)


def test_a_file_of_charge_points_is_registered_whole(store: Store) -> None:
    told = read_document(CSV.encode(), "depots.csv", {})
    made = register(store, told, now=NOW)
    assert set(made) == {"CP-1", "CP-2"}
    (station,) = store.snapshot().stations
    assert [evse.uid for evse in station.evses] == ["CP-1-1", "CP-1-2", "CP-2-1"]
    assert station.hours is not None
    assert not station.hours.twentyfourseven
    assert station.max_kw == 200
    assert [(part.max_kw, part.evse_uids) for part in station.shared] == [
        (100.0, ("CP-1-1", "CP-1-2"))
    ]
    powers = [[plug.power_kw for plug in evse.connectors] for evse in station.evses]
    assert powers == [[100.0], [22.0], [120.0, 50.0]], "no post gives more than its charge point"
    rows = [
        {
            "depot": "Nord",
            "charge_point": "CP-3",
            "evses": [{"plugs": "ccs:50", "evse_id": "DE*FLT*E1"}],
        }
    ]
    more = read_document(json.dumps(rows).encode(), "more.json", store.charge_points.depots())
    register(store, more, now=NOW)
    (station,) = store.snapshot().stations
    assert station.evses[-1].evse_id == "DE*FLT*E1"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"depot,charge_point\nNord,CP-1\n", "depots.csv:1: evses is missing"),
        (b"depot,charge_point,evses\nNord,CP-1,ccs:50\n", "location of Nord is missing"),
        (b'depot,location,charge_point,evses\nN,"200,1",C,ccs:5\n', "no lon,lat"),
        (b'depot,location,charge_point,evses,colour\nN,"1,1",C,ccs:5,red\n', "colour"),
        (b'[{"depot": "N"', "cannot be read"),
        (b"[1]", "an object"),
        (b"", "no charge point"),
        (b"\xff\xfe", "cannot be read"),
    ],
)
def test_a_file_that_is_wrong_says_where(data: bytes, said: str) -> None:
    with pytest.raises(DataError, match=said):
        read_document(data, "depots.csv", {})


@pytest.mark.parametrize(
    ("other", "said"),
    [
        (point("CP 2"), "identity"),
        (point("cp-1"), "registered at Nord already"),
        (point("CP-1", depot="Sued"), "registered at Nord already"),
        (point("CP-2", location=LonLat(11.59, 48.21)), "more than 300 m"),
        (point("CP-2", depot="A*B"), "1 to 36 characters"),
        (point("CP-2", depot="roaming"), "no depot"),
        (point("CP-2", depot="Sued", hours="sometimes"), "not understood"),
        (replace(point("CP-2"), password="short"), "16 to 40"),
    ],
)
def test_what_cannot_be_registered_changes_nothing(
    store: Store, other: Registration, said: str
) -> None:
    store.feeds.add(Source(name="roaming", kind="ocpi"))
    register(store, [point("CP-1")], now=NOW)
    with pytest.raises(InputError, match=said):
        register(store, [point("CP-5"), other], now=NOW)
    assert [known.point.id for known in store.charge_points.all()] == ["CP-1"]
    assert {source.name for source in store.feeds.sources()} == {"roaming", "Nord"}


def test_a_charge_point_is_taken_out_and_its_depot_with_the_last(
    store: Store, clock: Clock
) -> None:
    connected(store, clock, "CP-1", "CP-2")
    unregister(store, "CP-1", now=NOW)
    assert [evse.uid for evse in store.snapshot().stations[0].evses] == ["CP-2-1"]
    unregister(store, "CP-2", now=NOW)
    assert store.snapshot().stations == ()
    assert (store.feeds.sources(), store.charge_points.depots()) == ((), {})
    with pytest.raises(NotFound):
        unregister(store, "CP-2", now=NOW)


def test_registering_again_keeps_password_and_status(store: Store, clock: Clock) -> None:
    desk = connected(store, clock, "CP-1")
    kept = store.charge_points.password_hash("CP-1")
    assert register(store, [point("CP-1", "ccs:150@920", "type2:22")], now=NOW + 5) == {}
    assert store.charge_points.password_hash("CP-1") == kept
    snapshot = store.snapshot()
    assert [snapshot.status_word(e).value for e in range(2)] == ["AVAILABLE", "PLANNED"]
    clock.now += 5
    desk.tick()
    snapshot = store.snapshot()
    assert [snapshot.status_word(e).value for e in range(2)] == ["AVAILABLE", "UNKNOWN"]
    desk.presence.status("CP-1", 2, 1, "Available", "")
    assert store.snapshot().status_word(1) is Status.AVAILABLE


def test_passwords_are_kept_as_salted_hashes(store: Store) -> None:
    made = register(store, [point("CP-1")], now=NOW)["CP-1"]
    kept = store.charge_points.password_hash("CP-1")
    assert kept is not None
    assert made not in kept
    assert is_password(made, kept)
    assert not is_password(new_password(), kept)
    assert not is_password("", NOBODY)
    assert hash_password(made) != kept
    newer = change_password(store, "CP-1")
    kept = store.charge_points.password_hash("CP-1")
    assert is_password(newer, kept or "")
    assert not is_password(made, kept or "")


def test_uids_are_nowhere_in_the_clear(store: Store, clock: Clock, tmp_path: Path) -> None:
    store.wallets.save(Wallet(id="anna", tokens=(OURS,)))
    desk = connected(store, clock, "CP-1")
    number, _ = desk.charging.start("CP-1", 1, OURS.uid, 0.0, "2026-09-21T13:00:00Z")
    desk.charging.stop("CP-1", number, 5000.0, "2026-09-21T13:30:00Z", [], OURS.uid)
    store.close()
    for file in tmp_path.iterdir():
        assert OURS.uid.encode() not in file.read_bytes(), file.name
    assert OURS.uid not in repr(desk)
