"""A plan broken in one place: the check names what broke and where, and an honest plan passes."""

import math
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from planner.model.geo import LonLat
from planner.model.grade import Grade
from planner.model.plan import Plan
from planner.verify import verify
from planner.world import World
from tests.access.worlds import HOUR
from tests.verify.road import CENT, kinds, put

STOP = "/charging_stops/0"
FALL = f"{STOP}/fallbacks/0"


def more(amount: float) -> Callable[[Any], Any]:
    return lambda value: value + amount


def without(place: int) -> Callable[[tuple[Any, ...]], tuple[Any, ...]]:
    return lambda values: values[:place] + values[place + 1 :]


def test_an_honest_plan_passes(world: World, made: Plan) -> None:
    assert verify(world, made) == []
    assert made.charging_stops
    assert made.charging_stops[0].fallbacks[0].onward_stops


def test_an_honest_plan_for_two_failures_passes(world: World, made_twice: Plan) -> None:
    assert verify(world, made_twice) == []
    assert made_twice.charging_stops[0].fallbacks[0].stop.fallbacks


@pytest.mark.parametrize(
    ("place", "new", "kind", "where"),
    [
        # Roads: an edge left out, foreign edges, another end, other figures.
        ("/legs/0/path", without(3), "path", "/legs/0/path"),
        ("/legs/0/path", lambda p: (*p, 10**9), "path", "/legs/0/path"),
        ("/legs/0/path", lambda p: (-1, *p[1:]), "path", "/legs/0/path"),
        ("/legs/0/path", (), "path", "/legs/0/path"),
        ("/legs/1/start_node", more(1), "path", "/legs/1/start_node"),
        ("/legs/0/end_node", more(1), "path", "/legs/0/end_node"),
        ("/legs/0/approach_end_m", more(50), "path", "/legs/0/approach_end_m"),
        ("/legs/0/distance_m", more(5), "path", "/legs/0/distance_m"),
        ("/legs/0/start", LonLat(5.1, 52.0), "path", "/legs/0/start"),
        ("/legs/1/end", LonLat(7.0, 52.0), "path", "/legs/1/end"),
        ("/legs", without(1), "path", "/legs/1/start"),
        ("/legs", lambda legs: legs[:-1], "path", "/legs/2/end"),
        ("/legs", (), "path", "/legs/end"),
        (f"{STOP}/location", LonLat(6.0, 52.0), "path", f"{STOP}/location"),
        (f"{FALL}/leg/path", without(1), "path", f"{FALL}/leg/path"),
        (f"{FALL}/onward_legs/0/path", without(1), "path", f"{FALL}/onward_legs/0/path"),
        (f"{FALL}/onward_legs", lambda legs: legs[:-1], "path", f"{FALL}/onward_legs/1/end"),
        # Clocks.
        ("/legs/0/departure", more(60), "time", "/legs/0/departure"),
        ("/legs/0/arrival", more(-60), "time", "/legs/0/arrival"),
        ("/legs/2/departure", more(-60), "time", "/legs/2/departure"),
        (f"{STOP}/arrival", more(-30), "time", f"{STOP}/arrival"),
        (f"{STOP}/departure", more(-30), "time", f"{STOP}/departure"),
        (f"{STOP}/overhead_s", 0.0, "time", f"{STOP}/overhead_s"),
        (f"{STOP}/waiting_s", -1.0, "time", f"{STOP}/waiting_s"),
        (f"{FALL}/leg/departure", more(-600), "time", f"{FALL}/leg/departure"),
        (f"{FALL}/arrival", more(-60), "time", f"{FALL}/arrival"),
        (f"{FALL}/latest_arrival", more(-60), "time", f"{FALL}/latest_arrival"),
        # Energy.
        ("/legs/0/energy_kwh", more(-0.5), "energy", "/legs/0/energy_kwh"),
        ("/legs/0/energy_mean_kwh", more(0.5), "energy", "/legs/0/energy_mean_kwh"),
        ("/legs/0/soc_start", 0.9, "energy", "/legs/0/soc_start"),
        ("/legs/0/soc_end", more(0.01), "energy", "/legs/0/soc_end"),
        ("/legs/0/soc_end", math.nan, "energy", "/legs/0/soc_end"),
        (f"{STOP}/soc_arrival", more(0.01), "energy", f"{STOP}/soc_arrival"),
        (f"{FALL}/leg/soc_start", more(0.1), "energy", f"{FALL}/leg/soc_start"),
        (f"{FALL}/leg/energy_kwh", more(-0.1), "energy", f"{FALL}/leg/energy_kwh"),
        (f"{FALL}/onward_legs/0/soc_end", 0.9, "energy", f"{FALL}/onward_legs/0/soc_end"),
        # Charging.
        (f"{STOP}/soc_departure", 1.2, "charging", f"{STOP}/soc_departure"),
        (f"{STOP}/soc_departure", 0.1, "charging", f"{STOP}/soc_departure"),
        (f"{STOP}/charging_s", more(-60), "charging", f"{STOP}/charging_s"),
        (f"{STOP}/energy_kwh", more(-1), "charging", f"{STOP}/energy_kwh"),
        (f"{STOP}/power_kw", 400.0, "charging", f"{STOP}/power_kw"),
        (f"{STOP}/power_kw", 0.0, "charging", f"{STOP}/power_kw"),
        (f"{FALL}/stop/charging_s", more(-60), "charging", f"{FALL}/stop/charging_s"),
        # The plug.
        (f"{STOP}/connector_id", "9", "connector", f"{STOP}/connector_id"),
        (f"{STOP}/connector_standard", "CHADEMO", "connector", f"{STOP}/connector_standard"),
        # Access.
        (f"{STOP}/evse_uid", "none", "access", f"{STOP}/evse_uid"),
        (f"{STOP}/station_id", "NL*CPO*none", "access", f"{STOP}/evse_uid"),
        (f"{STOP}/evse_id", "NL*CPO*Eelse", "access", f"{STOP}/evse_id"),
        (f"{STOP}/party", "NL*XYZ", "access", f"{STOP}/party"),
        (f"{STOP}/operator", "Someone", "access", f"{STOP}/operator"),
        (f"{STOP}/station_name", "Elsewhere", "access", f"{STOP}/station_name"),
        (f"{STOP}/spare_evse_ids", ("NL*CPO*Enone",), "access", f"{STOP}/spare_evse_ids/0"),
        (f"{STOP}/start/physical_reference", "z", "access", f"{STOP}/start/physical_reference"),
        (f"{STOP}/verdict/grade", Grade.COMMITTED, "access", f"{STOP}/verdict/grade"),
        (f"{STOP}/verdict/rule", "whitelist", "evidence", f"{STOP}/verdict/rule"),
        (f"{STOP}/verdict/evidence", (), "evidence", f"{STOP}/verdict/evidence"),
        (f"{STOP}/verdict/evidence/0/value", "?", "evidence", f"{STOP}/verdict/evidence"),
        (f"{STOP}/verdict/evidence/0/as_of", 1.0, "evidence", f"{STOP}/verdict/evidence"),
        (f"{STOP}/verdict/valid_until", None, "evidence", f"{STOP}/verdict/valid_until"),
        (f"{FALL}/stop/verdict/grade", Grade.VERIFIED, "access", f"{FALL}/stop/verdict/grade"),
        (
            f"{FALL}/onward_stops/0/verdict/rule",
            "terminal",
            "evidence",
            f"{FALL}/onward_stops/0/verdict/rule",
        ),
        # What it is started with.
        (f"{STOP}/token", -1, "token", f"{STOP}/token"),
        (f"{STOP}/token", -2, "token", f"{STOP}/token"),
        (f"{STOP}/token", 7, "token", f"{STOP}/token"),
        (f"{STOP}/start/how", "payment_card", "token", f"{STOP}/start"),
        (f"{FALL}/stop/token", 1, "token", f"{FALL}/stop/token"),
        # State.
        (f"{STOP}/availability/status", "CHARGING", "status", f"{STOP}/availability/status"),
        (
            f"{STOP}/availability/probability_free",
            1.5,
            "status",
            f"{STOP}/availability/probability_free",
        ),
        # Floor and fallback.
        (f"{STOP}/floor_soc", 0.9, "floor", f"{STOP}/floor_soc"),
        (f"{STOP}/floor_soc", 0.0, "floor", f"{STOP}/floor_soc"),
        (f"{STOP}/floor_soc", math.nan, "floor", f"{STOP}/floor_soc"),
        (f"{STOP}/fallbacks", (), "fallback", f"{STOP}/fallbacks"),
        (f"{STOP}/decide_by", None, "fallback", f"{STOP}/decide_by"),
        (f"{STOP}/decide_by", more(HOUR), "fallback", f"{STOP}/decide_by"),
        (f"{FALL}/common_causes", (), "common_cause", f"{FALL}/common_causes"),
        ("/summary/common_causes", (), "common_cause", "/summary/common_causes"),
        (f"{FALL}/lateness_s", 99.0, "window", f"{FALL}/lateness_s"),
        # Money.
        (f"{STOP}/cost/amount", more(Decimal("-0.10")), "tariff", f"{STOP}/cost"),
        (f"{STOP}/cost/currency", "CHF", "tariff", f"{STOP}/cost"),
        (f"{STOP}/cost/basis", "cpo_tariff", "tariff", f"{STOP}/cost"),
        (f"{STOP}/cost/vat_included", False, "tariff", f"{STOP}/cost"),
        (f"{STOP}/cost", None, "tariff", f"{STOP}/cost"),
        (f"{FALL}/stop/cost/amount", Decimal(0), "tariff", f"{FALL}/stop/cost"),
        # Sums.
        *(
            (f"/summary/{name}", more(1), "summary", f"/summary/{name}")
            for name in (
                "departure",
                "arrival",
                "driving_s",
                "charging_s",
                "distance_m",
                "energy_kwh",
                "energy_mean_kwh",
                "charging_stops",
                "unpriced_stops",
                "order",
            )
        ),
        ("/summary/costs/0/amount", more(CENT), "summary", "/summary/costs"),
        ("/summary/costs", (), "summary", "/summary/costs"),
        ("/summary/min_grade", Grade.VERIFIED, "summary", "/summary/min_grade"),
        ("/summary/p_all_fail", -0.1, "summary", "/summary/p_all_fail"),
        ("/summary/gap", -0.1, "summary", "/summary/gap"),
        # What it is made from, and how long it holds.
        ("/world/region_hash", "other", "world", "/world/region_hash"),
        ("/world/hash", "other", "world", "/world/hash"),
        ("/world/agreements", "other", "world", "/world"),
        ("/valid_until", more(90 * 86_400.0), "promise", "/valid_until"),
    ],
)
def test_a_broken_plan_is_named_by_kind_and_place(
    world: World, made: Plan, place: str, new: Any, kind: str, where: str
) -> None:
    assert (kind, where) in kinds(world, put(made, place, new))


