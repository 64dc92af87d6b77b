"""Who may drive where: each form of one-way, access and barrier, against an oracle in networkx."""

from collections.abc import Callable

import networkx as nx
import numpy as np
import pytest

from planner.roads.graph import Flag, RoadGraph
from planner.roads.tags import SIGNAL_S

Make = Callable[..., RoadGraph]
STREET = {"highway": "residential"}


def node_at(graph: RoadGraph, number: int) -> list[int]:
    """Graph nodes that stand where the test's OSM node stands."""
    lon, lat = 10 + number % 100 * 0.001, 50 + number // 100 * 0.001
    near = (np.abs(graph.lon - lon) < 1e-6) & (np.abs(graph.lat - lat) < 1e-6)
    return np.flatnonzero(near).tolist()


def drivable(graph: RoadGraph, start: int, end: int) -> bool:
    """Whether one gets from one OSM node to another, asked of networkx."""
    links = nx.DiGraph()
    links.add_nodes_from(range(len(graph.lon)))
    links.add_edges_from(zip(graph.tail.tolist(), graph.head.tolist(), strict=True))
    return any(nx.has_path(links, a, b) for a in node_at(graph, start) for b in node_at(graph, end))


ONEWAYS = [
    ({}, (True, True)),
    ({"oneway": "yes"}, (True, False)),
    ({"oneway": "true"}, (True, False)),
    ({"oneway": "1"}, (True, False)),
    ({"oneway": "-1"}, (False, True)),
    ({"oneway": "reverse"}, (False, True)),
    ({"oneway": "no"}, (True, True)),
    ({"oneway": "alternating"}, (True, True)),
    ({"oneway": "reversible"}, (False, False)),
    ({"junction": "roundabout"}, (True, False)),
    ({"junction": "circular"}, (True, False)),
    ({"junction": "roundabout", "oneway": "no"}, (True, True)),
    ({"highway": "motorway"}, (True, False)),
    ({"highway": "motorway", "oneway": "no"}, (True, True)),
    ({"highway": "motorway_link"}, (True, True)),
    ({"oneway": "yes", "oneway:motor_vehicle": "no"}, (True, True)),
    ({"oneway": "no", "oneway:motorcar": "yes"}, (True, False)),
    ({"motor_vehicle:backward": "no"}, (True, False)),
    ({"vehicle:forward": "no"}, (False, True)),
    ({"access:backward": "no", "motorcar:backward": "yes"}, (True, True)),
]


@pytest.mark.parametrize(("tags", "open_ways"), ONEWAYS, ids=str)
def test_a_road_is_open_in_the_directions_its_tags_say(
    osm_graph: Make, tags: dict[str, str], open_ways: tuple[bool, bool]
) -> None:
    graph = osm_graph([((1, 2, 3), STREET | tags), ((101, 102), STREET), ((1, 101), STREET)])
    ahead = drivable(graph, 1, 3) if node_at(graph, 3) else False
    back = drivable(graph, 3, 1) if node_at(graph, 3) else False
    assert (ahead, back) == open_ways


CLOSED = [
    {"access": "no"},
    {"access": "private"},
    {"motor_vehicle": "no"},
    {"motor_vehicle": "private"},
    {"motor_vehicle": "agricultural;forestry"},
    {"vehicle": "no"},
    {"motorcar": "no", "access": "yes"},
    {"access": "permit"},
    {"access": "whatever_else"},
    {"highway": "footway"},
    {"highway": "cycleway", "motor_vehicle": "yes"},
    {"highway": "construction"},
    {"highway": "track"},
    {"highway": "pedestrian"},
    {"highway": "busway"},
    {"highway": "service", "service": "emergency_access"},
    {"area": "yes"},
    {"smoothness": "impassable"},
]
OPEN = [
    {},
    {"access": "no", "motor_vehicle": "yes"},
    {"access": "private", "motorcar": "permissive"},
    {"vehicle": "no", "motor_vehicle": "designated"},
    {"access": "destination"},
    {"access": "customers"},
    {"motor_vehicle": "agricultural;destination"},
    {"highway": "track", "motor_vehicle": "yes"},
    {"highway": "pedestrian", "motor_vehicle": "destination"},
    {"highway": "service", "service": "parking_aisle"},
    {"highway": "living_street"},
    {"highway": "road"},
]


@pytest.mark.parametrize(
    ("tags", "is_open"),
    [(tags, False) for tags in CLOSED] + [(tags, True) for tags in OPEN],
    ids=str,
)
def test_only_what_is_known_to_be_open_to_cars_is_driven(
    osm_graph: Make, tags: dict[str, str], is_open: bool
) -> None:
    graph = osm_graph([((1, 2), STREET), ((2, 3), STREET | tags), ((3, 4), STREET)])
    assert drivable(graph, 1, 4) == is_open


BARRIERS = [
    ({"barrier": "bollard"}, False),
    ({"barrier": "block"}, False),
    ({"barrier": "something"}, False),
    ({"barrier": "bollard", "motor_vehicle": "yes"}, True),
    ({"barrier": "bus_trap", "access": "no"}, False),
    ({"barrier": "gate"}, True),
    ({"barrier": "gate", "access": "private"}, False),
    ({"barrier": "gate", "access": "no", "motorcar": "yes"}, True),
    ({"barrier": "lift_gate", "motor_vehicle": "destination"}, True),
    ({"barrier": "toll_booth"}, True),
    ({"barrier": "cattle_grid"}, True),
    ({"highway": "crossing", "access": "no"}, False),
    ({"highway": "crossing"}, True),
]


