"""What all tests share: where real data lies, and a home of their own."""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from planner.faces.warming import search_compiled
from planner.legs.warming import drive_somewhere

BENCH = str(Path(__file__).parents[1] / "bench")
if BENCH not in sys.path:  # the made-up worlds are benches that tests use as well
    sys.path.insert(0, BENCH)

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"


SLOW_FIRST = (
    "search/test_adversary.py",
    "browser/test_trip.py",
    "browser/test_map.py",
    "search/test_exhaustive.py",
    "demo/test_command.py",
    "browser/test_demo.py",
    "faces/test_ocpp_trips.py",
    "fleet/test_batch_killed.py",
    "faces/test_settling.py",
    "faces/test_serving.py",
    "demo/test_feeding.py",
    "feeds/test_reserving.py",
    "feeds/test_pushed_locations.py",
)
"""Files of half a minute or more come first: at the end no worker waits for another."""


def pytest_configure(config: pytest.Config) -> None:
    """Compile once what all workers need, on two cores, before they begin."""
    from small_worlds import make_world  # noqa: PLC0415 -- found by the path set above

    is_worker = hasattr(config, "workerinput")
    if not is_worker and getattr(config.option, "numprocesses", None):
        with search_compiled(), TemporaryDirectory() as folder:
            drive_somewhere(make_world(0, Path(folder)).roads.prepared)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the slow files first; with `--no-loadscope-reorder` workers take files in this order."""
    ranks = {Path(__file__).parent / name: rank for rank, name in enumerate(SLOW_FIRST)}
    items.sort(key=lambda item: ranks.get(item.path, len(ranks)))


@pytest.fixture(scope="session")
def shared() -> Path:
    """The developers' shared data, or a skip that says so."""
    if not SHARED.is_dir():
        pytest.skip("the shared data is not beside this checkout")
    return SHARED


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty PLUGSURE_HOME of the test's own."""
    folder = tmp_path / "home"
    folder.mkdir()
    monkeypatch.setenv("PLUGSURE_HOME", str(folder))
    monkeypatch.delenv("PLUGSURE_DATABASE", raising=False)
    monkeypatch.delenv("PLUGSURE_REGION", raising=False)
    return folder
