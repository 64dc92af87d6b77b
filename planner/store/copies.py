"""Finding the copies of stations in other feeds, and keeping what they add to those that are seen.

What a station is shown as, completed (`planner.store.completing`), stands beside what its feed
told of it. It is made in the transaction that changes either, for no more than the stations that
share an EVSE ID or a station id with what was changed, so readers only read.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
from sqlalchemy import Select, bindparam, distinct, func, or_, select, update

from planner.model.station import DEPOT, LIVE_KINDS, THIRD_PARTIES, Evse, Station
from planner.store.bodies import encode_station
from planner.store.completing import Copy, complete
from planner.store.database import Change
from planner.store.tables import evses, feeds, stations
from planner.store.winners import CHUNK, chunks

_read_body = msgspec.json.Decoder(Station).decode


def complete_stations(
    change: Change, station_ids: Collection[str], idents: Collection[str]
) -> None:
    """Complete anew the stations that what was touched may add to; after `winners.settle`."""
    for keys in chunks(sorted(_touched(change, station_ids, idents))):
        _complete(change, keys)


def is_completed(change: Change) -> bool:
    """Say whether any station is completed: none is in a database of an older program."""
    query = select(stations.c.id).where(stations.c.shown.is_not(None)).limit(1)
    return change.connection.execute(query).first() is not None


def complete_all(change: Change) -> None:
    """Complete anew every station that has a copy in another feed, or had one."""
    for keys in chunks(sorted(_with_copies(change))):
        _complete(change, keys)


def _touched(
    change: Change, station_ids: Collection[str], idents: Collection[str]
) -> Iterable[int]:
    if len(station_ids) > CHUNK or len(idents) > CHUNK:
        return _with_copies(change)
    run = change.connection.execute
    named = stations.c.station_id.in_(sorted(station_ids))
    of_named = select(evses.c.ident).join(stations, stations.c.id == evses.c.station).where(named)
    names = {*idents, *run(of_named).scalars()} - {""}
    keys = set(run(select(stations.c.id).where(named, ~stations.c.removed)).scalars())
    for part in chunks(sorted(names)):
        keys.update(run(select(evses.c.station).where(evses.c.ident.in_(part))).scalars())
    return keys


def _with_copies(change: Change) -> Iterable[int]:
    """Name the stations that are in several feeds, or whose EVSEs are, or that were completed."""
    in_several = (
        select(evses.c.ident)
        .join(stations, stations.c.id == evses.c.station)
        .where(evses.c.ident != "")
        .group_by(evses.c.ident)
        .having(func.count(distinct(stations.c.feed)) > 1)
    )
    told_twice = (
        select(stations.c.station_id)
        .where(~stations.c.removed)
        .group_by(stations.c.station_id)
        .having(func.count() > 1)
    )
    run = change.connection.execute
    keys = set(run(select(evses.c.station).where(evses.c.ident.in_(in_several))).scalars())
    named = or_(stations.c.station_id.in_(told_twice), stations.c.shown.is_not(None))
    keys.update(run(select(stations.c.id).where(named, ~stations.c.removed)).scalars())
    return keys


@dataclass(slots=True)
class _Place:
    """A station as its feed told it: its row, and (uid, EVSE ID, hidden) of its EVSEs."""

    row: Any
    evses: list[tuple[str, str, bool]] = field(default_factory=list)


def _complete(change: Change, keys: Sequence[int]) -> None:
    places = _places(change, keys)
    idents = sorted({ident for p in places.values() for _, ident, _ in p.evses if ident})
    names = sorted({place.row.station_id for place in places.values()})
    others = dict(places)
    for part in chunks(sorted(_holders(change, idents, names) - places.keys())):
        others |= _places(change, part)
    by_ident: dict[str, list[int]] = {}
    by_name: dict[str, list[int]] = {}
    for key, other in others.items():
        by_name.setdefault(other.row.station_id, []).append(key)
        for _, ident, _ in other.evses:
            by_ident.setdefault(ident, []).append(key)
    news: list[dict[str, Any]] = []
    for key, place in places.items():
        rivals = {*by_name[place.row.station_id]}
        rivals.update(k for _, ident, _ in place.evses if ident for k in by_ident[ident])
        shown = _shown(place, [others[k] for k in rivals if k != key])
        if shown != place.row.shown:
            news.append({"key": key, "made": shown})
    if news:
        change.connection.execute(
            update(stations)
            .where(stations.c.id == bindparam("key"))
            .values(shown=bindparam("made"), sequence=change.sequence),
            news,
        )
        change.touch("stations")


def _holders(change: Change, idents: Sequence[str], names: Sequence[str]) -> set[int]:
    """Name the stations that have these EVSE IDs or station ids."""
    found: set[int] = set()
    for part in chunks(idents):
        query = select(evses.c.station).where(evses.c.ident.in_(part))
        found.update(change.connection.execute(query).scalars())
    for part in chunks(names):
        named = select(stations.c.id).where(stations.c.station_id.in_(part))
        found.update(change.connection.execute(named).scalars())
    return found


def _places(change: Change, keys: Sequence[int]) -> dict[int, _Place]:
    told: Select[Any] = (
        select(
            stations.c.id,
            stations.c.feed,
            stations.c.station_id,
            stations.c.body,
            stations.c.shown,
            stations.c.hidden,
            feeds.c.kind,
            feeds.c.name,
        )
        .join(feeds, feeds.c.id == stations.c.feed)
        .where(~stations.c.removed, stations.c.id.in_(keys))
    )
    found = {row.id: _Place(row) for row in change.connection.execute(told)}
    for part in chunks(sorted(found)):
        of_stations = select(evses.c.station, evses.c.uid, evses.c.ident, evses.c.hidden)
        for key, uid, ident, hidden in change.connection.execute(
            of_stations.where(evses.c.station.in_(part))
        ):
            found[key].evses.append((uid, ident, hidden))
    return found


def _shown(place: _Place, others: Sequence[_Place]) -> bytes | None:
    """Give the body that readers are shown, None where it is as it was told."""
    if place.row.hidden:
        return None
    seen = [uid for uid, _, hidden in place.evses if not hidden]
    pairs = [
        (other, _pairs(place, other))
        for other in others
        if other.row.feed != place.row.feed and other.row.kind != DEPOT
    ]
    if not any(uids for _, uids in pairs):
        return None
    found = [(other, _copy(other, uids)) for other, uids in pairs if uids]
    found.sort(key=lambda pair: _rank(*pair))
    completed = complete(_read_body(place.row.body), seen, [copy for _, copy in found])
    return encode_station(completed) if completed.elsewhere else None


def _pairs(place: _Place, other: _Place) -> dict[str, str]:
    """Match the EVSEs that are seen here with those there: uids by uids.

    By EVSE ID; at a Location of the same id also by uid, where either says no EVSE ID.
    """
    by_ident = {ident: uid for uid, ident, _ in sorted(other.evses, reverse=True) if ident}
    by_uid = {uid: ident for uid, ident, _ in other.evses}
    is_same = place.row.station_id == other.row.station_id
    pairs: dict[str, str] = {}
    for uid, ident, hidden in place.evses:
        if hidden:
            continue
        if ident in by_ident:
            pairs[uid] = by_ident[ident]
        elif is_same and uid in by_uid and not (ident and by_uid[uid]):
            pairs[uid] = uid
    return pairs


def _copy(other: _Place, uids: Mapping[str, str]) -> Copy:
    station = _read_body(other.row.body)
    told: dict[str, Evse] = {evse.uid: evse for evse in station.evses}
    return Copy(station, {ours: told[theirs] for ours, theirs in sorted(uids.items())})


def _rank(other: _Place, copy: Copy) -> tuple[bool, bool, float, str, str]:
    """Order copies, the best first: live, then those an operator answers for, then the newest."""
    return (
        other.row.kind not in LIVE_KINDS,
        copy.station.party in THIRD_PARTIES,
        -copy.station.last_updated,
        other.row.name,
        copy.station.id,
    )
