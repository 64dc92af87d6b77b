"""An index of named things in SQLite: written once in order of their weight, then only read.

The numbers of entries run from the heaviest to the lightest, so that a search that stops early has
seen what matters most. Names are kept three ways: folded and whole, for what is spelled right; as
words in a full-text index, for what is typed in part; and as boxes, for what lies near.
"""

import hashlib
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from planner.model.geo import BBox, LonLat
from planner.roads.spelling import fold, fold_digraphs, words_of

FORMAT = "1"
"""Of the tables; a reader builds anew what has another."""

_BATCH = 20_000
"""Entries that are written at a time, so that memory does not grow with their rows."""

CELL_DEGREES = 0.1
"""Side of the cells by which what is near is found among many of the same name."""

_TABLES = """
CREATE TABLE facts (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE entry (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL, kind TEXT NOT NULL, country TEXT NOT NULL,
    within TEXT NOT NULL, lon REAL NOT NULL, lat REAL NOT NULL, population INTEGER NOT NULL,
    weight REAL NOT NULL, main TEXT NOT NULL, others TEXT NOT NULL, ref TEXT NOT NULL, roads BLOB
);
CREATE TABLE spelling (
    key TEXT NOT NULL, entry INTEGER NOT NULL, PRIMARY KEY (key, entry)
) WITHOUT ROWID;
CREATE VIRTUAL TABLE words USING fts5(
    name, within, cell, content='', detail='column', prefix='1 2 3',
    tokenize='unicode61 remove_diacritics 0'
);
CREATE VIRTUAL TABLE vocabulary USING fts5vocab(words, 'col');
CREATE VIRTUAL TABLE settled USING rtree(id, west, east, south, north);
CREATE VIRTUAL TABLE along USING rtree(id, west, east, south, north);
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A named thing, before it is indexed.

    Attributes
    ----------
    name, kind, country, within : str
        ``within`` is the settlement of a street, quarter or charger, else empty.
    location : LonLat
    population : int
        0 where it is not told.
    weight : float
        How likely it is meant: the decimal logarithm of its population, or what compares with it.
    aliases : tuple of str
        Other names.
    ref : str
        What its owner calls it; not searched.
    settled : bool
        Whether it names the points around it.
    roads : bytes
        Of a street, its edges as `planner.roads.streets` packs them; its box is ``box``.
    box : BBox, optional
    """

    name: str
    kind: str
    country: str
    location: LonLat
    weight: float
    within: str = ""
    population: int = 0
    aliases: tuple[str, ...] = ()
    ref: str = ""
    settled: bool = False
    roads: bytes = b""
    box: BBox | None = None


def order_of(entry: Entry) -> tuple[float, str, LonLat]:
    """Return what entries are sorted by before they are written: the heaviest first."""
    return -entry.weight, entry.name, entry.location


def write_index(
    database: sqlite3.Connection,
    ordered: Iterable[Entry],
    facts: dict[str, str],
) -> None:
    """Make the tables and fill them with entries in the order of `order_of`, a batch at a time.

    ``content`` among the facts is a hash of all entries.
    """
    database.executescript(
        "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -65536;" + _TABLES
    )
    with database:
        numbered = enumerate(ordered)
        while batch := list(islice(numbered, _BATCH)):
            insert(database, batch)
        known = facts | {"format": FORMAT, "content": content_hash(database)}
        database.executemany("INSERT INTO facts VALUES (?, ?)", sorted(known.items()))
    with database:
        database.execute("INSERT INTO words (words) VALUES ('optimize')")
    database.execute("PRAGMA optimize")


def content_hash(database: sqlite3.Connection) -> str:
    """Return the SHA-256 of all entries in their order."""
    said = hashlib.sha256()
    for row in database.execute("SELECT * FROM entry ORDER BY id"):
        said.update(repr(row).encode())
    return said.hexdigest()


def insert(database: sqlite3.Connection, numbered: Iterable[tuple[int, Entry]]) -> None:
    """Add entries under their numbers."""
    rows, keys, words, settled, along = [], [], [], [], []
    for number, entry in numbered:
        main, others = _keys(entry)
        lon, lat = entry.location
        place = (entry.name, entry.kind, entry.country, entry.within, lon, lat, entry.population)
        told = (entry.weight, _listed(main), _listed(others), entry.ref, entry.roads or None)
        rows.append((number, *place, *told))
        keys += [(key, number) for key in (*main, *others)]
        words.append((number, *indexed_words(entry, main, others)))
        if entry.settled:
            settled.append((number, lon, lon, lat, lat))
        if entry.box is not None:
            west, south, east, north = entry.box
            along.append((number, west, east, south, north))
    database.executemany("INSERT INTO entry VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
    database.executemany("INSERT INTO words (rowid, name, within, cell) VALUES (?, ?, ?, ?)", words)
    keys.sort()
    database.executemany("INSERT INTO spelling VALUES (?, ?)", keys)
    database.executemany("INSERT INTO settled VALUES (?, ?, ?, ?, ?)", settled)
    database.executemany("INSERT INTO along VALUES (?, ?, ?, ?, ?)", along)


def delete(database: sqlite3.Connection, numbered: Iterable[tuple[int, Entry]]) -> None:
    """Take entries out again, given as they were added."""
    for number, entry in numbered:
        main, others = _keys(entry)
        database.execute("DELETE FROM entry WHERE id = ?", (number,))
        pairs = [(key, number) for key in (*main, *others)]
        database.executemany("DELETE FROM spelling WHERE key = ? AND entry = ?", pairs)
        database.execute(
            "INSERT INTO words (words, rowid, name, within, cell) VALUES ('delete', ?, ?, ?, ?)",
            (number, *indexed_words(entry, main, others)),
        )


def empty_index() -> sqlite3.Connection:
    """Return an index in memory without entries, to be filled by `insert`; not thread-safe."""
    database = sqlite3.connect(":memory:", check_same_thread=False)
    database.executescript(_TABLES)
    return database


def indexed_words(entry: Entry, main: list[str], others: list[str]) -> tuple[str, str, str]:
    """Return the words by which an entry is found: of its names, its settlement, its cell."""
    names = dict.fromkeys(word for key in (*main, *others) for word in words_of(key))
    joined = [key.replace(" ", "") for key in main if entry.settled and " " in key]
    cell = cell_of(entry.location)
    return " ".join((*names, *joined)), " ".join(words_of(fold(entry.within))), cell


def cell_of(point: LonLat) -> str:
    """Return the word of the cell in which a point lies."""
    return f"c{int((point.lon + 180) / CELL_DEGREES)}x{int((point.lat + 90) / CELL_DEGREES)}"


def cells_around(point: LonLat) -> Iterator[str]:
    """Yield the words of the cell of a point and of the eight around it."""
    for column in (-1, 0, 1):
        for row in (-1, 0, 1):
            yield cell_of(LonLat(point.lon + column * CELL_DEGREES, point.lat + row * CELL_DEGREES))


def _keys(entry: Entry) -> tuple[list[str], list[str]]:
    """Return the folded spellings of an entry's name, and of its other names."""
    main = _spellings(entry.name)
    others = dict.fromkeys(key for alias in entry.aliases for key in _spellings(alias))
    return list(main), [key for key in others if key not in main]


def _spellings(name: str) -> dict[str, None]:
    keys = (fold(name),) if name.isascii() else (fold(name), fold_digraphs(name))
    return dict.fromkeys(key for key in keys if key)


def _listed(keys: list[str]) -> str:
    """Return spellings in one text, each after and before a line's end; empty for none."""
    return "\n" + "\n".join(keys) + "\n" if keys else ""
