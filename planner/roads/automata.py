"""The automaton of forbidden sequences, and the copies of junctions that it asks for, compiled.

Source: Aho and Corasick 1975, Communications of the ACM 18:333-340. States are beginnings of
forbidden sequences, the shorter before the longer; `ROOT` is the empty one.
"""

from collections.abc import Sequence

import numba
import numpy as np
from numpy.typing import NDArray

I64 = NDArray[np.int64]

ROOT = 0


def beginnings_of(turns: Sequence[tuple[int, ...]], edges: int) -> tuple[I64, I64, I64]:
    """Return the states of some sequences, and what is forbidden after each.

    Parameters
    ----------
    turns : sequence of tuple of int
        Numbers below ``edges``, two or more each.
    edges : int

    Returns
    -------
    step, state : int64[states - 1]
        ``before * edges + edge`` of the step into each state, ascending, and the state. A state's
        own number is its place by length and then by its step, from 1.
    forbidden : int64[..]
        ``state * edges + edge``, ascending.
    """
    size = np.array([len(turn) for turn in turns], np.int64)
    laid = np.fromiter((edge for turn in turns for edge in turn), np.int64, int(size.sum()))
    first = np.cumsum(size) - size
    reached = np.zeros(len(size), np.int64)
    none = np.zeros(0, np.int64)
    steps, states, count = [none], [none], 1
    for depth in range(int(size.max(initial=1)) - 1):
        on = np.flatnonzero(size > depth + 1)
        fresh, which = np.unique(reached[on] * edges + laid[first[on] + depth], return_inverse=True)
        reached[on] = count + which
        steps.append(fresh)
        states.append(count + np.arange(len(fresh)))
        count += len(fresh)
    step, state = np.concatenate(steps), np.concatenate(states)
    order = np.argsort(step, kind="stable")
    return step[order], state[order], np.unique(reached * edges + laid[first + size - 1])


@numba.njit(cache=True)
def after(edges: int, step: I64, state: I64, shorter: I64, here: int, edge: int) -> int:
    """Return the state after one more edge: the longest beginning that the drive ends with."""
    while True:
        key = here * edges + edge
        at = np.searchsorted(step, key)
        if at < len(step) and step[at] == key:
            return int(state[at])
        if here == ROOT:
            return ROOT
        here = shorter[here]


def shorter_of(edges: int, step: I64, state: I64) -> I64:
    """Return of each state the longest other state that it ends with."""
    shorter = np.zeros(len(state) + 1, np.int64)
    deep = np.flatnonzero(step >= edges)
    for at in deep[np.argsort(state[deep])].tolist():
        before, edge = divmod(int(step[at]), edges)
        shorter[state[at]] = after(edges, step, state, shorter, int(shorter[before]), edge)
    return shorter


@numba.njit(cache=True)
def is_forbidden(edges: int, forbidden: I64, shorter: I64, here: int, edge: int) -> bool:
    """Say whether an edge may not follow in a state, or in one that it ends with."""
    while here != ROOT:
        key = here * edges + edge
        at = np.searchsorted(forbidden, key)
        if at < len(forbidden) and forbidden[at] == key:
            return True
        here = shorter[here]
    return False


@numba.njit(cache=True)
def lay_copies(
    edges: int,
    step: I64,
    state: I64,
    forbidden: I64,
    shorter: I64,
    nodes: int,
    entering: I64,
    head: I64,
    source: I64,
    tails: I64,
    tail_first: I64,
    out: I64,
) -> tuple[I64, I64, I64, I64, I64]:
    """Make a copy of a node for each state in which one comes to it, and lay the edges from it.

    Parameters
    ----------
    edges, step, state, forbidden
        As `beginnings_of` returns them.
    shorter : int64[states]
        As `shorter_of` returns it.
    nodes : int
        Copies are numbered from here on.
    entering : int64[..]
        Links whose source begins a sequence.
    head, source : int64[links]
    tails, tail_first, out : int64[k], int64[k + 1], int64[..]
        Of each node that may be copied, ascending, the links from it.

    Returns
    -------
    entered : int64[..]
        The head of each link of ``entering``: a copy.
    node : int64[copies]
        The node that each is a copy of.
    tail, head, source : int64[..]
        Of the links from copies.
    """
    newest = np.full(len(shorter), -1, np.int64)
    older, node, status = [np.int64(0)][:0], [np.int64(0)][:0], [np.int64(0)][:0]
    tail_of, head_of, source_of = [np.int64(0)][:0], [np.int64(0)][:0], [np.int64(0)][:0]
    entered = np.empty(len(entering), np.int64)
    for index in range(len(entering)):
        link = entering[index]
        reached = after(edges, step, state, shorter, ROOT, source[link])
        entered[index] = nodes + _copy(newest, older, node, status, head[link], reached)
    copy = 0
    while copy < len(node):
        at = np.searchsorted(tails, node[copy])
        here = status[copy]
        if at < len(tails) and tails[at] == node[copy]:
            for link in out[tail_first[at] : tail_first[at + 1]]:
                if is_forbidden(edges, forbidden, shorter, here, source[link]):
                    continue
                reached = after(edges, step, state, shorter, here, source[link])
                to = head[link]
                if reached != ROOT:
                    to = nodes + _copy(newest, older, node, status, head[link], reached)
                tail_of.append(np.int64(nodes + copy))
                head_of.append(to)
                source_of.append(source[link])
        copy += 1
    return entered, np.array(node), np.array(tail_of), np.array(head_of), np.array(source_of)


@numba.njit(cache=True)
def _copy(
    newest: I64, older: list[int], node: list[int], status: list[int], of: int, at: int
) -> int:
    """Return the number of the copy of a node in a state; it is made if there is none."""
    known = newest[at]
    while known >= 0 and node[known] != of:
        known = older[known]
    if known < 0:
        known = len(node)
        node.append(of)
        status.append(at)
        older.append(int(newest[at]))
        newest[at] = known
    return int(known)
