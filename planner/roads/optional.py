"""Libraries that only some users need: imported when they are called for."""

from importlib import import_module
from typing import Any

from planner.errors import DataMissing

EXTRAS: dict[str, str] = {
    "networkx": "networks",
    "osmnx": "networks",
    "requests": "networks",
    "rasterio": "geotiff",
    "geopandas": "layers",
    "pyarrow": "layers",
}
"""The extra of this package that brings each library."""


def library(name: str) -> Any:
    """Import an optional library.

    Raises
    ------
    DataMissing
        It is not installed; the remedy names the extra that brings it.
    """
    try:
        return import_module(name)
    except ImportError as error:
        extra = EXTRAS[name.partition(".")[0]]
        raise DataMissing(
            f"the package {name} is not installed",
            place=name,
            remedy=f"Install it with `pip install 'plugsure[{extra}]'`",
        ) from error
