"""Make data/vehicles.json: chosen rows of open-ev-data joined with published masses and drag areas.

Usage: ``python tools/build_vehicles.py PATH/TO/open-ev-data.json``. Prints the planes that
`planner.energy.body` uses for other cars, fitted to the published figures below.
"""

import sys
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from planner.energy.body import PUBLISHED_ERROR, estimate_body
from planner.energy.calibration import calibrate, reference_kwh_per_100_km
from planner.energy.catalogue import ATTRIBUTION, catalogue_json
from planner.energy.open_ev_data import SOURCE, read_open_ev_data
from planner.model.vehicle import Vehicle


@dataclass(frozen=True)
class Pick:
    """A row by its id, and what the row does not say: ``name`` is (make, model, variant).

    ``mass_kg`` is the EU kerb mass with driver; None: both are estimated from class.
    """

    row: str
    name: tuple[str, str, str]
    mass_kg: float | None = None
    drag_area_m2: float | None = None
    kind: str = "car"
    heat_pump: bool = False
    voltage_v: float | None = None
    low_voltage_kw: float | None = None
    height_m: float | None = None
    length_m: float | None = None
    max_speed_kmh: float | None = None
    max_payload_kg: float | None = None


OWN = (
    "voltage_v",
    "low_voltage_kw",
    "height_m",
    "length_m",
    "max_speed_kmh",
    "max_payload_kg",
)
"""What a pick may add as it stands."""

