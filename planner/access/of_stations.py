"""What lasting facts say of stations, gathered from their EVSEs: compiled, for a country has many.

The same for all trips of a wallet and a vehicle by the same snapshot, and kept for them.
"""
# mypy: disallow-untyped-decorators=False
# (numba's decorators carry no types)

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from planner.access.chargers import Chargers
from planner.access.ledger import CODES
from planner.access.memory import Memory, Same
from planner.access.status import FAULTY, GONE
from planner.model.station import STATUSES


@dataclass(frozen=True, slots=True, eq=False)
class Lasting:
    """What lasting facts say of each station to a wallet and a car, shape (stations,) each.

    ``reason`` is 0 if an EVSE may be used, else the one that was decided last; of an ``unseen``
    one OCPI lets this driver see nothing; ``power_kw`` is the most that the car draws at an EVSE
    that may be used, 0 where there is none.
    """

    reason: NDArray[np.int16]
    unseen: NDArray[np.bool_]
    power_kw: NDArray[np.float64]


def lasting_of(chargers: Chargers) -> Lasting:
    """Gather what lasts, or return it as gathered before."""
    columns = (chargers.snapshot.first, chargers.reason, chargers.power_kw)
    return _LASTING.recall(Same(*columns), lambda: Lasting(*_lasting(*columns, CODES["unseen"])))


def working_of(chargers: Chargers) -> NDArray[np.bool_]:
    """Mark stations of which an EVSE lasts and works as far as anybody told, shape (stations,)."""
    columns = (chargers.snapshot.first, chargers.snapshot.status, chargers.reason)
    return _WORKING.recall(Same(*columns), lambda: _working(*columns, _DOWN))


_LASTING: Memory[Lasting] = Memory(24)
_WORKING: Memory[NDArray[np.bool_]] = Memory(24)

_DOWN = np.array([word in FAULTY or word in GONE for word in STATUSES], np.bool_)
"""By number of the status: whether nobody may count on it."""


@njit(cache=True, nogil=True)
def _lasting(
    first: NDArray[np.int32],
    reason: NDArray[np.int16],
    power_kw: NDArray[np.float32],
    unseen: int,
) -> tuple[NDArray[np.int16], NDArray[np.bool_], NDArray[np.float64]]:
    """Gather `Lasting`; ``unseen`` is the code of that reason."""
    stations = first.size - 1
    last = np.zeros(stations, np.int16)
    hidden = np.ones(stations, np.bool_)
    most_kw = np.zeros(stations, np.float64)
    for station in range(stations):
        usable = False
        for e in range(first[station], first[station + 1]):
            told = reason[e]
            usable |= told == 0
            hidden[station] &= told == unseen
            last[station] = max(last[station], told)
            if told == 0:
                most_kw[station] = max(most_kw[station], power_kw[e])
        if usable:
            last[station] = 0
    return last, hidden, most_kw


@njit(cache=True, nogil=True)
def _working(
    first: NDArray[np.int32],
    status: NDArray[np.int8],
    reason: NDArray[np.int16],
    down: NDArray[np.bool_],
) -> NDArray[np.bool_]:
    found = np.zeros(first.size - 1, np.bool_)
    for station in range(found.size):
        for e in range(first[station], first[station + 1]):
            found[station] |= reason[e] == 0 and not down[status[e]]
    return found
