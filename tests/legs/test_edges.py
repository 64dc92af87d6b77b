"""One edge priced in a kernel is what NumPy says, and references bound what other cars use."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as rules
from hypothesis import strategies as st

from planner.energy.catalogue import load_catalogue
from planner.energy.consumption import (
    edge_energy_kwh,
    edge_time_s,
    height_potential_kwh_per_m,
    inside_energy_kwh,
)
from planner.energy.edge import CarTerms, car_terms, drive_edge, inside_edge
from planner.energy.share import Terrain, least_share
from planner.legs.profiles import REFERENCES, nearest_reference
from planner.model.vehicle import Conditions, Vehicle

DRIVEN, ON_DECK = False, True

CARS = st.builds(
    Vehicle,
    id=st.just("any"),
    make=st.just("any"),
    model=st.just("any"),
    kind=st.sampled_from(["car", "motorbike"]),
    mass_kg=st.floats(200.0, 12_000.0),
    drag_area_m2=st.floats(0.2, 6.0),
    rolling_coefficient=st.floats(0.004, 0.03),
    usable_kwh=st.just(60.0),
    drivetrain_efficiency=st.floats(0.5, 1.0),
    recuperation_efficiency=st.floats(0.0, 0.95),
    auxiliary_kw=st.floats(0.0, 3.0),
    heat_pump=st.booleans(),
    energy_error=st.floats(0.0, 0.3),
    max_speed_kmh=st.none() | st.floats(45.0, 200.0),
)
DAYS = st.builds(
    Conditions,
    temperature_c=st.floats(-30.0, 45.0),
    headwind_m_s=st.floats(-20.0, 20.0),
    payload_kg=st.floats(0.0, 1500.0),
    speed_cap_kmh=st.none() | st.floats(50.0, 140.0),
)
EDGES = st.fixed_dictionaries(
    {
        "length_m": st.just(0.0) | st.floats(0.5, 30_000.0),
        "speed_kmh": st.floats(5.0, 150.0),
        "climb_m": st.just(0.0) | st.floats(0.0, 900.0),
        "descent_m": st.just(0.0) | st.floats(0.0, 900.0),
        "ele_m": st.floats(-400.0, 4000.0),
    }
)


@rules(max_examples=300, deadline=None)
@given(car=CARS, day=DAYS, edge=EDGES, delay_s=st.floats(-5.0, 60.0), quantile=st.booleans())
def test_an_edge_costs_the_same_in_a_kernel(
    car: Vehicle, day: Conditions, edge: dict[str, float], delay_s: float, quantile: bool
) -> None:
    duration_s = max(0.0, edge["length_m"] / edge["speed_kmh"] * 3.6 + delay_s)
    terms = car_terms(car, day, quantile=quantile)
    seconds, kwh = drive_edge(
        terms,
        edge["length_m"],
        edge["speed_kmh"],
        duration_s,
        edge["climb_m"],
        edge["descent_m"],
        edge["ele_m"],
        DRIVEN,
    )
    plain = {name: np.array([value]) for name, value in edge.items()}
    told_kwh = edge_energy_kwh(car, day, **plain, quantile=quantile)[0]
    told_s = edge_time_s(
        car,
        day,
        length_m=plain["length_m"],
        speed_kmh=plain["speed_kmh"],
        duration_s=np.array([duration_s]),
    )[0]
    scale = abs(told_kwh) + terms.weight_n * (edge["climb_m"] + edge["descent_m"]) / 3.6e6
    assert seconds == pytest.approx(told_s, rel=1e-12, abs=1e-9)
    assert abs(kwh - told_kwh) <= 1e-12 * scale + 1e-15


def test_on_deck_a_car_uses_nothing_and_sails_by_the_time_table() -> None:
    terms = car_terms(REFERENCES[0].vehicle, Conditions(speed_cap_kmh=50.0))
    assert drive_edge(terms, 9000.0, 30.0, 2700.0, 0.0, 0.0, 0.0, ON_DECK) == (2700.0, 0.0)


def reduced_kwh(car: Vehicle, day: Conditions, edge: dict[str, float]) -> float:
    plain = {name: np.array([value]) for name, value in edge.items()}
    used = float(edge_energy_kwh(car, day, **plain, quantile=True)[0])
    rise_m = edge["climb_m"] - edge["descent_m"]
    return used - height_potential_kwh_per_m(car, day, quantile=True) * rise_m


@rules(max_examples=400, deadline=None)
@given(car=CARS, day=DAYS, edge=EDGES, number=st.integers(0, len(REFERENCES) - 1))
def test_no_edge_takes_less_than_the_share_of_the_reference(
    car: Vehicle, day: Conditions, edge: dict[str, float], number: int
) -> None:
    reference = REFERENCES[number]
    share = least_share(car_terms(car, day), reference.terms)
    floor = share * reduced_kwh(reference.vehicle, reference.conditions, edge)
    assert reduced_kwh(car, day, edge) >= floor - 1e-9


@rules(max_examples=200, deadline=None)
@given(car=CARS, day=DAYS, edge=EDGES, number=st.integers(0, len(REFERENCES) - 1))
def test_where_nothing_climbs_a_greater_share_is_sure(
    car: Vehicle, day: Conditions, edge: dict[str, float], number: int
) -> None:
    reference, level = REFERENCES[number], edge | {"climb_m": 0.0, "descent_m": 0.0}
    height_m = edge["ele_m"]
    flat = Terrain(lowest_m=height_m, highest_m=height_m, hilly=False)
    share = least_share(car_terms(car, day), reference.terms, flat)
    assert share >= least_share(car_terms(car, day), reference.terms) - 1e-9
    floor = share * reduced_kwh(reference.vehicle, reference.conditions, level)
    assert reduced_kwh(car, day, level) >= floor - 1e-9


def test_a_reference_is_all_of_itself_and_half_of_a_car_twice_as_heavy_and_wide() -> None:
    own = REFERENCES[0]
    assert least_share(own.terms, own.terms) == pytest.approx(1.0, abs=0.02)
    twice = own.terms._replace(
        weight_n=2 * own.terms.weight_n,
        rolling_n=2 * own.terms.rolling_n,
        half_drag_m2=2 * own.terms.half_drag_m2,
        auxiliary_w=2 * own.terms.auxiliary_w,
    )
    assert least_share(twice, own.terms) == pytest.approx(2.0, abs=0.04)
    assert least_share(own.terms, twice) == pytest.approx(0.5, abs=0.01)


def test_most_of_what_cars_of_the_catalogue_take_is_sure() -> None:
    def level_kwh(terms: CarTerms) -> float:
        return drive_edge(terms, 1e5, 100.0, 3600.0, 0.0, 0.0, 0.0, DRIVEN)[1]

    cars = [car for car in load_catalogue().vehicles if car.kind == "car"]
    sure = []
    for car in cars:
        reference, share = nearest_reference(car_terms(car, Conditions()))
        sure.append(share * level_kwh(reference.terms) / level_kwh(car_terms(car, Conditions())))
    assert np.median(sure) > 0.8
    assert min(sure) > 0.6
    assert max(sure) <= 1.0


def test_the_nearest_reference_of_a_reference_is_itself() -> None:
    for reference in REFERENCES:
        loaded = replace(reference.conditions, payload_kg=10.0)
        assert nearest_reference(car_terms(reference.vehicle, loaded))[0] is reference


@rules(max_examples=300, deadline=None)
@given(car=CARS, day=DAYS, edge=EDGES)
def test_what_the_inside_of_an_edge_asks_is_one_in_kernel_and_numpy(
    car: Vehicle, day: Conditions, edge: dict[str, float]
) -> None:
    terms = car_terms(car, day)
    figures = [edge[name] for name in ("length_m", "speed_kmh", "climb_m", "descent_m", "ele_m")]
    length_m, speed_kmh, climb_m, descent_m, ele_m = figures
    _, kwh = drive_edge(terms, length_m, speed_kmh, 0.0, climb_m, descent_m, ele_m, DRIVEN)
    found = inside_edge(terms, *figures, kwh, DRIVEN)
    assert found == pytest.approx(
        float(inside_energy_kwh(car, day, **edge, quantile=True)), rel=1e-9, abs=1e-12
    )
    assert found >= max(kwh, 0.0)


@rules(max_examples=200, deadline=None)
@given(
    car=CARS,
    day=DAYS,
    speed_kmh=st.floats(5.0, 130.0),
    steps=st.lists(st.tuples(st.floats(1.0, 20.0), st.floats(-4.0, 4.0)), min_size=1, max_size=30),
)
def test_no_stretch_inside_an_edge_takes_more_than_is_said(
    car: Vehicle, day: Conditions, speed_kmh: float, steps: list[tuple[float, float]]
) -> None:
    length, rise = (np.array(column) for column in zip(*steps, strict=True))
    climb, descent = np.maximum(rise, 0.0), np.maximum(-rise, 0.0)
    shared = {"speed_kmh": speed_kmh, "ele_m": 300.0, "quantile": True}
    each = edge_energy_kwh(car, day, length_m=length, climb_m=climb, descent_m=descent, **shared)
    whole = {"length_m": length.sum(), "climb_m": climb.sum(), "descent_m": descent.sum()}
    most = float(inside_energy_kwh(car, day, **whole, **shared))
    sums = np.concatenate(([0.0], np.cumsum(each)))
    stretches = sums[None, :] - sums[:, None]
    assert np.triu(stretches).max() <= most + 1e-9
