"""The power that one may count on, by the rules in the module."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.feeds.plausibility import PHASES, believable_power_kw


def power(power_type, volts, amps, watts, standard="IEC_62196_T2"):
    return believable_power_kw(
        standard=standard,
        power_type=power_type,
        voltage_v=volts,
        amperage_a=amps,
        given_w=watts,
    )


@pytest.mark.parametrize(
    ("said", "kw"),
    [
        (("AC_3_PHASE", 230, 16, None), 11.04),  # missing: volts, amperes and phases
        (("AC_3_PHASE", 400, 16, None), 11.085),  # 400 V is between the phases
        (("AC_1_PHASE", 230, 32, None), 7.36),
        (("AC_3_PHASE", None, 16, None), 11.04),  # mains
        (("AC_3_PHASE", 230, 16, 11000), 11.0),  # as given
        (("AC_3_PHASE", 230, 25, 17300), 17.3),  # rounding is left alone
        (("AC_3_PHASE", 230, 32, 11000), 11.0),  # less than the cable takes
        (("AC_3_PHASE", 230, 16, 17300), 11.04),  # more than the cable takes
        (("AC_1_PHASE", 230, 32, 22000), 7.36),  # said for three phases
        (("AC_3_PHASE", 230, 32, 7_360_000), 7.36),  # milliwatts
        (("AC_3_PHASE", 230, 32, 22), 22.0),  # kilowatts
        (("AC_3_PHASE", 230, 230, 158_700), 43.5),  # no plug takes that
        (("AC_3_PHASE", None, None, 22000), 22.0),
        (("AC_3_PHASE", None, None, None), 0.0),  # nothing known
        (("AC_3_PHASE", 230, 16, -5), 11.04),
    ],
)
def test_power_of_an_ac_connector(said, kw):
    assert power(*said) == pytest.approx(kw)


@pytest.mark.parametrize(
    ("said", "kw"),
    [
        (("DC", 500, 300, 150_000), 150.0),
        (("DC", 400, 125, 50_000), 50.0),
        (("DC", 400, 220, 150_000), 88.0),
        (("DC", 1000, 300, None), 120.0),  # what a 400 V battery draws of 300 A
        (("DC", 230, 100, None), 23.0),
        (("DC", None, 200, None), 80.0),
        (("DC", 1000, 3000, 2_000_000), 600.0),
        (("DC", 1000, 500, 150_000_000), 150.0),  # milliwatts
        (("DC", None, None, 150), 150.0),
        (("DC", None, None, None), 0.0),
    ],
)
def test_power_of_a_dc_connector(said, kw):
    assert power(*said, standard="IEC_62196_T2_COMBO") == pytest.approx(kw)


def test_a_household_socket_never_gives_more_than_it_is_made_for():
    assert power("AC_3_PHASE", 230, 32, 22000, standard="DOMESTIC_F") == 3.7


@given(
    st.sampled_from([*PHASES, "DC", "ODD"]),
    st.none() | st.floats(1, 2000),
    st.none() | st.floats(1, 4000),
    st.none() | st.floats(-10, 1e8),
)
def test_no_power_is_above_volts_amperes_and_phases(power_type, volts, amps, watts):
    kw = power(power_type, volts, amps, watts)
    assert kw >= 0
    if amps is not None:
        limit = (volts or (230 if power_type in PHASES else 1000)) * amps
        assert kw <= limit * PHASES.get(power_type, 1) / 1000 * 1.05 + 0.001
    if watts is not None and watts >= 1000:
        assert kw <= watts / 1000 + 0.001
