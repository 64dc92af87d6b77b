"""Labels of charging sites, stored beside their metric, and labels of other nodes made at once.

A folder holds the labels of one metric as flat files to which sites that appear are appended; its
manifest says how far they count, so readers see all of a site or nothing of it, and the place of
an entry never changes. It has a checksum of each file, which is looked at where the file was
written to since. A label is made in 0.1 ms on a million nodes.

Labels rather than a table of legs: a leg of a table would still have to be corrected for the car,
which costs more than finding it. Measured by ``bench/any_car.py``.
"""

import fcntl
import json
import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from planner.errors import RegionDamaged
from planner.legs.exact import Arcs, arcs_of, read_only
from planner.legs.hierarchy import Customised
from planner.legs.labels import Entries, make_label

I32 = NDArray[np.int32]
I64 = NDArray[np.int64]

LAYOUT = 2
MANIFEST = "labels.json"
LOCK = "lock"
ENTRY_TYPES = {"hub": "<i4", "depth": "<u2", "weight": "<i4", "before": "<u2", "arc": "<i4"}
SIDES = ("outward", "inward")
FILES = {"nodes": "<i4"} | {
    f"{side}-{name}": dtype
    for side in SIDES
    for name, dtype in ({"end": "<i8"} | ENTRY_TYPES).items()
}
"""All files of a folder, and their types."""


@dataclass(frozen=True, eq=False)
class Book:
    """Labels of one direction: that of number i is entries ``first[i]`` up to ``first[i + 1]``."""

    first: I64
    entries: Entries

    @classmethod
    def empty(cls) -> Self:
        """Return a book without labels."""
        arrays = (np.empty(0, dtype) for dtype in ENTRY_TYPES.values())
        return cls(read_only(np.zeros(1, np.int64)), Entries.of(arrays))


class Labels(Protocol):
    """Labels of sites under one metric, however they are kept."""

    @property
    def metric(self) -> Customised:
        """The metric."""

    @property
    def maker(self) -> "LabelMaker":
        """What makes labels of other nodes."""

    def find(self, nodes: I32, *, inward: bool) -> tuple[NDArray[np.intp], Book]:
        """Numbers of the labels of nodes in a book, -1 where a node has none.

        The place of an entry in the book never changes.
        """


@dataclass(frozen=True, eq=False)
class SiteLabels:
    """Labels of the nodes of sites under one metric, in both directions.

    ``nodes`` int32[labels] are nodes of the graph, in the order in which they appeared.
    """

    metric: Customised
    nodes: I32
    outward: Book
    inward: Book

    @classmethod
    def of(cls, metric: Customised, nodes: I32) -> Self:
        """Make the labels of some nodes, in memory."""
        maker = LabelMaker(metric)
        chosen = np.asarray(nodes, np.int32)
        return cls(
            metric, chosen, maker.book(chosen, inward=False), maker.book(chosen, inward=True)
        )

    @classmethod
    def open(cls, metric: Customised, folder: Path, *, key: str) -> Self:
        """Map stored labels; empty where there are none of that ``key``.

        ``key`` names the metric's values: region, profile and closures. Raises `RegionDamaged`
        where a file is shorter than the manifest says, or holds other values.
        """
        told = _read_manifest(folder, key)
        counts = told.counts
        nodes = _map(folder / "nodes", "<i4", counts["labels"])
        books = []
        for side in SIDES:
            ends = _map(folder / f"{side}-end", "<i8", counts["labels"])
            arrays = (
                _map(folder / f"{side}-{name}", dtype, counts[side])
                for name, dtype in ENTRY_TYPES.items()
            )
            books.append(Book(read_only(np.concatenate([[0], ends])), Entries.of(arrays)))
        told.check(folder)
        return cls(metric, nodes, *books)

    @cached_property
    def maker(self) -> "LabelMaker":
        """What makes labels of other nodes."""
        return LabelMaker(self.metric)

    @cached_property
    def _sorted(self) -> tuple[I32, NDArray[np.intp]]:
        order = np.argsort(self.nodes, kind="stable")
        return self.nodes[order], order

    def find(self, nodes: I32, *, inward: bool) -> tuple[NDArray[np.intp], Book]:
        """Numbers of the labels of nodes in the book of a direction, -1 where a node has none."""
        return self.numbers(nodes), self.inward if inward else self.outward

    def numbers(self, nodes: I32) -> NDArray[np.intp]:
        """Numbers of the labels of nodes, -1 where a node has none."""
        known, order = self._sorted
        if not known.size:
            return np.full(len(nodes), -1, np.intp)
        place = np.minimum(np.searchsorted(known, nodes), known.size - 1)
        return np.where(known[place] == nodes, order[place], -1)


