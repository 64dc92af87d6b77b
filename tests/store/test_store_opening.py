"""Opening a store: new, old, newer than this program, damaged, out of reach."""

import sqlite3
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import create_engine, text

from planner.errors import StoreError
from planner.store.database import Database
from planner.store.store import Store
from planner.store.tables import DOMAINS, REVISION, metadata
from planner.store.vault import Vault


def test_the_migrations_make_the_tables_that_the_program_uses(url: str, tmp_path: Path):
    store = Store.open(url, tmp_path / "key")
    with store.database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
        assert context.get_current_revision() == REVISION
        rows = connection.execute(text("SELECT domain, sequence FROM clock")).all()
        assert sorted(rows) == sorted((domain, 0) for domain in DOMAINS)
    store.close()


def test_a_newer_database_is_refused_and_left_alone(url: str, tmp_path: Path):
    store = Store.open(url, tmp_path / "key")
    with store.database.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    store.close()
    with pytest.raises(StoreError, match="newer Plugsure") as caught:
        Store.open(url, tmp_path / "key")
    assert "Upgrade Plugsure" in caught.value.faults[0].remedy
    engine = create_engine(store.database.engine.url)
    with engine.connect() as connection:
        assert (
            connection.execute(text("SELECT version_num FROM alembic_version")).scalar() == "9999"
        )
    engine.dispose()


def test_a_file_that_is_no_database_is_named(tmp_path: Path):
    path = tmp_path / "plugsure.sqlite"
    path.write_bytes(b"no database, but long enough to look at" * 100)
    with pytest.raises(StoreError, match="not a database") as caught:
        Store.open(f"sqlite:///{path}", tmp_path / "key")
    assert str(path) in caught.value.faults[0].place


def test_a_server_that_is_not_there_is_said_without_its_password(tmp_path: Path):
    with pytest.raises(StoreError, match="cannot be reached") as caught:
        Store.open("postgresql://me:hunter2@127.0.0.1:1/plugsure", tmp_path / "key")
    assert "hunter2" not in str(caught.value)
    assert "PLUGSURE_DATABASE" in str(caught.value)


@pytest.mark.parametrize("url", ["", "nonsense", "mysql://host/db"])
def test_a_url_of_no_database_we_know_is_refused(url: str, tmp_path: Path):
    with pytest.raises(StoreError):
        Store.open(url, tmp_path / "key")


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot be made"):
        Database.open(f"sqlite:///{tmp_path / 'file' / 'x.sqlite'}", Vault.open(tmp_path / "key"))
    with pytest.raises(StoreError, match="key file cannot be used"):
        Store.open(f"sqlite:///{tmp_path / 'x.sqlite'}", tmp_path / "file" / "key")


def test_readers_and_writers_of_sqlite_use_a_write_ahead_log(tmp_path: Path):
    Store.open(f"sqlite:///{tmp_path / 'x.sqlite'}", tmp_path / "key").close()
    connection = sqlite3.connect(tmp_path / "x.sqlite")
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    connection.close()
