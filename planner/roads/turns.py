"""From turn restrictions on ways to sequences of edges that may not follow each other.

A restriction is taken over only where it says one thing: where its roads meet, and one turn alone
fits it. All others are reported.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from planner.roads.junctions import Turn
from planner.roads.reports import Kind, Report
from planner.roads.restrictions import Restriction


@dataclass(frozen=True, kw_only=True)
class MapEdges:
    """The directed edges of the map, and what of OpenStreetMap they are.

    Attributes
    ----------
    tail, head : int32[m]
    way, piece : int32[m]
        Index of the way in ``way_id``; which line each edge is, the same in both directions.
    way_id : int64[ways]
    origin : int32[n]
        Of each node, its index in ``node_id``; -1 for one that the map does not have.
    node_id : int64[nodes of the map]
        In order.
    """

    tail: NDArray[np.int32]
    head: NDArray[np.int32]
    way: NDArray[np.int32]
    piece: NDArray[np.int32]
    way_id: NDArray[np.int64]
    origin: NDArray[np.int32]
    node_id: NDArray[np.int64]


def forbidden_turns(
    restrictions: Sequence[Restriction], edges: MapEdges
) -> tuple[list[Turn], list[Report]]:
    """Return what may not be driven, and what restrictions could not be taken over.

    ``no_*`` forbids its sequence of edges. ``only_*`` forbids all other ways on for who has come by
    its ``from`` and, where it has ways for ``via``, along all of them.
    """
    near = _Near(restrictions, edges)
    turns: dict[Turn, None] = {}
    reports = []
    for restriction in restrictions:
        found = near.turns(restriction)
        if isinstance(found, Kind):
            reports.append(Report(found, restriction.osm_id))
        else:
            turns |= dict.fromkeys(found)
    return list(turns), reports


class _Near:
    """The edges around the restrictions, in plain lists."""

    def __init__(self, restrictions: Sequence[Restriction], edges: MapEdges) -> None:
        named = {
            way for told in restrictions for way in (*told.from_ways, *told.via_ways, *told.to_ways)
        }
        index = np.flatnonzero(np.isin(edges.way_id, np.array(sorted(named), np.int64)))
        ids = edges.way_id[index].tolist()
        self._ways: dict[int, list[int]] = {osm_id: [] for osm_id in ids}
        id_of = dict(zip(index.tolist(), ids, strict=True))
        own = np.isin(edges.way, index)
        nodes = np.zeros(len(edges.origin), np.bool_)
        nodes[edges.tail[own]] = True
        nodes[edges.head[own]] = True
        self._tail: dict[int, int] = {}
        self._head: dict[int, int] = {}
        self._piece: dict[int, int] = {}
        self._way: dict[int, int] = {}
        self._out: dict[int, list[int]] = defaultdict(list)
        for edge in np.flatnonzero(nodes[edges.tail]).tolist():
            tail, way = int(edges.tail[edge]), id_of.get(int(edges.way[edge]), 0)
            self._tail[edge], self._head[edge] = tail, int(edges.head[edge])
            self._piece[edge], self._way[edge] = int(edges.piece[edge]), way
            self._out[tail].append(edge)
            if way:
                self._ways[way].append(edge)
        self._nodes = _nodes_of({told.via_node for told in restrictions}, edges)

    def turns(self, told: Restriction) -> list[Turn] | Kind:
        """Return the sequences that a restriction forbids, or why it forbids none."""
        members = (*told.from_ways, *told.via_ways, *told.to_ways)
        if not all(self._ways.get(way) for way in members):
            return Kind.RESTRICTION_MISSING
        found = []
        for one in told.from_ways:
            for other in told.to_ways:
                fitting = self._fitting(told, one, other)
                if len(fitting) > 1 and not (told.u_turn and one == other):
                    return Kind.RESTRICTION_AMBIGUOUS
                found += fitting
        if not found:
            if not self._meet(told):
                return Kind.RESTRICTION_APART
            return Kind.RESTRICTION_CLOSED if told.only else Kind.RESTRICTION_VOID
        if told.only:
            found = self._others(found)
        return found or Kind.RESTRICTION_VOID

    def _fitting(self, told: Restriction, one: int, other: int) -> list[Turn]:
        """Return all sequences of edges that the members may mean."""
        if not told.via_ways:
            return list(self._at_node(told, one, other))
        straight = list(self._along(one, told.via_ways, other))
        return straight or list(self._along(one, told.via_ways[::-1], other))

    def _at_node(self, told: Restriction, one: int, other: int) -> Iterator[Turn]:
        """Yield turns from a way into another at a node; within one way it is a turn back."""
        nodes = self._nodes.get(told.via_node, ())
        for edge in self._ways[one]:
            if self._head[edge] in nodes:
                for onward in self._out[self._head[edge]]:
                    back = self._piece[onward] == self._piece[edge]
                    if self._way[onward] == other and (back or one != other or not told.u_turn):
                        yield (edge, onward)

    def _along(self, one: int, vias: tuple[int, ...], other: int) -> Iterator[Turn]:
        """Yield sequences that lead from a way through others into the last, without a loop."""
        grown: list[tuple[Turn, int]] = [((edge,), 0) for edge in self._ways[one]]
        while grown:
            chain, reached = grown.pop()
            last = chain[-1]
            passed = {self._tail[edge] for edge in chain[1:]}
            for onward in self._out[self._head[last]]:
                if self._piece[onward] == self._piece[last]:
                    continue
                way = self._way[onward]
                if reached == len(vias) and way == other:
                    yield (*chain, onward)
                on_chain = self._head[onward] not in passed
                if on_chain and reached and way == vias[reached - 1]:
                    grown.append(((*chain, onward), reached))
                if on_chain and reached < len(vias) and way == vias[reached]:
                    grown.append(((*chain, onward), reached + 1))

    def _others(self, allowed: Sequence[Turn]) -> list[Turn]:
        """Return all sequences that begin as those that alone are allowed and end otherwise."""
        ends: dict[Turn, set[int]] = defaultdict(set)
        for turn in allowed:
            ends[turn[:-1]].add(turn[-1])
        return [
            (*begin, edge)
            for begin, last in ends.items()
            for edge in self._out[self._head[begin[-1]]]
            if edge not in last
        ]

    def _meet(self, told: Restriction) -> bool:
        """Say whether each member touches the next, whatever the directions."""
        touched = [
            set().union(*(self._touched(way) for way in ways))
            for ways in (told.from_ways, *((way,) for way in told.via_ways), told.to_ways)
        ]
        if not told.via_ways:
            touched.insert(1, set(self._nodes.get(told.via_node, ())))
        return all(a & b for a, b in pairwise(touched))

    def _touched(self, way: int) -> set[int]:
        edges = self._ways[way]
        return {self._tail[edge] for edge in edges} | {self._head[edge] for edge in edges}


def _nodes_of(osm_ids: set[int], edges: MapEdges) -> dict[int, frozenset[int]]:
    """Return the nodes that stand where nodes of the map stand: several at a closed barrier."""
    wanted = np.array(sorted(osm_ids), np.int64)
    at = np.searchsorted(edges.node_id, wanted).clip(max=max(len(edges.node_id) - 1, 0))
    at = at[edges.node_id[at] == wanted]
    nodes: dict[int, set[int]] = defaultdict(set)
    for node in np.flatnonzero(np.isin(edges.origin, at)).tolist():
        nodes[int(edges.node_id[edges.origin[node]])].add(node)
    return {osm_id: frozenset(found) for osm_id, found in nodes.items()}
