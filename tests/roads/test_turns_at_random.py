"""Restrictions, one-ways and roads for arriving only on random maps, against walks."""

import itertools
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from planner.roads import turning
from tests.oracle.walks import (
    DESTINATION,
    STREET,
    Make,
    Oracle,
    Relation,
    at,
    compare,
    through,
)


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
    """However far from a forbidden turn: the walks turn round at dead ends only."""
    ways, turns = world
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(turning, "NEAREST_M", np.inf)
        graph = osm_graph(ways, relations=turns)
    oracle = Oracle(tmp_path / "test.osm")
    compare(tmp_path / "test.osm", graph, [node for node in oracle.place if node < 10_000])
