"""Speeding up and braking again: what a road edge, which has one speed, does not show.

A car that slows down gives back less than speeding up took. Let β (m/s²) be the energy that brakes
and recuperation take out of each kilogram on each metre of road. Then a way of length L costs
m·β·L·(1/η - r) on top of driving it steadily, for what is braked away was first drawn from the
battery at the drivetrain's efficiency η and comes back with the recuperation's r.

β falls with the road's speed: there are crossings and traffic in towns and none on motorways. It is
a + b/v between 50 and 90 km/h, and level on both sides.

Source: the speed traces of WLTC class 3b (UN GTR 15, annex 1), UDDS and HWFET (40 CFR part 86,
appendix I), cut into edges of some 500 m at the speed of the mean metre, 52 km in all. A car of
1,900 kg brakes 0.17 m/s² away up to 50 km/h, 0.12 from 50 to 75, 0.02 from 75 to 85 and 0.01 above
(``bench/energy.py``, part ``speed_changes``). Without this term the planner was 25 % short of the
UDDS of 94 cars and 6 % of their HWFET; with it 0.5 and 0.9 % above.
"""
# mypy: disallow-untyped-decorators=False
# (numba's decorators carry no types)

import numpy as np
from numba import njit
from numpy.typing import ArrayLike, NDArray

TOWN_KMH, OPEN_KMH = 50.0, 90.0
"""Up to the first, streets brake a car as much as in town; from the second on, as on motorways."""

TOWN_M_S2, OPEN_M_S2 = 0.17, 0.015
"""Braking β on these roads, m/s²."""

PER_SPEED = (TOWN_M_S2 - OPEN_M_S2) / (1.0 / TOWN_KMH - 1.0 / OPEN_KMH)
CONSTANT = TOWN_M_S2 - PER_SPEED / TOWN_KMH
"""Between them β = `CONSTANT` + `PER_SPEED` / v, v in km/h: sums of length and of length / v along
a road hold it exactly, see `planner.energy.features`."""


def braking_m_s2(speed_kmh: ArrayLike) -> NDArray[np.float64]:
    """Energy braked away for each kilogram and metre of roads of these speeds (km/h), m/s².

    Never rises with speed, which the bounds of `planner.energy.share` rest on.
    """
    speed = np.asarray(speed_kmh, dtype=np.float64)
    return np.asarray(np.clip(CONSTANT + PER_SPEED / speed, OPEN_M_S2, TOWN_M_S2))


@njit(cache=True, inline="always")
def road_braking_m2_s2(length_m: float, free_s: float) -> float:
    """Return `braking_m_s2` times length of a road that takes ``free_s`` at its speed, compiled."""
    falling = CONSTANT * length_m + PER_SPEED / 3.6 * free_s
    return float(min(max(falling, OPEN_M_S2 * length_m), TOWN_M_S2 * length_m))
