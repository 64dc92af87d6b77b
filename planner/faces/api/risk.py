"""Plans in use and at risk: what a dispatcher looks at in the morning, and plans again."""

from typing import Annotated, Any

from flask import Response
from pydantic import BaseModel, ConfigDict, Field

from planner.errors import InputError
from planner.faces.api.doors import Answer, Door, json_answer, office
from planner.faces.api.trip_answers import Said, Time
from planner.faces.dispatch import (
    Dispatch,
    found_use,
    in_use,
    replanned_to_json,
    risk_to_json,
    use_to_json,
)
from planner.faces.fields import Body, Text
from planner.faces.notices import tell
from planner.fleet.risk import Risk
from planner.formats.stamps import stamp
from planner.store.fleet_plans import PlanInUse

door = Door("risk", "Fleet")


class UseAnswer(Said):
    """A plan in use: what it counts on is taken for the others of the fleet until it ends."""

    plan_id: str
    batch: str | None
    mission_id: str
    vehicle: str | None
    departs: Time
    ends: Time


class TakenUpAnswer(UseAnswer):
    """A plan that was taken into use."""

    conflicts: list[str] = Field(
        description="Plans in use that count on the same EVSE, or depot's power, at that time"
    )


class UsesAnswer(Said):
    """Plans in use that are not over, by departure."""

    plans: list[UseAnswer]


class ClaimAnswer(Said):
    """A claim that holds no more."""

    kind: str
    where: str
    detail: str


class RiskAnswer(UseAnswer):
    """A mission at risk."""

    driver: str | None
    slack_s: float = Field(description="Seconds until the first broken claim matters")
    first: str = Field(description="Pointer into the plan, of that claim")
    broken: list[ClaimAnswer]


class RisksAnswer(Said):
    """Missions at risk, the worst slack first."""

    world: str
    at: Time
    checked: int
    missions: list[RiskAnswer]


class ReplanRequest(Body):
    """Which missions to plan again; without any, those at risk."""

    missions: Annotated[list[Text], Field(max_length=10_000)] | None = None


class ReplannedAnswer(Said):
    """What became of one mission."""

    mission_id: str
    vehicle: str | None
    replaces: str
    plan_id: str | None
    status: str = Field(description="replanned or infeasible; what was infeasible stays in use")
    reason: str | None


class ReplanAnswer(Said):
    """What became of the missions, the worst first."""

    world: str
    missions: list[ReplannedAnswer]


class UsesQuery(BaseModel):
    """Whose plans."""

    model_config = ConfigDict(extra="forbid")

    vehicle: Annotated[str, Field(max_length=100)] = ""


@door.opens(
    "GET",
    "/v1/fleet/plans",
    summary="Plans in use: what they count on is taken for the others",
    scope="fleet",
    query=UsesQuery,
    answers={200: Answer(says="Plans in use", model=UsesAnswer)},
)
def uses(query: UsesQuery) -> Response:
    """List the plans in use."""
    used = office()
    found = used.store.fleet_plans.ending_after(used.clock())
    wanted = [use for use in found if not query.vehicle or use.vehicle == query.vehicle]
    return json_answer({"plans": [use_to_json(use) for use in wanted]})


@door.opens(
    "POST",
    "/v1/fleet/plans/<plan_id>",
    summary="Take a plan into use: later missions see what it counts on",
    scope="fleet",
    answers={201: Answer(says="The plan in use", model=TakenUpAnswer)},
)
def take_up(plan_id: str) -> Response:
    """Take a plan into use, in the place of what its vehicle would drive at that time."""
    used = office()
    work = Dispatch(used, used.clock())
    use = in_use(work.plan_of(plan_id))
    replaced = superseded(use)
    conflicts = [name for name in work.conflicts(use) if name not in replaced]
    used.store.fleet_plans.use([use], instead_of=replaced)
    return json_answer({**use_to_json(use), "conflicts": conflicts}, 201)


def superseded(use: PlanInUse) -> list[str]:
    """Name the plans whose place a plan takes: of its vehicle, at the same time."""
    if not use.vehicle:
        return []
    return [
        other.plan
        for other in office().store.fleet_plans.ending_after(use.departs)
        if other.vehicle == use.vehicle and other.departs < use.arrives
    ]


@door.opens(
    "DELETE",
    "/v1/fleet/plans/<plan_id>",
    summary="Take a plan out of use: what it counted on is free again",
    scope="fleet",
    answers={204: Answer(says="Out of use", media=())},
)
def release(plan_id: str) -> Response:
    """Take a plan out of use."""
    found_use(office(), plan_id)
    office().store.fleet_plans.release(plan_id)
    return Response(status=204)


@door.opens(
    "GET",
    "/v1/batches/<batch_id>/at-risk",
    summary="Missions whose claims broke since, the worst slack first",
    scope="batch",
    answers={200: Answer(says="Missions at risk", model=RisksAnswer)},
)
def at_risk(batch_id: str) -> Response:
    """Check a batch against the newest world."""
    used = office()
    used.store.batches.get(batch_id)
    used.fresh_world()
    now = used.clock()
    plans = used.store.fleet_plans.of_batch(batch_id)
    found = Dispatch(used, now).risks(plans)
    return json_answer(_risks(found, len(plans), now))


def _risks(found: list[tuple[PlanInUse, Risk]], checked: int, now: float) -> dict[str, Any]:
    return {
        "world": office().world.hash,
        "at": stamp(now),
        "checked": checked,
        "missions": [risk_to_json(use, risk) for use, risk in found],
    }


@door.opens(
    "POST",
    "/v1/batches/<batch_id>/replan",
    summary="Plan missions of a batch again: those named, or those at risk",
    scope="batch",
    body=ReplanRequest,
    answers={200: Answer(says="What became of them", model=ReplanAnswer)},
)
def replan(batch_id: str, body: ReplanRequest) -> Response:
    """Plan missions again, one after another, the worst first."""
    used = office()
    used.store.batches.get(batch_id)
    used.fresh_world()
    now = used.clock()
    work = Dispatch(used, now)
    plans = used.store.fleet_plans.of_batch(batch_id)
    if body.missions is None:
        wanted = [(use, risk.plan) for use, risk in work.risks(plans)]
    else:
        known = {use.mission_id: use for use in plans}
        for number, name in enumerate(body.missions):
            if name not in known:
                detail = "no mission of that id has a plan in use"
                raise InputError(detail, place=f"/missions/{number}")
        named = [known[name] for name in dict.fromkeys(body.missions)]
        wanted = [(use, work.plan_of(use.plan)) for use in named]
    done = [made for use, plan in wanted if (made := work.replan(use, plan)) is not None]
    said = [replanned_to_json(made) for made in done]
    for each in said:
        tell(used, "mission.replanned", {"batch": batch_id, **each})
    return json_answer({"world": used.world.hash, "missions": said})
