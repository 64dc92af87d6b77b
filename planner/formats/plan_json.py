"""A plan in the contract's names: the one shape that the API, the command line and files share.

Times carry the offset of the place where they happen, energies are kWh, charge 0 to 1.
`planner.formats.plan_reading` reads it back.
"""

from typing import Any

import numpy as np

from planner.formats.choices_json import choice_to_json, difference_to_json
from planner.formats.mission_json import mission_to_json
from planner.formats.money_json import money_to_json
from planner.formats.stamps import stamp
from planner.formats.station_json import station_to_json
from planner.model.geo import LonLat
from planner.model.grade import Verdict
from planner.model.plan import (
    ChargingStop,
    Claim,
    Fallback,
    Infeasible,
    Leg,
    Outcome,
    Plan,
    Rejected,
    Summary,
    WorldNames,
)
from planner.model.token import Token, Wallet
from planner.roads.graph import RoadGraph

PROBLEM = "urn:plugsure:problem:"
"""What the ``type`` of every problem begins with (RFC 9457)."""


def outcome_to_json(outcome: Outcome, region: RoadGraph) -> dict[str, Any]:
    """Write a Plan or an Infeasible."""
    if isinstance(outcome, Plan):
        return plan_to_json(outcome, region)
    return infeasible_to_json(outcome)


def plan_to_json(plan: Plan, region: RoadGraph) -> dict[str, Any]:
    """Write a plan; the lines of its legs come from the region's roads."""
    wallet = plan.mission.wallet
    return {
        "id": plan.id,
        "created": stamp(plan.created),
        "world": _world(plan.world),
        "valid_until": stamp(plan.valid_until),
        "promise": plan.promise,
        "summary": _summary(plan),
        "legs": [leg_to_json(leg, region) for leg in plan.legs],
        "charging_stops": [stop_to_json(stop, wallet, region) for stop in plan.charging_stops],
        "rejected": _rejected(plan.rejected),
        "alternatives": [plan_to_json(other, region) for other in plan.alternatives],
        "differs": None if plan.differs is None else difference_to_json(plan.differs),
        "choices": [choice_to_json(choice) for choice in plan.choices],
        "warnings": list(plan.warnings),
        "mission": mission_to_json(plan.mission),
    }


def infeasible_to_json(answer: Infeasible) -> dict[str, Any]:
    """Write why there is no plan, as a problem document (RFC 9457)."""
    start = answer.mission.waypoints[0].location
    furthest = answer.furthest
    return {
        "type": PROBLEM + answer.reason.replace("_", "-"),
        "title": answer.title,
        "status": 422,
        "reason": answer.reason,
        "id": answer.id,
        "created": stamp(answer.created),
        "world": _world(answer.world),
        "furthest": None
        if furthest is None
        else {
            "location": _point(furthest.location),
            "name": furthest.name,
            "distance_m": _number(furthest.distance_m),
            "remaining_s": _number(furthest.remaining_s),
        },
        "rejected": _rejected(answer.rejected),
        "relaxations": [
            {
                "change": relaxation.change,
                "value": relaxation.value,
                "says": relaxation.says,
                "arrival": None if relaxation.arrival is None else stamp(relaxation.arrival, start),
            }
            for relaxation in answer.relaxations
        ],
        "untried": list(answer.untried),
        "warnings": list(answer.warnings),
        "mission": mission_to_json(answer.mission),
    }


def claims_to_json(claims: list[Claim]) -> list[dict[str, str]]:
    """Write the claims that a check found broken."""
    return [{"kind": c.kind, "where": c.where, "detail": c.detail} for c in claims]


def _number(value: float) -> float:
    return round(float(value), 9)


def _point(place: LonLat) -> list[float]:
    return [place.lon, place.lat]


def _world(names: WorldNames) -> dict[str, Any]:
    return {
        "hash": names.hash,
        "region": names.region,
        "region_hash": names.region_hash,
        "region_as_of": names.region_as_of,
        "feeds": names.feeds,
        "feeds_as_of": None if names.feeds_as_of is None else stamp(names.feeds_as_of),
        "agreements": names.agreements,
        "closures": names.closures,
        "attribution": list(names.attribution),
    }


def _summary(plan: Plan) -> dict[str, Any]:
    summary: Summary = plan.summary
    priced = [money_to_json(money) for money in summary.costs]
    waypoints = plan.mission.waypoints
    return {
        "departure": stamp(summary.departure, waypoints[0].location),
        "arrival": stamp(summary.arrival, waypoints[-1].location),
        "driving_s": _number(summary.driving_s),
        "charging_s": _number(summary.charging_s),
        "distance_m": _number(summary.distance_m),
        "energy_kwh": _number(summary.energy_kwh),
        "energy_mean_kwh": _number(summary.energy_mean_kwh),
        "cost": None if summary.unpriced_stops else priced,
        "cost_of_priced_stops": priced,
        "unpriced_stops": summary.unpriced_stops,
        "charging_stops": summary.charging_stops,
        "gap": None if summary.gap is None else _number(summary.gap),
        "guarantee": {
            "min_grade": None if summary.min_grade is None else summary.min_grade.word,
            "order": summary.order,
            "p_all_fail": None if summary.p_all_fail is None else _number(summary.p_all_fail),
            "common_causes": list(summary.common_causes),
        },
    }


def line_of(leg: Leg, region: RoadGraph) -> list[list[float]]:
    """Return the leg's line from its start to its end: at least two ``[lon, lat]``."""
    middle = region.path_geometry(leg.path) if leg.path else np.empty((0, 2))
    ends = [[round(place.lon, 6), round(place.lat, 6)] for place in (leg.start, leg.end)]
    points = np.concatenate((ends[:1], middle.round(6), ends[1:]))
    moves = np.append(True, (points[1:] != points[:-1]).any(axis=1))
    line: list[list[float]] = points[moves].tolist()
    return line if len(line) > 1 else [line[0], line[0]]


