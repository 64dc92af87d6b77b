"""The columns after a few stations or tariffs have changed, made from those before.

Reading a country takes seconds, and a push changes one station. What did not change is taken over
by slices; a table whose shape stays keeps the very same array, so that whatever was made from it
(such as the way from stations to roads) holds on.
"""

from bisect import bisect_left
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from planner.model.station import EvseFacts, Feed, Station
from planner.ocpi.tariffs import Tariff
from planner.store.columns import (
    Columns,
    Entry,
    FactsIndex,
    first_of,
    number_facts,
    read_only,
    tariff_ids,
)
from planner.store.pricing import AD_HOC, Key, TariffRow, resolve_ids

Parts = list[np.ndarray[Any, Any]]
"""Slices of a column, in their order."""

MOST_EDITS = 2000
"""Changed stations up to which splicing is quicker than laying out all columns."""


@dataclass(frozen=True, slots=True)
class News:
    """What changed: stations by row (None: no longer seen), and the ids of tariffs."""

    stations: Mapping[int, Entry | None]
    tariff_ids: frozenset[str]


def splice(
    before: Columns,
    news: News,
    feeds: Mapping[int, Feed],
    tariff_rows: Mapping[int, TariffRow],
) -> Columns:
    """Give the columns after the news."""
    columns = _splice_stations(before, news.stations)
    changed = _mentions(before, news.stations)
    if changed:
        columns = replace(columns, mentions=before.mentions | changed)
    names = news.tariff_ids | changed.keys()
    touched = {key for key, entry in news.stations.items() if entry is not None}
    if names:
        columns, turned = _price(columns, names, feeds, tariff_rows)
        touched |= turned
    return _compact(_number(columns, touched))


@dataclass(frozen=True, slots=True, order=True)
class _Edit:
    """At a place: insert before it (``takes`` 0), or put in the place of what is there (1)."""

    place: int
    takes: int
    station_id: str
    key: int


def _splice_stations(before: Columns, news: Mapping[int, Entry | None]) -> Columns:
    edits = sorted(_edits(before, news))
    if not edits:
        return before
    if all(_keeps_shape(before, edit, news[edit.key]) for edit in edits):
        return _replace_in_place(before, edits, news)
    return _lay_out(before, edits, news)


def _edits(before: Columns, news: Mapping[int, Entry | None]) -> Iterable[_Edit]:
    for key, entry in news.items():
        number = before.numbers.get(key)
        if number is not None:
            yield _Edit(number, 1, before.stations[number].id, key)
        elif entry is not None:
            place = bisect_left(before.stations, entry.station.id, key=_id)
            yield _Edit(place, 0, entry.station.id, key)


def _id(station: Station) -> str:
    return station.id


def _keeps_shape(before: Columns, edit: _Edit, entry: Entry | None) -> bool:
    if not edit.takes or entry is None:
        return False
    old = before.stations[edit.place]
    return len(old.evses) == len(entry.codes)


def _replace_in_place(
    before: Columns, edits: Sequence[_Edit], news: Mapping[int, Entry | None]
) -> Columns:
    """Put stations in the place of others with as many EVSEs."""
    stations, names = list(before.stations), list(before.names)
    status, status_at = before.status.copy(), before.status_at.copy()
    silence_s = before.silence_s.copy()
    lon, lat = before.lon, before.lat
    for edit in edits:
        entry = news[edit.key]
        assert entry is not None
        where = slice(before.first[edit.place], before.first[edit.place + 1])
        if stations[edit.place].location != entry.station.location:
            lon, lat = lon.copy(), lat.copy()
            lon[edit.place], lat[edit.place] = entry.station.location
        stations[edit.place], names[edit.place] = entry.station, entry.name
        status[where], status_at[where] = entry.codes, entry.times
        silence_s[where] = entry.silences_s
    return replace(
        before,
        stations=tuple(stations),
        names=tuple(names),
        lon=read_only(lon),
        lat=read_only(lat),
        status=read_only(status),
        status_at=read_only(status_at),
        silence_s=read_only(silence_s),
    )


