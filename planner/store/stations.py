"""Writing what feeds say of stations: only what differs is written, in one transaction.

A station that is the same but for ``last_updated`` keeps its row, so that readers of the snapshot
learn of a new status without reading the station again.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import bindparam, delete, insert, select, update

from planner.errors import NotFound
from planner.model.station import LIVE_KINDS, STATUSES, Station, Status
from planner.ocpi.ids import normalise_evse_id
from planner.store.bodies import digest, encode_station
from planner.store.copies import complete_all, complete_stations, is_completed
from planner.store.database import Change
from planner.store.feeds import feed_id, replace_faults
from planner.store.pace import learn
from planner.store.tables import evses, feeds, stations
from planner.store.updates import StationsUpdate, StatusUpdate, Told
from planner.store.winners import CHUNK, chunks, settle

CODES: dict[Status, int] = {status: code for code, status in enumerate(STATUSES)}


@dataclass(slots=True)
class _Work:
    """What one update comes to, before it is written.

    ``idents`` are EVSE IDs that came, went or were changed, ``stirring`` those with a new status:
    who is seen may change by either, what sources add to each other by the former only.
    """

    added: list[dict[str, Any]] = field(default_factory=list)
    changed: list[dict[str, Any]] = field(default_factory=list)
    stirred: list[dict[str, Any]] = field(default_factory=list)
    removed: list[int] = field(default_factory=list)
    station_ids: set[str] = field(default_factory=set)
    idents: set[str] = field(default_factory=set)
    stirring: set[str] = field(default_factory=set)


def apply_stations(change: Change, told: StationsUpdate) -> None:
    """Write new and changed stations and their statuses, and take out those that are gone."""
    connection = change.connection
    feed = feed_id(connection, told.feed)
    kind = connection.execute(select(feeds.c.kind).where(feeds.c.id == feed)).scalar_one()
    newest = {station.id: (station, statuses) for station, statuses in told.stations}
    known = _known(change, feed, None if told.full else [*newest, *told.removed])
    work = _compare(newest, known, told, feed, change.sequence)
    _write_stations(change, work)
    _write_evses(change, feed, newest, work, keep_newer=kind in LIVE_KINDS)
    flipped = settle(change, work.station_ids, work.idents | work.stirring)
    if told.full and not is_completed(change):
        complete_all(change)
    else:
        complete_stations(change, work.station_ids, work.idents | flipped)
    replace_faults(
        change, feed, "locations", told.faults, None if told.full else [*newest, *told.removed]
    )


def apply_statuses(change: Change, told: StatusUpdate) -> None:
    """Write the statuses that are newer than what is known; NotFound for what is not there."""
    feed = feed_id(change.connection, told.feed)
    missing = apply_status_news(change, feed, {told.station_id: told.statuses})
    for station_id, uid in missing:
        raise NotFound(
            f"station {station_id!r} has no EVSE {uid!r}"
            if uid
            else f"feed {told.feed!r} has no station {station_id!r}"
        )


def apply_status_news(
    change: Change, feed: int, told: Mapping[str, Mapping[str, Told]]
) -> list[tuple[str, str]]:
    """Write statuses of many stations of a feed, those that are newer than what is known.

    An EVSE that is hidden behind another copy of the same EVSE ID tells that one: the copy that
    readers see carries the newest word of all.

    Returns
    -------
    list of (station id, EVSE uid)
        What is not there; the uid is empty where the whole station is not.
    """
    held: dict[str, dict[str, Any]] = {}
    for part in chunks(list(told)):
        asked = {"of_feed": feed, "names": part}
        for row in change.connection.execute(_EVSES_OF_STATIONS, asked):
            held.setdefault(row.station_id, {})[row.uid] = row
    news: list[dict[str, Any]] = []
    hidden: list[tuple[str, Status, float | None]] = []
    missing: list[tuple[str, str]] = []
    for station_id, statuses in told.items():
        if station_id not in held:
            missing.append((station_id, ""))
            continue
        for uid, (status, at) in statuses.items():
            evse = held[station_id].get(uid)
            if evse is None:
                missing.append((station_id, uid))
                continue
            news += _status_news(evse, status, at)
            if evse.hidden and evse.ident:
                hidden.append((evse.ident, status, at))
    seen = _seen(change, {ident for ident, _, _ in hidden})
    for ident, status, at in hidden:
        for copy in seen.get(ident, ()):
            news += _status_news(copy, status, at)
    _write_statuses(change, _newest(news))
    return missing


def _seen(change: Change, idents: Collection[str]) -> dict[str, list[Any]]:
    """Give the copies of EVSEs that readers see, by their EVSE IDs."""
    found: dict[str, list[Any]] = {}
    for part in chunks(sorted(idents)):
        for row in change.connection.execute(_SEEN_EVSES, {"names": part}):
            found.setdefault(row.ident, []).append(row)
    return found


def _newest(news: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Keep, of several words on one EVSE, the newest."""
    best: dict[tuple[int, str], dict[str, Any]] = {}
    for one in news:
        key = (one["key"], one["name"])
        if key not in best or (one["at"] or 0.0) >= (best[key]["at"] or 0.0):
            best[key] = one
    return list(best.values())


