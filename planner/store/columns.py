"""Stations as columns: numbered by station id, with the distinct facts that access rules read."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from planner.model.station import Evse, EvseFacts, Feed, Station
from planner.ocpi.tariffs import Tariff
from planner.store.bodies import digest
from planner.store.pricing import AD_HOC, TariffRow, resolve_tariffs


@dataclass(frozen=True, slots=True)
class Row:
    """A station as its feed told it, and the name of its contents."""

    station: Station
    digest: bytes


FactsIndex = dict[tuple[object, ...], int]
"""Number of each distinct value of the facts."""

Told = Sequence[tuple[str, int, float | None, float]]
"""(uid, code, epoch, plausible silence in seconds) of each EVSE of a station that is not hidden."""

Statuses = Mapping[int, Told]
"""By row of the station."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """The columnar part of a snapshot; see there. Never changed in place.

    Attributes
    ----------
    keys : tuple of int
        Row of each station.
    numbers : dict of int to int
        Number of a station, by its row.
    names : tuple of bytes
        What names the contents of each station, and which of its EVSEs are seen.
    index : FactsIndex
        Number of each distinct value of the facts; ``facts`` in that order.
    mentions : dict of str to frozenset of int
        Rows of the stations whose connectors mean a tariff id.
    """

    stations: tuple[Station, ...]
    first: NDArray[np.int32]
    evse_station: NDArray[np.int32]
    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    status: NDArray[np.int8]
    status_at: NDArray[np.float64]
    silence_s: NDArray[np.float64]
    facts: tuple[EvseFacts, ...]
    facts_of: NDArray[np.int32]
    tariffs: dict[tuple[str, str], Tariff]
    keys: tuple[int, ...]
    numbers: dict[int, int]
    names: tuple[bytes, ...]
    index: FactsIndex
    mentions: dict[str, frozenset[int]]

    @property
    def digest(self) -> bytes:
        """Name all stations and which of their EVSEs are seen."""
        return digest(b"".join(self.names))


@dataclass(frozen=True, slots=True)
class Entry:
    """A station as readers see it."""

    station: Station
    name: bytes
    codes: tuple[int, ...]
    times: tuple[float, ...]
    silences_s: tuple[float, ...]


def make_entry(row: Row, told: Told, before: Station | None) -> Entry | None:
    """Show of a station the EVSEs that are not hidden; None where there is none.

    The station keeps its object from ``before`` where it is the same.
    """
    by_uid = {uid: (code, at, silence_s) for uid, code, at, silence_s in told}
    seen = tuple(evse for evse in row.station.evses if evse.uid in by_uid)
    if not seen:
        return None
    name = row.digest
    if len(seen) < len(row.station.evses):
        name += b"".join(b"\0" + evse.uid.encode() for evse in seen)
    statuses = [by_uid[evse.uid] for evse in seen]
    return Entry(
        _station(row.station, seen, before),
        name,
        tuple(code for code, _, _ in statuses),
        tuple(np.nan if at is None else at for _, at, _ in statuses),
        tuple(silence_s for _, _, silence_s in statuses),
    )


def build_columns(
    rows: Mapping[int, Row],
    statuses: Statuses,
    feeds: Mapping[int, Feed],
    tariff_rows: Mapping[int, TariffRow],
) -> Columns:
    """Put stations in the order of their ids and lay out their columns.

    A station of whose EVSEs none is seen is left out.
    """
    order = sorted((key for key in rows if key in statuses), key=lambda key: rows[key].station.id)
    made = ((key, make_entry(rows[key], statuses[key], None)) for key in order)
    entries = {key: entry for key, entry in made if entry is not None}
    stations = tuple(entry.station for entry in entries.values())
    tariffs = resolve_tariffs(tariff_rows, feeds, stations)
    index: FactsIndex = {}
    facts: list[EvseFacts] = []
    by_contract = has_contract(tariffs)
    facts_of = [number for s in stations for number in number_facts(s, by_contract, index, facts)]
    counts = [len(entry.codes) for entry in entries.values()]
    return Columns(
        stations=stations,
        first=first_of(counts),
        evse_station=read_only(np.repeat(np.arange(len(stations), dtype=np.int32), counts)),
        lon=read_only(np.array([s.location.lon for s in stations], dtype=np.float64)),
        lat=read_only(np.array([s.location.lat for s in stations], dtype=np.float64)),
        status=read_only(np.array([c for e in entries.values() for c in e.codes], dtype=np.int8)),
        status_at=read_only(
            np.array([at for e in entries.values() for at in e.times], dtype=np.float64)
        ),
        silence_s=read_only(
            np.array([s for e in entries.values() for s in e.silences_s], dtype=np.float64)
        ),
        facts=tuple(facts),
        facts_of=read_only(np.array(facts_of, dtype=np.int32)),
        tariffs=tariffs,
        keys=tuple(entries),
        numbers={key: number for number, key in enumerate(entries)},
        names=tuple(entry.name for entry in entries.values()),
        index=index,
        mentions=_mentions(entries),
    )


def first_of(counts: Sequence[int]) -> NDArray[np.int32]:
    """Give the number of the first EVSE of each station, and of the one after the last."""
    sums = np.cumsum(counts, dtype=np.int64)
    return read_only(np.concatenate(([0], sums)).astype(np.int32))


def tariff_ids(station: Station) -> set[str]:
    """Name the tariffs that the connectors of a station mean."""
    return {name for evse in station.evses for c in evse.connectors for name in c.tariff_ids}


def _mentions(entries: Mapping[int, Entry]) -> dict[str, frozenset[int]]:
    found: dict[str, set[int]] = {}
    for key, entry in entries.items():
        for name in tariff_ids(entry.station):
            found.setdefault(name, set()).add(key)
    return {name: frozenset(keys) for name, keys in found.items()}


def has_contract(tariffs: Mapping[tuple[str, str], Tariff]) -> Callable[[str, str], bool]:
    """Make a test of (party, tariff id): whether it prices charging with a contract."""
    contract = {key for key, tariff in tariffs.items() if tariff.type != AD_HOC}
    return lambda party, name: (party, name) in contract


def read_only(array: NDArray[Any]) -> NDArray[Any]:
    """Forbid writing to the array, and give it."""
    array.setflags(write=False)
    return array


def _station(told: Station, seen: tuple[Evse, ...], before: Station | None) -> Station:
    if len(seen) == len(told.evses):
        return told
    visible = replace(told, evses=seen)
    return before if before == visible else visible


def number_facts(
    station: Station,
    is_contract: Callable[[str, str], bool],
    index: FactsIndex,
    facts: list[EvseFacts],
) -> list[int]:
    """Give the number of the facts of each EVSE; new values are added to index and facts."""
    party = station.party
    shared = (
        station.feed,
        party,
        station.publish,
        station.publish_allowed_to,
        station.reserved_for,
        station.accepted_service_providers,
        station.hours is not None,
        station.max_height_m,
        station.accessible_only,
        station.two_wheelers_only,
        station.card_terminal,
    )
    numbers = []
    for evse in station.evses:
        connectors = tuple(
            (
                c.standard,
                c.format,
                c.power_type,
                c.power_kw,
                c.voltage_v,
                any(is_contract(party, name) for name in c.tariff_ids),
            )
            for c in evse.connectors
        )
        key = (shared, evse.capabilities, evse.parking_restrictions, connectors)
        number = index.get(key)
        if number is None:
            number = index[key] = len(facts)
            facts.append(_facts(station, evse, connectors))
        numbers.append(number)
    return numbers


def _facts(
    station: Station,
    evse: Evse,
    connectors: tuple[tuple[str, str, str, float, float | None, bool], ...],
) -> EvseFacts:
    return EvseFacts(
        feed=station.feed,
        party=station.party,
        capabilities=evse.capabilities,
        parking_restrictions=evse.parking_restrictions,
        connectors=connectors,
        publish=station.publish,
        publish_allowed_to=station.publish_allowed_to,
        reserved_for=station.reserved_for,
        accepted_service_providers=station.accepted_service_providers,
        hours_known=station.hours is not None,
        max_height_m=station.max_height_m,
        accessible_only=station.accessible_only,
        two_wheelers_only=station.two_wheelers_only,
        card_terminal=station.card_terminal,
    )
