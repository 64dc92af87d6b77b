"""A world that changes under a plan: the check names the claim that no longer holds."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import planner.plan
from planner.model.plan import Infeasible, Plan, Rejection
from planner.model.station import Hours, RegularHours, Station, Status
from planner.ocpi.tariffs import read_tariff
from planner.roads.graph import RoadGraph
from planner.store.snapshot import ClientInfo, DriverReport
from planner.verify import verify
from planner.world import World
from tests.access.worlds import ALWAYS, DAY, HOUR, NOW, agreement, record, wallet
from tests.verify.road import (
    CARD,
    PRICES,
    TARIFFS,
    build_road,
    build_snapshot,
    build_stations,
    build_world,
    kinds,
    mission,
    put,
)

STOP = "/charging_stops/0"
FALL = f"{STOP}/fallbacks/0"
NIGHT = Hours(regular=tuple(RegularHours(day, 120, 180) for day in range(1, 8)))


def changed(made: Plan, **fields: Any) -> tuple[Station, ...]:
    """The stations, the plan's first stop with other fields."""
    stop = made.charging_stops[0].station_id
    return tuple(replace(s, **fields) if s.id == stop else s for s in build_stations())


def test_news_that_change_nothing_break_nothing(road: RoadGraph, made: Plan) -> None:
    assert verify(build_world(road, build_snapshot()), made) == []


def test_an_evse_that_goes_out_of_order_is_named(road: RoadGraph, made: Plan) -> None:
    stop = made.charging_stops[0]
    fallback = stop.fallbacks[0].stop
    for each, place in ((stop, STOP), (fallback, f"{FALL}/stop")):
        told = {(each.station_id, each.evse_uid): (Status.OUTOFORDER, NOW - 60)}
        found = kinds(build_world(road, build_snapshot(status=told)), made)
        assert ("status", place) in found


def test_a_removed_station_is_named(road: RoadGraph, made: Plan) -> None:
    left = [s for s in build_stations() if s.id != made.charging_stops[0].station_id]
    assert ("access", f"{STOP}/evse_uid") in kinds(build_world(road, build_snapshot(left)), made)


def test_an_agreement_that_ends_is_named(road: RoadGraph, made: Plan) -> None:
    rows = [
        agreement(cpo="NL*CPO", valid_to=made.charging_stops[0].arrival),
        agreement(cpo="DE*OTH"),
    ]
    found = kinds(build_world(road, build_snapshot(agreements=rows)), made)
    assert ("access", f"{STOP}/verdict") in found
    assert ("evidence", STOP) in found


def test_a_hub_word_or_refusal_here_is_named(road: RoadGraph, made: Plan) -> None:
    stop = made.charging_stops[0]
    refused = record(
        CARD, "refused", station_id=stop.station_id, uid=stop.evse_uid, party=stop.party
    )
    found = kinds(build_world(road, build_snapshot(evidence=[refused])), made)
    assert ("access", f"{STOP}/verdict/grade") in found
    idle = ClientInfo(hub="DE*HUB", party="NL*CPO", role="CPO", status="CONNECTED", as_of=NOW)
    assert verify(build_world(road, build_snapshot(infos=[idle])), made) == []


def test_other_hours_are_named(road: RoadGraph, made: Plan) -> None:
    for hours in (NIGHT, None):
        found = kinds(build_world(road, build_snapshot(changed(made, hours=hours))), made)
        assert ("hours", STOP) in found


def test_a_fallback_that_closes_while_the_stop_may_still_fail_is_named(
    road: RoadGraph, made: Plan
) -> None:
    stop = made.charging_stops[0]
    fallback = stop.fallbacks[0].stop
    closes = fallback.departure + (stop.departure - stop.arrival) / 2
    hours = Hours(twentyfourseven=True, exceptional_closings=((closes, closes + HOUR),))
    stations = tuple(
        replace(s, hours=hours) if s.id == fallback.station_id else s for s in build_stations()
    )
    found = kinds(build_world(road, build_snapshot(stations)), made)
    assert ("hours", f"{FALL}/stop") in found
    assert ("hours", STOP) not in found