def test_a_stop_that_arrives_below_the_reserve_is_named(world: World, made: Plan) -> None:
    mission = replace(made.mission, reserve_soc=made.legs[0].soc_end + 0.01)
    assert ("reserve", "/legs/0") in kinds(world, replace(made, mission=mission))


def test_a_trip_that_ends_below_the_charge_asked_for_is_named(world: World, made: Plan) -> None:
    mission = replace(made.mission, arrival_soc=made.legs[-1].soc_end + 0.01)
    where = f"/legs/{len(made.legs) - 1}/soc_end"
    assert ("reserve", where) in kinds(world, replace(made, mission=mission))


def test_a_missed_window_is_named(world: World, made: Plan) -> None:
    late = put(made, "/mission/waypoints/1/arrive_before", made.legs[1].arrival - 60)
    assert ("window", "/legs/1/arrival") in kinds(world, late)


def test_a_fallback_that_must_keep_windows_and_misses_one_is_named(
    world: World, made: Plan
) -> None:
    reached = made.charging_stops[0].fallbacks[0].arrival
    late = put(made, "/mission/waypoints/2/arrive_before", reached - 60)
    assert any(
        kind == "window" and where.startswith(f"{FALL}/onward_legs")
        for kind, where in kinds(world, put(late, "/mission/guarantee/windows", new=True))
    )
    assert ("window", f"{FALL}/lateness_s") in kinds(world, late)


