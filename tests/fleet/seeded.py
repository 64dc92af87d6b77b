"""A fleet's month with faults sown into it: every CDR is made by this file's own small physics.

The truth is known because it was decided first: each session is sound or has one fault of a kind,
drawn wide, not at the thresholds of the rules that look for it.
"""

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise
from math import ceil
from pathlib import Path
from typing import Any

from planner.energy.catalogue import find_vehicle, load_catalogue, shipped_path
from planner.fleet.history import History, import_charges, open_history
from planner.fleet.trips import PlannedStop, PlannedTrip
from planner.formats.charges import read_charges
from planner.model.geo import LonLat
from planner.model.plan import Money
from planner.model.station import Connector, Evse, Hours, Station, Status
from planner.model.token import Token, TokenType, Wallet
from planner.model.vehicle import Vehicle
from planner.ocpi.tariffs import read_tariff
from planner.store.bodies import encode
from planner.store.feeds import Source
from planner.store.snapshot import Agreement
from planner.store.store import Store
from planner.store.updates import StationsUpdate, TariffsUpdate

MAY = datetime(2026, 5, 1, tzinfo=UTC).timestamp()
NOW = datetime(2026, 6, 1, tzinfo=UTC).timestamp()
CARS = (
    "volkswagen-id-3-58-kwh-2020",
    "hyundai-ioniq-5-long-range-awd-2021",
    "tesla-model-3-long-range-dual-motor-2021",
)
KINDS = (
    *("idle_after_full", "longer_than_curve", "price_above_tariff", "price_above_others"),
    *("energy_above_battery", "overlapping", "away_from_mission", "expired_card", "foreign_card"),
)
PARTY, PROVIDER = "NL*AAA", "DE*ABC"
DEAR, FAR = (10, 11), 12
PRICES = ("0.45", "0.49", "0.52", "0.55", "0.47", "0.50", "0.59", "0.44", "0.53", "0.51")
VAT = Decimal(21)


@dataclass(frozen=True, slots=True, kw_only=True)
class Difficulty:
    """How plain the faults are, and how much the records leave out.

    ``idle_min``, ``throttled_kw``, ``raised`` and ``battery`` are the spans that faults are drawn
    from; sound cars stand for up to ``patience_min``; ``dear`` is the price a kWh of dear posts;
    ``untimed`` the share of CDRs without charging periods.
    """

    idle_min: tuple[float, float] = (25, 240)
    patience_min: float = 17
    throttled_kw: tuple[float, float] = (4, 14)
    raised: tuple[float, float] = (1.03, 1.5)
    battery: tuple[float, float] = (1.25, 1.7)
    dear: str = "1.19"
    untimed: float = 0.0


PLAIN = Difficulty()
SUBTLE = Difficulty(
    idle_min=(12, 60),
    patience_min=25,
    throttled_kw=(10, 50),
    raised=(1.002, 1.06),
    battery=(1.02, 1.4),
    dear="0.79",
    untimed=0.3,
)
"""Faults that begin below what the rules call odd, sound cars that stay beyond it."""


@dataclass(slots=True)
class Month:
    """The sessions, the trips on which they were, and the truth: (CDR id, kind)."""

    cdrs: list[dict[str, Any]] = field(default_factory=list)
    trips: list[PlannedTrip] = field(default_factory=list)
    truth: set[tuple[str, str]] = field(default_factory=set)


def make_history(
    folder: Path,
    sessions: int,
    *,
    seed: int,
    faulty: float = 0.2,
    how: Difficulty = PLAIN,
) -> tuple[History, set[tuple[str, str]]]:
    """Make an installation, take the month in by a file, and open its history."""
    store = Store.open(f"sqlite:///{folder / 'plugsure.sqlite'}", folder / "key")
    cars = known_cars()
    furnish(store, how)
    month = make_month(sessions, cars, seed=seed, faulty=faulty, how=how)
    store.charges.add_trips([(t.plan, t.departure, t.arrival, encode(t)) for t in month.trips])
    path = folder / "cdrs.json"
    path.write_text(json.dumps(month.cdrs), encoding="utf-8")
    _, rows = read_charges(path)
    good = ((row.charge, row.bearer) for row in rows if row.charge and row.bearer)
    kept = import_charges(store, good, source="cdrs.json", snapshot=store.snapshot(), now=NOW)
    assert kept.added == len(month.cdrs)
    history = open_history(store, store.snapshot(), load_catalogue(shipped_path()))
    store.close()
    return history, month.truth


