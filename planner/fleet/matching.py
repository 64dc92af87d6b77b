"""Which planned stop a charge was: by the reference we gave, else by token, place and time.

Source: OCPI 2.2.1, CDRs, ``authorization_reference``: a CDR brings back what real-time
authorisation or a command was given.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from planner.fleet.places import Places
from planner.fleet.trips import PlannedStop, PlannedTrip, place_rank
from planner.model.geo import LonLat
from planner.ocpi.charge import Charge
from planner.store.charges import Authorization

WITHIN_S = 3 * 3600.0
"""Seconds by which a charge may begin beside the plan: a delay that trips still survive."""

BEFORE_S, AFTER_S = 3600.0, 3 * 3600.0
"""A charge by the trip's token from so long before it to so long after it belongs to it."""

DETOUR_M = 25_000.0
"""Farther from the planned drive than this, a charge was not on the way."""

Basis = Literal["reference", "token, place and time", "mission", "token and time"]


@dataclass(frozen=True, slots=True)
class Match:
    """The trip of a charge; ``stop`` is the number of its stop, -1 where it was none of them."""

    trip: PlannedTrip
    stop: int
    by: Basis
    off_s: float

    @property
    def planned(self) -> PlannedStop | None:
        """The planned stop, None where the charge was at none."""
        return self.trip.stops[self.stop] if self.stop >= 0 else None


class _Where(NamedTuple):
    station_id: str
    evse_uid: str
    evse_id: str
    location: LonLat | None
    begins: float


@dataclass(frozen=True, slots=True)
class Timetable:
    """Planned trips, found by token, mission or vehicle."""

    trips: Sequence[PlannedTrip]
    in_use: Collection[str] = frozenset()
    _by_key: dict[str, list[tuple[float, int, int]]] = field(
        init=False, repr=False, default_factory=dict
    )
    _spans: dict[str, list[tuple[float, int]]] = field(init=False, repr=False, default_factory=dict)
    _longest_s: float = field(init=False, default=0.0)

    def __post_init__(self) -> None:
        for number, trip in enumerate(self.trips):
            for place, stop in enumerate(trip.stops):
                keys = {f"token {stop.token}"} if stop.token else set()
                for key in keys | _keys(trip.mission, trip.vehicle):
                    self._by_key.setdefault(key, []).append((stop.arrival, number, place))
            keys = {f"token {token}" for token in trip.tokens}
            for key in keys | _keys(trip.mission, trip.vehicle):
                self._spans.setdefault(key, []).append((trip.departure, number))
        for stops in self._by_key.values():
            stops.sort()
        for spans in self._spans.values():
            spans.sort()
        longest = max((trip.arrival - trip.departure for trip in self.trips), default=0.0)
        object.__setattr__(self, "_longest_s", longest)

    def match(
        self, charge: Charge, places: Places, authorization: Authorization | None
    ) -> Match | None:
        """Find the planned stop, or at least the trip, of a charge."""
        spot = places.spot(charge)
        here = _Where(
            charge.station_id if spot is None else spot.station.id,
            charge.evse_uid if spot is None or spot.evse is None else spot.evse.uid,
            charge.evse_id,
            places.location(charge, spot),
            charge.begins,
        )
        if authorization is not None:
            uids = authorization.evse_uids
            uid = uids[0] if len(uids) == 1 else here.evse_uid
            station = authorization.station_id or here.station_id
            told = _Where(station, uid, "", here.location, charge.begins)
            key = [f"token {authorization.token}"]
            # A reservation is made long before, and a record's clock may be wrong by hours.
            for moment in (charge.begins, authorization.at):
                found = self._stop(key, told._replace(begins=moment), "reference")
                if found is not None:
                    return found
        keys = [f"token {charge.token}"] if charge.token else []
        own = sorted(_keys(charge.mission, charge.vehicle))
        return self._stop([*keys, *own], here, "token, place and time") or self._trip(
            keys, own, here, charge
        )

    def _stop(self, keys: Iterable[str], here: _Where, by: Basis) -> Match | None:
        """Choose the stop: the nearest place first, then the plan in use, then time."""
        best: tuple[tuple[int, bool, bool, float, float], int, int] | None = None
        for number, place in self._near(keys, here.begins):
            trip = self.trips[number]
            stop = trip.stops[place]
            rank = place_rank(
                stop,
                station_id=here.station_id,
                evse_uid=here.evse_uid,
                evse_id=here.evse_id,
                location=here.location,
            )
            if rank is None:
                continue
            off_s = abs(here.begins - stop.arrival)
            score = (
                rank,
                trip.plan not in self.in_use,
                stop.fallback_of >= 0,
                off_s,
                -trip.created,
            )
            if best is None or (score, number, place) < best:
                best = (score, number, place)
        if best is None:
            return None
        score, number, place = best
        return Match(self.trips[number], place, by, score[3])

    def _near(self, keys: Iterable[str], begins: float) -> Iterator[tuple[int, int]]:
        for key in keys:
            rows = self._by_key.get(key, [])
            first = bisect_left(rows, (begins - WITHIN_S,))
            last = bisect_right(rows, (begins + WITHIN_S, len(self.trips)))
            yield from ((number, place) for _, number, place in rows[first:last])

    def _trip(
        self, keys: Sequence[str], own: Sequence[str], here: _Where, charge: Charge
    ) -> Match | None:
        """Choose the trip that the charge was on, though at none of its stops."""
        best: tuple[tuple[bool, float, float], int] | None = None
        named = {f"mission {charge.mission}"} if charge.mission else set()
        for key in (*own, *keys):
            for number in self._around(key, here.begins):
                trip = self.trips[number]
                is_named = key in named
                far = here.location is None or trip.metres_from_way(here.location) > DETOUR_M
                if far and not is_named:
                    continue
                middle = (trip.departure + trip.arrival) / 2
                score = (trip.plan not in self.in_use, abs(here.begins - middle), -trip.created)
                if best is None or (score, number) < best:
                    best = (score, number)
        if best is None:
            return None
        trip = self.trips[best[1]]
        by: Basis = (
            "mission" if trip.mission and trip.mission == charge.mission else ("token and time")
        )
        return Match(trip, -1, by, 0.0)

    def _around(self, key: str, moment: float) -> Iterator[int]:
        rows = self._spans.get(key, [])
        first = bisect_left(rows, (moment - self._longest_s - AFTER_S,))
        last = bisect_right(rows, (moment + BEFORE_S, len(self.trips)))
        for _, number in rows[first:last]:
            if self.trips[number].arrival + AFTER_S >= moment:
                yield number


def _keys(mission: str, vehicle: str) -> set[str]:
    named = {f"mission {mission}": mission, f"vehicle {vehicle}": vehicle}
    return {key for key, name in named.items() if name}


def match_all(
    charges: Iterable[Charge],
    timetable: Timetable,
    places: Places,
    authorizations: Mapping[str, Authorization],
) -> list[Match | None]:
    """Match charges, each by itself, in their order."""
    return [
        timetable.match(charge, places, authorizations.get(charge.reference)) for charge in charges
    ]
