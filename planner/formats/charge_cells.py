"""Tables of charging sessions, as operators, providers and authorities give them out.

Columns are found by their names in any order and case, in English, French or German; a row that
cannot be understood is a fault with its line and column, and stops nothing.
"""

import datetime as dt
import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from typing import Any

from planner.errors import DataError, Fault
from planner.formats.clocks import on_clock, read_clock, zone_of
from planner.formats.mission_sheets import Row, Torn
from planner.model.geo import LonLat
from planner.ocpi.charge import Charge
from planner.ocpi.charge_reading import (
    LONGEST_ID,
    MOST_AMOUNT,
    MOST_KWH,
    Bearer,
    contract_digest,
)
from planner.ocpi.ids import party_of_evse_id, provider_of_contract_id

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "id": ("cdr_id", "charge_id", "transaction_id", "transaction", "record_id", "cdr"),
    "session_id": ("session",),
    "begins": (
        *("start", "begin", "started", "start_time", "start_date", "from", "plugged_in"),
        *("start_date_time", "start_datetime", "debut", "date_debut", "beginn", "startzeit"),
    ),
    "ends": (
        *("end", "stop", "ended", "end_time", "stop_time", "end_date", "until", "plugged_out"),
        *("end_date_time", "stop_date_time", "end_datetime", "fin", "date_fin", "ende", "endzeit"),
    ),
    "energy_kwh": (
        *("energy", "kwh", "total_energy", "consumption_kwh", "energie", "energie_kwh"),
        *("delivered_kwh", "volume_kwh", "menge_kwh"),
    ),
    "energy_wh": ("wh", "energie_wh"),
    "evse_id": (
        *("evse", "evseid", "id_pdc_itinerance", "charge_point", "charge_point_id"),
        *("point_de_charge", "ladepunkt"),
    ),
    "evse_uid": (),
    "location_id": ("station_id", "id_station_itinerance", "site_id"),
    "station_name": ("station", "location", "site", "nom_station", "standort"),
    "operator": ("cpo_name", "nom_operateur", "betreiber", "network"),
    "party": ("cpo", "party_id", "operator_id"),
    "token": (
        "uid",
        "token_uid",
        "rfid",
        "card",
        "card_number",
        "tag",
        "badge",
        "karte",
        "kartennummer",
    ),
    "contract": ("contract_id", "emaid", "auth_id", "evco_id"),
    "provider": ("emsp", "msp", "provider_id"),
    "net": (
        *("cost_net", "net_cost", "excl_vat", "cost_excl_vat", "amount_net", "total_cost"),
        *("montant_ht", "netto", "betrag_netto"),
    ),
    "gross": (
        *(
            "cost_gross",
            "gross_cost",
            "incl_vat",
            "cost_incl_vat",
            "amount_gross",
            "cost",
            "amount",
        ),
        *("total", "price", "montant", "montant_ttc", "brutto", "betrag_brutto"),
    ),
    "vat": ("vat_amount", "tax", "tva", "mwst"),
    "vat_percent": ("vat_rate", "tax_percent", "taux_tva"),
    "currency": ("currency_code", "devise", "waehrung"),
    "credit": ("is_credit", "credit_note", "avoir"),
    "credit_of": ("credit_reference_id", "credit_reference"),
    "parking_s": ("idle_s", "parking_seconds"),
    "parking_min": ("idle_min", "idle_minutes", "parking_minutes"),
    "power_type": ("current",),
    "power_kw": ("max_power_kw", "puissance", "puissance_nominale", "leistung_kw"),
    "reference": ("authorization_reference", "authorisation_reference", "authorization_id"),
    "vehicle": ("vehicle_id", "car", "plate", "licence_plate", "license_plate", "vehicule"),
    "driver": ("driver_id", "conducteur", "fahrer"),
    "mission": ("mission_id", "trip", "trip_id"),
    "lon": ("longitude",),
    "lat": ("latitude",),
}
"""Column → other names under which it is written; the names of OCPI's fields are among them."""

_NAMES = {name: column for column, names in COLUMNS.items() for name in (column, *names)}
_IN_CURRENCY = re.compile(r"(.+?)_(eur|gbp|chf|usd|nok|sek|dkk|pln|czk)")
_YES = {"1", "true", "yes", "oui", "ja"}
_NO = {"", "0", "false", "no", "non", "nein"}
NEEDED = ("begins", "ends")
HUNDRED = Decimal(100)


@dataclass(frozen=True, slots=True)
class Header:
    """What the columns of a table mean; ``currency`` is named by a heading such as cost_eur."""

    columns: tuple[str | None, ...]
    currency: str
    ignored: tuple[str, ...]


