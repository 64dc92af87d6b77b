"""Plans: made, kept, shown in several formats, checked again; and what if a stop fails."""

import json
from dataclasses import replace
from typing import Annotated, Any, Literal

from flask import Response, request
from pydantic import BaseModel, ConfigDict, Field

from planner.errors import NotFound, PlugsureError
from planner.faces.api.answers import (
    ChoicesAnswer,
    InfeasibleAnswer,
    NotedAnswer,
    OutcomeAnswer,
    PlanAnswer,
    VerifyAnswer,
)
from planner.faces.api.doors import JSON, Answer, Door, json_answer, office, services
from planner.faces.api.events import claim_events, stream
from planner.faces.api.problems import Refused
from planner.faces.dispatch import Dispatch, plan_beside
from planner.faces.fields import Body, Moment, Soc
from planner.faces.missions import demand_on_roads, mission_of
from planner.faces.onward import can_have_been_at, find_stop, mission_from, record
from planner.faces.requests import TripRequest
from planner.formats.choices_json import choice_to_json
from planner.formats.geojson import plan_to_geojson
from planner.formats.gpx import plan_to_gpx
from planner.formats.ics import plan_to_ics
from planner.formats.plan_json import claims_to_json, outcome_to_json
from planner.formats.plan_reading import plan_from_json
from planner.formats.sealed import is_sealed
from planner.model.plan import Outcome, Plan
from planner.plan import explain, plan_onward
from planner.verify import verify

door = Door("plans", "Plans")

PROBLEM_MEDIA = "application/problem+json"
FORMATS = {
    "json": JSON,
    "geojson": "application/geo+json",
    "gpx": "application/gpx+xml",
    "ics": "text/calendar",
}
MEDIA = {media: name for name, media in FORMATS.items()}

PLANNED = {
    200: Answer(says="The plan", model=PlanAnswer),
    422: Answer(
        says="No plan: why, how far one gets, and what helps",
        model=InfeasibleAnswer,
        media=(PROBLEM_MEDIA,),
    ),
}


class FormatQuery(BaseModel):
    """Which format; else `Accept` decides."""

    model_config = ConfigDict(extra="forbid")

    format: Literal["json", "geojson", "gpx", "ics"] | None = None


class OutcomeRequest(Body):
    """What happened at a stop; charge and time as the driver has them, else as planned."""

    evse_id: Annotated[str, Field(strict=True, min_length=1, max_length=255)] = Field(
        description="The EVSE of a stop or fallback, by its id or its uid"
    )
    outcome: Literal["ok", "refused", "occupied", "broken", "closed", "blocked"]
    soc: Soc | None = None
    at: Moment | None = None


@door.opens(
    "POST",
    "/v1/plans",
    summary="Plan one trip",
    scope="plan",
    body=TripRequest,
    answers=PLANNED,
)
def create(body: TripRequest) -> Response:
    """Plan one trip and keep the plan."""
    used = office()
    world = used.world
    mission = mission_of(body, used.desk())
    demand_on_roads(mission, world)
    made = plan_beside(used, mission)
    if body.explain and isinstance(made, Plan):
        made = explain(world, made)
    return _answer(made)


def _answer(outcome: Outcome, replaces: str | None = None) -> Response:
    """Keep a plan and answer it; an infeasible is answered only."""
    used = office()
    document = outcome_to_json(outcome, used.world.region)
    headers = {}
    if replaces is not None:
        document["replaces"] = replaces
        headers["Link"] = f'</v1/plans/{replaces}>; rel="predecessor-version"'
    if not isinstance(outcome, Plan):
        return json_answer(document, 422, headers, PROBLEM_MEDIA)
    keep(outcome, document)
    headers["Content-Location"] = f"/v1/plans/{outcome.id}"
    return json_answer(document, 200, headers)


def keep(made: Plan, document: dict[str, Any]) -> None:
    """Keep a plan and its alternatives, and the tokens that they are checked with."""
    used = office()
    used.keep_wallet(made.mission)
    used.store.save_plan(
        made.id,
        json.dumps(document, ensure_ascii=False).encode(),
        created=made.created,
        world=made.world.hash,
        mission_id=made.mission.id,
    )
    for other, said in zip(made.alternatives, document["alternatives"], strict=True):
        keep(other, said)


def stored(plan_id: str) -> dict[str, Any]:
    """Return a kept plan's document; NotFound if there is none."""
    read: dict[str, Any] = json.loads(office().store.plan(plan_id))
    return read


@door.opens(
    "GET",
    "/v1/plans/<plan_id>",
    summary="A stored plan, as JSON, GeoJSON, GPX or iCalendar",
    scope="plan",
    query=FormatQuery,
    answers={200: Answer(says="The plan", model=PlanAnswer, media=tuple(FORMATS.values()))},
)
def show(plan_id: str, query: FormatQuery) -> Response:
    """Show a stored plan."""
    wanted = query.format or _accepted()
    document = stored(plan_id)
    name = f'attachment; filename="plugsure-{plan_id}.{wanted}"'
    headers = {"Vary": "Accept"}
    if wanted == "json":
        return json_answer(document, headers=headers)
    headers["Content-Disposition"] = name
    if wanted == "geojson":
        return json_answer(plan_to_geojson(document), headers=headers, media=FORMATS[wanted])
    data = plan_to_gpx(document) if wanted == "gpx" else plan_to_ics(document)
    return Response(data, headers=headers, content_type=FORMATS[wanted] + "; charset=utf-8")


