"""What a worker does: open the world once, plan the missions that it is handed."""

import logging
import time

from planner.errors import PlugsureError
from planner.fleet.jobs import PLAIN, Extras, Failure, Job, Render, Result, failed
from planner.fleet.sites import Missing, Site, world_at
from planner.model.plan import Plan
from planner.plan import plan
from planner.world import World

log = logging.getLogger(__name__)


def plan_jobs(
    site: Site, jobs: tuple[Job, ...], render: Render, extras: Extras = PLAIN
) -> "list[Result] | Missing":
    """Plan missions in this process; whatever goes wrong becomes a failed result.

    Results stand in the order of the jobs; their ``index`` is that within ``jobs``. Nothing is ever
    raised: an executor would log the arguments, which hold what drivers pay with.
    """
    try:
        world = world_at(site)
    except PlugsureError as error:
        failure = Failure.of(error)
    except Exception as error:
        log.exception("the world could not be opened")
        failure = _defect(error)
    else:
        if isinstance(world, Missing):
            return world
        return [plan_job(world, number, job, render, extras) for number, job in enumerate(jobs)]
    return [failed(number, job.mission_id, failure) for number, job in enumerate(jobs)]


def plan_job(world: World, index: int, job: Job, render: Render, extras: Extras = PLAIN) -> Result:
    """Plan one mission; every error becomes a failed result."""
    started = time.perf_counter()
    assert job.mission is not None, "jobs that have failed already are not planned"
    try:
        outcome = plan(world, job.mission, gap=extras.gap, ledger=extras.ledger)
        answer = render(outcome, world)
    except PlugsureError as error:
        failure = Failure.of(error)
    except Exception as error:  # one defect must not stop the batch
        log.exception("mission %s failed by a defect", job.mission_id)
        failure = _defect(error)
    else:
        status = "planned" if isinstance(outcome, Plan) else "infeasible"
        return Result(index, job.mission_id, status, answer, None, time.perf_counter() - started)
    return failed(index, job.mission_id, failure, time.perf_counter() - started)


def _defect(error: Exception) -> Failure:
    return Failure.of_ours(
        "internal-error", f"the planner failed by a defect ({type(error).__name__})"
    )
