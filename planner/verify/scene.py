"""What a plan is held against: the world's facts, and access judged anew for its mission."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol
from weakref import WeakKeyDictionary

import numpy as np

from planner.access.chargers import Chargers, accessible
from planner.errors import InputError
from planner.model.fleet import PowerShare
from planner.model.geo import LonLat
from planner.model.mission import Mission
from planner.model.plan import ChargingStop, WorldNames
from planner.model.station import Connector, Evse, Station
from planner.roads.graph import RoadGraph
from planner.roads.snap import Snap, Snapper
from planner.store.snapshot import Snapshot


class Known(Protocol):
    """What is asked of a world: a region, a snapshot, the way from points to nodes, its names."""

    @property
    def region(self) -> RoadGraph:
        """The road graph."""

    @property
    def snapshot(self) -> Snapshot:
        """All stations."""

    @property
    def snapper(self) -> Snapper:
        """From points to road nodes."""

    @property
    def names(self) -> WorldNames:
        """Hashes and times."""

    def during(
        self,
        departure: float,
        avoid: tuple[str, ...] = (),
        shares: tuple[PowerShare, ...] = (),
    ) -> "Known":
        """Return the world with the closures in force for a trip of that departure.

        No leg uses roads to ``avoid`` there either, and depots give no more than ``shares``.
        """


@dataclass(frozen=True, slots=True)
class Post:
    """The EVSE of a stop as the snapshot has it: its number, its station, the connector named."""

    number: int
    station: Station
    evse: Evse
    connector: Connector | None


@dataclass(frozen=True, eq=False)
class Scene:
    """One mission in one world; look-ups are remembered while a plan is checked."""

    world: Known
    mission: Mission
    made_from: WorldNames

    @property
    def region(self) -> RoadGraph:
        """The road graph."""
        return self.world.region

    @property
    def snapshot(self) -> Snapshot:
        """All stations."""
        return self.world.snapshot

    @property
    def is_same_moment(self) -> bool:
        """Whether the stations are known as they were when the answer was made."""
        return self.made_from.feeds == self.world.names.feeds

    @cached_property
    def chargers(self) -> Chargers:
        """What the wallet opens for the vehicle, judged for the departure."""
        return accessible(
            self.snapshot,
            self.mission.wallet,
            self.mission.vehicle,
            min_grade=self.mission.guarantee.min_grade,
            now=self.mission.now,
            at=self.mission.departure,
            policy=self.mission.policy,
            taken=self.mission.taken,
        )

    @cached_property
    def station_numbers(self) -> dict[str, int]:
        """Number of each station by its id."""
        known = _NUMBERS.get(self.snapshot)
        if known is None:
            known = {station.id: n for n, station in enumerate(self.snapshot.stations)}
            _NUMBERS[self.snapshot] = known
        return known

    def station(self, station_id: str) -> Station | None:
        """Return the station of that id, None if there is none any more."""
        number = self.station_numbers.get(station_id)
        return None if number is None else self.snapshot.stations[number]

    def post(self, stop: ChargingStop) -> Post | None:
        """Return the EVSE that a stop names by station and uid, None if there is none."""
        station_number = self.station_numbers.get(stop.station_id)
        if station_number is None:
            return None
        station = self.snapshot.stations[station_number]
        for place, evse in enumerate(station.evses):
            if evse.uid == stop.evse_uid:
                named = (c for c in evse.connectors if c.id == stop.connector_id)
                number = int(self.snapshot.first[station_number]) + place
                return Post(number, station, evse, next(named, None))
        return None

    @cached_property
    def _snaps(self) -> dict[LonLat, Snap | None]:
        return {}

    def snap(self, place: LonLat) -> Snap | None:
        """Return the road node of a place, None if it is off the network."""
        if place not in self._snaps:
            try:
                self._snaps[place] = self.world.snapper.snap(place)
            except InputError:
                self._snaps[place] = None
        return self._snaps[place]

    def snap_all(self, places: Iterable[LonLat]) -> None:
        """Find the nodes of places together, which takes less than one by one.

        What may be no place, or is near no road, is left to `snap`.
        """
        new = [place for place in dict.fromkeys(places) if _is_on_the_globe(place)]
        lon, lat = [place.lon for place in new], [place.lat for place in new]
        node, distance_m = self.world.snapper.snap_many(lon, lat, within_m=np.inf)
        for place, near, off_m in zip(new, node.tolist(), distance_m.tolist(), strict=True):
            if near >= 0 and off_m <= self.region.max_snap_m:
                self._snaps[place] = Snap(near, off_m)


def _is_on_the_globe(place: LonLat) -> bool:
    return abs(place.lon) <= 180.0 and abs(place.lat) <= 90.0  # noqa: PLR2004 -- degrees


_NUMBERS: WeakKeyDictionary[Snapshot, dict[str, int]] = WeakKeyDictionary()
"""Kept as long as the snapshot is: a country has 65,000 stations, and a plan names few."""


def agree(claimed: float, derived: float, within: float) -> bool:
    """Say whether two figures are the same within a tolerance; what is not a number never is."""
    return abs(claimed - derived) <= within


SOC = 1e-6
"""Tolerance of states of charge."""

SECONDS = 1e-2
"""Tolerance of times, seconds: epoch seconds as floats keep 2e-7 s, sums lose more."""

METRES = 0.1
"""Tolerance of distances, metres: edges are stored in single precision."""

KWH = 1e-4
"""Tolerance of sums of energy, kWh."""
