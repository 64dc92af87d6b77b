"""Reading OpenStreetMap files: the ways that cars may drive, and the nodes along them.

One pass over a file in its usual order (nodes before ways), with an index of node locations: in
memory for small files, in a temporary file mapped from disk for large ones, so that memory grows
with the roads and not with the file. Python sees only what the reader's own filters let through.
"""

from array import array
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import osmium
from numpy.typing import NDArray

from planner.errors import DataError, DataMissing
from planner.roads.tags import NodeFacts, WayFacts, read_node, read_way

SUFFIXES: tuple[str, ...] = (".osm.pbf", ".pbf", ".osm", ".osm.gz", ".osm.bz2")

_BYTES_A_WAY = 100.0
"""Of a PBF for each drivable way; to estimate progress only."""
_TELL_EVERY = 2_000

_IN_MEMORY, _ON_DISK = "sparse_mem_array", "sparse_file_array"
_IN_MEMORY_BYTES = 500_000_000
"""Files up to this size have their locations in memory: some twice the size of a PBF."""

_NOWHERE = 2**31 - 1
_LEAST_HELD = 0.5
_OSM_BEGAN = 2003

Progress = Callable[[str, float], None]


@dataclass(frozen=True, kw_only=True)
class OsmRoads:
    """The drivable ways of a file and their nodes.

    Attributes
    ----------
    way_first : int64[ways + 1]
        Where each way's nodes begin in ``way_node``.
    way_node : int64[references]
        Index of a node in ``lon_e7`` and so on; -1 where the file does not hold the node.
    ways : list of WayFacts
    lon_e7, lat_e7 : int32[nodes]
        Degrees in units of 1e-7.
    node_facts : dict of int to NodeFacts
        By node index: barriers, lights and the like.
    as_of : str
        Date of the data, ISO 8601; empty where the file tells none.
    """

    way_first: NDArray[np.int64]
    way_node: NDArray[np.int64]
    ways: list[WayFacts]
    lon_e7: NDArray[np.int32]
    lat_e7: NDArray[np.int32]
    node_facts: dict[int, NodeFacts]
    as_of: str


def read_osm(path: Path, progress: Progress) -> OsmRoads:
    """Read the drivable roads of an OSM file.

    Raises
    ------
    DataMissing
        There is no such file.
    DataError
        The file is cut short, no OSM file, or holds no road for cars.
    """
    if not path.is_file():
        raise DataMissing("there is no such file", place=str(path), remedy="Check the path")
    if not path.name.lower().endswith(SUFFIXES):
        raise DataError(
            "the file's name does not tell its format",
            place=str(path),
            remedy=f"Name it with one of {', '.join(SUFFIXES)}",
        )
    with _told_plainly(path), TemporaryDirectory(prefix="plugsure-") as scratch:
        found = _gather(path, scratch, progress)
    if not found.ways:
        raise DataError(
            "the file holds no road that cars may drive",
            place=str(path),
            remedy="Take an extract that was not filtered",
        )
    return _number(path, found)


@contextmanager
def _told_plainly(path: Path) -> Iterator[None]:
    """Turn what the reader raises into an error that names the file and what to do."""
    try:
        yield
    except (RuntimeError, ValueError, OSError, UnicodeDecodeError) as error:
        raise DataError(
            f"the OSM file cannot be read to its end ({error})",
            place=str(path),
            remedy="It may be cut short or of another format; download it again",
        ) from error


@dataclass
class _Found:
    """What one pass gathers; positions run over the nodes of all drivable ways."""

    refs: "array[int]" = field(default_factory=lambda: array("q"))
    lon_e7: "array[int]" = field(default_factory=lambda: array("i"))
    lat_e7: "array[int]" = field(default_factory=lambda: array("i"))
    first: "array[int]" = field(default_factory=lambda: array("q", [0]))
    ways: list[WayFacts] = field(default_factory=list)
    nodes: dict[int, NodeFacts] = field(default_factory=dict)
    newest: str = ""


def _gather(path: Path, scratch: str, progress: Progress) -> _Found:
    """Read the file once; nodes come before ways in a sorted file."""
    found = _Found()
    known: dict[WayFacts, WayFacts] = {}
    size = path.stat().st_size
    expected = size / _BYTES_A_WAY
    storage = _IN_MEMORY if size <= _IN_MEMORY_BYTES else f"{_ON_DISK},{scratch}/locations"
    kinds = osmium.osm.NODE | osmium.osm.WAY
    reader = osmium.FileProcessor(str(path), kinds).with_locations(storage)
    reader.with_filter(osmium.filter.KeyFilter("highway", "route", "barrier"))
    for seen, thing in enumerate(reader):
        if seen % _TELL_EVERY == 0:
            progress("reading the OSM file", min(0.95, len(found.ways) / expected))
        if thing.deleted:
            continue
        if thing.is_node():
            node = read_node(dict(thing.tags))
            if node is not None:
                found.nodes[thing.id] = node
        elif len(thing.nodes) >= 2:  # noqa: PLR2004 -- a line has two ends
            way = read_way(dict(thing.tags))
            if way is not None:
                _add_way(found, thing, known.setdefault(way, way))
    told = str(reader.header.get("osmosis_replication_timestamp") or "")[:10]
    found.newest = told or found.newest
    progress("reading the OSM file", 1.0)
    return found


def _add_way(found: _Found, way: Any, facts: WayFacts) -> None:
    for node in way.nodes:
        location = node.location
        found.refs.append(node.ref)
        found.lon_e7.append(location.x if location.valid() else _NOWHERE)
        found.lat_e7.append(location.y if location.valid() else _NOWHERE)
    found.first.append(len(found.refs))
    found.ways.append(facts)
    found.newest = max(found.newest, _date(way.timestamp))


def _date(timestamp: Any) -> str:
    """Return the date; OSM began in 2004, an older one stands for none."""
    return str(timestamp.date().isoformat()) if timestamp.year > _OSM_BEGAN else ""


def _number(path: Path, found: _Found) -> OsmRoads:
    """Give the nodes that the ways name numbers from 0, in order of their ids."""
    refs = np.frombuffer(found.refs, np.int64)
    ids, first_seen, place = np.unique(refs, return_index=True, return_inverse=True)
    lon_e7 = np.frombuffer(found.lon_e7, np.int32)[first_seen]
    lat_e7 = np.frombuffer(found.lat_e7, np.int32)[first_seen]
    here = lon_e7 != _NOWHERE
    if here.mean() < _LEAST_HELD:
        raise DataError(
            f"the file lacks {100 * (1 - here.mean()):.0f} % of the nodes of its roads",
            place=str(path),
            remedy="Nodes must come before ways: sort it with `osmium sort`, or make the extract "
            "again with complete ways",
        )
    tagged = np.array(sorted(found.nodes), np.int64)
    at = np.searchsorted(ids, tagged).clip(max=len(ids) - 1)
    held = ids[at] == tagged
    pairs = zip(at[held].tolist(), tagged[held].tolist(), strict=True)
    return OsmRoads(
        way_first=np.frombuffer(found.first, np.int64),
        way_node=np.where(here[place], place, -1).astype(np.int64),
        ways=found.ways,
        lon_e7=lon_e7,
        lat_e7=lat_e7,
        node_facts={index: found.nodes[ref] for index, ref in pairs},
        as_of=found.newest,
    )
