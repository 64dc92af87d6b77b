"""A stated trip is the best one there is, and comes back as it was stated; by every charge."""

from dataclasses import replace

import numpy as np
import pytest

from planner.search import core
from planner.search.posing import Ground, Posed, Terms
from planner.search.problem import STOP_OVERHEAD_S, Call
from tests.oracle.brute_force import least_cost, least_rest
from tests.search.problems import STEP_KWH, Case, make_case, replay

TOLERANCE_S = 2.0


def pose(case: Case, *, windows: bool = True) -> Posed:
    return Ground(case.problem).pose(Terms(case.root, windows=windows))


def find(case: Case, *, windows: bool = True) -> tuple[Call, ...] | None:
    posed = pose(case, windows=windows)
    outcome = core.solve(posed.stated)
    assert outcome.is_complete or outcome.plan is not None
    return None if outcome.plan is None else posed.read(outcome.plan)


def compare(case: Case) -> bool:
    """Hold the search to the oracle; say whether there is a trip."""
    best = least_cost(case.grid)
    calls = find(case)
    if calls is None:
        assert best == np.inf
        return False
    assert replay(case, calls) == pytest.approx(best, abs=TOLERANCE_S)
    return True


@pytest.mark.parametrize("block", range(5))
def test_a_trip_costs_the_least_there_is(block: int) -> None:
    found = [compare(make_case(1000 * block + n, kinds=1 + n % 2)) for n in range(30)]
    assert any(found)
    assert not all(found)


@pytest.mark.parametrize("block", range(3))
def test_the_same_holds_with_waypoints_and_their_service(block: int) -> None:
    found = [compare(make_case(5000 + 1000 * block + n, vias=3 + n % 2)) for n in range(20)]
    assert any(found)


def test_the_same_holds_with_latest_arrivals() -> None:
    found = [compare(make_case(9000 + n, vias=3, late=True)) for n in range(50)]
    assert any(found)
    assert not all(found)


def test_the_same_holds_where_money_counts() -> None:
    found = [compare(make_case(20_000 + n, money=True)) for n in range(50)]
    assert any(found)


def test_the_same_holds_where_one_waits_for_a_waypoint() -> None:
    found = [compare(make_case(30_000 + n, vias=3, waits=True)) for n in range(40)]
    assert any(found)


def test_a_trip_never_charges_where_it_is_shut() -> None:
    found = 0
    for n in range(60):
        case = make_case(40_000 + n, shut=True)
        goal = find(case)
        if goal is not None:
            found += 1
            assert replay(case, goal) >= least_cost(case.grid) - TOLERANCE_S
    assert found > 10


def test_a_late_trip_is_found_only_when_windows_do_not_count() -> None:
    missed = 0
    for n in range(60):
        case = make_case(50_000 + n, vias=3, late=True)
        if find(case) is None:
            free = replace(case.grid, before=(np.inf,) * 3)
            relaxed = find(case, windows=False)
            assert (relaxed is None) == (least_cost(free) == np.inf)
            missed += relaxed is not None
    assert missed > 0


def test_no_arrival_is_bounded_above_what_the_best_way_on_from_it_costs() -> None:
    checked = 0
    for n in range(60):
        case = make_case(60_000 + n, kinds=1 + n % 2)
        ahead = pose(case).stated.ahead
        assert ahead is not None
        for station in range(case.problem.stations):
            for level in range(0, case.grid.full + 1, 7):
                rest = least_rest(case.grid, station, level)
                short_kwh = case.problem.end_kwh - level * STEP_KWH
                bound = (ahead.least[:, 0, station] + ahead.price * short_kwh).max()
                assert bound <= rest + 1e-6
                checked += bool(np.isfinite(rest))
    assert checked > 500


def test_a_stop_takes_its_overhead_even_for_a_little_charge() -> None:
    stops = 0
    for n in range(40):
        for call in find(make_case(70_000 + n)) or ():
            if call.evse is not None:
                assert call.departure >= call.time + STOP_OVERHEAD_S - 1e-6
                stops += 1
    assert stops > 5


def test_a_curve_that_nobody_keeps_is_not_taken_for_the_next_at_its_address() -> None:
    problem = make_case(3).problem
    place = int(np.flatnonzero(problem.candidate)[0])
    plain = problem.doors.choices(place, spare=False)[0].curve
    ground = Ground(problem)
    for times in range(1, 100):
        made = ground._curve(replace(plain, time_s=plain.time_s * times))
        assert made.time_s[-1] == pytest.approx(plain.time_s[-1] * times)
