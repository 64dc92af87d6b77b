"""Which of several copies of the same EVSE or Location readers see.

Feeds repeat each other: a hub and an operator send the same EVSE, and one national feed holds
46,003 EVSE IDs twice. The rule, for a Location of the same id in several feeds as for an EVSE ID
in several Locations: what a fleet's own charge points say beats all, what is live beats what came
from a file, what an operator answers for beats OpenStreetMap and the like, then the newest
``last_updated`` wins, then the lowest name. The others are kept, hidden, and come back when the
winner goes; what they add to it is found by `planner.store.copies`.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import groupby
from operator import attrgetter
from typing import Any, TypeVar

from sqlalchemy import bindparam, func, or_, select, update

from planner.model.station import DEPOT, LIVE_KINDS, THIRD_PARTIES
from planner.store.database import Change
from planner.store.tables import evses, feeds, stations

CHUNK = 500
"""How many values one statement names; SQLite took no more than 999 for long."""

Strength = tuple[bool, float]


def strength(*, live: bool, at: float | None) -> Strength:
    """Give how much a copy is to be believed: higher wins; equals are decided by name."""
    return (live, float("-inf") if at is None else at)


def settle(change: Change, station_ids: Collection[str], idents: Collection[str]) -> set[str]:
    """Decide anew who is seen among the stations and EVSE IDs that were touched.

    Returns
    -------
    set of str
        The EVSE IDs of which another copy is seen now than before.
    """
    reopened = _settle_stations(change, station_ids)
    return reopened | _settle_evses(change, {*idents, *reopened})


def _settle_stations(change: Change, station_ids: Collection[str]) -> set[str]:
    """Hide all but the best copy of each station; give the EVSE IDs that this touches."""
    rivals = (
        select(stations.c.station_id)
        .where(~stations.c.removed)
        .group_by(stations.c.station_id)
        .having(func.count() > 1)
    )
    query = (
        select(
            stations.c.id,
            stations.c.station_id.label("name"),
            stations.c.last_updated,
            stations.c.hidden,
            feeds.c.kind,
            feeds.c.name.label("feed"),
        )
        .join(feeds, feeds.c.id == stations.c.feed)
        .where(~stations.c.removed)
    )
    contested = or_(stations.c.hidden, stations.c.station_id.in_(rivals))
    rows = _fetch(change, query, contested, stations.c.station_id, station_ids)
    flips: list[tuple[int, bool]] = []
    for copies in _grouped(rows):
        best = min(copies, key=_station_rank)
        flips += [(row.id, row is not best) for row in copies if row.hidden != (row is not best)]
    if not flips:
        return set()
    change.connection.execute(
        update(stations)
        .where(stations.c.id == bindparam("key"))
        .values(hidden=bindparam("hide"), sequence=change.sequence),
        [{"key": key, "hide": hide} for key, hide in flips],
    )
    touched: set[str] = set()
    for part in chunks([key for key, _ in flips]):
        touched.update(
            change.connection.execute(
                select(evses.c.ident).where(evses.c.station.in_(part), evses.c.ident != "")
            ).scalars()
        )
    return touched


def _settle_evses(change: Change, idents: Collection[str]) -> set[str]:
    """Hide all but the best copy of each EVSE; give the EVSE IDs where that is another now."""
    rivals = (
        select(evses.c.ident)
        .where(evses.c.ident != "")
        .group_by(evses.c.ident)
        .having(func.count() > 1)
    )
    query = (
        select(
            evses.c.station,
            evses.c.uid,
            evses.c.ident.label("name"),
            evses.c.status_at,
            evses.c.hidden,
            stations.c.station_id,
            stations.c.hidden.label("station_hidden"),
            feeds.c.kind,
        )
        .join(stations, stations.c.id == evses.c.station)
        .join(feeds, feeds.c.id == stations.c.feed)
        .where(evses.c.ident != "")
    )
    contested = or_(evses.c.hidden, evses.c.ident.in_(rivals))
    rows = _fetch(change, query, contested, evses.c.ident, idents)
    flips: list[dict[str, Any]] = []
    flipped: set[str] = set()
    for copies in _grouped(rows):
        seen = [row for row in copies if not row.station_hidden]
        best = min(seen, key=_evse_rank) if seen else None
        flips += [
            {"key": row.station, "name": row.uid, "hide": row is not best}
            for row in copies
            if row.hidden != (row is not best)
        ]
        if any(row.hidden != (row is not best) for row in copies):
            flipped.add(copies[0].name)
    if not flips:
        return flipped
    change.connection.execute(
        update(evses)
        .where(evses.c.station == bindparam("key"), evses.c.uid == bindparam("name"))
        .values(hidden=bindparam("hide"), sequence=change.sequence),
        flips,
    )
    for part in chunks(sorted({flip["key"] for flip in flips})):
        change.connection.execute(
            update(stations).where(stations.c.id.in_(part)).values(sequence=change.sequence)
        )
    change.touch("stations")
    return flipped


def _fetch(
    change: Change, query: Any, contested: Any, column: Any, touched: Collection[str]
) -> list[Any]:
    """Fetch the rows of the touched names; when these are many, of all names that have rivals."""
    if len(touched) > CHUNK:
        return list(change.connection.execute(query.where(contested)))
    if not touched:
        return []
    return list(change.connection.execute(query.where(column.in_(sorted(touched)))))


def _grouped(rows: Iterable[Any]) -> Iterator[list[Any]]:
    name = attrgetter("name")
    for _, copies in groupby(sorted(rows, key=name), key=name):
        yield list(copies)


def _station_rank(row: Any) -> tuple[bool, bool, float, str]:
    live, at = strength(live=row.kind in LIVE_KINDS, at=row.last_updated)
    return (row.kind != DEPOT, not live, -at, row.feed)


def _evse_rank(row: Any) -> tuple[bool, bool, bool, float, str, str]:
    live, at = strength(live=row.kind in LIVE_KINDS, at=row.status_at)
    is_noted = row.station_id.startswith(_NOTED)
    return (row.kind != DEPOT, not live, is_noted, -at, row.station_id, row.uid)


_NOTED = tuple(f"{party}*" for party in THIRD_PARTIES)


T = TypeVar("T")


def chunks(values: Sequence[T]) -> Iterator[Sequence[T]]:
    """Cut values into parts that one statement may name."""
    for start in range(0, len(values), CHUNK):
        yield values[start : start + CHUNK]
