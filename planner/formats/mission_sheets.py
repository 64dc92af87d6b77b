"""Rows of cells from CSV and XLSX, with their line numbers; what a cell means is told elsewhere."""

import codecs
import csv
import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

import openpyxl
from openpyxl.utils.exceptions import InvalidFileException

from planner.errors import DataError

MOST_UNPACKED_BYTES = 512 * 1024 * 1024
"""A workbook that unpacks to more is refused: no list of missions is that large."""


@dataclass(frozen=True, slots=True)
class Torn:
    """A row that is no row, and why: those around it can be read."""

    why: str


Row = tuple[int, list[Any] | Torn]
"""The line on which a row begins, and its cells."""


def csv_rows(data: bytes, name: str) -> Iterator[Row]:
    """Yield (line, cells) of CSV; comma, semicolon or tab, whichever the header has most.

    Read is UTF-8, and UTF-16 where it begins with its mark. After a row that cannot be read, one
    whose quote is never closed say, it is gone on with on the next line.

    Raises
    ------
    DataError
        If the first row cannot be read.
    """
    lines = _lines(data, name)
    header = next((line for line in lines if line.strip()), "")
    delimiter = max(",;\t", key=header.count)
    begins = at = 0
    while at < len(lines):
        reader = csv.reader(islice(lines, at, None), delimiter=delimiter, strict=True)
        try:
            for cells in reader:
                yield begins + 1, _whole(cells) if begins else _header(cells, name)
                begins = at + reader.line_num
        except csv.Error as error:
            if begins == 0:
                raise DataError(f"is no CSV: {error}", place=f"{name}:1") from error
            yield begins + 1, Torn(f"is no CSV: {error}")
            begins = at = begins + 1
        else:
            return


def _lines(data: bytes, name: str) -> list[str]:
    """Decode a text to lines, with what is not UTF-8 as lone surrogates."""
    wide = data[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)  # a spreadsheet's "Unicode"
    if not wide:
        return list(io.StringIO(data.decode("utf-8-sig", "surrogateescape"), newline=""))
    try:
        return list(io.StringIO(data.decode("utf-16"), newline=""))
    except UnicodeDecodeError as error:
        raise DataError(f"is not UTF-16 (byte {error.start})", place=name) from error


def _whole(cells: list[str]) -> list[Any] | Torn:
    try:
        "".join(cells).encode()
    except UnicodeEncodeError:
        return Torn(f"is not UTF-8; {SAVE}")
    return list(cells)


def _header(cells: list[str], name: str) -> list[Any]:
    read = _whole(cells)
    if isinstance(read, Torn):
        raise DataError("is not UTF-8", place=name, remedy=SAVE)
    return read


SAVE = "save the file as CSV UTF-8"


def xlsx_rows(data: bytes, name: str) -> Iterator[Row]:
    """Yield (row, cells) of a workbook's first sheet.

    Raises
    ------
    DataError
        If it is no workbook, or would unpack to more than `MOST_UNPACKED_BYTES`.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            unpacked = sum(member.file_size for member in archive.infolist())
        if unpacked > MOST_UNPACKED_BYTES:
            raise DataError("unpacks to more than 512 MiB", place=name)
        workbook = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        sheet = workbook.worksheets[0]
        rows = [list(row) for row in sheet.iter_rows(values_only=True)]
    except (zipfile.BadZipFile, InvalidFileException, KeyError, ValueError, IndexError) as error:
        raise DataError(f"is no XLSX workbook: {error}", place=name) from error
    workbook.close()
    yield from enumerate(rows, start=1)
