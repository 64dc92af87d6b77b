"""Streets by which nobody may drive who does not stop there, laid into small made-up roads.

On some roads a street for arriving only cuts a bend off; on others there is a place at which one
may not drive straight on, but must go round a block. A station there saves who stops at it the way
round.
"""

import random
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

import numpy as np

from planner.roads.apart import set_apart
from planner.roads.draft import Draft, assemble
from planner.roads.graph import RoadGraph

LEAST_KM = 5.0
"""Roads that are shorter stay as they are."""

STREET_KMH = 50.0


@dataclass
class _Laid:
    """Nodes and edges as they come: longitude, latitude, height; tail, head, metres, km/h."""

    nodes: list[tuple[float, float, float]]
    edges: list[tuple[int, int, float, float]] = field(default_factory=list)
    arriving: set[int] = field(default_factory=set)
    turns: list[tuple[int, int]] = field(default_factory=list)

    def node(self, near: int, far: int, share: float, aside: float = 0.0) -> int:
        """Add a node on the line between two, or beside it, at the height of the first."""
        lon, lat, ele_m = self.nodes[near]
        east, north = self.nodes[far][0] - lon, self.nodes[far][1] - lat
        self.nodes.append(
            (lon + share * east - aside * north, lat + share * north + aside * east, ele_m)
        )
        return len(self.nodes) - 1

    def road(self, one: int, other: int, metres: float, kmh: float = STREET_KMH) -> int:
        """Add a road both ways; returns the edge from the first, before that from the second."""
        self.edges += [(one, other, metres, kmh), (other, one, metres, kmh)]
        return len(self.edges) - 2


def with_streets(rng: random.Random, graph: RoadGraph) -> tuple[RoadGraph, list[int]]:
    """Lay streets into roads that lead both ways; returns places in them, by their nodes."""
    heights = np.asarray(graph.ele_m).tolist()
    laid = _Laid([*zip(graph.lon.tolist(), graph.lat.tolist(), heights, strict=True)])
    spots = []
    columns = (graph.tail, graph.head, graph.length_m, graph.speed_kmh)
    for tail, head, metres, kmh in zip(*(column.tolist() for column in columns), strict=True):
        if tail > head:
            continue
        if metres < 1000.0 * LEAST_KM or rng.random() < 0.4:
            laid.road(tail, head, metres, kmh)
        elif rng.random() < 0.5:
            spots.append(_short_cut(rng, laid, tail, head, metres, kmh))
        else:
            spots.append(_block(rng, laid, tail, head, metres, kmh))
    return _assembled(laid, graph), spots


def _short_cut(
    rng: random.Random, laid: _Laid, tail: int, head: int, metres: float, kmh: float
) -> int:
    """Bend the road near its beginning, and lay a street for arriving only across the bend."""
    before, after = laid.node(tail, head, 0.1), laid.node(tail, head, 0.2)
    spot = laid.node(tail, head, 0.15, 0.01)
    laid.road(tail, before, 0.1 * metres, kmh)
    laid.road(before, after, rng.uniform(500.0, 6_000.0))
    laid.road(after, head, 0.8 * metres, kmh)
    for end in (before, after):
        street = laid.road(end, spot, rng.uniform(100.0, 400.0))
        laid.arriving |= {street, street + 1}
    return spot


def _block(rng: random.Random, laid: _Laid, tail: int, head: int, metres: float, kmh: float) -> int:
    """Part the road where one may not drive straight on, with a block to go round there."""
    spot = laid.node(tail, head, 0.1)
    one, other = laid.node(tail, head, 0.1, 0.02), laid.node(tail, head, 0.12, 0.02)
    onto = laid.road(tail, spot, 0.1 * metres, kmh)
    on = laid.road(spot, head, 0.9 * metres, kmh)
    for begin, end in ((spot, one), (one, other), (other, spot)):
        laid.road(begin, end, rng.uniform(100.0, 1_000.0))
    laid.turns += [(onto, on), (on + 1, onto + 1)]
    return spot


def _assembled(laid: _Laid, graph: RoadGraph) -> RoadGraph:
    return roads_of(
        laid.nodes,
        laid.edges,
        arriving=laid.arriving,
        turns=laid.turns,
        max_snap_m=graph.max_snap_m,
        has_elevation=graph.has_elevation,
    )


def roads_of(
    nodes: Sequence[tuple[float, float, float]],
    edges: Sequence[tuple[int, int, float, float]],
    *,
    arriving: Collection[int],
    turns: Sequence[tuple[int, ...]],
    max_snap_m: float = 10_000.0,
    has_elevation: bool = False,
) -> RoadGraph:
    """Make a graph of nodes (longitude, latitude, height) and edges (tail, head, metres, km/h).

    ``arriving`` are the edges by which one may only arrive, ``turns`` those that may not follow
    one another.
    """
    lon, lat, ele_m = np.array(nodes).T
    tail, head = np.array([edge[:2] for edge in edges], np.int32).T
    length_m, speed_kmh = np.array([edge[2:] for edge in edges]).T
    rise_m = (ele_m[head] - ele_m[tail]).astype(np.float32)
    none = np.zeros(len(tail), np.int32)
    draft = Draft(
        lon=lon,
        lat=lat,
        ele_m=ele_m.astype(np.float32),
        tail=tail,
        head=head,
        length_m=length_m,
        speed_kmh=speed_kmh,
        duration_s=length_m / speed_kmh * 3.6,
        climb_m=np.maximum(rise_m, 0.0),
        descent_m=np.maximum(-rise_m, 0.0),
        flags=none.astype(np.uint8),
        road_class=none.astype(np.uint8),
        speed_from=none.astype(np.uint8),
        shape_of=none,
        name_of=none,
    )
    return assemble(
        set_apart(draft, np.isin(np.arange(len(tail)), sorted(arriving)), turns),
        name="small",
        as_of="2026-01-01",
        attribution="",
        notes=(),
        source="made up",
        max_snap_m=max_snap_m,
        has_elevation=has_elevation,
    )
