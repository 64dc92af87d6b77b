"""Kernels of an update that put changed arcs into copies of the climbs, and renew loads."""

# mypy: disallow-untyped-decorators=False
# (numba's decorators carry no types)

import numpy as np
from numba import njit
from numpy.typing import NDArray

from planner.legs.hierarchy.climb import load_node
from planner.legs.hierarchy.repair import contract_arc, edge_between
from planner.legs.hierarchy.walk import walk

I32 = NDArray[np.int32]
U16 = NDArray[np.uint16]
U8 = NDArray[np.uint8]
F32 = NDArray[np.float32]


@njit(cache=True, nogil=True)
def firsts(
    stocked: I32, first: I32, old_first: I32, side: int, contracted: I32, shortest: I32
) -> I32:
    """Return where each node's arcs begin once the arcs of some nodes were chosen again."""
    never = np.int32(2**30 - 1)
    count = old_first[1:] - old_first[:-1]
    for v in stocked:
        count[v] = 0
        for arc in range(first[v], first[v + 1]):
            mine = contracted[arc, side]
            count[v] += mine < never and mine == shortest[arc, side]
    new_first = np.empty_like(old_first)
    new_first[0] = 0
    for v in range(count.size):
        new_first[v + 1] = new_first[v] + count[v]
    return new_first


@njit(cache=True, nogil=True)
def restock(
    stocked: I32,
    side: int,
    dirty: U8,
    first: I32,
    tail: I32,
    head: I32,
    head_level: U16,
    below_first: I32,
    below_arc: I32,
    first_out: I32,
    node: I32,
    slot_of_edge: I32,
    edge_weight: I32,
    contracted: I32,
    shortest: I32,
    via: I32,
    new_first: I32,
    level: U16,
    weight: I32,
    source: I32,
    load: F32,
    old_first: I32,
    old_level: U16,
    old_weight: I32,
    old_source: I32,
    old_load: F32,
    changed: U8,
) -> None:
    """Fill a copy of a climb, with the arcs of the ``stocked`` nodes (ascending) chosen again.

    ``via`` is known for dirty arcs. ``changed`` is set for nodes whose arcs differ; their loads
    are not known yet.
    """
    never = np.int32(2**30 - 1)
    done = 0
    for place in range(stocked.size + 1):
        # All arcs since the last stocked node are as they were.
        v = stocked[place] if place < stocked.size else new_first.size - 1
        old, new, size = old_first[done], new_first[done], old_first[v] - old_first[done]
        level[new : new + size] = old_level[old : old + size]
        weight[new : new + size] = old_weight[old : old + size]
        source[new : new + size] = old_source[old : old + size]
        load[new : new + size] = old_load[old : old + size]
        if place == stocked.size:
            break
        done = v + 1
        here = new_first[v]
        old, old_end = old_first[v], old_first[v + 1]
        for arc in range(first[v], first[v + 1]):
            mine = contracted[arc, side]
            known = old < old_end and old_level[old] == head_level[arc]
            if mine < never and mine == shortest[arc, side]:
                level[here] = head_level[arc]
                weight[here] = mine
                if known and not dirty[arc]:
                    source[here] = old_source[old]
                else:
                    lower = via[arc, side]
                    if not dirty[arc]:
                        _, _, through_up, through_down = contract_arc(
                            arc, first, tail, head, head_level, below_first, below_arc,
                            first_out, node, slot_of_edge, edge_weight, contracted,
                        )  # fmt: skip
                        lower = through_down if side else through_up
                    if lower < 0:
                        start = node[head[arc]] if side else node[v]
                        _, edge = edge_between(
                            arc, side, start, first_out, slot_of_edge, edge_weight
                        )
                        lower = -1 - edge
                    source[here] = lower
                here += 1
            old += known
        old, new, size = old_first[v], new_first[v], here - new_first[v]
        if size == old_end - old and (
            np.array_equal(level[new:here], old_level[old:old_end])
            and np.array_equal(weight[new:here], old_weight[old:old_end])
            and np.array_equal(source[new:here], old_source[old:old_end])
        ):
            load[new:here] = old_load[old:old_end]
        else:
            load[new:here] = np.float32(np.nan)
            changed[v] = 1


@njit(cache=True, nogil=True)
def reload(
    nodes: I32,
    dirty: U8,
    changed: U8,
    first: I32,
    head: I32,
    node_level: U16,
    out_first: I32,
    out_level: U16,
    out_source: I32,
    out_load: F32,
    in_first: I32,
    in_level: U16,
    in_source: I32,
    in_load: F32,
    edge_load: F32,
) -> None:
    """Work out the loads of dirty nodes, ascending; a change makes the nodes above dirty."""
    for v in nodes:
        if not dirty[v]:
            continue
        was_out = out_load[out_first[v] : out_first[v + 1]].copy()
        was_in = in_load[in_first[v] : in_first[v + 1]].copy()
        load_node(
            v, node_level[v], out_first, out_level, out_source, out_load,
            in_first, in_level, in_source, in_load, edge_load,
        )  # fmt: skip
        if not (
            np.array_equal(was_out, out_load[out_first[v] : out_first[v + 1]])
            and np.array_equal(was_in, in_load[in_first[v] : in_first[v + 1]])
        ):
            changed[v] = 1
            for arc in range(first[v], first[v + 1]):
                dirty[head[arc]] = 1


@njit(cache=True, nogil=True)
def compare(
    nodes: I32,
    node_level: U16,
    height: int,
    parent: I32,
    changed: NDArray[np.bool_],
    old_first: I32,
    old_level: U16,
    old_weight: I32,
    old_source: I32,
    old_load: F32,
    new_first: I32,
    new_level: U16,
    new_weight: I32,
    new_source: I32,
    new_load: F32,
    found: NDArray[np.bool_],
) -> None:
    """Walk up from each node before and after a change; tell where a label or its arc differs."""
    old = np.empty((4, height), np.int32)
    new = np.empty((4, height), np.int32)
    for place in range(nodes.size):
        top = node_level[nodes[place]]
        walk(parent, old_first, old_level, old_weight, nodes[place], top, *_four(old))
        walk(parent, new_first, new_level, new_weight, nodes[place], top, *_four(new))
        for here in range(top):
            if old[0, here] != new[0, here] or old[2, here] != new[2, here]:
                found[place] = True
                break
            if new[0, here] < np.int32(2**30 - 1) and changed[new[3, new[2, here]]]:
                a, b = old[1, here], new[1, here]
                if old_source[a] != new_source[b] or not np.array_equal(old_load[a], new_load[b]):
                    found[place] = True
                    break


@njit(cache=True)
def _four(label: I32) -> tuple[I32, I32, I32, I32]:
    return label[0], label[1], label[2], label[3]
