"""Reading a snapshot, whole or from the one before: only what changed since is read again.

Three speeds. Nothing changed: the same snapshot. Statuses, reports or evidence changed: the same
stations and facts, new columns. Stations, tariffs or feeds changed: changed bodies are read, and
the columns built anew.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, select

from planner.model.station import Feed
from planner.ocpi.tariffs import Tariff
from planner.store.bodies import Shelf, decode, digest, encode
from planner.store.closures import read_closures
from planner.store.columns import Columns, Entry, Row, build_columns, make_entry, read_only
from planner.store.evidence import read_evidence, read_list, read_reports, read_told
from planner.store.pace import plausible_silence_s
from planner.store.pricing import TariffRow
from planner.store.snapshot import (
    Agreement,
    ClientInfo,
    RetailPrice,
    Snapshot,
)
from planner.store.sources import Source
from planner.store.splicing import MOST_EDITS, News, splice
from planner.store.tables import clock, evses, feeds, stations, tariffs
from planner.store.vault import Vault
from planner.store.winners import chunks

_LISTS = frozenset({"agreements", "prices", "client_infos"})
_EVIDENCE = frozenset({"evidence", "reports"})
_COLUMNAR = frozenset({"feeds", "stations", "tariffs"})


@dataclass(frozen=True, slots=True)
class Held:
    """What one snapshot hands to the next: rows by their database key. Never changed in place."""

    sequences: Mapping[str, int]
    shelf: Shelf
    feeds: Mapping[int, Feed]
    rows: Mapping[int, Row]
    tariffs: Mapping[int, TariffRow]
    columns: Columns
    columns_hash: bytes
    """Names all stations."""
    tariffs_hash: bytes
    """Names all tariffs."""


def read_sequence(connection: Connection) -> int:
    """Read the sequence of the last change of all."""
    return int(
        connection.execute(select(clock.c.sequence).where(clock.c.domain == "all")).scalar_one()
    )


def read_snapshot(connection: Connection, vault: Vault, previous: Snapshot | None) -> Snapshot:
    """Read what is known, within one read transaction."""
    sequences = {row.domain: row.sequence for row in connection.execute(select(clock))}
    held = previous.held if previous is not None else None
    if previous is None or not isinstance(held, Held):
        return _read_whole(connection, vault, sequences)
    changed = {domain for domain in sequences if sequences[domain] > held.sequences[domain]}
    if not changed:
        return previous
    if changed & _COLUMNAR:
        known = _read_feeds(connection)
        if not set(held.feeds) <= set(known):  # a feed is gone, and its rows with it
            return _read_whole(connection, vault, sequences)
        held = replace(held, feeds=known)
        return _read_static(connection, vault, sequences, changed, held, previous)
    return _read_moving(connection, vault, sequences, changed, held, previous)


def _read_whole(connection: Connection, vault: Vault, sequences: Mapping[str, int]) -> Snapshot:
    """Read everything."""
    shelf, feeds_known = Shelf(), _read_feeds(connection)
    rows = _changed_rows(connection, shelf, {}, -1)[0]
    tariff_rows = _changed_tariffs(connection, {}, -1)[0]
    statuses = _read_statuses(connection)
    columns = build_columns(rows, statuses, feeds_known, tariff_rows)
    held = Held(
        sequences=sequences,
        shelf=shelf,
        feeds=feeds_known,
        rows=rows,
        tariffs=tariff_rows,
        columns=columns,
        columns_hash=columns.digest,
        tariffs_hash=_tariffs_hash(feeds_known, tariff_rows),
    )
    whole = {**_read_evidence(connection, vault), "closures": read_closures(connection)}
    return _compose(held, _read_lists(connection), whole)


def _read_static(
    connection: Connection,
    vault: Vault,
    sequences: Mapping[str, int],
    changed: set[str],
    held: Held,
    previous: Snapshot,
) -> Snapshot:
    """Read the stations, tariffs and feeds that changed; carry the others over."""
    columns = held.columns
    if "statuses" in changed:
        moved = _changed_statuses(connection, held, previous)
        columns = replace(
            columns,
            status=moved["status"],
            status_at=moved["status_at"],
            silence_s=moved["status_silence_s"],
        )
    elif columns.status is not previous.status:
        columns = replace(
            columns,
            status=previous.status,
            status_at=previous.status_at,
            silence_s=_silences_of(previous),
        )
    rows, keys = _changed_rows(connection, held.shelf, held.rows, held.sequences["stations"])
    tariff_rows, names = _changed_tariffs(connection, held.tariffs, held.sequences["tariffs"])
    if len(keys) > MOST_EDITS:
        columns = build_columns(rows, _read_statuses(connection), held.feeds, tariff_rows)
    elif keys or names:
        entries = _entries(connection, rows, keys, columns)
        columns = splice(columns, News(entries, names), held.feeds, tariff_rows)
    news = replace(
        held,
        sequences=sequences,
        rows=rows,
        tariffs=tariff_rows,
        columns=columns,
        columns_hash=columns.digest if keys else held.columns_hash,
        tariffs_hash=_tariffs_hash(held.feeds, tariff_rows) if names else held.tariffs_hash,
    )
    lists = _read_lists(connection) if changed & _LISTS else _lists_of(previous)
    evidence = _evidence_of(previous)
    if changed & _EVIDENCE:
        evidence = _read_evidence(connection, vault)
    shut = read_closures(connection) if "closures" in changed else previous.closures
    return _compose(news, lists, {**evidence, "closures": shut})


def _entries(
    connection: Connection, rows: Mapping[int, Row], keys: Sequence[int], columns: Columns
) -> dict[int, Entry | None]:
    """Make the changed stations as readers see them."""
    statuses = _read_statuses(connection, keys)
    entries: dict[int, Entry | None] = {}
    for key in keys:
        row, told = rows.get(key), statuses.get(key)
        number = columns.numbers.get(key)
        before = None if number is None else columns.stations[number]
        entries[key] = make_entry(row, told, before) if row is not None and told else None
    return entries


def _compose(held: Held, lists: Mapping[str, Any], evidence: Mapping[str, Any]) -> Snapshot:
    columns = held.columns
    return _finish(
        Snapshot(
            hash="",
            sequence=held.sequences["all"],
            static_hash=_static_hash(held, lists),
            stations=columns.stations,
            first=columns.first,
            evse_station=columns.evse_station,
            lon=columns.lon,
            lat=columns.lat,
            status=columns.status,
            status_at=columns.status_at,
            status_silence_s=columns.silence_s,
            facts=columns.facts,
            facts_of=columns.facts_of,
            feeds={feed.name: feed for feed in held.feeds.values()},
            tariffs=columns.tariffs,
            held=held,
            **lists,
            **evidence,
        )
    )


def _read_moving(
    connection: Connection,
    vault: Vault,
    sequences: Mapping[str, int],
    changed: set[str],
    held: Held,
    previous: Snapshot,
) -> Snapshot:
    """Carry the stations over, and read what else changed."""
    news: dict[str, Any] = {}
    if "statuses" in changed:
        news |= _changed_statuses(connection, held, previous)
    if "evidence" in changed:
        news |= _read_token_evidence(connection, vault)
    if "reports" in changed:
        news["reports"] = read_reports(read_told(connection, "reports"))
    if "closures" in changed:
        news["closures"] = read_closures(connection)
    if changed & _LISTS:
        lists = _read_lists(connection)
        news |= {**lists, "static_hash": _static_hash(held, lists)}
    return _finish(
        replace(
            previous,
            sequence=sequences["all"],
            held=replace(held, sequences=sequences),
            **news,
        )
    )


def _changed_statuses(
    connection: Connection, held: Held, previous: Snapshot
) -> dict[str, NDArray[Any]]:
    status, status_at = previous.status.copy(), previous.status_at.copy()
    silence_s = _silences_of(previous).copy()
    rows = connection.execute(_STATUSES.where(evses.c.sequence > held.sequences["statuses"]))
    for key, uid, code, at, calm_s, seen in rows:
        number = held.columns.numbers.get(key)
        if number is None:
            continue
        first = int(previous.first[number])
        for offset, evse in enumerate(previous.stations[number].evses):
            if evse.uid == uid:
                status[first + offset] = code
                status_at[first + offset] = np.nan if at is None else at
                silence_s[first + offset] = plausible_silence_s(calm_s, seen)
    return {
        "status": read_only(status),
        "status_at": read_only(status_at),
        "status_silence_s": read_only(silence_s),
    }


def _silences_of(snapshot: Snapshot) -> NDArray[np.float64]:
    assert snapshot.status_silence_s is not None  # every snapshot that is read has them
    return snapshot.status_silence_s


_STATUSES = select(
    evses.c.station,
    evses.c.uid,
    evses.c.status,
    evses.c.status_at,
    evses.c.calm_s,
    evses.c.calm_seen,
)


def _read_feeds(connection: Connection) -> dict[int, Feed]:
    return {row.id: decode(row.body, Source).feed for row in connection.execute(select(feeds))}


def _changed_rows(
    connection: Connection, shelf: Shelf, held: Mapping[int, Row], since: int
) -> tuple[dict[int, Row], list[int]]:
    """Read the stations that changed; gives all rows, and the keys of those."""
    rows, keys = dict(held), []
    changed = connection.execute(
        select(
            stations.c.id,
            stations.c.digest,
            stations.c.body,
            stations.c.shown,
            stations.c.hidden,
            stations.c.removed,
        ).where(stations.c.sequence > since)
    )
    for key, told, body, shown, hidden, removed in changed:
        keys.append(key)
        before = rows.pop(key, None)
        if removed or hidden:
            continue
        named = bytes(told) if shown is None else digest(shown)
        same = before is not None and before.digest == named
        rows[key] = before if same and before else Row(shelf.station(shown or body), named)
    return rows, keys


def _changed_tariffs(
    connection: Connection, held: Mapping[int, TariffRow], since: int
) -> tuple[dict[int, TariffRow], frozenset[str]]:
    """Read the tariffs that changed; gives all rows, and the ids of those."""
    rows, names = dict(held), set()
    changed = connection.execute(
        select(
            tariffs.c.id, tariffs.c.feed, tariffs.c.tariff_id, tariffs.c.body, tariffs.c.removed
        ).where(tariffs.c.sequence > since)
    )
    for key, feed, name, body, removed in changed:
        names.add(name)
        rows.pop(key, None)
        if not removed:
            rows[key] = TariffRow(feed, decode(body, Tariff), digest(body))
    return rows, frozenset(names)


def _read_statuses(
    connection: Connection, keys: Sequence[int] | None = None
) -> dict[int, list[tuple[str, int, float | None, float]]]:
    """Read the statuses of the EVSEs that are seen, of all stations or of some."""
    found: dict[int, list[tuple[str, int, float | None, float]]] = {}
    query = _STATUSES.where(~evses.c.hidden)
    parts = [query] if keys is None else [query.where(evses.c.station.in_(p)) for p in chunks(keys)]
    for part in parts:
        for key, uid, code, at, calm_s, seen in connection.execute(part):
            silence_s = plausible_silence_s(calm_s, seen)
            found.setdefault(key, []).append((uid, code, at, silence_s))
    return found


def _read_evidence(connection: Connection, vault: Vault) -> dict[str, Any]:
    reports = read_reports(read_told(connection, "reports"))
    return {**_read_token_evidence(connection, vault), "reports": reports}


def _read_token_evidence(connection: Connection, vault: Vault) -> dict[str, Any]:
    """Read evidence of tokens; its hash is of what is stored, and gives no token away."""
    told = read_told(connection, "evidence")
    named = digest(encode(sorted(told))).hex()
    return {"token_evidence": read_evidence(told, vault), "evidence_hash": named}


def _evidence_of(previous: Snapshot) -> dict[str, Any]:
    return {
        "token_evidence": previous.token_evidence,
        "evidence_hash": previous.evidence_hash,
        "reports": previous.reports,
    }


def _lists_of(previous: Snapshot) -> dict[str, Any]:
    return {
        "agreements": previous.agreements,
        "agreements_hash": previous.agreements_hash,
        "prices": previous.prices,
        "client_infos": previous.client_infos,
    }


def _read_lists(connection: Connection) -> dict[str, Any]:
    agreements = read_list(connection, "agreements", tuple[Agreement, ...])
    # Neither the file's name nor the time of its import changes what the rows say.
    told = [replace(row, source="", as_of=0.0) for row in agreements]
    return {
        "agreements": agreements,
        "agreements_hash": digest(encode(told)).hex(),
        "prices": read_list(connection, "prices", tuple[RetailPrice, ...]),
        "client_infos": read_list(connection, "client_infos", tuple[ClientInfo, ...]),
    }


def _tariffs_hash(known: Mapping[int, Feed], tariff_rows: Mapping[int, TariffRow]) -> bytes:
    names = sorted((known[row.feed].name, row.digest) for row in tariff_rows.values())
    return digest(b"".join(name.encode() + b"\0" + named for name, named in names))


def _static_hash(held: Held, lists: Mapping[str, Any]) -> str:
    told = sorted(
        (replace(feed, last_sync=None, format="") for feed in held.feeds.values()),
        key=lambda feed: feed.name,
    )
    return digest(
        held.columns_hash,
        held.tariffs_hash,
        encode(told),
        lists["agreements_hash"].encode(),
        encode(lists["prices"]),
        encode([replace(row, as_of=0.0) for row in lists["client_infos"]]),
    ).hex()


def _finish(snapshot: Snapshot) -> Snapshot:
    """Name it by all that it holds."""
    return replace(
        snapshot,
        hash=digest(
            snapshot.static_hash.encode(),
            snapshot.status.tobytes(),
            snapshot.status_at.tobytes(),
            _silences_of(snapshot).tobytes(),
            snapshot.evidence_hash.encode(),
            encode(sorted(encode(row) for row in snapshot.reports)),
        ).hex(),
    )
