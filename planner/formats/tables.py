"""Answers to many missions as CSV: one row for each mission, in their order."""

import csv
import io
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

COLUMNS = (
    "mission_id",
    "status",
    "departure",
    "arrival",
    "distance_m",
    "driving_s",
    "charging_s",
    "energy_kwh",
    "charging_stops",
    "stations",
    "min_grade",
    "order",
    "cost",
    "currency",
    "reason",
    "detail",
    "plan_id",
)
"""``status`` is planned, infeasible or failed; several currencies, and
amounts with and without VAT, are joined by ``;``."""

_RISKY = ("=", "+", "-", "@", "\t", "\r")


def header_line() -> str:
    """Return the CSV header."""
    return _line(COLUMNS)


def result_line(row: Mapping[str, Any]) -> str:
    """Write one result (as in a batch's NDJSON) as a line of CSV."""
    said = result_cells(row)
    return _line([guarded(said.get(column, "")) for column in COLUMNS])


def result_cells(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a table says of one result, by `COLUMNS`; what is empty may be absent."""
    answer = row.get("plan") or row.get("infeasible") or {}
    said: dict[str, Any] = {"mission_id": row["mission_id"], "status": row["status"]}
    said["plan_id"] = answer.get("id", "")
    if row["status"] == "planned":
        said |= _planned(answer)
    elif row["status"] == "infeasible":
        said |= {"reason": answer["reason"], "detail": answer["title"]}
    else:
        error = row["error"]
        said |= {"reason": error["type"].rpartition(":")[2], "detail": error["detail"]}
    return said


def _planned(plan: Mapping[str, Any]) -> dict[str, Any]:
    summary = plan["summary"]
    costs = _costs(summary["cost"] or [])
    return {
        "departure": _seconds(summary["departure"]),
        "arrival": _seconds(summary["arrival"]),
        **{name: round(summary[name]) for name in ("distance_m", "driving_s", "charging_s")},
        "energy_kwh": round(summary["energy_kwh"], 2),
        "charging_stops": summary["charging_stops"],
        "stations": ";".join(stop["station"]["id"] for stop in plan["charging_stops"]),
        "min_grade": summary["guarantee"]["min_grade"] or "",
        "order": summary["guarantee"]["order"],
        "cost": ";".join(str(amount) for amount in costs.values()),
        "currency": ";".join(currency for currency, _ in costs),
    }


def _costs(told: Sequence[Mapping[str, Any]]) -> dict[tuple[str, bool], Decimal]:
    """Add up amounts of one currency, whoever's prices they are; never with and without VAT."""
    sums: dict[tuple[str, bool], Decimal] = {}
    for cost in told:
        kind = (cost["currency"], cost["vat_included"])
        sums[kind] = sums.get(kind, Decimal(0)) + Decimal(cost["amount"])
    return sums


def _seconds(text: str) -> str:
    """Leave out the fraction of a second, which tables have no use for."""
    return datetime.fromisoformat(text).isoformat(timespec="seconds")


def guarded(value: Any) -> Any:
    """Keep a spreadsheet from taking text for a formula."""
    return "'" + value if isinstance(value, str) and value.startswith(_RISKY) else value


def _line(cells: Any) -> str:
    written = io.StringIO()
    csv.writer(written, lineterminator="\r\n").writerow(cells)
    return written.getvalue()