@dataclass(frozen=True, eq=False)
class LabelMaker:
    """Makes labels of nodes of the graph under a metric."""

    metric: Customised

    @cached_property
    def arcs(self) -> Arcs:
        """The metric's arcs, for what follows labels down to edges."""
        return arcs_of(self.metric)

    @cached_property
    def parent(self) -> I32:
        """The elimination tree."""
        return read_only(self.metric.hierarchy.parent)

    @cached_property
    def _climbs(self) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
        out, into = self.metric.outward, self.metric.inward
        first, second = (
            tuple(read_only(array) for array in (climb.first, climb.level, climb.weight))
            for climb in (out, into)
        )
        return first, second

    def book(self, nodes: I32, *, inward: bool) -> Book:
        """Make the labels of nodes in one direction."""
        if not len(nodes):
            return Book.empty()
        out, into = self._climbs
        climbs = (*into, *out) if inward else (*out, *into)
        ranks = self.metric.hierarchy.rank[nodes]
        made = [make_label(int(rank), inward, self.parent, *climbs) for rank in ranks]
        first = np.cumsum([0, *(len(label[0]) for label in made)], dtype=np.int64)
        arrays = (np.concatenate(column) for column in zip(*made, strict=True))
        return Book(read_only(first), Entries.of(arrays))


def extend_labels(metric: Customised, folder: Path, nodes: I32, *, key: str) -> int:
    """Store the labels of those nodes that the folder does not have yet; how many these were.

    What is there of another ``key`` is replaced. One process writes at a time, others wait.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with _alone(folder):
        known = SiteLabels.open(metric, folder, key=key)
        told = _read_manifest(folder, key)
        wanted = np.unique(np.asarray(nodes, np.int32))
        fresh = wanted[known.numbers(wanted) < 0]
        if not fresh.size:
            if told.marks != _marks(folder):  # all was just held against its checksums
                _write_manifest(folder, key, told)
            return 0
        made = SiteLabels.of(metric, fresh)
        told.counts["labels"] = len(known.nodes) + len(fresh)
        _append(folder, "nodes", fresh, len(known.nodes), told.sums)
        for side, old, new in zip(
            SIDES, (known.outward, known.inward), (made.outward, made.inward), strict=True
        ):
            start = int(old.first[-1])
            told.counts[side] = start + int(new.first[-1])
            _append(folder, f"{side}-end", new.first[1:] + start, len(known.nodes), told.sums)
            for name in ENTRY_TYPES:
                _append(folder, f"{side}-{name}", getattr(new.entries, name), start, told.sums)
        _write_manifest(folder, key, told)
        return int(fresh.size)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    with (folder / LOCK).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@dataclass(frozen=True, slots=True)
class _Manifest:
    """How far the files count, a checksum of each up to there, and what it was like then.

    ``marks`` are bytes, time of the last writing and of the last change, in ns.
    """

    counts: dict[str, int]
    sums: dict[str, int]
    marks: dict[str, list[int]]

    def check(self, folder: Path) -> None:
        """Hold the values of all files against their checksums, if one was written to since."""
        if self.marks == _marks(folder):
            return
        for name, dtype in FILES.items():
            values = _map(folder / name, dtype, self.counts[_counted_by(name)])
            if zlib.crc32(values.view(np.uint8).data) != self.sums[name]:
                raise _damaged(folder / name, "the values do not match their checksum")


def _counted_by(name: str) -> str:
    side, _, field = name.partition("-")
    return side if field in ENTRY_TYPES else "labels"


def _marks(folder: Path) -> dict[str, list[int]]:
    found = {}
    for name in FILES:
        with suppress(FileNotFoundError):
            told = (folder / name).stat()
            found[name] = [told.st_size, told.st_mtime_ns, told.st_ctime_ns]
    return found


def _read_manifest(folder: Path, key: str) -> _Manifest:
    path = folder / MANIFEST
    nothing = _Manifest(dict.fromkeys(("labels", *SIDES), 0), dict.fromkeys(FILES, 0), {})
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        if (told["layout"], told["key"]) != (LAYOUT, key):
            return nothing
        return _Manifest(
            {name: int(told["counts"][name]) for name in nothing.counts},
            {name: int(told["sums"][name]) for name in FILES},
            dict(told["marks"]),
        )
    except FileNotFoundError:
        return nothing
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _damaged(path, "the manifest is not what this program wrote") from error


def _write_manifest(folder: Path, key: str, told: _Manifest) -> None:
    draft = folder / f".{MANIFEST}.{os.getpid()}"
    said = {"counts": told.counts, "sums": told.sums, "marks": _marks(folder)}
    draft.write_text(json.dumps({"layout": LAYOUT, "key": key, **said}), encoding="utf-8")
    draft.replace(folder / MANIFEST)


def _map(path: Path, dtype: str, count: int) -> NDArray[Any]:
    if not count:
        return read_only(np.empty(0, dtype))
    try:
        return read_only(np.asarray(np.memmap(path, dtype, "r", shape=(count,))))
    except (OSError, ValueError) as error:
        raise _damaged(path, f"the file does not hold {count} values") from error


def _append(
    folder: Path, name: str, values: NDArray[Any], after: int, sums: dict[str, int]
) -> None:
    """Write values behind the first ``after`` ones, over what no manifest counts; sum them up."""
    path, dtype = folder / name, np.dtype(FILES[name])
    written = np.ascontiguousarray(values, dtype).tobytes()
    with path.open("r+b" if path.exists() else "w+b") as file:
        file.seek(after * dtype.itemsize)
        file.write(written)
        file.flush()
        os.fsync(file.fileno())
    sums[name] = zlib.crc32(written, sums[name])


def _damaged(path: Path, detail: str) -> RegionDamaged:
    return RegionDamaged(
        detail, place=str(path), remedy="Delete this folder; labels are then made anew"
    )