def known_cars() -> list[Vehicle]:
    catalogue = load_catalogue(shipped_path())
    named = [v for v in CARS if v in catalogue.by_id]
    fast = [
        v.id
        for v in catalogue.vehicles
        if v.dc_curve and v.usable_kwh > 45 and "IEC_62196_T2_COMBO" in v.connectors
    ]
    return [find_vehicle(catalogue, name) for name in [*named, *fast[::40]][:8]]


def token(number: int, *, expired: bool = False) -> Token:
    return Token(
        uid=f"04A1B2C3D4{number:04X}",
        type=TokenType.RFID,
        contract_id=f"DE-ABC-C{number:08d}-X",
        provider=PROVIDER,
        label=f"card {number}",
        expires=MAY - 10 * 86_400.0 if expired else None,
    )


def furnish(store: Store, how: Difficulty = PLAIN) -> None:
    """Put up the stations of a town and one far away, with tariffs, cards and an agreement."""
    store.feeds.add(Source(name="aaa", kind="ocpi", url="http://127.0.0.1:1/v", sender=PARTY))
    stations = [station(number) for number in range(13)]
    told = [(s, {e.uid: (Status.AVAILABLE, MAY) for e in s.evses}) for s in stations]
    store.apply(
        TariffsUpdate(
            feed="aaa", tariffs=[read_tariff(tariff(n, how)) for n in range(13)], full=True
        ),
        StationsUpdate(feed="aaa", stations=told, full=True),
    )
    store.feeds.record_sync("aaa", NOW - 60.0)
    agreement = Agreement(
        emsp=PROVIDER,
        cpo=PARTY,
        via="",
        valid_from=None,
        valid_to=None,
        token_types=(),
        source="roaming.csv:2",
        as_of=MAY,
    )
    store.knowledge.replace_agreements([agreement])
    for number in range(8):
        store.wallets.save(Wallet(id=f"w{number}", tokens=(token(number),)))
    store.wallets.save(Wallet(id="old", tokens=(token(99, expired=True),)))


def price(number: int, how: Difficulty) -> str:
    return how.dear if number in DEAR else PRICES[number % len(PRICES)]


def tariff(number: int, how: Difficulty) -> dict[str, Any]:
    """By the kWh, and by the minute once the car has stood idle at a post."""
    components = [
        {"type": "ENERGY", "price": float(price(number, how)), "vat": 21.0, "step_size": 1},
        {"type": "PARKING_TIME", "price": 6.0, "vat": 21.0, "step_size": 1},
    ]
    return {
        "country_code": "NL",
        "party_id": "AAA",
        "id": f"T{number}",
        "currency": "EUR",
        "elements": [{"price_components": components}],
        "last_updated": "2026-01-01T00:00:00Z",
    }


def station(number: int) -> Station:
    place = LonLat(6.9, 53.2) if number == FAR else LonLat(4.88 + 0.008 * number, 52.35)
    evses = tuple(
        Evse(
            uid=f"{number}-{n}",
            evse_id=f"NL*AAA*E{number}*{n}",
            connectors=(
                Connector(
                    id="1",
                    standard="IEC_62196_T2_COMBO",
                    format="CABLE",
                    power_type="DC",
                    power_kw=150.0,
                    voltage_v=920.0,
                    tariff_ids=(f"T{number}",),
                ),
            ),
            capabilities=("RFID_READER",),
        )
        for n in range(2)
    )
    return Station(
        id=f"{PARTY}*L{number}",
        feed="aaa",
        country_code="NL",
        party_id="AAA",
        location_id=f"L{number}",
        location=place,
        evses=evses,
        name=f"Post {number}",
        operator="A (made up)",
        time_zone="Europe/Amsterdam",
        hours=Hours(twentyfourseven=True),
    )


