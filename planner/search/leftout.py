"""The ledger: every station within the detour that the trip could not use, and why."""

from collections import Counter

import numpy as np
from numpy.typing import NDArray

from planner.access.glance import surely_allowed
from planner.access.ledger import REASONS
from planner.access.of_stations import lasting_of
from planner.access.status import FAULTY
from planner.model.plan import Rejected, Rejection
from planner.model.station import Station
from planner.search.trip import Trip

MOST_LISTED = 500
"""Rejected stations listed in an answer; the counts are complete."""

STAY_S = 1800.0
"""Stay for which a station that the trip passes is judged."""

F64 = NDArray[np.float64]
Ints = NDArray[np.intp]


def detour_limit_s(trip: Trip) -> float:
    """Extra driving time within which stations are looked at: 15 minutes and a tenth of the way."""
    return 900.0 + 0.1 * sum(sweep.direct_s for sweep in trip.sweeps)


def usable_on_the_way(trip: Trip) -> bool:
    """Say whether any station within the detour would do when the trip passes by."""
    near = trip.usable[trip.least_detour_s[trip.usable] <= detour_limit_s(trip)]
    rows = zip(near.tolist(), _passing(trip, near).tolist(), strict=True)
    return any(_refused_at(trip, station, arrival) is None for station, arrival in rows)


def reject(trip: Trip, most_listed: int = MOST_LISTED) -> Rejected:
    """List what was left out, judged at the moment at which the trip would pass by.

    A station is rejected if none of its EVSEs would do; the reason told is that of the EVSE that
    came nearest to being accepted. The counts are complete, however few are listed.
    """
    snapshot, limit_s = trip.world.snapshot, detour_limit_s(trip)
    node, _ = trip.world.station_nodes
    detour = trip.least_detour_s[: node.size]
    inside = np.flatnonzero((detour <= limit_s) & (node >= 0))
    lasting = lasting_of(trip.chargers)
    near = inside[~lasting.unseen[inside]]
    reasons = lasting.reason[near]
    shut = set(trip.mission.exclude_stations)
    left_out = np.zeros(near.size, np.bool_)
    if shut:
        left_out[:] = [snapshot.stations[number].id in shut for number in near.tolist()]
    asked = _ask(trip, near[~left_out & (reasons == 0)])
    refused = {number: told for number, told in asked.items() if told is not None}
    standing = ~left_out & (reasons > 0)
    rejected = near[left_out | standing | np.isin(near, list(refused))]
    counts = Counter(told[0] for told in refused.values())
    numbers = np.bincount(reasons[standing])
    counts.update({REASONS[code]: int(n) for code, n in enumerate(numbers) if n})
    counts["excluded"] = int(left_out.sum())
    excluded = set(near[left_out].tolist())
    listed: list[Rejection] = []
    for number in rejected[np.argsort(detour[rejected], kind="stable")[:most_listed]].tolist():
        reason = int(lasting.reason[number])
        if number in excluded:
            told = ("excluded", "left out as the request asks")
        else:
            told = refused.get(number) or (REASONS[reason], "")
        detail = told[1] or _detail(trip, number, reason)
        listed.append(_rejection(snapshot.stations[number], told[0], detail))
    return Rejected(
        counts=dict(sorted((+counts).items(), key=lambda item: (-item[1], item[0]))),
        stations=tuple(listed),
        truncated=rejected.size > len(listed),
        detour_s=limit_s,
        unseen=inside.size - near.size,
    )


def _ask(trip: Trip, stations: Ints) -> dict[int, tuple[str, str] | None]:
    """Ask why stations that lasting facts allow would not do when the trip passes.

    Most would for certain, and are not asked.
    """
    passing = _passing(trip, stations)
    doubtful = np.flatnonzero(~surely_allowed(trip.chargers, stations, passing, passing + STAY_S))
    rows = zip(stations[doubtful].tolist(), passing[doubtful].tolist(), strict=True)
    return {number: _refused_at(trip, number, arrival) for number, arrival in rows}


def _rejection(station: Station, reason: str, detail: str) -> Rejection:
    return Rejection(
        station_id=station.id,
        name=station.title,
        location=station.location,
        reason=reason,
        detail=detail,
    )


def _detail(trip: Trip, station: int, reason: int) -> str:
    snapshot = trip.world.snapshot
    for evse in range(int(snapshot.first[station]), int(snapshot.first[station + 1])):
        if int(trip.chargers.reason[evse]) == reason:
            return trip.chargers.detail(evse)
    return ""


def _passing(trip: Trip, stations: Ints) -> F64:
    """When the trip would pass some stations, driving straight on, on the nearest leg to each."""
    arrival, best = np.full(stations.size, np.inf), np.full(stations.size, np.inf)
    start = trip.mission.departure
    for number, sweep in enumerate(trip.sweeps):
        if number > 0:
            start += trip.sweeps[number - 1].direct_s + trip.mission.waypoints[number].service_s
        detour_s = sweep.detour_s(stations)
        nearer = detour_s < best
        arrival[nearer] = start + sweep.after_s[stations[nearer]]
        best = np.minimum(best, detour_s)
    return arrival


def _refused_at(trip: Trip, station: int, arrival: float) -> tuple[str, str] | None:
    """Why no EVSE of a station would do at a moment, or None if one would."""
    refused = trip.chargers.station_refusal_at(station, arrival, arrival + STAY_S)
    return refused if refused is not None else _down(trip, station)


def _down(trip: Trip, station: int) -> tuple[str, str] | None:
    """Say that every EVSE that might do was down when last told, or None if one was not."""
    snapshot, refused = trip.world.snapshot, None
    for evse in range(int(snapshot.first[station]), int(snapshot.first[station + 1])):
        if int(trip.chargers.reason[evse]) != 0:
            continue
        status = snapshot.status_word(evse)
        if status not in FAULTY:
            return None
        refused = (f"status_{status.lower()}", f"{status} is the last word of it")
    return refused
