"""Compile all kernels once, or load them from numba's cache, before somebody waits for them."""

import numpy as np

from planner.legs.hierarchy.contraction import build
from planner.legs.hierarchy.customised import customise
from planner.legs.hierarchy.loads import FEATURES, joined, no_load
from planner.legs.hierarchy.many import from_all, from_many, matrix, to_all, to_many
from planner.legs.hierarchy.point import PointQuery
from planner.legs.hierarchy.selection import select_sources, select_targets
from planner.legs.hierarchy.updating import update, walks_changed


def warm_up() -> None:
    """Ask every kind of question of a made-up crossroads; takes a minute the first time."""
    first_out = np.array([0, 2, 4, 6, 8, 9], np.int32)
    head = np.array([1, 2, 0, 3, 0, 3, 1, 2, 0], np.int32)
    weight = np.array([5, 9, 5, 2, 9, 1, 2, 1, 4], np.int32)
    hierarchy = build(first_out, head)
    for load in (None, np.ones((len(head), FEATURES), np.float32)):
        metric = customise(hierarchy, weight, load)
        changed = update(metric, np.array([3]), np.array([40]), None if load is None else load[:1])
        for now in (metric, changed.metric):
            query = PointQuery(now)
            query.weight(0, 3)
            query.drive(0, 3)
            targets, sources = select_targets(now, [3, 1]), select_sources(now, [3, 1])
            to_many(0, targets)
            from_many(sources, 0)
            matrix([0, 2], targets)
            to_all(now, 0)
            from_all(now, 0)
        walks_changed(changed, [0, 1])
    joined(no_load(FEATURES), no_load(FEATURES))
