"""Random graphs and plain oracles for the hierarchy."""

from __future__ import annotations

from dataclasses import dataclass

import networkx as nx
import numpy as np
from hypothesis import strategies as st

from planner.legs.hierarchy import NEVER


@dataclass(frozen=True, eq=False)
class Roads:
    """A graph in CSR form with weights and energies, some below zero."""

    first_out: np.ndarray
    tail: np.ndarray
    head: np.ndarray
    weight: np.ndarray
    energy_kwh: np.ndarray
    rolling_kwh: np.ndarray

    @property
    def nodes(self) -> int:
        return len(self.first_out) - 1


def roads_of(nodes: int, edges: list[tuple[int, int, int, int]], heights: list[int]) -> Roads:
    """Sort edges (tail, head, weight, rolling energy) into a graph; heights make descents."""
    listed = sorted(edges, key=lambda edge: edge[0])
    tail = np.array([edge[0] for edge in listed], np.int32)
    head = np.array([edge[1] for edge in listed], np.int32)
    weight = np.array([edge[2] for edge in listed], np.int32)
    rolling = np.array([edge[3] for edge in listed], np.float64)
    height = np.array(heights, np.float64)
    first_out = np.searchsorted(tail, np.arange(nodes + 1)).astype(np.int32)
    return Roads(first_out, tail, head, weight, rolling + height[head] - height[tail], rolling)


@st.composite
def small_roads(draw: st.DrawFn, most_nodes: int = 24) -> Roads:
    """One-ways, loops, parallel edges, zero weights, closed edges, and parts without a link."""
    nodes = draw(st.integers(1, most_nodes))
    node = st.integers(0, nodes - 1)
    weight = st.one_of(st.integers(0, 60), st.sampled_from([0, NEVER]))
    edge = st.tuples(node, node, weight, st.integers(0, 20))
    edges = draw(st.lists(edge, max_size=3 * nodes))
    return roads_of(
        nodes, edges, draw(st.lists(st.integers(0, 30), min_size=nodes, max_size=nodes))
    )


def grid_roads(side: int, seed: int) -> Roads:
    """A town of ``side`` squared junctions with one-ways, closures, ramps and slow shortcuts."""
    rng = np.random.default_rng(seed)
    edges = []
    for x in range(side):
        for y in range(side):
            here = x * side + y
            for there in (here + 1 if y + 1 < side else -1, here + side if x + 1 < side else -1):
                if there < 0 or rng.random() < 0.15:
                    continue
                weight = int(rng.integers(0, 5000))
                edges.append((here, there, weight, int(rng.integers(0, 9))))
                if rng.random() > 0.2:
                    back = weight if rng.random() < 0.5 else int(rng.integers(0, 5000))
                    edges.append((there, here, back, int(rng.integers(0, 9))))
    for _ in range(side * 2):
        here, there = (int(number) for number in rng.integers(0, side * side, 2))
        edges.append((here, there, int(rng.integers(2000, 20000)), 5))
    return roads_of(side * side, edges, [int(h) for h in rng.integers(0, 30, side * side)])


def all_pairs(roads: Roads) -> np.ndarray:
    """Least weights between all nodes by networkx, `NEVER` where there is no way."""
    graph = nx.MultiDiGraph()
    graph.add_nodes_from(range(roads.nodes))
    for tail, head, weight in zip(roads.tail, roads.head, roads.weight, strict=True):
        if weight < NEVER:
            graph.add_edge(int(tail), int(head), weight=int(weight))
    found = np.full((roads.nodes, roads.nodes), NEVER, np.int64)
    for source, reached in nx.all_pairs_dijkstra_path_length(graph):
        for target, weight in reached.items():
            found[source, target] = weight
    return found