def _lay_out(before: Columns, edits: Sequence[_Edit], news: Mapping[int, Entry | None]) -> Columns:
    """Cut out what goes, and put in what comes, at its place in the order of ids."""
    stations: list[Station] = []
    names: list[bytes] = []
    keys: list[int] = []
    lon, lat, counts = Parts(), Parts(), Parts()
    status, status_at, silence_s, facts_of = Parts(), Parts(), Parts(), Parts()
    old_counts = np.diff(before.first)

    def take(begin: int, end: int) -> None:
        stations.extend(before.stations[begin:end])
        names.extend(before.names[begin:end])
        keys.extend(before.keys[begin:end])
        lon.append(before.lon[begin:end])
        lat.append(before.lat[begin:end])
        counts.append(old_counts[begin:end])
        where = slice(before.first[begin], before.first[end])
        status.append(before.status[where])
        status_at.append(before.status_at[where])
        silence_s.append(before.silence_s[where])
        facts_of.append(before.facts_of[where])

    cursor = 0
    for edit in edits:
        take(cursor, edit.place)
        entry = news[edit.key]
        if entry is not None:
            stations.append(entry.station)
            names.append(entry.name)
            keys.append(edit.key)
            lon.append(np.array([entry.station.location.lon]))
            lat.append(np.array([entry.station.location.lat]))
            counts.append(np.array([len(entry.codes)], dtype=old_counts.dtype))
            status.append(np.array(entry.codes, dtype=np.int8))
            status_at.append(np.array(entry.times, dtype=np.float64))
            silence_s.append(np.array(entry.silences_s, dtype=np.float64))
            facts_of.append(np.zeros(len(entry.codes), dtype=np.int32))
        cursor = edit.place + edit.takes
    take(cursor, len(before.stations))
    all_counts = np.concatenate(counts)
    return replace(
        before,
        stations=tuple(stations),
        names=tuple(names),
        keys=tuple(keys),
        numbers={key: number for number, key in enumerate(keys)},
        first=first_of(all_counts),  # type: ignore[arg-type] # an array is a sequence of int here
        evse_station=read_only(np.repeat(np.arange(len(stations), dtype=np.int32), all_counts)),
        lon=read_only(np.concatenate(lon)),
        lat=read_only(np.concatenate(lat)),
        status=read_only(np.concatenate(status)),
        status_at=read_only(np.concatenate(status_at)),
        silence_s=read_only(np.concatenate(silence_s)),
        facts_of=read_only(np.concatenate(facts_of)),
    )


def _mentions(before: Columns, news: Mapping[int, Entry | None]) -> dict[str, frozenset[int]]:
    """Say of each tariff id which stations mean it now, where that has changed."""
    changed: dict[str, set[int]] = {}

    def of(name: str) -> set[int]:
        if name not in changed:
            changed[name] = set(before.mentions.get(name, ()))
        return changed[name]

    for key, entry in news.items():
        number = before.numbers.get(key)
        old = tariff_ids(before.stations[number]) if number is not None else set()
        new = tariff_ids(entry.station) if entry is not None else set()
        for name in old - new:
            of(name).discard(key)
        for name in new - old:
            of(name).add(key)
    return {name: frozenset(keys) for name, keys in changed.items()}


def _price(
    columns: Columns,
    names: Collection[str],
    feeds: Mapping[int, Feed],
    tariff_rows: Mapping[int, TariffRow],
) -> tuple[Columns, set[int]]:
    """Find anew the tariffs of these ids.

    Returns
    -------
    (columns, rows of the stations for which a tariff has begun or ceased to mean a contract)
    """
    meant = {columns.numbers[key] for name in names for key in columns.mentions.get(name, ())}
    about = [columns.stations[number] for number in sorted(meant)]
    found = resolve_ids(tariff_rows, feeds, names, about)
    kept = {key: tariff for key, tariff in columns.tariffs.items() if key[1] not in names}
    tariffs = kept | found
    turned = {
        key
        for party, name in _turned(columns.tariffs, tariffs, names)
        for key in columns.mentions.get(name, ())
        if columns.stations[columns.numbers[key]].party == party
    }
    return replace(columns, tariffs=tariffs), turned


def _turned(old: Mapping[Key, Tariff], new: Mapping[Key, Tariff], names: Iterable[str]) -> set[Key]:
    """Name the tariffs that have begun or ceased to price charging with a contract."""
    wanted = set(names)
    keys = {key for key in (*old, *new) if key[1] in wanted}
    return {key for key in keys if _is_contract(old.get(key)) != _is_contract(new.get(key))}


def _is_contract(tariff: Tariff | None) -> bool:
    return tariff is not None and tariff.type != AD_HOC


def _number(columns: Columns, touched: Iterable[int]) -> Columns:
    """Give the touched stations the numbers of their facts."""
    index: FactsIndex = dict(columns.index)
    facts: list[EvseFacts] = list(columns.facts)
    facts_of = columns.facts_of.copy()

    def is_contract(party: str, name: str) -> bool:
        return _is_contract(columns.tariffs.get((party, name)))

    for key in touched:
        number = columns.numbers[key]
        where = slice(columns.first[number], columns.first[number + 1])
        facts_of[where] = number_facts(columns.stations[number], is_contract, index, facts)
    if len(facts) == len(columns.facts) and np.array_equal(facts_of, columns.facts_of):
        return columns
    return replace(columns, index=index, facts=tuple(facts), facts_of=read_only(facts_of))


def _compact(columns: Columns) -> Columns:
    """Leave out facts that no EVSE has any more."""
    used = np.bincount(columns.facts_of, minlength=len(columns.facts)) > 0
    if used.all():
        return columns
    numbers = np.cumsum(used, dtype=np.int32) - 1
    return replace(
        columns,
        facts=tuple(fact for fact, is_used in zip(columns.facts, used, strict=True) if is_used),
        facts_of=read_only(numbers[columns.facts_of].astype(np.int32)),
        index={key: int(numbers[n]) for key, n in columns.index.items() if used[n]},
    )
