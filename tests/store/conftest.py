"""Stores on SQLite and, where there is one, on a PostgreSQL of the tests' own."""

import itertools
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from planner.model.geo import LonLat
from planner.model.station import Connector, Evse, Hours, Station
from planner.store.feeds import Source
from planner.store.store import Store

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


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'home' / 'plugsure.sqlite'}"
    folder = request.getfixturevalue("postgres")
    import psycopg  # noqa: PLC0415 -- only where it is installed

    name = f"test{next(_numbers)}"
    with psycopg.connect(host=str(folder), user="postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")  # type: ignore[arg-type]
    return f"postgresql://postgres@/{name}?host={folder}"


@pytest.fixture
def opened(url: str, tmp_path: Path) -> Iterator[Callable[[], Store]]:
    """Opens the same store as often as one likes, as several processes would."""
    stores: list[Store] = []

    def open_store() -> Store:
        stores.append(Store.open(url, tmp_path / "home" / "key"))
        return stores[-1]

    yield open_store
    for store in stores:
        store.close()


@pytest.fixture
def store(opened: Callable[[], Store]) -> Store:
    """An empty store with a live feed ``live`` and a file feed ``file``."""
    store = opened()
    store.feeds.add(Source(name="live", kind="ocpi", url="https://cpo.example/ocpi/versions"))
    store.feeds.add(Source(name="file", kind="file", path="a.json", format="ocpi"))
    return store


def make_station(
    name: str,
    /,
    *evse_ids: str | None,
    feed: str = "live",
    party: str = "ABC",
    **facts: object,
) -> Station:
    """A station whose EVSEs have the uids 1, 2, ... and these EVSE IDs."""
    return Station(
        **{
            "id": f"NL*{party}*{name}",
            "feed": feed,
            "country_code": "NL",
            "party_id": party,
            "location_id": name,
            "location": LonLat(4.5, 52.1),
            "time_zone": "Europe/Amsterdam",
            "hours": Hours(twentyfourseven=True),
            "evses": tuple(
                Evse(
                    uid=str(number),
                    evse_id=evse_id,
                    connectors=(
                        Connector(
                            id="1",
                            standard="IEC_62196_T2",
                            format="SOCKET",
                            power_type="AC_3_PHASE",
                            power_kw=11.04,
                            voltage_v=230.0,
                            tariff_ids=("T1",),
                        ),
                    ),
                    capabilities=("RFID_READER",),
                )
                for number, evse_id in enumerate(evse_ids, 1)
            ),
            **facts,
        }  # type: ignore[arg-type]
    )
