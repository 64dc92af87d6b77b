"""A binary heap of (key, label) in two arrays; labels that came first go first where keys tie."""

import numpy as np
from numpy.typing import NDArray

from planner.search.core.compiled import compiled

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]


@compiled
def push(keys: F64, labels: I64, size: int, key: float, label: int) -> int:
    """Put one in; returns the new size."""
    place = size
    while place > 0:
        above = (place - 1) >> 1
        if keys[above] < key or (keys[above] == key and labels[above] < label):
            break
        keys[place], labels[place] = keys[above], labels[above]
        place = above
    keys[place], labels[place] = key, label
    return size + 1


@compiled
def pop(keys: F64, labels: I64, size: int) -> int:
    """Take the least away (read it from place 0 before); returns the new size."""
    last = size - 1
    key, label = keys[last], labels[last]
    place = 0
    while True:
        below = 2 * place + 1
        if below >= last:
            break
        right = below + 1
        if right < last and (
            keys[right] < keys[below]
            or (keys[right] == keys[below] and labels[right] < labels[below])
        ):
            below = right
        if keys[below] > key or (keys[below] == key and labels[below] > label):
            break
        keys[place], labels[place] = keys[below], labels[below]
        place = below
    keys[place], labels[place] = key, label
    return last
