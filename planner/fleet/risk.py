"""Which plans in use are at risk: claims of what is still ahead that hold no more."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from planner.model.fleet import Hold
from planner.model.plan import Claim, Plan
from planner.verify import verify
from planner.world import World

HARMLESS = frozenset({"ledger", "summary", "promise"})
"""Kinds of claims that endanger no mission: what was left out, sums, words."""

SPARES = "/spare_evse_ids/"
"""Where a plan names posts beside its own: a comfort, on which no promise rests."""

OWN_DOING = frozenset({"status", "fleet"})
"""What may break at a stop because the vehicle itself stands there."""


@dataclass(frozen=True, slots=True)
class Risk:
    """A plan at risk: the claims that broke, and in how many seconds the first of them matters.

    ``slack_s`` is never below 0; ``where`` is the pointer of that first claim.
    """

    plan: Plan
    broken: tuple[Claim, ...]
    slack_s: float
    where: str


def risk_of(world: World, plan: Plan, *, now: float, taken: tuple[Hold, ...]) -> Risk | None:
    """Check a plan against the newest world and what others of the fleet take; None: it holds.

    Parameters
    ----------
    now : float
        The clock, UTC epoch seconds: what lies behind the vehicle by then is no risk any more.
    """
    as_of = replace(plan.mission, now=max(now, plan.mission.now), taken=taken)
    broken = verify(world, replace(plan, mission=as_of, alternatives=()))
    ahead = list(_ahead(plan, broken, now))
    if not ahead:
        return None
    moment, where = min((at, claim.where) for at, claim in ahead)
    return Risk(plan, tuple(claim for _, claim in ahead), max(moment - now, 0.0), where)


def worst_first(risks: Sequence[Risk]) -> list[Risk]:
    """Sort plans at risk: the one whose trouble is nearest comes first."""
    return sorted(risks, key=lambda risk: (risk.slack_s, -len(risk.broken), risk.plan.id))


def is_over(plan: Plan, now: float) -> bool:
    """Say whether a trip has ended."""
    return plan.summary.arrival <= now


def _ahead(plan: Plan, broken: Sequence[Claim], now: float) -> Iterator[tuple[float, Claim]]:
    """Give the claims that still matter, each with the moment at which it does."""
    for claim in broken:
        if claim.kind in HARMLESS or SPARES in claim.where:
            continue
        begins, ends = _when(plan, claim.where)
        if ends <= now or (begins <= now and claim.kind in OWN_DOING):
            continue
        yield max(begins, now), claim


def _when(plan: Plan, where: str) -> tuple[float, float]:
    """Return from when to when what a claim speaks of takes place."""
    parts = where.split("/")
    number = int(parts[2]) if len(parts) > 2 and parts[2].isdigit() else -1  # noqa: PLR2004
    if parts[1:2] == ["charging_stops"] and 0 <= number < len(plan.charging_stops):
        stop = plan.charging_stops[number]
        return stop.arrival, stop.departure
    if parts[1:2] == ["legs"] and 0 <= number < len(plan.legs):
        return plan.legs[number].departure, plan.legs[number].arrival
    return plan.mission.departure, plan.summary.arrival
