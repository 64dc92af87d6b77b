"""When a stop fails: the right one is found, and the trip from there is the trip that is left."""

from dataclasses import replace

import pytest

from planner.errors import InputError
from planner.faces.faults import read_model
from planner.faces.missions import mission_of
from planner.faces.office import Office
from planner.faces.onward import find_stop, mission_from
from planner.faces.requests import PlanRequest
from planner.model.plan import Plan
from planner.plan import plan as make_plan
from tests.faces.small_world import CAR, MUNICH, NOW, VERONA, trip


@pytest.fixture(scope="module")
def there_and_back(shared_office: Office) -> Plan:
    stops = [
        {"location": MUNICH, "name": "München"},
        {"location": VERONA, "name": "Verona", "service_s": 3600},
        {"location": MUNICH, "name": "München"},
    ]
    request = trip(stops=stops, vehicle={"id": CAR, "soc": 0.6}, guarantee={"fallbacks": 1})
    mission = mission_of(read_model(PlanRequest, request), shared_office.desk())
    made = make_plan(shared_office.world, mission)
    assert isinstance(made, Plan)
    return made


def test_the_waypoints_that_are_left_are_those_after_the_stop(there_and_back: Plan) -> None:
    first, last = there_and_back.charging_stops[0], there_and_back.charging_stops[-1]
    begun = find_stop(there_and_back, first.evse_uid, NOW)
    assert begun is not None
    assert [w.name for w in begun.waypoints] == ["Verona", "München"]
    ended = find_stop(there_and_back, last.evse_uid, last.arrival)
    assert ended is not None
    assert [w.name for w in ended.waypoints] == ["München"]


def test_of_two_stops_at_one_post_it_is_the_one_that_is_not_over(there_and_back: Plan) -> None:
    first, last = there_and_back.charging_stops[0], there_and_back.charging_stops[-1]
    same = replace(
        last,
        station_id=first.station_id,
        evse_uid=first.evse_uid,
        evse_id=first.evse_id,
    )
    twice = replace(there_and_back, charging_stops=(*there_and_back.charging_stops[:-1], same))
    early = find_stop(twice, first.evse_uid, first.arrival)
    late = find_stop(twice, first.evse_uid, first.departure + 60.0)
    assert early is not None
    assert late is not None
    assert early.stop.arrival == first.arrival
    assert late.stop.arrival == same.arrival
    over = find_stop(twice, first.evse_uid, same.departure + 1e6)
    assert over == late


def test_a_fallback_may_fail_too_and_then_both_are_left_out(there_and_back: Plan) -> None:
    stop = there_and_back.charging_stops[0]
    fallback = stop.fallbacks[0].stop
    asked = (fallback.evse_id or fallback.evse_uid).lower().replace("*", "-")
    planned = {s.station_id for s in there_and_back.charging_stops}
    if fallback.station_id in planned:
        pytest.skip("the fallback is a stop of the trip too")
    found = find_stop(there_and_back, asked, NOW)
    assert found is not None
    assert found.failed == (stop.station_id,)
    onward = mission_from(there_and_back, found, now=NOW)
    assert set(onward.exclude_stations) == {stop.station_id, fallback.station_id}
    assert onward.soc == fallback.soc_arrival
    assert onward.guarantee.fallbacks == 0


def test_the_driver_may_say_when_and_with_which_charge(there_and_back: Plan) -> None:
    stop = there_and_back.charging_stops[0]
    found = find_stop(there_and_back, stop.evse_uid, NOW)
    assert found is not None
    planned = mission_from(there_and_back, found, now=NOW)
    assert (planned.departure, planned.soc) == (stop.arrival, stop.soc_arrival)
    told = mission_from(there_and_back, found, now=stop.arrival + 60, at=stop.arrival + 30, soc=0.3)
    assert (told.departure, told.soc) == (stop.arrival + 60, 0.3)
    with pytest.raises(InputError):
        mission_from(there_and_back, found, now=NOW, at=NOW - 1e6)


def test_an_unknown_post_is_no_stop(there_and_back: Plan) -> None:
    assert find_stop(there_and_back, "XX*YYY*E1", NOW) is None
