"""Which connectors a car can use: each inlet against each OCPI connector."""

from dataclasses import replace

import pytest

from planner.energy.charging import charging_curve, usable_power_kw

EUROPEAN = ("IEC_62196_T2", "IEC_62196_T2_COMBO")
JAPANESE = ("IEC_62196_T1", "CHADEMO")
AMERICAN = ("IEC_62196_T1", "IEC_62196_T1_COMBO")
OLD_TESLA = ("IEC_62196_T2", "TESLA_S")


def power(car, standard, shape, power_type, power_kw=50.0, voltage_v=400.0):
    return usable_power_kw(
        car,
        standard=standard,
        format=shape,
        power_type=power_type,
        power_kw=power_kw,
        voltage_v=voltage_v,
    )


@pytest.mark.parametrize(
    ("inlets", "cables", "standard", "shape", "power_type", "fits"),
    [
        (EUROPEAN, (), "IEC_62196_T2", "CABLE", "AC_3_PHASE", True),
        (("IEC_62196_T2_COMBO",), (), "IEC_62196_T2", "CABLE", "AC_3_PHASE", True),
        (EUROPEAN, (), "IEC_62196_T2", "SOCKET", "AC_3_PHASE", False),
        (EUROPEAN, ("IEC_62196_T2",), "IEC_62196_T2", "SOCKET", "AC_3_PHASE", True),
        (EUROPEAN, (), "IEC_62196_T2", "", "AC_3_PHASE", False),
        (EUROPEAN, ("IEC_62196_T2",), "IEC_62196_T2", "", "AC_3_PHASE", True),
        (EUROPEAN, (), "IEC_62196_T2_COMBO", "", "DC", True),
        (EUROPEAN, (), "IEC_62196_T2_COMBO", "CABLE", "DC", True),
        (EUROPEAN, (), "IEC_62196_T2_COMBO", "SOCKET", "DC", True),
        (EUROPEAN, (), "IEC_62196_T2_COMBO", "CABLE", "AC_3_PHASE", False),
        (("IEC_62196_T2",), (), "IEC_62196_T2_COMBO", "CABLE", "DC", False),
        (EUROPEAN, (), "IEC_62196_T2", "CABLE", "DC", False),
        (OLD_TESLA, (), "IEC_62196_T2", "CABLE", "DC", True),
        (OLD_TESLA, (), "TESLA_S", "CABLE", "DC", True),
        (OLD_TESLA, (), "TESLA_R", "CABLE", "AC_1_PHASE", False),
        (("TESLA_R",), (), "TESLA_R", "CABLE", "AC_1_PHASE", True),
        (EUROPEAN, (), "TESLA_S", "CABLE", "DC", False),
        (EUROPEAN, (), "CHADEMO", "CABLE", "DC", False),
        (JAPANESE, (), "CHADEMO", "CABLE", "DC", True),
        (JAPANESE, (), "IEC_62196_T1", "CABLE", "AC_1_PHASE", True),
        (JAPANESE, (), "IEC_62196_T2", "CABLE", "AC_1_PHASE", False),
        (JAPANESE, ("IEC_62196_T2",), "IEC_62196_T2", "SOCKET", "AC_1_PHASE", True),
        (JAPANESE, (), "IEC_62196_T1_COMBO", "CABLE", "DC", False),
        (AMERICAN, (), "IEC_62196_T1_COMBO", "CABLE", "DC", True),
        (AMERICAN, (), "IEC_62196_T2_COMBO", "CABLE", "DC", False),
        (("IEC_62196_T1_COMBO",), (), "IEC_62196_T1", "CABLE", "AC_1_PHASE", True),
        (EUROPEAN, ("DOMESTIC_F",), "DOMESTIC_F", "SOCKET", "AC_1_PHASE", True),
        (EUROPEAN, ("DOMESTIC_F",), "DOMESTIC_E", "SOCKET", "AC_1_PHASE", False),
        (EUROPEAN, (), "IEC_60309_2_three_16", "SOCKET", "AC_3_PHASE", False),
        (
            EUROPEAN,
            ("IEC_60309_2_THREE_16",),
            "IEC_60309_2_three_16",
            "SOCKET",
            "AC_3_PHASE",
            True,
        ),
        (EUROPEAN, (), "PANTOGRAPH_TOP_DOWN", "CABLE", "DC", False),
        (EUROPEAN, (), "WHAT_IS_THIS", "CABLE", "DC", False),
    ],
)
def test_a_car_uses_what_its_inlets_and_cables_fit(
    car, inlets, cables, standard, shape, power_type, fits
):
    vehicle = replace(car, connectors=inlets, cables=cables)
    assert (power(vehicle, standard, shape, power_type) > 0.0) is fits


def test_a_household_socket_gives_ten_amperes(car):
    vehicle = replace(car, cables=("DOMESTIC_F",))
    assert power(vehicle, "DOMESTIC_F", "SOCKET", "AC_1_PHASE", 3.7) == pytest.approx(2.3)
    post = {"power_type": "AC_1_PHASE", "power_kw": 3.7, "voltage_v": 230.0}
    limited = charging_curve(vehicle, **post, standard="DOMESTIC_F")
    assert limited.max_power_kw < charging_curve(vehicle, **post).max_power_kw


def test_a_post_without_power_or_of_no_known_current_is_of_no_use(car):
    assert power(car, "IEC_62196_T2_COMBO", "CABLE", "DC", 0.0) == 0.0
    assert power(car, "IEC_62196_T2_COMBO", "CABLE", "DC", -5.0) == 0.0
    assert power(car, "IEC_62196_T2", "CABLE", "") == 0.0


def test_a_car_without_a_curve_takes_no_direct_current(car):
    assert power(replace(car, dc_curve=()), "IEC_62196_T2_COMBO", "CABLE", "DC") == 0.0


def test_a_post_gives_the_lesser_of_its_power_and_the_cars(car):
    assert power(car, "IEC_62196_T2_COMBO", "CABLE", "DC", 50.0) == 50.0
    assert power(car, "IEC_62196_T2_COMBO", "CABLE", "DC", 300.0) == 100.0
