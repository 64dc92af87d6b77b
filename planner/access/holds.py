"""What other vehicles of the fleet count on: times at EVSEs, and a depot's power.

An EVSE is known by its id, whichever station and feed it stands under; else by station and uid.
Nobody stops where another vehicle stands by then, or where it goes if its own stop fails. A
fallback keeps off the first only: one failure is survived at a time, so two vehicles may have one.
"""

from collections.abc import Iterable, Iterator, Sequence
from math import inf
from typing import Protocol

from planner.access.ledger import Refusal, refusal
from planner.access.status import stamp
from planner.model.fleet import Hold
from planner.model.station import SharedPower


class Site(Protocol):
    """What is asked of a station: its id, and what it may draw where that is limited."""

    @property
    def id(self) -> str:
        """Its id."""

    @property
    def max_kw(self) -> float | None:
        """Power limit of all its EVSEs together."""

    @property
    def shared(self) -> tuple[SharedPower, ...]:
        """Power limits of some of its EVSEs together."""


class Holds:
    """The holds of others, found by EVSE and by station."""

    def __init__(self, taken: Iterable[Hold]) -> None:
        self._at_evse: dict[tuple[str, str], list[Hold]] = {}
        self._at_post: dict[str, list[Hold]] = {}
        self._at_station: dict[str, list[Hold]] = {}
        for hold in taken:
            self._at_evse.setdefault((hold.station_id, hold.evse_uid), []).append(hold)
            self._at_station.setdefault(hold.station_id, []).append(hold)
            if hold.post:
                self._at_post.setdefault(hold.post, []).append(hold)

    def at(self, station_id: str, evse_uid: str, post: str) -> Iterator[Hold]:
        """Give the holds of an EVSE, under whichever station they stand."""
        here = (station_id, evse_uid)
        yield from self._at_evse.get(here, ())
        for hold in self._at_post.get(post, ()) if post else ():
            if (hold.station_id, hold.evse_uid) != here:
                yield hold

    def refusal(
        self,
        station: Site,
        evse_uid: str,
        power_kw: float,
        arrival: float,
        departure: float,
        *,
        as_fallback: bool,
        post: str = "",
    ) -> Refusal | None:
        """Return why a vehicle that draws ``power_kw`` may not stay at an EVSE, None if it may.

        ``post`` is `planner.store.posts.post_of` the EVSE's id.
        """
        for hold in self.at(station.id, evse_uid, post):
            if overlaps(hold, arrival, departure) and not (as_fallback and hold.use == "fallback"):
                kept = "as its fallback, " if hold.use == "fallback" else ""
                times = f"{kept}{stamp(hold.begins)} to {stamp(hold.ends)}"
                return refusal("fleet_taken", times)
        for max_kw, drawn_kw in self._drawn(station, evse_uid, arrival, departure, as_fallback):
            if drawn_kw + power_kw > max_kw:
                told = f"{power_kw:g} kW beside {drawn_kw:g} kW of {max_kw:g} kW"
                return refusal("depot_power", told)
        return None

    def left_kw(
        self,
        station: Site,
        evse_uid: str,
        arrival: float,
        departure: float,
        *,
        as_fallback: bool,
    ) -> float:
        """Return the power that others leave a vehicle at an EVSE; infinite where no limit is."""
        drawn = self._drawn(station, evse_uid, arrival, departure, as_fallback)
        return min((max_kw - drawn_kw for max_kw, drawn_kw in drawn), default=inf)

    def turns(self, station: Site, evse_uid: str, post: str = "") -> Iterator[float]:
        """Give the moments at which `refusal` may answer otherwise."""
        found = list(self.at(station.id, evse_uid, post))
        if station.max_kw is not None or station.shared:
            found += self._at_station.get(station.id, ())
        for hold in found:
            yield hold.begins
            yield hold.ends

    def _drawn(
        self,
        station: Site,
        evse_uid: str,
        arrival: float,
        departure: float,
        as_fallback: bool,
    ) -> Iterator[tuple[float, float]]:
        """Give each limit that an EVSE stands under, and what others draw of it at most, in kW."""
        if station.max_kw is None and not station.shared:
            return
        there = [
            hold
            for hold in self._at_station.get(station.id, ())
            if hold.evse_uid != evse_uid and overlaps(hold, arrival, departure)
        ]
        spares = [h for h in there if h.use == "fallback" and not as_fallback]
        stops = [h for h in there if h.use == "stop"]
        if station.max_kw is not None:
            yield station.max_kw, most_drawn_kw(stops, spares)
        for part in station.shared:
            if evse_uid in part.evse_uids:
                beside = (
                    [h for h in some if h.evse_uid in part.evse_uids] for some in (stops, spares)
                )
                yield part.max_kw, most_drawn_kw(*beside)


def overlaps(hold: Hold, begins: float, ends: float) -> bool:
    """Say whether a hold and a stay share a moment; one that begins as the other ends does not."""
    return hold.begins < ends and begins < hold.ends


def most_drawn_kw(stops: Sequence[Hold], spares: Iterable[Hold]) -> float:
    """Return the most that stops draw together at a moment, with the worst single fallback."""
    worst_kw = 0.0
    fallbacks = list(spares)
    for moment in {hold.begins for hold in (*stops, *fallbacks)}:
        now_kw = sum(hold.power_kw for hold in stops if hold.begins <= moment < hold.ends)
        spare_kw = max((h.power_kw for h in fallbacks if h.begins <= moment < h.ends), default=0.0)
        worst_kw = max(worst_kw, now_kw + spare_kw)
    return worst_kw