PICKS = (
    Pick(
        "audi-q4-e-tron-40-2021",
        ("Audi", "Q4 e-tron", "40"),
        mass_kg=2125,
        drag_area_m2=0.73,
    ),
    Pick(
        "audi-q4-e-tron-50-quattro-2021",
        ("Audi", "Q4 e-tron", "50 quattro"),
        mass_kg=2210,
        drag_area_m2=0.73,
    ),
    Pick(
        "audi-e-tron-50-2019",
        ("Audi", "e-tron", "50 quattro"),
        mass_kg=2445,
        drag_area_m2=0.76,
    ),
    Pick(
        "audi-e-tron-55-2019",
        ("Audi", "e-tron", "55 quattro"),
        mass_kg=2565,
        drag_area_m2=0.76,
    ),
    Pick(
        "audi-q6-e-tron-sportback-2024",
        ("Audi", "Q6 e-tron", "Sportback performance"),
        voltage_v=800.0,
        low_voltage_kw=135.0,
    ),
    Pick(
        "audi-a6-sportback-e-tron-2024",
        ("Audi", "A6 e-tron", "Sportback"),
        voltage_v=800.0,
        low_voltage_kw=135.0,
    ),
    Pick(
        "bmw-i3-120-ah-2020",
        ("BMW", "i3", "120 Ah"),
        mass_kg=1345,
        drag_area_m2=0.69,
        length_m=4.01,
        height_m=1.58,
    ),
    Pick(
        "bmw-i3-94-ah-2013",
        ("BMW", "i3", "94 Ah"),
        mass_kg=1320,
        drag_area_m2=0.69,
        length_m=4.01,
        height_m=1.58,
    ),
    Pick(
        "bmw-i4-edrive40-2021",
        ("BMW", "i4", "eDrive40"),
        mass_kg=2125,
        drag_area_m2=0.54,
        heat_pump=True,
        length_m=4.78,
        height_m=1.45,
    ),
    Pick(
        "bmw-ix1-xdrive30-2022",
        ("BMW", "iX1", "xDrive30"),
        mass_kg=2085,
        heat_pump=True,
    ),
    Pick(
        "byd-atto-3-2022",
        ("BYD", "Atto 3", ""),
        mass_kg=1825,
        drag_area_m2=0.75,
        heat_pump=True,
    ),
    Pick(
        "citroen-e-c4-2024",
        ("Citroën", "ë-C4", "50 kWh"),
        mass_kg=1616,
    ),
    Pick(
        "citroen-e-jumpy-combi-m-75-kwh-2020",
        ("Citroën", "ë-Jumpy Combi", "M 75 kWh"),
        kind="van",
        max_speed_kmh=130.0,
    ),
    Pick(
        "cupra-born-150-kw-62-kwh-2021",
        ("CUPRA", "Born", "58 kWh"),
        mass_kg=1811,
        drag_area_m2=0.63,
        length_m=4.32,
    ),
    Pick(
        "cupra-born-170-kw-82-kwh-2021",
        ("CUPRA", "Born", "77 kWh"),
        mass_kg=1946,
        drag_area_m2=0.63,
        length_m=4.32,
    ),
    Pick(
        "dacia-spring-electric-2021",
        ("Dacia", "Spring", "Electric 45"),
        mass_kg=1045,
        max_speed_kmh=125.0,
        length_m=3.73,
    ),
    Pick(
        "ds-3-crossback-e-tense-11-kw-ac-2020",
        ("DS", "3 Crossback", "E-Tense"),
        mass_kg=1598,
        heat_pump=True,
        max_speed_kmh=150.0,
    ),
    Pick(
        "fiat-500e-berlina-25-kwh-2021",
        ("Fiat", "500e", "24 kWh"),
        mass_kg=1255,
        drag_area_m2=0.66,
        max_speed_kmh=135.0,
        length_m=3.63,
    ),
    Pick(
        "fiat-500e-berlina-42-kwh-2020",
        ("Fiat", "500e", "42 kWh"),
        mass_kg=1365,
        drag_area_m2=0.66,
        max_speed_kmh=150.0,
        length_m=3.63,
    ),
    Pick(
        "ford-mustang-mach-e-awd-98-8-kwh-2022",
        ("Ford", "Mustang Mach-E", "Extended Range AWD"),
        mass_kg=2257,
        drag_area_m2=0.76,
    ),
    Pick(
        "ford-mustang-mach-e-rwd-75-7-kwh-2022",
        ("Ford", "Mustang Mach-E", "Standard Range RWD"),
        mass_kg=2044,
        drag_area_m2=0.76,
    ),
    Pick(
        "ford-mustang-mach-e-rwd-98-8-kwh-2022",
        ("Ford", "Mustang Mach-E", "Extended Range RWD"),
        mass_kg=2161,
        drag_area_m2=0.76,
    ),
    Pick(
        "hyundai-ioniq-5-long-range-2wd-2021",
        ("Hyundai", "Ioniq 5", "Long Range 2WD"),
        mass_kg=1985,
        drag_area_m2=0.75,
        low_voltage_kw=100.0,
        length_m=4.64,
    ),
    Pick(
        "hyundai-ioniq-5-long-range-awd-2021",
        ("Hyundai", "Ioniq 5", "Long Range AWD"),
        mass_kg=2095,
        drag_area_m2=0.75,
        low_voltage_kw=100.0,
        length_m=4.64,
    ),
    Pick(
        "hyundai-ioniq-5-standard-range-2wd-2021",
        ("Hyundai", "Ioniq 5", "Standard Range 2WD"),
        mass_kg=1905,
        drag_area_m2=0.75,
        low_voltage_kw=100.0,
        length_m=4.64,
    ),
    Pick(
        "hyundai-ioniq-2019",
        ("Hyundai", "Ioniq Electric", "38 kWh"),
        mass_kg=1602,
        drag_area_m2=0.53,
        heat_pump=True,
        max_speed_kmh=165.0,
        length_m=4.47,
    ),
    Pick(
        "hyundai-ioniq-2016",
        ("Hyundai", "Ioniq Electric", "28 kWh"),
        mass_kg=1495,
        drag_area_m2=0.53,
        heat_pump=True,
        max_speed_kmh=165.0,
        length_m=4.47,
    ),
    Pick(
        "hyundai-kona-39-kwh-7-2-kw-ac-2018",
        ("Hyundai", "Kona Electric", "39 kWh"),
        mass_kg=1610,
        drag_area_m2=0.65,
        max_speed_kmh=155.0,
        length_m=4.18,
    ),
    Pick(
        "hyundai-kona-64-kwh-11-kw-ac-2020",
        ("Hyundai", "Kona Electric", "64 kWh, 11 kW AC"),
        mass_kg=1760,
        drag_area_m2=0.65,
        max_speed_kmh=167.0,
        length_m=4.18,
    ),
    Pick(
        "hyundai-kona-64-kwh-7-2-kw-ac-2018",
        ("Hyundai", "Kona Electric", "64 kWh, 7.2 kW AC"),
        mass_kg=1760,
        drag_area_m2=0.65,
        max_speed_kmh=167.0,
        length_m=4.18,
    ),
    Pick(
        "hyundai-kona-electric-65-kwh-2023",
        ("Hyundai", "Kona Electric", "65 kWh (2023)"),
        mass_kg=1773,
        drag_area_m2=0.68,
    ),
    Pick(
        "hyundai-inster-long-range-2024",
        ("Hyundai", "Inster", "Long Range"),
    ),
    Pick(
        "jaguar-i-pace-ev400-2020",
        ("Jaguar", "I-Pace", "EV400"),
        mass_kg=2208,
        drag_area_m2=0.72,
        heat_pump=True,
        max_speed_kmh=200.0,
    ),
    Pick(
        "kia-ev6-long-range-2wd-2021",
        ("Kia", "EV6", "Long Range 2WD"),
        mass_kg=2055,
        drag_area_m2=0.7,
        low_voltage_kw=100.0,
    ),
    Pick(
        "kia-niro-ev-2022",
        ("Kia", "Niro EV", "65 kWh"),
        mass_kg=1829,
        drag_area_m2=0.7,
    ),
    Pick(
        "kia-e-niro-64-kwh-2020",
        ("Kia", "e-Niro", "64 kWh, 11 kW AC"),
        mass_kg=1812,
        drag_area_m2=0.66,
        max_speed_kmh=167.0,
    ),
    Pick(
        "kia-e-niro-64-kwh-2018-7-2kw-ac",
        ("Kia", "e-Niro", "64 kWh, 7.2 kW AC"),
        mass_kg=1812,
        drag_area_m2=0.66,
        max_speed_kmh=167.0,
    ),
    Pick(
        "kia-e-soul-64-kwh-2019",
        ("Kia", "e-Soul", "64 kWh"),
        mass_kg=1757,
        drag_area_m2=0.82,
        max_speed_kmh=167.0,
    ),
    Pick(
        "man-e-tge-2020",
        ("MAN", "eTGE", ""),
        kind="van",
        max_speed_kmh=90.0,
        height_m=2.59,
    ),
    Pick(
        "maxus-mifa-9-2023",
        ("Maxus", "MIFA 9", ""),
        kind="van",
    ),
    Pick(
        "mercedes-eqa-250-2021",
        ("Mercedes-Benz", "EQA", "250"),
        mass_kg=2040,
        drag_area_m2=0.69,
        heat_pump=True,
        max_speed_kmh=160.0,
    ),
    Pick(
        "mercedes-eqc-11-kw-ac-2020",
        ("Mercedes-Benz", "EQC", "400 4MATIC"),
        mass_kg=2495,
        drag_area_m2=0.74,
        heat_pump=True,
        max_speed_kmh=180.0,
    ),
    Pick(
        "mercedes-eqs-450-2021",
        ("Mercedes-Benz", "EQS", "450+"),
        mass_kg=2480,
        drag_area_m2=0.5,
        heat_pump=True,
    ),
    Pick(
        "mercedes-eqs-suv-450-4matic-2022",
        ("Mercedes-Benz", "EQS SUV", "450 4MATIC"),
        mass_kg=2730,
        drag_area_m2=0.73,
        heat_pump=True,
    ),
    Pick(
        "mg-mg4-ev-long-range-2022",
        ("MG", "MG4", "Long Range"),
        mass_kg=1760,
        drag_area_m2=0.68,
        max_speed_kmh=160.0,
    ),
    Pick(
        "mg-mg4-ev-standard-range-2022",
        ("MG", "MG4", "Standard Range"),
        mass_kg=1730,
        drag_area_m2=0.68,
        max_speed_kmh=160.0,
    ),
    Pick(
        "mg-mg5-ev-long-range-2022",
        ("MG", "MG5", "Long Range"),
        max_speed_kmh=185.0,
    ),
    Pick(
        "mg-zs-ev-2022",
        ("MG", "ZS EV", "Long Range"),
        max_speed_kmh=175.0,
    ),
    Pick(
        "mini-aceman-se-2024",
        ("Mini", "Aceman", "SE"),
        heat_pump=True,
    ),
    Pick(
        "mini-cooper-se-2024",
        ("Mini", "Cooper", "SE (2024)"),
        mass_kg=1680,
        drag_area_m2=0.62,
        heat_pump=True,
    ),
    Pick(
        "mini-cooper-se-2020",
        ("Mini", "Cooper", "SE (2020)"),
        mass_kg=1440,
        drag_area_m2=0.63,
        heat_pump=True,
        max_speed_kmh=150.0,
    ),
    Pick(
        "mini-countryman-se-all4-2024",
        ("Mini", "Countryman", "SE ALL4"),
        mass_kg=2075,
        drag_area_m2=0.68,
        heat_pump=True,
    ),
    Pick(
        "nissan-leaf-24-kwh-2011",
        ("Nissan", "Leaf", "24 kWh"),
        mass_kg=1525,
        drag_area_m2=0.66,
        max_speed_kmh=144.0,
    ),
    Pick(
        "nissan-leaf-30-kwh-6-6-kw-ac-2015",
        ("Nissan", "Leaf", "30 kWh"),
        mass_kg=1535,
        drag_area_m2=0.66,
        max_speed_kmh=144.0,
    ),
    Pick(
        "nissan-leaf-40-kwh-2018",
        ("Nissan", "Leaf", "40 kWh"),
        mass_kg=1580,
        drag_area_m2=0.64,
        max_speed_kmh=144.0,
    ),
    Pick(
        "nissan-leaf-e-62-kwh-2019",
        ("Nissan", "Leaf", "e+ 62 kWh"),
        mass_kg=1731,
        drag_area_m2=0.64,
        max_speed_kmh=157.0,
    ),
    Pick(
        "nissan-e-nv-200-40-kwh-2014",
        ("Nissan", "e-NV200", "40 kWh"),
        mass_kg=1640,
        kind="van",
        max_speed_kmh=123.0,
        height_m=1.86,
    ),
    Pick(
        "nissan-townstar-ev-passenger-2023",
        ("Nissan", "Townstar", "EV"),
        kind="van",
        max_speed_kmh=132.0,
    ),
    Pick(
        "peugeot-e-expert-75-kwh-11-kw-ac-2020",
        ("Peugeot", "e-Expert", "75 kWh"),
        kind="van",
        max_speed_kmh=130.0,
    ),
    Pick(
        "peugeot-e-traveller-50-kwh-11-kw-ac-2020",
        ("Peugeot", "e-Traveller", "50 kWh"),
        kind="van",
        max_speed_kmh=130.0,
    ),
    Pick(
        "peugeot-e-2008-11-kw-ac-2020",
        ("Peugeot", "e-2008", "50 kWh, 11 kW AC"),
        mass_kg=1623,
        heat_pump=True,
        max_speed_kmh=150.0,
    ),
    Pick(
        "peugeot-e-208-11-kw-ac-2020",
        ("Peugeot", "e-208", "50 kWh, 11 kW AC"),
        mass_kg=1530,
        heat_pump=True,
        max_speed_kmh=150.0,
    ),
    Pick(
        "peugeot-e-208-7-2-kw-ac-2020",
        ("Peugeot", "e-208", "50 kWh, 7.4 kW AC"),
        mass_kg=1530,
        heat_pump=True,
        max_speed_kmh=150.0,
    ),
    Pick(
        "peugeot-e-208-51-kwh-2023",
        ("Peugeot", "e-208", "51 kWh"),
        mass_kg=1530,
        heat_pump=True,
        max_speed_kmh=150.0,
    ),
    Pick(
        "peugeot-e-partner-50-kwh-2021",
        ("Peugeot", "e-Partner", "50 kWh"),
        kind="van",
        max_speed_kmh=130.0,
    ),
    Pick(
        "polestar-2-long-range-dual-motor-2021",
        ("Polestar", "2", "Long Range Dual Motor (2021)"),
        mass_kg=2113,
        drag_area_m2=0.65,
        heat_pump=True,
    ),
    Pick(
        "polestar-2-long-range-single-motor-2021",
        ("Polestar", "2", "Long Range Single Motor (2021)"),
        mass_kg=2014,
        drag_area_m2=0.65,
        max_speed_kmh=160.0,
    ),
    Pick(
        "porsche-taycan-4s-2020",
        ("Porsche", "Taycan", "4S (2020)"),
        mass_kg=2215,
        drag_area_m2=0.54,
        heat_pump=True,
        low_voltage_kw=50.0,
    ),
    Pick(
        "porsche-taycan-4s-plus-2020",
        ("Porsche", "Taycan", "4S Performance Battery Plus (2020)"),
        mass_kg=2295,
        drag_area_m2=0.54,
        heat_pump=True,
        low_voltage_kw=50.0,
    ),
    Pick(
        "porsche-macan-4-electric-2024",
        ("Porsche", "Macan", "4 Electric"),
        mass_kg=2405,
        drag_area_m2=0.66,
        heat_pump=True,
        voltage_v=800.0,
        low_voltage_kw=135.0,
    ),
    Pick(
        "renault-5-e-tech-52kwh-150hp-2025",
        ("Renault", "5 E-Tech", "52 kWh"),
        mass_kg=1524,
        max_speed_kmh=150.0,
    ),
    Pick(
        "renault-megane-e-tech-ev60-2022",
        ("Renault", "Megane E-Tech", "EV60"),
        mass_kg=1711,
        max_speed_kmh=160.0,
    ),
    Pick(
        "renault-scenic-e-tech-ev87-220pk-long-range-2023",
        ("Renault", "Scenic E-Tech", "EV87"),
        mass_kg=1927,
        max_speed_kmh=170.0,
    ),
    Pick(
        "renault-zoe-r110-ze40-2019",
        ("Renault", "Zoe", "R110 ZE40"),
        mass_kg=1555,
        heat_pump=True,
        max_speed_kmh=135.0,
    ),
    Pick(
        "renault-zoe-r110-ze50-2019",
        ("Renault", "Zoe", "R110 ZE50"),
        mass_kg=1577,
        heat_pump=True,
        max_speed_kmh=135.0,
    ),
    Pick(
        "renault-zoe-r135-ze50-2019",
        ("Renault", "Zoe", "R135 ZE50"),
        mass_kg=1577,
        heat_pump=True,
        max_speed_kmh=140.0,
    ),
    Pick(
        "renault-kangoo-e-tech-electric-2022",
        ("Renault", "Kangoo E-Tech", "45 kWh"),
        kind="van",
        max_speed_kmh=135.0,
    ),
    Pick(
        "seat-mii-electric-ccs-2020",
        ("SEAT", "Mii electric", ""),
        mass_kg=1265,
        drag_area_m2=0.64,
        max_speed_kmh=130.0,
    ),
    Pick(
        "skoda-citigoe-iv-ccs-2020",
        ("Skoda", "Citigo-e iV", ""),
        mass_kg=1265,
        drag_area_m2=0.64,
        max_speed_kmh=130.0,
    ),
    Pick(
        "skoda-enyaq-iv-62-kwh-100-kw-dc-2020",
        ("Skoda", "Enyaq iV", "60"),
        mass_kg=1965,
        drag_area_m2=0.68,
        max_speed_kmh=160.0,
    ),
    Pick(
        "skoda-enyaq-iv-82-kwh-125-kw-dc-2020",
        ("Skoda", "Enyaq iV", "80"),
        mass_kg=2117,
        drag_area_m2=0.68,
        max_speed_kmh=160.0,
    ),
    Pick(
        "tesla-model-3-lr-2020",
        ("Tesla", "Model 3", "Long Range AWD (2020)"),
        mass_kg=1919,
        drag_area_m2=0.51,
    ),
    Pick(
        "tesla-model-3-lr-2021",
        ("Tesla", "Model 3", "Long Range AWD (2021)"),
        mass_kg=1919,
        drag_area_m2=0.51,
        heat_pump=True,
    ),
    Pick(
        "tesla-model-3-long-range-dual-motor-2023",
        ("Tesla", "Model 3", "Long Range AWD (2023)"),
        mass_kg=1899,
        drag_area_m2=0.49,
        heat_pump=True,
    ),
    Pick(
        "tesla-model-3-performance-2021",
        ("Tesla", "Model 3", "Performance (2021)"),
        mass_kg=1919,
        drag_area_m2=0.52,
        heat_pump=True,
    ),
    Pick(
        "tesla-model-3-rwd-2022",
        ("Tesla", "Model 3", "RWD (2022)"),
        mass_kg=1825,
        drag_area_m2=0.51,
        heat_pump=True,
    ),
    Pick(
        "tesla-model-s-100-2016",
        ("Tesla", "Model S", "100D (2016)"),
        mass_kg=2290,
        drag_area_m2=0.56,
    ),
    Pick(
        "tesla-model-s-long-range-raven-2019",
        ("Tesla", "Model S", "Long Range (2019)"),
        mass_kg=2290,
        drag_area_m2=0.56,
    ),
    Pick(
        "tesla-model-x-long-range-2020",
        ("Tesla", "Model X", "Long Range (2020)"),
        mass_kg=2534,
        drag_area_m2=0.65,
    ),
    Pick(
        "tesla-model-y-performance-2022",
        ("Tesla", "Model Y", "Performance (2022)"),
        mass_kg=2072,
        drag_area_m2=0.61,
        heat_pump=True,
    ),
    Pick(
        "tesla-model-y-long-range-dual-motor-2022",
        ("Tesla", "Model Y", "Long Range AWD (2022)"),
        mass_kg=2054,
        drag_area_m2=0.61,
        heat_pump=True,
    ),
    Pick(
        "toyota-proace-city-electric-50-kwh-2021",
        ("Toyota", "Proace City Electric", "50 kWh"),
        kind="van",
        max_speed_kmh=130.0,
    ),
    Pick(
        "toyota-proace-electric-50-kwh-2021",
        ("Toyota", "Proace Electric", "50 kWh"),
        kind="van",
        max_speed_kmh=130.0,
    ),
    Pick(
        "volkswagen-id-3-58-kwh-2020",
        ("Volkswagen", "ID.3", "58 kWh (2020)"),
        mass_kg=1812,
        drag_area_m2=0.63,
        max_speed_kmh=160.0,
        length_m=4.26,
    ),
    Pick(
        "volkswagen-id-3-77-kwh-2020",
        ("Volkswagen", "ID.3", "77 kWh (2020)"),
        mass_kg=1935,
        drag_area_m2=0.63,
        max_speed_kmh=160.0,
        length_m=4.26,
    ),
    Pick(
        "volkswagen-id-3-pro-2023",
        ("Volkswagen", "ID.3", "Pro (2023)"),
        mass_kg=1812,
        drag_area_m2=0.63,
        max_speed_kmh=160.0,
        length_m=4.26,
    ),
    Pick(
        "volkswagen-id-4-gtx-2021",
        ("Volkswagen", "ID.4", "GTX (2021)"),
        mass_kg=2224,
        drag_area_m2=0.72,
        max_speed_kmh=180.0,
    ),
    Pick(
        "volkswagen-id-4-pro-4motion-2024",
        ("Volkswagen", "ID.4", "Pro 4MOTION (2024)"),
        mass_kg=2224,
        drag_area_m2=0.72,
        max_speed_kmh=180.0,
    ),
    Pick(
        "volkswagen-id-5-pro-2022",
        ("Volkswagen", "ID.5", "Pro (2022)"),
        mass_kg=2117,
        drag_area_m2=0.68,
        max_speed_kmh=160.0,
    ),
    Pick(
        "volkswagen-id-7-pro-2023",
        ("Volkswagen", "ID.7", "Pro (2023)"),
        mass_kg=2172,
        drag_area_m2=0.57,
        max_speed_kmh=180.0,
    ),
    Pick(
        "volkswagen-id-buzz-pro-2023",
        ("Volkswagen", "ID. Buzz", "Pro (2023)"),
        mass_kg=2471,
        drag_area_m2=0.91,
        kind="van",
        max_speed_kmh=145.0,
        height_m=1.94,
    ),
    Pick(
        "volkswagen-e-golf-ccs-2017",
        ("Volkswagen", "e-Golf", "35.8 kWh"),
        mass_kg=1615,
        drag_area_m2=0.61,
        max_speed_kmh=150.0,
    ),
    Pick(
        "volkswagen-e-up-ccs-2020",
        ("Volkswagen", "e-up!", "36.8 kWh"),
        mass_kg=1235,
        drag_area_m2=0.64,
        max_speed_kmh=130.0,
    ),
    Pick(
        "volvo-ex30-single-motor-2023",
        ("Volvo", "EX30", "Single Motor (2023)"),
        mass_kg=1830,
        drag_area_m2=0.67,
        heat_pump=True,
        max_speed_kmh=180.0,
    ),
    Pick(
        "volvo-xc40-p8-recharge-2020",
        ("Volvo", "XC40 Recharge", "P8 (2020)"),
        mass_kg=2188,
        max_speed_kmh=180.0,
    ),
)


