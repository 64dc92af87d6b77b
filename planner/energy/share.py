"""How much of one car's energy another car uses on any road, at least.

So that a region prepared for a few reference cars bounds what any car must use. Compared is the
energy less a height potential p = (1/η + r)/2 · G, which is nowhere negative. With R the
resistance, A the work of auxiliaries and changes of speed, q the share of caution, G the weight,
k = (1/η - r)/2, c and d the heights climbed and lost and b = d/(c + d),
`planner.energy.consumption` says of an edge

    E = (1 + q)·(R/η + A) - k·b·R + k·G·c + k·|G·d - b·R| .

Let the car have u times the reference's resistance and s times its weight. From
|s·x - u·y| >= s·|x - y| - |s - u|·y with x = G·d and y = b·R of the reference follows: E of the car
is at least a times E of the reference if a·k_ref <= k·s, and if, level with level, at b = 0 and
b = 1 (in between all is linear)

    a·(level_ref - b·k_ref·R_ref) <= level - b·k·(R + |s·R_ref - R|) .

Both sides are compared over cells of speed, in the thinnest and the densest air of the region: what
rises with speed is taken from the end of the cell that makes the bound hold for all of it. Where no
edge climbs or falls (a region without heights), only the level at b = 0 is left.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from planner.energy.consumption import GRAVITY_M_S2
from planner.energy.edge import CarTerms, pressure_pa
from planner.energy.speed_changes import braking_m_s2

F64 = NDArray[np.float64]

CELLS = 4_000


@dataclass(frozen=True, slots=True)
class Terrain:
    """What the edges of a region may be: bounds of their speeds and heights above the sea.

    Where it is not ``hilly``, none climbs or falls.
    """

    slowest_kmh: float = 5.0
    fastest_kmh: float = 150.0
    lowest_m: float = -500.0
    highest_m: float = 9000.0
    hilly: bool = True


ANYWHERE = Terrain()


def least_share(car: CarTerms, reference: CarTerms, terrain: Terrain = ANYWHERE) -> float:
    """Return a >= 0: the car's reduced energy is at least a times the reference's on any edge.

    The car may be capped in speed where the reference is not; where it is the other way round the
    share still holds, but the reference's time is no bound. Wind may be the car's only.
    """
    edges_kmh = np.geomspace(terrain.slowest_kmh, terrain.fastest_kmh, CELLS + 1)
    low, high = edges_kmh[:-1], edges_kmh[1:]
    weight = car.weight_n / reference.weight_n
    loss, loss_ref = _loss(car), _loss(reference)
    shares = [loss * weight / loss_ref] if loss_ref > 0.0 and terrain.hilly else []
    for pressure in (pressure_pa(terrain.highest_m), pressure_pa(terrain.lowest_m)):
        level, level_ref = _levels(car, reference, low, high, pressure)
        shares.append(float(np.min(level / level_ref)))
        if terrain.hilly:
            falling, falling_ref = _falling(car, reference, low, high, pressure)
            shares.append(float(np.min(falling / falling_ref)))
    return max(0.0, min(shares))


def _levels(
    car: CarTerms, reference: CarTerms, low: F64, high: F64, pressure: float
) -> tuple[F64, F64]:
    """Joules of a level metre: the car's at least and the reference's at most in each cell."""
    return _level(car, low, high, pressure), _level(reference, high, low, pressure)


def _level(car: CarTerms, air_kmh: F64, even_kmh: F64, pressure: float) -> F64:
    resistance = _resistance(car, air_kmh, pressure)
    return np.asarray((1.0 + car.careful) * (car.motor * resistance + _even(car, even_kmh)))


def _falling(
    car: CarTerms, reference: CarTerms, low: F64, high: F64, pressure: float
) -> tuple[F64, F64]:
    """Joules of a falling metre: both sides at b = 1."""
    level, level_ref = _levels(car, reference, low, high, pressure)
    weight = car.weight_n / reference.weight_n
    least, most_ref = _resistance(car, low, pressure), _resistance(reference, high, pressure)
    least_ref = _resistance(reference, low, pressure)
    braked = np.maximum(weight * most_ref, 2.0 * least - weight * least_ref)
    return level - _loss(car) * braked, level_ref - _loss(reference) * most_ref


def _loss(car: CarTerms) -> float:
    return (car.motor - car.brake) / 2.0


def _resistance(car: CarTerms, speed_kmh: F64, pressure: float) -> F64:
    air_m_s = np.maximum(0.0, np.minimum(speed_kmh, car.top_kmh) / 3.6 + car.headwind_m_s)
    density = pressure / car.gas_j_kg
    return np.asarray(car.rolling_n + density * car.half_drag_m2 * air_m_s**2)


def _even(car: CarTerms, speed_kmh: F64) -> F64:
    """Work of auxiliaries and changes of speed for each metre; never rises with speed."""
    auxiliary_j = car.auxiliary_w / (np.minimum(speed_kmh, car.top_kmh) / 3.6)
    swing_loss = car.weight_n / GRAVITY_M_S2 * (car.motor - car.brake)
    return np.asarray(auxiliary_j + swing_loss * braking_m_s2(speed_kmh))


@dataclass(frozen=True, slots=True)
class Share:
    """A car takes at least ``of_energy`` times the reference's reduced energy less ``lost_kw``.

    That is on any edge, ``lost_kw`` (0 or more) for as long as the edge takes.
    """

    of_energy: float
    lost_kw: float


@lru_cache(maxsize=256)
def sharp_share(car: CarTerms, reference: CarTerms, terrain: Terrain = ANYWHERE) -> Share:
    """Return the share that says most of roads between 60 and 120 km/h.

    What is known of slow roads is given up for it: with T the time of an edge,
    ``E >= a * E_ref - l * T`` is asked for as `least_share` asks for it with l = 0. The greatest a
    for each l is the least of lines in l, so what the right side comes to at `USUAL_KMH` is concave
    in l, and its greatest is found by a golden section. Whatever l is taken, a fits it.
    """
    edges_kmh = np.geomspace(terrain.slowest_kmh, terrain.fastest_kmh, CELLS + 1)
    low, high = edges_kmh[:-1], edges_kmh[1:]
    weight = car.weight_n / reference.weight_n
    loss, loss_ref = _loss(car), _loss(reference)
    ours, theirs = [], []
    for pressure in (pressure_pa(terrain.highest_m), pressure_pa(terrain.lowest_m)):
        sides = [_levels(car, reference, low, high, pressure)]
        if terrain.hilly:
            sides.append(_falling(car, reference, low, high, pressure))
        ours += [side[0] for side in sides]
        theirs += [side[1] for side in sides]
    least, steep = np.concatenate(ours), np.concatenate(theirs)
    seconds = np.tile(3.6 / high, len(ours))
    most = loss * weight / loss_ref if loss_ref > 0.0 and terrain.hilly else np.inf

    def share_at(lost_w: float) -> float:
        return min(most, float(((least + lost_w * seconds) / steep).min()))

    usual, air = np.array(USUAL_KMH), pressure_pa(terrain.lowest_m)
    own = _level(car, usual, usual, air)
    gain = float(np.sum(_level(reference, usual, usual, air) / own))
    cost = float(np.sum(3.6 / usual / own))
    lost_w = _greatest(lambda lost_w: share_at(lost_w) * gain - lost_w * cost, MOST_LOST_W)
    return Share(max(share_at(lost_w) * (1.0 - ROUNDING), 0.0), lost_w / 1000.0)


def _greatest(worth: Callable[[float], float], most: float) -> float:
    """Find where a concave function is greatest between 0 and ``most``."""
    low, high, part = 0.0, most, (5.0**0.5 - 1.0) / 2.0
    for _ in range(40):
        left, right = high - part * (high - low), low + part * (high - low)
        if worth(left) < worth(right):
            low = left
        else:
            high = right
    return (low + high) / 2.0


USUAL_KMH = (60.0, 90.0, 110.0, 120.0)

MOST_LOST_W = 30_000.0
"""More than that no car's energy is below the reference's, for any time that counts."""

ROUNDING = 1e-9
