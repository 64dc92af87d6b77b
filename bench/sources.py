"""The same EVSEs from a second source, at national size: writing it, and following its changes.

Run: ``python bench/sources.py [DATA] [EVERY]``. The second source is a map that knows every
EVERY-th (3) EVSE ID of the Dutch feed, with hours and heights of its own. A JSON object a line.
"""

import json
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from planner.feeds.files import load_file
from planner.model.station import Hours, RegularHours, Station, Status
from planner.store.feeds import Source
from planner.store.store import Store
from planner.store.updates import StationsUpdate

DATA = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parents[2] / "shared" / "data"
EVERY = int(sys.argv[2]) if len(sys.argv) > 2 else 3
NOW = 1_780_876_800.0  # 2026-06-08T00:00:00Z
SHOP = Hours(regular=tuple(RegularHours(day, 480, 1200) for day in range(1, 7)))
STEPS = 40


def mapped(store: Store) -> Iterator[Station]:
    """Give the second source's stations."""
    number = 0
    for station in store.snapshot().stations:
        for evse in station.evses:
            number += 1
            if number % EVERY == 0 and evse.evse_id:
                yield replace(
                    station,
                    id=f"ZZ*OSM*n{number}",
                    feed="map",
                    country_code="ZZ",
                    party_id="OSM",
                    location_id=f"n{number}",
                    evses=(evse,),
                    hours=SHOP,
                    max_height_m=1.9,
                )


def measure(folder: str) -> Iterator[dict[str, Any]]:
    """Import both sources, then change one station of the map at a time."""
    store = Store.open(f"sqlite:///{folder}/bench.sqlite", Path(folder) / "key")
    store.feeds.add(Source(name="nl", kind="file", format="ocpi"))
    store.feeds.add(Source(name="map", kind="file", format="osm"))
    locations = DATA / "chargers" / "nl-ocpi-locations.ndjson.gz"
    load_file(store, "nl", locations, "ocpi", now=NOW)
    others = list(mapped(store))
    told = [(one, {one.evses[0].uid: (Status.UNKNOWN, None)}) for one in others]
    began = time.process_time()
    store.apply(StationsUpdate(feed="map", stations=told, full=True))
    written_s = time.process_time() - began
    snapshot = store.snapshot()
    completed = sum(bool(station.elsewhere) for station in snapshot.stations)
    yield {
        "measure": "second source written",
        "copies": len(others),
        "completed": completed,
        "cpu_s": round(written_s, 2),
    }
    writes: list[float] = []
    reads: list[float] = []
    for step in range(STEPS):
        one = others[step * (len(others) // STEPS)]
        changed = replace(one, max_height_m=2.0 + step / 100)
        began = time.process_time()
        store.apply(
            StationsUpdate(
                feed="map", stations=[(changed, {one.evses[0].uid: (Status.UNKNOWN, None)})]
            )
        )
        written = time.process_time()
        snapshot = store.snapshot(snapshot)
        reads.append(time.process_time() - written)
        writes.append(written - began)
    for name, spans in (("write", writes), ("snapshot", reads)):
        yield {
            "measure": f"a copy changes: {name}",
            "stations": len(snapshot.stations),
            "median_ms": round(statistics.median(spans) * 1000, 1),
            "most_ms": round(max(spans) * 1000, 1),
        }
    if snapshot.hash != store.snapshot().hash:
        raise AssertionError("the snapshot that followed is not that of all")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as at:
        for line in measure(at):
            print(json.dumps(line), flush=True)
