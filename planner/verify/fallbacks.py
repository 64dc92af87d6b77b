"""The promise behind a stop: another place to go to, the charge for it, and a trip from there."""

from collections.abc import Iterator

from planner.model.geo import distance_m
from planner.model.plan import ChargingStop, Claim, Fallback
from planner.model.station import Station
from planner.verify.access import shared_causes
from planner.verify.closures import check_open
from planner.verify.driving import Drives, check_leg
from planner.verify.scene import SECONDS, SOC, Scene, agree
from planner.verify.trips import (
    Step,
    Trip,
    check_chain,
    check_stop,
    check_windows,
    delay_s,
    lateness_s,
    trip_after,
    walk,
)

SAME_SITE_M = 300.0
"""What lies nearer than this is one site: what closes one may close the other. Source: design."""


def check_trip(scene: Scene, trip: Trip, drives: Drives) -> Iterator[Claim]:
    """List what does not hold of a trip, its stops, and the trips that their failures lead to.

    ``drives`` are those of all its legs, with the legs of those other trips.
    """
    steps = list(walk(scene, trip))
    yield from check_chain(scene, trip, steps)
    for where, leg in trip.legs:
        yield from check_leg(scene, leg, where, drives)
        yield from check_open(scene, leg, where)
    is_fallback = bool(trip.failed)
    for where, stop in trip.stops:
        yield from check_stop(scene, stop, where, slack_s=trip.slack_s, is_fallback=is_fallback)
        yield from _check_sites(scene, trip, stop, where)
    kept = not is_fallback or scene.mission.guarantee.windows
    yield from check_windows(steps, kept=kept, slack_s=trip.slack_s)
    for step in steps:
        if step.stop is not None:
            yield from check_floor(scene, trip, step, drives)


def check_floor(scene: Scene, trip: Trip, step: Step, drives: Drives) -> Iterator[Claim]:
    """Check a stop's floor, and each fallback with all that follows from it."""
    assert step.stop is not None
    where, stop = step.stop
    if not stop.floor_soc >= scene.mission.reserve_soc - SOC:
        detail = f"the floor {stop.floor_soc:.4f} lies below the reserve"
        yield Claim("floor", f"{where}/floor_soc", detail)
    if not stop.soc_arrival >= stop.floor_soc - SOC:
        detail = f"one arrives with {stop.soc_arrival:.4f}, below the floor {stop.floor_soc:.4f}"
        yield Claim("floor", f"{where}/floor_soc", detail)
    if trip.order >= 1 and not stop.fallbacks:
        yield Claim("fallback", f"{where}/fallbacks", "there is nowhere to go if this stop fails")
    if stop.fallbacks:
        yield from _check_decision(stop, where)
    station = scene.station(stop.station_id)
    if station is None:
        return
    for number, fallback in enumerate(stop.fallbacks):
        place = f"{where}/fallbacks/{number}"
        after = trip_after(trip, step, station, fallback, place)
        yield from check_trip(scene, after, drives)
        yield from _check_told(scene, after, stop, fallback, place)


def _check_sites(scene: Scene, trip: Trip, stop: ChargingStop, where: str) -> Iterator[Claim]:
    """Check that a trip after a failure keeps away from all sites that failed."""
    station = scene.station(stop.station_id)
    for failed in trip.failed if station is not None else ():
        assert station is not None
        if is_same_site(station, failed):
            detail = f"{station.id} is at the site of {failed.id}, which has failed"
            yield Claim("fallback", f"{where}/station_id", detail)


def is_same_site(one: Station, other: Station) -> bool:
    """Say whether two stations stand at one site."""
    return one.id == other.id or distance_m(one.location, other.location) <= SAME_SITE_M


def _check_decision(stop: ChargingStop, where: str) -> Iterator[Claim]:
    """Check the last moment to choose the fallback: while one is there."""
    decide = stop.decide_by
    if decide is None or not stop.arrival - SECONDS <= decide <= stop.departure + SECONDS:
        yield Claim("fallback", f"{where}/decide_by", "it does not lie within the stay")


def _check_told(
    scene: Scene, after: Trip, stop: ChargingStop, fallback: Fallback, where: str
) -> Iterator[Claim]:
    """Check what is told of a fallback: arrival, lateness, and what it shares with the stop."""
    steps = list(walk(scene, after))
    arrival = steps[-1].leg.arrival
    if not agree(fallback.arrival, arrival, SECONDS):
        detail = f"one arrives {arrival - fallback.arrival:+.1f} s off what is said"
        yield Claim("time", f"{where}/arrival", detail)
    delayed = arrival + delay_s(steps, after.slack_s)
    latest = arrival + after.slack_s
    if not delayed - SECONDS <= fallback.latest_arrival <= latest + SECONDS:
        detail = f"failing at the last moment, one arrives {delayed - arrival:.1f} s later"
        yield Claim("time", f"{where}/latest_arrival", detail)
    late_s = lateness_s(steps, after.slack_s)
    if not agree(fallback.lateness_s, late_s, SECONDS):
        detail = f"windows are missed by {late_s:.1f} s, not {fallback.lateness_s:.1f} s"
        yield Claim("window", f"{where}/lateness_s", detail)
    missing = [
        c for c in shared_causes(scene, stop, fallback.stop) if c not in fallback.common_causes
    ]
    if missing:
        detail = f"stop and fallback also share {', '.join(missing)}"
        yield Claim("common_cause", f"{where}/common_causes", detail)
