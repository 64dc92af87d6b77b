"""Legs that no road can beat: what any drive between two places takes at least, in time and energy.

The labels of a reference car tell the least of time + p · r over all roads at a few prices p (r is
its reduced energy), and the least r. So every road that takes the time t or less has

    r >= R(t) = max(R, (L(p) - t) / p for each prepared p > 0) ,

and none takes less than L(0). The very car takes no less time than the reference, and

    e(t) = max(a · R(t) - l · t, share · R(t))

of energy at least, besides what heights and approaches explain: a and l are of
`planner.energy.share.sharp_share`. e never rises with t. So for any times T(0) = L(0) < T(1) < ...
a road that takes T(i) or more and less than T(i+1) takes no less than T(i), and e(T(i+1)) of
energy: these are the corners, the last one with the least energy of all. Whatever a trip makes of
time and energy, it does no better on roads than on corners.
"""
# mypy: disallow-untyped-decorators=False
# (numba's decorators carry no types)

from dataclasses import dataclass
from functools import cached_property
from math import inf
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from planner.energy.share import Share
from planner.legs.bounds import RoadBounds, measured
from planner.legs.car import CarLegs
from planner.legs.profiles import PRICES_S_PER_KWH, THRIFTIEST

F64 = NDArray[np.float64]
I32 = NDArray[np.int32]
Ints = NDArray[np.intp]

STEP = 0.0005
"""Share of a drive's least time by which a step makes it slower at least, and by the worth of the
energy that it saves: about what the corners lie below all roads."""

GROWTH = 1.3
"""How much more each step may lose than the one before: roads much slower are seldom worth it."""

WORTH_S_PER_KWH = 60.0
"""What a step's energy is held to be worth for this; whatever it is, the corners are sound."""

MOST_CORNERS = 20
"""Of one pair of places."""

ROUNDING_KWH = 1e-7

_PRICED = np.array(PRICES_S_PER_KWH[1:THRIFTIEST])


class CornerRow(NamedTuple):
    """Corners from one place to others, the quickest of each pair first, shape (corners,) each."""

    target: I32
    time_s: F64
    net_kwh: F64


@dataclass(frozen=True, eq=False)
class CornerLegs:
    """Corners between the places of ``legs``.

    Left out are those that take more than its ``capacity_kwh``, between the reserve and full.
    """

    legs: CarLegs
    sharp: Share

    @cached_property
    def _bounds(self) -> RoadBounds:
        return RoadBounds(self.legs)

    def fixed_from(self, place: int) -> tuple[F64, F64]:
        """Seconds and kWh that any drive from one place to all others takes besides."""
        return self._bounds.fixed_from(place)

    def row(self, place: int, targets: Ints) -> CornerRow:
        """List the corners from a place to those places."""
        fixed_s, fixed_kwh = self.fixed_from(place)
        least = np.empty((len(PRICES_S_PER_KWH), targets.size))
        for kind in range(len(least)):
            least[kind] = measured(self.legs.least(place, kind, targets), kind)
        row = CornerRow(
            np.empty(MOST_CORNERS * targets.size, np.int32),
            np.empty(MOST_CORNERS * targets.size),
            np.empty(MOST_CORNERS * targets.size),
        )
        size = _corners(
            targets.astype(np.int32),
            least,
            _PRICED,
            self.sharp.of_energy,
            self.sharp.lost_kw / 3600.0,
            self.legs.car.share,
            fixed_s[targets],
            fixed_kwh[targets],
            self.legs.capacity_kwh,
            *row,
        )
        return CornerRow(row.target[:size], row.time_s[:size], row.net_kwh[:size])


@njit(cache=True, nogil=True)
def _energy(
    time_s: float, least: F64, prices: F64, share: float, lost: float, floor: float
) -> float:
    """Least reduced energy of the car on a road that takes so long or less."""
    most = least[-1]
    for number in range(prices.size):
        most = max(most, (least[number + 1] - time_s) / prices[number])
    return float(max(share * most - lost * time_s, floor * most))


@njit(cache=True, nogil=True)
def _time(kwh: float, least: F64, prices: F64, share: float, lost: float, floor: float) -> float:
    """Time from which on a road may take so little energy, infinite if none may."""
    if floor * least[-1] > kwh:
        return inf
    after = 0.0
    if share * least[-1] > kwh:
        if lost <= 0.0:
            return inf
        after = (share * least[-1] - kwh) / lost
    for number in range(prices.size):
        price, line = prices[number], least[number + 1]
        if share > 0.0 or lost > 0.0:
            after = max(after, (share * line / price - kwh) / (share / price + lost))
        if floor > 0.0:
            after = max(after, line - kwh * price / floor)
    return after


@njit(cache=True, nogil=True)
def _corners(
    targets: I32,
    least: F64,
    prices: F64,
    share: float,
    lost: float,
    floor: float,
    fixed_s: F64,
    fixed_kwh: F64,
    capacity_kwh: float,
    target: I32,
    time_s: F64,
    net_kwh: F64,
) -> int:
    """Write the corners to each target; how many there are.

    ``least`` has shape (kinds, targets); ``lost`` is in kWh a second.
    """
    size = 0
    column = np.empty(least.shape[0])
    for number in range(targets.size):
        if not np.isfinite(least[0, number]) or not np.isfinite(least[-1, number]):
            continue
        column[:] = least[:, number]
        begun = column[0]
        bottom = floor * column[-1]
        if lost <= 0.0:
            bottom = max(bottom, share * column[-1])
        here, loss = begun, STEP * begun
        kwh = _energy(here, column, prices, share, lost, floor)
        for left in range(MOST_CORNERS, 0, -1):
            after, saved = inf, bottom
            if left > 1:
                wanted = kwh - loss / WORTH_S_PER_KWH
                if wanted > bottom:
                    after = _time(wanted, column, prices, share, lost, floor)
                    after = max(after, here + loss)
            if after < inf:
                saved = _energy(after, column, prices, share, lost, floor)
            net = saved + fixed_kwh[number] - ROUNDING_KWH
            if net <= capacity_kwh:
                target[size] = targets[number]
                time_s[size] = here + fixed_s[number]
                net_kwh[size] = net
                size += 1
            if after == inf:
                break
            here, kwh = after, saved
            loss *= GROWTH
    return size
