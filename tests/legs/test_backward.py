"""What is left of a trip at least, against Dijkstra over all legs between stations."""

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as rules
from hypothesis import strategies as st

from planner.energy.share import sharp_share
from planner.legs.backward import Sought
from planner.legs.bounds import RoadBounds
from planner.legs.car import CarLegs
from planner.legs.potentials import Potentials
from planner.legs.profiles import REFERENCES, terrain_of
from planner.legs.rests import STOPS, LeastRests, Rests
from planner.model.vehicle import Conditions, Vehicle
from tests.legs.test_car import KINDS, SEEDS, legs_of
from tests.legs.test_edges import CARS, DAYS

STATIONS, WAYPOINTS = 11, 3
PLACES = np.arange(STATIONS + WAYPOINTS)
SERVICE_S = np.array([0.0, 400.0, 0.0])


@dataclass(frozen=True)
class Case:
    """A trip over three waypoints; ``near`` are two stations at one site."""

    legs: CarLegs
    kind: int
    price: float
    stop_s: np.ndarray
    start_kwh: float
    margin_s: float
    near: tuple[int, int] = (2, 3)

    def rests(self) -> Rests | None:
        return LeastRests(self.legs, self.kind, self.sought(), self.potentials()).find(SERVICE_S)

    def sought(self) -> Sought:
        point_m = np.arange(3.0 * STATIONS).reshape(STATIONS, 3) * 1e5
        point_m[self.near[1]] = point_m[self.near[0]] + 10.0
        car, ele_m = self.legs.car, self.legs.car.graph.ele_m.astype(np.float64)
        places, lift = self.legs.places, self.legs.car.height_kwh_per_m
        return Sought(
            place=PLACES,
            point_m=point_m,
            apart_m=50.0,
            stop_s=self.stop_s,
            behind_s=np.stack([self._priced(place, inward=False) for place in (11, 12)]),
            up_kwh=lift * ele_m[places.arrive],
            down_kwh=lift * ele_m[places.depart] + car.allowance_kwh,
            price_s_per_kwh=self.price,
            capacity_kwh=self.legs.capacity_kwh,
            start_kwh=self.start_kwh,
            margin_s=self.margin_s,
        )

    def potentials(self) -> Potentials:
        bounds, ends = RoadBounds(self.legs), (12, 13)
        floors = [bounds.to(place, self.price) for place in ends]
        return Potentials(
            np.stack([each.time_s for each in floors]),
            np.stack([each.energy_kwh for each in floors]),
            np.stack([self._priced(place, inward=True) for place in ends]),
            np.stack([bounds.time_from(place) for place in (11, 12)]),
            np.ones(PLACES.size, np.bool_),
            2.0 * self.legs.car.allowance_kwh,
        )

    def _priced(self, place: int, *, inward: bool) -> np.ndarray:
        graph = self.legs.car.graph
        sharp = sharp_share(self.legs.car.terms, REFERENCES[0].terms, terrain_of(graph))
        return RoadBounds(self.legs).sharply_priced(place, self.price, sharp, inward=inward)

    def truth(self) -> np.ndarray:
        """Least rest of each place in each stage, by repeating until nothing changes."""
        rows = [self.legs.to(int(place), (self.kind,), PLACES)[0] for place in PLACES]
        cost = np.stack([row.time_s + self.price * row.net_kwh for row in rows])
        needs = np.stack([row.required_kwh for row in rows])
        cost[PLACES, PLACES] = cost[self.near] = cost[self.near[::-1]] = np.inf
        cost[11, needs[11] > self.start_kwh] = np.inf
        rest = np.full((WAYPOINTS, PLACES.size), np.inf)
        rest[2, 13] = 0.0
        for stage in (1, 0):
            goal = 12 + stage
            rest[stage, goal] = rest[stage + 1, goal] + SERVICE_S[stage + 1]
            begins = np.append(np.arange(STATIONS), 11 + stage)
            stop_s = np.append(self.stop_s, 0.0)
            for _ in PLACES:
                ahead = np.where(goal == PLACES, rest[stage, goal], rest[stage])
                ahead[[11, 12, 13]] = np.where(
                    np.array([11, 12, 13]) == goal, rest[stage, goal], np.inf
                )
                found = (cost[begins] + ahead).min(axis=1) + stop_s
                rest[stage, begins] = np.minimum(rest[stage, begins], found)
            rest[stage, goal] = np.inf
        return rest[:2]


@rules(max_examples=60, deadline=None)
@given(
    seed=SEEDS,
    car=CARS,
    day=DAYS,
    kind=st.sampled_from(KINDS),
    price=st.floats(0.0, 60.0),
    capacity_kwh=st.floats(4.0, 40.0),
    start=st.floats(0.2, 1.0),
    margin_s=st.sampled_from((0.0, 600.0, 1e9)),
    stops=st.lists(st.floats(0.0, 900.0), min_size=STATIONS, max_size=STATIONS),
)
def test_no_rest_is_less_and_what_is_near_the_best_trip_is_exact(
    seed: int,
    car: Vehicle,
    day: Conditions,
    kind: int,
    price: float,
    capacity_kwh: float,
    start: float,
    margin_s: float,
    stops: list[float],
) -> None:
    legs = legs_of(seed, car, day, capacity_kwh=capacity_kwh, apart_m=300.0)
    case = Case(legs, kind, price, np.array(stops), start * capacity_kwh, margin_s)
    truth, rests = case.truth(), case.rests()
    if rests is None:
        assert np.isinf(truth[0, 11])
        return
    rounded_s = 2.0 * STOPS * price * legs.car.allowance_kwh + 1e-6
    assert (rests.least_s <= truth + 1e-6).all()
    assert rests.least_s[0, 11] >= truth[0, 11] - 2.0 * rounded_s
    if margin_s == 1e9 and np.isfinite(truth).any():
        known = np.isfinite(truth[1, : STATIONS + 1])
        told = rests.least_s[1, : STATIONS + 1]
        assert told[known] == pytest.approx(truth[1, : STATIONS + 1][known], abs=rounded_s)


def test_the_legs_that_were_driven_are_those_of_a_row() -> None:
    own = REFERENCES[0]
    legs = legs_of(1, own.vehicle, own.conditions, capacity_kwh=15.0)
    rests = Case(legs, 1, 35.0, np.full(STATIONS, 200.0), 12.0, 1e9).rests()
    assert rests is not None
    driven = 0
    for number, place in enumerate(PLACES.tolist()):
        targets, found = rests.legs_from(number)
        (row,) = legs.to(place, (1,), targets)
        driven += targets.size
        for name in ("time_s", "net_kwh", "required_kwh", "cap_kwh"):
            assert getattr(found, name).tolist() == getattr(row, name).tolist()
    assert driven > STATIONS
