"""Files of missions: CSV, XLSX, JSON (VROOM's too) and NDJSON in, one plan request a row out.

A row becomes the JSON body of a plan request, so that files and API share one way of checking. A
row that cannot be read keeps its place and carries its faults; only a file that cannot be read at
all is an error.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from planner.errors import DataError, Fault
from planner.formats.clocks import zone_of
from planner.formats.mission_cells import body_of_cells, column_of, heading
from planner.formats.mission_sheets import Row, Torn, csv_rows, xlsx_rows
from planner.formats.mission_vroom import is_vroom, vroom_rows

KINDS = {".csv": "csv", ".tsv": "csv", ".xlsx": "xlsx", ".json": "json", ".ndjson": "ndjson"}
KINDS[".jsonl"] = "ndjson"


@dataclass(frozen=True, slots=True)
class MissionRow:
    """One mission of a file: ``place`` says where it stands; with faults, ``body`` is partial.

    ``headings`` are those of a table as given, by the columns that they mean; ``clock`` names the
    zone by which times without an offset were read, empty where there were none.
    """

    place: str
    mission_id: str
    body: dict[str, Any]
    faults: tuple[Fault, ...] = ()
    headings: Mapping[str, str] = field(default_factory=dict)
    clock: str = ""

    def __repr__(self) -> str:
        return f"MissionRow({self.place}, {self.mission_id!r})"


@dataclass(frozen=True, slots=True)
class MissionFile:
    """The missions of a file in their order, and what was ignored in it."""

    rows: tuple[MissionRow, ...]
    warnings: tuple[str, ...] = ()


def read_missions(path: Path, *, zone: str = "") -> MissionFile:
    """Read a file of missions by its extension.

    Parameters
    ----------
    zone : str
        IANA time zone of a table's times that name no offset; empty: that of each mission's start.

    Raises
    ------
    InputError
        There is no such time zone.
    DataError
        If the extension is none of `KINDS` or the file as a whole cannot be read.
    """
    kind = KINDS.get(path.suffix.lower())
    if kind is None:
        known = ", ".join(sorted(KINDS))
        raise DataError(
            f"missions are read from {known}", place=str(path), remedy="Rename or convert the file"
        )
    try:
        data = path.read_bytes()
    except OSError as error:
        raise DataError(f"cannot be read: {error.strerror}", place=str(path)) from error
    return read_mission_bytes(data, kind, path.name, zone=zone)


def read_mission_bytes(data: bytes, kind: str, name: str, *, zone: str = "") -> MissionFile:
    """Read missions of the given kind (``csv``, ``xlsx``, ``json``, ``ndjson``).

    ``name`` is what the places of faults begin with, ``zone`` as in `read_missions`.
    """
    clock = zone_of(zone) if zone else None
    if kind == "csv":
        return _from_table(csv_rows(data, name), name, clock)
    if kind == "xlsx":
        return _from_table(xlsx_rows(data, name), name, clock)
    if kind == "ndjson":
        return MissionFile(_named(list(_ndjson_rows(data, name))))
    document = _parse(data, name)
    if is_vroom(document):
        told, warnings = vroom_rows(document, name)
        return MissionFile(_named([_vroom_row(*row) for row in told]), warnings)
    return MissionFile(_named(list(_json_rows(document, name))))


def _from_table(rows: Iterator[Row], name: str, zone: ZoneInfo | None) -> MissionFile:
    _, first = next(rows, (0, Torn("")))
    if isinstance(first, Torn):
        raise DataError("is empty", place=name, remedy="The first row names the columns")
    columns = [heading(str(cell or "")) for cell in first]
    _check_columns([column for column, _ in columns], name)
    ignored = tuple(
        f"{name}: column {given!r} is not known and was ignored"
        for (column, given) in columns
        if column is None and given
    )
    read = []
    for line, cells in rows:
        place = f"{name}:{line}"
        if isinstance(cells, Torn):
            read.append(MissionRow(place, "", {}, (Fault(place, cells.why),)))
        elif any(cell is not None and str(cell).strip() for cell in cells):
            read.append(_table_row(cells, columns, place, zone))
    return MissionFile(_named(read), (*ignored, *_clocks_told(read, name)))


def _clocks_told(rows: list[MissionRow], name: str) -> Iterator[str]:
    """Say on whose clocks times without an offset were read."""
    counted = Counter(row.clock for row in rows if row.clock)
    for clock, count in sorted(counted.items()):
        yield f"{name}: {count} rows have times without an offset, read on the clock of {clock}"


def _table_row(
    cells: list[Any], columns: list[tuple[str | None, str]], place: str, zone: ZoneInfo | None
) -> MissionRow:
    pairs = [(column, given) for column, given in columns if column is not None]
    named = {
        column: cell
        for (column, _), cell in zip(columns, cells, strict=False)
        if column is not None
    }
    headings = dict(pairs)
    body, faults, clock = body_of_cells(named, place, zone)
    told = [_under_heading(fault, place, headings) for fault in faults]
    beyond = cells[len(columns) :]
    if any(cell is not None and str(cell).strip() for cell in beyond):
        said = f"has {len(cells)} cells, the header {len(columns)}"
        told = [Fault(place, said, "Put what holds a comma in quotes")]
    return MissionRow(place, str(body.get("mission_id", "")), body, tuple(told), headings, clock)


def _under_heading(fault: Fault, place: str, headings: Mapping[str, str]) -> Fault:
    column = fault.place.removeprefix(f"{place}:")
    return replace(fault, place=f"{place}:{headings.get(column, column)}")


def place_in_row(row: MissionRow, pointer: str) -> str:
    """Say where a fault of a row's body is: in which column of a table, else by its pointer."""
    if not row.headings:
        return f"{row.place}#{pointer}"
    column = column_of(pointer, row.body)
    return f"{row.place}:{row.headings.get(column, column)}" if column else row.place


