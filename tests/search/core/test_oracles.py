"""The exact search against two that try everything: on a lattice of charges, and by programmes."""

import numpy as np
import pytest

from planner.search.core import solve
from tests.oracle import charging_lattice, charging_programme
from tests.oracle.charging_problems import Recipe, make_problem

LATTICE = Recipe()
PRICED = Recipe(prices=True)
HOURS = Recipe(lattice=False, hours=True, stations=(0, 6))
BOTH = Recipe(lattice=False, hours=True, prices=True, stations=(0, 3))


def cost_of(outcome):
    return np.inf if outcome.plan is None else outcome.plan.cost


@pytest.mark.parametrize("recipe", [LATTICE, PRICED], ids=["time", "money"])
@pytest.mark.parametrize("block", range(4))
def test_the_trip_is_the_best_of_all_on_a_lattice_of_charges(recipe, block):
    feasible = 0
    for seed in range(30 * block, 30 * block + 30):
        problem = make_problem(seed, recipe)
        best = charging_lattice.least_cost(problem)
        outcome = solve(problem)
        assert cost_of(outcome) == pytest.approx(best, rel=1e-7), (seed, outcome)
        assert outcome.is_exact
        feasible += np.isfinite(best)
    assert 5 < feasible < 30


@pytest.mark.parametrize("block", range(3))
def test_the_trip_is_the_best_of_all_where_stations_and_waypoints_have_hours(block, capfd):
    compared = 0
    for seed in range(20 * block, 20 * block + 20):
        problem = make_problem(seed, HOURS)
        outcome = solve(problem)
        assert outcome.is_exact
        try:
            best = charging_programme.least_cost(problem, cost_of(outcome) + 1e-3, most=500)
        except charging_programme.TooManyError:
            continue
        compared += 1
        assert cost_of(outcome) == pytest.approx(best, rel=1e-6, abs=1e-5), (seed, outcome)
    assert compared > 12
    capfd.readouterr()


def test_with_hours_and_money_the_bound_is_below_the_best_and_the_plan_can_be_driven(capfd):
    exact = compared = 0
    for seed in range(40):
        problem = make_problem(seed, BOTH)
        outcome = solve(problem)
        try:
            best = charging_programme.least_cost(problem, cost_of(outcome) + 1e-3, most=300)
        except charging_programme.TooManyError:
            continue
        if outcome.plan is None:
            assert best == np.inf, seed
            continue
        compared += 1
        exact += outcome.is_exact
        assert outcome.bound <= best + 1e-4, (seed, best, outcome)
        assert outcome.plan.cost >= best - 1e-4, (seed, best, outcome)
        if outcome.is_exact:
            assert outcome.plan.cost == pytest.approx(best, rel=1e-6, abs=1e-4)
    assert compared > 10
    assert exact > compared // 2
    capfd.readouterr()


def test_the_same_problem_gives_the_same_plan_to_the_last_bit():
    problem = make_problem(7, Recipe(stations=(8, 8), waypoints=(2, 2)))
    assert solve(problem) == solve(problem)
