"""Roads that are closed while a trip is under way: no leg may use one."""

from collections.abc import Iterator

import numpy as np

from planner.model.plan import Claim, Leg
from planner.roads.graph import Flag
from planner.verify.scene import Scene


def check_open(scene: Scene, leg: Leg, where: str) -> Iterator[Claim]:
    """Name the closed roads that a leg runs over."""
    region = scene.region
    path = np.asarray(leg.path, dtype=np.int64)
    path = path[(path >= 0) & (path < len(region.head))]
    closed = path[(region.flags[path] & Flag.CLOSED) != 0]
    if len(closed):
        name = region.edge_name(int(closed[0]))
        road = f"edge {closed[0]}{f' ({name})' if name else ''}"
        more = f" and {len(closed) - 1} more" if len(closed) > 1 else ""
        yield Claim("path", f"{where}/path", f"{road}{more}, closed for the time of the trip")
