"""Fallbacks of a trip that asks for less: from each stop a drive leads on to another station.

A stop of the true trip is reached with the charge that takes it to a fallback, and that one to the
next. Here only as much is asked for as any such drive takes at least (`planner.legs.away`), to any
station of the wallet at another site, open or not, and wherever the way leads from there.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from planner.legs.away import LeastAway
from planner.legs.nearest import Nearest
from planner.search.trip import Trip


@dataclass(frozen=True, eq=False)
class Leaving:
    """What one must arrive with at the stations of a trip at least."""

    trip: Trip
    capacity_kwh: float

    @property
    def is_asked(self) -> bool:
        """Whether stops must have fallbacks at all."""
        return self.trip.mission.guarantee.fallbacks > 0

    def floor_kwh(self, stations: NDArray[np.intp]) -> float:
        """Least charge above the reserve with which a stop at one of these can be a stop."""
        return float(self._away.least_kwh(stations).min())

    @cached_property
    def _away(self) -> LeastAway:
        trip = self.trip
        legs = Nearest.of(trip.car, trip.places, trip.pool.chosen, self.capacity_kwh).legs
        drives = trip.mission.guarantee.fallbacks
        return LeastAway.of(legs, trip.pool.usable, trip.world.at_site_of, drives)
