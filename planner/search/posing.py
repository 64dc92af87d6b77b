"""A trip's problem as the exact core takes it, and the core's answers as the trip has them.

One table of legs, one set of bounds and the offers of the candidates serve all searches of a trip:
the first one and those of its proofs, which differ in where and when they begin, in the sites that
have failed, and in how much longer each place must be open.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from planner.energy.charging import ChargingCurve
from planner.legs.rests import Rests
from planner.search import core
from planner.search.asked_legs import AskedLegs
from planner.search.core.bounds import least_price
from planner.search.problem import (
    ALWAYS,
    STOP_OVERHEAD_S,
    Arrival,
    Call,
    Problem,
)

F64 = NDArray[np.float64]

Shut = frozenset[int]
Floor = Callable[[int, int], float]
"""(stage, place) → the least charge with which one may arrive there; infinite: never."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What one search asks for.

    ``shut`` holds stations whose sites are not to be used, ``slack_s`` how much later than planned
    each arrival may come, ``windows`` whether latest arrivals are kept. With ``spare`` the way is
    that of a fallback, of whose EVSEs more is asked; it is the quickest, whatever it costs. With
    ``any_hour`` what opens at some hour counts as open at every hour.
    """

    root: Arrival
    shut: Shut = frozenset()
    slack_s: float = 0.0
    windows: bool = True
    spare: bool = False
    any_hour: bool = False


@dataclass(eq=False)
class Ground:
    """States searches of one trip to the core; legs, bounds and offers are made once."""

    problem: Problem
    _curves: dict[int, tuple[ChargingCurve, core.Curve]] = field(default_factory=dict)
    _evses: dict[tuple[int, bool], tuple[core.Offer, ...]] = field(default_factory=dict)
    _numbers: dict[tuple[int, bool], tuple[int, ...]] = field(default_factory=dict)
    _tables: dict[tuple[bool, int], "_Table"] = field(default_factory=dict)
    _books: dict[tuple[bool, bool], "_Book"] = field(default_factory=dict)

    @cached_property
    def legs_asked(self) -> AskedLegs:
        """Legs from each place, brought when a search first leaves it."""
        return AskedLegs(self.problem, self._rests)

    @property
    def legs(self) -> core.LegTable:
        """Legs between the places of the trip."""
        return self.legs_asked.table

    @cached_property
    def candidates(self) -> NDArray[np.intp]:
        """Places of the stations that may be a stop."""
        return np.flatnonzero(self.problem.candidate)

    def pose(self, terms: Terms) -> "Posed":
        """State one search."""
        problem, root = self.problem, terms.root
        offers: core.OfferTable | core.AskedOffers
        evse: Sequence[int]
        if terms.spare or problem.money_weight == 0.0:
            book = self._book(terms)
            offers, evse, ahead = book.offers, book.evse, self._soonest
        else:
            table = self._table(terms)
            offers, evse = table.offers, table.evse
            ahead = self._ahead(table.least_price, table.least_per_kwh)
        stated = core.Problem(
            legs=self.legs,
            offers=offers,
            waypoints=self._waypoints(terms),
            start=core.Start(root.charge, root.stage, root.place),
            end_kwh=problem.end_kwh,
            floor_kwh=self._floors(terms),
            time_weight=problem.seconds_weight,
            ahead=ahead,
            lingers=False,
            begins_s=root.time,
            slack_s=terms.slack_s,
        )
        return Posed(self, terms, stated, evse)

    @cached_property
    def _soonest(self) -> core.Ahead:
        """Bounds of the rest where nothing costs money."""
        ahead = self._ahead(np.inf, 0.0)
        if self._rests is not None:
            least = ahead.least[1, :-1, self._rests.place]
            rest = self.problem.seconds_weight * self._rests.least_s.T
            ahead.least[1, :-1, self._rests.place] = np.where(
                np.isfinite(rest), np.maximum(least, rest), least
            )
        return ahead

    @cached_property
    def _rests(self) -> Rests | None:
        """What lies ahead of candidates and waypoints at least, where legs were asked for it."""
        problem = self.problem
        if problem.rests is None or problem.kinds > 1:
            return None
        return problem.rests.of(problem, self.candidates)

    def _ahead(self, least_price: float, least_per_kwh: float) -> core.Ahead:
        """Bounds of the rest, at the price of a kWh in time and, where that counts, in money."""
        problem, bounds = self.problem, self.problem.bounds
        weight, stages = problem.seconds_weight, len(problem.vias)
        price = [0.0, weight * bounds.price_s_per_kwh]
        rest = [weight * bounds.time_s, weight * bounds.together_s]
        if least_per_kwh > 0.0:
            price.append(price[1] + least_per_kwh)
            rest.append(rest[1] + least_per_kwh * bounds.energy_kwh)
        price = [min(each, least_price) for each in price]
        least = np.full((len(price), stages, self.legs.places), np.inf)
        least[:, :-1] = rest
        for number, via in enumerate(problem.vias[1:-1], start=1):
            least[:, number, via.place] += weight * via.service_s
        least[:, -1, problem.vias[-1].place] = 0.0
        return core.Ahead(np.array(price), least)

    def _floors(self, terms: Terms) -> F64:
        """Floors known before a search: those of sites that are not to be used are infinite."""
        problem = self.problem
        shut = ~problem.candidate
        for place in terms.shut:
            shut[problem.sites.near(place)] = True
        if terms.root.place < problem.stations:
            shut[terms.root.place] = False
        floors = np.zeros((len(problem.vias), self.legs.places))
        floors[:, : problem.stations][:, shut] = np.inf
        return floors

    def _waypoints(self, terms: Terms) -> tuple[core.Waypoint, ...]:
        found = [core.Waypoint()]
        last = len(self.problem.vias) - 1
        for number, via in enumerate(self.problem.vias[1:], start=1):
            opens, closes = -np.inf, np.inf
            if via.arrive_after is not None and number < last:
                opens = via.arrive_after - terms.root.time
            if via.arrive_before is not None and terms.windows:
                closes = via.arrive_before - terms.slack_s - terms.root.time
            service_s = via.service_s if number < last else 0.0
            found.append(core.Waypoint(service_s, opens, closes))
        return tuple(found)

    def _book(self, terms: Terms) -> "_Book":
        """Return the offers that come one by one, the same for all searches that ask the same."""
        key = (terms.spare, terms.any_hour)
        if key not in self._books:
            self._books[key] = _Book(self, *key)
        return self._books[key]

    def _table(self, terms: Terms) -> "_Table":
        """Return the offers of the candidates, and of the place where one begins."""
        begin = terms.root.place
        extra = begin if begin < self.problem.stations and not self.problem.candidate[begin] else -1
        key = (terms.spare, extra)
        if key not in self._tables:
            places = self.candidates.tolist() + ([extra] if extra >= 0 else [])
            self._tables[key] = self._gather(places, spare=terms.spare)
        return self._tables[key]

    def _gather(self, places: list[int], *, spare: bool) -> "_Table":
        offers: list[core.Offer] = []
        evses: list[int] = []
        for place in places:
            offers += self.offers_at(place, spare=spare)
            evses += self._numbers[place, spare]
        return _Table(tuple(evses), core.OfferTable(tuple(offers), self.problem.stations), self)

    def offers_at(self, place: int, *, spare: bool) -> tuple[core.Offer, ...]:
        """Offers of a station, their windows in epoch seconds; asked for once."""
        key = (place, spare)
        if key not in self._evses:
            chosen = self.problem.doors.choices(place, spare=spare)
            self._numbers[key] = tuple(choice.evse for choice in chosen)
            weight = 0.0 if spare else self.problem.money_weight
            self._evses[key] = tuple(
                core.Offer(
                    station=place,
                    curve=self._curve(choice.curve),
                    overhead_s=STOP_OVERHEAD_S,
                    per_stop=weight * choice.eur_per_stop,
                    per_kwh=weight * choice.eur_per_kwh,
                    per_s=weight * choice.eur_per_hour / 3600.0,
                    windows=choice.periods,
                    waits_outside=False,
                )
                for choice in chosen
            )
        return self._evses[key]

    def evses_at(self, place: int, *, spare: bool) -> tuple[int, ...]:
        """EVSE of each offer of a station."""
        self.offers_at(place, spare=spare)
        return self._numbers[place, spare]

    def _curve(self, curve: ChargingCurve) -> core.Curve:
        """Count a curve's energy above the reserve."""
        if id(curve) not in self._curves:
            reserve = curve.usable_kwh - self.problem.capacity_kwh
            made = core.Curve(curve.energy_kwh - reserve, curve.time_s)
            # The curve itself is kept: an id is another's as soon as nobody does.
            self._curves[id(curve)] = curve, made
        return self._curves[id(curve)][1]


