"""A made-up fleet on real stations: 20 vehicles, 20 wallets, missions of 150 to 900 km.

Roads are the long-distance network ``europe``, stations the Dutch and French ones of the shared
data, agreements drawn: each of 20 providers has one with two thirds of the larger operators. Every
second wallet has a payment card besides.

    python bench/fleets.py HOME 300 OUT.csv     # builds HOME if it is not there, draws missions
"""

import csv
import sys
from pathlib import Path

import numpy as np
from worlds import DATA, DUTCH_NOW, WORLDS, build

from planner.energy.catalogue import load_catalogue
from planner.feeds.agreements import read_agreements
from planner.feeds.files import load_file
from planner.formats.stamps import stamp
from planner.model.geo import BBox, LonLat, distance_m
from planner.model.token import Token, TokenType, Wallet
from planner.roads.graph import RoadGraph
from planner.roads.region import open_region
from planner.roads.snap import stoppable
from planner.store.feeds import Source
from planner.store.store import Store

NOW = DUTCH_NOW
WALLETS = 20
VEHICLES = 20
BOXES = (WORLDS["dutch"].box, WORLDS["french"].box)
NEAREST_M, FARTHEST_M = 150_000.0, 900_000.0
PARTNERS = (
    "NL*NUO", "NL*ALL", "NL*LMS", "NL*EFL", "NL*GFX", "NL*UB2", "NL*LNT", "NL*ENE", "NL*FAS",
    "NL*TNM", "NL*BPE", "FR*ALL", "FR*PD1", "FR*V75", "FR*SE1", "FR*ELC", "FR*DRV", "FR*HPC",
    "FR*EVZ", "FR*TSL", "FR*MGP", "FR*ETI", "FR*VIA", "FR*IOY", "FR*ATL", "FR*MFC",
)  # fmt: skip


def build_home(home: Path) -> None:
    """Make an installation with roads, stations, agreements and wallets."""
    build("dutch", home)
    store = Store.open(f"sqlite:///{home / 'plugsure.sqlite'}", home / "secret.key")
    store.feeds.add(Source(name="fr", kind="file", format="irve"))
    load_file(store, "fr", DATA / "chargers" / "fr-irve-static.json.gz", "irve", now=NOW)
    draw = np.random.default_rng(20)
    rows = ["emsp,cpo,via,valid_from,valid_to,token_types"]
    for number in range(WALLETS):
        provider = f"NL*W{number:02d}"
        chosen = draw.choice(PARTNERS, 2 * len(PARTNERS) // 3, replace=False)
        rows += [f"{provider},{partner},,2025-01-01,2027-01-01,RFID" for partner in chosen]
        token = Token(
            uid=f"{int(draw.integers(2**52)):014X}",
            type=TokenType.RFID,
            contract_id=f"NL-W{number:02d}-C00000001-X",
            provider=provider,
            label=f"bench card {number}",
        )
        store.wallets.save(Wallet(id=f"w{number}", tokens=(token,), payment_card=number % 2 == 1))
    table = home / "agreements.csv"
    table.write_text("\n".join(rows) + "\n", encoding="utf-8")
    store.knowledge.replace_agreements(read_agreements(table, now=NOW).rows)
    store.close()


def draw_missions(graph: RoadGraph, count: int, seed: int = 1) -> list[dict[str, str]]:
    """Draw rows of a missions file: anywhere in the two boxes, at any hour of the next day."""
    draw = np.random.default_rng(seed)
    cars = _cars()
    nodes = _nodes(graph, BOXES)
    rows = []
    while len(rows) < count:
        first, second = (_place(graph, n) for n in draw.choice(nodes, 2))
        if not NEAREST_M <= distance_m(first, second) <= FARTHEST_M:
            continue
        rows.append(
            {
                "mission_id": f"m{len(rows)}",
                "vehicle": cars[int(draw.integers(VEHICLES))],
                "wallet": f"w{int(draw.integers(WALLETS))}",
                "from": f"{first.lon:.5f},{first.lat:.5f}",
                "to": f"{second.lon:.5f},{second.lat:.5f}",
                "departure": stamp(NOW + 3600.0 + float(draw.integers(86_400))),
                "soc": f"{float(draw.uniform(0.5, 1.0)):.2f}",
            }
        )
    return rows


def write_missions(rows: list[dict[str, str]], path: Path) -> None:
    """Write a missions file."""
    with path.open("w", newline="", encoding="utf-8") as out:
        writer = csv.DictWriter(out, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def _cars() -> list[str]:
    known = load_catalogue().by_id.values()
    fit = sorted(car.id for car in known if car.dc_curve and 45.0 <= car.usable_kwh <= 110.0)
    return [fit[round(n)] for n in np.linspace(0, len(fit) - 1, VEHICLES)]


def _nodes(graph: RoadGraph, boxes: tuple[BBox, ...]) -> np.ndarray:
    inside = np.zeros(graph.lon.size, np.bool_)
    for box in boxes:
        here = (graph.lon > box.west) & (graph.lon < box.east)
        inside |= here & (graph.lat > box.south) & (graph.lat < box.north)
    return np.flatnonzero(inside & stoppable(graph) & graph.component_ok)


def _place(graph: RoadGraph, node: int) -> LonLat:
    return LonLat(float(graph.lon[node]), float(graph.lat[node]))


def main() -> None:
    """Build and draw."""
    home, count, out = Path(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])
    if not home.exists():
        build_home(home)
    write_missions(draw_missions(open_region(home / "regions", "europe"), count), out)


if __name__ == "__main__":
    main()
