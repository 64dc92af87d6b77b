"""The cheapest card at each stop of a plan, among those that a wallet has and candidates."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from planner.access.chargers import accessible
from planner.energy.charging import metered_kwh
from planner.fleet.places import Places, Spot
from planner.model.grade import Grade
from planner.model.mission import Mission
from planner.model.plan import ChargingStop, Money, Plan
from planner.model.station import Connector
from planner.model.token import Token, TokenType, Wallet
from planner.search.pricing import price_stop
from planner.store.snapshot import Snapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class StopAdvice:
    """The cheapest card at a planned stop; ``held`` says whether the wallet has it."""

    mission: str
    station_id: str
    station_name: str
    evse_uid: str
    provider: str
    cost: Money | None
    best_provider: str
    best: Money
    held: bool


_Priced = tuple[Decimal, bool, bool, str, Token, Money]
"""Amount, whether it is another card than the plan's, whether it is a new one, its provider."""


def card_of(provider: str) -> Token:
    """Make up a card of a provider: only what access rules read of any card."""
    return Token(
        uid=f"made up for advice on {provider}",
        type=TokenType.RFID,
        contract_id="",
        provider=provider,
        label=f"a card of {provider}",
    )


def alike(a: Money, b: Money) -> bool:
    """Say whether two amounts can be compared: one currency, both with VAT or both without."""
    return (a.currency, a.vat_included) == (b.currency, b.vat_included)


def cheapest_cards(
    places: Places, made: Plan, providers: Iterable[str], now: float
) -> Iterator[StopAdvice]:
    """Find the cheapest card at each stop of a plan, among those it has and the candidates."""
    mission = made.mission
    own = mission.wallet.tokens
    held = {token.provider for token in own}
    others = tuple(card_of(name) for name in providers if name not in held)
    for stop in made.charging_stops:
        found = _spot(places, stop)
        if found is None:
            continue
        spot, connector = found
        used = own[stop.token].provider if stop.token >= 0 else ""
        priced: list[_Priced] = []
        for number, card in enumerate((*own, *others)):
            money = _price(places.snapshot, spot, connector, stop, card, mission)
            if money is not None and (stop.cost is None or alike(money, stop.cost)):
                # Of equal prices the card that is used goes first, then those that are held.
                rank = (money.amount, card.provider != used, number >= len(own), card.provider)
                priced.append((*rank, card, money))
        opening = (
            row
            for row in sorted(priced, key=lambda row: row[:4])
            if _opens(places.snapshot, spot, stop, row[4], mission, now)
        )
        best = next(opening, None)
        if best is None:
            continue
        _, _, is_new, provider, _, money = best
        yield StopAdvice(
            mission=mission.id,
            station_id=stop.station_id,
            station_name=stop.station_name,
            evse_uid=stop.evse_uid,
            provider=used,
            cost=stop.cost,
            best_provider=provider,
            best=money,
            held=not is_new,
        )


def _spot(places: Places, stop: ChargingStop) -> tuple[Spot, Connector] | None:
    snapshot = places.snapshot
    for number, station in enumerate(snapshot.stations):
        if station.id != stop.station_id:
            continue
        for spot in places.evses_near(iter([number])):
            if spot.evse is not None and spot.evse.uid == stop.evse_uid:
                chosen = [c for c in spot.evse.connectors if c.id == stop.connector_id]
                return (spot, chosen[0]) if chosen else None
    return None


def _price(
    snapshot: Snapshot,
    spot: Spot,
    connector: Connector,
    stop: ChargingStop,
    card: Token,
    mission: Mission,
) -> Money | None:
    kwh = metered_kwh(mission.vehicle, is_dc=connector.is_dc, battery_kwh=stop.energy_kwh)
    power_kw = kwh * 3600 / stop.charging_s if stop.charging_s > 0 else 0.0
    return price_stop(
        snapshot,
        spot.station,
        connector,
        card,
        start=stop.arrival,
        charging=((stop.charging_s, kwh, power_kw),),
        parking_s=0.0,
    )


def _opens(
    snapshot: Snapshot, spot: Spot, stop: ChargingStop, card: Token, mission: Mission, now: float
) -> bool:
    """Say whether a card alone opens the EVSE at that hour, as surely as the mission asks."""
    least = max(mission.guarantee.min_grade, Grade.CONTRACTED)
    opened = accessible(
        snapshot,
        Wallet(tokens=(card,)),
        mission.vehicle,
        min_grade=least,
        now=now,
        at=mission.departure,
    )
    return opened.verdict_at(spot.number, stop.arrival, stop.departure).grade >= least
