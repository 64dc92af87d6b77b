"""What is prepared for a region's legs is for its very roads, and found again."""

import os
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from planner.errors import RegionDamaged
from planner.legs.car import CarLegs, JoinedPlaces
from planner.legs.prepared import FOLDER, PreparedRoads
from planner.legs.profiles import REFERENCES
from planner.model.vehicle import Conditions
from planner.roads import seals
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


def flip(path: Path, place: int) -> None:
    """Change one byte, and pretend that the file was not written to."""
    told = path.stat()
    body = bytearray(path.read_bytes())
    body[place] ^= 0x40
    path.write_bytes(bytes(body))
    os.utime(path, ns=(told.st_atime_ns, told.st_mtime_ns))


def test_no_byte_that_changed_reaches_a_plan(kept: RoadGraph) -> None:
    # Compiled code follows indices out of memory: a damaged file must be refused before.
    nodes = np.arange(5, dtype=np.int32)
    row_s(PreparedRoads.of(kept), nodes)
    rng = np.random.default_rng(4)
    (home,) = (path for path in (kept.folder / FOLDER).iterdir() if path.is_dir())
    files = [path for path in home.rglob("*") if path.is_file() and path.stat().st_size > 0]
    parts = [path for path in files if path.suffix == ".npy" or path.parent.name[:5] == "sites"]
    parts = [path for path in parts if path.name not in ("labels.json", "lock")]
    assert len(parts) > 100
    for path in parts:
        whole = path.read_bytes()
        flip(path, int(rng.integers(len(whole))))
        with pytest.raises(RegionDamaged, match=path.name):
            row_s(PreparedRoads.of(kept), nodes)
        path.write_bytes(whole)
    row_s(PreparedRoads.of(kept), nodes)


def test_a_copy_is_read_once_and_then_trusted(
    kept: RoadGraph, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    nodes = np.arange(5, dtype=np.int32)
    first = row_s(PreparedRoads.of(kept), nodes)
    other = RoadGraph.open(Path(shutil.copytree(kept.folder, tmp_path / "other")))
    read: list[str] = []
    verify = seals.verify_part

    def noted(folder: Path, name: str, *rest: object) -> None:
        read.append(name)
        verify(folder, name, *rest)

    monkeypatch.setattr(seals, "verify_part", noted)
    assert row_s(PreparedRoads.of(kept), nodes) == first
    assert not read
    assert row_s(PreparedRoads.of(other), nodes) == first
    assert "head" in read
    assert "inward-weight" in read
    read.clear()
    assert row_s(PreparedRoads.of(other), nodes) == first
    assert not read
