"""Extracts of OpenStreetMap become regions, and trips on them are planned, by the command line."""

import json
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from math import cos, hypot, radians
from pathlib import Path
from typing import Any

import pytest

from tests.real.command import Plugsure, finish_all
from tests.real.facts import UID

LONG_RANGE = "mercedes-eqs-450-2021"
SMALL = "nissan-leaf-40-kwh-2018"
DEPARTURE = "2026-11-23T08:00:00+08:00"


def kilometres(a: list[float], b: list[float]) -> float:
    """Distance on a plane that touches the Earth between two points not far from each other."""
    east = (b[0] - a[0]) * cos(radians((a[1] + b[1]) / 2)) * 111.32
    return hypot(east, (b[1] - a[1]) * 110.9)


def length_km(line: list[list[float]]) -> float:
    return sum(kilometres(a, b) for a, b in pairwise(line))


def every(line: list[list[float]], step_km: float) -> Iterator[list[float]]:
    """Points of a line, each some kilometres after the one before."""
    gone = step_km / 2
    for a, b in pairwise(line):
        gone += kilometres(a, b)
        if gone >= step_km:
            yield b
            gone = 0.0


def made_up_location(number: int, place: list[float]) -> dict[str, Any]:
    """A Location with two posts of 50 kW, as an operator would send it."""
    connector = {
        "id": "1",
        "standard": "CHADEMO",
        "format": "CABLE",
        "power_type": "DC",
        "max_voltage": 500,
        "max_amperage": 125,
        "max_electric_power": 50_000,
        "last_updated": "2026-11-22T00:00:00Z",
    }
    evses = [
        {
            "uid": f"{number}-{post}",
            "evse_id": f"CN*MUP*E{number:03}{post}",
            "status": "AVAILABLE",
            "capabilities": ["RFID_READER"],
            "connectors": [connector],
            "last_updated": "2026-11-22T23:00:00Z",
        }
        for post in (1, 2)
    ]
    return {
        "country_code": "CN",
        "party_id": "MUP",
        "id": f"made-up-{number}",
        "publish": True,
        "name": f"Made up {number}",
        "address": "A road",
        "city": "A town",
        "country": "CHN",
        "coordinates": {"longitude": f"{place[0]:.6f}", "latitude": f"{place[1]:.6f}"},
        "operator": {"name": "Made-up Power"},
        "opening_times": {"twentyfourseven": True},
        "time_zone": "Asia/Shanghai",
        "evses": evses,
        "last_updated": "2026-11-22T23:00:00Z",
    }


@pytest.fixture(scope="module")
def long_drive(china: Plugsure) -> dict[str, Any]:
    """Pizhou to Wuyang in a car that needs no stop."""
    return china.run(
        *("plan", "--from", "Pizhou", "--to", "Wuyang", "--vehicle", LONG_RANGE, "--soc", "100%"),
        *("--payment-card", "--at", DEPARTURE, "--as-of", DEPARTURE, "--format", "json"),
        status=0,
    ).document


def test_a_car_with_range_enough_drives_over_300_km_without_a_station(long_drive):
    assert long_drive["charging_stops"] == []
    leg = long_drive["legs"][0]
    assert leg["distance_m"] > 300_000
    line = leg["geometry"]["coordinates"]
    driven_km = leg["distance_m"] / 1000
    assert length_km(line) == pytest.approx(driven_km, rel=0.02)
    assert driven_km < 1.6 * kilometres(line[0], line[-1])
    # No road is slower than 40 km/h over such a distance, none faster than China's 120.
    assert 40 < driven_km / (leg["duration_s"] / 3600) < 120
    assert 10 < 100 * leg["energy_kwh"] / driven_km < 35  # kWh for 100 km of a large car
    assert leg["soc_end"] > 0.1


def test_a_small_car_stops_at_the_stations_of_an_ocpi_file(
    china: Plugsure, long_drive, tmp_path: Path
):
    line = long_drive["legs"][0]["geometry"]["coordinates"]
    stations = [made_up_location(n, place) for n, place in enumerate(every(line, 25.0))]
    assert len(stations) >= 10
    locations = tmp_path / "locations.json"
    locations.write_text(json.dumps({"data": stations, "status_code": 1000}), encoding="utf-8")
    roaming = tmp_path / "roaming.csv"
    roaming.write_text("emsp,cpo\nCN*EMP,CN*MUP\n", encoding="utf-8")
    used = replace(china, database=tmp_path / "stations.sqlite")
    used.run(
        *("feed", "add", "made-up", "--file", locations, "--format", "ocpi"),
        *("--as-of", DEPARTURE),
        status=0,
    )
    used.run("agreements", "import", roaming, status=0)
    made = used.run(
        *("plan", "--from", "Pizhou", "--to", "Wuyang", "--vehicle", SMALL, "--soc", "0.8"),
        *("--token", "-", "--at", DEPARTURE, "--as-of", DEPARTURE, "--format", "json"),
        stdin=f"{UID}/CN-EMP-C12345678\n",
        status=0,
    )
    plan = made.document
    assert UID not in made.out + made.err
    assert plan["charging_stops"]
    for stop in plan["charging_stops"]:
        assert stop["station"]["id"].startswith("CN*MUP*made-up-")
        assert stop["access"]["grade"] == "contracted"
        assert stop["fallbacks"][0]["station"]["id"] != stop["station"]["id"]
        assert stop["soc_arrival"] >= 0.1
    charged = sum(stop["energy_kwh"] for stop in plan["charging_stops"])
    used_kwh = sum(leg["energy_kwh"] for leg in plan["legs"])
    battery = plan["mission"]["vehicle"]["usable_kwh"]
    left = plan["legs"][-1]["soc_end"]
    assert 0.8 * battery + charged - used_kwh == pytest.approx(left * battery, abs=0.05)


