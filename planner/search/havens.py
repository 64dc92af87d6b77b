"""Where else one may charge near a station: fallbacks in the order of the charge they take.

Which stations count is the same for all trips of a wallet and a car by the same snapshot; so is
what is near to each of them (`planner.legs.nearest`). A trip looks at those that lie near its way.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from planner.access.chargers import Chargers
from planner.access.memory import Memory, Same
from planner.access.of_stations import lasting_of
from planner.legs.nearest import Around, Chosen, Counts, First, Nearest
from planner.search.core.compiled import compiled
from planner.world import Sites, World

F64 = NDArray[np.float64]
Ints = NDArray[np.intp]
Mask = NDArray[np.bool_]

LEAST_POWER_KW = 1.0

SPARES_PER_NODE = 4
"""Stations at one road node that are kept as fallbacks, the quickest first."""


@dataclass(frozen=True, eq=False)
class Pool:
    """The stations that lasting facts allow to a wallet and a car.

    ``power_kw`` of all stations of the snapshot, 0 where nothing may be used; ``usable`` are those
    that may be, ``chosen`` the few best of these at each road node.
    """

    power_kw: F64
    usable: Ints
    chosen: Chosen


def pool_of(world: World, chargers: Chargers) -> Pool:
    """Gather the stations, or return them as gathered before."""
    return _POOLS.recall(Same(world.sites, chargers.reason), lambda: _gather(world, chargers))


_POOLS: Memory[Pool] = Memory(24)


def _gather(world: World, chargers: Chargers) -> Pool:
    power_kw = lasting_of(chargers).power_kw
    power_kw.setflags(write=False)
    kept = quickest_of_nodes(world.sites, power_kw)
    chosen = Chosen.of(kept, world.station_points.points_m)
    return Pool(power_kw, usable_of(world.sites, power_kw), chosen)


def usable_of(sites: Sites, power_kw: F64) -> Ints:
    """List the stations that roads lead to and that give power enough."""
    return np.flatnonzero((power_kw >= LEAST_POWER_KW) & (sites.node >= 0))


def quickest_of_nodes(sites: Sites, power_kw: F64) -> Ints:
    """Keep the few best usable stations at each node: the most powerful, then the nearest."""
    return np.flatnonzero(_quickest(sites.by_node, sites.node, power_kw))


@compiled
def _quickest(by_node: Ints, node: NDArray[np.int32], power_kw: F64) -> Mask:
    """Mark the best of each node, shape (stations,); of equals the first in ``by_node``."""
    kept = np.zeros(power_kw.size, np.bool_)
    best = np.empty(SPARES_PER_NODE, np.intp)
    count, here = 0, -1
    for station in by_node:
        if power_kw[station] < LEAST_POWER_KW:
            continue
        if node[station] != here:
            count, here = 0, node[station]
        place = count
        while place > 0 and power_kw[best[place - 1]] < power_kw[station]:
            place -= 1
        if place == SPARES_PER_NODE:
            continue
        if count == SPARES_PER_NODE:
            count -= 1
            kept[best[count]] = False
        for later in range(count, place, -1):
            best[later] = best[later - 1]
        best[place] = station
        kept[station] = True
        count += 1
    return kept


@dataclass(frozen=True, eq=False)
class Havens:
    """What is near to each place of a stage, by the stage's numbers of places and kinds of legs."""

    nearest: Nearest
    kinds: tuple[int, ...]
    station_of: Ints

    def around(self, place: int) -> Around:
        """List the stage's stations near a place, those that need least charge first."""
        return self._here(self.nearest.around(int(self.station_of[place]), self.kinds))

    def first_around(self, place: int) -> First:
        """List the first few of `around`, which is less work."""
        found = self.nearest.first_around(int(self.station_of[place]), self.kinds)
        return First(self._here(found.around), found.complete_kwh)

    def least_needed(self, place: int, own: Ints, counts: Counts) -> float:
        """Least charge to drive to a place of the stage that counts; infinite: there is none.

        None of ``own``, at the same site, counts whoever asks.
        """

        def here(stations: Ints) -> Mask:
            places = self._place_at[stations]
            return np.asarray((places >= 0) & counts(places))

        station_of = self.station_of
        asked = self.nearest.least_needed(int(station_of[place]), self.kinds, station_of[own], here)
        return asked[0]

    @cached_property
    def _place_at(self) -> Ints:
        """Place of each station of the snapshot in the stage, -1: none."""
        places = np.full(len(self.nearest.chosen.points), -1, np.intp)
        places[self.station_of] = np.arange(self.station_of.size)
        return places

    def _here(self, found: Around) -> Around:
        count = self.station_of.size
        place_of = np.minimum(np.searchsorted(self.station_of, found.place), count - 1)
        here = self.station_of[place_of] == found.place
        part = found.part(here)
        return Around(
            place_of[here], part.kind, part.needs_kwh, part.net_kwh, part.cap_kwh, part.drive_s
        )
