"""The three worlds that planning is measured on, built once into a folder from the shared data.

``china`` has real roads and made-up stations; ``dutch`` and ``french`` have real stations on the
long-distance network ``europe``.
"""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from planner.energy.catalogue import load_catalogue
from planner.feeds.agreements import read_agreements
from planner.feeds.files import load_file
from planner.model.geo import BBox
from planner.model.grade import Grade
from planner.model.token import Token, TokenType, Wallet
from planner.model.vehicle import Vehicle
from planner.roads.graph import RoadGraph
from planner.roads.region import build_region
from planner.roads.snap import stoppable
from planner.store.feeds import Source
from planner.store.store import Store

DATA = Path(__file__).parents[2] / "shared" / "data"

DUTCH_NOW = 1_780_862_400.0  # 2026-06-07T20:00:00Z, after the newest status of the feed
DUTCH_PARTNERS = ("NL*FAS", "NL*TNM", "NL*BPE", "NL*ALL", "NL*EFL", "NL*PGO", "NL*UB2", "NL*ENE")

TOKEN = Token(
    uid="04A1B2C3D4E5F6",
    type=TokenType.RFID,
    contract_id="NL-AAA-C00000001-X",
    provider="NL*AAA",
    label="bench card",
)


@dataclass(frozen=True)
class BenchWorld:
    """What a measurement needs to know of a world; trips run between points of ``box``."""

    name: str
    region: str
    vehicle: str
    wallet: Wallet
    min_grade: Grade
    now: float
    box: BBox
    soc: float = 0.5

    @property
    def car(self) -> Vehicle:
        """The car that drives."""
        return load_catalogue().by_id[self.vehicle]


WORLDS = {
    "china": BenchWorld(
        "china",
        "china",
        "nissan-leaf-40-kwh-2018",
        Wallet(tokens=(TOKEN,)),
        Grade.CONTRACTED,
        DUTCH_NOW,
        BBox(114.9, 31.9, 118.3, 34.4),
    ),
    "dutch": BenchWorld(
        "dutch",
        "europe",
        "nissan-leaf-40-kwh-2018",
        Wallet(tokens=(TOKEN,)),
        Grade.CONTRACTED,
        DUTCH_NOW,
        BBox(3.6, 50.8, 7.1, 53.4),
    ),
    "french": BenchWorld(
        "french",
        "europe",
        "renault-zoe-r135-ze50-2019",
        Wallet(payment_card=True),
        Grade.AD_HOC,
        DUTCH_NOW,
        BBox(-1.5, 43.3, 6.5, 50.6),
    ),
}


def build(name: str, home: Path) -> None:
    """Build a world into a home that does not hold it yet."""
    home.mkdir(parents=True, exist_ok=True)
    store = Store.open(f"sqlite:///{home / 'plugsure.sqlite'}", home / "secret.key")
    world = WORLDS[name]
    roads = DATA / "roads"
    if world.region == "europe":
        network = (roads / "europe-nodes.csv.gz", roads / "europe-edges.csv.gz")
        build_region(home / "regions", "europe", osm=None, network=network, elevation=None)
    else:
        pbf = roads / "china-7-105-51.osm.pbf"
        graph = build_region(home / "regions", "china", osm=pbf, network=None, elevation=None)
        write_stations(graph, home / "stations.ndjson")
    _FEEDS[name](store, home)
    store.close()


def _feed_dutch(store: Store, home: Path) -> None:
    chargers = DATA / "chargers"
    store.feeds.add(Source(name="nl", kind="file", format="ocpi"))
    load_file(
        store,
        "nl",
        chargers / "nl-ocpi-locations.ndjson.gz",
        "ocpi",
        now=DUTCH_NOW,
        tariffs_path=chargers / "nl-ocpi-tariffs.ndjson.gz",
    )
    _agree(store, home, DUTCH_PARTNERS)


def _feed_french(store: Store, _home: Path) -> None:
    store.feeds.add(Source(name="fr", kind="file", format="irve"))
    load_file(store, "fr", DATA / "chargers" / "fr-irve-static.json.gz", "irve", now=DUTCH_NOW)


def _feed_china(store: Store, home: Path) -> None:
    store.feeds.add(Source(name="cn", kind="file", format="ocpi"))
    load_file(store, "cn", home / "stations.ndjson", "ocpi", now=DUTCH_NOW)
    _agree(store, home, ("CN*AAA", "CN*BBB", "CN*CCC"))


_FEEDS = {"dutch": _feed_dutch, "french": _feed_french, "china": _feed_china}


def _agree(store: Store, home: Path, partners: tuple[str, ...]) -> None:
    rows = "".join(f"NL*AAA,{party},,2025-01-01,2027-01-01,RFID\n" for party in partners)
    table = home / "agreements.csv"
    table.write_text("emsp,cpo,via,valid_from,valid_to,token_types\n" + rows, encoding="utf-8")
    store.knowledge.replace_agreements(read_agreements(table, now=DUTCH_NOW).rows)


def write_stations(graph: RoadGraph, path: Path, count: int = 600, seed: int = 7) -> None:
    """Write made-up OCPI Locations on nodes of a graph."""
    draw = np.random.default_rng(seed)
    nodes = draw.choice(np.flatnonzero(stoppable(graph)), count, replace=False)
    with path.open("w", encoding="utf-8") as out:
        for number, node in enumerate(nodes):
            party = ("AAA", "BBB", "CCC")[int(draw.integers(3))]
            power_kw = int(draw.choice([50, 120, 180]))
            out.write(json.dumps(_location(graph, int(node), number, party, power_kw)) + "\n")


def _location(
    graph: RoadGraph, node: int, number: int, party: str, power_kw: int
) -> dict[str, object]:
    told = "2026-06-07T12:00:00Z"
    connectors = [
        {
            "id": str(place),
            "standard": standard,
            "format": "CABLE",
            "power_type": "DC",
            "max_voltage": 800,
            "max_amperage": 500,
            "max_electric_power": power_kw * 1000,
            "last_updated": told,
        }
        for place, standard in enumerate(("IEC_62196_T2_COMBO", "CHADEMO"))
    ]
    evses = [
        {
            "uid": f"{number}-{place}",
            "evse_id": f"CN*{party}*E{number}*{place}",
            "status": "AVAILABLE",
            "capabilities": ["RFID_READER"],
            "connectors": connectors,
            "last_updated": told,
        }
        for place in range(3)
    ]
    return {
        "country_code": "CN",
        "party_id": party,
        "id": str(number),
        "publish": True,
        "name": f"Made-up station {number}",
        "address": "-",
        "city": "-",
        "country": "CHN",
        "coordinates": {
            "latitude": f"{float(graph.lat[node]):.6f}",
            "longitude": f"{float(graph.lon[node]):.6f}",
        },
        "evses": evses,
        "operator": {"name": f"Made-up {party}"},
        "time_zone": "Asia/Shanghai",
        "opening_times": {"twentyfourseven": True},
        "last_updated": told,
    }
