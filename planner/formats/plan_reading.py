"""Reading a plan that `planner.formats.plan_json` wrote: to check it, to go on from it.

The document may come from anyone: every fault is an InputError with its JSON Pointer. The tokens
of the plan come back sealed (see `planner.formats.sealed`).
"""

from typing import Any

from planner.errors import InputError
from planner.formats.choices_json import choice_from_json, difference_from_json
from planner.formats.mission_json import mission_from_json
from planner.formats.money_json import money_from_json
from planner.formats.pointers import Node
from planner.formats.station_json import station_from_json
from planner.model.grade import Evidence, Grade, Verdict
from planner.model.mission import Mission
from planner.model.plan import (
    Availability,
    ChargingStop,
    Choice,
    Fallback,
    Furthest,
    HowToStart,
    Infeasible,
    Leg,
    Outcome,
    Plan,
    Rejected,
    Rejection,
    Relaxation,
    Summary,
    WorldNames,
)

DEEPEST = 3
"""How deep plans may lie in plans (an alternative has none of its own)."""


def outcome_from_json(document: Any) -> Outcome:
    """Read a Plan, or an Infeasible (it has a ``reason``)."""
    node = Node(document)
    if not isinstance(document, dict):
        raise InputError("a plan is a JSON object", place="/")
    return _infeasible(node) if "reason" in document else _plan(node, DEEPEST)


def plan_from_json(document: Any) -> Plan:
    """Read a plan; InputError if the document is none."""
    read = outcome_from_json(document)
    if not isinstance(read, Plan):
        raise InputError("this is the answer 'infeasible', not a plan", place="/reason")
    return read


def _plan(node: Node, depth: int) -> Plan:
    if depth == 0:
        node.fail("plans lie too deep in one another")
    mission = mission_from_json(node.at("mission"))
    return Plan(
        id=node.at("id").text(),
        created=node.at("created").moment(),
        mission=mission,
        world=_world(node.at("world")),
        valid_until=node.at("valid_until").moment(),
        promise=node.at("promise").text(),
        summary=_summary(node.at("summary")),
        legs=_legs(node.at("legs")),
        charging_stops=_stops(node.at("charging_stops"), mission),
        rejected=_rejected(node.at("rejected")),
        alternatives=tuple(_plan(item, depth - 1) for item in node.at("alternatives").items()),
        warnings=node.at("warnings").texts(),
        choices=_choices(node),
        differs=node.optional("differs", difference_from_json),
    )


def _choices(node: Node) -> tuple[Choice, ...]:
    """Read the choices; plans of before they were told have none."""
    if "choices" not in node.value:
        return ()
    return tuple(choice_from_json(item) for item in node.at("choices").items())


def _infeasible(node: Node) -> Infeasible:
    return Infeasible(
        id=node.at("id").text(),
        created=node.at("created").moment(),
        mission=mission_from_json(node.at("mission")),
        world=_world(node.at("world")),
        reason=node.at("reason").text(),
        title=node.at("title").text(),
        furthest=node.optional("furthest", _furthest),
        rejected=_rejected(node.at("rejected")),
        relaxations=tuple(_relaxation(item) for item in node.at("relaxations").items()),
        untried=node.given("untried", Node.texts, ()),
        warnings=node.at("warnings").texts(),
    )


def _furthest(node: Node) -> Furthest:
    return Furthest(
        location=node.at("location").point(),
        distance_m=node.at("distance_m").number(),
        remaining_s=node.at("remaining_s").number(),
        name=node.given("name", Node.text, ""),
    )


def _relaxation(node: Node) -> Relaxation:
    value = node.at("value")
    return Relaxation(
        change=node.at("change").text(),
        value=value.value if isinstance(value.value, str) else value.number(),
        says=node.at("says").text(),
        arrival=node.optional("arrival", Node.moment),
    )


def _world(node: Node) -> WorldNames:
    return WorldNames(
        hash=node.at("hash").text(),
        region=node.at("region").text(),
        region_hash=node.at("region_hash").text(),
        region_as_of=node.at("region_as_of").text(),
        feeds=node.at("feeds").text(),
        feeds_as_of=node.optional("feeds_as_of", Node.moment),
        agreements=node.at("agreements").text(),
        attribution=node.at("attribution").texts(),
        closures=node.given("closures", Node.text, ""),
    )


def _summary(node: Node) -> Summary:
    guarantee = node.at("guarantee")
    return Summary(
        departure=node.at("departure").moment(),
        arrival=node.at("arrival").moment(),
        driving_s=node.at("driving_s").number(),
        charging_s=node.at("charging_s").number(),
        distance_m=node.at("distance_m").number(),
        energy_kwh=node.at("energy_kwh").number(),
        energy_mean_kwh=node.at("energy_mean_kwh").number(),
        costs=tuple(money_from_json(item) for item in node.at("cost_of_priced_stops").items()),
        unpriced_stops=node.at("unpriced_stops").whole(),
        charging_stops=node.at("charging_stops").whole(),
        gap=node.optional("gap", Node.number),
        min_grade=guarantee.optional("min_grade", lambda grade: grade.read(Grade.read)),
        order=guarantee.at("order").whole(),
        p_all_fail=guarantee.optional("p_all_fail", Node.number),
        common_causes=guarantee.at("common_causes").texts(),
    )


