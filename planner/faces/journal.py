"""The journal of a batch on the command line: results as they come, so that a run can be resumed.

While a batch runs it lies beside the output as ``OUT.part``, one line of NDJSON for each result. A
line that was cut off by a crash is ignored. An NDJSON output is a journal itself; beside the other
forms, which lack the whole plans, it stays as ``OUT.ndjson``.
"""

import fcntl
import hashlib
import hmac
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from planner.errors import DataError, InputError
from planner.faces.results import form_of, write_results
from planner.fleet.jobs import Job
from planner.formats.missions import MissionRow

FINISHED = ("planned", "infeasible")
"""What is not planned again; a failed row is."""

Named = tuple[str, str]
"""What names a row: its mission's id, and its input hash. An id may stand in a file twice, which is
a fault of the second row only."""


def input_hash(row: MissionRow, job: Job, key: bytes, clock: float | None) -> str:
    """Name what a mission is planned from: the row, and what its references stand for today.

    Keyed, because a row may hold a token's uid, which could be guessed from a plain hash. The clock
    counts where it was given: by the real one, no two runs would be the same. So does the place of
    a row that has failed already: rows that say the same are told apart.
    """
    meant = [row.place]
    if job.mission is not None:
        mission = job.mission
        places = [repr(point.location) for point in mission.waypoints]
        meant = [mission.wallet.digest, repr(mission.vehicle), repr(mission.policy), *places]
    text = json.dumps([row.body, clock, meant], sort_keys=True, ensure_ascii=False)
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class Journal:
    """Where results lie until the output is whole."""

    out: Path

    @property
    def path(self) -> Path:
        """The journal's file."""
        return self.out.with_name(self.out.name + ".part")

    @property
    def kept(self) -> Path:
        """Where the results of a run that came to its end are read from by the next."""
        if form_of(self.out) == "ndjson":
            return self.out
        return self.out.with_name(self.out.name + ".ndjson")

    @contextmanager
    def held(self) -> Iterator[Self]:
        """Keep others from writing the same output meanwhile.

        Raises
        ------
        InputError
            Another process is at it.
        DataError
            Nothing can be written there.
        """
        path = self.out.with_name(f".{self.out.name}.lock")
        try:
            lock = path.open("w")
        except OSError as error:
            raise DataError(f"cannot be written: {error.strerror}", place=str(self.out)) from error
        with lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise InputError(
                    "another batch writes there just now",
                    place=str(self.out),
                    remedy="Wait for it, or choose another output",
                ) from None
            try:
                yield self
            finally:
                path.unlink(missing_ok=True)

    def start(self) -> set[Named]:
        """Begin an empty journal; that of a run which was not ended is set aside."""
        if self.path.is_file() and self.path.stat().st_size:
            self.path.replace(self.path.with_name(self.path.name + ".old"))
        self.path.write_bytes(b"")
        return set()

    def resume(self) -> set[Named]:
        """Go on with the journal, or with the output, of an earlier run; name what is done."""
        if self.path.is_file():
            self._mend()
        elif self.kept.is_file():
            draft = self.path.with_name(f".{self.path.name}.draft")
            draft.write_bytes(self.kept.read_bytes())
            draft.replace(self.path)
        else:
            self.path.write_bytes(b"")
        newest = {_named(said): said["status"] for _, said in self._lines()}
        return {name for name, status in newest.items() if status in FINISHED}

    def plans(self) -> Iterator[tuple[Named, Any]]:
        """Give the newest plan of each row that has one, as documents."""
        newest = {_named(said): offset for offset, said in self._lines()}
        for line in self._at(list(newest.values())):
            said = json.loads(line)
            if said.get("plan"):
                yield _named(said), said["plan"]

    def finish(self, order: Sequence[Named]) -> None:
        """Write the output in the missions' order, and drop the journal."""
        newest = {_named(said): offset for offset, said in self._lines()}
        offsets = [newest[name] for name in order if name in newest]
        forms = {self.kept: "ndjson", self.out: form_of(self.out)}
        for path, form in forms.items():
            draft = path.with_name(f".{path.name}.draft")
            with draft.open("wb") as written:
                for data in write_results(self._at(offsets), form):
                    written.write(data)
            draft.replace(path)
        self.path.unlink()

    def _mend(self) -> None:
        """Cut off a last line that is not whole."""
        with self.path.open("rb+") as lines:
            data = lines.read()
            lines.truncate(data.rfind(b"\n") + 1)

    def _lines(self) -> Iterator[tuple[int, dict[str, Any]]]:
        offset = 0
        with self.path.open("rb") as lines:
            for line in lines:
                begin, offset = offset, offset + len(line)
                try:
                    said = json.loads(line)
                    said["status"], said["mission_id"], said["input_hash"]
                except (ValueError, KeyError, TypeError):
                    continue
                yield begin, said

    def _at(self, offsets: Sequence[int]) -> Iterator[bytes]:
        with self.path.open("rb") as lines:
            for offset in offsets:
                lines.seek(offset)
                yield lines.readline()


def _named(said: dict[str, Any]) -> Named:
    return said["mission_id"], said["input_hash"]
