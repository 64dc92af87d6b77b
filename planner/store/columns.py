"""Stations as columns: numbered by station id, with the distinct facts that access rules read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from planner.model.station import Evse, EvseFacts, Feed, Station
from planner.ocpi.tariffs import Tariff
from planner.store.bodies import digest
from planner.store.pricing import AD_HOC, TariffRow, resolve_tariffs
from planner.store.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Row:
    """A station as its feed told it, and the name of its contents."""

    station: Station
    digest: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """The columnar part of a snapshot; see there."""

    stations: tuple[Station, ...]
    first: NDArray[np.int32]
    evse_station: NDArray[np.int32]
    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    status: NDArray[np.int8]
    status_at: NDArray[np.float64]
    facts: tuple[EvseFacts, ...]
    facts_of: NDArray[np.int32]
    tariffs: dict[tuple[str, str], Tariff]
    numbers: dict[int, int]
    digest: bytes


Statuses = Mapping[int, Sequence[tuple[str, int, float | None]]]
"""By row of the station: (uid, code, epoch) of each EVSE that is not hidden."""


def build_columns(
    rows: Mapping[int, Row],
    statuses: Statuses,
    feeds: Mapping[int, Feed],
    tariff_rows: Mapping[int, TariffRow],
    previous: Snapshot | None,
) -> Columns:
    """Put stations in the order of their ids and lay out their columns.

    A station keeps its object from ``previous`` where it is the same; one of whose EVSEs none is
    seen is left out.
    """
    order = sorted((key for key in rows if key in statuses), key=lambda key: rows[key].station.id)
    before = {} if previous is None else {station.id: station for station in previous.stations}
    stations: list[Station] = []
    codes: list[int] = []
    times: list[float] = []
    counts: list[int] = []
    numbers: dict[int, int] = {}
    names: list[bytes] = []
    for key in order:
        row = rows[key]
        told = {uid: (code, at) for uid, code, at in statuses[key]}
        seen = tuple(evse for evse in row.station.evses if evse.uid in told)
        if not seen:
            continue
        numbers[key] = len(stations)
        stations.append(_station(row.station, seen, before.get(row.station.id)))
        counts.append(len(seen))
        names.append(row.digest)
        if len(seen) < len(row.station.evses):
            names += [b"\0" + evse.uid.encode() for evse in seen]
        for evse in seen:
            code, at = told[evse.uid]
            codes.append(code)
            times.append(np.nan if at is None else at)
    tariffs = resolve_tariffs(tariff_rows, feeds, stations)
    facts, facts_of = _distinct_facts(stations, tariffs)
    first = np.concatenate(([0], np.cumsum(counts, dtype=np.int64))).astype(np.int32)
    return Columns(
        stations=tuple(stations),
        first=read_only(first),
        evse_station=read_only(np.repeat(np.arange(len(stations), dtype=np.int32), counts)),
        lon=read_only(np.array([s.location.lon for s in stations], dtype=np.float64)),
        lat=read_only(np.array([s.location.lat for s in stations], dtype=np.float64)),
        status=read_only(np.array(codes, dtype=np.int8)),
        status_at=read_only(np.array(times, dtype=np.float64)),
        facts=facts,
        facts_of=read_only(facts_of),
        tariffs=tariffs,
        numbers=numbers,
        digest=digest(*names),
    )


def read_only(array: NDArray[Any]) -> NDArray[Any]:
    """Forbid writing to the array, and give it."""
    array.setflags(write=False)
    return array


def _station(told: Station, seen: tuple[Evse, ...], before: Station | None) -> Station:
    if len(seen) == len(told.evses):
        return told
    visible = replace(told, evses=seen)
    return before if before == visible else visible


def _distinct_facts(
    stations: Sequence[Station], tariffs: Mapping[tuple[str, str], Tariff]
) -> tuple[tuple[EvseFacts, ...], NDArray[np.int32]]:
    index: dict[tuple[object, ...], int] = {}
    facts: list[EvseFacts] = []
    facts_of: list[int] = []
    contract = {key for key, tariff in tariffs.items() if tariff.type != AD_HOC}
    for station in stations:
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
        for evse in station.evses:
            connectors = tuple(
                (
                    c.standard,
                    c.format,
                    c.power_type,
                    c.power_kw,
                    c.voltage_v,
                    any((party, name) in contract for name in c.tariff_ids),
                )
                for c in evse.connectors
            )
            key = (shared, evse.capabilities, evse.parking_restrictions, connectors)
            number = index.get(key)
            if number is None:
                number = index[key] = len(facts)
                facts.append(_facts(station, evse, connectors))
            facts_of.append(number)
    return tuple(facts), np.array(facts_of, dtype=np.int32)


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
