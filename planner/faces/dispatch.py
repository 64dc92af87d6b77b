"""Plans in use: taken up, checked against the world as it is, planned again where they break."""

import json
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from math import inf
from typing import Any

from planner.errors import InvalidToken, NotFound, UnknownWallet
from planner.faces.office import Office
from planner.faces.settling import is_same_trip
from planner.fleet.contention import depot_limits, scope_of
from planner.fleet.occupancy import Occupancy, holds_of
from planner.fleet.progress import mission_on, next_place
from planner.fleet.risk import Risk, is_over, risk_of, worst_first
from planner.fleet.turns import shares_of
from planner.formats.plan_json import claims_to_json, outcome_to_json
from planner.formats.plan_reading import plan_from_json
from planner.formats.stamps import stamp
from planner.model.fleet import Hold
from planner.model.mission import Mission
from planner.model.plan import Infeasible, Outcome, Plan
from planner.plan import attempt, without_windows
from planner.plan import plan as make_plan
from planner.store.fleet_plans import PlanInUse

KEPT_S = 30 * 86_400.0
"""How long a plan that is over stays among those in use: to be looked up, not to take anything."""


@dataclass(frozen=True, slots=True)
class Replanned:
    """What became of planning one again."""

    use: PlanInUse
    outcome: Outcome
    document: dict[str, Any]

    @property
    def plan_id(self) -> str | None:
        """Id of the plan that takes the place of the former one."""
        return self.outcome.id if isinstance(self.outcome, Plan) else None


