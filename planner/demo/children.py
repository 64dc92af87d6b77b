"""The demo's processes, each on a leash: they stop when the demo stops, however it does."""

import json
import os
import select
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from time import monotonic
from types import TracebackType
from typing import Self

from planner.demo import leash
from planner.errors import PlugsureError

LAST_LINES = 15
"""How much of a log is shown when a process ended early."""


class ChildFailed(PlugsureError):  # noqa: N818 -- named as users read it
    """A process of the demo ended, or did not start in time."""

    code = "demo-failed"
    title = "The demo could not run"


class Child:
    """One process on a leash, its errors in a log.

    Parameters
    ----------
    name : str
        For messages and the log's name.
    command : sequence of str
        What to run.
    environment : mapping
        Added to this process's own.
    logs : Path
        The folder of logs.
    """

    def __init__(
        self, name: str, command: Sequence[str], environment: Mapping[str, str], logs: Path
    ) -> None:
        self.name = name
        self.log = logs / f"{name}.log"
        logs.mkdir(parents=True, exist_ok=True)
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(  # noqa: S603 -- our own commands
                [sys.executable, "-S", leash.__file__, *command],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                env={**os.environ, **environment},
                start_new_session=True,
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        """Of the leash."""
        return self._process.pid

    def demand_alive(self) -> None:
        """Raise ChildFailed, with the end of its log, if the process has ended."""
        status = self._process.poll()
        if status is not None:
            raise ChildFailed(
                f"the process {self.name} ended with status {status}:\n{self._last_words()}",
                place=str(self.log),
                remedy="The log has the rest",
            )

    def read_line(self, timeout_s: float) -> dict[str, int]:
        """Return the JSON object in the next line of its standard output."""
        pipe = self._process.stdout
        if pipe is None:
            raise ValueError("the process has no standard output")
        until = monotonic() + timeout_s
        while monotonic() < until:
            if select.select([pipe], [], [], 0.05)[0]:
                line = pipe.readline()
                if line:
                    read: dict[str, int] = json.loads(line)
                    return read
            self.demand_alive()
        raise ChildFailed(
            f"the process {self.name} said nothing in {timeout_s:g} s", place=str(self.log)
        )

    def stop(self) -> None:
        """Let go of the leash and wait until the process and its own are gone."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            self._process.wait(leash.GRACE_S + 4)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()

    def _last_words(self) -> str:
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()
        return "\n".join(lines[-LAST_LINES:])
