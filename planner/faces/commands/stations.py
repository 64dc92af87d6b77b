"""``plugsure stations``: what is known of stations, for other programs."""

import time
from pathlib import Path

import click

from planner.access.chargers import accessible
from planner.errors import InputError
from planner.faces.commands.console import Time, note, office
from planner.faces.judging import ANY_CAR, is_shown, station_feature
from planner.formats.station_layers import write_stations
from planner.model.geo import BBox
from planner.model.grade import Grade
from planner.model.token import Wallet

EVERYWHERE = BBox(-180.0, -90.0, 180.0, 90.0)


@click.group()
def stations() -> None:
    """Write stations out as a map layer."""


@stations.command(
    epilog="Example: plugsure stations export --out stations.gpkg --wallet anna --bbox 10,46,12,48"
)
@click.option(
    "--out",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help=".gpkg, .parquet or .geojson.",
)
@click.option("--wallet", metavar="ID", help="A stored wallet: adds grade, usable and reason.")
@click.option("--bbox", metavar="W,S,E,N", help="West, south, east, north in degrees.")
@click.option("--as-of", type=Time(), help="The clock by which statuses age; now by default.")
def export(out: Path, wallet: str | None, bbox: str | None, as_of: float | None) -> None:
    """Write the stations that may be shown to FILE; its ending tells the format.

    A station that its operator does not publish is written only where the wallet may see it.
    """
    box = EVERYWHERE if bbox is None else _box(bbox)
    used = office()
    snapshot = used.store.snapshot()
    held = Wallet() if wallet is None else used.wallet(wallet)
    now = time.time() if as_of is None else as_of
    chargers = accessible(snapshot, held, ANY_CAR, min_grade=Grade.INDICATED, now=now)
    inside = (snapshot.lon >= box.west) & (snapshot.lon <= box.east)
    inside &= (snapshot.lat >= box.south) & (snapshot.lat <= box.north)
    found = inside.nonzero()[0].tolist()
    shown = [station for station in found if is_shown(chargers, station)]
    features = [station_feature(chargers, station, with_car=False) for station in shown]
    feeds = ", ".join(sorted(snapshot.feeds))
    write_stations(features, out, judged=wallet is not None, attribution=f"Feeds: {feeds}")
    note(f"Wrote {len(shown):,} stations to {out}")
    if len(found) > len(shown):
        note(f"  {len(found) - len(shown):,} may not be shown and were left out")


def _box(text: str) -> BBox:
    """Read a bounding box of four figures."""
    try:
        west, south, east, north = (float(part) for part in text.split(","))
    except ValueError:
        west = south = east = north = float("nan")
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):  # noqa: PLR2004 -- degrees
        raise InputError(
            f"{text!r} is no box", place="--bbox", remedy="Write west,south,east,north in degrees"
        )
    return BBox(west, south, east, north)
