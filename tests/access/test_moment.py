"""Status by how soon the car comes, its age and silence, and what drivers said."""

from dataclasses import replace

import pytest

from planner.access.chargers import Chargers, accessible, allows
from planner.access.status import FAULTY, believed
from planner.model.grade import Grade
from planner.model.station import Hours, Status
from planner.model.token import Token
from planner.store.snapshot import DriverReport, Snapshot
from tests.access.worlds import (
    CAR,
    DAY,
    DIRECT,
    FILE,
    HOUR,
    NOW,
    agreement,
    evse,
    record,
    snapshot,
    station,
    token,
    wallet,
)

MIN = 60.0
SOON, LATER = NOW + 29 * MIN, NOW + 31 * MIN
KEY = ("NL*CPO*L1", "1")


def world(
    status: Status, at: float | None = NOW - 60, *, feed: str = "direct", **more: object
) -> Snapshot:
    settings = {"agreements": [agreement()], "status": {KEY: (status, at)}, **more}
    return snapshot(station(feed=feed), **settings)  # type: ignore[arg-type] -- as named there


def ask(known: Snapshot, *tokens: Token) -> Chargers:
    held = wallet(*(tokens or (token(),)))
    return accessible(known, held, CAR, min_grade=Grade.CONTRACTED, now=NOW)


def why(known: Snapshot, arrival: float, *tokens: Token) -> str | None:
    told = ask(known, *tokens).refusal_at(0, arrival, arrival + HOUR)
    assert (told is None) == allows(known, 0, arrival, arrival + HOUR, NOW) or tokens
    return told.reason if told else None


@pytest.mark.parametrize(
    ("status", "soon", "later"),
    [
        (Status.AVAILABLE, None, None),
        (Status.CHARGING, "status_charging", None),
        (Status.RESERVED, "status_reserved", None),
        (Status.UNKNOWN, "status_unknown", None),
        (Status.OUTOFORDER, "status_outoforder", "status_outoforder"),
        (Status.INOPERATIVE, "status_inoperative", "status_inoperative"),
        (Status.BLOCKED, "status_blocked", "status_blocked"),
        (Status.REMOVED, "status_removed", "status_removed"),
        (Status.PLANNED, "status_planned", "status_planned"),
    ],
)
def test_status_weighs_by_how_soon_the_car_comes(
    status: Status, soon: str | None, later: str | None
) -> None:
    assert why(world(status), SOON) == soon
    assert why(world(status), NOW + 30 * MIN) == soon
    assert why(world(status), LATER) == later


def test_soon_a_status_must_have_been_told_within_fifteen_minutes() -> None:
    fresh = world(Status.AVAILABLE, NOW - 6 * HOUR, feeds=[replace(DIRECT, last_sync=NOW - 900)])
    old = world(Status.AVAILABLE, NOW - 6 * HOUR, feeds=[replace(DIRECT, last_sync=NOW - 901)])
    assert why(fresh, SOON) is None
    assert why(old, SOON) == "status_stale"
    assert why(old, LATER) is None


def test_a_file_tells_nothing_anew() -> None:
    read_now = [replace(FILE, last_sync=NOW)]
    old = world(Status.AVAILABLE, NOW - HOUR, feed="file", feeds=read_now)
    assert why(old, SOON) == "status_stale"
    fresh = world(Status.AVAILABLE, NOW - 10 * MIN, feed="file", feeds=read_now)
    assert why(fresh, SOON) is None


@pytest.mark.parametrize("status", [Status.OUTOFORDER, Status.INOPERATIVE, Status.BLOCKED])
def test_a_fault_vetoes_for_a_day_after_it_was_last_told(status: Status) -> None:
    faulty = world(status, NOW - 5 * DAY)
    assert why(faulty, NOW - 60 + DAY - 1) is not None
    assert why(faulty, NOW - 60 + DAY) is None