def build(source: Path) -> list[Vehicle]:
    """Give the shipped vehicles in the order of their ids."""
    rows = {vehicle.id: vehicle for vehicle in read_open_ev_data(source)[0]}
    return sorted((_refine(rows[pick.row], pick) for pick in PICKS), key=lambda car: car.id)


def _refine(car: Vehicle, pick: Pick) -> Vehicle:
    """Replace estimates by published figures where they are known, and calibrate anew."""
    average = _average(car)
    body = estimate_body("car", car.usable_kwh, average)
    published = pick.mass_kg is not None and pick.drag_area_m2 is not None
    make, model, variant = pick.name
    own = {name: getattr(pick, name) for name in OWN if getattr(pick, name) is not None}
    bare = replace(
        car,
        make=make,
        model=model,
        variant=variant,
        kind=pick.kind,
        heat_pump=pick.heat_pump,
        mass_kg=pick.mass_kg or round(body.mass_kg),
        drag_area_m2=pick.drag_area_m2 or body.drag_area_m2,
        rolling_coefficient=body.rolling_coefficient,
        energy_error=PUBLISHED_ERROR if published else body.energy_error,
        consumption_source=_source(pick, average),
        **own,
    )
    scaled = calibrate(bare, average)
    return replace(
        scaled,
        rolling_coefficient=round(scaled.rolling_coefficient, 6),
        drag_area_m2=round(scaled.drag_area_m2, 4),
    )


