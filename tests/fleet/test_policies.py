"""What an employer allows is kept by plans, told in the ledger, and held against by the check."""

import json
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from planner.faces.missions import mission_of
from planner.faces.office import Office
from planner.faces.requests import PlanRequest
from planner.fleet.contention import Contention, FleetAnswer, FleetRender
from planner.formats.plan_json import outcome_to_json
from planner.formats.plan_reading import plan_from_json
from planner.model.fleet import Hold, Policy
from planner.model.grade import Grade
from planner.model.mission import Mission
from planner.model.plan import ChargingStop, Infeasible, Outcome, Plan
from planner.model.station import SharedPower, Station
from planner.ocpi.tariffs import read_tariff
from planner.plan import plan
from planner.store.fleet_plans import PlanInUse
from planner.store.snapshot import RetailPrice
from planner.verify import verify, verify_fleet
from planner.world import World
from tests.faces.small_world import NOW, make_home, trip


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Office:
    home = tmp_path_factory.mktemp("fleet")
    return Office(make_home(home), clock=lambda: NOW)


@pytest.fixture
def world(office: Office) -> World:
    return office.world


@pytest.fixture
def mission(office: Office) -> Mission:
    asked = trip(
        departure="2026-11-23T09:00:00+01:00", guarantee={"min_grade": "contracted", "fallbacks": 1}
    )
    return mission_of(PlanRequest.model_validate(asked), office.desk(), "m")


def parties(made: Outcome) -> set[str]:
    assert isinstance(made, Plan)
    return {stop.party for stop in made.charging_stops}


def under(mission: Mission, **rules: object) -> Mission:
    return replace(mission, policy=Policy(id="p", **rules))  # type: ignore[arg-type] -- by name


def test_a_grade_below_the_employers_is_refused_in_the_employers_name(
    world: World, mission: Mission
) -> None:
    made = plan(world, under(mission, min_grade=Grade.VERIFIED))
    assert isinstance(made, Infeasible)
    assert set(made.rejected.counts) == {"policy_grade"}
    assert "your employer's policy" in made.rejected.stations[0].detail
    assert verify(world, made) == []


def priced(world: World, cheap: str, dear: str, **more: object) -> World:
    """The world with a list price for each operator, in euros a kWh."""
    rows = tuple(
        RetailPrice(
            emsp="DE*ABC", cpo=cpo, currency="EUR", per_kwh=price, per_min="0", per_session="0",
            idle_per_min="0", power_min_kw=None, power_max_kw=None, valid_from=None, valid_to=None,
        )
        for cpo, price in (("AT*AAA", cheap), ("IT*BBB", dear))
    )  # fmt: skip
    return replace(world, snapshot=replace(world.snapshot, prices=rows, **more))


def test_nobody_charges_above_the_ceiling_nor_where_the_price_is_not_known(
    world: World, mission: Mission
) -> None:
    capped = under(mission, max_per_kwh=Decimal("0.60"))
    assert isinstance(plan(world, capped), Infeasible)  # no price is known there at all
    for cheap, dear, wanted in (("0.55", "0.75", "AT*AAA"), ("0.75", "0.55", "IT*BBB")):
        there = priced(world, cheap, dear)
        made = plan(there, capped)
        assert parties(made) == {wanted}
        assert made.rejected.counts["policy_price"] > 0
        assert verify(there, made) == []


def test_the_check_finds_a_stop_that_the_policy_forbids(world: World, mission: Mission) -> None:
    made = plan(world, mission)
    assert isinstance(made, Plan)
    for policy in (
        Policy(id="p", providers=("NL*XYZ",)),
        Policy(id="p", max_per_kwh=Decimal("0.01")),
        Policy(id="p", min_grade=Grade.COMMITTED),
        Policy(id="p", preferred_operators=("FR*ZZZ",), only_preferred=True),
    ):
        broken = verify(world, replace(made, mission=replace(made.mission, policy=policy)))
        assert any(c.kind == "policy" and "charging_stops/0" in c.where for c in broken), policy


