"""Opening hours against the clock on the wall, minute by minute, as the clocks change."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.access.hours import is_open_throughout, open_from
from planner.model.station import Hours, RegularHours, Station
from tests.access.worlds import DAY, HOUR, station

MIN = 60.0
ZONES = ("Europe/Amsterdam", "Europe/London", "America/New_York", "Atlantic/Azores")
SUMMER = datetime(2026, 3, 29, tzinfo=UTC).timestamp()
WINTER = datetime(2026, 10, 25, tzinfo=UTC).timestamp()
NEW_YORK = datetime(2026, 3, 8, tzinfo=UTC).timestamp()
PLAIN = datetime(2026, 6, 10, tzinfo=UTC).timestamp()
DAYS = (SUMMER, WINTER, NEW_YORK, PLAIN)


def at(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def place(hours: Hours | None, zone: str = "Europe/Amsterdam") -> Station:
    return station(hours=hours, time_zone=zone)


def every_day(begin_min: int, end_min: int) -> Hours:
    return Hours(regular=tuple(RegularHours(day, begin_min, end_min) for day in range(1, 8)))


def wall_says(hours: Hours, zone: ZoneInfo, t: float) -> bool:
    """Read the clock on the wall at one moment, and the sign beside it."""
    if any(a <= t < b for a, b in hours.exceptional_closings):
        return False
    if hours.twentyfourseven or any(a <= t < b for a, b in hours.exceptional_openings):
        return True
    local = datetime.fromtimestamp(t, zone)
    minute, weekday = local.hour * 60 + local.minute, local.isoweekday()
    before = 7 if weekday == 1 else weekday - 1
    for row in hours.regular:
        end = 1440 if row.end_min == 1439 else row.end_min
        if end > row.begin_min:
            if row.weekday == weekday and row.begin_min <= minute < end:
                return True
        elif (row.weekday == weekday and minute >= row.begin_min) or (
            row.weekday == before and minute < end
        ):
            return True
    return False


def is_steady(zone: ZoneInfo, t: float) -> bool:
    """Whether the clocks change within no six hours of this moment."""
    offsets = {datetime.fromtimestamp(t + h * HOUR, zone).utcoffset() for h in range(-6, 7)}
    return len(offsets) == 1


ROWS = st.builds(
    RegularHours,
    st.integers(1, 7),
    st.sampled_from([0, 60, 90, 120, 150, 180, 420, 1320]),
    st.sampled_from([0, 60, 120, 150, 180, 360, 1080, 1439, 1440]),
)
SPANS = st.builds(
    lambda day, start, length: (day + start * MIN, day + (start + length) * MIN),
    st.sampled_from(DAYS),
    st.integers(-600, 1800),
    st.integers(1, 600),
)
HOURS = st.builds(
    Hours,
    twentyfourseven=st.sampled_from([False, False, False, True]),
    regular=st.lists(ROWS, min_size=1, max_size=9).map(tuple),
    exceptional_openings=st.lists(SPANS, max_size=2).map(tuple),
    exceptional_closings=st.lists(SPANS, max_size=2).map(tuple),
)


@settings(max_examples=250, deadline=None)
@given(
    HOURS,
    st.sampled_from(ZONES),
    st.sampled_from(DAYS),
    st.integers(-400, 1700),
    st.integers(0, 500),
)
def test_a_place_said_to_be_open_is_open_on_the_wall_at_every_minute(
    hours: Hours, zone: str, day: float, start: int, length: int
) -> None:
    begin, end = day + start * MIN, day + (start + length) * MIN
    clock = ZoneInfo(zone)
    minutes = range(start, max(start + length, start + 1))
    wall = all(wall_says(hours, clock, day + m * MIN) for m in minutes)
    told = is_open_throughout(place(hours, zone), begin, end)
    if told:
        assert wall
    if wall and is_steady(clock, begin) and is_steady(clock, end):
        assert told


@settings(max_examples=150, deadline=None)
@given(HOURS, st.sampled_from(ZONES), st.sampled_from(DAYS), st.integers(-400, 1700))
def test_the_next_opening_is_the_first_open_minute(
    hours: Hours, zone: str, day: float, start: int
) -> None:
    t, until = day + start * MIN, day + (start + 600) * MIN
    there = place(hours, zone)
    found = open_from(there, t, until)
    minutes = [t + m * MIN for m in range(601)]
    open_minutes = [m for m in minutes if is_open_throughout(there, m, m)]
    assert found == (open_minutes[0] if open_minutes else None)


def test_round_the_clock_is_open_over_every_change_of_the_clocks() -> None:
    for zone in ZONES:
        for hours in (every_day(0, 1440), every_day(0, 1439), every_day(0, 0)):
            for day in (SUMMER, WINTER, NEW_YORK):
                assert is_open_throughout(place(hours, zone), day - DAY, day + 2 * DAY)


def test_a_night_reaches_into_the_next_day() -> None:
    nights = place(Hours(regular=(RegularHours(5, 1320, 360),)))
    assert is_open_throughout(nights, at("2026-06-12T23:00+02:00"), at("2026-06-13T06:00+02:00"))
    assert not is_open_throughout(
        nights, at("2026-06-12T23:00+02:00"), at("2026-06-13T06:01+02:00")
    )
    assert not is_open_throughout(
        nights, at("2026-06-13T23:00+02:00"), at("2026-06-13T23:10+02:00")
    )


def test_hours_are_the_stations_own_not_utc() -> None:
    shop = place(every_day(480, 1200))
    assert is_open_throughout(shop, at("2026-06-10T08:00+02:00"), at("2026-06-10T20:00+02:00"))
    assert is_open_throughout(shop, at("2026-12-10T08:00+01:00"), at("2026-12-10T20:00+01:00"))
    assert not is_open_throughout(shop, at("2026-12-10T07:59+01:00"), at("2026-12-10T09:00+01:00"))


def test_an_hour_that_comes_twice_is_open_only_if_both_are() -> None:
    first, second = at("2026-10-25T02:15+02:00"), at("2026-10-25T02:15+01:00")
    opens = place(every_day(150, 600))
    assert is_open_throughout(opens, second, second) is False
    assert is_open_throughout(opens, second + 15 * MIN, second + HOUR)
    closes = place(every_day(0, 150))
    assert is_open_throughout(closes, first, first)
    assert is_open_throughout(closes, second, second) is False


def test_the_spring_night_is_an_hour_shorter() -> None:
    nights = place(every_day(1320, 360))
    start, end = at("2026-03-28T22:00+01:00"), at("2026-03-29T06:00+02:00")
    assert end - start == 7 * HOUR
    assert is_open_throughout(nights, start, end)


def test_exceptional_closings_win_over_everything() -> None:
    shut = (PLAIN, PLAIN + HOUR)
    for hours in (
        Hours(twentyfourseven=True, exceptional_closings=(shut,)),
        Hours(exceptional_openings=((PLAIN - DAY, PLAIN + DAY),), exceptional_closings=(shut,)),
    ):
        there = place(hours)
        assert is_open_throughout(there, PLAIN - HOUR, PLAIN) is True
        assert is_open_throughout(there, PLAIN - HOUR, PLAIN + MIN) is False
        assert is_open_throughout(there, PLAIN + HOUR, PLAIN + 2 * HOUR) is True
        assert open_from(there, PLAIN, PLAIN + DAY) == PLAIN + HOUR


def test_exceptional_openings_add_to_the_regular_hours() -> None:
    late = (at("2026-06-10T20:00+02:00"), at("2026-06-10T23:00+02:00"))
    hours = Hours(regular=every_day(480, 1200).regular, exceptional_openings=(late,))
    assert is_open_throughout(place(hours), late[0] - HOUR, late[1])


@pytest.mark.parametrize(
    "there",
    [
        place(None),
        place(Hours()),
        place(every_day(480, 1200), zone=""),
        place(every_day(480, 1200), zone="Europe/Nowhere"),
        place(Hours(exceptional_openings=((PLAIN + DAY, PLAIN + 2 * DAY),))),
    ],
)
def test_hours_that_are_not_known_are_neither_open_nor_closed(there: Station) -> None:
    assert is_open_throughout(there, PLAIN, PLAIN + HOUR) is None


def test_a_closing_is_known_even_where_the_hours_are_not() -> None:
    there = place(Hours(exceptional_closings=((PLAIN, PLAIN + DAY),)))
    assert is_open_throughout(there, PLAIN, PLAIN + HOUR) is False


def test_there_may_be_no_next_opening() -> None:
    assert open_from(place(None), PLAIN, PLAIN + DAY) is None
    monday = place(Hours(regular=(RegularHours(1, 480, 540),)))
    assert open_from(monday, PLAIN, PLAIN + DAY) is None
    assert open_from(monday, PLAIN, PLAIN + 7 * DAY) == at("2026-06-15T08:00+02:00")
