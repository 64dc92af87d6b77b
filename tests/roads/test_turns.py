"""Turn restrictions, against shortest walks over pairs of edges."""

from pathlib import Path

import numpy as np
import pytest

from planner.model.geo import LonLat, distance_m
from planner.roads.reports import reports_of
from tests.oracle.walks import (
    STREET,
    Drives,
    Make,
    Relation,
    at,
    compare,
    through,
    turn,
)

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
