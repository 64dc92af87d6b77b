"""What is odd about a charge, with the figure that makes it odd, and what it cost.

A rule speaks only where the record tells enough: without a known car there is no word on its
battery, without a tariff none on its price. What another record has taken back is left alone.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, get_args

from planner.energy.charging import AC_EFFICIENCY
from planner.fleet.bill import rounded
from planner.fleet.history import Entry, History
from planner.fleet.repricing import Repriced, dearest, reprice, usages_of
from planner.fleet.sockets import Socket, socket_of
from planner.ocpi.charge import Charge
from planner.ocpi.tariffs import Usage

Kind = Literal[
    "idle_after_full",
    "longer_than_curve",
    "price_above_tariff",
    "price_above_others",
    "energy_above_battery",
    "energy_above_post",
    "overlapping",
    "away_from_mission",
    "expired_card",
    "foreign_card",
]
KINDS: tuple[Kind, ...] = get_args(Kind)

IDLE_S = 20 * 60.0
"""Idling for longer than this after charging is odd: as long as a walk back to the car takes."""

TRICKLE_KW = 0.5
"""Less than this at the end of a session is balancing and air conditioning, not charging."""

SLOWER = 1.7
SLOWER_S = 10 * 60.0
"""Charging is odd if it takes so many times, and so many seconds longer than, the slowest that the
curve explains. Cold batteries, and posts that share their power, stay below."""

UNTIMED_S = 20 * 60.0
"""In place of `SLOWER_S` where a record does not part charging from standing there."""

PRICE_SHARE = Decimal("0.01")
PRICE_LEAST = Decimal("0.05")
"""What a bill may exceed the tariff by, in share and amount: operators round each component."""

MORE_THAN_BATTERY = 1.08
"""What may be metered beyond a full battery: heating and cooling go on while it charges."""

MORE_THAN_POST = 1.1
METER_KWH = 0.5
"""What may be metered beyond the power of a post times the time, in share and amount: ratings are
of the connector, times are of the session."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Anomaly:
    """Something odd.

    Attributes
    ----------
    figure, expected : float or None
        What is odd, and what would not be, in ``unit``.
    says : str
        One sentence for people.
    cost : Decimal or None
        What it cost in ``currency``, without VAT where the bill tells none; None: not known.
    """

    kind: Kind
    entry: Entry
    figure: float
    expected: float | None
    unit: str
    says: str
    cost: Decimal | None
    currency: str


@dataclass(frozen=True, slots=True)
class Case:
    """A charge before the judge: its socket, and what it should have cost."""

    entry: Entry
    socket: Socket | None
    repriced: Repriced

    @property
    def charge(self) -> Charge:
        """The record."""
        return self.entry.charge

    @property
    def billed(self) -> Decimal | None:
        """What was billed, with VAT where it was told."""
        charge = self.charge
        return charge.net if charge.gross is None else charge.gross

    def odd(
        self,
        kind: Kind,
        figure: float,
        expected: float | None,
        unit: str,
        says: str,
        cost: Decimal | None,
    ) -> Anomaly:
        """Make an anomaly of this charge."""
        currency = self.charge.currency
        return Anomaly(
            kind=kind,
            entry=self.entry,
            figure=round(figure, 3),
            expected=None if expected is None else round(expected, 3),
            unit=unit,
            says=says,
            cost=rounded(cost, currency),
            currency=currency,
        )

    def saved_by(self, usage: Usage) -> Decimal | None:
        """Say how much less the bill would be had the session gone so; None where unknown."""
        tariff, before = self.repriced.tariff, self.repriced.cost
        if tariff is None or before is None:
            return None
        after = dearest(tariff, [usage]).cost
        if after is None:
            return None
        with_vat = self.charge.gross is not None and before.vat_included
        saved = before.gross - after.gross if with_vat else before.net - after.net
        return max(saved, Decimal(0))


Rule = Callable[[Case], Iterator[Anomaly]]


def case_of(entry: Entry, history: History) -> Case:
    """Gather what the rules ask for."""
    charge = entry.charge
    priced = charge.net is not None or charge.gross is not None
    repriced = reprice(entry, history.places) if priced else Repriced(None, why="there is no price")
    return Case(entry, socket_of(entry, history.places), repriced)


def idle_s(charge: Charge) -> float | None:
    """Give the seconds that a car stood at the post after charging; None where not told."""
    if not charge.spells:
        return charge.parking_s
    idle = 0.0
    for spell in reversed(charge.spells):
        if spell.is_charging and (spell.power_kw >= TRICKLE_KW or not spell.energy_kwh):
            break
        idle += spell.duration_s
    return idle


