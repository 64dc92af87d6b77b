"""Random trips without any roads: places in a plane with heights, posts that charge ever slower."""

import random
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from planner.energy.charging import ChargingCurve
from planner.legs.nearest import Around, Counts, First, nearest_first
from planner.legs.rows import Row
from planner.search.problem import (
    ALWAYS,
    STOP_OVERHEAD_S,
    Arrival,
    Bounds,
    Call,
    Choice,
    Problem,
    Via,
)
from tests.oracle.brute_force import GridProblem

STEP_KWH = 0.5
DEPARTURE = 1_000_000.0
NEVER = 1e12
PACES = ((20.0, 50.0, 240.0), (40.0, 90.0, 300.0), (60.0, 61.0, 400.0), (150.0, 300.0, 900.0))
"""Seconds for a kWh before, between and after the kinks of a curve."""


@dataclass
class FakeRows:
    """Legs from matrices."""

    rows: dict[tuple[int, int], Row]

    def row(self, place: int, kind: int) -> Row:
        return self.rows[place, kind]

    def to(self, place: int, targets: NDArray[np.intp]) -> list[Row]:
        rows = (row for (start, _), row in sorted(self.rows.items()) if start == place)
        return [Row(*(getattr(row, name)[targets] for name in Row.__slots__)) for row in rows]

    def lift_kwh(self, place: int, targets: NDArray[np.intp]) -> NDArray[np.float64]:
        """Say of each leg that it takes a little less than it does."""
        return np.min([row.net_kwh - 1.0 for row in self.to(place, targets)], axis=0)


FEW = 2
"""Neighbours told first, few enough for others to be asked for."""


@dataclass
class FakeHavens:
    """All other stations."""

    legs: FakeRows
    stations: int
    capacity_kwh: float

    def around(self, place: int) -> Around:
        others = np.flatnonzero(np.arange(self.stations) != place)
        return nearest_first(self.legs.to(place, others), others, self.capacity_kwh)

    def least_needed(self, place: int, own: NDArray[np.intp], counts: Counts) -> float:
        """Go through all of them."""
        around = self.around(place)
        usable = counts(around.place) & ~np.isin(around.place, own)
        return float(around.needs_kwh[usable].min(initial=np.inf))

    def first_around(self, place: int) -> First:
        around = self.around(place)
        few = min(FEW, around.place.size)
        complete = around.needs_kwh[few] if few < around.place.size else np.inf
        return First(around.part(np.arange(few)), float(complete))


@dataclass
class FakeDoors:
    """Posts that open at all hours, but for those that are shut within a period."""

    curves: list[ChargingCurve]
    per_kwh: list[float]
    per_stop: list[float]
    shut: dict[int, tuple[float, float]] = field(default_factory=dict)

    def choices(self, place: int, *, spare: bool) -> tuple[Choice, ...]:
        del spare
        periods = ALWAYS
        if place in self.shut:
            begin, end = self.shut[place]
            periods = ((-np.inf, begin), (end, np.inf))
        per_kwh, per_stop = self.per_kwh[place], self.per_stop[place]
        return (Choice(place, self.curves[place], periods, per_kwh, 0.0, per_stop),)

    def allows(self, evse: int, arrival: float, departure: float, *, spare: bool) -> bool:
        del spare
        return self.is_open(evse, arrival, departure)

    def is_open(self, place: int, arrival: float, departure: float) -> bool:
        begin, end = self.shut.get(place, (NEVER, NEVER))
        return departure <= begin or arrival >= end


@dataclass
class FakeSites:
    """Which stations fail together, by a matrix."""

    same: NDArray[np.bool_]

    def near(self, place: int) -> NDArray[np.intp]:
        return np.flatnonzero(self.same[place, : len(self.same)])


@dataclass
class Case:
    """One trip as the search sees it and as the oracle does."""

    problem: Problem
    grid: GridProblem
    root: Arrival


