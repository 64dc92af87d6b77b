"""The least squares of heights along roads, set up run by run: one equation for each node.

The samples within a piece are eliminated first, which leaves the nodes; see
`planner.roads.profiles` for what is solved.
"""

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.linalg import splu

from planner.roads.kernels import eliminate_chains
from planner.roads.samples import F64, I64, Run


class Equations:
    """Equations for the nodes, for one or more wanted profiles over the same links.

    Parameters
    ----------
    start, end : int[pieces]
        Nodes of all pieces.
    weight : float64[nodes]
        How firmly each node is held at its own height.
    profiles : int
    """

    def __init__(self, start: I64, end: I64, weight: F64, profiles: int = 1) -> None:
        self._start, self._end = start.astype(np.int32), end.astype(np.int32)
        self._weight, self._held = weight, weight.copy()
        self._pulled = np.zeros((profiles, len(weight)))
        self._to_end = np.zeros(len(start))

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

    def solve(self, *wanted: F64) -> list[F64]:
        """Return the height of each node, for each profile of the heights wanted at nodes."""
        nodes = len(self._held)
        each = np.arange(nodes, dtype=np.int32)
        row = np.concatenate((self._start, self._end, each))
        column = np.concatenate((self._end, self._start, each))
        value = np.concatenate((-self._to_end, -self._to_end, self._held))
        matrix = coo_array((value, (row, column)), shape=(nodes, nodes)).tocsc()
        del row, column, value, each
        solver = splu(
            matrix,
            permc_spec="MMD_AT_PLUS_A",
            diag_pivot_thresh=0.0,
            options={"SymmetricMode": True},
        )
        del matrix
        return [
            solver.solve(pulled + self._weight * heights)
            for pulled, heights in zip(self._pulled, wanted, strict=True)
        ]


def within(run: Run, stiff: F64, weight: F64, wanted: F64, at_nodes: F64) -> F64:
    """Return the smoothed heights of a run's samples, by the link before each."""
    own, by_start, by_end = eliminate_chains(run.first, stiff, weight, wanted)
    links = np.diff(run.first)
    own += by_start * np.repeat(at_nodes[run.start], links)
    own += by_end * np.repeat(at_nodes[run.end], links)
    return np.asarray(own)
