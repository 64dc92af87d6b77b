"""Which of some places takes least charge to reach: the few that may are driven to, no others."""
# mypy: disallow-untyped-decorators=False
# (numba's decorators carry no types)

import numpy as np
from numba import njit
from numpy.typing import NDArray

from planner.energy.edge import CarTerms
from planner.legs.exact import NET, PREFIX, RUN, SUFFIX, WIDTH, Arcs, EdgeArrays
from planner.legs.labels import FAR, Entries, ancestors
from planner.legs.meeting import Pages, drive_to, join, spread_out

F64 = NDArray[np.float64]
I32 = NDArray[np.int32]
I64 = NDArray[np.int64]


@njit(cache=True, nogil=True)
def least_weights(
    rank: int, parent: I32, source: Entries, there: Pages, targets: I64, kwh: float, least_kwh: F64
) -> None:
    """Add to ``least_kwh`` the least weight from a label to each place, a unit being ``kwh``."""
    chain = ancestors(rank, parent)
    weight_at, entry_at = spread_out(chain, source)
    for number in range(targets.size):
        weight, _, _ = join(chain, weight_at, entry_at, there, targets[number])
        least_kwh[number] = np.inf if weight >= FAR else least_kwh[number] + kwh * weight


@njit(cache=True, nogil=True)
def least_needed(
    rank: int,
    parent: I32,
    source: Entries,
    there: Pages,
    targets: I64,
    least_kwh: F64,
    ahead: F64,
    done: NDArray[np.bool_],
    arcs: Arcs,
    edges: EdgeArrays,
    car: CarTerms,
    keys: I32,
    values: F64,
    count: I64,
    place: int,
    approach_kwh: F64,
    capacity_kwh: float,
    best_kwh: float,
    best: int,
) -> tuple[bool, float, int]:
    """Find the target that takes least charge to drive to, if it is less than ``best_kwh``.

    Drives to targets in the order of ``least_kwh``, bounds of what they take, each made infinite
    once it is driven to. Returns whether all are done (else the table is full), the charge, and
    the number of the target.
    """
    chain = ancestors(rank, parent)
    weight_at, entry_at = spread_out(chain, source)
    drive = np.empty(WIDTH)
    while targets.size > 0:
        number = int(np.argmin(least_kwh))
        if least_kwh[number] >= min(best_kwh, capacity_kwh):
            break
        target = targets[number]
        _, near, at = join(chain, weight_at, entry_at, there, target)
        if near >= 0:
            if not drive_to(
                near, at, target, source, there, ahead, done,
                arcs, edges, car, keys, values, count, drive,
            ):  # fmt: skip
                return False, best_kwh, best
            out_kwh, onto_kwh = approach_kwh[place], approach_kwh[target]
            net = out_kwh + drive[NET] + onto_kwh
            needs = max(out_kwh + drive[PREFIX], net, 0.0)
            fits = max(drive[RUN], needs, drive[SUFFIX] + onto_kwh) <= capacity_kwh
            if fits and needs < best_kwh:
                best_kwh, best = needs, number
        least_kwh[number] = np.inf
    return True, best_kwh, best
