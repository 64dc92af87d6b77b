"""Made-up answers in the contract's names: Munich to Milan, so that the page can be tried alone."""

import json
from datetime import datetime, timedelta, timezone
from functools import cache
from pathlib import Path
from typing import Any

from tests.browser.catalogue import vehicles

CET = timezone(timedelta(hours=1))
START = datetime(2026, 11, 23, 8, 0, tzinfo=CET)
ATTRIBUTION = "© OpenStreetMap contributors, ODbL (scgraph-data 2.0.0)"

SITES = {
    "innsbruck": ("AT*B9G*INN-1", "Rasthof Inntal Ost", "Bergstrom (made-up)", [11.39, 47.26], 300),
    "trento": ("IT*P9V*TRE-2", "Area Adige Nord", "Passo Volt (made-up)", [11.12, 46.06], 150),
    "sterzing": ("IT*S9L*STZ-1", "Sterzing Süd", "Solluce (made-up)", [11.43, 46.89], 200),
    "rovereto": ("IT*S9L*ROV-4", "Rovereto Centro", "Solluce (made-up)", [11.04, 45.89], 120),
    "chur": ("CH*G9R*CHU-3", "Chur Rheinpark", "Grauladen (made-up)", [9.53, 46.85], 250),
}


@cache
def lines() -> dict[str, Any]:
    return json.loads((Path(__file__).parent / "lines.json").read_text("utf-8"))


def at(minutes: float) -> str:
    return (START + timedelta(minutes=minutes)).isoformat()


def leg(start: str, end: str, begin_min: float, soc: tuple[float, float]) -> dict[str, Any]:
    known = lines()[f"{start}-{end}"]
    minutes = known["km"] / 88 * 60
    name = {place: site[1] for place, site in SITES.items()} | {
        "munich": "Munich",
        "milan": "Milan",
    }
    line = known["line"]
    where = {place: site[3] for place, site in SITES.items()}
    return {
        "from": {"name": name[start], "location": where.get(start, line[0]), "node": 1},
        "to": {"name": name[end], "location": where.get(end, line[-1]), "node": 2},
        "departure": at(begin_min),
        "arrival": at(begin_min + minutes),
        "distance_m": known["km"] * 1000,
        "duration_s": minutes * 60,
        "energy_kwh": (soc[0] - soc[1]) * 58,
        "energy_mean_kwh": (soc[0] - soc[1]) * 53,
        "soc_start": soc[0],
        "soc_end": soc[1],
        "approach_start_m": 40.0,
        "approach_end_m": 120.0,
        "geometry": {"type": "LineString", "coordinates": line},
        "path": [1, 2, 3],
    }


def stop(
    place: str, arrival_min: float, minutes: float, soc: tuple[float, float], **more: Any
) -> dict[str, Any]:
    station, name, operator, location, power_kw = SITES[place]
    party = station.rsplit("*", 1)[0]
    evse = station.replace("*", "*", 1) + "*E2"
    kwh = (soc[1] - soc[0]) * 58
    said = {
        "station": {
            "id": station,
            "name": name,
            "operator": operator,
            "party": party,
            "location": location,
        },
        "evse_id": evse,
        "evse_uid": "E2",
        "spare_evse_ids": [evse[:-1] + "3", evse[:-1] + "4"],
        "connector": {"id": "1", "standard": "IEC_62196_T2_COMBO", "power_kw": power_kw},
        "arrival": at(arrival_min),
        "departure": at(arrival_min + minutes),
        "waiting_s": 0,
        "overhead_s": 180,
        "charging_s": minutes * 60 - 180,
        "soc_arrival": soc[0],
        "soc_departure": soc[1],
        "floor_soc": max(0.1, soc[0] - 0.06),
        "energy_kwh": kwh,
        "cost": {
            "amount": f"{kwh * 0.59:.2f}",
            "currency": "EUR",
            "vat_included": True,
            "basis": "retail",
        },
        "token": {
            "index": 0,
            "uid": "••••01",
            "type": "RFID",
            "provider": "DE*W9K",
            "label": "Wanderkarte (demo)",
        },
        "start": {
            "how": "card",
            "label": "Wanderkarte (demo)",
            "physical_reference": "2",
            "directions": "Behind the restaurant, beside the lorry park.",
            "help_phone": "+43 512 555 0100",
        },
        "decide_by": at(arrival_min + 10),
        "access": {
            "grade": "contracted",
            "rule": "roaming_agreement",
            "evidence": [
                {
                    "source": "agreements.csv line 4",
                    "field": "DE*W9K → " + party,
                    "value": "direct, RFID, valid 2026-01-01 to 2026-12-31",
                    "as_of": "2026-11-20T09:00:00+00:00",
                },
                {
                    "source": "OCPI feed " + party,
                    "field": "last sync",
                    "value": "succeeded",
                    "as_of": at(-4),
                },
            ],
            "valid_until": "2026-12-31T23:59:59+01:00",
            "warnings": [],
            "shared": ["operator:" + party, "token:0"],
        },
        "availability": {"status": "AVAILABLE", "as_of": at(-6), "probability_free": 0.92},
        "fallbacks": [],
    }
    return said | more


