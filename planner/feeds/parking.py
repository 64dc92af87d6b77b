"""Who may stand at an EVSE: restrictions (all versions) and parking places (OCPI 2.3.0)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from planner.feeds.fields import flag, number, objects, text, words

_CARS = frozenset({"PERSONAL_VEHICLE", "PERSONAL_VEHICLE_WITH_TRAILER", "VAN"})
"""Vehicle types that our vehicles are. Source: OCPI 2.3.0, VehicleType."""

_AS_RESTRICTION = {"MOTORCYCLE": "MOTORCYCLES", "DISABLED": "DISABLED"}
"""The older ParkingRestriction that says the same as a place for this VehicleType only."""

_CM_PER_M = 100.0


@dataclass(frozen=True, slots=True)
class Parking:
    """The parking places of a Location by id, and what holds for all of it."""

    places: Mapping[str, Mapping[str, Any]]
    reserved_for: str
    max_height_m: float | None

    def restrictions(self, evse: Mapping[str, Any]) -> tuple[str, ...]:
        """Give the restrictions of an EVSE, those of its parking places among them."""
        told = set(words(evse.get("parking_restrictions")))
        places = _places_of(evse, self.places)
        if places:
            told |= set.intersection(*(_restrictions(place) for place in places))
        return tuple(sorted(told))


def read_parking(raw: Mapping[str, Any]) -> Parking:
    """Read the parking places of a Location; before OCPI 2.3.0 there are none.

    The clearance is the least that any place states: one does not choose the place beforehand.
    """
    places = {text(place.get("id")): place for place in objects(raw.get("parking_places"))}
    heights = [number(place.get("max_vehicle_height")) for place in places.values()]
    stated = [height for height in heights if height is not None and height > 0]
    return Parking(
        places=places,
        reserved_for=_reserved_for(raw, places),
        max_height_m=min(stated) / _CM_PER_M if stated else None,
    )


def _reserved_for(raw: Mapping[str, Any], places: Mapping[str, Mapping[str, Any]]) -> str:
    """Say why no car may come unasked, if that is so at any of the EVSEs."""
    for evse in objects(raw.get("evses")):
        of_evse = _places_of(evse, places)
        if not of_evse:
            continue
        if all(flag(place.get("reservation_required")) for place in of_evse):
            return "a reservation is required"
        types = [set(words(place.get("vehicle_types"))) for place in of_evse]
        if all(flag(place.get("restricted_to_type")) for place in of_evse) and not any(
            kinds & (_CARS | set(_AS_RESTRICTION)) for kinds in types
        ):
            return "vehicles of type " + ", ".join(sorted(set.union(*types)))
    return ""


def _places_of(
    evse: Mapping[str, Any], places: Mapping[str, Mapping[str, Any]]
) -> list[Mapping[str, Any]]:
    named = [text(entry.get("parking_id")) for entry in objects(evse.get("parking"))]
    return [places[name] for name in named if name in places]


def _restrictions(place: Mapping[str, Any]) -> set[str]:
    kinds = set(words(place.get("vehicle_types")))
    if not flag(place.get("restricted_to_type")) or kinds & _CARS:
        return set()
    return {_AS_RESTRICTION[kind] for kind in kinds if kind in _AS_RESTRICTION}
