"""Which missions card advice is for: of a file, of a batch, or those that were planned last."""

import json
import time
import zlib
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path

from planner.errors import DataError, PlugsureError
from planner.faces.office import GIVEN, Office
from planner.faces.rows import jobs_of
from planner.formats.missions import read_missions
from planner.formats.plan_reading import outcome_from_json
from planner.formats.sealed import unseal
from planner.model.mission import Mission


def missions_of_file(office: Office, path: Path) -> tuple[list[Mission], list[str]]:
    """Read the missions of a file; the second list says which rows are none."""
    jobs = jobs_of(read_missions(path).rows, office.desk(time.time()))
    good = [job.mission for job in jobs if job.mission is not None]
    bad = [f"{job.mission_id}: {job.failure.faults[0]}" for job in jobs if job.failure is not None]
    if not good:
        raise DataError("holds no mission that can be planned", place=str(path))
    return good, bad


def missions_of_batch(office: Office, name: str, most: int) -> list[Mission]:
    """Read the missions of a stored batch from its results, feasible or not; NotFound if none."""
    office.store.batches.get(name)
    return list(islice(_read(office, _answers(office, name)), most))


def missions_planned_last(office: Office, most: int) -> list[Mission]:
    """Read the missions of the plans that were made last; of one mission, the newest plan."""
    bodies = (plan.body for plan in office.store.plans.recent(4 * most))
    missions = _read(office, (json.loads(body) for body in bodies))
    found: dict[str, Mission] = {}
    for number, mission in enumerate(missions):
        found.setdefault(mission.id or f"plan {number + 1}", mission)
        if len(found) == most:
            break
    return [replace(mission, id=name) for name, mission in found.items()]


def _answers(office: Office, name: str) -> Iterator[dict[str, object]]:
    """Give the plans and infeasibles of a batch; a row holds the one by its id, the other whole."""
    for row in office.store.batches.rows(name):
        said = json.loads(zlib.decompress(row.body))
        if "plan_id" in said:
            yield json.loads(office.store.plan(said["plan_id"]))
        elif "infeasible" in said:
            yield said["infeasible"]


def _read(office: Office, documents: Iterator[dict[str, object]]) -> Iterator[Mission]:
    for document in documents:
        try:
            mission = outcome_from_json(document).mission
        except PlugsureError:
            continue
        yield _with_tokens(office, mission)


def _with_tokens(office: Office, mission: Mission) -> Mission:
    """Put the clear tokens back where they are still kept; sealed ones serve nearly all rules."""
    sealed = mission.wallet
    if not sealed.tokens:
        return mission
    try:
        kept = office.store.wallets.get(sealed.id or GIVEN + sealed.digest)
        return replace(mission, wallet=unseal(sealed, kept.tokens))
    except PlugsureError:
        return mission
