"""A mission as JSON and back, whole but for the uids of its tokens."""

from decimal import Decimal
from typing import Any

from planner.energy.catalogue import vehicle_from_dict, vehicle_to_dict
from planner.errors import InputError
from planner.formats.fleet_json import (
    holds_from_json,
    holds_to_json,
    mission_policy_to_json,
    policy_from_json,
)
from planner.formats.pointers import Node
from planner.formats.sealed import SealedToken
from planner.formats.stamps import stamp
from planner.model.fleet import PowerShare
from planner.model.grade import Grade
from planner.model.mission import AVOIDABLE, Guarantee, Mission, Objective, Waypoint
from planner.model.token import Token, TokenType, Wallet
from planner.model.vehicle import Conditions, Vehicle


def _number(value: float) -> float:
    return round(value, 9)


def mission_to_json(mission: Mission) -> dict[str, Any]:
    """Write a mission; tokens appear masked, with their digest."""
    start = mission.waypoints[0].location
    return {
        "mission_id": mission.id,
        "stops": [_waypoint_to_json(waypoint) for waypoint in mission.waypoints],
        "departure": stamp(mission.departure, start),
        "now": stamp(mission.now),
        "vehicle": vehicle_to_dict(mission.vehicle),
        "soc": _number(mission.soc),
        "wallet": wallet_to_json(mission.wallet),
        "reserve_soc": _number(mission.reserve_soc),
        "arrival_soc": _number(mission.arrival_soc),
        "guarantee": {
            "min_grade": mission.guarantee.min_grade.word,
            "fallbacks": mission.guarantee.fallbacks,
            "windows": mission.guarantee.windows,
        },
        "objective": {
            "value_of_time": str(mission.objective.value_of_time),
            "currency": mission.objective.currency,
            "preset": mission.objective.preset,
        },
        "conditions": {
            "temperature_c": mission.conditions.temperature_c,
            "headwind_m_s": mission.conditions.headwind_m_s,
            "payload_kg": mission.conditions.payload_kg,
            "speed_cap_kmh": mission.conditions.speed_cap_kmh,
        },
        "avoid": list(mission.avoid),
        "speed_caps_kmh": list(mission.speed_caps_kmh),
        "exclude_stations": list(mission.exclude_stations),
        "alternatives": mission.alternatives,
        "assumed": list(mission.assumed),
        "policy": None if mission.policy is None else mission_policy_to_json(mission.policy),
        "taken": holds_to_json(mission.taken),
        "shares": [
            {"station_id": share.station_id, "power_kw": share.power_kw} for share in mission.shares
        ],
        "vehicle_id": mission.vehicle_id,
        "driver": mission.driver,
    }


def mission_from_json(node: Node) -> Mission:
    """Read what `mission_to_json` wrote; InputError names the place of a fault."""
    return Mission(
        id=node.given("mission_id", Node.text, ""),
        waypoints=_waypoints(node.at("stops")),
        departure=node.at("departure").moment(),
        now=node.at("now").moment(),
        vehicle=_vehicle(node.at("vehicle")),
        soc=node.at("soc").number(),
        wallet=wallet_from_json(node.at("wallet")),
        reserve_soc=node.at("reserve_soc").number(),
        arrival_soc=node.at("arrival_soc").number(),
        guarantee=Guarantee(
            min_grade=node.at("guarantee").at("min_grade").read(Grade.read),
            fallbacks=node.at("guarantee").at("fallbacks").whole(),
            windows=node.at("guarantee").given("windows", Node.flag, default=False),
        ),
        objective=_objective(node.at("objective")),
        conditions=_conditions(node.at("conditions")),
        avoid=_avoided(node),
        speed_caps_kmh=_caps(node),
        exclude_stations=node.given("exclude_stations", Node.texts, ()),
        alternatives=node.given("alternatives", Node.whole, 0),
        assumed=node.given("assumed", Node.texts, ()),
        policy=node.optional("policy", policy_from_json),
        taken=node.given("taken", holds_from_json, ()),
        shares=node.given("shares", _shares, ()),
        vehicle_id=node.given("vehicle_id", Node.text, ""),
        driver=node.given("driver", Node.text, ""),
    )


def _shares(node: Node) -> tuple[PowerShare, ...]:
    return tuple(
        PowerShare(station_id=item.at("station_id").text(), power_kw=item.at("power_kw").number())
        for item in node.items()
    )


