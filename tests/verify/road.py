"""A road with stations along it, a car, a card, and a way to change one thing of a plan."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from planner.model.geo import LonLat
from planner.model.mission import Guarantee, Mission, Waypoint
from planner.model.plan import Plan
from planner.model.station import Feed, Station
from planner.ocpi.tariffs import Tariff, read_tariff
from planner.roads.graph import RoadGraph
from planner.roads.networks import build_network, read_network
from planner.store.snapshot import RetailPrice, Snapshot
from planner.verify import verify
from planner.world import RoadSide, World
from tests.access.worlds import (
    CAR,
    CCS,
    DAY,
    HOUR,
    NOW,
    TYPE2,
    agreement,
    evse,
    snapshot,
    station,
    token,
    wallet,
)

NODES = 80
STEP_DEG = 0.1
LAT = 52.0
CARD = token(label="The card", expires=NOW + 30 * DAY)
FEEDS = (
    Feed(name="direct", kind="ocpi", sender="NL*CPO", last_sync=NOW - 60),
    Feed(name="other", kind="ocpi", sender="DE*OTH", last_sync=NOW - 60),
)
TARIFFS = {
    ("DE*OTH", "T"): read_tariff(
        {
            "country_code": "DE",
            "party_id": "OTH",
            "id": "T",
            "currency": "EUR",
            "elements": [
                {
                    "price_components": [
                        {"type": "ENERGY", "price": 0.5, "vat": 19, "step_size": 1},
                        {"type": "TIME", "price": 3, "vat": 19, "step_size": 60},
                    ]
                }
            ],
        }
    )
}
PRICES = (
    RetailPrice(
        emsp="DE*MSP",
        cpo="NL*CPO",
        currency="EUR",
        per_kwh="0.59",
        per_min="0.02",
        per_session="0.35",
        idle_per_min="0",
        power_min_kw=50.0,
        power_max_kw=None,
        valid_from=None,
        valid_to=None,
    ),
)


def build_road(folder: Path, *, stretch: float = 1.0) -> RoadGraph:
    """A road from west to east over a hill, with a parallel one; ``stretch`` lengthens edges."""
    nodes, edges = ["id,lat,lon,ele_m"], ["a,b,km"]
    for n in range(NODES):
        height = 400 * max(0, 1 - abs(n - 20) / 8)
        nodes.append(f"{n},{LAT},{5 + n * STEP_DEG:.3f},{height:.1f}")
        nodes.append(f"{n + 1000},{LAT + 0.05},{5 + n * STEP_DEG:.3f},{height:.1f}")
        edges.append(f"{n},{n + 1000},5.7")
        if n:
            edges.append(f"{n - 1},{n},{6.9 * stretch:.3f}")
            edges.append(f"{n + 999},{n + 1000},8.4")
    (folder / "nodes.csv").write_text("\n".join(nodes) + "\n")
    (folder / "edges.csv").write_text("\n".join(edges) + "\n")
    network = read_network(folder / "nodes.csv", folder / "edges.csv")
    return build_network(network, name="road", as_of="2026-01-01", source="made up")


def build_stations() -> tuple[Station, ...]:
    """Stations every 28 km, of two operators in turn, and a second one beside the first of each."""
    made = []
    for place, node in enumerate(range(4, NODES, 4)):
        party, feed = (("NL*CPO", "direct"), ("DE*OTH", "other"))[place % 2]
        names = ("T",) if party == "DE*OTH" else ()
        posts = [
            evse(f"{node}-{n}", connectors=(replace(CCS, tariff_ids=names),), physical_reference=n)
            for n in "ab"
        ]
        posts.append(evse(f"{node}-slow", connectors=(replace(TYPE2, format="CABLE"),)))
        plain = station(
            *posts, location_id=f"L{node:02}", party=party, feed=feed, name=f"At {node}"
        )
        here = LonLat(5 + node * STEP_DEG, LAT + 0.004)
        made.append(replace(plain, location=here, operator=party))
    return tuple(made)


def build_snapshot(
    stations: Sequence[Station] | None = None,
    *,
    agreements: Sequence[Any] | None = None,
    tariffs: dict[tuple[str, str], Tariff] | None = None,
    **more: Any,
) -> Snapshot:
    """All that is known of the road's stations; one thing may be other than usual."""
    rows = [agreement(cpo="NL*CPO", valid_to=NOW + 9 * DAY), agreement(cpo="DE*OTH")]
    prices = more.pop("prices", PRICES)
    plain = snapshot(
        *(build_stations() if stations is None else stations),
        feeds=FEEDS,
        agreements=rows if agreements is None else agreements,
        **more,
    )
    told = TARIFFS if tariffs is None else tariffs
    return replace(plain, tariffs=told, prices=prices, hash=f"made {id(plain)}")


def build_world(graph: RoadGraph, known: Snapshot | None = None) -> World:
    return World(RoadSide.of(graph), known or build_snapshot())


def mission(*, order: int = 1, **more: Any) -> Mission:
    """From one end of the road to the other, with a visit on the way that has a window."""
    places = (
        Waypoint(location=LonLat(5.0, LAT), name="west"),
        Waypoint(
            location=LonLat(8.0, LAT),
            name="middle",
            service_s=1200,
            arrive_after=NOW + 3 * HOUR,
            arrive_before=NOW + 12 * HOUR,
        ),
        Waypoint(location=LonLat(5.0 + (NODES - 1) * STEP_DEG, LAT), name="east"),
    )
    more.setdefault("wallet", wallet(CARD))
    return Mission(
        waypoints=places,
        departure=NOW + HOUR,
        now=NOW,
        vehicle=CAR,
        soc=0.7,
        guarantee=Guarantee(fallbacks=order),
        **more,
    )


def kinds(world: World, outcome: Plan) -> set[tuple[str, str]]:
    """Kind and place of every broken claim."""
    return {(claim.kind, claim.where) for claim in verify(world, outcome)}


def dig(value: Any, pointer: str) -> Any:
    """Return what stands at a pointer."""
    for part in pointer.strip("/").split("/"):
        if part:
            value = value[int(part)] if part.isdigit() else getattr(value, part)
    return value


def put(value: Any, pointer: str, new: Any) -> Any:
    """Return the value with something else at a pointer; a function is given what stands there."""
    part, _, rest = pointer.strip("/").partition("/")
    if not part:
        return new(value) if callable(new) else new
    if part.isdigit():
        at = int(part)
        return (*value[:at], put(value[at], rest, new), *value[at + 1 :])
    return replace(value, **{part: put(getattr(value, part), rest, new)})


CENT = Decimal("0.01")
