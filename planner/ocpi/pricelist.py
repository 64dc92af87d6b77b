"""A tariff as a CPO publishes it, read from OCPI 2.1.1, 2.2.1 or 2.3.0 into exact numbers.

Prices are decimals, energies whole thousandths of a watt-hour, times whole seconds, so that no
sum depends on its order. What cannot be understood is refused: a price that ignores a part of
its tariff would be a false promise.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from planner.errors import DataError
from planner.ocpi.times import read_time

DIMENSIONS = ("FLAT", "ENERGY", "TIME", "PARKING_TIME")
"""Source: OCPI 2.2.1, TariffDimensionType."""

WEEKDAYS = ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY")
"""Source: OCPI 2.2.1, DayOfWeek."""

RESERVATIONS = ("RESERVATION", "RESERVATION_EXPIRES")
"""Source: OCPI 2.2.1, ReservationRestrictionType."""

DAY_S = 86_400
MILLIWH_PER_KWH = 1_000_000
MAX_PRICE = Decimal(1_000_000)
MAX_VAT_PERCENT = 100
MAX_STEP = 1_000_000_000
"""Bounds beyond which a number in a tariff is a slip of the pen, not a price."""


@dataclass(frozen=True, slots=True)
class PriceComponent:
    """A price by one dimension: per kWh, per hour or per session; ``step`` in Wh or seconds.

    ``vat_percent`` None is a tariff that states no VAT, which is not the same as 0 %.
    """

    dimension: str
    price: Decimal
    vat_percent: Decimal | None
    step: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Restrictions:
    """When an element holds; minima are inclusive, maxima exclusive, None is no restriction.

    ``begin_s`` and ``end_s`` are seconds of the local day (``end_s`` <= ``begin_s`` runs over
    midnight, 86400 is midnight); days are proleptic Gregorian ordinals, ``end_day`` exclusive;
    ``weekdays`` holds 0 (Monday) to 6.
    """

    begin_s: int | None = None
    end_s: int | None = None
    start_day: int | None = None
    end_day: int | None = None
    min_milliwh: int | None = None
    max_milliwh: int | None = None
    min_current_a: float | None = None
    max_current_a: float | None = None
    min_power_kw: float | None = None
    max_power_kw: float | None = None
    min_duration_s: int | None = None
    max_duration_s: int | None = None
    weekdays: frozenset[int] | None = None
    reservation: str = ""


UNRESTRICTED = Restrictions()


@dataclass(frozen=True, slots=True)
class Element:
    """Price components that hold together, under the same restrictions."""

    components: tuple[PriceComponent, ...]
    restrictions: Restrictions = UNRESTRICTED


@dataclass(frozen=True, slots=True)
class PriceLimit:
    """A least or greatest total, without and with VAT; either may be missing."""

    net: Decimal | None
    gross: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tariff:
    """A tariff of a CPO; times are UTC epoch seconds, None for open.

    ``type`` is OCPI's TariffType, empty where the tariff is for all sessions. ``tax_included``
    is OCPI 2.3.0's YES, NO or N/A; before 2.3.0 prices are without VAT.
    """

    country_code: str
    party_id: str
    id: str
    currency: str
    elements: tuple[Element, ...]
    type: str = ""
    min_price: PriceLimit | None = None
    max_price: PriceLimit | None = None
    valid_from: float | None = None
    valid_to: float | None = None
    tax_included: str = "NO"
    alt_text: str = ""
    alt_url: str = ""
    last_updated: float = 0.0

    @property
    def party(self) -> str:
        """``CC*PPP`` of the CPO that owns the tariff."""
        return f"{self.country_code}*{self.party_id}"

    def is_valid_at(self, at: float) -> bool:
        """Say whether a session that starts at ``at`` (epoch seconds) may be priced by it."""
        return (self.valid_from is None or self.valid_from <= at) and (
            self.valid_to is None or at <= self.valid_to
        )


def read_tariff(raw: Mapping[str, Any], *, country_code: str = "", party_id: str = "") -> Tariff:
    """Read a Tariff object.

    Parameters
    ----------
    raw : mapping
        The decoded JSON object. Explicit nulls count as missing; unknown fields are ignored.
    country_code, party_id : str
        The sender's party, for OCPI 2.1.1 and for feeds that embed tariffs without one.

    Raises
    ------
    DataError
        Naming by JSON Pointer the part that cannot be understood.
    """
    if not isinstance(raw, Mapping):
        raise _refused("", f"a tariff is an object, not {_kind(raw)}")
    elements = tuple(_read_elements(raw.get("elements")))
    if not elements:
        raise _refused("/elements", "the tariff has no price components")
    return Tariff(
        country_code=(_text(raw, "country_code") or country_code).upper(),
        party_id=(_text(raw, "party_id") or party_id).upper(),
        id=_required(raw, "id"),
        currency=_read_currency(raw),
        elements=elements,
        type=_text(raw, "type").upper(),
        min_price=_read_limit(raw, "min_price"),
        max_price=_read_limit(raw, "max_price"),
        valid_from=_read_moment(raw, "start_date_time"),
        valid_to=_read_moment(raw, "end_date_time"),
        tax_included=(_text(raw, "tax_included") or "NO").upper(),
        alt_text=_read_alt_text(raw.get("tariff_alt_text")),
        alt_url=_text(raw, "tariff_alt_url"),
        last_updated=_read_moment(raw, "last_updated") or 0.0,
    )


def _refused(place: str, detail: str) -> DataError:
    return DataError(
        detail,
        place=place or "/",
        remedy="The tariff is left out, so what it would cost is unknown; ask the sender to fix it",
    )


def _kind(value: object) -> str:
    return "null" if value is None else f"a {type(value).__name__}"


def _text(raw: Mapping[str, Any], name: str) -> str:
    value = raw.get(name)
    return str(value).strip() if isinstance(value, str | int) else ""


def _required(raw: Mapping[str, Any], name: str) -> str:
    text = _text(raw, name)
    if not text:
        raise _refused(f"/{name}", f"the tariff has no {name}")
    return text


def _read_currency(raw: Mapping[str, Any]) -> str:
    currency = _required(raw, "currency").upper()
    if re.fullmatch(r"[A-Z]{3}", currency) is None:
        raise _refused("/currency", f"{currency!r} is no ISO 4217 currency code")
    return currency


def _read_moment(raw: Mapping[str, Any], name: str) -> float | None:
    text = _text(raw, name)
    if not text:
        return None
    try:
        return read_time(text)
    except ValueError as error:
        raise _refused(f"/{name}", str(error)) from None


def _read_alt_text(value: object) -> str:
    """Prefer English, else the first text."""
    texts = [t for t in value if isinstance(t, Mapping)] if isinstance(value, list) else []
    english = [t for t in texts if str(t.get("language", "")).lower().startswith("en")]
    return next((_text(t, "text") for t in [*english, *texts] if _text(t, "text")), "")


def _read_limit(raw: Mapping[str, Any], name: str) -> PriceLimit | None:
    """Read the limits of 2.2.1 (``excl_vat``), of 2.3.0 (``before_taxes``), or a plain number."""
    value = raw.get(name)
    if value is None:
        return None
    if not isinstance(value, Mapping):
        return PriceLimit(_price(value, f"/{name}"), None)
    net, gross = (
        next((_price(value[k], f"/{name}/{k}") for k in keys if value.get(k) is not None), None)
        for keys in (("excl_vat", "before_taxes"), ("incl_vat", "after_taxes"))
    )
    if net is None and gross is None:
        return None
    return PriceLimit(net, gross)


def _read_elements(value: object) -> Iterator[Element]:
    if not isinstance(value, list):
        raise _refused("/elements", f"elements are a list, not {_kind(value)}")
    for number, raw in enumerate(value):
        place = f"/elements/{number}"
        if not isinstance(raw, Mapping):
            raise _refused(place, f"an element is an object, not {_kind(raw)}")
        components = tuple(_read_components(raw.get("price_components"), place))
        if components:
            yield Element(components, _read_restrictions(raw.get("restrictions"), place))


def _read_components(value: object, place: str) -> Iterator[PriceComponent]:
    if not isinstance(value, list):
        raise _refused(f"{place}/price_components", f"components are a list, not {_kind(value)}")
    for number, raw in enumerate(value):
        where = f"{place}/price_components/{number}"
        if not isinstance(raw, Mapping):
            raise _refused(where, f"a price component is an object, not {_kind(raw)}")
        dimension = _text(raw, "type").upper()
        if dimension not in DIMENSIONS:
            raise _refused(f"{where}/type", f"{dimension!r} is no dimension that can be priced")
        yield PriceComponent(
            dimension,
            _price(raw.get("price"), f"{where}/price"),
            _read_vat(raw.get("vat"), f"{where}/vat"),
            _read_step(raw.get("step_size"), f"{where}/step_size"),
        )


def _decimal(value: object, place: str) -> Decimal:
    """Read a number, or a number in a string, exactly as it was written."""
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        raise _refused(place, f"a number is needed, not {_kind(value)}")
    try:
        number = Decimal(str(value).strip())
    except InvalidOperation:
        raise _refused(place, f"{value!r} is no number") from None
    if not number.is_finite():
        raise _refused(place, f"{value!r} is no finite number")
    return number


def _price(value: object, place: str) -> Decimal:
    price = _decimal(value, place)
    if not 0 <= price <= MAX_PRICE:
        raise _refused(place, f"a price of {price} cannot be meant")
    return price


def _read_vat(value: object, place: str) -> Decimal | None:
    if value is None:
        return None
    vat = _decimal(value, place)
    if not 0 <= vat <= MAX_VAT_PERCENT:
        raise _refused(place, f"a VAT of {vat} % cannot be meant")
    return vat


def _read_step(value: object, place: str) -> int:
    """Read a step; 0 and null bill what was used, like 1."""
    step = Decimal(1) if value is None else _decimal(value, place)
    if not 0 <= step <= MAX_STEP or step != step.to_integral_value():
        raise _refused(place, f"a step size of {step} cannot be meant")
    return max(1, int(step))


def _read_restrictions(value: object, place: str) -> Restrictions:
    where = f"{place}/restrictions"
    if isinstance(value, list):
        if len(value) > 1:
            raise _refused(where, f"an element has one set of restrictions, not {len(value)}")
        value = value[0] if value else None
    if value is None:
        return UNRESTRICTED
    if not isinstance(value, Mapping):
        raise _refused(where, f"restrictions are an object, not {_kind(value)}")
    begin_s, end_s = _read_hours(value, where)
    start_day, end_day = _read_days(value, where)
    reservation = _text(value, "reservation").upper()
    if reservation and reservation not in RESERVATIONS:
        raise _refused(f"{where}/reservation", f"{reservation!r} is no kind of reservation")
    return Restrictions(
        begin_s=begin_s,
        end_s=end_s,
        start_day=start_day,
        end_day=end_day,
        min_milliwh=_read_amount(value, "min_kwh", where, MILLIWH_PER_KWH),
        max_milliwh=_read_amount(value, "max_kwh", where, MILLIWH_PER_KWH),
        min_current_a=_read_level(value, "min_current", where),
        max_current_a=_read_level(value, "max_current", where),
        min_power_kw=_read_level(value, "min_power", where),
        max_power_kw=_read_level(value, "max_power", where),
        min_duration_s=_read_amount(value, "min_duration", where, 1),
        max_duration_s=_read_amount(value, "max_duration", where, 1),
        weekdays=_read_weekdays(value.get("day_of_week"), f"{where}/day_of_week"),
        reservation=reservation,
    )


def _read_amount(raw: Mapping[str, Any], name: str, place: str, per_unit: int) -> int | None:
    if raw.get(name) is None:
        return None
    return int((_decimal(raw[name], f"{place}/{name}") * per_unit).to_integral_value())


def _read_level(raw: Mapping[str, Any], name: str, place: str) -> float | None:
    return None if raw.get(name) is None else float(_decimal(raw[name], f"{place}/{name}"))


_CLOCK = re.compile(r"([01]?\d|2[0-4]):([0-5]\d)(?::([0-5]\d)(?:\.\d+)?)?")


def _read_clock(raw: Mapping[str, Any], name: str, place: str) -> int | None:
    text = _text(raw, name)
    if not text:
        return None
    shape = _CLOCK.fullmatch(text)
    if shape is None or (shape[1] == "24" and int(shape[2]) + int(shape[3] or 0) > 0):
        raise _refused(f"{place}/{name}", f"{text!r} is no time of day such as 08:00")
    return int(shape[1]) * 3600 + int(shape[2]) * 60 + int(shape[3] or 0)


_LAST_MINUTE_S = DAY_S - 60


def _read_hours(raw: Mapping[str, Any], place: str) -> tuple[int | None, int | None]:
    """Read the daily window; an end of 00:00, 23:59 or 23:59:59 is midnight, as it is meant."""
    begin_s = _read_clock(raw, "start_time", place)
    end_s = _read_clock(raw, "end_time", place)
    if begin_s is None and end_s is None:
        return None, None
    begin_s = 0 if begin_s is None else begin_s % DAY_S
    if end_s is None or end_s == 0 or end_s >= _LAST_MINUTE_S:
        return (None, None) if begin_s == 0 else (begin_s, DAY_S)
    if end_s % 60 == 59:  # noqa: PLR2004 -- 19:59:59 as the last second, meant to be 20:00
        end_s += 1
    return (None, None) if begin_s == end_s else (begin_s, end_s)


def _read_days(raw: Mapping[str, Any], place: str) -> tuple[int | None, int | None]:
    """Read the dates; the end is exclusive, but equal dates mean that one day (seen in feeds)."""
    start, end = (_read_date(raw, name, place) for name in ("start_date", "end_date"))
    return (start, end + 1) if end is not None and start == end else (start, end)


def _read_date(raw: Mapping[str, Any], name: str, place: str) -> int | None:
    text = _text(raw, name)[:10]
    if not text:
        return None
    try:
        return date.fromisoformat(text).toordinal()
    except ValueError:
        raise _refused(f"{place}/{name}", f"{text!r} is no date such as 2026-06-07") from None


def _read_weekdays(value: object, place: str) -> frozenset[int] | None:
    names = [value] if isinstance(value, str) else value
    if not names:
        return None
    if not isinstance(names, list) or any(str(n).upper() not in WEEKDAYS for n in names):
        raise _refused(place, f"{value!r} are no days of the week")
    days = frozenset(WEEKDAYS.index(str(n).upper()) for n in names)
    return None if len(days) == len(WEEKDAYS) else days
