"""The search finds a trip where there is one, and nearly the best; compared with every charge."""

from dataclasses import replace

import numpy as np
import pytest

from planner.search.labels import NEARLY, Label, Search, Trace
from planner.search.problem import STOP_OVERHEAD_S
from tests.oracle.brute_force import least_cost, least_rest
from tests.search.problems import STEP_KWH, Case, make_case, replay

TOLERANCE_S = 2.0


def find(case: Case, *, windows: bool = True, trace: Trace | None = None) -> Label | None:
    return Search(
        problem=case.problem,
        shut=frozenset(),
        slack_s=0.0,
        floor=None,
        windows=windows,
        spare=False,
        most_labels=20_000,
        trace=trace or Trace(),
    ).run(case.root)


def compare(case: Case) -> bool:
    """Hold the search to the oracle; say whether there is a trip."""
    best = least_cost(case.grid)
    trace = Trace()
    goal = find(case, trace=trace)
    assert trace.exhausted
    if goal is None:
        assert best == np.inf
        return False
    cost = replay(case, goal)
    assert best - TOLERANCE_S <= cost <= (1 + NEARLY) * best + TOLERANCE_S
    return True


@pytest.mark.parametrize("block", range(5))
def test_a_trip_costs_at_most_the_stated_share_more_than_the_best(block: int) -> None:
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


def test_a_trip_that_waits_for_a_waypoint_is_sound_and_found_where_there_is_one() -> None:
    worst = 1.0
    for n in range(40):
        case = make_case(30_000 + n, vias=3, waits=True)
        best, goal = least_cost(case.grid), find(case)
        assert (goal is None) == (best == np.inf)
        if goal is not None:
            cost = replay(case, goal)
            assert cost >= best - TOLERANCE_S
            worst = max(worst, cost / best)
    assert worst < 1.5


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
        trace = Trace()
        if find(case, trace=trace) is None:
            free = replace(case.grid, before=(np.inf,) * 3)
            relaxed = find(case, windows=False)
            assert (relaxed is None) == (least_cost(free) == np.inf)
            missed += relaxed is not None
            assert trace.window_missed or relaxed is None
    assert missed > 0


def test_no_arrival_is_bounded_above_what_the_best_way_on_from_it_costs() -> None:
    checked = 0
    for n in range(60):
        case = make_case(60_000 + n, kinds=1 + n % 2)
        for station in range(case.problem.stations):
            for level in range(0, case.grid.full + 1, 7):
                rest = least_rest(case.grid, station, level)
                bound = case.problem.bounds.remaining_s(
                    0, np.array([station]), np.array([level * STEP_KWH]), case.problem.end_kwh
                )
                assert bound[0] <= rest + 1e-6
                checked += bool(np.isfinite(rest))
    assert checked > 500


def test_a_stop_takes_its_overhead_even_for_a_little_charge() -> None:
    for n in range(40):
        case = make_case(70_000 + n)
        goal = find(case)
        while goal is not None and goal.parent is not None:
            if goal.parent.place < case.problem.stations:
                assert goal.left_at >= goal.parent.time + STOP_OVERHEAD_S
            goal = goal.parent
