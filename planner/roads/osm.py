"""Reading OpenStreetMap files: the ways that cars may drive, the nodes along them, restrictions.

Two passes: ways and relations, then the nodes that those ways name. In each, osmium filters the
file and writes what is left as text without a step of Python for each object, so that time and
memory grow with the roads and not with the file; ways with the same tags are read once.
"""

from array import array
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import osmium
from numpy.typing import NDArray

from planner.errors import DataError, DataMissing
from planner.roads.opl import (
    NodeLines,
    WayLines,
    node_lines,
    read_blocks,
    read_relation,
    way_lines,
)
from planner.roads.passes import filter_nodes, filter_roads
from planner.roads.reports import Report
from planner.roads.restrictions import Restriction, read_restriction
from planner.roads.tag_sets import CLOSED, NodeWords, WayWords
from planner.roads.tags import NodeFacts, WayFacts

SUFFIXES: tuple[str, ...] = (".osm.pbf", ".pbf", ".osm", ".osm.gz", ".osm.bz2")

_LEAST_HELD = 0.5
_MOST_LON_E7, _MOST_LAT_E7 = 1_800_000_000, 900_000_000
_CHUNK = 4_000_000

Progress = Callable[[str, float], None]


@dataclass(frozen=True, kw_only=True)
class OsmRoads:
    """The drivable ways of a file and their nodes.

    Attributes
    ----------
    way_id : int64[ways]
    way_first : int64[ways + 1]
        Where each way's nodes begin in ``way_node``.
    way_node : int32[references]
        Index of a node in ``lon_e7`` and so on; -1 where the file does not hold the node.
    way_facts : int32[ways]
        Index in ``facts``.
    facts : list of WayFacts
        What ways may be; each once.
    way_name : int32[ways]
        Index in ``names``.
    names : list of str
        Labels as `planner.roads.names.label_of` makes them; the first is empty.
    node_id : int64[nodes]
    lon_e7, lat_e7 : int32[nodes]
        Degrees in units of 1e-7.
    node_facts : dict of int to NodeFacts
        By node index: barriers, lights and the like.
    restrictions : list of Restriction
        Turn restrictions for cars that hold at any time.
    reports : list of Report
        What is not taken over.
    as_of : str
        Date of the data, ISO 8601; empty where the file tells none.
    """

    way_id: NDArray[np.int64]
    way_first: NDArray[np.int64]
    way_node: NDArray[np.int32]
    way_facts: NDArray[np.int32]
    facts: list[WayFacts]
    way_name: NDArray[np.int32]
    names: list[str]
    node_id: NDArray[np.int64]
    lon_e7: NDArray[np.int32]
    lat_e7: NDArray[np.int32]
    node_facts: dict[int, NodeFacts]
    restrictions: list[Restriction]
    reports: list[Report]
    as_of: str


def read_osm(path: Path, progress: Progress) -> OsmRoads:
    """Read the drivable roads of an OSM file.

    Raises
    ------
    DataMissing
        There is no such file.
    DataError
        The file is cut short, no OSM file, a history, or holds no road for cars.
    """
    if not path.is_file():
        raise DataMissing("there is no such file", place=str(path), remedy="Check the path")
    if not path.name.lower().endswith(SUFFIXES):
        raise DataError(
            "the file's name does not tell its format",
            place=str(path),
            remedy=f"Name it with one of {', '.join(SUFFIXES)}",
        )
    with TemporaryDirectory(prefix="plugsure-") as folder:
        text = Path(folder) / "filtered.opl"
        with _told_plainly(path):
            told = filter_roads(path, text, progress)
        found = _Found()
        for block in read_blocks(text):
            _gather(found, way_lines(block))
        if not found.way_id:
            raise DataError(
                "the file holds no road that cars may drive",
                place=str(path),
                remedy="Take an extract that was not filtered",
            )
        _refuse_histories(path, np.frombuffer(found.way_id, np.int64))
        refs = np.concatenate(found.refs)
        found.refs.clear()
        ids = _distinct(refs)
        _refuse_drafts(path, ids)
        with _told_plainly(path):
            filter_nodes(path, text, ids, progress)
        nodes = _Nodes.unknown(ids)
        for block in read_blocks(text):
            nodes.place(node_lines(block))
    return _number(path, found, refs, nodes, told)


@contextmanager
def _told_plainly(path: Path) -> Iterator[None]:
    """Turn what the reader raises into an error that names the file and what to do."""
    try:
        yield
    except (
        osmium.InvalidLocationError, RuntimeError, ValueError, OSError, UnicodeDecodeError
    ) as error:  # fmt: skip
        raise DataError(
            f"the OSM file cannot be read to its end ({error})",
            place=str(path),
            remedy="It may be cut short or of another format; download it again",
        ) from error


@dataclass
class _Found:
    """What the first pass gathers."""

    way_id: "array[int]" = field(default_factory=lambda: array("q"))
    count: "array[int]" = field(default_factory=lambda: array("q"))
    facts: "array[int]" = field(default_factory=lambda: array("i"))
    name: "array[int]" = field(default_factory=lambda: array("i"))
    refs: list[NDArray[np.int64]] = field(default_factory=list)
    words: WayWords = field(default_factory=WayWords)
    restrictions: list[Restriction] = field(default_factory=list)
    reports: list[Report] = field(default_factory=list)
    newest: int = 0


