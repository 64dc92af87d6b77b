"""CDRs and Sessions of OCPI 2.1.1, 2.2.1 and 2.3.0, read into a `Charge`.

What is told in another unit or under another name is understood; what makes a record useless (no
time, no energy) is refused with the place where it stands.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from planner.errors import DataError
from planner.model.geo import LonLat
from planner.ocpi.charge import Charge, Spell
from planner.ocpi.ids import normalise_contract_id, party_of_evse_id
from planner.ocpi.pricelist import Tariff, read_tariff
from planner.ocpi.times import read_time

ENERGY, TIME, PARKING = "ENERGY", "TIME", "PARKING_TIME"
"""Source: OCPI 2.2.1, CdrDimensionType."""

GOING_ON = ("ACTIVE", "PENDING", "RESERVATION")
"""Source: OCPI 2.2.1, SessionStatus."""

WH_PER_KWH = 1000
_LIKE_WH = 500
"""Periods that add up to more than so many times the total were told in Wh."""

HOUR_S = 3600.0
LONGEST_ID = 200
"""OCPI's ids have 36 to 39 characters; those of tables may be longer."""

MOST_KWH = Decimal(10_000)
MOST_AMOUNT = Decimal(1_000_000)
"""Bounds beyond which a number is a slip of the pen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bearer:
    """The token as a record names it; its parts are secrets and stay out of the ``repr``."""

    provider: str
    type: str
    uid: str = field(repr=False)
    contract: str = field(repr=False)

    @property
    def mask(self) -> str:
        """The uid, else the contract, with all but its last two characters hidden."""
        shown = self.uid or self.contract
        return "••••" + shown[-2:] if len(shown) > 4 else "••••" if shown else ""  # noqa: PLR2004


def contract_digest(contract: str) -> str:
    """Name a contract without giving it away (SHA-256, 16 hex digits); empty for none."""
    if not contract.strip():
        return ""
    text = f"contract|{normalise_contract_id(contract)}"
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def read_charge(module: str, raw: Mapping[str, Any], party: str) -> tuple[Charge, Bearer]:
    """Read a CDR or a Session.

    Parameters
    ----------
    module : {'cdrs', 'sessions'}
    raw : mapping
        Decoded JSON.
    party : str
        ``CC*PPP`` of the operator, where the object does not say; if empty too, the EVSE ID's.

    Raises
    ------
    DataError
        Naming the field that is missing or cannot be meant.
    """
    is_session = module == "sessions"
    name = _text(raw.get("id"))
    read = _Reader(raw, f"{module} {name[:LONGEST_ID] or '?'}")
    if not name or len(name) > LONGEST_ID:
        raise read.refused("id", "is missing, or too long for an id")
    begins = read.moment("start_date_time", "start_datetime")
    updated = read.moment_or_none("last_updated")
    ends = read.moment_or_none("end_date_time", "stop_date_time", "end_datetime")
    if ends is None and is_session:
        ends = updated
    if ends is None:
        raise read.refused("end_date_time", "is missing")
    if ends < begins:
        raise read.refused("end_date_time", "lies before the start")
    is_credit = raw.get("credit") is True
    sign = -1 if is_credit else 1
    energy = abs(read.amount("kwh" if is_session else "total_energy", MOST_KWH)) * sign
    net, gross = _price(read)
    place = raw.get("cdr_location") or raw.get("location")
    where = place if isinstance(place, Mapping) else {}
    bearer = _bearer(raw)
    owner = (_text(raw.get("country_code")).upper(), _text(raw.get("party_id")).upper())
    here = _place(raw, where)
    hint = party or party_of_evse_id(here["evse_id"]) or ""
    of_party = "*".join(owner) if all(owner) else hint
    parked = read.amount_or_none("total_parking_time", MOST_AMOUNT)
    return Charge(
        id=name,
        party=of_party,
        is_session=is_session,
        is_open=is_session and _text(raw.get("status")).upper() in GOING_ON,
        session_id=name if is_session else _text(raw.get("session_id")),
        reference=_text(raw.get("authorization_reference")) or _text(raw.get("authorization_id")),
        is_credit=is_credit,
        credit_of=_text(raw.get("credit_reference_id")),
        begins=begins,
        ends=ends,
        contract=contract_digest(bearer.contract),
        token_mask=bearer.mask,
        provider=bearer.provider,
        **here,
        energy_kwh=energy,
        spells=tuple(_spells(raw.get("charging_periods"), begins, ends, abs(energy))),
        parking_s=None if parked is None else float(parked) * HOUR_S,
        currency=_text(raw.get("currency")).upper(),
        net=None if net is None else abs(net) * sign if is_credit else net,
        gross=None if gross is None else abs(gross) * sign if is_credit else gross,
        tariffs=tuple(_tariffs(raw.get("tariffs"), of_party)),
        last_updated=ends if updated is None else updated,
    ), bearer


@dataclass(frozen=True, slots=True)
class _Reader:
    raw: Mapping[str, Any]
    place: str

    def refused(self, field_: str, why: str) -> DataError:
        return DataError(f"{field_} {why}", place=self.place)

    def moment(self, *names: str) -> float:
        found = self.moment_or_none(*names)
        if found is None:
            raise self.refused(names[0], "is missing")
        return found

    def moment_or_none(self, *names: str) -> float | None:
        for name in names:
            text = _text(self.raw.get(name))
            if text:
                try:
                    return read_time(text)
                except (ValueError, OverflowError) as error:
                    raise self.refused(name, f"cannot be read: {error}") from None
        return None

    def amount(self, name: str, most: Decimal) -> Decimal:
        found = self.amount_or_none(name, most)
        if found is None:
            raise self.refused(name, "is missing")
        return found

    def amount_or_none(self, name: str, most: Decimal) -> Decimal | None:
        return self.checked(name, self.raw.get(name), most)

    def checked(self, name: str, value: Any, most: Decimal) -> Decimal | None:
        if value is None or value == "":
            return None
        number = exact(value)
        if number is None or abs(number) > most:
            raise self.refused(name, "is no number that can be meant")
        return number


def exact(value: Any) -> Decimal | None:
    """Read a JSON number as it was written; None where it is none or not finite.

    A float's shortest text is what was written, for up to 15 digits.
    """
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        return None
    try:
        number = Decimal(str(value).strip())
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _price(read: _Reader) -> tuple[Decimal | None, Decimal | None]:
    """Read ``total_cost``: a number without VAT (2.1.1), or a Price (2.2.1, 2.3.0)."""
    told = read.raw.get("total_cost")
    if not isinstance(told, Mapping):
        return read.checked("total_cost", told, MOST_AMOUNT), None
    if told.get("before_taxes") is not None:
        net = read.checked("total_cost", told.get("before_taxes"), MOST_AMOUNT)
        taxes = told.get("taxes")
        if net is None or not isinstance(taxes, list):
            return net, None
        parts = [tax.get("amount") if isinstance(tax, Mapping) else None for tax in taxes]
        amounts = [read.checked("total_cost", part, MOST_AMOUNT) for part in parts]
        known = [amount for amount in amounts if amount is not None]
        return net, sum(known, net) if len(known) == len(amounts) else None
    return (
        read.checked("total_cost", told.get("excl_vat"), MOST_AMOUNT),
        read.checked("total_cost", told.get("incl_vat"), MOST_AMOUNT),
    )


def _bearer(raw: Mapping[str, Any]) -> Bearer:
    """Read who charged: a CdrToken, or 2.1.1's ``auth_id``, which is the contract."""
    told = raw.get("cdr_token")
    token = told if isinstance(told, Mapping) else {}
    parts = (_text(token.get("country_code")).upper(), _text(token.get("party_id")).upper())
    return Bearer(
        provider="*".join(parts) if all(parts) else "",
        type=_text(token.get("type")).upper() or "RFID",
        uid=_text(token.get("uid")),
        contract=_text(token.get("contract_id")) or _text(raw.get("auth_id")),
    )


