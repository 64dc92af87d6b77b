"""The feeds: where each comes from, how its last pull went, and what it had to leave out."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from sqlalchemy import Connection, delete, func, insert, select, update

from planner.errors import Fault, InputError, NotFound, StoreError
from planner.store.bodies import decode, encode
from planner.store.callers import opens, write_callers
from planner.store.database import Change, Database
from planner.store.sources import KINDS, Source
from planner.store.tables import (
    callers,
    charge_points,
    commands,
    depots,
    evses,
    feeds,
    objects,
    pages,
    rejections,
    sent,
    stations,
    tariffs,
)
from planner.store.updates import Repair
from planner.store.vault import Vault


class Feeds:
    """The registered feeds."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault

    def add(self, source: Source, credentials: Mapping[str, str] | None = None) -> None:
        """Register a feed; InputError if the name is taken or the kind unknown."""
        if not source.name or source.kind not in KINDS:
            raise InputError(
                f"a feed needs a name and a kind of {' or '.join(KINDS)}", place=source.name
            )
        with self._database.writing() as change:
            taken = change.connection.execute(
                select(feeds.c.id).where(feeds.c.name == source.name)
            ).scalar()
            if taken is not None:
                raise InputError(
                    "there is a feed of that name already",
                    place=source.name,
                    remedy="Choose another name, or remove that feed first.",
                )
            change.connection.execute(
                insert(feeds).values(
                    name=source.name,
                    kind=source.kind,
                    body=encode(source),
                    credentials=self._seal(credentials),
                )
            )
            feed = feed_id(change.connection, source.name)
            write_callers(change.connection, feed, credentials or {})
            change.touch("feeds")

    def sources(self) -> tuple[Source, ...]:
        """List all feeds, by name."""
        with self._database.reading() as connection:
            bodies = connection.execute(select(feeds.c.body).order_by(feeds.c.name)).scalars()
            return tuple(decode(body, Source) for body in bodies)

    def get(self, name: str) -> Source:
        """Give one feed; NotFound if there is none of that name."""
        with self._database.reading() as connection:
            return _read(connection, name)

    def save(self, source: Source) -> None:
        """Write a feed anew, by its name; its kind stays."""
        with self._database.writing() as change:
            _write(change, replace(source, kind=_read(change.connection, source.name).kind))

    def record_sync(self, name: str, at: float, counts: Mapping[str, int] | None = None) -> None:
        """Note that a pull succeeded."""
        with self._database.writing() as change:
            source = _read(change.connection, name)
            kept = source.counts if counts is None else dict(counts)
            _write(change, replace(source, last_sync=at, last_attempt=at, error="", counts=kept))

    def record_failure(self, name: str, at: float, error: str) -> None:
        """Note that a pull failed, and why; what was known stays."""
        with self._database.writing() as change:
            source = _read(change.connection, name)
            _write(change, replace(source, last_attempt=at, error=error))

    def credentials(self, name: str) -> dict[str, str]:
        """Decrypt the credentials of a feed; empty if it has none."""
        with self._database.reading() as connection:
            sealed = connection.execute(
                select(feeds.c.credentials).where(feeds.c.id == feed_id(connection, name))
            ).scalar()
        return {} if sealed is None else decode(self._vault.unseal(sealed), dict[str, str])

    def save_credentials(
        self, name: str, credentials: Mapping[str, str], *, by: str | None = None
    ) -> bool:
        """Keep the credentials of a feed, encrypted.

        Where ``by`` is given, they are kept only if that is still a token by which the party may
        call us; False says that it is not: of two changes by one token the first holds.
        """
        with self._database.writing() as change:
            feed = feed_id(change.connection, name)
            if by is not None and not opens(change.connection, feed, by):
                return False
            change.connection.execute(
                update(feeds).where(feeds.c.id == feed).values(credentials=self._seal(credentials))
            )
            write_callers(change.connection, feed, credentials)
        return True

    def rejections(self, name: str, *, mended: bool = False) -> list[Fault]:
        """List what the feed had to leave out, and why; with ``mended`` also what was repaired."""
        with self._database.reading() as connection:
            query = (
                select(rejections.c.mended, *_FAULT_COLUMNS)
                .where(rejections.c.feed == feed_id(connection, name))
                .order_by(rejections.c.id)
            )
            if not mended:
                query = query.where(~rejections.c.mended)
            rows = connection.execute(query).all()
        return [(Repair if row.mended else Fault)(*row[1:]) for row in rows]

    def rejection_counts(self) -> dict[str, tuple[int, int]]:
        """For each feed: how many faults were rejections, how many were mended."""
        with self._database.reading() as connection:
            rows = connection.execute(
                select(feeds.c.name, rejections.c.mended, func.count())
                .join(rejections, rejections.c.feed == feeds.c.id)
                .group_by(feeds.c.name, rejections.c.mended)
            ).all()
        counted: dict[str, tuple[int, int]] = {}
        for name, is_mended, count in rows:
            lost, repaired = counted.get(name, (0, 0))
            counted[name] = (lost, repaired + count) if is_mended else (lost + count, repaired)
        return counted

    def index_callers(self) -> None:
        """Let in the partners of a database that is older than the index of their tokens.

        Credentials that cannot be decrypted are left: whoever uses them is told why.
        """
        unknown = select(feeds.c.name, feeds.c.credentials).where(
            feeds.c.credentials.is_not(None), feeds.c.id.not_in(select(callers.c.feed))
        )
        with self._database.reading() as connection:
            rows = connection.execute(unknown).all()
        for name, sealed in rows:
            try:
                credentials = decode(self._vault.unseal(sealed), dict[str, str])
            except StoreError:
                continue
            if "our_token" in credentials:
                self.save_credentials(name, credentials)

    def _seal(self, credentials: Mapping[str, str] | None) -> bytes | None:
        return None if credentials is None else self._vault.seal(encode(dict(credentials)))