@dataclass(frozen=True, eq=False)
class _Table:
    """Offers in epoch seconds, with the EVSE of each."""

    evse: tuple[int, ...]
    offers: core.OfferTable
    ground: Ground

    @cached_property
    def least_price(self) -> float:
        return least_price(self.offers, self.ground.problem.seconds_weight)

    @cached_property
    def least_per_kwh(self) -> float:
        return min((offer.per_kwh for offer in self.offers.offers), default=0.0)


@dataclass(eq=False)
class _Book:
    """Offers brought when a search first comes to their station, with the EVSE of each."""

    ground: Ground
    spare: bool
    any_hour: bool
    evse: list[int] = field(default_factory=list)

    @cached_property
    def offers(self) -> core.AskedOffers:
        """The offers brought so far, for all searches that ask the same."""
        return core.AskedOffers(self.ground.problem.stations, self._bring)

    def _bring(self, place: int) -> tuple[core.Offer, ...]:
        self.evse += self.ground.evses_at(place, spare=self.spare)
        offers = self.ground.offers_at(place, spare=self.spare)
        if self.any_hour:
            return tuple(replace(offer, windows=ALWAYS) for offer in offers)
        return offers


@dataclass(frozen=True, eq=False)
class Posed:
    """One search as the core takes it, and how to read its plans."""

    ground: Ground
    terms: Terms
    stated: core.Problem
    evse: Sequence[int]

    def read(self, plan: core.Plan) -> tuple[Call, ...]:
        """Return the places of a plan in order."""
        begun, calls = self.terms.root.time, []
        for number, visit in enumerate(plan.visits):
            kind = 0
            if visit.leg is not None:
                kind = self.ground.legs_asked.kind(plan.visits[number - 1].place, visit.leg)
            calls.append(
                Call(
                    stage=visit.stage,
                    place=visit.place,
                    kind=kind,
                    time=begun + visit.arrival_s,
                    charge=visit.arrival_kwh,
                    evse=None if visit.offer is None else self.evse[visit.offer],
                    departure=begun + visit.departure_s,
                    left_kwh=visit.left_kwh,
                    waiting_s=visit.departure_s - visit.ready_s if visit.offer is not None else 0.0,
                )
            )
        return tuple(calls)
