"""Reading the public table whole: every row a vehicle or a fault, nothing impossible believed."""

import json
from collections import Counter

import pytest

from planner.energy.calibration import reference_kwh_per_100_km
from planner.energy.catalogue import load_catalogue, save_imported
from planner.energy.charging import charging_curve
from planner.energy.open_ev_data import read_open_ev_data, slug
from planner.errors import DataError

ROW = {
    "id": "0f7eae0b-43be-48f8-b4a0-1a8266fd07a9",
    "brand": "Renault",
    "model": "Zoé",
    "variant": "R135",
    "vehicle_type": "car",
    "release_year": 2020,
    "usable_battery_size": 52,
    "energy_consumption": {"average_consumption": 17.4},
    "ac_charger": {"ports": ["type2"], "usable_phases": 3, "max_power": 22},
    "dc_charger": {
        "ports": ["ccs"],
        "max_power": 46,
        "charging_curve": [
            {"percentage": 0, "power": 41},
            {"percentage": 52, "power": 46},
            {"percentage": 100, "power": 22},
        ],
        "is_default_charging_curve": False,
    },
    "charging_voltage": 400,
}


def read(tmp_path, *rows):
    path = tmp_path / "open-ev-data.json"
    path.write_text(json.dumps({"data": rows}), encoding="utf-8")
    return read_open_ev_data(path)


def changed(field, value):
    row = json.loads(json.dumps(ROW))
    at = row
    *way, last = field.split("/")
    for name in way:
        at = at[int(name)] if isinstance(at, list) else at[name]
    if isinstance(at, list):
        at[int(last)] = value
    else:
        at[last] = value
    return row


def test_every_row_of_the_shared_file_is_a_vehicle_or_a_fault(shared):
    path = shared / "vehicles" / "open-ev-data.json"
    rows = json.loads(path.read_text(encoding="utf-8"))["data"]
    pending = sum(row.get("status") == "pending" for row in rows)
    vehicles, faults = read_open_ev_data(path)
    assert (len(rows), pending) == (1321, 22)
    assert len(vehicles) + len(faults) == 1299
    assert len(vehicles) == 1165
    assert Counter(fault.place.split("/", 3)[3] for fault in faults) == {
        "ac_charger/max_power": 62,
        "dc_charger/charging_curve": 71,
        "energy_consumption/average_consumption": 1,
    }
    assert len({vehicle.id for vehicle in vehicles}) == len(vehicles)
    assert all(fault.detail and fault.remedy for fault in faults)


def test_every_vehicle_of_the_shared_file_drives_and_charges_as_the_file_says(shared):
    for vehicle in read_open_ev_data(shared / "vehicles" / "open-ev-data.json")[0]:
        average = float(vehicle.consumption_source.split(" of ")[1].split(" kWh")[0])
        assert reference_kwh_per_100_km(vehicle) == pytest.approx(average, rel=1e-3), vehicle.id
        post = {"power_type": "DC", "power_kw": 350.0, "voltage_v": 920.0}
        assert 0.1 < charging_curve(vehicle, **post).time_s[-1] / 3600 < 10.0, vehicle.id


def test_all_vehicles_of_the_shared_file_can_be_imported_and_loaded_again(shared, home):
    vehicles, _ = read_open_ev_data(shared / "vehicles" / "open-ev-data.json")
    imported = load_catalogue(save_imported(home, vehicles))
    assert imported.vehicles == tuple(vehicles)


def test_the_order_of_rows_does_not_change_an_id(tmp_path):
    twin = changed("ac_charger/max_power", 11)
    forth = {v.id for v in read(tmp_path, ROW, twin)[0]}
    back = {v.id for v in read(tmp_path, twin, ROW)[0]}
    assert forth == back == {"renault-zoe-r135-2020-22kw-ac", "renault-zoe-r135-2020-11kw-ac"}


def test_a_row_is_read_with_its_plugs_power_and_provenance(tmp_path):
    (zoe,), faults = read(tmp_path, ROW)
    assert not faults
    assert zoe.id == "renault-zoe-r135-2020"
    assert (zoe.ac_kw, zoe.ac_phases, zoe.usable_kwh) == (22.0, 3, 52.0)
    assert zoe.connectors == ("IEC_62196_T2", "IEC_62196_T2_COMBO")
    assert [(p.soc, p.power_kw) for p in zoe.dc_curve] == [(0.0, 41.0), (0.52, 46.0), (1.0, 22.0)]
    assert zoe.curve_quality == "measured"
    assert "estimated from class" in zoe.consumption_source
    assert reference_kwh_per_100_km(zoe) == pytest.approx(17.4, abs=0.01)


