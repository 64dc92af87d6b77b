"""Offers as the kernel takes them: all at once, or station by station when a search comes there."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

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
    _curves: dict[int, tuple[int, Curve]] = field(default_factory=dict)
    _sizes: dict[str, int] = field(default_factory=dict)

    has_prices: ClassVar[bool] = False
    has_hours: ClassVar[bool] = True
    must_linger: ClassVar[bool] = True
    curves: ClassVar[tuple[Curve, ...]] = ()

    def number(self, offer: int) -> int:
        """Place in `offers` of the search's i-th offer."""
        return offer

    @cached_property
    def _posts(self) -> Posts:
        whole, turns = {"curve", "window_first", "curve_first"}, np.zeros(self.stations, np.int64)
        columns: dict[str, Any] = {
            name: np.empty(ROOM, np.int64 if name in whole else np.float64)
            for name in Posts._fields
        }
        columns["waits"] = np.empty(ROOM, np.bool_)
        columns["first"] = np.full(self.stations, -1, np.int64)
        columns["last"] = columns["first"].copy()
        columns["turn_first"], columns["turn_last"] = turns, turns.copy()
        columns["window_first"][0] = columns["curve_first"][0] = 0
        self._sizes |= {"window_first": 1, "curve_first": 1}
        return Posts(**columns)

    def posts(self) -> Posts:
        """Return the offers known by now."""
        return self._posts

    def fetch(self, station: int, weight: float) -> Posts:
        """Ask for the offers of a station and return all that are known then.

        A second costs ``weight``.

        Raises
        ------
        InputError
            An offer is another station's, or costs money.
        """
        brought = self.bring(station)
        for offer in brought:
            if offer.station != station or offer.per_stop or offer.per_kwh or offer.per_s:
                raise InputError(
                    f"station {station} was told the offer {offer}",
                    remedy="Tell a station's own offers; state them all at once if they cost money",
                )
        turns = sorted(
            opens
            for offer in brought
            for opens, _ in offer.windows
            if np.isfinite(opens) and not offer.waits_outside
        )
        begun = self._sizes.get("turn", 0)
        self._posts.turn_first[station], self._posts.turn_last[station] = begun, begun + len(turns)
        self._posts.first[station] = len(self.offers)
        self._add("turn", turns)
        for offer in brought:
            self._write(offer, weight)
        self.offers += brought
        self._posts.last[station] = len(self.offers)
        return self._posts

    def _write(self, offer: Offer, weight: float) -> None:
        self._add("curve", (self._number_of(offer.curve),))
        self._add("overhead_s", (offer.overhead_s,))
        self._add("fixed_cost", (weight * offer.overhead_s,))
        self._add("rate", (weight,))
        self._add("per_kwh", (0.0,))
        self._add("waits", (offer.waits_outside,))
        self._add("opens", [opens for opens, _ in offer.windows])
        self._add("closes", [closes for _, closes in offer.windows])
        self._add("window_first", (self._sizes.get("opens", 0),))

    def _number_of(self, curve: Curve) -> int:
        """Return a curve's number, keeping it if it is new."""
        found = self._curves.get(id(curve))
        if found is not None:
            return found[0]
        number = len(self._curves)
        self._curves[id(curve)] = number, curve
        self._add("energy_kwh", curve.energy_kwh)
        self._add("time_s", curve.time_s)
        self._add("curve_first", (self._sizes["energy_kwh"],))
        return number

    def _add(self, name: str, values: ArrayLike) -> None:
        """Write behind what a column holds; one that is full becomes twice as long."""
        given = np.asarray(values)
        size = self._sizes.get(name, 0)
        column: NDArray[Any] = getattr(self._posts, name)
        if size + given.size > column.size:
            longer = np.empty(2 * (size + given.size), column.dtype)
            longer[:size] = column[:size]
            column = longer
            self.__dict__["_posts"] = self._posts._replace(**{name: column})
        column[size : size + given.size] = given
        self._sizes[name] = size + given.size


ROOM = 256
"""Entries for which a column of offers has room at first."""


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
