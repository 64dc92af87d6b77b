"""What the figures of a road say of any car is never above what it uses edge by edge."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as rules
from hypothesis import strategies as st

from planner.energy.consumption import edge_energy_kwh, edge_time_s
from planner.energy.edge import car_terms
from planner.energy.features import (
    BANDS_KMH,
    FEATURES,
    floor_energy_kwh,
    floor_time_s,
    path_features,
)
from planner.legs.profiles import REFERENCES
from planner.model.vehicle import Conditions, Vehicle
from tests.legs.test_edges import CARS, DAYS, EDGES

ROADS = st.lists(EDGES, min_size=1, max_size=25)


def columns(edges: list[dict[str, float]], *, delay_s: float = 3.0) -> dict[str, Any]:
    found: dict[str, Any] = {name: np.array([edge[name] for edge in edges]) for name in edges[0]}
    found["duration_s"] = found["length_m"] / found["speed_kmh"] * 3.6 + delay_s
    found["on_deck"] = np.zeros(len(edges), np.bool_)
    return found


def exact(car: Vehicle, day: Conditions, road: dict[str, Any]) -> tuple[float, float]:
    physics = {n: road[n] for n in ("length_m", "speed_kmh", "climb_m", "descent_m", "ele_m")}
    timing = {n: road[n] for n in ("length_m", "speed_kmh", "duration_s")}
    kwh = np.where(road["on_deck"], 0.0, edge_energy_kwh(car, day, **physics, quantile=True))
    seconds = np.where(road["on_deck"], road["duration_s"], edge_time_s(car, day, **timing))
    return float(seconds.sum()), float(kwh.sum())


@rules(max_examples=200, deadline=None)
@given(car=CARS, day=DAYS, edges=ROADS, ferry=st.booleans())
def test_no_road_takes_less_than_its_figures_say(
    car: Vehicle, day: Conditions, edges: list[dict[str, float]], ferry: bool
) -> None:
    road = columns(edges)
    road["on_deck"][0] = ferry
    told, terms = path_features(**road), car_terms(car, day)
    seconds, kwh = exact(car, day, road)
    heights_m = road["climb_m"].sum() + road["descent_m"].sum()
    rounding = 1e-9 * (1.0 + abs(kwh) + terms.weight_n * heights_m / 3.6e6)
    assert floor_energy_kwh(told, terms) <= kwh + rounding
    assert floor_time_s(told, terms) <= seconds + 1e-9 * (1.0 + seconds)


@rules(max_examples=100, deadline=None)
@given(
    car=CARS,
    edges=st.lists(EDGES, min_size=1, max_size=25),
    cap_kmh=st.sampled_from(BANDS_KMH[1:]),
    wind=st.floats(0.0, 20.0),
)
def test_on_level_roads_the_figures_are_exact(
    car: Vehicle, edges: list[dict[str, float]], cap_kmh: float, wind: float
) -> None:
    road = columns([edge | {"climb_m": 0.0, "descent_m": 0.0} for edge in edges])
    day = Conditions(headwind_m_s=wind, speed_cap_kmh=cap_kmh)
    terms = car_terms(car, day)._replace(top_kmh=cap_kmh)
    plain = Vehicle(**{n: getattr(car, n) for n in car.__slots__} | {"max_speed_kmh": None})
    seconds, kwh = exact(plain, day, road)
    told = path_features(**road)
    assert floor_energy_kwh(told, terms) == pytest.approx(kwh, rel=1e-9, abs=1e-12)
    assert floor_time_s(told, terms) == pytest.approx(seconds, rel=1e-9)


def test_figures_of_parts_add_up_and_many_roads_are_judged_at_once() -> None:
    edge = {
        "length_m": 900.0, "speed_kmh": 80.0, "climb_m": 3.0, "descent_m": 40.0, "ele_m": 700.0
    }  # fmt: skip
    other = edge | {"speed_kmh": 50.0, "climb_m": 12.0, "descent_m": 0.0}
    whole = path_features(**columns([edge, other]))
    parts = [path_features(**columns([one])) for one in (edge, other)]
    assert whole == pytest.approx(parts[0] + parts[1])
    terms = REFERENCES[0].terms
    many = floor_energy_kwh(np.stack([whole, *parts]), terms)
    assert many.shape == (3,)
    assert many[0] == pytest.approx(float(floor_energy_kwh(whole, terms)))
    assert whole.shape == (FEATURES,)
    assert many[1] == pytest.approx(
        exact(REFERENCES[0].vehicle, REFERENCES[0].conditions, columns([edge]))[1]
    )