def make_month(
    sessions: int, cars: list[Vehicle], *, seed: int, faulty: float, how: Difficulty = PLAIN
) -> Month:
    """Draw the month."""
    draw = random.Random(seed)
    month = Month()
    free_from = [MAY] * 8
    for number in range(sessions):
        kind = draw.choice(KINDS) if draw.random() < faulty else ""
        card = min(range(8), key=lambda n: free_from[n])
        begins = free_from[card] + draw.uniform(2, 30) * 3600
        ends = _session(month, f"C{number}", kind, card, begins, draw.choice(cars), draw, how)
        free_from[card] = ends + 8 * 3600
    return month


def _session(
    month: Month,
    name: str,
    kind: str,
    card: int,
    begins: float,
    car: Vehicle,
    draw: random.Random,
    how: Difficulty,
) -> float:
    where = draw.choice(DEAR) if kind == "price_above_others" else draw.randrange(10)
    arrives_soc = draw.uniform(0.08, 0.5)
    leaves_soc = draw.uniform(arrives_soc + 0.15, 0.92)
    most_kw = draw.uniform(*how.throttled_kw) if kind == "longer_than_curve" else 150.0
    cold = draw.uniform(0.5, 0.8) if draw.random() < 0.15 else draw.uniform(0.85, 1.0)
    minutes = list(_charge(car, arrives_soc, leaves_soc, most_kw, cold))
    if kind == "energy_above_battery":
        wanted = car.usable_kwh * draw.uniform(*how.battery)
        times = wanted / sum(minutes)
        parts = ceil(times)
        minutes = [kwh * times / parts for kwh in minutes for _ in range(parts)]
    idle_min = min(draw.expovariate(1 / 5), how.patience_min)
    if kind == "idle_after_full":
        idle_min = draw.uniform(*how.idle_min)
    holder = token(99, expired=True) if kind == "expired_card" else token(card)
    if kind == "foreign_card":
        holder = token(draw.randrange(500, 600))
    far = kind == "away_from_mission" and draw.random() < 0.5
    spot = FAR if far else where
    cdr = _cdr(name, spot, begins, minutes, idle_min, holder, draw, how)
    if kind == "price_above_tariff":
        _raise(cdr, Decimal(repr(round(draw.uniform(*how.raised), 3))))
    month.cdrs.append(cdr)
    ends = begins + (len(minutes) + idle_min) * 60
    if kind != "away_from_mission" or far:
        month.trips.append(_trip(name, where, begins, holder, car, draw))
    if kind == "overlapping":
        again = begins + draw.uniform(0.2, 0.8) * (ends - begins)
        other = _cdr(f"{name}-b", (where + 3) % 10, again, minutes, 3.0, holder, draw, how)
        month.cdrs.append(other)
        month.truth.add((f"{name}-b", kind))
        ends = again + (len(minutes) + 3) * 60
    elif kind:
        month.truth.add((name, kind))
    return ends


def _charge(
    car: Vehicle, from_soc: float, to_soc: float, most_kw: float, share: float
) -> Iterator[float]:
    """Charge by the minute; gives the metered kWh of each."""
    soc = from_soc
    while soc < to_soc:
        power_kw = min(most_kw, share * _curve_kw(car, soc))
        yield power_kw / 60
        soc += power_kw * 0.95 / 60 / car.usable_kwh


def _curve_kw(car: Vehicle, soc: float) -> float:
    points = car.dc_curve
    for low, high in pairwise(points):
        if low.soc <= soc <= high.soc and high.soc > low.soc:
            share = (soc - low.soc) / (high.soc - low.soc)
            return low.power_kw + share * (high.power_kw - low.power_kw)
    return points[-1].power_kw


