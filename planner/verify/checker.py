"""The check of an answer from end to end."""

from collections.abc import Iterator

from planner.model.mission import Mission
from planner.model.plan import Claim, Infeasible, Outcome, Plan
from planner.verify.driving import Drives
from planner.verify.fallbacks import check_trip
from planner.verify.rejections import check_rejected
from planner.verify.scene import Known, Scene
from planner.verify.totals import check_summary, check_words, check_world
from planner.verify.trips import every_leg, main_trip


def verify(world: Known, outcome: Outcome) -> list[Claim]:
    """List every claim of an answer that does not hold in a world; empty: all hold.

    The mission's own clock (``now``) decides how statuses age: pass an outcome whose mission has
    another one to ask whether a plan still holds.

    Returns
    -------
    list of Claim
        ``kind`` is one of path, time, energy, reserve, charging, connector, access, evidence,
        token, hours, status, floor, fallback, common_cause, tariff, window, summary, world,
        promise, ledger, excluded, policy, fleet; ``where`` a pointer into the outcome by its own
        field names.
    """
    if isinstance(outcome, Infeasible):
        scene = Scene(_there(world, outcome.mission), outcome.mission, outcome.world)
        return list(check_rejected(scene, outcome.rejected, "/rejected"))
    return list(check_plan(world, outcome, ""))


def _there(world: Known, mission: Mission) -> Known:
    return world.during(mission.departure, mission.avoid, mission.shares)


def check_plan(world: Known, plan: Plan, where: str) -> Iterator[Claim]:
    """Check a plan and its alternatives."""
    scene = Scene(_there(world, plan.mission), plan.mission, plan.world)
    yield from check_world(scene, plan, where)
    legs = list(every_leg(plan.legs, plan.charging_stops))
    scene.snap_all(place for leg in legs for place in (leg.start, leg.end))
    drives = Drives(scene, legs)
    yield from check_trip(scene, main_trip(scene, plan, where), drives)
    yield from check_summary(plan, where)
    yield from check_words(plan, where)
    yield from check_rejected(scene, plan.rejected, f"{where}/rejected")
    for number, other in enumerate(plan.alternatives):
        yield from check_plan(world, other, f"{where}/alternatives/{number}")
