"""Turn restrictions and destination-only roads, against shortest ways over pairs of edges.

The oracle knows nothing of split junctions: it reads the file's XML itself, walks from edge to edge
in networkx, and remembers the edges so far. A drive is a walk along drivable stretches; it may not
hold a forbidden sequence, and stretches for arriving only stand at its beginning and its end alone.
"""

import itertools
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import networkx as nx
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from planner.model.geo import LonLat, distance_m
from planner.roads.graph import RoadGraph
from planner.roads.reports import Kind, reports_of

STREET = {"highway": "residential", "maxspeed": "30"}
DESTINATION = STREET | {"access": "destination"}
Write = Callable[..., Path]
Make = Callable[..., RoadGraph]
Relation = tuple[Sequence[tuple[str, int, str]], dict[str, str]]


def turn(kind: str, *members: tuple[str, int, str], **tags: str) -> Relation:
    """A restriction; members are given as ("w", 1, "from")."""
    return members, {"type": "restriction", "restriction": kind} | tags


def at(kind: str, way: int, node: int, other: int, **tags: str) -> Relation:
    return turn(kind, ("w", way, "from"), ("n", node, "via"), ("w", other, "to"), **tags)


def through(kind: str, way: int, vias: Sequence[int], other: int) -> Relation:
    return turn(kind, ("w", way, "from"), *(("w", via, "via") for via in vias), ("w", other, "to"))


