"""The demo's Locations as OCPI 2.2.1 objects, with posts as diverse and as broken as real ones.

Source of the form: OCPI 2.2.1-d2, module Locations. All that an object holds follows from the
site, the seed and the week; nothing is real. Statuses are told apart (see `statuses`).
"""

from datetime import UTC, datetime
from random import Random
from typing import Any

from planner.demo.operators import BY_KEY, Operator
from planner.demo.sites import Site
from planner.demo.statuses import DAY_S, HOUR_S, WEEK_S
from planner.demo.tariffs import STATIC_SINCE, tariff_ids

Json = dict[str, Any]
ALPHA3 = {
    "AT": "AUT",
    "BA": "BIH",
    "BE": "BEL",
    "CH": "CHE",
    "CZ": "CZE",
    "DE": "DEU",
    "FR": "FRA",
    "HR": "HRV",
    "HU": "HUN",
    "IT": "ITA",
    "LI": "LIE",
    "LU": "LUX",
    "MC": "MCO",
    "SI": "SVN",
    "SK": "SVK",
    "SM": "SMR",
}
"""ISO 3166-1 alpha-3 by alpha-2, as far as the region reaches."""

_DC_POST = {50: (500, 125), 75: (500, 200), 150: (920, 300), 300: (920, 500), 400: (920, 600)}
"""Volts and amperes of a DC post by its kW; 50 and 75 kW are old posts for 400 V cars."""
_AC_AMPERES = {11: 16, 22: 32}


