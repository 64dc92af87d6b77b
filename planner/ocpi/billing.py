"""The price of a session, as OCPI 2.2.1 says that a CPO must reckon it.

For each dimension the first element in the list that prices it, and whose restrictions hold at
that moment, counts. Steps are rounded up once, over the totals: once for energy, once for parking
and charging time together, where charging time is left alone if parking is billed too; what
rounding adds is billed at the last price that counted.

Source: OCPI 2.2.1-d2, Tariffs (Tariff object, PriceComponent, worked examples) and CDRs
(step_size); OCPI 2.3.0, Tariffs (tax_included, PriceLimit).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from planner.ocpi.pricelist import (
    MILLIWH_PER_KWH,
    Element,
    PriceComponent,
    PriceLimit,
    Restrictions,
    Tariff,
)
from planner.ocpi.session import EPOCH_ORDINAL, MS, Stretch, Usage, stretches

MS_PER_HOUR = 3_600_000
MILLIWH_PER_WH = 1000
DIGITS = Decimal("0.0001")
"""Money is kept to four decimals. Source: OCPI 2.2.1, types, number."""

_ZERO = Decimal(0)

_NO_TAX_TO_COME = ("YES", "N/A")
"""Tariffs whose prices are what is paid: with the taxes, or where there are none.