@dataclass
class Oracle:
    """Walks over the XML's own stretches, from node to node.

    Where the graph has a node half-way along a stretch one may turn back there, here too.
    """

    path: Path
    graph: RoadGraph | None = None
    place: dict[int, LonLat] = field(default_factory=dict)
    ways: dict[int, tuple[list[int], dict[str, str]]] = field(default_factory=dict)
    forbidden: set[tuple[tuple[int, int], ...]] = field(default_factory=set)

    def __post_init__(self) -> None:
        root = ET.parse(self.path).getroot()
        for node in root.iter("node"):
            self.place[int(node.attrib["id"])] = LonLat(
                float(node.attrib["lon"]), float(node.attrib["lat"])
            )
        for way in root.iter("way"):
            refs = [int(nd.attrib["ref"]) for nd in way.iter("nd")]
            tags = {tag.attrib["k"]: tag.attrib["v"] for tag in way.iter("tag")}
            self.ways[int(way.attrib["id"])] = list(self._with_middles(refs)), tags
        self.steps = {
            step: way
            for way, (refs, tags) in self.ways.items()
            for a, b in itertools.pairwise(refs)
            for step in ([(a, b)] if tags.get("oneway") == "yes" else [(a, b), (b, a)])
        }
        self.out: dict[int, list[tuple[int, int]]] = {}
        for step in self.steps:
            self.out.setdefault(step[0], []).append(step)
        for relation in root.iter("relation"):
            self.forbidden |= set(self._sequences(relation))

    def _with_middles(self, refs: list[int]) -> Iterator[int]:
        yield refs[0]
        for a, b in itertools.pairwise(refs):
            middle = LonLat(*(np.add(self.place[a], self.place[b]) / 2))
            if (
                self.graph is not None
                and (
                    (np.abs(self.graph.lon - middle.lon) < 1e-6)
                    & (np.abs(self.graph.lat - middle.lat) < 1e-6)
                ).any()
            ):
                number = 10_000 + len(self.place)
                self.place[number] = middle
                yield number
            yield b

    def _sequences(self, relation: ET.Element) -> Iterator[tuple[tuple[int, int], ...]]:
        tags = {tag.attrib["k"]: tag.attrib["v"] for tag in relation.iter("tag")}
        role: dict[str, list[int]] = {"from": [], "via": [], "to": []}
        for member in relation.iter("member"):
            role[member.attrib["role"]].append(int(member.attrib["ref"]))
        by_node = any(member.attrib["type"] == "node" for member in relation.iter("member"))
        for start, end in itertools.product(role["from"], role["to"]):
            for first in [step for step, way in self.steps.items() if way == start]:
                if by_node:
                    begins = [(first,)] if first[1] in role["via"] else []
                else:
                    begins = list(self._along((first,), role["via"]))
                for begin in begins:
                    onward = self.out.get(begin[-1][1], [])
                    into = [step for step in onward if self.steps[step] == end]
                    if into and tags["restriction"].startswith("only"):
                        yield from ((*begin, step) for step in onward if step not in into)
                    elif not tags["restriction"].startswith("only"):
                        yield from ((*begin, step) for step in into)

    def _along(
        self, walk: tuple[tuple[int, int], ...], vias: list[int]
    ) -> Iterator[tuple[tuple[int, int], ...]]:
        """Walks along whole ways, one after the other."""
        if not vias:
            yield walk
            return
        refs, _tags = self.ways[vias[0]]
        for line in (refs, refs[::-1]):
            steps = list(itertools.pairwise(line))
            if line[0] == walk[-1][1] and all(step in self.steps for step in steps):
                yield from self._along((*walk, *steps), vias[1:])

    def open_nodes(self) -> set[int]:
        """The nodes of the largest part that roads make which one may drive through."""
        free = nx.DiGraph([step for step, way in self.steps.items() if not self._told(way)])
        parts = nx.strongly_connected_components(free)
        core = max(parts, key=lambda part: (len(part), -min(part)), default=set())
        return core if len(core) > 1 else set()

    def _told(self, way: int) -> bool:
        return self.ways[way][1].get("access") == "destination"

    def _phases(self) -> Callable[[tuple[int, int], int], int | None]:
        """Say how a drive goes on: 0 leaving, 1 on open roads, 2 arriving, None not at all."""
        core = self.open_nodes()

        def phase(step: tuple[int, int], before: int) -> int | None:
            is_open = core.issuperset(step) and not self._told(self.steps[step])
            if not core or (before == 0 and not core.issuperset(step[1:])):
                return before
            if before == 2 or (before == 1 and not is_open):
                return None if step[1] in core else 2
            return 1

        return phase

    def metres(self, start: int) -> dict[int, float]:
        """Shortest allowed drives from a node to all others."""
        longest = max((len(turn) for turn in self.forbidden), default=1)
        phases, graph = self._phases(), nx.DiGraph()
        begin = ((start,), int(start in self.open_nodes()))
        states, queue = set(), [begin]
        while queue:
            state = queue.pop()
            if state in states:
                continue
            states.add(state)
            walk, phase = state
            steps = tuple(itertools.pairwise(walk))
            for step in self.out.get(walk[-1], []):
                onward = phases(step, phase)
                past = (*steps, step)
                if onward is None or any(
                    past[-n:] in self.forbidden for n in range(2, longest + 1)
                ):
                    continue
                after = ((*walk, step[1])[-longest:], onward)
                graph.add_edge(
                    state, after, weight=distance_m(self.place[step[0]], self.place[step[1]])
                )
                queue.append(after)
        graph.add_node(begin)
        told = nx.single_source_dijkstra_path_length(graph, begin)
        best: dict[int, float] = {}
        for (walk, _phase), metres in told.items():
            best[walk[-1]] = min(metres, best.get(walk[-1], np.inf))
        return best


class Drives:
    """Shortest drives over our graph as callers make them: from `leaves_from` to where one ends."""

    def __init__(self, graph: RoadGraph) -> None:
        self.graph = graph
        self.links = nx.MultiDiGraph()
        self.links.add_nodes_from(range(len(graph.lon)))
        rows = zip(graph.tail.tolist(), graph.head.tolist(), graph.length_m.tolist(), strict=True)
        self.links.add_weighted_edges_from(rows)
        sinks = set(graph.tail[(graph.flags & 16) != 0].tolist())
        self.ends = [
            node
            for node in range(len(graph.lon))
            if node not in sinks and (graph.leaves_from[node] != node or not self._doubled(node))
        ]

    def _doubled(self, node: int) -> bool:
        return bool((self.graph.leaves_from == node).sum() > 1)

    def end_at(self, place: LonLat) -> int:
        near = [
            node
            for node in self.ends
            if abs(self.graph.lon[node] - place.lon) < 1e-6
            and abs(self.graph.lat[node] - place.lat) < 1e-6
        ]
        (one,) = near
        return one

    def metres(self, start: LonLat) -> dict[int, float]:
        source = int(self.graph.leaves_from[self.end_at(start)])
        return nx.single_source_dijkstra_path_length(self.links, source)


