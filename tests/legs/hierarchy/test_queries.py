"""Ways on random roads, against networkx."""

import numpy as np
from hypothesis import given
from hypothesis import settings as rules

from planner.legs.hierarchy import (
    NEVER,
    PointQuery,
    build,
    customise,
    edge_loads,
    from_all,
    from_many,
    matrix,
    select_sources,
    select_targets,
    to_all,
    to_many,
)
from tests.legs.hierarchy.random_roads import Roads, all_pairs, small_roads


@given(small_roads())
@rules(max_examples=150, deadline=None)
def test_every_query_finds_the_least_weight_that_networkx_finds(roads: Roads) -> None:
    expected = all_pairs(roads)
    metric = customise(build(roads.first_out, roads.head), roads.weight)
    every = np.arange(roads.nodes)
    query = PointQuery(metric)
    targets, sources = select_targets(metric, every), select_sources(metric, every)
    assert (matrix(every, targets) == expected).all()
    for node in range(roads.nodes):
        assert [query.weight(node, other) for other in range(roads.nodes)] == list(expected[node])
        assert (to_many(node, targets).weight == expected[node]).all()
        assert (from_many(sources, node).weight == expected[:, node]).all()
        assert (to_all(metric, node) == expected[node]).all()
        assert (from_all(metric, node) == expected[:, node]).all()


@given(small_roads())
@rules(max_examples=80, deadline=None)
def test_a_drive_follows_edges_that_sum_to_its_weight_and_load(roads: Roads) -> None:
    expected = all_pairs(roads)
    load = edge_loads(roads.weight / 4, roads.weight * 2, roads.energy_kwh, None)
    metric = customise(build(roads.first_out, roads.head), roads.weight, load)
    query = PointQuery(metric)
    for start in range(roads.nodes):
        for end in range(roads.nodes):
            drive = query.drive(start, end)
            if expected[start, end] == NEVER:
                assert drive is None
                continue
            assert drive is not None
            assert drive.weight == expected[start, end] == roads.weight[drive.edges].sum()
            ends = [start, *roads.head[drive.edges]]
            assert [*roads.tail[drive.edges], end] == ends
            assert drive.load[0] == roads.weight[drive.edges].sum() / 4
            assert drive.load[2] == roads.energy_kwh[drive.edges].sum()