@dataclass(eq=False)
class Dispatch:
    """Works on the plans in use of one installation; made anew for each piece of work."""

    office: Office
    now: float
    _ledger: Occupancy = field(init=False)
    _places: dict[str, Any] = field(init=False)

    def __post_init__(self) -> None:
        world = self.office.world
        self._places = {station.id: station.location for station in world.snapshot.stations}
        self._ledger = Occupancy(depot_limits(world.snapshot))
        for use in self.office.store.fleet_plans.ending_after(self.now):
            self._ledger.add(use.plan, use.holds)

    def plan_of(self, plan_id: str) -> Plan:
        """Read a kept plan with its tokens, as far as they are kept; NotFound if there is none."""
        plan = plan_from_json(json.loads(self.office.store.plan(plan_id)))
        try:
            return self.office.with_tokens(plan)
        except (InvalidToken, UnknownWallet):
            return plan

    def taken(self, mission: Mission, without: str) -> tuple[Hold, ...]:
        """List what others take of what a mission could meet."""
        scope = scope_of(mission, self._places)
        return self._ledger.taken(scope.begins, scope.ends, near=scope.near, without=without)

    def conflicts(self, use: PlanInUse) -> list[str]:
        """Name the plans in use that stand against one."""
        clashes = self._ledger.clashes(use.holds, without=use.plan)
        return sorted({name for clash in clashes for name in clash.owners})

    def risk(self, plan: Plan) -> Risk | None:
        """Check a plan in use; None where it holds, or is over."""
        if is_over(plan, self.now):
            return None
        taken = self.taken(plan.mission, plan.id)
        return risk_of(self.office.world, plan, now=self.now, taken=taken)

    def risks(self, uses: tuple[PlanInUse, ...]) -> list[tuple[PlanInUse, Risk]]:
        """Check plans in use, the worst first."""
        found: dict[str, tuple[PlanInUse, Risk]] = {}
        for use in uses:
            if use.arrives > self.now:
                risk = self.risk(self.plan_of(use.plan))
                if risk is not None:
                    found[use.plan] = (use, risk)
        return [found[risk.plan.id] for risk in worst_first([risk for _, risk in found.values()])]

    def replan(self, use: PlanInUse, plan: Plan) -> Replanned | None:
        """Plan a mission again from where its plan says that the vehicle is next; None if over."""
        if plan.mission.departure >= self.now:
            mission = replace(plan.mission, now=self.now)
        else:
            found = next_place(plan, self.now)
            if found is None:
                return None
            position, here = found
            name = here.name or "the next place"
            said = f"the start: {name} with {position.soc:.0%}, as planned"
            mission = mission_on(plan, here, position, now=self.now, taken=(), said=said)
        return self.replan_as(use, mission)

    def replan_as(self, use: PlanInUse, mission: Mission) -> Replanned:
        """Plan a mission in the place of a plan in use, beside all others; take it into use."""
        plan_it = partial(_best_effort, self.office)
        outcome = self.beside(mission, use.plan, plan_it)
        document = outcome_to_json(outcome, self.office.world.region)
        if isinstance(outcome, Plan):
            document["replaces"] = use.plan
            keep_plan(self.office, outcome, document)
            self.take_place(use, outcome)
        return Replanned(use, outcome, document)

    def take_place(self, use: PlanInUse, plan: Plan) -> None:
        """Take a plan into use in the place of a former one.

        A vehicle that charges by now stands where it does until its new plan begins.
        """
        made = in_use(plan)
        begins = plan.mission.departure
        standing = [
            replace(hold, ends=min(hold.ends, begins))
            for hold in use.holds
            if hold.use == "stop" and hold.begins <= self.now < hold.ends and hold.begins < begins
        ]
        fresh = replace(
            use,
            plan=made.plan,
            departs=made.departs,
            arrives=made.arrives,
            holds=(*standing, *made.holds),
        )
        self.office.store.fleet_plans.use([fresh], instead_of=[use.plan])
        self._renew_result(use, plan.id)
        self._ledger.remove(use.plan)
        self._ledger.add(fresh.plan, fresh.holds)

    def _renew_result(self, use: PlanInUse, plan_id: str) -> None:
        """Have the results of its batch show the plan that a mission has now."""
        batches = self.office.store.batches
        row = batches.row(use.batch, use.row) if use.batch else None
        if row is None:
            return
        said = json.loads(zlib.decompress(row.body))
        said.pop("infeasible", None)
        said |= {"status": "planned", "plan_id": plan_id}
        body = zlib.compress(json.dumps(said).encode())
        batches.replace_row(use.batch, replace(row, failed=False, body=body))

    def forget(self, plans: Iterable[str]) -> None:
        """Leave plans in use out of account: those whose place another is to take."""
        for name in plans:
            self._ledger.remove(name)

    def beside(
        self, mission: Mission, without: str, plan_it: Callable[[Mission], Outcome]
    ) -> Outcome:
        """Plan so that nothing is used that others take; with a share of power where that helps."""
        free = replace(mission, shares=())
        waiting = self._around(free, without, plan_it)
        shares = self._shares(free, without, plan_it)
        if not shares:
            return waiting
        sharing = self._around(replace(free, shares=shares_of(shares)), without, plan_it)
        return min(waiting, sharing, key=_soonest)

    def _shares(
        self, mission: Mission, without: str, plan_it: Callable[[Mission], Outcome]
    ) -> dict[str, float]:
        """Say with how much power depots could serve the plan that is made as if they were free."""
        limits = self._ledger.limits
        taken = self.taken(mission, without)
        elsewhere = tuple(hold for hold in taken if hold.station_id not in limits)
        if elsewhere == taken:
            return {}
        alone = plan_it(replace(mission, taken=elsewhere))
        if not isinstance(alone, Plan):
            return {}
        clashes = self._ledger.clashes(holds_of(alone), without=without)
        return self._ledger.shares_kw(clashes, without=without)

    def _around(
        self, mission: Mission, without: str, plan_it: Callable[[Mission], Outcome]
    ) -> Outcome:
        """Plan so that nothing is used that others take; what clashes is told and planned again."""
        met: set[str] = set()
        scope = scope_of(mission, self._places)
        while True:
            taken = self._ledger.taken(
                scope.begins, scope.ends, near=scope.near, stations=met, without=without
            )
            outcome = plan_it(replace(mission, taken=taken))
            if not isinstance(outcome, Plan):
                return outcome
            clashes = self._ledger.clashes(holds_of(outcome), without=without)
            fresh = {station for clash in clashes for station in clash.stations} - met
            if not fresh:
                return outcome
            met |= fresh


