"""``plugsure batch``: a file of missions in, a file of results out."""

import hashlib
import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import chain
from pathlib import Path

import click

from planner.errors import DataError, InputError
from planner.faces.commands.console import Time, note, office, progress_bar
from planner.faces.dispatch import in_use
from planner.faces.journal import Journal, Named, input_hash
from planner.faces.office import Office, key_file
from planner.faces.results import form_of
from planner.faces.rows import jobs_of, result_line
from planner.faces.settling import IGNORE, Settling
from planner.faces.taking import take_batch
from planner.fleet.batch import Bench, run_batch
from planner.fleet.contention import DEFAULT_ORDER, ORDERS
from planner.fleet.jobs import Extras, Progress
from planner.fleet.sites import Site, site_here, world_at
from planner.formats.missions import read_missions
from planner.formats.plan_reading import plan_from_json
from planner.store.fleet_plans import PlanInUse
from planner.world import World

STANDARD_OUTPUT = "-"


@click.command(epilog="Example: plugsure batch missions.csv --out results.ndjson --workers 4")
@click.argument("missions", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--out",
    required=True,
    type=click.Path(dir_okay=False, allow_dash=True, path_type=Path),
    help="Results: .ndjson (whole plans), .csv (a line for each), .xlsx (with a summary), .geojson;"
    " - prints NDJSON as results come.",
)
@click.option("--workers", type=click.IntRange(1, 256), help="Processes.  [default: one a CPU]")
@click.option("--cluster", metavar="ADDRESS", help="Plan on the workers of a Dask scheduler.")
@click.option(
    "--queueing",
    type=click.Choice(ORDERS),
    default=DEFAULT_ORDER,
    show_default=True,
    help="In which order missions take charging points, so that no vehicle queues behind another; "
    "improve re-plans until the total lateness no longer falls, ignore lets them queue.",
)
@click.option(
    "--gap",
    is_flag=True,
    help="Have each plan tell how far it may be from the best: three times the work.",
)
@click.option(
    "--ledger", is_flag=True, help="Have each plan list the stations it left out, and why."
)
@click.option(
    "--take",
    is_flag=True,
    help="Keep the plans and take them into use in the end: at-risk sees them, other missions keep "
    "off what they count on.",
)
@click.option("--resume", is_flag=True, help="Leave out what is planned already and unchanged.")
@click.option(
    "--timezone",
    default="",
    metavar="ZONE",
    help="Time zone of a table's times that name no offset, such as Europe/Paris; that of each "
    "mission's start by default.",
)
@click.option("--as-of", type=Time(), help="The clock by which statuses age; now by default.")
@click.option("--region", metavar="NAME", help="The region to use.")
def batch(
    missions: Path,
    out: Path,
    workers: int | None,
    cluster: str | None,
    queueing: str,
    gap: bool,
    ledger: bool,
    take: bool,
    resume: bool,
    timezone: str,
    as_of: float | None,
    region: str | None,
) -> None:
    """Plan all MISSIONS of a .csv, .xlsx, .json (VROOM's too) or .ndjson file.

    Results stand in the order of the missions; a row that fails is told in its place and stops
    nothing. A run that was ended is gone on with by --resume.
    """
    printed = str(out) == STANDARD_OUTPUT
    if cluster is not None and workers is not None:
        raise InputError("is for processes of this machine", place="--workers")
    if printed:
        _demand_printable(resume=resume, take=take, queueing=queueing)
    else:
        _demand_takeable(take=take, queueing=queueing)
        form_of(out)
    read = read_missions(missions, zone=timezone)
    for warning in read.warnings:
        note(warning)
    if not read.rows:
        raise DataError("holds no missions", place=str(missions))
    used = office(region)
    used.vault  # noqa: B018 -- makes the key file
    key = hashlib.sha256(key_file(used.settings).read_bytes()).digest()
    jobs = jobs_of(read.rows, used.desk(as_of or time.time()))
    hashes = [input_hash(row, job, key, as_of) for row, job in zip(read.rows, jobs, strict=True)]
    names = [(job.mission_id, hashed) for job, hashed in zip(jobs, hashes, strict=True)]
    count = workers or os.cpu_count() or 1
    extras = Extras(gap=gap, ledger=ledger)
    if printed:
        with _bench(used, cluster, count) as (bench, here):
            turns = Settling(
                used, _world(here), "", jobs, range(len(jobs)), queueing, extras=extras
            )
            _plan(replace(bench, extras=extras), turns, _print, hashes)
        return
    with Journal(out).held() as journal:
        done = journal.resume() if resume else journal.start()
        left = [n for n, name in enumerate(names) if name not in done]
        if resume:
            note(f"{len(jobs) - len(left)} of {len(jobs)} missions are planned already")
        if left:
            before = _taken(journal, names, left) if resume and queueing != IGNORE else ()
            with (
                _bench(used, cluster, count) as (bench, here),
                journal.path.open("ab") as lines,
            ):

                def keep(line: bytes) -> None:
                    lines.write(line)
                    lines.flush()

                world = _world(here)
                turns = Settling(used, world, "", jobs, left, queueing, before, extras)
                _plan(replace(bench, extras=extras), turns, keep, hashes)
        journal.finish(names)
        if take:
            with journal.kept.open("rb") as results:
                name = take_batch(used, jobs, results, time.time())
            note(f"its plans are in use, as batch {name}")
    note(f"results in {out}")


