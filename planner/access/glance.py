"""Which stations surely let a stop pass, told by columns: most do, and asking each takes longer."""

from bisect import bisect_right

import numpy as np
from numpy.typing import NDArray

from planner.access.chargers import Chargers
from planner.access.moment import reports_by_station
from planner.access.of_stations import working_of
from planner.access.status import FAULTY, GONE, SOON_S

F64 = NDArray[np.float64]
Mask = NDArray[np.bool_]


def surely_allowed(
    chargers: Chargers, stations: NDArray[np.intp], arrival: F64, departure: F64
) -> Mask:
    """Mark those of some stations that let a stop pass for certain, each for a stay of its own.

    Shape (stations,) each, UTC epoch seconds. Where it is False, `Chargers.station_refusal_at` has
    to be asked; where it is True, that gives None: the station never closes, nobody reports it,
    neither policy nor fleet concern it, an EVSE of it lasts and works, the status is not asked for
    so long before, and nothing begins or ends between the moment of the columns and the stay. Then
    `Chargers.refusal_at` gives None for each of its EVSEs that lasts and works (`works`).
    """
    snapshot = chargers.snapshot
    found = (working_of(chargers) & snapshot.never_closes)[stations]
    found &= arrival - chargers.now > SOON_S
    found &= _steady(chargers, arrival) & _steady(chargers, departure)
    if chargers.allowance.concerns_any:
        found &= ~chargers.allowance.concerns[stations]
    reported = reports_by_station(snapshot)
    if reported:
        told = (snapshot.stations[station].id in reported for station in stations.tolist())
        found &= ~np.fromiter(told, np.bool_, found.size)
    return np.asarray(found)


def _steady(chargers: Chargers, moments: F64) -> Mask:
    """Mark moments up to which nothing begins or ends since that of the columns, shape alike."""
    points = chargers.points
    here = bisect_right(points, chargers.at)
    found = np.ones(moments.size, np.bool_)
    if here > 0:
        found &= moments >= points[here - 1]
    if here < len(points):
        found &= moments < points[here]
    return found


def works(chargers: Chargers, e: int) -> bool:
    """Say whether an EVSE lasts and works, as far as anybody has told."""
    status = chargers.snapshot.status_word(e)
    return int(chargers.reason[e]) == 0 and status not in FAULTY and status not in GONE