def idle_after_full(case: Case) -> Iterator[Anomaly]:
    """Tell that the car stood at the post after it had charged."""
    idle = idle_s(case.charge)
    if idle is None or idle <= IDLE_S:
        return
    usage = case.repriced.usage
    cost = None if usage is None else case.saved_by(without_parking(usage))
    says = f"stood at the post for {idle / 60:.0f} min after charging had ended"
    yield case.odd("idle_after_full", idle / 60, IDLE_S / 60, "min", says, cost)


def without_parking(usage: Usage) -> Usage:
    """Give the same session, driven away at once."""
    return Usage(start=usage.start, zone=usage.zone, charging=usage.charging)


def longer_than_curve(case: Case) -> Iterator[Anomaly]:
    """Tell that charging took longer than it takes this car at this post when it is fullest."""
    charge, socket = case.charge, case.socket
    slowest_s = None if socket is None else socket.slowest_s(float(charge.energy_kwh))
    if slowest_s is None:
        return
    idle = idle_s(charge)
    spent_s = charge.duration_s - (idle or 0.0)
    grace_s = SLOWER_S if idle is not None else UNTIMED_S
    if spent_s <= slowest_s * SLOWER + grace_s:
        return
    what = "charged" if idle is not None else "was plugged in"
    says = f"{what} for {spent_s / 60:.0f} min; the car needs {slowest_s / 60:.0f} min at most"
    share = slowest_s / spent_s
    usages, _ = usages_of(charge, case.entry.zone, None)
    kwh = float(charge.energy_kwh)
    at_most = Usage(
        start=charge.begins,
        zone=case.entry.zone,
        charging=((spent_s * share, kwh, kwh * 3600 / slowest_s if slowest_s else 0.0),),
        parking_s=usages[0].parking_s,
    )
    cost = case.saved_by(at_most)
    yield case.odd("longer_than_curve", spent_s / 60, slowest_s / 60, "min", says, cost)


def price_above_tariff(case: Case) -> Iterator[Anomaly]:
    """Tell that the bill is higher than the tariff makes it."""
    priced, charge = case.repriced.cost, case.charge
    if priced is None or priced.currency != charge.currency:
        return
    if charge.net is not None:
        billed, due = charge.net, priced.net
    elif charge.gross is not None and priced.vat_included:
        billed, due = charge.gross, priced.gross
    else:
        return
    over = billed - due
    if over <= max(PRICE_LEAST, due * PRICE_SHARE):
        return
    says = f"billed {billed:.2f} {charge.currency} where the tariff makes {due:.2f}"
    yield case.odd("price_above_tariff", float(billed), float(due), charge.currency, says, over)


def energy_above_battery(case: Case) -> Iterator[Anomaly]:
    """Tell that more was metered than the car's battery holds."""
    charge, car, socket = case.charge, case.entry.car, case.socket
    if car is None:
        return
    efficiency = AC_EFFICIENCY if socket is None else socket.efficiency
    most_kwh = car.usable_kwh / efficiency
    kwh = float(charge.energy_kwh)
    if kwh <= most_kwh * MORE_THAN_BATTERY:
        return
    says = f"metered {kwh:.1f} kWh; the battery takes {most_kwh:.1f} kWh when it is empty"
    cost = _share(case.billed, (kwh - most_kwh) / kwh)
    yield case.odd("energy_above_battery", kwh, most_kwh, "kWh", says, cost)


def energy_above_post(case: Case) -> Iterator[Anomaly]:
    """Tell that more was metered than the post can give in that time."""
    power_kw = case.charge.power_kw if case.socket is None else case.socket.power_kw
    if not power_kw:
        return
    kwh = float(case.charge.energy_kwh)
    most_kwh = power_kw * case.charge.duration_s / 3600
    if kwh <= most_kwh * MORE_THAN_POST + METER_KWH:
        return
    says = f"metered {kwh:.1f} kWh; {power_kw:.0f} kW give {most_kwh:.1f} kWh in that time"
    cost = _share(case.billed, (kwh - most_kwh) / kwh)
    yield case.odd("energy_above_post", kwh, most_kwh, "kWh", says, cost)


def _share(amount: Decimal | None, share: float) -> Decimal | None:
    return None if amount is None else amount * Decimal(repr(round(share, 9)))


OF_ONE: tuple[Rule, ...] = (
    idle_after_full,
    longer_than_curve,
    price_above_tariff,
    energy_above_battery,
    energy_above_post,
)
"""The rules that look at one charge by itself."""

OF_METERED: tuple[Rule, ...] = (energy_above_battery, energy_above_post)
"""Those for own depots: there a car may stand overnight, and the fleet itself sets the price."""
