"""Figures of a road that bound what any car uses on it: sums along the way, whatever the car.

By band of speed stand the sums of length, length / v, and length times 1, v, v² and the air's
pressure over that at the sea; by steepness of falling the heights lost and the same sums. In them
the energy of any mass, drag area, rolling coefficient, temperature, wind and load is linear but
for three things, each of which is bounded from below: braking, where ``max(0, sum) <= sum of
max(0, ...)`` within a group; a cap within a band, where min(v, cap) is above its chord; and a
tailwind, where the square is convex. So with a cap at the end of a band and no tailwind all but
braking is exact.

With η the drivetrain, r the recuperation, G the weight, R resistance, q caution, and A the work of
auxiliaries and changes of speed, which the knots of `planner.energy.speed_changes` make exact too:
``E = (1 + q)·(R/η + A) + G·rise/η + (1/η - r)·sum of max(0, G·d - b·R)``, see
`planner.energy.consumption`.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from planner.energy.climate import GAS_CONSTANT_DRY_AIR, air_density_kg_m3
from planner.energy.consumption import GRAVITY_M_S2, JOULE_PER_KWH
from planner.energy.edge import CarTerms
from planner.energy.speed_changes import (
    CONSTANT,
    OPEN_KMH,
    OPEN_M_S2,
    PER_SPEED,
    TOWN_KMH,
    TOWN_M_S2,
)

F64 = NDArray[np.float64]

BANDS_KMH = (0.0, 50.0, 70.0, 90.0, 100.0, 110.0, 120.0, 130.0, 360.0)
"""Ends of the bands of speed: the caps that drivers choose, and a speed that no road has."""

LEVEL_M_S2 = np.where(np.array(BANDS_KMH[:-1]) < TOWN_KMH, TOWN_M_S2, OPEN_M_S2)
BETWEEN = (np.array(BANDS_KMH[:-1]) >= TOWN_KMH) & (np.array(BANDS_KMH[1:]) <= OPEN_KMH)
"""Braking in the bands where it is level, and the bands where it falls with speed."""

FALLS = (0.0, 0.015, 0.02, 0.03, 0.04, 0.06, 0.1)
"""Where the groups of steepness begin: a car brakes from some 2 % at 90 km/h on."""

_BAND_SUMS = 5  # length, length / v, and by pressure: length, length * v, length * v²
_FALL_SUMS = 5  # height lost, length, and by pressure: length, length * v, length * v²
_BANDS = len(BANDS_KMH) - 1
_RISE = _BANDS * _BAND_SUMS + len(FALLS) * _FALL_SUMS
_EXTRA = _RISE + 1

FEATURES = _EXTRA + 1
"""Number of figures of a road; the last two are metres of rise and seconds of standing."""

_SEA_PA = 101325.0
_SHORTEST_M = 0.01


def path_features(
    *,
    length_m: ArrayLike,
    speed_kmh: ArrayLike,
    duration_s: ArrayLike,
    climb_m: ArrayLike,
    descent_m: ArrayLike,
    ele_m: ArrayLike,
    on_deck: ArrayLike,
) -> F64:
    """Sum up the figures of edges that follow each other, float64[FEATURES].

    Arrays are of shape (edges,); ``ele_m`` is the height of each edge's start, ``on_deck`` marks
    ferries. What roads have in common may be added up: features of a leg are those of its parts.
    """
    driven = ~np.asarray(on_deck, np.bool_)
    length, speed, duration, climb, descent, height = (
        np.asarray(values, np.float64)
        for values in (length_m, speed_kmh, duration_s, climb_m, descent_m, ele_m)
    )
    v = speed / 3.6
    at_20 = 273.15 + 20.0
    pressure = air_density_kg_m3(20.0, height) * (GAS_CONSTANT_DRY_AIR * at_20 / _SEA_PA)
    found = np.zeros(FEATURES)
    band = np.searchsorted(BANDS_KMH, speed, side="right") - 1
    sums = (length, length / v, length * pressure, length * pressure * v, length * pressure * v**2)
    _add(found[: _BANDS * _BAND_SUMS].reshape(_BANDS, _BAND_SUMS), band, sums, driven)
    heights = climb + descent
    falling = np.divide(descent, heights, out=np.zeros_like(heights), where=heights > 0.0)
    slope = heights / np.maximum(length, _SHORTEST_M)
    group = np.searchsorted(FALLS, slope, side="right") - 1
    falls = (descent, *(falling * column for column in (sums[0], *sums[2:])))
    _add(found[_BANDS * _BAND_SUMS : _RISE].reshape(-1, _FALL_SUMS), group, falls, driven)
    found[_RISE] = (climb - descent)[driven].sum()
    standing = np.where(driven, np.maximum(0.0, duration - length / v), duration)
    found[_EXTRA] = standing.sum()
    return found


def floor_time_s(features: F64, car: CarTerms) -> F64:
    """Seconds of roads for a car, from below; exact where its cap is the end of a band."""
    bands, _ = _split(features)
    return np.asarray(_rolling_s(bands, car).sum(axis=-1) + features[..., _EXTRA])


def floor_energy_kwh(features: F64, car: CarTerms) -> F64:
    """Energy of roads for a car from below, kWh; shapes (..., FEATURES) and (...)."""
    bands, falls = _split(features)
    drag = _SEA_PA / car.gas_j_kg * car.half_drag_m2
    air = _air_squared(bands, car).sum(axis=-1)
    resistance_j = car.rolling_n * bands[..., 0].sum(axis=-1) + drag * air
    even_j = car.auxiliary_w * _rolling_s(bands, car).sum(axis=-1) + _changing_j(bands, car)
    level_j = (1.0 + car.careful) * (car.motor * resistance_j + even_j)
    wind, top = car.headwind_m_s, max(0.0, min(car.top_kmh, BANDS_KMH[-1]) / 3.6 + car.headwind_m_s)
    lost_m, length, even, linear, square = np.moveaxis(falls, -1, 0)
    most_air = np.minimum(square + 2.0 * wind * linear + wind**2 * even, top**2 * even)
    held_j = car.rolling_n * length + drag * np.maximum(most_air, 0.0)
    braked_j = np.maximum(0.0, car.weight_n * lost_m - held_j).sum(axis=-1)
    rise_j = car.motor * car.weight_n * features[..., _RISE]
    return np.asarray((level_j + rise_j + (car.motor - car.brake) * braked_j) / JOULE_PER_KWH)


def _add(
    into: F64, group: NDArray[np.intp], sums: tuple[F64, ...], driven: NDArray[np.bool_]
) -> None:
    for column, values in enumerate(sums):
        np.add.at(into[:, column], group[driven], values[driven])


def _split(features: F64) -> tuple[F64, F64]:
    shape = features.shape[:-1]
    return (
        features[..., : _BANDS * _BAND_SUMS].reshape(*shape, _BANDS, _BAND_SUMS),
        features[..., _BANDS * _BAND_SUMS : _RISE].reshape(*shape, len(FALLS), _FALL_SUMS),
    )


def _rolling_s(bands: F64, car: CarTerms) -> F64:
    """Seconds of rolling in each band: no edge is quicker than its speed, nor than the cap."""
    length, free_s = bands[..., 0], bands[..., 1]
    capped_s = length / (car.top_kmh / 3.6)
    high = np.array(BANDS_KMH[1:])
    return np.where(car.top_kmh >= high, free_s, np.maximum(free_s, capped_s))


def _changing_j(bands: F64, car: CarTerms) -> F64:
    """Work that speeding up and braking cost: linear in length and length / v in each band."""
    constant, per_speed = (
        np.where(BETWEEN, middle, level)
        for middle, level in ((CONSTANT, LEVEL_M_S2), (PER_SPEED / 3.6, 0.0))
    )
    braked = (bands[..., 0] * constant + bands[..., 1] * per_speed).sum(axis=-1)
    return np.asarray(car.weight_n / GRAVITY_M_S2 * (car.motor - car.brake) * braked)


def _air_squared(bands: F64, car: CarTerms) -> F64:
    """Sum length · pressure · max(0, v + wind)² in each band, from below."""
    even, linear, square = bands[..., 2], bands[..., 3], bands[..., 4]
    low, high = np.array(BANDS_KMH[:-1]) / 3.6, np.array(BANDS_KMH[1:]) / 3.6
    top, wind = car.top_kmh / 3.6, car.headwind_m_s
    mean = np.divide(linear, even, out=np.zeros_like(even), where=even > 0.0)
    share = np.clip((min(top, high[-1]) - low) / (high - low), 0.0, 1.0)
    chord = np.where(top <= low, top, low + (mean - low) * share)
    convex = even * np.maximum(0.0, chord + wind) ** 2
    plain = square + 2.0 * wind * linear + wind**2 * even
    return np.where((top >= high) & (low + wind >= 0.0), plain, convex)
