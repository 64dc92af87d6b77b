"""What drives between places take at least, told by what they leave to the ends of a trip.

A drive to an end takes no more than one by another place, nor does one from a beginning to there.
So differences of bounds bound drives, without any look at the roads between.
"""
# mypy: disallow-untyped-decorators=False
# (numba's decorators carry no types)

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

F64 = NDArray[np.float64]
Ints = NDArray[np.intp]
Mask = NDArray[np.bool_]

ROUNDING_S = 1e-3
"""Taken off differences of times: more than sums are rounded by."""


class Potentials(NamedTuple):
    """Bounds of what places have before and behind them, shape (ends, places) each.

    ``time_s`` and ``energy_kwh`` are the least from a place to each end, each by itself, and
    ``priced_s`` the least of time + price · energy; ``behind_s`` is the least time to a place from
    where the way to each end begins. ``through``, shape (places,), marks the places at which one
    arrives where one leaves: ways by the others are no drives. A drive may take less than a
    difference of energies by ``allowance_kwh``.
    """

    time_s: F64
    energy_kwh: F64
    priced_s: F64
    behind_s: F64
    through: Mask
    allowance_kwh: float


@njit(cache=True, inline="always")
def _greater(known: float, other: float) -> float:
    """Greater of two, the first where the other is no number, for want of a road from either."""
    return other if other > known else known  # noqa: FURB136 -- max() of no number is no number


@njit(cache=True, nogil=True)
def least_between(known: Potentials, start: int, end: int) -> tuple[float, float, float]:
    """Bound drives between two places: seconds, kWh, and seconds with each kWh priced.

    Where nothing is said the time is 0, the others minus infinite; where no road leads the time is
    infinite.
    """
    time_s, energy_kwh, priced_s = 0.0, -np.inf, -np.inf
    for way in range(known.time_s.shape[0]):
        if known.through[end]:
            seconds = known.time_s[way, start] - known.time_s[way, end]
            time_s = _greater(time_s, seconds)
            kwh = known.energy_kwh[way, start] - known.energy_kwh[way, end]
            energy_kwh = _greater(energy_kwh, kwh)
            seconds = known.priced_s[way, start] - known.priced_s[way, end]
            priced_s = _greater(priced_s, seconds)
        if known.through[start]:
            seconds = known.behind_s[way, end] - known.behind_s[way, start]
            time_s = _greater(time_s, seconds)
    return (
        max(time_s - ROUNDING_S, 0.0),
        energy_kwh - known.allowance_kwh,
        priced_s - ROUNDING_S,
    )


@njit(cache=True, nogil=True)
def least_to_each(known: Potentials, start: int, targets: Ints, time_s: F64, kwh: F64) -> None:
    """Bound drives from a place to some: writes seconds and kWh, shape (targets,) each."""
    for number in range(targets.size):
        time_s[number], kwh[number], _ = least_between(known, start, targets[number])
