"""What rides along with the weight on an edge, an arc and a drive: a row of figures, the *load*.

Columns of a load, in this order: ``TIME_S``, ``DISTANCE_M``, ``NET_KWH``, ``PREFIX_KWH``,
``SUFFIX_KWH``, ``RUN_KWH``, then any features of the caller's, which are sums along the way.

The four of energy say what a drive does to a charge, the battery being full at ``Q``: net use, the
largest use of a prefix, of a suffix, and of any run of the way, none of the last three below zero.
From charge q one arrives with ``min(q - net, Q - suffix)``, and can drive at all if ``q >=
prefix`` and ``run <= Q``. First a, then b is::

    net = a.net + b.net                      prefix = max(a.prefix, a.net + b.prefix)
    suffix = max(b.suffix, a.suffix + b.net)    run = max(a.run, b.run, a.suffix + b.prefix)

which is associative, so that arcs may carry it.

Source: Baum, Dibbelt, Gemsa, Wagner, Zündorf: Shortest Feasible Paths with Charging Stops for
Battery Electric Vehicles, Transportation Science 53 (2019), consumption profiles; the run is ours,
for drives that begin below the full battery.
"""

# mypy: disallow-untyped-decorators=False
# (numba's decorators carry no types)

import numpy as np
from numba import njit
from numpy.typing import ArrayLike, NDArray

F32 = NDArray[np.float32]

TIME_S, DISTANCE_M, NET_KWH, PREFIX_KWH, SUFFIX_KWH, RUN_KWH = range(6)
FEATURES = 6
"""The column that the caller's features begin at."""


def edge_loads(
    time_s: ArrayLike, distance_m: ArrayLike, energy_kwh: ArrayLike, features: ArrayLike | None
) -> F32:
    """Return the load of each edge, float32[edges, 6 + features].

    Parameters
    ----------
    time_s, distance_m, energy_kwh : float[edges]
        Energy used is below zero where the car recuperates.
    features : float[edges, k] or None
        Further figures that add up along a path.
    """
    energy = np.asarray(energy_kwh, np.float32)
    more = np.empty((len(energy), 0), np.float32)
    if features is not None:
        more = np.asarray(features, np.float32)
    loads = np.empty((len(energy), FEATURES + more.shape[1]), np.float32)
    loads[:, TIME_S] = time_s
    loads[:, DISTANCE_M] = distance_m
    loads[:, NET_KWH] = energy
    loads[:, PREFIX_KWH] = loads[:, SUFFIX_KWH] = loads[:, RUN_KWH] = np.maximum(energy, 0.0)
    loads[:, FEATURES:] = more
    return loads


def no_load(columns: int) -> F32:
    """Return the load of standing still."""
    return np.zeros(columns, np.float32)


def joined(first: F32, then: F32) -> F32:
    """Return the load of one drive after another; shapes (columns,)."""
    both = np.empty_like(first)
    join(first, then, both)
    return both


@njit(cache=True, nogil=True)
def join(first: F32, then: F32, both: F32) -> None:
    """Write the load of one drive after another; ``both`` may be either of them."""
    net = first[2] + then[2]
    prefix = max(first[3], first[2] + then[3])
    suffix = max(then[4], first[4] + then[2])
    run = max(first[5], then[5], first[4] + then[3])
    both[0] = first[0] + then[0]
    both[1] = first[1] + then[1]
    both[2] = net
    both[3] = prefix
    both[4] = suffix
    both[5] = run
    for column in range(6, both.size):
        both[column] = first[column] + then[column]
