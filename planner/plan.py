"""A trip from end to end: world and mission in; a plan that passed its check, or a reason, out."""

from planner.access.chargers import accessible
from planner.errors import BrokenClaim
from planner.model.mission import Mission
from planner.model.plan import Infeasible, Outcome, Plan
from planner.search.alternatives import find_alternatives
from planner.search.answers import explain_failure, write_plan
from planner.search.reach import may_arrive
from planner.search.relaxations import relax
from planner.search.setup import Trip, prepare
from planner.search.solve import Solution, solve
from planner.verify import verify
from planner.world import World


def plan(world: World, mission: Mission) -> Outcome:
    """Plan a trip whose every stop opens to the wallet and has a proven fallback.

    Returns
    -------
    Plan or Infeasible
        The same world and mission give the same answer. A plan has passed `verify`.

    Raises
    ------
    OffNetwork
        A waypoint is too far from the roads.
    BrokenClaim
        The plan did not pass its own check: a defect of this program.
    """
    trip = open_trip(world, mission)
    found = solve(trip)
    if not isinstance(found, Solution):
        failed = explain_failure(trip, found)
        return relax(failed, lambda changed: attempt(world, changed), trip)
    best = write_plan(found)
    return checked(world, find_alternatives(best, trip))


def attempt(world: World, mission: Mission) -> Plan | None:
    """Plan without explanations or alternatives; None where there is no trip."""
    trip = open_trip(world, mission)
    if not may_arrive(trip):
        return None
    found = solve(trip)
    return checked(world, write_plan(found)) if isinstance(found, Solution) else None


def open_trip(world: World, mission: Mission) -> Trip:
    """Ask once what the wallet opens for this car, and prepare the roads."""
    chargers = accessible(
        world.snapshot,
        mission.wallet,
        mission.vehicle,
        min_grade=mission.guarantee.min_grade,
        now=mission.now,
        at=mission.departure,
    )
    return prepare(world, mission, chargers)


def checked(world: World, made: Plan) -> Plan:
    """Let the independent verifier look before anyone sees the plan."""
    broken = verify(world, made)
    if broken:
        first = broken[0]
        raise BrokenClaim(
            f"{len(broken)} claims do not hold in world {world.hash}; "
            f"the first is {first.kind}: {first.detail}",
            place=first.where,
            remedy="This is a defect of the planner, not of the request; please report it",
        )
    return made


__all__ = ["Infeasible", "attempt", "checked", "open_trip", "plan"]
