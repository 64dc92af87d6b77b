"""The file of a region's places: made when the region is built, beside its arrays.

It has a hash of its own, of all its entries, and names the region that it was made for; one that is
of other roads is not used.
"""

import os
import sqlite3
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import suppress
from heapq import merge
from pathlib import Path

from planner.errors import RegionDamaged
from planner.roads.gazetteer import FORMAT, Entry, content_hash, order_of, write_index
from planner.roads.geonames import ATTRIBUTION
from planner.roads.graph import RoadGraph
from planner.roads.lending import FileSource, MemorySource
from planner.roads.osm_places import OsmNames
from planner.roads.progress import Progress, silent
from planner.roads.settlements import Domains, settlements_of
from planner.roads.streets import street_entries

FILE = "places.sqlite"

_EDGES_A_PLACE = 12.0
"""To estimate progress only; on the extracts at hand it is 9 to 17."""
_TOLD_EVERY, _UNTOLD = 1_000, 0.95

_REMEDY = "Build the region again with `plugsure region build`"


def entries_of(graph: RoadGraph, told: OsmNames) -> Iterator[Entry]:
    """Yield the settlements and streets of a region in their order, each made when it is due."""
    settlements = settlements_of(graph.bbox, told.places)
    streets = street_entries(graph, Domains(settlements), told.streets)
    return merge(sorted(settlements, key=order_of), streets, key=order_of)


def save_places(
    graph: RoadGraph, folder: Path, told: OsmNames, progress: Progress = silent
) -> Path:
    """Write the places of a graph into its folder in one atomic step; return the file."""
    handle, name = tempfile.mkstemp(prefix=f".{FILE}.", dir=folder)
    os.close(handle)
    fresh = Path(name)
    try:
        database = sqlite3.connect(fresh)
        try:
            entries = _telling(entries_of(graph, told), len(graph.head), progress)
            write_index(database, entries, _facts(graph))
        finally:
            database.close()
        fresh.chmod(0o644)
        return fresh.replace(folder / FILE)
    finally:
        fresh.unlink(missing_ok=True)


def make_places(graph: RoadGraph) -> FileSource | MemorySource:
    """Make the index for a graph that was saved without: in its folder, or else in memory.

    The places of its OpenStreetMap file are not known any more; those of GeoNames and the streets
    are.
    """
    told = OsmNames(streets={})
    if graph.folder is not None:
        with suppress(OSError, sqlite3.OperationalError):  # a folder that nobody may write to
            return FileSource(save_places(graph, graph.folder, told))
    return memory_of(entries_of(graph, told), _facts(graph))


def _telling(entries: Iterator[Entry], edges: int, progress: Progress) -> Iterator[Entry]:
    """Yield the entries, and tell the progress by the number that one has of so many edges."""
    most = max(edges / _EDGES_A_PLACE, 1.0)
    for number, entry in enumerate(entries):
        if number % _TOLD_EVERY == 0:
            progress("writing the places", min(number / most, _UNTOLD))
        yield entry


def memory_of(entries: Iterable[Entry], facts: dict[str, str]) -> MemorySource:
    """Index entries in memory."""
    database = sqlite3.connect(":memory:", check_same_thread=False)
    write_index(database, sorted(entries, key=order_of), facts)
    return MemorySource(database)


def open_places(graph: RoadGraph) -> FileSource | None:
    """Open the file of a region's places; None where there is none for these very roads.

    Raises
    ------
    RegionDamaged
        The file is there and is no index of places.
    """
    path = None if graph.folder is None else graph.folder / FILE
    if path is None or not path.is_file():
        return None
    source = FileSource(path)
    facts = read_facts(source)
    fits = (facts.get("format"), facts.get("region")) == (FORMAT, graph.hash)
    return source if fits else None


def read_facts(source: FileSource) -> dict[str, str]:
    """Return what the file says of itself: ``format``, ``region``, ``content``, ``attribution``."""
    try:
        with source.borrow() as database:
            return dict(database.execute("SELECT key, value FROM facts"))
    except sqlite3.DatabaseError as error:
        raise _damaged(source.path, str(error)) from error


def verify_places(path: Path) -> None:
    """Read all of the file and compare its entries with their hash.

    Raises
    ------
    RegionDamaged
        An entry is not what was written, or the file is damaged elsewhere.
    """
    source = FileSource(path)
    facts = read_facts(source)
    try:
        with source.borrow() as database:
            said = [row[0] for row in database.execute("PRAGMA integrity_check(1)")]
            found = content_hash(database)
    except sqlite3.DatabaseError as error:
        raise _damaged(path, str(error)) from error
    if said != ["ok"]:
        raise _damaged(path, said[0])
    if found != facts.get("content"):
        raise _damaged(path, "the entries do not match their hash")


def _facts(graph: RoadGraph) -> dict[str, str]:
    return {"region": graph.hash, "attribution": ATTRIBUTION}


def _damaged(path: Path, said: str) -> RegionDamaged:
    return RegionDamaged(
        f"the index of places cannot be used ({said})", place=str(path), remedy=_REMEDY
    )
