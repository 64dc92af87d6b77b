"""``plugsure batch``: a file of missions in, a file of results out."""

import hashlib
import os
import time
from pathlib import Path

import click

from planner.errors import DataError
from planner.faces.commands.console import Time, note, office, progress_bar
from planner.faces.journal import Journal, form_of, input_hash
from planner.faces.office import key_file
from planner.faces.rows import jobs_of, outcome_text, result_line
from planner.fleet.batch import Bench, Progress, run_batch
from planner.formats.missions import read_missions


@click.command(epilog="Example: plugsure batch missions.csv --out results.ndjson --workers 4")
@click.argument("missions", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--out",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="Results: .ndjson (whole plans), .csv (a line for each), .geojson.",
)
@click.option("--workers", type=click.IntRange(1, 256), help="Processes.  [default: one a CPU]")
@click.option("--resume", is_flag=True, help="Leave out what is planned already and unchanged.")
@click.option("--as-of", type=Time(), help="The clock by which statuses age; now by default.")
@click.option("--region", metavar="NAME", help="The region to use.")
def batch(
    missions: Path,
    out: Path,
    workers: int | None,
    resume: bool,
    as_of: float | None,
    region: str | None,
) -> None:
    """Plan all MISSIONS of a .csv, .xlsx, .json or .ndjson file.

    Results stand in the order of the missions; a row that fails is told in its place and stops
    nothing. A run that was ended is gone on with by --resume.
    """
    form_of(out)
    read = read_missions(missions)
    for warning in read.warnings:
        note(warning)
    if not read.rows:
        raise DataError("holds no missions", place=str(missions))
    used = office(region)
    used.vault  # noqa: B018 -- makes the key file
    key = hashlib.sha256(key_file(used.settings).read_bytes()).digest()
    hashes = {row.mission_id: input_hash(row, key, as_of) for row in read.rows}
    journal = Journal(out)
    done = _done(journal, resume=resume)
    left = [row for row in read.rows if done.get(row.mission_id) != hashes[row.mission_id]]
    if resume:
        note(f"{len(read.rows) - len(left)} of {len(read.rows)} missions are planned already")
    jobs = jobs_of(left, used.desk(as_of or time.time()))
    used.store.close()
    bench = Bench(
        settings=used.settings,
        region=region,
        workers=workers or os.cpu_count() or 1,
        render=outcome_text,
    )
    counts = {"planned": 0, "infeasible": 0, "failed": 0}
    with progress_bar(counted=True) as shown, journal.path.open("ab") as lines:
        task = shown.add_task("planning", total=len(jobs))

        def tell(progress: Progress) -> None:
            said = f"{progress.infeasible} infeasible, {progress.failed} failed"
            shown.update(task, completed=progress.done, description=f"planning ({said})")

        for result in run_batch(bench, jobs, on_progress=tell):
            lines.write(result_line(result, input_hash=hashes[result.mission_id]))
            lines.flush()
            counts[result.status] += 1
    journal.finish([row.mission_id for row in read.rows])
    said = ", ".join(f"{count} {status}" for status, count in counts.items())
    note(f"{said}; results in {out}")


def _done(journal: Journal, *, resume: bool) -> dict[str, str]:
    """Return mission id → input hash of what need not be planned again."""
    if not resume:
        journal.start()
        return {}
    journal.adopt_output()
    journal.mend()
    return {mission_id: hashed for mission_id, (hashed, _) in journal.finished().items()}
