"""Time and memory of reading the shared national feeds into SQLite; a JSON object a line.

Run: ``python bench/feeds.py [DATA]``. Each measure runs in a process of its own, so that its peak
memory is its own.
"""

import json
import multiprocessing
import platform
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from planner.feeds.files import load_file
from planner.model.station import Status
from planner.store.feeds import Source
from planner.store.store import Store
from planner.store.updates import StatusUpdate

DATA = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parents[2] / "shared" / "data"
CHARGERS = DATA / "chargers"
NOW = 1_780_876_800.0  # 2026-06-08T00:00:00Z

_REPEATS = 5


def _open(folder: str) -> Store:
    return Store.open(f"sqlite:///{folder}/bench.sqlite", Path(folder) / "key")


def import_dutch(folder: str) -> dict[str, Any]:
    """Read the Dutch Locations and tariffs into an empty database."""
    store = _open(folder)
    store.feeds.add(Source(name="nl", kind="file", format="ocpi"))
    report = load_file(
        store,
        "nl",
        CHARGERS / "nl-ocpi-locations.ndjson.gz",
        "ocpi",
        now=NOW,
        tariffs_path=CHARGERS / "nl-ocpi-tariffs.ndjson.gz",
    )
    return {**report.counts, "database_mb": _size_mb(folder)}


def import_dutch_again(folder: str) -> dict[str, Any]:
    """Read the same files again: nothing differs."""
    return load_file(
        _open(folder),
        "nl",
        CHARGERS / "nl-ocpi-locations.ndjson.gz",
        "ocpi",
        now=NOW,
        tariffs_path=CHARGERS / "nl-ocpi-tariffs.ndjson.gz",
    ).counts


def read_snapshot(folder: str) -> dict[str, Any]:
    """Read a whole snapshot, as a worker does when it starts."""
    snapshot = _open(folder).snapshot()
    return {
        "stations": len(snapshot.stations),
        "evses": len(snapshot.status),
        "facts": len(snapshot.facts),
        "tariffs": len(snapshot.tariffs),
    }


def follow_status(folder: str) -> dict[str, Any]:
    """Read the next snapshot after one EVSE changed its status."""
    store = _open(folder)
    snapshot = store.snapshot()
    times_ms, writes_ms = [], []
    for step in range(_REPEATS):
        station = snapshot.stations[1000 * step]
        told = {station.evses[0].uid: (Status.CHARGING, NOW + step)}
        begun = time.perf_counter()
        store.apply(StatusUpdate(feed="nl", station_id=station.id, statuses=told))
        writes_ms.append((time.perf_counter() - begun) * 1000)
        begun = time.perf_counter()
        fresh = store.snapshot(snapshot)
        times_ms.append((time.perf_counter() - begun) * 1000)
        assert fresh.stations is snapshot.stations
        snapshot = fresh
    return {
        "read_median_ms": round(sorted(times_ms)[_REPEATS // 2], 2),
        "write_median_ms": round(sorted(writes_ms)[_REPEATS // 2], 2),
    }


def import_french(folder: str) -> dict[str, Any]:
    """Read the French charge points beside them."""
    store = _open(folder)
    store.feeds.add(Source(name="fr", kind="file", format="irve"))
    report = load_file(store, "fr", CHARGERS / "fr-irve-static.json.gz", "irve", now=NOW)
    return report.counts


def _size_mb(folder: str) -> float:
    return round(sum(f.stat().st_size for f in Path(folder).glob("bench.sqlite*")) / 1e6, 1)


def _measure(job: Callable[[str], dict[str, Any]], folder: str, results: Any) -> None:
    begun, used = time.perf_counter(), time.process_time()
    told = job(folder)
    results.put(
        {
            "bench": f"feeds.{job.__name__}",
            "seconds": round(time.perf_counter() - begun, 2),
            "cpu_seconds": round(time.process_time() - used, 2),
            "peak_rss_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
            "python": platform.python_version(),
            **told,
        }
    )


def main() -> None:
    """Print a JSON object for each measure."""
    spawn = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory() as folder:
        for job in (import_dutch, read_snapshot, follow_status, import_dutch_again, import_french):
            results = spawn.Queue()
            process = spawn.Process(target=_measure, args=(job, folder, results))
            process.start()
            print(json.dumps(results.get()), flush=True)
            process.join()


if __name__ == "__main__":
    main()
