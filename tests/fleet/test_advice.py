"""Card advice is what planning with the card shows: trips that it unlocks, money that it saves."""

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from planner.errors import OffNetwork
from planner.faces.missions import mission_of
from planner.faces.office import Office
from planner.faces.requests import PlanRequest
from planner.fleet.advice import Advice, advise, again, candidates
from planner.fleet.cheapest import card_of
from planner.formats.advice_json import NO_LIST, ONLY_TARIFFS, PARTLY_TARIFFS, advice_to_json
from planner.model.fleet import Policy
from planner.model.mission import Mission
from planner.ocpi.tariffs import read_tariff
from planner.plan import attempt
from planner.store.snapshot import Agreement, RetailPrice
from planner.store.updates import TariffsUpdate
from planner.world import World
from tests.faces.small_world import NOW, make_home, trip

WEEK_S = 7 * 86_400.0


def agreement(emsp: str, cpo: str, *, until: float | None = None) -> Agreement:
    return Agreement(
        emsp=emsp,
        cpo=cpo,
        via="",
        valid_from=None,
        valid_to=until,
        token_types=(),
        source="roaming.csv:2",
        as_of=NOW - 86_400.0,
    )


def price(emsp: str, cpo: str, per_kwh: str) -> RetailPrice:
    return RetailPrice(
        emsp=emsp,
        cpo=cpo,
        currency="EUR",
        per_kwh=per_kwh,
        per_min="0",
        per_session="0",
        idle_per_min="0",
        power_min_kw=None,
        power_max_kw=None,
        valid_from=None,
        valid_to=None,
    )


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Office:
    """Two operators; the fleet's card DE*ABC opens the Austrian one only, at a known price."""
    used = Office(make_home(tmp_path_factory.mktemp("home")), clock=lambda: NOW)
    used.store.knowledge.replace_agreements(
        [
            agreement("DE*ABC", "AT*AAA"),
            agreement("DE*LOW", "AT*AAA"),
            agreement("IT*XYZ", "IT*BBB"),
            agreement("FR*OLD", "IT*BBB", until=NOW - 1),
            agreement("FR*NIX", "FR*ZZZ"),
        ]
    )
    used.store.knowledge.replace_prices(
        [price("DE*ABC", "AT*AAA", "0.80"), price("DE*LOW", "AT*AAA", "0.50")]
    )
    return used


@pytest.fixture(scope="module")
def world(office: Office) -> World:
    return office.world


def mission(office: Office, name: str, **more: object) -> Mission:
    request = PlanRequest.model_validate(trip(**more))
    return mission_of(request, office.desk(NOW), name)


@pytest.fixture(scope="module")
def advice(office: Office, world: World) -> Advice:
    """One trip that the fleet's card makes, and one that asks for two operators."""
    easy = mission(office, "easy", guarantee={"fallbacks": 0, "min_grade": "contracted"})
    stations = [s.id for s in world.snapshot.stations if s.party == "AT*AAA"]
    hard = replace(easy, id="hard", exclude_stations=tuple(stations))
    return advise(world, [easy, hard], now=NOW)


def test_candidates_are_the_providers_with_a_valid_agreement(world: World) -> None:
    assert candidates(world.snapshot, NOW) == ("DE*ABC", "DE*LOW", "FR*NIX", "IT*XYZ")


def test_a_card_that_makes_an_infeasible_mission_feasible_comes_first(advice: Advice) -> None:
    assert advice.infeasible == ("hard",)
    assert (advice.cards[0].provider, advice.cards[0].unlocks) == ("IT*XYZ", ("hard",))
    assert all(not card.unlocks for card in advice.cards[1:])


def test_what_a_card_saves_is_what_its_price_list_says(
    advice: Advice, office: Office, world: World
) -> None:
    (low,) = [card for card in advice.cards if card.provider == "DE*LOW"]
    own = attempt(world, mission(office, "", guarantee={"fallbacks": 0}))
    assert own is not None
    paid = own.summary.costs[0].amount
    assert low.cheaper == ("easy",)
    assert low.saves["EUR"] == pytest.approx(paid * 3 / 8, abs=Decimal("0.03"))
    assert not low.uses_tariffs
    partly = advice_to_json(replace(advice, cards=(replace(low, uses_tariffs=True),)))
    assert partly["cards"][0]["note"] == PARTLY_TARIFFS, "its list is known, but not for every stop"


