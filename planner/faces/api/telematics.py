"""Where vehicles are: told by telematics, held against their plans, planned again if need be."""

from dataclasses import replace
from typing import Annotated, Any, Literal

from flask import Response
from pydantic import Field

from planner.errors import InputError, NotFound
from planner.faces.api.answers import PlanAnswer
from planner.faces.api.doors import Answer, Door, json_answer, office
from planner.faces.api.fleet import found_vehicle
from planner.faces.api.plans import PLANNED, PROBLEM_MEDIA
from planner.faces.api.trip_answers import Said
from planner.faces.dispatch import Dispatch, in_use, replanned_to_json
from planner.faces.fields import Body, Moment, Position, Soc, Text
from planner.faces.notices import tell
from planner.faces.office import Office
from planner.faces.telematics import hold_against, mission_from_state
from planner.fleet.progress import Position as PlanPosition
from planner.formats.stamps import stamp
from planner.model.fleet import VehicleState
from planner.model.geo import LonLat
from planner.store.fleet_plans import PlanInUse

door = Door("telematics", "Fleet")

SKEW_S = 300.0
"""How far a vehicle's clock may be ahead of ours."""


class StateRequest(Body):
    """Where a vehicle is; without a plan, the one that it has in use is meant."""

    location: Position
    soc: Soc
    at: Moment | None = None
    plan_id: Annotated[Text, Field(min_length=1)] | None = None


class ExpectedAnswer(Said):
    """What the plan says of where the vehicle is."""

    soc: float
    at: str


class StateToldAnswer(Said):
    """Whether the vehicle's plan still holds; if not, the plan from where it is."""

    vehicle: str
    status: Literal["ok", "replanned", "noted"] = Field(
        description="`noted`: there is no plan to hold it against, or the trip is over"
    )
    plan_id: str | None
    replaces: str | None
    reasons: list[str]
    broken: list[dict[str, str]]
    expected: ExpectedAnswer | None
    plan: PlanAnswer | None


@door.opens(
    "POST",
    "/v1/fleet/vehicles/<vehicle_id>/state",
    summary="Where a vehicle is; planned again from there if its plan does not hold any more",
    scope="fleet",
    body=StateRequest,
    answers={
        200: Answer(says="Whether the plan holds, or the new one", model=StateToldAnswer),
        422: PLANNED[422],
    },
)
def state(vehicle_id: str, body: StateRequest) -> Response:
    """Keep where a vehicle is, and plan from there if need be."""
    used = office()
    found_vehicle(vehicle_id)
    now = used.clock()
    at = now if body.at is None else body.at
    if at > now + SKEW_S:
        raise InputError("lies in the future", place="/at")
    use = _plan_in_use(used, vehicle_id, body.plan_id, at)
    plan_id = use.plan if use else ""
    told = VehicleState(location=LonLat(*body.location), soc=body.soc, at=at, plan_id=plan_id)
    used.store.fleet.save_state(vehicle_id, told)
    if use is None:
        return json_answer(_said(vehicle_id, "noted", None))
    used.fresh_world()
    work = Dispatch(used, max(now, at))
    plan = work.plan_of(use.plan)
    finding = hold_against(work, plan, told)
    more: dict[str, Any] = {"reasons": list(finding.reasons), "broken": list(finding.broken)}
    if finding.position is not None:
        more["expected"] = _expected(finding.position)
    if not finding.reasons:
        over = plan.summary.arrival <= at
        return json_answer(_said(vehicle_id, "noted" if over else "ok", use.plan, **more))
    mission = mission_from_state(plan, told, finding.position, now=max(now, at))
    made = work.replan_as(use, mission)
    tell(
        used,
        "vehicle.replanned",
        {**replanned_to_json(made), "vehicle": vehicle_id, "reasons": list(finding.reasons)},
    )
    if made.plan_id is None:
        return json_answer(made.document, 422, media=PROBLEM_MEDIA)
    document = _said(vehicle_id, "replanned", made.plan_id, **more)
    headers = {"Content-Location": f"/v1/plans/{made.plan_id}"}
    made.document.pop("replaces", None)
    return json_answer({**document, "replaces": use.plan, "plan": made.document}, headers=headers)


def _plan_in_use(used: Office, vehicle: str, plan_id: str | None, at: float) -> PlanInUse | None:
    """Find the plan that a vehicle drives by; one that it names is taken into use by that."""
    if plan_id is None:
        current = used.store.fleet_plans.ending_after(at)
        mine = [use for use in current if use.vehicle == vehicle and use.departs <= at]
        return mine[-1] if mine else None
    known = used.store.fleet_plans.get(plan_id)
    if known is None:
        try:
            plan = Dispatch(used, at).plan_of(plan_id)
        except NotFound as error:
            raise InputError("there is no plan of that id", place="/plan_id") from error
        known = in_use(plan)
        if known.vehicle in ("", vehicle):
            known = replace(known, vehicle=vehicle)
            used.store.fleet_plans.use([known])
    if known.vehicle not in ("", vehicle):
        raise InputError(f"is a plan of vehicle {known.vehicle!r}", place="/plan_id")
    return known


def _expected(position: PlanPosition) -> dict[str, Any]:
    return {"soc": round(position.soc, 4), "at": stamp(position.at)}


def _said(vehicle: str, status: str, plan_id: str | None, **more: Any) -> dict[str, Any]:
    return {
        "vehicle": vehicle,
        "status": status,
        "plan_id": plan_id,
        "replaces": None,
        "reasons": [],
        "broken": [],
        "expected": None,
        "plan": None,
        **more,
    }
