"""Munich to Milan: three wallets get visibly different trips, one gets none and is told why."""

import time
from dataclasses import replace
from datetime import datetime

import pytest

from planner.demo.live import LiveWorld
from planner.demo.operators import CONNECTIONS, HUB_STATUS
from planner.demo.runner import EXAMPLE_CAR, prepare
from planner.demo.sites import SEED, read_sites
from planner.demo.wallets import sample_wallets
from planner.energy.catalogue import load_catalogue, shipped_path
from planner.feeds.normalise import normalise
from planner.model.geo import LonLat
from planner.model.grade import Grade
from planner.model.mission import Mission, Waypoint
from planner.model.plan import Infeasible, Plan
from planner.ocpi.tariffs import read_tariff
from planner.plan import plan
from planner.roads.shipped import load_shipped
from planner.store.feeds import Source
from planner.store.snapshot import ClientInfo
from planner.store.store import Store
from planner.store.updates import StationsUpdate, TariffsUpdate
from planner.world import RoadSide, World

NOW_S = datetime.fromisoformat("2026-11-24T08:00:00+01:00").timestamp()
MUNICH, MILAN = LonLat(11.576, 48.137), LonLat(9.190, 45.464)


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """The demo's world at a fixed moment, as its feeds tell it."""
    home = tmp_path_factory.mktemp("trips")
    store = Store.open(f"sqlite:///{home / 'demo.sqlite'}", home / "key")
    prepare(store, NOW_S)
    live = LiveWorld(read_sites(), seed=SEED)
    for connection in CONNECTIONS:
        name, parties = connection.id, [operator.key for operator in connection.operators]
        sender = connection.peer.key
        source = Source(name=name, kind="ocpi", sender=sender, is_hub=connection.is_hub)
        store.feeds.add(replace(source, last_sync=NOW_S))
        read = [
            normalise(body, feed=name, sender=sender) for body in live.locations(parties, NOW_S)
        ]
        assert all(found.station is not None for found in read)
        stations = [(found.station, found.statuses) for found in read]
        tariffs = [read_tariff(body) for body in live.tariffs(parties)]
        store.apply(TariffsUpdate(feed=name, tariffs=tariffs, full=True))
        store.apply(StationsUpdate(feed=name, stations=stations, full=True))
        if connection.is_hub:
            infos = [
                ClientInfo(
                    hub=sender,
                    party=party,
                    role="CPO",
                    status=HUB_STATUS.get(party, "CONNECTED"),
                    as_of=NOW_S,
                )
                for party in parties
            ]
            store.knowledge.replace_client_infos(sender, infos)
    graph = load_shipped(home / "regions")
    yield World(RoadSide.of(graph), store.snapshot())
    store.close()


@pytest.fixture(scope="module")
def outcomes(world):
    car = load_catalogue(shipped_path()).by_id[EXAMPLE_CAR]
    mission = Mission(
        waypoints=(Waypoint(location=MUNICH), Waypoint(location=MILAN)),
        departure=NOW_S,
        now=NOW_S,
        vehicle=car,
        soc=0.8,
        wallet=sample_wallets()[0],
    )
    return {w.id: plan(world, replace(mission, wallet=w)) for w in sample_wallets()}


def parties(found: Plan) -> set[str]:
    return {stop.party for stop in found.charging_stops}


def test_three_wallets_get_a_trip_each_and_no_two_the_same(outcomes):
    trips = [outcomes[name] for name in ("wanderer", "passfahrer", "alles-dabei")]
    assert all(isinstance(trip, Plan) for trip in trips)
    stops = [tuple(stop.station_id for stop in trip.charging_stops) for trip in trips]
    assert len(set(stops)) == 3
    assert all(stops)


def test_wanderkarte_goes_by_the_brenner_and_passkarte_through_switzerland(world, outcomes):
    def passes(found: Plan, point: LonLat) -> bool:
        lon, lat = world.region.path_geometry([e for leg in found.legs for e in leg.path]).T
        return bool(((abs(lon - point.lon) < 0.1) & (abs(lat - point.lat) < 0.07)).any())

    brenner, chur = LonLat(11.50, 47.0), LonLat(9.53, 46.85)
    assert parties(outcomes["wanderer"]) <= {"AT*E9V", "DE*M9S", "DE*S9K", "IT*S9L"}
    assert parties(outcomes["passfahrer"]) <= {"CH*F9V", "IT*P9V"}
    assert passes(outcomes["wanderer"], brenner)
    assert not passes(outcomes["wanderer"], chur)
    assert passes(outcomes["passfahrer"], chur)
    assert not passes(outcomes["passfahrer"], brenner)


def test_every_stop_is_opened_by_an_agreement_or_a_terminal_and_has_a_fallback(outcomes):
    for name in ("wanderer", "passfahrer", "alles-dabei"):
        for stop in outcomes[name].charging_stops:
            assert stop.verdict.grade >= (
                Grade.AD_HOC if name == "alles-dabei" else Grade.CONTRACTED
            )
            assert stop.fallbacks


def test_more_cards_never_make_a_trip_longer(outcomes):
    both = outcomes["alles-dabei"].summary.arrival
    assert both <= min(outcomes[w].summary.arrival for w in ("wanderer", "passfahrer")) + 60


def test_the_town_app_gets_no_trip_and_hears_why_and_what_would_help(outcomes):
    none = outcomes["stadtapp"]
    assert isinstance(none, Infeasible)
    assert none.reason in {"out_of_range", "no_accessible_charger", "no_fallback"}
    assert none.title
    assert {r.change for r in none.relaxations} & {"token", "payment_card"}
    assert none.rejected.counts["agreement_token_type"] > 0


def test_trips_across_the_whole_region_are_there_for_a_wallet_with_everything(world, outcomes):
    wallet = next(w for w in sample_wallets() if w.id == "alles-dabei")
    mission = replace(outcomes["alles-dabei"].mission, wallet=wallet)
    begun = time.monotonic()
    for start, end in (
        (LonLat(4.84, 45.76), LonLat(16.37, 48.21)),
        (LonLat(8.54, 47.38), LonLat(12.33, 45.44)),
    ):
        waypoints = (Waypoint(location=start), Waypoint(location=end))
        found = plan(world, replace(mission, waypoints=waypoints))
        assert isinstance(found, Plan), found.title
    assert time.monotonic() - begun < 60