def compare(path: Path, graph: RoadGraph, nodes: Sequence[int]) -> None:
    oracle, drives = Oracle(path, graph), Drives(graph)
    for start in nodes:
        wanted, found = oracle.metres(start), drives.metres(oracle.place[start])
        for end in nodes:
            if start != end:
                ours = found.get(drives.end_at(oracle.place[end]), np.inf)
                assert ours == pytest.approx(wanted.get(end, np.inf), abs=0.5), (start, end)


# A crossing: 2 is its middle; ways 1 west, 2 east, 3 south, 4 north of it.
CROSSING = [((1, 2), STREET), ((2, 3), STREET), ((102, 2), STREET), ((2, 202), STREET)]
CROSSING_AT = {1: (10.0, 50.001), 2: (10.001, 50.001), 3: (10.002, 50.001), 102: (10.001, 50.0),
               202: (10.001, 50.002)}  # fmt: skip
# The same with a ring around it, so that what is forbidden can be driven around.
RING = [*CROSSING, ((1, 202, 3, 102, 1), STREET)]

NODE_TURNS = {
    "no left": [at("no_left_turn", 1, 2, 4)],
    "no way on": [at("no_straight_on", 1, 2, 2)],
    "only straight on": [at("only_straight_on", 1, 2, 2)],
    "no way back": [at("no_u_turn", 1, 2, 1)],
    "no exit by two": [
        turn("no_exit", ("w", 1, "from"), ("n", 2, "via"), ("w", 2, "to"), ("w", 3, "to"))
    ],
    "no entry from two": [
        turn("no_entry", ("w", 1, "from"), ("w", 3, "from"), ("n", 2, "via"), ("w", 4, "to"))
    ],
    "several": [
        at("no_left_turn", 1, 2, 4),
        at("no_right_turn", 1, 2, 3),
        at("only_straight_on", 3, 2, 4),
        at("no_u_turn", 2, 2, 2),
    ],
}


@pytest.mark.parametrize("turns", NODE_TURNS.values(), ids=NODE_TURNS)
@pytest.mark.parametrize("ways", [CROSSING, RING], ids=["crossing", "ring"])
def test_a_turn_at_a_junction_is_forbidden_to_who_comes_that_way_and_to_nobody_else(
    osm_graph: Make, tmp_path: Path, turns: list[Relation], ways: list
) -> None:
    graph = osm_graph(ways, places=CROSSING_AT, relations=turns)
    compare(tmp_path / "test.osm", graph, list(CROSSING_AT))
    assert reports_of(graph) == []


def test_who_turns_left_where_that_is_forbidden_must_go_around(
    osm_graph: Make, tmp_path: Path
) -> None:
    turns = [at("no_left_turn", 1, 2, 4), at("only_straight_on", 2, 2, 1)]
    graph = osm_graph(CROSSING, places=CROSSING_AT, relations=turns)
    drives = Drives(graph)
    places = {node: LonLat(*place) for node, place in CROSSING_AT.items()}
    north, there = drives.end_at(places[202]), drives.metres(places[1])
    direct = distance_m(places[1], places[2]) + distance_m(places[2], places[202])
    back = 2 * distance_m(places[2], places[102])
    assert there[north] == pytest.approx(direct + back, rel=1e-4), "by way of the south"
    assert drives.metres(places[3])[drives.end_at(places[1])] < 1.01 * 2 * distance_m(
        places[1], places[2]
    )


