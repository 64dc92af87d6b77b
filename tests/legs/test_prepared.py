"""What is prepared for a region's legs is for its very roads, and found again."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from planner.legs.car import CarLegs, JoinedPlaces
from planner.legs.prepared import FOLDER, PreparedRoads
from planner.legs.profiles import REFERENCES
from planner.model.vehicle import Conditions
from planner.roads.graph import RoadGraph
from tests.legs.test_car import roads

CAR = REFERENCES[0].vehicle
DAY = Conditions()


@pytest.fixture
def kept(tmp_path: Path) -> RoadGraph:
    folder = tmp_path / "region"
    roads(1).save(folder)
    return RoadGraph.open(folder)


def row_s(prepared: PreparedRoads, nodes: np.ndarray) -> list[float]:
    car = prepared.car(CAR, DAY, nodes)
    places = JoinedPlaces.at(prepared.graph, nodes, np.zeros(nodes.size))
    return CarLegs(car, places, 1e6).row(0, 0).time_s.tolist()


def test_roads_are_prepared_once_and_opened_after_that(kept: RoadGraph) -> None:
    nodes = np.arange(5, dtype=np.int32)
    assert not PreparedRoads.is_there(kept)
    first = row_s(PreparedRoads.of(kept), nodes)
    PreparedRoads.of(kept).prepare()
    assert PreparedRoads.is_there(kept)
    before = {path: path.stat().st_mtime_ns for path in kept.folder.glob(f"{FOLDER}/*/*/*.npy")}
    assert row_s(PreparedRoads.of(kept), nodes) == first
    after = {path: path.stat().st_mtime_ns for path in kept.folder.glob(f"{FOLDER}/*/*/*.npy")}
    assert after == before
    assert row_s(PreparedRoads.of(replace(kept, folder=None)), nodes) == first


def test_roads_of_the_same_name_but_other_content_touch_nothing_that_is_in_use(
    kept: RoadGraph,
) -> None:
    nodes, more = np.arange(5, dtype=np.int32), np.arange(9, dtype=np.int32)
    old = PreparedRoads.of(kept)
    first = row_s(old, nodes)
    changed = replace(kept, hash="another", duration_s=kept.duration_s * 2)
    new = PreparedRoads.of(changed)
    doubled = row_s(new, nodes)
    labels = [part.nodes.tolist() for part in new.reference(REFERENCES[0]).labels]
    assert row_s(old, more)[:5] == first
    assert [part.nodes.tolist() for part in new.reference(REFERENCES[0]).labels] == labels
    assert row_s(new, nodes) == doubled != first
