"""The roads of a graph, edge by edge, as the sums of energy ask for them."""

from typing import TypedDict

import numpy as np
from numpy.typing import NDArray

from planner.roads.graph import RoadGraph


class Driven(TypedDict):
    """Columns with one value for each edge; ``ele_m`` is where it begins."""

    length_m: NDArray[np.float32]
    speed_kmh: NDArray[np.float32]
    climb_m: NDArray[np.float32]
    descent_m: NDArray[np.float32]
    ele_m: NDArray[np.float32]


def driven(graph: RoadGraph) -> Driven:
    """Give all edges of a graph."""
    return {
        "length_m": graph.length_m,
        "speed_kmh": graph.speed_kmh,
        "climb_m": graph.climb_m,
        "descent_m": graph.descent_m,
        "ele_m": np.asarray(graph.ele_m)[graph.tail],
    }