# Two carriageways joined by a short way 5: 1-2-3 to the east, 203-202-201 to the west.
DUAL = [
    ((1, 2), STREET | {"oneway": "yes"}),
    ((2, 3), STREET | {"oneway": "yes"}),
    ((203, 202), STREET | {"oneway": "yes"}),
    ((202, 201), STREET | {"oneway": "yes"}),
    ((2, 102, 202), STREET),
    ((201, 1), STREET),
    ((3, 203), STREET),
    ((102, 104), STREET),
    ((104, 4), STREET),
]
WAY_TURNS = {
    "no way back": [through("no_u_turn", 1, [5], 4)],
    "only back": [through("only_u_turn", 1, [5], 4)],
    "and one at its end": [through("no_u_turn", 1, [5], 4), at("no_left_turn", 5, 202, 4)],
    "two that overlap": [through("no_u_turn", 1, [5], 4), at("no_u_turn", 1, 2, 5)],
    "round about": [through("no_u_turn", 2, [7, 3], 5), through("no_u_turn", 4, [6], 1)],
}


@pytest.mark.parametrize("turns", WAY_TURNS.values(), ids=WAY_TURNS)
def test_a_turn_through_ways_is_forbidden_along_all_of_them_only(
    osm_graph: Make, tmp_path: Path, turns: list[Relation]
) -> None:
    graph = osm_graph(DUAL, relations=turns)
    compare(tmp_path / "test.osm", graph, [1, 2, 3, 102, 104, 4, 201, 202, 203])
    assert reports_of(graph) == []


LEFT_OUT = {
    "for others": (at("no_left_turn", 1, 2, 4, **{"except": "bicycle;motorcar"}), "EXEMPT"),
    "of others": (
        turn(
            "",
            ("w", 1, "from"),
            ("n", 2, "via"),
            ("w", 4, "to"),
            **{"restriction:hgv": "no_exit"},
        ),
        "EXEMPT",
    ),
    "of cars": (
        at("no_left_turn", 1, 2, 4, **{"restriction:motorcar": "none"}), "EXEMPT",
    ),
    "at times": (
        turn("", ("w", 1, "from"), ("n", 2, "via"), ("w", 4, "to"),
             **{"restriction:conditional": "no_left_turn @ (Mo-Fr 07:00-09:00)"}),
        "CONDITIONAL",
    ),
    "at hours": (at("no_left_turn", 1, 2, 4, hour_on="07:00", hour_off="09:00"), "CONDITIONAL"),
    "no kind": (at("no_stopping", 1, 2, 4), "UNKNOWN"),
    "no via": (turn("no_left_turn", ("w", 1, "from"), ("w", 4, "to")), "INCOMPLETE"),
    "no such way": (at("no_left_turn", 1, 2, 99), "MISSING"),
    "apart": (at("no_left_turn", 1, 3, 4), "APART"),
    "one-way": (at("no_left_turn", 5, 2, 4), "VOID"),
    "only one-way": (at("only_left_turn", 1, 2, 5), "CLOSED"),
    "two at once": (at("no_left_turn", 1, 2, 6), "AMBIGUOUS"),
}  # fmt: skip


@pytest.mark.parametrize(("relation", "why"), LEFT_OUT.values(), ids=LEFT_OUT)
def test_a_restriction_that_is_not_taken_over_is_listed_with_the_reason_and_changes_nothing(
    osm_graph: Make, relation: Relation, why: str
) -> None:
    ways = [
        *CROSSING,
        ((301, 2), STREET | {"oneway": "-1"} if why == "VOID" else STREET | {"oneway": "yes"}),
        ((401, 2, 402), STREET),
    ]
    places = CROSSING_AT | {301: (10.0, 50.0), 401: (10.0, 50.002), 402: (10.002, 50.0)}
    graph = osm_graph(ways, places=places, relations=[relation])
    assert [(told.kind.name, told.osm_id, told.osm_type) for told in reports_of(graph)] == [
        (f"RESTRICTION_{why}", 1, "relation")
    ]
    assert any("Not taken over from the map: 1 turn restrictions" in note for note in graph.notes)
    assert np.array_equal(graph.leaves_from, np.arange(len(graph.lon)))


def test_a_restriction_of_cars_counts_though_the_plain_one_excepts_them(osm_graph: Make) -> None:
    tags = {"restriction:motorcar": "no_left_turn", "except": "motorcar"}
    graph = osm_graph(
        CROSSING, places=CROSSING_AT, relations=[at("no_right_turn", 1, 2, 4, **tags)]
    )
    assert reports_of(graph) == []
    assert (graph.leaves_from != np.arange(len(graph.lon))).any()


