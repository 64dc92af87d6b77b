"""A plan written and read back is the same plan, but for the uids of its tokens."""

import copy
import json
from dataclasses import replace
from typing import Any

import icalendar
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from planner.errors import InputError, InvalidToken
from planner.faces.api.answers import InfeasibleAnswer, PlanAnswer
from planner.formats.geojson import plan_to_geojson
from planner.formats.gpx import plan_to_gpx
from planner.formats.ics import plan_to_ics
from planner.formats.money_json import money_to_json
from planner.formats.plan_json import infeasible_to_json, plan_to_json
from planner.formats.plan_reading import outcome_from_json, plan_from_json
from planner.formats.sealed import SealedToken, is_sealed, unseal
from planner.model.plan import Infeasible, Outcome, Plan
from tests.formats.plans import EXAMPLE_COST, TOKEN, UID, Roads, infeasibles, plans

FEW = settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def unsealed(outcome: Outcome) -> Outcome:
    wallet = unseal(outcome.mission.wallet, (TOKEN,))
    return replace(outcome, mission=replace(outcome.mission, wallet=wallet))


@FEW
@given(plan=plans())
def test_a_plan_survives_json(plan: Plan) -> None:
    text = json.dumps(plan_to_json(plan, Roads()))
    assert UID not in text
    read = plan_from_json(json.loads(text))
    assert is_sealed(read.mission.wallet)
    assert read.mission.wallet.digest == plan.mission.wallet.digest
    assert unsealed(read) == plan


@FEW
@given(answer=infeasibles())
def test_an_infeasible_survives_json(answer: Infeasible) -> None:
    document = json.loads(json.dumps(infeasible_to_json(answer)))
    InfeasibleAnswer.model_validate(document)
    assert unsealed(outcome_from_json(document)) == answer


@FEW
@given(plan=plans())
def test_every_plan_has_the_shape_that_is_described(plan: Plan) -> None:
    PlanAnswer.model_validate(plan_to_json(plan, Roads()))


@FEW
@given(plan=plans())
def test_every_plan_can_be_written_for_maps_devices_and_calendars(plan: Plan) -> None:
    document = plan_to_json(plan, Roads())
    features = plan_to_geojson(document)["features"]
    assert all(f["geometry"]["type"] in ("Point", "LineString") for f in features)
    assert plan_to_gpx(document).startswith(b"<?xml")
    events = icalendar.Calendar.from_ical(plan_to_ics(document)).walk("VEVENT")
    assert len(events) == len(plan.legs) + len(plan.charging_stops)


@FEW
@given(plan=plans(), data=st.data())
def test_a_damaged_plan_is_a_fault_with_its_place_and_never_a_crash(
    plan: Plan, data: st.DataObject
) -> None:
    document = json.loads(json.dumps(plan_to_json(plan, Roads())))
    node, key = data.draw(st.sampled_from(_places(document)))
    node[key] = data.draw(st.sampled_from([None, -1, "x", [], {}, True, 1e308, [1, 2]]))
    try:
        plan_from_json(document)
    except InputError as error:
        places = [fault.place for fault in error.faults]
    else:
        places = []
    assert all(place.startswith("/") for place in places)


def _places(node: Any) -> list[tuple[Any, Any]]:
    if isinstance(node, dict):
        inner = list(node.items())
    elif isinstance(node, list):
        inner = list(enumerate(node))
    else:
        return []
    return [(node, key) for key, _ in inner] + [p for _, child in inner for p in _places(child)]


@pytest.mark.parametrize("document", [None, 1, [], "x", {}])
def test_what_is_no_plan_is_a_fault(document: Any) -> None:
    with pytest.raises(InputError):
        plan_from_json(document)


def test_plans_that_lie_too_deep_in_one_another_are_refused() -> None:
    plan = json.loads(json.dumps(plan_to_json(_example(), Roads())))
    for _ in range(50):
        outer = copy.copy(plan)
        outer["alternatives"] = [plan]
        plan = outer
    with pytest.raises(InputError, match="too deep"):
        plan_from_json(plan)


def _example() -> Plan:
    found: list[Plan] = []

    @settings(max_examples=1, database=None, deadline=None, derandomize=True)
    @given(plan=plans())
    def keep(plan: Plan) -> None:
        found.append(plan)

    keep()
    return found[0]


def test_tokens_that_were_not_given_are_named_by_their_mask_only() -> None:
    sealed = plan_from_json(plan_to_json(_example(), Roads())).mission.wallet
    assert isinstance(sealed.tokens[0], SealedToken)
    assert UID not in repr(sealed)
    with pytest.raises(InvalidToken) as error:
        unseal(sealed, ())
    assert "••••F6" in str(error.value)
    assert UID not in str(error.value)


def test_money_is_a_decimal_string_and_an_unknown_price_is_null() -> None:
    assert money_to_json(EXAMPLE_COST) == {
        "amount": "12.30",
        "currency": "EUR",
        "vat_included": True,
        "basis": "retail",
    }
    assert money_to_json(None) is None


def test_the_total_is_null_while_any_price_is_unknown() -> None:
    plan = _example()
    summary = replace(plan.summary, costs=(EXAMPLE_COST,), unpriced_stops=1)
    said = plan_to_json(replace(plan, summary=summary), Roads())["summary"]
    assert said["cost"] is None
    assert said["cost_of_priced_stops"][0]["amount"] == "12.30"
