"""Which further card would help a fleet most: found by planning its own missions with it.

A candidate is a provider of the roaming agreements whose token a mission's wallet does not hold.
A mission that has no plan with its own wallet and has one with the card is unlocked. What a card
saves is told by price lists; where only operators' tariffs are known, which are the same whatever
the card, the advice says so.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from math import ceil

import numpy as np

from planner.access.chargers import accessible
from planner.errors import PlugsureError
from planner.fleet.cheapest import StopAdvice, alike, card_of, cheapest_cards
from planner.fleet.places import Places
from planner.model.mission import Mission
from planner.model.plan import Money, Plan
from planner.model.token import Token, Wallet
from planner.plan import attempt
from planner.store.snapshot import Snapshot
from planner.world import World

WEEK_S = 7 * 86_400.0
ZERO = Decimal(0)

Attempt = Callable[[World, Mission], Plan | None]
Tell = Callable[[int, int], None]
"""Called with how many plans were made and how many there may be at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CardAdvice:
    """What a provider's card would bring.

    Attributes
    ----------
    provider : str
        ``CC*PPP``.
    unlocks : tuple of str
        Missions that have a plan only with the card.
    cheaper : tuple of str
        Missions that cost less with it: planned anew, or at the very same stops.
    saves : dict of str to Decimal
        By currency, over the missions in ``cheaper``.
    sooner_s : float
        Seconds by which missions arrive sooner with it, added up.
    uses_tariffs : bool
        Whether any saving rests on operators' tariffs: what the provider asks is not known then.
    listed : bool
        Whether a price list of the provider is known.
    """

    provider: str
    unlocks: tuple[str, ...] = ()
    cheaper: tuple[str, ...] = ()
    saves: dict[str, Decimal]
    sooner_s: float = 0.0
    uses_tariffs: bool = False
    listed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """Cards, the most helpful first, and the cheapest card of each stop.

    ``failed`` are missions that could not be planned at all, with the reason; ``infeasible`` those
    without a plan by their own wallet.
    """

    missions: int
    infeasible: tuple[str, ...]
    failed: tuple[tuple[str, str], ...]
    cards: tuple[CardAdvice, ...]
    stops: tuple[StopAdvice, ...]


def _say_nothing(_done: int, _most: int) -> None:
    pass


def advise(
    world: World,
    missions: Sequence[Mission],
    *,
    now: float,
    providers: Iterable[str] = (),
    plan_one: Attempt = attempt,
    tell: Tell = _say_nothing,
) -> Advice:
    """Plan the missions with their own wallets and with each candidate's card.

    Parameters
    ----------
    now : float
        The clock, UTC epoch seconds. A mission of the past is planned for the same hour of the
        week to come.
    providers : iterable of str
        Candidates (``CC*PPP``); by default all of the agreements that are valid.
    plan_one : callable
        Gives a plan, None where there is none.
    """
    named = tuple(providers) or candidates(world.snapshot, now)
    work = _Work(world, named, now, plan_one, tell, len(missions) * (1 + len(named)))
    for mission in missions:
        work.take(again(mission, now))
    return work.advice(len(missions))


def candidates(snapshot: Snapshot, now: float) -> tuple[str, ...]:
    """Name the providers that have a valid roaming agreement."""
    return tuple(
        sorted(
            {
                row.emsp
                for row in snapshot.agreements
                if (row.valid_to is None or row.valid_to > now)
                and (row.valid_from is None or row.valid_from <= now)
            }
        )
    )


def again(mission: Mission, now: float) -> Mission:
    """Give a mission as it would be driven from now on: by weeks later where it is over."""
    weeks = max(0, ceil((now - mission.departure) / WEEK_S))
    later_s = weeks * WEEK_S

    def moved(moment: float | None) -> float | None:
        return None if moment is None else moment + later_s

    return replace(
        mission,
        departure=mission.departure + later_s,
        now=now,
        waypoints=tuple(
            replace(
                point,
                arrive_after=moved(point.arrive_after),
                arrive_before=moved(point.arrive_before),
            )
            for point in mission.waypoints
        ),
        alternatives=0,
        taken=(),
    )


def with_card(mission: Mission, card: Token) -> Mission:
    """Add a card to a mission's wallet, and its provider to what the employer allows."""
    wallet = replace(mission.wallet, tokens=(*mission.wallet.tokens, card))
    policy = mission.policy
    if policy is not None and policy.providers is not None:
        policy = replace(policy, providers=(*policy.providers, card.provider))
    return replace(mission, wallet=wallet, policy=policy)


@dataclass(slots=True)
class _Tally:
    """What is known of a candidate so far."""

    unlocks: list[str]
    cheaper: list[str]
    saves: dict[str, Decimal]
    sooner_s: float = 0.0
    uses_tariffs: bool = False