def test_a_fault_in_a_file_stands_until_there_is_a_newer_file() -> None:
    faulty = world(Status.OUTOFORDER, NOW - 40 * DAY, feed="file")
    assert why(faulty, NOW + 5 * DAY) == "status_outoforder"


@pytest.mark.parametrize("status", [Status.REMOVED, Status.PLANNED])
def test_what_is_not_there_does_not_come_back_by_waiting(status: Status) -> None:
    assert why(world(status, NOW - 400 * DAY), NOW + 20 * HOUR) is not None


@pytest.mark.parametrize(
    ("status", "silent_s"),
    [(Status.AVAILABLE, 30 * DAY), (Status.CHARGING, 3 * DAY), (Status.RESERVED, DAY)],
)
def test_a_status_silent_for_too_long_is_unknown(status: Status, silent_s: float) -> None:
    plausible = ask(world(status, NOW - silent_s))
    assert plausible.effective_status(0) is status
    silent = world(status, NOW - silent_s - 1)
    assert ask(silent).effective_status(0) is Status.UNKNOWN
    assert why(silent, SOON) == "status_unknown"
    assert why(silent, LATER) is None


def test_a_stations_own_rate_of_change_goes_before_the_default() -> None:
    known = world(Status.AVAILABLE, NOW - 2 * HOUR, silence_s=HOUR)
    assert ask(known).is_uncertain(0)
    assert not ask(world(Status.AVAILABLE, NOW - 2 * HOUR, silence_s=3 * HOUR)).is_uncertain(0)


def test_silence_never_lifts_a_fault() -> None:
    assert why(world(Status.OUTOFORDER, NOW - 400 * DAY), LATER) == "status_outoforder"


@pytest.mark.parametrize("at", [None, NOW + HOUR])
def test_a_status_never_told_or_of_the_future_is_unknown(at: float | None) -> None:
    assert ask(world(Status.AVAILABLE, at)).is_uncertain(0)
    assert why(world(Status.AVAILABLE, at), SOON) == "status_unknown"


def test_an_uncertain_post_is_a_fallback_only_beside_a_second_one() -> None:
    alone = ask(world(Status.UNKNOWN))
    assert alone.refusal_at(0, LATER, LATER + HOUR) is None
    told = alone.fallback_refusal_at(0, LATER, LATER + HOUR)
    assert told is not None
    assert told.reason == "lone_unknown"
    two = station(evse("1"), evse("2"))
    statuses = {KEY: (Status.UNKNOWN, NOW - 60)}
    beside = snapshot(two, agreements=[agreement()], status=statuses)
    assert ask(beside).fallback_refusal_at(0, LATER, LATER + HOUR) is None
    broken = {**statuses, ("NL*CPO*L1", "2"): (Status.OUTOFORDER, NOW - 60)}
    beside_broken = snapshot(two, agreements=[agreement()], status=broken)
    assert ask(beside_broken).fallback_refusal_at(0, LATER, LATER + HOUR) is not None


def test_a_fault_that_has_lapsed_is_as_uncertain_as_unknown() -> None:
    arrival = NOW + 2 * DAY
    alone = ask(world(Status.OUTOFORDER))
    assert alone.refusal_at(0, arrival, arrival + HOUR) is None
    assert alone.effective_status(0) is Status.UNKNOWN
    assert alone.fallback_refusal_at(0, arrival, arrival + HOUR) is not None


def test_what_is_reserved_for_us_is_no_obstacle() -> None:
    held = token()
    evidence = [record(held, "reserved", until=NOW + 2 * HOUR)]
    ours = world(Status.RESERVED, evidence=evidence)
    assert why(ours, SOON, held) is None
    assert why(ours, SOON, token("OTHER1")) == "status_reserved"