Source: OCPI 2.3.0, TaxIncluded.
"""


@dataclass(frozen=True, slots=True)
class Cost:
    """What a session costs, to four decimals.

    Attributes
    ----------
    net, gross : Decimal
        Without and with VAT.
    currency : str
        ISO 4217.
    known : bool
        False where a part of the session has no price because the tariff is out of date there or
        does not speak of such a power: then the amounts are only a lower bound.
    vat_included : bool
        Whether the tariff states the VAT of all that was billed, so that ``gross`` holds it.
    """

    net: Decimal
    gross: Decimal
    currency: str
    known: bool = True
    vat_included: bool = True

    def rounded(self, digits: int = 2) -> "Cost":
        """Round half up to that many decimals, as an invoice does."""
        unit = Decimal(1).scaleb(-digits)
        net, gross = (a.quantize(unit, ROUND_HALF_UP) for a in (self.net, self.gross))
        return Cost(net, gross, self.currency, self.known, self.vat_included)


def cost(tariff: Tariff, usage: Usage) -> Cost:
    """Price a session by a tariff.

    The tariff's own validity is `Tariff.is_valid_at`'s to ask: a session keeps the tariff under
    which it began.

    Raises
    ------
    DataError
        If ``usage.zone`` is no time zone.
    ValueError
        If a charging period is negative.
    """
    items: list[_Item] = []
    known = True
    if not usage.reservation_expired:
        used, known = _charge(tariff, usage)
        items += used
    if usage.reservation_s > 0:
        items += _reserve(tariff, usage)
    net = sum((item.net(tariff) for item in items), _ZERO)
    gross = sum((item.gross(tariff) for item in items), _ZERO)
    if not usage.reservation_expired:
        net, gross = _limit(net, gross, tariff.min_price, max)
        net, gross = _limit(net, gross, tariff.max_price, min)
    return Cost(
        net.quantize(DIGITS, ROUND_HALF_UP),
        gross.quantize(DIGITS, ROUND_HALF_UP),
        tariff.currency,
        known,
        tariff.tax_included in _NO_TAX_TO_COME
        or all(item.component.vat_percent is not None for item in items if item.component.price),
    )


@dataclass(slots=True)
class _Item:
    """What is billed by one component: thousandths of Wh, milliseconds or (flat) pieces."""

    component: PriceComponent
    used: int

    def amount(self) -> Decimal:
        """Price times quantity, as the tariff means its prices."""
        unit = _UNIT[self.component.dimension]
        return self.component.price * self.used / unit

    def net(self, tariff: Tariff) -> Decimal:
        """Amount without VAT."""
        amount = self.amount()
        return amount / self._vat_factor() if tariff.tax_included == "YES" else amount

    def gross(self, tariff: Tariff) -> Decimal:
        """Amount with VAT."""
        amount = self.amount()
        return amount if tariff.tax_included == "YES" else amount * self._vat_factor()

    def _vat_factor(self) -> Decimal:
        vat = self.component.vat_percent
        return Decimal(1) if vat is None else 1 + vat / 100


_UNIT = {"FLAT": 1, "ENERGY": MILLIWH_PER_KWH, "TIME": MS_PER_HOUR, "PARKING_TIME": MS_PER_HOUR}
_PER_STEP = {"ENERGY": MILLIWH_PER_WH, "TIME": MS, "PARKING_TIME": MS}


class _Lookup:
    """The components of each dimension with their restrictions, in the order of the tariff."""

    def __init__(self, elements: "list[Element] | tuple[Element, ...]") -> None:
        self._of: dict[str, list[tuple[PriceComponent, Restrictions]]] = {}
        for element in elements:
            for component in element.components:
                self._of.setdefault(component.dimension, []).append(
                    (component, element.restrictions),
                )

    def find(
        self, dimension: str, at: Stretch, *, as_dated: bool = True, as_powered: bool = True
    ) -> PriceComponent | None:
        """Give the first component of the dimension that holds at that moment."""
        for component, rule in self._of.get(dimension, ()):
            if at.meets(rule, as_dated=as_dated, as_powered=as_powered):
                return component
        return None


def _charge(tariff: Tariff, usage: Usage) -> tuple[list[_Item], bool]:
    """Bill charging and parking; also say whether every part has a price that is meant for it."""
    elements = [e for e in tariff.elements if not e.restrictions.reservation]
    current = [e for e in elements if _in_days(e.restrictions, usage)]
    lookup = _Lookup(current)
    dated = _Lookup(elements)
    bill: dict[str, list[_Item]] = {}
    known = True
    for stretch in stretches(usage, current):
        for dimension, used in _dimensions(stretch):
            if dimension == "FLAT" and "FLAT" in bill:
                continue  # one flat fee a session: the first that holds
            component = lookup.find(dimension, stretch)
            if component is not None:
                bill.setdefault(dimension, []).append(_Item(component, used))
            elif dimension != "FLAT" and known:
                known = not _is_meant(dated, dimension, stretch)
    _round_up(bill.get("ENERGY"))
    _round_up(bill.get("PARKING_TIME") or bill.get("TIME"))
    return _merged(item for items in bill.values() for item in items), known


def _dimensions(stretch: Stretch) -> Iterator[tuple[str, int]]:
    """Name what a stretch uses, and how much."""
    yield "FLAT", 1
    if stretch.used_milliwh > 0:
        yield "ENERGY", stretch.used_milliwh
    if stretch.used_ms > 0:
        yield ("TIME" if stretch.is_charging else "PARKING_TIME"), stretch.used_ms


def _is_meant(dated: _Lookup, dimension: str, stretch: Stretch) -> bool:
    """Say whether a price is missing only by its date or, for energy, by the power drawn.

    OCPI calls what no element prices free. An element of another day, or one that ends at the
    post's own power, was not written to say so.
    """
    return (
        dated.find(dimension, stretch, as_dated=False, as_powered=dimension != "ENERGY") is not None
    )


def _in_days(rule: Restrictions, usage: Usage) -> bool:
    """Say whether the dates touch the session, to within a day of any time zone."""
    first = int(usage.start // 86_400) + EPOCH_ORDINAL - 1
    length_s = usage.parking_s + sum(duration_s for duration_s, _, _ in usage.charging)
    last = int((usage.start + length_s) // 86_400) + EPOCH_ORDINAL + 1
    return (rule.start_day is None or rule.start_day <= last) and (
        rule.end_day is None or rule.end_day > first
    )


def _round_up(items: list[_Item] | None) -> None:
    """Round the total up to the step of the last component, and bill the rest by it."""
    if not items:
        return
    last = items[-1].component
    step = last.step * _PER_STEP[last.dimension]
    total = sum(item.used for item in items)
    items[-1].used += -total % step


def _merged(items: Iterator[_Item]) -> list[_Item]:
    """Add up what is billed by the same component, so that money is reckoned once for each."""
    by_component: dict[PriceComponent, _Item] = {}
    for item in items:
        if item.component in by_component:
            by_component[item.component].used += item.used
        else:
            by_component[item.component] = item
    return list(by_component.values())


def _reserve(tariff: Tariff, usage: Usage) -> list[_Item]:
    """Bill a reservation: its flat fee and its time, up to the start of the session.

    Where it expired, elements for that come first and those for reservations fill what they
    leave open. Source: OCPI 2.2.1, ReservationRestrictionType.
    """
    kinds = ["RESERVATION_EXPIRES", "RESERVATION"] if usage.reservation_expired else ["RESERVATION"]
    elements = [e for kind in kinds for e in tariff.elements if e.restrictions.reservation == kind]
    if not elements:
        return []
    lookup = _Lookup(elements)
    held = Usage(
        start=usage.start - usage.reservation_s,
        zone=usage.zone,
        charging=(),
        parking_s=usage.reservation_s,
    )
    fee: list[_Item] = []
    time: list[_Item] = []
    for stretch in stretches(held, elements):
        flat = lookup.find("FLAT", stretch)
        if flat is not None and not fee:
            fee.append(_Item(flat, 1))
        timed = lookup.find("TIME", stretch)
        if timed is not None and stretch.used_ms > 0:
            time.append(_Item(timed, stretch.used_ms))
    _round_up(time)
    return [*fee, *_merged(iter(time))]


def _limit(
    net: Decimal,
    gross: Decimal,
    limit: PriceLimit | None,
    choose: Callable[[Decimal, Decimal], Decimal],
) -> tuple[Decimal, Decimal]:
    """Hold a total to a limit; a half that the limit leaves open keeps the session's VAT."""
    if limit is None:
        return net, gross
    held_net = net if limit.net is None else choose(net, limit.net)
    held_gross = gross if limit.gross is None else choose(gross, limit.gross)
    if limit.gross is None:
        held_gross = held_net * gross / net if net else held_net
    if limit.net is None:
        held_net = held_gross * net / gross if gross else held_gross
    return held_net, held_gross