def moment(epoch_s: float) -> str:
    """Write UTC epoch seconds as an OCPI DateTime, whole seconds."""
    return datetime.fromtimestamp(int(epoch_s), tz=UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def location_of(site: Site, *, seed: int, week_s: int) -> Json:
    """Return the Location of a site, its EVSEs without ``status`` and ``last_updated``.

    Parameters
    ----------
    site : Site
        Where, whose, and of which kind.
    seed : int
        Of the demo's world.
    week_s : int
        Start of the week, UTC epoch seconds: exceptional closings lie in it and the next.

    Returns
    -------
    dict
        A Location object of OCPI 2.2.1 but for the statuses.
    """
    random = Random(f"{seed}/{site.id}")  # noqa: S311 -- made-up data, not a secret
    operator = BY_KEY[site.operator]
    town = site.kind == "town"
    evses = _evses(site, operator, random)
    body: Json = {
        "country_code": operator.country_code,
        "party_id": operator.party_id,
        "id": f"{operator.party_id}-{site.id}",
        **_publication(random, town=town),
        "name": f"{site.city} {random.choice(('Nord', 'Süd', 'Ost', 'West'))} (demo)",
        "address": f"{random.choice(_STREET[town])} {random.randint(1, 80)}",
        "city": site.city[:45],
        "country": ALPHA3[site.country],
        "coordinates": {"latitude": f"{site.lat:.6f}", "longitude": f"{site.lon:.6f}"},
        "parking_type": random.choice(("PARKING_LOT", "ON_STREET", "PARKING_GARAGE"))
        if town
        else "ALONG_MOTORWAY",
        "evses": evses,
        "directions": [{"language": "en", "text": random.choice(_DIRECTIONS[town])}],
        "operator": {
            "name": operator.name,
            "website": f"https://{operator.party_id.lower()}.example/",
        },
        "facilities": random.sample(_FACILITIES[town], 2),
        "time_zone": site.time_zone,
    }
    hours = _opening_times(random, week_s, town=town)
    if hours is not None:
        body["opening_times"] = hours
        body["charging_when_closed"] = random.random() < 0.5  # noqa: PLR2004
    changes_weekly = "exceptional_closings" in (hours or {})
    return body | {"last_updated": moment(week_s) if changes_weekly else STATIC_SINCE}


_STREET = {True: ("Beispielgasse", "Musterplatz", "Demoweg"), False: ("Demorast", "Musterhof")}
_DIRECTIONS = {
    True: ("On the second level, past the ticket machine", "Behind the market hall, on the left"),
    False: ("Behind the fuel pumps, keep right", "Past the restaurant, under the roof"),
}
_FACILITIES = {
    True: ("SUPERMARKET", "CAFE", "TRAIN_STATION", "MUSEUM", "BUS_STOP"),
    False: ("RESTAURANT", "FUEL_STATION", "WIFI", "CAFE", "HOTEL"),
}


def _publication(random: Random, *, town: bool) -> Json:
    """Make a tenth of the town sites closed groups, shown to a few tokens only."""
    if not town or random.random() > 0.1:  # noqa: PLR2004
        return {"publish": True}
    works = random.choice(("Kuckuckswerke (demo)", "Wanderkarte (demo)"))
    allowed: list[Json] = [{"issuer": works, "group_id": "W9K-KUCKUCK"}]
    if random.random() < 0.5:  # noqa: PLR2004
        allowed.append({"issuer": works, "visual_number": "W9K-0001"})
    return {"publish": False, "publish_allowed_to": allowed}


def _opening_times(random: Random, week_s: int, *, town: bool) -> Json | None:
    """Open motorways day and night; let towns keep shop hours; let some say nothing."""
    draw = random.random()
    closing = _closings(random, week_s)
    if not town or draw < 0.45:  # noqa: PLR2004
        return {"twentyfourseven": True} | (closing if draw < 0.04 else {})  # noqa: PLR2004
    if draw < 0.55:  # noqa: PLR2004
        return None
    begin, end = random.choice((("07:00", "20:00"), ("08:00", "21:30"), ("06:00", "00:00")))
    days = range(1, 7 if random.random() < 0.7 else 8)  # noqa: PLR2004
    regular = [{"weekday": day, "period_begin": begin, "period_end": end} for day in days]
    hours: Json = {"twentyfourseven": False, "regular_hours": regular}
    return hours | (closing if draw < 0.65 else {})  # noqa: PLR2004


def _closings(random: Random, week_s: int) -> Json:
    """Close for ten hours on the same day of this week and the next."""
    begins_s = random.randint(0, 6) * DAY_S + 8 * HOUR_S
    days = [begin_s + begins_s for begin_s in (week_s, week_s + WEEK_S)]
    return {
        "exceptional_closings": [
            {"period_begin": moment(day), "period_end": moment(day + 10 * HOUR_S)} for day in days
        ]
    }


def _evses(site: Site, operator: Operator, random: Random) -> list[Json]:
    town = site.kind == "town"
    powers = operator.town_kw if town else operator.motorway_kw
    main = random.choices(powers, range(len(powers) + 1, 1, -1))[0]
    count = random.randint(2, 6) if town else random.randint(2, 12)
    extra = random.randint(0, 2) if main > 22 and random.random() < 0.4 else 0  # noqa: PLR2004
    terminal = random.random() < operator.terminals
    silent = random.random() < 0.08  # noqa: PLR2004 -- the site does not tell its capabilities
    kilowatts = [main] * max(1, count - extra) + [22] * extra
    evses: list[Json] = []
    for number, kw in enumerate(kilowatts, 1):
        told = [] if silent else _capabilities(random, kw, terminal=terminal)
        body: Json = {
            "uid": f"{operator.party_id}-{site.id}-{number}",
            "evse_id": f"{site.country}*{operator.party_id}*E{site.id}*{number}",
        }
        if told:
            body["capabilities"] = told
        body["connectors"] = _connectors(random, kw, town=town)
        if town and random.random() < 0.15:  # noqa: PLR2004
            body["floor_level"] = "-1"
        body["physical_reference"] = f"{'ABCDEFGHIJKL'[number - 1]}{number}"
        body["parking_restrictions"] = _restrictions(random, number, town=town)
        evses.append(body)
    return evses


def _capabilities(random: Random, kw: int, *, terminal: bool) -> list[str]:
    told = ["RFID_READER", "REMOTE_START_STOP_CAPABLE"]
    draw = random.random()
    if draw < 0.04:  # noqa: PLR2004 -- no reader for cards
        told.remove("RFID_READER")
    elif draw < 0.10:  # noqa: PLR2004 -- no start by app
        told.remove("REMOTE_START_STOP_CAPABLE")
    if kw > 22 and terminal:  # noqa: PLR2004
        told += ["PED_TERMINAL", "CONTACTLESS_CARD_SUPPORT", "CHIP_CARD_SUPPORT"]
    elif kw <= 22 and random.random() < 0.3:  # noqa: PLR2004 -- means a web page, as in real feeds
        told.append("CREDIT_CARD_PAYABLE")
    if random.random() < 0.2:  # noqa: PLR2004
        told.append("RESERVABLE")
    return [*told, "UNLOCK_CAPABLE"] if kw <= 22 else told  # noqa: PLR2004


def _restrictions(random: Random, number: int, *, town: bool) -> list[str]:
    if number == 1 and random.random() < 0.12:  # noqa: PLR2004
        return ["EV_ONLY", "DISABLED"]
    if town and random.random() < 0.06:  # noqa: PLR2004
        return ["CUSTOMERS"]
    return ["EV_ONLY", "PLUGGED"] if random.random() < 0.5 else ["EV_ONLY"]  # noqa: PLR2004


def _connectors(random: Random, kw: int, *, town: bool) -> list[Json]:
    if kw <= 22:  # noqa: PLR2004
        shape = ("IEC_62196_T2", "SOCKET", "AC_3_PHASE", 230, _AC_AMPERES[kw])
        shapes = [shape]
    else:
        shapes = [("IEC_62196_T2_COMBO", "CABLE", "DC", *_DC_POST[kw])]
        if kw <= 75 and random.random() < 0.6:  # noqa: PLR2004
            shapes.append(("CHADEMO", "CABLE", "DC", *_DC_POST[50]))
    tells_power = kw > 22 or random.random() < 0.6  # noqa: PLR2004
    priced = random.random() > 0.05  # noqa: PLR2004
    connectors: list[Json] = []
    for number, (standard, form, current, volts, amperes) in enumerate(shapes, 1):
        body: Json = {
            "id": str(number),
            "standard": standard,
            "format": form,
            "power_type": current,
            "max_voltage": volts,
            "max_amperage": amperes,
        }
        if tells_power:
            body["max_electric_power"] = (50 if standard == "CHADEMO" else kw) * 1000
        if priced:
            body["tariff_ids"] = tariff_ids(kw, town=town)
        connectors.append(body | {"last_updated": STATIC_SINCE})
    return connectors
