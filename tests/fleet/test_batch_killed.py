"""A batch that is killed outright goes on where it was: nothing is planned twice, nothing lost."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.faces.small_world import CAR, UID, make_home

COUNT = 40
HEAD = "mission_id,vehicle,wallet,from,to,soc\n"


def command(missions: Path, out: Path, *words: str) -> list[str]:
    as_of = ("--as-of", "2026-11-23T07:00:00+01:00")
    said = ("batch", str(missions), "--out", str(out), "--workers", "2", *as_of, *words)
    return [sys.executable, "-m", "planner", *said]


def processes_of(home: Path) -> list[int]:
    """All processes that work for an installation."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if os.fsencode(home) in (folder / "environ").read_bytes():
                found.append(int(folder.name))
        except OSError:
            continue
    return found


def wait_for(what: str, is_so) -> None:
    until = time.monotonic() + 120
    while not is_so():
        if time.monotonic() > until:
            pytest.fail(f"{what} did not come about")
        time.sleep(0.02)


def test_a_killed_batch_repeats_nothing_finished_and_loses_nothing(tmp_path: Path) -> None:
    settings = make_home(tmp_path / "home")
    missions, out = tmp_path / "m.csv", tmp_path / "o.csv"
    rows = (f'm{n},{CAR},anna,"11.576,48.137","11.{300 + n},47.25",0.6\n' for n in range(COUNT))
    missions.write_text(HEAD + "".join(rows) + "bad,none,anna,A,B,0.5\n")
    env = {**os.environ, "PLUGSURE_HOME": str(settings.home), "PLUGSURE_REGION": "alps"}
    journal = tmp_path / "o.csv.part"

    def lines() -> list[bytes]:
        return journal.read_bytes().splitlines(keepends=True) if journal.is_file() else []

    running = subprocess.Popen(
        command(missions, out), env=env, stderr=subprocess.DEVNULL, start_new_session=True
    )
    wait_for("a result", lambda: len(lines()) > 6)
    running.send_signal(signal.SIGKILL)
    running.wait()
    wait_for("the end of the orphans", lambda: not processes_of(settings.home))
    finished = [line for line in lines() if line.endswith(b"\n")]
    assert 6 < len(finished) < COUNT
    with journal.open("ab") as torn:  # killed in the middle of writing a result
        torn.write(finished[-1][: len(finished[-1]) // 2].replace(b'"m', b'"x'))
    done = subprocess.run(
        command(missions, out, "--resume"), env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    planned = [line for line in finished if b'"planned"' in line]
    assert f"{len(planned)} of {COUNT + 1} missions are planned already" in done.stderr
    kept = (tmp_path / "o.csv.ndjson").read_bytes().splitlines(keepends=True)
    assert [json.loads(line)["mission_id"] for line in kept] == [f"m{n}" for n in range(COUNT)] + [
        "bad"
    ]
    assert set(planned) <= set(kept), "what was finished is the very same, to the second"
    table = out.read_text("utf-8-sig").splitlines()
    assert len(table) == COUNT + 2
    assert UID not in b"".join(kept).decode() + done.stderr
    again = subprocess.run(
        command(missions, out, "--resume"), env=env, capture_output=True, text=True, check=False
    )
    assert f"{COUNT} of {COUNT + 1} missions are planned already" in again.stderr
    assert out.read_text("utf-8-sig").splitlines()[:-1] == table[:-1]
