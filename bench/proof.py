"""The long search for a false promise: random trips, planned, then broken at the worst moments.

Run: ``python bench/proof.py [--trips 10000] [--seed 1] [--processes 1] [--out FILE]``. Prints
progress to standard error and a JSON record to standard output; exit status 1 if any promise was
false. A trip is told by its world's seed and its number, so each finding can be looked at again.
Processes share the worlds of a seed between them: the trips are the same however many there are.
"""

import argparse
import json
import multiprocessing
import platform
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any

from adversary import Adversary
from small_worlds import Recipe, make_missions, make_world

from planner.errors import BrokenClaim
from planner.model.mission import Mission
from planner.model.plan import Plan
from planner.plan import attempt, open_trip
from planner.search.answers import write_plan
from planner.search.solve import Solution, solve
from planner.world import World

TRIPS_PER_WORLD = 12


@dataclass
class Record:
    """What was tried and what came of it."""

    trips: int = 0
    feasible: int = 0
    stops: int = 0
    fallbacks: int = 0
    stops_failed: int = 0
    false_promises: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    findings: list[dict[str, Any]] = field(default_factory=list)

    def take(self, other: "Record") -> None:
        """Add what another process tried."""
        for name in ("trips", "feasible", "stops", "fallbacks", "stops_failed", "false_promises"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.kinds += other.kinds
        self.findings = (self.findings + other.findings)[:MOST_TOLD]

    def add(self, name: str, kind: str, story: tuple[str, ...], detail: str) -> None:
        """Count one false promise; the first ones are told in full."""
        self.false_promises += 1
        self.kinds[kind] += 1
        if len(self.findings) < MOST_TOLD:
            self.findings.append({"trip": name, "kind": kind, "story": story, "detail": detail})


MOST_TOLD = 50


def trips(
    count: int,
    seed: int,
    folder: Path,
    recipe: Recipe = Recipe(),  # noqa: B008 -- frozen
    share: tuple[int, int] = (0, 1),
) -> Iterator[tuple[str, World, Mission]]:
    """Make that many missions on as many small worlds as that takes, a third of them with streets.

    Of ``share``, (which, of how many), only every so manieth world is made.
    """
    worlds = -(-count // TRIPS_PER_WORLD)
    for number in range(share[0], worlds, share[1]):
        name = seed * 1_000_000 + number
        world = make_world(name, folder, replace(recipe, streets=number % 3 == 2))
        missions = make_missions(world, name, plain=recipe.plain)
        most = min(TRIPS_PER_WORLD, count - number * TRIPS_PER_WORLD)
        for place, mission in enumerate(islice(missions, most)):
            yield f"{name}/{place}", world, mission


def try_trip(record: Record, name: str, world: World, mission: Mission) -> None:
    """Plan one trip and let the adversary at it."""
    record.trips += 1
    made: Plan | None
    try:
        made = attempt(world, mission)
    except BrokenClaim as broken:
        record.add(name, "verifier", (), str(broken))
        made = unverified(world, mission)
    if made is not None:
        attack(record, name, world, made)


def unverified(world: World, mission: Mission) -> Plan | None:
    """Plan a trip that the verifier does not pass, to see what the adversary says of it."""
    found = solve(open_trip(world, mission))
    return write_plan(found) if isinstance(found, Solution) else None


def attack(record: Record, name: str, world: World, made: Plan) -> None:
    """Play the adversary against one plan and write down what broke."""
    record.feasible += 1
    record.stops += len(made.charging_stops)
    record.fallbacks += sum(len(stop.fallbacks) for stop in made.charging_stops)
    adversary = Adversary(world, made)
    for promise in adversary.attack():
        record.add(name, promise.kind, promise.story, promise.detail)
    record.stops_failed += adversary.failures


def search(count: int, seed: int, *, every: int = 500, share: tuple[int, int] = (0, 1)) -> Record:
    """Try that many trips, or a share of them, and return the record."""
    record = Record()
    begun = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        for name, world, mission in trips(count, seed, Path(folder), share=share):
            try_trip(record, name, world, mission)
            if record.trips % every == 0:
                print(
                    f"{record.trips} trips, {record.feasible} feasible, "
                    f"{record.stops_failed} stops failed, {record.false_promises} false promises, "
                    f"{time.monotonic() - begun:.0f} s",
                    file=sys.stderr,
                    flush=True,
                )
    return record


def search_apart(count: int, seed: int, processes: int) -> Record:
    """Try that many trips in several processes."""
    with multiprocessing.get_context("spawn").Pool(processes) as pool:
        parts = [
            pool.apply_async(search, (count, seed), {"share": (part, processes)})
            for part in range(processes)
        ]
        record = Record()
        for part in parts:
            record.take(part.get())
    return record


def main() -> int:
    """Search as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trips", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args()
    begun = time.monotonic()
    if asked.processes > 1:
        record = search_apart(asked.trips, asked.seed, asked.processes)
    else:
        record = search(asked.trips, asked.seed)
    told = {
        "bench": "proof",
        "seed": asked.seed,
        "processes": asked.processes,
        **vars(record),
        "seconds": round(time.monotonic() - begun, 1),
        "python": platform.python_version(),
        "machine": platform.machine(),
    }
    text = json.dumps(told, indent=2)
    print(text)
    if asked.out:
        asked.out.write_text(text + "\n")
    return 1 if record.false_promises else 0


if __name__ == "__main__":
    sys.exit(main())