def test_a_ceiling_holds_for_each_hour_of_a_tariff_by_the_clock(
    world: World, mission: Mission
) -> None:
    """From 10 to 14 o'clock all is dear: nobody stops then, and who could not wait gets no plan."""
    tariff = {
        "country_code": "AT", "party_id": "AAA", "id": "T", "currency": "EUR",
        "elements": [
            {"price_components": [{"type": "ENERGY", "price": 0.9, "vat": 0, "step_size": 1}],
             "restrictions": {"start_time": "10:00", "end_time": "14:00"}},
            {"price_components": [{"type": "ENERGY", "price": 0.4, "vat": 0, "step_size": 1}]},
        ],
    }  # fmt: skip
    tariffs = {(party, "T"): read_tariff(tariff) for party in ("AT*AAA", "IT*BBB")}
    stations = tuple(with_tariff(station) for station in world.snapshot.stations)
    snapshot = replace(world.snapshot, tariffs=tariffs, stations=stations)
    there = replace(world, snapshot=snapshot)
    capped = under(mission, max_per_kwh=Decimal("0.60"))
    dear = plan(there, capped)
    assert isinstance(dear, Infeasible)
    assert dear.rejected.counts["policy_price"] > 0
    later = replace(capped, departure=capped.departure + 5 * 3600.0)
    made = plan(there, later)
    assert isinstance(made, Plan)
    assert verify(there, made) == []


def with_tariff(station: Station) -> Station:
    evses = tuple(
        replace(evse, connectors=tuple(replace(c, tariff_ids=("T",)) for c in evse.connectors))
        for evse in station.evses
    )
    return replace(station, evses=evses)


@pytest.mark.parametrize("party", ["AT*AAA", "IT*BBB"])
def test_preferred_operators_are_used_where_they_serve_as_well(
    world: World, mission: Mission, party: str
) -> None:
    made = plan(world, under(mission, preferred_operators=(party,)))
    assert parties(made) == {party}
    assert verify(world, made) == []
    never = plan(world, under(mission, preferred_operators=("FR*ZZZ",)))
    assert parties(never) == parties(plan(world, mission))


def under_another_station(made: Plan) -> Plan:
    stops = (replace(s, station_id="XX*TWIN", evse_uid="twin") for s in made.charging_stops)
    return replace(made, charging_stops=tuple(stops))


def test_a_fleet_at_one_hour_is_planned_around_itself(world: World, mission: Mission) -> None:
    missions = [replace(mission, id=f"m{number}") for number in range(6)]
    render = FleetRender(lambda outcome, _world: outcome)

    def again(_number: int, changed: Mission) -> tuple[object, Outcome]:
        outcome = plan(world, changed)
        return render(outcome, world), outcome

    def run(order: list[int]) -> list[Outcome]:
        turns = Contention(missions, range(6), world.snapshot, (), again)  # type: ignore[arg-type] -- the pair of a worker
        stands = {}
        for number in order:  # as workers are done with them
            outcome = plan(world, missions[number])
            stands.update(turns.accept(number, render(outcome, world), outcome))
        return [stands[number] for number in range(6)]

    plans = run([0, 1, 2, 3, 4, 5])
    assert verify_fleet(world.snapshot, plans) == []
    assert all(verify(world, made) == [] for made in plans)
    alone = [plan(world, each) for each in missions]
    assert verify_fleet(world.snapshot, alone) != []
    twin = under_another_station(alone[0])
    assert verify_fleet(world.snapshot, [alone[0], twin]) != [], "one EVSE, told by two feeds"
    assert run([5, 3, 1, 0, 2, 4]) == plans
    assert plans[-1].rejected.counts["fleet_taken"] > 0


