"""Legs that no road can beat: what any drive between two places takes at least, in time and energy.

The labels of a reference car tell the least of time + p · r over all roads at a few prices p (r is
its reduced energy), and the least r. So every road lies above the hull

    t >= L(0),   t >= L(p) - p · r   for each prepared p,   r >= R .

The hull is replaced by the corners of a staircase below it: for r(0) > r(1) > ... > r(m) = R, where
r(0) is where the quickest road may lie, a road with r(i+1) <= r < r(i) takes at least the time of
the hull at r(i) and the energy r(i+1), and a road with r >= r(0) no less than the first corner. The
very car takes at least a·r - l·t and what the heights explain (`planner.energy.share.sharp_share`),
of which t is bounded by a little more than the time of the corner; a last corner stands for roads
that are slower still. Whatever a trip makes of time and energy, it does no better on roads than on
these corners.
"""

from dataclasses import dataclass, field
from math import inf

import numpy as np
from numpy.typing import NDArray

from planner.energy.share import Share
from planner.legs.bounds import RoadBounds
from planner.legs.profiles import PRICES_S_PER_KWH, THRIFTIEST
from planner.legs.rows import Row

F64 = NDArray[np.float64]

STEPS = (0.15, 0.4, 0.7, 1.0)
"""Where the steps down from the quickest road end, of what lies between it and the road at the
second price."""

FURTHER = (0.2, 0.5, 1.0)
"""Where the steps further down to the least energy end."""

CORNERS = len(STEPS) + len(FURTHER) + 1
"""Corners of each pair of places."""

SLOWER = 1.25
"""How much slower than its corner a road is taken to be at most, before the last corner counts."""

SAME = 0.004
"""Share of its energy by which a step must save some, to be one of its own."""


@dataclass(eq=False)
class CornerLegs:
    """Corners between places as legs of kinds 0 to `CORNERS` - 1; serves as legs do in a search.

    ``capacity_kwh`` is what lies between the reserve and full.
    """

    bounds: RoadBounds
    sharp: Share
    capacity_kwh: float
    _rows: dict[int, tuple[Row, ...]] = field(default_factory=dict)

    @property
    def share(self) -> float:
        """Of the reference's energy, what is sure on all roads."""
        return self.bounds.legs.car.share

    def row(self, place: int, kind: int) -> Row:
        """One corner of each pair from a place to all; infinite where it is none of its own."""
        if place not in self._rows:
            self._rows[place] = self._made(place)
        return self._rows[place][kind]

    def _made(self, place: int) -> tuple[Row, ...]:
        fixed_s, fixed_kwh = self.bounds.fixed_from(place)
        least = self.bounds.least_from(place)
        time_s, reduced_kwh = corners(least)
        lost_kwh = self.sharp.lost_kw / 3600.0 * SLOWER * time_s
        drives = list(zip(time_s, self.sharp.of_energy * reduced_kwh - lost_kwh, strict=True))
        if self.sharp.lost_kw > 0.0:
            drives.append((SLOWER * least[0], self.share * least[THRIFTIEST]))
        full = np.full_like(fixed_s, self.capacity_kwh)
        nowhere = Row(np.full_like(full, inf), full, full, full)
        rows = []
        for seconds, taken_kwh in drives:
            with np.errstate(invalid="ignore"):
                net = np.where(np.isfinite(seconds), taken_kwh + fixed_kwh, 0.0)
            rows.append(Row(seconds + fixed_s, net, np.maximum(net, 0.0), full))
        return (*rows, *[nowhere] * (CORNERS - len(rows)))


def corners(least: list[F64]) -> tuple[F64, F64]:
    """Return times and reduced energies of the corners but the last, shape (corners, places) each.

    ``least`` is the least of time + price · energy at each of `PRICES_S_PER_KWH`, the last one the
    least energy.
    """
    finite, thrift = least[:THRIFTIEST], least[THRIFTIEST]
    with np.errstate(invalid="ignore"):
        quick = np.maximum(_crossing(finite, 0, thrift), thrift)
        middle = np.clip(_crossing(finite, 1, thrift), thrift, quick)
        steps = [quick + (middle - quick) * share for share in STEPS]
        steps += [middle + (thrift - middle) * share for share in FURTHER]
    time_s, reduced = np.full((2, len(steps), thrift.size), inf)
    above = quick
    for number, below in enumerate(steps):
        is_last = number == len(steps) - 1
        ends = np.isfinite(thrift) & (is_last | (above - below > SAME * quick))
        time_s[number, ends] = _hull_s(finite, above)[ends]
        reduced[number, ends] = below[ends]
        above = np.where(ends, below, above)
    return time_s, np.where(np.isfinite(reduced), reduced, 0.0)


def _crossing(finite: list[F64], number: int, thrift: F64) -> F64:
    """Reduced energy from which on the line of that price is the highest of the hull."""
    here = PRICES_S_PER_KWH[number]
    found = thrift
    for price, later in zip(PRICES_S_PER_KWH[number + 1 :], finite[number + 1 :], strict=False):
        found = np.maximum(found, (later - finite[number]) / (price - here))
    return found


def _hull_s(finite: list[F64], reduced_kwh: F64) -> F64:
    """Least time of a road of that reduced energy."""
    lines = [
        least - price * reduced_kwh
        for price, least in zip(PRICES_S_PER_KWH[:THRIFTIEST], finite, strict=True)
    ]
    return np.asarray(np.maximum.reduce(lines))
