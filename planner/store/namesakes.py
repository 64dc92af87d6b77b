"""Under which other names an EVSE is known: each feed that has it calls it by its own."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TypeVar

from sqlalchemy import Connection, select

from planner.store.snapshot import DriverReport, TokenEvidence
from planner.store.tables import evses, stations
from planner.store.winners import chunks

Name = tuple[str, str]
"""A station's id and the uid of an EVSE of it."""

T = TypeVar("T", TokenEvidence, DriverReport)


def at_all_copies(connection: Connection, rows: Sequence[T]) -> list[T]:
    """Tell what befell an EVSE of each copy of it, by EVSE ID: any of them may come to be seen.

    The rows themselves come first, as they are.
    """
    others = _others(connection, {(row.station_id, row.evse_uid) for row in rows})
    found: list[T] = list(rows)
    for row in rows:
        for station_id, uid in others.get((row.station_id, row.evse_uid), ()):
            found.append(replace(row, station_id=station_id, evse_uid=uid))
    return found


def _others(connection: Connection, names: Iterable[Name]) -> dict[Name, list[Name]]:
    wanted = {(station_id, uid) for station_id, uid in names if station_id and uid}
    copy = (
        select(stations.c.station_id, evses.c.uid, evses.c.ident)
        .join(stations, stations.c.id == evses.c.station)
        .where(evses.c.ident != "")
    )
    idents: dict[Name, str] = {}
    for part in chunks(sorted({station_id for station_id, _ in wanted})):
        for station_id, uid, ident in connection.execute(
            copy.where(stations.c.station_id.in_(part))
        ):
            if (station_id, uid) in wanted:
                idents[station_id, uid] = ident
    known: dict[str, set[Name]] = {}
    for part in chunks(sorted(set(idents.values()))):
        for station_id, uid, ident in connection.execute(copy.where(evses.c.ident.in_(part))):
            known.setdefault(ident, set()).add((station_id, uid))
    return {name: sorted(known[ident] - {name}) for name, ident in idents.items()}
