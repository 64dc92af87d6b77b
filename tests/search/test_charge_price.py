"""What a kWh takes at the least: no post charges sooner, no stop is worth more than it takes."""

import random
from dataclasses import replace
from itertools import combinations, islice
from pathlib import Path

import numpy as np
from small_stations import make_snapshot, make_stations
from small_worlds import SEDAN, Recipe, make_mission, make_missions, make_roads, make_world

from planner.model.station import Connector
from planner.plan import open_trip
from planner.search.doors import curve_at
from planner.search.problem import STOP_OVERHEAD_S
from planner.search.trip import Trip
from planner.world import RoadSide, World

STREETS = Recipe(nodes=(20, 40), stations=(8, 16), width_km=300.0, height_km=60.0, streets=True)
CHARGES = list(combinations(np.linspace(0.0, 1.0, 12).tolist(), 2))


def least_price(trip: Trip, station: int, overhead_s: float) -> float:
    """Least seconds for a kWh at a station, by trying: infinite where nothing may be used."""
    snapshot, chargers, found = trip.world.snapshot, trip.chargers, np.inf
    for evse in range(*snapshot.first[station : station + 2].tolist()):
        if chargers.reason[evse] == 0:
            connector = snapshot.evse(evse).connectors[int(chargers.connector[evse])]
            curve = curve_at(trip.mission.vehicle, connector)
            for low, high in CHARGES:
                begin, end = low * curve.usable_kwh, high * curve.usable_kwh
                price = (overhead_s + curve.time_between(begin, end)) / (end - begin)
                found = min(found, price)
    return found


def test_no_charging_takes_less_and_none_is_worth_more_than_what_its_stop_does_not_save(
    tmp_path: Path,
) -> None:
    lower, trips = 0, 0
    for seed in range(8):
        world = make_world(90_000 + seed, tmp_path, STREETS)
        for mission in islice(make_missions(world, seed), 4):
            trip = open_trip(world, mission)
            if not trip.usable.size:
                assert trip.prices.of_posts == 0.0
                continue
            places, stations = trip.places, trip.usable.tolist()
            least = min(least_price(trip, station, STOP_OVERHEAD_S) for station in stations)
            assert trip.prices.of_posts <= least + 1e-9
            assert trip.prices.for_trips_by(trip.usable) <= trip.prices.of_posts
            for station, saved_s in zip(stations, trip.saved_s(trip.usable).tolist(), strict=True):
                parted = places.arrive[station] != places.depart[station]
                if parted and saved_s < STOP_OVERHEAD_S:
                    price = least_price(trip, station, STOP_OVERHEAD_S - saved_s)
                    assert trip.prices.for_trips_by(trip.usable) <= price + 1e-9
            lower += trip.prices.for_trips_by(trip.usable) < trip.prices.of_posts
            trips += 1
    assert trips > 10
    assert lower > 5


def test_the_strongest_post_need_not_charge_soonest(tmp_path: Path) -> None:
    """Of alternating current less reaches the battery than of direct current."""
    rng = random.Random(1)
    graph = make_roads(rng, tmp_path, STREETS)
    alternating = Connector(
        id="1",
        standard="IEC_62196_T2",
        format="SOCKET",
        power_type="AC_3_PHASE",
        power_kw=22.0,
    )
    direct = Connector(
        id="1",
        standard="IEC_62196_T2_COMBO",
        format="CABLE",
        power_type="DC",
        power_kw=21.5,
    )
    stations = tuple(
        replace(station, evses=(replace(station.evses[0], connectors=(connector,)),))
        for station, connector in zip(
            make_stations(rng, graph, (2, 2), plain=True), (alternating, direct), strict=True
        )
    )
    world = World(RoadSide.of(graph), make_snapshot(rng, stations, plain=True))
    mission = replace(make_mission(rng, world, plain=True), vehicle=replace(SEDAN, ac_kw=22.0))
    trip = open_trip(world, mission)
    assert trip.usable.tolist() == [0, 1]
    assert trip.power_kw.tolist() == [22.0, 21.5]
    prices = [least_price(trip, station, STOP_OVERHEAD_S) for station in (0, 1)]
    assert 0.99 * prices[1] < trip.prices.of_posts <= prices[1] < prices[0]
