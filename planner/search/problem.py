"""A trip as the search sees it: places by number, charges above the reserve, no roads.

Places 0 to ``stations - 1`` are stations, those after are the waypoints in order. Charges are kWh
above the reserve, times UTC epoch seconds.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from planner.energy.charging import ChargingCurve
from planner.legs.rows import Row

F64 = NDArray[np.float64]

TRY_S = 600.0
"""Seconds lost in trying at a stop that fails, before one drives on to the fallback."""

STOP_OVERHEAD_S = 300.0
"""Seconds at a stop besides charging: leaving the road, parking, plugging in, authorising.
Source: assumed; the order of magnitude that route planners for electric cars use."""

LEAST_CHARGE_KWH = 0.05
"""A stop that charges less than this is no stop."""

EPSILON_KWH = 1e-7


@dataclass(frozen=True, slots=True, eq=False)
class Offer:
    """One EVSE at a station, open at the arrival it was asked for.

    ``until`` is the latest departure for which that holds without a further look; ``spare`` says
    that it holds what a fallback must.
    """

    evse: int
    curve: ChargingCurve
    until: float
    eur_per_kwh: float = 0.0
    eur_per_hour: float = 0.0
    eur_per_stop: float = 0.0
    spare: bool = False


class Doors(Protocol):
    """What opens to this wallet at a moment."""

    def offer(self, place: int, arrival: float, slack_s: float, *, spare: bool) -> Offer | None:
        """Return the best EVSE of a station that may be counted on, or None.

        It holds at every arrival from ``arrival`` to ``slack_s`` later; ``spare`` asks for what a
        fallback must hold besides.
        """

    def allows(self, offer: Offer, arrival: float, departure: float) -> bool:
        """Say whether that EVSE stays open to this wallet until a departure."""


class LegRows(Protocol):
    """Where legs come from."""

    def row(self, place: int, kind: int) -> Row:
        """Legs of a kind from a place to all places."""


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


@dataclass(frozen=True, slots=True, eq=False)
class Bounds:
    """What is still to be driven at least, each of shape (legs of the trip, places).

    From place v on the way to waypoint ``stage + 1``: ``time_s`` and ``energy_kwh`` to the end of
    the trip, each the least by itself, and ``priced_s`` the least of time + ``price`` * energy.
    ``price_s_per_kwh`` is the least time in which this car could charge a kWh anywhere, and
    ``later_s`` (legs of the trip) the part of ``time_s`` that lies beyond the next waypoint.
    """

    time_s: F64
    energy_kwh: F64
    priced_s: F64
    later_s: F64
    price_s_per_kwh: float

    def remaining_s(self, stage: int, places: NDArray[np.intp], charge: F64, end: float) -> F64:
        """Seconds that the rest takes at least, arriving at ``places`` with ``charge``."""
        price = self.price_s_per_kwh
        short = self.energy_kwh[stage, places] + end - charge
        apart = self.time_s[stage, places] + price * np.maximum(short, 0.0)
        together = self.priced_s[stage, places] + price * (end - charge)
        bound: F64 = np.maximum(apart, together)
        return bound


@dataclass(frozen=True, eq=False)
class Problem:
    """Everything that stays the same while one trip is searched.

    ``candidate`` marks the stations that may be a stop, ``spare`` those that may be a fallback.
    ``operator`` and ``power_kw`` (the most that this car takes there) are of each station.
    ``seconds_weight`` and ``money_weight`` price a second and a unit of currency;
    ``least_per_kwh`` is the least that a kWh is estimated to cost.
    """

    legs: LegRows
    kinds: int
    stations: int
    vias: tuple[Via, ...]
    doors: Doors
    sites: Sites
    candidate: NDArray[np.bool_]
    spare: NDArray[np.bool_]
    operator: tuple[str, ...]
    power_kw: F64
    bounds: Bounds
    capacity_kwh: float
    start_kwh: float
    end_kwh: float
    departure: float
    kinks_kwh: tuple[float, ...]
    seconds_weight: float = 1.0
    money_weight: float = 0.0
    least_per_kwh: float = 0.0
    keep_windows_in_fallbacks: bool = False
    first_stop: int = -1
    """The station to drive to first of all, where that has been promised; -1: any."""
