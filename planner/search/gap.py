"""How far a plan may be from the best there is: over all roads, and all stations of the wallet.

The best trip of a problem that asks for less is a bound from below: legs are corners that no road
can beat (`planner.legs.corners`), every station that the wallet opens is open at any hour, and
nothing has to be proven to survive a failure. So the gap holds the price of hours and of the
fallbacks too. Fixed speeds: the car drives each road at the speed that the mission allows.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from planner.energy.share import Share
from planner.legs.bounds import RoadBounds
from planner.legs.car import CarLegs
from planner.legs.corners import CORNERS, CornerLegs
from planner.legs.profiles import sharp_share_of
from planner.search import core
from planner.search.doors import WalletDoors
from planner.search.posing import Ground, Terms
from planner.search.problem import Arrival, Choice, Problem
from planner.search.setup import Stage, Trip, stage_within

NEAR_ENOUGH = 0.002
"""Share by which the bound itself may lie below what it could be: it is found much sooner."""

MOST_SETTLED = 20_000
"""Labels after which the bound is left as it is then."""


@dataclass(frozen=True, slots=True)
class _AlwaysOpen:
    """Every EVSE of a station that static facts allow, one of each curve, at any hour."""

    doors: WalletDoors

    def choices(self, place: int, *, spare: bool) -> tuple[Choice, ...]:  # noqa: ARG002 -- any
        """List them."""
        found: dict[int, Choice] = {}
        for evse in self.doors.options(place):
            curve = self.doors.curve(evse)
            found.setdefault(id(curve), Choice(evse, curve))
        return tuple(found.values())

    def allows(self, evse: int, arrival: float, departure: float, *, spare: bool) -> bool:  # noqa: ARG002
        """Everything goes."""
        return True


@dataclass(frozen=True, slots=True)
class _Alone:
    """Each station is a site of its own."""

    def near(self, place: int) -> NDArray[np.intp]:
        """Return the place itself."""
        return np.array([place], np.intp)


def prove_gap(trip: Trip, spent_s: float) -> float | None:
    """Return the share of ``spent_s`` by which the best trip can be sooner at most, 0 to 1.

    None where money counts: what a session costs is not known before it is planned.
    """
    if trip.mission.objective.preset not in ("fastest", "surest"):
        return None
    least_s = _least_s(stage_within(trip, spent_s), spent_s)
    return min(max(1.0 - least_s / spent_s, 0.0), 1.0)


def _least_s(stage: Stage, spent_s: float) -> float:
    """Least seconds of any trip on the stage's stations, ``spent_s`` where none is sooner."""
    relaxed = _relaxed(stage)
    start = Arrival(0, relaxed.vias[0].place, relaxed.departure, relaxed.start_kwh)
    posed = Ground(relaxed).pose(Terms(start))
    found = core.solve(
        posed.stated,
        most_cost=spent_s,
        most_settled=MOST_SETTLED,
        stretch=1.0 + NEAR_ENOUGH,
    )
    return min(found.bound, spent_s)


def _sharp(stage: Stage) -> Share:
    return sharp_share_of(stage.trip.car.terms, stage.trip.world.roads.prepared.terrain)


def _relaxed(stage: Stage) -> Problem:
    problem = stage.problem
    legs = stage.legs.legs
    assert isinstance(legs, CarLegs)
    return replace(
        problem,
        legs=CornerLegs(RoadBounds(legs), _sharp(stage), problem.capacity_kwh),
        kinds=CORNERS,
        doors=_AlwaysOpen(stage.doors),
        sites=_Alone(),
    )
