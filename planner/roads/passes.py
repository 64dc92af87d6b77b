"""Passes over an OpenStreetMap file that osmium makes alone: it filters, and writes text.

Nothing of Python runs for each object, but for the few that are looked at to tell the progress.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import osmium
from numpy.typing import NDArray

from planner.roads.tags import DRIVABLE

Progress = Callable[[str, float], None]

READING_ROADS, READING_NODES = "reading the roads", "reading the nodes"

_TELLING: tuple[tuple[str, str], ...] = (
    ("highway", "secondary"), ("highway", "tertiary"), ("highway", "primary"),
)  # fmt: skip
_BYTES_A_TELLING_WAY = 900.0
"""Of a PBF for each way of such a class; to estimate progress only."""

_TELLING_NODES = 0.02
"""Share of the roads' nodes with a tag of that key; to estimate progress only."""
_UNTOLD = 0.95

_CHOSEN_FROM_BYTES = 64_000_000
"""Smaller files hold at most some ten million nodes: writing all is cheaper than the set of ids,
which takes a bit for each id up to the highest, 1.5 GB for ids of today."""


def filter_roads(path: Path, text: Path, progress: Progress) -> str:
    """Write the ways that may be drivable and the turn restrictions as text.

    Returns
    -------
    str
        The date that the file's header tells, ISO 8601, or an empty string.
    """
    with osmium.io.Reader(str(path), osmium.osm.NOTHING) as reader:
        as_of = str(reader.header().get("osmosis_replication_timestamp") or "")[:10]
    roads = osmium.filter.TagFilter(*DRIVABLE).enable_for(osmium.osm.WAY)
    turns = osmium.filter.TagFilter(("type", "restriction")).enable_for(osmium.osm.RELATION)
    telling = osmium.filter.TagFilter(*_TELLING)
    most = path.stat().st_size / _BYTES_A_TELLING_WAY
    teller = _Teller(READING_ROADS, most, progress)
    _write(path, text, osmium.osm.WAY | osmium.osm.RELATION, roads, turns, telling, teller)
    progress(READING_ROADS, 1.0)
    return as_of


def filter_nodes(path: Path, text: Path, ids: NDArray[np.int64], progress: Progress) -> None:
    """Write the nodes of these ids as text; of a small file all its nodes."""
    size = path.stat().st_size
    filters = []
    if size >= _CHOSEN_FROM_BYTES:
        filters.append(osmium.filter.IdFilter(memoryview(ids.data)))
    telling = osmium.filter.KeyFilter("highway")
    most = len(ids) * _TELLING_NODES
    teller = _Teller(READING_NODES, most, progress)
    _write(path, text, osmium.osm.NODE, *filters, telling, teller)
    progress(READING_NODES, 1.0)


def _write(path: Path, text: Path, kinds: Any, *chain: Any) -> None:
    """Send the file through the filters; what passes all but the last two is written."""
    *filters, telling, teller = chain
    out = osmium.io.File(str(text), "opl,add_metadata=timestamp")
    with (
        osmium.SimpleWriter(out, overwrite=True) as writer,
        osmium.io.Reader(str(path), kinds) as reader,
    ):
        osmium.apply(reader, *filters, writer, telling, teller)


class _Teller(osmium.SimpleHandler):  # type: ignore[misc]  # the checker skips osmium
    """Tells the progress by what it sees."""

    def __init__(self, stage: str, most: float, progress: Progress, every: int = 200) -> None:
        super().__init__()
        self._stage, self._most, self._progress, self._every = stage, max(most, 1), progress, every
        self._seen = 0
        progress(stage, 0.0)

    def way(self, _way: Any) -> None:
        """Count a way."""
        self._count()

    def node(self, _node: Any) -> None:
        """Count a node."""
        self._count()

    def _count(self) -> None:
        self._seen += 1
        if self._seen % self._every == 0:
            self._progress(self._stage, min(self._seen / self._most, _UNTOLD))
