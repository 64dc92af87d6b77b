"""A bill as tables: CSV for one of them, XLSX with sums, CDRs and anomalies on sheets of their own.

In CSV text that a spreadsheet would take for a formula is quoted; in XLSX amounts are numbers.
"""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font

SUM_COLUMNS = (
    *("key", "currency", "charges", "credits", "energy_kwh", "net", "vat", "gross", "billed"),
    *("planned", "billed_as_planned", "difference", "planned_stops"),
    *("metered_charges", "metered_kwh", "metered", "without_vat", "without_net", "unpriced"),
)
LINE_COLUMNS = (
    *("ends", "begins", "cdr", "party", "operator", "station", "evse_id", "provider", "card"),
    *("vehicle", "driver", "mission", "plan", "matched_by", "energy_kwh", "currency", "net"),
    *("vat", "gross", "planned", "billed_as_planned", "basis", "credit", "credit_of", "source"),
)
ANOMALY_COLUMNS = (
    *("ends", "kind", "says", "figure", "expected", "unit", "cost", "currency", "cdr", "party"),
    *("station", "evse_id", "card", "vehicle", "driver", "mission"),
)
MONEY = frozenset({"net", "vat", "gross", "billed", "planned", "billed_as_planned", "difference"})
MONEY |= {"cost", "metered"}

_RISKY = ("=", "+", "-", "@", "\t", "\r")
_BOM = "\ufeff"
"""Spreadsheets take a file for UTF-8 by it."""

Row = Mapping[str, Any]


def to_csv(columns: Sequence[str], rows: Iterable[Row]) -> str:
    """Write rows as CSV; what is null is empty."""
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\r\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([_csv_cell(column, row.get(column)) for column in columns])
    return _BOM + written.getvalue()


def _csv_cell(column: str, value: Any) -> Any:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str) and column not in MONEY and value.startswith(_RISKY):
        return "'" + value
    return value


def to_xlsx(sheets: Mapping[str, tuple[Sequence[str], Iterable[Row]]]) -> bytes:
    """Write a workbook: title of a sheet → its columns and rows."""
    book = Workbook(write_only=True)
    for title, (columns, rows) in sheets.items():
        sheet = book.create_sheet(title)
        sheet.freeze_panes = "A2"
        heads = [WriteOnlyCell(sheet, value=column) for column in columns]
        for head in heads:
            head.font = Font(bold=True)
        sheet.append(heads)
        for row in rows:
            cells = [_xlsx_cell(sheet, column, row.get(column)) for column in columns]
            sheet.append(cells)
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def _xlsx_cell(sheet: Any, column: str, value: Any) -> Any:
    if column in MONEY and isinstance(value, str):
        cell = WriteOnlyCell(sheet, value=Decimal(value))
        cell.number_format = "#,##0.00"
        return cell
    if isinstance(value, str):
        cell = WriteOnlyCell(sheet, value=value)
        cell.data_type = "s"  # never a formula, whatever it begins with
        return cell
    return "yes" if value is True else None if value is False else value
