"""Files of charging sessions: OCPI's CDRs and Sessions as JSON, tables as CSV or XLSX."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from planner.errors import DataError, Fault
from planner.feeds.documents import Item, looks_like_json, read_objects
from planner.formats.charge_cells import ChargeRow, read_table
from planner.formats.mission_sheets import csv_rows, xlsx_rows
from planner.ocpi.charge_reading import read_charge

_WORKBOOK = b"PK\x03\x04"


def read_charges(path: Path, *, zone: str = "") -> tuple[tuple[str, ...], Iterator[ChargeRow]]:
    """Read a file of charging sessions, whatever it is by its contents.

    Parameters
    ----------
    path : Path
        JSON (a list, one object a line, or pages; gzipped or not), CSV or XLSX.
    zone : str
        IANA time zone of a table's times that name no offset.

    Returns
    -------
    (headings that were ignored, records in the order of the file)

    Raises
    ------
    DataError
        If the file as a whole cannot be read.
    """
    if _head(path) == _WORKBOOK:
        return read_table(xlsx_rows(path.read_bytes(), path.name), path.name, zone=zone)
    if looks_like_json(path):
        return (), (_read(item) for item in read_objects(path))
    return read_table(csv_rows(path.read_bytes(), path.name), path.name, zone=zone)


def _head(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(4)
    except OSError as error:
        raise DataError(f"cannot be read: {error.strerror}", place=str(path)) from error


def _read(item: Item) -> ChargeRow:
    if item.fault is not None:
        return ChargeRow(item.place, faults=(item.fault,))
    if not isinstance(item.value, Mapping):
        fault = Fault(item.place, "should be a CDR or a Session, an object")
        return ChargeRow(item.place, faults=(fault,))
    try:
        return ChargeRow(item.place, *read_charge(_module(item.value), item.value, ""))
    except DataError as error:
        faults = [Fault(item.place, f.detail, f.remedy) for f in error.faults]
        return ChargeRow(item.place, faults=tuple(faults))


def _module(raw: Mapping[str, Any]) -> str:
    """Tell a Session, which has its energy under ``kwh``, from a CDR."""
    return "sessions" if "kwh" in raw and "total_energy" not in raw else "cdrs"
