"""Charging sessions: how many sown faults are found and how many are cried for nothing, and scale.

    python bench/anomalies.py    # all of these
    python bench/anomalies.py faults 1500 3 >> bench/results/anomalies.jsonl
    python bench/anomalies.py subtle 1500 3 >> bench/results/anomalies.jsonl
    python bench/anomalies.py scale 110000 >> bench/results/anomalies.jsonl

``faults N SEEDS``: months of N sessions, a fifth of them with one fault of nine kinds
(`tests/fleet/seeded.py` makes them, with its own physics); precision and recall of each kind over
all seeds. A session's fault counts as found only under its own kind; every other anomaly is a
false one. ``subtle`` draws faults from below the thresholds of the rules, lets sound cars stay
beyond them, and leaves the charging periods out of a third of the CDRs.

``scale ROWS``: a made-up table of the shape of QualiCharge's sessions (``id_pdc_itinerance``,
``start``, ``end``, ``energy``) on the French charge points of the shared data, with what such data
hold: rows twice, ends before starts, no energy, energies that no post gives. CPU seconds to import
it, to read the history and to judge it, and the greatest memory. The public file itself is not in
the shared data.
"""

import csv
import gzip
import json
import random
import resource
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from time import process_time
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from planner.energy.catalogue import load_catalogue, shipped_path
from planner.feeds.files import load_file
from planner.fleet.bill import bill, lines_of
from planner.fleet.history import import_charges, open_history
from planner.fleet.judging import find_anomalies
from planner.formats.charges import read_charges
from planner.store.feeds import Source
from planner.store.store import Store
from tests.fleet.seeded import KINDS, NOW, PLAIN, SUBTLE, Difficulty, make_history

IRVE = Path(__file__).parents[2] / "shared" / "data" / "chargers" / "fr-irve-static.json.gz"
EVERYTHING = (("faults", "1500", "3"), ("subtle", "1500", "3"), ("scale", "110000"))
LEVELS = {"faults": PLAIN, "subtle": SUBTLE}
BEGIN = datetime(2026, 4, 1, tzinfo=UTC)


def measure_faults(
    sessions: int, seeds: int, measure: str, how: Difficulty
) -> Iterator[dict[str, Any]]:
    """Count hits, misses and false alarms of each kind."""
    sown, found, hit = Counter[str](), Counter[str](), Counter[str]()
    spent, judged = 0.0, 0
    for seed in range(seeds):
        with tempfile.TemporaryDirectory() as folder:
            history, truth = make_history(Path(folder), sessions, seed=seed, how=how)
        began = process_time()
        anomalies = find_anomalies(history, NOW)
        spent += process_time() - began
        judged += len(history.entries)
        told = {(anomaly.entry.charge.id, anomaly.kind) for anomaly in anomalies}
        sown.update(kind for _, kind in truth)
        found.update(kind for _, kind in told)
        hit.update(kind for _, kind in truth & told)
    for kind in [*KINDS, *sorted(set(found) - set(KINDS))]:
        yield {
            "measure": measure,
            "kind": kind,
            "sown": sown[kind],
            "found": found[kind],
            "precision": round(hit[kind] / found[kind], 3) if found[kind] else None,
            "recall": round(hit[kind] / sown[kind], 3) if sown[kind] else None,
        }
    yield {
        "measure": measure,
        "kind": "all",
        "sessions": judged,
        "sown": sown.total(),
        "found": found.total(),
        "precision": round(hit.total() / found.total(), 3),
        "recall": round(hit.total() / sown.total(), 3),
        "judged_a_cpu_second": round(judged / spent),
    }


def measure_scale(rows: int) -> dict[str, Any]:
    """Import, read and judge a national table."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        store = Store.open(f"sqlite:///{folder / 'plugsure.sqlite'}", folder / "key")
        store.feeds.add(Source(name="fr", kind="file", format="irve"))
        load_file(store, "fr", IRVE, "irve", now=NOW)
        table = folder / "sessions.csv"
        write_table(table, rows)
        snapshot = store.snapshot()
        before_mb = peak_mb()
        marks = [process_time()]
        _, read = read_charges(table)
        faults: list[Any] = []
        good = (
            (row.charge, row.bearer)
            if row.charge is not None and row.bearer is not None
            else faults.append(row.faults)
            for row in read
        )
        kept = import_charges(
            store, (pair for pair in good if pair), source="fr", snapshot=snapshot, now=NOW
        )
        marks.append(process_time())
        history = open_history(store, snapshot, load_catalogue(shipped_path()))
        marks.append(process_time())
        sums = bill(lines_of(history), "operator")
        marks.append(process_time())
        anomalies = find_anomalies(history, NOW)
        marks.append(process_time())
        store.close()
    spent = [round(b - a, 1) for a, b in pairwise(marks)]
    return {
        "measure": "scale",
        "rows": rows,
        "imported": kept.added,
        "known": kept.known,
        "refused": len(faults),
        "import_cpu_s": spent[0],
        "open_cpu_s": spent[1],
        "bill_cpu_s": spent[2],
        "judge_cpu_s": spent[3],
        "groups": len(sums.groups),
        "anomalies": dict(Counter(anomaly.kind for anomaly in anomalies)),
        "peak_mb": peak_mb(),
        "peak_before_mb": before_mb,
    }


def write_table(path: Path, rows: int) -> None:
    """Write a table of sessions on real charge points."""
    draw = random.Random(7)
    with gzip.open(IRVE, "rt", encoding="utf-8") as lines:
        posts = [
            (one["id_pdc_itinerance"], float(one.get("puissance_nominale") or 22))
            for one in map(json.loads, lines)
            if one.get("id_pdc_itinerance")
        ]
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["id_pdc_itinerance", "start", "end", "energy"])
        for _ in range(rows):
            post, power_kw = draw.choice(posts)
            begins = BEGIN + timedelta(seconds=draw.randrange(30 * 86_400))
            hours = draw.lognormvariate(0.0, 0.8)
            energy = power_kw * hours * draw.uniform(0.1, 0.9)
            ends = begins + timedelta(hours=hours)
            fate = draw.random()
            if fate < 0.003:
                begins, ends = ends, begins
            if fate > 0.998:
                energy *= 20
            told = "" if 0.003 < fate < 0.006 else f"{energy:.3f}"
            row = [post, begins.isoformat(" ", "seconds"), ends.isoformat(" ", "seconds"), told]
            writer.writerow(row)
            if 0.01 < fate < 0.015:
                writer.writerow(row)


def peak_mb() -> int:
    """Give the greatest memory that this process had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def main() -> None:
    """Measure what the command line names; all of it where it names nothing."""
    if len(sys.argv) > 1:
        measure(*sys.argv[1:])
        return
    for asked in EVERYTHING:  # each in a process of its own, for its greatest memory is told
        subprocess.run([sys.executable, __file__, *asked], check=True)


def measure(what: str, count: str, *more: str) -> None:
    """Measure one thing and print it."""
    if what in LEVELS:
        seeds = int(more[0]) if more else 1
        for line in measure_faults(int(count), seeds, what, LEVELS[what]):
            print(json.dumps(line))
    else:
        print(json.dumps(measure_scale(int(count))))


if __name__ == "__main__":
    main()
