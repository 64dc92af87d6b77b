"""How far a vehicle is on its plan: what the plan says of where it stands, and the way left."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from planner.model.fleet import Hold
from planner.model.geo import EARTH_RADIUS_M, LonLat, distance_m
from planner.model.mission import Mission, Waypoint
from planner.model.plan import ChargingStop, Leg, Plan
from planner.verify.driving import replay
from planner.verify.scene import Scene
from planner.world import World

OFF_WAY_M = 500.0
"""Farther from the planned way than this a vehicle has left it."""

AT_STOP_M = 150.0
"""Nearer to a planned stop than this, while it is due there, a vehicle is at it."""

SAME_PLACE_M = 1.0


@dataclass(frozen=True, slots=True)
class Milestone:
    """What a leg ends at: a stop of the plan, or else a waypoint of the mission; by number."""

    leg: int
    stop: int | None
    waypoint: int | None


@dataclass(frozen=True, slots=True)
class Position:
    """A point of a plan: what it says of the charge (0 to 1) and the time (UTC epoch seconds).

    ``leg`` is the one being driven, or the last one driven by whoever stands at ``stop``.
    """

    leg: int
    soc: float
    at: float
    stop: int | None = None


def milestones(plan: Plan) -> Iterator[Milestone]:
    """Tell of each leg what it ends at."""
    stop, waypoint = 0, 1
    for number, leg in enumerate(plan.legs):
        if stop < len(plan.charging_stops) and _meets(leg, plan.charging_stops[stop]):
            yield Milestone(number, stop, None)
            stop += 1
        else:
            yield Milestone(number, None, waypoint)
            waypoint += 1


def _meets(leg: Leg, stop: ChargingStop) -> bool:
    near = distance_m(leg.end, stop.location) <= SAME_PLACE_M
    return near and abs(leg.arrival - stop.arrival) <= 1.0


def waypoints_left(plan: Plan, leg: int) -> tuple[Waypoint, ...]:
    """List the waypoints that are not visited before a leg."""
    visited = [m.waypoint for m in milestones(plan) if m.leg < leg and m.waypoint is not None]
    return plan.mission.waypoints[max(visited, default=0) + 1 :]


def locate(world: World, plan: Plan, here: LonLat, at: float) -> Position | None:
    """Find a vehicle on its plan; None where it has left the planned way.

    Of several points of the way nearby (it may lead there and back) it is the one that is due
    nearest to ``at``.
    """
    for milestone in milestones(plan):
        if milestone.stop is not None:
            stop = plan.charging_stops[milestone.stop]
            due = stop.arrival <= at <= stop.departure
            if due and distance_m(here, stop.location) <= AT_STOP_M:
                return Position(milestone.leg, stop.soc_arrival, at, milestone.stop)
    found = [p for n, leg in enumerate(plan.legs) for p in _on_leg(world, plan, n, leg, here, at)]
    return min(found, key=lambda p: (abs(p.at - at), p.leg), default=None)


def _on_leg(
    world: World, plan: Plan, number: int, leg: Leg, here: LonLat, at: float
) -> Iterator[Position]:
    """Find the points of a leg nearby, of each pass the nearest, with what the plan says there."""
    there = world.during(plan.mission.departure, plan.mission.avoid)
    path = np.asarray(leg.path, dtype=np.int64)
    if path.size == 0:
        if distance_m(here, leg.start) <= OFF_WAY_M:
            yield Position(number, leg.soc_start, min(max(at, leg.departure), leg.arrival))
        return
    off_m, share = _nearest(there, path, here)
    inside = np.flatnonzero(off_m <= OFF_WAY_M)
    if inside.size == 0:
        return
    soc, moment = _profile(there, plan, leg, path)
    for run in np.split(inside, np.flatnonzero(np.diff(inside) > 1) + 1):
        edge = int(run[np.argmin(off_m[run])])
        part = float(share[edge])
        yield Position(
            number,
            float(soc[edge] + part * (soc[edge + 1] - soc[edge])),
            float(moment[edge] + part * (moment[edge + 1] - moment[edge])),
        )


def _nearest(
    world: World, path: NDArray[np.int64], here: LonLat
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Give each edge's distance from a point in metres, and the share of it that lies before.

    Both have the shape (edges,). On a plane that touches the Earth at the point: exact enough for
    some hundred metres around it.
    """
    off_m, share = np.empty(path.size), np.empty(path.size)
    scale = np.radians(1.0) * EARTH_RADIUS_M * np.array([np.cos(np.radians(here.lat)), 1.0])
    for number, edge in enumerate(path):
        line = (world.region.geometry(int(edge)) - np.array([here.lon, here.lat])) * scale
        begin, along = line[:-1], np.diff(line, axis=0)
        length_m = np.hypot(along[:, 0], along[:, 1])
        with np.errstate(invalid="ignore", divide="ignore"):
            at = np.nan_to_num(-(begin * along).sum(axis=1) / (length_m * length_m))
        foot = begin + np.clip(at, 0.0, 1.0)[:, None] * along
        apart_m = np.hypot(foot[:, 0], foot[:, 1])
        best = int(np.argmin(apart_m))
        off_m[number] = apart_m[best]
        driven_m = length_m[:best].sum() + np.clip(at[best], 0.0, 1.0) * length_m[best]
        share[number] = driven_m / max(float(length_m.sum()), 1e-9)
    return off_m, share