@pytest.mark.parametrize(("tags", "is_open"), BARRIERS, ids=str)
def test_a_closed_barrier_cuts_the_way_and_an_open_one_does_not(
    osm_graph: Make, tags: dict[str, str], is_open: bool
) -> None:
    graph = osm_graph([((1, 2, 3), STREET)], nodes={2: tags})
    assert drivable(graph, 1, 3) == is_open
    assert drivable(graph, 3, 1) == is_open
    assert len(graph.head) == (2 if is_open else 4)


def test_a_closed_barrier_where_roads_meet_cuts_them_all_apart(osm_graph: Make) -> None:
    ways = [((1, 2), STREET), ((2, 3), STREET), ((102, 2), STREET)]
    graph = osm_graph(ways, nodes={2: {"barrier": "bollard"}})
    ends = (1, 3, 102)
    assert len(node_at(graph, 2)) == 3
    assert not any(drivable(graph, a, b) for a in ends for b in ends if a != b)


FERRIES = [
    ({"route": "ferry"}, False),
    ({"route": "ferry", "foot": "yes"}, False),
    ({"route": "ferry", "motor_vehicle": "yes"}, True),
    ({"route": "ferry", "motorcar": "yes", "access": "no"}, True),
    ({"route": "ferry", "motor_vehicle": "no"}, False),
    ({"route": "shuttle_train", "motor_vehicle": "yes"}, True),
]


@pytest.mark.parametrize(("tags", "is_open"), FERRIES, ids=str)
def test_a_ferry_takes_cars_only_where_it_says_so(
    osm_graph: Make, tags: dict[str, str], is_open: bool
) -> None:
    graph = osm_graph([((1, 2), STREET), ((2, 3), tags), ((3, 4), STREET)])
    assert drivable(graph, 1, 4) == is_open
    if is_open:
        assert int(((graph.flags & Flag.FERRY) > 0).sum()) == 2


def test_a_ferry_takes_as_long_as_its_timetable_says_and_ten_minutes_to_board(
    osm_graph: Make,
) -> None:
    sea = {"route": "ferry", "motor_vehicle": "yes", "duration": "01:30"}
    places = {1: (10.0, 50.0), 2: (10.01, 50.0), 3: (10.3, 50.0), 4: (10.6, 50.0)}
    graph = osm_graph(
        [((1, 2), STREET), ((2, 3, 4), sea), ((3, 5), sea | {"duration": "PT20M"})],
        places=places | {5: (10.3, 50.05)},
    )
    crossing = (graph.flags & Flag.FERRY) > 0
    both_ways_s = float(graph.duration_s[crossing].sum())
    assert both_ways_s == pytest.approx(2 * (90 * 60 + 600 + 20 * 60 + 600), rel=1e-3)
    assert graph.length_m[crossing].max() > 500


def test_flags_say_toll_motorway_bridge_and_tunnel(osm_graph: Make) -> None:
    graph = osm_graph(
        [
            ((1, 2), {"highway": "motorway", "toll": "yes"}),
            ((2, 3), {"highway": "motorway_link", "toll": "no", "bridge": "viaduct"}),
            ((3, 4), STREET | {"tunnel": "yes", "toll:motorcar": "yes"}),
            ((4, 5), STREET | {"bridge": "no", "toll": "yes", "toll:motorcar": "no"}),
        ]
    )
    said = {}
    for edge in range(len(graph.head)):
        said[round((graph.lon[graph.tail[edge]] - 10) * 1000)] = Flag(int(graph.flags[edge]))
    assert said[1] == Flag.TOLL | Flag.MOTORWAY
    assert said[2] == Flag.MOTORWAY | Flag.BRIDGE_OR_TUNNEL
    assert said[5] == Flag(0)


def test_lights_delay_the_direction_they_face(osm_graph: Make) -> None:
    light = {"highway": "traffic_signals", "traffic_signals:direction": "forward"}
    graph = osm_graph([((1, 2, 3), STREET | {"maxspeed": "36"})], nodes={2: light})
    by_head = {node_at(graph, 3)[0]: SIGNAL_S, node_at(graph, 1)[0]: 0.0}
    for edge in range(len(graph.head)):
        waiting = float(graph.duration_s[edge] - graph.length_m[edge] / 10)
        assert waiting == pytest.approx(by_head[int(graph.head[edge])], abs=0.01)


def test_names_and_numbers_are_kept_by_edge(osm_graph: Make) -> None:
    graph = osm_graph(
        [
            ((1, 2), STREET | {"name": "Brennerstraße", "ref": "B 182"}),
            ((2, 3), STREET | {"ref": "A 13;E 45"}),
            ((3, 4), STREET),
        ]
    )
    names = {graph.edge_name(edge) for edge in range(len(graph.head))}
    assert names == {"Brennerstraße (B 182)", "A 13, E 45", ""}
