"""Heights of known places on real extracts, against what is published of them."""

from pathlib import Path

import numpy as np
import pytest

from planner.model.geo import LonLat
from planner.roads.graph import RoadGraph
from planner.roads.region import build_region
from planner.roads.snap import Snapper

PASSES = [
    ("Port d'Envalira", 1.7194, 42.5402, 2408),
    ("Port de Cabús", 1.4197, 42.5464, 2302),
    ("Coll de la Botella", 1.4530, 42.5457, 2069),
    ("Coll d'Ordino", 1.5723, 42.5561, 1981),
    ("Coll de la Gallina", 1.4500, 42.4594, 1910),
    ("Collada de Beixalís", 1.5479, 42.5278, 1795),
]
"""Tops of roads. Source: the articles of the passes in the Catalan Wikipedia, and the ``ele`` of
their nodes in OpenStreetMap (2408, 2306, 2072.9, 1987, 1910, 1795)."""

TOWNS = [
    ("Andorra la Vella", 1.5218, 42.5063, 1023),
    ("les Escaldes", 1.5404, 42.5090, 1050),
    ("Ordino", 1.5335, 42.5562, 1298),
    ("la Massana", 1.5164, 42.5442, 1230),
    ("Canillo", 1.5978, 42.5668, 1526),
    ("el Pas de la Casa", 1.7335, 42.5447, 2080),
    ("Sant Julià de Lòria", 1.4923, 42.4669, 908),
]
"""Source: the articles of the parishes' seats in Wikipedia; they lie on slopes, and a town's height
is that of one of its squares."""

FRANCONIAN = [
    ("Harsdorf", 11.5686, 50.0275, 351),
    ("Neudrossenfeld", 11.5011, 50.0183, 334),
]
"""Source: the articles of both municipalities in the German Wikipedia; Neudrossenfeld stands on a
spur above its valley."""


def height_m(graph: RoadGraph, snapper: Snapper, lon: float, lat: float) -> float:
    return float(graph.ele_m[snapper.snap(LonLat(lon, lat)).node])


@pytest.fixture(scope="module")
def andorra(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> RoadGraph:
    return build_region(
        tmp_path_factory.mktemp("regions"),
        "andorra",
        osm=shared / "roads" / "andorra-valhalla-docker.osm.pbf",
        elevation=shared / "elevation",
    )


def test_the_tops_of_passes_are_not_flattened(andorra: RoadGraph) -> None:
    snapper = Snapper(andorra)
    for name, lon, lat, metres in PASSES:
        assert height_m(andorra, snapper, lon, lat) == pytest.approx(metres, abs=10), name


def test_towns_lie_as_high_as_they_do(andorra: RoadGraph) -> None:
    snapper = Snapper(andorra)
    off = [height_m(andorra, snapper, lon, lat) - metres for _name, lon, lat, metres in TOWNS]
    assert np.abs(off).max() < 30, off
    assert abs(np.mean(off)) < 12, off


def test_roads_have_grades_that_can_be_driven(andorra: RoadGraph) -> None:
    long = andorra.length_m > 100
    grade = (andorra.climb_m + andorra.descent_m)[long] / andorra.length_m[long]
    assert float(np.quantile(grade, 0.99)) < 0.2
    main = np.isin(andorra.road_class[long], (3, 5, 7))
    assert float(np.quantile(grade[main], 0.95)) < 0.12


def test_villages_of_upper_franconia_lie_as_high_as_they_do(shared: Path, tmp_path: Path) -> None:
    graph = build_region(
        tmp_path,
        "bayreuth",
        osm=shared / "roads" / "north-bayreuth.osm.gz",
        elevation=shared / "elevation",
    )
    snapper = Snapper(graph)
    for name, lon, lat, metres in FRANCONIAN:
        assert height_m(graph, snapper, lon, lat) == pytest.approx(metres, abs=20), name
    per_km = 1000 * float(graph.climb_m.sum()) / float(graph.length_m.sum())
    assert 4 < per_km < 15
