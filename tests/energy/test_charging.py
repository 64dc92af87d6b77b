"""Charging times against a dense simulation, and the laws that a search relies on."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.energy.catalogue import load_catalogue
from planner.energy.charging import (
    AC_EFFICIENCY,
    DC_EFFICIENCY,
    FLOOR_KW,
    charging_curve,
    metered_kwh,
    usable_power_kw,
)
from planner.errors import InputError
from planner.model.vehicle import CurvePoint, Vehicle


def dc(vehicle, power_kw=400.0, voltage_v=920.0):
    return charging_curve(vehicle, power_type="DC", power_kw=power_kw, voltage_v=voltage_v)


def simulate_s(vehicle, soc0, soc1, post_kw, steps=200_000):
    """Charge in tiny steps of energy: the slow, obvious way."""
    soc = soc0 + (np.arange(steps) + 0.5) / steps * (soc1 - soc0)
    given_soc = [point.soc for point in vehicle.dc_curve]
    given_kw = [point.power_kw for point in vehicle.dc_curve]
    drawn_kw = np.clip(np.interp(soc, given_soc, given_kw), FLOOR_KW, post_kw)
    hours = (soc1 - soc0) * vehicle.usable_kwh / steps / (drawn_kw * DC_EFFICIENCY)
    return float(hours.sum()) * 3600.0


def curve(*points):
    return tuple(CurvePoint(soc=soc, power_kw=kw) for soc, kw in points)


def test_a_level_curve_takes_energy_over_power(car):
    level = replace(car, dc_curve=curve((0.0, 50.0), (1.0, 50.0)))
    hours = 50.0 / (50.0 * DC_EFFICIENCY)
    assert dc(level).time_between(0.0, 50.0) == pytest.approx(hours * 3600)
    assert dc(level).max_power_kw == pytest.approx(50.0 * DC_EFFICIENCY)


def test_a_falling_curve_takes_the_logarithm_that_calculus_gives(car):
    # From 50 to 100 % the power falls in a line from 100 to 20 kW: dq · ln(P1/P0)/(P1 - P0).
    hours = 25.0 * math.log(20.0 / 100.0) / (20.0 - 100.0) / DC_EFFICIENCY
    assert dc(car).time_between(25.0, 50.0) == pytest.approx(hours * 3600, rel=1e-12)


@pytest.mark.parametrize("post_kw", [11.0, 43.0, 50.0, 77.3, 150.0, 400.0])
def test_shipped_cars_charge_as_long_as_a_dense_simulation_says(post_kw):
    for vehicle in load_catalogue().vehicles[::4]:
        cheap = replace(vehicle, voltage_v=400.0)
        for soc0, soc1 in ((0.0, 1.0), (0.1, 0.8), (0.33, 0.47)):
            got = dc(cheap, post_kw).time_between(soc0 * cheap.usable_kwh, soc1 * cheap.usable_kwh)
            said = simulate_s(cheap, soc0, soc1, post_kw, 20_000)
            assert got == pytest.approx(said, rel=4e-3), (vehicle.id, soc0, soc1)


def test_a_rising_curve_charges_faster_later():
    rising = load_catalogue().by_id["volvo-ex30-single-motor-2023"]
    q = rising.usable_kwh
    assert dc(rising).time_between(0.5 * q, 0.6 * q) < 0.6 * dc(rising).time_between(0.0, 0.1 * q)


def test_a_curve_that_ends_at_nothing_still_fills_the_battery(car):
    ending = replace(car, dc_curve=curve((0.0, 80.0), (0.8, 80.0), (1.0, 0.0)))
    whole_s = dc(ending).time_s[-1]
    assert whole_s == pytest.approx(simulate_s(ending, 0.0, 1.0, 400.0), rel=1e-3)
    assert whole_s < 3 * 3600


def test_a_weak_post_is_not_lifted_to_the_floor(car):
    weak = charging_curve(car, power_type="DC", power_kw=0.5, voltage_v=400.0)
    assert weak.max_power_kw == pytest.approx(0.5 * DC_EFFICIENCY)


def test_breakpoints_are_few_and_hold_the_curves_own(car):
    got = dc(replace(car, dc_curve=curve((0.0, 90.0), (0.333, 80.0), (1.0, 20.0))), 85.0)
    soc = got.energy_kwh / 50.0
    assert soc.size < 45
    fine = np.linspace(0.0, 1.0, 20_001)
    power_kw = np.minimum(np.interp(fine, (0.0, 0.333, 1.0), (90.0, 80.0, 20.0)), 85.0)
    hours = np.diff(fine) * 50.0 / (DC_EFFICIENCY * (power_kw[:-1] + power_kw[1:]) / 2.0)
    exact_s = np.concatenate(([0.0], np.cumsum(hours) * 3600.0))
    assert np.abs(np.interp(fine, soc, got.time_s) - exact_s).max() < 2.1
    assert np.any(np.isclose(soc, 0.333))
    assert np.any(np.isclose(soc, 0.333 / 2))  # where it falls through the post's 85 kW
    assert soc[0] == 0.0
    assert soc[-1] == 1.0
    assert np.all(np.diff(got.time_s) > 0)


def test_a_curve_may_fall_in_a_step(car):
    step = curve((0.0, 100.0), (0.5, 100.0), (0.5 + 1e-12, 50.0), (1.0 - 1e-12, 50.0), (1.0, 10.0))
    got = dc(replace(car, dc_curve=step))
    hours = (25.0 / 100.0 + 25.0 / 50.0) / DC_EFFICIENCY
    assert got.time_s[-1] == pytest.approx(hours * 3600)
    assert got.max_power_kw == pytest.approx(100.0 * DC_EFFICIENCY)
    assert got.usable_kwh == 50.0


def test_equal_cars_at_equal_posts_share_one_curve(car):
    twin = replace(car, id="by-" + "hand")
    assert dc(car, 150.0) is dc(twin, 150.0)
    assert dc(car, 150.0) is dc(car, 300.0)  # both above what the car draws
    assert dc(car, 50.0) is not dc(car, 150.0)


def test_a_curve_cannot_be_written_into(car):
    with pytest.raises(ValueError, match="read-only"):
        dc(car).time_s[0] = 1.0


def test_what_cannot_charge_is_refused_in_words(car):
    for vehicle, power_type, power_kw in (
        (replace(car, dc_curve=()), "DC", 50.0),
        (replace(car, ac_kw=0.0, ac_phases=0), "AC_3_PHASE", 11.0),
        (car, "STEAM", 11.0),
        (car, "DC", 0.0),
    ):
        with pytest.raises(InputError, match="cannot charge"):
            charging_curve(vehicle, power_type=power_type, power_kw=power_kw, voltage_v=400.0)


@pytest.mark.parametrize(
    ("ac_kw", "ac_phases", "power_type", "post_kw", "expected_kw"),
    [
        (11.0, 3, "AC_3_PHASE", 22.0, 11.0),
        (11.0, 3, "AC_3_PHASE", 11.0, 11.0),
        (22.0, 3, "AC_3_PHASE", 11.0, 11.0),
        (11.0, 3, "AC_1_PHASE", 7.4, 11.0 / 3),
        (22.0, 3, "AC_1_PHASE", 3.7, 3.7),
        (11.0, 3, "AC_2_PHASE", 7.4, 22.0 / 3),
        (7.4, 1, "AC_3_PHASE", 22.0, 22.0 / 3),
        (7.4, 1, "AC_3_PHASE", 11.0, 11.0 / 3),
        (7.4, 1, "AC_1_PHASE", 7.4, 7.4),
        (7.2, 2, "AC_3_PHASE", 11.0, 7.2),
        (7.2, 2, "AC_1_PHASE", 7.4, 3.6),
        (6.6, 1, "AC_2_PHASE_SPLIT", 7.4, 6.6),
    ],
)
def test_ac_power_is_what_shared_phases_carry(
    car, ac_kw, ac_phases, power_type, post_kw, expected_kw
):
    vehicle = replace(car, ac_kw=ac_kw, ac_phases=ac_phases)
    post = {"power_type": power_type, "power_kw": post_kw, "voltage_v": 230.0}
    got = usable_power_kw(vehicle, standard="IEC_62196_T2", format="CABLE", **post)
    assert got == pytest.approx(expected_kw)
    assert charging_curve(vehicle, **post).max_power_kw == pytest.approx(got * AC_EFFICIENCY)


@pytest.mark.parametrize(
    ("low_kw", "post_kw", "voltage_v", "expected_kw"),
    [
        (None, 350.0, 920.0, 220.0),
        (None, 150.0, 500.0, 110.0),
        (None, 150.0, 600.0, 110.0),
        (None, 150.0, 750.0, 150.0),
        (None, 50.0, 500.0, 50.0),
        (60.0, 150.0, 500.0, 60.0),
        (60.0, 150.0, 400.0, 60.0),
        (60.0, 150.0, None, 60.0),
        (60.0, 300.0, None, 220.0),
        (60.0, 50.0, 500.0, 50.0),
    ],
)
def test_an_800_volt_car_draws_less_where_the_post_cannot_reach_its_voltage(
    car, low_kw, post_kw, voltage_v, expected_kw
):
    high = replace(
        car,
        voltage_v=800.0,
        low_voltage_kw=low_kw,
        dc_curve=curve((0.0, 220.0), (0.5, 220.0), (1.0, 100.0)),
    )
    post = {"power_type": "DC", "power_kw": post_kw, "voltage_v": voltage_v}
    got = usable_power_kw(high, standard="IEC_62196_T2_COMBO", format="CABLE", **post)
    assert got == pytest.approx(expected_kw)
    assert charging_curve(high, **post).max_power_kw == pytest.approx(got * DC_EFFICIENCY)


def test_a_stated_least_voltage_counts_for_any_car(car):
    picky = replace(car, min_post_voltage_v=450.0, low_voltage_kw=30.0)
    assert dc(picky, 100.0, 400.0).max_power_kw == pytest.approx(30.0 * DC_EFFICIENCY)
    assert dc(picky, 100.0, 450.0).max_power_kw == pytest.approx(100.0 * DC_EFFICIENCY)


def test_half_a_curve_keeps_its_shape(car):
    high = replace(car, voltage_v=800.0)
    assert dc(high, 400.0, 500.0).time_s[-1] == pytest.approx(2 * dc(high).time_s[-1])


def test_the_meter_counts_more_than_the_battery_gets(car):
    assert metered_kwh(car, is_dc=True, battery_kwh=19.0) == pytest.approx(20.0)
    assert metered_kwh(car, is_dc=False, battery_kwh=8.94) == pytest.approx(10.0)


def test_no_post_is_metered_above_its_own_power():
    for vehicle in load_catalogue().vehicles:
        for post_kw in (22.0, 50.0, 150.0):
            got = dc(vehicle, post_kw)
            metered_kw = metered_kwh(vehicle, is_dc=True, battery_kwh=got.max_power_kw)
            assert metered_kw <= post_kw * (1 + 1e-7)


points = st.lists(
    st.tuples(st.floats(0.001, 0.999), st.floats(0.0, 350.0)), max_size=8, unique_by=lambda p: p[0]
)


@st.composite
def batteries(draw):
    inner = sorted(draw(points))
    ends = draw(st.floats(5.0, 350.0)), draw(st.floats(0.0, 350.0))
    return Vehicle(
        id="any",
        make="",
        model="any",
        mass_kg=1500.0,
        drag_area_m2=0.6,
        rolling_coefficient=0.01,
        usable_kwh=draw(st.floats(5.0, 200.0)),
        dc_curve=curve((0.0, ends[0]), *inner, (1.0, ends[1])),
        voltage_v=draw(st.sampled_from([400.0, 800.0])),
    )


posts = st.tuples(st.floats(3.0, 400.0), st.sampled_from([400.0, 500.0, 920.0, None]))
shares = st.floats(0.0, 1.0)


@settings(max_examples=200, deadline=None)
@given(batteries(), posts, st.tuples(shares, shares, shares))
def test_times_add_up(vehicle, post, shares_of_q):
    got = dc(vehicle, *post)
    a, b, c = sorted(share * vehicle.usable_kwh for share in shares_of_q)
    assert got.time_between(a, b) + got.time_between(b, c) == pytest.approx(
        got.time_between(a, c), rel=1e-9, abs=1e-6
    )


@settings(max_examples=200, deadline=None)
@given(batteries(), posts, st.tuples(shares, shares))
def test_energy_after_a_time_is_the_inverse_of_the_time_for_an_energy(vehicle, post, shares_of_q):
    got = dc(vehicle, *post)
    a, b = sorted(share * vehicle.usable_kwh for share in shares_of_q)
    assert got.energy_after(a, got.time_between(a, b)) == pytest.approx(b, rel=1e-7, abs=1e-7)


@settings(max_examples=200, deadline=None)
@given(batteries(), posts, shares, st.floats(0.0, 1e6))
def test_no_battery_charges_faster_than_its_greatest_power_or_beyond_full(vehicle, post, share, dt):
    got = dc(vehicle, *post)
    q = share * vehicle.usable_kwh
    after = got.energy_after(q, dt)
    assert q - 1e-9 <= after <= vehicle.usable_kwh
    assert (after - q) <= got.max_power_kw * dt / 3600 * (1 + 1e-9) + 1e-9
    assert got.time_between(q, vehicle.usable_kwh) < math.inf


@settings(max_examples=100, deadline=None)
@given(batteries(), st.floats(3.0, 200.0), st.floats(0.0, 200.0))
def test_a_stronger_post_never_takes_longer(vehicle, post_kw, more_kw):
    weak, strong = dc(vehicle, post_kw), dc(vehicle, post_kw + more_kw)
    for soc in (0.1, 0.5, 0.8, 1.0):
        q = soc * vehicle.usable_kwh
        # Breakpoints differ, so that each interpolates a little differently between its own.
        assert strong.time_between(0.0, q) <= weak.time_between(0.0, q) * 1.01 + 1.0


def test_a_car_of_350_kw_at_a_post_of_50_and_the_reverse_charge_as_the_weaker_one_allows(car):
    peak = (CurvePoint(soc=0.0, power_kw=350.0), CurvePoint(soc=1.0, power_kw=350.0))
    strong = replace(car, id="strong", dc_curve=peak)
    weak = replace(
        strong,
        id="weak",
        dc_curve=tuple(replace(point, power_kw=50.0) for point in peak),
    )
    post = {"power_type": "DC", "voltage_v": 920.0}
    by_post = charging_curve(strong, power_kw=50.0, **post)
    by_car = charging_curve(weak, power_kw=350.0, **post)
    hours = car.usable_kwh / (50.0 * DC_EFFICIENCY)
    assert by_post.time_between(0.0, car.usable_kwh) == pytest.approx(hours * 3600.0, rel=1e-9)
    assert by_car.time_between(0.0, car.usable_kwh) == pytest.approx(hours * 3600.0, rel=1e-9)
    at_best = charging_curve(strong, power_kw=350.0, **post)
    assert at_best.time_between(0.0, car.usable_kwh) == pytest.approx(hours / 7 * 3600.0, rel=1e-9)
