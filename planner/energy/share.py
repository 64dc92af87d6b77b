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

from dataclasses import dataclass

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
        least, most_ref = _resistance(car, low, pressure), _resistance(reference, high, pressure)
        least_ref = _resistance(reference, low, pressure)
        flat = (1.0 + car.careful) * (car.motor * least + _even(car, high))
        flat_ref = (1.0 + reference.careful) * (reference.motor * most_ref + _even(reference, low))
        shares.append(float(np.min(flat / flat_ref)))
        if not terrain.hilly:
            continue
        falling = flat - loss * np.maximum(weight * most_ref, 2.0 * least - weight * least_ref)
        shares.append(float(np.min(falling / (flat_ref - loss_ref * most_ref))))
    return max(0.0, min(shares))


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
