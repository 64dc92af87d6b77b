"""From a point to the nearest node of the roads, and how the metres between are driven."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.spatial import cKDTree

from planner.errors import InputError, OffNetwork
from planner.model.geo import LonLat
from planner.roads.graph import Flag, RoadGraph
from planner.roads.sphere import arc_m, chord_of, unit_vectors

APPROACH_DETOUR = 1.3
"""Driven metres per metre of straight line between a place and its node. Source: assumed; a
right-angled street grid gives 4/pi = 1.27 on average over all directions."""

APPROACH_KMH = 30.0
"""Speed there. Source: assumed, that of a residential or service road."""

BESIDE_M = 300.0
"""A point farther from its node does not lie beside a road that is known, and a driver is told so.
Source: the nodes of imported roads stand 500 m apart at most (`planner.roads.pieces`), so that a
point beside a road lies within some 250 m of one; the rest is a garden or a car park."""


@dataclass(frozen=True, slots=True)
class Snap:
    """The nearest node at which drives may end, and the straight distance to it in metres.

    A drive that begins there starts at the graph's ``leaves_from[node]``.
    """

    node: int
    distance_m: float


def stoppable(graph: RoadGraph) -> NDArray[np.bool_]:
    """Mark nodes, shape (n,), at which a drive may begin or end.

    They are in the largest component and touch a road that is neither motorway nor ferry; where no
    such road is, as in a motorways-only extract, all of the component. Of a place with several
    nodes only the one where drives end is marked; the drive on begins at its ``leaves_from``.
    """
    street = (graph.flags & (Flag.MOTORWAY | Flag.FERRY | Flag.VIRTUAL)) == 0
    touches = np.zeros(len(graph.lon), np.bool_)
    touches[graph.tail[street]] = True
    touches[graph.head[street]] = True
    virtual = ((graph.flags & Flag.VIRTUAL) != 0) & touches[graph.tail]
    touches[graph.head[virtual]] = True
    marked = graph.component_ok & touches
    return marked if marked.any() else graph.component_ok


class Snapper:
    """Finds the nearest node from which one gets everywhere and back, not on a motorway or at sea.

    Nodes stand at most 500 m apart along roads imported from OSM, so a point beside a road lies
    within some 250 m of a node; in networks without geometry nodes are junctions only.
    """

    def __init__(self, graph: RoadGraph) -> None:
        self._max_snap_m = graph.max_snap_m
        self._nodes = np.flatnonzero(stoppable(graph)).astype(np.int32)
        self._tree = cKDTree(unit_vectors(graph.lon[self._nodes], graph.lat[self._nodes]))

    def snap(self, point: LonLat) -> Snap:
        """Return the nearest node.

        Raises
        ------
        InputError
            The coordinates are no degrees.
        OffNetwork
            No node within the graph's ``max_snap_m``.
        """
        check_degrees(point)
        node, distance = self.snap_many([point.lon], [point.lat], within_m=np.inf)
        if node[0] < 0 or distance[0] > self._max_snap_m:
            near = f"the nearest road is {distance[0] / 1000:.1f} km away, " if node[0] >= 0 else ""
            raise OffNetwork(
                f"{near}at most {self._max_snap_m / 1000:g} km are allowed",
                place=f"{point.lon:.5f},{point.lat:.5f}",
                remedy="Choose a point nearer to a road; order is longitude, latitude",
            )
        return Snap(int(node[0]), float(distance[0]))

    def snap_many(
        self, lon: ArrayLike, lat: ArrayLike, *, within_m: float | None = None
    ) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
        """Return node (int32, -1 where none is near enough) and distance in metres of each point.

        A point that is not finite gets -1 and an infinite distance.
        """
        longitudes, latitudes = np.atleast_1d(np.asarray(lon, float)), np.asarray(lat, float)
        latitudes = np.atleast_1d(latitudes)
        node = np.full(len(longitudes), -1, np.int32)
        distance_m = np.full(len(longitudes), np.inf)
        whole = np.isfinite(longitudes) & np.isfinite(latitudes)
        if not len(self._nodes) or not whole.any():
            return node, distance_m
        bound = self._max_snap_m if within_m is None else within_m
        reach = chord_of(bound) * (1 + 1e-9) if np.isfinite(bound) else np.inf
        chord, index = self._tree.query(
            unit_vectors(longitudes[whole], latitudes[whole]), distance_upper_bound=reach
        )
        found = index < len(self._nodes)
        there = np.flatnonzero(whole)[found]
        node[there] = self._nodes[index[found]]
        distance_m[there] = arc_m(chord[found])
        return node, distance_m


def check_degrees(point: LonLat) -> None:
    """Raise `InputError` unless the point is a longitude and a latitude in degrees."""
    if not (-180 <= point.lon <= 180 and -90 <= point.lat <= 90):  # noqa: PLR2004 -- the globe
        raise InputError(
            "longitude must be within ±180 and latitude within ±90 degrees",
            place=f"{point.lon},{point.lat}",
            remedy="Order is longitude, latitude",
        )
