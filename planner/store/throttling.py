"""A snapshot whose depots give less: for a trip that gets a share of their power."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import cast, overload

from planner.model.station import EvseFacts, Station
from planner.store.snapshot import WORKED_OUT, Snapshot


class _Stations(Sequence[Station]):
    """Stations, a few of which are others: the rest may be decoded only when asked for."""

    def __init__(self, usual: Sequence[Station], others: Mapping[int, Station]) -> None:
        self._usual, self._others = usual, others

    def __len__(self) -> int:
        return len(self._usual)

    @overload
    def __getitem__(self, at: int) -> Station: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[Station]: ...
    def __getitem__(self, at: int | slice) -> Station | Sequence[Station]:
        if isinstance(at, slice):
            return tuple(self[number] for number in range(*at.indices(len(self))))
        number = int(at) + len(self) if at < 0 else int(at)
        return self._others.get(number) or self._usual[number]

    def __iter__(self) -> Iterator[Station]:
        for number, station in enumerate(self._usual):
            yield self._others.get(number, station)


def throttled(snapshot: Snapshot, shares: Mapping[int, float]) -> Snapshot:
    """Return a snapshot in which no connector of some stations gives more than so many kW.

    Stations are given by number. It is of the same moment and has the same ``hash``;
    ``static_hash`` is its own.
    """
    others, facts = {}, list(snapshot.facts)
    facts_of = snapshot.facts_of.copy()
    made: dict[EvseFacts, int] = {}
    for number, most_kw in shares.items():
        others[number] = _station(snapshot.stations[number], most_kw)
        for evse in range(int(snapshot.first[number]), int(snapshot.first[number + 1])):
            told = _facts(facts[int(facts_of[evse])], most_kw)
            if told not in made:
                made[told] = len(facts)
                facts.append(told)
            facts_of[evse] = made[told]
    facts_of.setflags(write=False)
    said = repr((snapshot.static_hash, sorted(shares.items())))
    less = replace(
        snapshot,
        static_hash=hashlib.sha256(said.encode()).hexdigest(),
        # A sequence that cannot change serves as the tuple that readers are promised.
        stations=cast("tuple[Station, ...]", _Stations(snapshot.stations, others)),
        facts=tuple(facts),
        facts_of=facts_of,
    )
    known = {name: snapshot.__dict__[name] for name in WORKED_OUT if name in snapshot.__dict__}
    less.__dict__.update(known)
    return less


def _station(station: Station, most_kw: float) -> Station:
    evses = (
        replace(
            evse,
            connectors=tuple(
                replace(c, power_kw=min(c.power_kw, most_kw)) for c in evse.connectors
            ),
        )
        for evse in station.evses
    )
    return replace(station, evses=tuple(evses))


def _facts(told: EvseFacts, most_kw: float) -> EvseFacts:
    connectors = (
        (standard, form, power_type, min(power_kw, most_kw), voltage_v, has_tariff)
        for standard, form, power_type, power_kw, voltage_v, has_tariff in told.connectors
    )
    return replace(told, connectors=tuple(connectors))
