"""The database itself: opening, migrating, and transactions in which nothing is half seen.

A read transaction sees one moment throughout (SQLite's WAL snapshot, PostgreSQL's REPEATABLE
READ). A write transaction holds the clock's row from its start to its end, so writers follow one
another and a change with a lower sequence is always committed before one with a higher: a reader
who has seen sequence n has seen all up to n.
"""

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import (
    Connection,
    Engine,
    bindparam,
    create_engine,
    event,
    inspect,
    select,
    text,
    update,
)
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SQLAlchemyError

from planner.errors import StoreError
from planner.store.tables import REVISION, clock
from planner.store.vault import Vault

BUSY_S = 30.0
"""How long a writer waits for another one. A whole national feed is written in a third of it."""

_MIGRATION_LOCK = 0x506C7567
"""Names our advisory lock in PostgreSQL ("Plug" in ASCII)."""

_SWITCH_PAUSE_S = 0.02
_SQLITE_LARGEST_PAGE_CACHE_KIB = 65536
_SQLITE_LARGEST_JOURNAL_BYTES = 1 << 25


_HOLD_CLOCK = select(clock.c.sequence).where(clock.c.domain == "all").with_for_update()
_SET_CLOCK = (
    update(clock)
    .where(clock.c.domain.in_(bindparam("domains", expanding=True)))
    .values(sequence=bindparam("now"))
)


@dataclass(slots=True)
class Change:
    """A write under way: its connection, the sequence it will have, the domains it touched.

    ``vault`` disguises what must not stand in the database in clear.
    """

    connection: Connection
    sequence: int
    vault: Vault
    touched: set[str] = field(default_factory=set)

    def touch(self, domain: str) -> None:
        """Say that this domain has changed, so that readers read it again."""
        self.touched.add(domain)


