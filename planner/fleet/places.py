"""Where a charge was: the station and EVSE of a snapshot that a record means."""

from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from planner.errors import DataError
from planner.feeds.places import time_zone
from planner.model.geo import LonLat
from planner.model.station import Connector, Evse, Station
from planner.ocpi.charge import Charge
from planner.ocpi.ids import normalise_evse_id
from planner.store.snapshot import Snapshot

UTC = "UTC"


class Spot(NamedTuple):
    """An EVSE of a snapshot; ``number`` is its number there, -1 where only the station is known."""

    station: Station
    evse: Evse | None
    number: int = -1

    @property
    def connector(self) -> Connector | None:
        """The strongest connector: what the charge can have used at most."""
        connectors = () if self.evse is None else self.evse.connectors
        return max(connectors, key=lambda connector: connector.power_kw, default=None)


class Places:
    """Finds the places of charges in a snapshot."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self._stations = {s.id.casefold(): n for n, s in enumerate(snapshot.stations)}
        self._evses: dict[str, tuple[int, int]] = {}
        for number, station in enumerate(snapshot.stations):
            for place, evse in enumerate(station.evses):
                if evse.evse_id:
                    self._evses.setdefault(normalise_evse_id(evse.evse_id), (number, place))

    def spot(self, charge: Charge) -> Spot | None:
        """Find where a charge was, None where the snapshot does not know the place."""
        number = self._stations.get(charge.station_id.casefold()) if charge.location_id else None
        if number is None and charge.evse_id:
            found = self._evses.get(normalise_evse_id(charge.evse_id))
            return None if found is None else self._spot(*found)
        if number is None:
            return None
        for place, evse in enumerate(self.snapshot.stations[number].evses):
            if _is(evse, charge):
                return self._spot(number, place)
        return Spot(self.snapshot.stations[number], None)

    def _spot(self, number: int, place: int) -> Spot:
        station = self.snapshot.stations[number]
        return Spot(station, station.evses[place], int(self.snapshot.first[number]) + place)

    def location(self, charge: Charge, spot: Spot | None) -> LonLat | None:
        """Give where a charge was: as the snapshot knows it, else as the record says."""
        return spot.station.location if spot is not None else charge.location

    def zone(self, charge: Charge, spot: Spot | None) -> str:
        """Name the time zone of a charge's place, UTC where the place is not known."""
        if spot is not None and spot.station.time_zone:
            return spot.station.time_zone
        return UTC if charge.location is None else zone_at(charge.location)

    def evses_near(self, numbers: Iterator[int]) -> Iterator[Spot]:
        """Give all EVSEs of some stations."""
        for number in numbers:
            for place in range(len(self.snapshot.stations[number].evses)):
                yield self._spot(number, place)


@lru_cache(maxsize=65_536)
def zone_at(place: LonLat) -> str:
    """Name the time zone of a point, UTC where there is none."""
    try:
        return time_zone("", place) or UTC
    except DataError:
        return UTC


def _is(evse: Evse, charge: Charge) -> bool:
    if charge.evse_uid and evse.uid.casefold() == charge.evse_uid.casefold():
        return True
    ids = (evse.evse_id, charge.evse_id)
    return all(ids) and normalise_evse_id(ids[0] or "") == normalise_evse_id(ids[1] or "")
