"""Files of closures: GeoJSON, or CSV with a geometry in WKT or edges of the region."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import shapely
from shapely.errors import GEOSException

from planner.errors import DataError, Fault, InputError
from planner.faces.faults import read_json
from planner.feeds.documents import looks_like_json, read_rows

COLUMNS = (
    *("id", "geometry", "edges", "both_directions", "closed", "speed_kmh", "factor"),
    *("from", "until", "reason"),
)
TRUE, FALSE = ("true", "yes", "1"), ("false", "no", "0", "")


def read_file(path: Path) -> tuple[list[tuple[str, Any]], list[Fault]]:
    """Return the features of a file, each with its place, and the faults of rows that are none.

    Raises
    ------
    DataError
        It cannot be read at all, or is neither a FeatureCollection nor a table of closures.
    """
    if looks_like_json(path):
        return list(_features(path)), []
    features, faults = [], []
    for item in read_rows(path):
        if item.fault is not None or item.value is None:
            faults += [item.fault] if item.fault is not None else []
            continue
        try:
            features.append((item.place, _feature(item.value, item.place)))
        except InputError as error:
            faults += error.faults
    return features, faults


def _features(path: Path) -> Iterator[tuple[str, Any]]:
    try:
        document = read_json(path.read_bytes())
    except InputError as error:
        raise DataError("the file is no JSON", place=str(path)) from error
    found = document.get("features") if isinstance(document, dict) else None
    if not isinstance(found, list):
        raise DataError(
            "the file is no GeoJSON FeatureCollection",
            place=str(path),
            remedy="Write features with a geometry and the properties of docs/closures.md",
        )
    for number, feature in enumerate(found):
        yield f"{path.name}/features/{number}", feature


def _feature(row: dict[str, str], place: str) -> dict[str, Any]:
    """Make a feature of a row; what its cells hold is checked as that of any feature."""
    cells = {name.strip().lower(): (cell or "").strip() for name, cell in row.items()}
    strange = sorted(set(cells) - set(COLUMNS))
    if strange:
        remedy = f"Known are {', '.join(COLUMNS)}"
        raise InputError(f"no column is called {strange[0]!r}", place=place, remedy=remedy)
    properties: dict[str, Any] = {"reason": cells.get("reason", "")}
    for name in ("closed", "both_directions"):
        properties[name] = _flag(cells.get(name, ""), f"{place}: {name}")
    for name in ("speed_kmh", "factor"):
        if cells.get(name):
            properties[name] = _number(cells[name], f"{place}: {name}")
    properties |= {name: cells[name] for name in ("from", "until") if cells.get(name)}
    if cells.get("edges"):
        numbers = cells["edges"].split()
        properties["edges"] = [int(_number(n, f"{place}: edges")) for n in numbers]
    feature = {"type": "Feature", "geometry": None, "properties": properties}
    if cells.get("geometry"):
        feature["geometry"] = _geometry(cells["geometry"], f"{place}: geometry")
    return feature | ({"id": cells["id"]} if cells.get("id") else {})


def _flag(text: str, place: str) -> bool:
    if text.lower() not in TRUE + FALSE:
        raise InputError(f"{text[:20]!r} is neither true nor false", place=place)
    return text.lower() in TRUE


def _number(text: str, place: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise InputError(f"{text[:20]!r} is no number", place=place) from None


def _geometry(text: str, place: str) -> Any:
    try:
        shape = shapely.from_wkt(text)
    except GEOSException as error:
        remedy = "Write it like LINESTRING (11.57 48.13, 11.58 48.14)"
        raise InputError("the geometry is no WKT", place=place, remedy=remedy) from error
    return read_json(shapely.to_geojson(shape).encode())
