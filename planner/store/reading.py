"""Reading a snapshot, whole or from the one before: only what changed since is read again.

Three speeds. Nothing changed: the same snapshot. Statuses, reports or evidence changed: the same
stations and facts, new columns. Stations, tariffs or feeds changed: changed bodies are read, and
the columns built anew.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, select

from planner.model.station import Feed
from planner.ocpi.tariffs import Tariff
from planner.store.bodies import Shelf, decode, digest, encode
from planner.store.columns import Columns, Row, build_columns, read_only
from planner.store.evidence import read_evidence, read_list
from planner.store.feeds import Source
from planner.store.pricing import TariffRow
from planner.store.snapshot import (
    Agreement,
    ClientInfo,
    DriverReport,
    RetailPrice,
    Snapshot,
    TokenEvidence,
)
from planner.store.tables import clock, evses, feeds, stations, tariffs

_STATIC = frozenset({"feeds", "stations", "tariffs", "agreements", "prices", "client_infos"})
_COLUMNAR = frozenset({"feeds", "stations", "tariffs"})


@dataclass(frozen=True, slots=True)
class Held:
    """What one snapshot hands to the next: rows by their database key. Never changed in place."""

    sequences: Mapping[str, int]
    shelf: Shelf
    feeds: Mapping[int, Feed]
    rows: Mapping[int, Row]
    tariffs: Mapping[int, TariffRow]
    numbers: Mapping[int, int]
    """Number of a station in the snapshot, by its row."""
    columns_hash: bytes


def read_sequence(connection: Connection) -> int:
    """Read the sequence of the last change of all."""
    return int(
        connection.execute(select(clock.c.sequence).where(clock.c.domain == "all")).scalar_one()
    )


def read_snapshot(connection: Connection, previous: Snapshot | None) -> Snapshot:
    """Read what is known, within one read transaction."""
    sequences = {row.domain: row.sequence for row in connection.execute(select(clock))}
    held = previous.held if previous is not None else None
    if previous is None or not isinstance(held, Held):
        return _read_whole(connection, sequences)
    changed = {domain for domain in sequences if sequences[domain] > held.sequences[domain]}
    if not changed:
        return previous
    if changed & _COLUMNAR:
        known = _read_feeds(connection)
        if not set(held.feeds) <= set(known):  # a feed is gone, and its rows with it
            return _read_whole(connection, sequences)
        return _read_static(connection, sequences, replace(held, feeds=known), previous)
    return _read_moving(connection, sequences, changed, held, previous)


def _read_whole(connection: Connection, sequences: Mapping[str, int]) -> Snapshot:
    held = Held(
        sequences=dict.fromkeys(sequences, -1),
        shelf=Shelf(),
        feeds=_read_feeds(connection),
        rows={},
        tariffs={},
        numbers={},
        columns_hash=b"",
    )
    return _read_static(connection, sequences, held, None)


def _read_static(
    connection: Connection,
    sequences: Mapping[str, int],
    held: Held,
    previous: Snapshot | None,
) -> Snapshot:
    rows = _read_rows(connection, held)
    tariff_rows = _read_tariffs(connection, held)
    statuses = _read_statuses(connection)
    columns = build_columns(rows, statuses, held.feeds, tariff_rows, previous)
    named = _static_columns_hash(columns, held.feeds, tariff_rows)
    held = replace(
        held,
        sequences=sequences,
        rows=rows,
        tariffs=tariff_rows,
        numbers=columns.numbers,
        columns_hash=named,
    )
    lists = _read_lists(connection)
    static_hash = _static_hash(named, lists)
    return _finish(
        Snapshot(
            hash="",
            sequence=sequences["all"],
            static_hash=static_hash,
            stations=columns.stations,
            first=columns.first,
            evse_station=columns.evse_station,
            lon=columns.lon,
            lat=columns.lat,
            status=columns.status,
            status_at=columns.status_at,
            facts=columns.facts,
            facts_of=columns.facts_of,
            feeds={feed.name: feed for feed in held.feeds.values()},
            tariffs=columns.tariffs,
            token_evidence=read_evidence(connection, "evidence", TokenEvidence),
            reports=read_evidence(connection, "reports", DriverReport),
            held=held,
            **lists,
        )
    )


def _read_moving(
    connection: Connection,
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
        news["token_evidence"] = read_evidence(connection, "evidence", TokenEvidence)
    if "reports" in changed:
        news["reports"] = read_evidence(connection, "reports", DriverReport)
    if changed & _STATIC:
        lists = _read_lists(connection)
        news |= {**lists, "static_hash": _static_hash(held.columns_hash, lists)}
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
    rows = connection.execute(
        select(evses.c.station, evses.c.uid, evses.c.status, evses.c.status_at).where(
            evses.c.sequence > held.sequences["statuses"]
        )
    )
    for key, uid, code, at in rows:
        number = held.numbers.get(key)
        if number is None:
            continue
        first = int(previous.first[number])
        for offset, evse in enumerate(previous.stations[number].evses):
            if evse.uid == uid:
                status[first + offset] = code
                status_at[first + offset] = np.nan if at is None else at
    return {"status": read_only(status), "status_at": read_only(status_at)}


def _read_feeds(connection: Connection) -> dict[int, Feed]:
    return {row.id: decode(row.body, Source).feed for row in connection.execute(select(feeds))}


def _read_rows(connection: Connection, held: Held) -> dict[int, Row]:
    rows = dict(held.rows)
    changed = connection.execute(
        select(
            stations.c.id,
            stations.c.feed,
            stations.c.digest,
            stations.c.body,
            stations.c.hidden,
            stations.c.removed,
        ).where(stations.c.sequence > held.sequences["stations"])
    )
    for key, _feed, named, body, hidden, removed in changed:
        before = rows.pop(key, None)
        if removed or hidden:
            continue
        same = before is not None and before.digest == named
        rows[key] = before if same and before else Row(held.shelf.station(body), bytes(named))
    return rows


def _read_tariffs(connection: Connection, held: Held) -> dict[int, TariffRow]:
    rows = dict(held.tariffs)
    changed = connection.execute(
        select(tariffs.c.id, tariffs.c.feed, tariffs.c.body, tariffs.c.removed).where(
            tariffs.c.sequence > held.sequences["tariffs"]
        )
    )
    for key, feed, body, removed in changed:
        rows.pop(key, None)
        if not removed:
            rows[key] = TariffRow(feed, decode(body, Tariff), digest(body))
    return rows


def _read_statuses(connection: Connection) -> dict[int, list[tuple[str, int, float | None]]]:
    statuses: dict[int, list[tuple[str, int, float | None]]] = {}
    rows = connection.execute(
        select(evses.c.station, evses.c.uid, evses.c.status, evses.c.status_at).where(
            ~evses.c.hidden
        )
    )
    for key, uid, code, at in rows:
        statuses.setdefault(key, []).append((uid, code, at))
    return statuses


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


def _static_columns_hash(
    columns: Columns, known: Mapping[int, Feed], tariff_rows: Mapping[int, TariffRow]
) -> bytes:
    told = sorted(
        (replace(feed, last_sync=None) for feed in known.values()), key=lambda feed: feed.name
    )
    names = sorted((known[row.feed].name, row.digest) for row in tariff_rows.values())
    return digest(
        columns.digest,
        encode(told),
        b"".join(name.encode() + b"\0" + named for name, named in names),
    )


def _static_hash(columns_hash: bytes, lists: Mapping[str, Any]) -> str:
    return digest(
        columns_hash,
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
            encode(sorted(encode(row) for row in snapshot.token_evidence)),
            encode(sorted(encode(row) for row in snapshot.reports)),
        ).hex(),
    )
