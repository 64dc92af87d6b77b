"""Batches: many missions in, their results by and by."""

import os
import secrets
from collections.abc import Iterator
from typing import Annotated, Any, Literal

from flask import Response, current_app, g, request, stream_with_context
from pydantic import BaseModel, ConfigDict, Field

from planner.errors import DataError, InputError
from planner.faces.api.answers import Problem
from planner.faces.api.doors import JSON, Answer, Door, json_answer, office, services
from planner.faces.api.events import Event, stream
from planner.faces.api.openapi import PROBLEM_MEDIA
from planner.faces.api.options import ApiOptions
from planner.faces.api.problems import Refused
from planner.faces.api.runner import ENDED, BatchRunner, result_rows
from planner.faces.api.trip_answers import Said, Time
from planner.faces.office import Office
from planner.faces.results import MEDIA, write_results
from planner.formats.missions import read_mission_bytes
from planner.formats.result_books import XLSX
from planner.formats.stamps import stamp
from planner.store.plans import Batch, Quota

door = Door("batches", "Batches")

RUNNER = "plugsure-batches"
KINDS = {JSON: "json", "application/x-ndjson": "ndjson", "text/csv": "csv", XLSX: "xlsx"}


class BatchAnswer(Said):
    """A batch's state and counts; ``left_s`` is an estimate, null before there is one."""

    id: str
    created: Time
    state: Literal["queued", "running", "done", "cancelled", "failed"]
    missions: int
    done: int
    failed: int
    left_s: float | None
    warnings: list[str]
    results: str


class BatchesAnswer(Said):
    """Batches, the newest first."""

    batches: list[BatchAnswer]


class BatchesQuery(BaseModel):
    """How many."""

    model_config = ConfigDict(extra="forbid")

    limit: Annotated[int, Field(ge=1, le=1000)] = 50


class ResultsQuery(BaseModel):
    """Which form; else `Accept` decides."""

    model_config = ConfigDict(extra="forbid")

    format: Literal["ndjson", "csv", "geojson", "xlsx"] | None = None


class BatchQuery(BaseModel):
    """How the vehicles of a batch share what there is."""

    model_config = ConfigDict(extra="forbid")

    queueing: Annotated[
        Literal["first_come", "priority", "improve", "ignore"],
        Field(
            description="In which order missions take EVSEs, so that none queues behind another: "
            "as they stand, the most urgent first, improved until the total lateness no longer "
            "falls; or ignore it"
        ),
    ] = "first_come"
    gap: Annotated[
        bool,
        Field(
            description="Whether each plan tells in `summary.gap` how far it may be from the best, "
            "and is looked for once more where that is far: three times the work. Else it is null"
        ),
    ] = False
    ledger: Annotated[
        bool,
        Field(
            description="Whether each plan lists the stations that it left out, and why; else it "
            "only counts them"
        ),
    ] = False
    timezone: Annotated[
        str,
        Field(
            max_length=64,
            description="Time zone of a table's times that name no offset, such as Europe/Paris; "
            "else that of each mission's start. The batch's `warnings` tell which was taken",
        ),
    ] = ""
    resume: Annotated[
        str | None,
        Field(
            max_length=64,
            description="An earlier batch: what it has finished of the same missions, by id and "
            "input, is taken from it and not planned again",
        ),
    ] = None


def make_runner(used: Office, options: ApiOptions) -> BatchRunner:
    """Make the runner of an app; its thread starts with the first batch, or with `serve`."""
    return BatchRunner(used, options.batch_workers or os.cpu_count() or 1)


@door.opens(
    "POST",
    "/v1/batches",
    summary="Plan many missions",
    scope="batch",
    raw=tuple(KINDS),
    query=BatchQuery,
    largest="most_batch_bytes",
    answers={
        202: Answer(says="Taken; `Location` is its address", model=BatchAnswer),
        404: Answer(
            says="There is no batch to resume of that id", model=Problem, media=(PROBLEM_MEDIA,)
        ),
    },
)
def create(query: BatchQuery) -> Response:
    """Take a batch."""
    data, kind = request.get_data(), KINDS[request.mimetype]
    try:
        missions = read_mission_bytes(data, kind, "missions", zone=query.timezone)
    except DataError as error:
        raise InputError.of(error.faults) from error
    most = services().options.most_missions
    if not 0 < len(missions.rows) <= most:
        count = len(missions.rows)
        raise InputError(f"holds {count} missions; 1 to {most} are taken", place="missions")
    used = office()
    if query.resume is not None:
        used.store.batches.get(query.resume)
    now = used.clock()
    name = secrets.token_hex(12)
    warnings = "\n".join(missions.warnings)
    _demand_room(len(missions.rows))
    over = used.store.batches.create(
        name,
        warnings.encode(),
        created=now,
        size=len(missions.rows),
        caller=g.caller,
        quota=_quota(),
    )
    if over is not None:
        wait = f"{over.wait_s:.0f}"
        raise Refused(429, "quota-reached", over.detail, {"Retry-After": wait})
    runner: BatchRunner = current_app.extensions[RUNNER]
    options = {"now": now, **query.model_dump()}
    runner.submit(name, data, kind, options)
    return json_answer(_said(name), 202, {"Location": f"/v1/batches/{name}"})


