"""Ramps against a fine grid of charges, and what is refused."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.errors import InputError
from planner.search.core import Curve, LegTable, Offer, OfferTable, Problem, Start, Waypoint, solve
from planner.search.core.bounds import least_price
from planner.search.core.functions import charge, uncovered

SLACK = 1e-7
UNTIMED = False


@st.composite
def rising(draw, start=0.0):
    """Points that rise in charge and in cost."""
    steps = draw(st.lists(st.tuples(st.integers(1, 5), st.integers(1, 9)), min_size=1, max_size=5))
    points = np.cumsum([(start, 0.0), *steps], axis=0, dtype=float)
    return points[:, 0].copy(), points[:, 1].copy()


@settings(max_examples=150, deadline=None)
@given(rising(start=2.0), rising(), st.sampled_from((0.0, 0.7, 3.0)))
def test_a_stop_makes_the_best_of_every_charge_on_arrival(arrival, curve, per_kwh):
    (q, c), (energy, time_s) = arrival, curve
    out = [np.zeros(200) for _ in range(4)]
    end = charge(
        q, c, c, q.size, energy, time_s, 0, energy.size, 1.0, per_kwh, 1.0, 2.0, np.inf, SLACK,
        *out, 0,
    )  # fmt: skip
    if q[0] > energy[-1]:
        assert end == 0
        return
    made_q, made_c = out[0][:end], out[2][:end]
    grid = np.arange(q[0], min(q[-1], energy[-1]) + 0.01, 0.125)
    arrive = np.interp(grid, q, c) - np.interp(grid, energy, time_s) - per_kwh * grid
    for left in np.arange(q[0], energy[-1] + 0.01, 0.5):
        best = arrive[grid <= left + 1e-9].min() + np.interp(left, energy, time_s)
        best += per_kwh * left + 2.0
        piece = np.interp(left, made_q, made_c)
        assert piece == pytest.approx(best, abs=1e-5)
    assert (np.diff(made_q) >= 0.0).all()
    assert (np.diff(made_c) >= -1e-6).all()


@settings(max_examples=150, deadline=None)
@given(rising(start=2.0), rising(start=1.0), st.integers(-6, 6))
def test_what_is_cut_away_is_covered(ramp, other, dearer):
    (q, c), (by_q, by_c) = ramp, other
    by_c = by_c + dearer
    low, high = uncovered(
        q, c, c, q.size, q[0], q[-1], by_q, by_c, by_c, 0, by_q.size, UNTIMED, SLACK
    )
    for at in np.linspace(q[0], q[-1], 60):
        if low <= at <= high:
            continue
        assert at <= by_q[-1] + 1e-9
        assert np.interp(at, by_q, by_c) <= np.interp(at, q, c) + 1e-6
    if low <= high:
        bare = np.linspace(low, high, 200)
        covered = (bare <= by_q[-1]) & (np.interp(bare, by_q, by_c) <= np.interp(bare, q, c))
        assert low == high or not covered.all()


@settings(max_examples=100, deadline=None)
@given(rising(), st.sampled_from((0.0, 1.0, 20.0)), st.sampled_from((0.5, 2.0)))
def test_no_charge_comes_cheaper_than_the_least_price(curve, overhead_s, weight):
    energy, time_s = curve
    offers = OfferTable((Offer(0, Curve(energy, time_s), overhead_s, 1.0, 0.3, 0.1),), 1)
    price = least_price(offers, weight)
    grid = np.linspace(0.0, energy[-1], 40)
    filled = np.interp(grid, energy, time_s)
    for low in range(grid.size - 1):
        gained = grid[low + 1 :] - grid[low]
        cost = weight * overhead_s + 1.0 + (weight + 0.1) * (filled[low + 1 :] - filled[low])
        assert (cost / gained + 0.3 >= price - 1e-9).all()


def trip(**changes):
    legs = LegTable.sparse(
        3, [1, 1, 0], [0, 2, 2], [1.0, 3.0, 1.0], [4.0, 9.0, 4.0], [4, 9, 4], [9, 9, 9]
    )
    given = {
        "legs": legs,
        "offers": OfferTable((Offer(0, Curve(np.array([0.0, 9.0]), np.array([0.0, 9.0]))),), 1),
        "waypoints": (Waypoint(), Waypoint()),
        "start": Start(5.0),
    }
    return Problem(**(given | changes))


def test_a_trip_with_one_stop_charges_just_enough():
    plan = solve(trip()).plan
    assert plan.cost == pytest.approx(1.0 + 3.0 + 1.0)
    assert [stop.left_kwh for stop in plan.stops] == [pytest.approx(4.0)]


def test_a_way_on_from_a_station_charges_there_first():
    plan = solve(trip(start=Start(1.0, place=0))).plan
    assert plan.visits[0].offer == 0
    assert plan.cost == pytest.approx(3.0 + 1.0)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"waypoints": (Waypoint(),)}, "fewer than two"),
        ({"waypoints": (Waypoint(),) * 3}, "the legs know 3 places"),
        ({"floor_kwh": np.zeros((1, 3))}, "shape"),
        ({"time_weight": -1.0}, "costs -1.0"),
        ({"start": Start(5.0, stage=1)}, "stage 1"),
    ],
)
def test_a_trip_stated_wrongly_is_refused(changes, message):
    with pytest.raises(InputError, match=message):
        trip(**changes)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Curve(np.array([0.0, 5.0, 5.0]), np.array([0.0, 1.0, 2.0])),
        lambda: Curve(np.array([0.0]), np.array([0.0])),
        lambda: Curve(np.array([0.0, 5.0]), np.array([0.0, np.inf])),
        lambda: OfferTable((Offer(2, Curve(np.array([0.0, 1.0]), np.array([0.0, 1.0]))),), 1),
        lambda: LegTable.sparse(2, [0], [5], [1.0], [1.0], [1.0], [1.0]),
        lambda: LegTable.sparse(2, [0], [1], [-1.0], [1.0], [1.0], [1.0]),
        lambda: LegTable.sparse(2, [0], [1], [1.0], [np.nan], [1.0], [1.0]),
    ],
)
def test_curves_offers_and_legs_stated_wrongly_are_refused(make):
    with pytest.raises(InputError):
        make()