def _check_columns(columns: list[str | None], name: str) -> None:
    given = {column.removesuffix("_lon") for column in columns if column is not None}
    if "driver" in given:  # who may have a vehicle of their own
        given.add("vehicle")
    missing = [needed for needed in ("from", "to", "vehicle", "soc") if needed not in given]
    if missing:
        raise DataError(
            f"has no column {', '.join(missing)}",
            place=name,
            remedy="The first row names the columns: mission_id, vehicle, wallet, from, to, soc, …",
        )
    twice = sorted({c for c in columns if c is not None and columns.count(c) > 1})
    if twice:
        raise DataError(f"has two columns for {', '.join(twice)}", place=name)


def _vroom_row(place: str, body: dict[str, Any], faults: list[Fault]) -> MissionRow:
    return MissionRow(place, str(body.get("mission_id", "")), body, tuple(faults))


def _json_rows(document: Any, name: str) -> Iterator[MissionRow]:
    if isinstance(document, dict) and isinstance(document.get("missions"), list):
        document = document["missions"]
    if not isinstance(document, list):
        raise DataError(
            "should be a list of plan requests",
            place=name,
            remedy='Or {"missions": [...]}, or {"vehicles": [...], "jobs": [...]} as for VROOM',
        )
    for index, body in enumerate(document):
        yield _json_row(body, f"{name}/{index}")


def _ndjson_rows(data: bytes, name: str) -> Iterator[MissionRow]:
    for number, line in enumerate(data.splitlines(), start=1):
        if not line.strip():
            continue
        place = f"{name}:{number}"
        try:
            body = _parse(line, place)
        except DataError as error:
            yield MissionRow(place, "", {}, error.faults)
        else:
            yield _json_row(body, place)


def _json_row(body: Any, place: str) -> MissionRow:
    if not isinstance(body, dict):
        return MissionRow(place, "", {}, (Fault(place, "should be a plan request, an object"),))
    named = body.get("mission_id")
    if isinstance(named, int) and not isinstance(named, bool):
        named = str(named)
    if named is None or isinstance(named, str):
        return MissionRow(place, named or "", body)
    return MissionRow(place, "", body, (Fault(f"{place}#/mission_id", "should be text"),))


def _refuse(constant: str) -> float:
    raise ValueError(f"{constant} is not JSON")


def _parse(data: bytes, place: str) -> Any:
    try:
        return json.loads(data.decode("utf-8-sig"), parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise DataError(f"is not JSON: {error}", place=place) from error


def _named(rows: list[MissionRow]) -> tuple[MissionRow, ...]:
    """Give rows without an id their place in the file, and mark ids that come twice."""
    seen: set[str] = set()
    named = []
    for number, row in enumerate(rows, start=1):
        mission_id = row.mission_id.strip() or f"row-{number}"
        faults = row.faults
        if mission_id in seen:
            place = f"{row.place}:mission_id"
            faults = (*faults, Fault(place, "is the id of an earlier row", "Ids are unique"))
        seen.add(mission_id)
        body = {**row.body, "mission_id": mission_id}
        named.append(replace(row, mission_id=mission_id, body=body, faults=faults))
    return tuple(named)
