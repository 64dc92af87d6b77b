"""One EVSE in several sources: what the best does not tell is taken from the next that does.

The station that readers see stays its own source's; a copy of it in another feed

- *fills* what was not told: hours, height, payment terminal, power, what stands on the post;
- *differs* where both tell and disagree: what is seen holds, the other is kept as evidence;
- *closes*: a restriction (a closed group, a place for others) holds whoever tells it, for a stop
  that is refused at a gate is worse than one that was never planned.

Nothing here opens what its own source keeps shut: capabilities, publication, providers and
tariffs are never taken over, and a terminal only where the operator lists no capabilities at all
and another operator's or authority's source, not a map, says that it is there.
What a copy that is not published says is not repeated, only that it closes.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from planner.model.station import (
    DEPOT_PARTY,
    THIRD_PARTIES,
    Connector,
    Evse,
    Hours,
    SaidElsewhere,
    Station,
)

FILLS, DIFFERS, CLOSES = "fills", "differs", "closes"

SAME_POWER_SHARE = 0.1
"""Powers within this share of the larger are the same: rated and rounded figures (7.4 and 7 kW)."""

SAME_HEIGHT_M = 0.05
"""Heights within this are the same: the sign is in decimetres."""

RESERVED = "RESERVED"
"""Parking restriction of an EVSE that another source keeps for a closed group, where it says so of
part of a station only. No rule knows the word, and what no rule knows carries no stop."""

DAY_MIN = 1440
WEEK_MIN = 7 * DAY_MIN


@dataclass(frozen=True, slots=True)
class Copy:
    """The same place in another feed; ``evses`` are its EVSEs by the uid of ours."""

    station: Station
    evses: Mapping[str, Evse]


def complete(station: Station, seen: Sequence[str], copies: Sequence[Copy]) -> Station:
    """Complete a station from its copies.

    Parameters
    ----------
    station : Station
        As its own feed told it.
    seen : sequence of str
        Uids of the EVSEs that readers see of it.
    copies : sequence of Copy
        Of other feeds, the best first.
    """
    work = _Work(station, frozenset(seen), {evse.uid: evse for evse in station.evses})
    for copy in copies:
        if copy.station.publish:
            work.take_station(copy)
            for uid, evse in copy.evses.items():
                work.take_evse(copy, uid, evse)
        if station.party != DEPOT_PARTY:
            work.close(copy)
    if not work.said:
        return station
    evses = tuple(work.evses[evse.uid] for evse in station.evses)
    return replace(work.station, evses=evses, elsewhere=tuple(work.said))


@dataclass(slots=True)
class _Work:
    station: Station
    seen: frozenset[str]
    evses: dict[str, Evse]
    said: list[SaidElsewhere] = field(default_factory=list)

    def take_station(self, copy: Copy) -> None:
        """Take what is told of the whole place."""
        ours, theirs = self.station, copy.station
        if theirs.hours is not None:
            same = ours.hours is not None and _same_hours(ours.hours, theirs.hours)
            self._settle(copy, "hours", ours.hours, theirs.hours, same=same)
        if theirs.max_height_m is not None:
            known = ours.max_height_m
            same = known is not None and abs(known - theirs.max_height_m) <= SAME_HEIGHT_M
            self._settle(copy, "max_height_m", known, theirs.max_height_m, same=same)
        if theirs.card_terminal is not None:
            known_terminal = ours.card_terminal
            opens = known_terminal is None and theirs.card_terminal
            if opens and theirs.party in THIRD_PARTIES:
                pass  # that a map says so opens no operator's post to a payment card
            elif opens and self._lists_capabilities():
                self._say(copy, "", "card_terminal", "True", DIFFERS)
            else:
                same = known_terminal is theirs.card_terminal
                self._settle(copy, "card_terminal", known_terminal, theirs.card_terminal, same=same)

    def take_evse(self, copy: Copy, uid: str, theirs: Evse) -> None:
        """Take what is told of one EVSE."""
        ours = self.evses[uid]
        if theirs.physical_reference and not ours.physical_reference:
            self.evses[uid] = replace(ours, physical_reference=theirs.physical_reference)
            self._say(copy, uid, "physical_reference", theirs.physical_reference, FILLS)
        plugs = {connector.standard for connector in theirs.connectors}
        if plugs and plugs != {connector.standard for connector in ours.connectors}:
            self._say(copy, uid, "standard", ", ".join(sorted(plugs)), DIFFERS)
        connectors = tuple(
            self._powered(copy, uid, connector, theirs) for connector in ours.connectors
        )
        self.evses[uid] = replace(self.evses[uid], connectors=connectors)

    def close(self, copy: Copy) -> None:
        """Take the restrictions of a copy: they hold for the EVSEs that it is a copy of."""
        theirs = copy.station
        source = source_of(theirs)
        group = theirs.reserved_for if theirs.publish else "not for the public"
        if group:
            is_whole = self.seen <= copy.evses.keys()
            if not is_whole:
                self._restrict(copy, {RESERVED})
            elif not self.station.reserved_for:
                self.station = replace(self.station, reserved_for=f"{source}: {group}")
            self._say(copy, "", "reserved_for", group, CLOSES)
        if theirs.accessible_only and not self.station.accessible_only:
            self._restrict(copy, {"DISABLED"})
            self._say(copy, "", "accessible_only", "True", CLOSES)
        if theirs.two_wheelers_only and not self.station.two_wheelers_only:
            self._restrict(copy, {"MOTORCYCLES"})
            self._say(copy, "", "two_wheelers_only", "True", CLOSES)
        for uid, evse in copy.evses.items():
            added = set(evse.parking_restrictions) - set(self.evses[uid].parking_restrictions)
            if added:
                self._restrict(copy, added, uid)
                self._say(copy, uid, "parking_restrictions", ", ".join(sorted(added)), CLOSES)

    def _restrict(self, copy: Copy, words: set[str], uid: str = "") -> None:
        for name in [uid] if uid else copy.evses:
            told = self.evses[name]
            all_words = tuple(sorted({*told.parking_restrictions, *words}))
            self.evses[name] = replace(told, parking_restrictions=all_words)

    def _powered(self, copy: Copy, uid: str, ours: Connector, theirs: Evse) -> Connector:
        powers = [
            c.power_kw
            for c in theirs.connectors
            if (c.standard, c.power_type) == (ours.standard, ours.power_type) and c.power_kw > 0
        ]
        if not powers or any(_same_power(ours.power_kw, kw) for kw in powers):
            return ours
        least_kw = min(powers)  # of several that may be meant, the one that promises least
        filled = ours.power_kw <= 0
        told = f"{ours.standard}: {least_kw:g} kW"
        self._say(copy, uid, "power_kw", told, FILLS if filled else DIFFERS)
        return replace(ours, power_kw=least_kw) if filled else ours

    def _lists_capabilities(self) -> bool:
        return any(evse.capabilities for evse in self.evses.values())

    def _settle(self, copy: Copy, name: str, ours: Any, theirs: Any, *, same: bool) -> None:
        if same:
            return
        if ours is None:
            self.station = replace(self.station, **{name: theirs})
        self._say(copy, "", name, _words(theirs), FILLS if ours is None else DIFFERS)

    def _say(self, copy: Copy, uid: str, name: str, value: str, effect: str) -> None:
        said = SaidElsewhere(
            source=source_of(copy.station),
            evse_uid=uid,
            field=name,
            value=value,
            effect=effect,
            as_of=copy.station.last_updated or None,
        )
        if said not in self.said:
            self.said.append(said)


def source_of(station: Station) -> str:
    """Name the source of a station for people."""
    return THIRD_PARTIES.get(station.party, f"feed {station.feed}")


def _same_power(ours_kw: float, theirs_kw: float) -> bool:
    return abs(ours_kw - theirs_kw) <= SAME_POWER_SHARE * max(ours_kw, theirs_kw)


def _same_hours(ours: Hours, theirs: Hours) -> bool:
    """Whether both are open at the same minutes of a usual week."""
    return bool(np.array_equal(_open_minutes(ours), _open_minutes(theirs)))


def _open_minutes(hours: Hours) -> NDArray[np.bool_]:
    minutes = np.full(WEEK_MIN, hours.twentyfourseven)
    for begin, end in _spans(hours):
        minutes[np.arange(begin, end) % WEEK_MIN] = True
    return minutes


def _spans(hours: Hours) -> Iterator[tuple[int, int]]:
    for one in hours.regular:
        begin = (one.weekday - 1) * DAY_MIN + one.begin_min
        length = one.end_min - one.begin_min
        yield begin, begin + (length if length > 0 else length + DAY_MIN)


_DAYS = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")


def _words(value: Any) -> str:
    if not isinstance(value, Hours):
        return f"{value:g}" if isinstance(value, float) else str(value)
    if value.twentyfourseven or _open_minutes(value).all():
        return "24/7"
    told = [
        f"{_DAYS[one.weekday - 1]} {_clock(one.begin_min)}-{_clock(one.end_min)}"
        for one in value.regular
    ]
    return ", ".join(told) or "closed but for exceptions"


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"
