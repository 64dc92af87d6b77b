"""The ceiling that an employer sets on the price of a kWh.

A price is that of a session of `REFERENCE_KWH` at the most power that the car draws there, with all
that it costs (energy, time, start), divided by its energy, as the driver's price list or else the
operator's tariff makes it. A price that is not known, or in another currency, is above every
ceiling. A fleet's own depot has no price.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from planner.access.hours import zone_of
from planner.access.ledger import Refusal, refusal
from planner.access.status import stamp
from planner.model.fleet import Policy
from planner.model.station import DEPOT_PARTY, Connector, Station
from planner.model.token import Wallet
from planner.ocpi.tariffs import Tariff, Usage, choose, cost
from planner.store.snapshot import RetailPrice, Snapshot

REFERENCE_KWH = 20.0
"""Energy of the session by which prices are compared: half an hour's drive back on the road."""

HOUR_S = 3600.0


@dataclass(frozen=True, slots=True)
class Sale:
    """What is sold to whom: a connector of a station, a token (-1: the card), the car's power."""

    station: Station
    connector: Connector
    token: int
    power_kw: float

    @property
    def lasts_s(self) -> float:
        """Seconds that the reference session lasts."""
        return REFERENCE_KWH / max(self.power_kw, 0.1) * HOUR_S

    @property
    def terms(self) -> tuple[object, ...]:
        """All that the price rests on but the hour."""
        station = self.station
        name = (station.party, station.time_zone, self.connector.tariff_ids)
        return (*name, self.connector.power_kw, self.token, round(self.power_kw, 3))


@dataclass(eq=False)
class Ceiling:
    """Asks of each sale whether its price may rise above what a policy allows."""

    snapshot: Snapshot
    wallet: Wallet
    policy: Policy
    _steady: dict[tuple[object, ...], Decimal | str] = field(default_factory=dict)
    _prices: dict[tuple[object, ...], Decimal | str] = field(default_factory=dict)

    def refusal(self, sale: Sale, arrival: float, departure: float) -> Refusal | None:
        """Return why one may not charge there, whenever during a stay it begins; None if one may.

        Between two changes of the price list the price of a session is linear in its start, so it
        is asked for at these only.
        """
        most = self.policy.max_per_kwh
        if most is None or sale.station.party == DEPOT_PARTY:
            return None
        turns = (t for t in self.turns(sale, arrival, departure) if arrival < t < departure)
        for start in (arrival, *turns, departure):
            price = self._price(sale, start)
            if isinstance(price, str):
                return refusal("policy_price", price)
            if price > most:
                told = f"{price:.2f} {self.policy.currency} a kWh at {stamp(start)}"
                return refusal("policy_price", f"{told}, {most} at most")
        return None

    def turns(self, sale: Sale, begin: float, end: float) -> tuple[float, ...]:
        """List the starts around two moments at which the price of a session may turn."""
        if self.policy.max_per_kwh is None or sale.station.party == DEPOT_PARTY:
            return ()
        rows = self._rows(sale)
        edges = {edge for row in rows for edge in (row.valid_from, row.valid_to)}
        moments = {edge for edge in edges if edge is not None}
        for tariff in self._tariffs(sale):
            moments |= {t for t in (tariff.valid_from, tariff.valid_to) if t is not None}
            moments.update(_clock_turns(tariff, sale.station.time_zone, begin, end + sale.lasts_s))
        return tuple(sorted({*moments, *(moment - sale.lasts_s for moment in moments)}))

    def _price(self, sale: Sale, start: float) -> Decimal | str:
        terms = sale.terms
        if terms not in self._steady and not self.turns(sale, start, start):
            self._steady[terms] = self._reckon(sale, start)
        if terms in self._steady:
            return self._steady[terms]
        key = (*terms, start)
        if key not in self._prices:
            self._prices[key] = self._reckon(sale, start)
        return self._prices[key]

    def _reckon(self, sale: Sale, start: float) -> Decimal | str:
        """Return the price of a kWh, or why there is none."""
        row = next((row for row in self._rows(sale) if _is_in_force(row, start)), None)
        if row is not None:
            minutes = Decimal(repr(sale.lasts_s)) / 60
            paid = Decimal(row.per_session or "0") + Decimal(row.per_min or "0") * minutes
            each = Decimal(row.per_kwh or "0") + paid / Decimal(REFERENCE_KWH)
            return self._in_our_money(each, row.currency)
        tariff = choose(self._tariffs(sale), ad_hoc=sale.token < 0, at=start)
        if tariff is None:
            return "its price is not known"
        session = ((sale.lasts_s, REFERENCE_KWH, sale.power_kw),)
        priced = cost(
            tariff, Usage(start=start, zone=sale.station.time_zone or "UTC", charging=session)
        )
        if not priced.known:
            return "its price is not known"
        return self._in_our_money(priced.gross / Decimal(REFERENCE_KWH), priced.currency)

    def _in_our_money(self, amount: Decimal, currency: str) -> Decimal | str:
        if currency != self.policy.currency:
            return f"priced in {currency}, the ceiling is in {self.policy.currency}"
        return amount

    def _rows(self, sale: Sale) -> list[RetailPrice]:
        """List the provider's rows for this operator and power, one that names it first."""
        if sale.token < 0:
            return []
        provider, party = self.wallet.tokens[sale.token].provider, sale.station.party
        fitting = [
            row
            for row in self.snapshot.prices
            if row.emsp == provider
            and row.cpo in (party, "*")
            and (row.power_min_kw is None or row.power_min_kw <= sale.connector.power_kw)
            and (row.power_max_kw is None or sale.connector.power_kw <= row.power_max_kw)
        ]
        return sorted(fitting, key=lambda row: row.cpo == "*")

    def _tariffs(self, sale: Sale) -> list[Tariff]:
        party = sale.station.party
        named = (self.snapshot.tariffs.get((party, name)) for name in sale.connector.tariff_ids)
        return [tariff for tariff in named if tariff is not None]


def _is_in_force(row: RetailPrice, at: float) -> bool:
    return (row.valid_from is None or row.valid_from <= at) and (
        row.valid_to is None or at < row.valid_to
    )


def _clock_turns(tariff: Tariff, zone_name: str, begin: float, end: float) -> Iterator[float]:
    """Give the moments between two days at which an element of a tariff begins or ends to hold."""
    rules = [element.restrictions for element in tariff.elements]
    seconds = {s for rule in rules for s in (rule.begin_s, rule.end_s) if s is not None}
    dated = (rule.weekdays or rule.start_day or rule.end_day for rule in rules)
    if any(dated):
        seconds.add(0)
    if not seconds:
        return
    zone = zone_of(zone_name or "UTC") or UTC
    day = datetime.fromtimestamp(begin, zone).replace(hour=0, minute=0, second=0, microsecond=0)
    last = datetime.fromtimestamp(end, zone)
    while day <= last:
        for second in sorted(seconds):
            days, rest = divmod(second, 86_400)
            wall = day + timedelta(days=days, seconds=rest)  # on the clock of the wall
            yield wall.timestamp()
            yield wall.replace(fold=1).timestamp()
        day += timedelta(days=1)