def _demand_printable(*, resume: bool, take: bool, queueing: str) -> None:
    if take:
        raise InputError("needs a file with the plans to take", place="--take")
    if resume:
        raise InputError("needs a file to go on with", place="--resume")
    if queueing == "improve":
        raise InputError("needs a file: what is printed stands", place="--queueing")


def _demand_takeable(*, take: bool, queueing: str) -> None:
    if take and queueing == IGNORE:
        raise InputError("needs an order: who may queue takes nothing", place="--take")


def _taken(journal: Journal, names: Sequence[Named], left: Sequence[int]) -> list[PlanInUse]:
    """Say what the plans of an earlier run take that are not made again."""
    held = set(names) - {names[n] for n in left}
    return [in_use(plan_from_json(told)) for name, told in journal.plans() if name in held]


def _world(site: Site) -> World:
    """Open the very world that the workers plan in: what clashes is planned again here."""
    world = world_at(site)
    assert isinstance(world, World), "the site is of this machine"
    return world


@contextmanager
def _bench(used: Office, cluster: str | None, workers: int) -> Iterator[tuple[Bench, Site]]:
    snapshot = used.store.snapshot()
    used.store.close()
    with site_here(used.settings, used.region, snapshot) as here:
        del snapshot
        if cluster is None:
            yield Bench(site=here, workers=workers), here
            return
        from planner.fleet.cluster import cluster_of  # noqa: PLC0415 -- an extra

        with cluster_of(cluster, here) as (site, pool):
            yield Bench(site=site, workers=workers, pool=pool), here


def _plan(
    bench: Bench,
    turns: Settling,
    keep: Callable[[bytes], None],
    hashes: Sequence[str],
) -> None:
    """Plan what is left, and keep what stands; what is improved is kept once more."""
    states: dict[int, str] = {}
    jobs = turns.jobs
    with progress_bar(counted=True) as shown:
        task = shown.add_task("planning", total=len(jobs))

        def tell(progress: Progress) -> None:
            said = f"{progress.infeasible} infeasible, {progress.failed} failed"
            shown.update(task, completed=progress.done, description=f"planning ({said})")

        results = run_batch(replace(bench, render=turns.render), jobs, on_progress=tell)
        for row, result in chain(turns.settle(results), turns.improved()):
            keep(result_line(result, input_hash=hashes[row]))
            states[row] = result.status
    counts = Counter(states.values())
    note(", ".join(f"{counts[each]} {each}" for each in ("planned", "infeasible", "failed")))


def _print(line: bytes) -> None:
    sys.stdout.buffer.write(line)
    sys.stdout.buffer.flush()
