"""What a feed tells the store: plain values that `Store.apply` writes in one transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from planner.errors import Fault
from planner.model.station import Station, Status
from planner.ocpi.tariffs import Tariff

Told = tuple[Status, float | None]
"""A status, and the UTC epoch seconds at which the EVSE was last updated (None: never told)."""


@dataclass(frozen=True, slots=True)
class Repair(Fault):
    """Something that was wrong and has been mended or left out: the object itself is kept."""


class StationStatuses(NamedTuple):
    """A station and what its feed says of its EVSEs, by EVSE uid."""

    station: Station
    statuses: Mapping[str, Told]


@dataclass(frozen=True, slots=True, kw_only=True)
class StationsUpdate:
    """Stations that are new or have changed.

    Attributes
    ----------
    feed : str
        Name of the feed; every station's ``feed`` must be the same.
    stations : sequence of (Station, {evse uid: (Status, epoch or None)})
    removed : sequence of str
        Ids of stations that are gone.
    full : bool
        This is the whole feed: stations that are not in it are gone.
    faults : sequence of Fault
        What was rejected, and what was mended (`Repair`). The part of ``place`` before the first
        ``/`` names the object: a later word on the same object replaces its faults.
    """

    feed: str
    stations: Sequence[tuple[Station, Mapping[str, Told]]]
    removed: Sequence[str] = ()
    full: bool = False
    faults: Sequence[Fault] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TariffsUpdate:
    """Tariffs that are new or have changed; ``removed`` holds (``CC*PPP``, tariff id) pairs."""

    feed: str
    tariffs: Sequence[Tariff]
    removed: Sequence[tuple[str, str]] = ()
    full: bool = False
    faults: Sequence[Fault] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusUpdate:
    """Statuses of some EVSEs of one station; older news than what is known is ignored."""

    feed: str
    station_id: str
    statuses: Mapping[str, Told]


Update = StationsUpdate | TariffsUpdate | StatusUpdate
