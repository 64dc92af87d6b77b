"""An empty database of each kind: SQLite and, where there is one, a PostgreSQL of the tests."""

import itertools
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import delete, select

from planner.store.database import Database
from planner.store.store import Store
from planner.store.tables import clock, metadata
from planner.store.vault import Vault

_BINARIES = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
_numbers = itertools.count()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Path]:
    """The folder of a running server's socket, or a skip that says why there is none."""
    if not _BINARIES:
        pytest.skip("there is no PostgreSQL server in /usr/lib/postgresql")
    pytest.importorskip("psycopg", reason="the PostgreSQL driver is not installed")
    as_user = _unprivileged()
    folder = Path(tempfile.mkdtemp(prefix="plugsure-pg-"))
    data = folder / "data"
    control = str(_BINARIES[-1] / "pg_ctl")
    try:
        if as_user:
            shutil.chown(folder, "postgres")
        made = _run(
            [
                *as_user,
                str(_BINARIES[-1] / "initdb"),
                "-D",
                str(data),
                "-U",
                "postgres",
                "-A",
                "trust",
                "-E",
                "UTF8",
                "--locale=C",
                "-N",
            ]
        )
        if made.returncode:
            pytest.skip(f"initdb failed: {made.stderr.strip()[-200:]}")
        options = f"-F -c listen_addresses='' -k {folder}"
        started = _run(
            [
                *as_user,
                control,
                "-D",
                str(data),
                "-w",
                "-t",
                "30",
                "-l",
                str(folder / "log"),
                "-o",
                options,
                "start",
            ]
        )
        if started.returncode:
            pytest.skip(f"the PostgreSQL server did not start: {started.stderr.strip()[-200:]}")
        yield folder
        _run([*as_user, control, "-D", str(data), "-m", "immediate", "stop"])
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _unprivileged() -> list[str]:
    if os.geteuid() != 0:
        return []
    if shutil.which("runuser") is None or _run(["id", "postgres"]).returncode:
        pytest.skip("initdb refuses root, and there is no user postgres to run it as")
    return ["runuser", "-u", "postgres", "--"]


def _run(command: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, cwd="/")


@pytest.fixture(scope="session")
def shared_database(postgres: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """A database for one test after the other: emptying it is quicker than making its tables."""
    vault = Vault.open(tmp_path_factory.mktemp("vault") / "key")
    made = Database.open(_address(postgres, _create(postgres)), vault)
    yield made
    made.close()


KINDS = ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]


@pytest.fixture(params=KINDS)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'home' / 'plugsure.sqlite'}"
    folder = request.getfixturevalue("postgres")
    return _address(folder, _create(folder))


@pytest.fixture(params=KINDS)
def url_with_tables(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a database whose tables, if it has any, are empty."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'store.sqlite'}"
    database: Database = request.getfixturevalue("shared_database")
    with database.writing() as change:
        for table in reversed(metadata.sorted_tables):
            if table is not clock:
                change.connection.execute(delete(table))
    return database.engine.url.render_as_string(hide_password=False)


def bytes_at_rest(store: Store) -> bytes:
    """All that a database holds, as who gets at it would read it; the store is closed by this."""
    cells: list[bytes] = []
    with store.database.reading() as connection:
        for table in metadata.sorted_tables:
            for row in connection.execute(select(table)):
                cells += [c if isinstance(c, bytes) else str(c).encode() for c in row]
    store.close()
    url = store.database.engine.url
    if url.get_backend_name() == "sqlite" and url.database:
        file = Path(url.database)
        cells += [path.read_bytes() for path in file.parent.glob(f"{file.name}*")]
    assert cells
    return b"\n".join(cells)


def _create(folder: Path) -> str:
    import psycopg  # noqa: PLC0415 -- only where it is installed

    name = f"test{next(_numbers)}"
    with psycopg.connect(host=str(folder), user="postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")  # type: ignore[arg-type]
    return name


def _address(folder: Path, name: str) -> str:
    return f"postgresql://postgres@/{name}?host={folder}"
