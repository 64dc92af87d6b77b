"""A binary heap of (key, entry) in two arrays; the lesser entry goes first where keys tie."""

import numpy as np
from numpy.typing import NDArray

from planner.search.core.compiled import compiled

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]


@compiled
def push(keys: F64, entries: I64, size: int, key: float, entry: int) -> int:
    """Put one in; returns the new size."""
    place = size
    while place > 0:
        above = (place - 1) >> 1
        if keys[above] < key or (keys[above] == key and entries[above] < entry):
            break
        keys[place], entries[place] = keys[above], entries[above]
        place = above
    keys[place], entries[place] = key, entry
    return size + 1


@compiled
def pop(keys: F64, entries: I64, size: int) -> int:
    """Take the least away (read it from place 0 before); returns the new size."""
    last = size - 1
    key, entry = keys[last], entries[last]
    place = 0
    while True:
        below = 2 * place + 1
        if below >= last:
            break
        right = below + 1
        if right < last and (
            keys[right] < keys[below]
            or (keys[right] == keys[below] and entries[right] < entries[below])
        ):
            below = right
        if keys[below] > key or (keys[below] == key and entries[below] > entry):
            break
        keys[place], entries[place] = keys[below], entries[below]
        place = below
    keys[place], entries[place] = key, entry
    return last
