"""A trip from end to end: world and mission in; a plan that passed its check, or a reason, out."""

from dataclasses import replace

from planner.access.chargers import Chargers, accessible
from planner.errors import BrokenClaim
from planner.model.mission import Mission
from planner.model.plan import Infeasible, Outcome, Plan
from planner.model.station import DEPOT_PARTY
from planner.search.alternatives import find_alternatives
from planner.search.answers import explain_failure, write_plan
from planner.search.causes import find_cause
from planner.search.choices import explain_stops
from planner.search.gap import (
    least_at_any_speed_s,
    with_gaps,
    worth_another_look,
)
from planner.search.leftout import MOST_LISTED
from planner.search.relaxations import Tries, relax
from planner.search.solve import Solution, keep_to_first, look_again, solve
from planner.search.styles import solve_styled
from planner.search.trip import Trip, prepare
from planner.verify import verify
from planner.world import World


def plan(world: World, mission: Mission, *, gap: bool = True, ledger: bool = True) -> Outcome:
    """Plan a trip whose every stop opens to the wallet and has a proven fallback.

    Parameters
    ----------
    gap : bool
        Whether to prove how far the plan may be from the best, and to search again, more widely,
        where that is far: most of the time of a plan. Without, `Summary.gap` is None.
    ledger : bool
        Whether the plan is to list stations that it left out; without, it only counts them.

    Returns
    -------
    Plan or Infeasible
        The same world, mission and options give the same answer. A plan has passed `verify`.

    Raises
    ------
    OffNetwork
        A waypoint is too far from the roads.
    BrokenClaim
        The plan did not pass its own check: a defect of this program.
    """
    trip = open_trip(world, mission)
    found = solve_styled(trip)
    if not isinstance(found, Solution):
        cause = find_cause(trip, found)
        return relax(explain_failure(trip, cause), cause, trip, tries_on(world, trip))
    best_s = least_at_any_speed_s(trip, found.cost) if gap else None
    if worth_another_look(found, best_s):
        found = look_again(found)
    best = write_plan(found, MOST_LISTED if ledger else 0)
    made = _by_preferred(world, best) or find_alternatives(best, found.stage.trip)
    return checked(world, with_gaps(made, best_s))


def _by_preferred(world: World, best: Plan) -> Plan | None:
    """Plan to stop at the employer's preferred operators only, if one is not much later by that."""
    mission, policy = best.mission, best.mission.policy
    if policy is None or not policy.preferred_operators or policy.only_preferred:
        return None
    stops = best.charging_stops
    if all(s.party == DEPOT_PARTY or policy.prefers(s.party, s.operator) for s in stops):
        return None
    said = (*mission.assumed, "stops at the operators that the employer prefers")
    strict = replace(mission, policy=replace(policy, only_preferred=True), assumed=said)
    made = attempt(world, strict)
    latest = best.summary.arrival + policy.prefer_within_s
    return made if made is not None and made.summary.arrival <= latest else None


def plan_onward(
    world: World, mission: Mission, promised: str, *, wished: int, planned_at: float
) -> Outcome:
    """Plan from a stop that failed: by the fallback that was promised, if it still holds.

    Parameters
    ----------
    mission : Mission
        From the failed stop, surviving as many failures as are left of the former trip's.
    promised : str
        Id of the fallback's station, empty if there was none. Where the world has moved on and it
        does not hold any more, the best other way is planned.
    wished : int
        Failures that the former trip survived: as many are tried for first.
    planned_at : float
        The clock of the former plan, UTC epoch seconds. Where no station near enough is known to
        be free at this moment, the promised fallback is judged by that clock, and the plan says so:
        a driver with nowhere surer to go is not left without the way that was promised.

    Windows that cannot be kept are given up rather than the trip, and the plan says so.
    """
    again = replace(mission, guarantee=replace(mission.guarantee, fallbacks=wished))
    chances = dict.fromkeys((again, without_windows(again), mission, without_windows(mission)))
    numbers = [n for n, station in enumerate(world.snapshot.stations) if station.id == promised]
    for chance in chances:
        made = _by_the_promised(world, chance, numbers)
        if made is not None:
            return made
    for chance in chances:
        made = attempt(world, chance)
        if made is not None:
            return made
    for chance in chances:
        said = (*chance.assumed, "that the next stop is free is no surer than when it was planned")
        made = _by_the_promised(world, replace(chance, now=planned_at, assumed=said), numbers)
        if made is not None:
            return made
    return _on_the_way(plan(world, without_windows(mission)))


def _by_the_promised(world: World, mission: Mission, numbers: list[int]) -> Plan | None:
    chargers, there = _judge(world, mission), _there(world, mission)
    for number in numbers:
        found = keep_to_first(prepare(there, mission, chargers, first_stop=number))
        if isinstance(found, Solution):
            return checked(world, write_plan(found))
    return None


def _on_the_way(outcome: Outcome) -> Outcome:
    """Leave out help that comes too late for someone who stands at a failed stop."""
    if isinstance(outcome, Plan):
        return outcome
    kept = tuple(r for r in outcome.relaxations if r.change not in ("soc", "departure"))
    return replace(outcome, relaxations=kept)


def without_windows(mission: Mission) -> Mission:
    """Return the mission with no latest arrivals, saying which are given up."""
    late = [point for point in mission.waypoints if point.arrive_before is not None]
    if not late:
        return mission
    said = tuple(f"the window at {point.name or 'a waypoint'} is given up" for point in late)
    return replace(
        mission,
        waypoints=tuple(replace(point, arrive_before=None) for point in mission.waypoints),
        assumed=mission.assumed + said,
    )


def explain(world: World, made: Plan) -> Plan:
    """Tell why a plan stops where it does: for each stop the best trip that stops elsewhere.

    Takes about as long again as a plan for each stop. Searched on the world that is given: where
    that is not the one of the plan, so are the differences.
    """
    if not made.charging_stops:
        return made
    return replace(made, choices=explain_stops(made, open_trip(world, made.mission)))


def tries_on(world: World, trip: Trip) -> Tries:
    """Try changes of a trip on its world; legs that are the same are taken over from it."""

    def opened(mission: Mission) -> Trip:
        changed = open_trip(world, mission)
        if changed.car is not trip.car:
            return changed
        return replace(changed, legs_kept=trip.legs_kept)

    return Tries(opened, lambda made: checked(world, made))


def attempt(world: World, mission: Mission) -> Plan | None:
    """Plan without explanations or alternatives; None where there is no trip."""
    trip = open_trip(world, mission)
    found = solve(trip)
    return checked(world, write_plan(found)) if isinstance(found, Solution) else None


def open_trip(world: World, mission: Mission) -> Trip:
    """Ask once what the wallet opens for this car, and prepare the roads as they are by then."""
    return prepare(_there(world, mission), mission, _judge(world, mission))


def _there(world: World, mission: Mission) -> World:
    return world.during(mission.departure, mission.avoid, mission.shares)


def _judge(world: World, mission: Mission) -> Chargers:
    return accessible(
        _there(world, mission).snapshot,
        mission.wallet,
        mission.vehicle,
        min_grade=mission.guarantee.min_grade,
        now=mission.now,
        at=mission.departure,
        policy=mission.policy,
        taken=mission.taken,
    )


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


__all__ = [
    "Infeasible",
    "Plan",
    "attempt",
    "checked",
    "explain",
    "open_trip",
    "plan",
    "plan_onward",
]
