"""The ledger: every station within the detour that the trip could not use, and why."""

from collections import Counter

import numpy as np
from numpy.typing import NDArray

from planner.access.glance import surely_allowed
from planner.access.ledger import REASONS
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
    unseen = _all_unseen(trip)
    reasons = _static_reasons(trip)
    counts: Counter[str] = Counter()
    listed: list[Rejection] = []
    passing = _passing(trip)
    shut = set(trip.mission.exclude_stations)
    fine = surely_allowed(trip.chargers, passing[: node.size], passing[: node.size] + STAY_S)
    fine &= reasons == 0
    left_out = np.zeros(node.size, np.bool_)
    if shut:
        left_out[:] = [station.id in shut for station in snapshot.stations]
    numbers = np.flatnonzero(inside & ~unseen & (left_out | ~fine))
    nearest = numbers[np.argsort(detour[numbers], kind="stable")]
    for number, reason in zip(nearest.tolist(), reasons[nearest].tolist(), strict=True):
        if left_out[number]:
            told = ("excluded", "left out as the request asks")
        elif reason != 0:
            told = (REASONS[reason], "")
        else:
            refused = _refused_at(trip, number, float(passing[number]))
            if refused is None:
                continue
            told = refused
        counts[told[0]] += 1
        if len(listed) < most_listed:
            detail = told[1] or _detail(trip, number, reason)
            listed.append(_rejection(snapshot.stations[number], told[0], detail))
    return Rejected(
        counts=dict(sorted(counts.items(), key=lambda item: (-item[1], item[0]))),
        stations=tuple(listed),
        truncated=sum(counts.values()) > len(listed),
        detour_s=limit_s,
        unseen=int(np.count_nonzero(inside & unseen)),
    )


def _rejection(station: Station, reason: str, detail: str) -> Rejection:
    return Rejection(
        station_id=station.id,
        name=station.title,
        location=station.location,
        reason=reason,
        detail=detail,
    )


def _all_unseen(trip: Trip) -> NDArray[np.bool_]:
    """Stations of which OCPI lets this driver see nothing."""
    snapshot = trip.world.snapshot
    seen = np.zeros(len(snapshot.stations), np.bool_)
    seen[snapshot.evse_station[~trip.chargers.unseen]] = True
    return ~seen


def _static_reasons(trip: Trip) -> NDArray[np.int64]:
    """Each station's reason: 0 if an EVSE may be used, else the one that was decided last."""
    snapshot, reason = trip.world.snapshot, trip.chargers.reason.astype(np.int64)
    count = len(snapshot.stations)
    last = np.zeros(count, np.int64)
    np.maximum.at(last, snapshot.evse_station, reason)
    usable = np.zeros(count, np.bool_)
    usable[snapshot.evse_station[reason == 0]] = True
    return np.where(usable, 0, last)


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
