"""When a stop fails: which one, what is kept of it, and the mission from there."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from planner.access.evidence import CARD_DIGEST
from planner.errors import InputError
from planner.model.geo import LonLat, distance_m
from planner.model.mission import Mission, Waypoint
from planner.model.plan import ChargingStop, Leg, Plan
from planner.ocpi.charge_reading import contract_digest
from planner.ocpi.ids import normalise_evse_id
from planner.store.evidence import Knowledge
from planner.store.snapshot import DriverReport, TokenEvidence

SAME_PLACE_M = 1.0
SOURCE = "driver"


@dataclass(frozen=True, slots=True)
class FailedStop:
    """A stop of a plan: where it is, which waypoints come after it, what has failed by then."""

    stop: ChargingStop
    waypoints: tuple[Waypoint, ...]
    failed: tuple[str, ...]


def find_stop(plan: Plan, evse: str, now: float) -> FailedStop | None:
    """Find the stop, fallback, or stop after a fallback at an EVSE, by its id or uid.

    Stops of the trip itself count before fallbacks. Of several (a trip there and back may stop
    twice at one post) it is the first that is not over by ``now``, else the last.
    """
    wanted = normalise_evse_id(evse)

    def is_there(stop: ChargingStop) -> bool:
        named = stop.evse_id is not None and normalise_evse_id(stop.evse_id) == wanted
        return named or stop.evse_uid == evse

    found = [candidate for candidate in _stops(plan) if is_there(candidate.stop)]
    own = [candidate for candidate in found if not candidate.failed] or found
    ahead = [candidate for candidate in own if candidate.stop.departure >= now]
    return next(iter(ahead), own[-1] if own else None)


def _stops(plan: Plan) -> Iterator[FailedStop]:
    waypoints = plan.mission.waypoints[1:]
    for found in _along(plan.legs, plan.charging_stops, waypoints, ()):
        yield found
        for fallback in found.stop.fallbacks:
            gone = (found.stop.station_id,)
            yield FailedStop(fallback.stop, found.waypoints, gone)
            yield from _along(fallback.onward_legs, fallback.onward_stops, found.waypoints, gone)


def _along(
    legs: tuple[Leg, ...],
    stops: tuple[ChargingStop, ...],
    waypoints: tuple[Waypoint, ...],
    failed: tuple[str, ...],
) -> Iterator[FailedStop]:
    """Walk a drive: each leg ends at the next stop or at the next waypoint."""
    ahead = list(stops)
    left = waypoints
    for leg in legs:
        if ahead and _meets(leg, ahead[0]):
            yield FailedStop(ahead.pop(0), left, failed)
        else:
            left = left[1:]


def _meets(leg: Leg, stop: ChargingStop) -> bool:
    near = distance_m(leg.end, stop.location) <= SAME_PLACE_M
    return near and leg.arrival <= stop.arrival + 1.0


def can_have_been_at(plan: Plan, stop: ChargingStop, now: float) -> bool:
    """Whether the driver can have been at a stop by ``now``: nobody is there in half the time."""
    begins = plan.mission.departure
    return now >= begins + (stop.arrival - begins) / 2


def record(knowledge: Knowledge, plan: Plan, stop: ChargingStop, outcome: str, now: float) -> None:
    """Keep what the driver said as evidence: of the token, or of the EVSE."""
    if outcome in ("ok", "refused"):
        token = plan.mission.wallet.tokens[stop.token] if stop.token >= 0 else None
        evidence = TokenEvidence(
            token=CARD_DIGEST if token is None else token.digest,
            contract="" if token is None else contract_digest(token.contract_id),
            station_id=stop.station_id,
            evse_uid=stop.evse_uid,
            party=stop.party,
            kind="succeeded" if outcome == "ok" else "refused",
            value="",
            at=now,
            until=None,
            source=SOURCE,
        )
        knowledge.add_token_evidence([evidence])
    if outcome != "refused":
        report = DriverReport(
            station_id=stop.station_id, evse_uid=stop.evse_uid, outcome=outcome, at=now
        )
        knowledge.add_reports([report])


def mission_from(
    plan: Plan,
    failed: FailedStop,
    *,
    now: float,
    at: float | None = None,
    soc: float | None = None,
) -> Mission:
    """Make the mission from a failed stop: one failure fewer to survive, that station left out.

    Parameters
    ----------
    now : float
        The clock, UTC epoch seconds.
    at, soc : float, optional
        When the driver stands there and with which charge, if other than planned. A driver who is
        early is taken to be there at the planned time.

    Raises
    ------
    InputError
        If ``at`` lies before the trip begins.
    """
    former = plan.mission
    stop = failed.stop
    if at is not None and at < former.departure:
        raise InputError("lies before the trip begins", place="/at")
    moment = max(now, stop.arrival) if at is None else max(at, now)
    charge = stop.soc_arrival if soc is None else soc
    excluded = dict.fromkeys((*former.exclude_stations, *failed.failed, stop.station_id))
    order = max(former.guarantee.fallbacks - 1 - len(failed.failed), 0)
    here = Waypoint(location=LonLat(*stop.location), name=stop.station_name)
    return replace(
        former,
        waypoints=(here, *failed.waypoints),
        departure=moment,
        now=now,
        soc=min(max(charge, 0.0), 1.0),
        guarantee=replace(former.guarantee, fallbacks=order),
        exclude_stations=tuple(excluded),
        alternatives=0,
        assumed=(
            f"the start: {stop.station_name}, which failed",
            f"fallbacks {former.guarantee.fallbacks} as before if they can be had, else {order}",
        ),
    )