def names_of_feed(change: Change, feed: int) -> tuple[set[str], set[str]]:
    """Give the ids of a feed's stations and EVSEs, which others may show once it is gone."""
    names = change.connection.execute(
        select(stations.c.station_id).where(stations.c.feed == feed, ~stations.c.removed)
    ).scalars()
    idents = change.connection.execute(
        select(evses.c.ident)
        .join(stations, stations.c.id == evses.c.station)
        .where(stations.c.feed == feed, evses.c.ident != "")
    ).scalars()
    return set(names), set(idents)


def _known(change: Change, feed: int, ids: Sequence[str] | None) -> dict[str, Any]:
    """Rows of the feed's stations by station id, those that were removed among them."""
    query = select(
        stations.c.id,
        stations.c.station_id,
        stations.c.digest,
        stations.c.removed,
        stations.c.last_updated,
    ).where(stations.c.feed == feed)
    if ids is None:
        return {row.station_id: row for row in change.connection.execute(query)}
    found: dict[str, Any] = {}
    for part in chunks(ids):
        rows = change.connection.execute(query.where(stations.c.station_id.in_(part)))
        found.update((row.station_id, row) for row in rows)
    return found


def _compare(
    newest: Mapping[str, tuple[Station, Mapping[str, Told]]],
    known: Mapping[str, Any],
    told: StationsUpdate,
    feed: int,
    sequence: int,
) -> _Work:
    work = _Work()
    for name, (station, _) in newest.items():
        if station.feed != told.feed:
            raise ValueError(f"station {name} is of feed {station.feed!r}, not {told.feed!r}")
        # A new status moves last_updated up the tree, and is no change of the station itself.
        named = digest(encode_station(replace(station, last_updated=0.0)))
        row = known.get(name)
        if row is not None and not row.removed and row.digest == named:
            if row.last_updated != station.last_updated:
                work.stirred.append({"key": row.id, "last_updated": station.last_updated})
            continue
        values = {
            "last_updated": station.last_updated,
            "digest": named,
            "body": encode_station(station),
            "hidden": False,
            "removed": False,
            "sequence": sequence,
        }
        if row is None:
            work.added.append({"feed": feed, "station_id": name, **values})
        else:
            work.changed.append({"key": row.id, **values})
        work.station_ids.add(name)
    gone = set(known) - set(newest) if told.full else set(told.removed) - set(newest)
    for name in gone:
        if name in known and not known[name].removed:
            work.removed.append(known[name].id)
            work.station_ids.add(name)
    return work


def _write_stations(change: Change, work: _Work) -> None:
    connection = change.connection
    if work.added:
        connection.execute(insert(stations), work.added)
    if work.changed:
        connection.execute(
            update(stations)
            .where(stations.c.id == bindparam("key"))
            .values({name: bindparam(name) for name in work.changed[0] if name != "key"}),
            work.changed,
        )
    if work.stirred:
        connection.execute(
            update(stations)
            .where(stations.c.id == bindparam("key"))
            .values(last_updated=bindparam("last_updated")),
            work.stirred,
        )
    for part in chunks(work.removed):
        idents = connection.execute(
            select(evses.c.ident).where(evses.c.station.in_(part), evses.c.ident != "")
        ).scalars()
        work.idents.update(idents)
        connection.execute(delete(evses).where(evses.c.station.in_(part)))
        connection.execute(
            update(stations)
            .where(stations.c.id.in_(part))
            .values(
                removed=True,
                hidden=False,
                body=b"",
                shown=None,
                digest=b"",
                sequence=change.sequence,
            )
        )
    if work.added or work.changed or work.removed:
        change.touch("stations")


