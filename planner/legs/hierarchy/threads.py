"""Work on the parts of the tree at the same time, in threads: the kernels hold no lock.

Threads of Python rather than numba's own, which may neither be started from two threads at once
nor outlive a fork of the process.
"""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

I32 = NDArray[np.int32]

MOST_THREADS = 8
"""Memory is what the work waits for; more threads gain nothing."""


def cores() -> int:
    """Return how many threads to work in."""
    return min(os.cpu_count() or 1, MOST_THREADS)


def in_parts(work: Callable[[int, int], object], first: I32, last: I32) -> None:
    """Call ``work(first, last)`` for each part; the order does not matter to the result."""
    spans = [(int(a), int(b)) for a, b in zip(first, last, strict=True)]
    spans.sort(key=lambda span: span[0] - span[1])
    threads = min(cores(), len(spans))
    if threads <= 1:
        for span in spans:
            work(*span)
        return
    with ThreadPoolExecutor(threads) as pool:
        for done in [pool.submit(work, *span) for span in spans]:
            done.result()
