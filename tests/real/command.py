"""The command line as users have it: a process of its own, with a home of its own."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MOST_MEMORY_KB = 8_000_000
"""A command that asks for more fails alone, and takes no other process of the machine with it."""

MOST_SECONDS = 280


@dataclass(frozen=True)
class Done:
    """What a command left behind."""

    status: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """Standard output as JSON; nothing else may stand there."""
        return json.loads(self.out)


@dataclass(frozen=True)
class Plugsure:
    """The command with its settings; ``database`` and ``region`` may be left to the defaults."""

    home: Path
    database: Path | None = None
    region: str | None = None

    def start(self, *args: object) -> "subprocess.Popen[str]":
        """Start a command and do not wait for it."""
        command = [sys.executable, "-m", "planner", *map(str, args)]
        return subprocess.Popen(
            ["sh", "-c", f'ulimit -v {MOST_MEMORY_KB}; exec "$@"', "sh", *command],
            env=self._environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )

    def run(self, *args: object, stdin: str = "", status: int | None = None) -> Done:
        """Run a command to its end; with ``status`` it must be that one."""
        return finish(self.start(*args), stdin=stdin, status=status)

    def _environment(self) -> dict[str, str]:
        kept = {name: text for name, text in os.environ.items() if "PLUGSURE" not in name}
        kept["PLUGSURE_HOME"] = str(self.home)
        if self.database is not None:
            kept["PLUGSURE_DATABASE"] = f"sqlite:///{self.database}"
        if self.region is not None:
            kept["PLUGSURE_REGION"] = self.region
        return kept


def finish(process: "subprocess.Popen[str]", *, stdin: str = "", status: int | None = None) -> Done:
    """Wait for a command that was started."""
    try:
        out, err = process.communicate(stdin, timeout=MOST_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        raise
    done = Done(process.returncode, out, err)
    assert "Traceback" not in err, err
    if status is not None:
        assert done.status == status, f"status {done.status}\n{out[-3000:]}\n{err[-3000:]}"
    return done


def finish_all(*processes: "subprocess.Popen[str]", status: int | None = None) -> list[Done]:
    """Wait for commands that run side by side; none is left behind where one fails."""
    try:
        return [finish(process, status=status) for process in processes]
    finally:
        for process in processes:
            if process.returncode is None:
                process.kill()
                process.communicate()
