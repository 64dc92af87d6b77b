"""What a stop saves where places have several nodes: held against all drives there are."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as rules
from hypothesis import strategies as st
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra
from small_streets import roads_of

from planner.legs.hierarchy import NEVER, build, customise
from planner.legs.parted import Parted
from planner.roads.graph import RoadGraph

SEEDS = st.integers(0, 2**32 - 1)


def town(seed: int) -> RoadGraph:
    """A grid of streets, some for arriving only, some one-way, with forbidden turns."""
    rng = np.random.default_rng(seed)
    side = int(rng.integers(3, 6))
    number = np.arange(side * side).reshape(side, side)
    links = [*zip(number[:, :-1].flat, number[:, 1:].flat, strict=True)]
    links += [*zip(number[:-1].flat, number[1:].flat, strict=True)]
    ends, arriving = [], []
    for one, other in links:
        if rng.random() < 0.1:
            continue
        only = rng.random() < 0.3
        ways = [(one, other), (other, one)] if rng.random() < 0.8 else [(one, other)]
        ends += ways
        arriving += [only] * len(ways)
    tail, head = np.array(ends, np.int32).T
    after = [np.flatnonzero(tail == node) for node in range(side * side)]
    turns = [
        (edge, int(rng.choice(after[node])))
        for edge, node in enumerate(head.tolist())
        if len(after[node]) and rng.random() < 0.2
    ]
    turns += [
        (*turn, int(rng.choice(after[int(head[turn[1]])])))
        for turn in [(e, int(rng.choice(after[n]))) for e, n in enumerate(head) if len(after[n])]
        if len(after[int(head[turn[1]])]) and rng.random() < 0.05
    ]
    metres = rng.integers(50, 2_000, len(tail)).tolist()
    return roads_of(
        [(0.01 * (n % side), 0.01 * (n // side), 0.0) for n in range(side * side)],
        [(a, b, m, 36.0) for a, b, m in zip(tail.tolist(), head.tolist(), metres, strict=True)],
        arriving=np.flatnonzero(arriving).tolist(),
        turns=turns,
    )


def trees_of(graph: RoadGraph, weight: np.ndarray, begins: np.ndarray) -> np.ndarray:
    """Least weights from some nodes to all, by SciPy."""
    nodes = len(graph.lon)
    order = np.lexsort((weight, graph.head, graph.tail))
    pair = np.asarray(graph.tail)[order].astype(np.int64) * nodes + graph.head[order]
    first = order[(np.diff(pair, prepend=-1) > 0) & (weight[order] < NEVER)]
    net = coo_array(
        (weight[first] + 1e-6, (graph.tail[first], graph.head[first])), shape=(nodes, nodes)
    )
    return np.asarray(dijkstra(net.tocsr(), indices=begins))


def truly_saved(drive: np.ndarray, stop: int) -> float:
    """Most that a stop saves of any drive, infinite where one comes no other way."""
    by_stop = drive[:, stop, None] + drive[None, stop, :]
    by_stop[stop], by_stop[:, stop] = np.inf, np.inf
    reached = np.isfinite(by_stop)
    return float((drive[reached] - by_stop[reached]).max(initial=0.0))


@rules(max_examples=150, deadline=None)
@given(seed=SEEDS)
def test_no_trip_by_a_stop_saves_more_than_is_told(seed: int) -> None:
    graph = town(seed)
    rng = np.random.default_rng(seed)
    hierarchy = build(graph.first_out, graph.head)
    places = np.flatnonzero(graph.component_ok).astype(np.int32)
    length = np.asarray(graph.length_m).astype(np.int64)  # the same for all copies of an edge
    weights = [length, np.where(length > 0, length * int(rng.integers(1, 997)) % 997 + 1, 0)]
    if rng.random() < 0.3:
        closed = rng.random(2_001) < 0.05
        closed[0] = False
        weights = [np.where(closed[length], NEVER, weight) for weight in weights]
    metrics = tuple(customise(hierarchy, weight.astype(np.int32)) for weight in weights)
    saved = Parted(graph, metrics).saved(places)
    assert saved.shape == (len(places), 2)
    begins = np.asarray(graph.leaves_from)[places]
    for kind, weight in enumerate(weights):
        drive = trees_of(graph, weight, begins)[:, places]
        for stop in range(len(places)):
            if saved[stop, kind] < NEVER:
                assert truly_saved(drive, stop) <= saved[stop, kind] + 1e-3, places[stop]


def test_most_is_known_and_where_one_leaves_as_one_came_nothing_is_saved() -> None:
    known, parted, told, true = 0, 0, 0.0, 0.0
    for seed in range(40):
        graph = town(seed)
        places = np.flatnonzero(graph.component_ok).astype(np.int32)
        begins = np.asarray(graph.leaves_from)[places]
        weight = np.asarray(graph.length_m).astype(np.int32)
        metrics = (customise(build(graph.first_out, graph.head), weight),)
        saved = Parted(graph, metrics).saved(places)[:, 0]
        assert not saved[begins == places].any()
        parted += int((begins != places).sum())
        drive = trees_of(graph, weight, begins)[:, places]
        for stop in np.flatnonzero((begins != places) & (saved < NEVER)).tolist():
            known += 1
            told += float(saved[stop])
            true += truly_saved(drive, stop)
    assert known > 0.8 * parted > 0
    assert true > 0.5 * told > 0.0


def test_nothing_is_said_of_a_street_with_too_many_nodes(monkeypatch: pytest.MonkeyPatch) -> None:
    graph = town(5)
    places = np.flatnonzero(graph.component_ok).astype(np.int32)
    weight = np.asarray(graph.length_m).astype(np.int32)
    metrics = (customise(build(graph.first_out, graph.head), weight),)
    usual = Parted(graph, metrics).saved(places)
    monkeypatch.setattr("planner.legs.parted.MOST_NODES", 1)
    told = Parted(graph, metrics).saved(places)
    assert ((told == usual) | (told == NEVER)).all()
    assert (told != usual).any()