def test_a_place_must_be_open_from_arrival_to_departure() -> None:
    shut = Hours(twentyfourseven=True, exceptional_closings=((NOW + 2 * HOUR, NOW + 3 * HOUR),))
    chargers = ask(snapshot(station(hours=shut), agreements=[agreement()]))
    assert chargers.refusal_at(0, NOW + HOUR, NOW + 2 * HOUR) is None
    told = chargers.refusal_at(0, NOW + HOUR, NOW + 2 * HOUR + 1)
    assert told is not None
    assert told.reason == "closed"
    inside = chargers.refusal_at(0, NOW + 2 * HOUR, NOW + 4 * HOUR)
    assert inside is not None
    assert "next open" in inside.detail


def test_hours_that_cannot_be_read_are_unknown_not_open() -> None:
    known = snapshot(station(hours=Hours()), agreements=[agreement()])
    told = ask(known).refusal_at(0, LATER, LATER + HOUR)
    assert told is not None
    assert told.reason == "hours_unknown"
    nothing = ask(snapshot(station(hours=None), agreements=[agreement()]))
    assert nothing.refusal(0) is not None
    assert nothing.reason[0] != 0


class TestReports:
    def told(self, *reports: DriverReport, arrival: float = LATER, **more: object) -> str | None:
        return why(world(Status.AVAILABLE, reports=reports, **more), arrival)  # type: ignore[arg-type]

    @staticmethod
    def said(outcome: str, at: float = NOW - 60, uid: str = "1") -> DriverReport:
        return DriverReport(station_id="NL*CPO*L1", evse_uid=uid, outcome=outcome, at=at)

    @pytest.mark.parametrize(
        ("outcome", "lasts_s"),
        [("occupied", 45 * MIN), ("blocked", 3 * HOUR), ("closed", 12 * HOUR), ("broken", DAY)],
    )
    def test_a_report_vetoes_for_a_while(self, outcome: str, lasts_s: float) -> None:
        end = NOW - 60 + lasts_s
        assert self.told(self.said(outcome), arrival=end - 1) == f"reported_{outcome}"
        assert self.told(self.said(outcome), arrival=end) is None

    def test_a_report_of_another_post_does_not_count_unless_the_place_was_closed(self) -> None:
        assert self.told(self.said("broken", uid="2")) is None
        assert self.told(self.said("broken", uid="")) == "reported_broken"
        assert self.told(self.said("closed", uid="2")) == "reported_closed"

    def test_a_newer_ok_at_the_same_post_lifts_it(self) -> None:
        broken = self.said("broken", NOW - HOUR)
        assert self.told(broken, self.said("ok", NOW - 30 * MIN)) is None
        assert self.told(broken, self.said("ok", NOW - 2 * HOUR)) == "reported_broken"
        assert self.told(broken, self.said("ok", NOW - 30 * MIN, uid="2")) == "reported_broken"

    def test_a_newer_ok_anywhere_says_that_the_place_is_open(self) -> None:
        closed = self.said("closed", NOW - HOUR)
        assert self.told(closed, self.said("ok", NOW - 30 * MIN, uid="2")) is None

    def test_occupied_ends_when_the_post_is_told_to_be_free(self) -> None:
        assert self.told(self.said("occupied", NOW - 120)) is None
        assert self.told(self.said("occupied", NOW - 30)) == "reported_occupied"

    def test_a_refused_card_is_no_report_on_the_post(self) -> None:
        assert self.told(self.said("refused")) is None

    def test_a_report_of_the_future_is_not_known_yet(self) -> None:
        assert self.told(self.said("broken", NOW + 60)) is None


@pytest.mark.parametrize("silence_s", [None, 3 * HOUR, float("nan"), 10 * DAY])
@pytest.mark.parametrize(
    "at", [None, NOW - 60, NOW - 4 * HOUR, NOW - 2 * DAY, NOW - 40 * DAY, NOW + 10 * MIN]
)
@pytest.mark.parametrize("status", list(Status))
def test_the_column_of_statuses_holds_what_is_believed_of_each(
    status: Status, at: float | None, silence_s: float | None
) -> None:
    known = world(status, at, silence_s=silence_s)
    said = believed(known, 0, NOW).status
    expected = Status.UNKNOWN if said in FAULTY else said
    assert ask(known).effective_status(0) is expected
