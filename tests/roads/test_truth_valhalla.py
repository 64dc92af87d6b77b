"""Andorra's roads held against Valhalla itself, where its environment was made."""

from pathlib import Path

import pytest
from truth import compare
from truth_valhalla import HOME, is_there


@pytest.mark.slow
@pytest.mark.shared
def test_random_ways_agree_with_valhalla_and_what_differs_is_explained(shared: Path) -> None:
    if not is_there():
        pytest.skip(f"Valhalla is not in {HOME}: `python bench/truth.py` puts it there")
    told = compare(shared / "roads" / "andorra-valhalla-docker.osm.pbf", HOME, 60, 5)
    assert told["pairs"] == 60
    assert told["reached_percent"]["both"] >= 98
    assert told["ends_apart_m"]["median"] < 1
    assert told["ends_apart_m"]["p99"] < 15
    assert 0.95 <= told["time_ratio"]["median"] <= 1.05
    assert told["time_ratio"]["p95_either_way"] <= 1.25
    assert 0.995 <= told["distance_ratio"]["median"] <= 1.005
    assert 0.998 <= told["shortest_distance_ratio"]["median"] <= 1.002
    assert told["driven_whole_percent"]["our_ways_by_valhalla"] >= 95
    unexplained = [kind for kinds in told["off_by_kind"].values() for kind in kinds]
    assert not [kind for kind in unexplained if "unexplained" in kind]
