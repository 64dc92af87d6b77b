"""Derives the published tables of the forecast from the Dutch occupancy data, anew and plainly."""

import gzip
import json
from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import numpy as np

Series = tuple[bool, int, dict[int, float]]
"""Whether it gives direct current, its EVSEs, and the share occupied by hour since year 1."""

SIZES = (1, 2, 3, 4, 5, 6, 7)


def sites(chargers: Path) -> Iterator[Series]:
    kinds: dict[str, tuple[bool, int]] = {}
    with gzip.open(chargers / "nl-ocpi-locations.ndjson.gz", "rt") as lines:
        for line in lines:
            place = json.loads(line)
            names = {post.get("evse_id") or post["uid"] for post in place["evses"]}
            is_dc = any(
                plug.get("power_type") == "DC"
                for post in place["evses"]
                for plug in post["connectors"]
            )
            kinds[str(place["id"])] = (is_dc, len(names))
    with gzip.open(chargers / "nl-occupancy-hourly.ndjson.gz", "rt") as lines:
        for line in lines:
            row = json.loads(line)
            kind = kinds.get(str(row["location_id"]))
            if kind is None:
                continue
            shares = {
                date.fromisoformat(day).toordinal() * 24 + hour: percent / 100
                for day, hours in row["occ_pct_by_hour"].items()
                for hour, percent in enumerate(hours)
                if percent is not None
            }
            yield (*kind, shares)


def by_hour(found: list[Series]) -> dict[bool, list[float]]:
    """Mean share of occupied EVSEs, by local hour, weekdays and weekend together."""
    total = np.zeros((2, 24, 2))
    for is_dc, _, shares in found:
        for hour, share in shares.items():
            total[int(is_dc), hour % 24] += (share, 1)
    return {bool(k): [float(s / n) if n else float("nan") for s, n in total[k]] for k in (0, 1)}


def all_taken_given_one(found: list[Series]) -> dict[bool, list[float]]:
    """Chance that all EVSEs of a site are taken, given that one of them is, by their number."""
    full: dict[tuple[bool, int], list[float]] = defaultdict(lambda: [0.0, 0.0])
    for is_dc, size, shares in found:
        cell = full[is_dc, min(size, SIZES[-1])]
        cell[0] += sum(share >= 1.0 for share in shares.values())
        cell[1] += sum(shares.values())
    return {kind: [full[kind, n][0] / full[kind, n][1] for n in SIZES] for kind in (False, True)}


def likeness(found: list[Series], lags_h: tuple[int, ...]) -> dict[bool, dict[int, float]]:
    """Correlation of a site's occupancy with itself some hours later, off the hour's mean.

    Sites with up to four EVSEs: at larger ones the share says little of any one EVSE.
    """
    mean = by_hour(found)
    sums: dict[tuple[bool, int], list[float]] = defaultdict(lambda: [0.0, 0.0, 0.0])
    for is_dc, size, shares in found:
        if size > SIZES[3]:
            continue
        off = {hour: share - mean[is_dc][hour % 24] for hour, share in shares.items()}
        for hour, one in off.items():
            for lag in lags_h:
                other = off.get(hour + lag)
                if other is not None:
                    cell = sums[is_dc, lag]
                    cell[0] += one * other
                    cell[1] += one * one
                    cell[2] += other * other
    return {
        kind: {
            lag: sums[kind, lag][0] / (sums[kind, lag][1] * sums[kind, lag][2]) ** 0.5
            for lag in lags_h
        }
        for kind in (False, True)
    }
