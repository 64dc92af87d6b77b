"""What the demo's operators publish: valid, the same for a seed, and as diverse as it says."""

import json
from collections import Counter
from zoneinfo import ZoneInfo

import pytest

from planner.demo.live import LiveWorld
from planner.demo.locations import moment
from planner.demo.operators import BY_KEY, CONNECTIONS, HUB, OPERATORS, PROVIDERS
from planner.demo.sites import SEED, read_sites
from planner.demo.statuses import pulse_of, status_at, week_of
from planner.model.geo import LonLat, distance_m

EVERYONE = [operator.key for operator in OPERATORS]
NOW_S = 1_795_000_000.0


@pytest.fixture(scope="module")
def world() -> LiveWorld:
    return LiveWorld(read_sites(), seed=SEED)


@pytest.fixture(scope="module")
def locations(world) -> list[dict]:
    return world.locations(EVERYONE, NOW_S)


@pytest.fixture(scope="module")
def evses(locations) -> list[dict]:
    return [evse for at in locations for evse in at["evses"]]


def test_some_500_sites_of_at_least_six_operators_that_say_they_are_made_up(locations):
    assert 450 <= len(locations) <= 600
    assert len({at["party_id"] for at in locations}) == len(OPERATORS) >= 6
    for party in (*OPERATORS, HUB, *PROVIDERS):
        assert party.name.endswith("(demo)")
        assert party.party_id[1] == "9"
    assert all(at["operator"]["name"].endswith("(demo)") for at in locations)


def test_every_location_is_one_of_the_specification(locations, read_location):
    for body in locations:
        read_location(body)
        ZoneInfo(body["time_zone"])


def test_every_tariff_is_one_of_the_specification(world, read_tariff):
    tariffs = world.tariffs(EVERYONE)
    for body in tariffs:
        read_tariff(body)
    components = {c["type"] for t in tariffs for e in t["elements"] for c in e["price_components"]}
    assert components == {"ENERGY", "FLAT", "PARKING_TIME", "TIME"}
    assert {t["type"] for t in tariffs} == {"REGULAR", "AD_HOC_PAYMENT"}
    assert {t["currency"] for t in tariffs} == {"EUR", "CHF", "CZK"}
    timed = [e for t in tariffs for e in t["elements"] if "start_time" in e.get("restrictions", {})]
    assert timed
    assert any("min_price" in t for t in tariffs)


def test_a_connector_names_only_tariffs_that_its_operator_has(world, locations):
    known = {(t["country_code"], t["party_id"], t["id"]) for t in world.tariffs(EVERYONE)}
    for at in locations:
        for evse in at["evses"]:
            for connector in evse["connectors"]:
                for tariff_id in connector.get("tariff_ids", []):
                    assert (at["country_code"], at["party_id"], tariff_id) in known


def test_ids_are_unique(locations, evses):
    for ids in ([at["id"] for at in locations], [evse["uid"] for evse in evses]):
        assert len(set(ids)) == len(ids)
    assert len({evse["evse_id"] for evse in evses}) == len(evses)


def test_every_kind_of_trouble_is_there(locations, evses):
    statuses = Counter(evse["status"] for evse in evses)
    assert {"AVAILABLE", "CHARGING", "OUTOFORDER", "INOPERATIVE", "BLOCKED", "UNKNOWN"} <= set(
        statuses
    )
    assert statuses["AVAILABLE"] > len(evses) / 2
    month_ago = moment(NOW_S - 30 * 86_400)
    stale = [evse for evse in evses if evse["last_updated"] < month_ago]
    assert 0.03 < len(stale) / len(evses) < 0.15
    hours = [at.get("opening_times") for at in locations]
    assert None in hours
    assert any(h and not h["twentyfourseven"] for h in hours)
    assert any(h and "exceptional_closings" in h for h in hours)
    assert any(not at["publish"] and at["publish_allowed_to"] for at in locations)
    capabilities = [set(evse.get("capabilities", ())) for evse in evses]
    assert set() in capabilities
    assert any(c and "RFID_READER" not in c for c in capabilities)
    assert any(c and "REMOTE_START_STOP_CAPABLE" not in c for c in capabilities)
    assert any("PED_TERMINAL" in c for c in capabilities)
    assert any("CUSTOMERS" in evse["parking_restrictions"] for evse in evses)
    assert any("DISABLED" in evse["parking_restrictions"] for evse in evses)
    assert min(len(at["evses"]) for at in locations) >= 2
    assert max(len(at["evses"]) for at in locations) <= 12


def test_all_powers_from_11_to_400_kw_are_there(evses):
    connectors = [c for evse in evses for c in evse["connectors"]]
    said = {c["max_electric_power"] for c in connectors if "max_electric_power" in c}
    assert {11_000, 22_000, 50_000, 75_000, 150_000, 300_000, 400_000} <= said
    assert any("max_electric_power" not in c for c in connectors)
    for c in connectors:
        phases = {"AC_3_PHASE": 3, "DC": 1}[c["power_type"]]
        rating = phases * c["max_voltage"] * c["max_amperage"]
        assert c.get("max_electric_power", 0) <= rating * 1.01


