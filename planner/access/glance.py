"""Which stations surely let a stop pass, told by columns: most do, and asking each takes longer."""

from bisect import bisect_right

import numpy as np
from numpy.typing import NDArray

from planner.access.chargers import Chargers
from planner.access.memory import Memory, Same
from planner.access.moment import reports_by_station
from planner.access.status import FAULTY, GONE, SOON_S
from planner.model.station import STATUSES

F64 = NDArray[np.float64]
Mask = NDArray[np.bool_]


def surely_allowed(chargers: Chargers, arrival: F64, departure: F64) -> Mask:
    """Mark stations that let a stop pass for certain, each for a stay of its own.

    Shape (stations,), UTC epoch seconds. Where it is False, `Chargers.station_refusal_at` has to be
    asked; where it is True, that gives None: the station never closes, nobody reports it, neither
    policy nor fleet concern it, an EVSE of it lasts and works, the status is not asked for so long
    before, and nothing begins or ends between the moment of the columns and the stay. Then
    `Chargers.refusal_at` gives None for each of its EVSEs that lasts and works (`works`).
    """
    snapshot, points = chargers.snapshot, np.array(chargers.points)
    here = bisect_right(chargers.points, chargers.at)
    steady = np.searchsorted(points, arrival, side="right") == here
    steady &= np.searchsorted(points, departure, side="right") == here
    columns = (snapshot.status, chargers.reason, snapshot.evse_station)
    working = _WORKING.recall(Same(*columns), lambda: _working(len(snapshot.stations), *columns))
    found = working & snapshot.never_closes & steady & (arrival - chargers.now > SOON_S)
    found &= ~chargers.allowance.concerns
    reported = reports_by_station(snapshot)
    if reported:
        told = (station.id in reported for station in snapshot.stations)
        found &= ~np.fromiter(told, np.bool_, found.size)
    return np.asarray(found)


def works(chargers: Chargers, e: int) -> bool:
    """Say whether an EVSE lasts and works, as far as anybody has told."""
    status = chargers.snapshot.status_word(e)
    return int(chargers.reason[e]) == 0 and status not in FAULTY and status not in GONE


_WORKING: Memory[Mask] = Memory(24)


def _working(
    stations: int, status: NDArray[np.int8], reason: NDArray[np.int16], station: NDArray[np.int32]
) -> Mask:
    """Mark stations of which an EVSE lasts and works, shape (stations,)."""
    bad = np.zeros(len(STATUSES), np.bool_)
    bad[[STATUSES.index(word) for word in (*FAULTY, *GONE)]] = True
    found = np.zeros(stations, np.bool_)
    found[station[(reason == 0) & ~bad[status]]] = True
    found.setflags(write=False)
    return found
