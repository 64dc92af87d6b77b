"""Where the time of a plan goes: stopwatches around functions of the planner, set from outside.

Each function is wrapped where its callers look it up. A watch's time is its own: what a wrapped
function within it takes is counted there. Inside the search, the gap's bound and the second look,
``legs`` are rows of legs, ``doors`` the choice of EVSEs, ``staging`` that of candidates, ``floors``
the least charges with which stations are reached, ``proofs`` the proofs of fallbacks, ``core`` the
runs of the exact search without all that. What serves a proof is named so: ``proof core``.
"""

import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import wraps
from importlib import import_module
from typing import Any

WATCHED = (
    ("planner.plan", "accessible", "access"),
    ("planner.plan", "prepare", "sweeps"),
    ("planner.plan", "solve_styled", "search"),
    ("planner.plan", "least_at_any_speed_s", "gap"),
    ("planner.plan", "look_again", "second look"),
    ("planner.plan", "write_plan", "writing"),
    ("planner.plan", "verify", "check"),
    ("planner.plan", "find_cause", "why infeasible"),
    ("planner.plan", "explain_failure", "why infeasible"),
    ("planner.plan", "relax", "why infeasible"),
)
WITHIN = (
    ("planner.search.solve", "stage_first", "staging"),
    ("planner.search.solve", "stage_full", "staging"),
    ("planner.search.proofs", "Prover.fallback", "proofs"),
    ("planner.search.doors", "WalletDoors.choices", "doors"),
    ("planner.legs.car", "CarLegs.to", "legs"),
    ("planner.legs.corners", "CornerLegs.row", "legs"),
    ("planner.search.core.solve", "search", "core"),
    ("planner.search.floors", "Floors.floor", "floors"),
)
"""Module, name, and the watch that counts it; ``WITHIN`` counts in a part of ``WATCHED``."""


@dataclass
class Parts:
    """CPU seconds and calls by part since the last `take`."""

    spent_s: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    calls: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    _running: list[str] = field(default_factory=list)
    _since: float = 0.0

    def watch(self) -> None:
        """Wrap everything."""
        for module, name, part in WATCHED:
            self._wrap(module, name, lambda _, part=part: part)
        for module, name, part in WITHIN:
            self._wrap(module, name, lambda running, part=part: _within(running, part))

    def take(self) -> tuple[dict[str, float], dict[str, int]]:
        """Return what was spent and how often each part was called, and begin anew."""
        taken = dict(self.spent_s), dict(self.calls)
        self.spent_s.clear()
        self.calls.clear()
        return taken

    def _wrap(self, module: str, name: str, part_under: Callable[[str], str]) -> None:
        holder: Any = import_module(module)
        *outer, last = name.split(".")
        for each in outer:
            holder = getattr(holder, each)
        inner = getattr(holder, last)

        @wraps(inner)
        def timed(*args: Any, **more: Any) -> Any:
            self._turn(part_under(self._running[-1] if self._running else ""))
            try:
                return inner(*args, **more)
            finally:
                self._turn(None)

        setattr(holder, last, timed)

    def _turn(self, begun: str | None) -> None:
        """Count what ran until now, and begin a part, or end the one that runs."""
        now = time.process_time()
        if self._running:
            self.spent_s[self._running[-1]] += now - self._since
        if begun is None:
            self._running.pop()
        else:
            self._running.append(begun)
            self.calls[begun] += 1
        self._since = now


def _within(running: str, part: str) -> str:
    """Name a part after the one that runs, and say whether it serves a proof."""
    if not running:
        return part
    whole, _, inner = running.partition(": ")
    return f"{whole}: proof {part}" if inner.startswith("proof") else f"{whole}: {part}"