class _Work:
    """The planning, mission by mission."""

    def __init__(
        self,
        world: World,
        providers: tuple[str, ...],
        now: float,
        plan_one: Attempt,
        tell: Tell,
        most: int,
    ) -> None:
        self._world = world
        self._places = Places(world.snapshot)
        self._providers = providers
        self._now = now
        self._plan_one = plan_one
        self._tell = tell
        self._most = most
        self._done = 0
        self._listed = {price.emsp for price in world.snapshot.prices}
        self._tallies = {name: _Tally([], [], {}) for name in providers}
        self._opens: dict[tuple[str, str, str, int], bool] = {}
        self._infeasible: list[str] = []
        self._failed: list[tuple[str, str]] = []
        self._stops: list[StopAdvice] = []

    def take(self, mission: Mission) -> None:
        """Plan a mission with its own wallet, and with each card that can make a difference."""
        try:
            own = self._plan(mission)
        except PlugsureError as error:
            self._failed.append((mission.id, str(error)))
            self._count(len(self._providers))
            return
        if own is None:
            self._infeasible.append(mission.id)
        else:
            self._stops += cheapest_cards(self._places, own, self._providers, self._now)
        held = {token.provider for token in mission.wallet.tokens if token.valid}
        for provider in self._providers:
            card = card_of(provider)
            helps = provider not in held and (
                self._opens_more(mission, card) or (own is not None and provider in self._listed)
            )
            if not helps:
                self._count(1)
                continue
            try:
                self._compare(mission, own, self._plan(with_card(mission, card)), provider)
            except PlugsureError as error:
                self._failed.append((mission.id, f"with a card of {provider}: {error}"))

    def advice(self, missions: int) -> Advice:
        """Put together what was found, the most helpful card first."""
        cards = [
            CardAdvice(
                provider=name,
                unlocks=tuple(tally.unlocks),
                cheaper=tuple(tally.cheaper),
                saves=dict(sorted(tally.saves.items())),
                sooner_s=tally.sooner_s,
                uses_tariffs=tally.uses_tariffs,
                listed=name in self._listed,
            )
            for name, tally in self._tallies.items()
        ]
        cards.sort(
            key=lambda c: (-len(c.unlocks), -max(c.saves.values(), default=ZERO), c.provider)
        )
        return Advice(
            missions=missions,
            infeasible=tuple(self._infeasible),
            failed=tuple(self._failed),
            cards=tuple(cards),
            stops=tuple(self._stops),
        )

    def _plan(self, mission: Mission) -> Plan | None:
        self._count(1)
        return self._plan_one(self._world, mission)

    def _count(self, more: int) -> None:
        self._done += more
        self._tell(self._done, self._most)

    def _opens_more(self, mission: Mission, card: Token) -> bool:
        """Say whether the card opens a single EVSE that the wallet does not."""
        least = mission.guarantee.min_grade
        key = (mission.wallet.digest, mission.vehicle.id, card.provider, int(least))
        if key not in self._opens:
            snapshot, car = self._world.snapshot, mission.vehicle
            own, alone = (
                accessible(
                    snapshot, wallet, car, min_grade=least, now=self._now, at=mission.departure
                )
                for wallet in (mission.wallet, Wallet(tokens=(card,)))
            )
            self._opens[key] = bool(np.any((alone.reason == 0) & (own.reason != 0)))
        return self._opens[key]

    def _compare(
        self, mission: Mission, own: Plan | None, other: Plan | None, provider: str
    ) -> None:
        if other is None:
            return
        tally = self._tallies[provider]
        if own is None:
            tally.unlocks.append(mission.id)
            return
        tally.sooner_s += max(0.0, own.summary.arrival - other.summary.arrival)
        saved = _larger(saving(own, other), self._swapped(own, provider))
        if saved is None:
            return
        tally.cheaper.append(mission.id)
        tally.saves[saved.currency] = tally.saves.get(saved.currency, ZERO) + saved.amount
        tally.uses_tariffs |= saved.basis == "cpo_tariff"

    def _swapped(self, own: Plan, provider: str) -> Money | None:
        """Say what the card saves at the very stops of the trip, where it is cheaper there."""
        if provider not in self._listed:
            return None
        saved: Money | None = None
        for stop in cheapest_cards(self._places, own, [provider], self._now):
            if stop.best_provider != provider or stop.cost is None:
                continue
            less = stop.cost.amount - stop.best.amount
            if less > 0 and (saved is None or saved.currency == stop.cost.currency):
                sofar = ZERO if saved is None else saved.amount
                saved = replace(stop.best, amount=sofar + less)
        return saved


def _larger(a: Money | None, b: Money | None) -> Money | None:
    """Give the larger saving; of different currencies, the first."""
    if a is None or b is None:
        return a or b
    return b if a.currency == b.currency and b.amount > a.amount else a


def saving(own: Plan, other: Plan) -> Money | None:
    """Say by how much another plan is cheaper; None where it is not, or cannot be known.

    Both must be wholly priced, in one currency, and both with VAT or both without.
    """
    before, after = own.summary.costs, other.summary.costs
    if own.summary.unpriced_stops or other.summary.unpriced_stops or len(before) != 1:
        return None
    (paid,) = before
    if not after and not other.charging_stops:
        saved, bases = paid.amount, {paid.basis}
    elif len(after) == 1 and alike(paid, after[0]):
        saved, bases = paid.amount - after[0].amount, {paid.basis, after[0].basis}
        bases |= {stop.cost.basis for stop in other.charging_stops if stop.cost is not None}
    else:
        return None
    if saved <= 0:
        return None
    basis = "cpo_tariff" if "cpo_tariff" in bases else "retail"
    return replace(paid, amount=saved, basis=basis)
