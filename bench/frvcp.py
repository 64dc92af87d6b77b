"""The exact search beside frvcpy on fixed-route charging problems, in one run.

Run: ``python bench/frvcp.py`` with frvcpy installed (PyPI). The 133 published routes first, then
made-up instances of 10 to 320 customers, all with a quarter as many stations of three types. Both
get the same parsed instance; stating the problem counts for both. Prints one JSON line each.
"""

import json
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))
DATA = ROOT.parent / "shared" / "data" / "bench" / "frvcp"

from frvcpy import solver  # noqa: E402 -- after the path is set

from planner.search.core import solve  # noqa: E402
from planner.search.core.frvcp import read_frvcp  # noqa: E402

REPEATS = 3
TOLERANCE_H = 1e-3
SIZES = (10, 20, 40, 80, 160, 320)
ROUTES_EACH = 20
STATION_SHARE = 4


def hours_by_core(instance: dict[str, Any], route: list[int]) -> float:
    """Hours of the best trip by the search of this project."""
    plan = solve(read_frvcp(instance, route)).plan
    return float("inf") if plan is None else plan.time_s / 3600.0


def hours_by_frvcpy(instance: dict[str, Any], route: list[int]) -> float:
    """Hours of the best trip by frvcpy; infinite where it finds none."""
    duration, _ = solver.Solver(instance, route, instance["max_q"], multi_insert=True).solve()
    return float("inf") if duration is None else float(duration)


def make_instance(customers: int, rng: np.random.Generator) -> dict[str, Any]:
    """Make an instance in the published one's manner: 120 km a side, 40 km/h, 125 Wh/km.

    As there, a station stands at the depot: frvcpy asks that each vertex, the last one too, be
    left with the charge to get to a station, so elsewhere it charges more than is needed.
    """
    stations = max(3, customers // STATION_SHARE)
    at = rng.random((1 + customers + stations, 2)) * 120.0
    at[1 + customers] = at[0]
    km = np.hypot(*(at[:, None] - at[None, :]).transpose(2, 0, 1))
    base = json.loads((DATA / "frvcpy-instance.json").read_text())
    return {
        "max_q": 16000.0,
        "t_max": 1000.0,
        "css": [
            {"node_id": 1 + customers + number, "cs_type": int(rng.integers(3))}
            for number in range(stations)
        ],
        "process_times": [0.0] + [0.5] * customers + [0.0] * stations,
        "breakpoints_by_type": base["breakpoints_by_type"],
        "energy_matrix": (km * 125.0).tolist(),
        "time_matrix": (km / 40.0).tolist(),
    }


def timed(
    call: Callable[[dict[str, Any], list[int]], float], instance: dict[str, Any], route: list[int]
) -> tuple[float, float]:
    """Call with an instance and a route; returns the least CPU milliseconds and the hours."""
    least, hours = float("inf"), 0.0
    for _ in range(REPEATS):
        begun = time.process_time()
        hours = call(instance, route)
        least = min(least, (time.process_time() - begun) * 1000.0)
    return least, hours


def compare(name: str, routes: list[tuple[dict[str, Any], list[int]]]) -> None:
    """Solve routes with both, one after the other, and print what came of it."""
    ours, theirs, ratios, better, worse, none = [], [], [], 0, 0, 0
    for instance, route in routes:
        own_ms, own_h = timed(hours_by_core, instance, route)
        other_ms, other_h = timed(hours_by_frvcpy, instance, route)
        ours.append(own_ms)
        theirs.append(other_ms)
        ratios.append(other_ms / own_ms)
        none += own_h == float("inf")
        better += own_h < other_h - TOLERANCE_H
        worse += own_h > other_h + TOLERANCE_H
    line = {
        "bench": "frvcp",
        "instances": name,
        "routes": len(routes),
        "infeasible": none,
        "core_ms": round(statistics.median(ours), 3),
        "frvcpy_ms": round(statistics.median(theirs), 3),
        "ratio": round(statistics.median(ratios), 2),
        "least_ratio": round(min(ratios), 2),
        "core_better": better,
        "core_worse": worse,
    }
    print(json.dumps(line), flush=True)


def main() -> None:
    """Compare on the published routes, then by size."""
    instance = json.loads((DATA / "frvcpy-instance.json").read_text())
    published = json.loads((DATA / "testdata.json").read_text())
    hours_by_core(instance, [0, 11, 22, 0])
    for name, route in published.items():
        off = abs(hours_by_core(instance, route["route"]) - route["obj"])
        assert off < TOLERANCE_H, (name, off)
    compare("published", [(instance, route["route"]) for route in published.values()])
    rng = np.random.default_rng(1)
    for customers in SIZES:
        made = make_instance(customers, rng)
        routes = []
        for _ in range(ROUTES_EACH):
            visits = rng.choice(customers, min(customers, 8), replace=False) + 1
            routes.append((made, [0, *visits.tolist(), 0]))
        compare(f"{customers} customers", routes)


if __name__ == "__main__":
    main()
