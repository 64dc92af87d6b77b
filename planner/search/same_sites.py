"""Which places of a trip are at one site, so that they may fail together."""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from planner.world import World


@dataclass(frozen=True, eq=False)
class SameSites:
    """Places at one site; ``station_of`` gives the snapshot's station of each."""

    world: World
    station_of: NDArray[np.intp]
    known: dict[int, NDArray[np.intp]] = field(default_factory=dict)

    def near(self, place: int) -> NDArray[np.intp]:
        """Return the places within walking distance of a place, itself included."""
        found = self.known.get(place)
        if found is None:
            places = self._place_of[self.world.stations_near(int(self.station_of[place]))]
            found = self.known[place] = places[places >= 0]
        return found

    @cached_property
    def _place_of(self) -> NDArray[np.intp]:
        """Place of each station of the snapshot, -1: none."""
        places = np.full(len(self.world.snapshot.stations), -1, np.intp)
        places[self.station_of] = np.arange(self.station_of.size)
        return places
