"""A fleet's own things: its vehicles and drivers, and what an employer allows.

Their ids are the operator's own. What a vehicle does not say of itself is its catalogue model's.
"""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal

from planner.model.geo import LonLat
from planner.model.grade import Grade

PREFER_WITHIN_S = 900.0
"""How much later one may arrive, in seconds, for a preferred operator's sake."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What an employer allows its drivers; what is None or empty is not restricted.

    Attributes
    ----------
    providers : tuple of str or None
        Providers (``CC*PPP``) whose tokens may be used.
    payment_card : bool
        Whether a payment card may be used.
    max_per_kwh : Decimal or None
        Ceiling of the price of a kWh, in ``currency``: see `planner.access.ceiling`.
    preferred_operators : tuple of str
        Party (``CC*PPP``) or name of operators that are used where they serve as well.
    prefer_within_s : float
        How much later one may arrive, in seconds, to stop at these only.
    min_grade : Grade or None
        Least grade of access, where a mission asks for less.
    only_preferred : bool
        Set in the mission of a plan that stops at preferred operators only.
    """

    id: str
    name: str = ""
    providers: tuple[str, ...] | None = None
    payment_card: bool = True
    max_per_kwh: Decimal | None = None
    currency: str = "EUR"
    preferred_operators: tuple[str, ...] = ()
    prefer_within_s: float = PREFER_WITHIN_S
    min_grade: Grade | None = None
    only_preferred: bool = False

    def prefers(self, party: str, operator: str) -> bool:
        """Say whether an operator is a preferred one, by its party or its name."""
        names = {name.casefold() for name in self.preferred_operators}
        return party.casefold() in names or operator.casefold() in names


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """A time for which another vehicle of the fleet counts on an EVSE.

    Attributes
    ----------
    begins, ends : float
        UTC epoch seconds.
    use : {'stop', 'fallback'}
        Whether it will stand there, or goes there if its stop fails. No vehicle stops where
        another does either; but two may have one fallback, as one failure is survived at a time.
    power_kw : float
        What it draws at most.
    post : str
        The EVSE's id in the form that is the same in every feed, empty where it has none: an EVSE
        that two feeds tell of may be in a snapshot twice.
    """

    station_id: str
    evse_uid: str
    begins: float
    ends: float
    use: Literal["stop", "fallback"] = "stop"
    power_kw: float = 0.0
    post: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PowerShare:
    """The most that a trip draws at a depot, in kW, where others of the fleet draw the rest."""

    station_id: str
    power_kw: float


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetVehicle:
    """A vehicle of the fleet.

    ``model`` is an id of the catalogue; ``overrides`` are fields of
    `planner.model.vehicle.Vehicle` that differ in this one; ``policy`` the id of one, or empty.
    """

    id: str
    model: str
    name: str = ""
    overrides: dict[str, Any] = field(default_factory=dict)
    policy: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Driver:
    """A driver; ``vehicle`` and ``wallet`` are the ids of the defaults, or empty."""

    id: str
    name: str = ""
    vehicle: str = ""
    wallet: str = ""
    policy: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class VehicleState:
    """Where a vehicle was, with which charge (0 to 1), and when (UTC epoch seconds).

    ``plan_id`` is the plan that it drives by, empty where none was named.
    """

    location: LonLat
    soc: float
    at: float
    plan_id: str = ""
