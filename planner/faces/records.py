"""The fleet's own records as they are asked for, checked and kept: by the API, or out of a file."""

from typing import Annotated, Any

from pydantic import Field

from planner.errors import Fault, InputError, NotFound, UnknownWallet
from planner.faces.crew import vehicle_of_record
from planner.faces.faults import read_model
from planner.faces.fields import Amount, Body, Flag, Number, Text
from planner.faces.office import Office
from planner.faces.requests import GradeWord
from planner.model.fleet import PREFER_WITHIN_S, Driver, FleetVehicle, Policy
from planner.model.grade import Grade

OwnId = Annotated[
    str, Field(strict=True, min_length=1, max_length=100, pattern=r"^[A-Za-z0-9._-]+$")
]
Party = Annotated[str, Field(strict=True, pattern=r"^[A-Z]{2}\*[A-Z0-9]{3}$")]


class VehicleRecordRequest(Body):
    """A vehicle to store, or to replace the one of that id."""

    id: OwnId
    model: Annotated[Text, Field(min_length=1, description="Id in the catalogue")]
    name: Text = ""
    overrides: dict[str, Any] = Field(
        default_factory=dict, description="Fields of the catalogue's schema that differ in this one"
    )
    policy: OwnId | None = None


class DriverRequest(Body):
    """A driver to store; vehicle and wallet stand where a mission names none."""

    id: OwnId
    name: Text = ""
    vehicle: OwnId | None = None
    wallet: OwnId | None = None
    policy: OwnId | None = None


class PolicyRequest(Body):
    """What an employer allows; what is left out is not restricted."""

    id: OwnId
    name: Text = ""
    providers: Annotated[list[Party], Field(max_length=1000)] | None = Field(
        default=None, description="CC*PPP of those whose tokens may be used"
    )
    payment_card: Flag = True
    max_per_kwh: Annotated[Amount, Field(gt=0, le=1000)] | None = None
    currency: Annotated[str, Field(strict=True, pattern=r"^[A-Z]{3}$")] = "EUR"
    preferred_operators: Annotated[
        list[Annotated[Text, Field(min_length=1)]], Field(max_length=1000)
    ] = Field(default_factory=list, description="By CC*PPP or by name")
    prefer_within_s: Annotated[Number, Field(ge=0, le=86_400)] = PREFER_WITHIN_S
    min_grade: GradeWord | None = None


def keep_vehicle(used: Office, body: VehicleRecordRequest) -> FleetVehicle:
    """Store a vehicle; InputError if its model, an override or its policy is none."""
    record = FleetVehicle(
        id=body.id,
        model=body.model,
        name=body.name,
        overrides=body.overrides,
        policy=body.policy or "",
    )
    vehicle_of_record(record, used.catalogue)
    _demand_policy(used, record.policy)
    used.store.fleet.save_vehicle(record)
    return record


def keep_driver(used: Office, body: DriverRequest) -> Driver:
    """Store a driver; InputError if vehicle, wallet or policy is none."""
    if body.vehicle and used.store.fleet.vehicle(body.vehicle) is None:
        raise InputError("the fleet has no vehicle of that id", place="/vehicle")
    if body.wallet:
        try:
            used.wallet(body.wallet)
        except UnknownWallet as error:
            raise UnknownWallet("there is no wallet of that id", place="/wallet") from error
    _demand_policy(used, body.policy or "")
    driver = Driver(
        id=body.id,
        name=body.name,
        vehicle=body.vehicle or "",
        wallet=body.wallet or "",
        policy=body.policy or "",
    )
    used.store.fleet.save_driver(driver)
    return driver


def keep_policy(used: Office, body: PolicyRequest) -> Policy:
    """Store a policy."""
    policy = Policy(
        id=body.id,
        name=body.name,
        providers=None if body.providers is None else tuple(dict.fromkeys(body.providers)),
        payment_card=body.payment_card,
        max_per_kwh=body.max_per_kwh,
        currency=body.currency,
        preferred_operators=tuple(dict.fromkeys(body.preferred_operators)),
        prefer_within_s=body.prefer_within_s,
        min_grade=None if body.min_grade is None else Grade.read(body.min_grade),
    )
    used.store.fleet.save_policy(policy)
    return policy


def remove_rules(used: Office, policy_id: str) -> None:
    """Delete a policy; one that binds somebody stays, so that nobody is freed by a slip."""
    fleet = used.store.fleet
    if fleet.policy(policy_id) is None:
        raise NotFound("the fleet has no policy of that id", place=policy_id)
    bound = [one.id for one in fleet.vehicles() if one.policy == policy_id]
    bound += [one.id for one in fleet.drivers() if one.policy == policy_id]
    if bound:
        raise InputError(
            f"binds {', '.join(bound[:5])}", place=policy_id, remedy="Free them of it first"
        )
    fleet.remove_policy(policy_id)


def keep_document(used: Office, document: Any) -> tuple[dict[str, int], list[Fault]]:
    """Store the records of a file: ``policies``, ``vehicles`` and ``drivers``, each a list.

    Returns how many were stored of each, and the faults of those that were not, with their places.
    """
    if not isinstance(document, dict) or not set(document) <= set(_KINDS):
        raise InputError(f"should be an object with {', '.join(_KINDS)}", place="/")
    counts: dict[str, int] = {}
    faults: list[Fault] = []
    for kind, keep in _KINDS.items():  # policies first: others name them
        rows = document.get(kind, [])
        if not isinstance(rows, list):
            raise InputError("should be a list", place=f"/{kind}")
        for number, row in enumerate(rows):
            try:
                keep(used, row)
            except InputError as error:
                place = f"/{kind}/{number}"
                faults += [Fault(place + f.place, f.detail, f.remedy) for f in error.faults]
            else:
                counts[kind] = counts.get(kind, 0) + 1
    return counts, faults


def _policy(used: Office, row: Any) -> None:
    keep_policy(used, read_model(PolicyRequest, row))


def _vehicle(used: Office, row: Any) -> None:
    keep_vehicle(used, read_model(VehicleRecordRequest, row))


def _driver(used: Office, row: Any) -> None:
    keep_driver(used, read_model(DriverRequest, row))


_KINDS = {"policies": _policy, "vehicles": _vehicle, "drivers": _driver}


def _demand_policy(used: Office, name: str) -> None:
    if name and used.store.fleet.policy(name) is None:
        raise InputError("there is no policy of that id", place="/policy")