def read_header(cells: list[Any], name: str) -> Header:
    """Understand the headings.

    Raises
    ------
    DataError
        If begin, end or energy have no column, or one has two.
    """
    columns: list[str | None] = []
    currency, ignored = "", []
    for cell in cells:
        given = str(cell or "").strip().strip("\ufeff")
        plain = re.sub(r"[^a-z0-9]+", "_", given.lower().translate(_ACCENTS)).strip("_")
        shape = _IN_CURRENCY.fullmatch(plain)
        if plain not in _NAMES and shape is not None and shape[1] in _NAMES:
            plain, currency = shape[1], shape[2].upper()
        columns.append(_NAMES.get(plain))
        if columns[-1] is None and given:
            ignored.append(given)
    missing = [column for column in NEEDED if column not in columns]
    if "energy_kwh" not in columns and "energy_wh" not in columns:
        missing.append("energy_kwh")
    if missing:
        remedy = "The first row names the columns: start, end, energy_kwh, evse_id, cost, …"
        raise DataError(f"has no column {', '.join(missing)}", place=name, remedy=remedy)
    known = [column for column in columns if column is not None]
    twice = sorted({column for column in known if known.count(column) > 1})
    if twice:
        raise DataError(f"has two columns for {', '.join(twice)}", place=name)
    return Header(tuple(columns), currency, tuple(ignored))


_ACCENTS = str.maketrans("àâäéèêëîïôöùûüç", "aaaeeeeiioouuuc")


@dataclass(frozen=True, slots=True)
class ChargeRow:
    """One record of a file: where it stands, and what it says or why it cannot be read."""

    place: str
    charge: Charge | None = None
    bearer: Bearer | None = None
    faults: tuple[Fault, ...] = ()


def read_table(
    rows: Iterator[Row], name: str, *, zone: str = ""
) -> tuple[tuple[str, ...], Iterator[ChargeRow]]:
    """Read a table of (line, cells), the first of which are headings.

    Parameters
    ----------
    zone : str
        IANA time zone of times that name no offset; empty: such times are refused.

    Returns
    -------
    (headings that were ignored, records)
    """
    _, first = next(rows, (0, Torn("")))
    if isinstance(first, Torn):
        raise DataError("is empty", place=name, remedy="The first row names the columns")
    header = read_header(first, name)
    return header.ignored, _rows(rows, header, name, zone)


def _rows(rows: Iterator[Row], header: Header, name: str, zone: str) -> Iterator[ChargeRow]:
    for line, cells in rows:
        place = f"{name}:{line}"
        if isinstance(cells, Torn):
            yield ChargeRow(place, faults=(Fault(place, cells.why),))
            continue
        if all(cell is None or str(cell).strip() == "" for cell in cells):
            continue
        if len(cells) > len(header.columns):
            said = f"has {len(cells)} cells, the header {len(header.columns)}"
            yield ChargeRow(place, faults=(Fault(place, said),))
            continue
        named = {c: v for c, v in zip(header.columns, cells, strict=False) if c is not None}
        row = _Row(named, place, zone)
        read = row.read(header.currency)
        if read is None:
            yield ChargeRow(place, faults=tuple(row.faults))
        else:
            yield ChargeRow(place, *read)


