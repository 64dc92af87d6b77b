"""What is left of a trip at least, as a stage asks for it, against Dijkstra over all legs."""

from types import SimpleNamespace

import numpy as np
from hypothesis import given
from hypothesis import settings as rules
from hypothesis import strategies as st

from planner.energy.charging import charging_curve
from planner.energy.share import sharp_share
from planner.legs.bounds import RoadBounds
from planner.legs.car import CarLegs, JoinedPlaces
from planner.legs.profiles import REFERENCES, terrain_of
from planner.model.vehicle import Conditions, CurvePoint, Vehicle
from planner.search.problem import STOP_OVERHEAD_S, Bounds, Via
from planner.search.rests import StationRests, least_stops_s
from tests.legs.test_backward import PLACES, SERVICE_S, STATIONS, Case
from tests.legs.test_car import KINDS, SEEDS, legs_of, roads
from tests.legs.test_edges import CARS, DAYS

BEGIN = STATIONS


def from_on_high(
    seed: int, draw: int, car: Vehicle, day: Conditions, capacity_kwh: float
) -> CarLegs:
    """Legs of a trip that begins at one of the highest places."""
    graph, legs = roads(seed), legs_of(seed, car, day, capacity_kwh=capacity_kwh)
    node = np.random.default_rng(draw).integers(0, len(graph.lon), PLACES.size)
    node[BEGIN] = int(np.argsort(graph.ele_m)[-1 - draw % 6])
    places = JoinedPlaces.at(graph, node.astype(np.int32), np.zeros(PLACES.size))
    return CarLegs(legs.car, places, capacity_kwh)


def hold(legs: CarLegs, car: Vehicle, kind: int, price: float, *, split: bool) -> None:
    """Hold what a stage is told against the least over all legs."""
    graph, capacity_kwh = legs.car.graph, legs.capacity_kwh
    power_kw = np.array([11.0, 50.0, 150.0, 22.0] * 3)[:STATIONS]
    stop_s = np.maximum(least_stops_s(car, power_kw, capacity_kwh, price), 0.0)
    case = Case(legs, kind, price, stop_s, 0.8 * capacity_kwh, 600.0)
    known, truth = case.potentials(), case.truth()
    through = known.through.copy()
    through[0] = not split
    bounds = Bounds(
        known.time_s, known.energy_kwh, known.priced_s, np.zeros(2), price, known.behind_s,
        through, known.allowance_kwh,
    )  # fmt: skip
    asked = SimpleNamespace(
        bounds=bounds,
        capacity_kwh=capacity_kwh,
        start_kwh=case.start_kwh,
        end_kwh=1e9,
        power_kw=power_kw,
        vias=tuple(Via(BEGIN + n, float(stays)) for n, stays in enumerate(SERVICE_S)),
    )
    sharp = sharp_share(legs.car.terms, REFERENCES[0].terms, terrain_of(graph))
    point_m = case.sought().point_m
    rests = StationRests(legs, kind, RoadBounds(legs), PLACES, point_m, sharp, car).of(
        asked, np.arange(STATIONS)
    )
    if rests is None:
        assert np.isinf(truth[0, BEGIN])
        return
    told = np.isfinite(rests.least_s)
    assert told[0, BEGIN]
    assert (rests.least_s[told] <= truth[told] + 1e-6).all()


@rules(max_examples=40, deadline=None)
@given(
    seed=SEEDS,
    car=CARS,
    day=DAYS,
    kind=st.sampled_from(KINDS),
    price=st.floats(0.0, 60.0),
    capacity_kwh=st.floats(8.0, 40.0),
    split=st.booleans(),
)
def test_no_rest_is_more_than_what_is_left(
    seed: int,
    car: Vehicle,
    day: Conditions,
    kind: int,
    price: float,
    capacity_kwh: float,
    split: bool,
) -> None:
    legs = from_on_high(seed, seed, car, day, capacity_kwh)
    hold(legs, car, kind, price, split=split)


def test_nor_where_the_trip_begins_on_a_height_and_the_battery_is_small() -> None:
    """There a leg downhill takes less than its time, as it charges."""
    own = REFERENCES[0]
    for number in range(240):
        seed = (9, 8, 7)[number % 3]
        legs = from_on_high(seed, number, own.vehicle, own.conditions, 12.0)
        hold(legs, own.vehicle, 1, 60.0, split=number % 5 == 0)


@rules(max_examples=60, deadline=None)
@given(
    price=st.floats(0.0, 60.0),
    power_kw=st.floats(3.0, 400.0),
    reserve=st.floats(0.0, 0.2),
    powers=st.lists(st.floats(5.0, 250.0), min_size=3, max_size=5),
    part=st.floats(0.2, 1.0),
)
def test_no_stop_takes_less_at_a_post_of_less_power(
    price: float, power_kw: float, reserve: float, powers: list[float], part: float
) -> None:
    points = tuple(
        CurvePoint(soc=float(soc), power_kw=kw)
        for soc, kw in zip(np.linspace(0.0, 1.0, len(powers)), powers, strict=True)
    )
    own = REFERENCES[0].vehicle
    car = Vehicle(
        id="drawn", make="Drawn", model="car", mass_kg=own.mass_kg,
        drag_area_m2=own.drag_area_m2, rolling_coefficient=own.rolling_coefficient,
        usable_kwh=50.0, dc_curve=points,
    )  # fmt: skip
    capacity_kwh = (1.0 - reserve) * 50.0
    (least_s,) = least_stops_s(car, np.array([power_kw]), capacity_kwh, price)
    curve = charging_curve(car, power_type="DC", power_kw=part * power_kw, voltage_v=400.0)
    charges = np.linspace(50.0 - capacity_kwh, 50.0, 60)
    filled_s = np.interp(charges, curve.energy_kwh, curve.time_s)
    for begins in range(60):
        taken_s = STOP_OVERHEAD_S + filled_s[begins:] - filled_s[begins]
        worth_s = price * (charges[begins:] - charges[begins])
        assert (least_s <= taken_s - worth_s + 1e-6).all()
