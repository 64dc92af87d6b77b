"""Random small trips for the exact search, made to be awkward: sparse legs, dips, caps, hours."""

from dataclasses import dataclass

import numpy as np

from planner.search.core.legs import LegTable
from planner.search.core.problem import (
    ALWAYS,
    Curve,
    Offer,
    OfferTable,
    Problem,
    Start,
    Waypoint,
)

HORIZON = 160.0


@dataclass(frozen=True)
class Recipe:
    """What a random trip is made of.

    ``lattice`` makes all charges whole numbers, ``hours`` gives windows to places, ``prices`` lets
    charging cost money.
    """

    stations: tuple[int, int] = (0, 8)
    waypoints: tuple[int, int] = (2, 4)
    lattice: bool = True
    hours: bool = False
    prices: bool = False
    density: float = 0.55


def make_problem(seed: int, recipe: Recipe) -> Problem:
    """Make one; the same seed and recipe make the same one."""
    rng = np.random.default_rng(seed)
    stations = int(rng.integers(recipe.stations[0], recipe.stations[1] + 1))
    waypoints = int(rng.integers(recipe.waypoints[0], recipe.waypoints[1] + 1))
    full = int(rng.integers(8, 15))
    reserve = int(rng.integers(0, 3))
    legs = _legs(rng, recipe, stations, waypoints, full)
    offers = _offers(rng, recipe, stations, full)
    floor = np.where(
        rng.random((waypoints, stations + waypoints)) < 0.25,
        rng.integers(0, full, (waypoints, stations + waypoints)),
        0,
    ).astype(float)
    floor[rng.random(floor.shape) < 0.05] = np.inf
    floor[:, stations:] = 0.0
    return Problem(
        legs=legs,
        offers=OfferTable(tuple(offers), stations),
        waypoints=tuple(_waypoint(rng, recipe, number) for number in range(waypoints)),
        start=Start(float(rng.integers(min(reserve + 2, full), full + 1))),
        end_kwh=float(rng.integers(0, full // 2)),
        reserve_kwh=float(reserve),
        floor_kwh=floor if rng.random() < 0.6 else None,
        time_weight=float(rng.choice((0.5, 1.0, 3.0))) if recipe.prices else 1.0,
    )


def _legs(rng, recipe: Recipe, stations: int, waypoints: int, full: int) -> LegTable:
    places = stations + waypoints
    tail, head, kind = np.meshgrid(
        np.arange(places), np.arange(places), np.arange(2), indexing="ij"
    )
    chance = recipe.density * np.where(kind == 0, 1.0, 0.6)
    drawn = (rng.random(kind.shape) < chance) & (tail != head)
    tail, head, kind = tail[drawn], head[drawn], kind[drawn]
    net = rng.integers(-2, full + 1, tail.size) - 2.0 * kind
    net = np.maximum(net, -3.0)
    time = 1.0 + 2.0 * np.maximum(net, 0.0) + rng.random(tail.size) * 6.0 + 5.0 * kind
    required = np.maximum(net, 0.0) + np.where(
        rng.random(tail.size) < 0.3, rng.integers(0, 4, tail.size), 0
    )
    cap = full - np.where(rng.random(tail.size) < 0.3, rng.integers(0, 5, tail.size), 0.0)
    cap = np.maximum(cap, 0.0)
    if not recipe.lattice:
        net = net + rng.random(tail.size) * (net > 0)
        required = np.maximum(required, net) + rng.random(tail.size)
        cap = np.maximum(cap - rng.random(tail.size), 0.0)
    return LegTable.sparse(places, tail, head, time, net, required, cap)


def _curve(rng, recipe: Recipe, full: int) -> Curve:
    top = full if rng.random() < 0.8 else full - 2
    inner = np.unique(rng.integers(1, top, int(rng.integers(0, 4))))
    energy = np.concatenate(([0.0], inner, [top])).astype(float)
    if not recipe.lattice:
        energy[1:-1] += rng.random(energy.size - 2) * 0.9
    pace = rng.choice((0.3, 0.7, 1.5, 4.0), energy.size - 1)
    if rng.random() < 0.4:
        pace.sort()
    return Curve(energy, np.concatenate(([0.0], np.cumsum(np.diff(energy) * pace))))


def _windows(rng, recipe: Recipe):
    if not recipe.hours or rng.random() < 0.4:
        return ALWAYS
    opens = np.sort(rng.uniform(-20.0, 0.7 * HORIZON, int(rng.integers(1, 3))))
    spans = rng.uniform(4.0, 40.0, opens.size)
    if opens.size > 1:
        spans[0] = min(spans[0], opens[1] - opens[0])
    return tuple(zip(opens.tolist(), (opens + spans).tolist(), strict=True))


def _offers(rng, recipe: Recipe, stations: int, full: int) -> list[Offer]:
    curves = [_curve(rng, recipe, full) for _ in range(3)]
    offers = []
    for station in range(stations):
        for _ in range(1 + (rng.random() < 0.2)):
            priced = recipe.prices and rng.random() < 0.8
            offers.append(
                Offer(
                    station=station,
                    curve=curves[int(rng.integers(3))],
                    overhead_s=float(rng.choice((0.0, 0.5, 3.0))),
                    per_stop=float(rng.choice((0.0, 2.0))) if priced else 0.0,
                    per_kwh=float(rng.choice((0.0, 0.5, 3.0))) if priced else 0.0,
                    per_s=float(rng.choice((0.0, 0.4))) if priced else 0.0,
                    windows=_windows(rng, recipe),
                    waits_outside=bool(rng.random() < 0.7),
                )
            )
    return offers


def _waypoint(rng, recipe: Recipe, number: int) -> Waypoint:
    service = float(rng.choice((0.0, 2.0)))
    if not recipe.hours:
        return Waypoint(service)
    opens = float(rng.uniform(0.0, 40.0 * number)) if rng.random() < 0.4 and number else -np.inf
    closes = max(opens, 0.0) + float(rng.uniform(10.0, 80.0)) if rng.random() < 0.4 else HORIZON
    return Waypoint(service, opens, closes if number else np.inf)