def _quota() -> Quota:
    options = services().options
    return Quota(in_flight=options.most_missions_in_flight, per_day=options.most_missions_a_day)


def _demand_room(count: int) -> None:
    """Refuse outright what no waiting would let in."""
    bounds = [most for most in (_quota().in_flight, _quota().per_day) if most]
    if bounds and count > min(bounds):
        detail = f"holds {count} missions; this key's quota is {min(bounds)}"
        raise InputError(detail, place="missions")


@door.opens(
    "GET",
    "/v1/batches",
    summary="The newest batches, their states and counts",
    scope="batch",
    query=BatchesQuery,
    answers={200: Answer(says="Batches, the newest first", model=BatchesAnswer)},
)
def newest(query: BatchesQuery) -> Response:
    """List batches."""
    found = office().store.batches.recent(query.limit)
    return json_answer({"batches": [_described(batch) for batch in found]})


def _said(name: str) -> dict[str, Any]:
    return _described(office().store.batches.get(name))


def _described(batch: Batch) -> dict[str, Any]:
    left = None
    if batch.state == "running" and batch.expected is not None:
        left = round(max(batch.expected - office().clock(), 0.0), 1)
    return {
        "id": batch.id,
        "created": stamp(batch.created),
        "state": batch.state,
        "missions": batch.size,
        "done": batch.done,
        "failed": batch.failed,
        "left_s": left,
        "warnings": batch.body.decode().splitlines(),
        "results": f"/v1/batches/{batch.id}/results",
    }


@door.opens(
    "GET",
    "/v1/batches/<batch_id>",
    summary="A batch's state and counts",
    scope="batch",
    answers={200: Answer(says="The state", model=BatchAnswer)},
)
def show(batch_id: str) -> Response:
    """Show how far a batch is."""
    return json_answer(_said(batch_id))


@door.opens(
    "GET",
    "/v1/batches/<batch_id>/results",
    summary="The results that are there, in the order of the missions",
    scope="batch",
    query=ResultsQuery,
    answers={200: Answer(says="Results, a row for each mission", media=tuple(MEDIA.values()))},
)
def results(batch_id: str, query: ResultsQuery) -> Response:
    """Write the results."""
    used = office()
    used.store.batches.get(batch_id)
    form = query.format or _accepted()
    rows = stream_with_context(write_results(result_rows(used, batch_id), form))
    media = MEDIA[form] if form == "xlsx" else f"{MEDIA[form]}; charset=utf-8"
    return Response(rows, content_type=media, headers={"Vary": "Accept"})


def _accepted() -> str:
    best = request.accept_mimetypes.best_match(list(MEDIA.values()))
    return next((form for form, media in MEDIA.items() if media == best), "ndjson")


@door.opens(
    "GET",
    "/v1/batches/<batch_id>/events",
    summary="Progress as server-sent events: `progress`, `end`",
    scope="batch",
    answers={200: Answer(says="Events", media=("text/event-stream",))},
)
def events(batch_id: str) -> Response:
    """Tell the progress of a batch."""
    _said(batch_id)
    return stream(services().options, _progress(batch_id))


def _progress(batch_id: str) -> Iterator[Event | None]:
    while True:
        said = _said(batch_id)
        ended = said["state"] in ENDED
        name = f"{said['done']}-{said['state']}"
        yield name, "end" if ended else "progress", said
        if ended:
            return
        yield None


@door.opens(
    "DELETE",
    "/v1/batches/<batch_id>",
    summary="Cancel a batch; results that are there stay",
    scope="batch",
    answers={200: Answer(says="The state", model=BatchAnswer)},
)
def cancel(batch_id: str) -> Response:
    """Cancel a batch."""
    used = office()
    if used.store.batches.get(batch_id).state not in ENDED:
        used.store.batches.set_state(batch_id, "cancelled")
    return json_answer(_said(batch_id))
