"""A trip as the exact search takes it: places by number, legs, offers, waypoints, floors."""

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from planner.errors import InputError
from planner.search.core.legs import LegTable

if TYPE_CHECKING:
    from planner.search.core.posts import AskedOffers

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]

ALWAYS = ((-np.inf, np.inf),)


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """Charging as time from empty over energy, piecewise linear.

    Attributes
    ----------
    energy_kwh, time_s : float64, shape (k,)
        Both strictly increasing; the first energy must not lie above the reserve, and no more than
        the last can be charged. Power may rise and fall as it likes from piece to piece.

    Raises
    ------
    InputError
        One of the two does not increase, or there are fewer than two points.
    """

    energy_kwh: F64
    time_s: F64

    def __post_init__(self) -> None:
        energy = np.array(self.energy_kwh, np.float64)
        time = np.array(self.time_s, np.float64)
        object.__setattr__(self, "energy_kwh", energy)
        object.__setattr__(self, "time_s", time)
        rises = energy.ndim == 1 and energy.shape == time.shape and energy.size > 1
        rises = rises and bool((np.diff(energy) > 0.0).all() and (np.diff(time) > 0.0).all())
        if not rises or not np.isfinite((energy, time)).all():
            raise InputError(
                "a charging curve does not rise in energy and time from point to point",
                remedy="Give both at least two points that increase strictly",
            )


@dataclass(frozen=True, slots=True, eq=False)
class Offer:
    """One way to charge at a station: a post, a price, its hours.

    A stop from charge y to z costs ``per_stop + per_kwh * (z - y) + per_s * charging seconds``,
    takes ``overhead_s`` and the charging seconds, and lies within one of ``windows`` from beginning
    to end (seconds on the clock of `Problem.begins_s`). Who comes before one opens waits outside if
    ``waits_outside``; if not, only as far as the stop before lets one stay longer. Energy is
    counted in the battery: a price per metered kWh is divided by the post's efficiency. A stop may
    charge nothing, and does so for who comes with more than the curve's last energy.
    """

    station: int
    curve: Curve
    overhead_s: float = 0.0
    per_stop: float = 0.0
    per_kwh: float = 0.0
    per_s: float = 0.0
    windows: tuple[tuple[float, float], ...] = ALWAYS
    waits_outside: bool = True


