"""Where a trip may run: how far each station lies off the direct way."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from planner.energy.share import Share
from planner.legs.bounds import RoadBounds

F64 = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Sweep:
    """What any way takes at least between places and the ends of one leg of the trip.

    Shape (places,) each: ``after_s`` from its start, ``before_s``, ``energy_kwh`` and ``priced_s``
    to its end, approaches at both places among them; infinite where no road leads. ``direct_s``
    is that from start to end, ``direct_kwh`` and ``direct_priced_s`` likewise.
    """

    after_s: F64
    before_s: F64
    energy_kwh: F64
    priced_s: F64
    direct_s: float
    direct_kwh: float
    direct_priced_s: float

    def detour_s(self, places: NDArray[np.intp] | slice = slice(None)) -> F64:
        """Extra driving time of going by some places; infinite where there is no way at all."""
        after_s = self.after_s[places]
        if not np.isfinite(self.direct_s):
            return np.full_like(after_s, np.inf)
        return after_s + self.before_s[places] - self.direct_s


def sweep_trip(
    bounds: RoadBounds, waypoints: list[int], price_s_per_kwh: float, sharp: Share
) -> list[Sweep]:
    """Sweep the roads for each pair of consecutive waypoints, which are told by their place.

    ``sharp`` is what of the energy of its reference is sure for the car.
    """
    found = []
    for start, end in pairwise(waypoints):
        ahead = bounds.to(end, price_s_per_kwh, sharp)
        found.append(
            Sweep(
                after_s=bounds.time_from(start),
                before_s=ahead.time_s,
                energy_kwh=ahead.energy_kwh,
                priced_s=ahead.priced_s,
                direct_s=float(ahead.time_s[start]),
                direct_kwh=float(ahead.energy_kwh[start]),
                direct_priced_s=float(ahead.priced_s[start]),
            )
        )
    return found


def least_detour_s(sweeps: list[Sweep]) -> F64:
    """Extra driving time by each place on the leg of the trip where it is least."""
    with np.errstate(invalid="ignore"):
        least: F64 = np.minimum.reduce([sweep.detour_s() for sweep in sweeps])
    return least


def width_s(sweeps: list[Sweep]) -> float:
    """Extra driving time up to which places are near the trip."""
    return 1800.0 + 0.2 * sum(sweep.direct_s for sweep in sweeps)


def choose_first(
    sweeps: list[Sweep],
    stations: NDArray[np.intp],
    node: NDArray[np.int32],
    power_kw: F64,
    battery_kwh: float,
    per_bin: int,
) -> NDArray[np.intp]:
    """Choose the stations that are looked at first: the quickest ones of each stretch.

    A station's cost is its detour and the time in which it charges half a battery; of each quarter
    of an hour of the way the best ``per_bin`` stay, one for each road node. ``node`` and
    ``power_kw`` are of each of ``stations``; returned are positions in these.
    """
    detours = np.stack([sweep.detour_s(stations) for sweep in sweeps])
    stage = np.argmin(detours, axis=0)
    detour = detours[stage, np.arange(node.size)]
    progress = np.stack([sweep.after_s[stations] for sweep in sweeps])[stage, np.arange(node.size)]
    cost = detour + 0.5 * battery_kwh / np.maximum(power_kw, 1.0) * 3600.0
    stretch = stage * 10_000 + np.floor(np.minimum(progress, 9e6) / 900.0).astype(np.int64)
    at_node = np.lexsort((np.arange(node.size), cost, node, stretch))
    best = at_node[rank_in_runs(stretch[at_node], node[at_node]) == 0]
    order = best[np.lexsort((best, cost[best], stretch[best]))]
    return np.sort(order[rank_in_runs(stretch[order]) < per_bin])


def rank_in_runs(*columns: NDArray[np.generic]) -> NDArray[np.intp]:
    """Count each row within its run of rows that are the same in all columns, from 0 on."""
    size = columns[0].size
    differs = np.zeros(size, np.bool_)
    differs[:1] = True
    for column in columns:
        differs[1:] |= column[1:] != column[:-1]
    begins = np.flatnonzero(differs)
    return np.asarray(np.arange(size) - np.repeat(begins, np.diff(np.append(begins, size))))