class _Row:
    """The cells of one row, and the faults found so far."""

    def __init__(self, cells: Mapping[str, Any], place: str, zone: str) -> None:
        self.cells = cells
        self.place = place
        self.zone = zone
        self.faults: list[Fault] = []

    def read(self, currency: str) -> tuple[Charge, Bearer] | None:
        """Make the record; None where there are faults."""
        begins, ends = self.moment("begins"), self.moment("ends")
        energy = self.amount("energy_kwh", MOST_KWH)
        if energy is None:
            wh = self.amount("energy_wh", MOST_KWH * 1000)
            energy = None if wh is None else wh / 1000
        if energy is None and not self.faults:
            self.fail("energy_kwh", "is missing")
        net, gross = self.prices()
        if len(self.text("id")) > LONGEST_ID:
            self.fail("id", "is too long for an id")
        currency = self.text("currency").upper() or currency
        if (net is not None or gross is not None) and not re.fullmatch("[A-Z]{3}", currency):
            self.fail("currency", "an amount needs a currency such as EUR")
        credit = self.flag("credit") or (energy is not None and energy < 0)
        parking = self.amount("parking_s", MOST_AMOUNT)
        if parking is None:
            minutes = self.amount("parking_min", MOST_AMOUNT)
            parking = None if minutes is None else minutes * 60
        power, lon, lat = (self.amount(c, MOST_AMOUNT) for c in ("power_kw", "lon", "lat"))
        if self.faults or begins is None or ends is None or energy is None:
            return None
        if ends < begins:
            self.fail("ends", "lies before the start")
            return None
        bearer = self.bearer()
        evse = self.text("evse_id")
        sign = -1 if credit else 1
        charge = Charge(
            id=self.text("id"),
            party=self.text("party").upper().replace("-", "*") or party_of_evse_id(evse) or "",
            is_session=False,
            session_id=self.text("session_id"),
            reference=self.text("reference"),
            is_credit=credit,
            credit_of=self.text("credit_of"),
            begins=begins,
            ends=ends,
            contract=contract_digest(bearer.contract),
            token_mask=bearer.mask,
            provider=bearer.provider,
            location_id=self.text("location_id"),
            evse_uid=self.text("evse_uid"),
            evse_id=evse,
            station_name=self.text("station_name"),
            operator=self.text("operator"),
            location=None if lon is None or lat is None else LonLat(float(lon), float(lat)),
            power_type=self.text("power_type").upper(),
            power_kw=None if power is None else float(power),
            energy_kwh=abs(energy) * sign,
            parking_s=None if parking is None else float(parking),
            currency=currency if net is not None or gross is not None else "",
            net=abs(net) * sign if credit and net is not None else net,
            gross=abs(gross) * sign if credit and gross is not None else gross,
            vehicle=self.text("vehicle"),
            driver=self.text("driver"),
            mission=self.text("mission"),
            last_updated=ends,
        )
        return (charge if charge.id else replace(charge, id=_made_up_id(charge))), bearer

    def prices(self) -> tuple[Decimal | None, Decimal | None]:
        """Read net and gross; one follows from the other where the VAT is told."""
        net, gross = self.amount("net", MOST_AMOUNT), self.amount("gross", MOST_AMOUNT)
        vat, percent = self.amount("vat", MOST_AMOUNT), self.amount("vat_percent", HUNDRED)
        if net is not None and gross is None:
            if vat is not None:
                gross = net + vat
            elif percent is not None:
                gross = net * (1 + percent / 100)
        elif gross is not None and net is None:
            if vat is not None:
                net = gross - vat
            elif percent is not None:
                net = gross / (1 + percent / 100)
        return net, gross

    def bearer(self) -> Bearer:
        contract = self.text("contract")
        provider = self.text("provider").upper().replace("-", "*")
        return Bearer(
            provider=provider or provider_of_contract_id(contract) or "",
            type="RFID",
            uid=self.text("token"),
            contract=contract,
        )

    def fail(self, column: str, why: str) -> None:
        self.faults.append(Fault(f"{self.place}:{column}", why))

    def text(self, column: str) -> str:
        cell = self.cells.get(column)
        if isinstance(cell, float) and cell.is_integer():
            return str(int(cell))
        return "" if cell is None else str(cell).strip()

    def flag(self, column: str) -> bool:
        text = self.text(column).lower()
        if text not in _YES | _NO:
            self.fail(column, f"{text[:20]!r} is neither yes nor no")
        return text in _YES

    def amount(self, column: str, most: Decimal) -> Decimal | None:
        """Read a number, with a point or a comma for the decimals."""
        text = self.text(column)
        if not text:
            return None
        plain = text.replace("\u00a0", "").replace("\u202f", "").replace(" ", "").strip("€£$%")
        if "," in plain and "." in plain:
            last = max(plain.rfind(","), plain.rfind("."))
            plain = re.sub("[.,]", "", plain[:last]) + "." + plain[last + 1 :]
        elif plain.count(",") == 1:
            plain = plain.replace(",", ".")
        try:
            number = Decimal(plain)
        except InvalidOperation:
            number = Decimal("NaN")
        if not number.is_finite() or abs(number) > most:
            self.fail(column, f"{text[:20]!r} is no number that can be meant")
            return None
        return number

    def moment(self, column: str) -> float | None:
        cell = self.cells.get(column)
        text = self.text(column)
        if not text:
            self.fail(column, "is missing")
            return None
        bare = read_clock(cell)
        try:
            if bare is None:
                read = cell if isinstance(cell, dt.datetime) else dt.datetime.fromisoformat(text)
            elif self.zone:
                read = dt.datetime.fromisoformat(on_clock(bare, zone_of(self.zone)))
            else:
                self.fail(column, "names no offset from UTC; add one, or say the zone of the file")
                return None
        except ValueError as error:
            why = f"{text[:30]!r} is no time such as 2026-11-23T08:00:00+01:00"
            self.fail(column, why if bare is None else str(error))
            return None
        if read.tzinfo is None:
            self.fail(column, "names no hour")
            return None
        return read.timestamp()


def _made_up_id(charge: Charge) -> str:
    """Name a record without an id by what it says, so that a file read twice is billed once."""
    said = (
        *(charge.begins, charge.ends, charge.evse_id, charge.location_id, charge.station_name),
        *(charge.energy_kwh, charge.net, charge.gross, charge.token_mask, charge.contract),
        *(charge.vehicle, charge.is_credit),
    )
    return "row-" + hashlib.sha256(repr(said).encode()).hexdigest()[:16]
