"""How fast to drive, where that is left open: slower takes less charge, and may be sooner.

Each speed that is offered is a trip of its own, on the roads that suit it; the best of them by the
mission's objective is taken. One speed holds for the whole trip and for the ways from its
fallbacks, so that a driver can keep to it.
"""

from collections.abc import Iterator
from dataclasses import replace

from planner.model.mission import Mission
from planner.search.solve import Failure, Solution, solve
from planner.search.trip import Trip, prepare


def solve_styled(trip: Trip) -> Solution | Failure:
    """Find the best proven way of a trip at any of the speeds that its mission offers."""
    best = solve(trip)
    for styled in slower_trips(trip):
        found = solve(styled, near=isinstance(best, Solution))
        if isinstance(found, Failure):
            continue
        if isinstance(best, Failure) or found.cost < best.cost:
            best = found
    return best


def slower_trips(trip: Trip) -> Iterator[Trip]:
    """Prepare the trip at each of the slower speeds offered, the fastest first."""
    for cap_kmh in slower_caps_kmh(trip.mission):
        yield prepare(trip.world, _driven_at(trip.mission, cap_kmh), trip.chargers)


def slower_caps_kmh(mission: Mission) -> list[float]:
    """Speeds offered that are below what the car drives anyway, the fastest first."""
    tops = (mission.conditions.speed_cap_kmh, mission.vehicle.max_speed_kmh)
    top_kmh = min((top for top in tops if top is not None), default=float("inf"))
    return sorted({cap for cap in mission.speed_caps_kmh if cap < top_kmh}, reverse=True)


def _driven_at(mission: Mission, cap_kmh: float) -> Mission:
    said = f"driven at {cap_kmh:g} km/h at most: of the speeds offered it serves best"
    conditions = replace(mission.conditions, speed_cap_kmh=cap_kmh)
    return replace(mission, conditions=conditions, assumed=(*mission.assumed, said))
