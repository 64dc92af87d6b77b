"""Our roads held against Valhalla's: the same extracts, the same places, the ways of both.

    python bench/truth.py [--pairs 1000] [--seed 7] [--extract NAME ...] [--valhalla FOLDER]

Makes Valhalla's environment and tiles where they are not there (see ``truth_valhalla.py``), and
writes ``bench/results/truth.json``. Places are road nodes of ours at which a drive may begin, drawn
at random; Valhalla is given their coordinates, which lie on its roads too, so that both stand at
the same point; how far apart the ends of the two ways lie is recorded. Valhalla's costing is
``auto`` without traffic, its search is not pruned by hierarchy. Ratios are ours over Valhalla's.
Valhalla measures on a sphere of the equator's radius, so that equal ways have a ratio of 0.9989.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import osmium
from numpy.typing import NDArray
from truth_causes import VARIANTS, Case, explain, is_off
from truth_record import kinds, percent, ratios, seconds_by_cause, spread
from truth_valhalla import HOME, ask, build_tiles, make_environment
from truth_ways import Ours, Priced, Way

from planner.roads.graph import RoadGraph
from planner.roads.osm import read_osm
from planner.roads.osm_graph import build_from_osm
from planner.roads.snap import stoppable
from planner.roads.sphere import distances_m

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data" / "roads"
RESULTS = Path(__file__).with_name("results") / "truth.json"

EXTRACTS = {
    "porto": "porto_portugal.osm.pbf",
    "rhein-neckar": "rnv-graphhopper.osm.pbf",
    "china": "china-7-105-51.osm.pbf",
}

_SAME_LENGTH = (0.9975, 1.0005)
"""Ratio of our length of a line to Valhalla's where it follows it to its end."""


def import_roads(path: Path) -> RoadGraph:
    """Import an extract, flat."""
    return build_from_osm(
        read_osm(path, lambda *_: None),
        name=path.name.split(".")[0],
        source=path.name,
        heights=None,
        progress=lambda *_: None,
    )


@dataclass(frozen=True)
class Pair:
    """One pair of places, and what both sides answer."""

    ends: tuple[float, float, float, float]
    ours: Way | None
    ours_shortest: Way | None
    theirs: dict[str, Any]
    theirs_shortest: dict[str, Any]

    @property
    def is_reached_by(self) -> tuple[bool, bool]:
        """Whether we get there, and whether they do."""
        return self.ours is not None, "error" not in self.theirs


@dataclass(frozen=True)
class Found:
    """A pair that both sides reach, with the ways of both priced on both sides."""

    pair: Pair
    ours: Way
    apart_m: float
    on_theirs: Priced
    on_ours: Priced | None


def draw(graph: RoadGraph, count: int, seed: int) -> NDArray[np.int64]:
    """Draw pairs of nodes, shape (count, 2), that differ."""
    nodes = np.flatnonzero(stoppable(graph))
    pairs = np.random.default_rng(seed).choice(nodes, (2 * count, 2))
    return np.asarray(pairs[pairs[:, 0] != pairs[:, 1]][:count], np.int64)


def ask_both(ours: Ours, config: Path, home: Path, nodes: NDArray[np.int64]) -> list[Pair]:
    """Plan all pairs on both sides."""
    lon, lat = ours.graph.lon, ours.graph.lat
    ends = [(float(lon[a]), float(lat[a]), float(lon[b]), float(lat[b])) for a, b in nodes.tolist()]
    told = ask(config, [{"route": place} for place in ends], home)
    short = ask(config, [{"route": e, "options": {"shortest": True}} for e in ends], home)
    ways = [(ours.quickest(a, b), ours.shortest(a, b)) for a, b in nodes.tolist()]
    return [
        Pair(place, quick, least, auto, shortest)
        for place, (quick, least), auto, shortest in zip(ends, ways, told, short, strict=True)
    ]


def price_both(ours: Ours, config: Path, home: Path, pairs: list[Pair]) -> list[Found]:
    """Price the ways of both sides on both sides, where both get there."""
    both = [(pair, pair.ours) for pair in pairs if pair.ours and pair.is_reached_by[1]]
    found = []
    for (pair, way), answer in zip(both, _walked(config, home, [w for _, w in both]), strict=True):
        theirs = np.asarray(pair.theirs["line"])
        apart = max(float(distances_m(*way.line[end], *theirs[end])) for end in (0, -1))
        on_theirs = ours.price(theirs, pair.theirs.get("edges", ()))
        on_ours = None if answer is None else ours.price(answer["line"], answer["edges"])
        found.append(Found(pair, way, apart, on_theirs, on_ours))
    return found


def _walked(config: Path, home: Path, ways: list[Way]) -> list[dict[str, Any] | None]:
    """Return their edges along our ways, None where they do not follow one to its end.

    Lines with the map's points only are followed edge by edge; where that fails it is tried with
    more points, by map matching.
    """
    told: list[dict[str, Any] | None] = [None] * len(ways)
    for points in ("line", "close_line"):
        left = [number for number, answer in enumerate(told) if answer is None]
        asked = [{"walk": getattr(ways[number], points).tolist()} for number in left]
        for number, answer in zip(left, ask(config, asked, home), strict=True):
            low, high = _SAME_LENGTH
            metres = answer.get("metres", 0.0)
            if metres and low <= ways[number].metres / metres <= high:
                told[number] = answer
    return told


