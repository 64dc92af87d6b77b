"""Drives over small maps as walks from edge to edge, and over our graphs, to hold side by side.

The oracle knows nothing of split junctions: it reads the file's XML itself, walks from edge to edge
in networkx, and remembers the edges so far. A drive is a walk along drivable stretches; it may not
hold a forbidden sequence, turns round at dead ends only, and stretches for arriving only stand at
its beginning and its end alone.
"""

import itertools
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import networkx as nx
import numpy as np
import pytest

from planner.model.geo import LonLat, distance_m
from planner.roads.graph import RoadGraph

STREET = {"highway": "residential", "maxspeed": "30"}
DESTINATION = STREET | {"access": "destination"}
Make = Callable[..., RoadGraph]
Relation = tuple[Sequence[tuple[str, int, str]], dict[str, str]]


def turn(kind: str, *members: tuple[str, int, str], **tags: str) -> Relation:
    """A restriction; members are given as ("w", 1, "from")."""
    return members, {"type": "restriction", "restriction": kind} | tags


def at(kind: str, way: int, node: int, other: int, **tags: str) -> Relation:
    return turn(kind, ("w", way, "from"), ("n", node, "via"), ("w", other, "to"), **tags)


def through(kind: str, way: int, vias: Sequence[int], other: int) -> Relation:
    return turn(kind, ("w", way, "from"), *(("w", via, "via") for via in vias), ("w", other, "to"))


@dataclass
class Oracle:
    """Walks over the XML's own stretches, from node to node.

    Where the graph has a node half-way along a stretch one may turn back there, here too.
    """

    path: Path
    graph: RoadGraph | None = None
    place: dict[int, LonLat] = field(default_factory=dict)
    ways: dict[int, tuple[list[int], dict[str, str]]] = field(default_factory=dict)
    forbidden: set[tuple[tuple[int, int], ...]] = field(default_factory=set)

    def __post_init__(self) -> None:
        root = ET.parse(self.path).getroot()
        for node in root.iter("node"):
            self.place[int(node.attrib["id"])] = LonLat(
                float(node.attrib["lon"]), float(node.attrib["lat"])
            )
        for way in root.iter("way"):
            refs = [int(nd.attrib["ref"]) for nd in way.iter("nd")]
            tags = {tag.attrib["k"]: tag.attrib["v"] for tag in way.iter("tag")}
            self.ways[int(way.attrib["id"])] = list(self._with_middles(refs)), tags
        self.steps = {
            step: way
            for way, (refs, tags) in self.ways.items()
            for a, b in itertools.pairwise(refs)
            for step in ([(a, b)] if tags.get("oneway") == "yes" else [(a, b), (b, a)])
        }
        self.out: dict[int, list[tuple[int, int]]] = {}
        for step in self.steps:
            self.out.setdefault(step[0], []).append(step)
        for relation in root.iter("relation"):
            self.forbidden |= set(self._sequences(relation))

    def _with_middles(self, refs: list[int]) -> Iterator[int]:
        yield refs[0]
        for a, b in itertools.pairwise(refs):
            middle = LonLat(*(np.add(self.place[a], self.place[b]) / 2))
            if (
                self.graph is not None
                and (
                    (np.abs(self.graph.lon - middle.lon) < 1e-6)
                    & (np.abs(self.graph.lat - middle.lat) < 1e-6)
                ).any()
            ):
                number = 10_000 + len(self.place)
                self.place[number] = middle
                yield number
            yield b

    def _sequences(self, relation: ET.Element) -> Iterator[tuple[tuple[int, int], ...]]:
        tags = {tag.attrib["k"]: tag.attrib["v"] for tag in relation.iter("tag")}
        role: dict[str, list[int]] = {"from": [], "via": [], "to": []}
        for member in relation.iter("member"):
            role[member.attrib["role"]].append(int(member.attrib["ref"]))
        by_node = any(member.attrib["type"] == "node" for member in relation.iter("member"))
        for start, end in itertools.product(role["from"], role["to"]):
            for first in [step for step, way in self.steps.items() if way == start]:
                if by_node:
                    begins = [(first,)] if first[1] in role["via"] else []
                else:
                    begins = list(self._along((first,), role["via"]))
                for begin in begins:
                    onward = self.out.get(begin[-1][1], [])
                    into = [step for step in onward if self.steps[step] == end]
                    if into and tags["restriction"].startswith("only"):
                        yield from ((*begin, step) for step in onward if step not in into)
                    elif not tags["restriction"].startswith("only"):
                        yield from ((*begin, step) for step in into)

    def _along(
        self, walk: tuple[tuple[int, int], ...], vias: list[int]
    ) -> Iterator[tuple[tuple[int, int], ...]]:
        """Walks along whole ways, one after the other."""
        if not vias:
            yield walk
            return
        refs, _tags = self.ways[vias[0]]
        for line in (refs, refs[::-1]):
            steps = list(itertools.pairwise(line))
            if line[0] == walk[-1][1] and all(step in self.steps for step in steps):
                yield from self._along((*walk, *steps), vias[1:])

    def turns_round(self, core: set[int]) -> Callable[[tuple[int, int], tuple[int, int]], bool]:
        """Say whether two steps lead to and fro where the road ends for nobody who comes so.

        It ends where all ways on are forbidden, and for who comes along an open road where none is
        open.
        """
        after: dict[tuple[int, int], set[tuple[int, int]]] = {}
        for *_, last, onward in self.forbidden:
            after.setdefault(last, set()).add(onward)

        def is_open(step: tuple[int, int]) -> bool:
            return core.issuperset(step) and not self._told(self.steps[step])

        def turning(step: tuple[int, int], onward: tuple[int, int]) -> bool:
            return onward == step[::-1] and any(
                other != onward
                and other not in after.get(step, ())
                and (is_open(other) or not is_open(step))
                for other in self.out[step[1]]
            )

        return turning

    def open_nodes(self) -> set[int]:
        """The nodes of the largest part that roads make which one may drive through."""
        free = nx.DiGraph([step for step, way in self.steps.items() if not self._told(way)])
        parts = nx.strongly_connected_components(free)
        core = max(parts, key=lambda part: (len(part), -min(part)), default=set())
        return core if len(core) > 1 else set()

    def _told(self, way: int) -> bool:
        return self.ways[way][1].get("access") == "destination"

    def _phases(self) -> Callable[[tuple[int, int], int], int | None]:
        """Say how a drive goes on: 0 leaving, 1 on open roads, 2 arriving, None not at all."""
        core = self.open_nodes()

        def phase(step: tuple[int, int], before: int) -> int | None:
            is_open = core.issuperset(step) and not self._told(self.steps[step])
            if not core or (before == 0 and not core.issuperset(step[1:])):
                return before
            if before == 2 or (before == 1 and not is_open):
                return None if step[1] in core else 2
            return 1

        return phase

    def metres(self, start: int) -> dict[int, float]:
        """Shortest allowed drives from a node to all others."""
        longest = max((len(turn) for turn in self.forbidden), default=2)
        turning = self.turns_round(self.open_nodes())
        phases, graph = self._phases(), nx.DiGraph()
        begin = ((start,), int(start in self.open_nodes()))
        states, queue = set(), [begin]
        while queue:
            state = queue.pop()
            if state in states:
                continue
            states.add(state)
            walk, phase = state
            steps = tuple(itertools.pairwise(walk))
            for step in self.out.get(walk[-1], []):
                onward = phases(step, phase)
                past = (*steps, step)
                if onward is None or any(
                    past[-n:] in self.forbidden for n in range(2, longest + 1)
                ):
                    continue
                if len(past) > 1 and turning(*past[-2:]):
                    continue
                after = ((*walk, step[1])[-longest:], onward)
                graph.add_edge(
                    state, after, weight=distance_m(self.place[step[0]], self.place[step[1]])
                )
                queue.append(after)
        graph.add_node(begin)
        told = nx.single_source_dijkstra_path_length(graph, begin)
        best: dict[int, float] = {}
        for (walk, _phase), metres in told.items():
            best[walk[-1]] = min(metres, best.get(walk[-1], np.inf))
        return best