def _roads(leg: Leg, region: RoadGraph) -> list[dict[str, Any]]:
    """Return the roads of a drive in order, without the way from and to the road network."""
    return [
        {"name": road.name, "ref": road.ref, "distance_m": _number(road.distance_m)}
        for road in region.roads_along(leg.path)
    ]


def leg_to_json(leg: Leg, region: RoadGraph) -> dict[str, Any]:
    """Write a drive, with its roads by name, its line and the region's edge ids."""
    return {
        "from": {"name": leg.start_name, "location": _point(leg.start), "node": leg.start_node},
        "to": {"name": leg.end_name, "location": _point(leg.end), "node": leg.end_node},
        "departure": stamp(leg.departure, leg.start),
        "arrival": stamp(leg.arrival, leg.end),
        "distance_m": _number(leg.distance_m),
        "duration_s": _number(leg.duration_s),
        "energy_kwh": _number(leg.energy_kwh),
        "energy_mean_kwh": _number(leg.energy_mean_kwh),
        "soc_start": _number(leg.soc_start),
        "soc_end": _number(leg.soc_end),
        "approach_start_m": _number(leg.approach_start_m),
        "approach_end_m": _number(leg.approach_end_m),
        "roads": _roads(leg, region),
        "geometry": {"type": "LineString", "coordinates": line_of(leg, region)},
        "path": [int(edge) for edge in leg.path],
    }


def stop_to_json(stop: ChargingStop, wallet: Wallet, region: RoadGraph) -> dict[str, Any]:
    """Write a charging stop with its evidence and its fallbacks."""
    here = stop.location
    return {
        "station": station_to_json(stop),
        "evse_id": stop.evse_id,
        "evse_uid": stop.evse_uid,
        "spare_evse_ids": list(stop.spare_evse_ids),
        "connector": {
            "id": stop.connector_id,
            "standard": stop.connector_standard,
            "power_kw": _number(stop.power_kw),
        },
        "arrival": stamp(stop.arrival, here),
        "departure": stamp(stop.departure, here),
        "waiting_s": _number(stop.waiting_s),
        "overhead_s": _number(stop.overhead_s),
        "charging_s": _number(stop.charging_s),
        "soc_arrival": _number(stop.soc_arrival),
        "soc_departure": _number(stop.soc_departure),
        "floor_soc": _number(stop.floor_soc),
        "energy_kwh": _number(stop.energy_kwh),
        "cost": money_to_json(stop.cost),
        "token": _token(stop.token, wallet),
        "start": {
            "how": stop.start.how,
            "label": stop.start.label,
            "physical_reference": stop.start.physical_reference,
            "directions": stop.start.directions,
            "help_phone": stop.start.help_phone,
        },
        "decide_by": None if stop.decide_by is None else stamp(stop.decide_by, here),
        "access": _access(stop.verdict, here),
        "availability": {
            "status": stop.availability.status,
            "as_of": None
            if stop.availability.as_of is None
            else stamp(stop.availability.as_of, here),
            "probability_free": None
            if stop.availability.probability_free is None
            else _number(stop.availability.probability_free),
        },
        "fallbacks": [_fallback(fallback, wallet, region) for fallback in stop.fallbacks],
    }


def _token(index: int, wallet: Wallet) -> dict[str, Any]:
    if index < 0:
        label = "Payment card"
        return {"index": -1, "uid": None, "type": "PAYMENT_CARD", "provider": None, "label": label}
    token: Token = wallet.tokens[index]
    return {
        "index": index,
        "uid": token.masked,
        "type": token.type.value,
        "provider": token.provider,
        "label": token.label,
    }


def _access(verdict: Verdict, here: LonLat) -> dict[str, Any]:
    return {
        "grade": verdict.grade.word,
        "rule": verdict.rule,
        "evidence": evidence_to_json(verdict),
        "valid_until": None if verdict.valid_until is None else stamp(verdict.valid_until, here),
        "warnings": list(verdict.warnings),
        "shared": list(verdict.shared),
    }


def evidence_to_json(verdict: Verdict) -> list[dict[str, Any]]:
    """Write the facts behind a verdict."""
    return [
        {
            "source": fact.source,
            "field": fact.field,
            "value": fact.value,
            "as_of": None if fact.as_of is None else stamp(fact.as_of),
        }
        for fact in verdict.evidence
    ]


def _fallback(fallback: Fallback, wallet: Wallet, region: RoadGraph) -> dict[str, Any]:
    end = (fallback.onward_legs[-1] if fallback.onward_legs else fallback.leg).end
    return {
        **stop_to_json(fallback.stop, wallet, region),
        "leg": leg_to_json(fallback.leg, region),
        "onward": {
            "legs": [leg_to_json(leg, region) for leg in fallback.onward_legs],
            "charging_stops": [stop_to_json(s, wallet, region) for s in fallback.onward_stops],
        },
        "trip_arrival": stamp(fallback.arrival, end),
        "latest_arrival": stamp(fallback.latest_arrival, fallback.stop.location),
        "lateness_s": _number(fallback.lateness_s),
        "common_causes": list(fallback.common_causes),
    }


def _rejected(rejected: Rejected) -> dict[str, Any]:
    return {
        "counts": dict(rejected.counts),
        "stations": [
            {
                "id": station.station_id,
                "name": station.name,
                "location": _point(station.location),
                "reason": station.reason,
                "detail": station.detail,
            }
            for station in rejected.stations
        ],
        "truncated": rejected.truncated,
        "detour_s": _number(rejected.detour_s),
        "unseen": rejected.unseen,
    }
