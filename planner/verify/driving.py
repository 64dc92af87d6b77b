"""A leg replayed edge by edge: is it a way, how long does it take, and does the charge suffice."""

from collections.abc import Callable, Iterable, Iterator, Sequence
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


class Drives:
    """The legs of a plan driven again, all at once: one by one, most of the work is beside them.

    What is no way of this region is not driven.
    """

    def __init__(self, scene: Scene, legs: Iterable[Leg]) -> None:
        edges = len(scene.region.head)
        # Kept by what they are; a leg that is kept shares its id with no other.
        self._legs = [leg for leg in legs if _are_edges(leg.path, edges)]
        driven = replay_all(scene, self._legs)
        self._of = {id(leg): drive for leg, drive in zip(self._legs, driven, strict=True)}

    def of(self, leg: Leg) -> Drive:
        """Return what driving a leg takes."""
        return self._of[id(leg)]


def check_leg(scene: Scene, leg: Leg, where: str, drives: Drives | None = None) -> Iterator[Claim]:
    """List what does not hold of a leg by itself: its path, length, time, energy and charge."""
    broken = list(check_path(scene, leg, where))
    yield from broken
    if any(claim.where == f"{where}/path" for claim in broken):
        return
    drive = replay(scene, leg) if drives is None else drives.of(leg)
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
    if not _are_edges(leg.path, edges):
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


def _are_edges(path: Sequence[int], edges: int) -> bool:
    return not path or (min(path) >= 0 and max(path) < edges)


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
    return replay_all(scene, [leg])[0]


def replay_all(scene: Scene, legs: Sequence[Leg]) -> list[Drive]:
    """Price the pieces of legs: of each its path's edges, between the metres before and after."""
    if not legs:
        return []
    region, mission = scene.region, scene.mission
    car, day = mission.vehicle, mission.conditions
    path = np.concatenate([np.asarray(leg.path, dtype=np.int64) for leg in legs])
    last = np.cumsum([len(leg.path) + 2 for leg in legs]) - 1
    first = np.concatenate(([0], last[:-1] + 1))
    along = np.ones(int(last[-1]) + 1, np.bool_)
    along[first] = along[last] = False

    def pieces(of_edges: NDArray[np.generic], beside: F64 | float) -> F64:
        laid = np.empty(along.size)
        laid[along], laid[~along] = of_edges[path], beside
        return laid

    beside_m = np.array([(leg.approach_start_m, leg.approach_end_m) for leg in legs]).ravel()
    length_m = pieces(region.length_m, beside_m)
    speed_kmh = pieces(region.speed_kmh, APPROACH_KMH)
    legal_s = pieces(region.duration_s, beside_m / APPROACH_KMH * 3.6)
    sails = (pieces(region.flags, 0.0).astype(np.int64) & Flag.FERRY) != 0
    time_s = edge_time_s(car, day, length_m=length_m, speed_kmh=speed_kmh, duration_s=legal_s)
    climb_m, descent_m = pieces(region.climb_m, 0.0), pieces(region.descent_m, 0.0)
    ele_m = np.zeros(along.size)
    ele_m[along] = region.ele_m[region.tail[path]]

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

    quantile_kwh = piece_by_piece(edge_energy_kwh, quantile=True)
    inside_kwh = piece_by_piece(inside_energy_kwh, quantile=True)
    mean_kwh = piece_by_piece(edge_energy_kwh, quantile=False)
    duration_s = np.where(sails, legal_s, time_s)
    return [
        Drive(
            quantile_kwh=quantile_kwh[part],
            inside_kwh=inside_kwh[part],
            mean_kwh=float(mean_kwh[part].sum()),
            distance_m=float(length_m[part].sum()),
            duration_s=float(duration_s[part].sum()),
        )
        for part in (slice(a, b + 1) for a, b in zip(first.tolist(), last.tolist(), strict=True))
    ]


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