def _cdr(
    name: str,
    spot: int,
    begins: float,
    minutes: list[float],
    idle_min: float,
    holder: Token,
    draw: random.Random,
    how: Difficulty,
) -> dict[str, Any]:
    kwh = Decimal(repr(round(sum(minutes) * draw.uniform(0.99, 1.01), 3)))
    charged = begins + len(minutes) * 60
    ends = charged + idle_min * 60
    energy = _cents(kwh * Decimal(price(spot, how)))
    parking = _cents(Decimal(repr(round(round(ends) - round(charged), 3))) / 3600 * 6)
    net = energy + parking
    untimed: dict[str, Any] = {"charging_periods": []} if draw.random() < how.untimed else {}
    return {
        "country_code": "NL",
        "party_id": "AAA",
        "id": name,
        "start_date_time": _time(begins),
        "end_date_time": _time(ends),
        "cdr_token": {
            "country_code": "DE",
            "party_id": "ABC",
            "uid": holder.uid.lower(),
            "type": "RFID",
            "contract_id": holder.contract_id,
        },
        "auth_method": "WHITELIST",
        "cdr_location": {
            "id": f"L{spot}",
            "evse_uid": f"{spot}-{draw.randrange(2)}",
            "connector_id": "1",
            "connector_power_type": "DC",
        },
        "currency": "EUR",
        "charging_periods": [
            {
                "start_date_time": _time(begins),
                "dimensions": [
                    {"type": "ENERGY", "volume": float(kwh)},
                    {"type": "TIME", "volume": len(minutes) / 60},
                ],
                "tariff_id": f"T{spot}",
            },
            {
                "start_date_time": _time(charged),
                "dimensions": [{"type": "PARKING_TIME", "volume": idle_min / 60}],
                "tariff_id": f"T{spot}",
            },
        ],
        "total_energy": float(kwh),
        "total_time": (ends - begins) / 3600,
        "total_cost": {"excl_vat": float(net), "incl_vat": float(_cents(net * (1 + VAT / 100)))},
        "last_updated": _time(ends),
        **untimed,
    }


def _raise(cdr: dict[str, Any], times: Decimal) -> None:
    net = _cents(Decimal(repr(cdr["total_cost"]["excl_vat"])) * times)
    gross = _cents(net * (1 + VAT / 100))
    cdr["total_cost"] = {"excl_vat": float(net), "incl_vat": float(gross)}


def _trip(
    name: str, where: int, begins: float, holder: Token, car: Vehicle, draw: random.Random
) -> PlannedTrip:
    """Plan a trip that stops there, and is a little late or early in truth."""
    post = station(where)
    arrival = begins + draw.uniform(-1200, 1200)
    stop = PlannedStop(
        station_id=post.id,
        station_name=post.name,
        operator=post.operator,
        party=PARTY,
        location=post.location,
        evse_uid=f"{where}-0",
        evse_id=f"NL*AAA*E{where}*0",
        arrival=arrival,
        departure=arrival + 1500,
        energy_kwh=30.0,
        cost=Money(amount=Decimal("18.15"), currency="EUR", vat_included=True, basis="cpo_tariff"),
        token=holder.digest,
        power_kw=150.0,
    )
    return PlannedTrip(
        plan=f"plan-{name}",
        mission=f"M-{name}",
        created=arrival - 86_400,
        departure=arrival - 5400,
        arrival=arrival + 7200,
        vehicle=f"van-{holder.uid[-1]}",
        driver="",
        wallet="",
        car=replace(car),
        tokens=(holder.digest,),
        stops=(stop,),
        way=(LonLat(4.5, 52.1), post.location, LonLat(5.2, 52.4)),
    )


def _cents(amount: Decimal) -> Decimal:
    return amount.quantize(Decimal("0.01"), ROUND_HALF_UP)


def _time(moment: float) -> str:
    return datetime.fromtimestamp(round(moment), tz=UTC).isoformat().replace("+00:00", "Z")
