"""The figures of many sites as tables: times, where they go, and what fallbacks cost.

Run: ``python bench/site_told.py [results/sites.jsonl]``.
"""

import json
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

RESULTS = Path(__file__).parent / "results" / "sites.jsonl"
LEAST_SHARE = 0.03
"""Parts that take less are not named."""


def times(lines: list[dict[str, Any]]) -> Iterator[str]:
    """Write a row for each configuration: quantiles of CPU milliseconds by bin."""
    rows: dict[tuple[Any, ...], dict[str, dict[str, Any]]] = defaultdict(dict)
    for line in lines:
        opened = line["open_stations"], line["stations"]
        rows[line["country"], opened, line["fallbacks"], line["gap"]][line["km"]] = line
    bins = sorted({line["km"] for line in lines}, key=lambda km: int(km.split("-")[0]))
    yield f"| country, open of all | k | gap | {' | '.join(bins)} | infeasible | own (MB) |"
    yield "| --- " * (5 + len(bins)) + "|"
    for (country, opened, fallbacks, gap), by_bin in sorted(rows.items()):
        cells = [_quantiles(by_bin[km]) if km in by_bin else "" for km in bins]
        failed = sum(line["infeasible"] for line in by_bin.values())
        own = max(line["own_mb"] for line in by_bin.values())
        name = f"{country}, {opened[0]:,} of {opened[1]:,}"
        proof = "yes" if gap else "no"
        yield f"| {name} | {fallbacks} | {proof} | {' | '.join(cells)} | {failed} | {own:,} |"


def _quantiles(line: dict[str, Any]) -> str:
    return "/".join(f"{line[f'cpu_{level}_ms']:,.0f}" for level in ("p50", "p95", "p99"))


def parts(lines: list[dict[str, Any]]) -> Iterator[str]:
    """Write where the time of each configuration goes."""
    for line in lines:
        large = [f"{k} {v:.0%}" for k, v in line["parts"].items() if v >= LEAST_SHARE]
        name = (
            f"{line['country']} {line['open_stations']:,}, k {line['fallbacks']}, {line['km']} km"
        )
        yield f"{name}, {'with' if line['gap'] else 'without'} gap: {', '.join(large)}"


def prices(lines: list[dict[str, Any]]) -> Iterator[str]:
    """Write by how much fallbacks make trips longer that stand without, on the same sites."""
    lasts: dict[tuple[Any, ...], dict[str, float]] = defaultdict(dict)
    for line in lines:
        key = line["country"], line["sites"], line["share"], line["gap"]
        trips = {f"{line['km']} {number}": float(s) for number, s in line["lasts_s"].items()}
        lasts[*key, line["fallbacks"]] |= trips
    for (*key, fallbacks), found in sorted(lasts.items()):
        alone = lasts.get((*key, 0), {})
        longer = [found[trip] / alone[trip] - 1.0 for trip in found.keys() & alone.keys()]
        if fallbacks and longer:
            country, sites, share, gap = key
            name = f"{country}, {sites:,} sites, {share} %, k {fallbacks}"
            how = "with" if gap else "without"
            yield f"{name}, {how} gap: {np.mean(longer):.2%} longer on {len(longer)} trips"


def main() -> None:
    """Read the results and write all tables."""
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else RESULTS
    told = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    plans = [line for line in told if line["what"] == "plans"]
    for table in (times, parts, prices):
        print("\n".join(table(plans)), end="\n\n")
    for line in told:
        if line["what"] != "plans":
            print(json.dumps(line))


if __name__ == "__main__":
    main()
