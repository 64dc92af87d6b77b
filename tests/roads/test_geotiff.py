"""GeoTIFF tiles: the same heights in any coordinate system; no data is no height; finest first."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from planner.errors import DataError, DataMissing
from planner.roads import geotiff, optional
from planner.roads.elevation import HgtTiles, open_heights
from planner.roads.graph import RoadGraph
from planner.roads.region import build_region

rasterio = pytest.importorskip("rasterio")
from affine import Affine  # noqa: E402
from rasterio.transform import from_bounds, from_origin  # noqa: E402 -- after the skip
from rasterio.warp import transform as reproject  # noqa: E402

pytestmark = pytest.mark.filterwarnings(
    "ignore:Use `@` matmul:PendingDeprecationWarning"  # rasterio 1.4 with affine 3
)

BOX = (10.0, 50.0, 10.2, 50.2)


def hill(lon: np.ndarray, lat: np.ndarray) -> np.ndarray:
    """A smooth height in metres, known everywhere."""
    return 400 + 300 * np.sin((lon - 10) * 9) + 200 * np.cos((lat - 50) * 7)


def write(
    path: Path, crs: str, box: tuple[float, float, float, float], size: float, **more: object
) -> Path:
    """Write the hill as a tile with posts every ``size`` units, in the middle of its cells."""
    west, south, east, north = box
    columns, rows = round((east - west) / size), round((north - south) / size)
    x = west + (np.arange(columns) + 0.5) * size
    y = north - (np.arange(rows) + 0.5) * size
    grid_x, grid_y = np.meshgrid(x, y)
    if crs == "EPSG:4326":
        lon, lat = grid_x, grid_y
    else:
        pair = reproject(crs, "EPSG:4326", grid_x.ravel(), grid_y.ravel())
        lon, lat = (np.array(values).reshape(rows, columns) for values in pair)
    heights = hill(lon, lat).astype(str(more.pop("dtype", "float32")))
    hole = more.pop("hole", None)
    if hole is not None:
        heights[:, : columns // 2] = hole
    scale = more.pop("scale", None)
    with rasterio.open(
        path, "w", driver="GTiff", width=columns, height=rows, count=1, crs=crs,
        dtype=heights.dtype, transform=from_origin(west, north, size, size), **more,
    ) as file:  # fmt: skip
        file.write(heights, 1)
        if scale:
            file.scales = (scale,)
    return path


def points(count: int = 400) -> tuple[np.ndarray, np.ndarray]:
    chance = np.random.default_rng(5)
    return chance.uniform(10.05, 10.15, count), chance.uniform(50.05, 50.15, count)


METRES = {
    "EPSG:25832": (560_000, 5_530_000, 600_000, 5_580_000),
    "EPSG:3035": (4_310_000, 2_980_000, 4_345_000, 3_030_000),
}


@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:25832", "EPSG:3035"])
@pytest.mark.parametrize("dtype", ["float32", "int16"])
def test_heights_are_the_same_in_every_coordinate_system(
    tmp_path: Path, crs: str, dtype: str
) -> None:
    degrees = crs == "EPSG:4326"
    write(
        tmp_path / "x.tif",
        crs,
        BOX if degrees else METRES[crs],
        0.0005 if degrees else 40.0,
        dtype=dtype,
    )
    lon, lat = points()
    within = 0.05 if dtype == "float32" else 1.0
    assert open_heights(tmp_path).heights_m(lon, lat) == pytest.approx(hill(lon, lat), abs=within)


def test_it_is_what_rasterio_reads_at_a_post(tmp_path: Path) -> None:
    path = write(tmp_path / "x.tiff", "EPSG:25832", METRES["EPSG:25832"], 100.0)
    with rasterio.open(path) as file:
        x, y = file.xy(np.array([100, 321]), np.array([50, 200]))
        wanted = [value[0] for value in file.sample(zip(x, y, strict=True))]
    lon, lat = reproject("EPSG:25832", "EPSG:4326", list(x), list(y))
    found = open_heights(tmp_path).heights_m(np.array(lon), np.array(lat))
    assert found == pytest.approx(wanted, abs=1e-3)


@pytest.mark.parametrize("hole", [-9999, -32768, np.nan])
def test_no_data_is_no_height(tmp_path: Path, hole: float) -> None:
    write(tmp_path / "x.tif", "EPSG:4326", BOX, 0.001, nodata=hole, hole=hole)
    tiles = open_heights(tmp_path)
    found = tiles.heights_m(np.array([10.05, 10.15]), np.array([50.1, 50.1]))
    assert np.isnan(found[0])
    assert found[1] == pytest.approx(hill(10.15, 50.1), abs=1)
    assert tiles.missing() == ("N50E010",)


def test_scales_and_feet_are_taken_into_account(tmp_path: Path) -> None:
    path = write(tmp_path / "x.tif", "EPSG:4326", BOX, 0.001, scale=0.5)
    lon, lat = points(20)
    halved = open_heights(tmp_path).heights_m(lon, lat)
    assert halved == pytest.approx(hill(lon, lat) / 2, abs=0.5)
    with rasterio.open(path, "r+") as file:
        file.scales = (1.0,)
        file.units = ("ft",)
    assert open_heights(tmp_path).heights_m(lon, lat) == pytest.approx(
        hill(lon, lat) * 0.3048, abs=0.5
    )


def test_large_tiles_are_read_in_windows_without_seams(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "x.tif", "EPSG:4326", BOX, 0.001)
    lon, lat = points()
    whole = open_heights(tmp_path).heights_m(lon, lat)
    monkeypatch.setattr(geotiff, "WINDOW", 17)
    assert open_heights(tmp_path).heights_m(lon, lat) == pytest.approx(whole, abs=1e-4)


def test_neighbouring_tiles_meet(tmp_path: Path) -> None:
    write(tmp_path / "a.tif", "EPSG:4326", (10.0, 50.0, 10.1, 50.2), 0.0005)
    write(tmp_path / "b.tif", "EPSG:4326", (10.1, 50.0, 10.2, 50.2), 0.0005)
    lon = np.linspace(10.09, 10.11, 200)
    lat = np.full(200, 50.1)
    assert open_heights(tmp_path).heights_m(lon, lat) == pytest.approx(hill(lon, lat), abs=1)


def write_hgt(folder: Path, height: float) -> None:
    (folder / "N50E010.hgt").write_bytes(np.full((1201, 1201), height).astype(">i2").tobytes())


def test_a_folder_may_hold_both_kinds_and_the_tiff_counts_where_it_tells(tmp_path: Path) -> None:
    write_hgt(tmp_path, 77)
    write(tmp_path / "x.tif", "EPSG:4326", BOX, 0.001, nodata=-9999, hole=-9999)
    tiles = open_heights(tmp_path)
    found = tiles.heights_m(
        np.array([10.05, 10.15, 10.5, 11.5]), np.array([50.1, 50.1, 50.9, 50.1])
    )
    assert found[[0, 2]].tolist() == [77, 77]
    assert found[1] == pytest.approx(hill(10.15, 50.1), abs=1)
    assert np.isnan(found[3])
    assert tiles.title == "SRTM-style HGT tiles and GeoTIFF tiles"
    assert tiles.missing() == ("N50E011",)


def test_the_finer_tile_counts_where_two_lie(tmp_path: Path) -> None:
    write(tmp_path / "a-coarse.tif", "EPSG:4326", BOX, 0.02)
    write(tmp_path / "b-fine.tif", "EPSG:25832", METRES["EPSG:25832"], 50.0)
    lon, lat = points()
    assert open_heights(tmp_path).heights_m(lon, lat) == pytest.approx(hill(lon, lat), abs=0.1)


def test_a_tile_that_is_none_is_named(tmp_path: Path) -> None:
    (tmp_path / "x.tif").write_bytes(b"no tiff")
    with pytest.raises(DataError, match=r"x\.tif: the elevation tile cannot be read.*Fetch"):
        open_heights(tmp_path)


def test_a_tile_cut_short_is_named(tmp_path: Path) -> None:
    path = write(tmp_path / "x.tif", "EPSG:4326", BOX, 0.0005)
    path.write_bytes(path.read_bytes()[:-60_000])
    lon, lat = points()
    with pytest.raises(DataError, match=r"x\.tif: the elevation tile cannot be read"):
        open_heights(tmp_path).heights_m(lon, lat - 0.04)


def test_a_tile_without_a_place_on_the_map_is_refused(tmp_path: Path) -> None:
    with rasterio.open(
        tmp_path / "x.tif", "w", driver="GTiff", width=9, height=9, count=1, dtype="int16",
        transform=from_bounds(10, 50, 11, 51, 9, 9),
    ) as file:  # fmt: skip
        file.write(np.zeros((9, 9), "int16"), 1)
    with pytest.raises(DataError, match="where on the map"):
        open_heights(tmp_path)


MOON = "+proj=longlat +a=1737400 +b=1737400 +no_defs"


@pytest.mark.parametrize(
    ("crs", "transform"),
    [(MOON, Affine(0.1, 0, 10, 0, -0.1, 51)), ("EPSG:4326", Affine(0, 0, 10, 0, 0, 50))],
)
def test_a_tile_that_lies_nowhere_on_earth_is_named(
    tmp_path: Path, crs: str, transform: Affine
) -> None:
    with rasterio.open(
        tmp_path / "x.tif", "w", driver="GTiff", width=9, height=9, count=1, dtype="int16",
        transform=transform, crs=crs,
    ) as file:  # fmt: skip
        file.write(np.zeros((9, 9), "int16"), 1)
    with pytest.raises(DataError, match=r"x\.tif.*gdalwarp"):
        open_heights(tmp_path)


@pytest.mark.parametrize("absurd", [1e30, -12_000.0])
def test_what_no_land_is_as_high_as_is_no_height(tmp_path: Path, absurd: float) -> None:
    write(tmp_path / "x.tif", "EPSG:4326", BOX, 0.001, hole=absurd)
    found = open_heights(tmp_path).heights_m(np.array([10.05, 10.15]), np.array([50.1, 50.1]))
    assert np.isnan(found).tolist() == [True, False]
    across = np.linspace(10.09, 10.11, 50)
    beside = open_heights(tmp_path).heights_m(across, np.full(50, 50.1))
    known = np.isfinite(beside)
    assert known.any(), "posts on the other side still tell"
    off = np.abs(beside - hill(across, np.full(50, 50.1)))[known]
    assert off.max() < 5, "no height is mixed with one that is none"


def test_without_rasterio_the_extra_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "x.tif", "EPSG:4326", BOX, 0.01)

    def none(name: str) -> None:
        raise ImportError(name)

    monkeypatch.setattr(optional, "import_module", none)
    with pytest.raises(DataMissing, match=r"rasterio is not installed.*plugsure\[geotiff\]"):
        open_heights(tmp_path)


@pytest.fixture(scope="module")
def andorra_tiles(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The tile of Andorra as a GeoTIFF: as it is, and warped to metres."""
    from rasterio.warp import Resampling, calculate_default_transform  # noqa: PLC0415
    from rasterio.warp import reproject as warp  # noqa: PLC0415

    grid = HgtTiles(shared / "elevation")._grid((42, 1))
    step = 1 / 1200
    own = from_origin(1 - step / 2, 43 + step / 2, step, step)
    folders = {}
    for crs in ("EPSG:4326", "EPSG:25831"):
        folder = tmp_path_factory.mktemp("tiles")
        if crs == "EPSG:4326":
            to, shape, data = own, grid.shape, grid
        else:
            bounds = (1.35, 42.4, 1.85, 42.7)
            to, columns, rows = calculate_default_transform(
                "EPSG:4326", crs, 1201, 1201, *bounds, resolution=90.0
            )
            shape = (rows, columns)
            data = np.full(shape, -32768, "int16")
            warp(
                grid,
                data,
                src_transform=own,
                src_crs="EPSG:4326",
                src_nodata=-32768,
                dst_transform=to,
                dst_crs=crs,
                resampling=Resampling.bilinear,
                dst_nodata=-32768,
            )
        with rasterio.open(
            folder / "andorra.tif", "w", driver="GTiff", width=shape[1], height=shape[0], count=1,
            dtype="int16", crs=crs, transform=to, nodata=-32768,
        ) as file:  # fmt: skip
            file.write(data, 1)
        folders[crs] = folder
    return folders


