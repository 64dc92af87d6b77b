"""Searches on an imported country held against networkx, to the millisecond."""

from pathlib import Path

import pytest
from truth import import_roads
from truth_networkx import compare


@pytest.mark.shared
def test_every_search_finds_the_ways_that_networkx_finds(shared: Path) -> None:
    graph = import_roads(shared / "roads" / "andorra-valhalla-docker.osm.pbf")
    told = compare(graph, pairs=120, seed=3)
    assert told["reached"] == 120
    assert min(told["compared"].values()) >= 40
    assert len(told["compared"]) == 6
    assert set(told["differ"].values()) == {0}, told["differ"]