def test_the_same_seed_and_moment_give_the_same_world_to_the_byte(locations):
    again = LiveWorld(read_sites(), seed=SEED).locations(EVERYONE, NOW_S)
    assert json.dumps(again) == json.dumps(locations)
    other = LiveWorld(read_sites(), seed=SEED + 1).locations(EVERYONE, NOW_S)
    assert other != locations


def test_a_server_that_starts_later_goes_on_where_another_was(locations):
    walked = LiveWorld(read_sites(), seed=SEED)
    for ahead_s in range(0, 600, 60):
        walked.locations(EVERYONE, NOW_S + ahead_s)
    fresh = LiveWorld(read_sites(), seed=SEED)
    assert walked.locations(EVERYONE, NOW_S + 600) == fresh.locations(EVERYONE, NOW_S + 600)


def test_statuses_change_every_few_seconds_and_no_update_goes_backwards(world):
    live = LiveWorld(read_sites(), seed=SEED)
    before = {at["id"]: at for at in live.locations(EVERYONE, NOW_S)}
    changes = 0
    for ahead_s in range(3, 303, 3):
        now = {at["id"]: at for at in live.locations(EVERYONE, NOW_S + ahead_s)}
        for location_id, at in now.items():
            was = before[location_id]
            assert at["last_updated"] >= was["last_updated"]
            changes += at["last_updated"] > was["last_updated"]
            assert at["last_updated"] <= moment(NOW_S + ahead_s)
        before = now
    assert changes >= 100


def test_an_old_answer_is_untouched_by_what_happens_later():
    live = LiveWorld(read_sites(), seed=SEED)
    held = live.locations(["AT*E9V"], NOW_S)
    text = json.dumps(held)
    uid = held[0]["evses"][0]["uid"]
    assert live.set_status(uid, "OUTOFORDER", NOW_S + 5)
    assert json.dumps(held) == text
    now = live.locations(["AT*E9V"], NOW_S + 9)[0]
    assert now["evses"][0]["status"] == "OUTOFORDER"
    assert now["last_updated"] >= now["evses"][0]["last_updated"] == moment(NOW_S + 5)
    assert not live.set_status("no-such-evse", "AVAILABLE", NOW_S)


def test_exceptional_closings_lie_in_this_week_and_the_next(world):
    begin = week_of(NOW_S)
    assert begin <= NOW_S < begin + 7 * 86_400
    for at in world.locations(EVERYONE, NOW_S):
        for closing in at.get("opening_times", {}).get("exceptional_closings", []):
            assert moment(begin) <= closing["period_begin"] < moment(begin + 14 * 86_400)


def test_a_silent_post_keeps_silent_and_a_living_one_speaks_within_an_hour(evses):
    for evse in evses[:400]:
        told = status_at(SEED, evse["uid"], NOW_S)
        match pulse_of(SEED, evse["uid"]).temper:
            case "living":
                assert NOW_S - 3600 <= told.since_s <= NOW_S
            case "silent" | "planned" | "removed":
                assert told == status_at(SEED, evse["uid"], NOW_S + 9e6)


def test_four_operators_are_direct_and_the_others_behind_one_hub():
    assert [c.is_hub for c in CONNECTIONS] == [False] * 4 + [True]
    assert sorted(op.key for c in CONNECTIONS for op in c.operators) == sorted(BY_KEY)


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (LonLat(11.58, 48.14), LonLat(11.40, 47.26)),
        (LonLat(11.40, 47.26), LonLat(11.35, 46.49)),
        (LonLat(11.35, 46.49), LonLat(9.19, 45.46)),
        (LonLat(9.53, 46.85), LonLat(9.19, 45.46)),
        (LonLat(4.84, 45.76), LonLat(6.14, 46.20)),
        (LonLat(14.29, 48.31), LonLat(16.37, 48.21)),
    ],
    ids=["Munich-Innsbruck", "Brenner", "Bolzano-Milan", "Chur-Milan", "Lyon-Geneva", "Linz-Wien"],
)
def test_along_a_great_road_the_next_fast_charger_is_never_far(start, end, locations):
    fast = [
        LonLat(float(at["coordinates"]["longitude"]), float(at["coordinates"]["latitude"]))
        for at in locations
        if any(c["power_type"] == "DC" for e in at["evses"] for c in e["connectors"])
    ]
    for step in range(11):
        t = step / 10
        point = LonLat(start.lon + t * (end.lon - start.lon), start.lat + t * (end.lat - start.lat))
        assert min(distance_m(point, site) for site in fast) < 40_000
