"""Which of a connector's tariffs counts, and what it says in a line that a driver understands."""

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal

from planner.ocpi.pricelist import (
    DAY_S,
    MILLIWH_PER_KWH,
    WEEKDAYS,
    PriceComponent,
    PriceLimit,
    Restrictions,
    Tariff,
)

_SYMBOLS = {"EUR": "€", "GBP": "£", "USD": "$"}
_TYPES = {True: ("AD_HOC_PAYMENT", ""), False: ("REGULAR", "")}
_MOST = 3
"""More prices of one dimension than this are told as a range."""


def choose(tariffs: Iterable[Tariff], *, ad_hoc: bool, at: float) -> Tariff | None:
    """Choose the tariff for a session that starts at ``at`` (epoch seconds), or None.

    A tariff made for the way of paying (AD_HOC_PAYMENT at a terminal, REGULAR with a token) goes
    before one for all; those for a charging preference are chosen by nobody here. Among equals
    the newest counts. Source: OCPI 2.2.1, TariffType.
    """
    wanted = _TYPES[ad_hoc]
    usable = [t for t in tariffs if t.type in wanted and t.is_valid_at(at)]
    return max(
        usable,
        key=lambda t: (-wanted.index(t.type), t.valid_from or 0.0, t.last_updated),
        default=None,
    )


def describe(tariff: Tariff) -> str:
    """Put a tariff into a line, VAT included where it is stated.

    >>> describe(tariff)  # doctest: +SKIP
    '€0.59/kWh + €0.10/min parked after charging, 08:00-20:00'
    """
    parts = [
        text
        for dimension in ("ENERGY", "TIME", "PARKING_TIME", "FLAT")
        if (text := _tell_dimension(tariff, dimension))
    ]
    line = " + ".join(parts) or "free of charge"
    limits = [
        f"{word} {_tell_limit(tariff, limit)}"
        for word, limit in (("at least", tariff.min_price), ("at most", tariff.max_price))
        if limit is not None
    ]
    return "; ".join([line, *limits])


def _tell_dimension(tariff: Tariff, dimension: str) -> str:
    """Tell the prices of one dimension; empty where all are nil."""
    prices = [
        (component, element.restrictions)
        for element in tariff.elements
        if not element.restrictions.reservation
        for component in element.components
        if component.dimension == dimension
    ]
    if not any(component.price for component, _ in prices):
        return ""
    if len({component.price for component, _ in prices}) > _MOST:
        return _tell_range(tariff, [component for component, _ in prices])
    told: list[str] = []
    for component, rule in prices:
        text = _tell_price(tariff, component)
        condition = _tell_rule(rule)
        if told and not condition:
            text += " otherwise"
        text += f", {condition}" if condition else ""
        if text not in told:
            told.append(text)
    return " or ".join(told)


_UNITS = {
    "ENERGY": "/kWh",
    "TIME": "/min charging",
    "PARKING_TIME": "/min parked after charging",
    "FLAT": " per session",
}


def _tell_price(tariff: Tariff, component: PriceComponent) -> str:
    return _money(tariff.currency, _driver_price(tariff, component)) + _UNITS[component.dimension]


def _tell_range(tariff: Tariff, components: list[PriceComponent]) -> str:
    prices = [_driver_price(tariff, component) for component in components]
    unit = _UNITS[components[0].dimension]
    low, high = (_money(tariff.currency, price) for price in (min(prices), max(prices)))
    return f"{low} to {high}{unit}, depending on the time"


def _driver_price(tariff: Tariff, component: PriceComponent) -> Decimal:
    """Give the price with VAT, by the minute for times."""
    price = component.price
    if tariff.tax_included != "YES" and component.vat_percent is not None:
        price *= 1 + component.vat_percent / 100
    return price / 60 if component.dimension in ("TIME", "PARKING_TIME") else price


def _money(currency: str, amount: Decimal) -> str:
    """Write an amount with two decimals, or up to four where they are needed."""
    exact = amount.quantize(Decimal("0.0001"), ROUND_HALF_UP)
    cents = exact.quantize(Decimal("0.01"))
    text = f"{cents if cents == exact else exact.normalize():f}"
    symbol = _SYMBOLS.get(currency)
    return f"{symbol}{text}" if symbol else f"{currency} {text}"


def _tell_limit(tariff: Tariff, limit: PriceLimit) -> str:
    amount = limit.gross if limit.gross is not None else limit.net
    return _money(tariff.currency, amount if amount is not None else Decimal(0))


def _tell_rule(rule: Restrictions) -> str:
    """Tell the restrictions of an element; empty where there are none."""
    facts = []
    if rule.begin_s is not None and rule.end_s is not None:
        facts.append(f"{_clock(rule.begin_s)}-{_clock(rule.end_s)}")
    if rule.weekdays is not None:
        facts.append(" ".join(WEEKDAYS[day][:3].title() for day in sorted(rule.weekdays)))
    per_kwh = Decimal(MILLIWH_PER_KWH)
    facts += [
        _tell_span("kWh", _units(rule.min_milliwh, per_kwh), _units(rule.max_milliwh, per_kwh)),
        _tell_span("min", _units(rule.min_duration_s, 60), _units(rule.max_duration_s, 60)),
        _tell_span("kW", _units(rule.min_power_kw, 1), _units(rule.max_power_kw, 1)),
        _tell_span("A", _units(rule.min_current_a, 1), _units(rule.max_current_a, 1)),
    ]
    return ", ".join(fact for fact in facts if fact)


def _clock(second: int) -> str:
    minute = (second % DAY_S) // 60
    return f"{minute // 60:02d}:{minute % 60:02d}"


def _units(value: float | None, unit: Decimal | int) -> Decimal | None:
    return None if value is None else Decimal(str(value)) / unit


def _tell_span(unit: str, least: Decimal | None, limit: Decimal | None) -> str:
    low, high = ("" if v is None else f"{v.normalize():f}" for v in (least or None, limit))
    if low and high:
        return f"{low} to {high} {unit}"
    if low:
        return f"from {low} {unit}"
    return f"below {high} {unit}" if high else ""