@dataclass(frozen=True, eq=False)
class OfferTable:
    """The offers of all stations; made once for a wallet and car, shared by all searches."""

    offers: tuple[Offer, ...]
    stations: int
    order: I64 = field(init=False)
    """``order[i]`` is the place in ``offers`` of the search's i-th offer."""

    def number(self, offer: int) -> int:
        """Place in ``offers`` of the search's i-th offer."""
        return int(self.order[offer])

    def __post_init__(self) -> None:
        station = np.array([offer.station for offer in self.offers], np.int64)
        if np.any((station < 0) | (station >= self.stations)):
            raise InputError(
                f"an offer is at a station beyond 0 to {self.stations - 1}",
                remedy="Number stations from 0",
            )
        for offer in self.offers:
            figures = (offer.overhead_s, offer.per_stop, offer.per_kwh, offer.per_s)
            if not all(0.0 <= figure < np.inf for figure in figures):
                raise InputError(
                    f"an offer of station {offer.station} has the figures {figures}",
                    remedy="Overhead and prices are finite and at least 0",
                )
        object.__setattr__(self, "order", np.argsort(station, kind="stable"))

    @cached_property
    def sorted(self) -> tuple[Offer, ...]:
        """Offers in the order of their stations."""
        return tuple(self.offers[i] for i in self.order)

    @cached_property
    def curves(self) -> tuple[Curve, ...]:
        """Each curve once."""
        return tuple({id(offer.curve): offer.curve for offer in self.sorted}.values())

    @cached_property
    def first(self) -> I64:
        """Shape (stations + 1,): where the offers of each station begin in `sorted`."""
        station = np.array([offer.station for offer in self.sorted], np.int64)
        return np.searchsorted(station, np.arange(self.stations + 1)).astype(np.int64)

    @cached_property
    def curve_of(self) -> I64:
        """Shape (offers,): place in `curves` of each offer of `sorted`."""
        place = {id(curve): i for i, curve in enumerate(self.curves)}
        return np.array([place[id(offer.curve)] for offer in self.sorted], np.int64)

    @cached_property
    def figures(self) -> F64:
        """Shape (4, offers) of `sorted`: overhead_s, per_stop, per_kwh, per_s."""
        rows = [(o.overhead_s, o.per_stop, o.per_kwh, o.per_s) for o in self.sorted]
        return np.array(rows, np.float64).reshape(-1, 4).T.copy()

    @cached_property
    def free(self) -> "OfferTable":
        """The same offers for nothing."""
        gratis = (replace(o, per_stop=0.0, per_kwh=0.0, per_s=0.0) for o in self.offers)
        return OfferTable(tuple(gratis), self.stations)

    @cached_property
    def always_open(self) -> "OfferTable":
        """The same offers at any hour."""
        return OfferTable(tuple(replace(o, windows=ALWAYS) for o in self.offers), self.stations)

    @cached_property
    def curve_arrays(self) -> tuple[I64, F64, F64]:
        """Where each of `curves` begins (and the end), all energies, all times."""
        sizes = [np.size(curve.energy_kwh) for curve in self.curves]
        first = np.concatenate(([0], np.cumsum(sizes))).astype(np.int64)
        energy = [np.asarray(curve.energy_kwh, np.float64) for curve in self.curves]
        time_s = [np.asarray(curve.time_s, np.float64) for curve in self.curves]
        return first, np.concatenate([*energy, ()]), np.concatenate([*time_s, ()])

    @cached_property
    def window_arrays(self) -> tuple[I64, F64, F64]:
        """Where the windows of each of `sorted` begin (and the end), openings, closings."""
        sizes = [len(offer.windows) for offer in self.sorted]
        first = np.concatenate(([0], np.cumsum(sizes))).astype(np.int64)
        opens = [opens for offer in self.sorted for opens, _ in offer.windows]
        closes = [closes for offer in self.sorted for _, closes in offer.windows]
        return first, np.array(opens, np.float64), np.array(closes, np.float64)

    @cached_property
    def waits(self) -> NDArray[np.bool_]:
        """Shape (offers,) of `sorted`: whether one may wait outside."""
        return np.array([offer.waits_outside for offer in self.sorted], np.bool_)

    @property
    def has_prices(self) -> bool:
        """Whether anything costs money."""
        return bool(self.figures[1:].any())

    @cached_property
    def has_hours(self) -> bool:
        """Whether any offer is not always open."""
        return any(offer.windows != ALWAYS for offer in self.offers)

    @cached_property
    def must_linger(self) -> bool:
        """Whether at some offer one may not wait outside."""
        return any(not o.waits_outside and o.windows != ALWAYS for o in self.offers)


@dataclass(frozen=True, slots=True)
class Waypoint:
    """A place that must be passed, with its service and its window.

    Service takes ``service_s`` and begins at ``opens_s`` at the earliest (one waits) and at
    ``closes_s`` at the latest, both in seconds after departure.
    """

    service_s: float = 0.0
    opens_s: float = -np.inf
    closes_s: float = np.inf


@dataclass(frozen=True, slots=True)
class Start:
    """Where a search begins: at a place with a charge, ``stage`` waypoints after the first reached.

    ``place`` None is waypoint ``stage``. A start at a station charges there first, as the way on
    from a fallback does.
    """

    charge_kwh: float
    stage: int = 0
    place: int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Ahead:
    """Lower bounds of the rest, for legs that come row by row.

    ``least[l, stage, place]`` is at most the sum of ``time_weight * time_s + price[l] * net_kwh``
    over any way from the place to the end through all waypoints still to come, service times
    among the seconds (that of a waypoint one stands at is still to come). ``price[0]`` is 0, no
    price exceeds `planner.search.core.bounds.least_price`.
    """

    price: F64
    least: F64


