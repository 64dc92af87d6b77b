"""Exchange with OSMnx: what goes out comes back, OSMnx works on it, what users bring is read."""

import itertools
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import osmium
import pytest
import shapely

from planner.errors import DataError, DataMissing, InputError
from planner.roads import optional
from planner.roads.classes import CLASSES
from planner.roads.download import TAGS
from planner.roads.exchange import twins
from planner.roads.exchange_files import load_graph, save_graph
from planner.roads.graph import Flag, RoadGraph
from planner.roads.region import build_region

ox = pytest.importorskip("osmnx")

STREET = {"highway": "residential", "maxspeed": "30"}
Make = Callable[..., RoadGraph]


@pytest.fixture(autouse=True)
def _no_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ox.settings, "use_cache", False)


@pytest.fixture(scope="module")
def andorra(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> RoadGraph:
    return build_region(
        tmp_path_factory.mktemp("andorra"),
        "andorra",
        osm=shared / "roads" / "andorra-valhalla-docker.osm.pbf",
        elevation=shared / "elevation",
    )


SAME = (
    "lon", "lat", "ele_m", "tail", "head", "length_m", "duration_s", "speed_kmh", "flags",
    "road_class", "speed_from", "component_ok", "leaves_from", "first_out", "first_in", "in_edge",
)  # fmt: skip


def check_same(one: RoadGraph, other: RoadGraph) -> None:
    """Hold two regions against each other, edge by edge."""
    for part in SAME:
        assert np.array_equal(getattr(one, part), getattr(other, part)), part
    assert one.climb_m == pytest.approx(other.climb_m, abs=1e-3)
    assert one.descent_m == pytest.approx(other.descent_m, abs=1e-3)
    every = range(len(one.head))
    assert [one.edge_road(e) for e in every] == [other.edge_road(e) for e in every]
    (here, of), (there, of_too) = one.lines(every), other.lines(every)
    assert np.array_equal(of, of_too)
    assert np.abs(here - there).max() < 1e-9


def test_a_region_comes_back_as_it_went_out(andorra: RoadGraph) -> None:
    back = RoadGraph.from_networkx(andorra.to_networkx(), name="andorra")
    check_same(andorra, back)
    assert (back.as_of, back.attribution) == (andorra.as_of, andorra.attribution)
    assert back.has_elevation
    assert any(note.startswith("Of its source: Heights: SRTM") for note in back.notes)
    again = RoadGraph.from_networkx(back.to_networkx(), name="andorra")
    assert again.notes == back.notes


def test_a_region_comes_back_through_a_file_of_osmnx(andorra: RoadGraph, tmp_path: Path) -> None:
    save_graph(andorra, tmp_path / "andorra.graphml")
    back = build_region(tmp_path, "back", graphml=tmp_path / "andorra.graphml")
    check_same(andorra, back)
    assert back.source == "andorra.graphml"


def test_osmnx_routes_gathers_and_keeps_what_we_give(andorra: RoadGraph, tmp_path: Path) -> None:
    made = andorra.to_networkx()
    nodes, edges = ox.convert.graph_to_gdfs(made)
    assert (len(nodes), len(edges)) == (len(andorra.lon), len(andorra.head))
    assert edges.crs == "epsg:4326"
    long = edges[edges["length"] > 1]
    drawn = long.to_crs("EPSG:25831").length
    assert (drawn / long["length"]).between(0.99, 1.01).all()
    sped = ox.routing.add_edge_travel_times(ox.routing.add_edge_speeds(made.copy()))
    start, end = (int(n) for n in np.flatnonzero(andorra.component_ok)[[5, -5]])
    start = int(andorra.leaves_from[start])
    for graph in (made, sped):
        route = ox.routing.shortest_path(graph, start, end, weight="travel_time")
        assert route[0] == start
        assert route[-1] == end
    ox.save_graphml(sped, tmp_path / "sped.graphml")
    assert len(load_graph(tmp_path / "sped.graphml")) == len(made)
    save_graph(andorra, tmp_path / "andorra.gpkg")
    import pyogrio  # noqa: PLC0415 -- comes with GeoPandas

    assert {row[0] for row in pyogrio.list_layers(tmp_path / "andorra.gpkg")} == {"nodes", "edges"}


def test_quickest_ways_are_the_same_in_networkx_to_the_millisecond(andorra: RoadGraph) -> None:
    from scipy.sparse import csr_array  # noqa: PLC0415
    from scipy.sparse.csgraph import dijkstra  # noqa: PLC0415

    made = andorra.to_networkx()
    count = len(andorra.lon)
    cheapest = np.ones(len(andorra.head), np.bool_)
    cheapest[1:] = (np.diff(andorra.tail) != 0) | (np.diff(andorra.head) != 0)
    group = np.cumsum(cheapest) - 1
    least = np.full(group[-1] + 1, np.inf)
    np.minimum.at(least, group, andorra.duration_s.astype(float))
    ends = andorra.tail[cheapest], andorra.head[cheapest]
    weights = csr_array((np.maximum(least, 1e-12), ends), shape=(count, count))
    chance = random.Random(3)
    for start in chance.sample(range(count), 5):
        ours = dijkstra(weights, indices=start)
        theirs = nx.single_source_dijkstra_path_length(made, start, weight="travel_time")
        wanted = np.array([theirs.get(node, np.inf) for node in range(count)])
        reached = np.isfinite(ours)
        assert np.array_equal(reached, np.isfinite(wanted))
        assert np.abs(ours[reached] - wanted[reached]).max() < 1e-3


def test_one_ways_names_tolls_and_bridges_are_told(osm_graph: Make) -> None:
    graph = osm_graph(
        [
            ((1, 102, 3), STREET | {"name": "Brennerstraße", "ref": "B 182"}),
            ((3, 4), {"highway": "motorway", "toll": "yes", "ref": "A 13"}),
            ((4, 5), STREET | {"bridge": "yes"}),
        ]
    )
    made = graph.to_networkx()
    told = {said.get("name", said.get("ref")): said for *_ends, said in made.edges(data=True)}
    street, motorway, bridge = told["Brennerstraße"], told["A 13"], told[None]
    assert (street["name"], street["ref"], street["oneway"]) == ("Brennerstraße", "B 182", False)
    assert (street["highway"], street["speed_kph"]) == ("residential", 30.0)
    assert street["travel_time"] == pytest.approx(street["length"] / 30 * 3.6, rel=0.2)
    assert len(shapely.get_coordinates(street["geometry"])) == 3
    assert (motorway["oneway"], motorway["toll"]) == (True, "yes")
    assert bridge["bridge_or_tunnel"] == "yes"
    assert "geometry" not in bridge
    assert all("elevation" not in said for _node, said in made.nodes(data=True))


def test_a_twin_leads_back_along_the_same_line_and_no_other(osm_graph: Make) -> None:
    graph = osm_graph(
        [((1, 2), STREET), ((1, 102, 2), STREET), ((2, 3), STREET | {"oneway": "yes"})]
    )
    twin = twins(graph)
    assert sorted(twin < 0) == [False] * 4 + [True]
    for edge in np.flatnonzero(twin >= 0):
        back = twin[edge]
        assert (graph.tail[edge], graph.head[edge]) == (graph.head[back], graph.tail[back])
        assert np.array_equal(graph.geometry(edge), graph.geometry(back)[::-1])
        assert twin[back] == edge


def turns(graph: RoadGraph) -> set[tuple[tuple[float, float], ...]]:
    """All pairs of edges that may follow each other, by the places of their three nodes."""
    made = graph.to_networkx()
    spots = {
        node: (round(said["x"], 6), round(said["y"], 6)) for node, said in made.nodes(data=True)
    }
    found = set()
    for a, b in made.edges():
        for _b, c in made.out_edges(b):
            if len({spots[a], spots[b], spots[c]}) == 3:
                found.add((spots[a], spots[b], spots[c]))
    return found


def test_turn_restrictions_hold_in_networkx_and_on_the_way_back(andorra: RoadGraph) -> None:
    virtual = (andorra.flags & Flag.VIRTUAL) != 0
    assert virtual.any(), "the extract has turn restrictions"
    back = RoadGraph.from_networkx(andorra.to_networkx(), name="back")
    assert turns(back) == turns(andorra)
    made = andorra.to_networkx()
    apart = [said for *_ends, said in made.edges(data=True) if said.get("virtual")]
    assert len(apart) == int(virtual.sum())
    assert {(said["length"], said["travel_time"]) for said in apart} == {(0.0, 0.0)}


@pytest.fixture(scope="module")
def streets(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The middle of the extract of Heidelberg's routers as an .osm file for OSMnx."""
    source = shared / "roads" / "heidelberg-ors.osm.pbf"
    ids: set[int] = set()
    path = tmp_path_factory.mktemp("hd") / "middle.osm"
    west, south, east, north = 8.67, 49.40, 8.71, 49.42
    near = {
        thing.id
        for thing in osmium.FileProcessor(str(source), osmium.osm.NODE)
        if west < thing.lon < east and south < thing.lat < north
    }
    ways = []
    for way in osmium.FileProcessor(str(source), osmium.osm.WAY):
        refs = [node.ref for node in way.nodes]
        if "highway" in way.tags and all(ref in near for ref in refs):
            ways.append(way.id)
            ids.update(refs)
    kept = set(ways)
    with osmium.SimpleWriter(str(path)) as writer:
        for thing in osmium.FileProcessor(str(source), osmium.osm.NODE | osmium.osm.WAY):
            if (thing.is_node() and thing.id in ids) or (thing.is_way() and thing.id in kept):
                writer.add(thing)
    return path


def driven_km(graph: RoadGraph) -> float:
    """Length of all roads, each direction once, however often a region holds it."""
    points, of = graph.lines(range(len(graph.head)))
    first = np.flatnonzero(np.diff(of, prepend=-1))
    ends = np.round(np.stack((points[first], points[np.r_[first[1:] - 1, -1]])), 6)
    every = np.concatenate((*ends, np.round(graph.length_m, 1)[:, None]), axis=1)
    return float(np.unique(every, axis=0)[:, 4].sum()) / 1000


def test_graphs_that_osmnx_made_of_a_map_are_those_that_we_make_of_it(
    streets: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ox.settings, "useful_tags_way", list(TAGS))
    ours = build_region(tmp_path, "ours", osm=streets)
    plain = ox.graph_from_xml(streets, simplify=False, retain_all=True)
    merged = ox.simplify_graph(plain.copy())
    brought = [RoadGraph.from_networkx(graph, name="brought") for graph in (plain, merged)]
    for region in brought:
        assert region.length_m.max() < 500.1
        assert not (region.tail == region.head).any()
        assert any("no roads for cars" in note for note in region.notes)
        mine = {ours.edge_road(e) for e in range(len(ours.head))}
        theirs = {region.edge_road(e) for e in range(len(region.head))}
        assert len(mine - theirs) < 0.05 * len(mine)
    assert driven_km(brought[0]) == pytest.approx(driven_km(ours), rel=0.01)
    # Merged ways of which one is a footway are closed as a whole: nobody drives through them.
    assert 0.95 * driven_km(ours) < driven_km(brought[1]) <= driven_km(brought[0])
    assert len(brought[1].head) < 0.6 * len(brought[0].head)


def small(**edge: Any) -> nx.MultiDiGraph:
    graph = nx.MultiDiGraph(crs="epsg:4326")
    for node, (x, y) in enumerate([(10.0, 50.0), (10.01, 50.0), (10.02, 50.0)]):
        graph.add_node(f"n{node}", x=x, y=y)
    said = {"highway": "primary", "length": 715.0, "oneway": False} | edge
    graph.add_edge("n0", "n1", **said)
    graph.add_edge("n1", "n0", **said)
    return graph


def test_what_a_graph_does_not_tell_follows_our_own_rules() -> None:
    graph = RoadGraph.from_networkx(small(maxspeed=["70", "50 mph"]), name="x")
    assert set(graph.speed_kmh.tolist()) == {70.0}
    bare = RoadGraph.from_networkx(small(highway=None, length=None), name="x")
    assert {CLASSES[index] for index in bare.road_class.tolist()} == {"unknown"}
    assert float(bare.length_m.sum()) == pytest.approx(4 * 357.4, abs=1)
    timed = RoadGraph.from_networkx(small(travel_time=71.5), name="x")
    assert float(timed.duration_s.sum()) == pytest.approx(2 * 71.5)
    assert set(np.round(timed.speed_kmh, 3).tolist()) == {36.0}
    both = RoadGraph.from_networkx(small(travel_time=71.5, speed_kph=72.0), name="x")
    assert set(both.speed_kmh.tolist()) == {72.0}
    assert sorted(both.duration_s.tolist()) == pytest.approx([17.875] * 2 + [53.625] * 2)
    assert bare.ele_m.tolist() == [0.0] * 3
    assert not bare.has_elevation


def test_long_roads_get_nodes_that_both_directions_share() -> None:
    graph = RoadGraph.from_networkx(small(), name="x")
    assert len(graph.lon) == 3
    assert graph.length_m.tolist() == [357.5] * 4
    assert graph.component_ok.all()


def test_a_loop_is_cut_in_two_and_one_without_a_line_left_out() -> None:
    given = small()
    around = shapely.LineString([(10, 50), (10.001, 50.001), (10.001, 50), (10, 50)])
    given.add_edge("n0", "n0", length=320.0, highway="residential", geometry=around)
    given.add_edge("n1", "n1", length=280.0, highway="residential")
    graph = RoadGraph.from_networkx(given, name="x")
    assert len(graph.lon) == 4
    assert not (graph.tail == graph.head).any()
    assert float(graph.length_m.sum()) == pytest.approx(4 * 357.5 + 320)
    assert any("(n1, n1, 0): it leads nowhere" in note for note in graph.notes)


def test_heights_of_nodes_count_and_unknown_ones_lie_between() -> None:
    given = small()
    given.nodes["n0"]["elevation"] = 100
    given.nodes["n1"]["elevation"] = "130.0"
    given.add_edge("n1", "n2", length=715.0, highway="primary")
    graph = RoadGraph.from_networkx(given, name="x")
    assert graph.has_elevation
    assert sorted(graph.ele_m.tolist()) == pytest.approx([100, 115, 130, 130, 130])
    rise = graph.ele_m[graph.head] - graph.ele_m[graph.tail]
    assert (graph.climb_m - graph.descent_m) == pytest.approx(rise, abs=1e-4)


def test_heights_are_looked_up_along_the_roads_and_bridges_run_straight() -> None:
    class Valley:
        title = "made up"
        missing = staticmethod(tuple)

        @staticmethod
        def heights_m(lon: np.ndarray, lat: np.ndarray) -> np.ndarray:
            return 500 - 200 * np.exp(-(((lon - 10.005) / 0.002) ** 2))

    deep = RoadGraph.from_networkx(small(), name="x", heights=Valley())
    over = RoadGraph.from_networkx(small(bridge="yes", osmid=1), name="x", heights=Valley())
    part = RoadGraph.from_networkx(small(bridge="yes", osmid=[1, 2]), name="x", heights=Valley())
    assert float(deep.climb_m.sum()) > 250
    assert float(over.climb_m.sum()) < 10
    assert float(part.climb_m.sum()) == pytest.approx(float(deep.climb_m.sum()))


def test_footways_and_private_roads_are_not_driven_and_counted() -> None:
    for tags in ({"highway": "footway"}, {"access": "private"}, {"highway": ["path", "steps"]}):
        given = small()
        given.add_edge("n1", "n2", **({"length": 715.0, "highway": "residential"} | tags))
        graph = RoadGraph.from_networkx(given, name="x")
        assert graph.lon.max() < 10.015
        assert any(note.startswith("1 of its edges are no roads for cars") for note in graph.notes)


def test_a_bad_edge_is_named_and_the_others_are_kept() -> None:
    for key, value, said in (
        ("length", "far", "length is 'far', not a number"),
        ("travel_time", -3, "travel_time is -3"),
        ("geometry", "LINE (1)", "geometry is text, but no WKT"),
        ("geometry", shapely.Point(10, 50), "geometry is no LineString"),
        ("geometry", shapely.LineString([(5e5, 5e6), (5e5, 6e6)]), "geometry holds no longitudes"),
    ):
        given = small()
        given.add_edge("n1", "n2", highway="primary", **{key: value})
        graph = RoadGraph.from_networkx(given, name="x")
        assert len(graph.head) == 4
        assert any(f"edge (n1, n2, 0): {said}" in note for note in graph.notes), key


@pytest.mark.parametrize(
    "absurd", [{"length": 1e30}, {"travel_time": 1e12}, {"speed_kph": 1e-9}, {"length": 1e9}]
)
def test_an_edge_that_leads_round_the_world_is_left_out(absurd: dict[str, float]) -> None:
    given = nx.MultiDiGraph()
    given.add_nodes_from((n, {"x": 10.0 + n / 1000, "y": 50.0}) for n in range(3))
    for tail, head, more in ((0, 1, {}), (1, 0, {}), (1, 2, absurd), (2, 1, absurd)):
        given.add_edge(tail, head, **({"highway": "residential", "length": 80.0} | more))
    made = RoadGraph.from_networkx(given, name="x")
    assert len(made.head) == 2
    assert any("is no one road" in note for note in made.notes)


def test_a_length_in_kilometres_gives_way_to_the_line_and_is_told() -> None:
    graph = RoadGraph.from_networkx(small(length=0.715), name="x")
    assert float(graph.length_m.sum()) == pytest.approx(4 * 357.4, abs=1)
    assert any(note.startswith("2 of its edges are told to be shorter") for note in graph.notes)


def test_what_is_no_graph_of_places_is_refused_with_a_remedy() -> None:
    metres = small()
    metres.graph["crs"] = "epsg:32632"
    with pytest.raises(DataError, match=r"project_graph\(graph, to_crs="):
        RoadGraph.from_networkx(metres, name="x")
    nowhere = small()
    del nowhere.nodes["n1"]["x"]
    with pytest.raises(DataError, match="node n1: x and y"):
        RoadGraph.from_networkx(nowhere, name="x")
    with pytest.raises(DataError, match="no edge that can be driven"):
        RoadGraph.from_networkx(small(highway="cycleway"), name="x")
    with pytest.raises(DataError, match="no edge that can be driven"):
        RoadGraph.from_networkx(nx.MultiDiGraph(), name="x")


def test_graphs_without_directions_or_parallels_lead_both_ways() -> None:
    for kind in (nx.Graph, nx.MultiGraph, nx.DiGraph):
        given = kind(crs="epsg:4326")
        given.add_node(1, x=10.0, y=50.0)
        given.add_node(2, x=10.001, y=50.0)
        line = shapely.LineString([(10.001, 50), (10.0005, 50.0001), (10, 50)])
        given.add_edge(1, 2, highway="primary", geometry=line)
        graph = RoadGraph.from_networkx(given, name="x")
        wanted = [(0, 1)] if kind is nx.DiGraph else [(0, 1), (1, 0)]
        assert list(zip(graph.tail.tolist(), graph.head.tolist(), strict=True)) == wanted
        assert graph.geometry(0)[1] == pytest.approx([10.0005, 50.0001])
        assert graph.geometry(0)[0] == pytest.approx([10, 50])


def test_traffic_lights_of_nodes_count_where_no_time_is_told() -> None:
    given, timed = small(), small(travel_time=71.5)
    for graph in (given, timed):
        graph.nodes["n1"]["highway"] = "traffic_signals"
    plain = RoadGraph.from_networkx(small(), name="x").duration_s.astype(float).sum()
    assert RoadGraph.from_networkx(given, name="x").duration_s.astype(float).sum() > plain + 3
    assert RoadGraph.from_networkx(timed, name="x").duration_s.astype(float).sum() == pytest.approx(
        143
    )


def test_a_missing_library_is_named_with_the_extra_that_brings_it(
    monkeypatch: pytest.MonkeyPatch, osm_graph: Make
) -> None:
    graph = osm_graph([((1, 2), STREET)])

    def none(name: str) -> None:
        raise ImportError(name)

    monkeypatch.setattr(optional, "import_module", none)
    with pytest.raises(DataMissing, match=r"networkx is not installed.*plugsure\[networks\]"):
        graph.to_networkx()


def test_files_that_are_none_are_named(tmp_path: Path, osm_graph: Make) -> None:
    (tmp_path / "x.graphml").write_text("<graphml>")
    with pytest.raises(DataError, match=r"x\.graphml.*osmnx\.save_graphml"):
        load_graph(tmp_path / "x.graphml")
    typed = nx.MultiDiGraph([(1, 2), (2, 1)])
    nx.set_node_attributes(typed, 10.5, "x")
    nx.write_graphml(typed, tmp_path / "x.graphml")
    with pytest.raises(DataError, match=r"x\.graphml.*osmnx\.save_graphml"):
        load_graph(tmp_path / "x.graphml")
    with pytest.raises(DataMissing, match=r"y\.graphml"):
        load_graph(tmp_path / "y.graphml")
    with pytest.raises(InputError, match=r"\.graphml, \.gpkg"):
        save_graph(osm_graph([((1, 2), STREET)]), tmp_path / "x.shp")


def test_random_graphs_come_back_as_they_went_out() -> None:
    chance = random.Random(11)
    for _round in range(20):
        given = nx.MultiDiGraph(crs="epsg:4326")
        for node in range(12):
            place = {"x": 10 + chance.random() / 100, "y": 50 + chance.random() / 100}
            given.add_node(node, **place, elevation=chance.uniform(0, 900))
        for tail, head in itertools.product(range(12), repeat=2):
            for _copy in range(chance.choice((0, 0, 1, 1, 2))):
                said = {"highway": chance.choice(CLASSES[1:12]), "name": chance.choice("abc")}
                if chance.random() < 0.5 or tail == head:
                    bend = [(10 + chance.random() / 100, 50 + chance.random() / 100) for _ in "xy"]
                    ends = [(given.nodes[n]["x"], given.nodes[n]["y"]) for n in (tail, head)]
                    said["geometry"] = shapely.LineString([ends[0], *bend, ends[1]])
                given.add_edge(tail, head, speed_kph=chance.uniform(20, 90), **said)
        once = RoadGraph.from_networkx(given, name="x")
        check_same(once, RoadGraph.from_networkx(once.to_networkx(), name="x"))
