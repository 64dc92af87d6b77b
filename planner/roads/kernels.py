"""Loops over the samples along roads, compiled."""

import numba
import numpy as np
from numpy.typing import NDArray


@numba.njit(cache=True)
def eliminate_chains(
    first: NDArray[np.int64],
    stiff: NDArray[np.float64],
    weight: NDArray[np.float64],
    wanted: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Express the samples within each chain by its two ends: x = own + by_start u + by_end v.

    Chain c has the links ``first[c]`` up to ``first[c + 1]``; between them lie one sample fewer,
    of which the i-th stands after the i-th link. For each sample the equation is
    ``(weight + left + right) x - left before - right after = weight wanted``, left and right the
    stiffness of its links. Source: the Thomas algorithm for three right-hand sides.

    Parameters
    ----------
    first : int64[chains + 1]
    stiff : float64[links]
    weight, wanted : float64[links]
        Of the sample after each link; the last of each chain is not read.

    Returns
    -------
    own, by_start, by_end : float64[links]
        At the sample after each link; 0 at the last of each chain.
    """
    own = np.zeros(len(stiff))
    by_start = np.zeros(len(stiff))
    by_end = np.zeros(len(stiff))
    onward = np.zeros(len(stiff))
    for chain in range(len(first) - 1):
        begin, last = first[chain], first[chain + 1] - 1
        for i in range(begin, last):
            held = weight[i] + stiff[i] + stiff[i + 1]
            own[i] = weight[i] * wanted[i]
            if i == begin:
                by_start[i] = stiff[i]
            else:
                held -= stiff[i] * onward[i - 1]
                own[i] += stiff[i] * own[i - 1]
                by_start[i] = stiff[i] * by_start[i - 1]
            own[i] /= held
            by_start[i] /= held
            onward[i] = stiff[i + 1] / held
        for i in range(last - 1, begin - 1, -1):
            if i == last - 1:
                by_end[i] = onward[i]
            else:
                own[i] += onward[i] * own[i + 1]
                by_start[i] += onward[i] * by_start[i + 1]
                by_end[i] = onward[i] * by_end[i + 1]
    return own, by_start, by_end
