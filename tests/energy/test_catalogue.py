"""The catalogue as it is shipped, merged, searched and added to."""

import importlib.util
from dataclasses import replace
from pathlib import Path

import pytest

from planner.energy.calibration import calibrate, reference_kwh_per_100_km
from planner.energy.catalogue import (
    ATTRIBUTION,
    catalogue_json,
    find_vehicle,
    load_catalogue,
    save_imported,
    search_vehicles,
    shipped_path,
)
from planner.errors import DataError, DataMissing, UnknownVehicle
from planner.model.vehicle import Catalogue

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load_catalogue(shipped_path())


def test_the_shipped_catalogue_holds_cars_and_vans_of_every_sort(catalogue):
    vehicles = catalogue.vehicles
    assert len(vehicles) >= 60
    assert len(catalogue.by_id) == len(vehicles)
    assert sum(v.kind == "van" for v in vehicles) >= 8
    assert any(v.voltage_v == 800.0 and v.low_voltage_kw for v in vehicles)
    assert any("CHADEMO" in v.connectors for v in vehicles)
    assert any(v.ac_phases == 1 for v in vehicles)
    assert sum(v.curve_quality == "measured" for v in vehicles) >= 50
    rising = [
        v
        for v in vehicles
        if any(b.power_kw > a.power_kw for a, b in zip(v.dc_curve, v.dc_curve[1:], strict=False))
    ]
    assert len(rising) >= 10


def test_every_shipped_vehicle_says_where_its_figures_are_from(catalogue):
    for vehicle in catalogue.vehicles:
        assert vehicle.curve_source
        assert vehicle.curve_quality in {"measured", "published", "assumed"}
        assert "kWh/100 km" in vehicle.consumption_source


def test_every_shipped_vehicle_takes_its_published_average_on_the_reference_cycle(catalogue):
    for vehicle in catalogue.vehicles:
        published = float(vehicle.consumption_source.split(" of ")[1].split(" kWh")[0])
        assert reference_kwh_per_100_km(vehicle) == pytest.approx(published, rel=2e-3), vehicle.id
        assert vehicle.recuperation_efficiency * vehicle.drivetrain_efficiency < 1.0


def test_the_shipped_file_is_what_its_tool_makes_of_the_shared_data(shared):
    spec = importlib.util.spec_from_file_location("tool", ROOT / "tools" / "build_vehicles.py")
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    made = catalogue_json(tool.build(shared / "vehicles" / "open-ev-data.json"), ATTRIBUTION)
    assert made == shipped_path().read_text(encoding="utf-8")


def test_a_calibration_that_no_car_could_meet_is_refused(catalogue):
    with pytest.raises(ValueError, match="less than heating"):
        calibrate(catalogue.vehicles[0], 1.0)
    with pytest.raises(ValueError, match="does not fit"):
        calibrate(catalogue.vehicles[0], 90.0)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("zoe r135", "renault-zoe-r135-ze50-2019"),
        ("ZOÉ", "renault-zoe-r110-ze40-2019"),
        ("leaf 40", "nissan-leaf-40-kwh-2018"),
        ("vw buzz", "volkswagen-id-buzz-pro-2023"),
        ("peugot 2008", "peugeot-e-2008-11-kw-ac-2020"),
        ("ioniq5 awd", "hyundai-ioniq-5-long-range-awd-2021"),
        ("nissan-leaf-40-kwh-2018", "nissan-leaf-40-kwh-2018"),
    ],
)
def test_a_car_is_found_as_people_write_it(catalogue, text, expected):
    assert search_vehicles(catalogue, text)[0].id == expected


def test_a_search_gives_no_more_than_asked_and_nothing_for_nonsense(catalogue):
    assert len(search_vehicles(catalogue, "", limit=5)) == 5
    assert len(search_vehicles(catalogue, "tesla", limit=3)) == 3
    assert search_vehicles(catalogue, "steam engine") == []


def test_an_unknown_id_names_near_misses(catalogue):
    assert find_vehicle(catalogue, "nissan-leaf-40-kwh-2018").usable_kwh == 38.0
    with pytest.raises(UnknownVehicle, match="nissan-leaf-40-kwh-2018"):
        find_vehicle(catalogue, "nissan-leaf-40")
    with pytest.raises(UnknownVehicle, match="plugsure vehicles"):
        find_vehicle(catalogue, "steam engine")


def test_imported_vehicles_join_the_shipped_ones(home, catalogue, car):
    save_imported(home, [car])
    save_imported(home, [replace(car, id="second"), replace(car, mass_kg=1700.0)])
    merged = load_catalogue()
    assert len(merged.vehicles) == len(catalogue.vehicles) + 2
    assert merged.by_id["by-hand"].mass_kg == 1700.0
    assert [path.name for path in home.iterdir()] == ["vehicles.json"]


def test_an_import_with_worse_figures_does_not_replace_better_ones(home, catalogue):
    known = catalogue.by_id["nissan-leaf-40-kwh-2018"]
    save_imported(home, [replace(known, mass_kg=1000.0, energy_error=0.2)])
    assert load_catalogue().by_id[known.id] == known
    save_imported(home, [replace(known, mass_kg=1650.0)])
    assert load_catalogue().by_id[known.id].mass_kg == 1650.0


@pytest.mark.parametrize(
    "text", ["", "[]", '{"version": 1}', '{"version": 99, "vehicles": []}', '{"data": []}']
)
def test_a_damaged_catalogue_is_named_with_its_file(tmp_path, text):
    path = tmp_path / "vehicles.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=str(path)):
        load_catalogue(path)


def test_a_wrong_entry_is_named_with_its_place(tmp_path):
    path = tmp_path / "vehicles.json"
    path.write_text('{"version": 1, "vehicles": [{"mass_kg": -5}]}', encoding="utf-8")
    with pytest.raises(DataError) as caught:
        load_catalogue(path)
    assert f"{path}#/vehicles/0/mass_kg" in {fault.place for fault in caught.value.faults}


def test_a_catalogue_that_is_not_there_is_missing_not_empty(tmp_path):
    with pytest.raises(DataMissing):
        load_catalogue(tmp_path / "none.json")
