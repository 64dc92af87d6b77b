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
from planner.search.corridor import least_detour_s
from planner.search.setup import Trip

MOST_LISTED = 500
"""Rejected stations listed in an answer; the counts are complete."""

STAY_S = 1800.0
"""Stay for which a station that the trip passes is judged."""

F64 = NDArray[np.float64]


def detour_limit_s(trip: Trip) -> float:
    """Extra driving time within which stations are looked at: 15 minutes and a tenth of the way."""
    return 900.0 + 0.1 * sum(sweep.direct_s for sweep in trip.sweeps)


def usable_on_the_way(trip: Trip) -> bool:
    """Say whether any station within the detour would do when the trip passes by."""
    detour = least_detour_s(trip.sweeps)[trip.usable]
    near = trip.usable[detour <= detour_limit_s(trip)]
    passing = _passing(trip)
    return any(_refused_at(trip, int(s), float(passing[s])) is None for s in near)


def reject(trip: Trip, most_listed: int = MOST_LISTED) -> Rejected:
    """List what was left out, judged at the moment at which the trip would pass by.

    A station is rejected if none of its EVSEs would do; the reason told is that of the EVSE that
    came nearest to being accepted. The counts are complete, however few are listed.
    """
    snapshot = trip.world.snapshot
    limit_s = detour_limit_s(trip)
    node, _ = trip.world.station_nodes
    detour = np.where(node >= 0, least_detour_s(trip.sweeps)[: node.size], np.inf)
    inside = detour <= limit_s
    lasting = lasting_of(trip.chargers)
    unseen, reasons = lasting.unseen, lasting.reason
    passing = _passing(trip)
    shut = set(trip.mission.exclude_stations)
    left_out = np.zeros(node.size, np.bool_)
    if shut:
        left_out[:] = [station.id in shut for station in snapshot.stations]
    near = inside & ~unseen
    fine = np.zeros(node.size, np.bool_)
    open_to_us = np.flatnonzero(near & (reasons == 0))
    moments = passing[open_to_us]
    fine[open_to_us] = surely_allowed(trip.chargers, open_to_us, moments, moments + STAY_S)
    asked = _ask(trip, np.flatnonzero(near & ~left_out & ~fine & (reasons == 0)), passing)
    fine[[number for number, refused in asked.items() if refused is None]] = True
    numbers = np.flatnonzero(near & (left_out | ~fine))
    found = reasons[numbers[~left_out[numbers]]]
    counts = Counter(refused[0] for refused in asked.values() if refused is not None)
    counts.update({REASONS[code]: int(n) for code, n in enumerate(np.bincount(found)) if code})
    counts["excluded"] = int(left_out[numbers].sum())
    listed: list[Rejection] = []
    for number in numbers[np.argsort(detour[numbers], kind="stable")[:most_listed]].tolist():
        reason = int(reasons[number])
        if left_out[number]:
            told = ("excluded", "left out as the request asks")
        else:
            told = asked.get(number) or (REASONS[reason], "")
        detail = told[1] or _detail(trip, number, reason)
        listed.append(_rejection(snapshot.stations[number], told[0], detail))
    return Rejected(
        counts=dict(sorted((+counts).items(), key=lambda item: (-item[1], item[0]))),
        stations=tuple(listed),
        truncated=numbers.size > len(listed),
        detour_s=limit_s,
        unseen=int(np.count_nonzero(inside & unseen)),
    )


def _ask(trip: Trip, numbers: NDArray[np.intp], passing: F64) -> dict[int, tuple[str, str] | None]:
    """Ask of stations that lasting facts allow why they would not do when the trip passes."""
    return {
        number: _refused_at(trip, number, float(passing[number])) for number in numbers.tolist()
    }


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


def _passing(trip: Trip) -> F64:
    """When the trip would pass each place, driving straight on, on its nearest leg."""
    arrival = np.full(trip.sweeps[0].after_s.size, np.inf)
    best = np.full(arrival.size, np.inf)
    start = trip.mission.departure
    for number, sweep in enumerate(trip.sweeps):
        if number > 0:
            start += trip.sweeps[number - 1].direct_s + trip.mission.waypoints[number].service_s
        nearer = sweep.detour_s < best
        arrival[nearer] = start + sweep.after_s[nearer]
        best = np.minimum(best, sweep.detour_s)
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
