"""All measurements one after another; each prints JSON lines, kept in ``bench/results``.

Run: ``python bench/run.py [NAME ...]`` with names of `MEASURES`; all by default. The shared data
must lie beside the checkout (see bench/README.md).
"""

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent

MEASURES = (
    "roads",
    "imports",
    "turning",
    "places",
    "feeds",
    "push",
    "sources",
    "legs",
    "any_car",
    "energy",
    "frvcp",
    "core",
    "plans",
    "gap",
    "missions",
    "anomalies",
    "contention",
)


def run(name: str) -> None:
    """Run one measure, show what it prints, and keep it."""
    results = HERE / "results"
    results.mkdir(exist_ok=True)
    command = [sys.executable, str(HERE / f"{name}.py")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        lines = []
        for line in process.stdout:
            print(line, end="", flush=True)
            lines.append(line)
    if process.returncode != 0:
        raise SystemExit(f"bench/{name}.py ended with {process.returncode}")
    (results / f"{name}.jsonl").write_text("".join(lines), encoding="utf-8")


def main() -> None:
    """Run what is asked for."""
    for name in sys.argv[1:] or MEASURES:
        run(name)


if __name__ == "__main__":
    main()
