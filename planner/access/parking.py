"""For whom a parking place is, and whether the vehicle fits under the roof.

What OCPI's parking restrictions mean for a driver whose vehicle is electric and charges there:

=================  ==========================================================================
EV_ONLY, PLUGGED   fine: that is what the driver comes for
DISABLED           refused: the wallet does not say that the driver may park there
CUSTOMERS          refused: nothing says that the driver is a customer of the shop or hotel
MOTORCYCLES        refused for every other kind of vehicle
EMPLOYEES, TAXIS,  refused: reserved for others (OCPI 2.3.0)
TENANTS
anything else      not understood, hence no stop, though not a refusal either
=================  ==========================================================================

Source: OCPI 2.2.1-d2, mod_locations, ParkingRestriction; 2.3.0 for the last named.
"""

from planner.access.ledger import Refusal, refusal
from planner.model.grade import Evidence
from planner.model.station import INDOORS, EvseFacts
from planner.model.vehicle import Vehicle

HARMLESS = frozenset({"EV_ONLY", "PLUGGED"})
"""Restrictions that a charging electric vehicle meets."""

RESERVED_FOR: dict[str, str] = {
    "DISABLED": "disabled_only",
    "CUSTOMERS": "customers_only",
    "EMPLOYEES": "parking_reserved",
    "TAXIS": "parking_reserved",
    "TENANTS": "parking_reserved",
}
"""Reason by restriction; see the table above."""

TWO_WHEELERS = frozenset({"motorbike", "motorcycle", "moped", "scooter", "bicycle"})
"""Kinds of vehicle (`Vehicle.kind`) that may use a place for two-wheelers; the first is the
catalogue's word."""

LOW_KINDS = TWO_WHEELERS | {"car", "microcar"}
"""Kinds of which none is higher than `CAR_HEIGHT_M`."""

GARAGE_CLEARANCE_M = 2.0
"""Clear height that a garage has even where its operator states none, metres.

Source: the German model garage code (Muster-Garagenverordnung, 2008), clear height of areas that
people walk in; Dutch (NEN 2443) and British practice ask for more.
"""

CAR_HEIGHT_M = 2.0
"""No car or motorbike is higher than this; stands for one whose height is not given, metres."""


def reserved_place(facts: EvseFacts, vehicle_kind: str) -> tuple[str, Evidence] | None:
    """Return the reason and fact that keep this vehicle or driver out, None if none does."""
    two_wheeler = vehicle_kind.lower() in TWO_WHEELERS
    if not two_wheeler and facts.two_wheelers_only:
        return "vehicle_class", fact("two_wheelers_only", "true")
    if not two_wheeler and "MOTORCYCLES" in facts.parking_restrictions:
        return "vehicle_class", fact("parking_restrictions", "MOTORCYCLES")
    if facts.accessible_only:
        return "disabled_only", fact("accessible_only", "true")
    for restriction in facts.parking_restrictions:
        if restriction in RESERVED_FOR:
            return RESERVED_FOR[restriction], fact("parking_restrictions", restriction)
    return None


def parking_refusal(facts: EvseFacts, vehicle: Vehicle, parking_type: str | None) -> Refusal | None:
    """Return why the vehicle cannot count on parking there, for what is no matter of access.

    ``parking_type`` is the station's (OCPI), None where it is not asked about.
    """
    height_m = vehicle.height_m
    if height_m is None and vehicle.kind.lower() in LOW_KINDS:
        height_m = CAR_HEIGHT_M
    limit_m = facts.max_height_m
    if limit_m is not None and vehicle.height_m is None and (height_m or limit_m + 1) > limit_m:
        return refusal("clearance_unknown", f"clearance {limit_m:g} m, vehicle height not given")
    if limit_m is not None and height_m is not None and height_m > limit_m:
        return refusal("too_low", f"clearance {limit_m:g} m, vehicle {height_m:g} m")
    if limit_m is None and parking_type in INDOORS and is_tall(vehicle):
        return refusal("clearance_unknown", f"parking type {parking_type}, no clearance stated")
    known = HARMLESS | RESERVED_FOR.keys() | {"MOTORCYCLES"}
    strange = [word for word in facts.parking_restrictions if word not in known]
    return refusal("parking_unknown", f"parking_restrictions = {strange[0]}") if strange else None


def is_tall(vehicle: Vehicle) -> bool:
    """Whether the vehicle may not fit into any garage: higher than `GARAGE_CLEARANCE_M`."""
    if vehicle.height_m is None:
        return vehicle.kind.lower() not in LOW_KINDS
    return vehicle.height_m > GARAGE_CLEARANCE_M


def fact(field: str, value: str) -> Evidence:
    """State what the station's own data says; its source and date are filled in at the EVSE."""
    return Evidence(FROM_STATION, field, value, None)


FROM_STATION = "station"
"""Stands for the feed and date of the station itself, which the distinct facts do not carry."""

FROM_FEED = "feed"
"""Stands for the feed's last successful pull, whose date changes without changing a verdict."""