def test_a_station_that_the_mission_leaves_out_is_named(world: World, made: Plan) -> None:
    stop = made.charging_stops[0]
    for place, left_out in (
        (STOP, stop.station_id),
        (f"{FALL}/stop", stop.fallbacks[0].stop.station_id),
    ):
        broken = put(made, "/mission/exclude_stations", (left_out,))
        assert ("excluded", f"{place}/station_id") in kinds(world, broken)


def test_a_fallback_at_the_site_that_failed_is_named(world: World, made: Plan) -> None:
    failed = made.charging_stops[0]
    broken = put(made, f"{FALL}/stop/station_id", failed.station_id)
    broken = put(broken, f"{FALL}/stop/evse_uid", failed.evse_uid)
    assert ("fallback", f"{FALL}/stop/station_id") in kinds(world, broken)
    onward = put(made, f"{FALL}/onward_stops/0/station_id", failed.station_id)
    assert ("fallback", f"{FALL}/onward_stops/0/station_id") in kinds(world, onward)


def test_a_fallback_of_a_fallback_is_checked_as_well(world: World, made_twice: Plan) -> None:
    nested = f"{FALL}/stop/fallbacks/0"
    for place, new, kind, where in (
        (f"{FALL}/stop/fallbacks", (), "fallback", f"{FALL}/stop/fallbacks"),
        (f"{nested}/leg/path", without(0), "path", f"{nested}/leg/path"),
        (f"{nested}/leg/departure", more(5), "time", f"{nested}/leg/departure"),
        (f"{nested}/stop/connector_id", "9", "connector", f"{nested}/stop/connector_id"),
        (f"{nested}/stop/verdict/grade", Grade.AD_HOC, "access", f"{nested}/stop/verdict/grade"),
        (f"{nested}/common_causes", (), "common_cause", f"{nested}/common_causes"),
        (f"{nested}/stop/cost", None, "tariff", f"{nested}/stop/cost"),
        (
            f"{nested}/stop/station_id",
            made_twice.charging_stops[0].station_id,
            "fallback",
            f"{nested}/stop/station_id",
        ),
    ):
        assert (kind, where) in kinds(world, put(made_twice, place, new)), place


def test_a_promise_of_fallbacks_where_none_were_asked_for_is_named(
    world: World, made: Plan
) -> None:
    broken = put(put(made, "/mission/guarantee/fallbacks", 0), "/summary/order", 0)
    assert ("promise", "/promise") in kinds(world, broken)


def test_less_order_than_the_mission_asks_for_is_named(world: World, made: Plan) -> None:
    found = kinds(world, put(made, "/mission/guarantee/fallbacks", 2))
    assert ("fallback", f"{FALL}/stop/fallbacks") in found
    assert ("summary", "/summary/order") in found


def test_an_alternative_is_checked_as_a_plan_of_its_own(world: World, made: Plan) -> None:
    broken = put(made, "/legs/0/energy_kwh", more(1))
    assert verify(world, replace(made, alternatives=(made,))) == []
    assert ("energy", "/alternatives/0/legs/0/energy_kwh") in kinds(
        world, replace(made, alternatives=(broken,))
    )