def make_case(
    seed: int,
    *,
    vias: int = 2,
    kinds: int = 1,
    late: bool = False,
    waits: bool = False,
    money: bool = False,
    shut: bool = False,
    most_stations: int = 6,
) -> Case:
    """Make the trip of that seed.

    ``late`` sets latest arrivals, ``waits`` earliest ones, ``money`` prices, ``shut`` closings
    (which the oracle does not know).
    """
    rng = random.Random(seed)
    stations = rng.randint(1, most_stations)
    places = stations + vias
    full = rng.randint(40, 120)
    reserve_kwh = rng.choice((0.0, 5.0))
    time_s, steps = _drives(rng, places, kinds, full)
    curves = [_curve(rng, full, reserve_kwh) for _ in range(stations)]
    same = np.eye(places, dtype=np.bool_)
    if stations > 2 and rng.random() < 0.3:
        same[0, 1] = same[1, 0] = True
    service = tuple(rng.choice((0.0, 900.0)) for _ in range(vias))
    after = tuple(rng.uniform(0, 4e4) if waits and rng.random() < 0.7 else 0.0 for _ in range(vias))
    before = tuple(
        rng.uniform(1e4, 6e4) if late and rng.random() < 0.7 else np.inf for _ in range(vias)
    )
    weights = (1.0, rng.choice((300.0, 3000.0))) if money else (1.0, 0.0)
    doors = FakeDoors(
        curves,
        [rng.uniform(0.0, 0.8) for _ in curves],
        [rng.choice((0.0, 1.0)) for _ in curves],
        {s: _period(rng) for s in range(stations) if shut and rng.random() < 0.7},
    )
    start, end = rng.randint(full // 4, full), rng.randint(0, full // 3)
    way = tuple(range(stations, places))
    legs = FakeRows(_rows(time_s, steps, full))
    problem = Problem(
        legs=legs,
        kinds=kinds,
        stations=stations,
        vias=tuple(
            Via(
                place,
                service[number],
                DEPARTURE + after[number] if after[number] else None,
                DEPARTURE + before[number] if np.isfinite(before[number]) else None,
            )
            for number, place in enumerate(way)
        ),
        doors=doors,
        sites=FakeSites(same[:stations, :stations]),
        candidate=np.ones(stations, np.bool_),
        havens=FakeHavens(legs, stations, full * STEP_KWH),
        operator=("X",) * stations,
        power_kw=np.full(stations, 50.0),
        bounds=_bounds(time_s, steps, way, service, curves),
        capacity_kwh=full * STEP_KWH,
        start_kwh=start * STEP_KWH,
        end_kwh=end * STEP_KWH,
        departure=DEPARTURE,
        seconds_weight=weights[0],
        money_weight=weights[1],
    )
    grid = GridProblem(
        time_s=time_s,
        steps=steps,
        charging_s=np.array(
            [
                np.interp(reserve_kwh + np.arange(full + 1) * STEP_KWH, c.energy_kwh, c.time_s)
                for c in curves
            ]
        ),
        vias=way,
        service_s=(0.0, *service[1:]),
        after=after,
        before=before,
        same_site=same,
        full=full,
        start=start,
        end=end,
        overhead_s=STOP_OVERHEAD_S,
        stop_cost=np.array(doors.per_stop) * weights[1],
        step_cost=np.array(doors.per_kwh) * weights[1] * STEP_KWH,
    )
    root = Arrival(0, way[0], DEPARTURE, problem.start_kwh)
    return Case(problem, grid, root)


def _drives(
    rng: random.Random, places: int, kinds: int, full: int
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Lay places in a plane: no way round is quicker or thriftier than the straight one."""
    spots = np.array([(rng.uniform(0, 4), rng.uniform(0, 1)) for _ in range(places)])
    height = np.array([rng.choice((0, 0, rng.randint(0, full // 3))) for _ in range(places)])
    far = np.linalg.norm(spots[:, None] - spots[None], axis=2)
    rise = height[None] - height[:, None]
    reach = rng.uniform(0.4, 1.2) * full
    time_s = np.stack([far * 3600.0 * (1 + 0.25 * kind) for kind in range(kinds)])
    steps = np.stack(
        [np.ceil(far * reach * (1 - 0.25 * kind)).astype(np.int64) + rise for kind in range(kinds)]
    )
    return time_s, steps


def _curve(rng: random.Random, full: int, reserve_kwh: float) -> ChargingCurve:
    first, second = sorted(rng.sample(range(1, full), 2))
    charge = np.array([0.0, first, second, full]) * STEP_KWH
    charge[1:] += reserve_kwh
    paces = rng.choice(PACES)
    return ChargingCurve(charge, np.concatenate(([0.0], np.cumsum(np.diff(charge) * paces))))


def _period(rng: random.Random) -> tuple[float, float]:
    begin = DEPARTURE + rng.uniform(0, 2e4)
    return begin, begin + rng.uniform(1e3, 2e4)


def _rows(
    time_s: NDArray[np.float64], steps: NDArray[np.int64], full: int
) -> dict[tuple[int, int], Row]:
    kinds, places, _ = time_s.shape
    capacity = full * STEP_KWH
    rows = {}
    for kind in range(kinds):
        for place in range(places):
            net = steps[kind, place] * STEP_KWH
            rows[place, kind] = Row(
                time_s=np.where(net <= capacity, time_s[kind, place], np.inf),
                net_kwh=net,
                required_kwh=np.maximum(net, 0.0),
                cap_kwh=np.minimum(capacity - net, capacity),
            )
    return rows


def _bounds(
    time_s: NDArray[np.float64],
    steps: NDArray[np.int64],
    way: tuple[int, ...],
    service: tuple[float, ...],
    curves: list[ChargingCurve],
) -> Bounds:
    """Straight to the next waypoint and on: nothing is quicker or thriftier."""
    price = min(
        (STOP_OVERHEAD_S + c.time_between(float(a), float(b))) / (b - a)
        for c in curves
        for a in c.energy_kwh
        for b in c.energy_kwh
        if b > a
    )
    least_s = time_s.min(axis=0)
    least_kwh = steps.min(axis=0) * STEP_KWH
    least_priced = (time_s + price * steps * STEP_KWH).min(axis=0)
    stages, places = len(way) - 1, len(least_s)
    bounds = np.zeros((3, stages, places))
    later, beyond = np.zeros(3), np.zeros(stages)
    for stage in range(stages - 1, -1, -1):
        onto, here = way[stage + 1], way[stage]
        beyond[stage] = later[0]
        for row, least in enumerate((least_s, least_kwh, least_priced)):
            bounds[row, stage] = least[:, onto] + later[row]
            later[row] += least[here, onto]
        pause = service[stage] if stage else 0.0
        later[0] += pause
        later[2] += pause
    behind_s = least_s[np.array(way[:-1])]
    through = np.ones(places, np.bool_)
    return Bounds(bounds[0], bounds[1], bounds[2], beyond, price, behind_s, through, 1e-3)


def replay(case: Case, calls: tuple[Call, ...]) -> float:
    """Drive and charge as the search says, by rules of its own; return what the trip costs."""
    problem = case.problem
    assert isinstance(problem.doors, FakeDoors)
    time, charge, money, stage = DEPARTURE, problem.start_kwh, 0.0, 0
    assert calls[0].place == problem.vias[0].place
    for before, call in pairwise(calls):
        row = problem.legs.row(before.place, call.kind)
        assert charge >= row.required_kwh[call.place] - 1e-6
        assert before.place >= problem.stations or call.place not in problem.sites.near(
            before.place
        )
        charge = min(charge - row.net_kwh[call.place], row.cap_kwh[call.place])
        time += row.time_s[call.place]
        assert abs(call.charge - charge) < 1e-6
        assert abs(call.time - time) < 1e-3
        if call.place < problem.stations:
            curve = problem.doors.curves[call.place]
            reserve = curve.usable_kwh - problem.capacity_kwh
            assert charge - 1e-9 <= call.left_kwh <= problem.capacity_kwh + 1e-9
            time += call.waiting_s + STOP_OVERHEAD_S
            time += curve.time_between(charge + reserve, call.left_kwh + reserve)
            assert problem.doors.is_open(call.place, call.time, time)
            money += problem.doors.per_stop[call.place]
            money += problem.doors.per_kwh[call.place] * (call.left_kwh - charge)
            charge = call.left_kwh
        else:
            stage += 1
            via = problem.vias[stage]
            assert call.place == via.place
            assert via.arrive_before is None or time <= via.arrive_before + 1e-6
            if stage + 1 < len(problem.vias):
                time = max(time, via.arrive_after or time) + via.service_s
        assert call.stage == stage
        assert abs(call.departure - time) < 1e-3
    assert stage == len(problem.vias) - 1
    assert charge >= problem.end_kwh - 1e-6
    return problem.seconds_weight * (time - DEPARTURE) + problem.money_weight * money
