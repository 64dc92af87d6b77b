"""Splitting the junctions that have turn restrictions, and only those; exact.

Forbidden are sequences of edges: two for a turn at a node, more for one that leads through ways. A
drive that has just gone along the beginning of such a sequence is at a node of its own, a copy of
the junction that knows which edges may not follow; any other drive is at the junction itself. This
is the automaton of Aho and Corasick (1975, Communications of the ACM 18:333-340) laid over the
roads, where it is in a state other than its first.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from planner.roads.links import VIRTUAL, Links

Turn = tuple[int, ...]
"""Sources that may not follow each other."""

ROOT = 0


@dataclass
class _Automaton:
    """States are beginnings of forbidden sequences; `ROOT` is the empty one."""

    onward: list[dict[int, int]] = field(default_factory=lambda: [{}])
    forbidden: list[set[int]] = field(default_factory=lambda: [set()])
    shorter: list[int] = field(default_factory=lambda: [ROOT])

    @classmethod
    def of(cls, turns: Iterable[Turn]) -> "_Automaton":
        """Build it; a state forbids what the longest states that it ends with forbid too."""
        states = cls()
        for *begin, last in turns:
            state = ROOT
            for edge in begin:
                state = states._child(state, edge)
            states.forbidden[state].add(last)
        queue = list(states.onward[ROOT].values())
        for state in queue:
            for edge, child in states.onward[state].items():
                states.shorter[child] = states.after(states.shorter[state], edge)
                states.forbidden[child] |= states.forbidden[states.shorter[child]]
                queue.append(child)
        return states

    def _child(self, state: int, edge: int) -> int:
        child = self.onward[state].setdefault(edge, len(self.onward))
        if child == len(self.onward):
            self.onward.append({})
            self.forbidden.append(set())
            self.shorter.append(ROOT)
        return child

    def after(self, state: int, edge: int) -> int:
        """Return the state after one more edge: the longest beginning that the drive ends with."""
        while edge not in self.onward[state]:
            if state == ROOT:
                return ROOT
            state = self.shorter[state]
        return self.onward[state][edge]


def split(links: Links, turns: Sequence[Turn]) -> Links:
    """Return the links without the forbidden turns, and with an end for drives at each place.

    Parameters
    ----------
    links : Links
        Without virtual edges.
    turns : sequence of tuple of int
        Sources that may not follow each other, two or more, each beginning where the one before
        ends.
    """
    states = _Automaton.of(turns)
    copies = _Copies(links, states)
    head = links.head.copy()
    begins = np.array(sorted(states.onward[ROOT]), np.int32)
    for edge in np.flatnonzero(np.isin(links.source, begins)).tolist():
        state = states.onward[ROOT][int(links.source[edge])]
        head[edge] = copies.number(int(links.head[edge]), state)
    copies.lay()
    node = np.array([node for node, _state in copies.numbers], np.int32)
    return _with_ends(
        Links(
            tail=np.concatenate((links.tail, np.array(copies.tail, np.int32))),
            head=np.concatenate((head, np.array(copies.head, np.int32))),
            source=np.concatenate((links.source, np.array(copies.source, np.int32))),
            place=np.concatenate((links.place, links.place[node])),
            leaves_from=np.concatenate((links.leaves_from, links.leaves_from[node])),
            arrives=np.concatenate((links.arrives, np.zeros(len(node), np.bool_))),
            through=np.concatenate((links.through, links.through[node])),
        ),
        links,
    )


class _Copies:
    """The copies of junctions, and the edges that lead on from them."""

    def __init__(self, links: Links, states: _Automaton) -> None:
        self.numbers: dict[tuple[int, int], int] = {}
        self.tail: list[int] = []
        self.head: list[int] = []
        self.source: list[int] = []
        self._nodes = len(links.place)
        self._states = states
        self._out = _edges_from(links, states)

    def number(self, node: int, state: int) -> int:
        """Return the copy of a node in a state; the node itself where nothing is forbidden."""
        if state == ROOT:
            return node
        return self.numbers.setdefault((node, state), self._nodes + len(self.numbers))

    def lay(self) -> None:
        """Lay the edges from all copies; more copies are made on the way."""
        done = 0
        while done < len(self.numbers):
            for (node, state), copy in list(self.numbers.items())[done:]:
                done += 1
                self._lay_from(node, state, copy)

    def _lay_from(self, node: int, state: int, copy: int) -> None:
        forbidden = self._states.forbidden[state]
        for head, source in self._out[node]:
            if source not in forbidden:
                self.tail.append(copy)
                self.head.append(self.number(head, self._states.after(state, source)))
                self.source.append(source)


def _edges_from(links: Links, states: _Automaton) -> dict[int, list[tuple[int, int]]]:
    """Return head and source of the edges from the places where copies may be made."""
    within = {edge for onward in states.onward for edge in onward}
    ends = np.isin(links.source, np.array(sorted(within), np.int32))
    copied = np.zeros(len(links.place), np.bool_)
    copied[links.place[links.head[ends]]] = True
    edges = np.flatnonzero(copied[links.place[links.tail]])
    out: dict[int, list[tuple[int, int]]] = defaultdict(list)
    rows = zip(
        links.tail[edges].tolist(),
        links.head[edges].tolist(),
        links.source[edges].tolist(),
        strict=True,
    )
    for tail, head, source in rows:
        out[tail].append((head, source))
    return out


def _with_ends(links: Links, before: Links) -> Links:
    """Add virtual edges to where drives end, from all nodes of a place.

    Where a junction was split, that is a new node without a way out: a drive could otherwise turn
    there as it may not. Where roads were only doubled, it is the node at which one arrives.
    """
    nodes, old = len(links.place), len(before.place)
    is_split = np.zeros(int(links.place.max(initial=-1)) + 1, np.bool_)
    is_split[links.place[old:]] = True
    places = np.flatnonzero(is_split).astype(np.int32)
    end = np.arange(len(is_split), dtype=np.int32)
    end[places] = nodes + np.arange(len(places))
    joined = np.flatnonzero(is_split[links.place] | ~links.arrives).astype(np.int32)
    arrives = links.arrives & ~is_split[links.place]
    return Links(
        tail=np.concatenate((links.tail, joined)),
        head=np.concatenate((links.head, end[links.place[joined]])),
        source=np.concatenate((links.source, np.full(len(joined), VIRTUAL, np.int32))),
        place=np.concatenate((links.place, places)),
        leaves_from=np.concatenate((links.leaves_from, before.leaves_from[places])),
        arrives=np.concatenate((arrives, np.ones(len(places), np.bool_))),
        through=np.concatenate((links.through, np.zeros(len(places), np.bool_))),
    )