def test_a_driver_report_is_named(road: RoadGraph, made: Plan) -> None:
    stop = made.charging_stops[0]
    for outcome, kind in (("closed", "hours"), ("broken", "status")):
        told = DriverReport(
            station_id=stop.station_id, evse_uid=stop.evse_uid, outcome=outcome, at=NOW - 60
        )
        found = kinds(build_world(road, build_snapshot(reports=[told])), made)
        assert (kind, STOP) in found


def test_a_station_that_may_no_longer_be_shown_is_named(road: RoadGraph, made: Plan) -> None:
    found = kinds(build_world(road, build_snapshot(changed(made, publish=False))), made)
    assert ("access", STOP) in found


def test_a_post_of_other_power_or_plug_is_named(road: RoadGraph, made: Plan) -> None:
    stations = build_stations()
    stop = made.charging_stops[0]
    for field, value, kind in (
        ("power_kw", 50.0, "charging"),
        ("standard", "CHADEMO", "connector"),
    ):
        weak = tuple(
            replace(
                s,
                evses=tuple(
                    replace(e, connectors=(replace(e.connectors[0], **{field: value}),))
                    for e in s.evses
                ),
            )
            if s.id == stop.station_id
            else s
            for s in stations
        )
        found = kinds(build_world(road, build_snapshot(weak)), made)
        assert any(k == kind and place.startswith(STOP) for k, place in found)


def test_other_prices_are_named(road: RoadGraph, made: Plan) -> None:
    dearer = tuple(replace(row, per_kwh="0.79") for row in PRICES)
    found = kinds(build_world(road, build_snapshot(prices=dearer)), made)
    assert ("tariff", f"{STOP}/cost") in found
    body = {
        "country_code": "DE",
        "party_id": "OTH",
        "id": "T",
        "currency": "EUR",
        "elements": [{"price_components": [{"type": "ENERGY", "price": 0.9, "step_size": 1}]}],
    }
    tariffs = {key: read_tariff(body) for key in TARIFFS}
    found = kinds(build_world(road, build_snapshot(tariffs=tariffs)), made)
    assert ("tariff", f"{FALL}/stop/cost") in found


def test_a_price_that_nobody_tells_is_never_taken_for_nothing(road: RoadGraph, made: Plan) -> None:
    silent = build_world(road, build_snapshot(prices=(), tariffs={}))
    assert ("tariff", f"{STOP}/cost") in kinds(silent, made)
    unpriced = put(made, f"{STOP}/cost", None)
    assert ("tariff", f"{STOP}/cost") not in kinds(silent, unpriced)


@pytest.mark.parametrize("change", [{"valid": False}, {"expires": NOW + HOUR}])
def test_a_card_that_is_not_good_at_the_stop_is_named(
    world: World, made: Plan, change: dict[str, Any]
) -> None:
    bad = replace(CARD, **change)
    assert ("token", f"{STOP}/token") in kinds(world, put(made, "/mission/wallet", wallet(bad)))


def test_longer_roads_are_named_by_length_time_energy_and_region(
    tmp_path: Path, made: Plan
) -> None:
    found = kinds(build_world(build_road(tmp_path, stretch=1.05)), made)
    assert ("world", "/world/region_hash") in found
    for kind, name in (
        ("path", "distance_m"),
        ("time", "arrival"),
        ("energy", "energy_kwh"),
        ("energy", "soc_end"),
    ):
        assert (kind, f"/legs/0/{name}") in found


def test_a_heavier_car_falls_below_its_reserve_and_that_is_named(world: World, made: Plan) -> None:
    loaded = put(made, "/mission/conditions/payload_kg", 1500.0)
    assert ("energy", "/legs/0/energy_kwh") in kinds(world, loaded)
    thirsty = put(made, "/mission/vehicle/drag_area_m2", 1.4)
    assert any(kind == "reserve" for kind, _ in kinds(world, thirsty))


