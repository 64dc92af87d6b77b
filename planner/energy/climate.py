"""What heating and cooling the cabin costs, and what temperature does to air and tyres."""

import numpy as np
from numpy.typing import NDArray

HEATING_BALANCE_C = 18.0
"""Outside temperature (°C) above which sun, occupants and electronics keep a cabin warm."""

HEATING_KW_PER_K = 0.115
"""Electric power of a resistive heater for each kelvin below `HEATING_BALANCE_C`, kW/K.

Source: AVILOO, "How much EV range does comfortable indoor climate cost" (press release, 2023):
fourteen cars warmed from 0 °C to 22 °C took 1.5 to 2.5 kWh, 2.07 kWh on average, in the first
hour. That hour includes warming the cabin up, so long drives are a little cheaper.
"""

HEATING_MOST_KW = 5.0
"""Nominal power of the heater, kW: a colder day is not kept out any better.

An assumption: heaters of cars have 5 to 7 kW; from -25.5 °C on, more is not drawn.
"""

HEAT_PUMP_SHARE = 0.5
"""Electric power of a heat pump over that of a resistive heater (a COP of 2, an assumption)."""

COOLING_BALANCE_C = 22.0
"""Outside temperature (°C) above which the air conditioning runs."""

COOLING_KW_PER_K = 0.16
"""Electric power of the air conditioning for each kelvin above `COOLING_BALANCE_C`, kW/K.

Source: AVILOO as above: 1.6 to 2.2 kWh in an hour for 10 K in summer; the lower end, because the
first minutes cool a cabin that stood in the sun.
"""

COOLING_MOST_KW = 2.5
"""Most electric power of the air conditioning, kW; an assumption."""

GAS_CONSTANT_DRY_AIR = 287.05
"""J/(kg K). Source: ISO 2533:1975, Standard Atmosphere."""

TYRE_REFERENCE_C = 20.0
"""Temperature (°C) at which a rolling coefficient is stated."""

TYRE_SOFTENING_PER_K = 8.6e-3
"""Share of rolling resistance lost for each kelvin of warmth, 1/K.

Source: Commission Regulation (EU) 2017/1151, Annex XXI, Sub-Annex 4, correction factor K0.
"""


def cabin_power_kw(temperature_c: float, *, heat_pump: bool) -> float:
    """Electric power for the cabin's climate at an outside temperature, kW.

    Linear in the distance from a comfortable outside temperature, up to the heater's or the
    compressor's nominal power; 0 between `HEATING_BALANCE_C` and `COOLING_BALANCE_C`.
    """
    cold_k = max(0.0, HEATING_BALANCE_C - temperature_c)
    hot_k = max(0.0, temperature_c - COOLING_BALANCE_C)
    heating = min(HEATING_MOST_KW, HEATING_KW_PER_K * cold_k)
    cooling = min(COOLING_MOST_KW, COOLING_KW_PER_K * hot_k)
    return heating * (HEAT_PUMP_SHARE if heat_pump else 1.0) + cooling


def air_density_kg_m3(
    temperature_c: float, ele_m: NDArray[np.float64] | float
) -> NDArray[np.float64]:
    """Density of dry air, kg/m³, at a temperature and heights above the sea in metres.

    Source: ideal gas law at the pressure of the ISO 2533:1975 standard atmosphere,
    p = 101325 Pa · (1 - 2.25577e-5 h)^5.25588 (troposphere).
    """
    height_m = np.clip(np.asarray(ele_m, dtype=np.float64), -500.0, 9000.0)
    pressure_pa = 101325.0 * (1.0 - 2.25577e-5 * height_m) ** 5.25588
    density = pressure_pa / (GAS_CONSTANT_DRY_AIR * (273.15 + temperature_c))
    return np.asarray(density, dtype=np.float64)


def rolling_factor(temperature_c: float) -> float:
    """Give rolling resistance at a temperature over that at 20 °C; held from -20 to 40 °C."""
    bounded_c = min(40.0, max(-20.0, temperature_c))
    return 1.0 - TYRE_SOFTENING_PER_K * (bounded_c - TYRE_REFERENCE_C)
