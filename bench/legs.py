"""The hierarchy at 0.1, 1 and 4 million nodes, and other libraries on the same graphs.

    python bench/legs.py [--data FOLDER] [--graphs europe 1M] [--programs plugsure scipy]

Prints one JSON line for each graph and program, each run in a process of its own: ``build_s``
(order and weights; of ours also ``order_s``, ``customise_s`` and, with loads,
``customise_loads_s``), ``peak_mb`` of the whole process, and medians of wall time: ``point_ms`` one
pair, ``many_ms`` one to 1,000, ``matrix_s`` 1,000 x 1,000, ``all_ms`` one to all, ``update_..``
closing 1,000 edges, ``open_ms`` opening what was saved. ``cpu_..`` is the processor's time for the
same, which does not depend so much on what else the machine does.
``checked`` is the sum of the first weights: equal where the programs agree. ``--graph-file`` takes
a graph of one's own: an .npz file with ``first_out, head, weight_ms, length_m, energy_kwh, xy_km``.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
from synthetic import make_country

from planner.legs import hierarchy as ch
from planner.roads.region import build_region

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"
GRAPHS = {"europe": 0, "1M": 1_050_000, "4M": 4_050_000}
PROGRAMS = ("plugsure", "ch-router", "routingkit-cch", "scipy", "networkx")
TOO_SLOW = {("4M", "networkx"), ("4M", "routingkit-cch")}
"""networkx needs some 8 GB for 4 M nodes, routingkit-cch six minutes."""

MANY = 1_000
Line = dict[str, Any]


def timed(line: Line, name: str, work: Callable[[int], object], repeats: int) -> None:
    """Note the median wall time of some calls, and their mean processor time."""
    work(0)
    took = []
    cpu = time.process_time()
    for turn in range(repeats):
        began = time.perf_counter()
        work(turn)
        took.append(time.perf_counter() - began)
    cpu = (time.process_time() - cpu) / repeats
    scale = 1000 if name.endswith("_ms") else 1
    line[name] = round(statistics.median(took) * scale, 4)
    line[f"cpu_{name}"] = round(cpu * scale, 4)


def plugsure(graph: SimpleNamespace, line: Line) -> None:
    """Measure ours."""
    ch.warm_up()
    pairs, ends = graph.pairs, graph.ends
    began, cpu = time.perf_counter(), time.process_time()
    tree = ch.build(graph.first_out, graph.head)
    line["order_s"] = round(time.perf_counter() - began, 3)
    metric = ch.customise(tree, graph.weight_ms)
    line["build_s"] = round(time.perf_counter() - began, 3)
    line["cpu_build_s"] = round(time.process_time() - cpu, 3)
    line["build_peak_mb"] = peak_mb()
    line |= {"arcs": tree.arcs, "height": tree.height, "kept": len(metric.outward.level)}
    timed(line, "customise_s", lambda _: ch.customise(tree, graph.weight_ms), 2)
    query = ch.PointQuery(metric)
    line["checked"] = sum(query.weight(int(a), int(b)) for a, b in pairs[:50])
    timed(line, "point_ms", lambda turn: query.weight(*pairs[turn]), 400)
    timed(line, "path_ms", lambda turn: query.drive(*pairs[turn]), 400)
    targets = ch.select_targets(metric, ends)
    timed(line, "select_ms", lambda _: ch.select_targets(metric, ends), 5)
    timed(line, "many_ms", lambda turn: ch.to_many(pairs[turn, 0], targets), 100)
    timed(line, "matrix_s", lambda _: ch.matrix(ends, targets), 3)
    timed(line, "all_ms", lambda turn: ch.to_all(metric, pairs[turn, 0]), 10)
    measure_updates(graph, metric, line, "update")
    load = ch.edge_loads(graph.weight_ms / 1000, graph.length_m, graph.energy_kwh, None)
    timed(line, "customise_loads_s", lambda _: ch.customise(tree, graph.weight_ms, load), 1)
    metric = ch.customise(tree, graph.weight_ms, load)
    targets = ch.select_targets(metric, ends)
    timed(line, "many_loads_ms", lambda turn: ch.to_many(pairs[turn, 0], targets), 100)
    measure_updates(graph, metric, line, "update_loads")
    line |= load_error(graph, metric, load)
    with tempfile.TemporaryDirectory() as folder:
        here = Path(folder)
        ch.save_hierarchy(tree, here / "h", region="x")
        ch.save_metric(metric, here / "m", region="x")
        sizes = [path.stat().st_size for path in here.rglob("*.npy")]
        line["file_mb"] = round(sum(sizes) / 1e6)

        def reopen(_: int) -> None:
            ch.open_metric(ch.open_hierarchy(here / "h", region="x"), here / "m", region="x")

        timed(line, "open_ms", reopen, 5)


def measure_updates(graph: SimpleNamespace, metric: ch.Customised, line: Line, name: str) -> None:
    """Close 1,000 edges all over the country, then 1,000 of one area."""
    rng = np.random.default_rng(3)
    count = len(graph.head)
    middle = int(rng.integers(0, count - MANY))
    closed = np.full(MANY, ch.NEVER)
    for where, edges in (
        ("anywhere", rng.choice(count, MANY, replace=False)),
        ("area", np.arange(middle, middle + MANY)),
    ):
        timed(line, f"{name}_{where}_s", lambda _, e=edges: ch.update(metric, e, closed), 2)


def load_error(graph: SimpleNamespace, metric: ch.Customised, load: np.ndarray) -> Line:
    """Hold the loads of 100 drives, in single precision, against sums in double."""
    query = ch.PointQuery(metric)
    worst = {"net_kwh": 0.0, "distance_m": 0.0}
    for start, end in graph.pairs[:100]:
        drive = query.drive(start, end)
        if drive is not None:
            exact = load[drive.edges].astype(float).sum(axis=0)
            worst["net_kwh"] = max(worst["net_kwh"], abs(exact[2] - drive.load[2]))
            worst["distance_m"] = max(worst["distance_m"], abs(exact[1] - drive.load[1]))
    return {f"worst_error_{name}": float(f"{value:.2g}") for name, value in worst.items()}


def ch_router(graph: SimpleNamespace, line: Line) -> None:
    """Measure the contraction hierarchy of RoutingKit by ch-router."""
    from routingkit_ch import CHQuery, ContractionHierarchy  # noqa: PLC0415 -- may be absent

    tail, head, weight = (
        array.astype(np.uint32) for array in (graph.tail, graph.head, graph.weight_ms)
    )
    began = time.perf_counter()
    built = ContractionHierarchy.build(graph.nodes, tail, head, weight)
    line["build_s"] = round(time.perf_counter() - began, 3)
    query = CHQuery(built)

    def one(a: int, b: int) -> int:
        return int(query.reset().add_source(a).add_target(b).run().get_distance())

    pairs, ends = graph.pairs.tolist(), graph.ends.tolist()
    line["checked"] = sum(one(a, b) for a, b in pairs[:50])
    timed(line, "point_ms", lambda turn: one(*pairs[turn]), 400)
    timed(line, "many_ms", lambda turn: [one(pairs[turn][0], end) for end in ends], 5)


def routingkit_cch(graph: SimpleNamespace, line: Line) -> None:
    """Measure the customisable contraction hierarchy of RoutingKit by routingkit-cch."""
    import routingkit_cch as kit  # noqa: PLC0415 -- may be absent

    tail, head, weight = graph.tail.tolist(), graph.head.tolist(), graph.weight_ms.tolist()
    x, y = graph.xy_km[:, 0].tolist(), graph.xy_km[:, 1].tolist()
    began = time.perf_counter()
    order = kit.compute_order_inertial(graph.nodes, tail, head, y, x)
    tree = kit.CCH(order, tail, head, False)  # noqa: FBT003 -- their signature
    metric = kit.CCHMetric(tree, weight)
    line["build_s"] = round(time.perf_counter() - began, 3)
    query = kit.CCHQuery(metric)
    pairs, ends = graph.pairs.tolist(), graph.ends.tolist()
    line["checked"] = sum(query.run(a, b).distance for a, b in pairs[:50])
    timed(line, "customise_s", lambda _: kit.CCHMetric(tree, weight), 1)
    timed(line, "point_ms", lambda turn: query.run(*pairs[turn]).distance, 400)
    many = kit.CCHOneToMany(metric, ends)
    timed(line, "many_ms", lambda turn: many.distances_from(pairs[turn][0]), 20)
    timed(line, "matrix_s", lambda _: [many.distances_from(end) for end in ends], 1)


def scipy(graph: SimpleNamespace, line: Line) -> None:
    """Measure SciPy's Dijkstra, which always goes to all."""
    from scipy.sparse import csr_array  # noqa: PLC0415 -- its memory is counted
    from scipy.sparse.csgraph import dijkstra  # noqa: PLC0415

    began = time.perf_counter()
    roads = csr_array(
        (graph.weight_ms.astype(float), graph.head, graph.first_out), shape=(graph.nodes,) * 2
    )
    line["build_s"] = round(time.perf_counter() - began, 3)
    timed(line, "all_ms", lambda turn: dijkstra(roads, indices=int(graph.pairs[turn, 0])), 3)
    line["point_ms"] = line["many_ms"] = line["all_ms"]