def _place(raw: Mapping[str, Any], where: Mapping[str, Any]) -> dict[str, Any]:
    evse = _first(where.get("evses"))
    connector = _first(evse.get("connectors"))
    operator = where.get("operator")
    power_w = exact(connector.get("max_electric_power"))
    return {
        "location_id": _text(raw.get("location_id")) or _text(where.get("id")),
        "evse_uid": _text(raw.get("evse_uid"))
        or _text(where.get("evse_uid"))
        or _text(evse.get("uid")),
        "evse_id": _text(where.get("evse_id")) or _text(evse.get("evse_id")),
        "station_name": _text(where.get("name")) or _text(where.get("address")),
        "operator": _text(operator.get("name")) if isinstance(operator, Mapping) else "",
        "location": _point(where.get("coordinates")),
        "power_type": _text(where.get("connector_power_type")).upper()
        or _text(connector.get("power_type")).upper(),
        "power_kw": None if power_w is None else float(power_w) / 1000,
    }


def _point(told: Any) -> LonLat | None:
    if not isinstance(told, Mapping):
        return None
    lon, lat = exact(told.get("longitude")), exact(told.get("latitude"))
    if lon is None or lat is None or abs(lon) > 180 or abs(lat) > 90:  # noqa: PLR2004 -- degrees
        return None
    return LonLat(float(lon), float(lat))