def _waypoint_to_json(waypoint: Waypoint) -> dict[str, Any]:
    here = waypoint.location
    said: dict[str, Any] = {
        "location": [here.lon, here.lat],
        "name": waypoint.name,
        "service_s": waypoint.service_s,
    }
    if waypoint.arrive_after is not None:
        said["arrive_after"] = stamp(waypoint.arrive_after, here)
    if waypoint.arrive_before is not None:
        said["arrive_before"] = stamp(waypoint.arrive_before, here)
    return said


def _waypoints(node: Node) -> tuple[Waypoint, ...]:
    read = tuple(
        Waypoint(
            location=item.at("location").point(),
            name=item.given("name", Node.text, ""),
            service_s=item.given("service_s", Node.number, 0.0),
            arrive_after=item.optional("arrive_after", Node.moment),
            arrive_before=item.optional("arrive_before", Node.moment),
        )
        for item in node.items()
    )
    if len(read) < 2:  # noqa: PLR2004 -- a trip has a start and an end
        node.fail("should hold at least two places")
    return read


def _vehicle(node: Node) -> Vehicle:
    if not isinstance(node.value, dict):
        node.fail("should be an object")
    try:
        return vehicle_from_dict(node.value)
    except InputError as error:
        raise InputError(str(error), place=node.pointer) from error
    except (KeyError, TypeError, ValueError) as error:
        node.fail(f"is no full description of a vehicle: {error}")


def _objective(node: Node) -> Objective:
    return Objective(
        value_of_time=node.at("value_of_time").read(Decimal),
        currency=node.at("currency").text(),
        preset=node.given("preset", Node.text, ""),
    )


def _avoided(node: Node) -> tuple[str, ...]:
    nothing: tuple[str, ...] = ()
    given = node.given("avoid", Node.texts, nothing)
    strange = [kind for kind in given if kind not in AVOIDABLE]
    if strange:
        node.at("avoid").fail(f"holds {strange[0]!r}; known are {', '.join(AVOIDABLE)}")
    return tuple(sorted(set(given)))


def _caps(node: Node) -> tuple[float, ...]:
    if "speed_caps_kmh" not in node.value:
        return ()
    return tuple(item.number() for item in node.at("speed_caps_kmh").items())


def _conditions(node: Node) -> Conditions:
    return Conditions(
        temperature_c=node.at("temperature_c").number(),
        headwind_m_s=node.at("headwind_m_s").number(),
        payload_kg=node.at("payload_kg").number(),
        speed_cap_kmh=node.optional("speed_cap_kmh", Node.number),
    )


def wallet_to_json(wallet: Wallet) -> dict[str, Any]:
    """Write a wallet with masked uids: what its owner may see again."""
    return {
        "id": wallet.id,
        "name": wallet.name,
        "payment_card": wallet.payment_card,
        "tokens": [token_to_json(token) for token in wallet.tokens],
    }


def token_to_json(token: Token) -> dict[str, Any]:
    """Write a token: its masked uid and public name, and all that access rules read of it."""
    return {
        "uid": token.masked,
        "digest": token.public_name,
        "type": token.type.value,
        "contract_id": token.contract_id,
        "provider": token.provider,
        "label": token.label,
        "group_id": token.group_id,
        "issuer": token.issuer,
        "visual_number": token.visual_number,
        "valid": token.valid,
        "expires": None if token.expires is None else stamp(token.expires),
    }


def wallet_from_json(node: Node) -> Wallet:
    """Read what `wallet_to_json` wrote; its tokens are sealed."""
    return Wallet(
        id=node.given("id", Node.text, ""),
        name=node.given("name", Node.text, ""),
        payment_card=node.given("payment_card", Node.flag, default=False),
        tokens=tuple(_token(item) for item in node.at("tokens").items()),
    )


def _token(node: Node) -> SealedToken:
    return SealedToken(
        uid="",
        sealed_mask=node.at("uid").text(),
        sealed_digest=node.at("digest").text(),
        type=node.at("type").read(TokenType),
        contract_id=node.given("contract_id", Node.text, ""),
        provider=node.given("provider", Node.text, ""),
        label=node.given("label", Node.text, ""),
        group_id=node.given("group_id", Node.text, ""),
        issuer=node.given("issuer", Node.text, ""),
        visual_number=node.given("visual_number", Node.text, ""),
        valid=node.given("valid", Node.flag, default=True),
        expires=node.optional("expires", Node.moment),
    )