def networkx(graph: SimpleNamespace, line: Line) -> None:
    """Measure networkx."""
    import networkx as nx  # noqa: PLC0415 -- its memory is counted

    began = time.perf_counter()
    roads = nx.MultiDiGraph()
    roads.add_weighted_edges_from(
        zip(graph.tail.tolist(), graph.head.tolist(), graph.weight_ms.tolist(), strict=True)
    )
    line["build_s"] = round(time.perf_counter() - began, 3)
    pairs = graph.pairs.tolist()
    timed(line, "point_ms", lambda turn: nx.bidirectional_dijkstra(roads, *pairs[turn])[0], 3)
    timed(
        line,
        "many_ms",
        lambda turn: nx.single_source_dijkstra_path_length(roads, pairs[turn][0]),
        1,
    )


def peak_mb() -> float:
    """Return the most memory that this process has held, not what started it (Linux)."""
    told = Path("/proc/self/status").read_text(encoding="ascii")
    return round(int(told.split("VmHWM:")[1].split()[0]) / 1024, 1)


def make_graph(name: str, data: Path, path: Path) -> None:
    """Write the arrays that all programs read."""
    if GRAPHS[name]:
        country = make_country(GRAPHS[name])
        arrays = {key: getattr(country, key) for key in vars(country)}
    else:
        roads = data / "roads"
        network = (roads / "europe-nodes.csv.gz", roads / "europe-edges.csv.gz")
        with tempfile.TemporaryDirectory() as home:
            graph = build_region(Path(home), "x", network=network)
            arrays = {
                "first_out": np.array(graph.first_out),
                "head": np.array(graph.head),
                "weight_ms": np.rint(graph.duration_s * 1000.0).astype(np.int32),
                "length_m": np.array(graph.length_m),
                "energy_kwh": np.array(graph.length_m) * np.float32(0.00018),
                "xy_km": np.stack([graph.lon * 70, graph.lat * 111], axis=1).astype(np.float32),
            }
    np.savez(path, **arrays)