def _soonest(outcome: Outcome) -> float:
    return outcome.summary.arrival if isinstance(outcome, Plan) else inf


def plan_beside(office: Office, mission: Mission) -> Outcome:
    """Plan a trip; one of the fleet's own vehicles or drivers keeps off what plans in use take."""
    is_own = bool(mission.vehicle_id or mission.driver)
    uses = office.store.fleet_plans.ending_after(mission.departure) if is_own else ()
    if not uses:
        return make_plan(office.world, mission)
    work = Dispatch(office, mission.now)
    work.forget(use.plan for use in uses if is_same_trip(use, mission))
    return work.beside(mission, "", partial(make_plan, office.world))


def _best_effort(office: Office, mission: Mission) -> Outcome:
    """Plan with all that was promised, else without windows, else with fewer fallbacks."""
    outcome = make_plan(office.world, mission)
    if isinstance(outcome, Plan):
        return outcome
    for chance in _chances(mission):
        made = attempt(office.world, chance)
        if made is not None:
            return made
    return outcome


def _chances(mission: Mission) -> Iterator[Mission]:
    if without_windows(mission) != mission:
        yield without_windows(mission)
    for fewer in range(mission.guarantee.fallbacks - 1, -1, -1):
        asked = mission.guarantee.fallbacks
        said = f"fallbacks {fewer}: no way survives {asked} failures any more"
        yield replace(
            without_windows(mission),
            guarantee=replace(mission.guarantee, fallbacks=fewer),
            assumed=(*mission.assumed, said),
        )


def in_use(plan: Plan) -> PlanInUse:
    """Say what taking a plan into use means."""
    holds = holds_of(plan)
    last = max((hold.ends for hold in holds), default=plan.summary.arrival)
    return PlanInUse(
        plan=plan.id,
        mission_id=plan.mission.id,
        vehicle=plan.mission.vehicle_id,
        departs=plan.mission.departure,
        arrives=max(last, plan.summary.arrival),
        holds=holds,
    )


def keep_plan(office: Office, plan: Plan, document: dict[str, Any]) -> None:
    """Keep a plan and the tokens that it is checked with."""
    office.keep_wallet(plan.mission)
    office.store.save_plan(
        plan.id,
        json.dumps(document, ensure_ascii=False).encode(),
        created=plan.created,
        world=plan.world.hash,
        mission_id=plan.mission.id,
    )


def found_use(office: Office, plan_id: str) -> PlanInUse:
    """Return a plan in use; NotFound if it is not."""
    found = office.store.fleet_plans.get(plan_id)
    if found is None:
        raise NotFound("there is no plan of that id in use", place=plan_id)
    return found


def use_to_json(use: PlanInUse) -> dict[str, Any]:
    """Write a plan in use."""
    return {
        "plan_id": use.plan,
        "batch": use.batch or None,
        "mission_id": use.mission_id,
        "vehicle": use.vehicle or None,
        "departs": stamp(use.departs),
        "ends": stamp(use.arrives),
    }


def risk_to_json(use: PlanInUse, risk: Risk) -> dict[str, Any]:
    """Write a plan at risk: no uid stands in any claim."""
    return {
        **use_to_json(use),
        "driver": risk.plan.mission.driver or None,
        "slack_s": round(risk.slack_s, 1),
        "first": risk.where,
        "broken": claims_to_json(list(risk.broken)),
    }


def replanned_to_json(done: Replanned) -> dict[str, Any]:
    """Write what became of planning one again."""
    said = {
        "mission_id": done.use.mission_id,
        "vehicle": done.use.vehicle or None,
        "replaces": done.use.plan,
        "plan_id": done.plan_id,
        "status": "replanned" if done.plan_id else "infeasible",
        "reason": None,
    }
    if isinstance(done.outcome, Infeasible):
        said["reason"] = done.outcome.reason
    return said
