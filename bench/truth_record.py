"""What is kept of a comparison: spreads of ratios, kinds with their numbers, speeds by class."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from truth_causes import OFF
from truth_ways import Priced

SAMPLES = 3
"""Pairs named for each kind."""


def percent(part: int, whole: int) -> float:
    """Return the share in percent."""
    return round(100 * part / max(whole, 1), 2)


def spread(values: Sequence[float]) -> dict[str, float]:
    """Return percentiles."""
    at = (1, 5, 50, 95, 99)
    found = np.percentile(values, at) if len(values) else np.full(len(at), np.nan)
    return {
        f"p{p}" if p != 50 else "median": round(float(v), 4) for p, v in zip(at, found, strict=True)
    }


def ratios(values: Sequence[float]) -> dict[str, float]:
    """Return the spread of ratios, of their distance from 1 either way, and who is off."""
    away = np.maximum(values, 1 / np.asarray(values))
    told = {"p95_either_way": float(np.percentile(away, 95)), "off_percent": 0.0}
    told["off_percent"] = 100 * float((away > OFF).mean())
    return spread(values) | {key: round(value, 4) for key, value in told.items()}


def kinds(named: Sequence[tuple[str, dict[str, Any]]]) -> dict[str, Any]:
    """Return number and samples of each kind, the most frequent first."""
    found: dict[str, list[dict[str, Any]]] = {}
    for kind, pair in named:
        found.setdefault(kind, []).append(pair)
    order = sorted(found, key=lambda kind: (-len(found[kind]), kind))
    return {kind: {"pairs": len(found[kind]), "such_as": found[kind][:SAMPLES]} for kind in order}


def seconds_by_cause(priced: Sequence[Priced]) -> dict[str, Any]:
    """Return our seconds beyond Valhalla's on its ways, in percent of all, by cause."""
    total = sum(one.theirs_s for one in priced)
    found: dict[str, float] = {}
    for one in priced:
        for cause, seconds in one.extra_s.items():
            found[cause] = found.get(cause, 0.0) + seconds
    order = sorted(found, key=lambda cause: -abs(found[cause]))
    shares = {cause: round(100 * found[cause] / max(total, 1e-9), 2) for cause in order}
    return {cause: share for cause, share in shares.items() if abs(share) >= 0.1}
