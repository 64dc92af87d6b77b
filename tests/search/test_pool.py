"""The stations that stay as fallbacks: the few best of each road node."""

from typing import Any, cast

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from planner.search.havens import LEAST_POWER_KW, SPARES_PER_NODE, quickest_of_nodes
from planner.world import Sites

NO_GRAPH = cast("Any", None)

STATIONS = st.tuples(
    st.integers(-1, 4),
    st.sampled_from([0.0, 5.0, 10.0]),
    st.sampled_from([0.0, LEAST_POWER_KW / 2, 11.0, 22.0, 50.0]),
)
"""Node (-1: none), metres from it, kW."""


@given(st.lists(STATIONS, max_size=40))
def test_of_each_node_the_most_powerful_stay_of_equals_the_nearest(
    stations: list[tuple[int, float, float]],
) -> None:
    node, distance_m, power_kw = np.array(stations, np.float64).reshape(-1, 3).T.copy()
    sites = Sites(NO_GRAPH, node.astype(np.int32), distance_m)
    expected: list[int] = []
    for here in range(5):
        there = [n for n, (at, _, kw) in enumerate(stations) if at == here and kw >= LEAST_POWER_KW]
        there.sort(key=lambda n: (-stations[n][2], stations[n][1], n))
        expected += there[:SPARES_PER_NODE]
    assert quickest_of_nodes(sites, power_kw).tolist() == sorted(expected)
