"""A hierarchy with the weights of one metric."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planner.legs.hierarchy.climb import Climb, climbs
from planner.legs.hierarchy.contraction import Hierarchy
from planner.legs.hierarchy.weights import NEVER, contract, edge_weights, shortest

I32 = NDArray[np.int32]
F32 = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Customised:
    """A hierarchy with the weights of one metric; all arrays are read-only.

    Attributes
    ----------
    edge_weight : int32[edges]
        Milliseconds, or what the caller counts in; `NEVER` for a closed edge.
    edge_load : float32[edges, columns]
        See `planner.legs.hierarchy.loads`; no columns in a metric without loads.
    contracted, shortest : int32[arcs, 2]
        See `planner.legs.hierarchy.weights`; only an update reads them.
    outward, inward : Climb
        What queries read.
    """

    hierarchy: Hierarchy
    edge_weight: I32
    edge_load: F32
    contracted: I32
    shortest: I32
    outward: Climb
    inward: Climb

    def __post_init__(self) -> None:
        for array in (self.edge_weight, self.edge_load, self.contracted, self.shortest):
            array.setflags(write=False)

    @property
    def columns(self) -> int:
        """Number of figures in a load; 0 without loads."""
        return int(self.edge_load.shape[1])


def customise(
    hierarchy: Hierarchy, weight: NDArray[np.integer], load: F32 | None = None
) -> Customised:
    """Put the weights of a metric on a hierarchy.

    Parameters
    ----------
    weight : int[edges]
        Not negative; `NEVER` and more for an edge that cannot be driven. Paths that come to
        `NEVER` (12 days in milliseconds) count as none.
    load : float32[edges, columns], optional
        From `planner.legs.hierarchy.loads.edge_loads`.

    Raises
    ------
    ValueError
        A weight is negative, or there is not one for each edge.
    """
    weight_of = checked_weights(weight, len(hierarchy.slot_of_edge))
    edges = len(weight_of)
    loads = np.empty((edges, 0), np.float32) if load is None else np.array(load, np.float32)
    if len(loads) != edges:
        raise ValueError(f"{len(loads)} loads for {edges} edges")
    loads.setflags(write=False)
    contracted = edge_weights(hierarchy, weight_of)
    via = contract(hierarchy, contracted)
    least = shortest(hierarchy, contracted)
    outward, inward = climbs(hierarchy, contracted, least, via, weight_of, loads)
    return Customised(hierarchy, weight_of, loads, contracted, least, outward, inward)


def checked_weights(weight: NDArray[np.integer], count: int) -> I32:
    """Return weights as read-only int32, none above `NEVER`; `ValueError` where they cannot be."""
    given = np.asarray(weight)
    if given.shape != (count,):
        raise ValueError(f"weights of shape {given.shape} for {count} edges")
    if count and given.dtype.kind not in "iu":
        raise ValueError(f"weights are whole numbers, not {given.dtype}")
    if count and given.min() < 0:
        raise ValueError("a weight is negative; reduce energies by a height potential")
    weight_of: I32 = np.minimum(given, NEVER).astype(np.int32)
    weight_of.setflags(write=False)
    return weight_of
