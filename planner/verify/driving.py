"""A leg replayed edge by edge: is it a way, how long does it take, and does the charge suffice."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planner.energy.consumption import edge_energy_kwh, edge_time_s, inside_energy_kwh
from planner.model.geo import LonLat
from planner.model.plan import Claim, Leg
from planner.roads.graph import Flag
from planner.roads.snap import APPROACH_DETOUR, APPROACH_KMH
from planner.verify.scene import KWH, METRES, SECONDS, SOC, Scene, agree

F64 = NDArray[np.float64]

Energy = Callable[..., F64]
"""`edge_energy_kwh`, or what is asked for inside an edge."""


@dataclass(frozen=True, slots=True)
class Drive:
    """What driving a leg takes: piece by piece from the battery (95 % quantile), and in sums.

    ``inside_kwh`` bounds what any stretch inside each piece takes.
    """

    quantile_kwh: F64
    inside_kwh: F64
    mean_kwh: float
    distance_m: float
    duration_s: float


def check_leg(scene: Scene, leg: Leg, where: str) -> Iterator[Claim]:
    """List what does not hold of a leg by itself: its path, length, time, energy and charge."""
    broken = list(check_path(scene, leg, where))
    yield from broken
    if any(claim.where == f"{where}/path" for claim in broken):
        return
    drive = replay(scene, leg)
    yield from check_sums(leg, drive, where)
    yield from check_charge(scene, leg, drive, where)


def check_path(scene: Scene, leg: Leg, where: str) -> Iterator[Claim]:
    """Check that the edges follow each other from the start's node to the end's."""
    region, edges = scene.region, len(scene.region.head)
    for end, place, node, approach_m in (
        ("start", leg.start, leg.start_node, leg.approach_start_m),
        ("end", leg.end, leg.end_node, leg.approach_end_m),
    ):
        yield from _check_end(scene, place, node, approach_m, f"{where}/{end}", where)
    if any(not 0 <= edge < edges for edge in leg.path):
        yield Claim("path", f"{where}/path", f"an edge is none of the region's {edges} edges")
        return
    path = np.asarray(leg.path, dtype=np.int64)
    nodes = np.concatenate(([leg.start_node], region.head[path]))
    tails = np.concatenate((region.tail[path], [leg.end_node]))
    gaps = np.flatnonzero(nodes != tails)
    if len(gaps):
        at = int(gaps[0])
        detail = f"at edge {at} the way is at node {nodes[at]} and goes on from node {tails[at]}"
        yield Claim("path", f"{where}/path", detail)


def _check_end(
    scene: Scene, place: LonLat, node: int, approach_m: float, where: str, leg: str
) -> Iterator[Claim]:
    snap = scene.snap(place)
    if snap is None:
        yield Claim("path", where, "the place is off the road network")
        return
    begins = where.endswith("/start")
    wanted = int(scene.region.leaves_from[snap.node]) if begins else snap.node
    if wanted != node:
        what = "drives from there begin at" if begins else "the nearest road node is"
        yield Claim("path", f"{where}_node", f"{what} {wanted}, not {node}")
    driven_m = snap.distance_m * APPROACH_DETOUR
    if not agree(approach_m, driven_m, METRES):
        name = where.removeprefix(f"{leg}/")
        detail = f"{driven_m:.1f} m lie between the place and its node, not {approach_m:.1f} m"
        yield Claim("path", f"{leg}/approach_{name}_m", detail)


def replay(scene: Scene, leg: Leg) -> Drive:
    """Price the path's edges, and the metres before and after them, for this car and day."""
    region, mission = scene.region, scene.mission
    path = np.asarray(leg.path, dtype=np.int64)
    car, day = mission.vehicle, mission.conditions
    before_m, after_m = leg.approach_start_m, leg.approach_end_m
    length_m = _between(before_m, region.length_m[path], after_m)
    speed_kmh = _between(APPROACH_KMH, region.speed_kmh[path], APPROACH_KMH)
    legal_s = _between(
        before_m / APPROACH_KMH * 3.6, region.duration_s[path], after_m / APPROACH_KMH * 3.6
    )
    sails = _between(0.0, (region.flags[path] & Flag.FERRY) != 0, 0.0) != 0.0
    time_s = edge_time_s(car, day, length_m=length_m, speed_kmh=speed_kmh, duration_s=legal_s)
    climb_m = _between(0.0, region.climb_m[path], 0.0)
    descent_m = _between(0.0, region.descent_m[path], 0.0)
    ele_m = _between(0.0, region.ele_m[region.tail[path]], 0.0)

    def piece_by_piece(energy: Energy, *, quantile: bool) -> F64:
        driven = energy(
            car,
            day,
            length_m=length_m,
            speed_kmh=speed_kmh,
            climb_m=climb_m,
            descent_m=descent_m,
            ele_m=ele_m,
            quantile=quantile,
        )
        return np.where(sails, 0.0, driven)

    return Drive(
        quantile_kwh=piece_by_piece(edge_energy_kwh, quantile=True),
        inside_kwh=piece_by_piece(inside_energy_kwh, quantile=True),
        mean_kwh=float(piece_by_piece(edge_energy_kwh, quantile=False).sum()),
        distance_m=float(length_m.sum()),
        duration_s=float(np.where(sails, legal_s, time_s).sum()),
    )


