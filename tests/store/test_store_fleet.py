"""A fleet's records, plans in use and notices, on both databases."""

from dataclasses import replace
from decimal import Decimal

import pytest

from planner.errors import NotFound
from planner.model.fleet import Driver, FleetVehicle, Hold, Policy, VehicleState
from planner.model.geo import LonLat
from planner.model.grade import Grade
from planner.store.fleet_plans import PlanInUse
from planner.store.store import Store
from planner.store.webhooks import DELIVERED, Webhook

HOLD = Hold(station_id="s", evse_uid="e", begins=10.0, ends=20.5, use="fallback", power_kw=50.0)


def test_records_come_back_as_they_were_kept(store: Store) -> None:
    policy = Policy(id="p", providers=("DE*ABC",), max_per_kwh=Decimal("0.7"), min_grade=Grade(4))
    store.fleet.save_policy(policy)
    van = FleetVehicle(id="v", model="m", overrides={"usable_kwh": 55.0}, policy="p")
    store.fleet.save_vehicle(van)
    state = VehicleState(location=LonLat(11.5, 48.1), soc=0.5, at=9.0, plan_id="x")
    store.fleet.save_state("v", state)
    store.fleet.save_vehicle(replace(van, name="Van"))
    assert store.fleet.vehicles() == (replace(van, name="Van"),)
    assert store.fleet.state("v") == state, "where it is stays when its record changes"
    assert not store.fleet.has_drivers()
    store.fleet.save_driver(Driver(id="d", name="Zoë"))
    assert store.fleet.drivers() == (Driver(id="d", name="Zoë"),)
    assert store.fleet.policy("p") == policy
    store.fleet.remove_driver("d")
    assert store.fleet.driver("d") is None
    with pytest.raises(NotFound):
        store.fleet.save_state("nobody", state)


def test_a_plan_takes_the_place_of_another_at_once(store: Store) -> None:
    first = PlanInUse(plan="a", batch="b", row=1, departs=0.0, arrives=50.0, holds=(HOLD,))
    store.fleet_plans.use([first, replace(first, plan="c", row=0, arrives=5.0)])
    assert [use.plan for use in store.fleet_plans.of_batch("b")] == ["c", "a"]
    store.fleet_plans.use([replace(first, plan="d")], instead_of=["a"])
    assert store.fleet_plans.ending_after(10.0) == (replace(first, plan="d"),)
    store.fleet_plans.forget(6.0)
    assert store.fleet_plans.get("c") is None
    store.fleet_plans.release("d")
    with pytest.raises(NotFound):
        store.fleet_plans.release("d")


def test_a_notice_is_taken_by_one_and_comes_back_when_its_lease_ends(store: Store) -> None:
    hook = Webhook(id="w", created=1.0, url="https://example.com", events=("ping",))
    store.webhooks.add(hook, "a-secret")
    assert (store.webhooks.all(), store.webhooks.secret("w")) == ((hook,), "a-secret")
    assert store.webhooks.tell("batch.done", b"{}", now=2.0) == 0
    assert [store.webhooks.tell("ping", b"{}", now=2.0, once="x") for _ in range(2)] == [1, 0]
    (notice,) = store.webhooks.take(now=2.0, lease_s=60.0, most=5)
    assert store.webhooks.take(now=61.0, lease_s=60.0, most=5) == ()
    assert [one.id for one in store.webhooks.take(now=62.0, lease_s=60.0, most=5)] == [notice.id]
    store.webhooks.settle(notice, DELIVERED, due=62.0, told="answered 200")
    assert store.webhooks.take(now=1e9, lease_s=1.0, most=5) == ()
    (settled,) = store.webhooks.deliveries("w")
    assert (settled.state, settled.attempts) == ("delivered", 1)
    store.webhooks.remove("w")
    with pytest.raises(NotFound):
        store.webhooks.get("w")
