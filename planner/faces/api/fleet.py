"""The fleet's own records: vehicles, drivers, policies; their ids are the operator's."""

from typing import Any

from flask import Response

from planner.errors import NotFound
from planner.faces.api.doors import Answer, Door, json_answer, office
from planner.faces.api.trip_answers import Said
from planner.faces.records import (
    DriverRequest,
    PolicyRequest,
    VehicleRecordRequest,
    keep_driver,
    keep_policy,
    keep_vehicle,
    remove_rules,
)
from planner.formats.fleet_json import driver_to_json, policy_to_json, vehicle_record_to_json
from planner.model.fleet import FleetVehicle

door = Door("fleet", "Fleet")


class StateAnswer(Said):
    """Where a vehicle last was."""

    location: list[float]
    soc: float
    at: str
    plan_id: str | None


class VehicleRecordAnswer(Said):
    """A vehicle of the fleet."""

    id: str
    name: str
    model: str
    title: str
    overrides: dict[str, Any]
    policy: str | None
    state: StateAnswer | None


class VehicleRecordsAnswer(Said):
    """Vehicles, by id."""

    vehicles: list[VehicleRecordAnswer]


class DriverAnswer(Said):
    """A driver."""

    id: str
    name: str
    vehicle: str | None
    wallet: str | None
    policy: str | None


class DriversAnswer(Said):
    """Drivers, by id."""

    drivers: list[DriverAnswer]


class PolicyAnswer(Said):
    """What an employer allows."""

    id: str
    name: str
    providers: list[str] | None
    payment_card: bool
    max_per_kwh: str | None
    currency: str
    preferred_operators: list[str]
    prefer_within_s: float
    min_grade: str | None


class PoliciesAnswer(Said):
    """Policies, by id."""

    policies: list[PolicyAnswer]


GONE = {204: Answer(says="Deleted", media=())}


@door.opens(
    "GET",
    "/v1/fleet/vehicles",
    summary="The fleet's vehicles, with where each last was",
    scope="fleet",
    answers={200: Answer(says="Vehicles, by id", model=VehicleRecordsAnswer)},
)
def vehicles() -> Response:
    """List the vehicles."""
    return json_answer({"vehicles": [_said(one) for one in office().store.fleet.vehicles()]})


@door.opens(
    "POST",
    "/v1/fleet/vehicles",
    summary="Store a vehicle, or replace the one of that id",
    scope="fleet",
    body=VehicleRecordRequest,
    answers={201: Answer(says="The vehicle as stored", model=VehicleRecordAnswer)},
)
def store_vehicle(body: VehicleRecordRequest) -> Response:
    """Store a vehicle."""
    record = keep_vehicle(office(), body)
    return json_answer(_said(record), 201, {"Location": f"/v1/fleet/vehicles/{record.id}"})


@door.opens(
    "GET",
    "/v1/fleet/vehicles/<vehicle_id>",
    summary="A vehicle of the fleet",
    scope="fleet",
    answers={200: Answer(says="The vehicle", model=VehicleRecordAnswer)},
)
def vehicle(vehicle_id: str) -> Response:
    """Show a vehicle."""
    return json_answer(_said(found_vehicle(vehicle_id)))


@door.opens(
    "DELETE",
    "/v1/fleet/vehicles/<vehicle_id>",
    summary="Delete a vehicle",
    scope="fleet",
    answers=GONE,
)
def remove_vehicle(vehicle_id: str) -> Response:
    """Delete a vehicle."""
    office().store.fleet.remove_vehicle(vehicle_id)
    return Response(status=204)


@door.opens(
    "GET",
    "/v1/fleet/drivers",
    summary="The fleet's drivers",
    scope="fleet",
    answers={200: Answer(says="Drivers, by id", model=DriversAnswer)},
)
def drivers() -> Response:
    """List the drivers."""
    return json_answer({"drivers": [driver_to_json(one) for one in office().store.fleet.drivers()]})


@door.opens(
    "POST",
    "/v1/fleet/drivers",
    summary="Store a driver, or replace the one of that id",
    scope="fleet",
    body=DriverRequest,
    answers={201: Answer(says="The driver as stored", model=DriverAnswer)},
)
def store_driver(body: DriverRequest) -> Response:
    """Store a driver."""
    kept = keep_driver(office(), body)
    return json_answer(driver_to_json(kept), 201, {"Location": f"/v1/fleet/drivers/{kept.id}"})


@door.opens(
    "GET",
    "/v1/fleet/drivers/<driver_id>",
    summary="A driver of the fleet",
    scope="fleet",
    answers={200: Answer(says="The driver", model=DriverAnswer)},
)
def driver(driver_id: str) -> Response:
    """Show a driver."""
    found = office().store.fleet.driver(driver_id)
    if found is None:
        raise NotFound("the fleet has no driver of that id", place=driver_id)
    return json_answer(driver_to_json(found))


@door.opens(
    "DELETE",
    "/v1/fleet/drivers/<driver_id>",
    summary="Delete a driver",
    scope="fleet",
    answers=GONE,
)
def remove_driver(driver_id: str) -> Response:
    """Delete a driver."""
    office().store.fleet.remove_driver(driver_id)
    return Response(status=204)


@door.opens(
    "GET",
    "/v1/fleet/policies",
    summary="What employers allow their drivers",
    scope="fleet",
    answers={200: Answer(says="Policies, by id", model=PoliciesAnswer)},
)
def policies() -> Response:
    """List the policies."""
    return json_answer(
        {"policies": [policy_to_json(one) for one in office().store.fleet.policies()]}
    )


@door.opens(
    "POST",
    "/v1/fleet/policies",
    summary="Store a policy, or replace the one of that id",
    scope="fleet",
    body=PolicyRequest,
    answers={201: Answer(says="The policy as stored", model=PolicyAnswer)},
)
def store_policy(body: PolicyRequest) -> Response:
    """Store a policy."""
    kept = keep_policy(office(), body)
    return json_answer(policy_to_json(kept), 201, {"Location": f"/v1/fleet/policies/{kept.id}"})


@door.opens(
    "GET",
    "/v1/fleet/policies/<policy_id>",
    summary="What an employer allows",
    scope="fleet",
    answers={200: Answer(says="The policy", model=PolicyAnswer)},
)
def policy(policy_id: str) -> Response:
    """Show a policy."""
    found = office().store.fleet.policy(policy_id)
    if found is None:
        raise NotFound("the fleet has no policy of that id", place=policy_id)
    return json_answer(policy_to_json(found))


@door.opens(
    "DELETE",
    "/v1/fleet/policies/<policy_id>",
    summary="Delete a policy that nobody is under",
    scope="fleet",
    answers=GONE,
)
def remove_policy(policy_id: str) -> Response:
    """Delete a policy; one that binds somebody stays, so that nobody is freed by a slip."""
    remove_rules(office(), policy_id)
    return Response(status=204)


def found_vehicle(vehicle_id: str) -> FleetVehicle:
    """Return a vehicle of the fleet; NotFound if there is none of that id."""
    found = office().store.fleet.vehicle(vehicle_id)
    if found is None:
        raise NotFound("the fleet has no vehicle of that id", place=vehicle_id)
    return found


def _said(record: FleetVehicle) -> dict[str, Any]:
    used = office()
    model = used.catalogue.by_id.get(record.model)
    title = "" if model is None else model.title
    return vehicle_record_to_json(record, title, used.store.fleet.state(record.id))
