"""Made-up stations with prices and hours, and wallets that open given shares of all stations.

Posts of 50, 150 and 300 kW (45, 35 and 20 of 100, as the prototype had them), two to six EVSEs a
site, 20 operators with as many sites each. Each operator has a price per kWh for slow and for quick
posts, and one of three ways to ask for time: none, by the minute after 45 minutes of charging, or
by the minute of standing about. A fifth of the sites keep hours.

A wallet is one card; its provider has agreements with so many operators, drawn at random, that they
have the share of the stations with a quick post.
"""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from worlds import DUTCH_NOW as NOW

from planner.feeds.agreements import read_agreements
from planner.feeds.files import load_file
from planner.model.token import Token, TokenType, Wallet
from planner.roads.graph import RoadGraph
from planner.store.feeds import Source
from planner.store.snapshot import Snapshot
from planner.store.store import Store

OPERATORS = 20
POWERS_KW, POWER_SHARES = (50, 150, 300), (0.45, 0.35, 0.2)
OPEN_SHARE = 0.8
"""Of the sites, those that never close."""

SHARES = (10, 25, 100)
"""Percent of the stations that wallets open."""

QUICK_KW = 50.0
TOLD = "2026-06-07T19:00:00Z"


def wallet_of(share: int) -> Wallet:
    """Return the wallet that opens so many percent of the stations."""
    token = Token(
        uid=f"04A1B2C3D4{share:04d}",
        type=TokenType.RFID,
        contract_id=f"{_provider(share).replace('*', '-')}-C00000001-X",
        provider=_provider(share),
        label=f"card for {share} %",
    )
    return Wallet(id=f"w{share}", tokens=(token,))


def _provider(share: int) -> str:
    return f"XX*{share:03d}"


def add_stations(store: Store, home: Path, graph: RoadGraph, nodes: NDArray[np.int32]) -> None:
    """Load made-up stations at nodes into a store, with their tariffs."""
    stations, tariffs = home / "stations.ndjson", home / "tariffs.ndjson"
    draw = np.random.default_rng(nodes.size)
    with stations.open("w", encoding="utf-8") as out:
        for number, node in enumerate(nodes.tolist()):
            at = (float(graph.lon[node]), float(graph.lat[node]))
            out.write(json.dumps(_location(draw, number, at)) + "\n")
    with tariffs.open("w", encoding="utf-8") as out:
        for operator in range(OPERATORS):
            for quick in (False, True):
                out.write(json.dumps(_tariff(draw, operator, quick=quick)) + "\n")
    store.feeds.add(Source(name="made-up", kind="file", format="ocpi"))
    told = load_file(store, "made-up", stations, "ocpi", now=NOW, tariffs_path=tariffs)
    assert (told.stations, told.tariffs, told.rejected) == (nodes.size, 2 * OPERATORS, 0), told


def add_wallets(store: Store, home: Path) -> None:
    """Agree with operators that have the shares of the stations, and keep the wallets."""
    rows = ["emsp,cpo,via,valid_from,valid_to,token_types"]
    for share in SHARES:
        opened = _opened(store.snapshot(), share / 100.0, seed=share)
        rows += [f"{_provider(share)},{party},,2025-01-01,2027-01-01,RFID" for party in opened]
        store.wallets.save(wallet_of(share))
    table = home / "agreements.csv"
    table.write_text("\n".join(rows) + "\n", encoding="utf-8")
    store.knowledge.replace_agreements(read_agreements(table, now=NOW).rows)


def _opened(snapshot: Snapshot, share: float, seed: int) -> list[str]:
    """Draw operators until they have the share of the quick stations, and no more."""
    quick = Counter(
        party
        for party, station in zip(snapshot.parties, snapshot.stations, strict=True)
        if any(c.power_kw >= QUICK_KW for evse in station.evses for c in evse.connectors)
    )
    parties = sorted(set(snapshot.parties))
    if share >= 1.0:
        return parties
    wanted, chosen = share * quick.total(), []
    for number in np.random.default_rng(seed).permutation(len(parties)).tolist():
        if quick[parties[number]] <= wanted:
            chosen.append(parties[number])
            wanted -= quick[parties[number]]
    return chosen


def _party(operator: int) -> str:
    return f"B{operator:02d}"


def _tariff(draw: np.random.Generator, operator: int, *, quick: bool) -> dict[str, Any]:
    per_kwh = round(float(draw.uniform(0.49, 0.79) if quick else draw.uniform(0.39, 0.59)), 2)
    elements: list[dict[str, Any]] = [{"price_components": [_component("ENERGY", per_kwh)]}]
    if operator % 3 == 1:
        late = {"price_components": [_component("TIME", 6.0)]}
        elements.append(late | {"restrictions": {"min_duration": 2700}})
    if operator % 3 == 2:
        elements[0]["price_components"].append(_component("PARKING_TIME", 12.0))
    return {
        "country_code": "FR",
        "party_id": _party(operator),
        "id": "quick" if quick else "slow",
        "currency": "EUR",
        "elements": elements,
        "last_updated": TOLD,
    }


def _component(kind: str, price: float) -> dict[str, Any]:
    return {"type": kind, "price": price, "vat": 20, "step_size": 1}


def _location(draw: np.random.Generator, number: int, at: tuple[float, float]) -> dict[str, Any]:
    party = _party(number % OPERATORS)
    power_kw = int(draw.choice(POWERS_KW, p=POWER_SHARES))
    connector = {
        "id": "1",
        "standard": "IEC_62196_T2_COMBO",
        "format": "CABLE",
        "power_type": "DC",
        "max_voltage": 920,
        "max_amperage": 500,
        "max_electric_power": power_kw * 1000,
        "tariff_ids": ["slow" if power_kw == POWERS_KW[0] else "quick"],
        "last_updated": TOLD,
    }
    evses = [
        {
            "uid": f"{number}-{place}",
            "evse_id": f"FR*{party}*E{number}*{place}",
            "status": "AVAILABLE" if draw.random() < 0.8 else "CHARGING",
            "capabilities": ["RFID_READER"],
            "connectors": [connector],
            "last_updated": TOLD,
        }
        for place in range(int(draw.integers(2, 7)))
    ]
    return {
        "country_code": "FR",
        "party_id": party,
        "id": str(number),
        "publish": True,
        "name": f"Made-up station {number}",
        "address": "-",
        "city": "-",
        "country": "FRA",
        "coordinates": {"latitude": f"{at[1]:.6f}", "longitude": f"{at[0]:.6f}"},
        "evses": evses,
        "operator": {"name": f"Made-up operator {party}"},
        "time_zone": "Europe/Paris",
        "opening_times": _hours(draw),
        "last_updated": TOLD,
    }


def _hours(draw: np.random.Generator) -> dict[str, Any]:
    if draw.random() < OPEN_SHARE:
        return {"twentyfourseven": True}
    begin, end = (("06:00", "22:00"), ("08:00", "20:00"))[int(draw.integers(2))]
    days = [{"weekday": day, "period_begin": begin, "period_end": end} for day in range(1, 8)]
    return {"twentyfourseven": False, "regular_hours": days}
