"""``plugsure batch``: a file of missions in, a file of results out."""

import hashlib
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import click

from planner.errors import DataError, InputError
from planner.faces.commands.console import Time, note, office, progress_bar
from planner.faces.journal import Journal, input_hash
from planner.faces.office import Office, key_file
from planner.faces.results import form_of
from planner.faces.rows import jobs_of, outcome_text, result_line
from planner.fleet.batch import Bench, run_batch
from planner.fleet.executors import process_pool
from planner.fleet.jobs import Job, Progress
from planner.fleet.sites import site_here
from planner.formats.missions import read_missions

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
@click.option("--resume", is_flag=True, help="Leave out what is planned already and unchanged.")
@click.option("--as-of", type=Time(), help="The clock by which statuses age; now by default.")
@click.option("--region", metavar="NAME", help="The region to use.")
def batch(
    missions: Path,
    out: Path,
    workers: int | None,
    cluster: str | None,
    resume: bool,
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
    if printed and resume:
        raise InputError("needs a file to go on with", place="--resume")
    if not printed:
        form_of(out)
    read = read_missions(missions)
    for warning in read.warnings:
        note(warning)
    if not read.rows:
        raise DataError("holds no missions", place=str(missions))
    used = office(region)
    used.vault  # noqa: B018 -- makes the key file
    key = hashlib.sha256(key_file(used.settings).read_bytes()).digest()
    jobs = jobs_of(read.rows, used.desk(as_of or time.time()))
    hashes = [input_hash(row, job, key, as_of) for row, job in zip(read.rows, jobs, strict=True)]
    count = workers or os.cpu_count() or 1
    if printed:
        with _bench(used, cluster, count) as bench:
            _plan(bench, jobs, _print, hashes)
        return
    with Journal(out).held() as journal:
        done = journal.resume() if resume else journal.start()
        left = [n for n, job in enumerate(jobs) if done.get(job.mission_id) != hashes[n]]
        if resume:
            note(f"{len(jobs) - len(left)} of {len(jobs)} missions are planned already")
        if left:
            with _bench(used, cluster, count) as bench, journal.path.open("ab") as lines:

                def keep(_index: int, line: bytes) -> None:
                    lines.write(line)
                    lines.flush()

                _plan(bench, [jobs[n] for n in left], keep, [hashes[n] for n in left])
        journal.finish([job.mission_id for job in jobs])
    note(f"results in {out}")


@contextmanager
def _bench(used: Office, cluster: str | None, workers: int) -> Iterator[Bench]:
    snapshot = used.store.snapshot()
    used.store.close()
    with site_here(used.settings, used.region, snapshot) as here:
        del snapshot
        if cluster is None:
            yield Bench(site=here, workers=workers, render=outcome_text, pool=process_pool)
            return
        from planner.fleet.cluster import cluster_of  # noqa: PLC0415 -- an extra

        with cluster_of(cluster, here) as (site, pool):
            yield Bench(site=site, workers=workers, render=outcome_text, pool=pool)


def _plan(
    bench: Bench,
    jobs: Sequence[Job],
    keep: Callable[[int, bytes], None],
    hashes: Sequence[str],
) -> None:
    counts = {"planned": 0, "infeasible": 0, "failed": 0}
    with progress_bar(counted=True) as shown:
        task = shown.add_task("planning", total=len(jobs))

        def tell(progress: Progress) -> None:
            said = f"{progress.infeasible} infeasible, {progress.failed} failed"
            shown.update(task, completed=progress.done, description=f"planning ({said})")

        for result in run_batch(bench, jobs, on_progress=tell):
            keep(result.index, result_line(result, input_hash=hashes[result.index]))
            counts[result.status] += 1
    note(", ".join(f"{count} {status}" for status, count in counts.items()))


def _print(_index: int, line: bytes) -> None:
    sys.stdout.buffer.write(line)
    sys.stdout.buffer.flush()