def test_the_charge_is_followed_along_the_way_and_not_only_to_its_end(
    road: RoadGraph, world: World, made: Plan
) -> None:
    path = np.asarray(made.legs[0].path)
    assert (road.descent_m[path] > 0).any() or (road.climb_m[path] > 0).any()
    above = made.legs[0].soc_end + 1e-3
    found = kinds(world, put(made, "/mission/reserve_soc", above))
    assert ("reserve", "/legs/0") in found


def test_a_ledger_that_lists_a_station_that_opens_is_named(world: World, made: Plan) -> None:
    station = world.snapshot.stations[0]
    wrong = Rejection(
        station_id=station.id,
        name=station.name,
        location=station.location,
        reason="no_agreement",
        detail="",
    )
    stations = (*made.rejected.stations, wrong)
    found = kinds(world, put(made, "/rejected/stations", stations))
    assert ("ledger", f"/rejected/stations/{len(stations) - 1}") in found
    gone = (replace(wrong, station_id="NL*CPO*none"),)
    assert ("ledger", "/rejected/stations/0") in kinds(world, put(made, "/rejected/stations", gone))


def test_a_ledger_never_lists_what_must_not_be_shown(road: RoadGraph) -> None:
    stations = build_stations()
    hidden = (replace(stations[0], publish=False), *stations[1:])
    shown = build_world(road, build_snapshot(hidden))
    outcome = planner.plan.plan(shown, mission(wallet=wallet(card=True)))
    assert isinstance(outcome, Infeasible)
    assert verify(shown, outcome) == []
    assert outcome.rejected.stations
    listed = replace(outcome.rejected.stations[0], station_id=hidden[0].id)
    leaking = put(outcome, "/rejected/stations", (*outcome.rejected.stations, listed))
    assert any(claim.kind == "ledger" for claim in verify(shown, leaking))


def test_a_ledger_counts_at_least_what_it_lists(road: RoadGraph) -> None:
    known = build_world(road)
    outcome = planner.plan.plan(known, mission(wallet=wallet(card=True)))
    assert isinstance(outcome, Infeasible)
    reason = outcome.rejected.stations[0].reason
    short = replace(outcome, rejected=replace(outcome.rejected, counts={}))
    assert ("ledger", f"/rejected/counts/{reason}") in kinds(known, short)


def test_a_station_with_hours_for_single_days_only_is_left_out_and_said_so(
    road: RoadGraph, made: Plan
) -> None:
    once = Hours(exceptional_openings=((NOW - 2 * DAY, NOW - DAY),))
    used = {made.charging_stops[0].station_id, made.charging_stops[0].fallbacks[0].stop.station_id}
    stations = [s if s.id in used else replace(s, hours=once) for s in build_stations()]
    known = build_world(road, build_snapshot(stations))
    outcome = planner.plan.plan(known, mission())
    assert outcome.rejected.counts["hours_unknown"] > 0
    assert verify(known, outcome) == []
    never = [replace(s, hours=ALWAYS) for s in stations]
    told = {claim.kind for claim in verify(build_world(road, build_snapshot(never)), outcome)}
    assert "ledger" in told


def test_the_clock_of_the_question_decides_how_old_a_status_is(world: World, made: Plan) -> None:
    soon = put(made, "/mission/now", made.charging_stops[0].arrival - 60)
    assert ("status", STOP) in kinds(world, soon)


def test_the_check_never_loads_what_it_checks() -> None:
    code = (
        "import sys, planner.verify; "
        "bad = [m for m in sys.modules if m.startswith(('planner.search', 'planner.legs', "
        "'planner.plan', 'planner.fleet', 'planner.faces'))]; assert not bad, bad"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_stay_beyond_the_card_is_named(world: World, made: Plan) -> None:
    assert made.charging_stops[0].departure < NOW + DAY
    short = replace(CARD, expires=made.charging_stops[0].departure - 1)
    found = kinds(world, put(made, "/mission/wallet", wallet(short)))
    assert ("token", f"{STOP}/token") in found
