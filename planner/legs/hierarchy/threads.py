"""Work on the parts of the tree at the same time, in threads: the kernels hold no lock.

Threads of Python rather than numba's own, which may neither be started from two threads at once
nor outlive a fork of the process.
"""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

I32 = NDArray[np.int32]

MOST_THREADS = 8
"""Memory is what the work waits for; more threads gain nothing."""


def cores() -> int:
    """Return how many threads to work in."""
    return min(os.cpu_count() or 1, MOST_THREADS)


def in_parts(work: Callable[[I32], object], parts: Sequence[I32]) -> None:
    """Call ``work(nodes)`` for each part; the order does not matter to the result."""
    if min(cores(), len(parts)) <= 1:
        for nodes in parts:
            work(nodes)
        return
    with ThreadPoolExecutor(cores()) as pool:
        for done in [pool.submit(work, nodes) for nodes in sorted(parts, key=len, reverse=True)]:
            done.result()
