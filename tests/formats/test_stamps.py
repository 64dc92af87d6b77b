"""Times have an offset, always."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.formats.stamps import moment, stamp
from planner.model.geo import LonLat


@given(
    moment_us=st.integers(0, 4_000_000_000_000_000),
    lon=st.floats(-180, 180),
    lat=st.floats(-90, 90),
)
def test_a_moment_is_written_and_read_the_same_anywhere(
    moment_us: int, lon: float, lat: float
) -> None:
    at = moment_us / 1e6
    assert moment(stamp(at, LonLat(lon, lat))) == pytest.approx(at, abs=1.5e-6)


def test_times_are_told_on_the_clock_of_the_place() -> None:
    winter = moment("2026-11-23T08:00:00+01:00")
    assert stamp(winter, LonLat(9.19, 45.46)) == "2026-11-23T08:00:00+01:00"
    assert stamp(winter, LonLat(-0.12, 51.5)) == "2026-11-23T07:00:00+00:00"
    assert stamp(winter) == "2026-11-23T07:00:00+00:00"


@pytest.mark.parametrize(
    "text", ["2026-11-23T08:00:00", "2026-11-23", "8 o'clock", "", "9999-12-31T23:59:59-23:59"]
)
def test_a_time_without_offset_or_sense_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"no time|no offset|out"):
        moment(text)
