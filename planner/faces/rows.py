"""Rows of a batch: from a file of missions to jobs, from results to rows of JSON.

The same for the command line and for the API, so that a file gives the same answer by either way.
"""

import json
from collections.abc import Sequence
from typing import Any

from planner.errors import Fault, InputError, PlugsureError
from planner.faces.faults import read_model
from planner.faces.missions import Desk, mission_of
from planner.faces.requests import MissionRequest
from planner.fleet.jobs import Failure, Job, Result
from planner.formats.missions import MissionRow, place_in_row
from planner.formats.plan_json import PROBLEM, outcome_to_json
from planner.model.plan import Outcome
from planner.world import World


def jobs_of(rows: Sequence[MissionRow], desk: Desk) -> list[Job]:
    """Make a job of each row; a row with faults becomes a job that has failed already."""
    return [_job(row, desk) for row in rows]


def _job(row: MissionRow, desk: Desk) -> Job:
    try:
        if row.faults:
            raise InputError.of(row.faults)
        request = read_model(MissionRequest, row.body)
        mission = mission_of(request, desk, row.mission_id)
        return Job(row.mission_id, mission, priority=request.priority)
    except PlugsureError as error:
        faults = tuple(_placed(fault, row) for fault in error.faults)
        return Job(row.mission_id, None, Failure(error.code, error.title, faults))


def _placed(fault: Fault, row: MissionRow) -> Fault:
    """Put the row before a JSON Pointer, so that the fault is found in the file."""
    if fault.place.startswith(row.place):
        return fault
    return Fault(place_in_row(row, fault.place), fault.detail, fault.remedy)


def outcome_text(outcome: Outcome, world: World) -> bytes:
    """Write an outcome as JSON; runs in the worker, so that the parent only passes text on."""
    return json.dumps(outcome_to_json(outcome, world.region), ensure_ascii=False).encode()


def result_document(result: Result) -> dict[str, Any]:
    """Write a result without its answer: mission, status, time, and the error of a failed one."""
    said: dict[str, Any] = {
        "mission_id": result.mission_id,
        "status": result.status,
        "seconds": round(result.seconds, 4),
    }
    if result.failure is not None:
        said["error"] = {
            "type": PROBLEM + result.failure.code,
            "title": result.failure.title,
            "detail": "; ".join(str(fault) for fault in result.failure.faults),
            "errors": [
                {"pointer": f.place, "detail": f.detail, "remedy": f.remedy}
                for f in result.failure.faults
            ],
        }
    return said


def result_line(result: Result, **more: Any) -> bytes:
    """Write a result as one line of NDJSON, the answer under its status's name."""
    head = json.dumps(result_document(result) | more, ensure_ascii=False).encode()
    if result.answer is None:
        return head + b"\n"
    name = b"plan" if result.status == "planned" else b"infeasible"
    answer: bytes = result.answer
    return head[:-1] + b', "' + name + b'": ' + answer + b"}\n"
