"""Roads that are closed while a trip is under way, or that it avoids: no leg may use one."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from planner.model.plan import Claim, Leg
from planner.roads.closing import AVOIDED
from planner.roads.graph import Flag, RoadGraph
from planner.verify.scene import Scene


def check_open(scene: Scene, leg: Leg, where: str) -> Iterator[Claim]:
    """Name the closed or avoided roads that a leg runs over."""
    region = scene.region
    path = np.asarray(leg.path, dtype=np.int64)
    path = path[(path >= 0) & (path < len(region.head))]
    left = np.ones(len(path), np.bool_)
    for kind in scene.mission.avoid:
        avoided = (region.flags[path] & AVOIDED[kind]) != 0
        left &= ~avoided
        if avoided.any():
            yield _met(region, path[avoided], f"{kind}, which the trip avoids", where)
    closed = path[left & ((region.flags[path] & Flag.CLOSED) != 0)]
    if len(closed):
        yield _met(region, closed, "closed for the time of the trip", where)


def _met(region: RoadGraph, edges: NDArray[np.int64], says: str, where: str) -> Claim:
    name = region.edge_name(int(edges[0]))
    road = f"edge {edges[0]}{f' ({name})' if name else ''}"
    more = f" and {len(edges) - 1} more" if len(edges) > 1 else ""
    return Claim("path", f"{where}/path", f"{road}{more}, {says}")