def _source(pick: Pick, average: float) -> str:
    """Say in words where mass, drag area and consumption are from."""
    if pick.mass_kg and pick.drag_area_m2:
        origin = "mass and drag area from the maker's figures, rounded"
    elif pick.mass_kg:
        origin = "mass from the maker's figures, rounded, drag area estimated from class"
    else:
        origin = "mass and drag area estimated from class"
    return f"{origin}, scaled to published average consumption of {average:g} kWh/100 km ({SOURCE})"


def _average(car: Vehicle) -> float:
    """Average consumption of a row: what its calibration reproduces, kWh/100 km."""
    return round(reference_kwh_per_100_km(car), 3)


def fit_planes(vehicles: list[Vehicle]) -> dict[str, tuple[float, ...]]:
    """Fit published mass and drag area by capacity and consumption, for `planner.energy.body`."""
    by_row = {vehicle.id: vehicle for vehicle in vehicles}
    planes = {}
    for name in ("mass_kg", "drag_area_m2"):
        known = [pick for pick in PICKS if getattr(pick, name) is not None]
        cars = [by_row[pick.row] for pick in known]
        terms = np.array([(1.0, car.usable_kwh, _average(car)) for car in cars])
        values = np.array([getattr(pick, name) for pick in known])
        plane, *_ = np.linalg.lstsq(terms, values, rcond=None)
        spread = float(np.std(values - terms @ plane))
        planes[name] = (*(float(term) for term in plane), len(known), spread)
    return planes


def main() -> None:
    """Write the catalogue and print the planes."""
    vehicles = build(Path(sys.argv[1]))
    target = Path(__file__).resolve().parent.parent / "data" / "vehicles.json"
    target.parent.mkdir(exist_ok=True)
    target.write_text(catalogue_json(vehicles, ATTRIBUTION), encoding="utf-8")
    print(f"{len(vehicles)} vehicles, {target.stat().st_size / 1e3:.0f} kB in {target}")
    for name, (*plane, count, spread) in fit_planes(vehicles).items():
        print(name, [round(term, 5) for term in plane], f"of {count}, spread {spread:.3g}")


if __name__ == "__main__":
    main()