def _legs(node: Node) -> tuple[Leg, ...]:
    return tuple(_leg(item) for item in node.items())


def _leg(node: Node) -> Leg:
    start, end = node.at("from"), node.at("to")
    return Leg(
        start=start.at("location").point(),
        end=end.at("location").point(),
        start_name=start.given("name", Node.text, ""),
        end_name=end.given("name", Node.text, ""),
        departure=node.at("departure").moment(),
        arrival=node.at("arrival").moment(),
        distance_m=node.at("distance_m").number(),
        energy_kwh=node.at("energy_kwh").number(),
        energy_mean_kwh=node.at("energy_mean_kwh").number(),
        soc_start=node.at("soc_start").number(),
        soc_end=node.at("soc_end").number(),
        path=tuple(edge.whole() for edge in node.at("path").items()),
        approach_start_m=node.at("approach_start_m").number(),
        approach_end_m=node.at("approach_end_m").number(),
        start_node=start.given("node", Node.whole, -1),
        end_node=end.given("node", Node.whole, -1),
    )


def _stops(node: Node, mission: Mission) -> tuple[ChargingStop, ...]:
    return tuple(_stop(item, mission, DEEPEST) for item in node.items())


def _stop(node: Node, mission: Mission, depth: int) -> ChargingStop:
    if depth == 0:
        node.fail("fallbacks lie too deep in one another")
    connector, start = node.at("connector"), node.at("start")
    availability = node.at("availability")
    token = _token(node.at("token").at("index"), mission)
    return ChargingStop(
        **station_from_json(node.at("station")),
        evse_uid=node.at("evse_uid").text(),
        evse_id=node.optional("evse_id", Node.text),
        connector_id=connector.at("id").text(),
        connector_standard=connector.at("standard").text(),
        power_kw=connector.at("power_kw").number(),
        arrival=node.at("arrival").moment(),
        departure=node.at("departure").moment(),
        soc_arrival=node.at("soc_arrival").number(),
        soc_departure=node.at("soc_departure").number(),
        energy_kwh=node.at("energy_kwh").number(),
        cost=node.optional("cost", money_from_json),
        token=token,
        start=HowToStart(
            how=start.at("how").text(),
            label=start.at("label").text(),
            physical_reference=start.given("physical_reference", Node.text, ""),
            directions=start.given("directions", Node.text, ""),
            help_phone=start.given("help_phone", Node.text, ""),
        ),
        verdict=_verdict(node.at("access"), token),
        availability=Availability(
            status=availability.at("status").text(),
            as_of=availability.optional("as_of", Node.moment),
            probability_free=availability.optional("probability_free", Node.number),
        ),
        floor_soc=node.at("floor_soc").number(),
        waiting_s=node.at("waiting_s").number(),
        overhead_s=node.at("overhead_s").number(),
        charging_s=node.at("charging_s").number(),
        decide_by=node.optional("decide_by", Node.moment),
        fallbacks=tuple(
            _fallback(item, mission, depth - 1) for item in node.at("fallbacks").items()
        ),
        spare_evse_ids=node.given("spare_evse_ids", Node.texts, ()),
    )


def _token(node: Node, mission: Mission) -> int:
    index = node.whole()
    if not -1 <= index < len(mission.wallet.tokens):
        node.fail("is no token of the wallet")
    return index


def _verdict(node: Node, token: int) -> Verdict:
    return Verdict(
        grade=node.at("grade").read(Grade.read),
        rule=node.at("rule").text(),
        evidence=tuple(
            Evidence(
                item.at("source").text(),
                item.at("field").text(),
                item.at("value").text(),
                item.optional("as_of", Node.moment),
            )
            for item in node.at("evidence").items()
        ),
        token=token,
        valid_until=node.optional("valid_until", Node.moment),
        warnings=node.given("warnings", Node.texts, ()),
        shared=node.given("shared", Node.texts, ()),
    )


def _fallback(node: Node, mission: Mission, depth: int) -> Fallback:
    onward = node.at("onward")
    return Fallback(
        leg=_leg(node.at("leg")),
        stop=_stop(node, mission, depth),
        onward_legs=_legs(onward.at("legs")),
        onward_stops=tuple(
            _stop(item, mission, depth) for item in onward.at("charging_stops").items()
        ),
        arrival=node.at("trip_arrival").moment(),
        latest_arrival=node.at("latest_arrival").moment(),
        lateness_s=node.at("lateness_s").number(),
        common_causes=node.at("common_causes").texts(),
    )


def _rejected(node: Node) -> Rejected:
    counts = node.at("counts").value
    if not isinstance(counts, dict):
        node.at("counts").fail("should be an object")
    return Rejected(
        counts={reason: node.at("counts").at(reason).whole() for reason in counts},
        stations=tuple(
            Rejection(
                station_id=item.at("id").text(),
                name=item.given("name", Node.text, ""),
                location=item.at("location").point(),
                reason=item.at("reason").text(),
                detail=item.at("detail").text(),
            )
            for item in node.at("stations").items()
        ),
        truncated=node.at("truncated").flag(),
        detour_s=node.at("detour_s").number(),
        unseen=node.at("unseen").whole(),
    )