def test_andorra_is_as_high_by_geotiff_as_by_hgt(
    shared: Path, tmp_path: Path, andorra_tiles: dict[str, Path]
) -> None:
    map_ = shared / "roads" / "andorra-valhalla-docker.osm.pbf"

    def built(elevation: Path) -> RoadGraph:
        return build_region(tmp_path, "andorra", osm=map_, elevation=elevation)

    by_hgt = built(shared / "elevation")
    same, warped = built(andorra_tiles["EPSG:4326"]), built(andorra_tiles["EPSG:25831"])
    assert np.abs(same.ele_m - by_hgt.ele_m).max() < 0.01
    off = np.abs(warped.ele_m - by_hgt.ele_m)
    assert np.median(off) < 2
    assert np.quantile(off, 0.99) < 20  # steep slopes, resampled once more
    total = float(by_hgt.climb_m.sum())
    assert float(warped.climb_m.sum()) == pytest.approx(total, rel=0.03)


def test_a_missing_tile_is_named_in_the_notes(
    osm_graph: Callable[..., RoadGraph], tmp_path: Path
) -> None:
    write_hgt(tmp_path, 100)
    places = {1: (10.998, 50.5), 2: (11.002, 50.5)}
    tiles = open_heights(tmp_path)
    graph = osm_graph([((1, 2), {"highway": "primary"})], places=places, heights=tiles)
    assert graph.ele_m.tolist() == pytest.approx([100, 100])
    assert any("Missing tiles: N50E011." in note for note in graph.notes)