def fallback(
    place: str,
    before: dict[str, Any],
    minutes: float,
    soc: tuple[float, float],
    onward: dict[str, Any],
    causes: list[str],
    arrival: str,
) -> dict[str, Any]:
    from_min = (datetime.fromisoformat(before["arrival"]) - START).total_seconds() / 60
    return stop(
        place,
        from_min,
        minutes,
        soc,
        leg=before,
        onward=onward,
        trip_arrival=arrival,
        latest_arrival=arrival,
        lateness_s=1860,
        common_causes=causes,
    )


REJECTED = {
    "counts": {
        "no_agreement": 143,
        "plug": 41,
        "closed": 17,
        "status_outoforder": 12,
        "closed_group": 9,
        "hours_unknown": 6,
    },
    "stations": [
        {
            "id": f"XX*X9X*{i}",
            "name": f"Ladepark {i} (made-up)",
            "location": [lon, lat],
            "reason": reason,
            "detail": detail,
        }
        for i, (lon, lat, reason, detail) in enumerate(
            [
                (11.2 + 0.13 * (i % 9) - 0.05 * i / 9, 45.5 + 0.043 * i, *why)
                for i in range(60)
                for why in [
                    [
                        (
                            "no_agreement",
                            "No agreement between DE*W9K and AT*F9N, nor through a hub.",
                        ),
                        ("plug", "CHAdeMO only; your car takes CCS and Type 2."),
                        ("closed", "Open 07:00 to 20:00; you would be there at 21:40."),
                        ("status_outoforder", "OUTOFORDER since 2026-11-22 17:03."),
                    ][i % 4]
                ]
            ]
        )
    ],
    "truncated": False,
    "detour_s": 2700.0,
    "unseen": 3,
}


def plan_of(
    plan_id: str, promise: str, legs: list[Any], stops: list[Any], **more: Any
) -> dict[str, Any]:
    driving = sum(one["duration_s"] for one in legs)
    cost = sum(float(one["cost"]["amount"]) for one in stops)
    said = {
        "id": plan_id,
        "created": at(-2),
        "world": {
            "hash": "a1b2c3d4e5f60718293a",
            "region": "alps",
            "region_hash": "77aa",
            "region_as_of": "2024-04",
            "feeds": "demo",
            "feeds_as_of": at(-4),
            "agreements": "55cc",
            "attribution": [ATTRIBUTION, "Stations: made-up operators"],
        },
        "valid_until": at(15),
        "promise": promise,
        "summary": {
            "departure": legs[0]["departure"],
            "arrival": legs[-1]["arrival"],
            "driving_s": driving,
            "charging_s": sum(one["charging_s"] for one in stops),
            "distance_m": sum(one["distance_m"] for one in legs),
            "energy_kwh": sum(one["energy_kwh"] for one in legs),
            "energy_mean_kwh": 90.0,
            "cost": [
                {
                    "amount": f"{cost:.2f}",
                    "currency": "EUR",
                    "vat_included": True,
                    "basis": "retail",
                }
            ],
            "cost_of_priced_stops": [],
            "unpriced_stops": 0,
            "charging_stops": len(stops),
            "gap": 0.01,
            "guarantee": {
                "min_grade": "contracted",
                "order": 1,
                "p_all_fail": 0.004,
                "common_causes": ["token:0"],
            },
        },
        "legs": legs,
        "charging_stops": stops,
        "rejected": REJECTED,
        "alternatives": [],
        "warnings": [
            "The temperature was assumed to be 15 °C.",
            "The roads ignore one-ways and road classes; speeds are assumed.",
        ],
    }
    return said | more


