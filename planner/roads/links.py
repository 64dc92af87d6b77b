"""Which directed edges lead where, while junctions are split and roads are doubled.

Edges are copies of *sources*, the directed edges that the map tells; nodes are copies of *places*,
the nodes that it tells. So whatever is known of an edge or a node is looked up at its source.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

VIRTUAL = -1
"""Source of an edge that leads from one node of a place to another."""


@dataclass(frozen=True, kw_only=True)
class Links:
    """Edges between nodes.

    Attributes
    ----------
    tail, head : int32[m]
    source : int32[m]
        Which edge of the map each is, or `VIRTUAL`.
    place : int32[n]
        Which node of the map each node is; the first nodes are the map's own, in its order.
    leaves_from : int32[n]
        The node of the same place from which drives start.
    arrives : bool[n]
        Whether drives may end there: one node of each place.
    through : bool[n]
        Whether drives may go through: not on roads for arriving only.
    """

    tail: NDArray[np.int32]
    head: NDArray[np.int32]
    source: NDArray[np.int32]
    place: NDArray[np.int32]
    leaves_from: NDArray[np.int32]
    arrives: NDArray[np.bool_]
    through: NDArray[np.bool_]

    @classmethod
    def of_map(cls, tail: NDArray[np.int32], head: NDArray[np.int32], nodes: int) -> "Links":
        """Return the map's own edges: each place is one node."""
        own = np.arange(nodes, dtype=np.int32)
        return cls(
            tail=tail,
            head=head,
            source=np.arange(len(tail), dtype=np.int32),
            place=own,
            leaves_from=own,
            arrives=np.ones(nodes, np.bool_),
            through=np.ones(nodes, np.bool_),
        )
