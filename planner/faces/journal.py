"""The journal of a batch on the command line: results as they come, so that a run can be resumed.

It lies beside the output as ``OUT.part``, one line of NDJSON for each result, and is gone when
the output is whole. A line that was cut off by a crash is ignored.
"""

import hashlib
import hmac
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from planner.errors import DataError
from planner.faces.results import write_results
from planner.formats.missions import MissionRow

FORMS = {".ndjson": "ndjson", ".jsonl": "ndjson", ".csv": "csv", ".geojson": "geojson"}
FORMS[".json"] = "geojson"

FINISHED = ("planned", "infeasible")
"""What is not planned again; a failed row is."""


def form_of(path: Path) -> str:
    """Return the form in which an output is written, by its extension."""
    form = FORMS.get(path.suffix.lower())
    if form is None:
        known = ", ".join(sorted(FORMS))
        raise DataError(f"results are written as {known}", place=str(path))
    return form


def input_hash(row: MissionRow, key: bytes, clock: float | None) -> str:
    """Name what a mission was planned from.

    Keyed, because a row may hold a token's uid, which could be guessed from a plain hash.
    """
    text = json.dumps([row.body, clock], sort_keys=True, ensure_ascii=False)
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class Journal:
    """Where results lie until the output is whole."""

    out: Path

    @property
    def path(self) -> Path:
        """The journal's file."""
        return self.out.with_name(self.out.name + ".part")

    def finished(self) -> dict[str, tuple[str, int]]:
        """Return mission id → (input hash, offset of the line) of what is done already."""
        done: dict[str, tuple[str, int]] = {}
        for offset, said in self._lines():
            if said["status"] in FINISHED:
                done[said["mission_id"]] = (said["input_hash"], offset)
            else:
                done.pop(said["mission_id"], None)
        return done

    def start(self) -> None:
        """Begin an empty journal."""
        self.path.write_bytes(b"")

    def mend(self) -> None:
        """Cut off a last line that is not whole."""
        if self.path.is_file():
            data = self.path.read_bytes()
            self.path.write_bytes(data[: data.rfind(b"\n") + 1])

    def finish(self, order: Sequence[str]) -> None:
        """Write the output in the missions' order, and drop the journal."""
        newest = {said["mission_id"]: offset for offset, said in self._lines()}
        offsets = [newest[mission_id] for mission_id in order if mission_id in newest]
        draft = self.out.with_name(f".{self.out.name}.draft")
        with draft.open("wb") as written:
            for data in write_results(self._at(offsets), form_of(self.out)):
                written.write(data)
        draft.replace(self.out)
        self.path.unlink()

    def adopt_output(self) -> None:
        """Take a whole NDJSON output of an earlier run for the journal."""
        if not self.path.is_file() and self.out.is_file() and form_of(self.out) == "ndjson":
            self.path.write_bytes(self.out.read_bytes())

    def _lines(self) -> Iterator[tuple[int, dict[str, Any]]]:
        if not self.path.is_file():
            return
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
