"""Splitting the junctions that have turn restrictions, and only those; exact.

Forbidden are sequences of edges: two for a turn at a node, more for one that leads through ways. A
drive that has just gone along the beginning of such a sequence is at a node of its own, a copy of
the junction that knows which edges may not follow; any other drive is at the junction itself. This
is the automaton of Aho and Corasick (1975, Communications of the ACM 18:333-340) laid over the
roads, where it is in a state other than its first.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from planner.roads.automata import beginnings_of, lay_copies, shorter_of
from planner.roads.links import VIRTUAL, Links

Turn = tuple[int, ...]
"""Sources that may not follow each other."""


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
    named = (edge for turn in turns for edge in turn)
    edges = max(int(links.source.max(initial=-1)), max(named, default=-1)) + 1
    step, state, forbidden = beginnings_of(turns, edges)
    entering = np.flatnonzero(np.isin(links.source, step[step < edges]))  # from `ROOT`
    entered, node, tail, head, source = lay_copies(
        edges,
        step,
        state,
        forbidden,
        shorter_of(edges, step, state),
        len(links.place),
        entering,
        links.head.astype(np.int64),
        links.source.astype(np.int64),
        *_edges_from(links, np.unique(step % edges)),
    )
    entered_head = links.head.copy()
    entered_head[entering] = entered
    return _with_ends(
        Links(
            tail=np.concatenate((links.tail, tail.astype(np.int32))),
            head=np.concatenate((entered_head, head.astype(np.int32))),
            source=np.concatenate((links.source, source.astype(np.int32))),
            place=np.concatenate((links.place, links.place[node])),
            leaves_from=np.concatenate((links.leaves_from, links.leaves_from[node])),
            arrives=np.concatenate((links.arrives, np.zeros(len(node), np.bool_))),
            through=np.concatenate((links.through, links.through[node])),
        ),
        links,
    )


def _edges_from(
    links: Links, within: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return the links from the places where copies may be made, by their tails.

    As `planner.roads.automata.lay_copies` takes them; ``within`` are the sources that lead there.
    """
    copied = np.zeros(len(links.place), np.bool_)
    copied[links.place[links.head[np.isin(links.source, within)]]] = True
    chosen = np.flatnonzero(copied[links.place[links.tail]])
    chosen = chosen[np.argsort(links.tail[chosen], kind="stable")]
    tails, first = np.unique(links.tail[chosen], return_index=True)
    return tails.astype(np.int64), np.append(first, len(chosen)), chosen


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
