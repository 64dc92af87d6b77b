"""A trip as the search sees it: places by number, charges above the reserve, no roads.

Places 0 to ``stations - 1`` are stations, those after are the waypoints in order. Charges are kWh
above the reserve, times UTC epoch seconds.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from planner.energy.charging import ChargingCurve
from planner.legs.nearest import Around, Counts, First
from planner.legs.potentials import Potentials, least_to_each
from planner.legs.rests import Rests
from planner.legs.rows import Row

F64 = NDArray[np.float64]

TRY_S = 600.0
"""Seconds lost in trying at a stop that fails, before one drives on to the fallback."""

STOP_OVERHEAD_S = 300.0
"""Seconds at a stop besides charging: leaving the road, parking, plugging in, authorising.
Source: assumed; the order of magnitude that route planners for electric cars use."""

EPSILON_KWH = 1e-7

Period = tuple[float, float]
"""From when until when, UTC epoch seconds."""

ALWAYS: tuple[Period, ...] = ((-np.inf, np.inf),)


@dataclass(frozen=True, slots=True, eq=False)
class Choice:
    """One EVSE at a station, with the periods within which a stay may count on it."""

    evse: int
    curve: ChargingCurve
    periods: tuple[Period, ...] = ALWAYS
    eur_per_kwh: float = 0.0
    eur_per_hour: float = 0.0
    eur_per_stop: float = 0.0


class Doors(Protocol):
    """What opens to this wallet, and when."""

    def choices(self, place: int, *, spare: bool) -> tuple[Choice, ...]:
        """List the EVSEs of a station worth choosing between, the one to prefer first.

        ``spare`` asks for what a fallback, and a stop on the way from one, must hold besides.
        """

    def allows(self, evse: int, arrival: float, departure: float, *, spare: bool) -> bool:
        """Say whether an EVSE may be counted on for a stay."""


class LegRows(Protocol):
    """Where legs come from."""

    def to(self, place: int, targets: NDArray[np.intp]) -> list[Row]:
        """Legs of each kind from a place to some places, each of shape (targets,)."""

    def lift_kwh(self, place: int, targets: NDArray[np.intp]) -> F64:
        """Return what any leg from a place to some takes for its height alone at least."""


class Neighbours(Protocol):
    """Where fallbacks are found."""

    def around(self, place: int) -> Around:
        """Stations that a full battery reaches from one, those that need least charge first."""

    def first_around(self, place: int) -> First:
        """List some of them, and the need up to which none is missing."""

    def least_needed(self, place: int, own: NDArray[np.intp], counts: Counts) -> float:
        """Least charge to drive to one that counts (infinite: none); none of ``own`` ever does."""


class AllRests(Protocol):
    """What a trip has before it at least, known by legs and not only by roads."""

    def of(self, problem: "Problem", candidates: NDArray[np.intp]) -> Rests | None:
        """Work it out for the stations that may be a stop and the waypoints; None: not known."""


class Sites(Protocol):
    """Which stations fail together."""

    def near(self, place: int) -> NDArray[np.intp]:
        """Stations at the same site as this one (within walking distance), itself included."""


@dataclass(frozen=True, slots=True)
class Via:
    """A waypoint: its place, and what is to be kept there (UTC epoch seconds)."""

    place: int
    service_s: float = 0.0
    arrive_after: float | None = None
    arrive_before: float | None = None


@dataclass(frozen=True, eq=False)
class Bounds:
    """What is still to be driven at least, each of shape (legs of the trip, places).

    From place v on the way to waypoint ``stage + 1``: ``time_s`` and ``energy_kwh`` to the end of
    the trip, each the least by itself, and ``priced_s`` the least of time + ``price`` * energy.
    ``price_s_per_kwh`` is the least time in which this car could charge a kWh anywhere, and
    ``later_s`` (legs of the trip) the part of ``time_s`` that lies beyond the next waypoint.

    ``behind_s`` is the least time to each place from the waypoint before, and ``through`` marks the
    places, shape (places,), at which one arrives where one leaves: ways by them are drives. A drive
    may take less than the difference of two bounds of energy by ``allowance_kwh``.
    """

    time_s: F64
    energy_kwh: F64
    priced_s: F64
    later_s: F64
    price_s_per_kwh: float
    behind_s: F64
    through: NDArray[np.bool_]
    allowance_kwh: float

    @cached_property
    def potentials(self) -> Potentials:
        """These bounds as they tell what lies between places."""
        return Potentials(
            self.time_s,
            self.energy_kwh,
            self.together_s,
            self.behind_s,
            self.through,
            self.allowance_kwh,
        )

    @cached_property
    def together_s(self) -> F64:
        """Least of time + price · energy, shape (legs of the trip, places)."""
        return np.maximum(self.priced_s, self.time_s + self.price_s_per_kwh * self.energy_kwh)

    def between(self, place: int, targets: NDArray[np.intp]) -> tuple[F64, F64]:
        """Bound drives from a place to others: least seconds and kWh, shape (targets,) each.

        Where that says nothing, the time is 0 and the energy minus infinite.
        """
        time_s, net_kwh = np.empty(targets.size), np.empty(targets.size)
        least_to_each(self.potentials, place, targets, time_s, net_kwh)
        return time_s, net_kwh


@dataclass(frozen=True, slots=True)
class Arrival:
    """Where a search begins: a place in a stage, the moment, the charge."""

    stage: int
    place: int
    time: float
    charge: float


@dataclass(frozen=True, slots=True, eq=False)
class Call:
    """One place of a found trip: reached by a leg of ``kind``, left at ``departure``.

    ``evse`` is the one charged at, None at a waypoint; ``waiting_s`` what the stay lasts longer
    than charging takes, because the next place opens later.
    """

    stage: int
    place: int
    kind: int
    time: float
    charge: float
    evse: int | None
    departure: float
    left_kwh: float
    waiting_s: float = 0.0


@dataclass(eq=False)
class Trace:
    """What searches saw, for those who ask why there is no trip."""

    settled: int = 0
    reached: tuple[Arrival, ...] = ()
    exhausted: bool = True


@dataclass(frozen=True, eq=False)
class Problem:
    """Everything that stays the same while one trip is searched.

    ``candidate`` marks the stations that may be a stop; ``havens`` are its fallbacks.
    ``operator`` and ``power_kw`` (the most that this car takes there) are of each station.
    ``seconds_weight`` and ``money_weight`` price a second and a unit of currency.
    """

    legs: LegRows
    kinds: int
    stations: int
    vias: tuple[Via, ...]
    doors: Doors
    sites: Sites
    candidate: NDArray[np.bool_]
    havens: Neighbours
    operator: tuple[str, ...]
    power_kw: F64
    bounds: Bounds
    capacity_kwh: float
    start_kwh: float
    end_kwh: float
    departure: float
    seconds_weight: float = 1.0
    money_weight: float = 0.0
    keep_windows_in_fallbacks: bool = False
    rests: AllRests | None = None
    first_stop: int = -1
    """The station to drive to first of all, where that has been promised; -1: any."""