class Drives:
    """Shortest drives over our graph as callers make them: from `leaves_from` to where one ends."""

    def __init__(self, graph: RoadGraph) -> None:
        self.graph = graph
        self.links = nx.MultiDiGraph()
        self.links.add_nodes_from(range(len(graph.lon)))
        rows = zip(graph.tail.tolist(), graph.head.tolist(), graph.length_m.tolist(), strict=True)
        self.links.add_weighted_edges_from(rows)
        sinks = set(graph.tail[(graph.flags & 16) != 0].tolist())
        self.ends = [
            node
            for node in range(len(graph.lon))
            if node not in sinks and (graph.leaves_from[node] != node or not self._doubled(node))
        ]

    def _doubled(self, node: int) -> bool:
        return bool((self.graph.leaves_from == node).sum() > 1)

    def end_at(self, place: LonLat) -> int:
        near = [
            node
            for node in self.ends
            if abs(self.graph.lon[node] - place.lon) < 1e-6
            and abs(self.graph.lat[node] - place.lat) < 1e-6
        ]
        (one,) = near
        return one

    def metres(self, start: LonLat) -> dict[int, float]:
        source = int(self.graph.leaves_from[self.end_at(start)])
        return nx.single_source_dijkstra_path_length(self.links, source)


def compare(path: Path, graph: RoadGraph, nodes: Sequence[int]) -> None:
    oracle, drives = Oracle(path, graph), Drives(graph)
    for start in nodes:
        wanted, found = oracle.metres(start), drives.metres(oracle.place[start])
        for end in nodes:
            if start != end:
                ours = found.get(drives.end_at(oracle.place[end]), np.inf)
                assert ours == pytest.approx(wanted.get(end, np.inf), abs=0.5), (start, end)
