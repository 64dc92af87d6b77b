"""The forecast is a plain prior: it is bounded, monotone, forgets, and admits ignorance."""

from math import isnan
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.availability.forecast import (
    ALL_TAKEN,
    LASTING_AC,
    LASTING_DC,
    MEMORY_AC_S,
    MEMORY_DC_S,
    USUAL_AC,
    USUAL_DC,
    all_taken,
    probability_free,
    usual_share,
)
from planner.model.station import Status
from tests.availability.occupancy import all_taken_given_one, by_hour, likeness, sites

TELLING = st.sampled_from([Status.AVAILABLE, Status.CHARGING, Status.RESERVED])
AGES = st.none() | st.floats(0, 1e7)
MINUTES = st.floats(0, 5000)
HOURS = st.none() | st.integers(0, 23)


@given(TELLING, AGES, st.integers(1, 60), MINUTES, HOURS, st.booleans())
def test_more_evses_alike_never_make_it_less_likely(
    status: Status, age_s: float | None, count: int, ahead: float, hour: int | None, is_dc: bool
) -> None:
    fewer = probability_free(status, age_s, count, ahead, local_hour=hour, is_dc=is_dc)
    more = probability_free(status, age_s, count + 1, ahead, local_hour=hour, is_dc=is_dc)
    assert fewer is not None
    assert more is not None
    assert 0.0 <= fewer <= more <= 0.99


@given(AGES, st.integers(1, 9), MINUTES, HOURS, st.booleans())
def test_a_free_post_is_never_less_likely_free_than_a_taken_one(
    age_s: float | None, count: int, ahead: float, hour: int | None, is_dc: bool
) -> None:
    free = probability_free(Status.AVAILABLE, age_s, count, ahead, local_hour=hour, is_dc=is_dc)
    taken = probability_free(Status.CHARGING, age_s, count, ahead, local_hour=hour, is_dc=is_dc)
    assert free is not None
    assert taken is not None
    assert free >= taken


@given(st.floats(0, 1e6), st.floats(0, 1e6), st.booleans())
def test_the_longer_ago_the_less_a_status_says(one: float, other: float, is_dc: bool) -> None:
    sooner, later = sorted((one, other))
    free = [probability_free(Status.AVAILABLE, t, 1, 0, is_dc=is_dc) for t in (sooner, later)]
    taken = [probability_free(Status.CHARGING, t, 1, 0, is_dc=is_dc) for t in (sooner, later)]
    assert free[0] is not None
    assert free[1] is not None
    assert taken[0] is not None
    assert taken[1] is not None
    assert free[0] >= free[1]
    assert taken[0] <= taken[1]


@given(AGES, st.integers(1, 9), MINUTES)
def test_of_an_unknown_post_nothing_is_claimed(
    age_s: float | None, count: int, ahead: float
) -> None:
    assert probability_free(Status.UNKNOWN, age_s, count, ahead) is None


@pytest.mark.parametrize("status", [Status.OUTOFORDER, Status.INOPERATIVE, Status.BLOCKED])
def test_a_fault_lasts_a_day_and_then_nothing_is_known(status: Status) -> None:
    assert probability_free(status, 3600.0, 3, 60.0) == 0.0
    assert probability_free(status, None, 1, 10.0) == 0.0
    assert probability_free(status, 80_000.0, 3, 120.0) is None


@pytest.mark.parametrize("status", [Status.REMOVED, Status.PLANNED])
def test_what_is_not_there_is_never_free(status: Status) -> None:
    assert probability_free(status, 1e9, 9, 1e5) == 0.0


def test_a_post_in_use_now_is_not_free_now() -> None:
    assert probability_free(Status.CHARGING, 0.0, 1, 0.0) == 0.0


def test_a_site_counts_at_least_the_post_itself() -> None:
    with pytest.raises(ValueError, match="counts the EVSE itself"):
        probability_free(Status.AVAILABLE, 0.0, 0, 0.0)


def test_hours_without_samples_lie_between_their_neighbours() -> None:
    for hour in range(24):
        assert 0.2 < usual_share(hour, is_dc=False) < 0.3
        assert 0.13 <= usual_share(hour, is_dc=True) < 0.2
    assert usual_share(15, is_dc=True) == pytest.approx((0.198 + 0.186) / 2)


@pytest.mark.slow
@pytest.mark.shared
def test_the_published_figures_are_those_of_the_data(shared: Path) -> None:
    found = list(sites(shared / "chargers"))
    assert len(found) == 65_894
    for kind, table in ((False, USUAL_AC), (True, USUAL_DC)):
        for told, measured in zip(table, by_hour(found)[kind], strict=True):
            assert (told is None) == isnan(measured)
            assert told is None or told == pytest.approx(measured, abs=0.0006)
    both = all_taken_given_one(found)
    for number, told in enumerate(ALL_TAKEN):
        larger = [max(both[kind][number:]) for kind in (False, True)]
        assert told == pytest.approx(max(larger), abs=0.011)
        assert told >= max(larger) - 0.001
        assert all_taken(number + 1) == told
    measured = likeness(found[::8], (2, 6, 12))
    for kind, lasting, memory_s in (
        (False, LASTING_AC, MEMORY_AC_S),
        (True, LASTING_DC, MEMORY_DC_S),
    ):
        for lag_h, seen in measured[kind].items():
            model = lasting + (1 - lasting) * 2.718281828 ** (-lag_h * 3600.0 / memory_s)
            assert model == pytest.approx(seen, abs=0.06)