def _gather(found: _Found, lines: WayLines) -> None:
    """Read the tags of a block's ways, and keep those that cars may drive."""
    text, words = lines.text, found.words
    read = [words.read(text[begin:end]) for begin, end in lines.tags.tolist()]
    facts, name, report = (np.array(column, np.int32) for column in zip(*read, strict=True))
    for index in np.flatnonzero(report).tolist():
        told = words.reports[report[index]]
        found.reports.extend(Report(kind, int(lines.way[index])) for kind in told)
    kept = (facts != CLOSED) & (lines.count > 1)
    for column, values in (
        (found.way_id, lines.way), (found.count, lines.count), (found.facts, facts),
        (found.name, name),
    ):  # fmt: skip
        column.frombytes(values[kept].tobytes())
    found.refs.append(lines.ref[np.repeat(kept, lines.count)])
    found.newest = max(found.newest, lines.newest)
    for line in lines.relation:
        turn = read_restriction(*read_relation(line))
        if isinstance(turn, Report):
            found.reports.append(turn)
        else:
            found.restrictions.append(turn)


@dataclass(frozen=True, kw_only=True)
class _Nodes:
    """The nodes along the ways, in order of their ids; those not found have no place."""

    ids: NDArray[np.int64]
    lon_e7: NDArray[np.int32]
    lat_e7: NDArray[np.int32]
    here: NDArray[np.bool_]
    facts: dict[int, NodeFacts]
    reports: list[Report]
    words: NodeWords

    @classmethod
    def unknown(cls, ids: NDArray[np.int64]) -> "_Nodes":
        """Return them before any was read."""
        lon_e7, lat_e7 = np.zeros(len(ids), np.int32), np.zeros(len(ids), np.int32)
        here = np.zeros(len(ids), np.bool_)
        return cls(
            ids=ids, lon_e7=lon_e7, lat_e7=lat_e7, here=here, facts={}, reports=[],
            words=NodeWords(),
        )  # fmt: skip

    def place(self, lines: NodeLines) -> None:
        """Put the nodes of a block at their places; one that is off the globe is not there."""
        at = np.searchsorted(self.ids, lines.node).clip(max=len(self.ids) - 1)
        wanted = self.ids[at] == lines.node
        wanted &= (np.abs(lines.lon_e7) <= _MOST_LON_E7) & (np.abs(lines.lat_e7) <= _MOST_LAT_E7)
        self.lon_e7[at[wanted]], self.lat_e7[at[wanted]] = (
            lines.lon_e7[wanted],
            lines.lat_e7[wanted],
        )
        self.here[at[wanted]] = True
        tagged = np.flatnonzero(wanted & (lines.tags[:, 0] < lines.tags[:, 1]))
        for row, (begin, end) in zip(tagged.tolist(), lines.tags[tagged].tolist(), strict=True):
            facts, report = self.words.read(lines.text[begin:end])
            if facts is not None:
                self.facts[int(at[row])] = facts
            self.reports.extend(Report(kind, int(lines.node[row])) for kind in report)


def _distinct(values: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return each value once, in order; by sorting, for so many a hash table is far slower."""
    ordered = np.sort(values)
    first = np.ones(len(ordered), np.bool_)
    np.not_equal(ordered[1:], ordered[:-1], out=first[1:])
    return ordered[first]


def _refuse_histories(path: Path, ways: NDArray[np.int64]) -> None:
    if len(_distinct(ways)) < len(ways):
        raise DataError(
            "the file holds a road more than once, as a history of the map or joined extracts do",
            place=str(path),
            remedy="Take one moment of a history with `osmium time-filter`, "
            "and join extracts with `osmium merge`",
        )


def _refuse_drafts(path: Path, ids: NDArray[np.int64]) -> None:
    if len(ids) and ids[0] < 0:
        raise DataError(
            "the file holds ids below 0, as an editor gives to what it has not uploaded",
            place=str(path),
            remedy="Number it again with `osmium renumber`",
        )


def _number(
    path: Path, found: _Found, refs: NDArray[np.int64], nodes: _Nodes, as_of: str
) -> OsmRoads:
    """Say each reference by the node's index instead of its id."""
    here = nodes.here
    if here.mean() < _LEAST_HELD:
        raise DataError(
            f"the file lacks {100 * (1 - here.mean()):.0f} % of the nodes of its roads",
            place=str(path),
            remedy="Make the extract again with complete ways, as `osmium extract` does by itself",
        )
    way_node = np.empty(len(refs), np.int32)
    for begin in range(0, len(refs), _CHUNK):
        part = slice(begin, begin + _CHUNK)
        at = np.searchsorted(nodes.ids, refs[part])
        way_node[part] = np.where(here[at], at, -1)
    count = np.frombuffer(found.count, np.int64)
    newest = str(found.newest)
    date = f"{newest[:4]}-{newest[4:6]}-{newest[6:]}" if found.newest else ""
    return OsmRoads(
        way_id=np.frombuffer(found.way_id, np.int64),
        way_first=np.concatenate(([0], np.cumsum(count))),
        way_node=way_node,
        way_facts=np.frombuffer(found.facts, np.int32),
        facts=found.words.facts,
        way_name=np.frombuffer(found.name, np.int32),
        names=found.words.names,
        node_id=nodes.ids,
        lon_e7=nodes.lon_e7,
        lat_e7=nodes.lat_e7,
        node_facts=nodes.facts,
        restrictions=found.restrictions,
        reports=[*found.reports, *nodes.reports],
        as_of=as_of or date,
    )
