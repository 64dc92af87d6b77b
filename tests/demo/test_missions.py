"""The fleet's missions and the wallets: well-formed, and of the demo's world."""

import csv
from datetime import UTC, date, datetime, timedelta

import pytest

from planner.demo.missions import COLUMNS, FLEET, redate, tomorrow
from planner.demo.operators import BY_KEY, HUB, PROVIDERS
from planner.demo.sites import shipped
from planner.demo.wallets import agreements_file, prices_file, sample_wallets
from planner.energy.catalogue import load_catalogue
from planner.model.token import TokenType
from planner.ocpi.ids import read_contract_id


@pytest.fixture(scope="module")
def missions() -> list[dict[str, str]]:
    with shipped("missions.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_fleet_has_200_missions_with_the_contracts_columns(missions):
    assert len(missions) == 200
    assert len({row["mission_id"] for row in missions}) == 200
    assert tuple(missions[0]) == COLUMNS
    assert len({row["vehicle"] for row in missions}) >= 5
    assert {row["wallet"] for row in missions} == {"wanderer", "passfahrer", "alles-dabei"}


def test_every_vehicle_and_wallet_of_a_mission_exists(missions):
    known = load_catalogue().by_id
    assert {row["vehicle"] for row in missions} <= set(known)
    assert {car.id for car in FLEET} <= set(known)
    assert {row["wallet"] for row in missions} <= {wallet.id for wallet in sample_wallets()}


def test_every_value_of_a_mission_is_one_that_can_be_planned_with(missions):
    for row in missions:
        assert 0 < float(row["soc"]) <= 1
        assert datetime.fromisoformat(row["departure"]).tzinfo is not None
        for place in (row["from"], row["to"]):
            lon, lat = map(float, place.split(","))
            assert 4 < lon < 17.2
            assert 43.5 < lat < 50
        if row["arrive_before"]:
            assert row["arrive_before"] > row["departure"]


def test_missions_move_to_another_day_at_the_same_time_of_day():
    text = shipped("missions.csv").read_text(encoding="utf-8")
    summer = list(csv.DictReader(redate(text, date(2027, 7, 1)).splitlines()))
    winter = list(csv.DictReader(text.splitlines()))
    for was, is_now in zip(winter, summer, strict=True):
        before, after = (datetime.fromisoformat(row["departure"]) for row in (was, is_now))
        assert after.date() == date(2027, 7, 1)
        assert after.time() == before.time()
        assert after.utcoffset() == timedelta(hours=2)
        assert {**is_now, "departure": "", "arrive_before": ""} == {
            **was,
            "departure": "",
            "arrive_before": "",
        }
    late = datetime(2026, 11, 22, 23, 30, tzinfo=UTC)
    assert tomorrow(late.timestamp()) == date(2026, 11, 24)


def test_the_file_with_faults_alternates_good_rows_and_bad_ones():
    with shipped("missions-with-faults.csv").open(encoding="utf-8", newline="") as file:
        ids = [row["mission_id"] for row in csv.DictReader(file)]
    assert [name.split("-")[0] for name in ids] == ["good", "faulty"] * 10


def test_wallets_hold_valid_contracts_of_the_two_made_up_providers():
    wallets = {wallet.id: wallet for wallet in sample_wallets()}
    assert set(wallets) == {"wanderer", "passfahrer", "alles-dabei", "stadtapp"}
    providers = {provider.key for provider in PROVIDERS}
    for wallet in wallets.values():
        for token in wallet.tokens:
            contract = read_contract_id(token.contract_id)
            assert contract.form == "iso"
            assert contract.warnings == ()
            assert token.provider == contract.party
            assert token.provider in providers
    assert [w for w in wallets if wallets[w].payment_card] == ["alles-dabei"]
    assert [t.type for t in wallets["stadtapp"].tokens] == [TokenType.APP_USER]
    uids = [token.uid for wallet in wallets.values() for token in wallet.tokens]
    assert len(set(uids)) == len(uids)


def test_the_roaming_table_names_parties_of_the_demo_and_has_gaps():
    with agreements_file().open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    providers = {provider.key for provider in PROVIDERS}
    assert {row["emsp"] for row in rows} == providers
    assert {row["via"] for row in rows} == {"", HUB.key}
    assert {row["cpo"] for row in rows} <= set(BY_KEY)
    assert "LI*H9G" not in {row["cpo"] for row in rows}
    assert any(row["valid_to"] and row["valid_to"] < "2026-11-01" for row in rows)
    assert any(row["valid_from"] > "2027" for row in rows)
    assert any("APP_USER" in row["token_types"] for row in rows)
    open_now = {(r["emsp"], r["cpo"]) for r in rows if not r["valid_to"]}
    assert len(open_now) < len(providers) * len(BY_KEY) / 1.5


def test_retail_prices_are_there_for_some_pairs_only():
    with prices_file().open(encoding="utf-8", newline="") as file:
        priced = {(row["emsp"], row["cpo"]) for row in csv.DictReader(file)}
    assert ("DE*W9K", "AT*E9V") in priced
    assert ("CH*P9K", "IT*P9V") not in priced