@dataclass(frozen=True, eq=False)
class Problem:
    """A trip without roads.

    Places 0 to ``offers.stations - 1`` are stations, then come the waypoints in order. In *stage* i
    waypoint i has been reached and the trip goes on to waypoint i + 1, over any stations.

    Attributes
    ----------
    legs : LegTable
        Between all places; those to other waypoints than the next are passed over.
    offers : OfferTable or AskedOffers
        Where one can charge.
    waypoints : tuple of Waypoint
        Two at least; the first is the start.
    start : Start
    end_kwh : float
        Least charge on arrival at the last waypoint.
    reserve_kwh : float
        Least charge anywhere; a leg's required charge comes on top.
    floor_kwh : float64, shape (waypoints, places), or None
        Least charge on arrival at a place in a stage: stations' fallback floors (infinite: no stop
        in this stage). On the way to waypoint i + 1, ``floor_kwh[i, stations + i + 1]`` is that of
        the waypoint.
    time_weight : float
        What a second costs in the unit of the prices; with prices all 0, 1 gives a cost in seconds.
    ahead : Ahead or None
        Bounds of the rest; worked out from the legs if those are all known.
    lingers : bool
        Whether one may stay on at a waypoint after its service, so as to come later to a station
        at which one may not wait outside; at a stop one may, as long as its window lasts.
    begins_s : float
        What the clock shows at departure on which the windows of offers are told; those of
        waypoints, and all answers, count from departure.
    slack_s : float
        How much longer than a stop lasts its window must last.
    """

    legs: LegTable
    offers: "OfferTable | AskedOffers"
    waypoints: tuple[Waypoint, ...]
    start: Start
    end_kwh: float = 0.0
    reserve_kwh: float = 0.0
    floor_kwh: F64 | None = None
    time_weight: float = 1.0
    ahead: Ahead | None = None
    lingers: bool = True
    begins_s: float = 0.0
    slack_s: float = 0.0

    def hours(self, offer: Offer) -> tuple[tuple[float, float], ...]:
        """Return the windows of an offer in seconds after departure, so that stops fit in."""
        if offer.windows == ALWAYS:
            return ALWAYS
        since = self.begins_s
        return tuple(
            (opens - since, closes - self.slack_s - since) for opens, closes in offer.windows
        )

    def __post_init__(self) -> None:
        stages, places = len(self.waypoints), self.offers.stations + len(self.waypoints)
        if stages < 2:  # noqa: PLR2004 -- a start and an end
            raise InputError("a trip has fewer than two waypoints", remedy="Give start and end")
        if self.legs.places != places:
            raise InputError(
                f"the legs know {self.legs.places} places; stations and waypoints are {places}",
                remedy="Number the stations first, then the waypoints in their order",
            )
        if self.floor_kwh is not None and self.floor_kwh.shape != (stages, places):
            raise InputError(
                f"the floors have the shape {self.floor_kwh.shape}, not {(stages, places)}",
                remedy="Give one row for each waypoint and one column for each place",
            )
        if self.time_weight < 0.0 or not np.isfinite(self.time_weight):
            raise InputError(
                f"a second costs {self.time_weight}", remedy="The time weight is 0 or more"
            )
        lowest = max((float(curve.energy_kwh[0]) for curve in self.offers.curves), default=-np.inf)
        if lowest > self.reserve_kwh:
            raise InputError(
                f"a charging curve begins at {lowest} kWh, above the reserve",
                remedy="Let each curve begin at the reserve or below",
            )
        if not 0 <= self.start.stage < stages - 1:
            raise InputError(
                f"the start is in stage {self.start.stage}",
                remedy=f"Stages with a way ahead are 0 to {stages - 2}",
            )
