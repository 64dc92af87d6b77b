"""What a stop costs the driver: a retail price where one is known, else the operator's tariff."""

from decimal import ROUND_HALF_UP, Decimal

from planner.model.plan import Money
from planner.model.station import DEPOT_PARTY, Connector, Station
from planner.model.token import Token
from planner.ocpi.tariffs import Tariff, Usage, choose, cost
from planner.store.snapshot import RetailPrice, Snapshot

CENT = Decimal("0.01")

Period = tuple[float, float, float]
"""Duration in seconds, metered kWh, power in kW: one stretch of charging."""


def price_stop(
    snapshot: Snapshot,
    station: Station,
    connector: Connector,
    token: Token | None,
    *,
    start: float,
    charging: tuple[Period, ...],
    parking_s: float,
) -> Money | None:
    """Price one charging session; ``token`` None is the payment card; None where unknown."""
    if token is not None:
        listed = retail_price(snapshot, station, connector, token, start)
        if listed is not None:
            return _by_list(listed, charging, parking_s)
    tariff = tariff_of(snapshot, station, connector, ad_hoc=token is None, at=start)
    if tariff is None:
        return None
    usage = Usage(
        start=start, zone=station.time_zone or "UTC", charging=charging, parking_s=parking_s
    )
    priced = cost(tariff, usage)
    if not priced.known:
        return None
    return Money(
        amount=priced.gross.quantize(CENT, ROUND_HALF_UP),
        currency=priced.currency,
        vat_included=priced.vat_included,
        basis="cpo_tariff",
    )


def retail_price(
    snapshot: Snapshot, station: Station, connector: Connector, token: Token, at: float
) -> RetailPrice | None:
    """Find the provider's list price at this operator, for this power, on this day.

    A row that names the operator goes before one for all (``*``). At own depots no provider bills.
    """
    if station.party == DEPOT_PARTY:
        return None
    rows = [price for price in snapshot.prices if price.emsp == token.provider]
    named = [price for price in rows if price.cpo == station.party]
    for price in named + [price for price in rows if price.cpo == "*"]:
        if price.power_min_kw is not None and connector.power_kw < price.power_min_kw:
            continue
        if price.power_max_kw is not None and connector.power_kw > price.power_max_kw:
            continue
        if price.valid_from is not None and at < price.valid_from:
            continue
        if price.valid_to is not None and at >= price.valid_to:
            continue
        return price
    return None


def tariff_of(
    snapshot: Snapshot, station: Station, connector: Connector, *, ad_hoc: bool, at: float
) -> Tariff | None:
    """Choose the connector's tariff for a card payment or a token."""
    known = (snapshot.tariffs.get((station.party, name)) for name in connector.tariff_ids)
    return choose([tariff for tariff in known if tariff is not None], ad_hoc=ad_hoc, at=at)


def _by_list(price: RetailPrice, charging: tuple[Period, ...], parking_s: float) -> Money:
    energy = Decimal(repr(round(sum(kwh for _, kwh, _ in charging), 4)))
    minutes = Decimal(repr(round(sum(seconds for seconds, _, _ in charging) / 60.0, 3)))
    idle = Decimal(repr(round(parking_s / 60.0, 3)))
    amount = (
        Decimal(price.per_kwh or "0") * energy
        + Decimal(price.per_min or "0") * minutes
        + Decimal(price.per_session or "0")
        + Decimal(price.idle_per_min or "0") * idle
    )
    return Money(
        amount=amount.quantize(CENT, ROUND_HALF_UP),
        currency=price.currency,
        vat_included=True,
        basis="retail",
    )