def test_a_card_that_opens_nothing_more_brings_nothing(advice: Advice) -> None:
    (nothing,) = [card for card in advice.cards if card.provider == "FR*NIX"]
    assert (nothing.unlocks, nothing.cheaper, nothing.saves) == ((), (), {})


def test_the_cheapest_card_of_each_stop_is_told(advice: Advice) -> None:
    assert advice.stops
    for stop in advice.stops:
        assert (stop.mission, stop.provider, stop.best_provider) == ("easy", "DE*ABC", "DE*LOW")
        assert not stop.held
        assert stop.cost is not None
        assert stop.best.amount < stop.cost.amount


def test_where_only_tariffs_are_known_the_advice_says_so(
    tmp_path: Path, office: Office, world: World
) -> None:
    raw = {
        "country_code": "AT",
        "party_id": "AAA",
        "id": "T",
        "currency": "EUR",
        "elements": [{"price_components": [{"type": "ENERGY", "price": 0.6, "vat": 20}]}],
    }
    used = Office(make_home(tmp_path), clock=lambda: NOW)
    used.store.apply(TariffsUpdate(feed="AT*AAA", tariffs=[read_tariff(raw)]))
    snapshot = used.store.snapshot()
    tariffed = [
        replace(
            s,
            evses=tuple(
                replace(e, connectors=tuple(replace(c, tariff_ids=("T",)) for c in e.connectors))
                for e in s.evses
            ),
        )
        if s.party == "AT*AAA"
        else s
        for s in snapshot.stations
    ]
    here = world.renewed(replace(snapshot, stations=tuple(tariffed)))
    easy = mission(office, "easy", guarantee={"fallbacks": 0, "min_grade": "contracted"})
    document = advice_to_json(advise(here, [easy], now=NOW, providers=["DE*NEW"]))
    assert document["cards"][0]["note"] == NO_LIST
    notes = {stop["note"] for stop in document["stops"] if stop["best_cost"]}
    assert notes <= {ONLY_TARIFFS}


def test_a_mission_of_the_past_is_planned_for_the_same_hour_of_a_week_to_come(
    office: Office,
) -> None:
    old = mission(office, "old")
    old = replace(old, departure=NOW - 10 * 86_400.0)
    new = again(old, NOW)
    assert (new.departure - old.departure) % WEEK_S == 0
    assert NOW <= new.departure < NOW + WEEK_S
    assert new.now == NOW


def test_a_policy_does_not_forbid_the_card_that_is_asked_about(
    office: Office, world: World
) -> None:
    easy = mission(office, "easy", guarantee={"fallbacks": 0, "min_grade": "contracted"})
    strict = replace(
        easy,
        policy=Policy(id="p", providers=("DE*ABC",)),
        exclude_stations=tuple(s.id for s in world.snapshot.stations if s.party == "AT*AAA"),
    )
    advice = advise(world, [strict], now=NOW, providers=["IT*XYZ"])
    assert advice.cards[0].unlocks == ("easy",)


def test_a_mission_that_cannot_be_planned_stops_nothing(office: Office, world: World) -> None:
    def refuse(_world: World, asked: Mission) -> None:
        if asked.id == "sea":
            raise OffNetwork("is in the sea")

    missions = [mission(office, "sea"), mission(office, "land")]
    told = []
    advice = advise(
        world, missions, now=NOW, plan_one=refuse, tell=lambda done, most: told.append((done, most))
    )
    assert [name for name, _ in advice.failed] == ["sea"]
    assert advice.infeasible == ("land",)
    assert told[-1] == (10, 10)


def test_a_made_up_card_gives_no_uid_away() -> None:
    assert "made up" in card_of("DE*ABC").uid
