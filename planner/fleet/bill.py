"""What charging cost, planned beside billed: sums over CDRs that hold to the cent.

What own depots metered stands among them at the depot's price, and is told apart in every sum.

Rounding, once and for all: the net and the gross amount of each CDR are rounded half up to the
smallest unit of their currency, the VAT is their difference, and every sum is a sum of these. So
groups add up to the total, and the total to the CDRs, whichever way they are grouped. Amounts of
different currencies are never added.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal, get_args
from zoneinfo import ZoneInfo

from planner.fleet.history import Entry, History

By = Literal["vehicle", "driver", "mission", "provider", "operator", "month"]
DIMENSIONS: tuple[By, ...] = get_args(By)

Basis = Literal["billed", "metered, depot's price", "metered, no price"]

NOT_KNOWN = ""
"""Key of the group of charges whose vehicle, driver and so on is not known."""

ZERO = Decimal(0)

WHOLE = frozenset({"CLP", "HUF", "ISK", "JPY", "KRW", "PYG", "VND", "XAF", "XOF", "XPF"})
THOUSANDTHS = frozenset({"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"})
"""Currencies without a hundredth, and with a thousandth.

Source: ISO 4217, minor units; HUF has fillér in the norm, but no coin and no price has had them
since 1999.
"""


def unit_of(currency: str) -> Decimal:
    """Give the smallest unit of a currency, to which amounts are rounded."""
    if currency in WHOLE:
        return Decimal(1)
    return Decimal("0.001") if currency in THOUSANDTHS else Decimal("0.01")


def rounded(amount: Decimal | None, currency: str) -> Decimal | None:
    """Round half up to the currency's smallest unit."""
    return None if amount is None else amount.quantize(unit_of(currency), ROUND_HALF_UP)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A CDR on the bill, or what an own depot metered; amounts are rounded, None where not told.

    ``planned`` is what the plan said that the stop would cost, and ``billed_as_planned`` the
    amount to hold beside it: with VAT if the plan's price had it. Of several charges at one
    planned stop, the first carries the planned amount; a credit takes back of what was billed.
    """

    entry: Entry
    month: str
    operator: str
    currency: str
    net: Decimal | None
    gross: Decimal | None
    planned: Decimal | None = None
    billed_as_planned: Decimal | None = None

    @property
    def vat(self) -> Decimal | None:
        """Gross less net, None where one of them was not told."""
        return None if self.net is None or self.gross is None else self.gross - self.net

    @property
    def billed(self) -> Decimal | None:
        """What is to be paid: with VAT where it was told, else without."""
        return self.net if self.gross is None else self.gross

    @property
    def basis(self) -> Basis:
        """On what the amounts rest."""
        if not self.entry.is_metered:
            return "billed"
        return "metered, no price" if self.billed is None else "metered, depot's price"

    def key(self, by: By) -> str:
        """Give the group that the line belongs to."""
        if by == "month":
            return self.month
        if by == "operator":
            return self.operator
        if by == "provider":
            return self.entry.charge.provider
        return {
            "vehicle": self.entry.vehicle,
            "driver": self.entry.driver,
            "mission": self.entry.mission,
        }[by]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sum:
    """A group of lines in one currency; ``currency`` is empty for charges without any price.

    Attributes
    ----------
    key : str
        Of the group, `NOT_KNOWN` where it is not known.
    charges, credits : int
        CDRs and what own depots metered, and how many of them are credits.
    energy_kwh : Decimal
        Credits count against it.
    net, vat, gross : Decimal
        Sums of what was told: ``gross`` is ``net`` and ``vat`` where all lines tell both.
    billed : Decimal
        What is to be paid: with VAT where it was told, else without.
    metered_charges, metered_kwh, metered : int, Decimal, Decimal
        How many charges were metered at own depots, and their part of the energy and of
        ``billed``. What is left of it is what CDRs tell.
    without_vat, without_net, unpriced : int
        Lines that tell no gross, no net, neither.
    planned, billed_as_planned : Decimal
        What the plans said of the stops that are on the bill, and what these were billed, in the
        same currency and with or without VAT alike.
    planned_stops : int
        How many stops that is.
    """

    key: str
    currency: str
    charges: int = 0
    credits: int = 0
    energy_kwh: Decimal = ZERO
    net: Decimal = ZERO
    vat: Decimal = ZERO
    gross: Decimal = ZERO
    billed: Decimal = ZERO
    metered_charges: int = 0
    metered_kwh: Decimal = ZERO
    metered: Decimal = ZERO
    without_vat: int = 0
    without_net: int = 0
    unpriced: int = 0
    planned: Decimal = ZERO
    billed_as_planned: Decimal = ZERO
    planned_stops: int = 0

    @property
    def difference(self) -> Decimal:
        """Billed beside planned: how much dearer the planned stops were."""
        return self.billed_as_planned - self.planned


@dataclass(frozen=True, slots=True, kw_only=True)
class Bill:
    """Costs by one dimension; ``pending`` counts Sessions without a CDR, which are in no sum."""

    by: By
    groups: tuple[Sum, ...]
    totals: tuple[Sum, ...]
    pending: int
    pending_kwh: Decimal


def lines_of(history: History) -> tuple[Line, ...]:
    """Make a line of each CDR, and of what own depots metered, by their end."""
    seen: set[tuple[str, int]] = set()
    return tuple(_line(entry, history, seen) for entry in history.entries)


def _line(entry: Entry, history: History, seen: set[tuple[str, int]]) -> Line:
    charge = entry.charge
    net, gross = (rounded(amount, charge.currency) for amount in (charge.net, charge.gross))
    planned, beside = _planned(entry, net, gross, seen)
    return Line(
        entry=entry,
        month=month_of(charge.ends, entry.zone),
        operator=_operator(entry, history),
        currency=charge.currency,
        net=net,
        gross=gross,
        planned=planned,
        billed_as_planned=beside,
    )


def month_of(moment: float, zone: str) -> str:
    """Name the month of a moment on the clock of its place, such as 2026-11."""
    return datetime.fromtimestamp(moment, tz=ZoneInfo(zone)).strftime("%Y-%m")


def _operator(entry: Entry, history: History) -> str:
    """Name the operator as the snapshot does, so that all its CDRs stand in one group."""
    spot = history.places.spot(entry.charge)
    if spot is not None:
        return spot.station.operated_by
    return entry.charge.operator or entry.charge.party


def _planned(
    entry: Entry, net: Decimal | None, gross: Decimal | None, seen: set[tuple[str, int]]
) -> tuple[Decimal | None, Decimal | None]:
    match = entry.match
    stop = None if match is None else match.planned
    if match is None or stop is None or stop.cost is None:
        return None, None
    if stop.cost.currency != entry.charge.currency:
        return None, None
    beside = gross if stop.cost.vat_included else net
    if beside is None:
        return None, None
    if entry.charge.is_credit:  # it takes back what was billed, not what was planned
        return None, beside
    key = (match.trip.plan, match.stop)
    first = key not in seen
    seen.add(key)
    amount = stop.cost.amount if first else ZERO
    return rounded(amount, stop.cost.currency), beside


def bill(lines: Sequence[Line], by: By, pending: Iterable[Entry] = ()) -> Bill:
    """Add up the lines by one dimension, and all of them by currency."""
    groups: dict[tuple[str, str], list[Line]] = {}
    totals: dict[str, list[Line]] = {}
    for line in lines:
        groups.setdefault((line.key(by), line.currency), []).append(line)
        totals.setdefault(line.currency, []).append(line)
    waiting = tuple(pending)
    return Bill(
        by=by,
        groups=tuple(
            _sum(key, currency, groups[key, currency]) for key, currency in sorted(groups)
        ),
        totals=tuple(_sum("total", currency, totals[currency]) for currency in sorted(totals)),
        pending=len(waiting),
        pending_kwh=sum((entry.charge.energy_kwh for entry in waiting), ZERO),
    )


def _sum(key: str, currency: str, lines: Sequence[Line]) -> Sum:
    unit = unit_of(currency)
    own = [line for line in lines if line.entry.is_metered]
    return Sum(
        key=key,
        currency=currency,
        charges=len(lines),
        credits=sum(line.entry.charge.is_credit for line in lines),
        energy_kwh=sum((line.entry.charge.energy_kwh for line in lines), ZERO),
        net=_total((line.net for line in lines), unit),
        vat=_total((line.vat for line in lines), unit),
        gross=_total((line.gross for line in lines), unit),
        billed=_total((line.billed for line in lines), unit),
        metered_charges=len(own),
        metered_kwh=sum((line.entry.charge.energy_kwh for line in own), ZERO),
        metered=_total((line.billed for line in own), unit),
        without_vat=sum(line.gross is None and line.net is not None for line in lines),
        without_net=sum(line.net is None and line.gross is not None for line in lines),
        unpriced=sum(line.billed is None for line in lines),
        planned=_total((line.planned for line in lines), unit),
        billed_as_planned=_total((line.billed_as_planned for line in lines), unit),
        planned_stops=sum(bool(line.planned) for line in lines),
    )


def _total(amounts: Iterable[Decimal | None], unit: Decimal) -> Decimal:
    """Add what was told; the amounts are whole units already, so that nothing is rounded here."""
    return sum((amount for amount in amounts if amount is not None), ZERO * unit)
