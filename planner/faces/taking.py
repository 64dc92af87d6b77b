"""A batch of the command line taken into use: kept as one that came by the API.

It is done when all results are there, and may be done again: what is in use of the same missions,
or of the same vehicles at the time, goes out of use.
"""

import json
import secrets
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from planner.faces.dispatch import in_use, keep_plan
from planner.faces.office import Office
from planner.faces.settling import is_same_trip
from planner.fleet.jobs import Job
from planner.formats.plan_reading import plan_from_json
from planner.model.mission import Mission
from planner.store.fleet_plans import PlanInUse
from planner.store.plans import BatchRow


def take_batch(office: Office, jobs: Sequence[Job], lines: Iterable[bytes], now: float) -> str:
    """Keep results as a batch and take its plans into use; return the batch's id.

    Parameters
    ----------
    jobs : sequence of Job
        All of the batch, in its order.
    lines : iterable of bytes
        Their results as NDJSON, whole plans among them, in that order too.
    """
    name = secrets.token_hex(12)
    kept: list[BatchRow] = []
    uses: list[tuple[Mission, PlanInUse]] = []
    for number, (job, line) in enumerate(zip(jobs, lines, strict=True)):
        said = json.loads(line)
        mission, document = job.mission, said.pop("plan", None)
        if document is not None and mission is not None:
            use = _kept(office, mission, document)
            uses.append((mission, replace(use, batch=name, row=number)))
            said["plan_id"] = use.plan
        kept.append(_row(number, said))
    store = office.store
    store.batches.create(name, b"", created=now, size=len(jobs))
    store.batches.add_rows(name, kept)
    earliest = min((use.departs for _, use in uses), default=now)
    current = store.fleet_plans.ending_after(earliest)
    for mission, use in uses:
        alike = (other.plan for other in current if is_same_trip(other, mission))
        store.fleet_plans.use([use], instead_of=[plan for plan in alike if plan != use.plan])
    store.batches.set_state(name, "done")
    return name


def _kept(office: Office, mission: Mission, document: dict[str, Any]) -> PlanInUse:
    plan = replace(plan_from_json(document), mission=mission)
    keep_plan(office, plan, document)
    return in_use(plan)


def _row(number: int, said: dict[str, Any]) -> BatchRow:
    named = {"mission_id": said["mission_id"][:255], "input_hash": said.pop("input_hash")}
    body = zlib.compress(json.dumps(said).encode())
    return BatchRow(row=number, failed=said["status"] == "failed", body=body, **named)
