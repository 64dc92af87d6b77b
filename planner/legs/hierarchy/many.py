"""From one node to many, from many to one, among many, and to all."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from planner.legs.hierarchy.climb import Climb
from planner.legs.hierarchy.customised import Customised
from planner.legs.hierarchy.selection import Selection
from planner.legs.hierarchy.sweeps import LANES, sweep, sweep_all, sweep_lanes, sweep_loads
from planner.legs.hierarchy.threads import cores

I32 = NDArray[np.int32]
F32 = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """Ways between one node and many: ``weight`` int32[targets] and ``load`` float32[targets, ..].

    The weight is `NEVER` where there is no way; the load is then 0.
    """

    weight: I32
    load: F32


def to_many(source: int, targets: Selection) -> Row:
    """Return the ways from a node to each selected target, by targets as they were given."""
    if targets.backward:
        raise ValueError("these nodes were selected as sources")
    return _one_row(source, targets)


def from_many(sources: Selection, target: int) -> Row:
    """Return the ways from each selected source to a node, by sources as they were given."""
    if not sources.backward:
        raise ValueError("these nodes were selected as targets")
    return _one_row(target, sources)


def _one_row(one: int, many: Selection) -> Row:
    metric = many.metric
    hierarchy = metric.hierarchy
    walked, swept = _sides(metric, backward=many.backward)
    s = hierarchy.rank[one]
    known = (
        s, hierarchy.level[s], hierarchy.height, hierarchy.parent,
        walked.first, walked.level, walked.weight,
        many.rank, many.level, many.first, many.arc_level, many.weight, many.place,
    )  # fmt: skip
    if not metric.columns:
        return Row(sweep(*known), np.empty((len(many.nodes), 0), np.float32))
    weight, load = sweep_loads(*known, many.arc, walked.load, swept.load, many.backward)
    return Row(weight, load)


def matrix(sources: ArrayLike, targets: Selection) -> I32:
    """Return least weights, int32[sources, targets]."""
    if targets.backward:
        raise ValueError("these nodes were selected as sources")
    metric = targets.metric
    hierarchy, climb = metric.hierarchy, metric.outward
    ranks = hierarchy.rank[np.array(sources, np.int32).reshape(-1)]
    found = np.empty((len(ranks), len(targets.nodes)), np.int32)
    known = (
        hierarchy.level, hierarchy.height, hierarchy.parent,
        climb.first, climb.level, climb.weight,
        targets.rank, targets.level, targets.first, targets.arc_level, targets.weight,
        targets.place,
    )  # fmt: skip

    def work(start: int) -> None:
        sweep_lanes(ranks[start : start + LANES], *known, found[start : start + LANES])

    if len(ranks) <= LANES:
        work(0)
        return found
    with ThreadPoolExecutor(cores()) as pool:
        list(pool.map(work, range(0, len(ranks), LANES)))
    return found


def to_all(metric: Customised, source: int) -> I32:
    """Return the least weight from a node to every node of the graph, int32[n]."""
    return _all(metric, source, backward=False)


def from_all(metric: Customised, target: int) -> I32:
    """Return the least weight from every node of the graph to one, int32[n]."""
    return _all(metric, target, backward=True)


def _all(metric: Customised, one: int, *, backward: bool) -> I32:
    hierarchy = metric.hierarchy
    walked, swept = _sides(metric, backward=backward)
    s = hierarchy.rank[one]
    found: I32 = sweep_all(
        s, hierarchy.level[s], hierarchy.height, hierarchy.parent, hierarchy.level, hierarchy.node,
        walked.first, walked.level, walked.weight, swept.first, swept.level, swept.weight,
    )  # fmt: skip
    return found


def _sides(metric: Customised, *, backward: bool) -> tuple[Climb, Climb]:
    """Return the climb that the one node walks and that which leads down to the many."""
    if backward:
        return metric.inward, metric.outward
    return metric.outward, metric.inward
