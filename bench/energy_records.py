"""Lines of ``bench/energy.py`` and the tables beside it."""

import csv
from pathlib import Path
from typing import Any

import numpy as np

from bench.energy_epa import F64
from planner.energy.consumption import QUANTILE_95

HERE = Path(__file__).parent

Record = dict[str, Any]


def errors(measured: F64, predicted: F64) -> Record:
    """Sum up predicted / measured - 1; with two columns these are town and motorway."""
    off = predicted / measured - 1.0
    return {
        "mean_absolute_error": round(float(np.abs(off).mean()), 4),
        "by_column": np.abs(off).mean(axis=0).round(4).tolist(),
        "bias": off.mean(axis=0).round(4).tolist(),
        "standard_deviation": off.std(axis=0).round(4).tolist(),
    }


def quantiles(name: str, taken: float, **over: F64) -> Record:
    """Sum up measured / predicted - 1 beside what the planner adds."""
    found = {group: round(float(np.quantile(values, 0.95)), 4) for group, values in over.items()}
    added = QUANTILE_95 * taken
    stays = {group: round(float(np.mean(values <= added)), 3) for group, values in over.items()}
    told = {"part": "quantile", "known": name, "planner_adds": round(added, 4)}
    return told | {"quantile_95": found, "share_below": stays}


def line(part: str, vehicle: str, measured: float, predicted: float, **more: Any) -> Record:
    """Write one test."""
    return {
        "part": part,
        "vehicle": vehicle,
        **more,
        "measured": round(measured, 2),
        "predicted": round(predicted, 2),
        "error": round(predicted / measured - 1.0, 3),
    }


def spread(values: Any) -> list[float]:
    """Least, median and greatest."""
    return [round(float(np.quantile(values, share)), 3) for share in (0.0, 0.5, 1.0)]


def read(name: str) -> list[dict[str, str]]:
    """Read a table beside this file."""
    with (HERE / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
