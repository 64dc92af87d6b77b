"""Floors that come while one searches, and legs that come row by row."""

from dataclasses import replace

import numpy as np
import pytest

from planner.errors import InputError
from planner.search.core import (
    Admission,
    Ahead,
    LegFigures,
    LegRow,
    LegTable,
    Ruling,
    solve,
)
from planner.search.core.bounds import prices, sweep
from tests.oracle import charging_programme
from tests.oracle.charging_problems import Recipe, make_problem

PLAIN = Recipe(stations=(3, 8), waypoints=(2, 3))


def cost_of(outcome):
    return np.inf if outcome.plan is None else outcome.plan.cost


def floors_of(problem, seed):
    rng = np.random.default_rng(seed)
    shape = (len(problem.waypoints), problem.offers.stations)
    floors = rng.integers(0, 9, shape).astype(float)
    floors[rng.random(shape) < 0.2] = np.inf
    return floors


def with_floors(problem, floors):
    known = np.zeros((len(problem.waypoints), problem.legs.places))
    known[:, : problem.offers.stations] = floors
    return replace(problem, floor_kwh=known)


@pytest.mark.parametrize("seed", range(40))
def test_a_floor_told_on_arrival_does_the_same_as_one_known_before(seed):
    problem = replace(make_problem(seed, PLAIN), floor_kwh=None)
    floors = floors_of(problem, seed)
    asked = []

    def admit(arrival):
        asked.append((arrival.stage, arrival.place))
        return Admission(floors[arrival.stage, arrival.place])

    outcome = solve(problem, admit=admit)
    assert cost_of(outcome) == pytest.approx(cost_of(solve(with_floors(problem, floors))))
    assert len(asked) == len(set(asked))


@pytest.mark.parametrize("seed", range(25))
def test_a_plan_that_does_not_hold_gives_way_to_the_best_that_does(seed):
    problem = replace(make_problem(seed, PLAIN), floor_kwh=None)
    floors = floors_of(problem, seed)

    def confirm(plan):
        return [
            Ruling(stop.stage, stop.place, Admission(floors[stop.stage, stop.place]))
            for stop in plan.stops
            if stop.arrival_kwh < floors[stop.stage, stop.place] - 1e-9
        ]

    outcome = solve(problem, confirm=confirm)
    assert cost_of(outcome) == pytest.approx(cost_of(solve(with_floors(problem, floors))))


def rising_steps(problem, seed):
    rng = np.random.default_rng(seed)
    return {
        place: (
            (float(rng.uniform(3.0, 25.0)), float(rng.integers(0, 5))),
            (float(rng.uniform(26.0, 60.0)), float(rng.integers(5, 9))),
        )
        for place in range(problem.offers.stations)
    }


def test_floors_that_rise_with_the_hour_of_arrival_are_kept_at_the_least_cost(capfd):
    compared = felt = 0
    for seed in range(30):
        made = make_problem(seed, Recipe(stations=(2, 5), lattice=False, hours=True))
        problem = replace(made, offers=made.offers.always_open)
        steps = rising_steps(problem, seed)

        def admit(arrival, steps=steps):
            (early, low), (late, high) = steps[arrival.place]
            if arrival.arrival_s < early:
                return Admission(low, -np.inf, early)
            if arrival.arrival_s < late:
                return Admission(high, early, late)
            return Admission(np.inf, late)

        cost = cost_of(solve(problem, admit=admit))
        felt += cost > cost_of(solve(problem)) + 1e-6
        try:
            best = charging_programme.least_cost(problem, cost + 1e-3, most=200, steps=steps)
        except charging_programme.TooManyError:
            continue
        compared += 1
        assert cost == pytest.approx(best, rel=1e-6, abs=1e-5), seed
    assert compared > 15
    assert felt > 3
    capfd.readouterr()


def test_an_answer_that_does_not_hold_when_asked_is_refused():
    problem = replace(make_problem(4, PLAIN), floor_kwh=None)
    with pytest.raises(InputError, match="does not hold"):
        solve(problem, admit=lambda arrival: Admission(0.0, arrival.arrival_s + 1.0))


def test_a_ruling_that_forbids_nothing_is_refused():
    seed = next(s for s in range(50) if (plan := solve(make_problem(s, PLAIN)).plan) and plan.stops)
    with pytest.raises(InputError, match="forbids"):
        solve(make_problem(seed, PLAIN), confirm=lambda _: [Ruling(0, 0, Admission(0.0))])


def row_of(table, place, *, share=1.0):
    arrays = table.arrays
    legs = slice(arrays.first[place], arrays.last[place])
    net = arrays.net_kwh[legs]
    return LegRow(
        arrays.target[legs],
        arrays.time_s[legs] * share,
        np.where(net > 0.0, net * share, net),
        arrays.required_kwh[legs] * share,
        arrays.cap_kwh[legs],
        np.full(net.size, share == 1.0),
    )


