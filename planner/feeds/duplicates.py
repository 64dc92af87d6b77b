"""Copies of one EVSE in a feed become one: the newest ``last_updated`` wins.

A national feed hears of an EVSE from several parties at once. The rule is the store's own
(`planner.store.winners`), which also holds between feeds; here it is applied to a whole feed
before it is written, so that what can never be seen is not stored. EVSEs without an id have no
copies: they are all kept.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from planner.model.station import Evse, Station
from planner.ocpi.ids import normalise_evse_id
from planner.store.updates import Told
from planner.store.winners import strength

StationTold = tuple[Station, Mapping[str, Told]]


@dataclass(frozen=True, slots=True)
class Merged:
    """A feed without copies, and how many there were.

    ``merged_evses`` were copies of others, ``merged_stations`` had nothing else (or were told
    twice).
    """

    stations: list[StationTold]
    merged_evses: int
    merged_stations: int


def merge_duplicates(
    stations: Iterable[StationTold], *, comparable: Callable[[str], str] = normalise_evse_id
) -> Merged:
    """Keep one of each EVSE ID, and of each station id.

    ``comparable`` gives the form by which EVSE IDs are compared. Of copies equally new the one
    in the station with the lowest id holds, then that with the lowest uid.
    """
    told = _one_of_each_station(stations)
    best: dict[str, tuple[tuple[bool, float], str, str]] = {}
    for station, statuses in told.stations:
        for evse in station.evses:
            if not evse.evse_id:
                continue
            name = comparable(evse.evse_id)
            rival = (_newness(statuses, evse), station.id, evse.uid)
            if name not in best or _beats(rival, best[name]):
                best[name] = rival
    winners = {(station_id, uid) for _, station_id, uid in best.values()}
    kept: list[StationTold] = []
    merged_evses = told.merged_evses
    merged_stations = told.merged_stations
    for station, statuses in told.stations:
        evses = tuple(e for e in station.evses if not e.evse_id or (station.id, e.uid) in winners)
        merged_evses += len(station.evses) - len(evses)
        if not evses and station.evses:
            merged_stations += 1
            continue
        if len(evses) < len(station.evses):
            statuses = {e.uid: statuses[e.uid] for e in evses}  # noqa: PLW2901
            station = replace(station, evses=evses)  # noqa: PLW2901
        kept.append((station, statuses))
    return Merged(kept, merged_evses, merged_stations)


def _one_of_each_station(stations: Iterable[StationTold]) -> Merged:
    """Join stations that were told twice: the newest's facts, and the EVSEs of all."""
    found: dict[str, StationTold] = {}
    merged_evses = merged_stations = 0
    for station, statuses in stations:
        other = found.get(station.id)
        if other is None:
            found[station.id] = (station, statuses)
            continue
        merged_stations += 1
        newer, older = (station, statuses), other
        if station.last_updated < other[0].last_updated:
            newer, older = older, newer
        joined = _join(newer, older)
        merged_evses += len(station.evses) + len(other[0].evses) - len(joined[0].evses)
        found[station.id] = joined
    return Merged(list(found.values()), merged_evses, merged_stations)


def _join(newer: StationTold, older: StationTold) -> StationTold:
    station, statuses = newer
    uids = {evse.uid for evse in station.evses}
    added = tuple(evse for evse in older[0].evses if evse.uid not in uids)
    return (
        replace(station, evses=station.evses + added),
        {**{evse.uid: older[1][evse.uid] for evse in added}, **statuses},
    )


def _newness(statuses: Mapping[str, Told], evse: Evse) -> tuple[bool, float]:
    _, at = statuses.get(evse.uid, (None, None))
    return strength(live=False, at=at)


def _beats(
    rival: tuple[tuple[bool, float], str, str], best: tuple[tuple[bool, float], str, str]
) -> bool:
    if rival[0] != best[0]:
        return rival[0] > best[0]
    return rival[1:] < best[1:]
