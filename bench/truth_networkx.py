"""Our searches held against networkx on the same roads: equal to the millisecond, or it fails.

    python bench/truth_networkx.py [--pairs 1000] [--seed 7] [--extract NAME ...]

For each extract, pairs of places at random (40 starts, as many ends each as it takes). Weights are
whole milliseconds, so that sums are exact. Compared are `planner.legs.kernels.drives` (one start,
with the way driven again edge by edge), `sweep` (to one end, backward), and the hierarchy of
`planner.legs.hierarchy` (point to point with its way, and one to many). The results go into
``bench/results/truth_networkx.json``; exit status 1 if one differs.
"""

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
from numpy.typing import NDArray
from truth import EXTRACTS, SHARED, import_roads

sys.path.insert(0, str(Path(__file__).parents[1]))

from planner.legs.hierarchy import NEVER, PointQuery, build, customise, select_targets, to_many
from planner.roads.graph import RoadGraph
from planner.roads.snap import stoppable
from tests.oracle.sweeps import drives, sweep

RESULTS = Path(__file__).with_name("results") / "truth_networkx.json"
STARTS = 40


def whole_ms(graph: RoadGraph) -> NDArray[np.int64]:
    """Return each edge's time in whole milliseconds."""
    return np.rint(np.asarray(graph.duration_s, np.float64) * 1000).astype(np.int64)


def as_networkx(graph: RoadGraph, weight_ms: NDArray[np.int64]) -> Any:
    """Return the graph as networkx has it, with the least of parallel edges."""
    made = nx.DiGraph()
    made.add_nodes_from(range(len(graph.lon)))
    rows = zip(graph.tail.tolist(), graph.head.tolist(), weight_ms.tolist(), strict=True)
    for tail, head, weight in rows:
        if not made.has_edge(tail, head) or made[tail][head]["ms"] > weight:
            made.add_edge(tail, head, ms=weight)
    return made


def draw(graph: RoadGraph, pairs: int, seed: int) -> list[tuple[int, list[int]]]:
    """Draw starts, where drives begin, and for each some ends."""
    nodes = np.flatnonzero(stoppable(graph))
    dice = np.random.default_rng(seed)
    starts = graph.leaves_from[dice.choice(nodes, min(STARTS, pairs))]
    ends = dice.choice(nodes, pairs)
    shares = np.array_split(ends, len(starts))
    return [(int(a), b.tolist()) for a, b in zip(starts, shares, strict=True)]


def by_networkx(made: Any, start: int, ends: list[int]) -> list[int]:
    """Return the milliseconds to each end by networkx, -1 where there is no way."""
    found = nx.single_source_dijkstra_path_length(made, start, weight="ms")
    return [int(found.get(end, -1)) for end in ends]


class Ours:
    """Our searches on one graph."""

    def __init__(self, graph: RoadGraph, weight_ms: NDArray[np.int64]) -> None:
        self._graph, self._ms = graph, weight_ms
        self._weight = weight_ms.astype(np.float64)
        self._flat = np.zeros(len(weight_ms))
        self._all = np.ones(len(graph.lon), np.bool_)
        self._metric = customise(build(graph.first_out, graph.head), weight_ms)
        self._query = PointQuery(self._metric)

    def answers(self, start: int, ends: list[int]) -> dict[str, list[int]]:
        """Return the milliseconds to each end by each search, -1 where there is no way."""
        graph = self._graph
        time_ms, *_, entered = drives(
            graph.first_out, graph.head, self._weight, self._weight, self._flat, self._all,
            start, 1.0, -1,
        )  # fmt: skip
        many = to_many(start, select_targets(self._metric, np.array(ends, np.int32))).weight
        return {
            "drives": [_whole(time_ms[end]) for end in ends],
            "drives, edge by edge": [self._driven(entered, start, end) for end in ends],
            "sweep backward": [self._back(start, end) for end in ends[:1]],
            "hierarchy, point to point": [self._by_hierarchy(start, end) for end in ends],
            "hierarchy, edge by edge": [self._along(start, end) for end in ends],
            "hierarchy, one to many": [-1 if ms >= NEVER else int(ms) for ms in many],
        }

    def _driven(self, entered: NDArray[np.int32], start: int, end: int) -> int:
        total, node = 0, end
        while node != start:
            edge = int(entered[node])
            if edge < 0:
                return -1
            total += int(self._ms[edge])
            node = int(self._graph.tail[edge])
        return total

    def _back(self, start: int, end: int) -> int:
        graph = self._graph
        target = np.array([end], np.int32), np.zeros(1)
        found = sweep(graph.first_in, graph.in_edge, graph.tail, self._weight, *target)
        return _whole(found[start])

    def _by_hierarchy(self, start: int, end: int) -> int:
        found = self._query.weight(start, end)
        return -1 if found >= NEVER else found

    def _along(self, start: int, end: int) -> int:
        drive = self._query.drive(start, end)
        if drive is None:
            return -1
        node = start
        for edge in drive.edges.tolist():
            assert self._graph.tail[edge] == node, "edges follow each other"
            node = int(self._graph.head[edge])
        assert node == end, "the way leads to its end"
        return int(self._ms[drive.edges].sum())


def _whole(value: float) -> int:
    return int(value) if np.isfinite(value) else -1


def compare(graph: RoadGraph, pairs: int, seed: int) -> dict[str, Any]:
    """Return how many answers of each search were compared and how many differ."""
    weight_ms = whole_ms(graph)
    made, ours = as_networkx(graph, weight_ms), Ours(graph, weight_ms)
    compared: dict[str, int] = {}
    differ: dict[str, int] = {}
    reached = 0
    for start, ends in draw(graph, pairs, seed):
        truth = by_networkx(made, start, ends)
        reached += sum(ms >= 0 for ms in truth)
        for search, answers in ours.answers(start, ends).items():
            wrong = sum(a != b for a, b in zip(answers, truth, strict=False))
            compared[search] = compared.get(search, 0) + len(answers)
            differ[search] = differ.get(search, 0) + wrong
    return {"pairs": pairs, "reached": reached, "compared": compared, "differ": differ}


def main() -> None:
    """Compare all extracts that are there."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--extract", nargs="*", choices=sorted(EXTRACTS), default=list(EXTRACTS))
    parser.add_argument("--data", type=Path, default=SHARED)
    told = parser.parse_args()
    command = f"python bench/truth_networkx.py --pairs {told.pairs} --seed {told.seed}"
    record: dict[str, Any] = {"command": command, "networkx": nx.__version__}
    for name in told.extract:
        file = told.data / EXTRACTS[name]
        if not file.is_file():
            print(f"{name}: {file} is not there", file=sys.stderr)
            continue
        began = time.perf_counter()
        record[name] = compare(import_roads(file), told.pairs, told.seed)
        record[name]["took_s"] = round(time.perf_counter() - began, 1)
        print(json.dumps({name: record[name]}), flush=True)
    RESULTS.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    wrong = [name for name in told.extract if any(record.get(name, {}).get("differ", {}).values())]
    if wrong:
        raise SystemExit(f"searches differ from networkx on {', '.join(wrong)}")


if __name__ == "__main__":
    main()