def test_a_default_or_patterned_curve_is_called_assumed(tmp_path):
    default = changed("dc_charger/is_default_charging_curve", value=True)
    pattern = changed(
        "dc_charger/charging_curve",
        [{"percentage": p, "power": kw} for p, kw in ((0, 100), (50, 100), (80, 60), (100, 30))],
    )
    for row in (default, pattern):
        (car,), _ = read(tmp_path, row)
        assert car.curve_quality == "assumed"


@pytest.mark.parametrize(
    ("ac", "dc", "inlets"),
    [
        (["type2"], ["ccs"], ("IEC_62196_T2", "IEC_62196_T2_COMBO")),
        ([], ["ccs"], ("IEC_62196_T2_COMBO",)),
        (["type1"], ["chademo"], ("IEC_62196_T1", "CHADEMO")),
        (["type1"], ["ccs"], ("IEC_62196_T1", "IEC_62196_T1_COMBO")),
        (["type1", "type2"], ["ccs"], ("IEC_62196_T1", "IEC_62196_T2", "IEC_62196_T2_COMBO")),
        (["type2"], ["ccs", "tesla_ccs"], ("IEC_62196_T2", "IEC_62196_T2_COMBO")),
        (
            ["type2"],
            ["ccs", "chademo", "tesla_suc"],
            ("IEC_62196_T2", "IEC_62196_T2_COMBO", "TESLA_S"),
        ),
    ],
)
def test_plugs_become_ocpi_connector_types(tmp_path, ac, dc, inlets):
    row = changed("dc_charger/ports", dc)
    row["ac_charger"]["ports"] = ac
    (car,), _ = read(tmp_path, row)
    assert car.connectors == inlets


def test_a_car_that_draws_more_than_500_volts_can_give_is_of_the_800_volt_class(tmp_path):
    row = changed("usable_battery_size", 95)
    row["dc_charger"]["charging_curve"][0]["power"] = 270
    (car,), _ = read(tmp_path, row)
    assert car.voltage_v == 800.0


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("usable_battery_size", 0),
        ("usable_battery_size", None),
        ("usable_battery_size", "52"),
        ("usable_battery_size", True),
        ("energy_consumption", {}),
        ("energy_consumption", None),
        ("energy_consumption/average_consumption", 81.1),
        ("energy_consumption/average_consumption", float("nan")),
        ("ac_charger/max_power", 136),
        ("ac_charger/max_power", 52),
        ("ac_charger/usable_phases", 7),
        ("ac_charger/ports", ["type9"]),
        ("ac_charger", "11 kW"),
        ("dc_charger/ports", []),
        ("dc_charger/ports", ["gbt"]),
        ("dc_charger/charging_curve", []),
        ("dc_charger/charging_curve", None),
        ("dc_charger/charging_curve/1/percentage", 0),
        ("dc_charger/charging_curve/1/power", -3),
        ("dc_charger/charging_curve/1/power", 400),
        ("dc_charger/charging_curve/1", None),
        ("dc_charger/charging_curve/2/percentage", 90),
        ("dc_charger", None),
        ("vehicle_type", "boat"),
        ("brand", ""),
        ("release_year", "soon"),
        ("charging_voltage", 0),
    ],
)
def test_one_bad_row_is_named_with_its_field_and_stops_no_other(tmp_path, field, value):
    vehicles, (fault,) = read(tmp_path, changed(field, value), ROW)
    assert len(vehicles) == 1
    assert fault.place.startswith("open-ev-data.json#/data/0/")
    said = fault.place.removeprefix("open-ev-data.json#/data/0/")
    assert said.startswith(field) or field.startswith(said)


def test_rows_that_are_no_objects_are_faults_too(tmp_path):
    vehicles, faults = read(tmp_path, None, 7, ["x"], ROW)
    assert (len(vehicles), len(faults)) == (1, 3)


def test_pending_rows_are_passed_over(tmp_path):
    assert read(tmp_path, {**ROW, "status": "pending"}) == ([], [])


@pytest.mark.parametrize("text", ["", "{", "[]", '{"data": {}}', "\x00"])
def test_a_file_that_is_something_else_is_said_to_be(tmp_path, text):
    path = tmp_path / "other.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DataError):
        read_open_ev_data(path)


def test_a_file_that_is_not_utf8_is_said_to_be(tmp_path):
    path = tmp_path / "other.json"
    path.write_bytes(b'{"data": ["\xff\xfe"]}')
    with pytest.raises(DataError):
        read_open_ev_data(path)


def test_slugs_are_plain_words():
    assert slug("Citroën ë-C4 X  (54,3 kWh)") == "citroen-e-c4-x-54-3-kwh"
    assert slug("Leaf 6,6 kW AC AC") == "leaf-6-6-kw-ac"
