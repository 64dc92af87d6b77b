"""Packages of others, each in an environment of its own, made once and kept between runs.

What they need would quarrel with what we need (an old pydantic, an old web framework), so none of
them is a dependency of ours, not even of the tests.
"""

import os
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

import pytest

KEPT = Path(tempfile.gettempdir()) / f"plugsure-interop-{os.getuid()}"
INSTALLING_S = 150


def python_with(*packages: str) -> Path:
    """Give an interpreter that has the packages, or skip the test where none can be had."""
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    name = "_".join((version, *packages)).replace("=", "-")
    home = KEPT / name
    if not home.is_dir():
        _make(home, packages)
    return home / "bin" / "python"


def _make(home: Path, packages: tuple[str, ...]) -> None:
    """Install beside the final place and rename, so that nobody sees half an environment."""
    KEPT.mkdir(mode=0o700, exist_ok=True)
    made = home.with_name(f"{home.name}.{os.getpid()}")
    venv.create(made, with_pip=True, symlinks=True)
    command = [made / "bin" / "python", "-m", "pip", "install", "-q", "--prefer-binary", *packages]
    try:
        subprocess.run(command, check=True, capture_output=True, timeout=INSTALLING_S)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        said = (error.stderr or b"").decode(errors="replace")[-300:]
        pytest.skip(f"{' '.join(packages)} could not be installed: {said}")
    try:
        made.rename(home)
    except OSError:
        if not home.is_dir():  # else another run was faster
            raise
