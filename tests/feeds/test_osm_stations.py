"""Charging stations of OpenStreetMap and Open Charge Map become stations of a feed."""

import json
from pathlib import Path
from typing import Any

import pytest

from planner.errors import DataError, InputError
from planner.feeds.files import load_file
from planner.model.station import Hours, Station
from planner.store.feeds import Source
from planner.store.store import Store

NOW = 1_795_400_000.0

EXTRACT = """<?xml version='1.0' encoding='UTF-8'?>
<osm version="0.6">
 <node id="1" lat="48.10" lon="11.50" version="1" timestamp="2026-01-02T03:04:05Z">
  <tag k="amenity" v="charging_station"/><tag k="name" v="Am Markt"/>
  <tag k="operator" v="Stadtwerke"/><tag k="capacity" v="2"/>
  <tag k="socket:type2" v="2"/><tag k="socket:type2:output" v="22 kW"/>
  <tag k="ref:EU:EVSE" v="DE*ABC*E1;DE*ABC*E2"/>
  <tag k="opening_hours" v="Mo-Fr 08:00-18:00; PH off"/><tag k="access" v="yes"/>
 </node>
 <node id="2" lat="48.20" lon="11.60" version="1" timestamp="2026-01-02T03:04:05Z">
  <tag k="amenity" v="charging_station"/>
  <tag k="socket:type2_combo" v="4"/><tag k="socket:type2_combo:output" v="50 kW;150 kW"/>
  <tag k="socket:chademo" v="1"/><tag k="socket:chademo:output" v="50kW"/>
  <tag k="payment:contactless" v="yes"/><tag k="opening_hours" v="24/7"/>
  <tag k="maxheight" v="2.1"/>
 </node>
 <node id="3" lat="48.21" lon="11.61" version="1" timestamp="2026-01-02T03:04:05Z">
  <tag k="amenity" v="charging_station"/><tag k="socket:type2" v="1"/>
  <tag k="access" v="customers"/>
 </node>
 <node id="4" lat="48.22" lon="11.62" version="1" timestamp="2026-01-02T03:04:05Z">
  <tag k="amenity" v="charging_station"/>
 </node>
 <node id="5" lat="48.30" lon="11.70" version="1" timestamp="2026-01-02T03:04:05Z"/>
 <node id="6" lat="48.31" lon="11.70" version="1" timestamp="2026-01-02T03:04:05Z"/>
 <node id="7" lat="48.31" lon="11.71" version="1" timestamp="2026-01-02T03:04:05Z"/>
 <node id="8" lat="48.40" lon="11.40" version="1" timestamp="2026-01-02T03:04:05Z">
  <tag k="amenity" v="charging_station"/><tag k="socket:schuko" v="yes"/>
  <tag k="bicycle" v="yes"/><tag k="motorcar" v="no"/>
 </node>
 <node id="9" lat="48.41" lon="11.41" version="1" timestamp="2026-01-02T03:04:05Z">
  <tag k="amenity" v="charging_station"/><tag k="socket:type2" v="many"/>
  <tag k="socket:mystery" v="1"/>
 </node>
 <way id="10" version="1" timestamp="2026-01-02T03:04:05Z">
  <nd ref="5"/><nd ref="6"/><nd ref="7"/><nd ref="5"/>
  <tag k="amenity" v="charging_station"/><tag k="socket:type2_cable" v="1"/>
  <tag k="socket:type2_cable:output" v="11 kW"/><tag k="operational_status" v="broken"/>
 </way>
</osm>
"""


def load(path: Path, format: str, tmp_path: Path, **more: Any):  # noqa: A002
    store = Store.open(f"sqlite:///{tmp_path / 'x.sqlite'}", tmp_path / "key")
    store.feeds.add(Source(name="x", kind="file"))
    try:
        report = load_file(store, "x", path, format, now=NOW, **more)
        snapshot = store.snapshot()
        faults = [str(fault) for fault in store.feeds.rejections("x")]
    finally:
        store.close()
    stations: dict[str, Station] = {station.location_id: station for station in snapshot.stations}
    return report, stations, snapshot, faults


@pytest.fixture
def extract(tmp_path: Path) -> Path:
    path = tmp_path / "town.osm"
    path.write_text(EXTRACT, encoding="utf-8")
    return path


def test_stations_of_an_extract_are_read_and_the_rest_is_listed(extract: Path, tmp_path: Path):
    report, stations, _, faults = load(extract, "osm", tmp_path)
    assert sorted(stations) == ["node/1", "node/2", "node/3", "node/8", "way/10"]
    assert report.stations == 5
    assert any("node/4" in fault and "socket" in fault for fault in faults)
    assert any("node/9/socket:type2" in fault and "many" in fault for fault in faults)
    assert any("socket:mystery" in fault for fault in faults)


