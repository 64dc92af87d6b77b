"""Larger graphs against SciPy and RoutingKit; inputs that cannot be."""

import networkx as nx
import numpy as np
import pytest
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from planner.legs.hierarchy import (
    NEVER,
    PointQuery,
    build,
    customise,
    matrix,
    select_targets,
    to_many,
    update,
)
from planner.legs.hierarchy.order import contraction_order
from tests.legs.hierarchy.random_roads import Roads, grid_roads


@pytest.fixture(scope="module")
def city() -> Roads:
    return grid_roads(120, 11)


def test_a_city_agrees_with_scipy(city: Roads) -> None:
    metric = customise(build(city.first_out, city.head), city.weight)
    # SciPy adds up parallel edges and takes zero for no edge: keep the least, one unit up.
    order = np.lexsort((city.weight, city.head, city.tail))
    tail, head, weight = city.tail[order], city.head[order], city.weight[order]
    first = np.ones(len(order), bool)
    first[1:] = (tail[1:] != tail[:-1]) | (head[1:] != head[:-1])
    scale = 100_000
    roads = csr_array(
        (weight[first] * float(scale) + 1, (tail[first], head[first])), shape=(city.nodes,) * 2
    )
    sources = np.arange(0, city.nodes, 1201)
    far = dijkstra(roads, indices=sources)
    expected = np.where(np.isinf(far), NEVER, np.nan_to_num(far, posinf=0.0) // scale)
    assert (matrix(sources, select_targets(metric, np.arange(city.nodes))) == expected).all()


def test_a_town_agrees_with_routingkit(town: Roads) -> None:
    kit = pytest.importorskip("routingkit_ch")
    metric = PointQuery(customise(build(town.first_out, town.head), town.weight))
    tail, head, weight = (array.astype(np.uint32) for array in (town.tail, town.head, town.weight))
    query = kit.CHQuery(kit.ContractionHierarchy.build(town.nodes, tail, head, weight))
    reached = 0
    for start, end in np.random.default_rng(4).integers(0, town.nodes, (400, 2)).tolist():
        theirs = query.reset().add_source(start).add_target(end).run().get_distance()
        ours = metric.weight(start, end)
        assert ours == theirs or (ours == NEVER and theirs >= NEVER)
        reached += ours != NEVER
    assert reached > 300


def test_the_same_roads_have_the_same_hierarchy_each_time(city: Roads) -> None:
    one, other = (build(city.first_out, city.head).arrays() for _ in range(2))
    assert all(np.array_equal(one[name], other[name]) for name in one)


def test_the_tree_names_every_upper_neighbour_by_its_level(city: Roads) -> None:
    tree = build(city.first_out, city.head)
    for v in range(0, tree.nodes, 97):
        path, node = {}, int(tree.parent[v])
        while node >= 0:
            path[int(tree.level[node])] = node
            node = int(tree.parent[node])
        arcs = slice(tree.first[v], tree.first[v + 1])
        assert [path[level] for level in tree.head_level[arcs]] == list(tree.head[arcs])


def test_long_roads_without_junctions_make_no_high_tree() -> None:
    nodes = 4096
    first_out = np.minimum(np.arange(nodes + 1), nodes - 1).astype(np.int32)
    tree = build(first_out, np.arange(1, nodes, dtype=np.int32))
    assert tree.height <= 2 * 12 + 2


def test_every_node_is_contracted_once() -> None:
    graph = nx.gnm_random_graph(300, 500, seed=1, directed=True)
    listed = sorted(graph.edges)
    tail = np.array([a for a, _ in listed])
    first_out = np.searchsorted(tail, np.arange(301)).astype(np.int32)
    order = contraction_order(first_out, np.array([b for _, b in listed], np.int32))
    assert sorted(order) == list(range(300))


def test_weights_that_cannot_be_are_refused(town: Roads) -> None:
    tree = build(town.first_out, town.head)
    with pytest.raises(ValueError, match="negative"):
        customise(tree, town.weight - 10_000)
    with pytest.raises(ValueError, match="whole numbers"):
        customise(tree, town.weight.astype(float))
    with pytest.raises(ValueError, match=r"for \d+ edges"):
        customise(tree, town.weight[1:])
    with pytest.raises(ValueError, match="loads for"):
        customise(tree, town.weight, np.zeros((3, 6), np.float32))


def test_nothing_may_be_asked_for_and_nothing_may_be_there() -> None:
    empty = customise(build(np.zeros(1, np.int32), np.zeros(0, np.int32)), np.zeros(0, np.int32))
    assert len(select_targets(empty, []).rank) == 0
    road = customise(build(np.array([0, 1, 1], np.int32), np.array([1], np.int32)), np.array([7]))
    assert matrix([], select_targets(road, [1])).shape == (0, 1)
    assert len(to_many(0, select_targets(road, [])).weight) == 0
    assert not update(road, [], []).changed.any()
    assert to_many(0, select_targets(road, [1, 1])).weight.tolist() == [7, 7]
