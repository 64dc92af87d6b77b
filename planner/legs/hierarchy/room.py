"""Memory for large arrays, in small pages.

Numpy asks the system for large pages, which it must first gather and clear: of 25 MB that takes
40 ms, and of small pages 10; of what is only written here and there, much less.
"""

# mypy: disallow-untyped-decorators=False
# (numba's decorators carry no types)

import numpy as np
from numba import njit
from numpy.typing import NDArray

I32 = NDArray[np.int32]
U16 = NDArray[np.uint16]
U8 = NDArray[np.uint8]
F32 = NDArray[np.float32]


@njit(cache=True, nogil=True)
def room_for_arcs(size: int, columns: int) -> tuple[U16, I32, I32, F32]:
    """Allocate the levels, weights, sources and loads of a climb."""
    return (
        np.empty(size, np.uint16),
        np.empty(size, np.int32),
        np.empty(size, np.int32),
        np.empty((size, columns), np.float32),
    )


@njit(cache=True, nogil=True)
def room_for_rows(size: int, columns: int) -> I32:
    """Allocate int32[size, columns]."""
    return np.empty((size, columns), np.int32)


@njit(cache=True, nogil=True)
def room_for_levels(size: int) -> U16:
    """Allocate uint16[size]."""
    return np.empty(size, np.uint16)


@njit(cache=True, nogil=True)
def no_bytes(size: int) -> U8:
    """Allocate uint8[size] of zeros."""
    return np.zeros(size, np.uint8)


@njit(cache=True, nogil=True)
def no_numbers(size: int) -> I32:
    """Allocate int32[size] of zeros."""
    return np.zeros(size, np.int32)


@njit(cache=True, nogil=True)
def copy_of_rows(rows: I32) -> I32:
    """Copy int32[size, columns]."""
    copy = np.empty(rows.shape, np.int32)
    copy[:] = rows
    return copy
