"""Writing what feeds say of tariffs."""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import bindparam, insert, select, update

from planner.ocpi.tariffs import Tariff
from planner.store.bodies import encode
from planner.store.database import Change
from planner.store.feeds import feed_id, replace_faults
from planner.store.tables import tariffs
from planner.store.updates import TariffsUpdate

Key = tuple[str, str]


def apply_tariffs(change: Change, told: TariffsUpdate) -> None:
    """Write new and changed tariffs, and take out those that are gone."""
    feed = feed_id(change.connection, told.feed)
    newest = {(tariff.party, tariff.id): tariff for tariff in told.tariffs}
    known = {
        (row.party, row.tariff_id): row
        for row in change.connection.execute(select(tariffs).where(tariffs.c.feed == feed))
    }
    _write_new(change, feed, newest, known)
    gone = set(known) - set(newest) if told.full else set(told.removed) - set(newest)
    _remove(change, (known[key] for key in gone if key in known and not known[key].removed))
    objects = [f"{party}*{name}" for party, name in (*newest, *told.removed)]
    replace_faults(change, feed, "tariffs", told.faults, None if told.full else objects)


def _write_new(
    change: Change, feed: int, newest: Mapping[Key, Tariff], known: Mapping[Key, Any]
) -> None:
    added: list[dict[str, Any]] = []
    changed: list[dict[str, Any]] = []
    for key, tariff in newest.items():
        body = encode(tariff)
        values = {"body": body, "removed": False, "sequence": change.sequence}
        row = known.get(key)
        if row is None:
            added.append({"feed": feed, "party": key[0], "tariff_id": key[1], **values})
        elif row.removed or row.body != body:
            changed.append({"key": row.id, **values})
    if added:
        change.connection.execute(insert(tariffs), added)
    if changed:
        change.connection.execute(
            update(tariffs)
            .where(tariffs.c.id == bindparam("key"))
            .values(
                body=bindparam("body"),
                removed=bindparam("removed"),
                sequence=bindparam("sequence"),
            ),
            changed,
        )
    if added or changed:
        change.touch("tariffs")


def _remove(change: Change, rows: Iterable[Any]) -> None:
    keys = [{"key": row.id} for row in rows]
    if not keys:
        return
    change.connection.execute(
        update(tariffs)
        .where(tariffs.c.id == bindparam("key"))
        .values(removed=True, body=b"", sequence=change.sequence),
        keys,
    )
    change.touch("tariffs")
