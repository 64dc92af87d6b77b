"""Offers as the kernel takes them: all at once, or station by station when a search comes there."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from planner.errors import InputError
from planner.search.core.problem import Curve, Offer, OfferTable
from planner.search.core.state import Posts

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]


@dataclass(eq=False)
class AskedOffers:
    """Offers that are asked for when a search first comes to their station.

    Nothing of them may cost money: a bound of what a kWh costs would need all of them.

    Attributes
    ----------
    stations : int
    bring : function from a station to its offers
        Asked once for each station, however many runs a search takes.
    offers : list of Offer
        Those asked for so far, in the order of asking.
    """

    stations: int
    bring: Callable[[int], tuple[Offer, ...]]
    offers: list[Offer] = field(default_factory=list)
    _posts: Posts | None = None
    _curves: dict[int, tuple[int, Curve]] = field(default_factory=dict)

    has_prices: ClassVar[bool] = False
    has_hours: ClassVar[bool] = True
    must_linger: ClassVar[bool] = True
    curves: ClassVar[tuple[Curve, ...]] = ()

    def number(self, offer: int) -> int:
        """Place in `offers` of the search's i-th offer."""
        return offer

    def posts(self) -> Posts:
        """Return the offers known by now."""
        if self._posts is None:
            empty, whole = np.empty(0), np.empty(0, np.int64)
            unknown = np.full(self.stations, -1, np.int64)
            turns = np.zeros(self.stations, np.int64)
            nothing = np.zeros(1, np.int64)
            self._posts = Posts(
                first=unknown,
                last=unknown.copy(),
                curve=whole,
                overhead_s=empty,
                fixed_cost=empty,
                rate=empty,
                per_kwh=empty,
                waits=np.empty(0, np.bool_),
                window_first=nothing,
                opens=empty,
                closes=empty,
                turn_first=turns,
                turn_last=turns.copy(),
                turn=empty,
                curve_first=nothing,
                energy_kwh=empty,
                time_s=empty,
            )
        return self._posts

    def fetch(self, station: int, weight: float) -> Posts:
        """Ask for the offers of a station and return all that are known then.

        A second costs ``weight``.

        Raises
        ------
        InputError
            An offer is another station's, or costs money.
        """
        known, brought = self.posts(), self.bring(station)
        for offer in brought:
            if offer.station != station or offer.per_stop or offer.per_kwh or offer.per_s:
                raise InputError(
                    f"station {station} was told the offer {offer}",
                    remedy="Tell a station's own offers; state them all at once if they cost money",
                )
        numbers = [self._number_of(offer.curve) for offer in brought]
        known = self._posts or known
        known.first[station] = len(self.offers)
        self.offers += brought
        known.last[station] = len(self.offers)
        if not brought:
            return known
        windows = [window for offer in brought for window in offer.windows]
        sizes = [len(offer.windows) for offer in brought]
        turns = sorted(
            opens
            for offer in brought
            for opens, _ in offer.windows
            if np.isfinite(opens) and not offer.waits_outside
        )
        known.turn_first[station] = known.turn.size
        known.turn_last[station] = known.turn.size + len(turns)
        overhead_s = np.array([offer.overhead_s for offer in brought])
        opens, closes = np.array(windows, np.float64).reshape(-1, 2).T
        self._posts = known._replace(
            curve=np.append(known.curve, numbers),
            overhead_s=np.append(known.overhead_s, overhead_s),
            fixed_cost=np.append(known.fixed_cost, weight * overhead_s),
            rate=np.append(known.rate, np.full(len(brought), weight)),
            per_kwh=np.append(known.per_kwh, np.zeros(len(brought))),
            waits=np.append(known.waits, [offer.waits_outside for offer in brought]),
            window_first=np.append(known.window_first, known.window_first[-1] + np.cumsum(sizes)),
            opens=np.append(known.opens, opens),
            closes=np.append(known.closes, closes),
            turn=np.append(known.turn, np.array(turns, np.float64)),
        )
        return self._posts

    def _number_of(self, curve: Curve) -> int:
        """Return a curve's number, keeping it if it is new."""
        found = self._curves.get(id(curve))
        if found is not None:
            return found[0]
        assert self._posts is not None
        number, known = len(self._curves), self._posts
        self._curves[id(curve)] = number, curve
        self._posts = known._replace(
            curve_first=np.append(known.curve_first, known.energy_kwh.size + curve.energy_kwh.size),
            energy_kwh=np.append(known.energy_kwh, curve.energy_kwh),
            time_s=np.append(known.time_s, curve.time_s),
        )
        return number


@dataclass(frozen=True, eq=False)
class TablePosts:
    """All offers of a table at once."""

    offers: OfferTable

    @cached_property
    def turns(self) -> tuple[I64, F64]:
        """Where the openings of each station begin (and the end), all openings, sorted.

        Only those are among them for which one may not wait outside.
        """
        offers = self.offers
        first, opens, _ = offers.window_arrays
        offer = np.repeat(np.arange(len(offers.sorted)), np.diff(first))
        kept = np.isfinite(opens) & ~offers.waits[offer]
        station = np.array([o.station for o in offers.sorted], np.int64)[offer[kept]]
        order = np.lexsort((opens[kept], station))
        places = np.searchsorted(station[order], np.arange(offers.stations + 1))
        return places.astype(np.int64), opens[kept][order]

    def posts(self, weight: float) -> Posts:
        """Return all offers; a second costs ``weight``."""
        offers = self.offers
        overhead_s, per_stop, per_kwh, per_s = offers.figures
        curves, windows = offers.curve_arrays, offers.window_arrays
        turn_first, turn = self.turns
        return Posts(
            first=offers.first,
            last=offers.first[1:],
            curve=offers.curve_of,
            overhead_s=overhead_s.copy(),
            fixed_cost=weight * overhead_s + per_stop,
            rate=weight + per_s,
            per_kwh=per_kwh.copy(),
            waits=offers.waits,
            window_first=windows[0],
            opens=windows[1],
            closes=windows[2],
            turn_first=turn_first,
            turn_last=turn_first[1:],
            turn=turn,
            curve_first=curves[0],
            energy_kwh=curves[1],
            time_s=curves[2],
        )
