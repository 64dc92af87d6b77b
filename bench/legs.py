"""The hierarchy at 0.1, 1 and 4 million nodes, and other libraries on the same graphs.

    python bench/legs.py [--data FOLDER] [--graphs europe 1M] [--programs plugsure scipy]
                         [--keep FOLDER] [--most_s 600]

``1M`` is made up (`synthetic.py`), ``china`` an extract of OpenStreetMap, ``1M-map`` and ``4M``
extracts side by side (`country.py`). What takes long to make is kept in ``--keep``. Valhalla routes
on maps only, in an environment of its own (`truth_valhalla.py`); it has costs of its own, so no
sums are compared.

Prints one JSON line for each graph and program, each run in a process of its own, which is ended
after ``--most_s`` seconds (``ended_after_s``): ``build_s``
(order and weights; of ours also ``order_s``, ``customise_s`` and, with loads,
``customise_loads_s``), ``peak_mb`` of the whole process, and medians of wall time: ``point_ms`` one
pair, ``many_ms`` one to 1,000, ``matrix_s`` 1,000 x 1,000, ``all_ms`` one to all, ``update_..``
closing 1,000 edges, ``open_ms`` opening what was saved. ``cpu_..`` is the processor's time for the
same, which does not depend so much on what else the machine does.
``checked`` is the sum of the first weights: equal where the programs agree. ``--graph-file`` takes
a graph of one's own: an .npz file with ``first_out, head, weight_ms, length_m, energy_kwh, xy_km``.
"""

import argparse
import contextlib
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import truth_valhalla
from country import EXTRACTS, read_extract, write_country
from synthetic import make_country

from planner.legs import hierarchy as ch
from planner.roads.graph import RoadGraph
from planner.roads.osm import read_osm
from planner.roads.osm_graph import build_from_osm
from planner.roads.region import build_region

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"
GRAPHS = ("europe", "china", "1M", "1M-map", "4M")
PROGRAMS = ("plugsure", "ch-router", "routingkit-cch", "scipy", "networkx", "valhalla")
LEFT_OUT = {
    ("4M", "networkx"): "some 8 GB, and half a minute a question",
    ("europe", "valhalla"): "routes on maps only",
    ("1M", "valhalla"): "routes on maps only",
    ("4M", "valhalla"): "finds hardly a way between the copies of 1M-map",
}
KEEP = Path(tempfile.gettempdir()) / "plugsure-bench"
SYNTHETIC_NODES = 1_050_000
SETS = {"1M-map": 4, "4M": 18}
"""Of extracts side by side."""
EXTRACT = "china-7-105-51.osm.pbf"

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


def checked(weights: Iterable[int | None]) -> int:
    """Return the sum of the weights of all pairs that have a way; each program has its own no."""
    return sum(weight for weight in weights if weight is not None and weight < ch.NEVER)


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
    line["checked"] = checked(query.weight(int(a), int(b)) for a, b in pairs[:50])
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
    line["checked"] = checked(one(a, b) for a, b in pairs[:50])
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
    line["checked"] = checked(query.run(a, b).distance for a, b in pairs[:50])
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

    def point(turn: int) -> None:
        with contextlib.suppress(nx.NetworkXNoPath):
            nx.bidirectional_dijkstra(roads, *pairs[turn])

    timed(line, "point_ms", point, 3)
    timed(
        line,
        "many_ms",
        lambda turn: nx.single_source_dijkstra_path_length(roads, pairs[turn][0]),
        1,
    )


def valhalla(graph: SimpleNamespace, line: Line) -> None:
    """Measure Valhalla on tiles of the map that the graph was made of."""
    truth_valhalla.make_environment()
    began = time.perf_counter()
    config, line["version"] = truth_valhalla.build_tiles(graph.extract)
    line["build_s"] = round(time.perf_counter() - began, 3)
    settings = json.loads(config.read_text(encoding="utf-8"))
    for limits in (settings["service_limits"][kind] for kind in ("auto",)):
        limits |= {"max_distance": 1e8, "max_matrix_distance": 1e8, "max_locations": MANY}
        limits |= {"max_matrix_location_pairs": MANY * MANY}
    with tempfile.TemporaryDirectory() as folder:
        here = Path(folder)
        (here / "config.json").write_text(json.dumps(settings), encoding="utf-8")
        asked = {
            "pairs": graph.lon_lat[graph.pairs[:100]].tolist(),
            "ends": graph.lon_lat[graph.ends].tolist(),
        }
        (here / "questions.json").write_text(json.dumps(asked), encoding="utf-8")
        worker = Path(__file__).with_name("legs_valhalla.py")
        python = truth_valhalla.python_of(truth_valhalla.HOME)
        told = subprocess.run(
            [python, worker, here / "config.json", here / "questions.json"],
            check=True,
            capture_output=True,
            text=True,
        )
    line |= json.loads(told.stdout)


def peak_mb() -> float:
    """Return the most memory that this process has held, not what started it (Linux)."""
    told = Path("/proc/self/status").read_text(encoding="ascii")
    return round(int(told.split("VmHWM:")[1].split()[0]) / 1024, 1)


