"""A train that carries cars uphill takes none of their charge: no bound may say otherwise."""

import random

import numpy as np
import pytest
from numpy.typing import NDArray
from small_stations import NOW, make_snapshot, make_station
from small_worlds import SEDAN, make_wallet

from planner.model.geo import LonLat
from planner.model.mission import Guarantee, Mission, Objective, Waypoint
from planner.model.plan import Plan
from planner.plan import open_trip, plan
from planner.roads.osm import read_osm
from planner.roads.osm_graph import build_from_osm
from planner.world import RoadSide, World
from tests.roads.osm_files import write_osm

PLACES = {1: (9.99, 50.0), 2: (10.0, 50.0), 3: (10.1, 50.0), 4: (10.11, 50.0)}
UP_M = 600.0


class Slope:
    """Low in the west and high in the east."""

    title = "made up"

    def heights_m(self, lon: NDArray[np.float64], lat: NDArray[np.float64]) -> NDArray[np.float64]:
        del lat
        return np.where(lon > 10.05, 10.0 + UP_M, 10.0)

    def missing(self) -> tuple[str, ...]:
        return ()


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    train = {"route": "shuttle_train", "motorcar": "yes", "duration": "00:20"}
    ways = [((1, 2), {"highway": "primary"}), ((2, 3), train), ((3, 4), {"highway": "primary"})]
    file = write_osm(tmp_path_factory.mktemp("deck") / "deck.osm", ways, places=PLACES)
    read = read_osm(file, lambda *_: None)
    graph = build_from_osm(
        read, name="deck", source="made up", heights=Slope(), progress=lambda *_: None
    )
    rng = random.Random(1)
    stations = tuple(
        make_station(rng, number, LonLat(*PLACES[place]), plain=True)
        for number, place in enumerate((1, 4))
    )
    return World(RoadSide.of(graph), make_snapshot(rng, stations, plain=True))


def mission(start: int, end: int, fallbacks: int) -> Mission:
    return Mission(
        waypoints=tuple(Waypoint(location=LonLat(*PLACES[place])) for place in (start, end)),
        departure=NOW,
        now=NOW,
        vehicle=SEDAN,
        soc=0.8,
        wallet=make_wallet(random.Random(1), plain=True),
        guarantee=Guarantee(fallbacks=fallbacks),
        objective=Objective(preset="fastest"),
    )


@pytest.mark.parametrize(("start", "end"), [(1, 4), (4, 1)])
@pytest.mark.parametrize("fallbacks", [0, 1])
def test_a_trip_goes_by_train_and_no_bound_lies_above_what_it_takes(
    world: World, start: int, end: int, fallbacks: int
) -> None:
    asked = mission(start, end, fallbacks)
    made = plan(world, asked)
    assert isinstance(made, Plan)
    trip = open_trip(world, asked)
    first, last = trip.waypoints
    legs = trip.legs_between(np.arange(last + 1), SEDAN.usable_kwh)
    taken_kwh = legs.row(first, 0).net_kwh[last]
    assert trip.bounds.to(last, 40.0).energy_kwh[first] <= taken_kwh
    assert legs.least_kwh(first, np.array([last]))[0] <= taken_kwh
    assert 0.0 < taken_kwh < 2.0
