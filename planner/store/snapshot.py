"""What is known of all stations at one moment: immutable, columnar, named by its hash.

Stations stand in ``stations``; their EVSEs are numbered through: EVSE ``e`` of station ``s`` is
``stations[s].evses[e - first[s]]``. Columns are read-only NumPy arrays.
"""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from planner.model.closure import Closure
from planner.model.station import INDOORS, STATUSES, Evse, EvseFacts, Feed, Station, Status
from planner.ocpi.tariffs import Tariff
from planner.store.posts import numbers_of, posts_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """One dated row of the roaming table: this provider's tokens are accepted by that CPO.

    ``emsp`` and ``cpo`` are ``CC*PPP``; ``cpo`` may be ``*``; ``via`` is the hub party or empty;
    validity is in UTC epoch seconds, None for open; ``token_types`` empty means all;
    ``as_of`` is when the row was imported, ``source`` the file and line.
    """

    emsp: str
    cpo: str
    via: str
    valid_from: float | None
    valid_to: float | None
    token_types: tuple[str, ...]
    source: str
    as_of: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RetailPrice:
    """A driver's price, provider by CPO; amounts are decimal strings with VAT, units in names."""

    emsp: str
    cpo: str
    currency: str
    per_kwh: str
    per_min: str
    per_session: str
    idle_per_min: str
    power_min_kw: float | None
    power_max_kw: float | None
    valid_from: float | None
    valid_to: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientInfo:
    """What a hub says of a party (OCPI HubClientInfo): CONNECTED, OFFLINE, PLANNED, SUSPENDED."""

    hub: str
    party: str
    role: str
    status: str
    as_of: float


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenEvidence:
    """Something known of one token (by `Token.digest`) at one EVSE or one party.

    ``kind``: ``refused`` or ``succeeded`` (driver, session, CDR), ``authorized`` (real-time
    ALLOWED naming the EVSE), ``whitelisted`` (the CPO's copy of the token; ``value`` is
    ``WHITELIST/valid``), ``reserved`` (accepted command; ``until`` is the expiry).
    ``contract`` names the contract that the token stood for then (`contract_digest`); empty: nobody
    said.
    """

    token: str
    station_id: str
    evse_uid: str
    party: str
    kind: str
    value: str
    at: float
    until: float | None
    source: str
    contract: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DriverReport:
    """What a driver said at a stop: occupied, broken, closed, blocked or ok; vetoes for a while."""

    station_id: str
    evse_uid: str
    outcome: str
    at: float


WORKED_OUT = ("never_closes", "indoors", "names", "posts")
"""Columns of a snapshot that are made of its stations, all of them: once, and then handed on."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Snapshot:
    """All stations with their status, agreements, prices and evidence, at one change sequence."""

    hash: str
    sequence: int
    static_hash: str
    """Names all but statuses, reports and evidence: what a wallet's static verdicts depend on."""
    stations: tuple[Station, ...]
    first: NDArray[np.int32]
    """Shape (stations + 1,): number of the first EVSE of each station."""
    evse_station: NDArray[np.int32]
    """Shape (evses,): station of each EVSE."""
    lon: NDArray[np.float64]
    """Shape (stations,)."""
    lat: NDArray[np.float64]
    status: NDArray[np.int8]
    """Shape (evses,): index in `STATUSES`."""
    status_at: NDArray[np.float64]
    """Shape (evses,): UTC epoch seconds of the status, NaN if never told."""
    facts: tuple[EvseFacts, ...]
    """The distinct facts that access rules read."""
    facts_of: NDArray[np.int32]
    """Shape (evses,): index in ``facts``."""
    feeds: dict[str, Feed]
    tariffs: dict[tuple[str, str], Tariff]
    """By (``CC*PPP`` of the party, tariff id)."""
    agreements: tuple[Agreement, ...]
    agreements_hash: str
    prices: tuple[RetailPrice, ...]
    client_infos: tuple[ClientInfo, ...]
    token_evidence: tuple[TokenEvidence, ...]
    reports: tuple[DriverReport, ...]
    status_silence_s: NDArray[np.float64] | None = None
    """Shape (evses,): silence after which a status is no longer plausible there; None: default."""
    evidence_hash: str = ""
    """Names ``token_evidence``, by the installation's key."""
    closures: tuple[Closure, ...] = ()
    """Of roads, past and coming ones among them; plans name those in force, ``hash`` does not."""
    held: object = field(default=None, repr=False)
    """What the store needs to read the next snapshot from this one; for nobody else."""

    @cached_property
    def never_closes(self) -> NDArray[np.bool_]:
        """Shape (stations,): open around the clock, with no exceptional closing told."""
        hours = (station.hours for station in self.stations)
        told = (h is not None and h.twentyfourseven and not h.exceptional_closings for h in hours)
        return np.fromiter(told, np.bool_, len(self.stations))

    @cached_property
    def indoors(self) -> NDArray[np.bool_]:
        """Shape (stations,): said to stand in a garage, where a tall vehicle may not fit."""
        told = (station.parking_type in INDOORS for station in self.stations)
        return np.fromiter(told, np.bool_, len(self.stations))

    @cached_property
    def names(self) -> NDArray[np.uint32]:
        """Shape (stations,): a number of each station's id, by `planner.store.posts`."""
        return numbers_of(station.id for station in self.stations)

    @cached_property
    def posts(self) -> NDArray[np.uint32]:
        """Shape (evses,): a number of each EVSE's id, the same in all feeds."""
        return posts_of(self.stations)

    @cached_property
    def parties(self) -> tuple[str, ...]:
        """Who operates each station (``CC*PPP``), read from the facts of its first EVSE."""
        has_evse = self.first[:-1] < self.first[1:]
        of = np.array([told.party for told in self.facts], np.object_)
        named = np.empty(has_evse.size, np.object_)
        named[has_evse] = of[self.facts_of[self.first[:-1][has_evse]]]
        for bare in np.flatnonzero(~has_evse):
            named[bare] = self.stations[int(bare)].party
        return tuple(named.tolist())

    def evse(self, number: int) -> Evse:
        """Return the EVSE of that number."""
        station = int(self.evse_station[number])
        return self.stations[station].evses[number - int(self.first[station])]

    def status_word(self, number: int) -> Status:
        """Return the status of the EVSE of that number."""
        return STATUSES[int(self.status[number])]


__all__ = [
    "Agreement",
    "ClientInfo",
    "DriverReport",
    "RetailPrice",
    "Snapshot",
    "TokenEvidence",
]
