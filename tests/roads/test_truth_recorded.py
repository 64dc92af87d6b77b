"""Our ways beside those of another router, whose figures are recorded: no Valhalla is needed.

`truth_valhalla.json` holds 30 random pairs on three extracts with the metres and seconds that
Valhalla gave, and its version. How it was asked stands in ``bench/truth.py``.
"""

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from planner.model.geo import LonLat
from planner.roads.graph import Flag, RoadGraph
from planner.roads.osm import read_osm
from planner.roads.osm_graph import build_from_osm
from planner.roads.snap import Snapper
from tests.oracle.sweeps import drives

RECORD = json.loads(Path(__file__).with_name("truth_valhalla.json").read_text(encoding="utf-8"))


@cache
def roads(file: Path) -> RoadGraph:
    """Import an extract once."""
    told: dict[str, Any] = {"name": "truth", "source": file.name, "heights": None}
    return build_from_osm(read_osm(file, lambda *_: None), **told, progress=lambda *_: None)


def least(graph: RoadGraph, start: int, b: int, weight: Any) -> tuple[float, float]:
    """Return metres and seconds of the way of least weight between two places."""
    a = int(graph.leaves_from[start])
    flat, all_roads = np.zeros(len(graph.head)), np.ones(len(graph.lon), np.bool_)
    seconds = graph.duration_s.astype(np.float64)
    found = drives(graph.first_out, graph.head, weight, seconds, flat, all_roads, a, 1.0, b)
    metres, node, entered = 0.0, b, found[-1]
    while node != a:
        metres += float(graph.length_m[entered[node]])
        node = int(graph.tail[entered[node]])
    return metres, float(found[0][b])


@pytest.mark.shared
@pytest.mark.parametrize("name", sorted(RECORD["extracts"]))
def test_ways_are_as_long_and_take_as_long_as_another_routers(shared: Path, name: str) -> None:
    graph = roads(shared / "roads" / name)
    snapper = Snapper(graph)
    time, metres, shortest = [], [], []
    for west, south, east, north, their_m, their_s, their_least_m in RECORD["extracts"][name]:
        ends = snapper.snap(LonLat(west, south)).node, snapper.snap(LonLat(east, north)).node
        way_m, way_s = least(graph, *ends, graph.duration_s.astype(np.float64))
        least_m, _ = least(graph, *ends, graph.length_m.astype(np.float64))
        assert least_m <= way_m + 0.1
        time.append(way_s / their_s)
        metres.append(way_m / their_m)
        shortest.append(least_m / their_least_m)
    assert 0.95 <= np.median(time) <= 1.1
    assert 0.8 <= min(time) <= max(time) <= 1.3
    assert 0.98 <= np.median(metres) <= 1.01
    assert 0.998 <= np.median(shortest) <= 1.003, "the same roads are open to both"
    assert 0.85 <= min(shortest) <= max(shortest) <= 1.15


@pytest.mark.shared
def test_no_way_of_more_than_a_minute_is_all_waiting(shared: Path) -> None:
    graph = roads(shared / "roads" / "porto_portugal.osm.pbf")
    on_land = (graph.flags & (Flag.FERRY | Flag.VIRTUAL)) == 0
    moving_s = graph.length_m[on_land] / graph.speed_kmh[on_land] * 3.6
    waiting_s = graph.duration_s[on_land] - moving_s
    assert waiting_s.min() > -1e-3
    assert waiting_s.max() < 60
    assert waiting_s.sum() < 0.25 * moving_s.sum()