def _accepted() -> str:
    best = request.accept_mimetypes.best_match(list(MEDIA))
    if not request.accept_mimetypes:
        return "json"
    if best is None:
        raise Refused(406, "no-such-format", f"plans come as {', '.join(MEDIA)}")
    return MEDIA[best]


@door.opens(
    "POST",
    "/v1/plans/<plan_id>/verify",
    summary="Check a stored plan against the world as it is now",
    scope="plan",
    answers={200: Answer(says="What the check found", model=VerifyAnswer)},
)
def check(plan_id: str) -> Response:
    """Check a stored plan."""
    return json_answer(_checked(plan_id))


@door.opens(
    "GET",
    "/v1/plans/<plan_id>/choices",
    summary="Why a stored plan stops where it does: for each stop the next best choice",
    scope="plan",
    answers={200: Answer(says="The choices, on the world as it is now", model=ChoicesAnswer)},
)
def choices(plan_id: str) -> Response:
    """Tell of each stop of a stored plan the next best choice."""
    world = office().world
    told = explain(world, with_tokens(plan_from_json(stored(plan_id))))
    found = [choice_to_json(choice) for choice in told.choices]
    return json_answer({"plan": plan_id, "world": world.hash, "choices": found})


def _checked(plan_id: str) -> dict[str, Any]:
    used = office()
    world = used.world
    held = with_tokens(plan_from_json(stored(plan_id)))
    broken = verify(world, at_clock(held, used.clock()))
    sealed = is_sealed(held.mission.wallet)
    return {
        "plan": plan_id,
        "holds": not broken,
        "world": world.hash,
        "broken": claims_to_json(broken),
        "unchecked": ["rules that compare a token's uid: it is no longer kept"] if sealed else [],
    }


def at_clock(held: Plan, now: float) -> Plan:
    """Return the plan as of now: statuses age by the clock, not by the hour it was made."""
    return replace(held, mission=replace(held.mission, now=max(now, held.mission.now)))


def with_tokens(held: Plan) -> Plan:
    """Put the clear tokens back where they are still kept."""
    try:
        return office().with_tokens(held)
    except PlugsureError:
        return held


@door.opens(
    "GET",
    "/v1/plans/<plan_id>/events",
    summary="Whether the plan still holds, as server-sent events: `ok`, `broken`, `replanned`",
    scope="plan",
    answers={200: Answer(says="Events", media=("text/event-stream",))},
)
def events(plan_id: str) -> Response:
    """Tell whether a plan holds, whenever the world has changed, and what takes its place."""
    stored(plan_id)
    used = office()
    return stream(
        services().options,
        claim_events(
            lambda: _checked(plan_id),
            lambda: used.world.snapshot.sequence,
            lambda: used.store.fleet_plans.replaced_by(plan_id),
        ),
    )


@door.opens(
    "POST",
    "/v1/plans/<plan_id>/outcome",
    summary="What happened at a stop; if it failed, the trip from there, proven anew",
    scope="plan",
    body=OutcomeRequest,
    answers={
        200: Answer(says="The trip from there, or that a success was noted", model=OutcomeAnswer),
        422: PLANNED[422],
    },
)
def outcome(plan_id: str, body: OutcomeRequest) -> Response:
    """Keep what happened at a stop, and go on from there if it failed."""
    used = office()
    former = used.with_tokens(plan_from_json(stored(plan_id)))
    now = used.clock()
    failed = find_stop(former, body.evse_id, now if body.at is None else body.at)
    if failed is None:
        raise NotFound("the plan has no such stop or fallback", place="/evse_id")
    proves = body.outcome != "ok" or can_have_been_at(former, failed.stop, now)
    if proves:
        record(used.store.knowledge, former, failed.stop, body.outcome, now)
    if body.outcome == "ok":
        noted = NotedAnswer(plan=plan_id, evse_id=body.evse_id, outcome="ok", recorded=proves)
        return json_answer(noted.model_dump())
    onward = mission_from(former, failed, now=now, at=body.at, soc=body.soc)
    world = used.fresh_world()
    use = used.store.fleet_plans.get(plan_id)
    if use is not None:
        onward = replace(onward, taken=Dispatch(used, now).taken(onward, plan_id))
    promised = failed.stop.fallbacks[0].stop.station_id if failed.stop.fallbacks else ""
    made = plan_onward(
        world,
        onward,
        promised,
        wished=former.mission.guarantee.fallbacks,
        planned_at=former.mission.now,
    )
    answer = _answer(made, replaces=plan_id)
    if isinstance(made, Plan) and use is not None:
        Dispatch(used, now).take_place(use, made)
    elif isinstance(made, Plan):
        ends = made.summary.arrival
        used.store.fleet_plans.note_replaced(plan_id, made.id, until=ends)
    return answer