def _write_evses(
    change: Change,
    feed: int,
    newest: Mapping[str, tuple[Station, Mapping[str, Told]]],
    work: _Work,
    *,
    keep_newer: bool,
) -> None:
    """Bring the EVSE rows of all told stations in line, touching only those that differ."""
    rows_of = _known(change, feed, list(newest) if len(newest) <= CHUNK else None)
    held = _held_evses(change, feed, [rows_of[name].id for name in newest])
    added: list[dict[str, Any]] = []
    idents: list[dict[str, Any]] = []
    news: list[dict[str, Any]] = []
    gone: list[tuple[int, str]] = []
    for name, (station, statuses) in newest.items():
        key = rows_of[name].id
        before = held.pop(key, {})
        for evse in station.evses:
            status, at = statuses.get(evse.uid, (Status.UNKNOWN, None))
            ident = normalise_evse_id(evse.evse_id) if evse.evse_id else ""
            row = before.pop(evse.uid, None)
            if row is None:
                added.append(_evse_row(key, evse.uid, ident, (status, at), change.sequence))
                work.idents.add(ident)
                continue
            if row.ident != ident:
                idents.append({"key": key, "name": evse.uid, "ident": ident})
                work.idents |= {ident, row.ident}
            fresh = _status_news(row, status, at, keep_newer=keep_newer)
            if fresh:
                news += fresh
                work.stirring.add(ident)
        gone += [(key, uid) for uid in before]
        work.idents |= {row.ident for row in before.values()}
    work.idents.discard("")
    work.stirring.discard("")
    _write_evse_rows(change, added, idents, gone)
    _write_statuses(change, news)


def _evse_row(key: int, uid: str, ident: str, told: Told, sequence: int) -> dict[str, Any]:
    status, at = told
    return {
        "station": key,
        "uid": uid,
        "ident": ident,
        "status": CODES[status],
        "status_at": at,
        "hidden": False,
        "sequence": sequence,
    }


def _held_evses(change: Change, feed: int, keys: Sequence[int]) -> dict[int, dict[str, Any]]:
    query = select(evses)
    held: dict[int, dict[str, Any]] = {}
    if len(keys) > CHUNK:
        of_feed = select(stations.c.id).where(stations.c.feed == feed)
        parts = [query.where(evses.c.station.in_(of_feed))]
    else:
        parts = [query.where(evses.c.station.in_(keys))] if keys else []
    for part in parts:
        for row in change.connection.execute(part):
            held.setdefault(row.station, {})[row.uid] = row
    return held


def _write_evse_rows(
    change: Change,
    added: list[dict[str, Any]],
    idents: list[dict[str, Any]],
    gone: list[tuple[int, str]],
) -> None:
    connection = change.connection
    if added:
        connection.execute(insert(evses), added)
    this = (evses.c.station == bindparam("key"), evses.c.uid == bindparam("name"))
    if idents:
        connection.execute(
            update(evses).where(*this).values(ident=bindparam("ident"), hidden=False), idents
        )
    if gone:
        connection.execute(
            delete(evses).where(*this), [{"key": key, "name": uid} for key, uid in gone]
        )


def _status_news(
    row: Any, status: Status, at: float | None, *, keep_newer: bool = True
) -> list[dict[str, Any]]:
    """Say what to write for an EVSE: nothing, if that is known or older than what is known."""
    if keep_newer and row.status_at is not None and (at is None or at < row.status_at):
        return []
    if row.status == CODES[status] and row.status_at == at:
        return []
    silence_s = 0.0 if at is None or row.status_at is None else at - row.status_at
    calm_s, seen = learn(row.calm_s, row.calm_seen, silence_s)
    return [
        {
            "key": row.station,
            "name": row.uid,
            "code": CODES[status],
            "at": at,
            "calm": calm_s,
            "seen": seen,
        }
    ]


def _write_statuses(change: Change, news: list[dict[str, Any]]) -> None:
    if not news:
        return
    rows = [{**one, "told_in": change.sequence} for one in news]
    change.connection.execute(_REWRITE_STATUS, rows)
    change.touch("statuses")


_EVSES_OF_STATIONS = (
    select(stations.c.station_id, evses)
    .join(evses, evses.c.station == stations.c.id)
    .where(
        stations.c.feed == bindparam("of_feed"),
        ~stations.c.removed,
        stations.c.station_id.in_(bindparam("names", expanding=True)),
    )
)
_SEEN_EVSES = select(evses).where(
    evses.c.ident.in_(bindparam("names", expanding=True)), ~evses.c.hidden
)
_REWRITE_STATUS = (
    update(evses)
    .where(evses.c.station == bindparam("key"), evses.c.uid == bindparam("name"))
    .values(
        status=bindparam("code"),
        status_at=bindparam("at"),
        calm_s=bindparam("calm"),
        calm_seen=bindparam("seen"),
        sequence=bindparam("told_in"),
    )
)
"""Made once: bursts of statuses come by them."""
