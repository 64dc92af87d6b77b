"""What a vehicle tells of itself, held against what its plan promised."""

from dataclasses import dataclass

from planner.faces.dispatch import Dispatch
from planner.fleet.progress import Position, locate, mission_on
from planner.fleet.risk import is_over
from planner.formats.plan_json import claims_to_json
from planner.model.fleet import VehicleState
from planner.model.mission import Mission, Waypoint
from planner.model.plan import Plan

SOC = 5e-4
"""Half of the least step in which vehicles tell their charge."""

LATE_S = 600.0
"""A vehicle later than this is not where its plan says, and nothing after it is in time."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Why a plan does not hold any more, in words; none: it does.

    ``position`` is what the plan says of where the vehicle stands, None where it has left the way.
    """

    reasons: tuple[str, ...]
    broken: tuple[dict[str, str], ...]
    position: Position | None


def hold_against(work: Dispatch, plan: Plan, state: VehicleState) -> Finding:
    """Compare what a vehicle tells with what its plan says, and check what lies ahead of it."""
    if is_over(plan, state.at):
        return Finding((), (), None)
    position = locate(work.office.world, plan, state.location, state.at)
    reasons: list[str] = []
    if position is None:
        reasons.append("the vehicle has left the planned way")
    else:
        if state.soc < position.soc - SOC:
            reasons.append(f"the charge is {state.soc:.1%}, the plan says {position.soc:.1%} here")
        late_s = state.at - position.at
        if late_s > LATE_S:
            reasons.append(f"the vehicle is {late_s / 60:.0f} minutes late")
    risk = work.risk(plan)
    if risk is not None:
        reasons.append(f"{len(risk.broken)} claims of the way ahead hold no more")
    broken = claims_to_json(list(risk.broken)) if risk is not None else []
    return Finding(tuple(reasons), tuple(broken), position)


def mission_from_state(
    plan: Plan, state: VehicleState, position: Position | None, *, now: float
) -> Mission:
    """Make the mission from where a vehicle is, with the charge that it has.

    One that left the way still has all waypoints before it that it is not known to have visited:
    those of the leg that it should be on by now.
    """
    leg = position.leg if position is not None else _leg_at(plan, state.at)
    if position is not None and position.stop is not None:
        leg += 1  # it stands where that leg ends
    here = Waypoint(location=state.location, name="where the vehicle is")
    departs = max(state.at, plan.mission.departure)
    there = Position(leg, state.soc, departs)
    said = f"the start: where the vehicle told that it is, with {state.soc:.1%}"
    return mission_on(plan, here, there, now=now, taken=(), said=said)


def _leg_at(plan: Plan, at: float) -> int:
    """Return the leg that is driven at a moment; who charges or serves is on the next one."""
    ended = (number for number, leg in enumerate(plan.legs) if at <= leg.arrival)
    return next(ended, len(plan.legs) - 1)
