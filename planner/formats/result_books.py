"""Answers to many missions as a workbook: a summary, a row for each mission, one for each stop.

Rows are written as they come; only sums are kept.
"""

import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

import openpyxl
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font

from planner.formats.tables import COLUMNS, guarded, result_cells

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

STOP_COLUMNS = (
    "mission_id", "stop", "station", "name", "operator", "evse_id", "arrival", "departure",
    "soc_arrival", "soc_departure", "energy_kwh", "grade", "cost", "currency", "fallback",
    "fallback_name",
)  # fmt: skip

_READ = 1 << 16
_IN_MEMORY = 1 << 22


@dataclass(slots=True)
class _Sums:
    statuses: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    figures: Counter[str] = field(default_factory=Counter)
    costs: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    unpriced: int = 0

    def add(self, row: Mapping[str, Any], cells: Mapping[str, Any]) -> None:
        self.statuses[row["status"]] += 1
        if row["status"] != "planned":
            self.reasons[str(cells["reason"])] += 1
            return
        summary = row["plan"]["summary"]
        for name in ("distance_m", "driving_s", "charging_s", "energy_kwh", "charging_stops"):
            self.figures[name] += summary[name]
        for cost in summary["cost_of_priced_stops"]:
            self.costs[cost["currency"]] += Decimal(cost["amount"])
        self.unpriced += sum(stop["cost"] is None for stop in row["plan"]["charging_stops"])

    def rows(self) -> Iterator[tuple[Any, ...]]:
        yield ("missions", sum(self.statuses.values()))
        for status in ("planned", "infeasible", "failed"):
            yield (status, self.statuses[status])
        yield ("distance_km", round(self.figures["distance_m"] / 1000.0, 1))
        yield ("driving_h", round(self.figures["driving_s"] / 3600.0, 2))
        yield ("charging_h", round(self.figures["charging_s"] / 3600.0, 2))
        yield ("energy_kwh", round(self.figures["energy_kwh"], 1))
        yield ("charging_stops", self.figures["charging_stops"])
        for currency, amount in sorted(self.costs.items()):
            yield (f"cost {currency}", float(round(amount, 2)))
        yield ("stops of unknown price", self.unpriced)
        for reason, count in self.reasons.most_common():
            yield (f"reason {reason}", count)


def write_book(rows: Iterable[Mapping[str, Any]]) -> Iterator[bytes]:
    """Write results (as in a batch's NDJSON) as an XLSX workbook; yield its bytes."""
    book = openpyxl.Workbook(write_only=True)
    summary, missions, stops = (book.create_sheet(n) for n in ("summary", "missions", "stops"))
    _head(missions, COLUMNS)
    _head(stops, STOP_COLUMNS)
    sums = _Sums()
    for row in rows:
        cells = result_cells(row)
        missions.append([_typed(name, cells.get(name, "")) for name in COLUMNS])
        if row["status"] == "planned":
            for stop in _stops(row):
                stops.append(stop)
        sums.add(row, cells)
    summary.column_dimensions["A"].width = 32
    for name, value in sums.rows():
        summary.append([_safe(name), value])
    with tempfile.SpooledTemporaryFile(_IN_MEMORY) as written:
        book.save(written)
        written.seek(0)
        while data := written.read(_READ):
            yield data


def _head(sheet: Any, columns: tuple[str, ...]) -> None:
    sheet.freeze_panes = "B2"
    cells = []
    for name in columns:
        cell = WriteOnlyCell(sheet, value=name)
        cell.font = Font(bold=True)
        cells.append(cell)
    sheet.append(cells)


def _stops(row: Mapping[str, Any]) -> Iterator[list[Any]]:
    for number, stop in enumerate(row["plan"]["charging_stops"], start=1):
        station, cost = stop["station"], stop["cost"] or {}
        first = next(iter(stop["fallbacks"]), None)
        behind = first["station"] if first else {}
        said = [
            row["mission_id"], number, station["id"], station["name"], station["operator"],
            stop["evse_id"], _clock(stop["arrival"]), _clock(stop["departure"]),
            round(stop["soc_arrival"], 3), round(stop["soc_departure"], 3),
            round(stop["energy_kwh"], 2), stop["access"]["grade"],
            float(cost["amount"]) if cost else None, cost.get("currency"),
            behind.get("id"), behind.get("name"),
        ]  # fmt: skip
        yield [_safe(value) for value in said]


def _typed(column: str, value: Any) -> Any:
    """Give spreadsheets dates and numbers where text would hold them."""
    if column in ("departure", "arrival") and value:
        return _clock(value)
    if column == "cost" and value and ";" not in value:
        return float(value)
    return _safe(value)


def _safe(value: Any) -> Any:
    """Keep text from being taken for a formula, and from characters that XML cannot hold."""
    return guarded(ILLEGAL_CHARACTERS_RE.sub("", value)) if isinstance(value, str) else value


def _clock(text: str) -> datetime:
    """Return the local time of the place: a spreadsheet knows no offsets."""
    return datetime.fromisoformat(text).replace(tzinfo=None, microsecond=0)