def _between(before: float, along: NDArray[np.generic], after: float) -> F64:
    """Put what is said of the path's edges between what is said of both approaches."""
    return np.concatenate(([before], along, [after]), dtype=np.float64)


def check_sums(leg: Leg, drive: Drive, where: str) -> Iterator[Claim]:
    """Check length, driving time and energies against the sums over the path."""
    energy_kwh = float(drive.quantile_kwh.sum())
    for kind, name, claimed, derived, within in (
        ("path", "distance_m", leg.distance_m, drive.distance_m, METRES),
        ("time", "arrival", leg.duration_s, drive.duration_s, SECONDS),
        ("energy", "energy_kwh", leg.energy_kwh, energy_kwh, KWH),
        ("energy", "energy_mean_kwh", leg.energy_mean_kwh, drive.mean_kwh, KWH),
    ):
        if not agree(claimed, derived, within):
            what = "the drive takes" if name == "arrival" else "the path sums up to"
            detail = f"{what} {derived:.6f}, not {claimed:.6f}"
            yield Claim(kind, f"{where}/{name}", detail)


def check_charge(scene: Scene, leg: Leg, drive: Drive, where: str) -> Iterator[Claim]:
    """Check the charge all along the leg: never below the reserve, never above full."""
    full_kwh = scene.mission.vehicle.usable_kwh
    charge_kwh = least_kwh = leg.soc_start * full_kwh
    pieces = zip(drive.quantile_kwh.tolist(), drive.inside_kwh.tolist(), strict=True)
    for taken_kwh, inside_kwh in pieces:
        least_kwh = min(least_kwh, charge_kwh - inside_kwh)
        charge_kwh = min(charge_kwh - taken_kwh, full_kwh - inside_kwh)
    reserve = scene.mission.reserve_soc
    if not least_kwh / full_kwh >= reserve - SOC:
        detail = f"the charge falls to {least_kwh / full_kwh:.4f}, below the reserve {reserve:.4f}"
        yield Claim("reserve", where, detail)
    if not leg.soc_start <= 1.0 + SOC:
        yield Claim("energy", f"{where}/soc_start", f"{leg.soc_start:.4f} is more than full")
    if not agree(leg.soc_end, charge_kwh / full_kwh, SOC):
        detail = f"the leg ends with {charge_kwh / full_kwh:.6f}, not {leg.soc_end:.6f}"
        yield Claim("energy", f"{where}/soc_end", detail)
