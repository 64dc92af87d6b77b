"""Times of Valhalla's answers; run by the Python of Valhalla's own environment, never by ours.

    python legs_valhalla.py CONFIG QUESTIONS

``QUESTIONS`` is a JSON file: ``pairs`` and ``ends``, lists of longitude and latitude. Prints one
JSON object: ``point_ms`` a route without directions, ``many_100_ms`` the matrix from one point to
100 ends, ``matrix_30_s`` between 30 ends (a thousand take minutes and more), all medians, and the
CPU's time for each.
"""

import json
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from valhalla import Actor  # type: ignore[import-not-found]  # in its own environment only

FEW, SQUARE = 100, 30


def timed(work: Callable[[int], object], repeats: int) -> tuple[float, float]:
    """Return the median seconds of some calls, and their mean CPU seconds."""
    if repeats > 1:
        work(0)
    took, cpu = [], time.process_time()
    for turn in range(repeats):
        began = time.perf_counter()
        work(turn)
        took.append(time.perf_counter() - began)
    return statistics.median(took), (time.process_time() - cpu) / repeats


def main() -> None:
    """Ask each kind of question."""
    config, questions = sys.argv[1:]
    actor = Actor(config)
    asked = json.loads(Path(questions).read_text(encoding="utf-8"))
    pairs = [[{"lon": lon, "lat": lat} for lon, lat in pair] for pair in asked["pairs"]]
    ends = [{"lon": lon, "lat": lat} for lon, lat in asked["ends"]]
    none = 0

    def route(turn: int) -> None:
        nonlocal none
        body = {"locations": pairs[turn], "costing": "auto", "directions_type": "none"}
        try:
            actor.route(body)
        except RuntimeError:
            none += 1

    def matrix(sources: list[dict[str, float]], targets: list[dict[str, float]]) -> None:
        actor.matrix({"sources": sources, "targets": targets, "costing": "auto"})

    line: dict[str, Any] = {}
    for name, scale, work, repeats in (
        ("point_ms", 1e3, route, min(100, len(pairs))),
        ("many_100_ms", 1e3, lambda turn: matrix(pairs[turn][:1], ends[:FEW]), 3),
        ("matrix_30_s", 1.0, lambda _: matrix(ends[:SQUARE], ends[:SQUARE]), 1),
    ):
        wall, cpu = timed(work, repeats)
        line[name], line[f"cpu_{name}"] = round(wall * scale, 4), round(cpu * scale, 4)
    told = Path("/proc/self/status").read_text(encoding="ascii")
    line["peak_mb"] = round(int(told.split("VmHWM:")[1].split()[0]) / 1024, 1)
    print(json.dumps(line | {"no_way": none}))


if __name__ == "__main__":
    main()
