"""Rows of cells from CSV and XLSX, with their line numbers; what a cell means is told elsewhere."""

import codecs
import csv
import io
import zipfile
from collections.abc import Iterator
from typing import Any

import openpyxl
from openpyxl.utils.exceptions import InvalidFileException

from planner.errors import DataError

MOST_UNPACKED_BYTES = 512 * 1024 * 1024
"""A workbook that unpacks to more is refused: no list of missions is that large."""


def csv_rows(data: bytes, name: str) -> Iterator[tuple[int, list[Any]]]:
    """Yield (line, cells) of CSV; comma, semicolon or tab, whichever the header has most.

    Read is UTF-8, and UTF-16 where it begins with its mark.

    Raises
    ------
    DataError
        If the bytes are not UTF-8, or a quote is never closed.
    """
    try:
        wide = data[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)  # a spreadsheet's "Unicode"
        text = data.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(
            f"is not UTF-8 (byte {error.start})", place=name, remedy="Save it as CSV UTF-8"
        ) from error
    header = text.lstrip().split("\n", 1)[0]
    delimiter = max(",;\t", key=header.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    begins = 1
    try:
        for cells in reader:
            yield begins, list(cells)
            begins = reader.line_num + 1
    except csv.Error as error:
        raise DataError(f"is no CSV: {error}", place=f"{name}:{begins}") from error


def xlsx_rows(data: bytes, name: str) -> Iterator[tuple[int, list[Any]]]:
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
