"""The exact search: 2,000 random problems against oracles, then trips beside plain labels.

Run: ``python bench/core.py [--problems 2000] [--seed 1]``. Prints one JSON line for each part. Exit
status 1 if one answer is not the best, or a bound lies above it. An order-by-order proof that would
take more programmes than `MOST` is counted as passed over. CPU milliseconds.
"""

import argparse
import json
import sys
import time
from pathlib import Path

import numpy as np
from core_trips import Country, make_trips
from plain_labels import solve_plainly

sys.path.insert(0, str(Path(__file__).parents[1]))

from planner.search.core import Outcome, solve
from tests.oracle import charging_lattice, charging_programme
from tests.oracle.charging_problems import Recipe, make_problem

MOST = 1000
SHARE = 1e-6

PARTS = {
    "time": (0.4, Recipe()),
    "money": (0.3, Recipe(prices=True)),
    "hours": (0.2, Recipe(lattice=False, hours=True)),
    "hours and money": (0.1, Recipe(lattice=False, hours=True, prices=True, stations=(0, 4))),
}

COUNTRIES = (
    ("20 neighbours", Country(1000, 2500.0, 20), 20, 4),
    ("all in reach", Country(1000, 2500.0, 43), 20, 4),
    ("dense", Country(1000, 1000.0, 200), 12, 0),
)
"""Name, country, trips, how many of them the plain search does too."""


def best_of(name: str, number: int, recipe: Recipe, cost: float) -> float:
    """Cost of the best trip by an oracle."""
    problem = make_problem(number, recipe)
    if "hours" in name:
        return charging_programme.least_cost(problem, cost * (1.0 + SHARE) + 1e-3, most=MOST)
    return charging_lattice.least_cost(problem)


def cost_of(outcome: Outcome) -> float:
    """Cost of an answer, infinite where there is no trip."""
    return float("inf") if outcome.plan is None else outcome.plan.cost


def prove(name: str, recipe: Recipe, count: int, seed: int) -> int:
    """Hold that many problems against an oracle; returns how many answers were wrong."""
    told = {"wrong": 0, "infeasible": 0, "passed_over": 0, "proven": 0, "not_best": 0}
    gaps = []
    for number in range(seed * 1_000_000, seed * 1_000_000 + count):
        outcome = solve(make_problem(number, recipe))
        cost = cost_of(outcome)
        try:
            best = best_of(name, number, recipe, cost)
        except charging_programme.TooManyError:
            told["passed_over"] += 1
            continue
        slack = SHARE * (1.0 + best) + 1e-4 if np.isfinite(best) else 0.0
        differs = cost != best and not abs(cost - best) <= slack
        wrong = cost < best - slack or outcome.bound > best + slack
        told["wrong"] += bool(wrong or (differs and outcome.is_exact))
        told["infeasible"] += not np.isfinite(best)
        told["proven"] += outcome.is_exact
        told["not_best"] += bool(differs)
        gaps.append(outcome.gap)
    line = {"bench": "core proof", "part": name, "problems": count, **told}
    print(json.dumps(line | {"mean_gap": round(float(np.mean(gaps)), 5)}), flush=True)
    return told["wrong"]


def race(name: str, country: Country, trips: int, plainly: int) -> int:
    """Time trips, some with the plain search as well; returns how many it does better."""
    problems = make_trips(country, trips, least_km=400.0)
    solve(problems[0])
    own_ms, plain_ms, settled, plain_settled, better = [], [], [], [], 0
    for number, problem in enumerate(problems):
        begun = time.process_time()
        outcome = solve(problem)
        own_ms.append((time.process_time() - begun) * 1000.0)
        settled.append(outcome.effort.settled)
        if number < plainly:
            begun = time.process_time()
            answer = solve_plainly(problem)
            plain_ms.append((time.process_time() - begun) * 1000.0)
            plain_settled.append(answer.settled)
            better += answer.time_s < cost_of(outcome) - 1e-3
    line = {
        "bench": "core trips",
        "country": name,
        "legs": int(problems[0].legs.size),
        "trips": trips,
        "ms_p50_p95": quantiles(own_ms),
        "settled_p50_p95": quantiles(settled),
        "plain_trips": plainly,
        "plain_ms_p50_p95": quantiles(plain_ms),
        "plain_settled_p50_p95": quantiles(plain_settled),
        "plain_better": int(better),
    }
    print(json.dumps(line), flush=True)
    return int(better)


def quantiles(values: list[float] | list[int]) -> list[float]:
    """Return the median and the 95 % quantile."""
    return np.percentile(values, (50, 95)).round(1).tolist() if values else []


def main() -> int:
    """Prove, then race."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--problems", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    wrong = sum(
        prove(name, recipe, round(share * asked.problems), asked.seed)
        for name, (share, recipe) in PARTS.items()
    )
    wrong += sum(race(*country) for country in COUNTRIES)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