def _spells(told: Any, begins: float, ends: float, total_kwh: Decimal) -> Iterator[Spell]:
    """Give the charging periods in order; a period lasts until the next one, or until the end."""
    periods = sorted(_periods(told), key=lambda period: period[0])
    if not periods:
        return
    energy = sum((kwh for _, kwh, *_ in periods), Decimal(0))
    unit = WH_PER_KWH if total_kwh and energy > total_kwh * _LIKE_WH else 1
    starts = [begins, *(max(begins, start) for start, *_ in periods[1:]), ends]
    for period, begin, until in zip(periods, starts[:-1], starts[1:], strict=True):
        if until >= begin:
            yield from _parted(period, begin, until, unit)


def _parted(period: "_Period", begin: float, until: float, unit: int) -> Iterator[Spell]:
    """Part a period in charging and parking, where it tells of both."""
    _, kwh, charging_h, parking_h, tariff = period
    energy = kwh / unit
    split = begin + float(charging_h or 0) * HOUR_S
    if kwh > 0 and parking_h and begin < split < until:
        yield Spell(begins=begin, ends=split, energy_kwh=energy, is_charging=True, tariff_id=tariff)
        begin, energy = split, Decimal(0)
        is_charging = False
    else:
        is_charging = kwh > 0 or bool(charging_h)
    yield Spell(
        begins=begin, ends=until, energy_kwh=energy, is_charging=is_charging, tariff_id=tariff
    )


_Period = tuple[float, Decimal, Decimal | None, Decimal | None, str]


def _periods(told: Any) -> Iterator[_Period]:
    """Give start, energy, hours of charging and of parking, and tariff of each period."""
    for raw in told if isinstance(told, list) else ():
        if not isinstance(raw, Mapping):
            continue
        try:
            start = read_time(_text(raw.get("start_date_time")))
        except (ValueError, OverflowError):
            continue
        volumes: dict[str, Decimal] = {}
        dimensions = raw.get("dimensions")
        for part in dimensions if isinstance(dimensions, list) else ():
            volume = exact(part.get("volume")) if isinstance(part, Mapping) else None
            if volume is not None and volume >= 0:
                kind = _text(part.get("type")).upper()
                volumes[kind] = volumes.get(kind, Decimal(0)) + volume
        yield (
            start,
            volumes.get(ENERGY, Decimal(0)),
            volumes.get(TIME),
            volumes.get(PARKING),
            _text(raw.get("tariff_id")),
        )


def _tariffs(told: Any, party: str) -> Iterator[Tariff]:
    """Give the tariffs that can be understood; the others leave the price unknown."""
    country_code, _, party_id = party.partition("*")
    for raw in told if isinstance(told, list) else ():
        try:
            yield read_tariff(raw, country_code=country_code, party_id=party_id)
        except DataError:
            continue


def _first(told: Any) -> Mapping[str, Any]:
    head = told[0] if isinstance(told, list) and told else None
    return head if isinstance(head, Mapping) else {}


def _text(value: Any) -> str:
    return value.strip() if isinstance(value, str) else ""
