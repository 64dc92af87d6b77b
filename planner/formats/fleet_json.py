"""A fleet's records as JSON: in missions, from where they are read back, and in the API."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from planner.formats.pointers import Node
from planner.formats.stamps import stamp
from planner.model.fleet import Driver, FleetVehicle, Hold, Policy, VehicleState
from planner.model.grade import Grade


def policy_to_json(policy: Policy) -> dict[str, Any]:
    """Write a policy."""
    most, grade = policy.max_per_kwh, policy.min_grade
    return {
        "id": policy.id,
        "name": policy.name,
        "providers": None if policy.providers is None else list(policy.providers),
        "payment_card": policy.payment_card,
        "max_per_kwh": None if most is None else str(most),
        "currency": policy.currency,
        "preferred_operators": list(policy.preferred_operators),
        "prefer_within_s": policy.prefer_within_s,
        "min_grade": None if grade is None else grade.word,
    }


def policy_from_json(node: Node) -> Policy:
    """Read the policy of a mission; InputError names the place of a fault."""
    return Policy(
        id=node.at("id").text(),
        name=node.given("name", Node.text, ""),
        providers=node.optional("providers", Node.texts),
        payment_card=node.given("payment_card", Node.flag, default=True),
        max_per_kwh=node.optional("max_per_kwh", _amount),
        currency=node.at("currency").text(),
        preferred_operators=node.given("preferred_operators", Node.texts, ()),
        prefer_within_s=node.at("prefer_within_s").number(),
        min_grade=node.optional("min_grade", lambda grade: grade.read(Grade.read)),
        only_preferred=node.given("only_preferred", Node.flag, default=False),
    )


def mission_policy_to_json(policy: Policy) -> dict[str, Any]:
    """Write the policy that a plan was made under."""
    return {**policy_to_json(policy), "only_preferred": policy.only_preferred}


def _amount(node: Node) -> Decimal:
    amount = node.read(Decimal)
    if not amount.is_finite():
        node.fail("should be finite")
    return amount


def holds_to_json(holds: Iterable[Hold]) -> list[dict[str, Any]]:
    """Write what other vehicles of the fleet count on."""
    return [
        {
            "station_id": hold.station_id,
            "evse_uid": hold.evse_uid,
            "begins": stamp(hold.begins),
            "ends": stamp(hold.ends),
            "use": hold.use,
            "power_kw": round(hold.power_kw, 3),
            "post": hold.post,
        }
        for hold in holds
    ]


def holds_from_json(node: Node) -> tuple[Hold, ...]:
    """Read what `holds_to_json` wrote."""
    return tuple(_hold(item) for item in node.items())


def _hold(node: Node) -> Hold:
    use = node.at("use").text()
    if use not in ("stop", "fallback"):
        node.at("use").fail("should be stop or fallback")
    return Hold(
        station_id=node.at("station_id").text(),
        evse_uid=node.at("evse_uid").text(),
        begins=node.at("begins").moment(),
        ends=node.at("ends").moment(),
        use="stop" if use == "stop" else "fallback",
        power_kw=node.at("power_kw").number(),
        post=node.given("post", Node.text, ""),
    )


def vehicle_record_to_json(
    vehicle: FleetVehicle, title: str, state: VehicleState | None
) -> dict[str, Any]:
    """Write a vehicle of the fleet, what its model is called, and where it last was."""
    return {
        "id": vehicle.id,
        "name": vehicle.name,
        "model": vehicle.model,
        "title": title,
        "overrides": vehicle.overrides,
        "policy": vehicle.policy or None,
        "state": None if state is None else state_to_json(state),
    }


def state_to_json(state: VehicleState) -> dict[str, Any]:
    """Write where a vehicle was."""
    return {
        "location": list(state.location),
        "soc": state.soc,
        "at": stamp(state.at, state.location),
        "plan_id": state.plan_id or None,
    }


def driver_to_json(driver: Driver) -> dict[str, Any]:
    """Write a driver."""
    return {
        "id": driver.id,
        "name": driver.name,
        "vehicle": driver.vehicle or None,
        "wallet": driver.wallet or None,
        "policy": driver.policy or None,
    }