def make_graph(name: str, data: Path, keep: Path) -> Path:
    """Write the arrays that all programs read, unless they are there."""
    path = keep / f"{name}.npz"
    if path.is_file():
        return path
    if name == "1M":
        np.savez(path, **vars(make_country(SYNTHETIC_NODES)))
        return path
    with tempfile.TemporaryDirectory() as home:
        if name == "europe":
            roads = data / "roads"
            network = (roads / "europe-nodes.csv.gz", roads / "europe-edges.csv.gz")
            graph = build_region(Path(home), "x", network=network)
        else:
            roads = read_osm(extract_of(name, data, keep), lambda *_: None)
            graph = build_from_osm(
                roads, name="x", source="", heights=None, progress=lambda *_: None
            )
        np.savez(path, **arrays_of(graph))
    return path


def extract_of(name: str, data: Path, keep: Path) -> Path:
    """Return the map that a graph is made of; that of a country is made if it is not there."""
    if name == "china":
        return data / "roads" / EXTRACT
    path = keep / f"synthetic-{SETS[name]}.osm.pbf"
    if not path.is_file():
        extracts = [read_extract(data / "roads" / f"{of}.osm.pbf") for of in EXTRACTS]
        write_country(path, extracts, SETS[name])
    return path


def arrays_of(graph: RoadGraph) -> dict[str, np.ndarray]:
    """Return what all programs read; usable are the nodes where drives may begin and end."""
    return {
        "first_out": np.array(graph.first_out),
        "head": np.array(graph.head),
        "weight_ms": np.rint(graph.duration_s * 1000).astype(np.int32),
        "length_m": np.array(graph.length_m),
        "energy_kwh": np.array(graph.length_m) * np.float32(0.00018),
        "xy_km": np.stack([graph.lon * 70, graph.lat * 111], axis=1).astype(np.float32),
        "lon_lat": np.stack([graph.lon, graph.lat], axis=1),
        "usable": np.flatnonzero(graph.component_ok),
    }


def read_graph(path: Path) -> SimpleNamespace:
    """Read the arrays, and choose the pairs and ends that every program is asked for."""
    with np.load(path) as stored:
        graph = SimpleNamespace(**{key: stored[key] for key in stored.files})
    graph.nodes = len(graph.first_out) - 1
    graph.tail = np.repeat(np.arange(graph.nodes), np.diff(graph.first_out)).astype(np.int32)
    rng = np.random.default_rng(7)
    usable = getattr(graph, "usable", np.arange(graph.nodes))
    graph.pairs = usable[rng.integers(0, len(usable), (400, 2))]
    graph.ends = usable[rng.integers(0, len(usable), MANY)]
    return graph


def measure(path: Path, name: str, program: str, extract: Path) -> Line:
    """Run one program on one graph."""
    graph = read_graph(path)
    graph.extract = extract
    line: Line = {"graph": name, "program": program}
    line |= {"nodes": graph.nodes, "edges": len(graph.head)}
    try:
        globals()[program.replace("-", "_")](graph, line)
    except ImportError as error:
        line["absent"] = str(error)
    return {"peak_mb": peak_mb()} | line


def in_child(name: str, program: str, path: Path, told: argparse.Namespace) -> None:
    """Run one program on one graph in a process of its own, and say so where it does not end."""
    line: Line = {"graph": name, "program": program}
    if (name, program) in LEFT_OUT:
        print(json.dumps(line | {"left_out": LEFT_OUT[name, program]}), flush=True)
        return
    command = [sys.executable, __file__, "--here", "--graph-file", str(path)]
    command += ["--graphs", name, "--programs", program]
    command += ["--data", str(told.data), "--keep", str(told.keep)]
    with subprocess.Popen(command, start_new_session=True) as process:
        try:
            if process.wait(told.most_s):
                print(json.dumps(line | {"failed": process.returncode}), flush=True)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)  # with what it has started
            print(json.dumps(line | {"ended_after_s": told.most_s}), flush=True)


def main() -> None:
    """Make each graph, and run each program on it in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=SHARED)
    parser.add_argument("--graphs", nargs="+", default=list(GRAPHS))
    parser.add_argument("--programs", nargs="+", choices=PROGRAMS, default=PROGRAMS)
    parser.add_argument("--graph-file", type=Path)
    parser.add_argument("--keep", type=Path, default=KEEP)
    parser.add_argument("--most_s", type=float, default=600.0)
    parser.add_argument("--here", action="store_true", help="in this process")
    told = parser.parse_args()
    told.keep.mkdir(parents=True, exist_ok=True)
    if told.here:
        name, program = told.graphs[0], told.programs[0]
        extract = extract_of(name, told.data, told.keep) if program == "valhalla" else Path()
        print(json.dumps(measure(told.graph_file, name, program, extract)), flush=True)
        return
    for name in told.graphs:
        path = told.graph_file or make_graph(name, told.data, told.keep)
        for program in told.programs:
            in_child(name, program, path, told)


if __name__ == "__main__":
    main()
