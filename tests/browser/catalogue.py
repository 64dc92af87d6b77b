"""Made-up places, vehicles and wallets, as the API lists them."""

from typing import Any

PLACES = [
    ("Munich", "DE", 1_505_005, [11.57549, 48.13743]),
    ("Münster", "DE", 322_904, [7.62571, 51.96236]),
    ("Milan", "IT", 1_371_498, [9.18951, 45.46427]),
    ("Innsbruck", "AT", 132_493, [11.39454, 47.26266]),
    ("Verona", "IT", 259_608, [10.9938, 45.4299]),
    ("Trento", "IT", 114_198, [11.12108, 46.06787]),
    ("Bolzano", "IT", 106_951, [11.35, 46.49067]),
    ("Zürich", "CH", 415_367, [8.55, 47.36667]),
]
VEHICLES = [
    ("vw-id3-pro", "Volkswagen", "ID.3", "Pro", 58.0, 120.0, "published"),
    ("renault-zoe-50", "Renault", "Zoe", "R135 Z.E. 50", 52.0, 46.0, "measured"),
    ("hyundai-ioniq5-77", "Hyundai", "Ioniq 5", "77 kWh", 74.0, 233.0, "measured"),
    ("mercedes-esprinter", "Mercedes-Benz", "eSprinter", "81 kWh", 81.0, 115.0, "assumed"),
]
WALLETS = [
    {
        "id": "alpenstrom",
        "name": "Direct agreements in Germany and Italy",
        "payment_card": False,
        "tokens": [
            {"uid": "••••01", "type": "RFID", "provider": "DE*W9K", "label": "Wanderkarte (demo)"}
        ],
    },
    {
        "id": "everything",
        "name": "Two cards and a payment card",
        "payment_card": True,
        "tokens": [
            {"uid": "••••02", "type": "RFID", "provider": "DE*W9K", "label": "Wanderkarte (demo)"},
            {"uid": "••••03", "type": "RFID", "provider": "CH*P9K", "label": "Passkarte (demo)"},
        ],
    },
    {
        "id": "town-app",
        "name": "A town's app alone",
        "payment_card": False,
        "tokens": [
            {"uid": "••••04", "type": "APP_USER", "provider": "DE*S9K", "label": "Stadtapp (demo)"}
        ],
    },
]


def places(text: str) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "kind": "city",
            "country": country,
            "location": location,
            "population": people,
        }
        for name, country, people, location in PLACES
        if name.lower().startswith(text.lower())
    ]


def vehicles(text: str) -> list[dict[str, Any]]:
    return [
        {
            "id": key,
            "make": make,
            "model": model,
            "variant": variant,
            "usable_kwh": kwh,
            "dc_curve": [{"soc": 0.1, "power_kw": power}],
            "curve_quality": quality,
        }
        for key, make, model, variant, kwh, power, quality in VEHICLES
        if text.lower() in f"{make} {model} {variant}".lower()
    ]
