"""What a stop costs, reckoned again from the price lists."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from planner.energy.charging import charging_curve, metered_kwh
from planner.model.plan import ChargingStop, Claim, Money
from planner.model.station import DEPOT_PARTY, Connector
from planner.ocpi.tariffs import Usage, choose, cost
from planner.store.snapshot import RetailPrice
from planner.verify.scene import Post, Scene

PIECES = 10
"""Pieces of equal energy into which charging is cut: tariffs speak of power, which falls."""

MONEY = Decimal("0.02")
"""Tolerance of an amount."""


@dataclass(frozen=True, slots=True)
class Session:
    """Charging as a meter sees it: its start (UTC epoch seconds) and its pieces."""

    start: float
    pieces: tuple[tuple[float, float, float], ...]

    @property
    def charging_s(self) -> float:
        """Seconds of charging."""
        return sum(duration_s for duration_s, _, _ in self.pieces)

    @property
    def metered_kwh(self) -> float:
        """Energy that is paid for."""
        return sum(energy_kwh for _, energy_kwh, _ in self.pieces)


def check_cost(scene: Scene, stop: ChargingStop, post: Post, where: str) -> Iterator[Claim]:
    """Compare the cost of a stop with what the price lists make it."""
    if post.connector is None or not 0.0 <= stop.soc_arrival <= stop.soc_departure:
        return
    place = f"{where}/cost"
    expected = list(possible_costs(scene, stop, post, post.connector))
    if stop.cost is None:
        if expected:
            told = " or ".join(_tell(money) for money in expected)
            yield Claim("tariff", place, f"the price is known: {told}")
        return
    if not expected:
        yield Claim("tariff", place, "nothing says what this stop costs")
    elif not any(_same(stop.cost, money) for money in expected):
        told = " or ".join(_tell(money) for money in expected)
        yield Claim("tariff", place, f"the stop costs {told}, not {_tell(stop.cost)}")


def possible_costs(
    scene: Scene, stop: ChargingStop, post: Post, connector: Connector
) -> Iterator[Money]:
    """Give the driver's own price if a list has it, else the operator's tariff, else nothing.

    Several rows of a price list that fit equally well each give a cost.
    """
    session = session_of(scene, stop, connector)
    rows = list(retail_rows(scene, stop, post, connector, session.start))
    if rows:
        yield from (retail_cost(row, session) for row in rows)
        return
    party = post.station.party
    named = (scene.snapshot.tariffs.get((party, name)) for name in connector.tariff_ids)
    chosen = choose(
        (tariff for tariff in named if tariff is not None),
        ad_hoc=stop.token < 0,
        at=session.start,
    )
    if chosen is None:
        return
    usage = Usage(start=session.start, zone=post.station.time_zone, charging=session.pieces)
    priced = cost(chosen, usage)
    if priced.known:
        yield Money(
            amount=priced.gross,
            currency=priced.currency,
            vat_included=priced.vat_included,
            basis="cpo_tariff",
        )


def session_of(scene: Scene, stop: ChargingStop, connector: Connector) -> Session:
    """Cut the charging of a stop into pieces of equal energy along the curve."""
    car = scene.mission.vehicle
    curve = charging_curve(
        car,
        power_type=connector.power_type,
        power_kw=connector.power_kw,
        voltage_v=connector.voltage_v,
        standard=connector.standard,
    )
    first_kwh = stop.soc_arrival * car.usable_kwh
    step_kwh = (stop.soc_departure * car.usable_kwh - first_kwh) / PIECES
    pieces = []
    for number in range(PIECES):
        at_kwh = first_kwh + number * step_kwh
        time_s = curve.time_between(at_kwh, at_kwh + step_kwh)
        energy_kwh = metered_kwh(car, is_dc=connector.is_dc, battery_kwh=step_kwh)
        if time_s > 0.0:
            pieces.append((time_s, energy_kwh, energy_kwh / time_s * 3600.0))
    return Session(stop.arrival + stop.waiting_s + stop.overhead_s, tuple(pieces))


def retail_rows(
    scene: Scene, stop: ChargingStop, post: Post, connector: Connector, start: float
) -> Iterable[RetailPrice]:
    """List the provider's price rows for this operator, power and day; named before wildcard.

    At the fleet's own depots no provider sells anything.
    """
    tokens = scene.mission.wallet.tokens
    if not 0 <= stop.token < len(tokens) or post.station.party == DEPOT_PARTY:
        return ()
    provider, party = tokens[stop.token].provider, post.station.party
    fitting = [
        row
        for row in scene.snapshot.prices
        if row.emsp == provider
        and row.cpo in (party, "*")
        and _is_for_power(row, connector.power_kw)
        and _is_in_force(row, start)
    ]
    named = [row for row in fitting if row.cpo == party]
    return named or fitting


def retail_cost(row: RetailPrice, session: Session) -> Money:
    """Price a session by one row, VAT included."""
    amount = (
        Decimal(row.per_kwh) * Decimal(session.metered_kwh)
        + Decimal(row.per_min) * Decimal(session.charging_s) / 60
        + Decimal(row.per_session)
    )
    return Money(amount=amount, currency=row.currency, vat_included=True, basis="retail")


def _is_for_power(row: RetailPrice, power_kw: float) -> bool:
    """Say whether a row is for a post of that power; both bounds are in it."""
    return (row.power_min_kw is None or row.power_min_kw <= power_kw) and (
        row.power_max_kw is None or power_kw <= row.power_max_kw
    )


def _is_in_force(row: RetailPrice, at: float) -> bool:
    """Say whether a row is in force; the moment at which it ends is out of it."""
    return (row.valid_from is None or row.valid_from <= at) and (
        row.valid_to is None or at < row.valid_to
    )


def _same(claimed: Money, derived: Money) -> bool:
    return (
        claimed.currency == derived.currency
        and claimed.basis == derived.basis
        and claimed.vat_included == derived.vat_included
        and abs(claimed.amount - derived.amount) <= MONEY
    )


def _tell(money: Money) -> str:
    vat = "with VAT" if money.vat_included else "VAT not told"
    return f"{money.amount:.2f} {money.currency} ({money.basis}, {vat})"