def test_a_mapped_station_says_what_it_is(extract: Path, tmp_path: Path):
    _, stations, _, _ = load(extract, "osm", tmp_path)
    market = stations["node/1"]
    assert (market.party, market.name, market.operator) == ("ZZ*OSM", "Am Markt", "Stadtwerke")
    assert [evse.evse_id for evse in market.evses] == ["DE*ABC*E1", "DE*ABC*E2"]
    connector = market.evses[0].connectors[0]
    assert (connector.standard, connector.format, connector.power_kw) == (
        "IEC_62196_T2",
        "SOCKET",
        22.0,
    )
    assert market.hours is not None
    assert market.hours.exceptional_closings, "German holidays"
    assert market.time_zone == "Europe/Berlin"
    assert stations["node/3"].reserved_for == "access=customers"
    assert stations["node/3"].hours is None
    assert stations["node/8"].two_wheelers_only
    assert stations["way/10"].location.lon == 11.70


def test_of_powers_the_least_is_counted_on_and_no_more_cars_than_there_are_plugs(
    extract: Path, tmp_path: Path
):
    _, stations, _, _ = load(extract, "osm", tmp_path)
    fast = stations["node/2"]
    assert len(fast.evses) == 4
    assert [len(evse.connectors) for evse in fast.evses] == [2, 1, 1, 1]
    assert {c.power_kw for evse in fast.evses for c in evse.connectors} == {50.0}
    assert fast.hours == Hours(twentyfourseven=True)
    assert fast.card_terminal is True
    assert fast.max_height_m == 2.1


def test_a_broken_station_is_said_to_be_so(extract: Path, tmp_path: Path):
    _, _, snapshot, _ = load(extract, "osm", tmp_path)
    words = {
        snapshot.stations[int(snapshot.evse_station[e])].location_id: snapshot.status_word(e)
        for e in range(len(snapshot.evse_station))
    }
    assert words["way/10"] == "OUTOFORDER"
    assert words["node/1"] == "UNKNOWN"


def test_a_file_that_is_no_extract_is_refused_with_its_name(tmp_path: Path):
    path = tmp_path / "x.osm.pbf"
    path.write_bytes(b"no protobuf at all")
    with pytest.raises(DataError, match="OpenStreetMap") as caught:
        load(path, "osm", tmp_path)
    assert str(path) in str(caught.value)


def test_a_sender_of_a_format_without_one_is_refused(extract: Path, tmp_path: Path):
    with pytest.raises(InputError, match="no sender"):
        load(extract, "osm", tmp_path, sender="DE*ABC")


def poi(**more: Any) -> dict[str, Any]:
    return {
        "ID": 17,
        "UUID": "x",
        "OperatorInfo": {"Title": "Fastned", "PhonePrimaryContact": "+31 1"},
        "UsageType": {"ID": 5, "Title": "Public - Pay At Location"},
        "StatusType": {"ID": 50, "IsOperational": True},
        "NumberOfPoints": 2,
        "DateLastStatusUpdate": "2026-10-01T10:00:00Z",
        "AddressInfo": {
            "Title": "De Andel",
            "AddressLine1": "A4",
            "Town": "Leiden",
            "Latitude": 52.1,
            "Longitude": 4.5,
            "Country": {"ISOCode": "NL"},
        },
        "Connections": [
            {"ConnectionTypeID": 33, "CurrentTypeID": 30, "PowerKW": 150, "Quantity": 2},
            {"ConnectionType": {"ID": 2}, "CurrentType": {"ID": 30}, "PowerKW": 50, "Quantity": 1},
        ],
        **more,
    }


def places(tmp_path: Path, *pois: Any):
    path = tmp_path / "poi.json"
    path.write_text(json.dumps(list(pois)), encoding="utf-8")
    return load(path, "ocm", tmp_path)


def test_a_place_of_open_charge_map_is_read(tmp_path: Path):
    _, stations, _, faults = places(tmp_path, poi())
    assert faults == []
    station = stations["17"]
    assert (station.party, station.operator, station.city) == ("ZZ*OCM", "Fastned", "Leiden")
    assert [[c.standard for c in evse.connectors] for evse in station.evses] == [
        ["IEC_62196_T2_COMBO", "CHADEMO"],
        ["IEC_62196_T2_COMBO"],
    ]
    assert station.evses[0].connectors[0].power_kw == 150.0
    assert station.hours is None, "unknown is never open"
    assert station.card_terminal is None, "that one pays there does not say how"
    assert station.reserved_for == ""


def test_private_places_and_broken_ones_say_so(tmp_path: Path):
    _, stations, snapshot, _ = places(
        tmp_path,
        poi(UsageType={"ID": 6, "Title": "Private"}),
        poi(ID=18, StatusType={"ID": 100, "IsOperational": False}),
    )
    assert "Private" in stations["17"].reserved_for
    broken = [
        e
        for e in range(len(snapshot.evse_station))
        if snapshot.stations[int(snapshot.evse_station[e])].location_id == "18"
    ]
    assert {snapshot.status_word(e) for e in broken} == {"OUTOFORDER"}


def test_one_bad_place_costs_itself_only(tmp_path: Path):
    _, stations, _, faults = places(
        tmp_path,
        "nonsense",
        poi(ID=None, UUID=None),
        poi(ID=19, AddressInfo=None),
        poi(ID=20, Connections=[{"ConnectionType": {"ID": 0, "Title": "Unknown"}}]),
        poi(ID=21),
    )
    assert list(stations) == ["21"]
    assert len(faults) == 5
    assert any("Unknown" in fault for fault in faults)
