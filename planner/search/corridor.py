"""Where a trip may run: how far each road node and each station lies off the direct way."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from planner.legs.metric import Metric
from planner.legs.rows import price_to, time_from

F64 = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Sweeps:
    """Least costs between the nodes and the ends of one leg of the trip, shape (nodes,) each.

    ``after_s`` from its start, ``before_s`` to its end, ``reduced_kwh`` and ``priced_s`` to its
    end; ``direct_s`` from start to end.
    """

    after_s: F64
    before_s: F64
    reduced_kwh: F64
    priced_s: F64
    direct_s: float

    @property
    def detour_s(self) -> F64:
        """Extra driving time of going by each node."""
        return self.after_s + self.before_s - self.direct_s


def sweep_trip(metric: Metric, nodes: list[int], price_s_per_kwh: float) -> list[Sweeps]:
    """Sweep the roads for each pair of consecutive waypoints."""
    found = []
    for start, end in pairwise(nodes):
        after = time_from(metric, start)
        found.append(
            Sweeps(
                after_s=after,
                before_s=price_to(metric, end, 0.0),
                reduced_kwh=price_to(metric, end, None),
                priced_s=price_to(metric, end, price_s_per_kwh),
                direct_s=float(after[end]),
            )
        )
    return found


def least_detour_s(sweeps: list[Sweeps]) -> F64:
    """Extra driving time by each node on the leg of the trip where it is least."""
    least: F64 = np.minimum.reduce([sweep.detour_s for sweep in sweeps])
    return least


def choose_first(
    sweeps: list[Sweeps], node: NDArray[np.int32], power_kw: F64, battery_kwh: float, per_bin: int
) -> NDArray[np.intp]:
    """Choose the stations that are looked at first: the quickest ones of each stretch.

    A station's cost is its detour and the time in which it charges half a battery; of each quarter
    of an hour of the way the best ``per_bin`` stay, one for each road node. Returns their places.
    """
    detours = np.stack([sweep.detour_s[node] for sweep in sweeps])
    stage = np.argmin(detours, axis=0)
    detour = detours[stage, np.arange(node.size)]
    progress = np.stack([sweep.after_s[node] for sweep in sweeps])[stage, np.arange(node.size)]
    cost = detour + 0.5 * battery_kwh / np.maximum(power_kw, 1.0) * 3600.0
    stretch = stage * 10_000 + np.floor(np.minimum(progress, 9e6) / 900.0).astype(np.int64)
    order = np.lexsort((np.arange(node.size), cost, stretch))
    chosen: list[int] = []
    taken: dict[int, set[int]] = {}
    for place in order:
        nodes = taken.setdefault(int(stretch[place]), set())
        if len(nodes) < per_bin and int(node[place]) not in nodes:
            nodes.add(int(node[place]))
            chosen.append(int(place))
    return np.array(sorted(chosen), np.intp)