def test_porto_is_built_and_described_with_its_sizes(plugsure: Plugsure, shared: Path):
    extract = shared / "roads" / "porto_portugal.osm.pbf"
    plugsure.run("region", "build", "porto", "--osm", extract, status=0)
    asked = (
        ("region", "info", "porto", "--json"),
        ("region", "info", "porto"),
        ("region", "list", "--json"),
        (
            *("plan", "--region", "porto", "--from=-8.61,41.15", "--to=-8.67,41.24"),
            *("--vehicle", SMALL, "--soc", "80%", "--payment-card", "--format", "json"),
        ),
    )
    info, shown, listed, planned = finish_all(*(plugsure.start(*a) for a in asked), status=0)
    told = info.document
    folder = plugsure.home / "regions" / "porto"
    on_disk = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    assert told["size_bytes"] == pytest.approx(on_disk, rel=0.01)
    assert told["nodes"] > 40_000
    assert told["edges"] > told["nodes"]
    assert told["hash"]
    assert not told["has_elevation"]
    assert "OpenStreetMap" in told["attribution"]
    west, south, east, north = told["bbox"]
    assert west < -8.61 < east
    assert south < 41.15 < north
    assert str(told["size_bytes"]) in shown.out
    assert told in listed.document
    assert 12_000 < planned.document["summary"]["distance_m"] < 25_000


def test_andorra_has_heights_and_uphill_costs_more_than_downhill(plugsure: Plugsure, shared: Path):
    plugsure.run(
        *("region", "build", "andorra", "--elevation", shared / "elevation"),
        *("--osm", shared / "roads" / "andorra-valhalla-docker.osm.pbf"),
        status=0,
    )
    told = plugsure.run("region", "info", "andorra", "--json", status=0).document
    assert told["has_elevation"]
    assert told["size_bytes"] > 100_000
    assert told["as_of"].startswith("2021-10")
    town, pass_road = "1.52109,42.50779", "1.73,42.54"

    asked = [
        plugsure.start(
            *("plan", "--region", "andorra", "--from", start, "--to", end, "--vehicle", SMALL),
            *("--soc", "80%", "--payment-card", "--format", "json"),
        )
        for start, end in ((town, pass_road), (pass_road, town))
    ]
    up, down = (done.document["summary"] for done in finish_all(*asked, status=0))
    up_kwh, down_kwh = up["energy_kwh"], down["energy_kwh"]
    up_m, down_m = up["distance_m"], down["distance_m"]
    assert up_m == pytest.approx(down_m, rel=0.15)
    # 1,000 m of height of a car of 1.6 t are 4.3 kWh at the wheels, of which some comes back.
    assert up_kwh > down_kwh + 4.0


def test_a_real_extract_is_tested_without_the_shared_data(plugsure: Plugsure, helsinki_file: Path):
    plugsure.run("region", "build", "helsinki", "--osm", helsinki_file, status=0)
    told = plugsure.run("region", "info", "helsinki", "--json", status=0).document
    assert told["nodes"] > 500
    plan = plugsure.run(
        *("plan", "--region", "helsinki", "--from", "24.9379,60.1652", "--to", "24.9512,60.1786"),
        *("--vehicle", SMALL, "--soc", "0.5", "--payment-card", "--format", "json"),
        status=0,
    ).document
    leg = plan["legs"][0]
    straight = kilometres(leg["from"]["location"], leg["to"]["location"])
    assert straight < leg["distance_m"] / 1000 < 3 * straight
    assert leg["duration_s"] > leg["distance_m"] / (50 / 3.6)  # nowhere more than 50 km/h
    gpx = plugsure.run(
        *("plan", "--region", "helsinki", "--from", "24.9379,60.1652", "--to", "24.9512,60.1786"),
        *("--vehicle", SMALL, "--soc", "0.5", "--payment-card", "--format", "gpx"),
        status=0,
    ).out
    assert gpx.startswith("<?xml")
