"""A trip to plan, complete: every default has been filled in, and what was assumed is listed."""

from dataclasses import dataclass, field
from decimal import Decimal

from planner.model.fleet import Hold, Policy, PowerShare
from planner.model.geo import LonLat
from planner.model.grade import Grade
from planner.model.token import Wallet
from planner.model.vehicle import Conditions, Vehicle

AVOIDABLE = ("ferry", "motorway", "toll")
"""Kinds of roads that a trip may be asked to keep off."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waypoint:
    """A place the trip visits, in order; times are UTC epoch seconds, durations seconds."""

    location: LonLat
    name: str = ""
    service_s: float = 0.0
    arrive_after: float | None = None
    arrive_before: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Guarantee:
    """What every stop must hold: the least grade, and how many failures the trip survives."""

    min_grade: Grade = Grade.AD_HOC
    fallbacks: int = 1
    windows: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Objective:
    """Time and money; ``value_of_time`` is per hour in ``currency``.

    ``preset`` is ``fastest``, ``cheapest`` or ``surest``; empty weighs by value of time.
    """

    value_of_time: Decimal = Decimal(20)
    currency: str = "EUR"
    preset: str = "fastest"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mission:
    """One trip.

    ``soc`` 0 to 1 at the start; ``reserve_soc`` is never gone below; ``arrival_soc`` is kept at
    the last waypoint. ``now`` is the clock by which statuses age. ``assumed`` lists, in words,
    each value that the request left open. ``avoid`` holds some of `AVOIDABLE`, in that order: no
    leg of the trip or of a fallback's way uses such a road. ``policy`` is the employer's;
    ``speed_caps_kmh`` are speeds to which the driver may keep, one for the whole trip, where that
    serves better than to drive faster. ``taken`` are the times for which other vehicles of the
    fleet count on EVSEs, ``shares`` what they leave of a depot's power: charging there is planned
    with that much, whatever its posts could give. ``vehicle_id`` and ``driver`` are the fleet's
    own ids, empty where none was named.
    """

    waypoints: tuple[Waypoint, ...]
    departure: float
    now: float
    vehicle: Vehicle
    soc: float
    wallet: Wallet
    reserve_soc: float = 0.1
    arrival_soc: float = 0.1
    guarantee: Guarantee = field(default_factory=Guarantee)
    objective: Objective = field(default_factory=Objective)
    conditions: Conditions = field(default_factory=Conditions)
    avoid: tuple[str, ...] = ()
    speed_caps_kmh: tuple[float, ...] = ()
    exclude_stations: tuple[str, ...] = ()
    alternatives: int = 0
    assumed: tuple[str, ...] = ()
    id: str = ""
    policy: Policy | None = None
    taken: tuple[Hold, ...] = ()
    shares: tuple[PowerShare, ...] = ()
    vehicle_id: str = ""
    driver: str = ""