def main_plan(request: dict[str, Any]) -> dict[str, Any]:
    soc = request["vehicle"]["soc"]
    first = leg("munich", "innsbruck", 0, (soc, soc - 0.55))
    second = leg("innsbruck", "trento", 127, (0.82, 0.29))
    third = leg("trento", "milan", 256, (0.86, 0.21))
    sterzing = fallback(
        "sterzing",
        leg("innsbruck", "sterzing", 107, (soc - 0.55, soc - 0.68)),
        24,
        (soc - 0.68, 0.78),
        {
            "legs": [
                leg("sterzing", "trento", 165, (0.78, 0.4)),
                leg("trento", "milan", 262, (0.86, 0.21)),
            ],
            "charging_stops": [stop("trento", 238, 24, (0.4, 0.86))],
        },
        ["token:0"],
        at(422),
    )
    rovereto = fallback(
        "rovereto",
        leg("trento", "rovereto", 242, (0.29, 0.18)),
        30,
        (0.18, 0.8),
        {"legs": [leg("rovereto", "milan", 300, (0.8, 0.2))], "charging_stops": []},
        ["operator:IT*S9L", "token:0"],
        at(424),
    )
    stops = [
        stop("innsbruck", 97, 30, (soc - 0.55, 0.82), fallbacks=[sterzing]),
        stop(
            "trento",
            232,
            24,
            (0.29, 0.86),
            fallbacks=[rovereto],
            availability={"status": "CHARGING", "as_of": at(-31), "probability_free": 0.71},
            cost=None
            if request.get("unpriced")
            else {
                "amount": "19.45",
                "currency": "EUR",
                "vat_included": True,
                "basis": "cpo_tariff",
            },
        ),
    ]
    west = plan_of(
        "plan-west",
        "One charging stop, in Switzerland, open to your card; another is proven if it fails.",
        [leg("munich", "chur", 0, (soc, 0.15)), leg("chur", "milan", 230, (0.95, 0.25))],
        [stop("chur", 184, 46, (0.15, 0.95))],
    )
    del west["rejected"]
    west["differs"] = {
        "says": "other road by A13, one stop fewer, 18 min sooner",
        "later_s": -1080.0,
        "stops": -1,
        "more": None,
        "shared": 0.2,
    }
    return plan_of(
        "plan-main",
        "Two charging stops, both opened by your Wanderkarte; if either fails, the next charger "
        "is within reach and proven. You arrive in Milan at 14:31 with 21 %.",
        [first, second, third],
        stops,
        alternatives=[west],
        mission=mission_of(request),
    )


def choices(stops: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The next best of the first stop; nothing else for the others."""
    difference = {"says": "4 min later", "later_s": 240.0, "stops": 0, "more": None, "shared": 0.9}
    return [
        {
            "stop": number,
            "station_id": one["station"]["id"],
            "says": "Nothing else holds: without this stop nothing is in reach."
            if number
            else "Next best: Sterzing (Alpenstrom), 4 min later, 1.20 EUR more",
            "reason": "out_of_range" if number else "",
            "instead": None,
            "difference": None if number else difference,
        }
        for number, one in enumerate(stops)
    ]


def mission_of(request: dict[str, Any]) -> dict[str, Any]:
    vehicle = next(v for v in vehicles("") if v["id"] == request["vehicle"]["id"])
    return {
        "stops": request["stops"],
        "departure": request.get("departure"),
        "vehicle": vehicle,
        "soc": request["vehicle"]["soc"],
        "wallet": {"id": request["wallet"] if isinstance(request["wallet"], str) else ""},
        "reserve_soc": request.get("reserve_soc", 0.1),
        "arrival_soc": request.get("arrival_soc", 0.1),
        "guarantee": request.get("guarantee", {"min_grade": "ad_hoc", "fallbacks": 1}),
        "conditions": {"temperature_c": 15, "payload_kg": 0},
        "objective": {"preset": "fastest"},
    }


def plan_after_failure(plan: dict[str, Any]) -> dict[str, Any]:
    fallen = plan["charging_stops"][0]["fallbacks"][0]
    legs = [fallen["leg"], *fallen["onward"]["legs"]]
    stops = [fallen | {"fallbacks": []}, *fallen["onward"]["charging_stops"]]
    return plan_of(
        "plan-after",
        "One charging stop at Sterzing Süd, then Trento: both open to your Wanderkarte.",
        legs,
        stops,
        mission=plan["mission"],
    )


def infeasible(request: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "urn:plugsure:problem:no-accessible-charger",
        "status": 422,
        "id": "no-1",
        "created": at(0),
        "title": "With this app alone, no charger between Innsbruck and Trento is sure to open.",
        "reason": "no_accessible_charger",
        "world": {},
        "furthest": {
            "location": [11.43, 46.89],
            "name": "Sterzing",
            "distance_m": 190_000,
            "remaining_s": 11_900,
        },
        "rejected": REJECTED,
        "relaxations": [
            {
                "change": "token",
                "value": "DE*W9K",
                "says": "A Wanderkarte card would open two stops on the way",
                "arrival": at(391),
            },
            {
                "change": "reserve_soc",
                "value": 0.05,
                "says": "A reserve of 5 % instead of 10 %",
                "arrival": at(402),
            },
            {
                "change": "min_grade",
                "value": "indicated",
                "says": "Accept stops whose access is only indicated",
                "arrival": at(398),
            },
        ],
        "warnings": ["The departure was assumed to be now."],
        "mission": mission_of(request),
    }
