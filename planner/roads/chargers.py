"""Charging stations by name, town and operator, in an index that follows the snapshots."""

import threading
from collections.abc import Iterable

from planner.model.station import Station
from planner.roads.finding import Finder
from planner.roads.gazetteer import Entry, delete, empty_index, insert
from planner.roads.geonames import countries
from planner.roads.lending import MemorySource
from planner.roads.spelling import fold

_WEIGHT = 1.2
"""A station weighs as much as a small street. Source: chosen by hand."""


class ChargerNames:
    """Stations by name; a newer set of stations changes only what differs. Safe for threads.

    Stations that their operator does not publish are not indexed.
    """

    def __init__(self) -> None:
        self._database = empty_index()
        self._source = MemorySource(self._database)
        self._lock = threading.Lock()
        self._state = ""
        self._held: dict[str, tuple[int, Entry]] = {}
        self._finder = Finder(self._source)
        self._next = 0

    def __len__(self) -> int:
        return len(self._held)

    def at(self, state: str, stations: Iterable[Station]) -> Finder:
        """Return the finder over these stations; ``state`` names them, so that equal ones are kept.

        The ``ref`` of what is found is the station's id.
        """
        with self._lock:
            if state != self._state:
                self._change({s.id: _entry_of(s) for s in stations if s.publish and s.name})
                self._state = state
            return self._finder

    def _change(self, entries: dict[str, Entry]) -> None:
        gone = [key for key, (_number, entry) in self._held.items() if entries.get(key) != entry]
        new = [key for key in entries if key not in self._held or key in set(gone)]
        with self._source.borrow() as database, database:
            delete(database, [self._held.pop(key) for key in gone])
            numbered = {key: (self._next + step, entries[key]) for step, key in enumerate(new)}
            insert(database, numbered.values())
        self._held |= numbered
        self._next += len(new)
        self._finder = Finder(self._source)


def _entry_of(station: Station) -> Entry:
    by = f"{station.operator} {station.name}" if station.operator else ""
    return Entry(
        name=station.name,
        kind="charger",
        country=countries().get(fold(station.country), ""),
        within=station.city,
        location=station.location,
        weight=_WEIGHT,
        aliases=(by,) if by else (),
        ref=station.id,
    )