class Database:
    """An engine with this program's tables in it.

    Safe to use from several threads and processes at once; a process that was forked gets
    connections of its own.
    """

    def __init__(self, engine: Engine, vault: Vault, *, writable_wait_s: float = BUSY_S) -> None:
        self.engine = engine
        self.vault = vault
        self.busy_s = writable_wait_s
        self.place = engine.url.render_as_string(hide_password=True)
        self._pid = os.getpid()

    @classmethod
    def open(cls, url: str, vault: Vault, *, busy_s: float = BUSY_S) -> "Database":
        """Open the database and bring its tables up to date.

        Raises
        ------
        StoreError
            If it is unreachable, locked, not a database, or newer than this program; if it must
            be brought up to date and the key is not the one that belongs to it.
        """
        database = cls(_engine(_parse(url), busy_s), vault, writable_wait_s=busy_s)
        try:
            database.migrate()
        except StoreError:
            database.close()
            raise
        return database

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Open a transaction that sees one moment of the database throughout."""
        with self._translating(), self._engine().connect() as connection:
            if connection.dialect.name == "postgresql":
                connection = connection.execution_options(  # noqa: PLW2901 -- same connection
                    isolation_level="REPEATABLE READ", postgresql_readonly=True
                )
            with connection.begin():
                yield connection

    @contextmanager
    def writing(self) -> Iterator[Change]:
        """Open a transaction that is alone in writing; all of it is kept, or none."""
        with self._translating(), self._engine().connect() as connection:
            writer = connection.execution_options(writing=True)
            with writer.begin():
                held = writer.execute(_HOLD_CLOCK).scalar_one()
                change = Change(writer, held + 1, self.vault)
                yield change
                if change.touched:
                    domains = ["all", *sorted(change.touched)]
                    writer.execute(_SET_CLOCK, {"domains": domains, "now": change.sequence})

    def migrate(self) -> None:
        """Bring the tables up to date; several processes may do so at once."""
        with self._translating():
            with self._engine().connect() as connection:
                found = _revision(connection)
            if found == REVISION:
                return
            with self._engine().connect() as connection:
                writer = connection.execution_options(writing=True)
                with writer.begin():
                    if writer.dialect.name == "postgresql":
                        writer.execute(text(f"SELECT pg_advisory_xact_lock({_MIGRATION_LOCK})"))
                    self._upgrade(writer)

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()

    def _upgrade(self, connection: Connection) -> None:
        from alembic import command  # noqa: PLC0415 -- slow to import, needed once in a life
        from alembic.config import Config  # noqa: PLC0415
        from alembic.script import ScriptDirectory  # noqa: PLC0415

        here = Path(__file__).parent
        config = Config()
        config.set_main_option("script_location", str(here).replace("%", "%%"))
        config.set_main_option("version_locations", str(here / "versions").replace("%", "%%"))
        config.set_main_option("path_separator", "newline")
        config.attributes["connection"] = connection
        config.attributes["vault"] = self.vault
        found = _revision(connection)
        known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
        if found is not None and found not in known:
            raise StoreError(
                f"the database was written by a newer Plugsure (revision {found}, this one knows "
                f"up to {REVISION})",
                place=self.place,
                remedy="Upgrade Plugsure, or name another database in PLUGSURE_DATABASE.",
            )
        command.upgrade(config, "head")

    def _engine(self) -> Engine:
        if os.getpid() != self._pid:  # a fork must not share its parent's connections
            self.engine.dispose(close=False)
            self._pid = os.getpid()
        return self.engine

    @contextmanager
    def _translating(self) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            raise _translated(error, self.place, self.busy_s) from error
        except SQLAlchemyError as error:
            raise StoreError(
                f"the database failed: {type(error).__name__}", place=self.place
            ) from error


def _parse(url: str) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise StoreError(
            "PLUGSURE_DATABASE is no SQLAlchemy URL",
            remedy="Write sqlite:////path/to/file or postgresql://user:password@host/database.",
        ) from error
    if parsed.drivername in ("postgres", "postgresql"):
        parsed = parsed.set(drivername="postgresql+psycopg")
    if parsed.get_backend_name() not in ("sqlite", "postgresql"):
        raise StoreError(
            f"{parsed.get_backend_name()} is not supported",
            remedy="Use SQLite or PostgreSQL.",
        )
    return parsed


def _engine(url: URL, busy_s: float) -> Engine:
    if url.get_backend_name() == "sqlite":
        return _sqlite(url, busy_s)
    wait_ms = int(busy_s * 1000)
    try:
        return create_engine(
            url,
            pool_pre_ping=True,
            connect_args={"connect_timeout": 10, "options": f"-c lock_timeout={wait_ms}"},
            hide_parameters=True,
        )
    except (ImportError, NoSuchModuleError) as error:
        raise StoreError(
            "the PostgreSQL driver is not installed",
            remedy="Install it: pip install 'plugsure[postgres]'.",
        ) from error


def _keep_a_write_ahead_log(connection: Any, busy_s: float) -> None:
    """Switch the file to WAL, once in its life, waiting for others that do the same.

    SQLite answers "locked" to this one statement without asking its busy handler when two
    connections switch at once, so the wait is ours.
    """
    deadline = time.monotonic() + busy_s
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(_SWITCH_PAUSE_S)
        else:
            return


def _sqlite(url: URL, busy_s: float) -> Engine:
    if url.database and url.database != ":memory:":
        folder = Path(url.database).parent
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(
                f"the folder of the database cannot be made: {error.strerror}",
                place=str(folder),
                remedy="Set PLUGSURE_HOME to a folder that you may write to.",
            ) from error
    engine = create_engine(url, connect_args={"timeout": busy_s}, hide_parameters=True)

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves, see below
        connection.execute(f"PRAGMA busy_timeout = {int(busy_s * 1000)}")
        _keep_a_write_ahead_log(connection, busy_s)
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute(f"PRAGMA journal_size_limit = {_SQLITE_LARGEST_JOURNAL_BYTES}")
        connection.execute(f"PRAGMA cache_size = -{_SQLITE_LARGEST_PAGE_CACHE_KIB}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        # IMMEDIATE takes the write lock at once: a reader turned writer could not wait for it
        writing = connection.get_execution_options().get("writing")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")

    return engine


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return None if found is None else str(found)


def _translated(error: DBAPIError, place: str, busy_s: float) -> StoreError:
    said = " ".join(str(error.orig).split())
    if "locked" in said or "lock timeout" in said:
        return StoreError(
            f"another process has held the database for over {busy_s:.0f} s",
            place=place,
            remedy="Try again when it is done; see with `plugsure feed list` what is syncing.",
        )
    if "not a database" in said or "malformed" in said:
        return StoreError(
            "the file is not a database, or is damaged",
            place=place,
            remedy="Move it away and sync the feeds anew, or restore a copy.",
        )
    if "readonly" in said or "unable to open" in said:
        return StoreError(
            f"the database cannot be opened for writing ({said})",
            place=place,
            remedy="Check that the file and its folder exist and are yours to write.",
        )
    if "disk" in said:
        return StoreError(
            f"the disk refused ({said})", place=place, remedy="Free some space and try again."
        )
    if error.connection_invalidated or "connect" in said or "server closed" in said:
        return StoreError(
            f"the database cannot be reached ({said})",
            place=place,
            remedy="Check that the server runs and PLUGSURE_DATABASE names it.",
        )
    return StoreError(f"the database refused: {type(error.orig).__name__}", place=place)
