"""Grids of posts: the height between four of them."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

VOID = -32768
"""Height of a post that was not measured. Source: USGS, SRTM Topography (documentation)."""


def bilinear(
    grid: NDArray[Any], row: NDArray[np.float64], column: NDArray[np.float64], void: int
) -> NDArray[np.float64]:
    """Interpolate between the four posts around each place; voids are left out of the mean.

    Parameters
    ----------
    grid : int16 or float32[rows, columns]
    row, column : float64[k]
        Places in posts from the first; outside they are taken to the rim.
    void : int
        The value of a post that is not known; NaN results where all four are void.
    """
    rows, columns = grid.shape
    row, column = row.clip(0, rows - 1), column.clip(0, columns - 1)
    north = np.minimum(np.floor(row).astype(np.int64), rows - 2)
    west = np.minimum(np.floor(column).astype(np.int64), columns - 2)
    down, right = row - north, column - west
    total, weights = np.zeros(len(row)), np.zeros(len(row))
    for step_down, share_down in ((0, 1 - down), (1, down)):
        for step_right, share_right in ((0, 1 - right), (1, right)):
            post = grid[north + step_down, west + step_right]
            weight = np.where(post == void, 0.0, share_down * share_right)
            total += weight * post
            weights += weight
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(weights > 0, total / weights, np.nan)