def explain_all(file: Path, config: Path, home: Path, found: list[Found]) -> dict[str, Any]:
    """Name the kind of every pair that is off, by measure."""
    measures = {
        "seconds": [f for f in found if is_off(f.ours.seconds, f.pair.theirs["seconds"])],
        "metres": [f for f in found if is_off(f.ours.metres, f.pair.theirs["metres"])],
    }
    off = [f for f in found if any(f in of for of in measures.values())]
    asked = [
        {"route": f.pair.ends, "options": options} for f in off for options in VARIANTS.values()
    ]
    answers = iter(ask(config, asked, home))
    again = {id(f): {kind: next(answers) for kind in VARIANTS} for f in off}
    name_break = _namer(file, {way for f in off for _, _, way in f.on_theirs.breaks})
    told: dict[str, Any] = {}
    for measure, of in measures.items():
        named = []
        for f in of:
            case = Case(f.ours, f.pair.theirs, f.apart_m, f.on_theirs, f.on_ours, again[id(f)])
            ours = {"seconds": f.ours.seconds, "metres": f.ours.metres}[measure]
            sample = {"ends": f.pair.ends, "ours": round(ours), "valhalla": f.pair.theirs[measure]}
            named.append((explain(case, measure, name_break), sample))
        told[measure] = kinds(named)
    return told


def _namer(file: Path, ways: set[int]) -> Callable[[str, int], str]:
    """Return what names a break by the tags of Valhalla's way there."""
    tags: dict[int, dict[str, str]] = {}
    reader = osmium.FileProcessor(str(file), osmium.osm.WAY)
    for way in reader.with_filter(osmium.filter.IdFilter(sorted(ways))):
        tags[way.id] = dict(way.tags)
    telling = ("highway", "route", "service", "access", "vehicle", "motor_vehicle", "motorcar")

    def name(kind: str, way: int) -> str:
        if kind == "turn":
            return "a turn restriction or a barrier"
        of = tags.get(way, {})
        said = " ".join(f"{key}={of[key]}" for key in telling if key in of)
        return f"{'one-way' if kind == 'against' else 'closed to us'}, {said}"

    return name


def compare(file: Path, home: Path, count: int, seed: int) -> dict[str, Any]:
    """Compare one extract and return its record."""
    began = time.perf_counter()
    config, version = build_tiles(file, home)
    ours = Ours(import_roads(file))
    pairs = ask_both(ours, config, home, draw(ours.graph, count, seed))
    found = price_both(ours, config, home, pairs)
    reached = [pair.is_reached_by for pair in pairs]
    shortest = [
        pair.ours_shortest.metres / pair.theirs_shortest["metres"]
        for pair in pairs
        if pair.ours_shortest is not None and "error" not in pair.theirs_shortest
    ]
    return {
        "extract": file.name,
        "as_of": ours.graph.as_of,
        "valhalla": version,
        "pairs": len(pairs),
        "seed": seed,
        "reached_percent": {
            "both": percent(reached.count((True, True)), len(pairs)),
            "ours_only": percent(reached.count((True, False)), len(pairs)),
            "valhalla_only": percent(reached.count((False, True)), len(pairs)),
            "neither": percent(reached.count((False, False)), len(pairs)),
        },
        "ends_apart_m": spread([f.apart_m for f in found]),
        "time_ratio": ratios([f.ours.seconds / f.pair.theirs["seconds"] for f in found]),
        "distance_ratio": ratios([f.ours.metres / f.pair.theirs["metres"] for f in found]),
        "shortest_distance_ratio": ratios(shortest),
        "same_line_time_ratio": ratios([f.on_theirs.ours_s / f.on_theirs.theirs_s for f in found]),
        "driven_whole_percent": {
            "valhallas_ways_by_us": percent(sum(not f.on_theirs.breaks for f in found), len(found)),
            "our_ways_by_valhalla": percent(sum(f.on_ours is not None for f in found), len(found)),
        },
        "off_by_kind": explain_all(file, config, home, found),
        "our_seconds_beyond_valhallas_percent": seconds_by_cause([f.on_theirs for f in found]),
        "took_s": round(time.perf_counter() - began, 1),
    }


def main() -> None:
    """Compare all extracts that are there."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--extract", nargs="*", choices=sorted(EXTRACTS), default=list(EXTRACTS))
    parser.add_argument("--data", type=Path, default=SHARED)
    parser.add_argument("--valhalla", type=Path, default=HOME)
    parser.add_argument("--out", type=Path, default=RESULTS)
    told = parser.parse_args()
    make_environment(told.valhalla)
    record: dict[str, Any] = {}
    if told.out.is_file():
        record = json.loads(told.out.read_text(encoding="utf-8"))
    record["command"] = f"python bench/truth.py --pairs {told.pairs} --seed {told.seed}"
    for name in told.extract:
        file = told.data / EXTRACTS[name]
        if not file.is_file():
            print(f"{name}: {file} is not there", file=sys.stderr)
            continue
        record[name] = compare(file, told.valhalla, told.pairs, told.seed)
        print(json.dumps({name: record[name]}, indent=1, ensure_ascii=False), flush=True)
    told.out.parent.mkdir(exist_ok=True)
    told.out.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
