"""What a plan said of its stops, as much of it as is needed to recognise them on a bill."""

from dataclasses import dataclass

from planner.model.geo import LonLat, distance_m
from planner.model.plan import Money
from planner.model.vehicle import Vehicle
from planner.ocpi.ids import normalise_evse_id

SAME_PLACE_M = 300.0
"""Stations nearer than this are one place: feeds and bills do not agree to the metre.

Source: design, "within 300 m is the same site".
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedStop:
    """A charging stop of a plan, or a fallback.

    ``token`` is a `Token.public_name` as in the plan, empty for the payment card; times are UTC
    epoch seconds; ``fallback_of`` is the number of the stop that it stands in for, -1 for the
    trip's own.
    """

    station_id: str
    station_name: str
    operator: str
    party: str
    location: LonLat
    evse_uid: str
    evse_id: str
    arrival: float
    departure: float
    energy_kwh: float
    cost: Money | None
    token: str
    power_kw: float = 0.0
    fallback_of: int = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedTrip:
    """A plan.

    Attributes
    ----------
    plan, mission : str
        Ids of the plan and its mission; the latter may be empty.
    created, departure, arrival : float
        UTC epoch seconds.
    vehicle, driver : str
        The fleet's own ids; the vehicle's id in the catalogue where it has none.
    car : Vehicle or None
        What was planned with.
    tokens : tuple of str
        `Token.public_name` of the wallet's tokens.
    way : tuple of LonLat
        Points of the drive, some kilometres apart.
    """

    plan: str
    mission: str
    created: float
    departure: float
    arrival: float
    vehicle: str
    driver: str
    wallet: str
    car: Vehicle | None
    tokens: tuple[str, ...]
    stops: tuple[PlannedStop, ...]
    way: tuple[LonLat, ...]

    def metres_from_way(self, place: LonLat) -> float:
        """Give the distance from a place to the nearest point of the drive or a stop."""
        points = (*self.way, *(stop.location for stop in self.stops))
        return min((distance_m(place, point) for point in points), default=float("inf"))


def place_rank(
    stop: PlannedStop,
    *,
    station_id: str,
    evse_uid: str,
    evse_id: str,
    location: LonLat | None,
) -> int | None:
    """Say how well a place is the planned one: 0 the EVSE, 1 the station, 2 near it, else None."""
    same_station = bool(station_id) and station_id.casefold() == stop.station_id.casefold()
    if evse_id and stop.evse_id and normalise_evse_id(evse_id) == normalise_evse_id(stop.evse_id):
        return 0
    if same_station:
        return 0 if evse_uid and evse_uid.casefold() == stop.evse_uid.casefold() else 1
    if location is not None and distance_m(location, stop.location) <= SAME_PLACE_M:
        return 2
    return None
