"""Valhalla beside us: its own environment, tiles from the same file, questions and answers.

Valhalla is another router of OpenStreetMap data (valhalla.github.io). It is installed from PyPI
into an environment of its own, so that nothing of it comes near ours, and asked in a process of
its own. Live traffic is off: no traffic tiles are given. No administrative areas are given either,
so that its speeds are its defaults for the world.
"""

import json
import subprocess
import sys
import tempfile
import venv
from collections.abc import Iterable
from pathlib import Path
from typing import Any

HOME = Path(tempfile.gettempdir()) / "plugsure-truth"
"""Environment and tiles, kept from run to run."""

PACKAGE = "pyvalhalla-weekly==3.5.1.post1.dev248" if sys.version_info < (3, 12) else "pyvalhalla"
"""Wheels with the builder of tiles: of the weekly package for Python 3.11, of the other from 3.12.
"""

_WORKER = Path(__file__).with_name("truth_worker.py")

_LONGEST_TRACE_M = 2_000_000.0
_MOST_POINTS = 200_000

_CONFIGURE = """
import json, sys
from valhalla import PYVALHALLA_DIR, __version__, get_config
tiles, metres, points = sys.argv[1], float(sys.argv[2]), int(sys.argv[3])
config = get_config(tile_extract="", tile_dir=tiles)
config["mjolnir"].update(tile_extract="", traffic_extract="", concurrency=1)
config["service_limits"]["trace"].update(max_distance=metres, max_shape=points)
config["service_limits"]["max_distance_disable_hierarchy_culling"] = metres
config["service_limits"]["hierarchy_limits"]["allow_modification"] = True
print(json.dumps({"config": config, "tools": str(PYVALHALLA_DIR / "bin"), "version": __version__}))
"""


def python_of(home: Path) -> Path:
    """Return where the Python of Valhalla's environment is, or would be."""
    return home / "venv" / "bin" / "python"


def is_there(home: Path = HOME) -> bool:
    """Say whether the environment was made."""
    python = python_of(home)
    if not python.is_file():
        return False
    tried = subprocess.run([python, "-c", "import valhalla"], capture_output=True, check=False)
    return tried.returncode == 0


def make_environment(home: Path = HOME) -> None:
    """Make the environment if it is not there; asks the package index."""
    if is_there(home):
        return
    venv.create(home / "venv", with_pip=True, clear=True)
    command = [
        str(python_of(home)),
        "-m",
        "pip",
        "install",
        "--quiet",
        "--only-binary=:all:",
        PACKAGE,
    ]
    subprocess.run(command, check=True)


def build_tiles(extract: Path, home: Path = HOME) -> tuple[Path, str]:
    """Build tiles of an extract unless they are there; return their configuration and version."""
    folder = home / extract.name.split(".")[0]
    tiles = folder / "tiles"
    tiles.mkdir(parents=True, exist_ok=True)
    told = subprocess.run(
        [python_of(home), "-c", _CONFIGURE, tiles, str(_LONGEST_TRACE_M), str(_MOST_POINTS)],
        capture_output=True,
        check=True,
        text=True,
    )
    facts = json.loads(told.stdout)
    config, done = folder / "valhalla.json", folder / "built"
    config.write_text(json.dumps(facts["config"], indent=1), encoding="utf-8")
    stamp = f"{facts['version']} {extract.stat().st_size}"
    if not done.is_file() or done.read_text(encoding="utf-8") != stamp:
        builder = Path(facts["tools"]) / "valhalla_build_tiles"
        with (folder / "build.log").open("w", encoding="utf-8") as log:
            subprocess.run(
                [builder, "-c", config, extract], stdout=log, stderr=subprocess.STDOUT, check=True
            )
        done.write_text(stamp, encoding="utf-8")
    return config, facts["version"]


def ask(
    config: Path, questions: Iterable[dict[str, Any]], home: Path = HOME
) -> list[dict[str, Any]]:
    """Put questions (see ``truth_worker.py``) and return the answers in their order."""
    with tempfile.TemporaryDirectory() as scratch:
        asked, told = Path(scratch) / "questions", Path(scratch) / "answers"
        asked.write_text("".join(json.dumps(q) + "\n" for q in questions), encoding="utf-8")
        subprocess.run([python_of(home), _WORKER, config, asked, told], check=True)
        return [json.loads(line) for line in told.read_text(encoding="utf-8").splitlines()]
