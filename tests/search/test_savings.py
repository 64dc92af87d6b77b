"""Stops that save more than they take: bounds are mended for them, or nothing is told."""

import random
from collections.abc import Sequence
from dataclasses import replace

import pytest
from small_stations import NOW, make_snapshot, make_station
from small_streets import roads_of
from small_worlds import make_wallet

from planner.legs.profiles import REFERENCES
from planner.model.geo import LonLat
from planner.model.mission import Guarantee, Mission, Objective, Waypoint
from planner.model.station import Connector, Station
from planner.model.vehicle import CurvePoint
from planner.plan import open_trip
from planner.roads.graph import RoadGraph
from planner.search.bound import least_s
from planner.search.relaxed import bound_rest
from planner.search.savings import MOST_S, find_savings
from planner.search.trip import Trip
from planner.world import RoadSide, World
from tests.oracle.all_roads import AllRoads

Road = tuple[int, int, float, float]

EVEN = replace(
    REFERENCES[0].vehicle,
    id="even",
    usable_kwh=50.0,
    dc_curve=(CurvePoint(soc=0.0, power_kw=300.0), CurvePoint(soc=1.0, power_kw=300.0)),
)


def graph_of(
    spots: Sequence[tuple[float, float]],
    roads: Sequence[Road],
    streets: Sequence[Road] = (),
    turns: Sequence[tuple[int, int, int]] = (),
) -> RoadGraph:
    """Lay roads and streets for arriving only both ways; turns are told by three places."""
    edges = [
        (*ends, metres, kmh)
        for a, b, metres, kmh in (*roads, *streets)
        for ends in ((a, b), (b, a))
    ]
    number = {edge[:2]: place for place, edge in enumerate(edges)}
    return roads_of(
        [(lon, lat, 0.0) for lon, lat in spots],
        edges,
        arriving=range(2 * len(roads), len(edges)),
        turns=[(number[a, b], number[b, c]) for a, b, c in turns],
    )


def station_at(number: int, spot: tuple[float, float], power_kw: float) -> Station:
    """A station of one post, alternating current up to 22 kW."""
    made = make_station(random.Random(number), number, LonLat(*spot), plain=True)
    direct = power_kw > 22.0
    connector = Connector(
        id="1",
        standard="IEC_62196_T2_COMBO" if direct else "IEC_62196_T2",
        format="CABLE" if direct else "SOCKET",
        power_type="DC" if direct else "AC_3_PHASE",
        power_kw=power_kw,
        voltage_v=920.0 if direct else 230.0,
    )
    return replace(made, evses=(replace(made.evses[0], connectors=(connector,)),))


def trip_of(
    graph: RoadGraph, stations: tuple[Station, ...], *ends: tuple[float, float], soc: float = 0.9
) -> Trip:
    snapshot = make_snapshot(random.Random(f"{graph.hash} {stations}"), stations, plain=True)
    mission = Mission(
        waypoints=tuple(Waypoint(location=LonLat(*end)) for end in ends),
        departure=NOW + 7_200.0,
        now=NOW,
        vehicle=EVEN,
        soc=soc,
        wallet=make_wallet(random.Random(1), plain=True),
        reserve_soc=0.0,
        arrival_soc=0.0,
        guarantee=Guarantee(fallbacks=0),
        objective=Objective(preset="fastest"),
        conditions=REFERENCES[0].conditions,
    )
    return open_trip(World(RoadSide.of(graph), snapshot), mission)


TWO_BENDS = [(5.0, 52.0), (5.1, 52.0), (5.2, 52.0), (5.05, 52.02), (5.15, 52.02)]
ACROSS = [(0, 3, 1e3, 50.0), (3, 1, 1e3, 50.0), (1, 4, 1e3, 50.0), (4, 2, 1e3, 50.0)]


@pytest.mark.parametrize("first_km", [100.0, 7.7], ids=["both save much", "the first saves less"])
@pytest.mark.parametrize("more_s", [10.0, 100.0, 1_000.0])
def test_nothing_is_told_where_one_stop_after_another_may_save_without_end(
    first_km: float, more_s: float
) -> None:
    bends = [(0, 1, first_km * 1e3, 50.0), (1, 2, 1e5, 50.0)]
    graph = graph_of(TWO_BENDS, bends, ACROSS)
    stations = (station_at(1, TWO_BENDS[3], 300.0), station_at(2, TWO_BENDS[4], 300.0))
    trip = trip_of(graph, stations, TWO_BENDS[0], TWO_BENDS[2])
    truth_s = AllRoads(trip).least_s()
    assert trip.saved_s(trip.usable)[1] > MOST_S
    assert truth_s < 900.0
    assert least_s(trip, truth_s + more_s) is None


@pytest.mark.parametrize("more_s", [1.0, 50.0, 190.0, 5_000.0])
def test_the_bound_holds_where_a_trip_stops_at_one_place_before_and_after_another(
    more_s: float,
) -> None:
    """At the crossing all turns to and from the spur with the quick post are forbidden."""
    spots = [(5.0, 52.0), (7.0, 52.0), (9.0, 52.0), (7.0, 52.02), (7.02, 51.97), (6.98, 51.97)]
    block = [(1, 4, 2_777.0, 50.0), (4, 5, 100.0, 50.0), (5, 1, 2_777.0, 50.0)]
    graph = graph_of(
        spots,
        [(0, 1, 230e3, 100.0), (1, 2, 255e3, 100.0), (1, 3, 1e3, 50.0), *block],
        turns=[(0, 1, 3), (3, 1, 2)],
    )
    stations = (station_at(1, spots[1], 11.0), station_at(2, spots[3], 300.0))
    trip = trip_of(graph, stations, spots[0], spots[2])
    truth_s = AllRoads(trip).least_s()
    bound_s = least_s(trip, truth_s + more_s)
    assert bound_s is not None
    assert 0.99 * truth_s < bound_s <= truth_s + 1e-3


def test_stations_at_which_no_trip_of_so_little_time_stops_do_not_count() -> None:
    """A bend near the way counts, and one far off does only for a trip that has much time."""
    spots = [(5.0, 52.0), (5.1, 52.0), (5.2, 52.0), (5.05, 52.02), (5.15, 52.4), (5.16, 52.4)]
    spots = [*spots, (5.155, 52.41)]
    roads = [(0, 1, 7.0e3, 50.0), (1, 2, 5e4, 50.0), (2, 4, 6e4, 50.0), (4, 5, 7.0e3, 50.0)]
    streets = [(0, 3, 1e3, 50.0), (3, 1, 1e3, 50.0), (4, 6, 1e3, 50.0), (6, 5, 1e3, 50.0)]
    graph = graph_of(spots, roads, streets)
    stations = (station_at(1, spots[3], 300.0), station_at(2, spots[6], 300.0))
    trip = trip_of(graph, stations, spots[0], spots[2])
    saved_s = trip.saved_s(trip.usable)
    assert ((saved_s > 300.0) & (saved_s < MOST_S)).all()
    rest = bound_rest(trip, 0.0)
    truth_s = AllRoads(trip).least_s()
    near, far = (find_savings(trip, rest, most_s) for most_s in (truth_s, 10.0 * truth_s))
    assert near is not None
    assert far is not None
    assert 0.0 < near.most_s(0.0) < far.most_s(0.0)
    assert near.most_s(0.0) < near.most_s(trip.prices.of_posts)