__all__ = ["KINDS", "Feeds", "Source", "feed_id", "forget", "object_of", "replace_faults"]

_FAULT_COLUMNS = (rejections.c.place, rejections.c.detail, rejections.c.remedy)


def feed_id(connection: Connection, name: str) -> int:
    """Find the row of a feed; NotFound if there is none of that name."""
    found = connection.execute(select(feeds.c.id).where(feeds.c.name == name)).scalar()
    if found is None:
        raise NotFound(
            f"there is no feed {name!r}", remedy="See `plugsure feed list` for those there are."
        )
    return int(found)


def forget(change: Change, feed: int) -> None:
    """Take a feed and all that it brought out of the database."""
    of_feed = select(stations.c.id).where(stations.c.feed == feed)
    change.connection.execute(delete(evses).where(evses.c.station.in_(of_feed)))
    told = (stations, tariffs, rejections, objects, callers, pages, sent, commands)
    for table in (*told, charge_points, depots):
        change.connection.execute(delete(table).where(table.c.feed == feed))
    change.connection.execute(delete(feeds).where(feeds.c.id == feed))
    for domain in ("feeds", "stations", "tariffs"):
        change.touch(domain)


def replace_faults(
    change: Change, feed: int, module: str, faults: Iterable[Fault], told: Iterable[str] | None
) -> None:
    """Keep what is wrong with the objects that were told of (None: the whole module)."""
    faults = list(faults)
    stale = delete(rejections).where(rejections.c.feed == feed, rejections.c.module == module)
    if told is None:
        change.connection.execute(stale)
    else:
        # In a fault's place a slash ends the object's name, so names have theirs put away.
        names = {name.replace("/", "~1")[:300] for name in told}
        named = sorted({*names, *(object_of(fault)[:300] for fault in faults)})
        for start in range(0, len(named), 500):
            part = named[start : start + 500]
            change.connection.execute(stale.where(rejections.c.object.in_(part)))
    if faults:
        change.connection.execute(
            insert(rejections),
            [
                {
                    "feed": feed,
                    "module": module,
                    "object": object_of(fault)[:300],
                    "mended": isinstance(fault, Repair),
                    "place": fault.place,
                    "detail": fault.detail,
                    "remedy": fault.remedy,
                }
                for fault in faults
            ],
        )


def object_of(fault: Fault) -> str:
    """Name the object that a fault is about: its place up to the first slash."""
    return fault.place.split("/", 1)[0]


def _read(connection: Connection, name: str) -> Source:
    body = connection.execute(
        select(feeds.c.body).where(feeds.c.id == feed_id(connection, name))
    ).scalar_one()
    return decode(body, Source)


def _write(change: Change, source: Source) -> None:
    change.connection.execute(
        update(feeds).where(feeds.c.name == source.name).values(body=encode(source))
    )
    change.touch("feeds")