def read_graph(path: Path) -> SimpleNamespace:
    """Read the arrays, and choose the pairs and ends that every program is asked for."""
    with np.load(path) as stored:
        graph = SimpleNamespace(**{key: stored[key] for key in stored.files})
    graph.nodes = len(graph.first_out) - 1
    graph.tail = np.repeat(np.arange(graph.nodes), np.diff(graph.first_out)).astype(np.int32)
    rng = np.random.default_rng(7)
    graph.pairs = rng.integers(0, graph.nodes, (400, 2))
    graph.ends = rng.integers(0, graph.nodes, MANY)
    return graph


def measure(path: Path, name: str, program: str) -> Line:
    """Run one program on one graph."""
    graph = read_graph(path)
    line: Line = {"graph": name, "program": program}
    line |= {"nodes": graph.nodes, "edges": len(graph.head)}
    try:
        globals()[program.replace("-", "_")](graph, line)
    except ImportError as error:
        line["absent"] = str(error)
    return line | {"peak_mb": peak_mb()}


def main() -> None:
    """Make each graph, and run each program on it in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=SHARED)
    parser.add_argument("--graphs", nargs="+", default=list(GRAPHS))
    parser.add_argument("--programs", nargs="+", choices=PROGRAMS, default=PROGRAMS)
    parser.add_argument("--graph-file", type=Path)
    parser.add_argument("--here", action="store_true", help="in this process")
    told = parser.parse_args()
    if told.here:
        print(json.dumps(measure(told.graph_file, told.graphs[0], told.programs[0])))
        return
    with tempfile.TemporaryDirectory() as folder:
        for name in told.graphs:
            path = told.graph_file or Path(folder) / f"{name}.npz"
            if not told.graph_file:
                make_graph(name, told.data, path)
            for program in told.programs:
                if (name, program) in TOO_SLOW:
                    continue
                command = [sys.executable, __file__, "--here", "--graph-file", str(path)]
                subprocess.run([*command, "--graphs", name, "--programs", program], check=True)


if __name__ == "__main__":
    main()
