"""Who drives what by whose rules: the fleet's own records behind a mission's references."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from planner.energy.catalogue import find_vehicle, vehicle_from_dict, vehicle_to_dict
from planner.errors import InputError
from planner.model.fleet import Driver, FleetVehicle, Policy
from planner.model.vehicle import Catalogue, Vehicle


@dataclass(frozen=True, slots=True, kw_only=True)
class Garage:
    """The fleet's records by id; each is None where there is none.

    ``has_drivers`` says whether any driver is stored: where none is, a mission's driver is a name
    and no more.
    """

    vehicle: Callable[[str], FleetVehicle | None]
    driver: Callable[[str], Driver | None]
    policy: Callable[[str], Policy | None]
    has_drivers: Callable[[], bool]


def _nothing(_name: str) -> None:
    return None


NO_FLEET = Garage(vehicle=_nothing, driver=_nothing, policy=_nothing, has_drivers=lambda: False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Crew:
    """What the references of a mission mean; ``wallet`` is the id of the driver's, or empty."""

    driver: str = ""
    vehicle: FleetVehicle | None = None
    wallet: str = ""
    policy: Policy | None = None


def crew_of(garage: Garage, *, driver: str, vehicle: str, is_described: bool) -> Crew:
    """Find a mission's driver and vehicle; what it does not name is the driver's default.

    Parameters
    ----------
    vehicle : str
        An id of the fleet's or of the catalogue's, the fleet's first; empty where none was named.
    is_described : bool
        The mission describes a vehicle in full: then nothing stands for it.

    Raises
    ------
    InputError
        The driver is unknown to a fleet that knows drivers, or a record names what is gone.
    """
    found = garage.driver(driver) if driver else None
    if driver and found is None and garage.has_drivers():
        raise InputError(
            f"there is no driver {driver!r}", place="/driver", remedy="Store the driver first"
        )
    named = vehicle or ("" if is_described or found is None else found.vehicle)
    record = garage.vehicle(named) if named and not is_described else None
    if record is None and named and not vehicle:
        raise InputError(f"the vehicle of driver {driver!r} is gone: {named!r}", place="/driver")
    rules = (found.policy if found else "", record.policy if record else "")
    policies = [_policy(garage, name) for name in dict.fromkeys(rules) if name]
    return Crew(
        driver=driver,
        vehicle=record,
        wallet=found.wallet if found else "",
        policy=joined(policies),
    )


def _policy(garage: Garage, name: str) -> Policy:
    found = garage.policy(name)
    if found is None:  # planning by no rules, because a rule is gone, is not what was meant
        raise InputError(f"the policy {name!r} is gone", place="/driver", remedy="Store it again")
    return found


def joined(policies: list[Policy]) -> Policy | None:
    """Return the rules that keep all of some policies; None for none.

    Raises
    ------
    InputError
        Their ceilings are in different currencies.
    """
    if not policies:
        return None
    first, *others = policies
    for other in others:
        first = _both(first, other)
    return first


def _both(one: Policy, other: Policy) -> Policy:
    ceilings = [p for p in (one, other) if p.max_per_kwh is not None]
    if len({p.currency for p in ceilings}) > 1:
        raise InputError(
            f"the policies {one.id!r} and {other.id!r} set ceilings in different currencies",
            place="/driver",
        )
    grades = [p.min_grade for p in (one, other) if p.min_grade is not None]
    lists = [p.providers for p in (one, other) if p.providers is not None]
    allowed = tuple(p for p in lists[0] if all(p in each for each in lists)) if lists else None
    lowest = min((p.max_per_kwh for p in ceilings if p.max_per_kwh is not None), default=None)
    return Policy(
        id=f"{one.id}+{other.id}",
        name=" and ".join(name for name in (one.name, other.name) if name),
        providers=allowed,
        payment_card=one.payment_card and other.payment_card,
        max_per_kwh=lowest,
        currency=ceilings[0].currency if ceilings else one.currency,
        preferred_operators=tuple(
            dict.fromkeys((*one.preferred_operators, *other.preferred_operators))
        ),
        prefer_within_s=min(one.prefer_within_s, other.prefer_within_s),
        min_grade=max(grades, default=None),
    )


def vehicle_of_record(record: FleetVehicle, catalogue: Catalogue) -> Vehicle:
    """Make the vehicle that a record means: its model, with what is different about it.

    Vehicles alike have one id, that of the model where nothing differs, so that what is learnt
    of the roads for one serves all.

    Raises
    ------
    InputError
        The model is unknown, or an override is wrong; places are pointers into the record.
    """
    try:
        model = find_vehicle(catalogue, record.model)
    except InputError as error:
        raise type(error)(
            error.faults[0].detail, place="/model", remedy=error.faults[0].remedy
        ) from error
    if not record.overrides:
        return model
    own = {**vehicle_to_dict(model), **record.overrides}
    if "road_load" in record.overrides:
        for name in ("drag_area_m2", "rolling_coefficient"):
            own.pop(name, None)
    own["id"] = f"{model.id}+{_fingerprint(record.overrides)}"
    return vehicle_from_dict(own, place="/overrides")


def _fingerprint(overrides: dict[str, Any]) -> str:
    text = json.dumps(overrides, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:8]