CONDITIONS = {
    "access": ({"access:conditional": "no @ (22:00-06:00)"}, Kind.ACCESS_CONDITIONAL),
    "cars": ({"motor_vehicle:conditional": "no @ (Su)"}, Kind.ACCESS_CONDITIONAL),
    "direction": ({"motorcar:forward:conditional": "no @ (Su)"}, Kind.ACCESS_CONDITIONAL),
    "oneway": ({"oneway:conditional": "yes @ (Mo-Fr)"}, Kind.ONEWAY_CONDITIONAL),
    "speed": ({"maxspeed:conditional": "30 @ (22:00-06:00)"}, Kind.SPEED_CONDITIONAL),
    "reversible": ({"oneway": "reversible"}, Kind.REVERSIBLE),
    "lorries": ({"maxspeed:hgv:conditional": "30 @ (22:00-06:00)"}, None),
    "bicycles": ({"oneway:bicycle:conditional": "no @ (22:00-06:00)"}, None),
}


@pytest.mark.parametrize(("tags", "kind"), CONDITIONS.values(), ids=CONDITIONS)
def test_a_road_with_a_condition_for_cars_is_listed(
    osm_graph: Make, tags: dict[str, str], kind: Kind | None
) -> None:
    graph = osm_graph([((1, 2), STREET), ((2, 3), STREET | tags)])
    told = reports_of(graph)
    assert [(one.kind, one.osm_id, one.url) for one in told] == (
        [(kind, 2, "https://www.openstreetmap.org/way/2")] if kind else []
    )


def test_a_barrier_with_a_condition_is_listed(osm_graph: Make) -> None:
    gate = {"barrier": "gate", "access:conditional": "no @ (22:00-06:00)"}
    told = reports_of(osm_graph([((1, 2, 3), STREET)], nodes={2: gate}))
    assert [(one.kind, one.osm_id) for one in told] == [(Kind.GATE_CONDITIONAL, 2)]


# A square of open roads 1-5-405-401 with a short cut 3-203-403 for arriving only across it, which
# has a drive 203-204-205 of its own and a village 103-102 beside it.
SHORT_CUT = [
    ((1, 2, 3, 4, 5), STREET),
    ((5, 205, 405), STREET),
    ((405, 403, 401), STREET),
    ((401, 201, 1), STREET),
    ((3, 103, 203, 303, 403), DESTINATION),
    ((203, 204), STREET),
    ((103, 102), STREET | {"oneway": "yes"}),
    ((102, 202, 203), STREET | {"oneway": "yes"}),
]


def test_one_drives_to_and_from_a_road_for_arriving_only_but_never_through(
    osm_graph: Make, tmp_path: Path
) -> None:
    graph = osm_graph(SHORT_CUT)
    compare(tmp_path / "test.osm", graph, [1, 3, 5, 403, 405, 103, 102, 203, 204])
    drives = Drives(graph)
    places = Oracle(tmp_path / "test.osm").place
    straight = distance_m(places[3], places[403])
    north = drives.metres(places[3])
    assert north[drives.end_at(places[403])] > 1.5 * straight, "not through"
    assert north[drives.end_at(places[203])] == pytest.approx(straight / 2, rel=1e-3), "to it"
    inside = drives.metres(places[203])
    assert inside[drives.end_at(places[403])] == pytest.approx(straight / 2, rel=1e-3), "from it"
    within = distance_m(places[103], places[203])
    assert drives.metres(places[103])[drives.end_at(places[203])] == pytest.approx(
        within, rel=1e-3
    ), "within it"
    assert int(graph.component_ok.sum()) == len(np.unique(graph.leaves_from)), "all can be reached"


