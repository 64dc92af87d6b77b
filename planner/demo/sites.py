"""The demo's sites: where they stand, whose they are. Read from a small file that is shipped.

The file was made once from the region's roads and from places of GeoNames (see `siting` and
``tools/build_demo.py``), so that the OCPI server needs neither to start.
"""

import csv
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import planner
from planner.errors import DataMissing

SEED = 20_261_122
"""The seed of the demo's world."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A charging site: ``kind`` is ``motorway`` or ``town``, ``country`` ISO 3166-1 alpha-2.

    ``operator`` is ``CC*PPP``; ``rank`` orders the sites by traffic (motorways) or by the town's
    size, 0 first.
    """

    id: str
    kind: str
    operator: str
    country: str
    city: str
    time_zone: str
    lon: float
    lat: float
    rank: int


def shipped(name: str) -> Path:
    """Return the path of a file in ``data/demo``, of a checkout or of an installed wheel."""
    package = Path(planner.__file__).parent
    for folder in (package / "data" / "demo", package.parent / "data" / "demo"):
        if (folder / name).is_file():
            return folder / name
    raise DataMissing(
        f"the demo's file {name} is not there",
        place=str(package.parent / "data" / "demo"),
        remedy="Install Plugsure again, or run tools/build_demo.py in a checkout",
    )


def read_sites(path: Path | None = None) -> tuple[Site, ...]:
    """Read the sites, in the file's order; the shipped ones by default."""
    with (path or shipped("sites.csv")).open(encoding="utf-8", newline="") as file:
        return tuple(
            Site(
                id=row["id"],
                kind=row["kind"],
                operator=row["operator"],
                country=row["country"],
                city=row["city"],
                time_zone=row["time_zone"],
                lon=float(row["lon"]),
                lat=float(row["lat"]),
                rank=int(row["rank"]),
            )
            for row in csv.DictReader(file)
        )


def write_sites(path: Path, sites: Iterable[Site]) -> None:
    """Write the sites as CSV, coordinates to five decimals (about a metre)."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, [f.name for f in fields(Site)], lineterminator="\n")
        writer.writeheader()
        for site in sites:
            row = asdict(site)
            writer.writerow(row | {"lon": f"{site.lon:.5f}", "lat": f"{site.lat:.5f}"})
