"""Roaming agreements and retail prices from CSV files: good rows are kept, bad ones are named.

Columns may stand in any order and be written in any case, parted by ``,`` or ``;``; further
columns are ignored. A date without a time is the beginning of that day in UTC, at both ends: an
agreement ``valid_to`` 2026-07-01 holds to the end of June.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Generic, TypeVar

from planner.errors import DataError, Fault
from planner.feeds.documents import read_rows
from planner.feeds.fields import number
from planner.model.token import TokenType
from planner.store.snapshot import Agreement, RetailPrice
from planner.store.store import Store

_PARTY = re.compile(r"([A-Za-z]{2})[*\-. ]?([A-Za-z0-9]{3})")
_CURRENCY = re.compile(r"[A-Z]{3}")
_AMOUNTS = ("per_kwh", "per_min", "per_session", "idle_per_min")

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Table(Generic[T]):
    """The rows that could be read, and what is wrong with the others."""

    rows: tuple[T, ...]
    faults: tuple[Fault, ...]


def read_agreements(path: Path, *, now: float) -> Table[Agreement]:
    """Read roaming agreements: emsp, cpo, via, valid_from, valid_to, token_types.

    ``cpo`` may be ``*``; ``token_types`` are parted by spaces, ``|`` or ``/``, none means all.

    Raises
    ------
    DataError
        If the file cannot be read, lacks ``emsp`` or ``cpo``, or has rows but no good one.
    """

    def read(row: "_Row") -> Agreement:
        begin, end = row.period()
        return Agreement(
            emsp=row.party("emsp"),
            cpo=row.party("cpo", wildcard=True),
            via=row.party("via") if row.cell("via") else "",
            valid_from=begin,
            valid_to=end,
            token_types=row.token_types(),
            source=row.place,
            as_of=now,
        )

    return _read(path, ("emsp", "cpo"), read)


def read_prices(path: Path) -> Table[RetailPrice]:
    """Read retail prices: emsp, cpo, currency, per_kwh, per_min, per_session, idle_per_min,
    power_min_kw, power_max_kw, valid_from, valid_to.

    Amounts are with VAT. An empty amount is not charged; a row without any amount is refused,
    for an unknown price is not a price of nothing. Errors as in `read_agreements`.
    """  # noqa: D205 -- the columns are one list

    def read(row: "_Row") -> RetailPrice:
        begin, end = row.period()
        amounts = {name: row.amount(name) for name in _AMOUNTS}
        if all(amount is None for amount in amounts.values()):
            raise _BadCell("per_kwh", "the row has no price at all")
        least, most = row.power("power_min_kw"), row.power("power_max_kw")
        if least is not None and most is not None and most <= least:
            raise _BadCell("power_max_kw", "it is not above power_min_kw")
        return RetailPrice(
            emsp=row.party("emsp"),
            cpo=row.party("cpo", wildcard=True),
            currency=row.currency(),
            per_kwh=amounts["per_kwh"] or "0",
            per_min=amounts["per_min"] or "0",
            per_session=amounts["per_session"] or "0",
            idle_per_min=amounts["idle_per_min"] or "0",
            power_min_kw=least,
            power_max_kw=most,
            valid_from=begin,
            valid_to=end,
        )

    return _read(path, ("emsp", "cpo", "currency"), read)


def import_agreements(store: Store, path: Path, *, now: float) -> Table[Agreement]:
    """Put the agreements of a file in the place of those that are stored."""
    table = read_agreements(path, now=now)
    store.knowledge.replace_agreements(table.rows)
    return table


def import_prices(store: Store, path: Path) -> Table[RetailPrice]:
    """Put the prices of a file in the place of those that are stored."""
    table = read_prices(path)
    store.knowledge.replace_prices(table.rows)
    return table


class _BadCell(Exception):  # noqa: N818 -- never leaves the module
    def __init__(self, column: str, detail: str) -> None:
        super().__init__(detail)
        self.column = column


@dataclass(frozen=True, slots=True)
class _Row:
    """One row by column; each reader raises `_BadCell` with the column it could not read."""

    place: str
    cells: Mapping[str, str]

    def cell(self, column: str) -> str:
        return self.cells.get(column, "").strip()

    def party(self, column: str, *, wildcard: bool = False) -> str:
        said = self.cell(column)
        if wildcard and said == "*":
            return said
        shape = _PARTY.fullmatch(said)
        if shape is None:
            options = " or *" if wildcard else ""
            raise _BadCell(column, f"{said!r} is no party such as NL*ABC{options}")
        return f"{shape[1]}*{shape[2]}".upper()

    def period(self) -> tuple[float | None, float | None]:
        begin, end = self._moment("valid_from"), self._moment("valid_to")
        if begin is not None and end is not None and end <= begin:
            raise _BadCell("valid_to", "it is not after valid_from")
        return begin, end

    def _moment(self, column: str) -> float | None:
        said = self.cell(column)
        if not said:
            return None
        try:
            moment = datetime.fromisoformat(said)
        except ValueError:
            raise _BadCell(
                column, f"{said!r} is neither a date such as 2026-06-01 nor a time with offset"
            ) from None
        if moment.tzinfo is None:
            if len(said) > len("2026-06-01"):
                raise _BadCell(column, f"the time {said!r} has no offset, such as Z or +02:00")
            moment = moment.replace(tzinfo=UTC)
        return moment.timestamp()

    def token_types(self) -> tuple[str, ...]:
        said = [word.upper() for word in re.split(r"[\s|/;,]+", self.cell("token_types")) if word]
        for word in said:
            if word not in TokenType.__members__:
                known = ", ".join(TokenType)
                raise _BadCell("token_types", f"{word!r} is no token type; known are {known}")
        return tuple(sorted(set(said)))

    def currency(self) -> str:
        said = self.cell("currency").upper()
        if not _CURRENCY.fullmatch(said):
            raise _BadCell("currency", f"{said!r} is no currency such as EUR")
        return said

    def amount(self, column: str) -> str | None:
        said = self.cell(column)
        if not said:
            return None
        try:
            amount = Decimal(said.replace(",", "."))
        except InvalidOperation:
            raise _BadCell(column, f"{said!r} is no amount") from None
        if not amount.is_finite() or amount < 0:
            raise _BadCell(column, f"{said!r} is no price")
        return f"{amount:f}"

    def power(self, column: str) -> float | None:
        said = self.cell(column)
        if not said:
            return None
        power = number(said)
        if power is None or power < 0:
            raise _BadCell(column, f"{said!r} is no power in kW")
        return power


def _read(path: Path, required: tuple[str, ...], read: Callable[[_Row], T]) -> Table[T]:
    rows: list[T] = []
    faults: list[Fault] = []
    for item in read_rows(path):
        if item.fault is not None:
            faults.append(item.fault)
            continue
        row = _Row(item.place, {_column(name): cell for name, cell in item.value.items()})
        missing = [name for name in required if name not in row.cells]
        if missing:
            raise DataError(
                f"the header lacks {', '.join(missing)}",
                place=f"{path}:1",
                remedy=f"It needs {', '.join(required)}; see the columns in the README.",
            )
        try:
            rows.append(read(row))
        except _BadCell as error:
            faults.append(Fault(f"{item.place}:{error.column}", str(error)))
    if faults and not rows:
        raise DataError.of(faults)
    return Table(tuple(rows), tuple(faults))


def _column(name: str) -> str:
    return re.sub(r"[\s\-]+", "_", name.strip().lower())
