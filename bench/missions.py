"""Missions a minute: on one and two processes, what a further worker costs in memory, and the API.

Run: ``python bench/missions.py [--missions 240] [--home FOLDER] [--gap]``; a JSON object a line.
Missions, vehicles and wallets are those of ``fleets.py``. CPU times are of the workers alone: on a
machine that does other things, what they would need on one of their own.
"""

import argparse
import json
import os
import re
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from fleets import NOW, build_home, draw_missions, write_missions

from planner.faces.api import ApiOptions, create_app
from planner.faces.office import Office
from planner.faces.rows import jobs_of, outcome_text
from planner.fleet.batch import Bench, run_batch
from planner.fleet.jobs import Extras
from planner.fleet.sites import site_here
from planner.formats.missions import read_missions
from planner.roads.region import open_region
from planner.settings import Settings

TICK_S = 1.0 / os.sysconf("SC_CLK_TCK")


def cpu_s(pid: int) -> float:
    """CPU time of a process. Source: proc(5), stat, utime and stime."""
    told = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(told[11]) + int(told[12])) * TICK_S


def workers_of(parent: int) -> list[int]:
    """List the processes that plan: those begun by one that this one began. Source: proc(5)."""
    begun: dict[int, list[int]] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            told = (folder / "stat").read_text().rpartition(")")[2].split()
            begun.setdefault(int(told[1]), []).append(int(folder.name))
    return sorted(pid for child in begun.get(parent, []) for pid in begun.get(child, []))


def memory_mb(pid: int, home: Path) -> tuple[float, float, float]:
    """MB of a process: of arrays mapped out of the home its part, of the rest its part, and own.

    Its own is what no other process shares: what a further worker takes.
    """
    arrays = rest = own = 0
    here = ""
    for line in Path(f"/proc/{pid}/smaps").read_text().splitlines():
        if re.match(r"[0-9a-f]+-[0-9a-f]+ ", line):
            here = line
        elif line.startswith("Pss:"):
            size = int(line.split()[1])
            if str(home) in here:
                arrays += size
            else:
                rest += size
        elif line.startswith("Private_") and str(home) not in here:
            own += int(line.split()[1])
    return arrays / 1024.0, rest / 1024.0, own / 1024.0


def measure_pool(office: Office, jobs: list[Any], workers: int, extras: Extras) -> dict[str, Any]:
    """Plan all jobs on a pool, results as text, and look at the workers at the end."""
    home = office.settings.home
    counts: dict[str, int] = {}
    size, planning = 0, 0.0
    with site_here(office.settings, office.region, office.store.snapshot()) as here:
        bench = Bench(site=here, workers=workers, render=outcome_text, extras=extras)
        warm = jobs[: 20 * workers]
        begin = 0.0
        before: dict[int, float] = {}
        told: list[tuple[float, float, float, float]] = []
        for number, result in enumerate(run_batch(bench, [*warm, *jobs]), start=1):
            if number == len(warm):
                begin = time.perf_counter()
                before = {pid: cpu_s(pid) for pid in workers_of(os.getpid())}
            elif number > len(warm):
                counts[result.status] = counts.get(result.status, 0) + 1
                size += len(result.answer or b"")
                planning += result.seconds
            if number == len(warm) + len(jobs):
                told = [(cpu_s(pid) - before[pid], *memory_mb(pid, home)) for pid in before]
        wall_s = time.perf_counter() - begin
    spent_s = sum(cpu for cpu, *_ in told)
    return {
        "workers": workers,
        "missions": len(jobs),
        **counts,
        "wall_s": round(wall_s, 1),
        "cpu_s": round(spent_s, 1),
        "missions_a_minute": round(60.0 * len(jobs) / wall_s, 1),
        "missions_a_cpu_minute": round(60.0 * len(jobs) / spent_s, 1),
        "answer_kb": round(size / len(jobs) / 1000.0, 1),
        "cpu_ms_a_mission": round(1000.0 * spent_s / len(jobs), 1),
        "arrays_pss_mb": [round(arrays, 1) for _, arrays, _, _ in told],
        "rest_pss_mb": [round(rest, 1) for _, _, rest, _ in told],
        "own_mb": [round(own, 1) for *_, own in told],
        "load": round(os.getloadavg()[0], 1),
    }


def efficiency(one: dict[str, Any], two: dict[str, Any]) -> dict[str, Any]:
    """Say how nearly two processes do twice as much: by the clock, and as if they had a CPU each.

    And what memory a further worker takes of its own.
    """
    return {
        "efficiency": round(two["missions_a_minute"] / one["missions_a_minute"] / 2.0, 2),
        "efficiency_cpu": round(one["cpu_ms_a_mission"] / two["cpu_ms_a_mission"], 2),
        "added_worker_mb": max(two["own_mb"]),
    }


def measure_api(office: Office, rows: list[Any]) -> dict[str, Any]:
    """Post the same missions one after another, in one thread, to an app in this process."""
    options = ApiOptions(open_to_loopback=True, requests_per_minute=0)
    client = create_app(office.settings, options, clock=lambda: NOW, office=office).test_client()
    own = ("mission_id", "driver")
    bodies = [{k: v for k, v in row.body.items() if k not in own} for row in rows]
    for body in bodies[:20]:
        client.post("/v1/plans", json=body)
    begin, begin_cpu = time.perf_counter(), time.process_time()
    statuses: dict[str, int] = {}
    for body in bodies:
        answer = client.post("/v1/plans", json=body)
        statuses[str(answer.status_code)] = statuses.get(str(answer.status_code), 0) + 1
    wall_s, spent_s = time.perf_counter() - begin, time.process_time() - begin_cpu
    return {
        "api": True,
        "missions": len(bodies),
        "statuses": statuses,
        "wall_s": round(wall_s, 1),
        "cpu_s": round(spent_s, 1),
        "missions_a_minute": round(60.0 * len(bodies) / wall_s, 1),
        "missions_a_cpu_minute": round(60.0 * len(bodies) / spent_s, 1),
        "load": round(os.getloadavg()[0], 1),
    }


def main() -> None:
    """Build the home if need be, and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--missions", type=int, default=240)
    parser.add_argument("--api", type=int, default=60, help="missions posted to the API")
    parser.add_argument("--gap", action="store_true", help="plans prove how far from the best")
    parser.add_argument("--ledger", action="store_true", help="plans list what they left out")
    parser.add_argument("--home", type=Path)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        home: Path = asked.home or Path(scratch) / "home"
        if not home.exists():
            build_home(home)
        settings = Settings(
            home=home, database=f"sqlite:///{home / 'plugsure.sqlite'}", region="europe"
        )
        office = Office(settings, clock=lambda: NOW, region="europe")
        table = Path(scratch) / "missions.csv"
        write_missions(
            draw_missions(open_region(settings.regions, "europe"), asked.missions), table
        )
        rows = list(read_missions(table).rows)
        jobs = jobs_of(rows, office.desk(NOW))
        extras = Extras(gap=asked.gap, ledger=asked.ledger)
        measured = [measure_pool(office, jobs, workers, extras) for workers in (1, 2)]
        for said in measured:
            print(json.dumps(said), flush=True)
        print(json.dumps(efficiency(*measured)), flush=True)
        if asked.api:
            print(json.dumps(measure_api(office, rows[: asked.api])), flush=True)


if __name__ == "__main__":
    main()
