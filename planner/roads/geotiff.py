"""Heights from GeoTIFF tiles in any coordinate system, read by rasterio in windows."""

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from planner.errors import DataError
from planner.roads.optional import library
from planner.roads.posts import VOID, bilinear

SUFFIXES: tuple[str, ...] = (".tif", ".tiff")

WINDOW = 2048
"""Posts a side that are read at once: 16 MB."""

METRES_A_DEGREE = 111_195.0
"""Source: pi / 180 times the mean radius of the Earth of `planner.model.geo`."""

HEIGHTS_M = (-500.0, 9000.0)
"""What is lower or higher is no height of the land. Source: the Dead Sea's shore lies at -430 m,
the top of Mount Everest at 8,849 m."""

FOOT_M = {"ft": 0.3048, "foot": 0.3048, "feet": 0.3048, "us-ft": 1200 / 3937}
"""Metres in the units of height that are not metres. Source: EPSG units 9002 and 9003."""

_REMEDY = "Fetch the tile again, or take it out of the folder"


@dataclass(frozen=True)
class Tile:
    """One GeoTIFF: its place on the map and how its numbers are read.

    ``bounds`` are west, south, east and north in degrees; ``size_m`` is the distance of its posts;
    ``to_post`` the affine transform from the map to columns and rows.
    """

    path: Path
    crs: Any
    bounds: tuple[float, float, float, float]
    size_m: float
    to_post: Any
    rows: int
    columns: int
    factor: float
    offset: float


@dataclass(frozen=True)
class GeoTiffs:
    """The GeoTIFF tiles of a folder, the finest first."""

    title = "GeoTIFF tiles"

    tiles: tuple[Tile, ...]

    @classmethod
    def of(cls, folder: Path) -> "GeoTiffs":
        """Read the heads of all tiles in a folder.

        Raises
        ------
        DataMissing
            There are such tiles, and rasterio is not installed.
        DataError
            A tile cannot be read, or does not say where on the map it lies.
        """
        paths = [path for path in sorted(folder.iterdir()) if path.suffix.lower() in SUFFIXES]
        return cls(tuple(sorted(map(_read_head, paths), key=lambda tile: tile.size_m)))

    def __len__(self) -> int:
        return len(self.tiles)

    def heights_m(self, lon: NDArray[np.float64], lat: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return metres above sea level of each point, NaN beyond the tiles and at no data."""
        heights = np.full(len(lon), np.nan)
        for tile in self.tiles:
            west, south, east, north = tile.bounds
            near = np.isnan(heights) & (lon >= west) & (lon <= east)
            at = np.flatnonzero(near & (lat >= south) & (lat <= north))
            if len(at):
                heights[at] = _in_tile(tile, lon[at], lat[at])
        return heights


def _read_head(path: Path) -> Tile:
    rasterio = library("rasterio")
    with _opened(path) as file:
        if file.crs is None or file.transform.is_identity:
            raise DataError(
                "the tile does not say where on the map it lies",
                place=str(path),
                remedy="Give it a coordinate system with `gdal_edit.py -a_srs`",
            )
        try:
            bounds = rasterio.warp.transform_bounds(file.crs, "EPSG:4326", *file.bounds)
            to_post = ~file.transform
        except Exception as error:  # GDAL's own and affine's are of no common class
            raise DataError(
                f"where the tile lies on the map cannot be told ({str(error)[:200]})",
                place=str(path),
                remedy="Give it another coordinate system with `gdalwarp -t_srs EPSG:4326`",
            ) from error
        size = abs(file.transform.a * file.transform.e - file.transform.b * file.transform.d) ** 0.5
        unit = FOOT_M.get((file.units[0] or "").lower(), 1.0)
        return Tile(
            path=path,
            crs=file.crs,
            bounds=bounds,
            size_m=size * (METRES_A_DEGREE if file.crs.is_geographic else 1.0),
            to_post=to_post,
            rows=file.height,
            columns=file.width,
            factor=file.scales[0] * unit,
            offset=file.offsets[0] * unit,
        )


def _opened(path: Path) -> Any:
    """Open a raster file; an error names it."""
    rasterio = library("rasterio")
    library("rasterio.warp")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", rasterio.errors.NotGeoreferencedWarning)
            return rasterio.open(path)
    except rasterio.errors.RasterioIOError as error:
        raise DataError(
            f"the elevation tile cannot be read ({error})", place=str(path), remedy=_REMEDY
        ) from error


def _in_tile(tile: Tile, lon: NDArray[np.float64], lat: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the heights in one tile; posts stand in the middle of their cells."""
    x, y = _projected(tile, lon, lat)
    across_x, across_y, first_column, down_x, down_y, first_row = tile.to_post[:6]
    column = across_x * x + across_y * y + first_column
    row = down_x * x + down_y * y + first_row
    heights = np.full(len(lon), np.nan)
    inside = (row >= 0) & (row <= tile.rows) & (column >= 0) & (column <= tile.columns)
    held = np.flatnonzero(inside)
    if not len(held):
        return heights
    down = np.clip(row[held] - 0.5, 0, tile.rows - 1)
    right = np.clip(column[held] - 0.5, 0, tile.columns - 1)
    with _opened(tile.path) as file:
        for points, top, left in _windows(down, right):
            grid = _read_window(file, tile, top, left)
            between = bilinear(grid, down[points] - top, right[points] - left, VOID)
            heights[held[points]] = between
    return heights * tile.factor + tile.offset


def _projected(
    tile: Tile, lon: NDArray[np.float64], lat: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    if tile.crs.to_epsg() == 4326:  # noqa: PLR2004 -- EPSG's number of WGS 84
        return lon, lat
    warp = library("rasterio.warp")
    x, y = warp.transform("EPSG:4326", tile.crs, lon, lat)
    return np.asarray(x), np.asarray(y)


def _windows(
    down: NDArray[np.float64], right: NDArray[np.float64]
) -> Iterator[tuple[NDArray[np.int64], int, int]]:
    """Yield the points of each window that holds any, and the window's first row and column."""
    top, left = (down // WINDOW).astype(np.int64), (right // WINDOW).astype(np.int64)
    key = top * (int(left.max()) + 1) + left
    order = np.argsort(key, kind="stable")
    starts = np.flatnonzero(np.diff(key[order]))
    for points in np.split(order, starts + 1):
        yield points, int(top[points[0]]) * WINDOW, int(left[points[0]]) * WINDOW


def _read_window(file: Any, tile: Tile, top: int, left: int) -> NDArray[np.float32]:
    """Read a window and one post more to each side that has one, `VOID` where nothing is told."""
    rasterio = library("rasterio")
    window = library("rasterio.windows").Window(
        left, top, min(WINDOW + 1, tile.columns - left), min(WINDOW + 1, tile.rows - top)
    )
    try:
        read = file.read(1, window=window, masked=True)
    except rasterio.errors.RasterioIOError as error:
        raise DataError(
            f"the elevation tile cannot be read ({error})", place=str(tile.path), remedy=_REMEDY
        ) from error
    grid: NDArray[np.float32] = np.ma.filled(read.astype(np.float32), VOID)
    metres = grid.astype(np.float64) * tile.factor + tile.offset
    grid[~((metres >= HEIGHTS_M[0]) & (metres <= HEIGHTS_M[1]))] = VOID
    return np.pad(grid, [(0, max(0, 2 - side)) for side in grid.shape], mode="edge")
