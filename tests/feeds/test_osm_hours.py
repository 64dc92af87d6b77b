"""Opening hours in OpenStreetMap's syntax become a week and what departs from it."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from opening_hours import OpeningHours

from planner.access.hours import is_open_throughout
from planner.feeds.osm_hours import AHEAD_WEEKS, read_opening_hours
from planner.model.geo import LonLat
from planner.model.station import Hours, RegularHours, Station

PARIS = ZoneInfo("Europe/Paris")
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC).timestamp()


def read(said: str, country: str = "FR") -> Hours | None:
    return read_opening_hours(said, zone="Europe/Paris", country=country, now=NOW)


def is_open(hours: Hours, start: datetime, end: datetime) -> bool | None:
    station = Station(
        id="ZZ*OSM*1",
        feed="x",
        country_code="ZZ",
        party_id="OSM",
        location_id="1",
        location=LonLat(2.0, 48.0),
        evses=(),
        time_zone="Europe/Paris",
        hours=hours,
    )
    return is_open_throughout(station, start.timestamp(), end.timestamp())


@pytest.mark.parametrize(
    ("said", "spans"),
    [
        ("Mo-Fr 08:00-18:00", [(d, 480, 1080) for d in range(1, 6)]),
        ("Sa-Mo 08:00-10:00", [(d, 480, 600) for d in (1, 6, 7)]),
        (
            "Mo 08:00-12:00,13:00-18:00; Sa 09:00-12:00",
            [(1, 480, 720), (1, 780, 1080), (6, 540, 720)],
        ),
        ("Mo 05:00-23:59, Tu 05:00-00:00", [(1, 300, 1440), (2, 300, 1440)]),
        ("Fr 22:00-02:00", [(5, 1320, 1440), (6, 0, 120)]),
        ("Mo-Tu 08:00-20:00; Tu 10:00-12:00", [(1, 480, 1200), (2, 600, 720)]),
        ("Mo-Tu 08:00-09:00,Tu 10:00-12:00", [(1, 480, 540), (2, 480, 540), (2, 600, 720)]),
        ("Mo-Tu", [(1, 0, 1440), (2, 0, 1440)]),
        ("08:00-18:00", [(d, 480, 1080) for d in range(1, 8)]),
    ],
)
def test_a_week_is_read(said, spans):
    assert read(said) == Hours(regular=tuple(RegularHours(*span) for span in spans))


@pytest.mark.parametrize("said", ["24/7", "24h/24", "Mo-Su 00:00-24:00", "mo-su 00:00-23:59"])
def test_always_open_is_told_in_many_ways(said):
    assert read(said) == Hours(twentyfourseven=True)


@pytest.mark.parametrize(
    "said",
    [
        "",
        "sur demande",
        "PH off",
        "Mo-Fr 8h-18h",
        "Mo 25:00-26:00",
        'Mo-Fr 08:00-18:00 "on request"',
        "Mo-Fr 08:00-18:00 unknown",
        "sunrise-sunset",
        "Mo-Fr 08:00-18:00; SH off",
        "Mo " * 400,
    ],
)
def test_what_does_not_tell_for_sure_is_unknown(said):
    assert read(said) is None


def test_holidays_close_in_their_country_and_are_unknown_without_one():
    hours = read("24/7; PH off")
    christmas = datetime(2026, 12, 25, 10, tzinfo=PARIS)
    assert is_open(hours, christmas, christmas + timedelta(hours=1)) is False
    boxing_day = christmas + timedelta(days=1)
    assert is_open(hours, boxing_day, boxing_day + timedelta(hours=1)) is True
    german = read("24/7; PH off", country="DE")
    assert is_open(german, boxing_day, boxing_day + timedelta(hours=1)) is False
    assert read("24/7; PH off", country="") is None


def test_a_season_is_open_just_then():
    hours = read("Apr-Oct 08:00-20:00")
    winter = datetime(2026, 12, 1, 10, tzinfo=PARIS)
    summer = datetime(2027, 6, 1, 10, tzinfo=PARIS)
    assert is_open(hours, winter, winter + timedelta(hours=1)) is False
    assert is_open(hours, summer, summer + timedelta(hours=1)) is True


@settings(max_examples=60, deadline=None)
@given(
    said=st.sampled_from(
        [
            "Mo-Fr 08:00-18:00; PH off",
            "Mo-Sa 06:00-22:00; Su,PH 09:00-20:00",
            "Apr-Oct 08:00-20:00; Nov-Mar 10:00-16:00",
            "Fr 22:00-04:00; Sa 22:00-04:00",
            "24/7; Dec 24 16:00-24:00 off; Dec 25 off",
            "week 1-53/2 Mo 08:00-12:00",
            "Mo[1] 08:00-18:00",
        ]
    ),
    minute=st.integers(0, AHEAD_WEEKS * 7 * 1440 - 10 * 1440),
)
def test_a_moment_is_open_just_if_the_library_says_so(said, minute):
    local = datetime(2026, 11, 23) + timedelta(minutes=minute)  # noqa: DTZ001 -- wall clock
    moment = local.replace(tzinfo=PARIS)
    if moment.astimezone(UTC).astimezone(PARIS) != moment:
        return  # an hour that the clock leaps over
    expected = OpeningHours(said, country="FR").is_open(local)
    hours = read(said)
    assert hours is not None
    found = is_open(hours, moment, moment + timedelta(seconds=20))
    assert (found is True) is expected