def _profile(
    world: World, plan: Plan, leg: Leg, path: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Give charge and time where the edges of a leg begin and the last ends, shape (edges + 1,)."""
    full_kwh = plan.mission.vehicle.usable_kwh
    drive = replay(Scene(world, plan.mission, plan.world), leg)
    charge_kwh = leg.soc_start * full_kwh
    soc = np.empty(path.size + 1)
    pieces = zip(drive.quantile_kwh[:-1], drive.inside_kwh[:-1], strict=True)
    for number, (taken_kwh, inside_kwh) in enumerate(pieces):
        charge_kwh = min(charge_kwh - float(taken_kwh), full_kwh - float(inside_kwh))
        soc[number] = charge_kwh / full_kwh
    lasts_s = np.asarray(world.region.duration_s[path], np.float64)
    passed = np.concatenate(([0.0], np.cumsum(lasts_s))) / max(float(lasts_s.sum()), 1e-9)
    return soc, leg.departure + passed * (leg.arrival - leg.departure)


def next_place(plan: Plan, now: float) -> tuple[Position, Waypoint] | None:
    """Say where a vehicle that keeps to its plan is next, and with what; None once it is there.

    Who drives is next at the end of the leg; who charges has charged as planned.
    """
    if now <= plan.mission.departure:
        start = plan.mission.waypoints[0]
        return Position(0, plan.mission.soc, plan.mission.departure), start
    for milestone in milestones(plan):
        leg = plan.legs[milestone.leg]
        if milestone.stop is not None:
            stop = plan.charging_stops[milestone.stop]
            here = Waypoint(location=stop.location, name=stop.station_name)
            if now <= leg.arrival:
                return Position(milestone.leg + 1, stop.soc_arrival, stop.arrival), here
            if now <= stop.departure:
                return Position(milestone.leg + 1, stop.soc_departure, stop.departure), here
        elif now <= leg.arrival and milestone.leg + 1 < len(plan.legs):
            assert milestone.waypoint is not None
            here = plan.mission.waypoints[milestone.waypoint]
            leaves = plan.legs[milestone.leg + 1].departure
            return Position(milestone.leg + 1, leg.soc_end, leaves), here
    return None


def mission_on(
    plan: Plan,
    here: Waypoint,
    position: Position,
    *,
    now: float,
    taken: tuple[Hold, ...],
    said: str,
) -> Mission:
    """Make the mission of the way that is left, from a place, charge and moment."""
    former = plan.mission
    start = replace(here, service_s=0.0, arrive_after=None, arrive_before=None)
    return replace(
        former,
        waypoints=(start, *waypoints_left(plan, position.leg)),
        departure=max(position.at, now),
        now=now,
        soc=min(max(position.soc, 0.0), 1.0),
        taken=taken,
        policy=None if former.policy is None else replace(former.policy, only_preferred=False),
        alternatives=0,
        assumed=(said,),
    )
