"""Closing or slowing some edges: a new metric that works out anew only what can have changed.

Bottom-up, an arc is contracted again if one of its edges changed or a changed arc below was, or now
is, as good as it; top-down, shortest weights alike; then the climbs are copied with the changed
arcs put in, and loads renewed where an arc or a part of it changed.
The result is bit for bit that of customising in full.

Source: Dibbelt, Strasser, Wagner: Customizable Contraction Hierarchies, ACM JEA 21 (2016), partial
updates; carried over to shortest weights and loads here.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from planner.legs.hierarchy import repair, reshortening
from planner.legs.hierarchy.climb import Climb
from planner.legs.hierarchy.customised import Customised, checked_weights, customise
from planner.legs.hierarchy.restock import compare, firsts, reload, restock
from planner.legs.hierarchy.room import (
    copy_of_rows,
    no_bytes,
    no_numbers,
    room_for_arcs,
    room_for_levels,
    room_for_rows,
)
from planner.legs.hierarchy.threads import cores, in_parts
from planner.legs.hierarchy.weights import DOWN, UP

I32 = NDArray[np.int32]
U16 = NDArray[np.uint16]
U8 = NDArray[np.uint8]
F32 = NDArray[np.float32]

FULL_SHARE = 0.05
"""From this share of edges on, customising in full is quicker."""

MOVED_SHARE, FEW = 0.02, 1_000
"""So is it once more than this share of arcs has moved, in all but small networks."""


@dataclass(frozen=True, eq=False)
class Update:
    """A metric after some edges changed.

    Attributes
    ----------
    before, metric : Customised
        The metric as it was, and as it is now; neither shares anything that can be written.
    changed : bool[n]
        By rank: whether an arc of the node that queries look at has another weight, way or load.
    """

    before: Customised
    metric: Customised
    changed: NDArray[np.bool_]

    def __post_init__(self) -> None:
        self.changed.setflags(write=False)


def update(
    metric: Customised,
    edges: ArrayLike,
    weight: ArrayLike,
    load: F32 | None = None,
    *,
    full_share: float = FULL_SHARE,
) -> Update:
    """Give some edges other weights.

    Parameters
    ----------
    edges : int[k]
        Of the graph, each once.
    weight : int[k]
        Their weights from now on; `NEVER` closes.
    load : float32[k, columns], optional
        Their loads from now on; without it they stay.
    full_share : float
        With more than this share of all edges, customise in full.
    """
    listed = np.asarray(edges, np.int64).reshape(-1)
    edge_weight = metric.edge_weight.copy()
    edge_weight[listed] = checked_weights(np.asarray(weight), len(listed))
    edge_weight.setflags(write=False)
    edge_load = metric.edge_load
    if load is not None:
        edge_load = edge_load.copy()
        edge_load[listed] = load
        edge_load.setflags(write=False)
    done = None
    if len(listed) <= full_share * len(edge_weight):
        done = _repaired(metric, listed, edge_weight, edge_load)
    if done is None:
        full = customise(metric.hierarchy, edge_weight, edge_load if metric.columns else None)
        done = Update(metric, full, np.ones(metric.hierarchy.nodes, np.bool_))
    return done


Arcs = tuple[I32, U16, I32, I32, F32]


def _repaired(
    metric: Customised, edges: NDArray[np.int64], edge_weight: I32, edge_load: F32
) -> Update | None:
    """Work out anew what can have changed; None once that is too much."""
    hierarchy = metric.hierarchy
    slots = hierarchy.slot_of_edge[edges]
    touched = slots[slots >= 0] >> 1
    work = _Work(metric, touched, edge_weight, edge_load)
    if not work.recontract():
        return None
    shortest, shortened = work.reshorten()
    sides, changed = work.restock(shortest, (shortened != 0) | (work.dirty_node != 0))
    if metric.columns:
        dirty = changed.copy()
        dirty[hierarchy.tail[touched]] = 1
        work.reload(sides, dirty, changed)
    outward, inward = (Climb(*arcs) for arcs in sides)
    after = Customised(
        hierarchy, edge_weight, edge_load, work.contracted, shortest, outward, inward
    )
    return Update(metric, after, changed.astype(np.bool_))


class _Work:
    """The arrays of an update in the making; ``dirty`` and ``moved`` are by arc."""

    def __init__(
        self, metric: Customised, touched: NDArray[np.int32], edge_weight: I32, edge_load: F32
    ) -> None:
        self.metric, self.edge_load = metric, edge_load
        h = self.hierarchy = metric.hierarchy
        self.contracted = copy_of_rows(metric.contracted)
        self.via = room_for_rows(h.arcs, 2)
        self.dirty, self.moved = no_bytes(h.arcs), no_bytes(h.arcs)
        self.dirty_node = no_bytes(h.nodes)
        self.dirty[touched] = 1
        self.dirty_node[h.tail[touched]] = 1
        self.arcs = (h.first, h.tail, h.head, h.head_level, h.below_first, h.below_arc)
        self.roads = (h.first_out, h.node, h.slot_of_edge, edge_weight)

    def recontract(self) -> bool:
        """Contract the dirty arcs again and those they make dirty; False where too many moved."""
        h, old = self.hierarchy, self.metric.contracted
        most = int(MOVED_SHARE * h.arcs) + FEW
        known = (
            self.dirty_node, self.dirty, self.moved, most,
            *self.arcs, h.height, *self.roads, old, self.contracted, self.via,
        )  # fmt: skip
        in_parts(lambda nodes: repair.recontract(nodes, *known), h.parts)
        repair.recontract(h.top, *known)
        for array in (self.contracted, self.via, self.dirty, self.moved):
            array.setflags(write=False)
        return int(self.moved.sum(dtype=np.int64)) <= most

    def reshorten(self) -> tuple[I32, I32]:
        """Return shortest weights, and by rank how many arcs have another one than before."""
        h, old = self.hierarchy, self.metric.shortest
        new = copy_of_rows(old)
        count, reached = no_numbers(h.nodes), no_bytes(h.nodes)
        reached[h.tail[np.nonzero(self.moved)[0]]] = reshortening.WITH_MOVED
        most = h.arcs + int((h.first[h.top + 1] - h.first[h.top]).sum())
        known = (
            reached, self.moved, self.metric.contracted, self.contracted, *self.arcs, h.height,
            old, new, room_for_rows(most, 4), room_for_levels(most), no_numbers(h.nodes), count,
        )  # fmt: skip

        def work(nodes: I32) -> None:
            reshortening.reshorten(nodes, int(h.first[nodes[0]]), *known)

        reshortening.reshorten(h.top, h.arcs, *known)
        in_parts(work, h.parts)
        new.setflags(write=False)
        return new, count

    def restock(self, shortest: I32, chosen: NDArray[np.bool_]) -> tuple[list[Arcs], U8]:
        """Return both climbs with the arcs of some nodes chosen again, and whose differ."""
        h, metric, nodes = self.hierarchy, self.metric, _listed(chosen)
        changed = np.zeros((2, h.nodes), np.uint8)

        def work(side: int) -> Arcs:
            climb = (metric.outward, metric.inward)[side]
            first = firsts(nodes, h.first, climb.first, side, self.contracted, shortest)
            arcs: Arcs = (first, *room_for_arcs(int(first[-1]), metric.columns))
            restock(
                nodes, side, self.dirty, *self.arcs, *self.roads, self.contracted, shortest,
                self.via, *arcs, climb.first, climb.level, climb.weight, climb.source, climb.load,
                changed[side],
            )  # fmt: skip
            return arcs

        with ThreadPoolExecutor(cores()) as pool:
            sides = list(pool.map(work, (UP, DOWN)))
        return sides, changed[UP] | changed[DOWN]

    def reload(self, sides: list[Arcs], dirty: U8, changed: U8) -> None:
        """Work out the loads of the dirty nodes and those it makes dirty, in place."""
        h = self.hierarchy
        (out_first, out_level, _, out_source, out_load), inward = sides
        in_first, in_level, _, in_source, in_load = inward
        known = (
            dirty, changed, h.first, h.head, h.level, out_first, out_level, out_source, out_load,
            in_first, in_level, in_source, in_load, self.edge_load,
        )  # fmt: skip
        in_parts(lambda nodes: reload(nodes, *known), h.parts)
        reload(h.top, *known)


def _listed(chosen: NDArray[np.bool_]) -> I32:
    nodes = np.nonzero(chosen)[0].astype(np.int32)
    nodes.setflags(write=False)
    return nodes


def walks_changed(change: Update, nodes: ArrayLike, *, backward: bool = False) -> NDArray[np.bool_]:
    """Tell for nodes of the graph whether drives from them (to them, ``backward``) may differ.

    A leg whose start has no changed walk and whose end has no changed walk backward is as before,
    in weight, way and load. bool[nodes].
    """
    before, after = change.before, change.metric
    h = after.hierarchy
    old, new = (m.inward if backward else m.outward for m in (before, after))
    ranks = h.rank[np.array(nodes, np.int32).reshape(-1)]
    found = np.zeros(len(ranks), np.bool_)
    known = (
        h.level, h.height, h.parent, change.changed,
        old.first, old.level, old.weight, old.source, old.load,
        new.first, new.level, new.weight, new.source, new.load,
    )  # fmt: skip
    spans = range(0, len(ranks), 256)
    with ThreadPoolExecutor(cores()) as pool:
        list(pool.map(lambda i: compare(ranks[i : i + 256], *known, found[i : i + 256]), spans))
    return found
