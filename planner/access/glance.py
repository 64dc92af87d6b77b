"""Which stations surely let a stop pass, told by columns: most do, and asking each takes longer."""

from bisect import bisect_right

import numpy as np
from numpy.typing import NDArray

from planner.access.chargers import Chargers
from planner.access.moment import reports_by_station
from planner.access.status import FAULTY, GONE, SOON_S
from planner.model.station import STATUSES

F64 = NDArray[np.float64]


def surely_allowed(chargers: Chargers, arrival: F64, departure: F64) -> NDArray[np.bool_]:
    """Mark stations that let a stop pass for certain, each for a stay of its own.

    Shape (stations,), UTC epoch seconds. Where it is False, `Chargers.station_refusal_at` has to be
    asked; where it is True, that gives None: the station never closes, nobody reports it, an EVSE
    of it lasts and works, the status is not asked for so long before, and nothing begins or ends
    between the moment of the columns and the stay.
    """
    if chargers.allowance.asks:
        return np.zeros(arrival.size, np.bool_)
    snapshot, points = chargers.snapshot, np.array(chargers.points)
    here = bisect_right(chargers.points, chargers.at)
    steady = np.searchsorted(points, arrival, side="right") == here
    steady &= np.searchsorted(points, departure, side="right") == here
    bad = [STATUSES.index(status) for status in (*FAULTY, *GONE)]
    fit = (chargers.reason == 0) & ~np.isin(snapshot.status, bad)
    found = np.zeros(len(snapshot.stations), np.bool_)
    found[snapshot.evse_station[fit]] = True
    found &= snapshot.never_closes & steady & (arrival - chargers.now > SOON_S)
    reported = reports_by_station(snapshot)
    if reported:
        told = (station.id in reported for station in snapshot.stations)
        found &= ~np.fromiter(told, np.bool_, found.size)
    return found
