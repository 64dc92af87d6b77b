"""Offers that come when they are asked for, stays that must end in time, and windows that close."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from planner.errors import InputError
from planner.search.core import Admission, Ahead, AskedOffers, Ruling, solve
from planner.search.core.bounds import prices, sweep
from tests.oracle.charging_problems import Recipe, make_problem

PLAIN = Recipe(stations=(3, 8), waypoints=(2, 3))


def cost_of(outcome):
    return np.inf if outcome.plan is None else outcome.plan.cost


def ahead_of(problem):
    price = prices(problem)
    return Ahead(price, sweep(problem, price))


@pytest.mark.parametrize("hours", [False, True])
def test_offers_that_are_asked_for_give_the_same_trip_and_are_asked_for_once(hours):
    felt = 0
    for seed in range(30):
        problem = make_problem(seed, replace(PLAIN, hours=hours))
        asked = Counter()

        def bring(station, problem=problem, asked=asked):
            asked[station] += 1
            return tuple(o for o in problem.offers.offers if o.station == station)

        offers = AskedOffers(problem.offers.stations, bring)
        stated = replace(problem, offers=offers, ahead=ahead_of(problem))
        expected = cost_of(solve(problem))
        assert cost_of(solve(stated)) == pytest.approx(expected), seed
        assert cost_of(solve(stated)) == pytest.approx(expected), "a second run knows them"
        assert set(asked.values()) <= {1}
        felt += np.isfinite(expected) and len(asked) > 0
    assert felt > 5


def test_an_asked_offer_of_another_station_or_with_a_price_is_refused():
    problem = replace(make_problem(3, PLAIN), floor_kwh=None)
    (first, *_) = problem.offers.offers
    for wrong in (replace(first, station=first.station + 1), replace(first, per_kwh=0.1)):
        offers = AskedOffers(problem.offers.stations, lambda _, wrong=wrong: (wrong,))
        with pytest.raises(InputError, match="was told the offer"):
            offers.fetch(first.station, 1.0)


def test_who_must_leave_a_station_by_a_moment_does_or_goes_elsewhere():
    felt = stayed = 0
    for seed in range(60):
        problem = replace(make_problem(seed, PLAIN), floor_kwh=None)
        free = solve(problem)
        if free.plan is None or not free.plan.stops:
            continue
        stop = free.plan.stops[0]
        by = stop.arrival_s + 0.6 * (stop.departure_s - stop.arrival_s)
        if stop.departure_s <= by + 1e-6:
            continue

        def confirm(plan, stop=stop, by=by):
            return [
                Ruling(each.stage, each.place, Admission(np.inf, leave_by_s=by))
                for each in plan.stops
                if (each.stage, each.place) == (stop.stage, stop.place)
                and each.departure_s > by + 1e-6
            ]

        def shut(arrival, stop=stop):
            there = (arrival.stage, arrival.place) == (stop.stage, stop.place)
            return Admission(np.inf if there else -np.inf)

        bound = solve(problem, confirm=confirm)
        assert cost_of(free) - 1e-9 <= cost_of(bound) <= cost_of(solve(problem, admit=shut)) + 1e-9
        for each in bound.plan.stops if bound.plan else ():
            if (each.stage, each.place) == (stop.stage, stop.place):
                assert each.departure_s <= by + 1e-6
                stayed += 1
        felt += cost_of(bound) > cost_of(free) + 1e-6
    assert felt > 5
    assert stayed > 0


def test_a_waypoint_that_closes_is_reached_in_time_or_not_at_all():
    told = 0
    for seed in range(40):
        problem = make_problem(seed, Recipe(stations=(2, 6), waypoints=(2, 2)))
        best = solve(problem)
        if best.plan is None:
            continue
        last = problem.waypoints[-1]
        arrival = best.plan.visits[-1].arrival_s

        def closing(closes_s, problem=problem, last=last):
            return replace(
                problem, waypoints=(*problem.waypoints[:-1], replace(last, closes_s=closes_s))
            )

        assert cost_of(solve(closing(arrival + 0.01))) == pytest.approx(cost_of(best))
        assert solve(closing(arrival - 0.01)).plan is None
        told += 1
    assert told > 8