@pytest.mark.parametrize("seed", range(30))
def test_legs_that_come_row_by_row_and_are_put_right_late_give_the_same_trip(seed):
    problem = make_problem(seed, Recipe(stations=(4, 8), waypoints=(2, 3), prices=seed % 2 == 0))
    table = problem.legs
    price = prices(problem)
    ahead = Ahead(price, sweep(problem, price))
    expected = solve(problem)

    def correct(place, positions):
        legs = table.arrays.first[place] + positions
        figures = (table.arrays[number][legs] for number in range(3, 7))
        return LegFigures(positions, *figures)

    at_once = LegTable.lazy(table.places, lambda place: row_of(table, place))
    late = LegTable.lazy(table.places, lambda place: row_of(table, place, share=0.6), correct)
    for legs in (at_once, late):
        outcome = solve(replace(problem, legs=legs, ahead=ahead))
        assert cost_of(outcome) == pytest.approx(cost_of(expected))
        assert legs.rows_fetched <= table.places
    assert late.legs_corrected <= table.arrays.target.size
    known = late.legs_corrected
    solve(replace(problem, legs=late, ahead=ahead))
    assert late.legs_corrected == known, "a second search asks for nothing again"


@pytest.mark.parametrize("seed", range(20))
def test_a_leg_that_turns_out_not_to_be_there_is_not_driven(seed):
    problem = make_problem(seed, Recipe(stations=(4, 8), waypoints=(2, 3)))
    table, places = problem.legs, problem.legs.places
    price = prices(problem)
    ahead = Ahead(price, sweep(problem, price))

    def row(place):
        far = np.zeros(places)
        known = row_of(table, place, share=0.5)
        columns = zip(known[:5], (np.arange(places), far, far - 50.0, far, far + 1e3), strict=True)
        figures = [np.concatenate(parts) for parts in columns]
        return LegRow(*figures, np.zeros(figures[0].size, np.bool_))

    def correct(place, positions):
        first, end = int(table.arrays.first[place]), int(table.arrays.last[place])
        is_there = positions < end - first
        legs = np.where(is_there, first + positions, 0)
        time_s, *others = (table.arrays[number][legs] for number in range(3, 7))
        return LegFigures(positions, np.where(is_there, time_s, np.inf), *others)

    legs = LegTable.lazy(places, row, correct)
    outcome = solve(replace(problem, legs=legs, ahead=ahead))
    assert cost_of(outcome) == pytest.approx(cost_of(solve(problem)))


def test_a_figure_better_than_its_bound_is_refused():
    problem = make_problem(11, Recipe(stations=(4, 4), waypoints=(2, 2)))
    table = problem.legs
    price = prices(problem)
    legs = LegTable.lazy(
        table.places,
        lambda place: row_of(table, place, share=0.9),
        lambda _, positions: LegFigures(
            positions, *(np.full(positions.size, figure) for figure in (0.0, -9.0, 0.0, 1.0))
        ),
    )
    with pytest.raises(InputError, match="less than its bounds"):
        solve(replace(problem, legs=legs, ahead=Ahead(price, sweep(problem, price))))


def test_legs_row_by_row_need_bounds_of_the_rest():
    problem = make_problem(3, PLAIN)
    legs = LegTable.lazy(problem.legs.places, lambda place: row_of(problem.legs, place))
    with pytest.raises(InputError, match="bounds the rest"):
        solve(replace(problem, legs=legs))


def test_a_search_cut_short_still_bounds_the_best():
    seeds = [s for s in range(60) if solve(make_problem(s, PLAIN)).effort.settled > 6]
    assert len(seeds) > 3
    for seed in seeds:
        whole = solve(make_problem(seed, PLAIN))
        cut = solve(make_problem(seed, PLAIN), most_settled=4)
        assert not cut.is_complete or cut.is_exact
        assert cut.bound <= cost_of(whole) + 1e-9


def test_only_trips_below_the_most_cost_are_found():
    seed = next(s for s in range(50) if solve(make_problem(s, PLAIN)).plan)
    problem = make_problem(seed, PLAIN)
    best = solve(problem).plan.cost
    assert solve(problem, most_cost=best * 0.999).plan is None
    assert solve(problem, most_cost=best * 1.001).plan.cost == pytest.approx(best)


@pytest.mark.parametrize("stretch", [1.05, 1.5])
def test_a_stretched_search_costs_no_more_than_it_says(stretch):
    settled = []
    for seed in range(60):
        problem = make_problem(seed, Recipe(stations=(5, 8), prices=seed % 2 == 0))
        best, near = solve(problem), solve(problem, stretch=stretch)
        assert cost_of(best) <= cost_of(near) + 1e-9
        assert near.bound <= cost_of(best) + 1e-9
        if best.plan is not None:
            assert cost_of(near) <= stretch * best.plan.cost + 1e-9
            assert near.gap <= 1.0 - 1.0 / stretch + 1e-9
            settled.append((best.effort.settled, near.effort.settled))
    assert sum(near for _, near in settled) < sum(best for best, _ in settled)
