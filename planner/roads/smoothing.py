"""The least squares of heights along roads, set up run by run: one equation for each node.

The samples within a piece are eliminated first, which leaves the nodes; see
`planner.roads.profiles` for what is solved.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.linalg import splu

from planner.roads.kernels import eliminate_chains
from planner.roads.samples import F64, I64, Run


class Network:
    """Which nodes the pieces join, and an order in which few links are added by eliminating them.

    The order is that of the first solution, and serves all: finding it takes most of the time.
    """

    def __init__(self, start: I64, end: I64, nodes: int) -> None:
        self.nodes, self.pieces = nodes, len(start)
        self._start, self._end = start.astype(np.int32), end.astype(np.int32)
        self._place: NDArray[np.int32] | None = None

    def solve(self, held: F64, to_end: F64, pulled: NDArray[np.float64]) -> F64:
        """Return x of ``held x - to_end (x across each piece) = pulled``, row by row."""
        first = self._place is None
        place = np.arange(self.nodes, dtype=np.int32) if self._place is None else self._place
        start, end = place[self._start], place[self._end]
        row, column = np.concatenate((start, end, place)), np.concatenate((end, start, place))
        value = np.concatenate((-to_end, -to_end, held))
        del start, end
        matrix = coo_array((value, (row, column)), shape=(self.nodes, self.nodes)).tocsc()
        del row, column, value
        solver = splu(
            matrix,
            permc_spec="MMD_AT_PLUS_A" if first else "NATURAL",
            diag_pivot_thresh=0.0,
            relax=1,  # columns of roads have few neighbours: working on panels of them costs half
            panel_size=1,
            options={"SymmetricMode": True},
        )
        if first:
            self._place = solver.perm_c.astype(np.int32)
        solved = np.empty_like(pulled)
        for given, found in zip(pulled, solved, strict=True):
            placed = np.empty_like(given)
            placed[place] = given
            found[:] = solver.solve(placed)[place]
        return solved


class Equations:
    """Equations for the nodes of a network, for one or more wanted profiles over the same links.

    Parameters
    ----------
    network : Network
    weight : float64[nodes]
        How firmly each node is held at its own height.
    profiles : int
    """

    def __init__(self, network: Network, weight: F64, profiles: int = 1) -> None:
        self._network = network
        self._weight, self._held = weight, weight.copy()
        self._pulled = np.zeros((profiles, network.nodes))
        self._to_end = np.zeros(network.pieces)

    def add(self, run: Run, stiff: F64, weight: F64, *wanted: F64) -> None:
        """Add the links of a run: stiffness, and at the sample after each its weight and heights.

        As many ``wanted`` as there are profiles.
        """
        opening, closing = run.first[:-1], run.first[1:] - 1
        single = opening == closing
        before = np.where(single, 0, closing - 1)
        for profile, heights in enumerate(wanted):
            own, by_start, by_end = eliminate_chains(run.first, stiff, weight, heights)
            from_end = np.where(single, 0.0, stiff[closing] * own[before])
            np.add.at(self._pulled[profile], run.start, stiff[opening] * own[opening])
            np.add.at(self._pulled[profile], run.end, from_end)
        self._to_end[run.piece] = stiff[opening] * np.where(single, 1.0, by_end[opening])
        np.add.at(self._held, run.start, stiff[opening] * (1 - by_start[opening]))
        at_end = stiff[closing] * (1 - np.where(single, 0.0, by_end[before]))
        np.add.at(self._held, run.end, at_end)

    def solve(self, *wanted: F64) -> F64:
        """Return the height of each node, a row for each profile of the heights wanted at nodes."""
        pulled = self._pulled + self._weight * np.stack(wanted)
        return self._network.solve(self._held, self._to_end, pulled)


def within(run: Run, stiff: F64, weight: F64, wanted: F64, at_nodes: F64) -> F64:
    """Return the smoothed heights of a run's samples, by the link before each."""
    own, by_start, by_end = eliminate_chains(run.first, stiff, weight, wanted)
    links = np.diff(run.first)
    own += by_start * np.repeat(at_nodes[run.start], links)
    own += by_end * np.repeat(at_nodes[run.end], links)
    return np.asarray(own)
