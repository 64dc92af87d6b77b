"""Dijkstra over a road graph, edge by edge, compiled: what hierarchies and labels are held against.

The heap is a plain binary heap of (key, node) in two arrays with lazy deletion: a node may stand
in it more than once, and counts when it is first taken.

A drive is a function of the charge q it starts with (all above the reserve, kWh): one arrives with
``min(q - net, cap)`` if ``q >= required``. Along edges of energy w these three compose as
``net + w``, ``max(required, net + w)`` and ``min(cap - w, capacity)``; a drive on which cap would
fall below zero cannot be made with this battery at all.
Source: Baum, Dibbelt, Gemsa, Wagner, Zündorf: Shortest Feasible Paths with Charging Stops for
Battery Electric Vehicles, Transportation Science 53 (2019), consumption profiles.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

F64 = NDArray[np.float64]
I32 = NDArray[np.int32]


@njit(cache=True, inline="always")
def _push(keys: F64, nodes: I32, size: int, key: float, node: int) -> int:
    place = size
    while place > 0:
        above = (place - 1) >> 1
        if keys[above] <= key:
            break
        keys[place] = keys[above]
        nodes[place] = nodes[above]
        place = above
    keys[place] = key
    nodes[place] = node
    return size + 1


@njit(cache=True, inline="always")
def _pop(keys: F64, nodes: I32, size: int) -> int:
    """Take the least away; it must have been read from place 0 before."""
    last = size - 1
    key, node = keys[last], nodes[last]
    place = 0
    while True:
        below = 2 * place + 1
        if below >= last:
            break
        if below + 1 < last and keys[below + 1] < keys[below]:
            below += 1
        if keys[below] >= key:
            break
        keys[place] = keys[below]
        nodes[place] = nodes[below]
        place = below
    keys[place] = key
    nodes[place] = node
    return last


@njit(cache=True, nogil=True)
def sweep(first: I32, edges: I32, ends: I32, weight: F64, sources: I32, starts: F64) -> F64:
    """Least of ``starts`` plus the sum of weights between one of the sources and every node.

    ``first`` and ``edges`` list the edges at each node; ``ends[edge]`` is the node they lead to:
    (first_out, 0..m-1, head) sweeps forward, (first_in, in_edge, tail) backward.
    """
    n = first.size - 1
    best = np.full(n, np.inf)
    done = np.zeros(n, np.bool_)
    keys = np.empty(ends.size + sources.size + 1)
    nodes = np.empty(ends.size + sources.size + 1, np.int32)
    size = 0
    for number in range(sources.size):
        source, start = sources[number], starts[number]
        if start < best[source]:
            best[source] = start
            size = _push(keys, nodes, size, start, source)
    while size > 0:
        here = nodes[0]
        key = keys[0]
        size = _pop(keys, nodes, size)
        if done[here]:
            continue
        done[here] = True
        for place in range(first[here], first[here + 1]):
            edge = edges[place]
            there = ends[edge]
            reach = key + weight[edge]
            if reach < best[there]:
                best[there] = reach
                size = _push(keys, nodes, size, reach, there)
    return best


@njit(cache=True, nogil=True)
def drives(
    first_out: I32,
    head: I32,
    weight: F64,
    time_s: F64,
    energy_kwh: F64,
    allowed: NDArray[np.bool_],
    source: int,
    capacity_kwh: float,
    target: int,
) -> tuple[F64, F64, F64, F64, I32]:
    """Make the drives of least weight from ``source`` that this battery can make.

    Returns time_s (infinite where there is none), net_kwh, required_kwh, cap_kwh and the edge by
    which each node is entered (-1), each of shape (nodes,). Stops early at ``target`` (-1: none).
    Only nodes of ``allowed`` are entered.
    """
    n = first_out.size - 1
    best = np.full(n, np.inf)
    done = np.zeros(n, np.bool_)
    time = np.full(n, np.inf)
    net = np.zeros(n)
    required = np.zeros(n)
    cap = np.zeros(n)
    entered = np.full(n, -1, np.int32)
    keys = np.empty(head.size + 2)
    nodes = np.empty(head.size + 2, np.int32)
    best[source] = 0.0
    time[source] = 0.0
    cap[source] = capacity_kwh
    size = _push(keys, nodes, 0, 0.0, source)
    while size > 0:
        here = nodes[0]
        key = keys[0]
        size = _pop(keys, nodes, size)
        if done[here]:
            continue
        done[here] = True
        if here == target:
            break
        for edge in range(first_out[here], first_out[here + 1]):
            there = head[edge]
            if done[there] or not allowed[there]:
                continue
            reach = key + weight[edge]
            if reach >= best[there]:
                continue
            used = energy_kwh[edge]
            total = net[here] + used
            need = max(required[here], total)
            top = min(cap[here] - used, capacity_kwh)
            if need > capacity_kwh or top < 0.0:
                continue
            best[there] = reach
            time[there] = time[here] + time_s[edge]
            net[there] = total
            required[there] = need
            cap[there] = top
            entered[there] = edge
            size = _push(keys, nodes, size, reach, there)
    for node in range(n):
        if not done[node]:
            time[node] = np.inf
    return time, net, required, cap, entered
