"""What all tests share: where real data lies, and a home of their own."""

from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"


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