def test_a_depot_gives_no_more_than_it_may(world: World, mission: Mission) -> None:
    alone = plan(world, mission)
    assert isinstance(alone, Plan)
    stop = alone.charging_stops[0]
    number = [s.id for s in world.snapshot.stations].index(stop.station_id)
    stations = list(world.snapshot.stations)
    stations[number] = replace(stations[number], max_kw=stop.power_kw + 10.0)
    there = replace(world, snapshot=replace(world.snapshot, stations=tuple(stations)))
    beside = next(e.uid for e in stations[number].evses if e.uid != stop.evse_uid)
    drawn = Hold(
        station_id=stop.station_id, evse_uid=beside, begins=stop.arrival, ends=stop.departure,
        power_kw=20.0,
    )  # fmt: skip
    held = replace(mission, taken=(drawn,))
    made = plan(there, held)
    assert isinstance(made, Plan)
    assert made.charging_stops[0].station_id != stop.station_id
    assert stop.station_id in {rejection.station_id for rejection in made.rejected.stations}
    assert verify(there, made) == []
    over = verify(there, replace(alone, mission=held))
    assert {c.kind for c in over if "charging_stops/0" in c.where} == {"fleet"}
    assert verify_fleet(there.snapshot, [alone]) == []
    assert verify_fleet(there.snapshot, [alone, replace(alone, id="other")]) != []


def depot_with(world: World, stop: ChargingStop, **limits: Any) -> tuple[World, Station]:
    """The world, with the station of a stop as an own depot that shares its power."""
    stations = list(world.snapshot.stations)
    number = [station.id for station in stations].index(stop.station_id)
    stations[number] = replace(stations[number], country_code="XX", party_id="OWN", **limits)
    snapshot = replace(world.snapshot, stations=tuple(stations), static_hash=f"{limits}")
    return replace(world, snapshot=snapshot), stations[number]


@pytest.mark.parametrize("whole", [True, False])
def test_a_vehicle_charges_with_the_power_that_others_leave_where_that_is_sooner(
    world: World, mission: Mission, whole: bool
) -> None:
    alone = plan(world, mission)
    assert isinstance(alone, Plan)
    stop = alone.charging_stops[1]
    bare = next(s for s in world.snapshot.stations if s.id == stop.station_id)
    uids = tuple(evse.uid for evse in bare.evses)
    limit_kw = stop.power_kw * 1.95
    part = SharedPower(max_kw=limit_kw, evse_uids=uids)
    there, depot = depot_with(
        world, stop, **({"max_kw": limit_kw} if whole else {"shared": (part,)})
    )
    beside = Hold(
        station_id=depot.id, evse_uid=next(u for u in uids if u != stop.evse_uid),
        begins=stop.arrival - 3600.0, ends=stop.departure + 7200.0, power_kw=stop.power_kw,
    )  # fmt: skip
    plans: list[Plan] = []

    def again(_number: int, again: Mission) -> tuple[FleetAnswer | None, Any]:
        made = plan(there, again)
        assert isinstance(made, Plan)
        plans.append(made)
        return FleetRender(lambda outcome, _world: outcome)(made, there), made

    used = PlanInUse(plan="x", departs=beside.begins, arrives=beside.ends, holds=(beside,))
    turns = Contention([mission], [0], there.snapshot, [used], again)
    asked = turns.alone(0)
    assert asked == mission
    first = FleetRender(lambda outcome, _world: outcome)(plan(there, asked), there)
    ((_, made),) = turns.accept(0, first, first.answer)
    waiting, sharing = plans
    assert made is sharing
    share_kw = made.mission.shares[0].power_kw
    assert 0.94 * stop.power_kw < share_kw <= 0.95 * stop.power_kw
    at = made.charging_stops[1]
    assert (at.station_id, at.power_kw) == (depot.id, pytest.approx(share_kw))
    assert alone.summary.arrival < made.summary.arrival < waiting.summary.arrival
    assert verify(there, made) == []
    quick = replace(made, mission=replace(made.mission, shares=()))
    assert {claim.kind for claim in verify(there, quick)} >= {"charging"}
    kept = plan_from_json(json.loads(json.dumps(outcome_to_json(made, there.region))))
    assert kept.mission.shares == made.mission.shares
