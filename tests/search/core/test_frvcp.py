"""Fixed-route charging problems: the published optima, and what the plan says of them."""

import json

import numpy as np
import pytest

from planner.search.core import solve
from planner.search.core.frvcp import read_frvcp

TOLERANCE_H = 1e-3


@pytest.fixture(scope="module")
def instance(shared):
    return json.loads((shared / "bench/frvcp/frvcpy-instance.json").read_text())


@pytest.fixture(scope="module")
def routes(shared):
    return json.loads((shared / "bench/frvcp/testdata.json").read_text())


def test_all_published_optima_are_met(instance, routes):
    assert len(routes) == 133
    for name, route in routes.items():
        outcome = solve(read_frvcp(instance, route["route"]))
        assert outcome.is_exact, name
        hours = outcome.plan.time_s / 3600.0
        assert hours == pytest.approx(route["obj"], abs=TOLERANCE_H), name


def test_a_plan_driven_by_hand_keeps_the_battery_within_its_bounds(instance, routes):
    energy, hours = np.array(instance["energy_matrix"]), np.array(instance["time_matrix"])
    stations = [station["node_id"] for station in instance["css"]]
    types = {station["node_id"]: station["cs_type"] for station in instance["css"]}
    curves = {kind["cs_type"]: kind for kind in instance["breakpoints_by_type"]}
    for route in list(routes.values())[::7]:
        vertices = [*stations, *route["route"]]
        plan = solve(read_frvcp(instance, route["route"])).plan
        charge, clock, here = instance["max_q"], 0.0, vertices[plan.visits[0].place]
        for visit in plan.visits[1:]:
            there = vertices[visit.place]
            charge -= energy[here, there]
            clock += hours[here, there] + instance["process_times"][there]
            assert charge > -1e-6
            if visit.offer is not None:
                curve = curves[types[there]]
                after = visit.left_kwh * 1000.0
                spent = np.interp([charge, after], curve["charge"], curve["time"])
                clock += spent[1] - spent[0]
                charge = after
            here = there
        assert clock == pytest.approx(route["obj"], abs=TOLERANCE_H)


def test_a_route_beyond_all_stations_has_no_plan(instance):
    far = dict(instance, energy_matrix=(np.array(instance["energy_matrix"]) * 20.0).tolist())
    outcome = solve(read_frvcp(far, [0, 11, 22, 0]))
    assert outcome.plan is None
    assert outcome.is_exact


def test_less_charge_at_the_start_never_makes_a_route_quicker(instance, routes):
    route = routes["route_tc0c40s8cf0_0"]["route"]
    times = []
    for charge in (16_000.0, 12_000.0, 8_000.0, 6_000.0):
        plan = solve(read_frvcp(instance, route, charge)).plan
        times.append(np.inf if plan is None else plan.time_s)
    assert times == sorted(times)
    assert times[0] < times[-1]
