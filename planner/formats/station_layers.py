"""Stations as a map layer: GeoPackage, GeoParquet or GeoJSON, written by GeoPandas.

Made from features that may be shown (as ``/v1/stations`` gives them); nothing else goes in.
"""

import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import shapely

from planner.errors import DataMissing
from planner.roads.exchange_files import ending_of
from planner.roads.optional import library

LAYER = "stations"
SUFFIXES: tuple[str, ...] = (".gpkg", ".parquet", ".geojson")
STATUSES: Mapping[str, tuple[str, ...]] = {
    "evses_available": ("AVAILABLE",),
    "evses_in_use": ("CHARGING", "RESERVED"),
    "evses_down": ("BLOCKED", "INOPERATIVE", "OUTOFORDER", "PLANNED", "REMOVED"),
    "evses_unknown": ("UNKNOWN",),
}
"""Columns of counts, by the status last told."""

TEXTS = ("id", "name", "operator", "party", "connectors", "evse_ids", "status_as_of")
JUDGED = ("grade", "usable", "reason")
"""Columns that say what a wallet may expect; without one they are left out."""

_COLUMNS: Mapping[str, str] = {
    **dict.fromkeys(TEXTS, "object"),
    "power_kw": "float64",
    "evses": "int64",
    **dict.fromkeys(STATUSES, "int64"),
    "grade": "object",
    "usable": "bool",
    "reason": "object",
}


def write_stations(
    features: Sequence[Mapping[str, Any]], path: Path, *, judged: bool, attribution: str = ""
) -> None:
    """Write features of stations to a file whose ending tells the format; it is replaced whole.

    Parameters
    ----------
    features : sequence of GeoJSON features
        Points in longitude and latitude, with the properties that the API gives them.
    judged : bool
        Whether they were judged for a wallet: then the columns `JUDGED` are written too.
    attribution : str, optional
        Whose data it is; a GeoPackage and a GeoParquet carry it.

    Raises
    ------
    InputError
        Another ending, or a folder that is not there.
    DataMissing
        GeoPandas, or for GeoParquet pyarrow, is not installed.
    """
    kind = ending_of(path, SUFFIXES)
    if not path.parent.is_dir():
        raise DataMissing("there is no such folder", place=str(path.parent), remedy="Make it")
    frame = _frame(features, judged=judged)
    if kind == ".parquet":
        library("pyarrow")
    with tempfile.TemporaryDirectory(prefix=f".{path.name}.", dir=path.parent) as beside:
        fresh = Path(beside) / path.name
        if kind == ".gpkg":
            about = {"DESCRIPTION": attribution} if attribution else {}
            frame.to_file(fresh, driver="GPKG", layer=LAYER, engine="pyogrio", **about)
        elif kind == ".geojson":
            frame.to_file(fresh, driver="GeoJSON", engine="pyogrio", RFC7946="YES")
        else:
            frame.attrs = {"attribution": attribution}
            frame.to_parquet(fresh, index=False)
        os.replace(fresh, path)  # noqa: PTH105 -- the atomic one, said by its name


def _frame(features: Sequence[Mapping[str, Any]], *, judged: bool) -> Any:
    """Make a GeoDataFrame of one row for each station, in EPSG:4326."""
    geopandas = library("geopandas")
    names = [name for name in _COLUMNS if judged or name not in JUDGED]
    rows = [_row(feature["properties"]) for feature in features]
    columns = {name: [row[name] for row in rows] for name in names}
    points = [feature["geometry"]["coordinates"] for feature in features]
    geometry = shapely.points(points) if points else []
    frame = geopandas.GeoDataFrame(columns, geometry=geometry, crs="EPSG:4326")
    return frame.astype({name: _COLUMNS[name] for name in names})


def _row(said: Mapping[str, Any]) -> dict[str, Any]:
    """Flatten the properties of a station: lists become text, statuses become counts."""
    counts = said["statuses"]
    return {
        **{name: said[name] for name in ("id", "name", "operator", "party", "status_as_of")},
        "connectors": "; ".join(said["connectors"]),
        "evse_ids": "; ".join(said["evses"]),
        "power_kw": float(said["power_kw"]),
        "evses": len(said["evses"]),
        **{
            column: sum(counts.get(word, 0) for word in words) for column, words in STATUSES.items()
        },
        **{name: said[name] for name in JUDGED},
    }
