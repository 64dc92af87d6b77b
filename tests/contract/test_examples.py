"""The Python in the documents runs as it stands there, on a small world."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from planner.model.token import Wallet
from planner.store.store import Store
from tests.contract.words import ROOT
from tests.faces.small_world import make_home, token

BLOCKS = [
    pytest.param(body, id=f"{path.name}-{number}")
    for path in sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
    for number, body in enumerate(
        re.findall(
            r"^```python\n(.*?)^```$", path.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
        )
    )
]


@pytest.fixture(scope="module")
def example_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Alps with made-up stations, and the demo's wallet by name."""
    settings = make_home(tmp_path_factory.mktemp("examples"))
    store = Store.open(settings.database, settings.home / "secret.key")
    store.wallets.save(Wallet(id="wanderer", name="Wanderer", tokens=(token(),)))
    store.close()
    return settings.home


@pytest.mark.parametrize("block", BLOCKS)
def test_the_python_of_a_document_runs(example_home: Path, block: str):
    kept = {name: text for name, text in os.environ.items() if "PLUGSURE" not in name}
    done = subprocess.run(
        [sys.executable, "-c", block],
        env={**kept, "PLUGSURE_HOME": str(example_home)},
        cwd=example_home,
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
