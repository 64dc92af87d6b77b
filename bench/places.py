"""Places by name: building and searching a country's index, and how small the shapes of roads are.

    python bench/places.py [--data FOLDER] [--entries COUNT]

Prints one JSON line a measure; times are CPU time. The country is synthetic: streets of common
names in settlements whose names are made of syllables, ``--entries`` of them all in all. ``--data``
is the folder of shared data; an extract that is not there is left out and said on standard error.
"""

import argparse
import json
import random
import resource
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from planner.model.geo import LonLat
from planner.roads.finding import Finder
from planner.roads.gazetteer import Entry, order_of, write_index
from planner.roads.lending import FileSource
from planner.roads.osm import read_osm
from planner.roads.osm_graph import build_from_osm

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"

STREETS = (
    "Hauptstraße", "Bahnhofstraße", "Dorfstraße", "Schulstraße", "Gartenstraße", "Am Markt",
    "Rua da Igreja", "Avenida da Boavista", "Rue de la République", "Place de l'Église",
    "Via Roma", "Corso Garibaldi", "Calle Mayor", "Carrer Nou", "Mannerheimintie",
)  # fmt: skip
SYLLABLES = ("ber", "lin", "mün", "chen", "hau", "sen", "dorf", "neu", "ol", "ten", "grün", "wald",
             "stein", "bach", "hof", "ra", "vi", "lla", "por", "to", "mar", "san")  # fmt: skip
TEXTS = {
    "exact": "Hauptstraße",
    "one letter": "b",
    "a common beginning": "rua",
    "two words": "avenida boavista",
    "a street in a town": "Dorfstraße, neuber",
    "a typo": "Hauptstrasze",
    "two typos": "mannehreimintei",
    "nothing": "xqzwvy",
}
ROUNDS = 15


def country(entries: int) -> list[Entry]:
    """Make settlements with streets of common and of own names, the same ones at every run."""
    chance = random.Random(7)
    made: list[Entry] = []
    while len(made) < entries:
        town = "".join(chance.choices(SYLLABLES, k=chance.randint(2, 4))).title()
        place = LonLat(chance.uniform(-5, 8), chance.uniform(43, 51))
        people = int(10 ** chance.uniform(2, 5.5))
        streets = max(3, people // 150)
        weight = np.log10(people + 100)
        made.append(
            Entry(name=town, kind="town", country="XX", location=place, weight=float(weight),
                  population=people, settled=True)
        )  # fmt: skip
        own = ("".join(chance.choices(SYLLABLES, k=4)).title() for _ in range(streets))
        names = chance.sample(STREETS, min(len(STREETS), streets))
        names += [f"{word} {chance.choice(('Weg', 'straße', 'Allee'))}" for word in own]
        made += [
            Entry(name=name, kind="street", country="XX", within=town, location=place,
                  weight=chance.uniform(1, 2.2))
            for name in names[:streets]
        ]  # fmt: skip
    return made[:entries]


def search_country(entries: int) -> None:
    """Build the index in a file, and search it for what people type."""
    made = country(entries)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "places.sqlite"
        began = time.process_time()
        database = sqlite3.connect(path)
        write_index(database, sorted(made, key=order_of), {})
        database.close()
        built_s = time.process_time() - began
        line = {"measure": "build index of places", "entries": len(made), "seconds": built_s}
        tell(line | {"megabytes": path.stat().st_size / 1e6})
        finder = Finder(FileSource(path))
        began = time.process_time()
        words = len(finder.vocabulary)
        tell({"measure": "read words", "words": words, "seconds": time.process_time() - began})
        finder.find("Hauptstrasze")
        near = LonLat(2.0, 47.0)
        for name, text in TEXTS.items():
            asked, _comma, within = text.partition(",")
            for where in (None, near):
                said = name if where is None else f"{name}, near a point"
                ms = median_ms(lambda a=asked, w=within, n=where: finder.find(a, within=w, near=n))
                found = len(finder.find(asked, within=within, near=where))
                tell({"measure": f"search: {said}", "median_ms": ms, "found": found})


def measure_shapes(file: Path) -> None:
    """Import an extract, and say how many bytes its shapes take and how quick paths are drawn."""
    quiet: Callable[[str, float], None] = lambda _stage, _share: None  # noqa: E731
    graph = build_from_osm(
        read_osm(file, quiet), name="x", source="x", heights=None, progress=quiet
    )
    points = graph.counts()["shape_points"]
    packed = graph.shape_first.nbytes + graph.shape_steps.nbytes
    path = np.arange(min(5000, len(graph.head)))
    drawn = len(graph.path_geometry(path))
    tell(
        {
            "measure": f"shapes of {file.name}",
            "points": points,
            "as_pairs_bytes": 8 * points + 8 * len(graph.shape_first),
            "packed_bytes": packed,
            "path_edges": len(path),
            "path_points": drawn,
            "path_median_ms": median_ms(lambda: graph.path_geometry(path)),
        }
    )


def median_ms(work: Callable[[], object]) -> float:
    """Return the median CPU time of some runs in milliseconds."""
    times = []
    for _ in range(ROUNDS):
        began = time.process_time()
        work()
        times.append(time.process_time() - began)
    return 1000 * statistics.median(times)


def tell(line: dict[str, object]) -> None:
    """Print a measure, rounded."""
    said = {k: round(v, 3) if isinstance(v, float) else v for k, v in line.items()}
    print(json.dumps(said), flush=True)


def main() -> None:
    """Measure all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=SHARED)
    parser.add_argument("--entries", type=int, default=300_000)
    told = parser.parse_args()
    search_country(told.entries)
    for name in ("china-7-105-51.osm.pbf", "porto_portugal.osm.pbf"):
        file = told.data / "roads" / name
        if file.is_file():
            measure_shapes(file)
        else:
            print(f"{name} is not there", file=sys.stderr)
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    tell({"measure": "peak memory", "peak_mb": peak_mb})


if __name__ == "__main__":
    main()
