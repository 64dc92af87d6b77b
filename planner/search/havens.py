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
from planner.legs.nearest import Around, Chosen, Counts, First, Nearest
from planner.search.corridor import rank_in_runs
from planner.world import Sites, World

F64 = NDArray[np.float64]
Ints = NDArray[np.intp]

LEAST_POWER_KW = 1.0

SPARES_PER_NODE = 4
"""Stations at one road node that are kept as fallbacks, the quickest first."""


@dataclass(frozen=True, eq=False)
class Pool:
    """The stations that lasting facts allow to a wallet and a car.

    ``power_kw`` of all stations of the snapshot, 0 where nothing may be used; ``usable`` are those
    by a road that give any power, ``chosen`` the few best at each road node.
    """

    power_kw: F64
    usable: Ints
    chosen: Chosen


def pool_of(world: World, chargers: Chargers) -> Pool:
    """Gather the stations, or return them as gathered before."""
    return _POOLS.recall(Same(world.sites, chargers.reason), lambda: _gather(world, chargers))


_POOLS: Memory[Pool] = Memory(24)


def _gather(world: World, chargers: Chargers) -> Pool:
    snapshot, sites = world.snapshot, world.sites
    power = np.where(chargers.reason == 0, chargers.power_kw, 0.0).astype(np.float64)
    best = np.zeros(len(snapshot.stations))
    np.maximum.at(best, snapshot.evse_station, power)
    best.setflags(write=False)
    usable = np.flatnonzero((best >= LEAST_POWER_KW) & (sites.node >= 0))
    kept = quickest_of_nodes(sites, best, usable)
    chosen = Chosen.of(kept, np.asarray(world.station_tree.data))
    return Pool(best, usable, chosen)


def quickest_of_nodes(sites: Sites, power_kw: F64, stations: Ints) -> Ints:
    """Keep the few best stations at each road node: the most powerful, then the nearest."""
    node, distance_m = sites.node, sites.distance_m
    order = np.lexsort((distance_m[stations], -power_kw[stations], node[stations]))
    ordered = stations[order]
    return np.sort(ordered[rank_in_runs(node[ordered]) < SPARES_PER_NODE])


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

        def here(stations: Ints) -> NDArray[np.bool_]:
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
