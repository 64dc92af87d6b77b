"""Results of a batch as NDJSON, CSV, GeoJSON or XLSX, a row at a time: none is held in memory."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from planner.errors import DataError
from planner.formats.geojson import answer_features
from planner.formats.result_books import XLSX, write_book
from planner.formats.tables import header_line, result_line

MEDIA = {
    "ndjson": "application/x-ndjson",
    "csv": "text/csv",
    "geojson": "application/geo+json",
    "xlsx": XLSX,
}

ENDINGS = {
    ".ndjson": "ndjson",
    ".jsonl": "ndjson",
    ".csv": "csv",
    ".geojson": "geojson",
    ".json": "geojson",
    ".xlsx": "xlsx",
}


def form_of(path: Path) -> str:
    """Return the form in which an output is written, by its extension."""
    form = ENDINGS.get(path.suffix.lower())
    if form is None:
        known = ", ".join(sorted(ENDINGS))
        raise DataError(f"results are written as {known}", place=str(path))
    return form


def write_results(rows: Iterable[bytes], form: str) -> Iterator[bytes]:
    """Turn lines of NDJSON results into one of the forms of `MEDIA`."""
    if form == "ndjson":
        yield from rows
    elif form == "csv":
        yield b"\xef\xbb\xbf"  # a byte order mark: spreadsheets take it for UTF-8 by that
        yield header_line().encode()
        for row in rows:
            yield result_line(json.loads(row)).encode()
    elif form == "xlsx":
        yield from write_book(json.loads(row) for row in rows)
    else:
        yield from _geojson(json.loads(row) for row in rows)


def _geojson(rows: Iterable[dict[str, Any]]) -> Iterator[bytes]:
    attribution: list[str] = []
    yield b'{"type": "FeatureCollection", "features": ['
    between = b""
    for row in rows:
        for feature in _features(row):
            yield between + b"\n" + json.dumps(feature, ensure_ascii=False).encode()
            between = b","
        answer = row.get("plan") or row.get("infeasible")
        if answer and not attribution:
            attribution = answer["world"]["attribution"]
    end = json.dumps(attribution, ensure_ascii=False).encode()
    yield b'\n], "attribution": ' + end + b"}\n"


def _features(row: dict[str, Any]) -> list[dict[str, Any]]:
    answer = row.get("plan") or row.get("infeasible")
    if answer:
        return answer_features(answer, row["mission_id"])
    error = row["error"]
    said = {"kind": "failed", "mission_id": row["mission_id"], "detail": error["detail"]}
    return [{"type": "Feature", "geometry": None, "properties": said}]