def test_a_short_road_for_arriving_only_between_two_junctions_can_still_be_reached(
    osm_graph: Make,
) -> None:
    ring = ((1, 2, 202, 201, 1), STREET)
    graph = osm_graph([ring, ((1, 202), DESTINATION), ((2, 3), STREET)])
    middle = LonLat(10.0015, 50.001)
    places = [LonLat(lon, lat) for lon, lat in zip(graph.lon, graph.lat, strict=True)]
    near = [node for node, place in enumerate(places) if distance_m(place, middle) < 1]
    assert [bool(graph.component_ok[node]) for node in near] == [True, False]
    assert int(graph.leaves_from[near[0]]) == near[1]


def test_turns_are_forbidden_on_roads_for_arriving_only_too(
    osm_graph: Make, tmp_path: Path
) -> None:
    turns = [
        at("no_right_turn", 9, 203, 6),
        at("no_left_turn", 8, 203, 5),
        at("only_straight_on", 1, 3, 10),
        through("no_u_turn", 9, [6], 11),
    ]
    ways = [
        ((1, 2, 3), STREET),
        *SHORT_CUT[1:4],
        ((403, 303, 203), DESTINATION),
        *SHORT_CUT[5:],
        ((3, 103, 203), DESTINATION),
        ((3, 5), STREET),
        ((204, 304), STREET),
        ((3, 4, 5), STREET),
    ]
    graph = osm_graph(ways, relations=turns)
    compare(tmp_path / "test.osm", graph, [1, 3, 5, 405, 403, 103, 203, 204, 304])
    assert reports_of(graph) == []


@st.composite
def worlds(draw: st.DrawFn) -> tuple[list, list[Relation]]:
    """A small grid of streets, some one-way, some for arriving only, with random restrictions."""
    wide, high = draw(st.integers(2, 4)), draw(st.integers(2, 3))
    nodes = [row * 100 + column for row in range(high) for column in range(wide)]
    pairs = [(a, a + 1) for a in nodes if a + 1 in nodes]
    pairs += [(a, a + 100) for a in nodes if a + 100 in nodes]
    kinds = st.sampled_from(
        [STREET] * 6 + [STREET | {"oneway": "yes"}] * 2 + [DESTINATION] * 2
        + [DESTINATION | {"oneway": "yes"}, None]
    )  # fmt: skip
    tags = [draw(kinds) for _ in pairs]
    flips = [draw(st.booleans()) for _ in pairs]
    ways = [
        (pair[::-1] if flip else pair, told)
        for pair, flip, told in zip(pairs, flips, tags, strict=True)
        if told is not None
    ]
    if not ways:
        ways = [(pairs[0], STREET)]
    numbered = list(enumerate(ways, 1))
    meeting = [
        (i, set(one) & set(other), j)
        for (i, (one, _)), (j, (other, _)) in itertools.product(numbered, numbered)
    ]
    turns: list[Relation] = []
    for _ in range(draw(st.integers(0, 5))):
        first, shared, last = draw(st.sampled_from(meeting))
        if not shared:
            continue
        kind = draw(st.sampled_from(["no_left_turn", "only_straight_on", "no_u_turn"]))
        node = draw(st.sampled_from(sorted(shared)))
        beyond = [
            k for k, (refs, _) in numbered
            if k not in (first, last) and set(refs) & set(ways[last - 1][0]) - shared
        ]  # fmt: skip
        if beyond and first != last and draw(st.booleans()):
            vias, last = [last], draw(st.sampled_from(beyond))
            more = [
                k for k, (refs, _) in numbered
                if k not in (first, last, *vias)
                and set(refs) & set(ways[last - 1][0]) - set(ways[vias[0] - 1][0])
            ]  # fmt: skip
            if more and draw(st.booleans()):
                vias, last = [*vias, last], draw(st.sampled_from(more))
            turns.append(through(kind, first, vias, last))
        else:
            turns.append(at(kind, first, node, last))
    return ways, turns


@settings(
    max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(world=worlds())
def test_on_random_maps_drives_are_those_of_a_walk_from_edge_to_edge(
    osm_graph: Make, tmp_path: Path, world: tuple[list, list[Relation]]
) -> None:
    ways, turns = world
    graph = osm_graph(ways, relations=turns)
    oracle = Oracle(tmp_path / "test.osm")
    compare(tmp_path / "test.osm", graph, [node for node in oracle.place if node < 10_000])
