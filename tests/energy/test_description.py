"""A vehicle described in full: what is wrong is named place by place, what is right comes back."""

import json

import numpy as np
import pytest

from planner.energy.catalogue import load_catalogue, vehicle_from_dict, vehicle_to_dict
from planner.energy.road_load import drag_and_rolling, road_load_n
from planner.errors import InputError

OWN = {
    "mass_kg": 1600,
    "drag_area_m2": 0.65,
    "rolling_coefficient": 0.01,
    "usable_kwh": 50,
    "dc_curve": [{"soc": 0, "power_kw": 100}, {"soc": 1, "power_kw": 20}],
    "ac_kw": 11,
    "ac_phases": 3,
}


def faults_of(d, place=""):
    with pytest.raises(InputError) as caught:
        vehicle_from_dict(d, place=place)
    return {fault.place for fault in caught.value.faults}


def test_a_full_description_needs_no_id():
    own = vehicle_from_dict(OWN)
    assert own.id == vehicle_from_dict(dict(reversed(OWN.items()))).id
    assert own.id != vehicle_from_dict(OWN | {"mass_kg": 1601}).id
    assert own.title == "own vehicle"
    assert own.connectors == ("IEC_62196_T2", "IEC_62196_T2_COMBO")


def test_a_car_without_direct_current_is_a_car():
    slow = {name: value for name, value in OWN.items() if name != "dc_curve"}
    assert vehicle_from_dict(slow).connectors == ("IEC_62196_T2",)


def test_every_shipped_vehicle_survives_being_written_and_read():
    for vehicle in load_catalogue().vehicles:
        text = json.dumps(vehicle_to_dict(vehicle))
        assert vehicle_from_dict(json.loads(text)) == vehicle


def test_all_faults_are_told_at_once_with_pointers():
    wrong = OWN | {"mass_kg": -1, "usable_kwh": "50", "wheels": 4, "heat_pump": "yes"}
    assert faults_of(wrong, "/vehicle") == {
        "/vehicle/mass_kg",
        "/vehicle/usable_kwh",
        "/vehicle/wheels",
        "/vehicle/heat_pump",
    }


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"mass_kg": None}, "/mass_kg"),
        ({"mass_kg": float("nan")}, "/mass_kg"),
        ({"mass_kg": True}, "/mass_kg"),
        ({"usable_kwh": float("inf")}, "/usable_kwh"),
        ({"drag_area_m2": None}, "/drag_area_m2"),
        ({"rolling_coefficient": 1}, "/rolling_coefficient"),
        ({"recuperation_efficiency": 1.2}, "/recuperation_efficiency"),
        ({"ac_phases": 2.5}, "/ac_phases"),
        ({"ac_phases": None}, "/ac_phases"),
        ({"ac_kw": 350}, "/ac_kw"),
        ({"dc_curve": [], "ac_kw": 0, "ac_phases": 0}, "/dc_curve"),
        ({"dc_curve": "fast"}, "/dc_curve"),
        ({"dc_curve": [1, 2]}, "/dc_curve/0"),
        ({"dc_curve": [{"soc": 0, "power_kw": 50}]}, "/dc_curve"),
        ({"dc_curve": [{"soc": 0, "power_kw": 0}, {"soc": 1, "power_kw": 0}]}, "/dc_curve"),
        ({"dc_curve": [{"soc": 0, "power_kw": 9}, {"soc": 0, "power_kw": 8}]}, "/dc_curve/1/soc"),
        ({"dc_curve": [{"soc": 0, "power_kw": 9}, {"soc": 80, "power_kw": 8}]}, "/dc_curve/1/soc"),
        ({"dc_curve": [{"soc": 0, "power_kw": -9}]}, "/dc_curve/0/power_kw"),
        ({"dc_curve": [{"soc": 0, "power_kw": 9, "x": 1}]}, "/dc_curve/0"),
        ({"connectors": ["CCS"]}, "/connectors/0"),
        ({"connectors": "IEC_62196_T2"}, "/connectors"),
        ({"connectors": [["IEC_62196_T2"]]}, "/connectors/0"),
        ({"connectors": ["IEC_62196_T2"]}, "/connectors"),
        ({"cables": [7]}, "/cables/0"),
        ({"id": ""}, "/id"),
        ({"id": 7}, "/id"),
        ({"model": "x" * 1000}, "/model"),
        ({"curve_quality": "excellent"}, "/curve_quality"),
        ({"a/b~c": 1}, "/a~1b~0c"),
        ({"road_load": {"a_n": 1, "b_n_per_m_s": 1, "c_n_per_m2_s2": 0.4}}, "/road_load"),
    ],
)
def test_each_wrong_value_is_named(change, pointer):
    assert pointer in faults_of(OWN | change)


@pytest.mark.parametrize("nothing", [None, [], "zoe", 7])
def test_what_is_no_object_is_no_vehicle(nothing):
    assert faults_of(nothing, "/vehicle") == {"/vehicle"}


def bare(road_load):
    return {
        "mass_kg": 1850,
        "usable_kwh": 57,
        "ac_kw": 11,
        "ac_phases": 3,
        "road_load": road_load,
    }


def test_epa_coefficients_give_the_force_that_they_describe():
    # A usual saloon: A 38 lbf, B 0.05 lbf/mph, C 0.0153 lbf/mph².
    load = {"a_lbf": 38.0, "b_lbf_per_mph": 0.05, "c_lbf_per_mph2": 0.0153}
    own = vehicle_from_dict(bare(load))
    speed = np.arange(20.0, 131.0, 1.0) / 3.6
    fitted = own.rolling_coefficient * 1850 * 9.80665 + 0.602 * own.drag_area_m2 * speed**2
    assert np.abs(fitted - road_load_n(load, speed)).max() < 6.0
    at_60_mph = (38.0 + 0.05 * 60 + 0.0153 * 3600) * 4.44822
    assert road_load_n(load, np.array([26.8224]))[0] == pytest.approx(at_60_mph, rel=1e-5)


def test_coefficients_without_a_linear_term_are_met_exactly():
    density = 101325 / (287.05 * 293.15)
    load = {"a_n": 180.0, "b_n_per_m_s": 0.0, "c_n_per_m2_s2": 0.5 * density * 0.6}
    area, rolling = drag_and_rolling(load, 1800.0)
    assert area == pytest.approx(0.6)
    assert rolling == pytest.approx(180.0 / (1800.0 * 9.80665))


@pytest.mark.parametrize(
    "load",
    [
        {},
        {"a_n": 1},
        [1, 2, 3],
        {"a_lbf": 38.0, "b_lbf_per_mph": 0.05, "c_lbf_per_mph2": None},
        {"a_lbf": 38.0, "b_lbf_per_mph": 0.05, "c_lbf_per_mph2": 5.0},
        {"a_n": -500.0, "b_n_per_m_s": 0.0, "c_n_per_m2_s2": 0.4},
    ],
)
def test_coefficients_that_are_no_cars_are_refused(load):
    assert any(place.startswith("/road_load") for place in faults_of(bare(load)))
